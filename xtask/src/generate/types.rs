//! The one table from kinds of values to Rust types.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::operation::Kind;

/// Where a converted value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Into a field of a model.
    Model,
    /// Into a request, as something that serializes.
    Request,
}

/// The type of an argument or of what a setter takes.
pub(crate) fn argument(kind: &Kind) -> TokenStream {
    match kind {
        Kind::Boolean => quote! { bool },
        Kind::Integer => quote! { i64 },
        Kind::Number => quote! { f64 },
        Kind::Date => quote! { ::chrono::NaiveDate },
        Kind::DateTime => quote! { ::chrono::DateTime<::chrono::Utc> },
        Kind::List(item) => {
            let item = value(item);
            quote! { impl IntoIterator<Item = impl Into<#item>> }
        }
        Kind::FreeMap(_) => quote! {
            impl IntoIterator<Item = (impl Into<String>, impl Into<::serde_json::Value>)>
        },
        Kind::Anything(_) => quote! { impl Into<::serde_json::Value> },
        kind => {
            let value = value(kind);
            quote! { impl Into<#value> }
        }
    }
}

/// The type of a value that a model or a list holds.
pub(crate) fn value(kind: &Kind) -> TokenStream {
    match kind {
        Kind::Text => quote! { String },
        Kind::Boolean => quote! { bool },
        Kind::Integer => quote! { i64 },
        Kind::Number => quote! { f64 },
        Kind::Date => quote! { ::chrono::NaiveDate },
        Kind::DateTime => quote! { ::chrono::DateTime<::chrono::Utc> },
        Kind::Secret => quote! { crate::Secret },
        Kind::File => quote! { crate::UploadSource },
        Kind::Named(name) | Kind::FreeMap(name) | Kind::Anything(name) => {
            let name = format_ident!("{name}");
            quote! { crate::types::#name }
        }
        Kind::List(item) => {
            let item = value(item);
            quote! { Vec<#item> }
        }
    }
}

/// The expression that turns an argument into the value.
pub(crate) fn convert(kind: &Kind, argument: &TokenStream, place: Place) -> TokenStream {
    match (kind, place) {
        (Kind::Boolean | Kind::Integer | Kind::Date | Kind::DateTime, _)
        | (Kind::Number, Place::Model) => argument.clone(),
        (Kind::Number, Place::Request) => quote! { crate::serde_helpers::Number(#argument) },
        (Kind::List(item), _) => {
            let item = value(item);
            quote! { #argument.into_iter().map(Into::into).collect::<Vec<#item>>() }
        }
        (Kind::FreeMap(name), place) => {
            let map = quote! {
                #argument
                    .into_iter()
                    .map(|(name, value)| (name.into(), value.into()))
                    .collect::<::serde_json::Map<String, ::serde_json::Value>>()
            };
            match place {
                Place::Request => map,
                Place::Model => {
                    let name = format_ident!("{name}");
                    quote! { crate::types::#name(#map) }
                }
            }
        }
        (Kind::Anything(name), Place::Model) => {
            let name = format_ident!("{name}");
            quote! { crate::types::#name(#argument.into()) }
        }
        (kind, _) => {
            let value = match kind {
                Kind::Anything(_) => quote! { ::serde_json::Value },
                kind => value(kind),
            };
            quote! { ::std::convert::Into::<#value>::into(#argument) }
        }
    }
}
