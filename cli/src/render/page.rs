//! Rows of labels and words, laid out for the width of a terminal.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Color, Style};
use imagekit_client::{RateLimit, Response};
use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr as _;

use crate::terminal::{FAINT, NAME, Output, PLAIN, plain};
use crate::words;

const CHIP: Style = Style::new()
    .fg_color(Some(Color::Ansi(AnsiColor::Black)))
    .bg_color(Some(Color::Ansi(AnsiColor::Cyan)));
pub(crate) const LABEL_WIDTH: usize = 16;
/// Below this, a label has a line of its own.
pub(crate) const NARROW: usize = 50;
pub(crate) const WIDEST_NAME: usize = 30;
pub(crate) const WIDEST_BAR: usize = 20;
pub(crate) const NARROWEST_BAR: usize = 5;

/// A piece of text that no line break may divide.
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) style: Style,
}

/// What is printed, line by line.
pub(crate) struct Page<'a> {
    pub(crate) output: &'a Output,
    pub(crate) text: String,
    /// How many columns the labels fill.
    pub(crate) label_width: usize,
}

impl<'a> Page<'a> {
    pub(crate) fn new(output: &'a Output) -> Self {
        Self {
            output,
            text: String::new(),
            label_width: LABEL_WIDTH,
        }
    }

    pub(crate) fn gap(&mut self) {
        self.text.push('\n');
    }

    pub(crate) fn envelope(&mut self, envelope: &[(&str, String)]) {
        for (label, text) in envelope {
            self.row(label, words(text, PLAIN));
        }
    }

    pub(crate) fn amount(&mut self, label: &str, (short, exact): (String, Option<String>)) {
        let mut row = words(&short, PLAIN);
        if let Some(exact) = exact {
            row.extend(words(&format!("({exact})"), FAINT));
        }
        self.row(label, row);
    }

    /// A small table of names and values.
    pub(crate) fn map(&mut self, label: &str, map: &Map<String, Value>) {
        let names = || map.keys().map(|name| plain(name));
        let widest = names().map(|name| name.width()).max().unwrap_or(0);
        for (index, (name, value)) in names().zip(map.values()).enumerate() {
            let mut row = vec![word(&padded(&name, widest.min(WIDEST_NAME) + 1), NAME)];
            row.extend(words(&words::value(value), PLAIN));
            self.row(if index == 0 { label } else { "" }, row);
        }
    }

    pub(crate) fn chip(&self, text: &str) -> Word {
        if self.output.color {
            word(&format!(" {text} "), CHIP)
        } else {
            word(&format!("[{text}]"), PLAIN)
        }
    }

    /// A label with what belongs to it; nothing if there is nothing.
    pub(crate) fn row(&mut self, label: &str, words: Vec<Word>) {
        if words.is_empty() {
            return;
        }
        let label_style = self.output.paint(FAINT, label);
        if self.output.width < NARROW {
            if !label.is_empty() {
                let _ = writeln!(self.text, "{label_style}");
            }
            self.text.push_str("  ");
            self.flow(2, 2, words);
        } else {
            let padding = self.label_width.saturating_sub(label.width() + 2);
            let _ = write!(self.text, "  {label_style}{}", " ".repeat(padding));
            self.flow(self.label_width, self.label_width, words);
        }
    }

    /// Writes words one after another, with a line break and an indent wherever one would not fit.
    pub(crate) fn flow(&mut self, mut column: usize, indent: usize, words: Vec<Word>) {
        let mut at_start = true;
        for Word { text, style } in words {
            let width = anstream::adapter::strip_str(&text).to_string().width();
            if !at_start && column + 1 + width > self.output.width {
                self.text.push('\n');
                self.text.push_str(&" ".repeat(indent));
                column = indent;
                at_start = true;
            }
            if !at_start {
                self.text.push(' ');
                column += 1;
            }
            let _ = write!(self.text, "{}", self.output.paint(style, text));
            column += width;
            at_start = false;
        }
        self.text.push('\n');
    }
}

/// What came with a response, as label and text.
pub(crate) fn envelope<T>(response: &Response<T>) -> Vec<(&'static str, String)> {
    let mut envelope = vec![("Status", response.status().to_string())];
    if response.attempts() > 1 {
        envelope.push(("Attempts", response.attempts().to_string()));
    }
    if let Some(id) = response.request_id() {
        envelope.push(("Request id", plain(id).into_owned()));
    }
    if let Some(text) = rate_limit(response.rate_limit()) {
        envelope.push(("Rate limit", text));
    }
    envelope
}

fn rate_limit(said: RateLimit) -> Option<String> {
    let mut text = match (said.limit(), said.interval()) {
        (Some(limit), Some(interval)) => format!("{limit} requests in {interval:?}"),
        (Some(limit), None) => format!("{limit} requests"),
        (None, _) => return None,
    };
    if let Some(reset) = said.reset() {
        let _ = write!(text, ", counted afresh in {reset:?}");
    }
    Some(text)
}

/// The full and the empty part of a bar for a percentage.
pub(crate) fn bar(percent: f64, width: usize) -> (String, String) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "within 0 and the few columns of the bar"
    )]
    let full = (percent.clamp(0.0, 100.0) / 100.0 * width as f64).round() as usize;
    ("█".repeat(full), "░".repeat(width.saturating_sub(full)))
}

pub(crate) fn padded(text: &str, width: usize) -> String {
    let padding = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(padding))
}

pub(crate) fn word(text: &str, style: Style) -> Word {
    Word {
        text: plain(text).into_owned(),
        style,
    }
}

pub(crate) fn words(text: &str, style: Style) -> Vec<Word> {
    text.split_whitespace()
        .map(|text| word(text, style))
        .collect()
}

/// Words with commas between them.
pub(crate) fn listed<'a>(items: impl Iterator<Item = &'a str>) -> Vec<Word> {
    let items: Vec<&str> = items.collect();
    words(&items.join(", "), PLAIN)
}
