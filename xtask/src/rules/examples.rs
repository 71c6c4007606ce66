//! Examples, inline and in files, against what they are examples of.

use std::path::Path;

use heck::ToUpperCamelCase as _;
use serde_json::Value;

use super::{Contract, Places, Rule};
use crate::document::Document;
use crate::json_schema;
use crate::tree::{Tree, Unreadable, escape};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "true-examples",
        why: "people copy examples, and tests decode them",
        mend: "correct whichever of the two is wrong: the example or its schema",
        check: true_examples,
    },
    Rule {
        name: "example-files",
        why: "a file that belongs to no named example is checked against nothing",
        mend: "name the file as the example is named, in kebab case (FileVersion: \
               file-version.json), and let both hold the same value",
        check: example_files,
    },
];

const DIRECTORY: &str = "openapi/examples";
const COMPONENTS: &str = "/components/examples";

/// The files with examples, from the root of the workspace.
pub(super) fn files(root: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(root.join(DIRECTORY));
    let mut files: Vec<String> = entries
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(format!("{DIRECTORY}/{}", entry.ok()?.file_name().to_str()?)))
        .collect();
    files.sort();
    files
}

/// Reads an example: JSON, or JSON5 for what is documented with comments.
pub(super) fn read(root: &Path, path: &str) -> Result<Tree, Unreadable> {
    if !path.ends_with(".json5") {
        return Tree::read(root, path);
    }
    let text = std::fs::read_to_string(root.join(path)).map_err(|error| Unreadable {
        line: 1,
        message: format!("cannot be read: {error}"),
    })?;
    let value: Value = json5::from_str(&text).map_err(|error| Unreadable {
        line: error
            .position()
            .map_or(1, |position| position.line as u64 + 1),
        message: error.to_string(),
    })?;
    Ok(Tree::without_lines(path, value))
}

/// A place that shows a value, the value, and the schema that it must fulfil.
struct Shown<'a> {
    pointer: String,
    value: &'a Value,
    schema: &'a Value,
}

fn true_examples(contract: &Contract, places: &mut Places<'_>) {
    let document = &contract.document;
    for shown in shown(document) {
        let validator = match json_schema::validator(document, shown.schema) {
            Ok(validator) => validator,
            Err(error) => {
                places.at(&shown.pointer, error);
                continue;
            }
        };
        for fault in json_schema::faults(&validator, shown.value) {
            places.at(format!("{}{}", shown.pointer, fault.pointer), fault.message);
        }
    }
}

/// Every example of the document.
fn shown(document: &Document) -> Vec<Shown<'_>> {
    let mut found = Vec::new();
    document.walk(&mut |pointer, owner| {
        // A schema is its own example's schema; all else has one.
        let schema = owner.get("schema").unwrap_or(owner);
        if let Some(value) = owner.get("example")
            && !pointer.ends_with("/properties")
        {
            let pointer = format!("{pointer}/example");
            found.push(Shown {
                pointer,
                value,
                schema,
            });
        }
        let named = owner
            .get("examples")
            .filter(|_| owner.get("schema").is_some());
        for (name, example) in named.and_then(Value::as_object).into_iter().flatten() {
            let place = match example["$ref"].as_str() {
                Some(target) => target.trim_start_matches('#').to_owned(),
                None => format!("{pointer}/examples/{}", escape(name)),
            };
            if let Some(value) = document.resolve(example).get("value") {
                found.push(Shown {
                    pointer: format!("{place}/value"),
                    value,
                    schema,
                });
            }
        }
    });
    found.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    found.dedup_by(|a, b| a.pointer == b.pointer && a.schema == b.schema);
    found
}

fn example_files(contract: &Contract, places: &mut Places<'_>) {
    for file in &contract.examples {
        let stem = Path::new(file.path())
            .file_stem()
            .and_then(|stem| stem.to_str());
        let name = stem.unwrap_or_default().to_upper_camel_case();
        match contract.document.at(&format!("{COMPONENTS}/{name}/value")) {
            None => places.at_in(
                file,
                "",
                format!("there is no example `{name}` in the document"),
            ),
            Some(value) if value != file.value() => {
                let pointer = difference(value, file.value());
                let message = format!("differs from the example `{name}` of the document");
                places.at_in(file, pointer, message);
            }
            Some(_) => {}
        }
    }
}

/// Where two values begin to differ.
fn difference(one: &Value, other: &Value) -> String {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let differing = one
                .keys()
                .chain(other.keys())
                .find(|key| one.get(*key) != other.get(*key));
            differing.map_or_else(String::new, |key| {
                let null = &Value::Null;
                let rest = difference(one.get(key).unwrap_or(null), other.get(key).unwrap_or(null));
                format!("/{}{rest}", escape(key))
            })
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let differing = one.iter().zip(other).position(|(one, other)| one != other);
            differing.map_or_else(String::new, |index| {
                format!("/{index}{}", difference(&one[index], &other[index]))
            })
        }
        _ => String::new(),
    }
}
