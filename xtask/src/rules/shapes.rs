//! What the generator cannot take, said before it fails on it or drops it without a word.

use serde_json::Value;

use super::{Contract, Places, Rule, text};
use crate::generate;
use crate::document::{Document, Operation, Role, SCHEMAS};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "dropped",
        why: "the generator drops it without a word, so that the client would not do what the \
              document says",
        mend: "take it out and say in the description what it means, or teach xtask/src to handle it",
        check: dropped,
    },
    Rule {
        name: "parameters",
        why: "the client sends parameters in the path and in the query only, a list as one \
              parameter for each item",
        mend: "use a path parameter whose schema is a named id, or a query parameter with \
               `style: form` and `explode: true`",
        check: parameters,
    },
    Rule {
        name: "json-bodies",
        why: "the generator knows one body, and that is JSON",
        mend: "describe the body as `application/json` only, and a request body as `required: true`",
        check: json_bodies,
    },
    Rule {
        name: "one-answer",
        why: "a call returns one type, so that its successes need one schema",
        mend: "describe one success by its status, and give all successes the same named schema",
        check: one_answer,
    },
    Rule {
        name: "one-error",
        why: "a call fails with one type, so that its errors need one schema",
        mend: "give 4XX and 5XX the same named schema, and leave `default` out",
        check: one_error,
    },
    Rule {
        name: "compositions",
        why: "of a choice between shapes the generator makes a type that reads the wrong one, or none",
        mend: "use `allOf` with one $ref, `anyOf` for an open enum, or a component without `type`",
        check: compositions,
    },
    Rule {
        name: "rust-types",
        why: "the generator would want a crate that the client has not, or check each answer by a \
              regular expression",
        mend: "leave it out and say in the description what the text looks like",
        check: rust_types,
    },
    Rule {
        name: "rust-names",
        why: "ids and enums become Rust types of our own",
        mend: "choose values that differ in more than punctuation, and ids of `type: string`",
        check: |contract, places| {
            let refuse = &mut |pointer: &str, message| places.at(pointer, message);
            generate::replacements(&contract.document, refuse);
        },
    },
];

/// What may stand in each kind of object. Anything else of OpenAPI is lost on the way to Rust.
const KEPT: [(&str, &[&str]); 4] = [
    (
        "an operation",
        &[
            "tags",
            "summary",
            "description",
            "operationId",
            "parameters",
            "requestBody",
            "responses",
            "security",
        ],
    ),
    (
        "a parameter",
        &[
            "name",
            "in",
            "description",
            "required",
            "schema",
            "style",
            "explode",
            "example",
        ],
    ),
    ("a response", &["description", "headers", "content"]),
    (
        "a schema",
        &[
            "$ref",
            "type",
            "format",
            "description",
            "properties",
            "required",
            "items",
            "additionalProperties",
            "allOf",
            "anyOf",
            "enum",
            "nullable",
            "minLength",
            "pattern",
            "example",
        ],
    ),
];

fn dropped(contract: &Contract, places: &mut Places<'_>) {
    let document = &contract.document;
    let mut lost = |kind: &str, pointer: &str, value: &Value| {
        let kept = KEPT.iter().find(|(name, _)| *name == kind);
        for key in value.as_object().into_iter().flat_map(|it| it.keys()) {
            let is_kept = kept.is_some_and(|(_, keys)| keys.contains(&key.as_str()));
            if !is_kept && !key.starts_with("x-") {
                places.at(
                    format!("{pointer}/{key}"),
                    format!("`{key}` in {kind} never reaches the client"),
                );
            }
        }
    };
    for operation in document.operations() {
        let pointer = &operation.pointer;
        if let Some(value) = document.at(pointer) {
            lost("an operation", pointer, value);
        }
        for (pointer, parameter) in document.parameters(&operation) {
            lost("a parameter", &pointer, parameter);
        }
        for (_, pointer, response) in responses(document, &operation) {
            lost("a response", &pointer, response);
        }
    }
    for schema in document.schemas() {
        lost("a schema", &schema.pointer, schema.value);
    }
    for (index, _) in server_lists(document) {
        places.at(
            index,
            "the client has one base URL, and would ignore these servers",
        );
    }
}

/// The `servers` of paths.
fn server_lists(document: &Document) -> Vec<(String, &Value)> {
    let paths = document.at("/paths").and_then(Value::as_object);
    paths
        .into_iter()
        .flatten()
        .filter_map(|(path, item)| {
            let pointer = format!("/paths/{}/servers", crate::tree::escape(path));
            Some((pointer, item.get("servers")?))
        })
        .collect()
}

