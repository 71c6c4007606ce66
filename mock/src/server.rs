use std::future::poll_fn;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::fake::{Fake, Reset};
use crate::{Error, Library, RateLimit};

/// A fake ImageKit, listening until it is dropped.
#[derive(Debug)]
pub struct Server {
    url: String,
    fake: Arc<Fake>,
    task: JoinHandle<()>,
}

/// Builds a [`Server`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `start` is called"]
pub struct ServerBuilder {
    address: SocketAddr,
    private_key: String,
    library: Library,
    rate_limits: Vec<RateLimit>,
}

impl Server {
    /// Starts building a server.
    pub fn builder() -> ServerBuilder {
        ServerBuilder {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            private_key: "private_imagekit_mock".to_owned(),
            library: Library::documented(),
            rate_limits: Vec::new(),
        }
    }

    /// The base URL to give to a client.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The private key that the server accepts.
    pub fn private_key(&self) -> &str {
        self.fake.private_key()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl ServerBuilder {
    /// Listens here. Default: a free port of this machine.
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

    /// Adds a limit, which every operation counts on its own. Default: none.
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate_limits.push(limit);
        self
    }

    /// Starts the server, on the Tokio runtime that this is called on.
    ///
    /// # Errors
    ///
    /// If the address cannot be listened on.
    pub async fn start(self) -> Result<Server, Error> {
        let fake = Arc::new(Fake::new(self.private_key, self.library, self.rate_limits)?);
        let listen = |source| Error::Listen {
            address: self.address,
            source,
        };
        let listener = TcpListener::bind(self.address).await.map_err(listen)?;
        let url = format!("http://{}", listener.local_addr().map_err(listen)?);
        let task = tokio::spawn(accept(listener, fake.clone()));
        Ok(Server { url, fake, task })
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
    let service = service_fn(|request| Box::pin(fake.answer(request)));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    let served = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let stream = connection.into_parts().io.into_inner();
    if served.is_err_and(|error| Reset::is_cause_of(&error)) {
        // A connection that is closed without lingering is reset.
        let _ = stream.set_zero_linger();
    }
}
