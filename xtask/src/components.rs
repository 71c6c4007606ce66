//! The components that become hand-written kinds of types: ids and open enums.
//!
//! Both are replaced in what progenitor generates, since it knows neither; the document's own list
//! decides which there are and what they hold.

use std::collections::BTreeSet;

use heck::ToUpperCamelCase as _;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use crate::document::{Document, Fault};

const SCHEMAS: &str = "/components/schemas";

/// A component that generated code takes from our macros instead of from progenitor.
pub(crate) struct Replacement {
    pub(crate) name: String,
    pub(crate) definition: TokenStream,
}

/// Finds the ids and the open enums of the document.
pub(crate) fn replacements(document: &Document) -> Result<Vec<Replacement>, Fault> {
    let ids = ids(document);
    let mut found = Vec::new();
    for (name, schema) in schemas(document) {
        let pointer = format!("{SCHEMAS}/{name}");
        let definition = if ids.contains(name) {
            id(document, &pointer, name, schema)?
        } else if let Some(values) = open_values(schema) {
            open_enum(document, &pointer, name, schema, values)?
        } else {
            continue;
        };
        found.push(Replacement {
            name: name.to_owned(),
            definition,
        });
    }
    Ok(found)
}

fn schemas(document: &Document) -> impl Iterator<Item = (&str, &Value)> {
    document
        .at(SCHEMAS)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, schema)| (name.as_str(), schema))
}

/// The components that path parameters refer to.
fn ids(document: &Document) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    document.walk(&mut |_, value| {
        if value.get("in").and_then(Value::as_str) == Some("path")
            && let Some(target) = value.pointer("/schema/$ref").and_then(Value::as_str)
            && let Some(name) = target.strip_prefix("#/components/schemas/")
        {
            ids.insert(name.to_owned());
        }
    });
    ids
}

/// The listed values of an open enum, which is written `anyOf: [enum, string]`.
pub(crate) fn open_values(schema: &Value) -> Option<&Vec<Value>> {
    match schema.get("anyOf")?.as_array()?.as_slice() {
        [listed, any]
            if listed["type"] == "string"
                && any["type"] == "string"
                && any.get("enum").is_none() =>
        {
            listed.get("enum")?.as_array()
        }
        _ => None,
    }
}

fn id(
    document: &Document,
    pointer: &str,
    name: &str,
    schema: &Value,
) -> Result<TokenStream, Fault> {
    if schema["type"] != "string" {
        return Err(document.fault(
            pointer,
            "is used by a path parameter, so it must be an id: `type: string`",
        ));
    }
    let ident = format_ident!("{name}");
    let doc = description(schema);
    Ok(quote! {
        #[doc = #doc]
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct #ident(::std::string::String);
        crate::id::id!(#ident);
    })
}

fn open_enum(
    document: &Document,
    pointer: &str,
    name: &str,
    schema: &Value,
    values: &[Value],
) -> Result<TokenStream, Fault> {
    let ident = format_ident!("{name}");
    let doc = description(schema);
    let mut seen = BTreeSet::new();
    let variants = values
        .iter()
        .enumerate()
        .map(|(index, value)| {
            let pointer = format!("{pointer}/anyOf/0/enum/{index}");
            let Some(text) = value.as_str() else {
                return Err(document.fault(&pointer, "a value of an open enum must be a string"));
            };
            let variant = text.to_upper_camel_case();
            if syn::parse_str::<syn::Ident>(&variant).is_err()
                || variant == "Unknown"
                || !seen.insert(variant.clone())
            {
                return Err(document.fault(
                    &pointer,
                    format!("`{text}` cannot become a Rust variant of its own (`{variant}`)"),
                ));
            }
            let doc = match schema["x-enum-descriptions"][text].as_str() {
                Some(description) => format!("`{text}`: {}", description.trim()),
                None => format!("`{text}`."),
            };
            Ok((format_ident!("{variant}"), doc, text))
        })
        .collect::<Result<Vec<_>, _>>()?;
    if variants.is_empty() {
        return Err(document.fault(pointer, "an open enum must list at least one value"));
    }
    let variant: Vec<_> = variants.iter().map(|(variant, ..)| variant).collect();
    let variant_doc = variants.iter().map(|(_, doc, _)| doc);
    let text = variants.iter().map(|(.., text)| text);
    Ok(quote! {
        #[doc = #doc]
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum #ident {
            #(#[doc = #variant_doc] #variant,)*
            /// A value that the document does not list, as it came.
            Unknown(::std::string::String),
        }
        crate::open_enum::open_enum!(#ident { #(#variant = #text,)* });
    })
}

fn description(schema: &Value) -> &str {
    schema["description"].as_str().unwrap_or_default().trim()
}
