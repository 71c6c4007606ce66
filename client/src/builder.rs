//! From settings to a client.

use std::env;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::{HeaderMap, HeaderValue, Method, header};
use secrecy::{ExposeSecret, SecretString};
use tower::layer::layer_fn;
use url::{Host, Position, Url};

use crate::Client;
use crate::generated::SERVER;
use crate::runtime::{
    CallSettings, Clock, Connections, Error, Request, Runtime, Shared, SystemClock, Throttle,
    parse_header, patient_connector,
};

const KEY_VARIABLE: &str = "IMAGEKIT_PRIVATE_KEY";
/// The second is how ImageKit's own SDKs spell it.
const BASE_URL_VARIABLES: [&str; 2] = ["IMAGEKIT_BASE_URL", "IMAGE_KIT_BASE_URL"];
const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// Builds a [`Client`].
///
/// ```
/// use std::time::Duration;
///
/// let client = imagekit_client::Client::builder()
///     .private_key("your_private_api_key")
///     .timeout(Duration::from_secs(5))
///     .deadline(Duration::from_secs(20))
///     .max_retries(1)
///     .build()?;
/// # Ok::<(), imagekit_client::Error>(())
/// ```
///
/// A client keeps its connections open, no more of them than it has had calls under way at once, and
/// loading the system's certificates makes it costly to build: build one, and share it by cloning it.
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    private_key: Option<SecretString>,
    base_url: String,
    headers: Vec<(String, String)>,
    http: Option<reqwest::Client>,
    call: CallSettings,
    clock: Box<dyn Clock>,
    jitter: Box<dyn Fn() -> f64 + Send + Sync>,
}

impl Client {
    /// Starts building a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder {
            private_key: None,
            base_url: SERVER.to_owned(),
            headers: Vec::new(),
            http: None,
            call: CallSettings::default(),
            clock: Box::new(SystemClock),
            jitter: Box::new(fastrand::f64),
        }
    }

    /// Builds a client from the environment: the private key from `IMAGEKIT_PRIVATE_KEY`, and from
    /// `IMAGEKIT_BASE_URL` (or `IMAGE_KIT_BASE_URL`, as ImageKit's own SDKs spell it) another host
    /// than ImageKit's, if one is set.
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
        let Some(key) = variable(KEY_VARIABLE)? else {
            return Err(Error::configuration(format!(
                "the environment variable {KEY_VARIABLE} is not set: set it to your private API key"
            )));
        };
        let mut builder = Self::builder().private_key(key);
        for name in BASE_URL_VARIABLES {
            if let Some(base_url) = variable(name)? {
                builder = builder.base_url(base_url);
                break;
            }
        }
        builder.build()
    }

    /// A request to a path that this client does not know, with its authentication, retries, limits
    /// and errors.
    ///
    /// The path is appended to the base URL; it must be percent-encoded already, and hold no query.
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
    pub fn request(&self, method: Method, path: &str) -> Request<'_> {
        Request::raw(&self.runtime, method, path)
    }

    /// This client, but repeating a failed call at most so often. It shares everything else with the
    /// client it comes from; to make one costs next to nothing.
    ///
    /// ```no_run
    /// # async fn example(client: imagekit_client::Client) -> Result<(), imagekit_client::Error> {
    /// let version = client
    ///     .with_max_retries(0)
    ///     .get_file_version_details()
    ///     .file_id("598821f949c0a938d57563bd")
    ///     .version_id("697821f849c0a938d57563ce")
    ///     .send()
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_max_retries(&self, max_retries: u32) -> Self {
        self.with(|call| call.max_retries = max_retries)
    }

    /// This client with another time limit for each attempt; see [`ClientBuilder::timeout`].
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        self.with(|call| call.attempt_timeout = timeout)
    }

    /// This client with another time limit for a call as a whole; see [`ClientBuilder::deadline`].
    #[must_use]
    pub fn with_deadline(&self, deadline: Duration) -> Self {
        self.with(|call| call.deadline = deadline)
    }

    /// This client with another longest pause before a repetition; see
    /// [`ClientBuilder::max_retry_wait`].
    #[must_use]
    pub fn with_max_retry_wait(&self, wait: Duration) -> Self {
        self.with(|call| call.max_retry_wait = wait)
    }

    /// This client with another limit for the length of answers; see
    /// [`ClientBuilder::max_response_bytes`].
    #[must_use]
    pub fn with_max_response_bytes(&self, bytes: usize) -> Self {
        self.with(|call| call.max_response_bytes = bytes)
    }

    /// Where requests go.
    pub fn base_url(&self) -> &str {
        self.runtime.shared.base_url.as_str()
    }

    fn with(&self, change: impl FnOnce(&mut CallSettings)) -> Self {
        let mut client = self.clone();
        change(&mut client.runtime.call);
        client
    }
}

impl ClientBuilder {
    /// The private API key, from the developer section of ImageKit's dashboard. Required.
    ///
    /// It is sent as `Authorization: Basic`, and shown nowhere.
    pub fn private_key(mut self, key: impl Into<String>) -> Self {
        self.private_key = Some(SecretString::from(key.into()));
        self
    }

    /// Where requests go, if not to ImageKit itself: `https`, or `http` on this machine only. It may
    /// have a path, which the paths of all operations are then appended to.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// How often a call is repeated at most after a failure that may pass. Default: 2.
    ///
    /// Only operations are repeated for which that is safe.
    pub fn max_retries(mut self, max_retries: u32) -> Self {
        self.call.max_retries = max_retries;
        self
    }

