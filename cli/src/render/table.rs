//! Any list, as a table for people or as CSV.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use imagekit_openapi::{Component, Field, Type};
use serde_json::Value;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::page::{NARROW, Page};
use super::text;
use crate::json;
use crate::terminal::{BOLD, FAINT, PLAIN, plain};

/// A cell is not made wider than this for the sake of one long value below it.
const WIDEST: usize = 48;
const GAP: usize = 2;
/// On a terminal, the first column leaves room for the next one, unless it would be narrower than this.
const LEAST: usize = 20;

/// One column: what it shows of an item.
pub(crate) struct Column {
    title: String,
    place: Place,
    field: Option<&'static Field>,
}

enum Place {
    /// The value of a property, by names with dots or as a JSON Pointer.
    Property(json::Field),
    /// What something computes from the item.
    Computed(fn(&Value) -> String),
}

impl Column {
    /// A column of a property of a component, or of one of the variants of a union.
    pub(crate) fn of(component: Option<&'static Component>, name: &str) -> Self {
        let field = component.and_then(|it| property(it, name));
        Self {
            title: field.map_or(name, |it| it.label).to_owned(),
            place: Place::Property(json::Field::parse(name)),
            field,
        }
    }

    /// A column of what is computed from an item.
    pub(crate) fn computed(title: &str, compute: fn(&Value) -> String) -> Self {
        Self {
            title: title.to_owned(),
            place: Place::Computed(compute),
            field: None,
        }
    }

    pub(crate) fn titled(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }

    pub(super) fn value<'v>(&self, item: &'v Value) -> Option<&'v Value> {
        match &self.place {
            Place::Property(field) => field.of(item),
            Place::Computed(_) => None,
        }
    }

    pub(super) fn cell(&self, item: &Value, now: &DateTime<Utc>) -> String {
        let text = match &self.place {
            Place::Property(field) => {
                let value = field.of(item).unwrap_or(&Value::Null);
                text::short(self.field, value, now)
            }
            Place::Computed(compute) => compute(item),
        };
        plain(&text).into_owned()
    }

    /// The exact value, as programs want it.
    pub(super) fn exact(&self, item: &Value) -> String {
        match &self.place {
            Place::Property(field) => match field.of(item) {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            },
            Place::Computed(compute) => compute(item),
        }
    }

    fn is_number(&self) -> bool {
        self.field
            .is_some_and(|it| matches!(it.ty, Type::Integer | Type::Number))
    }
}

fn property(component: &'static Component, name: &str) -> Option<&'static Field> {
    let mapping = component.discriminator.as_ref();
    let variants = mapping.into_iter().flat_map(|it| it.mapping);
    component.property(name).or_else(|| {
        variants
            .filter_map(|(tag, _)| component.variant(tag))
            .find_map(|variant| variant.property(name))
    })
}

/// Items in rows and columns.
pub(crate) struct Table<'a> {
    pub(crate) columns: Vec<Column>,
    pub(crate) items: &'a [Value],
}

