//! A version as a person wants to see it on a terminal.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Color, Style};
use chrono::{DateTime, Utc};
use imagekit_client::types::{AiTag, File, FileVersionType, SelectedFieldsSchema};
use imagekit_client::{RateLimit, Response};
use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr as _;

use crate::terminal::{BOLD, FAINT, GOOD, NAME, Output, PLAIN, plain};
use crate::words;

const CHIP: Style = Style::new()
    .fg_color(Some(Color::Ansi(AnsiColor::Black)))
    .bg_color(Some(Color::Ansi(AnsiColor::Cyan)));
const LABEL_WIDTH: usize = 16;
/// Below this, a label has a line of its own.
const NARROW: usize = 50;
const WIDEST_NAME: usize = 30;
const WIDEST_BAR: usize = 20;
const NARROWEST_BAR: usize = 5;

/// Lays out a version and, if asked to, what came with it.
pub(crate) fn version(
    answer: &Response<File>,
    include: bool,
    now: &DateTime<Utc>,
    output: &Output,
) -> String {
    let mut page = Page::new(output);
    let version = answer.body();
    page.title(version);
    page.identity(version);
    page.content(version);
    page.moments(version, now);
    page.gap();
    page.labels(version);
    if let Some(schema) = &version.selected_fields_schema {
        page.fields(schema);
    }
    page.map("Others", &unknown_properties(answer));
    page.gap();
    page.links(version);
    if include {
        page.gap();
        page.envelope(answer);
    }
    page.text
}

/// The properties that this program does not know yet.
fn unknown_properties(answer: &Response<File>) -> Map<String, Value> {
    let version = answer.body();
    let known = serde_json::to_value(version).unwrap_or_default();
    let mut all: Map<String, Value> = answer.json().unwrap_or_default();
    all.retain(|name, value| known.get(name).is_none() && !value.is_null());
    all
}

/// A piece of text that no line break may divide.
struct Word {
    text: String,
    style: Style,
}

struct Page<'a> {
    output: &'a Output,
    text: String,
}

impl<'a> Page<'a> {
    fn new(output: &'a Output) -> Self {
        Self {
            output,
            text: String::new(),
        }
    }

    fn title(&mut self, version: &File) {
        let label = version
            .version_info
            .as_ref()
            .and_then(|it| it.name.as_deref());
        let mut words = vec![word(&version.name, BOLD)];
        words.extend(label.iter().flat_map(|label| self::words(label, FAINT)));
        self.flow(0, 0, words);
    }

    fn gap(&mut self) {
        self.text.push('\n');
    }

    fn identity(&mut self, version: &File) {
        self.row("Path", vec![word(&version.file_path, PLAIN)]);
        if let Some(info) = &version.version_info {
            let mut row = vec![word(info.id.as_str(), PLAIN)];
            row.extend(version.type_.iter().flat_map(|type_| match type_ {
                FileVersionType::File => words("the current version", FAINT),
                FileVersionType::FileVersion => words("an earlier version", FAINT),
                other => words(other.as_str(), FAINT),
            }));
            self.row("Version id", row);
        }
        self.row("File id", vec![word(version.file_id.as_str(), PLAIN)]);
        let kind = [
            version.file_type.as_ref().map(|kind| kind.as_str()),
            version.mime.as_deref(),
        ];
        self.row("Kind", listed(kind.into_iter().flatten()));
        let access = [
            version
                .is_private_file
                .map(|it| if it { "private" } else { "public" }),
            version
                .is_published
                .map(|it| if it { "published" } else { "draft" }),
        ];
        self.row("Access", listed(access.into_iter().flatten()));
    }

    fn content(&mut self, version: &File) {
        if let Some(size) = version.size {
            self.amount("Size", words::bytes(size));
        }
        if let Some(dimensions) = words::dimensions(version) {
            self.row("Dimensions", words(&dimensions, PLAIN));
        }
        if let Some(has_alpha) = version.has_alpha {
            let text = if has_alpha {
                "has an alpha channel"
            } else {
                "no alpha channel"
            };
            self.row("Transparency", words(text, PLAIN));
        }
        if let Some(duration) = version.duration {
            let exact = format!("{} s", words::number(duration));
            match words::playing_time(duration) {
                Some(on_a_clock) => self.amount("Duration", (on_a_clock, Some(exact))),
                None => self.row("Duration", words(&exact, PLAIN)),
            }
        }
        if let Some(bit_rate) = version.bit_rate {
            self.amount("Bit rate", words::amount(bit_rate, "bit/s", "bit/s"));
        }
        let codecs = [&version.video_codec, &version.audio_codec];
        self.row(
            "Codecs",
            listed(codecs.into_iter().flatten().map(String::as_str)),
        );
        if let Some(coordinates) = &version.custom_coordinates {
            self.row("Coordinates", words(coordinates, PLAIN));
        }
        if let Some(description) = &version.description {
            self.row("Description", words(description, PLAIN));
        }
    }

    fn moments(&mut self, version: &File, now: &DateTime<Utc>) {
        for (label, moment) in [
            ("Created", &version.created_at),
            ("Updated", &version.updated_at),
        ] {
            if let Some(moment) = moment {
                let mut row = words(&words::since(moment, now), PLAIN);
                row.extend(words(&words::date_time(moment), FAINT));
                self.row(label, row);
            }
        }
    }

