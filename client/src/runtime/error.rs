use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};

use super::operation::{Operation, OperationRef};
use super::rate_limit::{self, RateLimit};
use super::raw_response::Received;
use super::redact::{Redacted, Redactor, one_line};
use super::retry::Fate;
use super::retry_loop::rounded;
use crate::types::ApiError;

/// Longest part of a body that an error keeps, in bytes.
pub(super) const MAX_BODY: usize = 64 * 1024;
/// Longest part of a body that a message quotes, in bytes.
const MAX_EXCERPT: usize = 80;

/// The reason why a call failed, or a client could not be built.
///
/// There is one type for all operations. Its predicates, such as [`is_not_found`](Self::is_not_found), say what
/// happened; its accessors, such as [`api_message`](Self::api_message), what the server said. `Display` is one
/// line with the operation, the status, ImageKit's message, the request id and the number of attempts, and so is
/// `Debug` unless it is asked for more by `{:#?}`. Nothing in it holds the private key.
///
/// `Display` includes the cause where there is no better explanation, and [`source`](StdError::source) returns
/// it as well, for programs that look for a certain one: printers of whole chains may show it twice.
///
/// It is cheap to clone. [`errors`](crate::_documentation::errors) shows what to do with it.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: Kind,
    operation: Option<OperationRef>,
    received: Option<Redacted<Received>>,
    /// The body as ImageKit's error object, where it is one.
    api_error: Option<Box<ApiError>>,
    retry_after: Option<Duration>,
    attempts: u32,
    detail: Option<String>,
    proxy: Option<String>,
    cause: Option<Arc<dyn StdError + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The client could not be built.
    Configuration,
    /// The call was refused before anything was sent.
    InvalidRequest,
    /// The call was not sent, because the server asked to wait for longer than the call can.
    Throttled,
    /// The source of an upload could not be read to its end.
    Source,
    /// There was no connection.
    Connect,
    /// The connection broke before the response was whole.
    ConnectionLost,
    /// The server does not speak HTTP as this client does.
    NotHttp,
    /// No whole response arrived in time.
    Timeout,
    /// The response is longer than the client reads.
    TooLarge { limit: usize },
    /// The response has a status that is not a success.
    Status,
    /// The response points somewhere else.
    Redirect,
    /// The response is a success that could not be decoded.
    Decode,
}

impl Kind {
    /// The name under which traces count it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::InvalidRequest => "invalid_request",
            Self::Throttled => "throttled",
            Self::Source => "source",
            Self::Connect => "connect",
            Self::ConnectionLost => "connection_lost",
            Self::NotHttp => "not_http",
            Self::Timeout => "timeout",
            Self::TooLarge { .. } => "too_large",
            Self::Status => "status",
            Self::Redirect => "redirect",
            Self::Decode => "decode",
        }
    }
}

impl Error {
    pub(crate) fn new(kind: Kind) -> Self {
        Self(Arc::new(Inner {
            kind,
            operation: None,
            received: None,
            api_error: None,
            retry_after: None,
            attempts: 0,
            detail: None,
            proxy: None,
            cause: None,
        }))
    }

    pub(crate) fn configuration(detail: impl Into<String>) -> Self {
        Self::new(Kind::Configuration).with_detail(detail)
    }

    /// The parameters of a call cannot be sent.
    pub(crate) fn invalid_request(operation: OperationRef, reason: impl Into<String>) -> Self {
        Self::new(Kind::InvalidRequest)
            .with_operation(operation)
            .with_detail(reason)
    }

    /// The source of an upload cannot be read.
    pub(crate) fn source(detail: impl Into<String>) -> Self {
        Self::new(Kind::Source).with_detail(detail)
    }

    /// Creates the error of a response, for tests of code that handles errors.
    ///
    /// ```
    /// use imagekit_client::{Error, StatusCode};
    ///
    /// let body = r#"{"message": "The requested file does not exist."}"#;
    /// let error = Error::from_response(StatusCode::NOT_FOUND, Default::default(), body);
    /// assert!(error.is_not_found());
    /// assert_eq!(error.api_message(), Some("The requested file does not exist."));
    /// ```
    pub fn from_response(status: StatusCode, headers: HeaderMap, body: impl Into<Bytes>) -> Self {
        let redactor = Redactor::none();
        let received = Received {
            status,
            headers,
            body: body.into(),
        };
        Self::new(Kind::Status)
            .with_attempts(1)
            .with_received(redactor.received(received), &redactor)
    }