impl<'a> Table<'a> {
    /// A table of what says most about items of a component: the properties that some of them have, in the order
    /// of the document, and then those that it does not know.
    pub(crate) fn of(component: Option<&'static Component>, items: &'a [Value]) -> Self {
        let mut names: Vec<&str> = Vec::new();
        for item in items {
            let of = text::variant(component, item);
            let known = of.map_or(&[][..], |it| it.properties).iter();
            let members = item.as_object();
            let others = members.into_iter().flat_map(|it| it.keys());
            for name in known.map(|it| it.name).chain(others.map(String::as_str)) {
                let is_there = item.get(name).is_some_and(|value| !value.is_null());
                if is_there && !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        let mut columns: Vec<_> = names
            .iter()
            .map(|name| Column::of(component, name))
            .collect();
        if columns.is_empty() && !items.is_empty() {
            columns.push(Column::of(None, ""));
        }
        // Names tell people more than ids do, and what is the same everywhere tells least.
        let is_constant = |column: &Column| {
            let mut values = items.iter().map(|item| column.value(item));
            let first = values.next();
            items.len() > 1 && values.all(|value| Some(value) == first)
        };
        columns.sort_by_key(|column| match &column.field {
            Some(field) if field.name == "name" => 0,
            _ if !is_constant(column) => 1,
            _ => 2,
        });
        Self { columns, items }
    }

    /// Lays out the columns that fit beside each other, and leaves out the last ones that do not.
    pub(crate) fn lay_out(&self, page: &mut Page<'_>, now: &DateTime<Utc>) {
        if self.items.is_empty() {
            let _ = writeln!(page.text, "{}", page.output.paint(FAINT, "nothing"));
            return;
        }
        let cells_of = |column: &Column| -> Vec<String> {
            self.items
                .iter()
                .map(|item| column.cell(item, now))
                .collect()
        };
        let mut shown: Vec<(&Column, usize, Vec<String>)> = Vec::new();
        let mut left = page.output.width;
        for column in &self.columns {
            let nested = |item| column.value(item).is_some_and(is_nested);
            if self.items.iter().any(nested) && !shown.is_empty() {
                continue;
            }
            let mut cells = cells_of(column);
            if shown.is_empty() && page.output.is_terminal {
                // What comes after one long name is worth more than its middle.
                let next = self.columns.get(1);
                let rest = next.map_or(0, |next| widest_of(next, &cells_of(next)) + GAP);
                let most = left.saturating_sub(rest).clamp(LEAST, WIDEST);
                cells.iter_mut().for_each(|cell| shorten(cell, most));
            }
            let widest = widest_of(column, &cells);
            let width = widest.min(WIDEST);
            if cells.iter().all(String::is_empty) || (!shown.is_empty() && widest > left) {
                continue;
            }
            left = left.saturating_sub(width.max(widest.min(left)) + GAP);
            shown.push((column, width, cells));
            if page.output.width < NARROW && shown.len() == 2 {
                break;
            }
        }
        let titles = shown
            .iter()
            .map(|(column, width, _)| (column, *width, column.title.clone()));
        write_row(page, titles, FAINT);
        for row in 0..self.items.len() {
            let cells = shown.iter().map(|(column, width, cells)| {
                (column, *width, cells.get(row).cloned().unwrap_or_default())
            });
            write_row(page, cells, PLAIN);
        }
    }

    /// Writes the table as CSV (RFC 4180), with exact values and, at first, a line of names.
    pub(crate) fn csv(&self, with_names: bool) -> String {
        let mut text = String::new();
        let mut line = |cells: Vec<String>| {
            let cells: Vec<_> = cells.iter().map(|cell| quoted(cell)).collect();
            text.push_str(&cells.join(","));
            text.push_str("\r\n");
        };
        if with_names {
            let name = |column: &Column| match column.field {
                Some(field) => field.name.to_owned(),
                None => column.title.clone(),
            };
            line(self.columns.iter().map(name).collect());
        }
        for item in self.items {
            line(
                self.columns
                    .iter()
                    .map(|column| column.exact(item))
                    .collect(),
            );
        }
        text
    }
}

fn widest_of(column: &Column, cells: &[String]) -> usize {
    let widths = cells.iter().map(|cell| cell.width());
    widths.max().unwrap_or(0).max(column.title.width())
}

/// Leaves out the middle of a text that is wider than `most` columns; names differ at their start and their end.
fn shorten(text: &mut String, most: usize) {
    if text.width() <= most {
        return;
    }
    let half = most.saturating_sub(1) / 2;
    let take = |characters: &mut dyn Iterator<Item = char>| {
        let mut width = 0;
        let part = characters.take_while(|it| {
            width += it.width().unwrap_or(0);
            width <= half
        });
        part.collect::<Vec<_>>()
    };
    let start = take(&mut text.chars());
    let end = take(&mut text.chars().rev());
    let middle = std::iter::once('…');
    *text = start
        .into_iter()
        .chain(middle)
        .chain(end.into_iter().rev())
        .collect();
}

fn write_row<'a>(
    page: &mut Page<'_>,
    cells: impl ExactSizeIterator<Item = (&'a &'a Column, usize, String)>,
    style: anstyle::Style,
) {
    let last = cells.len().saturating_sub(1);
    for (index, (column, width, cell)) in cells.enumerate() {
        let style = if index == 0 && style == PLAIN {
            BOLD
        } else {
            style
        };
        let padding = " ".repeat(width.saturating_sub(cell.width()));
        let painted = page.output.paint(style, &cell);
        let _ = match (column.is_number(), index == last) {
            (_, true) if cell.is_empty() => write!(page.text, ""),
            (true, _) => write!(page.text, "{padding}{painted}"),
            (false, true) => write!(page.text, "{painted}"),
            (false, false) => write!(page.text, "{painted}{padding}"),
        };
        if index < last {
            page.text.push_str("  ");
        }
    }
    page.text.truncate(page.text.trim_end_matches(' ').len());
    page.text.push('\n');
}

fn is_nested(value: &Value) -> bool {
    match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(items) => items.iter().any(|it| it.is_object() || it.is_array()),
        _ => false,
    }
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
