//! What a command has done with one thing: a line for people, or a line of JSON for programs.

use clap::Args;
use serde_json::Value;

use crate::exit::Failure;
use crate::json;
use crate::terminal::{Output, plain};

/// In which form to print what is done.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Lines {
    /// Print a line of JSON for each thing instead of text for people.
    #[arg(long, help_heading = "Output")]
    json: bool,
}

/// What was done with a file, a folder or a version, or was found out about an account.
pub(crate) struct Done {
    /// Painted, and not taken for a part of the text.
    mark: String,
    text: String,
    json: Value,
}

impl Done {
    pub(crate) fn new(text: &str, json: Value) -> Self {
        Self {
            mark: String::new(),
            text: plain(text).into_owned(),
            json,
        }
    }

    /// Separates parts by a tab.
    pub(crate) fn of_parts(parts: [&str; 2], json: Value) -> Self {
        let [first, second] = parts.map(plain);
        Self {
            mark: String::new(),
            text: format!("{first}\t{second}"),
            json,
        }
    }

    /// Puts a mark before the text.
    pub(crate) fn marked(self, mark: &str) -> Self {
        let mark = mark.to_owned();
        Self { mark, ..self }
    }

    pub(crate) fn print(&self, lines: Lines, output: &Output) -> Result<(), Failure> {
        if lines.json {
            let json = self.json.to_string();
            return output.write(json::lay_out(json.as_bytes(), output));
        }
        output.write(format!("{}{}\n", self.mark, self.text))
    }
}
