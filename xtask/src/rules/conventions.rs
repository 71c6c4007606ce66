//! What this project asks of its document beyond OpenAPI: see openapi/README.md.

use std::collections::BTreeSet;

use imagekit_openapi::validate::Validator;
use serde_json::Value;

use super::{Contract, Diagnostics, Rule, text};
use crate::document::{Document, Role, SCHEMAS};
use crate::generate;
use crate::report::steers;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "named-shapes",
        rationale: "the type of an inline shape gets an accidental name, which changes when another is \
              inserted",
        help: "make it a component, and refer to it",
        check: named_shapes,
    },
    Rule {
        name: "open-enums",
        rationale: "ImageKit adds values, and one that is new must not fail the whole response",
        help: "write `anyOf` of the known values and any string, with x-enum-descriptions",
        check: open_enums,
    },
    Rule {
        name: "id-patterns",
        rationale: "an id fills one segment of a path; `..`, a backslash or a control character would \
              lead to another resource",
        help: "give it the `minLength` and the `pattern` that FileId has",
        check: id_patterns,
    },
    Rule {
        name: "errors",
        rationale: "a call that fails must be understood without knowing which one it was",
        help: "refer to components/responses/ClientError for 4XX and ServerError for 5XX",
        check: errors,
    },
    Rule {
        name: "idempotency",
        rationale: "a lost response must not become a second file, and a client that never retries fails for nothing",
        help: "say in the description whether a repetition is idempotent and why, and mark it by `x-idempotent: true` if it is",
        check: idempotency,
    },
    Rule {
        name: "extensions",
        rationale: "a mark that is misspelt or incomplete is no mark at all",
        help: "see the conventions in openapi/README.md",
        check: extensions,
    },
    Rule {
        name: "open-unions",
        rationale: "ImageKit adds kinds, and one that is new must not fail the whole response",
        help: "write `x-open: true` and `anyOf` of the variants, with a `discriminator` whose mapping has a tag for each",
        check: unions,
    },
    Rule {
        name: "security",
        rationale: "the client sends the private key with every call, whatever an operation says",
        help: "require the scheme for the whole document, and say nothing in operations",
        check: security,
    },
    Rule {
        name: "shown",
        rationale: "an example is what people read first, what tests decode, and what the client's \
              documentation calls with",
        help: "refer to an example of components/examples, or give the parameter an `example`",
        check: shown,
    },
    Rule {
        name: "described",
        rationale: "the description is the documentation of the client",
        help: "say what it means, its unit, and when it is present",
        check: described,
    },
    Rule {
        name: "plain-text",
        rationale: "texts end up in source code, documentation, terminals and logs, which such characters steer",
        help: "take the character out, or describe it in words",
        check: plain_text,
    },
    Rule {
        name: "units",
        rationale: "a number without a unit is guessed, and the guess is wrong for milliseconds",
        help: "name the unit in the description: pixels, bytes, seconds, percent, number of, ...",
        check: units,
    },
    Rule {
        name: "null-arrays",
        rationale: "ImageKit sends null for lists and maps without content, which must not fail the response",
        help: "say `nullable: true`, unless the property is required",
        check: null_arrays,
    },
    Rule {
        name: "null-places",
        rationale: "whether null may stand somewhere is a matter of the property, not of what it holds",
        help: "put `nullable: true` at the property, beside `allOf` if it refers to a component",
        check: null_places,
    },
    Rule {
        name: "unknown-properties",
        rationale: "responses grow, and readers ignore what they do not know",
        help: "leave `additionalProperties` out beside `properties`",
        check: unknown_properties,
    },
    Rule {
        name: "used",
        rationale: "what nothing refers to becomes public Rust that nobody can meet",
        help: "refer to it, or take it out",
        check: used,
    },
];

