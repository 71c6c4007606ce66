use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

/// A request as it arrived, and the status of its response.
///
/// Its `Debug` does not show the value of the `Authorization` header.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = imagekit_mock::Server::start().await?;
/// // ... the code under test ...
/// for request in server.requests() {
///     println!("{} {}: {:?}", request.method(), request.path(), request.status());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RecordedRequest {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) operation: Option<&'static str>,
    pub(crate) ids: Vec<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) status: Option<StatusCode>,
}

impl RecordedRequest {
    /// Returns the HTTP method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the path as it was received, percent-encoded and with its query.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the id of the operation in the OpenAPI document; `None` if it has no such operation.
    pub fn operation(&self) -> Option<&str> {
        self.operation
    }

    /// Returns the ids in the path, decoded, in their order.
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// Returns the bytes of the body.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Returns the JSON of the body; null if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Returns the headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the status of the response; `None` if there was none yet, or the connection was reset.
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }
}

/// The latest requests, and how many there were in all.
#[derive(Debug)]
pub(crate) struct Log {
    latest: VecDeque<RecordedRequest>,
    capacity: usize,
    count: u64,
    responses: HashMap<StatusCode, u64>,
}

impl Log {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            latest: VecDeque::new(),
            capacity,
            count: 0,
            responses: HashMap::new(),
        }
    }

    /// Takes a request, and gives it a number.
    pub(crate) fn arrived(&mut self, request: impl FnOnce() -> RecordedRequest) -> u64 {
        let number = self.count;
        self.count += 1;
        if self.capacity > 0 {
            if self.latest.len() == self.capacity {
                self.latest.pop_front();
            }
            self.latest.push_back(request());
        }
        number
    }

    /// Notes the response to the request of that number, if it is still there.
    pub(crate) fn responded(&mut self, number: u64, status: StatusCode) -> Option<RecordedRequest> {
        *self.responses.entry(status).or_default() += 1;
        let age = self.count - number;
        let index = usize::try_from(age)
            .ok()
            .and_then(|age| self.latest.len().checked_sub(age));
        let request = index.and_then(|index| self.latest.get_mut(index))?;
        request.status = Some(status);
        Some(request.clone())
    }

    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        self.latest.iter().cloned().collect()
    }

    /// Forgets the requests, and what was counted of them.
    pub(crate) fn clear(&mut self) {
        self.latest.clear();
        self.responses.clear();
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn responses(&self, status: StatusCode) -> u64 {
        self.responses.get(&status).copied().unwrap_or_default()
    }
}