    /// The error of a task that did not come to its end.
    pub(crate) fn task(error: tokio::task::JoinError) -> Self {
        Self::new(Kind::ConnectionLost)
            .with_detail("the task of the call has ended")
            .with_cause(error)
    }

    fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    pub(crate) fn with_operation(self, operation: OperationRef) -> Self {
        self.with(|inner| inner.operation = Some(operation))
    }

    pub(crate) fn with_detail(self, detail: impl Into<String>) -> Self {
        self.with(|inner| inner.detail = Some(detail.into()))
    }

    pub(crate) fn with_proxy(self, proxy: &str) -> Self {
        self.with(|inner| inner.proxy = Some(proxy.to_owned()))
    }

    pub(crate) fn with_cause(self, cause: impl StdError + Send + Sync + 'static) -> Self {
        self.with(|inner| inner.cause = Some(Arc::new(cause)))
    }

    pub(crate) fn with_attempts(self, attempts: u32) -> Self {
        self.with(|inner| inner.attempts = attempts)
    }

    pub(crate) fn with_wait(self, wait: Option<Duration>) -> Self {
        self.with(|inner| inner.retry_after = wait)
    }

    /// Keeps what the server sent. Its texts are redacted once more after they have been decoded, since JSON
    /// has many spellings for a character.
    pub(crate) fn with_received(self, received: Redacted<Received>, redactor: &Redactor) -> Self {
        self.with(|inner| {
            if !received.status.is_success() {
                inner.api_error = redactor.decoded(&received.body).map(Box::new);
            }
            if matches!(
                received.status,
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
            ) {
                inner.retry_after = RateLimit::from_headers(&received.headers)
                    .reset()
                    .or_else(|| rate_limit::retry_after(&received.headers, SystemTime::now()));
            }
            inner.received = Some(received.cut_body(MAX_BODY));
        })
    }

    /// Returns what may have happened on the server.
    pub(crate) fn fate(&self) -> Fate {
        match self.0.kind {
            Kind::Connect => Fate::NotSent,
            Kind::Throttled => Fate::Rejected,
            Kind::ConnectionLost | Kind::Timeout => Fate::Unknown,
            Kind::Status => self.status().map_or(Fate::Final, Fate::of_status),
            _ => Fate::Final,
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Returns the status of the response, if one arrived.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.received.as_ref().map(|received| received.status)
    }

    /// Returns the headers of the response, if one arrived.
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.0.received.as_ref().map(|received| &received.headers)
    }

    /// Returns ImageKit's id of the request (`x-ik-requestId`), which its support asks for.
    pub fn request_id(&self) -> Option<&str> {
        self.0.received.as_ref()?.request_id()
    }

    /// Returns what went wrong, in ImageKit's words: the `message` of its error object.
    pub fn api_message(&self) -> Option<&str> {
        self.api_error()?.message.as_deref()
    }

    /// Returns where to get help, in ImageKit's words: the `help` of its error object.
    pub fn help(&self) -> Option<&str> {
        self.api_error()?.help.as_deref()
    }

    /// Returns ImageKit's code for what went wrong, such as `FILE_ALREADY_EXISTS`: the `reason` of its error
    /// object, which copying, moving and renaming have.
    pub fn reason(&self) -> Option<&str> {
        self.api_error()?.reason.as_deref()
    }

    /// Returns ImageKit's error object, if the body of the response is one.
    pub fn api_error(&self) -> Option<&ApiError> {
        self.0.api_error.as_deref()
    }

    /// Returns what arrived of the body, at most its first 64 KiB.
    pub fn body(&self) -> Option<&Bytes> {
        self.0.received.as_ref().map(|received| &received.body)
    }

