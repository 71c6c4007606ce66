//! What the generator cannot take, said before it fails on it or drops it without a word.

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use serde_json::Value;

use super::{Contract, Diagnostics, Rule, text};
use crate::document::{Document, Operation, SCHEMAS};
use crate::generate;
use crate::tree::escape;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "names",
        rationale: "names of the document become files, and identifiers of Rust",
        help: "use letters and digits, beginning with a letter: UpperCamelCase for components",
        check: names,
    },
    Rule {
        name: "collisions",
        rationale: "two names that differ in case or punctuation alone are one name in Rust, and some names are \
                    taken by the client itself",
        help: "choose another name for one of the two",
        check: collisions,
    },
    Rule {
        name: "cycles",
        rationale: "a shape that is made of itself has no end",
        help: "refer to it from a property or from the items of a list only",
        check: cycles,
    },
    Rule {
        name: "dropped",
        rationale: "the generator drops it without a word, so that the client would not do what the document says",
        help: "take it out and say in the description what it means, or teach xtask/src to handle it",
        check: dropped,
    },
    Rule {
        name: "parameters",
        rationale: "the client sends parameters in the path and in the query only, a list as one parameter for each item",
        help: "use a path parameter whose schema is a named id, or a query parameter that is a plain value, an enum or a list",
        check: parameters,
    },
    Rule {
        name: "bodies",
        rationale: "the client sends JSON or one form, and reads JSON",
        help: "describe a body as `application/json` or `multipart/form-data` only, with a component as its schema, and \
               a request body as `required: true`",
        check: bodies,
    },
    Rule {
        name: "one-error",
        rationale: "a call fails with one type, so that its errors need one schema",
        help: "give all failures the schema `ApiError`, and leave `default` out",
        check: one_error,
    },
    Rule {
        name: "compositions",
        rationale: "of a choice between shapes the generator makes a type that reads the wrong one, or none",
        help: "use `allOf` with one $ref, `anyOf` for an open enum or an open union, or a component without `type`",
        check: compositions,
    },
    Rule {
        name: "rust-types",
        rationale: "the client has no type for it",
        help: "leave it out and say in the description what the value looks like",
        check: rust_types,
    },
    Rule {
        name: "servers",
        rationale: "the client needs one complete https address for each host",
        help: "name one server without variables, such as https://api.imagekit.io",
        check: servers,
    },
    Rule {
        name: "rust-names",
        rationale: "ids, enums and unions become Rust types of our own",
        help: "choose values that differ in more than punctuation, and ids of `type: string`",
        check: |contract, diagnostics| {
            if has_bad_names(&contract.document) {
                return;
            }
            let refuse = &mut |pointer: &str, message| diagnostics.at(pointer, message);
            generate::replacements(&contract.document, refuse);
        },
    },
    Rule {
        name: "operations",
        rationale: "the client is generated from it",
        help: "see the conventions in openapi/README.md",
        check: |contract, diagnostics| {
            if let Err((pointer, message)) = generate::Operation::all(&contract.document) {
                diagnostics.at(pointer, message);
            }
        },
    },
];

/// Methods of every operation, of the client, and of both by their traits; and what generated calls name a value.
const TAKEN_BY_OPERATIONS: [&str; 13] = [
    "request",
    "send",
    "send_with_response",
    "pages",
    "items",
    "until_done",
    "start",
    "poll",
    "in_batches",
    "clone",
    "fmt",
    "into",
    "try_into",
];
/// What generated code calls by its plain name, from Rust's prelude.
const TAKEN_BY_RUST: [&str; 24] = [
    "Self",
    "String",
    "Option",
    "Vec",
    "Box",
    "Result",
    "Some",
    "None",
    "Ok",
    "Err",
    "Default",
    "From",
    "Into",
    "TryFrom",
    "TryInto",
    "Iterator",
    "IntoIterator",
    "Clone",
    "Debug",
    "Send",
    "Sync",
    "Fn",
    "AsRef",
    "Drop",
];
/// What the modules of operations import.
const TAKEN_BY_OPERATION_MODULES: [&str; 5] =
    ["Client", "Error", "Operation", "Request", "Response"];
