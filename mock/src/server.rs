use std::fmt;
use std::future::poll_fn;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::body::{Body, Ending};
use crate::delivery;
use crate::handler::{Handler, Observer, Reset, Setup};
use crate::library::content::Storage;
use crate::notifier::Notifier;
use crate::operations::Keys;
use crate::reply::Reply;
use crate::{Error, Fault, Library, RateLimit, RecordedRequest, WebhookPost};

/// The most bytes of one request.
const MAX_BODY: usize = 100 << 20;

/// A fake ImageKit, listening until it is dropped.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = imagekit_mock::Server::start().await?;
/// println!("IMAGE_KIT_BASE_URL={}", server.url());
/// println!("IMAGEKIT_PRIVATE_KEY={}", server.private_key());
/// # Ok(())
/// # }
/// ```
pub struct Server {
    url: String,
    handler: Arc<Handler>,
    tasks: [JoinHandle<()>; 2],
}

/// Builds a [`Server`].
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use imagekit_mock::{Library, Server};
///
/// let server = Server::builder()
///     .private_key("private_of_a_test")
///     .library(Library::demo())
///     .rate_limit("40/1s".parse()?)
///     .fault("reset,times=1".parse()?)
///     .start()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder does nothing until `start` is called"]
pub struct ServerBuilder {
    address: SocketAddr,
    keys: Keys,
    library: Library,
    faults: Vec<Fault>,
    rate_limits: Vec<RateLimit>,
    recorded: usize,
    is_stateless: bool,
    storage: Option<PathBuf>,
    storage_limit: u64,
    read_timeout: Duration,
    observer: Option<Observer>,
    public_url: Option<String>,
}

impl Server {
    /// Starts building a server.
    pub fn builder() -> ServerBuilder {
        ServerBuilder {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            keys: Keys {
                private: "private_imagekit_mock".to_owned(),
                public: "public_imagekit_mock".to_owned(),
            },
            library: Library::documented(),
            faults: Vec::new(),
            rate_limits: Vec::new(),
            recorded: 1000,
            is_stateless: false,
            storage: None,
            storage_limit: 256 << 20,
            read_timeout: Duration::from_secs(30),
            observer: None,
            public_url: None,
        }
    }

    /// Starts a server with all defaults, on the Tokio runtime that this is called on.
    ///
    /// # Errors
    ///
    /// If no port can be listened on.
    pub async fn start() -> Result<Self, Error> {
        Self::builder().start().await
    }

    /// Returns the base URL to give to a client.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the address to get a version from, for clients that are told addresses.
    pub fn version_url(&self, file_id: &str, version_id: &str) -> String {
        format!(
            "{}{}",
            self.url,
            self.handler.version_path(file_id, version_id)
        )
    }

    /// Returns the URL endpoint: where uploaded files are delivered.
    pub fn url_endpoint(&self) -> String {
        format!("{}/{}", self.url, delivery::ACCOUNT)
    }

    /// Returns the private key that the server accepts.
    pub fn private_key(&self) -> &str {
        &self.handler.keys().private
    }

    /// Returns the public key, for uploads that a client signs.
    pub fn public_key(&self) -> &str {
        &self.handler.keys().public
    }

