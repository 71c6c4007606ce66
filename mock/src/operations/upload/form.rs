//! Reads the form of an upload.

use std::convert::Infallible;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;

use crate::http_client;
use crate::reply::Reply;
use crate::request::{FilePart, Form};

/// How long ImageKit waits for an address that a file is fetched from.
const FETCH_TIMEOUT: Duration = Duration::from_secs(8);

pub(crate) async fn read(content_type: &str, body: Bytes) -> Result<Form, Reply> {
    let wrong = |reason: &dyn std::fmt::Display| {
        Reply::bad_request(format!(
            "Your request does not contain a valid multipart/form-data body: {reason}."
        ))
    };
    let boundary = multer::parse_boundary(content_type).map_err(|error| wrong(&error))?;
    let body = futures_util::stream::once(async move { Ok::<_, Infallible>(body) });
    let mut parts = multer::Multipart::new(body, boundary);
    let mut form = Form::default();
    while let Some(part) = parts.next_field().await.map_err(|error| wrong(&error))? {
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.file_name().is_some();
        let bytes = part.bytes().await.map_err(|error| wrong(&error))?;
        if name == "file" {
            form.file = Some(file(bytes, is_file).await);
        } else if form.text(&name).is_none() {
            form.texts
                .push((name, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    Ok(form)
}

/// The bytes of a file, or the address or the base64 that stands for it.
async fn file(bytes: Bytes, is_file: bool) -> FilePart {
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return FilePart::Bytes(bytes);
    };
    if text.starts_with("http://") || text.starts_with("https://") {
        let fetched = tokio::time::timeout(FETCH_TIMEOUT, http_client::get(text)).await;
        return match fetched {
            Ok(Ok(bytes)) => FilePart::Bytes(bytes),
            _ => FilePart::Unreachable,
        };
    }
    let data = text
        .strip_prefix("data:")
        .and_then(|it| it.split_once(";base64,"));
    let encoded = match data {
        Some((_, encoded)) => encoded,
        None if is_file => return FilePart::Bytes(bytes),
        None => text,
    };
    // ImageKit stores what cannot be decoded as a few bytes of rubbish, and calls that a success.
    let letters: String = encoded.chars().filter(|it| !it.is_whitespace()).collect();
    let decoded = BASE64.decode(&letters);
    FilePart::Bytes(decoded.map_or(bytes, Bytes::from))
}