const TAKEN_BY_CLIENT: [&str; 8] = [
    "builder",
    "from_env",
    "request",
    "base_url",
    "clear_rate_limits",
    "clone",
    "fmt",
    "new",
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
            "deprecated",
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
            "example",
            "discriminator",
        ],
    ),
];

/// Constraints that ImageKit holds requests to. The client leaves them to the server.
const OF_REQUESTS: [&str; 7] = [
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "pattern",
];

fn is_type_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric())
        && name.len() <= 80
        && syn::parse_str::<syn::Ident>(name).is_ok()
}

fn has_bad_names(document: &Document) -> bool {
    document.components().any(|(name, _)| !is_type_name(name))
}

fn names(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    let document = &contract.document;
    for (name, schema) in document.components() {
        let pointer = format!("{SCHEMAS}/{}", escape(name));
        if !is_type_name(name) {
            diagnostics.at(&pointer, format!("`{name}` cannot be the name of a type"));
        }
        if name == "Secret" || TAKEN_BY_RUST.contains(&name) {
            diagnostics.at(
                &pointer,
                format!("`{name}` is a name of Rust or of the client itself"),
            );
        }
        for property in schema["properties"]
            .as_object()
            .into_iter()
            .flat_map(|it| it.keys())
        {
            let is_name = property.starts_with(|c: char| c.is_ascii_alphabetic())
                && property
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '_')
                && !matches!(
                    property.to_snake_case().as_str(),
                    "self" | "super" | "crate"
                );
            if !is_name {
                diagnostics.at(
                    format!("{pointer}/properties/{}", escape(property)),
                    format!("`{property}` cannot be the name of a field"),
                );
            }
        }
    }
    for operation in document.operations() {
        let is_id = operation.id.starts_with(|c: char| c.is_ascii_lowercase())
            && operation.id.chars().all(|c| c.is_ascii_alphanumeric())
            && syn::parse_str::<syn::Ident>(&operation.id.to_snake_case()).is_ok();
        if !operation.id.is_empty() && !is_id {
            let id = &operation.id;
            diagnostics.at(
                format!("{}/operationId", operation.pointer),
                format!("`{id}` cannot be the name of a method"),
            );
        }
        for (pointer, parameter) in document.parameters(&operation) {
            let name = text(parameter, "name");
            let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
                && !matches!(name.to_snake_case().as_str(), "self" | "super" | "crate");
            if !is_name {
                diagnostics.at(
                    &pointer,
                    format!("`{name}` cannot be the name of a parameter"),
                );
            }
        }
        let tag = document
            .at(&format!("{}/tags/0", operation.pointer))
            .and_then(Value::as_str);
        let module = tag.unwrap_or_default().to_snake_case();
        if tag.is_some() && syn::parse_str::<syn::Ident>(&module).is_err() {
            diagnostics.at(
                format!("{}/tags/0", operation.pointer),
                format!(
                    "`{}` cannot be the name of a module",
                    tag.unwrap_or_default()
                ),
            );
        }
    }
}

