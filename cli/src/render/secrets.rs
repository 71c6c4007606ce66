//! What the document calls secret is not shown unless somebody asks for it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use imagekit_openapi::{Component, component};
use serde_json::Value;

use super::text;
use crate::json;

/// Returns a response without the secrets in it. Each stands as `"(hidden)"`, wherever it occurs.
pub(super) fn hide<'a>(body: &'a [u8], of: Option<&'static Component>) -> Cow<'a, [u8]> {
    let mut secrets = BTreeSet::new();
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => collect(&value, of, &mut secrets),
        // What is not JSON has no properties.
        Err(_) => return Cow::Borrowed(body),
    }
    if secrets.is_empty() {
        return Cow::Borrowed(body);
    }
    Cow::Owned(json::replace_values(body, |value| {
        secrets.contains(value).then_some("\"(hidden)\"")
    }))
}

fn collect(value: &Value, of: Option<&'static Component>, secrets: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => {
            for item in items {
                collect(item, of, secrets);
            }
        }
        Value::Object(members) => {
            let Some(of) = text::variant(of, value) else {
                return;
            };
            for (name, value) in members {
                match of.property(name) {
                    Some(field) if field.secret => add(value, secrets),
                    Some(field) => collect(value, field.component.and_then(component), secrets),
                    None => {}
                }
            }
        }
        _ => {}
    }
}

fn add(value: &Value, secrets: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|it| add(it, secrets)),
        Value::Object(members) => members.values().for_each(|it| add(it, secrets)),
        Value::String(text) if !text.is_empty() => {
            secrets.insert(text.clone());
        }
        Value::Number(number) => {
            secrets.insert(number.to_string());
        }
        _ => {}
    }
}
