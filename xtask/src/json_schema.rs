//! JSON Schema 2020-12 from the schemas of the document.

use std::collections::BTreeSet;

use imagekit_openapi::validate::Validator;
use serde_json::{Map, Value, json};

use crate::document::{Document, SCHEMAS};
use crate::generate;

/// What the `$id` of a schema begins with. It leads to the schema as docs.rs shows it.
const BASE: &str = "https://docs.rs/crate/imagekit-openapi/latest/source/schemas";

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of a component as a file that needs no other: what it refers to is under `$defs`.
pub(crate) fn file(document: &Document, name: &str, schema: &Value) -> Value {
    let mut file = Map::new();
    file.insert("$schema".to_owned(), DIALECT.into());
    file.insert("$id".to_owned(), format!("{BASE}/{name}.json").into());
    file.insert("title".to_owned(), name.into());
    with_definitions(document, schema, file)
}

/// A validator for any schema of the document, for which `date-time` is more than a remark.
pub(crate) fn validator(document: &Document, schema: &Value) -> Result<Validator, String> {
    let schema = with_definitions(document, schema, Map::new());
    Validator::new(&schema).map_err(|error| error.to_string())
}

fn with_definitions(document: &Document, schema: &Value, mut file: Map<String, Value>) -> Value {
    let mut names = BTreeSet::new();
    collect(document, schema, &mut names);
    let ids = document.ids();
    let is_id = ids
        .iter()
        .any(|id| document.at(&format!("{SCHEMAS}/{id}")) == Some(schema));
    if let Value::Object(schema) = if is_id { id(schema) } else { converted(schema) } {
        file.extend(schema);
    }
    let definitions = names.into_iter().filter_map(|name| {
        let schema = document.at(&format!("{SCHEMAS}/{name}"))?;
        let converted = if ids.contains(&name) {
            id(schema)
        } else {
            converted(schema)
        };
        Some((name, converted))
    });
    let definitions: Map<String, Value> = definitions.collect();
    if !definitions.is_empty() {
        file.insert("$defs".to_owned(), definitions.into());
    }
    file.into()
}

/// The schema of an id, which responses are not held to: it is checked where it enters a path.
fn id(schema: &Value) -> Value {
    let mut schema = converted(schema);
    if let Value::Object(entries) = &mut schema {
        entries.retain(|key, _| !matches!(key.as_str(), "pattern" | "minLength"));
    }
    schema
}

/// An open union: an object whose tag alone decides what else it must be.
fn open_union(schema: &Value, variants: &[generate::Variant<'_>]) -> Value {
    let discriminator = schema.pointer("/discriminator/propertyName");
    let discriminator = discriminator.and_then(Value::as_str).unwrap_or_default();
    let choices = variants.iter().map(|variant| {
        json!({
            "if": {
                "type": "object",
                "properties": { discriminator: { "enum": variant.tags } },
                "required": [discriminator],
            },
            "then": { "$ref": format!("#/$defs/{}", variant.component) },
        })
    });
    json!({
        "type": "object",
        "description": schema["description"],
        "allOf": choices.collect::<Vec<_>>(),
    })
}

/// The components that `schema` refers to, itself or through others.
fn collect(document: &Document, schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(entries) => {
            if let Some(name) = entries.get("$ref").and_then(component)
                && names.insert(name.to_owned())
                && let Some(target) = document.at(&format!("{SCHEMAS}/{name}"))
            {
                collect(document, target, names);
            }
            for value in entries.values() {
                collect(document, value, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(document, item, names)),
        _ => {}
    }
}

fn component(reference: &Value) -> Option<&str> {
    reference.as_str()?.strip_prefix("#/components/schemas/")
}

/// The same schema in the words of JSON Schema.
fn converted(schema: &Value) -> Value {
    if let Some(variants) = generate::union_variants(schema) {
        return open_union(schema, &variants);
    }
    let Value::Object(schema) = schema else {
        return schema.clone();
    };
    let mut result = Map::new();
    for (key, value) in schema {
        let value = match key.as_str() {
            "$ref" => match component(value) {
                Some(name) => format!("#/$defs/{name}").into(),
                None => value.clone(),
            },
            "properties" => value
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, property)| (name.clone(), converted(property)))
                .collect(),
            "items" | "additionalProperties" | "not" => converted(value),
            "allOf" | "anyOf" | "oneOf" => value
                .as_array()
                .into_iter()
                .flatten()
                .map(converted)
                .collect(),
            // JSON Schema has no format for it, but can say the same.
            "format" if value == "int64" => {
                result.insert("minimum".to_owned(), i64::MIN.into());
                result.insert("maximum".to_owned(), i64::MAX.into());
                continue;
            }
            "format"
                if value == "double"
                    || value == "binary"
                    || value == "comma-separated"
                    || value == "json" =>
            {
                continue;
            }
            "example" => {
                result.insert("examples".to_owned(), json!([value]));
                continue;
            }
            // Strict validators refuse keywords that they do not know.
            "nullable" => continue,
            _ if key.starts_with("x-") => continue,
            _ => value.clone(),
        };
        result.insert(key.clone(), value);
    }
    if schema.get("nullable") == Some(&Value::Bool(true)) {
        allow_null(&mut result);
    }
    result.into()
}

/// A schema without texts, in which references lead to the files of components.
pub(crate) fn plain(schema: &Value) -> Value {
    fn go(schema: &mut Value) {
        match schema {
            Value::Object(entries) => {
                entries.retain(|key, value| {
                    let is_text =
                        matches!(key.as_str(), "description" | "title") && value.is_string();
                    !is_text && !matches!(key.as_str(), "examples" | "default")
                });
                if let Some(Value::String(reference)) = entries.get_mut("$ref")
                    && let Some(name) = reference.strip_prefix("#/$defs/")
                {
                    *reference = format!("{BASE}/{name}.json");
                }
                entries.values_mut().for_each(go);
            }
            Value::Array(items) => items.iter_mut().for_each(go),
            _ => {}
        }
    }
    let mut schema = converted(schema);
    go(&mut schema);
    schema
}

/// OpenAPI 3.0's `nullable`. Beside an `allOf` it means, as in all generators, that null is allowed
/// in place of what is referred to.
fn allow_null(schema: &mut Map<String, Value>) {
    if let Some(one) = schema.get_mut("type") {
        *one = json!([one.take(), "null"]);
    } else if let Some(Value::Array(mut parts)) = schema.remove("allOf") {
        parts.push(json!({ "type": "null" }));
        schema.insert("anyOf".to_owned(), parts.into());
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.push(Value::Null);
    }
}
