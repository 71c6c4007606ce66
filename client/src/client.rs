use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, Method};
use url::Url;

use crate::client_builder::ClientBuilder;
use crate::options::CallOptions;
use crate::runtime::{Clock, Error, Operation, RateLimiter, RawRequest, Redactor, Transport};

/// A client of the ImageKit API.
///
/// It is cheap to clone, and clones share everything: connections, and what ImageKit says about its rate
/// limits. Build one, and give clones of it to all tasks.
///
/// Each operation is a method that returns a value which does nothing until it is sent. It owns a handle to
/// the client, so that it can be stored, or sent from a task of its own:
///
/// ```no_run
/// # async fn example(client: imagekit_client::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let details =
///     client.get_file_version_details("598821f949c0a938d57563bd", "697821f849c0a938d57563ce");
/// let task = tokio::spawn(details.send());
/// println!("{}", task.await??.name);
/// # Ok(())
/// # }
/// ```
///
/// A call runs on a Tokio runtime with its drivers enabled, as [`#[tokio::main]`](https://docs.rs/tokio/latest/tokio/attr.main.html) and
/// [`enable_all`](tokio::runtime::Builder::enable_all) have it. Elsewhere it is an error that says so; on a runtime
/// without the drivers of I/O or time, Tokio panics, which nobody can ask beforehand.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<ClientInner>,
}

/// What all clones of a client share.
pub(crate) struct ClientInner {
    pub(crate) transport: Transport,
    pub(crate) base_url: Url,
    /// Whether requests go to ImageKit itself, where some operations have a host of their own.
    pub(crate) is_imagekit: bool,
    /// Sent with every request; the `Authorization` among them is marked sensitive.
    pub(crate) headers: HeaderMap,
    pub(crate) redactor: Redactor,
    /// The proxy that requests go through, without its password.
    pub(crate) proxy: Option<String>,
    pub(crate) options: CallOptions,
    pub(crate) clock: Box<dyn Clock>,
    /// Gives numbers from 0 to 1 for the jitter of the backoff.
    pub(crate) jitter: Box<dyn Fn() -> f64 + Send + Sync>,
    pub(crate) rate_limiter: RateLimiter,
}

impl Client {
    /// Starts building a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// Builds a client from the environment: the private key from `IMAGEKIT_PRIVATE_KEY`, and from
    /// `IMAGEKIT_BASE_URL` (or `IMAGE_KIT_BASE_URL`, as ImageKit's own SDKs spell it) another host than
    /// ImageKit's, if one is set.
    ///
    /// ```no_run
    /// let client = imagekit_client::Client::from_env()?;
    /// # Ok::<(), imagekit_client::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::build`]; and if a variable is missing or is not Unicode.
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env()?.build()
    }

    /// Starts a request to a path that this client has no operation for, with its authentication, retries,
    /// limits and errors.
    ///
    /// The path is appended to the base URL; it must be percent-encoded already, and hold no query. Only GET
    /// and HEAD are retried after a failure that leaves open whether the server has performed the request.
    ///
    /// ```no_run
    /// # async fn example(client: imagekit_client::Client) -> Result<(), imagekit_client::Error> {
    /// use imagekit_client::Method;
    ///
    /// let response = client
    ///     .request(Method::GET, "/v1/files")
    ///     .query("limit", 10)
    ///     .send()
    ///     .await?;
    /// let files: Vec<serde_json::Value> = response.json()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn request(&self, method: Method, path: &str) -> RawRequest {
        RawRequest::new(self, method, path)
    }

    /// Starts a call of an operation that is known at run time only, such as one from a table: with the retries,
    /// the host and the name in errors that a typed call of it has.
    #[doc(hidden)]
    pub fn call(&self, operation: Operation) -> RawRequest {
        RawRequest::described(self, operation)
    }

    /// Returns where requests go.
    pub fn base_url(&self) -> &str {
        self.inner.base_url.as_str()
    }

    /// Forgets everything that ImageKit has said about its rate limits, so that calls which wait for them
    /// are sent.
    ///
    /// A response holds an endpoint for [`ClientBuilder::max_rate_limit_hold`] at most; this ends it at once,
    /// for instance after a proxy has sent a limit that is not ImageKit's.
    pub fn clear_rate_limits(&self) {
        self.inner.rate_limiter.clear();
    }

    pub(crate) fn base_url_for(&self, operation: &Operation) -> Result<Url, String> {
        match operation.server() {
            Some(server) if self.inner.is_imagekit => {
                Url::parse(server).map_err(|error| format!("the server of the operation: {error}"))
            }
            _ => Ok(self.inner.base_url.clone()),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url())
            .field("options", &self.inner.options)
            .finish_non_exhaustive()
    }
}
