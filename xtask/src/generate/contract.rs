//! The tables of `imagekit-openapi`: what programs need to know about the API that are not compiled for each
//! operation of it.

use std::fs;
use std::path::Path;

use heck::ToKebabCase as _;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::components;
use super::operation::Operation;
use crate::document::{self, Document, SCHEMAS};
use crate::json_schema;

/// Where the tables are written.
pub(crate) const PATH: &str = "openapi/src/contract/generated.rs";

/// Prints the tables.
pub(crate) fn source(
    root: &Path,
    document: &Document,
    operations: &[Operation],
) -> Result<String, String> {
    let found = document.operations();
    let operations = operations
        .iter()
        .zip(&found)
        .map(|(operation, found)| operation_row(document, operation, found));
    let components = document
        .keys(SCHEMAS)
        .into_iter()
        .map(|name| component_row(document, name));
    let webhooks = document.keys("/x-webhooks").into_iter().map(|name| {
        let hook = &document.value()["x-webhooks"][name]["post"];
        let [summary, description] = [text(hook, "summary"), text(hook, "description")];
        let content = &hook["requestBody"]["content"]["application/json"];
        let component = option(content["schema"]["$ref"].as_str().map(last));
        let examples = examples(document, content);
        quote! {
            Webhook {
                name: #name,
                summary: #summary,
                description: #description,
                component: #component,
                examples: #examples,
            }
        }
    });
    let version = text(&document.value()["info"], "version");
    let server = text(&document.value()["servers"][0], "url");
    let tables = quote! {
        use super::model::{
            Batches, Body, Choice, Component, Discriminator, Example, Field, Job, JobState,
            Operation, Pages, Place, Response, Type, Webhook,
        };

        /// The version of the document.
        pub const DOCUMENT_VERSION: &str = #version;

        /// The server of all operations that name no other.
        pub const SERVER: &str = #server;

        /// The operations, in the order of the document.
        pub const OPERATIONS: &[Operation] = &[#(#operations),*];

        /// The named schemas, in the order of the document.
        pub const COMPONENTS: &[Component] = &[#(#components),*];

        /// What ImageKit sends by itself.
        pub const WEBHOOKS: &[Webhook] = &[#(#webhooks),*];
    };
    let file = syn::parse2(tables).map_err(|error| format!("no table: {error}"))?;
    let mut names: Vec<_> = document.components().map(|(name, _)| name).collect();
    names.sort_unstable();
    let schemas = names
        .iter()
        .map(|name| (*name, format!("schemas/{name}.json")));
    let files = example_files(root);
    let examples = files
        .iter()
        .map(|name| (name.as_str(), format!("examples/{name}")));
    Ok(format!(
        "{}{}\n{}\n{}",
        super::HEADER,
        prettyplease::unparse(&file),
        included("SCHEMAS", schemas),
        included("EXAMPLES", examples),
    ))
}

/// The files with examples that are JSON.
fn example_files(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root.join("openapi/examples"));
    let mut names: Vec<_> = entries
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".json"))
        .collect();
    names.sort();
    names
}

fn included<'a>(table: &str, files: impl Iterator<Item = (&'a str, String)>) -> String {
    let rows = files
        .map(|(name, path)| format!("    ({name:?}, include_str!(\"../../{path}\")),\n"))
        .collect::<String>();
    format!("pub(super) const {table}: &[(&str, &str)] = &[\n{rows}];\n")
}

