use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use super::error::Error;
use super::operation::Operation;
use super::rate_limit::RateLimit;
use super::raw_response::RawResponse;

/// A decoded response together with its status, headers and raw body.
///
/// ```no_run
/// # async fn example(client: imagekit_client::Client) -> Result<(), imagekit_client::Error> {
/// let response = client
///     .get_file_version_details("598821f949c0a938d57563bd", "697821f849c0a938d57563ce")
///     .send_with_response()
///     .await?;
/// println!("{} {:?}", response.status(), response.request_id());
/// let everything: serde_json::Value = response.json()?;
/// println!("{}", everything["aPropertyThatIsNewerThanThisClient"]);
/// let version = response.into_body();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Response<T> {
    body: T,
    raw: RawResponse,
}

impl<T> Response<T> {
    pub(crate) fn new(body: T, raw: RawResponse) -> Self {
        Self { body, raw }
    }

    /// Returns the status, which is a 2xx.
    pub fn status(&self) -> StatusCode {
        self.raw.status()
    }

    /// Returns the headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.raw.received.headers
    }

    /// Returns ImageKit's id of the request (`x-ik-requestId`), which its support asks for.
    pub fn request_id(&self) -> Option<&str> {
        self.raw.received.request_id()
    }

    /// Returns what ImageKit says about its rate limit.
    pub fn rate_limit(&self) -> RateLimit {
        RateLimit::from_headers(self.headers())
    }

    /// Returns how many requests were sent until this response arrived.
    pub fn attempts(&self) -> u32 {
        self.raw.attempts
    }

    /// Returns the operation that was called.
    pub fn operation(&self) -> &Operation {
        &self.raw.operation
    }

    /// Returns the decoded body.
    pub fn body(&self) -> &T {
        &self.body
    }

    /// Returns the decoded body alone.
    pub fn into_body(self) -> T {
        self.body
    }

    /// Returns the bytes of the body as they arrived.
    pub fn raw_body(&self) -> &Bytes {
        &self.raw.received.body
    }

    /// Decodes the body as another type, such as a [`serde_json::Value`].
    ///
    /// # Errors
    ///
    /// If the body is not JSON of that shape; [`Error::is_decode`] is then `true`.
    pub fn json<U: DeserializeOwned>(&self) -> Result<U, Error> {
        self.raw.json()
    }

    /// Changes the decoded body and keeps everything else.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Response<U> {
        Response {
            body: change(self.body),
            raw: self.raw,
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let redactor = &self.raw.client.inner.redactor;
        f.debug_struct("Response")
            .field("status", &self.status())
            .field(
                "request_id",
                &self.request_id().map(|id| redactor.text(id).into_inner()),
            )
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}
