use std::fmt;
use std::future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::runtime::Handle;
use url::Url;

use super::clock::Clock;
use super::error::{Error, Kind};
use super::finite::Finite;
use super::operation::{Operation, OperationRef};
use super::raw_response::RawResponse;
use super::response::Response;
use super::retry_loop::Call;
use crate::Client;
use crate::id::{Id, check};
use crate::options::{CallOptions, call_options};
use crate::upload::{Form, UploadSource};

/// Longest path parameter that is sent; what is longer cannot be an id.
const LONGEST_ID: usize = 2048;

/// Longest URL that the transport takes.
const LONGEST_URL: usize = 65_534;

/// A request before it is sent: what the typed operations stand on.
///
/// It owns a handle to its client, so that it can be stored, cloned and sent from another task. What is wrong
/// with one of its parts is kept until it is sent, and reported instead of sending it.
///
/// It is boxed: the future that sends it keeps room for it until the response is there, and does not need it any more.
#[derive(Clone)]
pub(crate) struct Request {
    pub(super) client: Client,
    pub(super) operation: OperationRef,
    pub(crate) options: CallOptions,
    pub(super) parts: Result<Parts, Error>,
}

/// What goes onto the wire.
#[derive(Clone, Default)]
pub(super) struct Parts {
    /// The values of the path parameters, by name.
    ids: Vec<(&'static str, String)>,
    query: Vec<(String, String)>,
    /// Beside those that the client sends with every request.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Body,
    /// Whether this very request may be performed twice, though its operation may not.
    pub(super) is_idempotent: bool,
}

#[derive(Clone, Default)]
pub(super) enum Body {
    #[default]
    Empty,
    /// The properties of a JSON object.
    Properties(Map<String, Value>),
    /// A body that is complete.
    Bytes(Bytes),
    Form(Box<Form>),
}

impl Request {
    /// Starts a call of a documented operation.
    pub(crate) fn new(client: &Client, operation: &'static Operation) -> Box<Self> {
        Self::with_operation(client, OperationRef::Documented(operation))
    }

    fn with_operation(client: &Client, operation: OperationRef) -> Box<Self> {
        Box::new(Self {
            client: client.clone(),
            operation,
            options: client.inner.options,
            parts: Ok(Parts::default()),
        })
    }

    /// Sets a parameter of the path. This is where an id is checked: every other place takes any.
    pub(crate) fn set_path(&mut self, name: &'static str, id: &impl Id) {
        self.set_path_text(name, id.as_str());
    }

    pub(crate) fn set_path_text(&mut self, name: &'static str, id: &str) {
        self.change(|parts| {
            check(id).map_err(|reason| format!("{name}: {reason}"))?;
            if id.len() > LONGEST_ID {
                let length = id.len();
                return Err(format!(
                    "{name}: an id may not be {length} bytes long; at most {LONGEST_ID} are sent"
                ));
            }
            parts.ids.push((name, id.to_owned()));
            Ok(())
        });
    }

    /// Adds a query parameter: an absent value (`None`) adds nothing, a list one for each item.
    pub(crate) fn set_query(&mut self, name: &str, value: &impl Serialize) {
        self.push_query(name, serde_json::to_value(value));
    }

    fn push_query(&mut self, name: &str, value: serde_json::Result<Value>) {
        self.change(|parts| {
            let values = match serialized(&format!("query parameter {name}"), value)? {
                Value::Array(items) => items,
                value => vec![value],
            };
            for value in values {
                let text = match value {
                    Value::Null => continue,
                    Value::String(text) => text,
                    Value::Bool(_) | Value::Number(_) => value.to_string(),
                    Value::Array(_) | Value::Object(_) => {
                        return Err(format!(
                            "query parameter {name}: neither a plain value nor a list of them"
                        ));
                    }
                };
                parts.query.push((name.to_owned(), text));
            }
            Ok(())
        });
    }

    /// Sets a header, in place of one that the client would send.
    pub(crate) fn set_header(&mut self, name: &str, value: &str) {
        self.change(|parts| {
            parts.headers.push(parse_header(name, value)?);
            Ok(())
        });
    }

    /// Sets a property of the body, which is a JSON object.
    pub(crate) fn set_property(&mut self, name: &str, value: &impl Serialize) {
        self.insert_property(name, serde_json::to_value(value));
    }

    fn insert_property(&mut self, name: &str, value: serde_json::Result<Value>) {
        self.change(|parts| {
            let value = serialized(name, value)?;
            match &mut parts.body {
                Body::Properties(properties) => {
                    properties.insert(name.to_owned(), value);
                }
                body => {
                    let mut properties = Map::new();
                    properties.insert(name.to_owned(), value);
                    *body = Body::Properties(properties);
                }
            }
            Ok(())
        });
    }

