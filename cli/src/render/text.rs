//! Single values as the document describes them: with units, moments and names.

use chrono::{DateTime, Utc};
use imagekit_openapi::{Component, Field};
use serde_json::Value;

use super::page::{Word, word, words};
use crate::json::is_nothing;
use crate::terminal::{FAINT, PLAIN};
use crate::words;

/// Returns the variant of a union that a value is, or the component itself.
pub(super) fn variant(
    component: Option<&'static Component>,
    value: &Value,
) -> Option<&'static Component> {
    let union = component?;
    let Some(discriminator) = &union.discriminator else {
        return Some(union);
    };
    let tag = value.get(discriminator.property).and_then(Value::as_str)?;
    union.variant(tag)
}

/// Returns a value in as few words as possible: for a cell of a table.
pub(super) fn short(field: Option<&Field>, value: &Value, now: &DateTime<Utc>) -> String {
    if is_nothing(value) {
        return String::new();
    }
    if let Some(moment) = moment(field, value) {
        return words::since(&moment, now);
    }
    match (field.and_then(|it| it.unit), value.as_i64(), value.as_f64()) {
        (Some("bytes"), Some(size), _) => words::bytes(size).0,
        (Some("bits per second"), Some(rate), _) => words::amount(rate, "bit/s", "bit/s").0,
        (Some("seconds"), _, Some(seconds)) => {
            words::playing_time(seconds).unwrap_or_else(|| words::value(value))
        }
        (Some(unit), _, Some(_)) => format!("{} {}", words::value(value), symbol(unit)),
        _ => words::value(value),
    }
}

/// Returns a value with all that is to be known of it: for a row of a record.
pub(super) fn long(field: Option<&Field>, value: &Value, now: &DateTime<Utc>) -> Vec<Word> {
    if is_nothing(value) {
        return vec![word("none", FAINT)];
    }
    if let Some(moment) = moment(field, value) {
        let mut row = words(&words::since(&moment, now), PLAIN);
        row.extend(words(&words::date_time(&moment), FAINT));
        return row;
    }
    let amount = match (field.and_then(|it| it.unit), value.as_i64()) {
        (Some("bytes"), Some(size)) => Some(words::bytes(size)),
        (Some("bits per second"), Some(rate)) => Some(words::amount(rate, "bit/s", "bit/s")),
        _ => None,
    };
    if let Some((short, exact)) = amount {
        let mut row = words(&short, PLAIN);
        row.extend(
            exact
                .iter()
                .flat_map(|exact| words(&format!("({exact})"), FAINT)),
        );
        return row;
    }
    if value.as_str() == Some("") {
        return vec![word("empty", FAINT)];
    }
    words(&short(field, value, now), PLAIN)
}

fn moment(field: Option<&Field>, value: &Value) -> Option<DateTime<Utc>> {
    let is_moment = field.is_none_or(|it| it.format == Some("date-time"));
    let text = value.as_str().filter(|_| is_moment)?;
    Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc())
}

fn symbol(unit: &str) -> &str {
    match unit {
        "pixels" => "px",
        "percent" => "%",
        "milliseconds" => "ms",
        "seconds" => "s",
        other => other,
    }
}