fn named_shapes(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    let tags = generate::tags(&contract.document);
    for schema in contract.document.schemas() {
        let value = schema.value;
        if schema.role == Role::Component || value.get("$ref").is_some() {
            continue;
        }
        // What an open union may hold beside its variants.
        let is_rest_of_union =
            schema.pointer.contains("/anyOf/") && value.as_object().is_some_and(|it| it.len() == 1);
        if (value["type"] == "object" || value.get("properties").is_some()) && !is_rest_of_union {
            diagnostics.at(&schema.pointer, "an object without a name of its own");
        }
        let in_open_enum = schema.pointer.ends_with("/anyOf/0");
        let is_tag = tags.iter().any(|(component, (discriminator, _))| {
            schema.pointer == format!("{SCHEMAS}/{component}/properties/{discriminator}")
        });
        if value.get("enum").is_some() && !in_open_enum && !is_tag {
            diagnostics.at(&schema.pointer, "an enum without a name of its own");
        }
        let is_shapeless = value.as_object().is_some_and(|value| {
            !value.contains_key("type")
                && !value.contains_key("allOf")
                && !value.contains_key("anyOf")
        });
        // The values of a map may be anything, which is written `{}`.
        if is_shapeless && !schema.pointer.ends_with("/additionalProperties") {
            diagnostics.at(&schema.pointer, "any value, without a name of its own");
        }
    }
}

fn open_enums(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    for (name, schema) in contract.document.components() {
        let pointer = format!("{SCHEMAS}/{name}");
        if schema.get("enum").is_some() {
            diagnostics.at(
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
                diagnostics.at(
                    &pointer,
                    format!("x-enum-descriptions says nothing about `{value}`"),
                );
            }
        }
        for value in described.into_iter().flat_map(|it| it.keys()) {
            if !listed.contains(value.as_str()) {
                diagnostics.at(
                    format!("{pointer}/x-enum-descriptions/{value}"),
                    format!("`{value}` is described, but not listed"),
                );
            }
        }
    }
}

fn id_patterns(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    const REFUSED: [&str; 6] = ["", ".", "..", "a\\b", "a\u{0}b", "a\u{7f}b"];
    const TAKEN: [&str; 5] = ["598821f949c0a938d57563bd", "...", "a b", "a/b", "\u{e9}"];
    let document = &contract.document;
    for name in document.ids() {
        let pointer = format!("{SCHEMAS}/{name}");
        let Some(schema) = document.at(&pointer) else {
            continue;
        };
        let Ok(validator) = Validator::new(schema) else {
            diagnostics.at(&pointer, "the pattern is not a valid regular expression");
            continue;
        };
        for id in REFUSED {
            if validator.is_valid(&Value::from(id)) {
                diagnostics.at(&pointer, format!("the id {id:?} would be allowed"));
            }
        }
        for id in TAKEN {
            if !validator.is_valid(&Value::from(id)) {
                diagnostics.at(
                    &pointer,
                    format!("the id {id:?} would be refused, though it is harmless"),
                );
            }
        }
    }
}

fn errors(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    let document = &contract.document;
    for operation in document.operations() {
        for range in ["4XX", "5XX"] {
            let pointer = format!("{}/responses/{range}", operation.pointer);
            if document.at(&pointer).is_none() {
                diagnostics.at(
                    &operation.pointer,
                    format!("the operation has no response for {range}"),
                );
            }
        }
    }
}

fn idempotency(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    let document = &contract.document;
    for operation in document.operations() {
        let value = document.at(&operation.pointer).unwrap_or(&Value::Null);
        let is_marked = value.get("x-idempotent");
        let is_safe = matches!(operation.method.as_str(), "get" | "head");
        if is_marked.is_some_and(|mark| *mark != true) || is_marked.is_some() && is_safe {
            diagnostics.at(
                format!("{}/x-idempotent", operation.pointer),
                "`x-idempotent` is true, at another method than GET and HEAD, or absent",
            );
        }
        if !text(value, "description")
            .to_lowercase()
            .contains("idempotent")
        {
            let id = &operation.id;
            diagnostics.at(
                &operation.pointer,
                format!("`{id}` does not say whether it is idempotent, and why"),
            );
        }
    }
}

