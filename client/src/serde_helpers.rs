//! Reading values in every form that JSON has for them, and writing them in the form in which ImageKit does, so
//! that a decoded response encodes to the JSON it came from.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime, NaiveDate, SecondsFormat, Timelike, Utc};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Unexpected, Visitor,
};
use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use crate::runtime::no_number;

/// A value whose derived form would lose something.
pub(crate) trait Lossless: Sized {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

/// Reads the field of a newtype, for `#[serde(deserialize_with)]`.
#[allow(
    dead_code,
    reason = "the document decides whether a newtype holds a number"
)]
pub(crate) fn read<'de, T: Lossless, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::read(deserializer)
}

/// Writes the field of a newtype, for `#[serde(serialize_with)]`.
#[allow(
    dead_code,
    reason = "the document decides whether a newtype holds a number"
)]
pub(crate) fn write<T: Lossless, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    value.write(serializer)
}

/// An integer, which JSON may write with a fraction of zero: `94.0`.
impl Lossless for i64 {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Integer;

        impl Visitor<'_> for Integer {
            type Value = i64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("i64")
            }

            fn visit_i64<E>(self, value: i64) -> Result<i64, E> {
                Ok(value)
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<i64, E> {
                i64::try_from(value)
                    .map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<i64, E> {
                whole(value).ok_or_else(|| E::invalid_value(Unexpected::Float(value), &self))
            }
        }

        deserializer.deserialize_i64(Integer)
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(*self)
    }
}

/// A number, which is written without a fraction if it has none: `100`, not `100.0`. What JSON has no form for is
/// refused.
impl Lossless for f64 {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer)
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if !self.is_finite() {
            return Err(no_number(*self));
        }
        match whole(*self).filter(|_| self.abs() <= EXACT) {
            // There is no integer for minus zero.
            Some(integer) if integer != 0 || self.is_sign_positive() => {
                serializer.serialize_i64(integer)
            }
            _ => serializer.serialize_f64(*self),
        }
    }
}

/// A number that a request holds, written as ImageKit writes it.
#[allow(
    dead_code,
    reason = "the document decides whether an operation takes a number"
)]
pub(crate) struct Number(pub(crate) f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

/// Returns the same number as an integer, if it is one of 64 bits.
fn whole(value: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    #[expect(clippy::cast_possible_truncation, reason = "whole, and within 64 bits")]
    (value.fract() == 0.0 && (-LIMIT..LIMIT).contains(&value)).then_some(value as i64)
}

/// A time as RFC 3339 writes it, and in no other form; written with three digits of a second, and more only if
/// it has more.
impl Lossless for DateTime<Utc> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Time;

        impl Visitor<'_> for Time {
            type Value = DateTime<Utc>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an RFC 3339 date and time")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                // chrono takes more than the RFC: digits that are missing, spaces and names of zones.
                let parsed = is_rfc_3339(text.as_bytes())
                    .then(|| DateTime::parse_from_rfc3339(text).ok())
                    .flatten();
                parsed
                    .map(|time| time.with_timezone(&Utc))
                    .ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_str(Time)
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digits = if self.nanosecond().is_multiple_of(1_000_000) {
            SecondsFormat::Millis
        } else {
            SecondsFormat::AutoSi
        };
        serializer.collect_str(&self.to_rfc3339_opts(digits, true))
    }
}

/// Returns `true` for the form `2026-01-31T23:59:60.999Z`, with any fraction and any offset.
fn is_rfc_3339(text: &[u8]) -> bool {
    let matches = |text: &[u8], form: &[u8]| {
        text.len() == form.len()
            && text.iter().zip(form).all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                b'T' | b'Z' => byte.eq_ignore_ascii_case(form),
                b'+' => matches!(byte, b'+' | b'-'),
                form => byte == form,
            })
    };
    let Some((time, rest)) = text.split_at_checked(19) else {
        return false;
    };
    let digits = match rest.strip_prefix(b".") {
        Some(fraction) => fraction
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count(),
        None => 0,
    };
    let zone = match rest.strip_prefix(b".") {
        Some(fraction) if digits > 0 => &fraction[digits..],
        Some(_) => return false,
        None => rest,
    };
    matches(time, b"0000-00-00T00:00:00") && (matches(zone, b"Z") || matches(zone, b"+00:00"))
}

/// A date as RFC 3339 writes it.
impl Lossless for NaiveDate {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let unfit =
            || D::Error::invalid_value(Unexpected::Str(&text), &"a date such as 2026-01-31");
        if text.len() != 10 {
            return Err(unfit());
        }
        NaiveDate::parse_from_str(&text, "%Y-%m-%d").map_err(|_| unfit())
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A value within a list, a map or an option.
struct Part<T>(T);

impl<'de, T: Lossless> Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self)
    }
}

struct PartRef<'a, T>(&'a T);

impl<T: Lossless> Serialize for PartRef<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

