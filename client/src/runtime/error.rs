use std::error::Error as StdError;
use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};

use super::answer::Answer;
use super::operation::{Called, Operation};
use super::rate_limit::{self, RateLimit};
use super::retry;
use super::settings::Shared;
use crate::types;

/// At most so much of a body is kept in an error.
const KEPT_BODY: usize = 64 * 1024;
/// At most so much of a body is shown in a message.
const SHOWN_BODY: usize = 80;

/// Why a call failed, or a client could not be built.
///
/// One type for all operations. Ask it what happened by its predicates, such as
/// [`is_not_found`](Self::is_not_found), and for what the server said by its accessors, such as
/// [`api_message`](Self::api_message). Its `Display` is one line with the operation, the status,
/// ImageKit's message, the request id and the number of attempts. Nothing in it holds the private
/// key.
///
/// [When a call fails](crate::when_a_call_fails) shows what to do with it.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    operation: Option<Called>,
    answer: Option<Answer>,
    /// The body as ImageKit's error object, where it is one.
    said: Option<types::Error>,
    wait: Option<Duration>,
    attempts: u32,
    detail: Option<String>,
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The client could not be built.
    Configuration,
    /// The call was refused before anything was sent.
    InvalidRequest,
    /// The call was not sent, because the server asked to wait for longer than the call can.
    Throttled,
    /// No connection.
    Connect,
    /// The connection broke before the answer was whole.
    Interrupted,
    /// The server does not speak HTTP as this client does.
    NotHttp,
    /// No whole answer in time.
    Timeout,
    /// The answer is longer than the client reads.
    TooLarge { limit: usize },
    /// The answer has a status that is not a success.
    Status,
    /// The answer is a success that the operation does not have.
    UnexpectedSuccess,
    /// The answer points somewhere else.
    Redirect,
    /// The answer is a success that could not be understood.
    Decode,
}

impl Kind {
    /// The name under which traces count it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::InvalidRequest => "invalid_request",
            Self::Throttled => "throttled",
            Self::Connect => "connect",
            Self::Interrupted => "interrupted",
            Self::NotHttp => "not_http",
            Self::Timeout => "timeout",
            Self::TooLarge { .. } => "too_large",
            Self::Status => "status",
            Self::UnexpectedSuccess => "unexpected_success",
            Self::Redirect => "redirect",
            Self::Decode => "decode",
        }
    }
}

