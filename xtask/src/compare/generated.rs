//! What is generated from two documents, as the judge of what was said about them.

use std::collections::BTreeMap;
use std::path::Path;

use quote::ToTokens as _;
use serde_json::Value;

use super::{Comparison, Effect};
use crate::generate::{self, CLIENT};
use crate::outputs;
use crate::rules::Contract;

/// The interface of the generated client: each item and its signature.
type Interface = BTreeMap<String, String>;

/// What is generated from a document, without texts for people.
#[derive(PartialEq)]
struct Generated {
    code: BTreeMap<String, String>,
    interface: Interface,
    schemas: BTreeMap<String, Value>,
}

impl Comparison<'_> {
    /// Reports what the comparison of the documents has missed, and takes back what it has said for nothing.
    pub(super) fn generated(&mut self, root: &Path, old: &Contract, new: &Contract) {
        let worst = self.changes.iter().map(|change| change.effect).max();
        let (old, new) = match (Generated::from(root, old), Generated::from(root, new)) {
            (Some(old), Some(new)) => (old, new),
            (old, _) => {
                // Nothing holds the verdicts then, and the milder ones may be wrong.
                if worst != Some(Effect::Breaking) && self.old.value() != self.new.value() {
                    let text = if old.is_some() {
                        "was not compared: none can be generated from the document, and `validate` says why"
                    } else {
                        "was not compared: none can be generated from the older document any more"
                    };
                    self.report(Effect::NeedsReview, "the generated client", text);
                }
                return;
            }
        };
        if old == new {
            for change in &mut self.changes {
                if change.effect == Effect::Breaking {
                    change.effect = Effect::Compatible;
                    change.text.push_str("; the generated client is the same");
                }
            }
            return;
        }
        if worst != Some(Effect::Breaking) {
            for (item, signature) in &old.interface {
                match new.interface.get(item) {
                    None => self.report(
                        Effect::Breaking,
                        format!("`{item}`"),
                        "is no longer in the generated client",
                    ),
                    Some(now) if now != signature => self.report(
                        Effect::Breaking,
                        format!("`{item}`"),
                        "has another signature in the generated client",
                    ),
                    Some(_) => {}
                }
            }
        }
        if self.changes.is_empty() {
            let text = "differs, though nothing that this comparison knows has changed";
            self.report(Effect::NeedsReview, "what is generated", text);
        }
    }
}

impl Generated {
    fn from(root: &Path, contract: &Contract) -> Option<Self> {
        let sources = generate::client(root, contract).ok()?;
        let mut code = BTreeMap::new();
        let mut interface = Interface::new();
        let is_code = |path: &str| path.starts_with(CLIENT) && path != format!("{CLIENT}/mod.rs");
        for output in sources.iter().filter(|output| is_code(&output.path)) {
            let mut file = syn::parse_file(&output.content).ok()?;
            file.items.iter_mut().for_each(strip);
            file.attrs.clear();
            collect(&file.items, &mut interface);
            code.insert(output.path.clone(), file.to_token_stream().to_string());
        }
        let schemas = outputs::schemas(contract).ok()?.into_iter();
        let schemas = schemas.map(|output| {
            let mut schema = serde_json::from_str(&output.content).unwrap_or_default();
            strip_texts(&mut schema);
            (output.path, schema)
        });
        Some(Self {
            code,
            interface,
            schemas: schemas.collect(),
        })
    }
}

fn collect(items: &[syn::Item], found: &mut Interface) {
    let public = |visibility: &syn::Visibility| matches!(visibility, syn::Visibility::Public(_));
    for item in items {
        match item {
            syn::Item::Struct(item) if public(&item.vis) => {
                found.insert(item.ident.to_string(), String::new());
                for field in item.fields.iter().filter(|field| public(&field.vis)) {
                    let name = field.ident.to_token_stream();
                    let place = format!("{}.{name}", item.ident);
                    found.insert(place, field.ty.to_token_stream().to_string());
                }
            }
            syn::Item::Enum(item) if public(&item.vis) => {
                found.insert(item.ident.to_string(), String::new());
                for variant in &item.variants {
                    let place = format!("{}::{}", item.ident, variant.ident);
                    found.insert(place, variant.fields.to_token_stream().to_string());
                }
            }
            syn::Item::Impl(item) => {
                let owner = item.self_ty.to_token_stream().to_string();
                if let Some((path, _)) = &item.trait_ {
                    found.insert(
                        format!("{} for {owner}", path.to_token_stream()),
                        String::new(),
                    );
                    continue;
                }
                for part in &item.items {
                    if let syn::ImplItem::Fn(part) = part
                        && public(&part.vis)
                    {
                        let place = format!("{owner}::{}", part.sig.ident);
                        found.insert(place, part.sig.to_token_stream().to_string());
                    }
                }
            }
            syn::Item::Mod(item) => {
                let items = item.content.as_ref().map_or(&[][..], |(_, items)| items);
                collect(items, found);
            }
            _ => {}
        }
    }
}

/// Drops the documentation of an item and of its parts.
fn strip(item: &mut syn::Item) {
    let drop_docs = |attributes: &mut Vec<syn::Attribute>| {
        attributes.retain(|attribute| !attribute.path().is_ident("doc"));
    };
    match item {
        syn::Item::Struct(item) => {
            drop_docs(&mut item.attrs);
            item.fields
                .iter_mut()
                .for_each(|field| drop_docs(&mut field.attrs));
        }
        syn::Item::Enum(item) => {
            drop_docs(&mut item.attrs);
            item.variants
                .iter_mut()
                .for_each(|variant| drop_docs(&mut variant.attrs));
        }
        syn::Item::Impl(item) => {
            drop_docs(&mut item.attrs);
            for part in &mut item.items {
                match part {
                    syn::ImplItem::Fn(part) => drop_docs(&mut part.attrs),
                    syn::ImplItem::Const(part) => drop_docs(&mut part.attrs),
                    _ => {}
                }
            }
        }
        syn::Item::Mod(item) => {
            drop_docs(&mut item.attrs);
            let items = item.content.as_mut().map(|(_, items)| items);
            items.into_iter().flatten().for_each(strip);
        }
        syn::Item::Fn(item) => drop_docs(&mut item.attrs),
        syn::Item::Const(item) => drop_docs(&mut item.attrs),
        syn::Item::Type(item) => drop_docs(&mut item.attrs),
        _ => {}
    }
}

fn strip_texts(value: &mut Value) {
    match value {
        Value::Object(entries) => {
            for key in ["description", "title", "example", "examples", "$comment"] {
                if entries
                    .get(key)
                    .is_some_and(|it| it.is_string() || it.is_array())
                {
                    entries.remove(key);
                }
            }
            entries.values_mut().for_each(strip_texts);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_texts),
        _ => {}
    }
}
