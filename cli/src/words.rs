//! Measures and moments in words for people.

use std::borrow::Cow;
use std::time::Duration;

use chrono::{DateTime, Utc};
use imagekit_client::types;
use indicatif::{FormattedDuration, HumanCount};
use serde_json::Value;

/// A count with its thousands set apart: `2,817,345`.
pub(crate) fn count(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", HumanCount(number.unsigned_abs()))
}

/// So many of something: `1 file`, `2,000 files`.
pub(crate) fn counted(number: usize, name: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {name}{plural}", HumanCount(number as u64))
}

/// A number with its thousands set apart and its fraction as it is.
pub(crate) fn number(number: f64) -> String {
    let text = number.to_string();
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    match whole.parse() {
        Ok(whole) if whole != 0 => format!("{}{fraction}", count(whole)),
        _ => text,
    }
}

/// An amount in the largest fitting unit of a thousand, and exactly: `2.82 MB (2,817,345 bytes)`.
pub(crate) fn amount(exact: i64, symbol: &str, unit: &str) -> (String, Option<String>) {
    const PREFIXES: [&str; 6] = ["k", "M", "G", "T", "P", "E"];
    let in_full = format!("{} {unit}", count(exact));
    let mut divisor = 1.0;
    let mut rounded = None;
    #[expect(
        clippy::cast_precision_loss,
        reason = "three digits of it are shown, and the exact amount beside them"
    )]
    let amount = exact as f64;
    for prefix in PREFIXES {
        divisor *= 1000.0;
        if amount < divisor {
            break;
        }
        rounded = Some((amount / divisor, prefix));
    }
    match rounded {
        None => (in_full, None),
        Some((scaled, prefix)) => {
            let digits = match scaled {
                ..10.0 => 2,
                10.0..100.0 => 1,
                _ => 0,
            };
            (format!("{scaled:.digits$} {prefix}{symbol}"), Some(in_full))
        }
    }
}

pub(crate) fn bytes(size: i64) -> (String, Option<String>) {
    amount(size, "B", if size == 1 { "byte" } else { "bytes" })
}

/// A length of time as on a clock, `1:00:00`.
pub(crate) fn playing_time(seconds: f64) -> Option<String> {
    let duration = Duration::try_from_secs_f64(seconds).ok()?;
    Some(FormattedDuration(duration).to_string())
}

pub(crate) fn date_time(moment: &DateTime<Utc>) -> String {
    moment.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `3 days ago`.
pub(crate) fn since(moment: &DateTime<Utc>, now: &DateTime<Utc>) -> String {
    const UNITS: [(i64, &str); 6] = [
        (31_556_952, "year"),
        (2_629_746, "month"),
        (86_400, "day"),
        (3_600, "hour"),
        (60, "minute"),
        (1, "second"),
    ];
    let passed = (*now - *moment).num_seconds();
    let unit = UNITS.iter().find(|(seconds, _)| passed.abs() >= *seconds);
    let Some((seconds, name)) = unit else {
        return "just now".to_owned();
    };
    let number = passed.abs() / seconds;
    let plural = if number == 1 { "" } else { "s" };
    if passed < 0 {
        format!("in {number} {name}{plural}")
    } else {
        format!("{number} {name}{plural} ago")
    }
}

/// `4032 × 3024 px`.
pub(crate) fn dimensions(version: &types::File) -> Option<String> {
    match (version.width, version.height) {
        (Some(width), Some(height)) => Some(format!("{width} × {height} px")),
        (Some(width), None) => Some(format!("{width} px wide")),
        (None, Some(height)) => Some(format!("{height} px high")),
        (None, None) => None,
    }
}

/// An address, without the content that one may be.
pub(crate) fn address(url: &str) -> Cow<'_, str> {
    match url.split_once(',') {
        Some((kind, content)) if kind.starts_with("data:") => {
            Cow::Owned(format!("{kind},… ({} characters)", content.chars().count()))
        }
        _ => Cow::Borrowed(url),
    }
}

/// Any JSON value, as short and clear as its type allows.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(it) => match (it.as_i64(), it.as_f64()) {
            (Some(whole), _) => count(whole),
            (None, Some(fraction)) => number(fraction),
            (None, None) => it.to_string(),
        },
        Value::String(text) => match DateTime::parse_from_rfc3339(text) {
            Ok(moment) => date_time(&moment.to_utc()),
            Err(_) => address(text).into_owned(),
        },
        Value::Array(items)
            if items
                .iter()
                .all(|item| !item.is_array() && !item.is_object()) =>
        {
            let items: Vec<String> = items.iter().map(self::value).collect();
            items.join(", ")
        }
        Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_keep_three_digits_and_the_exact_value() {
        let of = |size| match bytes(size) {
            (short, Some(exact)) => format!("{short} ({exact})"),
            (exact, None) => exact,
        };
        assert_eq!(of(0), "0 bytes");
        assert_eq!(of(1), "1 byte");
        assert_eq!(of(999), "999 bytes");
        assert_eq!(of(1000), "1.00 kB (1,000 bytes)");
        assert_eq!(of(2_817_345), "2.82 MB (2,817,345 bytes)");
        assert_eq!(of(48_123_456), "48.1 MB (48,123,456 bytes)");
        assert_eq!(of(4_812_345_678), "4.81 GB (4,812,345,678 bytes)");
        assert_eq!(of(i64::MAX), "9.22 EB (9,223,372,036,854,775,807 bytes)");
        assert_eq!(of(-5), "-5 bytes");
    }

    #[test]
    fn moments_are_told_from_now() {
        let now: DateTime<Utc> = "2026-01-04T00:00:00Z".parse().unwrap();
        let told = |moment: &str| since(&moment.parse().unwrap(), &now);
        assert_eq!(told("2026-01-01T00:00:00Z"), "3 days ago");
        assert_eq!(told("2026-01-03T23:59:59.900Z"), "just now");
        assert_eq!(told("2026-01-03T23:59:59Z"), "1 second ago");
        assert_eq!(told("2026-01-04T02:00:00Z"), "in 2 hours");
        assert_eq!(told("2025-10-03T00:00:00Z"), "3 months ago");
        assert_eq!(told("2019-01-03T00:00:00Z"), "7 years ago");
        let longest = since(&DateTime::<Utc>::MIN_UTC, &DateTime::<Utc>::MAX_UTC);
        assert_eq!(longest, "524285 years ago");
    }

    #[test]
    fn values_read_well() {
        let told = |json: &str| value(&serde_json::from_str(json).unwrap());
        assert_eq!(told("149.5"), "149.5");
        assert_eq!(told("-1234567.25"), "-1,234,567.25");
        assert_eq!(told("-0.5"), "-0.5");
        assert_eq!(told("1e300"), format!("{}", 1e300));
        assert_eq!(told("18446744073709551615"), "18446744073709552000");
        assert_eq!(told(r#"["S", 40, true]"#), "S, 40, yes");
        assert_eq!(told(r#"{"a": [1]}"#), r#"{"a":[1]}"#);
        assert_eq!(
            told(r#""2026-01-04T00:00:00.000Z""#),
            "2026-01-04 00:00:00 UTC"
        );
    }
}
