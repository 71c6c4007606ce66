//! What lies between a client and a server: links that can be cut, and addresses where nobody is.

use std::future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// A link to a server, which it passes all bytes on to. Clones are the same link.
#[derive(Clone)]
pub struct Link(Arc<State>);

struct State {
    address: SocketAddr,
    server: SocketAddr,
    /// How often the link was cut.
    cuts: watch::Sender<u32>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Link {
    /// A link to a server.
    ///
    /// # Errors
    ///
    /// If there is no loopback port to be had.
    pub async fn to(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let link = Self(Arc::new(State {
            address: listener.local_addr()?,
            server,
            cuts: watch::Sender::new(0),
            task: Mutex::new(None),
        }));
        link.run(listener);
        Ok(link)
    }

    /// The address of its near end.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// Cuts all present connections without a word: nothing passes any more, and neither end is told.
    pub fn cut(&self) {
        self.0.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Closes all connections and refuses new ones, until the link is [up](Self::up) again.
    pub async fn down(&self) {
        let task = self.task().take();
        if let Some(task) = task {
            task.abort();
            // Its sockets are closed once it has ended.
            let _ = task.await;
        }
    }

    /// Takes connections again, if it does not yet.
    ///
    /// # Errors
    ///
    /// If its port is taken.
    pub async fn up(&self) -> io::Result<()> {
        if self.task().is_none() {
            self.run(TcpListener::bind(self.0.address).await?);
        }
        Ok(())
    }

    fn run(&self, listener: TcpListener) {
        let (server, cuts) = (self.0.server, self.0.cuts.clone());
        *self.task() = Some(tokio::spawn(accept(listener, server, cuts)));
    }

    fn task(&self) -> std::sync::MutexGuard<'_, Option<JoinHandle<()>>> {
        self.0.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for State {
    fn drop(&mut self) {
        let task = self.task.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = task {
            task.abort();
        }
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, cuts: watch::Sender<u32>) {
    let mut connections = JoinSet::new();
    while let Ok((near, _)) = listener.accept().await {
        let mut cut = cuts.subscribe();
        connections.spawn(async move {
            // An end that goes away closes the other.
            let Ok(mut far) = TcpStream::connect(server).await else {
                return;
            };
            let mut near = near;
            tokio::select! {
                _ = copy_bidirectional(&mut near, &mut far) => {}
                _ = cut.changed() => future::pending().await,
            }
        });
    }
}

/// An address that is silent: it neither takes a connection nor refuses one. On Linux, that is what a listener is
/// whose queue is full.
pub struct SilentAddress {
    address: SocketAddr,
    _listener: TcpListener,
    _queue: Vec<TcpStream>,
}

impl SilentAddress {
    /// A silent address.
    ///
    /// # Errors
    ///
    /// If there is no loopback port to be had.
    pub async fn new() -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(([127, 0, 0, 1], 0).into())?;
        let listener = socket.listen(1)?;
        let address = listener.local_addr()?;
        // The queue holds one connection more than it is said to.
        let queue = vec![
            TcpStream::connect(address).await?,
            TcpStream::connect(address).await?,
        ];
        Ok(Self {
            address,
            _listener: listener,
            _queue: queue,
        })
    }

    /// Where nobody answers.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
