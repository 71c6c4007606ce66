//! The private key of the tests, and where it must not be.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use crate::wire::Reply;

/// The private key that the tests use.
pub const KEY: &str = "private_1hKq/aZyQ7v+Tests";
/// What HTTP Basic sends for it.
pub const BASIC: &str = "cHJpdmF0ZV8xaEtxL2FaeVE3ditUZXN0czo=";

/// Asserts that a text gives nothing of the key away.
///
/// # Panics
///
/// If the text holds the key, its encoded form, or the beginning of either.
pub fn assert_no_secret(what: &str, text: &str) {
    for secret in [KEY, BASIC, &KEY[..8], &BASIC[..8]] {
        assert!(
            !text.contains(secret),
            "{what} holds {secret:?}, a part of the key: {text}"
        );
    }
}

/// Private keys as ImageKit makes them, without and with what encodings change.
pub const KEYS: [&str; 2] = [
    "private_yDCGzSrqUAvgNxDjEaV0bHD5M",
    "private_yDC/GzSrq+UAvgNxDjEaV0bHD5M=",
];

fn escaped(text: &str, all: bool, escape: impl Fn(u8) -> String) -> String {
    let spell = |byte: u8| match byte {
        byte if !all && byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => escape(byte),
    };
    text.bytes().map(spell).collect()
}

