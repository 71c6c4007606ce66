use std::fmt;
use std::fs;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};

use crate::body::Ending;
use crate::reply::Reply;
use crate::{Error, RateLimit};

/// Something that goes wrong on purpose, for every request or for some.
///
/// Faults are tried in the order in which they were added. Delays add up; of all others, only the
/// first one that a request meets takes effect.
///
/// ```
/// use std::time::Duration;
/// use imagekit_mock::{Fault, StatusCode};
///
/// let twice_unavailable = Fault::status(StatusCode::SERVICE_UNAVAILABLE).times(2);
/// let always_slow = Fault::latency(Duration::from_millis(50)).on_operation("getFileVersionDetails");
/// let one_is_unreachable = Fault::reset().on_id("697821f849c0a938d57563ce");
/// ```
///
/// The same as texts, for the program's `--fault`:
///
/// ```
/// use imagekit_mock::Fault;
///
/// let twice_unavailable: Fault = "503,times=2".parse()?;
/// let always_slow: Fault = "latency=50ms,operation=getFileVersionDetails".parse()?;
/// let one_is_unreachable: Fault = "reset,id=697821f849c0a938d57563ce".parse()?;
/// # Ok::<(), imagekit_mock::InvalidFault>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a fault has to be given to a server"]
pub struct Fault {
    effect: Effect,
    operation: Option<String>,
    id: Option<String>,
    /// How often it still happens, if not for ever.
    left: Option<u32>,
}

#[derive(Clone, Debug)]
pub(crate) enum Effect {
    Latency(Duration),
    Response(Response<Bytes>),
    ContentType(HeaderValue),
    Ending(Ending),
    Reset,
}

impl Fault {
    fn new(effect: Effect) -> Self {
        Self {
            effect,
            operation: None,
            id: None,
            left: None,
        }
    }

    /// Responds this status, with an error as ImageKit sends it.
    pub fn status(status: StatusCode) -> Self {
        let message = format!("This is a fault on purpose: {status}.");
        Self::response(Reply::error(status, message).into_response())
    }

    /// Responds 429, as if this limit was exceeded and its interval had just begun.
    ///
    /// To have requests really counted, see
    /// [`ServerBuilder::rate_limit`](crate::ServerBuilder::rate_limit).
    pub fn too_many_requests(limit: RateLimit) -> Self {
        let message = "This is a fault on purpose: too many requests.";
        let body = serde_json::json!({ "message": message });
        let mut reply = Reply::json(StatusCode::TOO_MANY_REQUESTS, &body);
        limit.write_headers(limit.interval(), &mut reply.headers);
        Self::response(reply.into_response())
    }

    /// Responds this status with a page of HTML, as a gateway in between would.
    pub fn html(status: StatusCode) -> Self {
        let page = format!("<html><body><h1>{status}</h1></body></html>\n");
        Self::response(Reply::new(status, "text/html", page).into_response())
    }

    /// Responds anything else. Only `x-ik-requestId` and what HTTP needs are added.
    pub fn response(response: Response<Bytes>) -> Self {
        Self::new(Effect::Response(response))
    }

    /// Responds 200 with the JSON of a file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or is not JSON.
    pub fn json_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let text = fs::read_to_string(path).map_err(|source| Error::Read {
            path: path.to_owned(),
            source: Arc::new(source),
        })?;
        let json: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| Error::Parse {
                path: Some(path.to_owned()),
                reason: error.to_string(),
            })?;
        Ok(Self::response(Reply::ok(&json).into_response()))
    }

    /// Responds as usual, but with this content type.
    pub fn content_type(value: HeaderValue) -> Self {
        Self::new(Effect::ContentType(value))
    }

    /// Responds as usual, but so much later.
    pub fn latency(latency: Duration) -> Self {
        Self::new(Effect::Latency(latency))
    }

    /// Sends the head and half of the body of the usual response, and then nothing more.
    pub fn stalled_body() -> Self {
        Self::new(Effect::Ending(Ending::Stalled))
    }

    /// Sends the head and half of the body of the usual response, and closes the connection.
    pub fn cut_body() -> Self {
        Self::new(Effect::Ending(Ending::Cut))
    }

    /// Resets the connection instead of responding.
    pub fn reset() -> Self {
        Self::new(Effect::Reset)
    }

    /// Only for requests to this operation, by its id in the OpenAPI document.
    pub fn on_operation(mut self, operation: impl Into<String>) -> Self {
        self.operation = Some(operation.into());
        self
    }

    /// Only for requests that have this id in their path, be it that of a file or of a version.
    pub fn on_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Only for this number of requests. Without this, it happens for ever.
    pub fn times(mut self, times: u32) -> Self {
        self.left = Some(times);
        self
    }

    /// The operation that it is meant for, if it is for one alone.
    pub(crate) fn operation(&self) -> Option<&str> {
        self.operation.as_deref()
    }

    /// Its effect on a request, which counts as one of its times.
    fn apply(&mut self, operation: Option<&str>, ids: &[String]) -> Option<&Effect> {
        let for_operation = self.operation.is_none() || self.operation.as_deref() == operation;
        let for_id = self.id.as_ref().is_none_or(|id| ids.contains(id));
        if !for_operation || !for_id {
            return None;
        }
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(1)?;
        }
        Some(&self.effect)
    }
}