fn operation_row(
    document: &Document,
    operation: &Operation,
    found: &document::Operation,
) -> TokenStream {
    let value = document.at(&found.pointer).unwrap_or(&Value::Null);
    let Operation {
        id,
        tag,
        summary,
        description,
        path,
        ..
    } = operation;
    let command = id.to_kebab_case();
    let method = operation.method.to_ascii_uppercase();
    let arguments = operation.arguments.iter().map(|param| &param.wire_name);
    let parameters: Vec<_> = document
        .parameters(found)
        .iter()
        .map(|(_, parameter)| {
            let place = match parameter["in"].as_str() {
                Some("path") => "Path",
                Some("query") => "Query",
                _ => "Header",
            };
            let name = parameter["name"].as_str().unwrap_or_default();
            let is_required = parameter["required"] == true;
            let schema = &parameter["schema"];
            field(document, name, parameter, schema, is_required, place)
        })
        .collect();
    let mut rows = vec![
        quote!(id: #id),
        quote!(command: #command),
        quote!(tag: #tag),
        quote!(summary: #summary),
        quote!(description: #description),
        quote!(method: #method),
        quote!(path: #path),
        quote!(arguments: &[#(#arguments),*]),
    ];
    if !parameters.is_empty() {
        rows.push(quote!(parameters: &[#(#parameters),*]));
    }
    if let Some(body) = value.get("requestBody") {
        let body = body_row(document, document.resolve(body));
        rows.push(quote!(body: Some(#body)));
    }
    let responses = document.keys(&format!("{}/responses", found.pointer));
    let responses = responses.iter().map(|status| {
        let response = document.resolve(&value["responses"][status]);
        response_row(document, status, response)
    });
    rows.push(quote!(responses: &[#(#responses),*]));
    if let Some(server) = &operation.server {
        rows.push(quote!(server: Some(#server)));
    }
    for (name, is_so) in [
        ("idempotent", operation.idempotent),
        ("beta", operation.beta),
        ("deprecated", operation.deprecated),
    ] {
        let name = format_ident!("{name}");
        if is_so {
            rows.push(quote!(#name: true));
        }
    }
    if !operation.idempotent_if.is_empty() {
        let pairs = operation.idempotent_if.iter();
        let pairs = pairs.map(|(name, value)| quote!((#name, #value)));
        rows.push(quote!(idempotent_if: &[#(#pairs),*]));
    }
    if let Some(pages) = &operation.pages {
        let (offset, limit) = (&pages.offset, &pages.limit);
        rows.push(quote!(pages: Some(Pages { offset: #offset, limit: #limit })));
    }
    if let Some(job) = &operation.job {
        let (operation, id) = (&job.operation, &job.id);
        rows.push(quote!(job: Some(Job { operation: #operation, id: #id })));
    }
    if let Some(state) = &operation.job_state {
        let (property, done) = (&state.property, &state.done);
        rows.push(quote!(job_state: Some(JobState { property: #property, done: &[#(#done),*] })));
    }
    if let Some(batches) = &operation.batches {
        let (ids, size) = (&batches.ids, batches.size as usize);
        rows.push(quote!(batches: Some(Batches { ids: #ids, size: #size })));
    }
    quote!(Operation { #(#rows,)* ..Operation::NEW })
}

fn body_row(document: &Document, body: &Value) -> TokenStream {
    let contents = body["content"].as_object().into_iter().flatten();
    let (media_type, content) = contents
        .map(|(media_type, content)| (media_type.as_str(), content))
        .next()
        .unwrap_or(("", &Value::Null));
    let required = body["required"] == true;
    let component = content["schema"]["$ref"].as_str().map(last);
    let properties = component.map_or_else(Vec::new, |name| properties(document, name));
    let component = option(component);
    let examples = examples(document, content);
    quote! {
        Body {
            media_type: #media_type,
            required: #required,
            component: #component,
            properties: &[#(#properties),*],
            examples: #examples,
        }
    }
}

fn response_row(document: &Document, status: &str, response: &Value) -> TokenStream {
    let description = text(response, "description");
    let content = &response["content"]["application/json"];
    let schema = &content["schema"];
    let list = schema["type"] == "array";
    let item = if list { &schema["items"] } else { schema };
    let component = option(item["$ref"].as_str().map(last));
    let examples = examples(document, content);
    quote! {
        Response {
            status: #status,
            description: #description,
            component: #component,
            list: #list,
            examples: #examples,
        }
    }
}

fn examples(document: &Document, content: &Value) -> TokenStream {
    let examples = content["examples"].as_object().into_iter().flatten();
    let rows = examples.filter_map(|(name, example)| {
        let target = document.resolve(example);
        let file = last(target["externalValue"].as_str()?);
        let summary = text(target, "summary");
        Some(quote!(Example { name: #name, summary: #summary, file: #file }))
    });
    quote!(&[#(#rows),*])
}

fn component_row(document: &Document, name: &str) -> TokenStream {
    let pointer = format!("{SCHEMAS}/{name}");
    let schema = document.at(&pointer).unwrap_or(&Value::Null);
    let description = text(schema, "description");
    let ty = ty(document, schema);
    let mut rows = vec![
        quote!(name: #name),
        quote!(description: #description),
        quote!(ty: #ty),
    ];
    let properties = properties(document, name);
    if !properties.is_empty() {
        rows.push(quote!(properties: &[#(#properties),*]));
    }
    if let Some(choices) = choices(schema) {
        rows.push(quote!(values: #choices));
    }
    if let Some(discriminator) = schema.get("discriminator") {
        let property = text(discriminator, "propertyName");
        let tags = document.keys(&format!("{pointer}/discriminator/mapping"));
        let mapping = tags.into_iter().map(|tag| {
            let target = discriminator["mapping"][tag].as_str().map(last);
            quote!((#tag, #target))
        });
        rows.push(quote! {
            discriminator: Some(Discriminator { property: #property, mapping: &[#(#mapping),*] })
        });
    }
    quote!(Component { #(#rows,)* ..Component::NEW })
}

/// The properties of a component that is an object.
fn properties(document: &Document, component: &str) -> Vec<TokenStream> {
    let pointer = format!("{SCHEMAS}/{component}");
    let Some(schema) = document.at(&pointer) else {
        return Vec::new();
    };
    let names = document.keys(&format!("{pointer}/properties"));
    let required = schema["required"].as_array();
    let rows = names.into_iter().map(|name| {
        let is_required = required.is_some_and(|names| names.iter().any(|it| it == name));
        let property = &schema["properties"][name];
        field(document, name, property, property, is_required, "Body")
    });
    rows.collect()
}

/// A field whose description stands at `node` and whose schema may stand within it.
fn field(
    document: &Document,
    name: &str,
    node: &Value,
    schema: &Value,
    required: bool,
    place: &str,
) -> TokenStream {
    // A text of a form has its real type beside it.
    let value = schema.get("x-value").unwrap_or(schema);
    let target = target(document, value);
    let item = match target["type"] == "array" {
        true => &target["items"],
        false => value,
    };
    let label = match schema["title"].as_str() {
        Some(title) => title.to_owned(),
        None => label(name),
    };
    let description = match node["description"].as_str() {
        Some(description) => description.trim(),
        None => text(target, "description"),
    };
    let ty = ty(document, value);
    let place = format_ident!("{place}");
    // Ids are held to their pattern here only.
    let plain = match place == "Path" {
        true => json_schema::plain(target),
        false => json_schema::plain(value),
    };
    let plain = plain.to_string();
    let mut rows = vec![
        quote!(name: #name),
        quote!(label: #label),
        quote!(description: #description),
        quote!(place: Place::#place),
        quote!(ty: #ty),
        quote!(schema: #plain),
    ];
    for (key, is_so) in [
        ("required", required),
        ("nullable", schema["nullable"] == true),
        ("secret", schema["x-secret"] == true),
        ("alone", schema["x-alone"] == true),
        (
            "deprecated",
            node["deprecated"] == true || schema["deprecated"] == true,
        ),
    ] {
        let key = format_ident!("{key}");
        if is_so {
            rows.push(quote!(#key: true));
        }
    }
    let format = schema["format"].as_str().or(target["format"].as_str());
    if let Some(format) = format.filter(|it| !matches!(*it, "int64" | "double")) {
        rows.push(quote!(format: Some(#format)));
    }
    if let Some(component) = reference(item) {
        rows.push(quote!(component: Some(#component)));
    }
    if let Some(unit) = unit(target, description) {
        rows.push(quote!(unit: Some(#unit)));
    }
    let items = self::target(document, item);
    if let Some(choices) = choices(items) {
        let open = components::open_values(items).is_some();
        rows.push(quote!(values: #choices));
        rows.push(quote!(open: #open));
    }
    if let Some(default) = schema.get("default") {
        let default = default.to_string();
        rows.push(quote!(default: Some(#default)));
    }
    if let Some(example) = node.get("example").or_else(|| schema.get("example")) {
        let example = example.to_string();
        rows.push(quote!(example: Some(#example)));
    }
    quote!(Field { #(#rows,)* ..Field::NEW })
}

/// The schema behind a reference, and behind one that may be null.
fn target<'a>(document: &'a Document, schema: &'a Value) -> &'a Value {
    document.resolve(schema.pointer("/allOf/0").unwrap_or(schema))
}

fn reference(schema: &Value) -> Option<&str> {
    let schema = schema.pointer("/allOf/0").unwrap_or(schema);
    schema["$ref"].as_str().map(last)
}

fn ty(document: &Document, schema: &Value) -> TokenStream {
    let schema = target(document, schema);
    if components::open_values(schema).is_some() {
        return quote!(Type::String);
    }
    match schema["type"].as_str() {
        Some("string") => quote!(Type::String),
        Some("integer") => quote!(Type::Integer),
        Some("number") => quote!(Type::Number),
        Some("boolean") => quote!(Type::Boolean),
        Some("object") => quote!(Type::Object),
        Some("array") => {
            let item = ty(document, &schema["items"]);
            quote!(Type::Array(&#item))
        }
        _ if schema.get("discriminator").is_some() => quote!(Type::Object),
        _ => quote!(Type::Any),
    }
}

/// The values of an enum, open or not.
fn choices(schema: &Value) -> Option<TokenStream> {
    let values = match components::open_values(schema) {
        Some(values) => values,
        None => schema["enum"].as_array()?,
    };
    let rows = values.iter().filter_map(Value::as_str).map(|value| {
        let description = text(&schema["x-enum-descriptions"], value);
        quote!(Choice { value: #value, description: #description })
    });
    Some(quote!(&[#(#rows),*]))
}

/// The name of a property for people: `AITags` becomes `AI tags`.
fn label(name: &str) -> String {
    let mut label = String::new();
    for (index, word) in name.to_kebab_case().split('-').enumerate() {
        if index > 0 {
            label.push(' ');
        }
        match word {
            "ai" | "api" | "cdn" | "id" | "ids" | "json" | "mime" | "seo" | "url" | "urls"
            | "webp" => label.push_str(
                &word
                    .to_uppercase()
                    .replace("IDS", "IDs")
                    .replace("URLS", "URLs"),
            ),
            _ if index == 0 => {
                let mut letters = word.chars();
                label.extend(letters.next().into_iter().flat_map(char::to_uppercase));
                label.push_str(letters.as_str());
            }
            _ => label.push_str(word),
        }
    }
    label
}

/// The unit of a number: the one that its description names first.
fn unit(schema: &Value, description: &str) -> Option<&'static str> {
    const UNITS: [&str; 11] = [
        "pixels",
        "bytes",
        "bits per second",
        "milliseconds",
        "seconds",
        "minutes",
        "hours",
        "days",
        "percent",
        "degrees",
        "characters",
    ];
    if !matches!(schema["type"].as_str(), Some("integer" | "number")) {
        return None;
    }
    let places = UNITS.iter().filter_map(|unit| {
        let start = description.find(unit)?;
        let before = description[..start].chars().next_back();
        (!before.is_some_and(char::is_alphanumeric)).then_some((start, *unit))
    });
    places.min().map(|(_, unit)| unit)
}

/// The last part of a reference or of the path of a file.
fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn text<'a>(node: &'a Value, key: &str) -> &'a str {
    node[key].as_str().unwrap_or_default().trim()
}

fn option(text: Option<&str>) -> TokenStream {
    match text {
        Some(text) => quote!(Some(#text)),
        None => quote!(None),
    }
}
