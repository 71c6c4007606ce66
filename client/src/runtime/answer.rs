use bytes::Bytes;
use http::{HeaderMap, StatusCode};

/// ImageKit's id of an exchange; `x-request-id` has been seen beside it with the same value.
const REQUEST_ID: [&str; 2] = ["x-ik-requestid", "x-request-id"];

/// What a server sent, or as much of it as has arrived.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn request_id(&self) -> Option<&str> {
        REQUEST_ID
            .iter()
            .find_map(|name| self.headers.get(*name)?.to_str().ok())
    }
}
