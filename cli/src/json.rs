//! The JSON of a response, laid out anew and otherwise as it came: order, numbers and escapes are the
//! server's own.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use imagekit_openapi::Component;
use serde_json::Value;

use crate::terminal::{NAME, Output, PLAIN, is_steering};

const STRING: Style = AnsiColor::Green.on_default();
const OTHER: Style = AnsiColor::Yellow.on_default();

/// Lays out a JSON text: for a person on a terminal, or else in one line. It ends with a line break.
pub(crate) fn lay_out(json: &[u8], output: &Output) -> String {
    let text = String::from_utf8_lossy(json);
    let mut laid_out = String::with_capacity(text.len() + 1);
    let mut depth = 0;
    let mut tokens = Tokens(&text).peekable();
    while let Some(token) = tokens.next() {
        let next = tokens.peek().copied();
        match token {
            "{" | "[" => {
                laid_out.push_str(token);
                if matches!(next, Some("}" | "]")) {
                    continue;
                }
                depth += 1;
                break_line(&mut laid_out, depth, output);
            }
            "}" | "]" => {
                if !laid_out.ends_with(['{', '[']) {
                    depth = usize::saturating_sub(depth, 1);
                    break_line(&mut laid_out, depth, output);
                }
                laid_out.push_str(token);
            }
            "," => {
                laid_out.push(',');
                break_line(&mut laid_out, depth, output);
            }
            ":" => laid_out.push_str(if output.is_terminal { ": " } else { ":" }),
            value => {
                let style = match (value.starts_with('"'), next) {
                    (true, Some(":")) => NAME,
                    (true, _) => STRING,
                    (false, _) if value == "null" => PLAIN,
                    (false, _) => OTHER,
                };
                if output.is_terminal {
                    let _ = write!(laid_out, "{}", output.paint(style, escape(value)));
                } else {
                    laid_out.push_str(value);
                }
            }
        }
    }
    laid_out.push('\n');
    laid_out
}

/// Returns a valid JSON text in which `replacement` has replaced texts and numbers that are values, and not names.
pub(crate) fn replace_values(
    json: &[u8],
    replacement: impl Fn(&str) -> Option<&'static str>,
) -> Vec<u8> {
    let text = String::from_utf8_lossy(json);
    let mut replaced = String::with_capacity(text.len());
    let mut copied = 0;
    let mut tokens = Tokens(&text);
    while let Some(token) = tokens.next() {
        let end = text.len() - tokens.0.len();
        let is_name = tokens.0.trim_ascii_start().starts_with(':');
        let value = match token.starts_with('"') {
            true => serde_json::from_str::<String>(token).unwrap_or_default(),
            false => token.to_owned(),
        };
        if let Some(other) = replacement(&value).filter(|_| !is_name) {
            replaced.push_str(&text[copied..end - token.len()]);
            replaced.push_str(other);
            copied = end;
        }
    }
    replaced.push_str(&text[copied..]);
    replaced.into_bytes()
}

fn break_line(laid_out: &mut String, depth: usize, output: &Output) {
    if output.is_terminal {
        laid_out.push('\n');
        for _ in 0..depth {
            laid_out.push_str("  ");
        }
    }
}

/// Escapes what JSON allows in a string and a terminal would obey.
fn escape(token: &str) -> String {
    let mut escaped = String::with_capacity(token.len());
    for character in token.chars() {
        if is_steering(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// The tokens of a valid JSON text.
struct Tokens<'a>(&'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.0.trim_ascii_start();
        let length = match text.bytes().next()? {
            b'"' => {
                let mut escaped = false;
                let inside = text.bytes().skip(1).take_while(|byte| {
                    let closes = *byte == b'"' && !escaped;
                    escaped = *byte == b'\\' && !escaped;
                    !closes
                });
                (inside.count() + 2).min(text.len())
            }
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            _ => text
                .find(|c: char| c.is_ascii_whitespace() || "{}[],:\"".contains(c))
                .unwrap_or(text.len()),
        };
        let (token, rest) = text.split_at(length);
        self.0 = rest;
        Some(token)
    }
}

/// The place of a value within a JSON document.
#[derive(Debug)]
pub(crate) struct Field {
    pointer: String,
}

impl Field {
    /// Reads a JSON Pointer, if it begins with a slash, or else names separated by dots.
    pub(crate) fn parse(path: &str) -> Self {
        let pointer = if path.starts_with('/') {
            path.to_owned()
        } else {
            pointer(path.split('.'))
        };
        Self { pointer }
    }

    /// Whether the document says that there can be such a property.
    pub(crate) fn is_property_of(&self, component: Option<&'static Component>) -> bool {
        let Some(mut component) = component else {
            return false;
        };
        let segments = self.pointer.split('/').skip(1);
        // The place of an item in a list is no name.
        for name in segments.filter(|it| it.parse::<usize>().is_err()) {
            let properties = component.properties;
            let property = properties.iter().find(|it| it.name == name);
            let inner = property.and_then(|it| it.component);
            match (property, inner.and_then(imagekit_openapi::component)) {
                (Some(_), Some(inner)) => component = inner,
                (Some(_), None) => return true,
                // A union or a free map names none.
                (None, _) => return properties.is_empty(),
            }
        }
        true
    }

    /// The value, unless there is none.
    pub(crate) fn of<'a>(&self, document: &'a Value) -> Option<&'a Value> {
        document.pointer(&self.pointer)
    }
}

/// Whether a value says no more than one that is absent.
pub(crate) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// Escapes what would end a line or a column.
pub(crate) fn in_one_cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => cell.push_str("\\\\"),
            '\n' => cell.push_str("\\n"),
            '\r' => cell.push_str("\\r"),
            '\t' => cell.push_str("\\t"),
            other => cell.push(other),
        }
    }
    cell
}

/// The JSON Pointer of names within each other.
pub(crate) fn pointer<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.fold(String::new(), |pointer, name| {
        format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
    })
}
