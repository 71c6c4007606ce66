use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use super::answer::Answer;
use super::error::{self, Error, Kind};
use super::json_path::json_path;
use super::operation::Called;
use super::rate_limit::RateLimit;
use super::settings::Shared;

/// An answer with a status of success, not decoded yet.
pub(crate) struct Response {
    pub(super) operation: Called,
    pub(super) answer: Answer,
    pub(super) attempts: u32,
    pub(super) shared: Arc<Shared>,
}

/// A typed answer, with all that came with it: status, headers and the bytes of the body.
///
/// It derefs to the value:
///
/// ```
/// # async fn example(client: imagekit_client::Client) -> Result<(), imagekit_client::Error> {
/// let version = client
///     .get_file_version_details()
///     .file_id("598821f949c0a938d57563bd")
///     .version_id("697821f849c0a938d57563ce")
///     .send()
///     .await?;
/// println!("{} ({})", version.name, version.status());
/// let anything_else: serde_json::Value = version.json()?;
/// println!("{}", anything_else["aPropertyThatIsNewerThanThisClient"]);
/// let version = version.into_inner();
/// # Ok(())
/// # }
/// ```
pub struct ResponseValue<T> {
    value: T,
    response: Response,
}

impl Response {
    pub(crate) fn status(&self) -> StatusCode {
        self.answer.status
    }

    fn decode<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.answer.body).map_err(|error| self.undecodable(&error))
    }

    #[cold]
    fn undecodable(&self, error: &serde_json::Error) -> Error {
        let body = &*self.answer.body;
        let detail = if body.is_empty() {
            "$: the body is empty".to_owned()
        } else {
            let position = position(body, error.line(), error.column());
            let path = json_path(body, position);
            format!("{path}: {error}, near `{}`", error::excerpt(body, position))
        };
        self.fail(Kind::Decode)
            .with_detail(self.shared.redact_text(&detail))
    }

    fn fail(&self, kind: Kind) -> Error {
        Error::new(kind)
            .with_operation(self.operation.clone())
            .with_attempts(self.attempts)
            .with_answer(self.answer.clone(), &self.shared)
    }
}

impl<T: DeserializeOwned> ResponseValue<T> {
    /// Decodes the answer.
    pub(crate) fn from_response(response: Response) -> Result<Self, Error> {
        let value = response.decode()?;
        Ok(Self { value, response })
    }
}

impl ResponseValue<()> {
    /// An answer of which nothing is decoded.
    pub(crate) fn empty(response: Response) -> Self {
        Self {
            value: (),
            response,
        }
    }
}

impl<T> ResponseValue<T> {
    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.response.answer.status
    }

    /// The headers of the answer.
    pub fn headers(&self) -> &HeaderMap {
        &self.response.answer.headers
    }

    /// ImageKit's id of the exchange (`x-ik-requestId`), to be quoted when asking its support.
    pub fn request_id(&self) -> Option<&str> {
        self.response.answer.request_id()
    }

    /// What ImageKit says about its rate limit.
    pub fn rate_limit(&self) -> RateLimit {
        RateLimit::from_headers(self.headers())
    }

    /// How many requests were sent until this answer arrived.
    pub fn attempts(&self) -> u32 {
        self.response.attempts
    }

    /// The body as it arrived.
    pub fn body(&self) -> &Bytes {
        &self.response.answer.body
    }

    /// Decodes the body as anything else, such as a [`serde_json::Value`].
    ///
    /// # Errors
    ///
    /// If the body is not JSON of that shape; [`Error::is_decode`] is then true.
    pub fn json<U: DeserializeOwned>(&self) -> Result<U, Error> {
        self.response.decode()
    }

    /// The value alone.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for ResponseValue<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for ResponseValue<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T> AsRef<T> for ResponseValue<T> {
    fn as_ref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for ResponseValue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseValue")
            .field("status", &self.status())
            .field("request_id", &self.request_id())
            .field("value", &self.value)
            .finish_non_exhaustive()
    }
}

impl Error {
    /// The answer is a success that the document does not promise for the operation.
    pub(crate) fn unexpected(response: &Response) -> Self {
        response.fail(Kind::UnexpectedSuccess)
    }
}

/// The offset of a place that is given as line and column, both counted from one.
fn position(body: &[u8], line: usize, column: usize) -> usize {
    let start: usize = body
        .split_inclusive(|byte| *byte == b'\n')
        .take(line.saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    start + column.saturating_sub(1)
}
