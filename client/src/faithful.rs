//! Writing values in the form in which ImageKit writes them, so that a decoded answer encodes to
//! the JSON it came from.

use chrono::{DateTime, SecondsFormat, Timelike, Utc};
use serde::Serializer;

/// A number without a fraction is written without one: `100`, not `100.0`.
pub(crate) fn number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT && !(*value == 0.0 && value.is_sign_negative())
    {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole, and within 2^53 of zero"
        )]
        serializer.serialize_i64(*value as i64)
    } else {
        serializer.serialize_f64(*value)
    }
}

/// A time is written with three digits of a second, and more only if it has more.
pub(crate) fn date_time<S: Serializer>(
    value: &DateTime<Utc>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let digits = if value.nanosecond().is_multiple_of(1_000_000) {
        SecondsFormat::Millis
    } else {
        SecondsFormat::AutoSi
    };
    serializer.collect_str(&value.to_rfc3339_opts(digits, true))
}

/// The same for values that may be absent.
pub(crate) mod option {
    use super::{DateTime, Serializer, Utc};

    pub(crate) fn number<S: Serializer>(
        value: &Option<f64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => super::number(value, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn date_time<S: Serializer>(
        value: &Option<DateTime<Utc>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => super::date_time(value, serializer),
            None => serializer.serialize_none(),
        }
    }
}