fn extensions(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    const KNOWN: [&str; 15] = [
        "x-alone",
        "x-arguments",
        "x-batches",
        "x-beta",
        "x-enum-descriptions",
        "x-idempotent",
        "x-idempotent-if",
        "x-job",
        "x-job-state",
        "x-open",
        "x-pages",
        "x-secret",
        "x-unlisted",
        "x-value",
        "x-webhooks",
    ];
    let document = &contract.document;
    document.walk(&mut |pointer, value| {
        let entries = value.as_object().into_iter().flatten();
        for (key, mark) in entries.filter(|(key, _)| key.starts_with("x-")) {
            let place = format!("{pointer}/{}", crate::tree::escape(key));
            let is_header =
                pointer.ends_with("/headers") || pointer.ends_with("/x-response-headers");
            if is_header || key == "x-response-headers" && pointer.is_empty() {
                continue;
            }
            if !KNOWN.contains(&key.as_str()) {
                diagnostics.at(
                    &place,
                    format!("`{key}` is not an extension that this project knows"),
                );
            } else if matches!(key.as_str(), "x-alone" | "x-beta" | "x-open" | "x-secret")
                && *mark != true
            {
                diagnostics.at(&place, format!("`{key}` is true, or absent"));
            } else if key == "x-open" && value.get("discriminator").is_none() {
                diagnostics.at(&place, "only a union with a `discriminator` can be open");
            } else if key == "x-unlisted" && generate::open_values(value).is_none() {
                diagnostics.at(&place, "only an open enum has values that are not listed");
            } else if key == "x-secret" && value["type"] != "string" {
                diagnostics.at(&place, "only a text can be secret");
            }
        }
    });
    for operation in document.operations() {
        let value = document.at(&operation.pointer).unwrap_or(&Value::Null);
        let has_parameter = |name: &Value| {
            let parameters = document.parameters(&operation);
            name.is_string() && parameters.iter().any(|(_, it)| it["name"] == *name)
        };
        if let Some(pages) = value.get("x-pages")
            && !(has_parameter(&pages["offset"]) && has_parameter(&pages["limit"]))
        {
            diagnostics.at(
                format!("{}/x-pages", operation.pointer),
                "`offset` and `limit` must name query parameters",
            );
        }
        if let Some(batches) = value.get("x-batches")
            && !(batches["ids"].is_string()
                && batches["done"].is_string()
                && batches["size"].as_u64().is_some_and(|it| it > 0))
        {
            diagnostics.at(
                format!("{}/x-batches", operation.pointer),
                "`ids`, `done` and a positive `size` are needed",
            );
        }
        if let Some(job) = value.get("x-job") {
            let target = document
                .operations()
                .into_iter()
                .find(|it| job["operation"] == it.id.as_str());
            let tells_state = target.is_some_and(|it| {
                document
                    .at(&format!("{}/x-job-state", it.pointer))
                    .is_some()
            });
            if !tells_state || !job["id"].is_string() {
                diagnostics.at(
                    format!("{}/x-job", operation.pointer),
                    "`operation` must name one with x-job-state, and `id` a property of the response",
                );
            }
        }
        if let Some(state) = value.get("x-job-state")
            && !(state["property"].is_string()
                && state["done"].as_array().is_some_and(|it| !it.is_empty()))
        {
            diagnostics.at(
                format!("{}/x-job-state", operation.pointer),
                "`property` and a list `done` are needed",
            );
        }
    }
}

fn unions(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    let document = &contract.document;
    for (name, schema) in document.components() {
        let pointer = format!("{SCHEMAS}/{}", crate::tree::escape(name));
        let Some(discriminator) = schema.get("discriminator") else {
            continue;
        };
        let variants = generate::union_variants(schema).filter(|_| schema["x-open"] == true);
        let Some(variants) = variants else {
            diagnostics.at(
                &pointer,
                "an open union is `x-open: true` and `anyOf` of references",
            );
            continue;
        };
        let property = text(discriminator, "propertyName");
        for variant in &variants {
            let target = document
                .at(&format!("{SCHEMAS}/{}", variant.component))
                .unwrap_or(&Value::Null);
            if target["properties"].get(property).is_none() {
                diagnostics.at(
                    &pointer,
                    format!("`{}` has no property `{property}`", variant.component),
                );
            }
            if variant.tags.is_empty() {
                diagnostics.at(
                    &pointer,
                    format!("no tag of the mapping chooses `{}`", variant.component),
                );
            }
        }
        for (tag, target) in discriminator["mapping"].as_object().into_iter().flatten() {
            let is_variant = variants.iter().any(|variant| {
                target.as_str() == Some(&format!("#/components/schemas/{}", variant.component))
            });
            if !is_variant {
                diagnostics.at(
                    format!(
                        "{pointer}/discriminator/mapping/{}",
                        crate::tree::escape(tag)
                    ),
                    format!("`{tag}` chooses what is not in the `anyOf`"),
                );
            }
        }
    }
}

