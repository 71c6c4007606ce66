//! What this project asks of its document beyond OpenAPI: see openapi/README.md.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Contract, Places, Rule, text};
use crate::generate;
use crate::document::{Document, Role, SCHEMAS};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "named-shapes",
        why: "the type of an inline shape gets an accidental name, which changes when another is \
              inserted",
        mend: "make it a component, and refer to it",
        check: named_shapes,
    },
    Rule {
        name: "open-enums",
        why: "ImageKit adds values, and one that is new must not cost anybody the rest of an answer",
        mend: "write `anyOf` of the known values and any string, with x-enum-descriptions",
        check: open_enums,
    },
    Rule {
        name: "id-patterns",
        why: "an id fills one segment of a path; `..`, a backslash or a control character would \
              lead to another resource",
        mend: "give it the `minLength` and the `pattern` that FileId has",
        check: id_patterns,
    },
    Rule {
        name: "errors",
        why: "a call that fails must be understood without knowing which one it was",
        mend: "refer to components/responses/ClientError for 4XX and ServerError for 5XX",
        check: errors,
    },
    Rule {
        name: "security",
        why: "the client sends the private key with every call, whatever an operation says",
        mend: "require the scheme for the whole document, and say nothing in operations",
        check: security,
    },
    Rule {
        name: "shown",
        why: "an example is what people read first, what tests decode, and what the client's \
              documentation calls with",
        mend: "refer to an example of components/examples, or give the parameter an `example`",
        check: shown,
    },
    Rule {
        name: "described",
        why: "the description is the documentation of the client",
        mend: "say what it means, its unit, and when it is present",
        check: described,
    },
    Rule {
        name: "units",
        why: "a number without a unit is guessed, and the guess is wrong for milliseconds",
        mend: "name the unit in the description: pixels, bytes, seconds, percent, number of, ...",
        check: units,
    },
    Rule {
        name: "null-arrays",
        why: "ImageKit sends null for lists and maps without content, which must not fail the answer",
        mend: "say `nullable: true`, unless the property is required",
        check: null_arrays,
    },
    Rule {
        name: "null-places",
        why: "whether null may stand somewhere is a matter of the property, not of what it holds",
        mend: "put `nullable: true` at the property, beside `allOf` if it refers to a component",
        check: null_places,
    },
    Rule {
        name: "unknown-properties",
        why: "answers grow, and readers ignore what they do not know",
        mend: "leave `additionalProperties` out beside `properties`",
        check: unknown_properties,
    },
    Rule {
        name: "used",
        why: "what nothing refers to becomes public Rust that nobody can meet",
        mend: "refer to it, or take it out",
        check: used,
    },
];

fn named_shapes(contract: &Contract, places: &mut Places<'_>) {
    for schema in contract.document.schemas() {
        let value = schema.value;
        if schema.role == Role::Component || value.get("$ref").is_some() {
            continue;
        }
        if value["type"] == "object" || value.get("properties").is_some() {
            places.at(&schema.pointer, "an object without a name of its own");
        }
        let in_open_enum = schema.pointer.ends_with("/anyOf/0");
        if value.get("enum").is_some() && !in_open_enum {
            places.at(&schema.pointer, "an enum without a name of its own");
        }
        let is_shapeless = value.as_object().is_some_and(|value| {
            !value.contains_key("type")
                && !value.contains_key("allOf")
                && !value.contains_key("anyOf")
        });
        // The values of a map may be anything, which is written `{}`.
        if is_shapeless && !schema.pointer.ends_with("/additionalProperties") {
            places.at(&schema.pointer, "any value, without a name of its own");
        }
    }
}

fn open_enums(contract: &Contract, places: &mut Places<'_>) {
    for (name, schema) in contract.document.components() {
        let pointer = format!("{SCHEMAS}/{name}");
        if schema.get("enum").is_some() {
            places.at(
                &pointer,
                format!("`{name}` is closed: it allows its listed values only"),
            );
        }
        let described = schema["x-enum-descriptions"].as_object();
        let Some(values) = generate::open_values(schema) else {
            continue;
        };
        let listed: BTreeSet<&str> = values.iter().filter_map(Value::as_str).collect();
        for value in &listed {
            if described.is_none_or(|described| !described.contains_key(*value)) {
                places.at(
                    &pointer,
                    format!("x-enum-descriptions says nothing about `{value}`"),
                );
            }
        }
        for value in described.into_iter().flat_map(|it| it.keys()) {
            if !listed.contains(value.as_str()) {
                places.at(
                    format!("{pointer}/x-enum-descriptions/{value}"),
                    format!("`{value}` is described, but not listed"),
                );
            }
        }
    }
}