fn parameters(contract: &Contract, places: &mut Places<'_>) {
    let document = &contract.document;
    for operation in document.operations() {
        for (pointer, parameter) in document.parameters(&operation) {
            let name = text(parameter, "name");
            match text(parameter, "in") {
                "path" => {
                    if parameter.pointer("/schema/$ref").is_none() {
                        places.at(&pointer, format!("the schema of `{name}` is no named id"));
                    }
                }
                "query" => {
                    let exploded = parameter["explode"].as_bool().unwrap_or(true);
                    let style = parameter["style"].as_str().unwrap_or("form");
                    if !exploded || style != "form" {
                        places.at(
                            &pointer,
                            format!(
                                "`{name}`: `style: {style}, explode: {exploded}` would be ignored"
                            ),
                        );
                    }
                }
                place => places.at(&pointer, format!("`{name}` would be sent in the {place}")),
            }
        }
    }
}

fn json_bodies(contract: &Contract, places: &mut Places<'_>) {
    let document = &contract.document;
    for operation in document.operations() {
        let pointer = format!("{}/requestBody", operation.pointer);
        if let Some(body) = document.at(&pointer) {
            let body = document.resolve(body);
            if !is_json_only(body) {
                places.at(&pointer, "the request body is not `application/json` only");
            }
            if body["required"] != true {
                places.at(
                    &pointer,
                    "the client always sends the body, so it is `required: true`",
                );
            }
        }
        for (status, pointer, response) in responses(document, &operation) {
            if response.get("content").is_some() && !is_json_only(response) {
                places.at(
                    &pointer,
                    format!("the answer {status} is not `application/json` only"),
                );
            }
        }
    }
}

fn one_answer(contract: &Contract, places: &mut Places<'_>) {
    let document = &contract.document;
    for operation in document.operations() {
        let mut successes = responses(document, &operation)
            .filter(|(status, ..)| status.starts_with('2'))
            .map(|(status, pointer, response)| (status, pointer, json_schema(response)));
        let Some((first, _, type_of_first)) = successes.next() else {
            places.at(
                &operation.pointer,
                "the operation has no answer for its success",
            );
            continue;
        };
        for (status, pointer, schema) in successes {
            if schema != type_of_first {
                places.at(
                    &pointer,
                    format!("the answer {status} has another type than {first}"),
                );
            }
        }
    }
}

fn one_error(contract: &Contract, places: &mut Places<'_>) {
    let document = &contract.document;
    for operation in document.operations() {
        let mut of_first: Option<&str> = None;
        for (status, pointer, response) in responses(document, &operation) {
            if status.starts_with('2') {
                continue;
            }
            if status == "default" {
                places.at(&pointer, "`default` would stand for successes too");
                continue;
            }
            let schema = json_schema(response).and_then(|schema| schema["$ref"].as_str());
            match (schema, of_first) {
                (None, _) => places.at(&pointer, format!("the error {status} has no named schema")),
                (Some(schema), Some(first)) if schema != first => places.at(
                    &pointer,
                    format!("the error {status} is a `{schema}`, and others are a `{first}`"),
                ),
                _ => of_first = schema,
            }
        }
    }
}

fn compositions(contract: &Contract, places: &mut Places<'_>) {
    for schema in contract.document.schemas() {
        let value = schema.value;
        if let Some(branches) = value["allOf"].as_array()
            && (branches.len() != 1 || branches[0].get("$ref").is_none())
        {
            places.at(&schema.pointer, "`allOf` holds anything but one $ref");
        }
        let is_open_enum = generate::open_values(value).is_some();
        if value.get("anyOf").is_some() && !(is_open_enum && schema.role == Role::Component) {
            places.at(&schema.pointer, "`anyOf` is not that of a named open enum");
        }
    }
}

fn rust_types(contract: &Contract, places: &mut Places<'_>) {
    const FORMATS: [&str; 6] = ["date", "date-time", "double", "float", "int32", "int64"];
    let ids = generate::ids(&contract.document);
    for schema in contract.document.schemas() {
        let format = text(schema.value, "format");
        if !format.is_empty() && !FORMATS.contains(&format) {
            places.at(
                &schema.pointer,
                format!("the format `{format}` has no type in the client"),
            );
        }
        let component = schema.pointer.strip_prefix(SCHEMAS).unwrap_or_default();
        let is_id = ids.contains(component.trim_start_matches('/'));
        for key in ["minLength", "pattern"] {
            if schema.value.get(key).is_some() && !is_id {
                places.at(&schema.pointer, format!("`{key}` is for ids alone"));
            }
        }
    }
}

/// The answers of an operation: status, place, and what is there.
fn responses<'a>(
    document: &'a Document,
    operation: &Operation,
) -> impl Iterator<Item = (&'a str, String, &'a Value)> {
    let pointer = format!("{}/responses", operation.pointer);
    let responses = document.at(&pointer).and_then(Value::as_object);
    responses
        .into_iter()
        .flatten()
        .map(move |(status, response)| {
            let place = format!("{pointer}/{status}");
            (status.as_str(), place, document.resolve(response))
        })
}

fn json_schema(response: &Value) -> Option<&Value> {
    response.pointer("/content/application~1json/schema")
}

fn is_json_only(owner: &Value) -> bool {
    owner["content"]
        .as_object()
        .is_some_and(|content| content.len() == 1 && content.contains_key("application/json"))
}
