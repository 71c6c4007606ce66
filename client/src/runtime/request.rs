use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde::Serialize;
use serde_json::Value;
use url::Url;

use super::error::Error;
use super::operation::{Called, Operation};
use super::settings::Runtime;

/// A request before it is sent: what each operation builds, and what
/// [`Client::request`](crate::Client::request) gives for paths that the document does not know.
///
/// Whatever is wrong with a part of it is reported by [`send`](Self::send), before anything is sent.
#[must_use = "a request does nothing until it is sent"]
pub struct Request<'a> {
    pub(super) runtime: &'a Runtime,
    pub(super) operation: Called,
    pub(super) parts: Result<Parts, Error>,
}

/// What goes onto the wire.
pub(super) struct Parts {
    pub(super) url: Url,
    /// Beside those that the client sends with every request.
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Bytes>,
}

impl<'a> Request<'a> {
    /// A documented operation, with the segments of its path.
    pub(crate) fn new(
        runtime: &'a Runtime,
        operation: &'static Operation,
        segments: &[&str],
    ) -> Self {
        let url = extend(&runtime.shared.base_url, segments);
        Self::with_url(runtime, Called::Documented(operation), Ok(url))
    }

    /// A path that the document does not know, already percent-encoded.
    pub(crate) fn raw(runtime: &'a Runtime, method: Method, path: &str) -> Self {
        let operation = Called::Raw(Arc::new(Operation::raw(method, path)));
        let url = append(&runtime.shared.base_url, path)
            .map_err(|reason| Error::invalid_request(operation.clone(), reason));
        Self::with_url(runtime, operation, url)
    }

    fn with_url(runtime: &'a Runtime, operation: Called, url: Result<Url, Error>) -> Self {
        let parts = url.map(|url| Parts {
            url,
            headers: HeaderMap::new(),
            body: None,
        });
        Self {
            runtime,
            operation,
            parts,
        }
    }

    /// Adds a query parameter: an absent value (`None`) adds nothing, a list adds one for each item.
    pub fn query<V: Serialize>(mut self, name: &str, value: V) -> Self {
        self.change(|parts| {
            let unfit =
                || format!("query parameter {name}: neither a plain value nor a list of them");
            let values = match serde_json::to_value(value).map_err(|error| error.to_string())? {
                Value::Array(items) => items,
                value => vec![value],
            };
            for value in values {
                let text = match value {
                    Value::Null => continue,
                    Value::String(text) => text,
                    Value::Bool(_) | Value::Number(_) => value.to_string(),
                    Value::Array(_) | Value::Object(_) => return Err(unfit()),
                };
                parts.url.query_pairs_mut().append_pair(name, &text);
            }
            Ok(())
        });
        self
    }

    /// Sets a header, in place of one that the client would send.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.change(|parts| {
            let (name, value) = parse_header(name, value)?;
            parts.headers.insert(name, value);
            Ok(())
        });
        self
    }

    /// Sets a body of JSON.
    pub fn json<B: Serialize + ?Sized>(mut self, body: &B) -> Self {
        self.change(|parts| {
            let body = serde_json::to_vec(body).map_err(|error| format!("body: {error}"))?;
            parts.body = Some(body.into());
            parts.headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            );
            Ok(())
        });
        self
    }

    fn change(&mut self, change: impl FnOnce(&mut Parts) -> Result<(), String>) {
        if let Ok(parts) = &mut self.parts
            && let Err(reason) = change(parts)
        {
            self.parts = Err(Error::invalid_request(self.operation.clone(), reason));
        }
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("operation", &self.operation.id())
            .finish_non_exhaustive()
    }
}

/// Parses a header, with a message that says which part is wrong and never shows the value.
pub(crate) fn parse_header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let parsed = name
        .parse()
        .map_err(|_| format!("header name {name:?} is not valid"))?;
    let value = value
        .parse()
        .map_err(|_| format!("the value of header {name} holds characters that no header may"))?;
    Ok((parsed, value))
}

/// Appends segments, each percent-encoded.
///
/// Some of them are ids, whose types see to it that they stay what they are: one segment.
fn extend(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// Appends a path that is percent-encoded already and may not leave the base URL.
fn append(base: &Url, path: &str) -> Result<Url, String> {
    if !path.starts_with('/') {
        return Err(format!("path {path:?} does not begin with a slash"));
    }
    if let Some(unfit) = path
        .chars()
        .find(|c| matches!(c, '?' | '#' | '\\') || c.is_control())
    {
        return Err(format!(
            "path {path:?} holds {unfit:?}: percent-encode it, and give the query by `query`"
        ));
    }
    for segment in path.split('/') {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        if plain == "." || plain == ".." {
            return Err(format!("path {path:?} holds the segment `{segment}`"));
        }
    }
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extended(base: &str, segments: &[&str]) -> String {
        extend(&Url::parse(base).unwrap(), segments).into()
    }

    #[test]
    fn a_parameter_stays_in_its_segment() {
        for (id, segment) in [
            ("a/b", "a%2Fb"),
            ("a?b#c", "a%3Fb%23c"),
            ("%2e%2e", "%252e%252e"),
            ("ü", "%C3%BC"),
            ("a b", "a%20b"),
            ("{x}", "%7Bx%7D"),
            ("...", "..."),
        ] {
            assert_eq!(
                extended("https://h", &["v1", id, "versions"]),
                format!("https://h/v1/{segment}/versions")
            );
        }
    }

    #[test]
    fn a_base_url_may_have_a_path() {
        for base in ["https://h/api", "https://h/api/"] {
            assert_eq!(extended(base, &["v1", "files"]), "https://h/api/v1/files");
            let base = Url::parse(base).unwrap();
            assert_eq!(
                append(&base, "/v1/files").unwrap().as_str(),
                "https://h/api/v1/files"
            );
        }
    }

    #[test]
    fn a_raw_path_cannot_leave_the_base_url() {
        let base = Url::parse("https://h/api").unwrap();
        for path in [
            "v1",
            "/../x",
            "/a/%2E%2e/b",
            "/a?b",
            "/a#b",
            "/a\\b",
            "/a\nb",
            "//h/./x",
        ] {
            assert!(append(&base, path).is_err(), "{path:?}");
        }
    }
}
