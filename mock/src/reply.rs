use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// What ImageKit's errors refer to.
const HELP: &str = "For support kindly contact us at support@imagekit.io.";

/// A response before it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: Box<HeaderMap>,
    pub(crate) body: Bytes,
}

/// What an operation does: either way, it is a response.
pub(crate) type Outcome = Result<Reply, Reply>;

impl Reply {
    pub(crate) fn new(status: StatusCode, content_type: &str, body: impl Into<Bytes>) -> Self {
        let reply = Self {
            status,
            headers: Box::default(),
            body: body.into(),
        };
        reply.header(header::CONTENT_TYPE, content_type)
    }

    pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).unwrap_or_default();
        Self::new(status, "application/json; charset=utf-8", body)
    }

    pub(crate) fn ok(body: &impl Serialize) -> Self {
        Self::json(StatusCode::OK, body)
    }

    pub(crate) fn no_content() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            headers: Box::default(),
            body: Bytes::new(),
        }
    }

    /// Returns an error as ImageKit sends it.
    pub(crate) fn error(status: StatusCode, message: impl Into<String>) -> Self {
        Self::error_with(status, message, Map::new())
    }

    /// Returns an error with a code that says why.
    pub(crate) fn reason(status: StatusCode, reason: &str, message: impl Into<String>) -> Self {
        Self::error_with(
            status,
            message,
            Map::from_iter([("reason".to_owned(), reason.into())]),
        )
    }

    pub(crate) fn error_with(
        status: StatusCode,
        message: impl Into<String>,
        more: Map<String, Value>,
    ) -> Self {
        let mut body = Map::from_iter([
            ("message".to_owned(), message.into().into()),
            ("help".to_owned(), HELP.into()),
        ]);
        body.extend(more);
        Self::json(status, &body)
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::error(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::error(StatusCode::NOT_FOUND, message)
    }

    pub(crate) fn too_many_requests() -> Self {
        let message = "Too many requests, please try again later.";
        Self::json(
            StatusCode::TOO_MANY_REQUESTS,
            &json!({ "message": message }),
        )
    }

    /// Sets a header, unless its value cannot be one.
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    pub(crate) fn into_response(self) -> Response<Bytes> {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = *self.headers;
        response
    }
}
