//! Search expressions, as far as their grammar is documented.

mod evaluate;
mod parse;

use chrono::{DateTime, Months, NaiveDate, NaiveDateTime, TimeDelta, Utc};

/// What a search looks for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Condition(Condition),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    field: Field,
    operator: Operator,
    operands: Vec<Operand>,
}

#[derive(Clone, Debug, PartialEq)]
enum Field {
    Name,
    Tags,
    Type,
    Id,
    CreatedAt,
    UpdatedAt,
    Width,
    Height,
    Size,
    Format,
    Private,
    Published,
    Transparency,
    CreatedBy,
    Path,
    CustomMetadata(String),
    EmbeddedMetadata(String),
    Fact(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    StartsWith,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    Has,
    Exists,
    NotExists,
}

#[derive(Clone, Debug, PartialEq)]
enum Operand {
    /// A text, and the time that it means if it can mean one.
    Text(String, Option<When>),
    Number(f64),
    Boolean(bool),
}

/// A time in a search.
#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    /// Milliseconds since 1970.
    At(i64),
    Ago(TimeDelta),
    MonthsAgo(u32),
}

impl When {
    fn parse(text: &str) -> Option<Self> {
        if let Some(at) = parse_time(text) {
            return Some(Self::At(at));
        }
        let unit = text.chars().last()?;
        let number: u32 = text.strip_suffix(unit)?.parse().ok()?;
        match unit {
            'h' => TimeDelta::try_hours(number.into()).map(Self::Ago),
            'd' => TimeDelta::try_days(number.into()).map(Self::Ago),
            'w' => TimeDelta::try_weeks(number.into()).map(Self::Ago),
            'm' => Some(Self::MonthsAgo(number)),
            'y' => number.checked_mul(12).map(Self::MonthsAgo),
            _ => None,
        }
    }

    fn millis(self, now: DateTime<Utc>) -> i64 {
        let time = match self {
            Self::At(millis) => return millis,
            Self::Ago(delta) => now.checked_sub_signed(delta),
            Self::MonthsAgo(months) => now.checked_sub_months(Months::new(months)),
        };
        time.map_or(i64::MIN, |it| it.timestamp_millis())
    }
}

/// Reads a day or a time of a search or of metadata, in milliseconds since 1970.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    if !text.starts_with(|it: char| it.is_ascii_digit()) || text.len() < 10 {
        return None;
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp_millis());
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let midnight = day.and_then(|it| it.and_hms_opt(0, 0, 0));
    let time = || NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok();
    midnight
        .or_else(time)
        .map(|it| it.and_utc().timestamp_millis())
}
