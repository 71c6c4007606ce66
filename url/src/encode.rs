//! The alphabets of a delivery URL, and what may stand in none of its parts.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_encode, utf8_percent_encode};

use crate::error::InvalidValue;

/// What clients encode in a path before they send it, and `^`, on which they do not agree.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'^');

const LITERAL_PATH: &AsciiSet = &PATH.add(b'%');

/// What can stand raw in neither a path nor a query.
const RAW: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'^')
    .add(b'\\');

/// A plus in a query is a space to many readers.
const VALUE: &AsciiSet = &RAW.add(b'+').add(b'\'');

/// What `encodeURIComponent` leaves alone.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Encodes a value that stands between two separators of a transformation, and refuses what would end it.
pub(crate) fn value(text: &str) -> Result<String, InvalidValue> {
    if text.is_empty() {
        return Err(InvalidValue::new(text, "is empty"));
    }
    let mut encoded = String::with_capacity(text.len());
    push_value(&mut encoded, text)?;
    Ok(encoded)
}

fn push_value(out: &mut String, text: &str) -> Result<(), InvalidValue> {
    if text.bytes().all(is_plain) {
        out.push_str(text);
        return Ok(());
    }
    if text.contains([',', ':', '#', '&', '?', '/']) {
        return Err(InvalidValue::new(
            text,
            "holds one of , : # & ? / which would end the parameter",
        ));
    }
    escapes_are_whole(text)?;
    out.extend(utf8_percent_encode(text, VALUE));
    Ok(())
}

/// Writes a path whose slashes become `@@`.
pub(crate) fn push_media_path(out: &mut String, path: &str) -> Result<(), InvalidValue> {
    let mut rest = path;
    while let Some(slash) = rest.bytes().position(|byte| byte == b'/') {
        push_value(out, &rest[..slash])?;
        out.push_str("@@");
        rest = &rest[slash + 1..];
    }
    push_value(out, rest)
}

/// Encodes what can be in no URL, and refuses what would end the transformation as a whole.
pub(crate) fn raw(text: &str) -> Result<String, InvalidValue> {
    if text.contains(['#', '&']) {
        return Err(InvalidValue::new(
            text,
            "holds # or & which would end the transformation",
        ));
    }
    escapes_are_whole(text)?;
    Ok(utf8_percent_encode(text, RAW).collect())
}

fn escapes_are_whole(text: &str) -> Result<(), InvalidValue> {
    let mut rest = text.as_bytes();
    while let Some(position) = rest.iter().position(|byte| *byte == b'%') {
        rest = &rest[position + 1..];
        if !matches!(rest, [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit()) {
            return Err(InvalidValue::new(
                text,
                "holds a percent sign that starts no escape: write %25",
            ));
        }
    }
    Ok(())
}

pub(crate) fn push_component(out: &mut String, text: &str) {
    out.extend(utf8_percent_encode(text, COMPONENT));
}

pub(crate) fn push_base64(out: &mut String, text: &str) {
    let mut buffer = [0; 64];
    for chunk in text.as_bytes().chunks(buffer.len() / 4 * 3) {
        // There is always room: four letters stand for three bytes.
        let written = STANDARD_NO_PAD
            .encode_slice(chunk, &mut buffer)
            .unwrap_or_default();
        out.extend(percent_encode(&buffer[..written], COMPONENT));
    }
    out.push_str(match text.len() % 3 {
        0 => "",
        1 => "%3D%3D",
        _ => "%3D",
    });
}

/// Returns `true` for what stands as it is in every part of a URL, and ends nothing.
fn is_plain(byte: u8) -> bool {
    is_word(byte) || byte == b'.'
}

/// Returns `true` for what means nothing but itself anywhere in a URL.
fn is_word(byte: u8) -> bool {
    // From a table, since every byte of a path is looked at.
    const WORD: [bool; 256] = {
        let mut word = [false; 256];
        let mut byte = 0;
        while byte < word.len() {
            word[byte] = (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'-' | b'_');
            byte += 1;
        }
        word
    };
    WORD[usize::from(byte)]
}

/// Returns `true` if a text holds an apostrophe. Without an early end, it is a few vector instructions.
pub(crate) fn has_apostrophe(text: &str) -> bool {
    let found = |found, byte| found | (byte == b'\'');
    text.bytes().fold(false, found)
}

/// Returns `true` for what is written as text, rather than in base64, where the encoding is left to us.
pub(crate) fn is_simple(byte: u8) -> bool {
    is_plain(byte) || byte == b' '
}

/// Encodes a path from the root of an endpoint: no slash in front, no empty segments.
pub(crate) fn path(text: &str, percent: Percent) -> Result<String, InvalidValue> {
    stays(text)?;
    let set = match percent {
        Percent::StartsEscape => PATH,
        Percent::IsLiteral => LITERAL_PATH,
    };
    let mut encoded = String::with_capacity(text.len());
    let mut segments = text.split('/').filter(|segment| !segment.is_empty());
    if let Some(first) = segments.next() {
        encoded.extend(utf8_percent_encode(first, set));
    }
    for segment in segments {
        encoded.push('/');
        encoded.extend(utf8_percent_encode(segment, set));
    }
    if text.ends_with('/') && !encoded.is_empty() {
        encoded.push('/');
    }
    Ok(encoded)
}

/// Returns the path, without the slash in front, if it is written as it is; most are.
pub(crate) fn plain_path(text: &str) -> Option<&str> {
    let path = text.strip_prefix('/').unwrap_or(text);
    let bytes = path.as_bytes();
    let stays = bytes.iter().enumerate().all(|(at, byte)| match byte {
        byte if is_word(*byte) => true,
        // An empty segment would be left out, and a dot may begin one that leads elsewhere.
        b'/' | b'.' => at > 0 && bytes[at - 1] != b'/',
        _ => false,
    });
    (stays && !path.is_empty()).then_some(path)
}

#[derive(Clone, Copy)]
pub(crate) enum Percent {
    StartsEscape,
    IsLiteral,
}

/// Refuses a path that a URL parser would turn into another one.
pub(crate) fn stays(path: &str) -> Result<(), InvalidValue> {
    let is_rewritten = |byte: u8| byte == b'\\' || byte.is_ascii_control();
    if path.bytes().any(is_rewritten) {
        return Err(InvalidValue::new(
            path,
            "holds a backslash or a control character, which clients rewrite",
        ));
    }
    if path.split('/').any(is_dot_segment) {
        return Err(InvalidValue::new(
            path,
            "holds a segment . or .. which would lead to another path",
        ));
    }
    Ok(())
}

fn is_dot_segment(segment: &str) -> bool {
    const DOTS: [&str; 6] = [".", "..", "%2e", ".%2e", "%2e.", "%2e%2e"];
    segment.len() <= 6 && DOTS.iter().any(|dots| dots.eq_ignore_ascii_case(segment))
}

/// Writes what clients do not agree about in its legal form.
pub(crate) fn caret(text: &str) -> Cow<'_, str> {
    if text.contains('^') {
        text.replace('^', "%5E").into()
    } else {
        text.into()
    }
}
