//! The models: progenitor prints them from the components, and what it cannot print is printed here.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{self, AssertUnwindSafe};

use openapiv3::OpenAPI;
use proc_macro2::TokenStream;
use progenitor_impl::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TypeImpl};
use quote::{format_ident, quote};
use serde_json::{Map, Value, json};
use syn::{Item, ItemMod};

use super::components::{self, Replacement};
use super::fixups;
use super::operation::{Kind, flattened_bodies, is_empty_object, kind, rust_name};
use super::text;
use super::types::{self, Place as TypePlace};
use crate::document::{Document, SCHEMAS};

/// The component by which properties that are marked `x-secret` are told to progenitor.
const SECRET: &str = "Secret";

/// Prints the module of all models. An error has the place that cannot become Rust, and the reason.
pub(crate) fn print(document: &Document) -> Result<String, (String, String)> {
    let refuse = |message: String| (String::new(), message);
    let replacements = components::replacements(document, &mut |_, _| {});
    let input = Input::new(document, &replacements);
    let spec: OpenAPI = serde_json::from_value(input.spec)
        .map_err(|error| refuse(format!("not an OpenAPI 3.0 document: {error}")))?;
    let tokens = progenitor(&spec, &replacements)?;
    let file: syn::File = syn::parse2(tokens)
        .map_err(|error| refuse(format!("progenitor generated no Rust: {error}")))?;
    let mut items =
        types_module(file).ok_or_else(|| refuse("there is no module `types`".to_owned()))?;
    fixups::apply(&mut items, &input.texts).map_err(refuse)?;
    for Replacement { name, definition } in &replacements {
        let definition: syn::File =
            syn::parse2(definition.clone()).map_err(|error| refuse(format!("{name}: {error}")))?;
        items.extend(definition.items);
    }
    let constructors = constructors(document)?;
    let file = syn::parse2(quote! {
        #(#items)*
        #constructors
    })
    .map_err(|error| refuse(format!("the models are not valid Rust: {error}")))?;
    Ok(prettyplease::unparse(&file))
}

/// Prints the table by which tests find the model of a component.
pub(crate) fn table(document: &Document) -> String {
    let flattened = flattened_bodies(document);
    let names = document
        .components()
        .filter(|(name, schema)| !flattened.contains(*name) && !is_empty_object(schema))
        .map(|(name, _)| name);
    let mut table = String::from(
        "//! The models by the names of their components, for tests that are made from the document.\n\n\
         use super::types;\nuse crate::models::{Visitor};\n\n\
         pub(crate) fn visit<V: Visitor>(component: &str, visitor: V) -> Option<V::Output> {\n    \
         Some(match component {\n",
    );
    for name in names {
        table.push_str(&format!(
            "        {name:?} => visitor.visit::<types::{name}>(),\n"
        ));
    }
    table.push_str("        _ => return None,\n    })\n}\n");
    table
}

/// What progenitor gets to see of the document.
struct Input {
    spec: Value,
    /// The description of each property, by model and name in JSON.
    texts: BTreeMap<(String, String), String>,
}

impl Input {
    /// Leaves out what becomes no model of progenitor's, and writes the rest in words that it knows.
    fn new(document: &Document, replacements: &[Replacement]) -> Self {
        let flattened = flattened_bodies(document);
        let mut spec = document.value().clone();
        let mut texts = BTreeMap::new();
        spec["paths"] = json!({});
        if let Some(root) = spec.as_object_mut() {
            root.retain(|key, _| !key.starts_with("x-") && key != "tags" && key != "security");
        }
        let mut schemas = Map::new();
        for (name, schema) in document.components() {
            if flattened.contains(name) || is_empty_object(schema) {
                continue;
            }
            for (property, value) in schema["properties"].as_object().into_iter().flatten() {
                let description = value["description"].as_str().unwrap_or_default();
                texts.insert((name.to_owned(), property.clone()), description.to_owned());
            }
            let is_replaced = replacements.iter().any(|it| it.name == name);
            let schema = if is_replaced {
                json!({ "type": "string", "enum": ["replaced"] })
            } else {
                simplified(schema)
            };
            schemas.insert(name.to_owned(), schema);
        }
        schemas.insert(
            SECRET.to_owned(),
            json!({ "type": "string", "enum": ["replaced"] }),
        );
        spec["components"] = json!({ "schemas": schemas });
        Self { spec, texts }
    }
}

