//! An answer in the form that was asked for.

use chrono::{DateTime, Utc};
use imagekit_client::Response;
use imagekit_client::types::File;
use serde_json::Value;

use crate::args::Format;
use crate::exit::Failure;
use crate::json::{self, Field};
use crate::terminal::{Output, plain, say, warn};
use crate::view;

/// Renders answers, one after another.
pub(super) struct Rendering {
    format: Format,
    fields: Vec<AskedFor>,
    include: bool,
    several: bool,
    rendered: u64,
    now: DateTime<Utc>,
}

struct AskedFor {
    path: String,
    field: Field,
    /// Whether any answer had it.
    seen: bool,
}

/// What to write of an answer.
pub(super) struct Rendered {
    standard_error: Option<String>,
    standard_output: Vec<u8>,
}

impl Rendering {
    pub(super) fn new(
        mut format: Format,
        include: bool,
        several: bool,
        now: DateTime<Utc>,
    ) -> Self {
        let fields = std::mem::take(&mut format.field);
        Self {
            fields: fields.into_iter().map(AskedFor::new).collect(),
            format,
            include,
            several,
            rendered: 0,
            now,
        }
    }

    pub(super) fn of(
        &mut self,
        answer: &Response<File>,
        output: &Output,
    ) -> Result<Rendered, Failure> {
        let mut standard_error = self.include.then(|| envelope(answer));
        let standard_output = if self.format.raw {
            self.raw(answer.raw_body())
        } else if self.format.json {
            json::lay_out(answer.raw_body(), output).into_bytes()
        } else if !self.fields.is_empty() {
            self.line_of_fields(&answer.json()?, output).into_bytes()
        } else {
            // A person wants all of it in one place.
            standard_error = None;
            let gap = if self.rendered == 0 { "" } else { "\n" };
            let view = view::version(answer, self.include, &self.now, output);
            format!("{gap}{view}").into_bytes()
        };
        self.rendered += 1;
        Ok(Rendered {
            standard_error,
            standard_output,
        })
    }

    /// What came although it was not understood, for those who want to see even that.
    pub(super) fn of_failure(&self, failure: &Failure) -> Option<Rendered> {
        let body = failure.not_understood.as_deref()?;
        self.format.raw.then(|| Rendered {
            standard_error: None,
            standard_output: self.raw(body),
        })
    }

    fn raw(&self, body: &[u8]) -> Vec<u8> {
        let end: &[u8] = if self.several { b"\n" } else { b"" };
        [body, end].concat()
    }

    fn line_of_fields(&mut self, document: &Value, output: &Output) -> String {
        let texts = self.fields.iter_mut().map(|asked_for| {
            let value = asked_for.field.of(document);
            asked_for.seen |= value.is_some();
            let text = match value {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            };
            if output.is_terminal {
                plain(&text).into_owned()
            } else {
                text
            }
        });
        texts.collect::<Vec<_>>().join("\t") + "\n"
    }

    /// An absent property is no failure, as most are optional; but it may be a slip of the pen.
    pub(super) fn warn_of_absent_fields(&self) {
        for AskedFor { path, seen, .. } in &self.fields {
            if self.rendered > 0 && !seen {
                warn(&format!("no answer has a property {path:?}"));
            }
        }
    }
}

impl AskedFor {
    fn new(path: String) -> Self {
        Self {
            field: Field::parse(&path),
            path,
            seen: false,
        }
    }
}

impl Rendered {
    pub(super) fn write(self, output: &Output) -> Result<(), Failure> {
        if let Some(text) = self.standard_error {
            say(text);
        }
        output.write(self.standard_output)
    }
}

/// What came with an answer, in one line.
fn envelope(answer: &Response<File>) -> String {
    let parts = view::envelope(answer).into_iter();
    let parts: Vec<String> = parts
        .map(|(label, text)| format!("{label}: {text}"))
        .collect();
    parts.join("; ")
}
