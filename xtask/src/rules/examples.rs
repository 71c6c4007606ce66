//! Examples, inline and in files, against what they are examples of.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use serde_json::Value;

use super::{Contract, Diagnostics, Rule};
use crate::json_schema;
use crate::tree::{Tree, Unreadable, escape, read_text};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "true-examples",
        rationale: "people copy examples, and tests decode them",
        help: "correct whichever of the two is wrong: the example or its schema",
        check: true_examples,
    },
    Rule {
        name: "example-files",
        rationale: "a file that nothing refers to is checked against nothing, and a reference without a file shows nothing",
        help: "refer to each file by `externalValue: examples/...json` where it belongs, or remove it",
        check: example_files,
    },
];

const DIRECTORY: &str = "openapi/examples";

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
    let text = read_text(&root.join(path))?;
    // The parser of JSON5 has no limit of its own, and would exhaust the stack.
    if deepest(&text) > MAX_DEPTH {
        return Err(Unreadable {
            line: 1,
            message: format!("is nested deeper than {MAX_DEPTH} levels"),
        });
    }
    let value: Value = json5::from_str(&text).map_err(|error| Unreadable {
        line: error
            .position()
            .map_or(1, |position| position.line as u64 + 1),
        message: error.to_string(),
    })?;
    Ok(Tree::without_lines(path, value))
}

/// How deep an example may be nested, as in serde_json.
const MAX_DEPTH: usize = 127;

/// An upper bound of the depth: brackets in texts and comments count as well.
fn deepest(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// A place that shows a value, the value, and the schema that it must fulfil.
struct Shown<'a> {
    pointer: String,
    value: Cow<'a, Value>,
    schema: &'a Value,
    /// The file that holds the value, if it does not stand in the document.
    file: Option<&'a Tree>,
}

fn true_examples(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    let document = &contract.document;
    // A schema is compiled once, however many examples it has.
    let mut validators = HashMap::new();
    for shown in shown(contract) {
        let validator = validators
            .entry(shown.schema.to_string())
            .or_insert_with(|| json_schema::validator(document, shown.schema));
        let validator = match validator {
            Ok(validator) => validator,
            Err(error) => {
                diagnostics.at(&shown.pointer, error);
                continue;
            }
        };
        for fault in validator.diagnostics(&shown.value) {
            match shown.file {
                Some(file) => diagnostics.at_in(file, &fault.pointer, fault.message),
                None => {
                    diagnostics.at(format!("{}{}", shown.pointer, fault.pointer), fault.message)
                }
            }
        }
    }
}

/// Every example of the contract.
fn shown(contract: &Contract) -> Vec<Shown<'_>> {
    let document = &contract.document;
    let mut found = Vec::new();
    document.walk(&mut |pointer, owner| {
        // A schema is its own example's schema; all else has one.
        let schema = owner.get("schema").unwrap_or(owner);
        if let Some(value) = owner.get("example")
            && !pointer.ends_with("/properties")
        {
            found.push(Shown {
                pointer: format!("{pointer}/example"),
                value: Cow::Borrowed(value),
                schema,
                file: None,
            });
        }
        let named = owner
            .get("examples")
            .filter(|_| owner.get("schema").is_some());
        for (name, example) in named.and_then(Value::as_object).into_iter().flatten() {
            let place = format!("{pointer}/examples/{}", escape(name));
            let example = document.resolve(example);
            if let Some(value) = example.get("value") {
                found.push(Shown {
                    pointer: format!("{place}/value"),
                    value: Cow::Borrowed(value),
                    schema,
                    file: None,
                });
            } else if let Some(file) = file(contract, example) {
                found.push(Shown {
                    pointer: place,
                    value: if pointer.ends_with("/multipart~1form-data") {
                        Cow::Owned(typed(document.resolve(schema), file.value()))
                    } else {
                        Cow::Borrowed(file.value())
                    },
                    schema,
                    file: Some(file),
                });
            }
        }
    });
    found
}

/// The values of a form, whose example holds their texts.
fn typed(schema: &Value, form: &Value) -> Value {
    let fields = form.as_object().into_iter().flatten();
    fields
        .map(|(name, value)| {
            let is_text = schema["properties"][name]["type"] == "string";
            let text = value.as_str().filter(|_| !is_text);
            let typed = text.and_then(|text| serde_json::from_str(text).ok());
            (name.clone(), typed.unwrap_or_else(|| value.clone()))
        })
        .collect()
}

/// The file that an example refers to.
fn file<'a>(contract: &'a Contract, example: &Value) -> Option<&'a Tree> {
    let path = format!("openapi/{}", example["externalValue"].as_str()?);
    contract.examples.iter().find(|file| file.path() == path)
}

fn example_files(contract: &Contract, diagnostics: &mut Diagnostics<'_>) {
    let mut used = BTreeSet::new();
    contract.document.walk(&mut |pointer, owner| {
        for (name, example) in owner["examples"].as_object().into_iter().flatten() {
            let Some(path) = example["externalValue"].as_str() else {
                continue;
            };
            match file(contract, example) {
                Some(file) => {
                    used.insert(file.path().to_owned());
                }
                None => diagnostics.at(
                    format!("{pointer}/examples/{}", escape(name)),
                    format!("there is no file openapi/{path}"),
                ),
            }
        }
    });
    for file in &contract.examples {
        // A documented text that is not strict JSON stands beside its strict form.
        let strict = file.path().strip_suffix('5').unwrap_or(file.path());
        if !used.contains(strict) {
            diagnostics.at_in(file, "", "nothing refers to this file");
        } else if strict != file.path()
            && contract
                .examples
                .iter()
                .any(|it| it.path() == strict && it.value() != file.value())
        {
            diagnostics.at_in(file, "", format!("differs from {strict}"));
        }
    }
}