    /// How long one attempt may take, from connecting to the last byte of the answer. Default: 30 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.call.attempt_timeout = timeout;
        self
    }

    /// How long a call may take as a whole, with all attempts and the pauses between them. Default:
    /// 60 s.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.call.deadline = deadline;
        self
    }

    /// The longest pause before a repetition. Default: whatever the deadline allows.
    ///
    /// If ImageKit asks to wait for longer, the call does not wait for a shorter time, but fails at
    /// once; [`Error::retry_after`] then says how long ImageKit asked to wait.
    pub fn max_retry_wait(mut self, wait: Duration) -> Self {
        self.call.max_retry_wait = wait;
        self
    }

    /// How long the body of an answer may be, in bytes. Default: 16 MiB.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.call.max_response_bytes = bytes;
        self
    }

    /// Sends another header with every request, in place of one that the client would send.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sends requests by this HTTP client, with its own proxies, certificates and pool.
    ///
    /// It should follow no redirects, since this client reports them.
    pub fn http_client(mut self, http: reqwest::Client) -> Self {
        self.http = Some(http);
        self
    }

    /// Measures deadlines and pauses by another clock.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Draws the jitter of the backoff from another source of numbers from 0 to 1.
    ///
    /// ```
    /// let always_the_longest_pause = imagekit_client::Client::builder()
    ///     .private_key("key")
    ///     .jitter(|| 1.0)
    ///     .build()?;
    /// # Ok::<(), imagekit_client::Error>(())
    /// ```
    pub fn jitter(mut self, jitter: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        self.jitter = Box::new(jitter);
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// If there is no private key or one that cannot be right, if the base URL is not one, or if TLS
    /// cannot be set up. [`Error::is_configuration`] is then true.
    pub fn build(self) -> Result<Client, Error> {
        let Some(key) = self.private_key else {
            return Err(Error::configuration(
                "there is no private key: give one by `private_key`",
            ));
        };
        let credentials = credentials(&key)?;
        let base_url = check_base_url(&self.base_url)?;
        let mut headers = HeaderMap::new();
        let mut authorization = header_value(&format!("Basic {}", credentials.expose_secret()))?;
        authorization.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, authorization);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        let http = match self.http {
            Some(http) => http,
            None => {
                // Otherwise put together anew for each request. A client of the user's own may
                // follow redirects, for which it would be wrong.
                let authority = &base_url[Position::BeforeHost..Position::AfterPort];
                headers.insert(header::HOST, header_value(authority)?);
                http_client(&base_url)?
            }
        };
        for (name, value) in &self.headers {
            let (name, value) = parse_header(name, value).map_err(Error::configuration)?;
            headers.insert(name, value);
        }
        let shared = Shared {
            http,
            connections: Connections::default(),
            base_url,
            headers,
            secrets: vec![key, credentials],
            clock: self.clock,
            jitter: self.jitter,
            throttle: Throttle::default(),
        };
        Ok(Client {
            runtime: Runtime {
                shared: Arc::new(shared),
                call: self.call,
            },
        })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("key_is_set", &self.private_key.is_some())
            .field("call", &self.call)
            .finish_non_exhaustive()
    }
}

fn variable(name: &str) -> Result<Option<String>, Error> {
    match env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(Error::configuration(format!(
            "the environment variable {name} is not Unicode"
        ))),
    }
}

/// The key as HTTP Basic sends it: as the user name, followed by a colon and an empty password.
fn credentials(key: &SecretString) -> Result<SecretString, Error> {
    let key = key.expose_secret();
    let unfit = if key.is_empty() {
        "is empty"
    } else if key.chars().any(|c| c.is_control()) {
        "holds a line break or another control character"
    } else if key.contains(':') {
        "holds a colon, which ends the user name in HTTP Basic"
    } else if key.trim() != key {
        "begins or ends with a space"
    } else {
        return Ok(SecretString::from(BASE64.encode(format!("{key}:"))));
    };
    Err(Error::configuration(format!("the private key {unfit}")))
}

fn header_value(text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text)
        .map_err(|_| Error::configuration("a header holds characters that no header may"))
}

fn check_base_url(text: &str) -> Result<Url, Error> {
    let url = Url::parse(text)
        .map_err(|error| Error::configuration(format!("the base URL is not a URL: {error}")))?;
    // Whatever is between `//` and `@` may be a secret, so that such a URL is never shown.
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::configuration(
            "the base URL holds a user name or a password: give the key by `private_key`",
        ));
    }
    let unfit = match url.scheme() {
        "https" => None,
        "http" if is_loopback(&url) => None,
        "http" => Some("is not https, which only an address of this machine need not be"),
        _ => Some("is neither https nor http"),
    };
    let unfit = unfit
        .or_else(|| url.query().map(|_| "has a query"))
        .or_else(|| url.fragment().map(|_| "has a fragment"));
    match unfit {
        None => Ok(url),
        Some(unfit) => Err(Error::configuration(format!(
            "the base URL {text:?} {unfit}"
        ))),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost" || domain.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).to_canonical().is_loopback(),
        None => false,
    }
}

fn http_client(base_url: &Url) -> Result<reqwest::Client, Error> {
    let mut http = reqwest::Client::builder()
        // Redirects and retries are the business of the runtime.
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connector_layer(layer_fn(patient_connector))
        .https_only(base_url.scheme() == "https");
    if is_loopback(base_url) {
        http = http.no_proxy();
    }
    http.build()
        .map_err(|error| Error::configuration("TLS cannot be set up").with_cause(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_marked_for_whoever_prints_headers() {
        let client = Client::builder().private_key("key").build().unwrap();
        let headers = &client.runtime.shared.headers;
        assert!(headers[header::AUTHORIZATION].is_sensitive());
        assert!(!format!("{headers:?}").contains("Basic"));
    }
}
