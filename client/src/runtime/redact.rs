//! Keeps the private key out of everything that a server may send back.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use bytes::Bytes;
use http::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::raw_response::Received;

const REDACTED: &[u8] = b"[redacted]";

/// Shortest text that counts as a secret, or as the part of one that a cut has left. Shorter ones would be
/// found everywhere.
const SHORTEST: usize = 8;

/// Shortest value of a secret property that is looked for: passwords are shorter than keys.
const SHORTEST_NAMED: usize = 4;

/// Most values of secret properties that are looked for in one response, since each is looked for everywhere in it.
const MOST_NAMED: usize = 32;

/// What has passed through a [`Redactor`]: errors and traces take nothing else from a server.
#[derive(Clone, Debug)]
pub(crate) struct Redacted<T>(T);

impl<T> Deref for Redacted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl Redacted<Received> {
    /// Keeps the first bytes of the body only.
    pub(crate) fn cut_body(mut self, longest: usize) -> Self {
        let body = &mut self.0.body;
        if body.len() > longest {
            *body = Bytes::copy_from_slice(&body[..longest]);
        }
        self
    }
}

impl Redacted<String> {
    pub(crate) fn into_inner(self) -> String {
        self.0
    }
}

/// Finds the secrets of a client in every spelling that software gives them: as they are, in base64 (with
/// and without the colon of HTTP Basic, padded or not, in both alphabets), and each of these escaped for
/// JSON, percent-encoded or as HTML entities, once or twice.
///
/// What it cannot find are texts that were changed in another way: in hexadecimal, reversed, in other case,
/// or with something between the characters.
#[derive(Clone)]
pub(crate) struct Redactor {
    needles: Vec<Needle>,
    /// Whether there are more secrets than can be looked for, so that nothing may be shown.
    hides_all: bool,
}

/// A text to look for.
#[derive(Clone)]
struct Needle {
    text: Vec<u8>,
    is_base64: bool,
}

impl Needle {
    /// Returns the spellings of a secret that cannot be told from its characters.
    fn of(secret: &[u8], shortest: usize) -> Vec<Self> {
        let needle = |text, is_base64| Self { text, is_base64 };
        let mut needles = Vec::new();
        if secret.len() >= shortest {
            needles.push(needle(secret.to_vec(), false));
        }
        // Base64 writes three bytes as four characters, so that up to the last whole group it is the same
        // whatever follows the secret.
        let whole_groups = &secret[..secret.len() / 3 * 3];
        let mut encoded = vec![STANDARD.encode(whole_groups), URL_SAFE.encode(whole_groups)];
        encoded.dedup();
        for text in encoded {
            if text.len() >= SHORTEST {
                needles.push(needle(text.into_bytes(), true));
            }
        }
        needles
    }
}

impl Redactor {
    pub(crate) fn new(key: &SecretString) -> Self {
        Self {
            needles: Needle::of(key.expose_secret().as_bytes(), SHORTEST),
            hides_all: false,
        }
    }