    /// Sends a JSON object, even if no property is set.
    pub(crate) fn expect_object(&mut self) {
        self.change(|parts| {
            if matches!(parts.body, Body::Empty) {
                parts.body = Body::Properties(Map::new());
            }
            Ok(())
        });
    }

    /// Returns a property of the body.
    pub(crate) fn property(&self, name: &str) -> Option<&Value> {
        match &self.parts.as_ref().ok()?.body {
            Body::Properties(properties) => properties.get(name),
            _ => None,
        }
    }

    /// Returns the value of a query parameter.
    pub(crate) fn query_value(&self, name: &str) -> Option<&str> {
        let query = &self.parts.as_ref().ok()?.query;
        let (_, value) = query.iter().find(|(other, _)| other == name)?;
        Some(value)
    }

    /// Sets a query parameter in place of what it was.
    pub(crate) fn replace_query(&mut self, name: &str, value: u64) {
        if let Ok(parts) = &mut self.parts {
            parts.query.retain(|(other, _)| other != name);
            parts.query.push((name.to_owned(), value.to_string()));
        }
    }

    /// Returns the value of the last parameter in the path.
    pub(crate) fn last_path_value(&self) -> Option<&str> {
        let (_, value) = self.parts.as_ref().ok()?.ids.last()?;
        Some(value)
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.client.inner.clock
    }

    /// Returns the error of a wait that took too long.
    pub(crate) fn expired(&self, detail: String) -> Error {
        Error::new(Kind::Timeout)
            .with_operation(self.operation.clone())
            .with_detail(detail)
    }

    /// Refuses a property of the body beside any other.
    pub(crate) fn refuse_beside_others(&mut self, name: &str) {
        self.change(|parts| match &parts.body {
            Body::Properties(properties)
                if properties.len() > 1 && properties.contains_key(name) =>
            {
                Err(format!(
                    "{name}: ImageKit takes it in a request of its own; send the other properties apart"
                ))
            }
            _ => Ok(()),
        });
    }

    /// Sets a field of the form.
    pub(crate) fn set_field(&mut self, name: &'static str, value: &impl Serialize) {
        self.insert_field(name, serde_json::to_value(value));
    }

    fn insert_field(&mut self, name: &'static str, value: serde_json::Result<Value>) {
        self.change_form(|form| {
            let text = match serialized(name, value)? {
                Value::String(text) => text,
                value => value.to_string(),
            };
            form.set(name, text);
            Ok(())
        });
    }

    /// Sets a field of the form whose texts are joined by commas; an empty list sets nothing.
    pub(crate) fn set_list_field(&mut self, name: &'static str, value: &impl Serialize) {
        self.change_form(|form| {
            let Value::Array(items) = serialized(name, serde_json::to_value(value))? else {
                return Err(format!("{name}: not a list"));
            };
            let mut texts = Vec::new();
            for item in &items {
                let text = item.as_str().unwrap_or_default();
                if text.contains(',') {
                    return Err(format!(
                        "{name}: {text:?} holds a comma, which would make two of it"
                    ));
                }
                texts.push(text);
            }
            if !texts.is_empty() {
                form.set(name, texts.join(","));
            }
            Ok(())
        });
    }

    /// Sets a field of the form to the text of a JSON value.
    pub(crate) fn set_json_field(&mut self, name: &'static str, value: &impl Serialize) {
        self.change_form(|form| {
            form.set(
                name,
                serialized(name, serde_json::to_value(value))?.to_string(),
            );
            Ok(())
        });
    }

    /// Sets the file of the form. Its length decides how long the call may take, so that only silence is limited.
    pub(crate) fn set_file(&mut self, name: &'static str, source: UploadSource) {
        self.options.timeout = Duration::MAX;
        self.change_form(|form| form.set_file(name, source));
    }

    pub(crate) fn on_progress(
        &mut self,
        progress: impl Fn(u64, Option<u64>) + Send + Sync + 'static,
    ) {
        self.change_form(|form| {
            form.on_progress(Arc::new(progress));
            Ok(())
        });
    }

    /// Marks the request as idempotent if its form has these texts.
    pub(crate) fn idempotent_if(&mut self, texts: &[(&str, &str)]) {
        self.change(|parts| {
            if let Body::Form(form) = &parts.body {
                parts.is_idempotent = texts
                    .iter()
                    .all(|(name, text)| form.text(name) == Some(text));
            }
            Ok(())
        });
    }

