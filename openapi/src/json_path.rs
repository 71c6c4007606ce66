//! JSONPaths to single values, as diagnostics show them: `$.a[0]["b c"]`.

use std::fmt::{self, Write as _};

use serde_json::Value;

use crate::pointer;

/// The path to one value. It begins at the root, `$`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JsonPath(String);

impl JsonPath {
    /// Returns the path to the root.
    #[must_use]
    pub fn root() -> Self {
        Self("$".to_owned())
    }

    /// Returns the path that a JSON Pointer has in `root`, which tells an index from a numeric key.
    #[must_use]
    pub fn from_pointer(pointer: &str, root: &Value) -> Self {
        let mut path = Self::root();
        let mut value = Some(root);
        for token in pointer::tokens(pointer) {
            let index = match value {
                Some(Value::Array(_)) => token.parse::<usize>().ok(),
                _ => None,
            };
            (path, value) = match index {
                Some(index) => (path.index(index), value.and_then(|it| it.get(index))),
                None => (path.key(&token), value.and_then(|it| it.get(&*token))),
            };
        }
        path
    }

    /// Returns the path to a property of this value.
    #[must_use]
    pub fn key(mut self, key: &str) -> Self {
        let is_plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_');
        // Writing to a String cannot fail.
        let _ = if is_plain {
            write!(self.0, ".{key}")
        } else {
            write!(self.0, "[{key:?}]")
        };
        self
    }

    /// Returns the path to an item of this value.
    #[must_use]
    pub fn index(mut self, index: usize) -> Self {
        // As above.
        let _ = write!(self.0, "[{index}]");
        self
    }

    /// Returns the path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pointer_becomes_a_path() {
        let root =
            json!({ "AITags": [{ "name": 1 }], "in stock": { "0": true }, "": { "a/b": 2 } });
        for (pointer, path) in [
            ("", "$"),
            ("/AITags/0/name", "$.AITags[0].name"),
            ("/in stock/0", r#"$["in stock"].0"#),
            ("//a~1b", r#"$[""]["a/b"]"#),
            ("/missing/0", "$.missing.0"),
        ] {
            assert_eq!(JsonPath::from_pointer(pointer, &root).as_str(), path);
        }
    }
}
