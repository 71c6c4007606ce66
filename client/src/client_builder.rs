use std::env;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};
use secrecy::SecretString;
use url::{Position, Url};

use crate::auth::Credentials;
use crate::base_url;
use crate::client::{Client, ClientInner};
use crate::generated::SERVER;
use crate::options::CallOptions;
use crate::runtime::{
    Clock, Error, RateLimiter, Redactor, SystemClock, Tls, Transport, parse_header,
};

const KEY_VARIABLE: &str = "IMAGEKIT_PRIVATE_KEY";
/// The second is how ImageKit's own SDKs spell it.
const BASE_URL_VARIABLES: [&str; 2] = ["IMAGEKIT_BASE_URL", "IMAGE_KIT_BASE_URL"];
const NO_TLS: &str = "TLS cannot be set up";
const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// Builds a [`Client`].
///
/// ```
/// use std::time::Duration;
///
/// let client = imagekit_client::Client::builder()
///     .private_key("your_private_api_key")
///     .attempt_timeout(Duration::from_secs(5))
///     .timeout(Duration::from_secs(20))
///     .max_retries(1)
///     .build()?;
/// # Ok::<(), imagekit_client::Error>(())
/// ```
///
/// Each of the limits can be set for a single call as well, such as
/// [`with_timeout`](crate::operations::GetFileVersionDetails::with_timeout).
///
/// A client keeps its connections open, and loading the system's certificates makes it costly to build:
/// build one, and share it by cloning it.
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    private_key: Option<SecretString>,
    base_url: String,
    allows_http: bool,
    headers: Vec<(String, String)>,
    #[cfg(feature = "reqwest-0-13")]
    http: Option<reqwest::Client>,
    options: CallOptions,
    connect_timeout: Duration,
    addresses: Vec<SocketAddr>,
    max_rate_limit_hold: Duration,
    clock: Box<dyn Clock>,
    jitter: Box<dyn Fn() -> f64 + Send + Sync>,
}

impl ClientBuilder {
    pub(crate) fn new() -> Self {
        Self {
            private_key: None,
            base_url: SERVER.to_owned(),
            allows_http: false,
            headers: Vec::new(),
            #[cfg(feature = "reqwest-0-13")]
            http: None,
            options: CallOptions::default(),
            connect_timeout: Duration::from_secs(5),
            addresses: Vec::new(),
            max_rate_limit_hold: Duration::from_secs(60),
            clock: Box::new(SystemClock),
            jitter: Box::new(fastrand::f64),
        }
    }

    /// Starts building a client from the environment; see [`Client::from_env`].
    ///
    /// # Errors
    ///
    /// If a variable is missing or is not Unicode.
    pub fn from_env() -> Result<Self, Error> {
        let Some(key) = variable(KEY_VARIABLE)? else {
            return Err(Error::configuration(format!(
                "the environment variable {KEY_VARIABLE} is not set: set it to your private API key"
            )));
        };
        let mut builder = Self::new().private_key(key);
        for name in BASE_URL_VARIABLES {
            if let Some(base_url) = variable(name)? {
                builder = builder.base_url(base_url);
                break;
            }
        }
        Ok(builder)
    }

    /// Sets the private API key, from the developer section of ImageKit's dashboard. Required.
    ///
    /// It is sent as `Authorization: Basic`. Errors, `Debug` and traces do not show it, even if a server sends
    /// it back; [`errors`](crate::_documentation::errors) says in which spellings it is recognised. Keys of
    /// fewer than eight characters are not, since they could be part of any text.
    pub fn private_key(mut self, key: impl Into<String>) -> Self {
        self.private_key = Some(SecretString::from(key.into()));
        self
    }

    /// Sets where requests go, if not to ImageKit itself. It may have a path, which the paths of all operations
    /// are then appended to.
    ///
    /// It must be `https`, or `http` to a loopback address or `localhost`, which is then not looked up. For
    /// anything else see [`allow_http`](Self::allow_http).
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// Sets whether the base URL may be `http` to another machine. Default: `false`.
    ///
    /// The private key then travels in the clear: use it in a private network only, for instance for a fake
    /// ImageKit in a container.
    pub fn allow_http(mut self, allowed: bool) -> Self {
        self.allows_http = allowed;
        self
    }

    /// Sets how many times a failed attempt is retried at most. Default: 2.
    ///
    /// Waiting for a rate limit that names its reset does not count.
    pub fn max_retries(mut self, max_retries: u32) -> Self {
        self.options.max_retries = max_retries;
        self
    }

