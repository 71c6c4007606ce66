//! The OpenAPI document, and what is asked of it.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::tree::{Tree, escape};

/// Where the components that become types stand.
pub(crate) const SCHEMAS: &str = "/components/schemas";

/// The contract as it stands on disk.
#[derive(Debug)]
pub(crate) struct Document {
    tree: Tree,
    /// Asked for so often that they are found only once.
    references: OnceLock<Vec<(String, String)>>,
    ids: OnceLock<BTreeSet<String>>,
}

/// One operation, and where it stands.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) pointer: String,
    pub(crate) path: String,
    pub(crate) method: String,
    pub(crate) id: String,
}

/// One schema, and what it is to the schema or component around it.
#[derive(Debug)]
pub(crate) struct Schema<'a> {
    pub(crate) pointer: String,
    pub(crate) value: &'a Value,
    pub(crate) role: Role,
}

/// What a schema is to what stands around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A named component.
    Component,
    /// A property of an object.
    Property { required: bool },
    /// What a parameter, a header or a body holds.
    Content,
    /// The items of an array, the values of a map, or a branch of a composition.
    Part,
}

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

impl Deref for Document {
    type Target = Tree;

    fn deref(&self) -> &Tree {
        &self.tree
    }
}

impl From<Tree> for Document {
    fn from(mut tree: Tree) -> Self {
        let schemas = tree.at_mut(SCHEMAS).and_then(Value::as_object_mut);
        for schema in schemas.into_iter().flat_map(serde_json::Map::values_mut) {
            open(schema);
        }
        Self {
            tree,
            references: OnceLock::new(),
            ids: OnceLock::new(),
        }
    }
}

/// Writes out what a component is open for.
///
/// Readers of the document that know no open sets take a free branch for one more kind that exists, and refuse a
/// listed value that they lack. Marks leave the document as they expect it.
fn open(schema: &mut Value) {
    let unlisted = schema["x-unlisted"].as_array().cloned();
    let is_open = schema["x-open"] == true;
    let Some(branches) = schema.get_mut("anyOf").and_then(Value::as_array_mut) else {
        return;
    };
    if is_open {
        branches.push(json!({ "type": "object" }));
    }
    let listed = branches.first_mut().and_then(|it| it.get_mut("enum"));
    if let (Some(listed), Some(unlisted)) = (listed.and_then(Value::as_array_mut), unlisted) {
        listed.extend(unlisted);
    }
}

impl Document {
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

    /// The names of all secret properties that a node refers to, directly or through others.
    pub(crate) fn secrets(&self, node: &Value) -> BTreeSet<String> {
        fn go<'a>(
            document: &'a Document,
            node: &'a Value,
            seen: &mut BTreeSet<&'a str>,
            found: &mut BTreeSet<String>,
        ) {
            if let Some(target) = node.get("$ref").and_then(Value::as_str)
                && seen.insert(target)
            {
                go(document, document.resolve(node), seen, found);
            }
            for (name, property) in node["properties"].as_object().into_iter().flatten() {
                if property["x-secret"] == true {
                    found.insert(name.clone());
                }
            }
            let children: Vec<&Value> = match node {
                Value::Object(entries) => entries.values().collect(),
                Value::Array(items) => items.iter().collect(),
                _ => Vec::new(),
            };
            for child in children {
                go(document, child, seen, found);
            }
        }
        let mut found = BTreeSet::new();
        go(self, node, &mut BTreeSet::new(), &mut found);
        found
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
    pub(crate) fn references(&self) -> &[(String, String)] {
        self.references.get_or_init(|| {
            let mut found = Vec::new();
            self.walk(&mut |pointer, value| {
                if let Some(target) = value.get("$ref").and_then(Value::as_str) {
                    found.push((format!("{pointer}/$ref"), target.to_owned()));
                }
            });
            found
        })
    }

    /// The components that path parameters refer to.
    pub(crate) fn ids(&self) -> &BTreeSet<String> {
        self.ids.get_or_init(|| {
            let targets = self.references().iter().filter_map(|(pointer, target)| {
                let parameter = self.at(pointer.strip_suffix("/schema/$ref")?)?;
                let name = target.strip_prefix("#/components/schemas/")?;
                (parameter["in"] == "path").then(|| name.to_owned())
            });
            targets.collect()
        })
    }

    /// Visits every node that belongs to the contract: examples and defaults are data, and left out.
    pub(crate) fn walk<'a>(&'a self, visit: &mut dyn FnMut(&str, &'a Value)) {
        fn go<'a>(pointer: &str, value: &'a Value, visit: &mut dyn FnMut(&str, &'a Value)) {
            visit(pointer, value);
            match value {
                Value::Object(entries) => {
                    let names_anything =
                        pointer.ends_with("/properties") || pointer.ends_with("/responses");
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
        go("", self.value(), visit);
    }

    /// The named schemas.
    pub(crate) fn components(&self) -> impl Iterator<Item = (&str, &Value)> {
        let schemas = self.at(SCHEMAS).and_then(Value::as_object);
        let entries = schemas.into_iter().flatten();
        entries.map(|(name, schema)| (name.as_str(), schema))
    }

    /// Every schema of the document, each part of one as well.
    pub(crate) fn schemas(&self) -> Vec<Schema<'_>> {
        fn go<'a>(pointer: String, value: &'a Value, role: Role, found: &mut Vec<Schema<'a>>) {
            let required = value["required"].as_array();
            for (name, property) in value["properties"].as_object().into_iter().flatten() {
                let required = required.is_some_and(|names| names.iter().any(|it| it == name));
                let pointer = format!("{pointer}/properties/{}", escape(name));
                go(pointer, property, Role::Property { required }, found);
            }
            for key in ["items", "additionalProperties", "not"] {
                if let Some(part) = value.get(key).filter(|part| part.is_object()) {
                    go(format!("{pointer}/{key}"), part, Role::Part, found);
                }
            }
            for key in ["allOf", "anyOf", "oneOf"] {
                let branches = value[key].as_array().into_iter().flatten();
                for (index, part) in branches.enumerate() {
                    go(format!("{pointer}/{key}/{index}"), part, Role::Part, found);
                }
            }
            found.push(Schema {
                pointer,
                value,
                role,
            });
        }

        let mut found = Vec::new();
        for (name, schema) in self.components() {
            let pointer = format!("{SCHEMAS}/{}", escape(name));
            go(pointer, schema, Role::Component, &mut found);
        }
        self.walk(&mut |pointer, value| {
            if pointer.ends_with("/schema") && !pointer.starts_with(SCHEMAS) {
                go(pointer.to_owned(), value, Role::Content, &mut found);
            }
        });
        found
    }

    /// The description of the node at `pointer`, or of the nearest around it.
    pub(crate) fn description_of(&self, pointer: &str) -> &str {
        let mut pointer = pointer;
        loop {
            if let Some(node) = self.at(pointer)
                && let Some(text) = node["description"].as_str()
            {
                return text;
            }
            match pointer.rsplit_once('/') {
                Some((around, _)) => pointer = around,
                None => return "",
            }
        }
    }
}