/// The same schema without constraints, of which typify makes types or which it does not know.
fn simplified(schema: &Value) -> Value {
    match schema {
        Value::Object(entries) => {
            if entries.get("x-secret") == Some(&Value::Bool(true)) {
                let reference = json!({ "$ref": format!("#/components/schemas/{SECRET}") });
                let mut secret = json!({ "allOf": [reference] });
                for key in ["nullable", "description"] {
                    if let Some(value) = entries.get(key) {
                        secret[key] = value.clone();
                    }
                }
                return secret;
            }
            let kept = entries.iter().filter(|(key, value)| {
                let constrains = matches!(
                    key.as_str(),
                    "minimum"
                        | "maximum"
                        | "exclusiveMinimum"
                        | "exclusiveMaximum"
                        | "multipleOf"
                        | "minLength"
                        | "maxLength"
                        | "pattern"
                        | "minItems"
                        | "maxItems"
                        | "uniqueItems"
                        | "minProperties"
                        | "maxProperties"
                        | "default"
                        | "example"
                        | "not"
                );
                // The one value of a discriminator.
                let is_tag =
                    key.as_str() == "enum" && value.as_array().is_some_and(|it| it.len() == 1);
                // Properties may have any of these names.
                let is_keyword =
                    !value.is_object() || key.as_str() == "not" || key.as_str() == "default";
                !(is_tag || key.starts_with("x-") || constrains && is_keyword)
            });
            kept.map(|(key, value)| {
                let value = if key == "properties" {
                    let properties = value.as_object().into_iter().flatten();
                    properties
                        .map(|(name, property)| (name.clone(), simplified(property)))
                        .collect()
                } else {
                    simplified(value)
                };
                (key.clone(), value)
            })
            .collect()
        }
        Value::Array(items) => items.iter().map(simplified).collect(),
        other => other.clone(),
    }
}

fn progenitor(
    spec: &OpenAPI,
    replacements: &[Replacement],
) -> Result<TokenStream, (String, String)> {
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote! { () })
        .with_map_type("::std::collections::BTreeMap")
        .with_derive("PartialEq");
    let replaced = replacements
        .iter()
        .map(|it| (it.name.clone(), format!("crate::types::{}", it.name)))
        .chain([(SECRET.to_owned(), "crate::Secret".to_owned())]);
    for (name, path) in replaced {
        settings.with_replacement(
            &name,
            &path,
            [TypeImpl::Display, TypeImpl::FromStr].into_iter(),
        );
    }
    // typify asserts where it could explain. The rules know the cases that were met; this keeps one that was
    // not from ending in a backtrace.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let generate = || Generator::new(&settings).generate_tokens(spec);
    let result = panic::catch_unwind(AssertUnwindSafe(generate));
    panic::set_hook(hook);
    let refuse = |message: String| (SCHEMAS.to_owned(), message);
    result
        .map_err(|reason| {
            let reason = reason
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| reason.downcast_ref::<&str>().copied())
                .unwrap_or("no reason given");
            refuse(format!("progenitor has no code for a component: {reason}"))
        })?
        .map_err(|error| refuse(format!("progenitor refuses a component: {error}")))
}

fn types_module(file: syn::File) -> Option<Vec<Item>> {
    file.items.into_iter().find_map(|item| match item {
        Item::Mod(ItemMod {
            ident,
            content: Some((_, items)),
            ..
        }) if ident == "types" => Some(
            items
                .into_iter()
                // Its error of conversions, which nothing can raise.
                .filter(|item| !matches!(item, Item::Mod(module) if module.ident == "error"))
                .collect(),
        ),
        _ => None,
    })
}

/// The components that requests hold, themselves or in others.
pub(crate) fn in_requests(document: &Document) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut next: Vec<String> = Vec::new();
    for (pointer, target) in document.references() {
        if pointer.contains("/requestBody/") && !pointer.starts_with("/x-webhooks/") {
            next.extend(
                target
                    .strip_prefix("#/components/schemas/")
                    .map(str::to_owned),
            );
        }
    }
    while let Some(name) = next.pop() {
        if !found.insert(name.clone()) {
            continue;
        }
        let prefix = format!("{SCHEMAS}/{name}/");
        for (pointer, target) in document.references() {
            if pointer.starts_with(&prefix) {
                next.extend(
                    target
                        .strip_prefix("#/components/schemas/")
                        .map(str::to_owned),
                );
            }
        }
    }
    found
}