    /// A redactor that finds also what stands under these names in the JSON of a request or a response.
    pub(crate) fn with(&self, names: &[&str], bodies: &[&[u8]]) -> Cow<'_, Self> {
        if names.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut found: Vec<String> = Vec::new();
        for body in bodies {
            for value in named_values(body, names) {
                if found.len() <= MOST_NAMED && !found.contains(&value) {
                    found.push(value);
                }
            }
        }
        let mut needles = self.needles.clone();
        let hides_all = found.len() > MOST_NAMED;
        if !hides_all {
            for value in &found {
                needles.append(&mut Needle::of(value.as_bytes(), SHORTEST_NAMED));
            }
        }
        Cow::Owned(Self { needles, hides_all })
    }

    /// A redactor without secrets.
    pub(crate) fn none() -> Self {
        Self {
            needles: Vec::new(),
            hides_all: false,
        }
    }

    /// Decodes a redacted body, and redacts the texts in it once more.
    pub(crate) fn decoded<T: DeserializeOwned>(&self, body: &[u8]) -> Option<T> {
        let mut value: Value = serde_json::from_slice(body).ok()?;
        self.value(&mut value);
        serde_json::from_value(value).ok()
    }

    fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text).into_inner(),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(entries) => {
                for (name, mut value) in std::mem::take(entries) {
                    self.value(&mut value);
                    entries.insert(self.text(&name).into_inner(), value);
                }
            }
            _ => {}
        }
    }

    /// Redacts a text that came from a server, or that quotes one.
    pub(crate) fn text(&self, text: &str) -> Redacted<String> {
        let redacted = self.replace(text.as_bytes(), &mut 0);
        Redacted(match redacted {
            Some(redacted) => String::from_utf8_lossy(&redacted).into_owned(),
            None => text.to_owned(),
        })
    }

    /// Redacts everything that a server sent.
    pub(crate) fn received(&self, mut received: Received) -> Redacted<Received> {
        if let Some(redacted) = self.replace(&received.body, &mut 0) {
            received.body = redacted.into();
        }
        for value in received.headers.values_mut() {
            if let Some(redacted) = self.replace(value.as_bytes(), &mut 0)
                && let Ok(redacted) = HeaderValue::from_bytes(&redacted)
            {
                *value = redacted;
            }
        }
        Redacted(received)
    }

    /// Redacts a body, and returns where the byte at `position` has gone.
    pub(crate) fn body(&self, body: &Bytes, mut position: usize) -> (Redacted<Bytes>, usize) {
        match self.replace(body, &mut position) {
            Some(redacted) => (Redacted(redacted.into()), position),
            None => (Redacted(body.clone()), position),
        }
    }

    /// Replaces each secret, and keeps `position` on the byte that it is on; `None` if there is no secret.
    fn replace(&self, text: &[u8], position: &mut usize) -> Option<Vec<u8>> {
        if self.hides_all && !text.is_empty() {
            *position = 0;
            return Some(REDACTED.to_vec());
        }
        let target = *position;
        let mut replaced: Option<Vec<u8>> = None;
        let mut copied = 0;
        let mut at = 0;
        while at < text.len() {
            let Some(end) = self.find_at(text, at) else {
                at += 1;
                continue;
            };
            let out = replaced.get_or_insert_with(|| Vec::with_capacity(text.len()));
            out.extend_from_slice(&text[copied..at]);
            if (at..end).contains(&target) {
                *position = out.len();
            } else if target >= end {
                *position = target - end + out.len() + REDACTED.len();
            }
            out.extend_from_slice(REDACTED);
            copied = end;
            at = end;
        }
        if let Some(out) = &mut replaced {
            out.extend_from_slice(&text[copied..]);
        }
        replaced
    }

    /// Returns where the secret ends that begins at `at`.
    fn find_at(&self, text: &[u8], at: usize) -> Option<usize> {
        self.needles
            .iter()
            .filter_map(|needle| {
                let end = spelled(text, at, &needle.text)?;
                // The rest of the base64, of which only whole groups were looked for.
                Some(if needle.is_base64 {
                    base64_end(text, end)
                } else {
                    end
                })
            })
            .max()
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor")
    }
}

/// Returns the texts and numbers that stand under `names` in JSON, be it broken or cut.
fn named_values(json: &[u8], names: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for name in names {
        let quoted = format!("\"{name}\"");
        let places = json.windows(quoted.len()).enumerate();
        for (at, _) in places.filter(|(_, window)| *window == quoted.as_bytes()) {
            let rest = json[at + quoted.len()..].trim_ascii_start();
            if let Some(rest) = rest.strip_prefix(b":") {
                scalars(rest, &mut found);
            }
        }
    }
    found
}

/// Adds the texts and numbers of the value that `json` begins with, whatever its type.
fn scalars(mut json: &[u8], found: &mut Vec<String>) {
    let mut depth = 0_usize;
    while let [first, rest @ ..] = json {
        json = match first {
            b'[' | b'{' => {
                depth += 1;
                rest
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                rest
            }
            b'"' => {
                let (text, rest) = rest.split_at(end_of_text(rest));
                let decoded = serde_json::from_slice(&[b"\"", text, b"\""].concat());
                found.push(decoded.unwrap_or_else(|_| String::from_utf8_lossy(text).into_owned()));
                rest.get(1..).unwrap_or_default()
            }
            first if first.is_ascii_whitespace() || b",:".contains(first) => rest,
            _ => {
                let ends = |byte: &u8| b",:[]{}\"".contains(byte) || byte.is_ascii_whitespace();
                let end = json.iter().position(ends).unwrap_or(json.len());
                let (scalar, rest) = json.split_at(end);
                if !matches!(scalar, b"null" | b"true" | b"false") {
                    found.push(String::from_utf8_lossy(scalar).into_owned());
                }
                rest
            }
        };
        let is_over = depth == 0 && !first.is_ascii_whitespace();
        if is_over {
            break;
        }
    }
}

/// Returns where the quote stands that ends a JSON text, or where the text was cut.
fn end_of_text(text: &[u8]) -> usize {
    let mut is_escaped = false;
    let end = text.iter().position(|byte| {
        let ends = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        ends
    });
    end.unwrap_or(text.len())
}

/// Returns where base64 ends that goes on at `at` in any spelling: at most two groups further.
fn base64_end(text: &[u8], at: usize) -> usize {
    let mut end = at;
    for _ in 0..8 {
        let length = (0x21..0x7f_u8)
            .filter(|byte| byte.is_ascii_alphanumeric() || b"+/=-_".contains(byte))
            .find_map(|byte| spelling(&text[end..], byte));
        match length {
            Some(length) => end += length,
            None => break,
        }
    }
    end
}