impl<T: Lossless> Lossless for Option<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<Part<T>>::deserialize(deserializer)?.map(|part| part.0))
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => value.write(serializer),
            None => serializer.serialize_none(),
        }
    }
}

impl<T: Lossless> Lossless for Vec<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parts = Vec::<Part<T>>::deserialize(deserializer)?;
        Ok(parts.into_iter().map(|part| part.0).collect())
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(PartRef))
    }
}

impl<T: Lossless> Lossless for BTreeMap<String, T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parts = BTreeMap::<String, Part<T>>::deserialize(deserializer)?;
        Ok(parts
            .into_iter()
            .map(|(name, part)| (name, part.0))
            .collect())
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(name, value)| (name, PartRef(value))))
    }
}

/// A generated struct, which is read from an object only, and never from a list of its values.
///
/// The code that a derive would print for each of them is here once.
pub(crate) trait Object: Sized {
    const NAME: &'static str;

    /// Returns the place of a property among all; that of any other name is beyond them.
    fn place(name: &str) -> usize;

    fn read<'de, A: MapAccess<'de>>(properties: Properties<Self, A>) -> Result<Self, A::Error>;
}

/// The properties of an object that is being read as `T`.
pub(crate) struct Properties<T, A> {
    map: A,
    object: PhantomData<T>,
}

/// Those that read a property are not inlined: by their references, what is read has its one place in memory, and is
/// not moved about with each property that follows.
impl<'de, T: Object, A: MapAccess<'de>> Properties<T, A> {
    /// Returns the place of the next property.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<usize>, A::Error> {
        self.map.next_key_seed(Place::<T>(PhantomData))
    }

    #[inline(never)]
    pub(crate) fn plain<V: Deserialize<'de>>(
        &mut self,
        name: &'static str,
        value: &mut Option<V>,
    ) -> Result<(), A::Error> {
        if value.is_some() {
            return Err(A::Error::duplicate_field(name));
        }
        *value = Some(self.map.next_value()?);
        Ok(())
    }

    #[inline(never)]
    pub(crate) fn lossless<V: Lossless>(
        &mut self,
        name: &'static str,
        value: &mut Option<V>,
    ) -> Result<(), A::Error> {
        if value.is_some() {
            return Err(A::Error::duplicate_field(name));
        }
        *value = Some(self.map.next_value::<Part<V>>()?.0);
        Ok(())
    }

    #[inline]
    pub(crate) fn skip(&mut self) -> Result<(), A::Error> {
        self.map.next_value::<IgnoredAny>().map(drop)
    }
}

/// Returns the value of a property that has to be there.
#[inline]
pub(crate) fn required<T, E: Error>(value: Option<T>, name: &'static str) -> Result<T, E> {
    value.ok_or_else(|| E::missing_field(name))
}

/// Takes what was read of a property.
macro_rules! take {
    (required $field:ident $name:literal) => {
        crate::serde_helpers::required($field, $name)?
    };
    (optional $field:ident $name:literal) => {
        $field.flatten()
    };
    ($or_default_or_empty:ident $field:ident $name:literal) => {
        $field.unwrap_or_default()
    };
}
pub(crate) use take;

/// Gives what is written of a property, if it is.
macro_rules! give {
    (optional $value:expr) => {
        $value.as_ref()
    };
    (or_empty $value:expr) => {
        (!$value.is_empty()).then_some(&$value)
    };
    ($required_or_default:ident $value:expr) => {
        ::std::option::Option::Some(&$value)
    };
}
pub(crate) use give;

/// Reads the name of a property as its place.
struct Place<T>(PhantomData<T>);

impl<'de, T: Object> DeserializeSeed<'de> for Place<T> {
    type Value = usize;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<T: Object> Visitor<'_> for Place<T> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a property")
    }

    #[inline]
    fn visit_str<E>(self, name: &str) -> Result<usize, E> {
        Ok(T::place(name))
    }
}

/// Reads an object as a struct.
pub(crate) struct Whole<T>(pub(crate) PhantomData<T>);

impl<'de, T: Object> Visitor<'de> for Whole<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "struct {}", T::NAME)
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::read(Properties {
            map,
            object: PhantomData,
        })
    }
}

/// Writes the properties of an object that are there; what fails first is told at the end.
pub(crate) struct Writer<S: Serializer>(Result<S::SerializeStruct, S::Error>);

impl<S: Serializer> Writer<S> {
    #[inline]
    pub(crate) fn new(serializer: S, name: &'static str, properties: usize) -> Self {
        Self(serializer.serialize_struct(name, properties))
    }

    pub(crate) fn plain<V: Serialize>(&mut self, name: &'static str, value: Option<&V>) {
        if let Some(value) = value
            && let Ok(object) = &mut self.0
            && let Err(error) = object.serialize_field(name, value)
        {
            self.0 = Err(error);
        }
    }

    pub(crate) fn lossless<V: Lossless>(&mut self, name: &'static str, value: Option<&V>) {
        self.plain(name, value.map(PartRef).as_ref());
    }

