//! The schemas that the models give of themselves, with the feature `schemars`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

#[test]
fn models_describe_themselves_as_the_document_does() {
    let mut count = 0;
    for (name, document) in super::models() {
        let model = imagekit_client::models::schema(&name).unwrap().to_value();
        count += 1;
        if document.schema().pointer("/allOf/0/if").is_some() {
            assert_eq!(
                model["type"], "object",
                "{name}: an open union is an object"
            );
            continue;
        }
        assert_eq!(kind(&model), kind(document.schema()), "{name}");
        assert_eq!(
            required(&model),
            required(document.schema()),
            "{name}: required"
        );
        assert_eq!(
            properties(&model),
            properties(document.schema()),
            "{name}: properties"
        );
    }
    assert!(count > 100);
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
        Some("string") if schema["format"] == "date" => "date".to_owned(),
        Some(kind) => kind.to_owned(),
        None => "anything".to_owned(),
    }
}