    /// Returns the latest requests, the oldest of them first; see [`ServerBuilder::record`].
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.handler.state().log.requests()
    }

    /// Returns how many requests there were in all.
    pub fn request_count(&self) -> u64 {
        self.handler.state().log.count()
    }

    /// Returns how many responses in all had this status.
    pub fn response_count(&self, status: StatusCode) -> u64 {
        self.handler.state().log.responses(status)
    }

    /// Returns the library as it is now.
    pub fn library(&self) -> Library {
        let mut state = self.handler.state();
        state.library.settle();
        state.library.clone()
    }

    /// Replaces the library.
    ///
    /// # Errors
    ///
    /// If something in it cannot be what it should be.
    pub fn set_library(&self, mut library: Library) -> Result<(), Error> {
        library.check()?;
        library.endpoint = self.url_endpoint();
        self.handler.state().library = library;
        Ok(())
    }

    /// Moves the clock of the library, so that what takes long is done.
    pub fn advance(&self, by: Duration) {
        let mut state = self.handler.state();
        state.library.time().advance(by);
        state.library.settle();
        self.handler.notifier().notify(&mut state.library);
    }

    /// Returns the latest events and results that were posted, the oldest of them first, when all that happened so
    /// far are.
    pub async fn webhook_posts(&self) -> Vec<WebhookPost> {
        self.handler.notifier().finished().await;
        self.handler.notifier().posted()
    }

    /// Adds a fault, after all others.
    ///
    /// # Errors
    ///
    /// If it is meant for an operation that the OpenAPI document does not have.
    pub fn add_fault(&self, fault: Fault) -> Result<(), Error> {
        self.handler.add_fault(fault)
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.handler.state().faults.clear();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl ServerBuilder {
    /// Listens at this address. Default: a free port of this machine, which other machines cannot reach.
    pub fn address(mut self, address: impl Into<SocketAddr>) -> Self {
        self.address = address.into();
        self
    }

    /// Sets the private key to accept. Default: `private_imagekit_mock`.
    pub fn private_key(mut self, key: impl Into<String>) -> Self {
        self.keys.private = key.into();
        self
    }

    /// Sets the public key of uploads that a client signs. Default: `public_imagekit_mock`.
    pub fn public_key(mut self, key: impl Into<String>) -> Self {
        self.keys.public = key.into();
        self
    }

    /// Responds the documented example to every operation, once the request is checked against the document.
    /// Nothing is remembered. Default: off.
    pub fn stateless(mut self, stateless: bool) -> Self {
        self.is_stateless = stateless;
        self
    }

    /// Keeps the bytes of uploads in a folder, which has to exist. They are removed when their file is. Default: in
    /// memory.
    pub fn storage(mut self, folder: impl Into<PathBuf>) -> Self {
        self.storage = Some(folder.into());
        self
    }

    /// Sets how many bytes of uploads are kept at most; an upload beyond it is refused. Default: 256 MiB.
    pub fn storage_limit(mut self, bytes: u64) -> Self {
        self.storage_limit = bytes;
        self
    }

    /// Sets how long a connection may take to send a whole request, or its next one, before it is closed. Default:
    /// 30 seconds.
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.read_timeout = timeout;
        self
    }

    /// Sets the library to start with. Default: [`Library::documented`].
    pub fn library(mut self, library: Library) -> Self {
        self.library = library;
        self
    }

    /// Adds a fault, after all others. Default: none.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Adds a limit, which every operation counts on its own. Default: none, and then no response has
    /// the three headers of a limit.
    ///
    /// Only requests with the right key count, and none that meets a fault. Of several limits,
    /// each one holds, as in `40/1s` together with `1000/15m`.
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate_limits.push(limit);
        self
    }

    /// Sets how many of the latest requests are kept for [`Server::requests`]. Default: 1000.
    pub fn record(mut self, requests: usize) -> Self {
        self.recorded = requests;
        self
    }

    /// Sets the URL by which others reach the server, such as `http://imagekit-mock:4010` from another container; files
    /// are delivered below it. Default: the address that is listened on, or the loopback address if that is every one.
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.public_url = Some(url.into());
        self
    }

    /// Calls this with each recorded request when its response is known, for a log.
    pub fn on_request(
        mut self,
        observer: impl Fn(&RecordedRequest) + Send + Sync + 'static,
    ) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Starts the server, on the Tokio runtime that this is called on.
    ///
    /// # Errors
    ///
    /// If the address cannot be listened on, if something in the library cannot be what it should be, or if a fault
    /// is meant for an operation that the OpenAPI document does not have.
    pub async fn start(self) -> Result<Server, Error> {
        check_key(&self.keys.private)?;
        let listen = |source| Error::Listen {
            address: self.address,
            source: Arc::new(source),
        };
        let listener = TcpListener::bind(self.address).await.map_err(listen)?;
        let mut reached = listener.local_addr().map_err(listen)?;
        if reached.ip().is_unspecified() {
            // No client can be pointed at every address.
            reached.set_ip(match reached {
                SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        let url = self
            .public_url
            .unwrap_or_else(|| format!("http://{reached}"));
        let url = url.trim_end_matches('/').to_owned();
        let mut library = self.library;
        library.endpoint = format!("{url}/{}", delivery::ACCOUNT);
        let (notifier, work) = Notifier::new();
        let setup = Setup {
            keys: self.keys,
            library,
            limits: self.rate_limits,
            recorded: self.recorded,
            is_stateless: self.is_stateless,
            storage: Storage::new(self.storage, self.storage_limit),
            observer: self.observer,
        };
        let handler = Arc::new(Handler::new(setup, notifier)?);
        for fault in self.faults {
            handler.add_fault(fault)?;
        }
        let accept = accept(listener, handler.clone(), self.read_timeout);
        let tasks = [tokio::spawn(accept), tokio::spawn(work)];
        Ok(Server {
            url,
            handler,
            tasks,
        })
    }
}

/// Refuses what the clients refuse too, since no request could have it.
fn check_key(key: &str) -> Result<(), Error> {
    let is_odd = |letter: char| letter == ':' || letter.is_whitespace() || letter.is_control();
    if key.is_empty() || key.chars().any(is_odd) {
        return Err(Error::InvalidKey);
    }
    Ok(())
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder")
            .field("address", &self.address)
            .field("faults", &self.faults)
            .field("rate_limits", &self.rate_limits)
            .finish_non_exhaustive()
    }
}

/// Serves connections until it is aborted, which ends them too.
async fn accept(listener: TcpListener, handler: Arc<Handler>, read_timeout: Duration) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, handler.clone(), read_timeout));
                }
                // Out of file descriptors, most likely; others may be closed soon.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, handler: Arc<Handler>, read_timeout: Duration) {
    // Responses are small, and must not wait for more.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request: Request<Incoming>| {
        let handler = &handler;
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = Limited::new(body, MAX_BODY).collect();
            let refused = match tokio::time::timeout(read_timeout, body).await {
                Ok(Ok(body)) => return handler.respond(&head, body.to_bytes()).await,
                Ok(Err(error)) if error.is::<LengthLimitError>() => {
                    Reply::bad_request("The file is larger than what your account can upload.")
                }
                // The client has gone, or will not finish its request.
                Ok(Err(_)) | Err(_) => return Err(Reset),
            };
            let refused = refused
                .header(http::header::CONNECTION, "close")
                .into_response();
            Ok(refused.map(|body| Body::new(body, Ending::Complete)))
        })
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(read_timeout)
        .serve_connection(TokioIo::new(stream), service);
    let served = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let stream = connection.into_parts().io.into_inner();
    if served.is_err_and(|error| Reset::is_cause_of(&error)) {
        // A connection that is closed without lingering is reset.
        let _ = stream.set_zero_linger();
    }
}
