//! Edits the document in one place at a time, and holds the verdict of `compare` against what is generated.
//!
//! A normal run takes every 29th edit of the small document, and those of formats and tags. `XTASK_EDITS=all` takes all of them, and
//! `XTASK_EDITS=whole` takes every 29th edit of the contract of this project.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use serde_json::Value;

use crate::{DOCUMENT, parsed, whole_workspace, workspace, xtask};

const SAMPLE: usize = 29;

#[test]
fn every_single_edit_has_the_verdict_that_the_generated_code_proves() {
    let selected = std::env::var("XTASK_EDITS").unwrap_or_default();
    let workspace = if selected == "whole" {
        whole_workspace()
    } else {
        workspace()
    };
    let step = if selected == "all" { 1 } else { SAMPLE };
    let root = workspace.path();
    let document = parsed(root);
    let before = root.join("before.yaml");
    fs::write(&before, document.to_string()).unwrap();
    fs::write(root.join(DOCUMENT), document.to_string()).unwrap();
    let generated = generate(root).unwrap();

    let mut edits = Vec::new();
    collect(&document, "", &mut edits);
    let mut counts: BTreeMap<(&str, bool), usize> = BTreeMap::new();
    let mut refused = 0;
    let mut wrong = Vec::new();
    // Where the structure alone misleads: formats without a type of their own, and tags, which are modules.
    let telling = |pointer: &str| {
        step > 1
            && selected.is_empty()
            && (pointer.ends_with("/format") || pointer.contains("/tags/"))
    };
    let chosen = edits
        .iter()
        .enumerate()
        .filter(|(index, (pointer, _))| index % step == 0 || telling(pointer));
    for (_, (pointer, how)) in chosen {
        let mut edited = document.clone();
        apply(&mut edited, pointer, how);
        fs::write(root.join(DOCUMENT), edited.to_string()).unwrap();
        let Some(after) = generate(root) else {
            refused += 1;
            continue;
        };
        let output = xtask(root, &["compare", before.to_str().unwrap()]);
        let stdout = String::from_utf8(output.stdout).unwrap();
        let verdict = if stdout.contains("### Breaking") {
            "breaking"
        } else if stdout.contains("### Needs review") {
            "needs review"
        } else if stdout
            .lines()
            .any(|line| line.starts_with("- ") && !line.starts_with("- descriptions and examples:"))
        {
            "compatible"
        } else {
            "nothing"
        };
        let differs = after != generated;
        *counts.entry((verdict, differs)).or_default() += 1;
        if differs && verdict == "nothing" || !differs && verdict == "breaking" {
            wrong.push(format!(
                "{how} {pointer}: {verdict}, generated differs: {differs}\n{stdout}"
            ));
        }
    }
    println!(
        "(verdict, generated differs): number of edits {counts:#?}; {refused} refused of {} in steps of {step}",
        edits.len()
    );
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The generated code and schemas without texts for people; nothing if the document is refused.
fn generate(root: &Path) -> Option<BTreeMap<String, String>> {
    let output = xtask(root, &["generate"]);
    if !output.status.success() {
        return None;
    }
    let mut files = BTreeMap::new();
    for folder in [
        "client/src/generated",
        "client/src/generated/operations",
        "openapi/schemas",
    ] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.display().to_string();
            if path.is_dir() || name.ends_with("generated/mod.rs") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let shape = if name.ends_with(".rs") {
                without_docs(text.parse().unwrap()).to_string()
            } else {
                let mut schema = serde_json::from_str(&text).unwrap();
                drop_texts(&mut schema);
                schema.to_string()
            };
            files.insert(name, shape);
        }
    }
    Some(files)
}

fn without_docs(tokens: TokenStream) -> TokenStream {
    let mut kept: Vec<TokenTree> = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let is_doc = group.stream().to_string().starts_with("doc =");
                if is_doc {
                    while matches!(kept.last(), Some(TokenTree::Punct(mark)) if matches!(mark.as_char(), '#' | '!'))
                    {
                        kept.pop();
                    }
                } else {
                    let inner = without_docs(group.stream());
                    kept.push(proc_macro2::Group::new(group.delimiter(), inner).into());
                }
            }
            token => kept.push(token),
        }
    }
    kept.into_iter().collect()
}

fn drop_texts(value: &mut Value) {
    match value {
        Value::Object(entries) => {
            entries.retain(|key, value| {
                !(matches!(key.as_str(), "description" | "title") && value.is_string()
                    || key == "examples" && value.is_array())
            });
            entries.values_mut().for_each(drop_texts);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_texts),
        _ => {}
    }
}

/// Each key deleted, each scalar changed, and `nullable` toggled at each typed schema.
fn collect(value: &Value, pointer: &str, edits: &mut Vec<(String, &'static str)>) {
    let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(entries) => {
            if entries.get("type").is_some_and(Value::is_string) {
                edits.push((pointer.to_owned(), "toggle nullable"));
            }
            for (key, child) in entries {
                let place = format!("{pointer}/{}", escape(key));
                edits.push((place.clone(), "delete"));
                collect(child, &place, edits);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                edits.push((format!("{pointer}/{index}"), "delete"));
                collect(item, &format!("{pointer}/{index}"), edits);
            }
        }
        _ => edits.push((pointer.to_owned(), "change")),
    }
}

fn apply(document: &mut Value, pointer: &str, how: &str) {
    if how == "delete" {
        let (around, key) = pointer.rsplit_once('/').unwrap();
        let key = key.replace("~1", "/").replace("~0", "~");
        match document.pointer_mut(around).unwrap() {
            Value::Object(entries) => drop(entries.remove(&key)),
            Value::Array(items) => drop(items.remove(key.parse().unwrap())),
            _ => {}
        }
        return;
    }
    let node = document.pointer_mut(pointer).unwrap();
    match node {
        Value::Object(entries) => {
            let was_nullable = entries.remove("nullable").is_some();
            if !was_nullable {
                entries.insert("nullable".to_owned(), true.into());
            }
        }
        Value::Bool(value) => *value = !*value,
        Value::String(text) => text.push('x'),
        Value::Number(number) => *node = (number.as_i64().unwrap_or_default() + 1).into(),
        _ => {}
    }
}
