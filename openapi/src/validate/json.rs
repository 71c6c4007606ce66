//! JSON from outside, read as strictly as the client reads responses.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Parses JSON that somebody has stored.
///
/// A byte order mark is left out. Of a key that stands twice in an object, one value would be lost, and the client
/// refuses such a response: so does this.
///
/// ```
/// use imagekit_openapi::validate::parse_json;
///
/// assert_eq!(parse_json(b"\xef\xbb\xbf[1]")?, serde_json::json!([1]));
/// let error = parse_json(br#"{"a": 1, "a": 2}"#).unwrap_err();
/// assert!(error.contains("`a` stands twice"), "{error}");
/// # Ok::<(), String>(())
/// ```
///
/// # Errors
///
/// If it is not JSON in UTF-8, in a sentence that says why, with line and column.
pub fn parse_json(json: &[u8]) -> Result<Value, String> {
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] = json {
        return Err("it is encoded in UTF-16; JSON is UTF-8".to_owned());
    }
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    serde_json::from_slice(json)
        .map(|Strict(value)| value)
        .map_err(|error| error.to_string())
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any).map(Strict)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut read = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            read.push(item);
        }
        Ok(read.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut read = Map::new();
        while let Some((name, Strict(value))) = entries.next_entry::<String, Strict>()? {
            if read.contains_key(&name) {
                return Err(A::Error::custom(format!("the key `{name}` stands twice")));
            }
            read.insert(name, value);
        }
        Ok(read.into())
    }
}