/// Prints how the models that requests hold are made: `new` for what is required, and a setter for each of the
/// rest.
fn constructors(document: &Document) -> Result<TokenStream, (String, String)> {
    let flattened = flattened_bodies(document);
    let tags = tags(document);
    let mut printed = TokenStream::new();
    for name in in_requests(document) {
        let pointer = format!("{SCHEMAS}/{name}");
        let Some(schema) = document.at(&pointer) else {
            continue;
        };
        let Some(properties) = schema["properties"].as_object() else {
            continue;
        };
        if flattened.contains(&name) {
            continue;
        }
        let refuse = |reason: String| (pointer.clone(), reason);
        let required: Vec<&str> = strings(&schema["required"]);
        let tag = tags.get(&name);
        let mut order = strings(&schema["x-arguments"]);
        let is_argument = |property: &str| {
            required.contains(&property)
                && tag.is_none_or(|(discriminator, _)| discriminator != property)
        };
        if order.is_empty() {
            order = properties
                .keys()
                .map(String::as_str)
                .filter(|it| is_argument(it))
                .collect();
            if order.len() > 1 {
                return Err(refuse(format!(
                    "x-arguments must list what is required: {}",
                    order.join(", ")
                )));
            }
        }
        let mut parameters = Vec::new();
        let mut fields = Vec::new();
        let mut setters = Vec::new();
        for property in &order {
            let kind = kind(document, &properties[*property]).map_err(refuse)?;
            let ident = format_ident!("{}", rust_name(property));
            let ty = types::argument(&kind);
            let value = types::convert(&kind, &quote!(#ident), TypePlace::Model);
            parameters.push(quote! { #ident: #ty });
            fields.push(quote! { #ident: #value });
        }
        for (property, value) in properties {
            let ident = format_ident!("{}", rust_name(property));
            if let Some((discriminator, tag)) = tag
                && discriminator == property
            {
                fields.push(quote! { #ident: ::std::convert::From::from(#tag) });
                continue;
            }
            if is_argument(property) {
                continue;
            }
            let kind = kind(document, value).map_err(refuse)?;
            let optional =
                !matches!(kind, Kind::List(_) | Kind::FreeMap(_)) || value["nullable"] == true;
            let ty = types::argument(&kind);
            let converted = types::convert(&kind, &quote!(#ident), TypePlace::Model);
            let converted = if optional {
                quote! { Some(#converted) }
            } else {
                converted
            };
            let doc = text::doc(
                "Sets",
                &text::first_paragraph(value["description"].as_str().unwrap_or_default()),
            );
            setters.push(quote! {
                #[doc = #doc]
                #[must_use]
                pub fn #ident(mut self, #ident: #ty) -> Self {
                    self.#ident = #converted;
                    self
                }
            });
            fields.push(quote! { #ident: ::std::default::Default::default() });
        }
        let ident = format_ident!("{name}");
        let new_doc = format!(
            "Creates one with what is required{}.",
            if setters.is_empty() {
                ""
            } else {
                "; the rest is set by the methods below"
            }
        );
        printed.extend(quote! {
            impl #ident {
                #[doc = #new_doc]
                pub fn new(#(#parameters),*) -> Self {
                    Self { #(#fields),* }
                }
                #(#setters)*
            }
        });
    }
    Ok(printed)
}

/// The discriminator and the tag of each component that is a variant of a union.
pub(crate) fn tags(document: &Document) -> BTreeMap<String, (String, String)> {
    let mut tags = BTreeMap::new();
    for (_, schema) in document.components() {
        let Some(discriminator) = schema["discriminator"]["propertyName"].as_str() else {
            continue;
        };
        for (tag, target) in schema["discriminator"]["mapping"]
            .as_object()
            .into_iter()
            .flatten()
        {
            if let Some(name) = target.as_str().and_then(|it| it.rsplit('/').next()) {
                tags.entry(name.to_owned())
                    .or_insert_with(|| (discriminator.to_owned(), tag.clone()));
            }
        }
    }
    tags
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}
