use std::fmt;
use std::future::poll_fn;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::{Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::fake::{Fake, Reset};
use crate::{Error, Fault, Library, RateLimit, RecordedRequest};

/// A fake ImageKit, listening until it is dropped.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use imagekit_client::Client;
///
/// let server = imagekit_mock::Server::builder().start().await?;
/// let client = Client::builder()
///     .base_url(server.url())
///     .private_key(server.private_key())
///     .build()?;
/// # Ok(())
/// # }
/// ```
pub struct Server {
    url: String,
    fake: Arc<Fake>,
    task: JoinHandle<()>,
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
    private_key: String,
    library: Library,
    faults: Vec<Fault>,
    rate_limits: Vec<RateLimit>,
    recorded: usize,
}

impl Server {
    /// Starts building a server.
    pub fn builder() -> ServerBuilder {
        ServerBuilder {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            private_key: "private_imagekit_mock".to_owned(),
            library: Library::documented(),
            faults: Vec::new(),
            rate_limits: Vec::new(),
            recorded: 1000,
        }
    }

    /// The base URL to give to a client.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address to get a version from, for clients that are told addresses.
    pub fn version_url(&self, file_id: &str, version_id: &str) -> String {
        format!(
            "{}{}",
            self.url,
            self.fake.version_path(file_id, version_id)
        )
    }

    /// The private key that the server accepts.
    pub fn private_key(&self) -> &str {
        self.fake.private_key()
    }

    /// The latest requests, the oldest of them first; see [`ServerBuilder::record`].
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.fake.state().log.requests()
    }

    /// How many requests there were in all.
    pub fn request_count(&self) -> u64 {
        self.fake.state().log.count()
    }

    /// How many requests in all were answered with this status.
    pub fn answer_count(&self, status: StatusCode) -> u64 {
        self.fake.state().log.answers(status)
    }

    /// The files that are answered from.
    pub fn library(&self) -> Library {
        self.fake.state().library.clone()
    }

    /// Answers from these files from now on.
    ///
    /// # Errors
    ///
    /// If a version in the library is not what the OpenAPI document calls one.
    pub fn set_library(&self, library: Library) -> Result<(), Error> {
        library.check()?;
        self.fake.state().library = library;
        Ok(())
    }

    /// Adds a fault, after all others.
    ///
    /// # Errors
    ///
    /// If it is meant for an operation that the OpenAPI document does not have.
    pub fn add_fault(&self, fault: Fault) -> Result<(), Error> {
        self.fake.add_fault(fault)
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.fake.state().faults.clear();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
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
    /// Listens here. Default: a free port of this machine, which other machines cannot reach.
    pub fn address(mut self, address: impl Into<SocketAddr>) -> Self {
        self.address = address.into();
        self
    }

    /// The private key to accept. Default: `private_imagekit_mock`.
    pub fn private_key(mut self, key: impl Into<String>) -> Self {
        self.private_key = key.into();
        self
    }

    /// The files to answer from. Default: [`Library::documented`].
    pub fn library(mut self, library: Library) -> Self {
        self.library = library;
        self
    }

    /// Adds a fault, after all others. Default: none.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Adds a limit, which every operation counts on its own. Default: none, and then no answer has
    /// the three headers of a limit.
    ///
    /// Only requests with the right key count, and none that a fault answers. Of several limits,
    /// each one holds, as in `40/1s` together with `1000/15m`.
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate_limits.push(limit);
        self
    }

    /// How many of the latest requests are kept for [`Server::requests`]. Default: 1000.
    pub fn record(mut self, requests: usize) -> Self {
        self.recorded = requests;
        self
    }

    /// Starts the server, on the Tokio runtime that this is called on.
    ///
    /// # Errors
    ///
    /// If the address cannot be listened on, if the library holds what is no version, or if a fault
    /// is meant for an operation that the OpenAPI document does not have.
    pub async fn start(self) -> Result<Server, Error> {
        let fake = Fake::new(
            self.private_key,
            self.library,
            self.rate_limits,
            self.recorded,
        )?;
        for fault in self.faults {
            fake.add_fault(fault)?;
        }
        let fake = Arc::new(fake);
        let listen = |source| Error::Listen {
            address: self.address,
            source: Arc::new(source),
        };
        let listener = TcpListener::bind(self.address).await.map_err(listen)?;
        let url = format!("http://{}", listener.local_addr().map_err(listen)?);
        let task = tokio::spawn(accept(listener, fake.clone()));
        Ok(Server { url, fake, task })
    }
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
async fn accept(listener: TcpListener, fake: Arc<Fake>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, fake.clone()));
                }
                // Out of file descriptors, most likely; others may be closed soon.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, fake: Arc<Fake>) {
    // Answers are small, and must not wait for more.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request: Request<Incoming>| {
        let (head, _) = request.into_parts();
        let fake = &fake;
        Box::pin(async move { fake.answer(&head).await })
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let served = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let stream = connection.into_parts().io.into_inner();
    if served.is_err_and(|error| Reset::is_cause_of(&error)) {
        // A connection that is closed without lingering is reset.
        let _ = stream.set_zero_linger();
    }
}
