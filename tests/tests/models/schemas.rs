//! The schemas that the models give of themselves, with the feature `schemars`.

use std::collections::{BTreeMap, BTreeSet};

use imagekit_client::types::{Error, FileVersion};
use imagekit_tests::contract::Shape;
use schemars::schema_for;
use serde_json::Value;

#[test]
fn the_models_say_of_themselves_what_the_document_says() {
    let mut models: BTreeMap<String, Value> = BTreeMap::new();
    for (name, schema) in [
        ("FileVersion", schema_for!(FileVersion)),
        ("Error", schema_for!(Error)),
    ] {
        let schema = schema.to_value();
        let definitions = schema["$defs"].as_object().unwrap();
        models.extend(
            definitions
                .iter()
                .map(|(name, schema)| (name.clone(), schema.clone())),
        );
        models.insert(name.to_owned(), schema);
    }
    let names: Vec<String> = models.keys().cloned().collect();
    assert_eq!(
        names,
        Shape::components(),
        "each component is a model, and nothing else is"
    );
    for (name, model) in &models {
        let document = Shape::of(name);
        assert_eq!(kind(model), kind(document.schema()), "{name}");
        assert_eq!(
            required(model),
            required(document.schema()),
            "{name}: required"
        );
        assert_eq!(
            properties(model),
            properties(document.schema()),
            "{name}: properties"
        );
    }
}

fn required(schema: &Value) -> BTreeSet<&str> {
    let required = schema["required"].as_array();
    required
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn properties(schema: &Value) -> BTreeMap<&str, String> {
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .map(|(name, property)| (name.as_str(), kind(property)))
        .collect()
}

/// The type of a value but for null, which Rust allows for whatever is optional.
fn kind(schema: &Value) -> String {
    let reference = schema
        .get("$ref")
        .or_else(|| schema.pointer("/allOf/0/$ref"));
    if let Some(target) = reference.and_then(Value::as_str) {
        return target.rsplit('/').next().unwrap().to_owned();
    }
    if let Some(listed) = schema.pointer("/anyOf/0/enum") {
        return format!("{listed} or any text");
    }
    if let Some(inner) = schema.pointer("/anyOf/0") {
        return kind(inner);
    }
    let kind_of = schema["type"]
        .as_str()
        .or_else(|| schema["type"][0].as_str());
    match kind_of {
        Some("array") => format!("list of {}", kind(&schema["items"])),
        Some("object") => match schema.get("additionalProperties") {
            Some(values) if values.get("$ref").is_some() => format!("map of {}", kind(values)),
            Some(_) => "map of anything".to_owned(),
            None => "object".to_owned(),
        },
        Some("string") if schema["format"] == "date-time" => "time".to_owned(),
        Some(kind) => kind.to_owned(),
        None => "anything".to_owned(),
    }
}
