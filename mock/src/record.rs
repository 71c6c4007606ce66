use std::collections::{HashMap, VecDeque};

use http::{HeaderMap, Method, StatusCode};

/// A request as it arrived, and how it was answered.
///
/// Its `Debug` does not show the value of the `Authorization` header.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use imagekit_client::Client;
/// use imagekit_mock::Server;
///
/// let server = Server::builder().start().await?;
/// let client = Client::builder()
///     .base_url(server.url())
///     .private_key(server.private_key())
///     .build()?;
/// let missing = client.get_file_version_details("50 %", "1").send().await.unwrap_err();
///
/// let requests = server.requests();
/// assert_eq!(requests[0].path(), "/v1/files/50%20%25/versions/1");
/// assert_eq!(requests[0].ids(), ["50 %", "1"]);
/// assert_eq!(requests[0].status(), missing.status());
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
    pub(crate) status: Option<StatusCode>,
}

impl RecordedRequest {
    /// The HTTP method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path as it was received, percent-encoded and with its query.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The id of the operation in the OpenAPI document; `None` if it has no such operation.
    pub fn operation(&self) -> Option<&str> {
        self.operation
    }

    /// The ids in the path, decoded, in their order.
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The status of the answer; `None` if there was none yet, or the connection was reset.
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
    answers: HashMap<StatusCode, u64>,
}

impl Log {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            latest: VecDeque::new(),
            capacity,
            count: 0,
            answers: HashMap::new(),
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

    /// Notes how the request of that number is answered, if it is still there.
    pub(crate) fn answered(&mut self, number: u64, status: StatusCode) {
        *self.answers.entry(status).or_default() += 1;
        let age = self.count - number;
        let index = usize::try_from(age)
            .ok()
            .and_then(|age| self.latest.len().checked_sub(age));
        if let Some(request) = index.and_then(|index| self.latest.get_mut(index)) {
            request.status = Some(status);
        }
    }

    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        self.latest.iter().cloned().collect()
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn answers(&self, status: StatusCode) -> u64 {
        self.answers.get(&status).copied().unwrap_or_default()
    }
}
