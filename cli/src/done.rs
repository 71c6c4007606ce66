//! What a command has done with one thing: a line for people, or a line of JSON for programs.

use clap::Args;
use serde_json::Value;

use crate::exit::Failure;
use crate::json;
use crate::terminal::{Output, plain};

/// In which form to print what is done.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Lines {
    /// Print what is done with each as a line of JSON.
    #[arg(long, help_heading = "Output")]
    json: bool,
}

/// What was done with a file, a folder or a version.
pub(crate) struct Done {
    text: String,
    json: Value,
}

impl Done {
    pub(crate) fn new(text: &str, json: Value) -> Self {
        Self {
            text: plain(text).into_owned(),
            json,
        }
    }

    /// Separates parts by a tab.
    pub(crate) fn of_parts(parts: [&str; 2], json: Value) -> Self {
        let [first, second] = parts.map(plain);
        Self {
            text: format!("{first}\t{second}"),
            json,
        }
    }

    pub(crate) fn print(&self, lines: Lines, output: &Output) -> Result<(), Failure> {
        if lines.json {
            let json = self.json.to_string();
            return output.write(json::lay_out(json.as_bytes(), output));
        }
        output.write(format!("{}\n", self.text))
    }
}