impl Error {
    pub(crate) fn new(kind: Kind) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: None,
            answer: None,
            said: None,
            wait: None,
            attempts: 0,
            detail: None,
            cause: None,
        }))
    }

    pub(crate) fn configuration(detail: impl Into<String>) -> Self {
        Self::new(Kind::Configuration).with_detail(detail)
    }

    /// The parameters of a call cannot be sent.
    pub(crate) fn invalid_request(
        operation: Called,
        cause: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self::new(Kind::InvalidRequest)
            .with_operation(operation)
            .with_detail(cause.into().to_string())
    }

    pub(crate) fn with_operation(mut self, operation: Called) -> Self {
        self.0.operation = Some(operation);
        self
    }

    pub(crate) fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    pub(crate) fn with_cause(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn with_wait(mut self, wait: Option<Duration>) -> Self {
        self.0.wait = wait;
        self
    }

    /// Keeps what the server sent, without any secret of ours that it may have sent back.
    pub(crate) fn with_answer(mut self, mut answer: Answer, shared: &Shared) -> Self {
        if let Some(redacted) = shared.redact(&answer.body) {
            answer.body = redacted.into();
        }
        for value in answer.headers.values_mut() {
            if let Some(redacted) = shared.redact(value.as_bytes())
                && let Ok(redacted) = header::HeaderValue::from_bytes(&redacted)
            {
                *value = redacted;
            }
        }
        if !answer.status.is_success() {
            self.0.said = serde_json::from_slice(&answer.body).ok();
        }
        if answer.body.len() > KEPT_BODY {
            answer.body = Bytes::copy_from_slice(&answer.body[..KEPT_BODY]);
        }
        if answer.status == StatusCode::TOO_MANY_REQUESTS
            || answer.status == StatusCode::SERVICE_UNAVAILABLE
        {
            self.0.wait = RateLimit::from_headers(&answer.headers)
                .reset()
                .or_else(|| rate_limit::retry_after(&answer.headers, SystemTime::now()));
        }
        self.0.answer = Some(answer);
        self
    }

    pub(crate) fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The status of the answer, if one arrived.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.answer.as_ref().map(|answer| answer.status)
    }

    /// The headers of the answer, if one arrived.
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.0.answer.as_ref().map(|answer| &answer.headers)
    }

    /// ImageKit's id of the exchange (`x-ik-requestId`), to be quoted when asking its support.
    pub fn request_id(&self) -> Option<&str> {
        self.0.answer.as_ref()?.request_id()
    }

    /// What went wrong, in ImageKit's words: the `message` of its error object.
    pub fn api_message(&self) -> Option<&str> {
        self.0.said.as_ref()?.message.as_deref()
    }

    /// Where to get help, in ImageKit's words: the `help` of its error object.
    pub fn help(&self) -> Option<&str> {
        self.0.said.as_ref()?.help.as_deref()
    }

    /// ImageKit's error object, if the body of the answer is one.
    pub fn details(&self) -> Option<&types::Error> {
        self.0.said.as_ref()
    }

    /// What arrived of the body, at most its first 64 KiB.
    pub fn body(&self) -> Option<&Bytes> {
        self.0.answer.as_ref().map(|answer| &answer.body)
    }

    /// What ImageKit says about its rate limit, if an answer arrived.
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.headers().map(RateLimit::from_headers)
    }

    /// How long the server asks to wait before the next call to this endpoint, measured from its
    /// answer: `X-RateLimit-Reset`, or else `Retry-After`.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.wait
    }

    /// How many requests were sent for the call; zero if it was refused before.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// What was called; `None` if a client could not be built.
    pub fn operation(&self) -> Option<&Operation> {
        self.0.operation.as_deref()
    }

    /// Where a redirect pointed, if the answer was one. This client follows none.
    pub fn redirect_target(&self) -> Option<&str> {
        if self.0.kind != Kind::Redirect {
            return None;
        }
        self.headers()?.get(header::LOCATION)?.to_str().ok()
    }

    /// ImageKit does not know the file, the version or whatever else was asked for (404).
    pub fn is_not_found(&self) -> bool {
        self.is_status(StatusCode::NOT_FOUND)
    }

    /// No private key arrived at ImageKit (401).
    pub fn is_unauthorized(&self) -> bool {
        self.is_status(StatusCode::UNAUTHORIZED)
    }

    /// The private key is wrong, has expired or lacks the right, or the account is disabled (403).
    pub fn is_forbidden(&self) -> bool {
        self.is_status(StatusCode::FORBIDDEN)
    }

    /// A parameter is not what ImageKit expects (400).
    pub fn is_bad_request(&self) -> bool {
        self.is_status(StatusCode::BAD_REQUEST)
    }

    /// Too many requests: ImageKit said so (429), or it had said so before, and the call was not
    /// sent, since it could not wait for as long as ImageKit had asked.
    pub fn is_rate_limited(&self) -> bool {
        self.0.kind == Kind::Throttled || self.is_status(StatusCode::TOO_MANY_REQUESTS)
    }

    /// ImageKit, or something between it and this client, failed (5xx).
    pub fn is_server_error(&self) -> bool {
        self.status().is_some_and(|status| status.is_server_error())
    }

    /// No whole answer arrived within the time of an attempt or of the call.
    pub fn is_timeout(&self) -> bool {
        self.0.kind == Kind::Timeout
    }

    /// No connection could be made: the request was never sent.
    pub fn is_connect(&self) -> bool {
        self.0.kind == Kind::Connect
    }

    /// The connection broke before the answer was whole.
    pub fn is_interrupted(&self) -> bool {
        self.0.kind == Kind::Interrupted
    }

    /// The answer is a success, but not what the operation promises.
    pub fn is_decode(&self) -> bool {
        matches!(self.0.kind, Kind::Decode | Kind::UnexpectedSuccess)
    }

    /// The answer is longer than the client reads.
    pub fn is_too_large(&self) -> bool {
        matches!(self.0.kind, Kind::TooLarge { .. })
    }

    /// The answer points somewhere else (3xx); see [`redirect_target`](Self::redirect_target).
    pub fn is_redirect(&self) -> bool {
        self.0.kind == Kind::Redirect
    }

    /// The call was refused before anything was sent, because of its parameters.
    pub fn is_invalid_request(&self) -> bool {
        self.0.kind == Kind::InvalidRequest
    }

    /// The client could not be built.
    pub fn is_configuration(&self) -> bool {
        self.0.kind == Kind::Configuration
    }

    /// Whether the same call may succeed later. The client has repeated it already if that was
    /// safe and within its limits.
    pub fn is_retryable(&self) -> bool {
        match self.0.kind {
            Kind::Connect | Kind::Interrupted | Kind::Timeout | Kind::Throttled => true,
            Kind::Status => self.status().is_some_and(retry::is_passing),
            _ => false,
        }
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
            Kind::Connect => f.write_str("no connection")?,
            Kind::Interrupted => f.write_str("the connection broke before the answer was whole")?,
            Kind::NotHttp => f.write_str("the answer is not valid HTTP")?,
            Kind::Timeout => f.write_str("no whole answer in time")?,
            Kind::TooLarge { limit } => write!(f, "the answer is longer than {limit} bytes")?,
            Kind::Status | Kind::UnexpectedSuccess | Kind::Redirect => {}
            Kind::Decode => f.write_str("the answer could not be understood")?,
        }
        let mut separator = if inner.kind == Kind::Status { "" } else { ": " };
        if let Some(status) = self.status() {
            match inner.kind {
                Kind::Status | Kind::UnexpectedSuccess | Kind::Redirect => write!(f, "{status}")?,
                _ => write!(f, " ({status})")?,
            }
            separator = ": ";
        }
        if inner.kind == Kind::Redirect {
            match self.redirect_target() {
                Some(target) => write!(f, ": redirected to {}, not followed", OneLine(target))?,
                None => f.write_str(": redirected to nowhere")?,
            }
        }
        if inner.kind == Kind::UnexpectedSuccess {
            f.write_str(": the operation has no such success")?;
        }
        if let Some(message) = self.api_message() {
            return write!(f, "{separator}{}", OneLine(message));
        }
        if let Some(detail) = &inner.detail {
            return write!(f, "{separator}{}", OneLine(detail));
        }
        match (&inner.answer, inner.kind) {
            (Some(answer), Kind::Status) if answer.body.is_empty() => {
                write!(f, "{separator}no body")
            }
            (Some(answer), Kind::Status) => {
                write!(
                    f,
                    "{separator}the body begins `{}`",
                    excerpt(&answer.body, 0)
                )
            }
            _ => match &inner.cause {
                Some(cause) => write!(f, "{separator}{}", OneLine(&innermost(&**cause))),
                None => Ok(()),
            },
        }
    }
}