fn id_patterns(contract: &Contract, places: &mut Places<'_>) {
    const REFUSED: [&str; 6] = ["", ".", "..", "a\\b", "a\u{0}b", "a\u{7f}b"];
    const TAKEN: [&str; 5] = ["598821f949c0a938d57563bd", "...", "a b", "a/b", "\u{e9}"];
    let document = &contract.document;
    for name in generate::ids(document) {
        let pointer = format!("{SCHEMAS}/{name}");
        let Some(schema) = document.at(&pointer) else {
            continue;
        };
        let Ok(validator) = jsonschema::draft202012::new(schema) else {
            places.at(&pointer, "the pattern is no regular expression");
            continue;
        };
        for id in REFUSED {
            if validator.is_valid(&Value::from(id)) {
                places.at(&pointer, format!("the id {id:?} would be allowed"));
            }
        }
        for id in TAKEN {
            if !validator.is_valid(&Value::from(id)) {
                places.at(
                    &pointer,
                    format!("the id {id:?} would be refused, though it is harmless"),
                );
            }
        }
    }
}

fn errors(contract: &Contract, places: &mut Places<'_>) {
    let document = &contract.document;
    for operation in document.operations() {
        for range in ["4XX", "5XX"] {
            let pointer = format!("{}/responses/{range}", operation.pointer);
            let Some(response) = document.at(&pointer) else {
                places.at(
                    &operation.pointer,
                    format!("the operation has no answer for {range}"),
                );
                continue;
            };
            let schema = "/content/application~1json/schema/$ref";
            let error = document.resolve(response).pointer(schema);
            if error.is_none_or(|error| error != "#/components/schemas/ApiError") {
                places.at(
                    &pointer,
                    format!("{range} does not answer with the schema `ApiError`"),
                );
            }
        }
    }
}

fn security(contract: &Contract, places: &mut Places<'_>) {
    let document = &contract.document;
    let required = document.at("/security").and_then(Value::as_array);
    if required.is_none_or(Vec::is_empty) {
        places.at("", "the document requires no authentication");
    }
    for operation in document.operations() {
        let pointer = format!("{}/security", operation.pointer);
        if document.at(&pointer).is_some() {
            places.at(&pointer, "the operation has a security of its own");
        }
    }
}

fn shown(contract: &Contract, places: &mut Places<'_>) {
    let document = &contract.document;
    for operation in document.operations() {
        for (pointer, parameter) in document.parameters(&operation) {
            if parameter["required"] == true && parameter.get("example").is_none() {
                let name = text(parameter, "name");
                places.at(
                    &pointer,
                    format!("the required parameter `{name}` has no example"),
                );
            }
        }
        let responses = document.at(&format!("{}/responses", operation.pointer));
        for (status, response) in responses.and_then(Value::as_object).into_iter().flatten() {
            // A server error says nothing that could be shown in advance.
            if status.starts_with('5') {
                continue;
            }
            let content = document.resolve(response)["content"].as_object();
            for media_type in content.into_iter().flat_map(|it| it.values()) {
                if media_type.get("example").is_none() && media_type.get("examples").is_none() {
                    let pointer = format!("{}/responses/{status}", operation.pointer);
                    places.at(pointer, format!("the answer {status} has no example"));
                }
            }
        }
    }
}

