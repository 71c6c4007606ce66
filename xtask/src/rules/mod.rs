//! What the contract must fulfil: one list of named rules, each with its reason.

mod conventions;
mod examples;
mod generator_limits;
mod openapi;

use std::fmt;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use crate::document::Document;
use crate::tree::{Tree, Unreadable};

/// Where the document stands, from the root of the workspace.
pub(crate) const DOCUMENT: &str = "openapi/imagekit.yaml";

/// All that is written by hand: the document and the files with its examples.
pub(crate) struct Contract {
    pub(crate) document: Document,
    examples: Vec<Tree>,
}

/// One demand on the contract.
pub(crate) struct Rule {
    name: &'static str,
    /// Why it matters.
    rationale: &'static str,
    /// What to do about a finding.
    help: &'static str,
    check: fn(&Contract, &mut Diagnostics<'_>),
}

/// A place that does not fulfil a rule.
#[derive(Debug, Serialize)]
pub(crate) struct Diagnostic {
    pub(crate) rule: &'static str,
    pub(crate) file: String,
    pub(crate) line: u64,
    pub(crate) pointer: String,
    pub(crate) message: String,
    pub(crate) rationale: &'static str,
    pub(crate) help: &'static str,
}

/// Everything that was found.
#[derive(Debug)]
pub(crate) struct Failures(pub(crate) Vec<Diagnostic>);

/// Collects the places that a rule finds.
pub(crate) struct Diagnostics<'a> {
    rule: &'static Rule,
    document: &'a Tree,
    found: &'a mut Vec<Diagnostic>,
}

/// No other rule applies to a file that cannot be parsed.
static READABLE: Rule = Rule {
    name: "readable",
    rationale: "nothing else can be checked, and of a duplicate key one value would be lost",
    help: "mend the syntax at this line",
    check: |_, _| {},
};

/// What only progenitor itself knows.
static GENERATED: Rule = Rule {
    name: "generated",
    rationale: "the client is generated from the document",
    help: "write it in another form, or teach xtask/src to handle this one",
    check: |_, _| {},
};

impl Contract {
    /// Reads the document and its examples from the workspace at `root`.
    pub(crate) fn read(root: &Path) -> Result<Self, Failures> {
        let document = read(root, DOCUMENT)?;
        let mut examples = Vec::new();
        let mut unreadable = Vec::new();
        for path in examples::files(root) {
            match examples::read(root, &path) {
                Ok(tree) => examples.push(tree),
                Err(error) => unreadable.push(READABLE.broken(&path, error)),
            }
        }
        if !unreadable.is_empty() {
            return Err(Failures(unreadable));
        }
        Ok(Self {
            document: document.into(),
            examples,
        })
    }

    /// A document on its own, to be compared with another.
    pub(crate) fn without_examples(document: Document) -> Self {
        Self {
            document,
            examples: Vec::new(),
        }
    }

    /// Holds the contract against every rule.
    pub(crate) fn check(&self) -> Result<(), Failures> {
        let groups = [
            openapi::RULES,
            generator_limits::RULES,
            conventions::RULES,
            examples::RULES,
        ];
        self.check_rules(groups.into_iter().flatten())
    }

    /// Holds it against those rules alone without which no code can be generated.
    pub(crate) fn check_generable(&self) -> Result<(), Failures> {
        let groups = [openapi::RULES, generator_limits::RULES];
        self.check_rules(groups.into_iter().flatten())
    }

    fn check_rules(&self, rules: impl Iterator<Item = &'static Rule>) -> Result<(), Failures> {
        let mut found = Vec::new();
        for rule in rules {
            let mut diagnostics = Diagnostics {
                rule,
                document: &self.document,
                found: &mut found,
            };
            (rule.check)(self, &mut diagnostics);
        }
        // All else that is said about something else than a document follows from that.
        if self.document.at("/openapi").is_none() && !found.is_empty() {
            found.truncate(1);
            found[0].message = "this is not an OpenAPI document".to_owned();
        }
        found.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        if found.is_empty() {
            Ok(())
        } else {
            Err(Failures(found))
        }
    }
}

/// Reads a YAML file.
pub(crate) fn read(root: &Path, path: &str) -> Result<Tree, Failures> {
    Tree::read(root, path).map_err(|error| Failures::unreadable(path, error))
}

/// What progenitor says about a place that no rule has found.
pub(crate) fn not_generated(
    document: &Document,
    pointer: &str,
    message: impl fmt::Display,
) -> Failures {
    let mut found = Vec::new();
    let mut diagnostics = Diagnostics {
        rule: &GENERATED,
        document,
        found: &mut found,
    };
    diagnostics.at(pointer, message);
    Failures(found)
}

impl Rule {
    fn broken(&'static self, path: &str, error: Unreadable) -> Diagnostic {
        self.finding(path, error.line, "", error.message)
    }

    fn finding(
        &'static self,
        file: &str,
        line: u64,
        pointer: &str,
        message: impl fmt::Display,
    ) -> Diagnostic {
        Diagnostic {
            rule: self.name,
            file: file.to_owned(),
            line,
            pointer: crate::report::one_line(pointer),
            message: crate::report::one_line(&message.to_string()),
            rationale: self.rationale,
            help: self.help,
        }
    }
}

impl Diagnostics<'_> {
    /// The node at `pointer` of the document does not fulfil the rule.
    pub(crate) fn at(&mut self, pointer: impl AsRef<str>, message: impl fmt::Display) {
        self.at_in(self.document, pointer, message);
    }

    /// The same in another file.
    fn at_in(&mut self, tree: &Tree, pointer: impl AsRef<str>, message: impl fmt::Display) {
        let pointer = pointer.as_ref();
        let line = tree.line_of(pointer);
        let finding = self.rule.finding(tree.path(), line, pointer, message);
        self.found.push(finding);
    }
}

impl Diagnostic {
    /// The place as people look for it.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

impl Failures {
    /// A file that cannot even be read.
    pub(crate) fn unreadable(path: &str, error: Unreadable) -> Self {
        Self(vec![READABLE.broken(path, error)])
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            let Diagnostic {
                rule,
                pointer,
                message,
                rationale,
                help,
                ..
            } = finding;
            write!(f, "{}: {message} [{rule}]", finding.place())?;
            if !pointer.is_empty() {
                write!(f, "\n    at:   {pointer}")?;
            }
            write!(f, "\n    why:  {rationale}\n    help: {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failures {}

/// A text of the document, empty where there is none.
fn text<'a>(node: &'a Value, key: &str) -> &'a str {
    node[key].as_str().unwrap_or_default()
}