    /// Returns what ImageKit says about its rate limit, if a response arrived.
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.headers().map(RateLimit::from_headers)
    }

    /// Returns how long the server asks to wait before the next call to this endpoint, measured from its
    /// response: `X-RateLimit-Reset`, or else `Retry-After`.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns how many requests were sent for the call; zero if it was refused before.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns the operation that was called; `None` if a client could not be built.
    pub fn operation(&self) -> Option<&Operation> {
        self.0.operation.as_deref()
    }

    /// Returns where a redirect pointed, if the response was one. This client follows none.
    pub fn redirect_target(&self) -> Option<&str> {
        if self.0.kind != Kind::Redirect {
            return None;
        }
        self.headers()?.get(header::LOCATION)?.to_str().ok()
    }

    /// Returns `true` for a 404: the file, the version or whatever else was asked for does not exist.
    pub fn is_not_found(&self) -> bool {
        self.is_status(StatusCode::NOT_FOUND)
    }

    /// Returns `true` for a 401: no private key arrived at ImageKit.
    pub fn is_unauthorized(&self) -> bool {
        self.is_status(StatusCode::UNAUTHORIZED)
    }

    /// Returns `true` for a 403: the private key is wrong, has expired or lacks the right, or the account is
    /// disabled.
    pub fn is_forbidden(&self) -> bool {
        self.is_status(StatusCode::FORBIDDEN)
    }

    /// Returns `true` for a 400: a parameter is not what ImageKit expects.
    pub fn is_bad_request(&self) -> bool {
        self.is_status(StatusCode::BAD_REQUEST)
    }

    /// Returns `true` for a 409: what is to be created exists already, or is in use.
    pub fn is_conflict(&self) -> bool {
        self.is_status(StatusCode::CONFLICT)
    }

    /// Returns `true` for a 423: another job is at work on the same folder.
    pub fn is_locked(&self) -> bool {
        self.is_status(StatusCode::LOCKED)
    }

    /// Returns `true` if there were too many requests: ImageKit said so (429), or it had said so before, and
    /// the call was not sent, since it could not wait for as long as ImageKit had asked.
    pub fn is_rate_limited(&self) -> bool {
        self.0.kind == Kind::Throttled || self.is_status(StatusCode::TOO_MANY_REQUESTS)
    }

    /// Returns `true` for a 5xx response, from ImageKit or from a proxy in front of it.
    pub fn is_server_error(&self) -> bool {
        self.status().is_some_and(|status| status.is_server_error())
    }

    /// Returns `true` if no whole response arrived within the time of an attempt or of the call.
    pub fn is_timeout(&self) -> bool {
        self.0.kind == Kind::Timeout
    }

    /// Returns `true` if there was no connection: the request was never sent.
    pub fn is_connect(&self) -> bool {
        self.0.kind == Kind::Connect
    }

    /// Returns `true` if the connection broke before the response was whole.
    pub fn is_connection_lost(&self) -> bool {
        self.0.kind == Kind::ConnectionLost
    }

    /// Returns `true` if the response is a success, but not in the form that the operation promises.
    pub fn is_decode(&self) -> bool {
        self.0.kind == Kind::Decode
    }

    /// Returns `true` if the response is longer than the client reads.
    pub fn is_too_large(&self) -> bool {
        matches!(self.0.kind, Kind::TooLarge { .. })
    }

    /// Returns `true` if the response points somewhere else (3xx); see
    /// [`redirect_target`](Self::redirect_target).
    pub fn is_redirect(&self) -> bool {
        self.0.kind == Kind::Redirect
    }

    /// Returns `true` if the call was refused before anything was sent, because of its parameters.
    pub fn is_invalid_request(&self) -> bool {
        self.0.kind == Kind::InvalidRequest
    }

    /// Returns `true` if the source of an upload could not be read, or was not as long as announced.
    pub fn is_source(&self) -> bool {
        self.0.kind == Kind::Source
    }

    /// Returns `true` if the client could not be built.
    pub fn is_configuration(&self) -> bool {
        self.0.kind == Kind::Configuration
    }

    /// Returns `true` if the same call may succeed later. The client has retried it already if that was safe
    /// and within its limits.
    pub fn is_transient(&self) -> bool {
        self.fate().is_transient()
    }

    /// Returns `true` if the server may have performed the operation although the call failed: no response
    /// arrived, or one that leaves it open.
    pub fn may_have_been_performed(&self) -> bool {
        self.fate() == Fate::Unknown || self.is_decode() || self.is_too_large()
    }

    fn is_status(&self, status: StatusCode) -> bool {
        self.status() == Some(status)
    }

    fn write_what_happened(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        match inner.kind {
            Kind::Configuration => f.write_str("the client cannot be built")?,
            Kind::InvalidRequest => f.write_str("not sent")?,
            Kind::Throttled => f.write_str("not sent, because the rate limit is used up")?,
            Kind::Source => f.write_str("nothing is stored")?,
            Kind::Connect => f.write_str("no connection")?,
            Kind::ConnectionLost => {
                f.write_str("the connection broke before the response was whole")?;
            }
            Kind::NotHttp => f.write_str("the response is not valid HTTP")?,
            Kind::Timeout => f.write_str("no whole response in time")?,
            Kind::TooLarge { limit } => write!(f, "the response is longer than {limit} bytes")?,
            Kind::Status | Kind::Redirect => {}
            Kind::Decode => f.write_str("the response could not be decoded")?,
        }
        if let Some(proxy) = &inner.proxy {
            write!(f, " through the proxy {}", one_line(proxy))?;
        }
        let mut separator = if inner.kind == Kind::Status { "" } else { ": " };
        if let Some(status) = self.status() {
            match inner.kind {
                Kind::Status | Kind::Redirect => write!(f, "{status}")?,
                _ => write!(f, " ({status})")?,
            }
            separator = ": ";
        }
        if inner.kind == Kind::Redirect {
            return match self.redirect_target() {
                Some(target) => write!(f, ": redirected to {}, not followed", one_line(target)),
                None => f.write_str(": redirected, without saying where to"),
            };
        }
        if let Some(message) = self.api_message() {
            return write!(f, "{separator}{}", one_line(message));
        }
        if let Some(detail) = &inner.detail {
            return write!(f, "{separator}{}", one_line(detail));
        }
        match (&inner.received, inner.kind) {
            (Some(received), Kind::Status) if received.body.is_empty() => {
                write!(f, "{separator}no body")
            }
            (Some(received), Kind::Status) => {
                let excerpt = excerpt(&received.body, 0);
                write!(f, "{separator}the body begins `{excerpt}`")
            }
            _ => match &inner.cause {
                Some(cause) => write!(f, "{separator}{}", one_line(&innermost(&**cause))),
                None => Ok(()),
            },
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.operation() {
            write!(f, "{}: ", one_line(operation.id()))?;
        }
        self.write_what_happened(f)?;
        let mut notes = Vec::new();
        if let Some(wait) = self.retry_after() {
            notes.push(format!("retry after {}", rounded(wait)));
        }
        if let Some(id) = self.request_id() {
            notes.push(format!("request id {}", one_line(id)));
        }
        match self.attempts() {
            0 => {}
            1 => notes.push("1 attempt".to_owned()),
            attempts => notes.push(format!("{attempts} attempts")),
        }
        let is_open = self.operation().is_some_and(|it| !it.is_idempotent());
        if is_open && self.fate() == Fate::Unknown {
            notes.push("it may have been performed".to_owned());
        }
        if notes.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", notes.join(", "))
        }
    }
}

impl fmt::Debug for Error {
    /// Is what people see if `main` returns the error: one line, or all parts by `{:#?}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return fmt::Display::fmt(self, f);
        }
        f.debug_struct("Error")
            .field("message", &self.to_string())
            .field("kind", &self.0.kind)
            .field("operation", &self.operation().map(Operation::id))
            .field("status", &self.status())
            .field("request_id", &self.request_id())
            .field("attempts", &self.attempts())
            .field("cause", &self.0.cause)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let cause = self.0.cause.as_deref()?;
        Some(cause)
    }
}

/// Returns a short piece of a body around `position`, fit for a message.
pub(crate) fn excerpt(body: &[u8], position: usize) -> String {
    let position = position.min(body.len());
    let start = position.saturating_sub(MAX_EXCERPT / 2);
    let end = (start + MAX_EXCERPT).min(body.len());
    let text = String::from_utf8_lossy(&body[start..end]);
    let text = one_line(text.trim());
    let before = if start > 0 { "…" } else { "" };
    let after = if end < body.len() { "…" } else { "" };
    format!("{before}{text}{after}")
}

fn innermost(error: &(dyn StdError + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