    fn labels(&mut self, version: &File) {
        let none = || vec![word("none", FAINT)];
        match version.tags.as_deref() {
            None | Some([]) => self.row("Tags", none()),
            Some(tags) => self.row("Tags", tags.iter().map(|tag| self.chip(tag)).collect()),
        }
        match version.ai_tags.as_deref() {
            None | Some([]) => self.row("AI tags", none()),
            Some(tags) => self.ai_tags(tags),
        }
        match version.custom_metadata.as_deref() {
            Some(metadata) if !metadata.is_empty() => self.map("Metadata", metadata),
            _ => self.row("Metadata", none()),
        }
        if let Some(metadata) = &version.embedded_metadata {
            self.map("Embedded", metadata);
        }
    }

    fn ai_tags(&mut self, tags: &[AiTag]) {
        let name = |tag: &AiTag| plain(tag.name.as_deref().unwrap_or("?")).into_owned();
        let names = tags.iter().map(|tag| name(tag).width());
        let widest_name = names.max().unwrap_or(0).min(WIDEST_NAME);
        let sources = tags.iter().map(|tag| tag.source.as_str().width());
        let others = LABEL_WIDTH + widest_name + sources.max().unwrap_or(0) + "  100.00 % ".len();
        let bar_width = self.output.width.saturating_sub(others).min(WIDEST_BAR);
        for (index, tag) in tags.iter().enumerate() {
            let mut row = vec![word(&padded(&name(tag), widest_name), PLAIN)];
            if bar_width >= NARROWEST_BAR {
                let (full, empty) = bar(tag.confidence, bar_width);
                row.push(Word {
                    text: format!(
                        "{}{}",
                        self.output.paint(GOOD, full),
                        self.output.paint(FAINT, empty)
                    ),
                    style: PLAIN,
                });
            }
            row.push(word(&format!("{:>6.2} %", tag.confidence), BOLD));
            row.push(word(tag.source.as_str(), FAINT));
            self.row(if index == 0 { "AI tags" } else { "" }, row);
        }
    }

    fn fields(&mut self, schema: &SelectedFieldsSchema) {
        for (index, (name, field)) in schema.iter().enumerate() {
            let mut row = words(name, NAME);
            row.push(word(field.type_.as_str(), PLAIN));
            if field.is_value_required == Some(true) {
                row.push(word("required", FAINT));
            }
            if field.read_only == Some(true) {
                row.push(word("read-only", FAINT));
            }
            self.row(if index == 0 { "Fields" } else { "" }, row);
        }
    }

    fn links(&mut self, version: &File) {
        self.row("Link", vec![word(&version.url, PLAIN)]);
        if let Some(thumbnail) = &version.thumbnail {
            self.row("Thumbnail", words(&words::address(thumbnail), PLAIN));
        }
    }

    fn envelope(&mut self, answer: &Response<File>) {
        for (label, text) in envelope(answer) {
            self.row(label, words(&text, PLAIN));
        }
    }

    fn amount(&mut self, label: &str, (short, exact): (String, Option<String>)) {
        let mut row = words(&short, PLAIN);
        if let Some(exact) = exact {
            row.extend(words(&format!("({exact})"), FAINT));
        }
        self.row(label, row);
    }

    /// A small table of names and values.
    fn map(&mut self, label: &str, map: &Map<String, Value>) {
        let names = || map.keys().map(|name| plain(name));
        let widest = names().map(|name| name.width()).max().unwrap_or(0);
        for (index, (name, value)) in names().zip(map.values()).enumerate() {
            let mut row = vec![word(&padded(&name, widest.min(WIDEST_NAME) + 1), NAME)];
            row.extend(words(&words::value(value), PLAIN));
            self.row(if index == 0 { label } else { "" }, row);
        }
    }

    fn chip(&self, text: &str) -> Word {
        if self.output.color {
            word(&format!(" {text} "), CHIP)
        } else {
            word(&format!("[{text}]"), PLAIN)
        }
    }

    /// A label with what belongs to it; nothing if there is nothing.
    fn row(&mut self, label: &str, words: Vec<Word>) {
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
            let padding = LABEL_WIDTH.saturating_sub(label.width() + 2);
            let _ = write!(self.text, "  {label_style}{}", " ".repeat(padding));
            self.flow(LABEL_WIDTH, LABEL_WIDTH, words);
        }
    }

    /// Writes words one after another, with a line break and an indent wherever one would not fit.
    fn flow(&mut self, mut column: usize, indent: usize, words: Vec<Word>) {
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

/// What came with an answer, as label and text.
pub(crate) fn envelope(answer: &Response<File>) -> Vec<(&'static str, String)> {
    let mut envelope = vec![("Status", answer.status().to_string())];
    if answer.attempts() > 1 {
        envelope.push(("Attempts", answer.attempts().to_string()));
    }
    if let Some(id) = answer.request_id() {
        envelope.push(("Request id", plain(id).into_owned()));
    }
    if let Some(text) = rate_limit(answer.rate_limit()) {
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
fn bar(percent: f64, width: usize) -> (String, String) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "within 0 and the few columns of the bar"
    )]
    let full = (percent.clamp(0.0, 100.0) / 100.0 * width as f64).round() as usize;
    ("█".repeat(full), "░".repeat(width.saturating_sub(full)))
}

fn padded(text: &str, width: usize) -> String {
    let padding = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(padding))
}

fn word(text: &str, style: Style) -> Word {
    Word {
        text: plain(text).into_owned(),
        style,
    }
}

fn words(text: &str, style: Style) -> Vec<Word> {
    text.split_whitespace()
        .map(|text| word(text, style))
        .collect()
}

/// Words with commas between them.
fn listed<'a>(items: impl Iterator<Item = &'a str>) -> Vec<Word> {
    let items: Vec<&str> = items.collect();
    words(&items.join(", "), PLAIN)
}