/// Returns where `needle` ends, if it begins at `at`, each of its characters in any spelling. If the text
/// ends before, a part of the needle counts as well.
fn spelled(text: &[u8], at: usize, needle: &[u8]) -> Option<usize> {
    let mut end = at;
    for (count, byte) in needle.iter().enumerate() {
        match spelling(&text[end..], *byte) {
            Some(length) => end += length,
            None => {
                let is_cut = is_cut_spelling(&text[end..]);
                return (is_cut && count >= SHORTEST).then_some(text.len());
            }
        }
    }
    Some(end)
}

/// Returns how many bytes of `text` spell `byte`.
fn spelling(text: &[u8], byte: u8) -> Option<usize> {
    let first = *text.first()?;
    if first == byte {
        return Some(1);
    }
    match first {
        // `\/` and `\u002f`, with the backslash escaped any number of times.
        b'\\' => {
            let slashes = text.iter().take_while(|byte| **byte == b'\\').count();
            match text.get(slashes..)? {
                [next, ..] if *next == byte => Some(slashes + 1),
                [b'u', digits @ ..] => hexadecimal(digits.get(..4)?, byte).then_some(slashes + 5),
                [b'x', digits @ ..] => hexadecimal(digits.get(..2)?, byte).then_some(slashes + 3),
                _ => None,
            }
        }
        // `%2f`, and `%252f` if it was encoded twice.
        b'%' => {
            let mut rest = &text[1..];
            while let Some(inner) = rest.strip_prefix(b"25") {
                rest = inner;
            }
            let skipped = text.len() - rest.len();
            hexadecimal(rest.get(..2)?, byte).then_some(skipped + 2)
        }
        // `&#47;` and `&#x2f;`.
        b'&' => {
            let end = text.iter().take(12).position(|byte| *byte == b';')?;
            let number = str::from_utf8(text.get(1..end)?).ok()?.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            (code == u32::from(byte)).then_some(end + 1)
        }
        _ => None,
    }
}

/// Returns `true` if the text ended, or was cut within the spelling of a character.
fn is_cut_spelling(rest: &[u8]) -> bool {
    rest.is_empty() || (rest.len() < 7 && matches!(rest[0], b'\\' | b'%' | b'&'))
}

fn hexadecimal(digits: &[u8], byte: u8) -> bool {
    str::from_utf8(digits)
        .ok()
        .and_then(|digits| u32::from_str_radix(digits, 16).ok())
        == Some(u32::from(byte))
}

/// A text from outside, kept from breaking the line, steering a terminal or filling the screen.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 500;
    let is_cut = text.len() > LONGEST && text.chars().nth(LONGEST).is_some();
    if !is_cut && !text.chars().any(steers) {
        return text.into();
    }
    let mut line: String = text
        .chars()
        .take(LONGEST)
        .map(|c| if steers(c) { ' ' } else { c })
        .collect();
    if is_cut {
        line.push('…');
    }
    line.into()
}

/// Returns `true` for control characters, and for those that change the order or the lines of a text
/// without being seen.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 2] = [
        "private_yDCGzSrqUAvgNxDjEaV0bHD5M",
        "private_yDC/GzSrq+UAvgNxDjEaV0bHD5M=",
    ];

    /// Escapes each byte that is not a letter or digit, or each byte.
    fn escaped(text: &str, all: bool, escape: impl Fn(u8) -> String) -> String {
        let spell = |byte: u8| match byte {
            byte if !all && byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => escape(byte),
        };
        text.bytes().map(spell).collect()
    }

    fn spellings(text: &str) -> Vec<(&'static str, String)> {
        vec![
            ("plain", text.to_owned()),
            ("slash", text.replace('/', "\\/")),
            ("json", escaped(text, false, |b| format!("\\u{b:04x}"))),
            ("JSON", escaped(text, true, |b| format!("\\u{b:04X}"))),
            (
                "json twice",
                escaped(text, false, |b| format!("\\\\u{b:04x}")),
            ),
            ("percent", escaped(text, false, |b| format!("%{b:02X}"))),
            ("percent all", escaped(text, true, |b| format!("%{b:02x}"))),
            (
                "percent twice",
                escaped(text, false, |b| format!("%25{b:02X}")),
            ),
            ("html", escaped(text, false, |b| format!("&#{b};"))),
            ("HTML", escaped(text, true, |b| format!("&#x{b:X};"))),
        ]
    }

    #[test]
    fn secrets_in_every_covered_spelling_are_redacted() {
        for key in KEYS {
            let redactor = Redactor::new(&SecretString::from(key));
            let basic = STANDARD.encode(format!("{key}:"));
            let texts = [
                key.to_owned(),
                basic.trim_end_matches('=').to_owned(),
                basic,
                STANDARD.encode(key),
                URL_SAFE.encode(format!("{key}:")),
            ];
            for (text, (name, spelled)) in texts
                .iter()
                .flat_map(|text| spellings(text).into_iter().map(move |s| (text, s)))
            {
                let redacted = redactor
                    .text(&format!("bad key {spelled} here"))
                    .into_inner();
                assert_eq!(
                    redacted, "bad key [redacted] here",
                    "{text} as {name}: {spelled}"
                );
            }
        }
    }
}