    /// Sets how long one attempt may take, from connecting to the last byte of the response. Default: 30 s.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.options.attempt_timeout = timeout;
        self
    }

    /// Sets how long a call may take as a whole, with all attempts and the pauses between them. Default: 60 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = timeout;
        self
    }

    /// Sets how long connecting may take, with TLS. Default: 5 s; never more than half of
    /// [`attempt_timeout`](Self::attempt_timeout), so that time is left for the request.
    ///
    /// If the host has several addresses, each gets its share, and the next one is tried when that is over. A
    /// connection that did not come about is retried for every operation, since nothing was sent.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the longest pause before a retry. Default: what is left of [`timeout`](Self::timeout).
    ///
    /// If ImageKit asks to wait for longer, the call does not wait for a shorter time, but fails at once;
    /// [`Error::retry_after`] then says how long ImageKit asked to wait.
    pub fn max_retry_wait(mut self, wait: Duration) -> Self {
        self.options.max_retry_wait = wait;
        self
    }

    /// Sets how long one response may keep other calls from being sent because of a rate limit. Default: 60 s.
    ///
    /// When it is over, calls are sent again and find out for themselves. See also
    /// [`Client::clear_rate_limits`].
    pub fn max_rate_limit_hold(mut self, hold: Duration) -> Self {
        self.max_rate_limit_hold = hold;
        self
    }

    /// Sets how long the body of a response may be, in bytes. Default: 16 MiB.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.options.max_response_bytes = bytes;
        self
    }

    /// Sends another header with every request, in place of one that the client would send.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Uses a custom HTTP client, with its own proxies, certificates and pool. Disable redirects on it: this
    /// client reports them as errors. Its connections stay in use after a timeout, and
    /// [`connect_timeout`](Self::connect_timeout) is its own.
    ///
    /// The feature follows the major version of reqwest, and is not part of this crate's promise of stability.
    #[cfg(feature = "reqwest-0-13")]
    pub fn http_client(mut self, http: reqwest::Client) -> Self {
        self.http = Some(http);
        self
    }

    /// Connects to these addresses, in this order, in place of those that the host of the base URL has, for tests.
    ///
    /// Their ports count if the base URL names none.
    #[cfg(feature = "test-util")]
    pub fn addresses(mut self, addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        self.addresses = addresses.into_iter().collect();
        self
    }

    /// Measures timeouts of calls and pauses by another clock, for tests.
    #[cfg(feature = "test-util")]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Draws the jitter of the backoff from another source of numbers from 0 to 1, for tests.
    ///
    /// ```
    /// let always_the_longest_pause = imagekit_client::Client::builder()
    ///     .private_key("your_private_api_key")
    ///     .jitter(|| 1.0)
    ///     .build()?;
    /// # Ok::<(), imagekit_client::Error>(())
    /// ```
    #[cfg(feature = "test-util")]
    pub fn jitter(mut self, jitter: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        self.jitter = Box::new(jitter);
        self
    }

    /// Builds the client.
    ///
    /// With the features `rustls` and `rustls-ring`, the certificates that the operating system trusts are read while the
    /// first connection is made.
    ///
    /// # Errors
    ///
    /// If there is no private key or one that cannot be right, if the base URL cannot be used, or if TLS cannot
    /// be set up. [`Error::is_configuration`] is then `true`.
    pub fn build(self) -> Result<Client, Error> {
        let Some(key) = self.private_key else {
            return Err(Error::configuration(
                "there is no private key: set one with `private_key`",
            ));
        };
        let credentials = Credentials::new(&key)?;
        let base_url = base_url::parse(&self.base_url, self.allows_http)?;
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, credentials.authorization);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        #[cfg(feature = "reqwest-0-13")]
        let custom = self
            .http
            .map(|http| Transport::using(self.clock.now(), http));
        #[cfg(not(feature = "reqwest-0-13"))]
        let custom = None;
        let transport = match custom {
            Some(transport) => transport,
            None => {
                // Otherwise put together anew for each request. A client of the user's own may follow
                // redirects, for which it would be wrong.
                let authority = &base_url[Position::BeforeHost..Position::AfterPort];
                let authority = HeaderValue::from_str(authority)
                    .map_err(|_| Error::configuration("the base URL has no valid host"))?;
                headers.insert(header::HOST, authority);
                let timeout = self.connect_timeout.min(self.options.attempt_timeout / 2);
                let (base_url, addresses) = (base_url.clone(), self.addresses);
                let tls =
                    Tls::new().map_err(|error| Error::configuration(NO_TLS).with_cause(error))?;
                Transport::building(self.clock.now(), tls, move |tls| {
                    http_client(&base_url, tls, timeout, &addresses)
                })?
            }
        };
        for (name, value) in &self.headers {
            let (name, value) = parse_header(name, value).map_err(Error::configuration)?;
            headers.insert(name, value);
        }
        let inner = ClientInner {
            transport,
            is_imagekit: base_url.as_str().trim_end_matches('/') == SERVER,
            proxy: proxy(&base_url),
            base_url,
            headers,
            redactor: Redactor::new(&key),
            options: self.options,
            clock: self.clock,
            jitter: self.jitter,
            rate_limiter: RateLimiter::new(self.max_rate_limit_hold),
        };
        Ok(Client {
            inner: Arc::new(inner),
        })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("key_is_set", &self.private_key.is_some())
            .field("options", &self.options)
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