impl Operation {
    /// The error of a call whose parameters cannot be sent.
    pub(crate) fn refuse(&'static self, reason: String) -> Error {
        Error::invalid_request(Called::Documented(self), reason)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.operation() {
            write!(f, "{}: ", OneLine(operation.id()))?;
        }
        self.write_what_happened(f)?;
        let mut notes = Vec::new();
        if let Some(wait) = self.retry_after() {
            notes.push(format!("retry after {wait:?}"));
        }
        if let Some(id) = self.request_id() {
            notes.push(format!("request id {}", OneLine(id)));
        }
        match self.attempts() {
            0 => {}
            1 => notes.push("1 attempt".to_owned()),
            attempts => notes.push(format!("{attempts} attempts")),
        }
        if notes.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", notes.join(", "))
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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

/// A short piece of a body around `position`, fit for a message.
pub(crate) fn excerpt(body: &[u8], position: usize) -> String {
    let position = position.min(body.len());
    let start = position.saturating_sub(SHOWN_BODY / 2);
    let end = (start + SHOWN_BODY).min(body.len());
    let text = String::from_utf8_lossy(&body[start..end]);
    let text = OneLine(text.trim());
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

/// A text from outside, kept from breaking the line or steering a terminal.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        for character in self.0.chars() {
            f.write_char(if character.is_control() {
                ' '
            } else {
                character
            })?;
        }
        Ok(())
    }
}
