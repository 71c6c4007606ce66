//! The components that become hand-written kinds of types: ids, open enums and open unions.
//!
//! They are replaced in what progenitor generates, since it knows none of them; the document's own list decides
//! which there are and what they hold.

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
    let ids = document.ids();
    let mut found = Vec::new();
    for (name, schema) in document.components() {
        let pointer = format!("{SCHEMAS}/{name}");
        let definition = if ids.contains(name) {
            id(&pointer, name, schema, refuse)
        } else if let Some(values) = open_values(schema) {
            open_enum(&pointer, name, schema, values, refuse)
        } else if let Some(variants) = union_variants(schema) {
            open_union(&pointer, name, schema, &variants, refuse)
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

/// A variant of an open union: its component, and the tags that choose it.
#[derive(Debug)]
pub(crate) struct Variant<'a> {
    pub(crate) component: &'a str,
    pub(crate) tags: Vec<&'a str>,
}

/// The variants of an open union, which is written `anyOf` of references and a free object, with a
/// `discriminator`.
pub(crate) fn union_variants(schema: &Value) -> Option<Vec<Variant<'_>>> {
    let (free, variants) = schema.get("anyOf")?.as_array()?.split_last()?;
    let mapping = schema.pointer("/discriminator/mapping")?.as_object()?;
    if free["type"] != "object" || free.get("$ref").is_some() {
        return None;
    }
    let variants = variants.iter().map(|variant| {
        let reference = variant["$ref"].as_str()?;
        let tags = mapping.iter().filter(|(_, target)| *target == reference);
        Some(Variant {
            component: reference.rsplit('/').next()?,
            tags: tags.map(|(tag, _)| tag.as_str()).collect(),
        })
    });
    variants.collect()
}

/// The name of a variant: that of its component, without the name of the union at its end.
pub(crate) fn variant_name(union: &str, component: &str) -> String {
    match component.strip_suffix(union) {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => component.to_owned(),
    }
}

fn open_union(
    pointer: &str,
    name: &str,
    schema: &Value,
    variants: &[Variant<'_>],
    refuse: Refuse<'_>,
) -> TokenStream {
    let ident = format_ident!("{name}");
    let doc = description(schema);
    let discriminator = schema
        .pointer("/discriminator/propertyName")
        .and_then(Value::as_str);
    let discriminator = discriminator.unwrap_or_default();
    let mut printed = Vec::new();
    let mut arms = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, Variant { component, tags }) in variants.iter().enumerate() {
        let variant = variant_name(name, component);
        if variant == "Unknown" || !seen.insert(variant.clone()) || tags.is_empty() {
            let pointer = format!("{pointer}/anyOf/{index}");
            refuse(
                &pointer,
                format!(
                    "`{component}` cannot become a variant of its own, `{variant}`, with a tag"
                ),
            );
            continue;
        }
        let variant = format_ident!("{variant}");
        let component = format_ident!("{component}");
        let listed = tags
            .iter()
            .map(|tag| format!("`{tag}`"))
            .collect::<Vec<_>>()
            .join(" or ");
        let variant_doc = format!("What has the `{discriminator}` {listed}.");
        printed.push(quote! { #[doc = #variant_doc] #variant(::std::boxed::Box<#component>) });
        arms.push(quote! { #variant(#component) = #(#tags)|* });
    }
    quote! {
        #[doc = #doc]
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum #ident {
            #(#printed,)*
            /// What this client does not know, as it came.
            Unknown(crate::UnknownVariant),
        }
        crate::open_union::open_union!(#ident, #discriminator { #(#arms,)* });
    }
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
            refuse(&pointer, format!("{value} is not a string"));
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
            Unknown(crate::UnknownValue),
        }
        crate::open_enum::open_enum!(#ident { #(#variant = #text,)* });
    }
}

fn description(schema: &Value) -> String {
    super::text::markdown(schema["description"].as_str().unwrap_or_default())
}
