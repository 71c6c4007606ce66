//! What has changed in the contract, and whom that breaks.
//!
//! The crate `drift` compares OpenAPI documents too, but panics where a response gains or loses its
//! body, and knows neither operation ids, which name Rust methods, nor what becomes an `Option`.

mod direction;
mod generated;
mod schemas;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::process::Command;

use imagekit_openapi::path::nameless;
use serde::Serialize;
use serde_json::Value;

use self::direction::{Use, Uses};
use crate::document::{Document, Operation};
use crate::generate::operation;
use crate::report::one_line;
use crate::rules::{self, Contract, DOCUMENT, Failures};
use crate::tree::Tree;

/// Whom a change breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Effect {
    /// Nobody.
    Compatible,
    /// Perhaps somebody: a person has to judge it.
    NeedsReview,
    /// Somebody who did nothing wrong: code no longer compiles, or calls and responses no longer work.
    Breaking,
}

/// One thing that has changed.
#[derive(Debug, Serialize)]
pub(crate) struct Change {
    pub(crate) effect: Effect,
    /// What has changed, as in `FileVersion.size`.
    pub(crate) place: String,
    /// A sentence about it, of which the place is the subject.
    pub(crate) text: String,
}

/// Everything that has changed.
#[derive(Debug)]
pub(crate) struct Changes(pub(crate) Vec<Change>);

/// Collects the differences between two documents.
struct Comparison<'a> {
    old: &'a Document,
    new: &'a Document,
    uses: Uses,
    changes: Vec<Change>,
    /// Texts for people that differ.
    texts: usize,
}

/// Reads the document as it was: from a file, or as git knows it at a commit, branch or tag.
pub(crate) fn read_old(root: &Path, since: &str) -> Result<Contract, Box<dyn std::error::Error>> {
    if Path::new(since).is_file() {
        return comparable(since, rules::read(Path::new(""), since)?);
    }
    let object = format!("{since}:./{DOCUMENT}");
    let output = Command::new("git")
        .current_dir(root)
        .args(["show", "--end-of-options", &object])
        .output()
        .map_err(|error| format!("git cannot be run: {error}"))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "`{since}` is neither a file nor a commit that has {DOCUMENT}: {}",
            reason.lines().next().unwrap_or("git gives no reason")
        )
        .into());
    }
    let name = format!("{DOCUMENT} ({since})");
    let tree = Tree::parse(&name, &String::from_utf8(output.stdout)?)
        .map_err(|error| Failures::unreadable(&name, error))?;
    comparable(since, tree)
}

/// Refuses what is not a whole OpenAPI document: compared with anything else, every operation would be new.
fn comparable(since: &str, tree: Tree) -> Result<Contract, Box<dyn std::error::Error>> {
    let document = Document::from(tree);
    let is_openapi = document
        .at("/openapi")
        .and_then(Value::as_str)
        .is_some_and(|version| version.starts_with("3.0."));
    if !is_openapi {
        return Err(format!("`{since}` is not an OpenAPI 3.0 document").into());
    }
    let operations = document.operations();
    if operations.is_empty() || operations.iter().any(|operation| operation.id.is_empty()) {
        return Err(format!("`{since}` does not name its operations").into());
    }
    for (_, target) in document.references() {
        if document.at(target.trim_start_matches('#')).is_none() {
            return Err(format!("`{since}` is incomplete: `{target}` leads nowhere").into());
        }
    }
    Ok(Contract::without_examples(document))
}

/// Compares two documents, and what is generated from them.
pub(crate) fn changes(root: &Path, old: &Contract, new: &Contract) -> Changes {
    let contracts = (old, new);
    let (old, new) = (&old.document, &new.document);
    let mut comparison = Comparison {
        old,
        new,
        uses: Uses::of([old, new]),
        changes: Vec::new(),
        texts: 0,
    };
    comparison.operations();
    comparison.components();
    comparison.rest(
        "the document",
        old.value(),
        new.value(),
        &["paths", "components", "tags"],
    );
    let schemes = "/components/securitySchemes";
    let schemes = [old, new].map(|document| document.at(schemes).unwrap_or(&Value::Null));
    comparison.rest("authentication", schemes[0], schemes[1], &[]);
    comparison.generated(root, contracts.0, contracts.1);
    if comparison.texts > 0 {
        let places = if comparison.texts == 1 {
            "place"
        } else {
            "places"
        };
        let text = format!("changed in {} {places}", comparison.texts);
        comparison.report(Effect::Compatible, "descriptions and examples", text);
    }
    let mut changes = comparison.changes;
    changes.sort_by(|a, b| (b.effect, &a.place).cmp(&(a.effect, &b.place)));
    Changes(changes)
}