    fn change_form(&mut self, change: impl FnOnce(&mut Form) -> Result<(), String>) {
        self.change(|parts| {
            if !matches!(parts.body, Body::Form(_)) {
                parts.body = Body::Form(Box::default());
            }
            match &mut parts.body {
                Body::Form(form) => change(form),
                _ => Ok(()),
            }
        });
    }

    /// Sets the whole body as JSON.
    pub(crate) fn set_body(&mut self, value: &(impl Serialize + ?Sized)) {
        self.change(|parts| {
            let body = serde_json::to_vec(value).map_err(|error| format!("body: {error}"))?;
            parts.body = Body::Bytes(body.into());
            Ok(())
        });
    }

    /// Sends the request, retrying as the options allow. On `Ok`, the response has a 2xx status.
    ///
    /// The future is boxed so that it is compiled here, and not once more in each crate that makes a call.
    pub(crate) fn execute(
        self: Box<Self>,
    ) -> Pin<Box<dyn Future<Output = Result<RawResponse, Error>> + Send>> {
        if Handle::try_current().is_err() {
            let error = Error::configuration("a call needs a Tokio runtime to run on")
                .with_operation(self.operation);
            return Box::pin(future::ready(Err(error)));
        }
        match Call::new(*self) {
            // A call that is moved into a future is held by it once, and one that is its argument twice.
            Ok(call) => Box::pin(async move { call.send().await }),
            Err(error) => Box::pin(future::ready(Err(error))),
        }
    }

    fn change(&mut self, change: impl FnOnce(&mut Parts) -> Result<(), String>) {
        if let Ok(parts) = &mut self.parts
            && let Err(reason) = change(parts)
        {
            self.parts = Err(Error::invalid_request(self.operation.clone(), reason));
        }
    }

    /// Returns the URL of the request.
    pub(super) fn url(&self, parts: &Parts) -> Result<Url, Error> {
        let base_url = self.client.base_url_for(&self.operation);
        let url = base_url.and_then(|base_url| match &self.operation {
            OperationRef::Documented(_) | OperationRef::Described(_) => {
                fill(base_url, self.operation.path(), &parts.ids)
            }
            OperationRef::Raw(operation) => append(base_url, operation.path()),
        });
        let mut url =
            url.map_err(|reason| Error::invalid_request(self.operation.clone(), reason))?;
        if !parts.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&parts.query);
        }
        let length = url.as_str().len();
        if length > LONGEST_URL {
            let longest = parts.query.iter().max_by_key(|(_, value)| value.len());
            let at_fault = match longest {
                Some((name, _)) if url.path().len() < length / 2 => {
                    format!("query parameter {name}")
                }
                _ => "path".to_owned(),
            };
            let reason = format!(
                "{at_fault}: a URL may not be {length} bytes long; at most {LONGEST_URL} are sent"
            );
            return Err(Error::invalid_request(self.operation.clone(), reason));
        }
        Ok(url)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("operation", &self.operation.id())
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// A request to a path that this client has no operation for, with its authentication, retries, limits and
/// errors: what [`Client::request`] starts.
///
/// What is wrong with one of its parts is reported by [`send`](Self::send), before anything is sent.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct RawRequest {
    request: Box<Request>,
}

call_options!(RawRequest);

impl RawRequest {
    /// A path that is percent-encoded already.
    pub(crate) fn new(client: &Client, method: Method, path: &str) -> Self {
        let operation = Operation::raw(method, path);
        Self {
            request: Request::with_operation(client, OperationRef::Raw(operation.into())),
        }
    }

    /// An operation that a table describes.
    pub(crate) fn described(client: &Client, operation: Operation) -> Self {
        Self {
            request: Request::with_operation(client, OperationRef::Described(operation.into())),
        }
    }

    /// Sets a parameter of the path.
    #[doc(hidden)]
    pub fn path(mut self, name: &'static str, value: &str) -> Self {
        self.request.set_path_text(name, value);
        self
    }

    /// Sets a text of a form.
    #[doc(hidden)]
    pub fn form(mut self, name: &'static str, text: &str) -> Self {
        self.request.set_field(name, &text);
        self
    }

    /// Sets the file of a form.
    #[doc(hidden)]
    pub fn form_file(mut self, name: &'static str, source: UploadSource) -> Self {
        self.request.set_file(name, source);
        self
    }

    /// Marks the request as idempotent if its form has these texts.
    #[doc(hidden)]
    pub fn idempotent_if(mut self, texts: &[(&str, &str)]) -> Self {
        self.request.idempotent_if(texts);
        self
    }

