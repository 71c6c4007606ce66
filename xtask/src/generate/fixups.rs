//! What is changed in the models that progenitor prints, and why.
//!
//! Each fixup counts what it changed, and one that finds nothing to change is an error: progenitor has learnt to do
//! without it, or prints the models in another form.

use std::collections::BTreeMap;

use proc_macro2::Literal;
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Fields, FieldsNamed, GenericArgument, Ident, Item, Path, PathArguments, Token, Type,
    parse_quote,
};

struct Fixup {
    name: &'static str,
    reason: &'static str,
    apply: fn(&mut Vec<Item>, &Texts) -> usize,
}

/// The description of each property, by model and name in JSON.
type Texts = BTreeMap<(String, String), String>;

const FIXUPS: [Fixup; 3] = [
    Fixup {
        name: "non_exhaustive_models",
        reason: "progenitor's models are exhaustive, so that each new property would break users; and a derive for \
                 `schemars` would not be optional",
        apply: non_exhaustive_models,
    },
    Fixup {
        name: "inert_docs",
        reason: "progenitor copies descriptions as they are, and a code block in one would be compiled and run",
        apply: inert_docs,
    },
    Fixup {
        name: "lossless_objects",
        reason: "serde writes 100.0 for a number that came as 100 and reads no 100.0 as an integer; chrono drops the \
                 `.000` of a time, and reads times that RFC 3339 does not know; and what serde derives reads a struct \
                 from a list of its values as well, and takes twice as long to compile",
        apply: lossless_objects,
    },
];

/// Applies all fixups.
pub(crate) fn apply(items: &mut Vec<Item>, texts: &Texts) -> Result<(), String> {
    for Fixup {
        name,
        reason,
        apply,
    } in FIXUPS
    {
        if apply(items, texts) == 0 {
            return Err(format!(
                "the fixup `{name}` found nothing to change. It is there because {reason}: see whether that still holds"
            ));
        }
    }
    Ok(())
}

fn non_exhaustive_models(items: &mut Vec<Item>, _: &Texts) -> usize {
    let mut changed = 0;
    for item in items {
        let (attributes, is_open) = match item {
            Item::Struct(model) => (&mut model.attrs, matches!(model.fields, Fields::Named(_))),
            Item::Enum(model) => (&mut model.attrs, true),
            _ => continue,
        };
        if is_open {
            attributes.push(parse_quote! { #[non_exhaustive] });
        }
        attributes.push(parse_quote! {
            #[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
        });
        changed += 1;
    }
    changed
}

/// Whether a type is one of those that derived code changes, or holds it.
fn holds_lossless(ty: &Type) -> bool {
    ["f64", "i64", "DateTime", "NaiveDate"]
        .iter()
        .any(|name| is_named(ty, name))
        || ["Option", "Vec", "BTreeMap"]
            .iter()
            .any(|name| is_named(ty, name))
            && arguments(ty).last().is_some_and(|ty| holds_lossless(ty))
}

fn lossless_objects(items: &mut Vec<Item>, _: &Texts) -> usize {
    let mut objects = Vec::new();
    for item in items.iter_mut() {
        let Item::Struct(model) = item else { continue };
        match &mut model.fields {
            Fields::Named(fields) => {
                objects.push(object(&model.ident, fields));
                underive(&mut model.attrs, &["Deserialize", "Serialize"]);
                for field in &mut fields.named {
                    for_schemars_alone(&mut field.attrs);
                }
            }
            Fields::Unnamed(fields) => {
                for field in fields
                    .unnamed
                    .iter_mut()
                    .filter(|it| holds_lossless(&it.ty))
                {
                    field.attrs.push(parse_quote! {
                        #[serde(
                            deserialize_with = "crate::serde_helpers::read",
                            serialize_with = "crate::serde_helpers::write"
                        )]
                    });
                }
            }
            Fields::Unit => {}
        }
    }
    let changed = objects.len();
    items.extend(objects);
    changed
}

/// Drops the attributes of the derives that are gone, but for the name, which `schemars` needs.
fn for_schemars_alone(attributes: &mut Vec<Attribute>) {
    let name = renamed(attributes);
    attributes.retain(|attribute| !attribute.path().is_ident("serde"));
    if let Some(name) = name {
        attributes.push(parse_quote! {
            #[cfg_attr(feature = "schemars", schemars(rename = #name))]
        });
    }
}

