//! The OpenAPI document: read once, with the line of every node kept for messages.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::Spanned;

/// The contract as it stands on disk.
#[derive(Debug)]
pub(crate) struct Document {
    path: PathBuf,
    root: Node,
    value: Value,
}

/// One operation, and where it stands.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) pointer: String,
    pub(crate) path: String,
    pub(crate) method: String,
    pub(crate) id: String,
}

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// A document that cannot be read, or a place in it that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}{}: {message}", path.display(), line.map(|line| format!(":{line}")).unwrap_or_default())]
pub(crate) struct Fault {
    path: PathBuf,
    line: Option<u64>,
    message: String,
}

impl Document {
    /// Reads and parses `path`; duplicate keys are refused.
    pub(crate) fn read(path: &Path) -> Result<Self, Fault> {
        let fault = |line, message| Fault {
            path: path.to_owned(),
            line,
            message,
        };
        let text = std::fs::read_to_string(path)
            .map_err(|error| fault(None, format!("cannot be read: {error}")))?;
        let root: Node = serde_saphyr::from_str(&text).map_err(|error| {
            let line = error.location().map(|location| location.line());
            fault(line, format!("not valid YAML: {error}"))
        })?;
        let value = root.to_value();
        Ok(Self {
            path: path.to_owned(),
            root,
            value,
        })
    }

    /// The whole document as JSON.
    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    /// The node at a JSON pointer such as `/components/schemas/FileId`.
    pub(crate) fn at(&self, pointer: &str) -> Option<&Value> {
        self.value.pointer(pointer)
    }

    /// The line on which the node at `pointer`, or its nearest ancestor, begins.
    pub(crate) fn line_of(&self, pointer: &str) -> u64 {
        let mut node = &self.root;
        let mut line = node.line;
        for token in pointer.split('/').skip(1).map(unescape) {
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

    /// A fault at `pointer`, which the message names together with its line.
    pub(crate) fn fault(&self, pointer: &str, message: impl fmt::Display) -> Fault {
        Fault {
            path: self.path.clone(),
            line: Some(self.line_of(pointer)),
            message: format!("{pointer}: {message}"),
        }
    }

    /// The operations, in the order of their paths.
    pub(crate) fn operations(&self) -> Vec<Operation> {
        let mut operations = Vec::new();
        let paths = self.at("/paths").and_then(Value::as_object);
        for (path, item) in paths.into_iter().flatten() {
            for method in METHODS {
                let Some(operation) = item.get(method) else {
                    continue;
                };
                operations.push(Operation {
                    pointer: format!("/paths/{}/{method}", escape(path)),
                    path: path.clone(),
                    method: method.to_owned(),
                    id: operation["operationId"]
                        .as_str()
                        .unwrap_or_default()
                        .to_owned(),
                });
            }
        }
        operations
    }

    /// What a `$ref` leads to; a node without one is its own target.
    pub(crate) fn resolve<'a>(&'a self, node: &'a Value) -> &'a Value {
        let mut node = node;
        // As many steps as a chain without a loop can have.
        for _ in 0..32 {
            match node.get("$ref").and_then(Value::as_str) {
                Some(target) => match self.at(target.trim_start_matches('#')) {
                    Some(target) => node = target,
                    None => break,
                },
                None => break,
            }
        }
        node
    }

    /// The parameters of an operation, with those of its path, each with its pointer.
    pub(crate) fn parameters<'a>(&'a self, operation: &Operation) -> Vec<(String, &'a Value)> {
        let of_path = operation
            .pointer
            .rsplit_once('/')
            .map_or("", |(path, _)| path);
        [of_path, operation.pointer.as_str()]
            .into_iter()
            .flat_map(|owner| {
                let pointer = format!("{owner}/parameters");
                let list = self.at(&pointer).and_then(Value::as_array);
                list.into_iter()
                    .flatten()
                    .enumerate()
                    .map(move |(index, parameter)| {
                        (format!("{pointer}/{index}"), self.resolve(parameter))
                    })
            })
            .collect()
    }

    /// Every `$ref` of the document, as the pointer of the `$ref` and its target.
    pub(crate) fn references(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        self.walk(&mut |pointer, value| {
            if let Some(target) = value.get("$ref").and_then(Value::as_str) {
                found.push((format!("{pointer}/$ref"), target.to_owned()));
            }
        });
        found
    }

    /// Visits every node that belongs to the contract: examples and defaults are data, and left out.
    pub(crate) fn walk<'a>(&'a self, visit: &mut dyn FnMut(&str, &'a Value)) {
        fn go<'a>(pointer: &str, value: &'a Value, visit: &mut dyn FnMut(&str, &'a Value)) {
            visit(pointer, value);
            match value {
                Value::Object(entries) => {
                    let names_anything = pointer.ends_with("/properties");
                    for (key, child) in entries {
                        let is_data = matches!(key.as_str(), "example" | "examples" | "default");
                        let is_reference = child.get("$ref").is_some();
                        if !is_data || names_anything || is_reference {
                            go(&format!("{pointer}/{}", escape(key)), child, visit);
                        } else if key == "examples" {
                            for (name, example) in child.as_object().into_iter().flatten() {
                                if example.get("$ref").is_some() {
                                    visit(&format!("{pointer}/examples/{}", escape(name)), example);
                                }
                            }
                        }
                    }
                }
                Value::Array(items) => {
                    for (index, child) in items.iter().enumerate() {
                        go(&format!("{pointer}/{index}"), child, visit);
                    }
                }
                _ => {}
            }
        }
        go("", &self.value, visit);
    }
}

/// Escapes one token of a JSON pointer.
pub(crate) fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
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
