//! The components that become hand-written kinds of types: ids and open enums.
//!
//! Both are replaced in what progenitor generates, since it knows neither; the document's own list
//! decides which there are and what they hold.

use std::collections::BTreeSet;

use heck::ToUpperCamelCase as _;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use crate::document::{Document, SCHEMAS};

/// A component that generated code takes from our macros instead of from progenitor.
pub(crate) struct Replacement {
    pub(crate) name: String,
    pub(crate) definition: TokenStream,
}

/// Takes a place that cannot become Rust, and the reason.
type Refuse<'a> = &'a mut dyn FnMut(&str, String);

/// Finds the ids and the open enums of the document, and refuses what cannot become one.
pub(crate) fn replacements(document: &Document, refuse: Refuse<'_>) -> Vec<Replacement> {
    let ids = ids(document);
    let mut found = Vec::new();
    for (name, schema) in document.components() {
        let pointer = format!("{SCHEMAS}/{name}");
        let definition = if ids.contains(name) {
            id(&pointer, name, schema, refuse)
        } else if let Some(values) = open_values(schema) {
            open_enum(&pointer, name, schema, values, refuse)
        } else {
            continue;
        };
        found.push(Replacement {
            name: name.to_owned(),
            definition,
        });
    }
    found
}

/// The components that path parameters refer to.
pub(crate) fn ids(document: &Document) -> BTreeSet<String> {
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

fn id(pointer: &str, name: &str, schema: &Value, refuse: Refuse<'_>) -> TokenStream {
    if schema["type"] != "string" {
        refuse(
            pointer,
            format!("`{name}` is used by a path parameter, so it must be an id: `type: string`"),
        );
    }
    let ident = format_ident!("{name}");
    let doc = description(schema);
    quote! {
        #[doc = #doc]
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct #ident(::std::string::String);
        crate::id::id!(#ident);
    }
}

fn open_enum(
    pointer: &str,
    name: &str,
    schema: &Value,
    values: &[Value],
    refuse: Refuse<'_>,
) -> TokenStream {
    let ident = format_ident!("{name}");
    let doc = description(schema);
    let mut seen = BTreeSet::new();
    let mut variants = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let pointer = format!("{pointer}/anyOf/0/enum/{index}");
        let Some(text) = value.as_str() else {
            refuse(&pointer, format!("{value} is no string"));
            continue;
        };
        let variant = text.to_upper_camel_case();
        if syn::parse_str::<syn::Ident>(&variant).is_err()
            || variant == "Unknown"
            || !seen.insert(variant.clone())
        {
            refuse(
                &pointer,
                format!("`{text}` cannot become a Rust variant of its own (`{variant}`)"),
            );
            continue;
        }
        let doc = match schema["x-enum-descriptions"][text].as_str() {
            Some(description) => format!("`{text}`: {}", description.trim()),
            None => format!("`{text}`."),
        };
        variants.push((format_ident!("{variant}"), doc, text));
    }
    let variant: Vec<_> = variants.iter().map(|(variant, ..)| variant).collect();
    let variant_doc = variants.iter().map(|(_, doc, _)| doc);
    let text = variants.iter().map(|(.., text)| text);
    quote! {
        #[doc = #doc]
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum #ident {
            #(#[doc = #variant_doc] #variant,)*
            /// A value that the document does not list, as it came.
            Unknown(::std::string::String),
        }
        crate::open_enum::open_enum!(#ident { #(#variant = #text,)* });
    }
}

fn description(schema: &Value) -> &str {
    schema["description"].as_str().unwrap_or_default().trim()
}