fn security(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    let document = &contract.document;
    let required = document.at("/security").and_then(Value::as_array);
    if required.is_none_or(Vec::is_empty) {
        diagnostics.at("", "the document requires no authentication");
    }
    for operation in document.operations() {
        let pointer = format!("{}/security", operation.pointer);
        if document.at(&pointer).is_some() {
            diagnostics.at(&pointer, "the operation has a security of its own");
        }
    }
}

fn shown(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    let document = &contract.document;
    for operation in document.operations() {
        for (pointer, parameter) in document.parameters(&operation) {
            if parameter["required"] == true && parameter.get("example").is_none() {
                let name = text(parameter, "name");
                diagnostics.at(
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
                    diagnostics.at(pointer, format!("the response {status} has no example"));
                }
            }
        }
    }
}

fn described(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    let document = &contract.document;
    for schema in document.schemas() {
        let is_named = matches!(schema.role, Role::Component | Role::Property { .. });
        if is_named && text(schema.value, "description").trim().is_empty() {
            let name = schema.pointer.rsplit('/').next().unwrap_or_default();
            diagnostics.at(&schema.pointer, format!("`{name}` is not described"));
        }
    }
    for operation in document.operations() {
        let value = document.at(&operation.pointer).unwrap_or(&Value::Null);
        for key in ["summary", "description"] {
            if text(value, key).trim().is_empty() {
                let id = &operation.id;
                diagnostics.at(&operation.pointer, format!("`{id}` has no {key}"));
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
            diagnostics.at(pointer, "the parameter or header is not described");
        }
    });
}

fn plain_text(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    let steering = |text: &str| text.chars().find(|c| steers(*c));
    contract.document.walk(&mut |pointer, value| {
        let keys = value.as_object().into_iter().flat_map(|it| it.keys());
        for text in keys.map(String::as_str).chain(value.as_str()) {
            if let Some(c) = steering(text) {
                let code = u32::from(c);
                diagnostics.at(
                    pointer,
                    format!("the text holds the character U+{code:04X}"),
                );
            }
        }
    });
}

fn units(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
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
            diagnostics.at(
                &schema.pointer,
                "the description of the number names no unit",
            );
        }
    }
}

fn null_arrays(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    let document = &contract.document;
    let in_requests = generate::in_requests(document);
    let in_responses = super::generator_limits::in_responses(document);
    for schema in document.schemas() {
        let Role::Property { required: false } = schema.role else {
            continue;
        };
        // Null means something in a request, and is not sent where it means nothing.
        let component = schema
            .pointer
            .strip_prefix(SCHEMAS)
            .and_then(|it| it.split('/').nth(1));
        if component.is_some_and(|name| in_requests.contains(name) && !in_responses.contains(name))
        {
            continue;
        }
        let target = match schema.value.pointer("/allOf/0") {
            Some(reference) => document.resolve(reference),
            None => document.resolve(schema.value),
        };
        let is_object_with_properties = target.get("properties").is_some();
        let is_free = target.get("type").is_none() && target.get("anyOf").is_none();
        let is_collection = matches!(text(target, "type"), "array" | "object")
            && schema.value.get("x-value").is_none();
        if (is_collection || is_free)
            && !is_object_with_properties
            && schema.value["nullable"] != true
        {
            diagnostics.at(
                &schema.pointer,
                "an optional list, map or free value is not nullable",
            );
        }
    }
}

fn null_places(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    for schema in contract.document.schemas() {
        if schema.value["nullable"] == true && !matches!(schema.role, Role::Property { .. }) {
            diagnostics.at(
                &schema.pointer,
                "`nullable` stands at something else than a property",
            );
        }
    }
}

fn unknown_properties(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    for schema in contract.document.schemas() {
        let has = |key| schema.value.get(key).is_some();
        if has("properties") && has("additionalProperties") {
            diagnostics.at(
                format!("{}/additionalProperties", schema.pointer),
                "`additionalProperties` stands beside `properties`",
            );
        }
    }
}

fn used(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
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
                diagnostics.at(&pointer, format!("nothing refers to `{name}`"));
            }
        }
    }
}

fn all_references(document: &Document) -> BTreeSet<String> {
    document
        .references()
        .iter()
        .map(|(_, target)| target.clone())
        .collect()
}