/// The text that [`Fault::from_str`] takes; of a response of one's own, only the status.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.effect {
            Effect::Latency(latency) => {
                write!(
                    f,
                    "latency={}",
                    humantime::format_duration(*latency)
                        .to_string()
                        .replace(' ', "")
                )?;
            }
            Effect::Response(response) => write!(f, "{}", response.status().as_u16())?,
            Effect::ContentType(value) => {
                write!(
                    f,
                    "content-type={}",
                    String::from_utf8_lossy(value.as_bytes())
                )?;
            }
            Effect::Ending(Ending::Stalled) => f.write_str("stall")?,
            Effect::Ending(_) => f.write_str("cut")?,
            Effect::Reset => f.write_str("reset")?,
        }
        if let Some(left) = self.left {
            write!(f, ",times={left}")?;
        }
        if let Some(operation) = &self.operation {
            write!(f, ",operation={operation}")?;
        }
        if let Some(id) = &self.id {
            write!(f, ",id={id}")?;
        }
        Ok(())
    }
}

/// What goes wrong with one request.
#[derive(Debug, Default)]
pub(crate) struct InjectedFault {
    pub(crate) latency: Duration,
    pub(crate) effect: Option<Effect>,
}

impl InjectedFault {
    /// Uses up what is left of the faults that the request meets, and drops those that are over.
    pub(crate) fn of(faults: &mut Vec<Fault>, operation: Option<&str>, ids: &[String]) -> Self {
        let mut injected = Self::default();
        for fault in faults.iter_mut() {
            let is_delay = matches!(fault.effect, Effect::Latency(_));
            if !is_delay && injected.effect.is_some() {
                continue;
            }
            match fault.apply(operation, ids) {
                Some(Effect::Latency(latency)) => {
                    injected.latency = injected.latency.saturating_add(*latency)
                }
                Some(effect) => injected.effect = Some(effect.clone()),
                None => {}
            }
        }
        faults.retain(|fault| fault.left != Some(0));
        injected
    }
}

/// Why a text is no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidFault(String);

/// A fault as a text is its effect, and what it is limited to, with commas in between.
///
/// | effect | |
/// | --- | --- |
/// | `503` | [`Fault::status`] |
/// | `429=40/1s` | [`Fault::too_many_requests`] |
/// | `html`, `html=503` | [`Fault::html`], with 502 if no status is given |
/// | `content-type=text/plain` | [`Fault::content_type`] |
/// | `latency=200ms` | [`Fault::latency`] |
/// | `stall`, `cut`, `reset` | [`Fault::stalled_body`], [`Fault::cut_body`], [`Fault::reset`] |
///
/// | limit | |
/// | --- | --- |
/// | `times=2` | [`Fault::times`] |
/// | `operation=getFileVersionDetails` | [`Fault::on_operation`] |
/// | `id=697821f849c0a938d57563ce` | [`Fault::on_id`] |
impl FromStr for Fault {
    type Err = InvalidFault;

    fn from_str(text: &str) -> Result<Self, InvalidFault> {
        let mut parts = text.split(',').map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (name.trim(), value.trim())
        });
        let mut fault = match parts.next().unwrap_or_default() {
            ("429", limit) if !limit.is_empty() => {
                Self::too_many_requests(limit.parse().map_err(|error| invalid(limit, error))?)
            }
            ("html", "") => Self::html(StatusCode::BAD_GATEWAY),
            ("html", status) => Self::html(parse_status(status)?),
            ("content-type" | "latency", "") => {
                return Err(InvalidFault(format!(
                    "`{text}` needs a value, as in `latency=1s`"
                )));
            }
            ("content-type", value) => {
                Self::content_type(value.parse().map_err(|error| invalid(value, error))?)
            }
            ("latency", latency) => Self::latency(
                humantime::parse_duration(latency).map_err(|error| invalid(latency, error))?,
            ),
            ("stall", "") => Self::stalled_body(),
            ("cut", "") => Self::cut_body(),
            ("reset", "") => Self::reset(),
            (status, "") => Self::status(parse_status(status)?),
            (name, _) => return Err(InvalidFault(format!("`{name}` takes no value"))),
        };
        for part in parts {
            fault = match part {
                ("times", times) => {
                    fault.times(times.parse().map_err(|error| invalid(times, error))?)
                }
                ("operation", id) => fault.on_operation(id),
                ("id", id) => fault.on_id(id),
                (name, _) => {
                    return Err(InvalidFault(format!(
                        "`{name}` limits no fault: use `times`, `operation` or `id`"
                    )));
                }
            };
        }
        Ok(fault)
    }
}

fn parse_status(text: &str) -> Result<StatusCode, InvalidFault> {
    match text.parse::<StatusCode>() {
        // Anything below 200 is no final response.
        Ok(status) if !status.is_informational() => Ok(status),
        _ => Err(InvalidFault(format!(
            "`{text}` is neither a status such as 503 nor one of html, content-type, latency, \
             stall, cut and reset"
        ))),
    }
}

fn invalid(text: &str, reason: impl std::fmt::Display) -> InvalidFault {
    InvalidFault(format!("`{text}`: {reason}"))
}
