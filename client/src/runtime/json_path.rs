use std::fmt;
use std::mem;

use crate::open_union::MARK;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// Returns the JSONPath of the value that serde_json was parsing when it failed at byte `position`:
/// `$.versionInfo.id`, `$.AITags[0]`, `$["two words"]`.
///
/// The document is read once more, up to that byte, and what cannot be finished there is what the
/// byte belongs to. Unlike a deserializer that keeps track, this is not compiled anew for each type
/// that a document may become.
pub(crate) fn json_path(document: &[u8], position: usize) -> String {
    let last = document.get(position);
    let mut before = document.get(..position).unwrap_or(document);
    if last == Some(&b'[') {
        // It is the first item that comes next.
        before = &document[..=position];
    } else if last.is_some_and(is_of_number) {
        // A part of a number would be one too, and finished.
        let digits = before.iter().rev().take_while(|byte| is_of_number(byte));
        before = &before[..before.len() - digits.count()];
    }
    let mut path = Path {
        text: "$".to_owned(),
        is_past_last_item: last == Some(&b']'),
    };
    let mut deserializer = serde_json::Deserializer::from_slice(before);
    // Failing where the document is cut, it leaves the path as it was there.
    let _ = path.deserialize(&mut deserializer);
    path.text
}

/// Returns the offset of the byte at which serde_json failed.
pub(crate) fn position(body: &[u8], error: &serde_json::Error) -> usize {
    let start: usize = body
        .split_inclusive(|byte| *byte == b'\n')
        .take(error.line().saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    start + error.column().saturating_sub(1)
}

/// Returns the JSONPath at which serde_json failed, and what it said.
pub(crate) fn located(document: &[u8], error: &serde_json::Error) -> (String, String) {
    // Nothing was read when the document itself turned out to be of another kind.
    let path = match error.column() {
        0 => "$".to_owned(),
        _ => json_path(document, position(document, error)),
    };
    let message = error.to_string();
    // What a union had read before it knew its variant names its property itself.
    if let [_, discriminator, name, rest] = message.splitn(4, MARK).collect::<Vec<_>>().as_slice() {
        let object = path.strip_suffix(&format!(".{discriminator}"));
        return (
            format!("{}.{name}", object.unwrap_or(&path)),
            (*rest).to_owned(),
        );
    }
    (path, message)
}

fn is_of_number(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')
}

/// The path of the value that is being read.
struct Path {
    text: String,
    /// Whether the document is cut where a list ends, and not within an item of it.
    is_past_last_item: bool,
}

impl Path {
    fn push_key(&mut self, key: &str) {
        use fmt::Write as _;
        let is_plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_');
        // Writing to a String cannot fail.
        let _ = if is_plain {
            write!(self.text, ".{key}")
        } else {
            write!(self.text, "[{key:?}]")
        };
    }

    fn push_index(&mut self, index: usize) {
        use fmt::Write as _;
        let _ = write!(self.text, "[{index}]");
    }
}

impl<'de> DeserializeSeed<'de> for &mut Path {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Path {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let length = self.text.len();
        while let Some(key) = map.next_key::<String>()? {
            self.push_key(&key);
            map.next_value_seed(&mut *self)?;
            self.text.truncate(length);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let length = self.text.len();
        for index in 0.. {
            self.push_index(index);
            let item = items.next_element_seed(&mut *self);
            if item.is_ok() || mem::take(&mut self.is_past_last_item) {
                self.text.truncate(length);
            }
            if item?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_belongs_to_what_is_not_finished_before_it() {
        // The last byte is the one before the bar.
        for (document, path) in [
            (r#"4|2"#, "$"),
            (r#"{"a":4|2}"#, "$.a"),
            (r#"{"a":42|}"#, "$.a"),
            (r#"{"a":-1.5e+3|}"#, "$.a"),
            (r#"{"a":42}|"#, "$"),
            (r#"{"a":42,|"b":1}"#, "$"),
            (r#"{"a":{"b":"7"|}}"#, "$.a.b"),
            (r#"{"a":{"b":true|}}"#, "$.a.b"),
            (r#"{"a":{"b":null}|}"#, "$.a"),
            (r#"{"a":{|}}"#, "$.a"),
            (r#"{"a":[1,{"b":[|"#, "$.a[1].b[0]"),
            (r#"[[],[1,2|]]"#, "$[1][1]"),
            (r#"{"a":[]|}"#, "$.a"),
            (r#"{"a":[[1,2]|]}"#, "$.a[0]"),
            (r#"{"a":1,"a"|:2}"#, "$"),
            (r#"{"a b":1|}"#, r#"$["a b"]"#),
            (r#"{"":1|}"#, r#"$[""]"#),
            (r#"{"ü_1":1|}"#, "$.ü_1"),
        ] {
            let end = document.find('|').unwrap();
            let document = document.replace('|', "");
            assert_eq!(json_path(document.as_bytes(), end - 1), path, "{document}");
        }
        assert_eq!(json_path(b"{}", 7), "$");
    }
}