fn described(contract: &Contract, places: &mut Places<'_>) {
    let document = &contract.document;
    for schema in document.schemas() {
        let is_named = matches!(schema.role, Role::Component | Role::Property { .. });
        if is_named && text(schema.value, "description").trim().is_empty() {
            let name = schema.pointer.rsplit('/').next().unwrap_or_default();
            places.at(&schema.pointer, format!("`{name}` is not described"));
        }
    }
    for operation in document.operations() {
        let value = document.at(&operation.pointer).unwrap_or(&Value::Null);
        for key in ["summary", "description"] {
            if text(value, key).trim().is_empty() {
                let id = &operation.id;
                places.at(&operation.pointer, format!("`{id}` has no {key}"));
            }
        }
    }
    document.walk(&mut |pointer, value| {
        let is_header = pointer
            .rsplit_once('/')
            .is_some_and(|(around, _)| around.ends_with("/headers"));
        let is_parameter = value.get("in").is_some() && value.get("schema").is_some();
        let is_new = value.is_object() && value.get("$ref").is_none();
        if (is_header || is_parameter) && is_new && text(value, "description").trim().is_empty() {
            places.at(pointer, "the parameter or header is not described");
        }
    });
}

fn units(contract: &Contract, places: &mut Places<'_>) {
    const UNITS: [&str; 14] = [
        "pixels",
        "bytes",
        "bits per second",
        "seconds",
        "milliseconds",
        "minutes",
        "hours",
        "days",
        "percent",
        "degrees",
        "requests",
        "characters",
        "number of",
        "count of",
    ];
    for schema in contract.document.schemas() {
        if !matches!(text(schema.value, "type"), "number" | "integer") {
            continue;
        }
        let description = contract
            .document
            .description_of(&schema.pointer)
            .to_lowercase();
        let names_one = UNITS.iter().any(|unit| {
            description.match_indices(unit).any(|(start, unit)| {
                let before = description[..start].chars().next_back();
                let after = description[start + unit.len()..].chars().next();
                !before.is_some_and(char::is_alphanumeric)
                    && !after.is_some_and(char::is_alphanumeric)
            })
        });
        if !names_one {
            places.at(
                &schema.pointer,
                "the description of the number names no unit",
            );
        }
    }
}

fn null_arrays(contract: &Contract, places: &mut Places<'_>) {
    let document = &contract.document;
    for schema in document.schemas() {
        let Role::Property { required: false } = schema.role else {
            continue;
        };
        let target = match schema.value.pointer("/allOf/0") {
            Some(reference) => document.resolve(reference),
            None => document.resolve(schema.value),
        };
        let is_object_with_properties = target.get("properties").is_some();
        let is_free = target.get("type").is_none() && target.get("anyOf").is_none();
        let is_collection = matches!(text(target, "type"), "array" | "object");
        if (is_collection || is_free)
            && !is_object_with_properties
            && schema.value["nullable"] != true
        {
            places.at(
                &schema.pointer,
                "an optional list, map or free value is not nullable",
            );
        }
    }
}

fn null_places(contract: &Contract, places: &mut Places<'_>) {
    for schema in contract.document.schemas() {
        if schema.value["nullable"] == true && !matches!(schema.role, Role::Property { .. }) {
            places.at(
                &schema.pointer,
                "`nullable` stands at something else than a property",
            );
        }
    }
}

fn unknown_properties(contract: &Contract, places: &mut Places<'_>) {
    for schema in contract.document.schemas() {
        let has = |key| schema.value.get(key).is_some();
        if has("properties") && has("additionalProperties") {
            places.at(
                format!("{}/additionalProperties", schema.pointer),
                "`additionalProperties` stands beside `properties`",
            );
        }
    }
}

fn used(contract: &Contract, places: &mut Places<'_>) {
    let document = &contract.document;
    let targets: BTreeSet<String> = all_references(document);
    let kinds = document.at("/components").and_then(Value::as_object);
    for (kind, components) in kinds.into_iter().flatten() {
        if kind == "securitySchemes" {
            continue;
        }
        for name in components.as_object().into_iter().flat_map(|it| it.keys()) {
            let pointer = format!("/components/{kind}/{name}");
            // Some examples stand for files alone.
            if kind != "examples" && !targets.contains(&format!("#{pointer}")) {
                places.at(&pointer, format!("nothing refers to `{name}`"));
            }
        }
    }
}

fn all_references(document: &Document) -> BTreeSet<String> {
    document
        .references()
        .into_iter()
        .map(|(_, target)| target)
        .collect()
}
