//! Any object, by the labels and types that the document gives its properties.

use chrono::{DateTime, Utc};
use imagekit_openapi::{Component, Field, component};
use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr as _;

use super::page::{LABEL_WIDTH, Page, padded, word};
use super::table::Table;
use super::text;
use crate::terminal::{BOLD, FAINT, NAME, plain};

const WIDEST_LABEL: usize = 32;

/// A property of a record, with what the document says about it.
struct Property<'a> {
    label: &'a str,
    field: Option<&'static Field>,
    value: &'a Value,
}

/// Lays out a record, with a line or more for each property that it has.
pub(crate) fn lay_out(
    page: &mut Page<'_>,
    of: Option<&'static Component>,
    value: &Value,
    now: &DateTime<Utc>,
) {
    let Value::Object(object) = value else {
        if !value.is_null() {
            page.row("", text::long(None, value, now));
        }
        return;
    };
    let of = text::variant(of, value);
    if let Some(name) = object.get("name").and_then(Value::as_str) {
        page.flow(0, 0, vec![word(name, BOLD)]);
    }
    let properties = properties(of, object);
    let widest = properties.iter().map(|it| it.label.width()).max();
    let widest = widest.unwrap_or(0).min(WIDEST_LABEL) + 4;
    page.label_width = widest.max(LABEL_WIDTH);
    let (long, short): (Vec<_>, Vec<_>) = properties.into_iter().partition(Property::is_table);
    if short.is_empty() && long.is_empty() {
        page.flow(0, 0, vec![word("nothing", FAINT)]);
    }
    for Property {
        label,
        field,
        value,
    } in short
    {
        match value {
            Value::Object(members) if !members.is_empty() => {
                match field.and_then(|it| component(it.component?)) {
                    Some(of) => nested(page, label, text::variant(Some(of), value), members, now),
                    None => page.map(label, members),
                }
            }
            value => page.row(label, text::long(field, value, now)),
        }
    }
    for Property {
        label,
        field,
        value,
    } in long
    {
        page.gap();
        page.flow(0, 0, vec![word(label, BOLD)]);
        let items = value.as_array().map_or(&[][..], Vec::as_slice);
        let of = field.and_then(|it| component(it.component?));
        Table::of(of, items).lay_out(page, now);
    }
}

/// Lays out a record within another one, as a small table of labels and values.
fn nested(
    page: &mut Page<'_>,
    label: &str,
    of: Option<&'static Component>,
    members: &Map<String, Value>,
    now: &DateTime<Utc>,
) {
    let properties = properties(of, members);
    let widths = properties.iter().map(|it| plain(it.label).width());
    let widest = widths.max().unwrap_or(0).min(WIDEST_LABEL);
    for (index, property) in properties.iter().enumerate() {
        let name = padded(&plain(property.label), widest + 1);
        let mut row = vec![word(&name, NAME)];
        row.extend(text::long(property.field, property.value, now));
        page.row(if index == 0 { label } else { "" }, row);
    }
}

impl Property<'_> {
    /// Whether it takes more than a few lines.
    fn is_table(&self) -> bool {
        let items = self.value.as_array();
        items.is_some_and(|items| items.iter().any(Value::is_object))
    }
}

/// The properties that are there, in the order of the document, and then those that it does not know.
fn properties<'a>(
    of: Option<&'static Component>,
    object: &'a Map<String, Value>,
) -> Vec<Property<'a>> {
    let fields = of.map_or(&[][..], |it| it.properties);
    let known = fields.iter().filter_map(|field| {
        Some(Property {
            label: field.label,
            field: Some(field),
            value: object.get(field.name)?,
        })
    });
    let is_known = |name: &str| fields.iter().any(|it| it.name == name);
    let others = object.iter().filter(|(name, _)| !is_known(name));
    let others = others.map(|(name, value)| Property {
        label: name,
        field: None,
        value,
    });
    known.chain(others).collect()
}