fn http_client(
    base_url: &Url,
    tls: &Tls,
    connect_timeout: Duration,
    addresses: &[SocketAddr],
) -> Result<reqwest::Client, Error> {
    let is_https = base_url.scheme() == "https";
    let has_tls = cfg!(any(
        feature = "rustls",
        feature = "rustls-ring",
        feature = "native-tls"
    ));
    if is_https && !has_tls {
        return Err(Error::configuration(
            "an https base URL needs TLS: enable the feature `rustls`, `rustls-ring` or `native-tls`",
        ));
    }
    let mut http = reqwest::Client::builder()
        // Redirects and retries are the business of the runtime.
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        // Many calls over one HTTP/2 connection are slower as soon as a packet is lost, and any crate of the
        // program can enable the feature of reqwest that negotiates it.
        .http1_only()
        .connect_timeout(connect_timeout)
        .https_only(is_https);
    http = tls.apply_to(http);
    if base_url::is_loopback(base_url) || !addresses.is_empty() {
        http = http.no_proxy();
    }
    let host = base_url.host_str().unwrap_or_default();
    if !addresses.is_empty() {
        http = http.resolve_to_addrs(host, addresses);
    } else if host == "localhost" {
        let port = base_url.port_or_known_default().unwrap_or_default();
        let addresses = [
            SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port),
            SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), port),
        ];
        http = http.resolve_to_addrs(host, &addresses);
    }
    http.build()
        .map_err(|error| Error::configuration(NO_TLS).with_cause(error))
}

/// Returns the proxy that the environment names for the base URL, without its password.
fn proxy(base_url: &Url) -> Option<String> {
    if base_url::is_loopback(base_url) {
        return None;
    }
    let scheme = base_url.scheme();
    let names = [
        format!("{scheme}_proxy"),
        format!("{}_PROXY", scheme.to_ascii_uppercase()),
        "all_proxy".to_owned(),
        "ALL_PROXY".to_owned(),
    ];
    let (name, value) = names
        .into_iter()
        .find_map(|name| env::var(&name).ok().map(|value| (name, value)))?;
    let excluded = env::var("NO_PROXY").or_else(|_| env::var("no_proxy"));
    let host = base_url.host_str()?;
    let is_excluded = excluded.is_ok_and(|hosts| {
        hosts
            .split(',')
            .map(|it| it.trim().trim_start_matches(['*', '.']))
            .any(|it| it.is_empty() && hosts.trim() == "*" || !it.is_empty() && host.ends_with(it))
    });
    if is_excluded || value.is_empty() {
        return None;
    }
    let place = match Url::parse(&value) {
        Ok(url) if url.has_host() => {
            format!(
                "{}://{}",
                url.scheme(),
                &url[Position::BeforeHost..Position::AfterPort]
            )
        }
        // Without a scheme, what is before the `@` is the password.
        _ => value.rsplit('@').next().unwrap_or_default().to_owned(),
    };
    Some(format!("{place} (from {name})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorization_is_marked_sensitive() {
        let client = Client::builder()
            .private_key("your_private_api_key")
            .build()
            .unwrap();
        let headers = &client.inner.headers;
        assert!(headers[header::AUTHORIZATION].is_sensitive());
        assert!(!format!("{headers:?}").contains("Basic"));
    }
}