/// How a text is written, and the text.
pub type Encoding = (&'static str, String);

/// Every way in which software writes a text that the docs promise to find, and those that they do not.
#[must_use]
pub fn encodings(key: &str) -> (Vec<Encoding>, Vec<Encoding>) {
    let basic = format!("{key}:");
    let json_all = |text: &str| escaped(text, true, |byte| format!("\\u{byte:04X}"));
    let found = vec![
        ("as it is", key.to_owned()),
        ("`\\/`, as PHP writes JSON", key.replace('/', "\\/")),
        (
            "`\\u003d`, as Gson does",
            escaped(key, false, |b| format!("\\u{b:04x}")),
        ),
        (
            "`\\u002B`, as .NET does",
            escaped(key, false, |b| format!("\\u{b:04X}")),
        ),
        ("every character as `\\u0061`", json_all(key)),
        (
            "JSON within JSON",
            escaped(key, false, |b| format!("\\\\u{b:04x}")),
        ),
        (
            "`\\x2f`, as JavaScript does",
            escaped(key, false, |b| format!("\\x{b:02x}")),
        ),
        (
            "percent-encoded",
            escaped(key, false, |b| format!("%{b:02X}")),
        ),
        (
            "percent-encoded, lower case",
            escaped(key, false, |b| format!("%{b:02x}")),
        ),
        (
            "every character percent-encoded",
            escaped(key, true, |b| format!("%{b:02X}")),
        ),
        (
            "percent-encoded twice",
            escaped(key, false, |b| format!("%25{b:02X}")),
        ),
        ("HTML, decimal", escaped(key, false, |b| format!("&#{b};"))),
        (
            "HTML, hexadecimal",
            escaped(key, true, |b| format!("&#x{b:X};")),
        ),
        ("credentials", STANDARD.encode(&basic)),
        (
            "credentials without padding",
            STANDARD_NO_PAD.encode(&basic),
        ),
        ("credentials, URL-safe", URL_SAFE.encode(&basic)),
        (
            "credentials, URL-safe without padding",
            URL_SAFE_NO_PAD.encode(&basic),
        ),
        (
            "credentials, percent-encoded",
            escaped(&STANDARD.encode(&basic), false, |b| format!("%{b:02X}")),
        ),
        (
            "credentials, `\\u003d`",
            escaped(&STANDARD.encode(&basic), false, |b| format!("\\u{b:04x}")),
        ),
        (
            "credentials, every character as `\\u0061`",
            json_all(&STANDARD.encode(&basic)),
        ),
        ("base64 of the key alone", STANDARD.encode(key)),
        (
            "base64 of the key with a password",
            STANDARD.encode(format!("{key}:x")),
        ),
    ];
    let not_found = vec![
        ("hexadecimal", escaped(key, true, |b| format!("{b:02x}"))),
        ("reversed", key.chars().rev().collect()),
        ("upper case", key.to_uppercase()),
        (
            "with spaces between",
            key.chars().flat_map(|c| [c, ' ']).collect(),
        ),
    ];
    (found, not_found)
}

/// Every place of a response in which a text can stand. `text` goes into JSON as it is, escapes included.
#[must_use]
pub fn places(text: &str) -> Vec<(&'static str, Reply)> {
    let bad = |body: String| Reply::json("400 Bad Request", body);
    let good = |body: String| Reply::json("200 OK", body);
    let header = |name: &str, status: &str| {
        Reply::new(
            status,
            &format!("{name}: {text}\r\n"),
            r#"{"message":"no"}"#,
        )
    };
    vec![
        (
            "message",
            bad(format!(r#"{{"message":"bad key {text} sent"}}"#)),
        ),
        (
            "help",
            bad(format!(r#"{{"message":"no","help":"not {text}"}}"#)),
        ),
        (
            "reason",
            bad(format!(r#"{{"message":"no","reason":"{text}"}}"#)),
        ),
        (
            "unknown property",
            bad(format!(
                r#"{{"message":"no","debug":{{"key":["{text}"]}}}}"#
            )),
        ),
        (
            "name of a property",
            bad(format!(r#"{{"message":"no","{text}":1}}"#)),
        ),
        (
            "plain text",
            Reply::new(
                "502 Bad Gateway",
                "Content-Type: text/plain\r\n",
                format!("gateway: {text}"),
            ),
        ),
        (
            "page of a proxy",
            Reply::new(
                "503 Service Unavailable",
                "Content-Type: text/html\r\n",
                format!("<p>{text}</p>"),
            ),
        ),
        ("header", header("X-Debug", "400 Bad Request")),
        ("location", header("Location", "302 Found")),
        ("request id", header("x-ik-requestId", "404 Not Found")),
        (
            "value of a wrong type",
            good(format!(
                r#"{{"fileId":"f","name":"n","filePath":"/n","url":"u","size":"{text}"}}"#
            )),
        ),
        (
            "just before the fault",
            good(format!(r#"{{"x":"{text}","size":"large"}}"#)),
        ),
        (
            "just after the fault",
            good(format!(r#"{{"size":"large","x":"{text}"}}"#)),
        ),
        ("broken JSON", good(format!(r#"{{"fileId":"{text}"#))),
        (
            "the end of a body that was cut",
            bad(format!(r#"{{"message":"{}"#, &text[..text.len() - 1])),
        ),
    ]
}

/// A text with every escape taken away that a reader could see through.
fn unescaped(text: &str) -> String {
    let mut text = text
        .replace("\\\\", "\\")
        .replace("%25", "%")
        .replace("\\/", "/");
    for byte in 0x21..0x7f_u8 {
        let c = char::from(byte).to_string();
        for spelled in [
            format!("\\u{byte:04x}"),
            format!("\\u{byte:04X}"),
            format!("\\x{byte:02x}"),
            format!("%{byte:02x}"),
            format!("%{byte:02X}"),
            format!("&#{byte};"),
            format!("&#x{byte:X};"),
        ] {
            text = text.replace(&spelled, &c);
        }
    }
    text
}

/// Whether a text gives anything away: twelve characters of the key or its base64 in a row, of which eight begin every key.
#[must_use]
pub fn shows(text: &str, secret: &str) -> bool {
    let secrets = [
        secret.to_owned(),
        STANDARD.encode(secret),
        URL_SAFE.encode(secret),
    ];
    let texts = [text.to_owned(), unescaped(text)];
    secrets.iter().any(|secret| {
        let pieces: Vec<&str> = (0..=secret.len().saturating_sub(12))
            .map(|at| &secret[at..(at + 12).min(secret.len())])
            .collect();
        texts
            .iter()
            .any(|text| pieces.iter().any(|piece| text.contains(piece)))
    })
}
