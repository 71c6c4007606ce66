//! What OpenAPI 3.0 itself demands.

use std::collections::{BTreeMap, BTreeSet};

use imagekit_openapi::path::{self, Segment};
use imagekit_openapi::validate::Validator;
use serde_json::Value;

use super::{Contract, Diagnostics, Rule, text};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "openapi",
        rationale: "readers of OpenAPI refuse such a document, or ignore the place without a word",
        help: "compare the place with the OpenAPI 3.0.3 specification",
        check: meta_schema,
    },
    Rule {
        name: "reference",
        rationale: "a reference that leads nowhere leaves a hole in the contract",
        help: "name a component of this document, such as '#/components/schemas/FileId'",
        check: references,
    },
    Rule {
        name: "reference-alone",
        rationale: "OpenAPI 3.0 ignores whatever stands beside a $ref",
        help: "put the $ref under `allOf`, and what belongs to this place beside that",
        check: lonely_references,
    },
    Rule {
        name: "operation-id",
        rationale: "it names the method of the client, so that two cannot share one",
        help: "give the operation an operationId of its own, in lower camel case",
        check: operation_ids,
    },
    Rule {
        name: "path-parameters",
        rationale: "a parameter that is not both declared and in the path can never be sent",
        help: "declare each `{name}` of the path once, as a parameter with `in: path`",
        check: path_parameters,
    },
    Rule {
        name: "required-properties",
        rationale: "a required property that is not described can be neither filled nor understood",
        help: "describe it under `properties`, or take it out of `required`",
        check: required_properties,
    },
    Rule {
        name: "security-scheme",
        rationale: "a requirement that names no scheme says nothing about how to authenticate",
        help: "name one of components/securitySchemes",
        check: security_schemes,
    },
];

fn meta_schema(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    let validator = match openapi_validator() {
        Ok(validator) => validator,
        Err(error) => {
            return diagnostics.at("", format!("the schema of OpenAPI is broken: {error}"));
        }
    };
    for fault in validator.diagnostics(contract.document.value()) {
        diagnostics.at(fault.pointer, fault.message);
    }
}

fn openapi_validator() -> Result<Validator, String> {
    let text = include_str!("../../data/openapi-3.0-schema-2021-09-28.json");
    let schema: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Validator::new(&schema).map_err(|error| error.to_string())
}

fn references(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    let document = &contract.document;
    for (pointer, target) in document.references() {
        let local = target.strip_prefix('#');
        if local.and_then(|target| document.at(target)).is_none() {
            diagnostics.at(pointer, format!("`{target}` leads nowhere"));
        }
    }
}

fn lonely_references(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    contract.document.walk(&mut |pointer, value| {
        let Some(node) = value.as_object().filter(|node| node.contains_key("$ref")) else {
            return;
        };
        if pointer.ends_with("/properties") {
            return;
        }
        for key in node.keys().filter(|key| *key != "$ref") {
            diagnostics.at(pointer, format!("`{key}` stands beside a $ref"));
        }
    });
}

fn operation_ids(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    let mut ids = BTreeSet::new();
    for operation in contract.document.operations() {
        let pointer = &operation.pointer;
        if operation.id.is_empty() {
            diagnostics.at(pointer, "the operation has no operationId");
        } else if !ids.insert(operation.id.clone()) {
            let id = &operation.id;
            diagnostics.at(
                format!("{pointer}/operationId"),
                format!("`{id}` is the operationId of another operation too"),
            );
        }
    }
}

fn path_parameters(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    let mut templates: BTreeMap<String, String> = BTreeMap::new();
    for operation in contract.document.operations() {
        let path = &operation.path;
        let mut missing: BTreeSet<&str> = BTreeSet::new();
        for segment in path::segments(path) {
            match segment {
                Segment::Variable(name) => {
                    missing.insert(name);
                }
                Segment::Fixed(text) if text.contains(['{', '}']) => diagnostics.at(
                    &operation.pointer,
                    format!("`{text}`: a parameter must be a whole segment of the path"),
                ),
                Segment::Fixed(_) => {}
            }
        }
        let template = format!("{} {}", operation.method, path::nameless(path));
        if let Some(other) = templates.insert(template, path.clone()) {
            diagnostics.at(
                &operation.pointer,
                format!("`{path}` and `{other}` are the same path"),
            );
        }
        for (pointer, parameter) in contract.document.parameters(&operation) {
            let name = text(parameter, "name");
            if text(parameter, "in") == "path" && !missing.remove(name) {
                diagnostics.at(
                    &pointer,
                    format!("`{name}` does not stand in `{path}`, or was declared before"),
                );
            }
        }
        for name in missing {
            diagnostics.at(
                &operation.pointer,
                format!("the path parameter `{name}` is not declared"),
            );
        }
    }
}

fn required_properties(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    for schema in contract.document.schemas() {
        let required = schema.value["required"].as_array().into_iter().flatten();
        for (index, name) in required.enumerate() {
            let name = name.as_str().unwrap_or_default();
            if schema.value["properties"].get(name).is_none() {
                diagnostics.at(
                    format!("{}/required/{index}", schema.pointer),
                    format!("`{name}` is required, but no property has this name"),
                );
            }
        }
    }
}

fn security_schemes(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    let document = &contract.document;
    let operations = document.operations().into_iter();
    let owners = std::iter::once(String::new()).chain(operations.map(|it| it.pointer));
    for owner in owners {
        let pointer = format!("{owner}/security");
        let requirements = document.at(&pointer).and_then(Value::as_array);
        for (index, requirement) in requirements.into_iter().flatten().enumerate() {
            for name in requirement.as_object().into_iter().flat_map(|it| it.keys()) {
                if document
                    .at("/components/securitySchemes")
                    .is_none_or(|it| it.get(name).is_none())
                {
                    diagnostics.at(
                        format!("{pointer}/{index}"),
                        format!("`{name}` is no security scheme of this document"),
                    );
                }
            }
        }
    }
}
