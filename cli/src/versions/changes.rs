//! What changed from one JSON document to another.

use imagekit_client::types::AiTag;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::json::{self, is_nothing};
use crate::words;

/// A change of one property, at whatever depth.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Change {
    /// The JSON Pointer of the property.
    pub(crate) path: String,
    #[serde(skip)]
    pub(crate) names: Vec<String>,
    #[serde(flatten)]
    pub(crate) what: What,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum What {
    /// One value took the place of another; `None` where there was none.
    Value {
        #[serde(skip_serializing_if = "Option::is_none")]
        before: Option<Value>,
        #[serde(skip_serializing_if = "Option::is_none")]
        after: Option<Value>,
    },
    /// Items of a list went and came.
    Items {
        removed: Vec<Value>,
        added: Vec<Value>,
    },
}

/// Compares two responses. Null, absent and empty are the same to ImageKit, and so they are here.
///
/// Plain values come first, since they tell most about a file.
pub(crate) fn between(before: &Value, after: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(&mut Vec::new(), before, after, &mut changes);
    changes
        .sort_by_key(|change| change.names.len() > 1 || matches!(change.what, What::Items { .. }));
    changes
}

fn compare(names: &mut Vec<String>, before: &Value, after: &Value, changes: &mut Vec<Change>) {
    let what = match (before, after) {
        (before, after) if before == after || (is_nothing(before) && is_nothing(after)) => return,
        (Value::Object(before), Value::Object(after)) => {
            return compare_objects(names, before, after, changes);
        }
        (Value::Object(before), after) if is_nothing(after) => {
            return compare_objects(names, before, &Map::new(), changes);
        }
        (before, Value::Object(after)) if is_nothing(before) => {
            return compare_objects(names, &Map::new(), after, changes);
        }
        (Value::Array(before), Value::Array(after)) => items(before, after),
        (Value::Array(before), after) if is_nothing(after) => items(before, &[]),
        (before, Value::Array(after)) if is_nothing(before) => items(&[], after),
        (before, after) => What::Value {
            before: Some(before.clone()).filter(|value| !is_nothing(value)),
            after: Some(after.clone()).filter(|value| !is_nothing(value)),
        },
    };
    changes.push(Change {
        path: json::pointer(names.iter().map(String::as_str)),
        names: names.clone(),
        what,
    });
}

fn compare_objects(
    names: &mut Vec<String>,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    changes: &mut Vec<Change>,
) {
    let new = after.keys().filter(|name| !before.contains_key(*name));
    let mut all: Vec<&String> = before.keys().chain(new).collect();
    all.sort_by_key(|name| name.to_lowercase());
    for name in all {
        let value = |of: &Map<String, Value>| of.get(name).cloned().unwrap_or_default();
        names.push(name.clone());
        compare(names, &value(before), &value(after), changes);
        names.pop();
    }
}

fn items(before: &[Value], after: &[Value]) -> What {
    let missing = |from: &[Value], all: &[Value]| -> Vec<Value> {
        let mut left = from.to_vec();
        all.iter()
            .filter(|item| match left.iter().position(|it| it == *item) {
                Some(position) => {
                    left.swap_remove(position);
                    false
                }
                None => true,
            })
            .cloned()
            .collect()
    };
    let removed = missing(after, before);
    let added = missing(before, after);
    if removed.is_empty() && added.is_empty() {
        // Only their order differs.
        What::Value {
            before: Some(before.into()),
            after: Some(after.into()),
        }
    } else {
        What::Items { removed, added }
    }
}

impl Change {
    /// The name of the property, as `--field` takes it.
    pub(crate) fn name(&self) -> String {
        self.names.join(".")
    }

    /// By how much a number changed, with its sign.
    pub(crate) fn difference(&self) -> Option<String> {
        let What::Value { before, after } = &self.what else {
            return None;
        };
        let before = before.as_ref()?.as_i64()?;
        let difference = after.as_ref()?.as_i64()?.checked_sub(before)?;
        let sign = if difference > 0 { "+" } else { "" };
        Some(format!("{sign}{}", words::count(difference)))
    }
}

/// A value, or an item of a list, in words.
pub(crate) fn in_words(value: &Value) -> String {
    match value {
        Value::Object(_) => match serde_json::from_value::<AiTag>(value.clone()) {
            Ok(tag) => format!(
                "{} {:.2} %",
                tag.name.as_deref().unwrap_or("?"),
                tag.confidence
            ),
            Err(_) => words::value(value),
        },
        _ => words::value(value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::between;

    fn changes(before: Value, after: Value) -> Value {
        serde_json::to_value(between(&before, &after)).unwrap()
    }

    #[test]
    fn null_absent_and_empty_are_the_same() {
        let before = json!({"a": null, "b": null, "c": {}, "d": []});
        let after = json!({"b": {}, "c": [], "e": null});
        assert_eq!(changes(before, after), json!([]));
    }

    #[test]
    fn plain_values_come_first_and_say_what_they_were() {
        let before = json!({"AITags": null, "size": 100, "name": "a", "z": true});
        let after = json!({"AITags": ["x"], "size": 99, "name": "b", "new": 1});
        assert_eq!(
            changes(before, after),
            json!([
                {"path": "/name", "before": "a", "after": "b"},
                {"path": "/new", "after": 1},
                {"path": "/size", "before": 100, "after": 99},
                {"path": "/z", "before": true},
                {"path": "/AITags", "removed": [], "added": ["x"]},
            ])
        );
    }

    #[test]
    fn lists_lose_and_gain_items() {
        let tags = |tags: Value| json!({ "tags": tags });
        assert_eq!(
            changes(tags(json!(["a", "a", "b"])), tags(json!(["c", "a"]))),
            json!([{"path": "/tags", "removed": ["a", "b"], "added": ["c"]}])
        );
        assert_eq!(
            changes(tags(json!(["a", "b"])), tags(json!(["b", "a"]))),
            json!([{"path": "/tags", "before": ["a", "b"], "after": ["b", "a"]}])
        );
        assert_eq!(
            changes(tags(json!(["a"])), json!({})),
            json!([{"path": "/tags", "removed": ["a"], "added": []}])
        );
    }

    #[test]
    fn objects_are_compared_within() {
        let before = json!({"m": {"a/b": {"c~": 1}, "same": 1}});
        let after = json!({"m": {"a/b": {"c~": [1]}, "same": 1, "more": "x"}});
        assert_eq!(
            changes(before, after),
            json!([
                {"path": "/m/a~1b/c~0", "before": 1, "after": [1]},
                {"path": "/m/more", "after": "x"},
            ])
        );
    }
}
