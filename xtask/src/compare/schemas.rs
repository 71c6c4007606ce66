//! What has changed in the shape of values.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Comparison, Effect, Use, entries, union};
use crate::generate::open_values;

/// Formats that decide the type in Rust.
const TYPED_FORMATS: [&str; 7] = [
    "date-time",
    "date",
    "uuid",
    "int32",
    "int64",
    "float",
    "double",
];

impl Comparison<'_> {
    /// Compares the named schemas, each in the directions in which it travels.
    pub(super) fn components(&mut self) {
        let (old, new) = (self.old, self.new);
        let names = |document: &crate::document::Document| -> BTreeSet<String> {
            document
                .components()
                .map(|(name, _)| name.to_owned())
                .collect()
        };
        let find = |document: &'_ crate::document::Document, name: &str| {
            document
                .components()
                .find(|(it, _)| *it == name)
                .map(|(_, schema)| schema.clone())
        };
        for name in union(names(old).iter(), names(new).iter()) {
            let place = format!("`{name}`");
            match (find(old, &name), find(new, &name)) {
                (Some(_), None) => self.report(Effect::Breaking, place, "was removed"),
                (None, Some(_)) => self.report(Effect::Compatible, place, "is new"),
                (Some(old), Some(new)) => {
                    let seen = self.uses.get(&name);
                    self.schema(&place, &old, &new, seen);
                }
                (None, None) => {}
            }
        }
    }

    /// Compares two schemas of one place; components that they refer to are compared on their own.
    pub(super) fn schema(&mut self, place: &str, old: &Value, new: &Value, seen: Use) {
        let (before, after) = (kind(old), kind(new));
        if before != after {
            let text = format!("is {after} now, and was {before}");
            return self.report(Effect::Breaking, place, text);
        }
        let all_of = |schema: &Value| match schema["allOf"].as_array().map(Vec::as_slice) {
            // The reference is what has been compared.
            None | Some([_]) => Value::Null,
            Some(parts) => Value::from(parts),
        };
        if all_of(old) != all_of(new) {
            self.report(Effect::NeedsReview, place, "is made of other parts");
        }
        let is_plain_integer = |schema: &Value| {
            schema["type"] == "integer"
                && (schema["format"].is_null() || schema["format"] == "int64")
        };
        if is_plain_integer(old) && is_plain_integer(new) {
            self.texts += usize::from(old["format"] != new["format"]);
        } else if old["format"] != new["format"] {
            let typed = |it: &Value| it.as_str().is_some_and(|it| TYPED_FORMATS.contains(&it));
            let effect = if typed(&old["format"]) || typed(&new["format"]) {
                Effect::Breaking
            } else {
                Effect::NeedsReview
            };
            let text = format!(
                "has the format {} now, and had {}",
                new["format"], old["format"]
            );
            self.report(effect, place, text);
        }
        self.values(place, old, new);
        self.properties(place, old, new, seen);
        for (key, suffix) in [("items", "[]"), ("additionalProperties", "{}")] {
            if let (Some(old), Some(new)) = (old.get(key), new.get(key)) {
                if old.is_object() && new.is_object() {
                    self.schema(&inner(place, suffix), old, new, seen);
                } else if old != new {
                    let text = format!("has another `{key}`: `{new}` instead of `{old}`");
                    self.report(Effect::NeedsReview, place, text);
                }
            } else if old.get(key) != new.get(key) {
                self.report(
                    Effect::NeedsReview,
                    place,
                    format!("has gained or lost `{key}`"),
                );
            }
        }
        let handled = [
            "$ref",
            "anyOf",
            "allOf",
            "enum",
            "type",
            "format",
            "required",
            "properties",
            "items",
            "additionalProperties",
        ];
        self.rest(place, old, new, &handled);
    }

    /// The listed values of an enum.
    fn values(&mut self, place: &str, old: &Value, new: &Value) {
        let (before, after) = (listed(old), listed(new));
        for value in after.difference(&before) {
            let text = format!("has the new value `{value}`");
            self.report(Effect::Compatible, place, text);
        }
        for value in before.difference(&after) {
            let text = format!("has lost the value `{value}`, and its variant in Rust");
            self.report(Effect::Breaking, place, text);
        }
        let rest = |schema: &Value| {
            let mut branches = schema.get("anyOf").cloned();
            if open_values(schema).is_some()
                && let Some(listed) = branches.as_mut().and_then(|it| it[0].as_object_mut())
            {
                listed.remove("enum");
            }
            branches
        };
        if rest(old) != rest(new) {
            self.report(
                Effect::NeedsReview,
                place,
                "allows other values or variants, or no longer",
            );
        }
    }

    fn properties(&mut self, place: &str, old: &Value, new: &Value, seen: Use) {
        let (before, after) = (entries(&old["properties"]), entries(&new["properties"]));
        for name in union(before.keys(), after.keys()) {
            let place = inner(place, &format!(".{name}"));
            let (was_required, is_required) = (requires(old, &name), requires(new, &name));
            match (before.get(&name), after.get(&name)) {
                (Some(_), None) => self.report(Effect::Breaking, place, "was removed"),
                (None, Some(_)) if is_required && seen.requests => {
                    self.report(Effect::Breaking, place, "is new and required");
                }
                (None, Some(_)) if is_required => self.report(
                    Effect::Breaking,
                    place,
                    "is new and required: responses stored before no longer decode",
                ),
                (None, Some(_)) => self.report(Effect::Compatible, place, "is new"),
                (Some(before), Some(after)) => {
                    let before = Presence::of(before, was_required);
                    let after_presence = Presence::of(after, is_required);
                    self.presence(&place, before, after_presence, seen);
                    let [before, after] = [&old["properties"][&name], after].map(without_null);
                    self.schema(&place, &before, &after, seen);
                }
                (None, None) => {}
            }
        }
    }

    /// Whether a property may be absent or null.
    fn presence(&mut self, place: &str, old: Presence, new: Presence, seen: Use) {
        let of_rust = match (old.option, new.option) {
            (true, false) => "; in Rust it is no longer an `Option`",
            (false, true) => "; in Rust it is an `Option` now",
            _ => "",
        };
        let retyped = !of_rust.is_empty();
        let mut report = |text: &str, in_requests: Effect, in_responses: Effect| {
            let in_responses = if retyped {
                Effect::Breaking
            } else {
                in_responses
            };
            let effect = match (seen.requests, seen.responses) {
                (true, true) => in_requests.max(in_responses),
                (true, false) => in_requests,
                _ => in_responses,
            };
            self.report(effect, place, format!("{text}{of_rust}"));
        };
        match (old.required, new.required) {
            (true, false) => report("may be absent now", Effect::Compatible, Effect::NeedsReview),
            (false, true) => report("is required now", Effect::Breaking, Effect::Breaking),
            _ => {}
        }
        match (old.nullable, new.nullable) {
            (false, true) => report("may be null now", Effect::Compatible, Effect::NeedsReview),
            (true, false) => report(
                "may not be null any more",
                Effect::Breaking,
                Effect::NeedsReview,
            ),
            _ => {}
        }
    }
}