/// How a struct is read from an object and written as one, property by property.
fn object(model: &Ident, fields: &FieldsNamed) -> Item {
    let properties = fields.named.iter().enumerate().map(|(place, field)| {
        let variable = &field.ident;
        let name = renamed(&field.attrs).or_else(|| variable.as_ref().map(ToString::to_string));
        let place = Literal::usize_unsuffixed(place);
        let form = if holds_lossless(&field.ty) {
            quote! { lossless }
        } else {
            quote! { plain }
        };
        let absent = if is_named(&field.ty, "Option") {
            quote! { optional }
        } else if serde_word(&field.attrs, "default").is_none() {
            quote! { required }
        } else if serde_word(&field.attrs, "skip_serializing_if").is_none() {
            quote! { or_default }
        } else {
            quote! { or_empty }
        };
        quote! { #place #name #variable #form #absent; }
    });
    parse_quote! {
        crate::serde_helpers::object! { #model { #(#properties)* } }
    }
}

fn underive(attributes: &mut [Attribute], names: &[&str]) {
    for attribute in attributes {
        if attribute.path().is_ident("derive")
            && let Ok(derives) =
                attribute.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated)
        {
            let is_kept = |path: &&Path| {
                let last = path.segments.last();
                last.is_none_or(|last| names.iter().all(|name| last.ident != name))
            };
            let kept = derives.iter().filter(is_kept);
            *attribute = parse_quote! { #[derive(#(#kept),*)] };
        }
    }
}

fn inert_docs(items: &mut Vec<Item>, texts: &Texts) -> usize {
    let mut changed = 0;
    for item in items {
        let (attributes, name) = match item {
            Item::Struct(model) => (&mut model.attrs, model.ident.to_string()),
            Item::Enum(model) => (&mut model.attrs, model.ident.to_string()),
            _ => continue,
        };
        changed += inert(attributes, None);
        if let Item::Struct(model) = item {
            for field in &mut model.fields {
                let wire_name =
                    renamed(&field.attrs).or_else(|| field.ident.as_ref().map(ToString::to_string));
                let text = wire_name.and_then(|wire_name| texts.get(&(name.clone(), wire_name)));
                changed += inert(&mut field.attrs, text);
            }
        }
    }
    changed
}

/// Replaces the documentation by what is the same for readers, and cannot be code.
fn inert(attributes: &mut Vec<Attribute>, text: Option<&String>) -> usize {
    let text = match text {
        Some(text) => text.clone(),
        None => documentation(attributes),
    };
    attributes.retain(|attribute| !attribute.path().is_ident("doc"));
    if text.trim().is_empty() {
        return 0;
    }
    let text = super::text::markdown(&text);
    attributes.insert(0, parse_quote! { #[doc = #text] });
    1
}

/// The name in JSON, where it is not that of the field.
fn renamed(attributes: &[Attribute]) -> Option<String> {
    serde_word(attributes, "rename").flatten()
}

/// What a word of `#[serde(…)]` is set to, if it is there.
fn serde_word(attributes: &[Attribute], word: &str) -> Option<Option<String>> {
    let mut found = None;
    for attribute in attributes.iter().filter(|it| it.path().is_ident("serde")) {
        // What else is there need not be understood.
        let _ = attribute.parse_nested_meta(|meta| {
            let value = match meta.value() {
                Ok(value) => Some(value.parse::<syn::LitStr>()?.value()),
                Err(_) => None,
            };
            if meta.path.is_ident(word) {
                found = Some(value);
            }
            Ok(())
        });
    }
    found
}

fn documentation(attributes: &[Attribute]) -> String {
    let lines = attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            syn::Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
                syn::Expr::Lit(syn::ExprLit {
                    lit: syn::Lit::Str(text),
                    ..
                }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        });
    lines.collect::<Vec<_>>().join("\n")
}

fn is_named(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name))
}

fn arguments(ty: &Type) -> Vec<&Type> {
    let Type::Path(path) = ty else {
        return Vec::new();
    };
    let Some(PathArguments::AngleBracketed(arguments)) =
        path.path.segments.last().map(|last| &last.arguments)
    else {
        return Vec::new();
    };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}
