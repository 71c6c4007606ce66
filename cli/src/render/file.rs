//! A file, or a version of one, as a person wants to see it on a terminal.

use chrono::{DateTime, Utc};
use imagekit_client::types::{AiTag, File, FileVersionType, SelectedFieldsSchema};
use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr as _;

use super::page::{
    LABEL_WIDTH, NARROWEST_BAR, Page, WIDEST_BAR, WIDEST_NAME, Word, bar, listed, padded, word,
    words,
};
use crate::terminal::{BOLD, FAINT, GOOD, NAME, PLAIN, plain};
use crate::words;

/// Lays out a file; `json` is what it was decoded from.
pub(super) fn lay_out(page: &mut Page<'_>, version: &File, json: &Value, now: &DateTime<Utc>) {
    page.title(version);
    page.identity(version);
    page.content(version);
    page.moments(version, now);
    page.gap();
    page.labels(version);
    if let Some(schema) = &version.selected_fields_schema {
        page.fields(schema);
    }
    page.map("Others", &unknown_properties(version, json));
    page.gap();
    page.links(version);
}

/// The properties that this program does not know yet.
fn unknown_properties(version: &File, json: &Value) -> Map<String, Value> {
    let known = serde_json::to_value(version).unwrap_or_default();
    let mut all = json.as_object().cloned().unwrap_or_default();
    all.retain(|name, value| known.get(name).is_none() && !value.is_null());
    all
}

impl Page<'_> {
    fn title(&mut self, version: &File) {
        let label = version
            .version_info
            .as_ref()
            .and_then(|it| it.name.as_deref());
        let mut words = vec![word(&version.name, BOLD)];
        words.extend(label.iter().flat_map(|label| self::words(label, FAINT)));
        self.flow(0, 0, words);
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
}
