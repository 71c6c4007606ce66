//! A data file read with the line of every node kept, so that messages can name it.

use std::fmt;
use std::path::Path;

pub(crate) use imagekit_openapi::pointer::escape;
use imagekit_openapi::pointer::tokens;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::Spanned;

/// A YAML or JSON file.
#[derive(Debug)]
pub(crate) struct Tree {
    path: String,
    root: Node,
    value: Value,
}

/// Why a file cannot be read, and on which line if one is known.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) line: u64,
    pub(crate) message: String,
}

impl Tree {
    /// Reads `path`, which is relative to `root` and the name of the file in messages.
    pub(crate) fn read(root: &Path, path: &str) -> Result<Self, Unreadable> {
        Self::parse(path, &read_text(&root.join(path))?)
    }

    /// Parses YAML, of which JSON is a part; duplicate keys are refused.
    pub(crate) fn parse(path: &str, text: &str) -> Result<Self, Unreadable> {
        // Each response refers to the same headers by an alias.
        let options = serde_saphyr::options! {
            budget: serde_saphyr::budget! { enforce_alias_anchor_ratio: false },
        };
        let root: Node =
            serde_saphyr::from_str_with_options(text, options).map_err(|error| Unreadable {
                line: error.location().map_or(1, |location| location.line()),
                message: error.without_snippet().to_string(),
            })?;
        let value = root.to_value();
        Ok(Self {
            path: path.to_owned(),
            root,
            value,
        })
    }

    /// A file that was parsed by other means, so that no lines are known.
    pub(crate) fn without_lines(path: &str, value: Value) -> Self {
        Self {
            path: path.to_owned(),
            root: Node {
                line: 1,
                kind: Kind::Scalar(Value::Null),
            },
            value,
        }
    }

    /// The name of the file in messages.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The whole file as JSON.
    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    /// The node at a JSON pointer such as `/components/schemas/FileId`.
    pub(crate) fn at(&self, pointer: &str) -> Option<&Value> {
        self.value.pointer(pointer)
    }

    /// The node at a JSON pointer, to be spelled differently; lines are still those of the file.
    pub(crate) fn at_mut(&mut self, pointer: &str) -> Option<&mut Value> {
        self.value.pointer_mut(pointer)
    }

    /// The keys of the map at a JSON pointer, in the order of the file; none if it is not a map.
    pub(crate) fn keys(&self, pointer: &str) -> Vec<&str> {
        let mut node = &self.root;
        for token in tokens(pointer) {
            let Kind::Map(entries) = &node.kind else {
                return Vec::new();
            };
            match entries.iter().find(|(key, _)| key.value == token) {
                Some((_, child)) => node = child,
                None => return Vec::new(),
            }
        }
        match &node.kind {
            Kind::Map(entries) => entries.iter().map(|(key, _)| key.value.as_str()).collect(),
            _ => Vec::new(),
        }
    }

    /// The line on which the node at `pointer`, or its nearest ancestor, begins.
    pub(crate) fn line_of(&self, pointer: &str) -> u64 {
        let mut node = &self.root;
        let mut line = node.line;
        for token in tokens(pointer) {
            let child = match &node.kind {
                Kind::Map(entries) => entries
                    .iter()
                    .find(|(key, _)| key.value == token)
                    .map(|(key, child)| (key.referenced.line(), child)),
                Kind::List(items) => token
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| items.get(index))
                    .map(|child| (child.line, child)),
                Kind::Scalar(_) => None,
            };
            let Some((child_line, child)) = child else {
                break;
            };
            (line, node) = (child_line, child);
        }
        line
    }
}

/// Reads a text in UTF-8, with or without a byte order mark.
pub(crate) fn read_text(path: &Path) -> Result<String, Unreadable> {
    let refused = |message| Unreadable { line: 1, message };
    let bytes = std::fs::read(path).map_err(|error| refused(format!("cannot be read: {error}")))?;
    if matches!(bytes.as_slice(), [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
        return Err(refused("is UTF-16: save it as UTF-8".to_owned()));
    }
    let text =
        String::from_utf8(bytes).map_err(|error| refused(format!("is not UTF-8: {error}")))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
}

#[derive(Debug)]
struct Node {
    line: u64,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Scalar(Value),
    List(Vec<Node>),
    Map(Vec<(Spanned<String>, Node)>),
}

impl Node {
    fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Scalar(value) => value.clone(),
            Kind::List(items) => items.iter().map(Node::to_value).collect(),
            Kind::Map(entries) => entries
                .iter()
                .map(|(key, child)| (key.value.clone(), child.to_value()))
                .collect(),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Kind>::deserialize(deserializer)?;
        Ok(Self {
            line: spanned.referenced.line(),
            kind: spanned.value,
        })
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KindVisitor;

        impl<'de> Visitor<'de> for KindVisitor {
            type Value = Kind;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any YAML value")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Kind, E> {
                Ok(Kind::Scalar(value.into()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Kind, E> {
                Ok(Kind::Scalar(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Kind, E> {
                Ok(Kind::Scalar(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Kind, E> {
                Ok(Kind::Scalar(value.into()))
            }

            fn visit_str<E>(self, value: &str) -> Result<Kind, E> {
                Ok(Kind::Scalar(value.into()))
            }

            fn visit_unit<E>(self) -> Result<Kind, E> {
                Ok(Kind::Scalar(Value::Null))
            }

            fn visit_none<E>(self) -> Result<Kind, E> {
                Ok(Kind::Scalar(Value::Null))
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
                Kind::deserialize(deserializer)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Kind, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Kind::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kind, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Kind::Map(entries))
            }
        }

        deserializer.deserialize_any(KindVisitor)
    }
}
