use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use super::error::{self, Error, Kind};
use super::json_path;
use super::list::List;
use super::operation::OperationRef;
use super::redact::{Redacted, Redactor};
use super::response::Response;
use crate::Client;

/// ImageKit's id of a request; `x-request-id` has been seen beside it with the same value.
const REQUEST_ID: [&str; 2] = ["x-ik-requestid", "x-request-id"];

/// What a server sent, or as much of it as has arrived.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Received {
    pub(crate) fn request_id(&self) -> Option<&str> {
        REQUEST_ID
            .iter()
            .find_map(|name| self.headers.get(*name)?.to_str().ok())
    }
}

/// A response with a 2xx status, before it is decoded.
#[derive(Clone)]
pub(crate) struct RawResponse {
    pub(super) client: Client,
    pub(super) operation: OperationRef,
    pub(super) received: Received,
    pub(super) attempts: u32,
}

impl RawResponse {
    pub(crate) fn status(&self) -> StatusCode {
        self.received.status
    }

    /// Decodes the body.
    pub(crate) fn decode<T: DeserializeOwned>(self) -> Result<Response<T>, Error> {
        let body = self.json()?;
        Ok(Response::new(body, self))
    }

    /// Decodes a list item by item, so that an odd item is one error and not the loss of the list.
    pub(crate) fn decode_list<T: DeserializeOwned>(self) -> Result<Response<List<T>>, Error> {
        let list = List::decode(&self)?;
        Ok(Response::new(list, self))
    }

    /// Decodes nothing, whatever the body is.
    pub(crate) fn empty(self) -> Response<()> {
        Response::new((), self)
    }

    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Decodes the body, and drops all else.
    pub(crate) fn into_json<T: DeserializeOwned>(self) -> Result<T, Error> {
        self.json()
    }

    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let body = &self.received.body;
        serde_json::from_slice(body).map_err(|error| self.undecodable().at("$", body, &error))
    }

    /// Returns the error of a body without a property that it must have.
    pub(crate) fn lacks(&self, property: &str) -> Error {
        let detail = format!("$.{property}: it is missing, or is not a text");
        self.undecodable().error(&detail)
    }

    /// Returns what makes the errors of this response, however many items of it are odd.
    #[cold]
    pub(super) fn undecodable(&self) -> Undecodable<'_> {
        let redactor = &self.client.inner.redactor;
        let redactor = redactor.with(self.operation.secrets(), &[&self.received.body]);
        Undecodable {
            response: self,
            shown: redactor
                .received(self.received.clone())
                .cut_body(error::MAX_BODY),
            redactor,
        }
    }
}

/// A response that cannot be decoded, and what may be shown of it: redacted once, since a list has an error for each of
/// its odd items.
pub(super) struct Undecodable<'a> {
    response: &'a RawResponse,
    shown: Redacted<Received>,
    /// Finds the private key, and what is secret in this very response.
    redactor: Cow<'a, Redactor>,
}

impl Undecodable<'_> {
    /// Returns the error of the body, or of an item of it that stands at `prefix`.
    pub(super) fn at(&self, prefix: &str, body: &Bytes, error: &serde_json::Error) -> Error {
        let detail = if body.is_empty() {
            format!("{prefix}: the body is empty")
        } else {
            let position = json_path::position(body, error);
            let (path, message) = json_path::located(body, error);
            let path = path.strip_prefix('$').unwrap_or(&path);
            let (shown, position) = self.redactor.body(body, position);
            let excerpt = error::excerpt(&shown, position);
            format!("{prefix}{path}: {message}, near `{excerpt}`")
        };
        self.error(&detail)
    }

    fn error(&self, detail: &str) -> Error {
        Error::new(Kind::Decode)
            .with_operation(self.response.operation.clone())
            .with_attempts(self.response.attempts)
            .with_received(self.shown.clone(), &self.redactor)
            .with_detail(self.redactor.text(detail).into_inner())
    }
}

impl fmt::Debug for RawResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawResponse")
            .field("operation", &self.operation.id())
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