impl Comparison<'_> {
    fn report(&mut self, effect: Effect, place: impl fmt::Display, text: impl Into<String>) {
        self.changes.push(Change {
            effect,
            place: one_line(&place.to_string()),
            text: one_line(&text.into()),
        });
    }

    fn operations(&mut self) {
        let (old, new) = (by_path(self.old), by_path(self.new));
        for key in union(old.keys(), new.keys()) {
            match (old.get(&key), new.get(&key)) {
                (Some(old), None) => self.report(Effect::Breaking, name(old), "was removed"),
                (None, Some(new)) => self.report(Effect::Compatible, name(new), "is new"),
                (Some(old), Some(new)) => self.operation(old, new),
                (None, None) => {}
            }
        }
    }

    fn operation(&mut self, old: &Operation, new: &Operation) {
        let place = name(new);
        if operation::rust_name(&old.id) == operation::rust_name(&new.id) {
            self.texts += usize::from(old.id != new.id);
        } else {
            let text = format!(
                "was called `{}`; the method in Rust has its new name",
                old.id
            );
            self.report(Effect::Breaking, &place, text);
        }
        if placeholders(&old.path) != placeholders(&new.path) {
            let text = format!(
                "takes the parameters of its path in another order: it was {}",
                old.path
            );
            self.report(Effect::Breaking, &place, text);
        }
        self.parameters(&place, old, new);
        let servers = [(self.old, old), (self.new, new)].map(|(document, operation)| {
            let item = operation
                .pointer
                .rsplit_once('/')
                .map_or("", |(item, _)| item);
            let servers = document.at(&format!("{item}/servers"));
            serde_json::json!({ "servers": servers })
        });
        self.rest(&place, &servers[0], &servers[1], &[]);
        let null = &Value::Null;
        let before = self.old.at(&old.pointer).unwrap_or(null);
        let after = self.new.at(&new.pointer).unwrap_or(null);
        self.request_body(&place, before, after);
        self.responses(&place, before, after);
        let handled = [
            "operationId",
            "parameters",
            "requestBody",
            "responses",
            "tags",
        ];
        self.rest(&place, before, after, &handled);
    }

    fn parameters(&mut self, operation: &str, old: &Operation, new: &Operation) {
        let (old_document, new_document) = (self.old, self.new);
        let old = by_name(old_document.parameters(old));
        let new = by_name(new_document.parameters(new));
        for key in union(old.keys(), new.keys()) {
            let place = format!("parameter `{}` of {operation}", key.1);
            let (before, after) = match (old.get(&key), new.get(&key)) {
                (Some(before), Some(after)) => (*before, *after),
                (Some(_), None) => {
                    self.report(Effect::Breaking, place, "was removed");
                    continue;
                }
                (None, Some(after)) => {
                    let (effect, text) = if after["required"] == true {
                        (Effect::Breaking, "is new and required")
                    } else {
                        (Effect::Compatible, "is new and optional")
                    };
                    self.report(effect, place, text);
                    continue;
                }
                (None, None) => continue,
            };
            match (before["required"] == true, after["required"] == true) {
                (false, true) => self.report(Effect::Breaking, &place, "is required now"),
                (true, false) => self.report(Effect::Compatible, &place, "is optional now"),
                _ => {}
            }
            self.schema(&place, &before["schema"], &after["schema"], Use::REQUESTS);
            self.rest(&place, before, after, &["name", "in", "required", "schema"]);
        }
    }

    fn request_body(&mut self, operation: &str, old: &Value, new: &Value) {
        let place = format!("request body of {operation}");
        match (old.get("requestBody"), new.get("requestBody")) {
            (None, None) => {}
            (Some(_), None) => self.report(Effect::Breaking, place, "was removed"),
            (None, Some(_)) => self.report(Effect::Breaking, place, "is new, and always sent"),
            (Some(old), Some(new)) => {
                let (old, new) = (self.old.resolve(old), self.new.resolve(new));
                self.content(&place, old, new, Use::REQUESTS);
                self.rest(&place, old, new, &["content"]);
            }
        }
    }

    fn responses(&mut self, operation: &str, old: &Value, new: &Value) {
        let (old, new) = (entries(&old["responses"]), entries(&new["responses"]));
        for status in union(old.keys(), new.keys()) {
            let place = format!("response {status} of {operation}");
            match (old.get(&status), new.get(&status)) {
                (Some(_), None) if status.starts_with('2') => {
                    self.report(Effect::Breaking, place, "was removed");
                }
                (Some(_), None) => {
                    self.report(Effect::NeedsReview, place, "is no longer described")
                }
                (None, Some(_)) if status.starts_with('2') => {
                    self.report(
                        Effect::NeedsReview,
                        place,
                        "is new: another kind of success",
                    );
                }
                (None, Some(_)) => self.report(Effect::Compatible, place, "is described now"),
                (Some(old), Some(new)) => {
                    let (old, new) = (self.old.resolve(old), self.new.resolve(new));
                    self.content(&place, old, new, Use::RESPONSES);
                    self.headers(&place, old, new);
                    self.rest(&place, old, new, &["content", "headers"]);
                }
                (None, None) => {}
            }
        }
    }

    fn headers(&mut self, response: &str, old: &Value, new: &Value) {
        let lower_case = |headers: &Value| -> BTreeMap<String, Value> {
            let entries = entries(headers).into_iter();
            entries
                .map(|(name, header)| (name.to_ascii_lowercase(), header))
                .collect()
        };
        let (old, new) = (lower_case(&old["headers"]), lower_case(&new["headers"]));
        for name in union(old.keys(), new.keys()) {
            let place = format!("header `{name}` of {response}");
            match (old.get(&name), new.get(&name)) {
                (Some(_), None) => {
                    self.report(Effect::NeedsReview, place, "is no longer described")
                }
                (None, Some(_)) => self.report(Effect::Compatible, place, "is described now"),
                (Some(old), Some(new)) => {
                    let (old_document, new_document) = (self.old, self.new);
                    let (old, new) = (old_document.resolve(old), new_document.resolve(new));
                    self.schema(&place, &old["schema"], &new["schema"], Use::RESPONSES);
                    self.rest(&place, old, new, &["schema"]);
                }
                (None, None) => {}
            }
        }
    }

    /// The bodies of a request or a response.
    fn content(&mut self, place: &str, old: &Value, new: &Value, seen: Use) {
        let (old, new) = (entries(&old["content"]), entries(&new["content"]));
        for media_type in union(old.keys(), new.keys()) {
            match (old.get(&media_type), new.get(&media_type)) {
                (Some(old), Some(new)) => {
                    self.schema(place, &old["schema"], &new["schema"], seen);
                    self.rest(place, old, new, &["schema"]);
                }
                (old, _) => {
                    let change = if old.is_some() {
                        "no longer comes"
                    } else {
                        "comes now"
                    };
                    let text = format!("{change} as `{media_type}`");
                    self.report(Effect::Breaking, place, text);
                }
            }
        }
    }

    /// Whatever else differs: texts are counted, and all that is not known is for a person to judge.
    fn rest(&mut self, place: &str, old: &Value, new: &Value, handled: &[&str]) {
        let (old, new) = (entries(old), entries(new));
        for key in union(old.keys(), new.keys()) {
            if handled.contains(&key.as_str()) || old.get(&key) == new.get(&key) {
                continue;
            }
            match key.as_str() {
                "summary"
                | "description"
                | "example"
                | "examples"
                | "info"
                | "externalDocs"
                | "x-enum-descriptions" => self.texts += 1,
                // What they open was compared in the schema itself.
                "x-open" | "x-unlisted" => {}
                "servers" if addresses(old.get(&key)) == addresses(new.get(&key)) => {
                    self.texts += 1
                }
                "x-arguments" => self.report(
                    Effect::Breaking,
                    place,
                    "takes other arguments in Rust, or in another order",
                ),
                _ => {
                    let shown = |value: Option<&Value>| match value {
                        Some(Value::String(text)) => format!("`{text}`"),
                        Some(value) if value.to_string().len() > 80 => "another value".to_owned(),
                        Some(value) => format!("`{value}`"),
                        None => "nothing".to_owned(),
                    };
                    let (old, new) = (shown(old.get(&key)), shown(new.get(&key)));
                    let text = format!("has another `{key}`: {new} instead of {old}");
                    self.report(Effect::NeedsReview, place, text);
                }
            }
        }
    }
}