fn collisions(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    let document = &contract.document;
    let mut types: BTreeMap<String, String> = BTreeMap::new();
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for (name, schema) in document.components() {
        let pointer = format!("{SCHEMAS}/{}", escape(name));
        if let Some(other) = types.insert(name.to_upper_camel_case(), name.to_owned()) {
            diagnostics.at(
                &pointer,
                format!("`{name}` and `{other}` would be one type"),
            );
        } else if let Some(other) = files.insert(name.to_lowercase(), name.to_owned()) {
            diagnostics.at(
                &pointer,
                format!("`{name}` and `{other}` would be one file where names ignore case"),
            );
        }
        let mut fields: BTreeMap<String, &str> = BTreeMap::new();
        for property in schema["properties"]
            .as_object()
            .into_iter()
            .flat_map(|it| it.keys())
        {
            if let Some(other) = fields.insert(property.to_snake_case(), property) {
                diagnostics.at(
                    format!("{pointer}/properties/{}", escape(property)),
                    format!("`{property}` and `{other}` would be one field"),
                );
            }
            if property.to_snake_case() == "new" {
                diagnostics.at(
                    format!("{pointer}/properties/{}", escape(property)),
                    "`new` is what makes a value",
                );
            }
        }
    }
    let mut methods: BTreeMap<String, String> = BTreeMap::new();
    let operations = document.operations();
    let ids: BTreeMap<String, &str> = operations
        .iter()
        .map(|operation| (operation.id.to_upper_camel_case(), operation.id.as_str()))
        .collect();
    for operation in &operations {
        let pointer = format!("{}/operationId", operation.pointer);
        let method = operation.id.to_snake_case();
        if TAKEN_BY_CLIENT.contains(&method.as_str()) || method.starts_with("with_") {
            diagnostics.at(
                &pointer,
                format!("`{method}` is a method of the client itself"),
            );
        }
        let name = operation.id.to_upper_camel_case();
        let taken = TAKEN_BY_RUST.iter().chain(&TAKEN_BY_OPERATION_MODULES);
        if taken.into_iter().any(|it| *it == name) {
            diagnostics.at(
                &pointer,
                format!("`{name}` is a name that generated operations use themselves"),
            );
        }
        let of_responses = operation.id.to_upper_camel_case() + "Response";
        if let Some(other) = ids.get(&of_responses) {
            diagnostics.at(
                &pointer,
                format!(
                    "`{other}` has the name of the responses of `{}`",
                    operation.id
                ),
            );
        }
        if let Some(other) = methods.insert(method.clone(), operation.id.clone())
            && other != operation.id
        {
            diagnostics.at(
                &pointer,
                format!("`{}` and `{other}` would be one method", operation.id),
            );
        }
        colliding_parameters(document, operation, diagnostics);
    }
}

/// Parameters and properties of a body share the names of arguments and setters.
fn colliding_parameters(
    document: &Document,
    operation: &Operation,
    diagnostics: &mut Diagnostics<'_>,
) {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut check = |pointer: &str, name: &str, diagnostics: &mut Diagnostics<'_>| {
        let method = name.to_snake_case();
        if TAKEN_BY_OPERATIONS.contains(&method.as_str()) || method.starts_with("with_") {
            diagnostics.at(pointer, format!("`{name}` is a method of every operation"));
        }
        if let Some(other) = names.insert(method, name.to_owned()) {
            diagnostics.at(
                pointer,
                format!(
                    "`{name}` and `{other}` would be one parameter of `{}`",
                    operation.id
                ),
            );
        }
    };
    for (pointer, parameter) in document.parameters(operation) {
        // A parameter of the operation stands in place of that of its path.
        let key = (
            text(parameter, "name").to_owned(),
            text(parameter, "in").to_owned(),
            pointer.starts_with(&operation.pointer),
        );
        if seen.contains(&(key.0.clone(), key.1.clone(), false)) && key.2 {
            continue;
        }
        check(&pointer, text(parameter, "name"), diagnostics);
        seen.insert(key);
    }
    let body = document.at(&format!("{}/requestBody", operation.pointer));
    let content = body.and_then(|body| document.resolve(body)["content"].as_object());
    for media_type in content.into_iter().flat_map(|it| it.values()) {
        let schema = document.resolve(&media_type["schema"]);
        for property in schema["properties"]
            .as_object()
            .into_iter()
            .flat_map(|it| it.keys())
        {
            check(&operation.pointer, property, diagnostics);
        }
    }
}