    #[inline]
    pub(crate) fn end(self) -> Result<S::Ok, S::Error> {
        self.0?.end()
    }
}

/// Makes a generated struct readable and writable: the place and the name of each property, its field, whether serde's
/// own form of it is lossless, and what becomes of it if it is absent.
macro_rules! object {
    ($model:ident { $($place:literal $name:literal $field:ident $form:ident $absent:ident;)* }) => {
        impl crate::serde_helpers::Object for $model {
            const NAME: &'static str = stringify!($model);

            #[inline]
            fn place(name: &str) -> usize {
                match name {
                    $($name => $place,)*
                    _ => usize::MAX,
                }
            }

            #[inline]
            fn read<'de, A: ::serde::de::MapAccess<'de>>(
                mut properties: crate::serde_helpers::Properties<Self, A>,
            ) -> ::std::result::Result<Self, A::Error> {
                $(let mut $field = ::std::option::Option::None;)*
                while let ::std::option::Option::Some(place) = properties.next()? {
                    // One `?` for all of them, since each takes the compiler its time.
                    match place {
                        $($place => properties.$form($name, &mut $field),)*
                        _ => properties.skip(),
                    }?;
                }
                ::std::result::Result::Ok(Self {
                    $($field: crate::serde_helpers::take!($absent $field $name),)*
                })
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $model {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                deserializer.deserialize_map(crate::serde_helpers::Whole(::std::marker::PhantomData))
            }
        }

        impl ::serde::Serialize for $model {
            fn serialize<S: ::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                let properties = 0
                    $(+ usize::from(crate::serde_helpers::give!($absent self.$field).is_some()))*;
                #[allow(unused_mut, reason = "there may be no property")]
                let mut object =
                    crate::serde_helpers::Writer::new(serializer, stringify!($model), properties);
                $(object.$form($name, crate::serde_helpers::give!($absent self.$field));)*
                object.end()
            }
        }
    };
}
pub(crate) use object;

#[cfg(test)]
mod tests {
    use serde::ser::Error as _;
    use serde_json::json;
    use serde_test::Token;

    use super::*;

    /// A text that has a form in JSON if it is not empty.
    #[derive(Debug, Default, PartialEq)]
    struct Text(String);

    impl Serialize for Text {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0.as_str() {
                "" => Err(S::Error::custom("an empty text")),
                text => serializer.serialize_str(text),
            }
        }
    }

    impl<'de> Deserialize<'de> for Text {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            String::deserialize(deserializer).map(Self)
        }
    }

    #[derive(Debug, Default, PartialEq)]
    struct Model {
        name: Text,
        size: f64,
        note: Option<Text>,
        share: Option<f64>,
        tags: Vec<String>,
        hidden: bool,
    }

    object! {
        Model {
            0 "name" name plain required;
            1 "size" size lossless required;
            2 "note" note plain optional;
            3 "share" share lossless optional;
            4 "tags" tags plain or_empty;
            5 "isHidden" hidden plain or_default;
        }
    }

    #[test]
    fn a_property_is_written_where_it_is_there_and_read_back() {
        let least = Model {
            name: Text("a".to_owned()),
            size: 100.0,
            ..Model::default()
        };
        let all = Model {
            name: Text("a".to_owned()),
            size: 1.5,
            note: Some(Text("b".to_owned())),
            share: Some(2.0),
            tags: vec!["c".to_owned()],
            hidden: true,
        };
        for (model, text) in [
            (least, r#"{"name":"a","size":100,"isHidden":false}"#),
            (
                all,
                r#"{"name":"a","size":1.5,"note":"b","share":2,"tags":["c"],"isHidden":true}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&model).unwrap(), text);
            assert_eq!(serde_json::from_str::<Model>(text).unwrap(), model);
        }
        let least = json!({ "name": "a", "size": 100, "note": null });
        assert_eq!(serde_json::from_value::<Model>(least).unwrap().note, None);
        let lacks = serde_json::from_value::<Model>(json!({ "name": "a" }));
        assert_eq!(lacks.unwrap_err().to_string(), "missing field `size`");
    }

    /// Formats that write the number of properties ahead of them rely on it.
    #[test]
    fn as_many_properties_are_announced_as_are_written() {
        let model = Model {
            name: Text("a".to_owned()),
            share: Some(0.5),
            ..Model::default()
        };
        serde_test::assert_ser_tokens(
            &model,
            &[
                Token::Struct {
                    name: "Model",
                    len: 4,
                },
                Token::Str("name"),
                Token::Str("a"),
                Token::Str("size"),
                Token::I64(0),
                Token::Str("share"),
                Token::F64(0.5),
                Token::Str("isHidden"),
                Token::Bool(false),
                Token::StructEnd,
            ],
        );
    }

    #[test]
    fn what_fails_first_is_the_error_of_the_whole() {
        let error = serde_json::to_string(&Model::default()).unwrap_err();
        assert_eq!(error.to_string(), "an empty text");
    }
}