impl Changes {
    /// The worst of all.
    pub(crate) fn effect(&self) -> Option<Effect> {
        self.0.iter().map(|change| change.effect).max()
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Breaking => "Breaking",
            Self::NeedsReview => "Needs review",
            Self::Compatible => "Compatible",
        })
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = None;
        for Change {
            effect,
            place,
            text,
        } in &self.0
        {
            if last != Some(effect) {
                let separator = if last.is_some() { "\n" } else { "" };
                writeln!(f, "{separator}### {effect}\n")?;
                last = Some(effect);
            }
            writeln!(f, "- {place}: {text}")?;
        }
        Ok(())
    }
}

/// The operations by method and path, where the names of parameters in the path do not matter.
fn by_path(document: &Document) -> BTreeMap<(String, String), Operation> {
    let operations = document.operations().into_iter();
    operations
        .map(|it| ((nameless(&it.path), it.method.clone()), it))
        .collect()
}

/// The names in a path, in their order: it is that of the arguments.
fn placeholders(path: &str) -> Vec<&str> {
    path.split('/')
        .filter(|segment| segment.starts_with('{'))
        .collect()
}

fn addresses(servers: Option<&Value>) -> Vec<&Value> {
    let servers = servers.and_then(Value::as_array).into_iter().flatten();
    servers.map(|server| &server["url"]).collect()
}

fn by_name(parameters: Vec<(String, &Value)>) -> BTreeMap<(String, String), &Value> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let parameters = parameters.into_iter();
    parameters
        .map(|(_, it)| ((text(&it["in"]), text(&it["name"])), it))
        .collect()
}

fn name(operation: &Operation) -> String {
    let method = operation.method.to_ascii_uppercase();
    format!("operation `{}` ({method} {})", operation.id, operation.path)
}

fn entries(value: &Value) -> BTreeMap<String, Value> {
    let entries = value.as_object().into_iter().flatten();
    entries
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn union<'a, T: Ord + Clone + 'a>(
    one: impl Iterator<Item = &'a T>,
    other: impl Iterator<Item = &'a T>,
) -> BTreeSet<T> {
    one.chain(other).cloned().collect()
}