#[derive(Clone, Copy)]
struct Presence {
    required: bool,
    nullable: bool,
    /// Whether it is an `Option` in Rust: an optional list or map that is never null is just empty.
    option: bool,
}

impl Presence {
    fn of(property: &Value, required: bool) -> Self {
        let nullable = property["nullable"] == true;
        let is_collection = property["type"] == "array" || property["type"] == "object";
        Self {
            required,
            nullable,
            option: nullable || (!required && !is_collection),
        }
    }
}

/// What a schema is, in words: a difference is another type in Rust.
fn kind(schema: &Value) -> String {
    let reference = schema
        .get("$ref")
        .or_else(|| schema.pointer("/allOf/0/$ref"));
    if let Some(target) = reference.and_then(Value::as_str) {
        let name = target.rsplit('/').next().unwrap_or(target);
        return format!("a `{name}`");
    }
    let kind = if !listed(schema).is_empty() {
        "one of listed values"
    } else {
        match schema["type"].as_str() {
            Some("array") => "a list",
            Some("object") => "an object",
            Some("integer") => "an integer",
            Some("number") => "a number",
            Some("string") => "a string",
            Some("boolean") => "a boolean",
            _ => "any value",
        }
    };
    kind.to_owned()
}

fn listed(schema: &Value) -> BTreeSet<&str> {
    let values = open_values(schema).or_else(|| schema["enum"].as_array());
    values
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// A property without what `presence` compares.
fn without_null(property: &Value) -> Value {
    let mut property = property.clone();
    if let Some(entries) = property.as_object_mut() {
        entries.remove("nullable");
    }
    property
}

fn requires(schema: &Value, name: &str) -> bool {
    let required = schema["required"].as_array();
    required.is_some_and(|required| required.iter().any(|it| it == name))
}

/// A place within a place: `FileVersion` and `.tags` are `FileVersion.tags`.
fn inner(place: &str, suffix: &str) -> String {
    match place.strip_suffix('`') {
        Some(place) => format!("{place}{suffix}`"),
        None => format!("{place}{suffix}"),
    }
}
