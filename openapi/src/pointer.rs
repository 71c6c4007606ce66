//! JSON Pointers ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)), and the references that hold them.

use std::borrow::Cow;

use serde_json::Value;

/// Returns a token as it stands in a pointer: `a/b` becomes `a~1b`.
#[must_use]
pub fn escape(token: &str) -> Cow<'_, str> {
    if token.contains(['~', '/']) {
        Cow::Owned(token.replace('~', "~0").replace('/', "~1"))
    } else {
        Cow::Borrowed(token)
    }
}

/// Returns what an escaped token stands for: `a~1b` becomes `a/b`.
#[must_use]
pub fn unescape(token: &str) -> Cow<'_, str> {
    if token.contains('~') {
        Cow::Owned(token.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(token)
    }
}

/// Returns the unescaped tokens of a pointer. The pointer to the whole document is empty and has none.
pub fn tokens(pointer: &str) -> impl Iterator<Item = Cow<'_, str>> {
    pointer.split('/').skip(1).map(unescape)
}

/// Returns what a `$ref` within `root` leads to, through any chain of them; a node without one is its own
/// target. `None` if it leads nowhere, around in a circle, or out of `root`.
#[must_use]
pub fn resolve<'a>(root: &'a Value, node: &'a Value) -> Option<&'a Value> {
    // A chain longer than this can only be a circle.
    const LONGEST: usize = 32;
    let mut node = node;
    for _ in 0..LONGEST {
        match node.get("$ref").and_then(Value::as_str) {
            Some(reference) => node = root.pointer(reference.strip_prefix('#')?)?,
            None => return Some(node),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tokens_are_escaped_and_unescaped() {
        for token in ["", "plain", "a/b", "m~n", "~1", "/~0"] {
            let pointer = format!("/x/{}", escape(token));
            assert_eq!(tokens(&pointer).collect::<Vec<_>>(), ["x", token]);
        }
        assert_eq!(tokens("").count(), 0);
    }

    #[test]
    fn references_resolve_through_chains_and_never_in_circles() {
        let root = json!({
            "a/b": { "$ref": "#/c" },
            "c": { "type": "string" },
            "circle": { "$ref": "#/circle" },
            "lost": { "$ref": "#/nowhere" },
            "outside": { "$ref": "other.yaml#/c" },
        });
        assert_eq!(resolve(&root, &root["a/b"]), Some(&root["c"]));
        assert_eq!(resolve(&root, &root["c"]), Some(&root["c"]));
        for name in ["circle", "lost", "outside"] {
            assert_eq!(resolve(&root, &root[name]), None, "{name}");
        }
    }
}