    /// Returns the value of a query parameter.
    #[doc(hidden)]
    pub fn query_value(&self, name: &str) -> Option<&str> {
        self.request.query_value(name)
    }

    /// Sets a query parameter in place of what it was.
    #[doc(hidden)]
    pub fn replace_query(mut self, name: &str, value: u64) -> Self {
        self.request.replace_query(name, value);
        self
    }

    /// Adds a query parameter: an absent value (`None`) adds nothing, a list one for each item. A number that is
    /// infinite or none at all is refused when the request is sent.
    pub fn query(mut self, name: &str, value: impl Serialize) -> Self {
        self.request.set_query(name, &Finite(&value));
        self
    }

    /// Sets a header, in place of one that the client would send.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request.set_header(name, value);
        self
    }

    /// Sets a body of JSON. A number in it that is infinite or none at all, for which JSON has no form, is refused
    /// when the request is sent.
    pub fn json(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        self.request.set_body(&Finite(body));
        self
    }

    /// Sends the request. The body of the response is not decoded: use [`Response::json`] or
    /// [`Response::raw_body`].
    ///
    /// # Errors
    ///
    /// If no response with a 2xx status arrives, [`Error`] says why.
    pub async fn send(self) -> Result<Response<()>, Error> {
        Ok(self.request.execute().await?.empty())
    }
}

fn serialized(place: &str, value: serde_json::Result<Value>) -> Result<Value, String> {
    value.map_err(|error| format!("{place}: {error}"))
}

/// Parses a header, with a message that says which part is wrong and never shows the value.
pub(crate) fn parse_header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let parsed: HeaderName = name
        .parse()
        .map_err(|_| format!("header name {name:?} is not valid"))?;
    // They say how the message is framed, which only the transport can know.
    let framing = [
        header::CONNECTION,
        header::CONTENT_LENGTH,
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
    ];
    if framing.contains(&parsed) || parsed == "keep-alive" || parsed == "proxy-connection" {
        return Err(format!("header {name} is set by the transport alone"));
    }
    let value = value
        .parse()
        .map_err(|_| format!("the value of header {name} holds characters that no header may"))?;
    Ok((parsed, value))
}

/// Fills in a path template, each value percent-encoded as one segment.
fn fill(mut url: Url, template: &str, ids: &[(&str, String)]) -> Result<Url, String> {
    let Ok(mut path) = url.path_segments_mut() else {
        return Err("the base URL cannot have a path".to_owned());
    };
    path.pop_if_empty();
    for segment in template.split('/').skip(1) {
        let parameter = segment
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'));
        match parameter {
            None => path.push(segment),
            Some(parameter) => {
                let id = ids.iter().find(|(name, _)| *name == parameter);
                let (_, id) = id.ok_or_else(|| format!("{parameter} is not set"))?;
                path.push(id)
            }
        };
    }
    drop(path);
    Ok(url)
}

/// Appends a path that is percent-encoded already and may not leave the base URL.
fn append(mut url: Url, path: &str) -> Result<Url, String> {
    if !path.starts_with('/') {
        return Err(format!("path {path:?} does not begin with a slash"));
    }
    if let Some(unfit) = path
        .chars()
        .find(|c| matches!(c, '?' | '#' | '\\') || c.is_control())
    {
        return Err(format!(
            "path {path:?} holds {unfit:?}: percent-encode it, and add the query with `query`"
        ));
    }
    for segment in path.split('/') {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        if plain == "." || plain == ".." {
            return Err(format!("path {path:?} holds the segment `{segment}`"));
        }
    }
    let path = format!("{}{path}", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(base: &str, id: &str) -> String {
        let ids = [("id", id.to_owned())];
        fill(Url::parse(base).unwrap(), "/v1/{id}/versions", &ids)
            .unwrap()
            .into()
    }

    #[test]
    fn path_parameter_stays_in_its_segment() {
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
                filled("https://h", id),
                format!("https://h/v1/{segment}/versions")
            );
        }
    }

    #[test]
    fn base_url_with_a_path_keeps_it() {
        for base in ["https://h/api", "https://h/api/"] {
            assert_eq!(filled(base, "x"), "https://h/api/v1/x/versions");
            let base = Url::parse(base).unwrap();
            assert_eq!(
                append(base, "/v1/files").unwrap().as_str(),
                "https://h/api/v1/files"
            );
        }
    }

    #[test]
    fn raw_path_cannot_leave_the_base_url() {
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
            assert!(append(base.clone(), path).is_err(), "{path:?}");
        }
    }
}