fn cycles(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    let document = &contract.document;
    // References outside of properties and items, by the component that they stand in.
    let mut made_of: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (pointer, target) in document.references() {
        let mut parts = pointer.split('/').skip(1);
        let (Some("components"), Some(kind), Some(name)) =
            (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let rest: Vec<&str> = parts.collect();
        let within = rest
            .iter()
            .any(|part| matches!(*part, "items" | "additionalProperties"))
            || rest.first() == Some(&"properties")
                && !rest.contains(&"x-value")
                && rest.len() > 2
                && kind == "schemas"
                && is_optional(document, name, rest[1]);
        let in_union = rest.first() == Some(&"anyOf");
        if !within && !in_union {
            made_of
                .entry(format!("#/components/{kind}/{name}"))
                .or_default()
                .push(target.clone());
        }
    }
    for start in made_of.keys() {
        let mut next = made_of[start].clone();
        let mut seen = BTreeSet::new();
        while let Some(target) = next.pop() {
            if target == *start {
                diagnostics.at(start.trim_start_matches('#'), "it is made of itself");
                break;
            }
            if seen.insert(target.clone()) {
                next.extend(made_of.get(&target).into_iter().flatten().cloned());
            }
        }
    }
}

fn is_optional(document: &Document, component: &str, property: &str) -> bool {
    let required = document.at(&format!("{SCHEMAS}/{component}/required"));
    !required
        .and_then(Value::as_array)
        .is_some_and(|names| names.iter().any(|name| name == property))
}

fn dropped(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    let document = &contract.document;
    let in_responses = in_responses(document);
    let in_requests = generate::in_requests(document);
    let ids = document.ids();
    let mut lost = |kind: &str, pointer: &str, value: &Value, allowed: &[&str]| {
        let kept = KEPT.iter().find(|(name, _)| *name == kind);
        for key in value.as_object().into_iter().flat_map(|it| it.keys()) {
            let is_kept = kept.is_some_and(|(_, keys)| keys.contains(&key.as_str()));
            if !is_kept && !key.starts_with("x-") && !allowed.contains(&key.as_str()) {
                diagnostics.at(
                    format!("{pointer}/{key}"),
                    format!("`{key}` in {kind} never reaches the client"),
                );
            }
        }
    };
    for operation in document.operations() {
        let pointer = &operation.pointer;
        if let Some(value) = document.at(pointer) {
            lost("an operation", pointer, value, &[]);
        }
        for (pointer, parameter) in document.parameters(&operation) {
            lost("a parameter", &pointer, parameter, &[]);
        }
        for (_, pointer, response) in responses(document, &operation) {
            lost("a response", &pointer, response, &[]);
        }
    }
    for schema in document.schemas() {
        let component = schema
            .pointer
            .strip_prefix(SCHEMAS)
            .and_then(|rest| rest.split('/').nth(1));
        let is_response = match component {
            Some(component) => in_responses.contains(component),
            None => schema.pointer.contains("/responses/") || schema.pointer.contains("/headers/"),
        };
        let both = component.is_some_and(|component| in_requests.contains(component));
        let is_id = component.is_some_and(|component| ids.contains(component));
        let allowed: &[&str] = match (is_id, is_response && !both) {
            (true, _) => &["minLength", "pattern"],
            (false, true) => &[],
            (false, false) => &OF_REQUESTS,
        };
        lost("a schema", &schema.pointer, schema.value, allowed);
    }
}

/// The components that responses hold, themselves or in others.
pub(super) fn in_responses(document: &Document) -> BTreeSet<String> {
    let references = document.references();
    let mut found = BTreeSet::new();
    let mut next: Vec<String> = references
        .iter()
        .filter(|(pointer, _)| {
            pointer.contains("/responses/") || pointer.starts_with("/x-webhooks/")
        })
        .filter_map(|(_, target)| {
            target
                .strip_prefix("#/components/schemas/")
                .map(str::to_owned)
        })
        .collect();
    while let Some(name) = next.pop() {
        if found.insert(name.clone()) {
            let prefix = format!("{SCHEMAS}/{name}/");
            let within = references
                .iter()
                .filter(|(pointer, _)| pointer.starts_with(&prefix));
            next.extend(within.filter_map(|(_, target)| {
                target
                    .strip_prefix("#/components/schemas/")
                    .map(str::to_owned)
            }));
        }
    }
    found
}

fn parameters(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    let document = &contract.document;
    for operation in document.operations() {
        for (pointer, parameter) in document.parameters(&operation) {
            let name = text(parameter, "name");
            match text(parameter, "in") {
                "path" => {
                    if parameter.pointer("/schema/$ref").is_none() {
                        diagnostics.at(
                            &pointer,
                            format!("the schema of `{name}` is not a named id"),
                        );
                    }
                }
                "query" => {
                    let exploded = parameter["explode"].as_bool().unwrap_or(true);
                    let style = parameter["style"].as_str().unwrap_or("form");
                    if !exploded || style != "form" {
                        diagnostics.at(
                            &pointer,
                            format!(
                                "`{name}`: `style: {style}, explode: {exploded}` would be ignored"
                            ),
                        );
                    }
                    let schema = document.resolve(&parameter["schema"]);
                    let is_plain = |schema: &Value| {
                        matches!(
                            text(schema, "type"),
                            "string" | "boolean" | "integer" | "number"
                        ) || generate::open_values(schema).is_some()
                    };
                    let is_list =
                        schema["type"] == "array" && is_plain(document.resolve(&schema["items"]));
                    if !is_plain(schema) && !is_list {
                        diagnostics.at(
                            &pointer,
                            format!("`{name}` is neither a plain value nor a list of them"),
                        );
                    }
                }
                place => diagnostics.at(&pointer, format!("`{name}` would be sent in the {place}")),
            }
        }
    }
}

fn bodies(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    let document = &contract.document;
    for operation in document.operations() {
        let pointer = format!("{}/requestBody", operation.pointer);
        if let Some(body) = document.at(&pointer) {
            if matches!(operation.method.as_str(), "get" | "head") {
                diagnostics.at(&pointer, "a GET or HEAD has no body");
            }
            let body = document.resolve(body);
            if !has_only(body, &["application/json", "multipart/form-data"]) {
                diagnostics.at(
                    &pointer,
                    "the request body is neither `application/json` nor `multipart/form-data` only",
                );
            }
            if body["required"] != true {
                diagnostics.at(
                    &pointer,
                    "the client always sends the body, so it is `required: true`",
                );
            }
        }
        let mut succeeds = false;
        for (status, pointer, response) in responses(document, &operation) {
            succeeds |= status.starts_with('2');
            let has_content = response.get("content").is_some();
            if has_content && !has_only(response, &["application/json"]) {
                diagnostics.at(
                    &pointer,
                    format!("the response {status} is not `application/json` only"),
                );
            }
            if has_content && (status == "204" || operation.method == "head") {
                diagnostics.at(
                    &pointer,
                    format!("the response {status} cannot have content"),
                );
            }
            let schema = response.pointer("/content/application~1json/schema");
            let is_named = schema.is_none_or(|schema| {
                schema.get("$ref").is_some()
                    || schema["type"] == "array" && schema["items"].get("$ref").is_some()
            });
            if !is_named {
                diagnostics.at(
                    &pointer,
                    format!("the response {status} is neither a component nor a list of one"),
                );
            }
            if status.starts_with('2') && status.parse::<u16>().is_err() {
                diagnostics.at(
                    &pointer,
                    format!("the success {status} does not name its status"),
                );
            }
        }
        if !succeeds {
            diagnostics.at(
                &operation.pointer,
                "the operation has no response for its success",
            );
        }
    }
}

fn one_error(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    let document = &contract.document;
    for operation in document.operations() {
        for (status, pointer, response) in responses(document, &operation) {
            if status.starts_with('2') {
                continue;
            }
            if status == "default" {
                diagnostics.at(&pointer, "`default` would stand for successes too");
                continue;
            }
            let schema = response.pointer("/content/application~1json/schema/$ref");
            if schema.is_none_or(|schema| schema != "#/components/schemas/ApiError") {
                diagnostics.at(
                    &pointer,
                    format!("the failure {status} does not have the schema `ApiError`"),
                );
            }
        }
    }
}

fn compositions(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    for schema in contract.document.schemas() {
        let value = schema.value;
        if let Some(branches) = value["allOf"].as_array()
            && (branches.len() != 1 || branches[0].get("$ref").is_none())
        {
            diagnostics.at(&schema.pointer, "`allOf` holds anything but one $ref");
        }
        let is_component =
            schema.pointer.matches('/').count() == 3 && schema.pointer.starts_with(SCHEMAS);
        let is_open =
            generate::open_values(value).is_some() || generate::union_variants(value).is_some();
        if value.get("anyOf").is_some() && !(is_open && is_component) {
            diagnostics.at(
                &schema.pointer,
                "`anyOf` is neither that of a named open enum nor of a named open union",
            );
        }
        if value["type"] == "array" && value.get("items").is_none() {
            diagnostics.at(&schema.pointer, "the list has no items");
        }
    }
}

fn rust_types(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    const FORMATS: [&str; 5] = ["date", "date-time", "double", "float", "int64"];
    const OF_FORMS: [&str; 3] = ["binary", "comma-separated", "json"];
    let forms = forms(&contract.document);
    for schema in contract.document.schemas() {
        let format = text(schema.value, "format");
        let in_form = forms
            .iter()
            .any(|form| schema.pointer.starts_with(&format!("{SCHEMAS}/{form}/")));
        let is_known =
            format.is_empty() || FORMATS.contains(&format) || in_form && OF_FORMS.contains(&format);
        if !is_known {
            diagnostics.at(
                &schema.pointer,
                format!("the format `{format}` has no type in the client"),
            );
        }
        let needs_value = matches!(format, "comma-separated" | "json");
        if needs_value != schema.value.get("x-value").is_some() {
            diagnostics.at(
                &schema.pointer,
                "`x-value` belongs to the formats `comma-separated` and `json`, and they need it",
            );
        }
    }
}

/// The components that are forms.
fn forms(document: &Document) -> BTreeSet<String> {
    let mut forms = BTreeSet::new();
    for (pointer, target) in document.references() {
        if pointer.contains("/content/multipart~1form-data/")
            && let Some(name) = target.strip_prefix("#/components/schemas/")
        {
            forms.insert(name.to_owned());
        }
    }
    forms
}

fn servers(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    let document = &contract.document;
    let mut places = vec!["/servers".to_owned()];
    for operation in document.operations() {
        let path = operation
            .pointer
            .rsplit_once('/')
            .map_or("", |(path, _)| path);
        places.extend([
            format!("{path}/servers"),
            format!("{}/servers", operation.pointer),
        ]);
    }
    places.sort();
    places.dedup();
    for pointer in places {
        let Some(servers) = document.at(&pointer).and_then(Value::as_array) else {
            if pointer == "/servers" {
                diagnostics.at("", "the document names no server");
            }
            continue;
        };
        if servers.len() != 1 {
            diagnostics.at(&pointer, "the client can use one server only");
        }
        for server in servers {
            let url = text(server, "url");
            let rest = url.strip_prefix("https://").unwrap_or_default();
            let is_host = !rest.is_empty()
                && rest
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || ".-:".contains(c));
            if !is_host {
                diagnostics.at(
                    &pointer,
                    format!("`{url}` is not a complete https address of a host"),
                );
            }
        }
    }
    for operation in document.operations() {
        let path = &operation.path;
        let is_plain = path.split('/').skip(1).all(|segment| {
            let name = segment
                .strip_prefix('{')
                .and_then(|it| it.strip_suffix('}'))
                .unwrap_or(segment);
            !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-_.~".contains(c))
                && name != "."
                && name != ".."
        });
        if !is_plain || !path.starts_with('/') {
            diagnostics.at(
                &operation.pointer,
                format!("`{path}` is not a path of plain segments"),
            );
        }
    }
}

/// The responses of an operation: status, place, and what is there.
pub(super) fn responses<'a>(
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

fn has_only(owner: &Value, media_types: &[&str]) -> bool {
    owner["content"].as_object().is_some_and(|content| {
        content.len() == 1 && content.keys().all(|it| media_types.contains(&it.as_str()))
    })
}
