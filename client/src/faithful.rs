//! Reading values in every form that JSON has for them, and writing them in the form in which
//! ImageKit does, so that a decoded answer encodes to the JSON it came from.
#![allow(
    dead_code,
    reason = "the document decides which of these the models need"
)]

use std::fmt;

use chrono::{DateTime, SecondsFormat, Timelike, Utc};
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serializer};

/// An integer, which JSON may write with a fraction of zero: `94.0`.
struct Integer(i64);

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IntegerVisitor;

        impl Visitor<'_> for IntegerVisitor {
            type Value = Integer;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("i64")
            }

            fn visit_i64<E>(self, value: i64) -> Result<Integer, E> {
                Ok(Integer(value))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Integer, E> {
                i64::try_from(value)
                    .map(Integer)
                    .map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Integer, E> {
                whole(value)
                    .map(Integer)
                    .ok_or_else(|| E::invalid_value(Unexpected::Float(value), &self))
            }
        }

        deserializer.deserialize_i64(IntegerVisitor)
    }
}

/// The same number as an integer, if it is one and there is no doubt which.
fn whole(value: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole, and within 2^53 of zero"
    )]
    (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as i64)
}

/// An integer in any form.
pub(crate) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Integer::deserialize(deserializer).map(|integer| integer.0)
}

/// A number without a fraction is written without one: `100`, not `100.0`.
pub(crate) fn number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    match whole(*value) {
        // There is no integer for minus zero.
        Some(integer) if integer != 0 || value.is_sign_positive() => {
            serializer.serialize_i64(integer)
        }
        _ => serializer.serialize_f64(*value),
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
    use super::{DateTime, Deserialize as _, Deserializer, Integer, Serializer, Utc};

    pub(crate) fn integer<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<i64>, D::Error> {
        Ok(Option::<Integer>::deserialize(deserializer)?.map(|integer| integer.0))
    }

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
