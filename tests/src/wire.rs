//! A server that does exactly what a test says, byte by byte, and tells what it received.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use imagekit_client::{Client, ClientBuilder};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;
use tokio::task::JoinHandle;

use crate::secrets::KEY;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    /// The request line and the headers, each as it was sent.
    pub head: Vec<String>,
    /// The body, as long as `Content-Length` says.
    pub body: Vec<u8>,
}

impl Received {
    /// The request line.
    #[must_use]
    pub fn line(&self) -> &str {
        self.head.first().map_or("", String::as_str)
    }

    /// The value of a header, whose name is matched without regard to case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.iter().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The names of all headers, in lower case and sorted.
    #[must_use]
    pub fn header_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .head
            .iter()
            .skip(1)
            .filter_map(|line| line.split_once(':'))
            .map(|(name, _)| name.to_ascii_lowercase())
            .collect();
        names.sort();
        names
    }
}

/// What the server does with one request.
#[derive(Clone, Debug, Default)]
pub struct Reply(Vec<Step>);

#[derive(Clone, Debug)]
enum Step {
    Send(Vec<u8>),
    /// Sends the same bytes again and again.
    Repeat(Vec<u8>, usize),
    Delay(Duration),
    Meet(Arc<Barrier>),
    Stall,
    Reset,
    Close,
}

impl Reply {
    /// A complete response: `status` is such as `404 Not Found`, `headers` end in `\r\n` each.
    #[must_use]
    pub fn new(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n",
            body.len()
        );
        Self::raw(head).then(body)
    }

    /// A complete response of JSON.
    #[must_use]
    pub fn json(status: &str, body: impl AsRef<[u8]>) -> Self {
        Self::new(
            status,
            "Content-Type: application/json; charset=utf-8\r\nx-ik-requestId: req-1\r\n",
            body,
        )
    }

    /// Any bytes.
    #[must_use]
    pub fn raw(bytes: impl AsRef<[u8]>) -> Self {
        Self::default().then(bytes)
    }

    /// More bytes.
    #[must_use]
    pub fn then(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.0.push(Step::Send(bytes.as_ref().to_vec()));
        self
    }

    /// The same bytes many times over.
    #[must_use]
    pub fn then_repeat(mut self, bytes: impl AsRef<[u8]>, times: usize) -> Self {
        self.0.push(Step::Repeat(bytes.as_ref().to_vec(), times));
        self
    }

    /// A pause, as a network makes it.
    #[must_use]
    pub fn then_delay(mut self, pause: Duration) -> Self {
        self.0.push(Step::Delay(pause));
        self
    }

    /// The same after a pause.
    #[must_use]
    pub fn delayed(mut self, pause: Duration) -> Self {
        self.0.insert(0, Step::Delay(pause));
        self
    }

    /// The same, once as many requests wait at the barrier as it needs.
    #[must_use]
    pub fn met(mut self, barrier: &Arc<Barrier>) -> Self {
        self.0.insert(0, Step::Meet(barrier.clone()));
        self
    }

    /// Nothing more, with the connection left open.
    #[must_use]
    pub fn then_stall(mut self) -> Self {
        self.0.push(Step::Stall);
        self
    }

    /// The connection reset.
    #[must_use]
    pub fn then_reset(mut self) -> Self {
        self.0.push(Step::Reset);
        self
    }

    /// The connection closed.
    #[must_use]
    pub fn then_close(mut self) -> Self {
        self.0.push(Step::Close);
        self
    }
}

/// Gives the reply to a request, counted from zero.
type Script = dyn Fn(usize, &Received) -> Reply + Send + Sync;

/// A server on a loopback port; it stops when it is dropped.
pub struct Server {
    address: SocketAddr,
    state: Arc<State>,
    task: JoinHandle<()>,
}

struct State {
    script: Box<Script>,
    received: Mutex<Vec<Received>>,
    connections: AtomicUsize,
}

impl Server {
    /// A server that gives these replies in turn, and the last of them from then on.
    ///
    /// # Panics
    ///
    /// If there is no loopback port to be had.
    pub async fn start(replies: impl Into<Vec<Reply>>) -> Self {
        let replies = replies.into();
        Self::script(move |index, _| {
            let last = replies.len().saturating_sub(1);
            replies.get(index.min(last)).cloned().unwrap_or_default()
        })
        .await
    }

    /// A server that asks for each reply.
    ///
    /// # Panics
    ///
    /// If there is no loopback port to be had.
    pub async fn script(
        script: impl Fn(usize, &Received) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let Ok(listener) = TcpListener::bind("127.0.0.1:0").await else {
            unreachable!("there is no loopback port to be had");
        };
        let Ok(address) = listener.local_addr() else {
            unreachable!("a bound listener has an address");
        };
        let state = Arc::new(State {
            script: Box::new(script),
            received: Mutex::default(),
            connections: AtomicUsize::new(0),
        });
        let task = tokio::spawn(accept(listener, state.clone()));
        Self {
            address,
            state,
            task,
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address it listens at.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A builder of a client for this server, with the key of the tests.
    pub fn client(&self) -> ClientBuilder {
        Client::builder().private_key(KEY).base_url(self.url())
    }

    /// The requests so far.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.state
            .received
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// How many connections were opened.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    // Aborts its connections with the server.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        state.connections.fetch_add(1, Ordering::SeqCst);
        let state = state.clone();
        connections.spawn(async move {
            // A client that goes away is no failure of the server.
            let _ = serve(stream, &state).await;
        });
    }
}

async fn serve(mut stream: TcpStream, state: &State) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    while let Some(received) = receive(&mut stream, &mut buffer).await? {
        let index = {
            let mut all = state
                .received
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            all.push(received.clone());
            all.len() - 1
        };
        for step in (state.script)(index, &received).0 {
            match step {
                Step::Send(bytes) => stream.write_all(&bytes).await?,
                Step::Repeat(bytes, times) => {
                    for _ in 0..times {
                        stream.write_all(&bytes).await?;
                    }
                }
                Step::Delay(pause) => tokio::time::sleep(pause).await,
                Step::Meet(barrier) => {
                    barrier.wait().await;
                }
                Step::Stall => std::future::pending().await,
                Step::Reset => {
                    stream.set_zero_linger()?;
                    return Ok(());
                }
                Step::Close => return stream.shutdown().await,
            }
        }
    }
    Ok(())
}

async fn receive(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<Received>> {
    let end = loop {
        if let Some(end) = buffer.windows(4).position(|part| part == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let head: Vec<u8> = buffer.drain(..end + 4).collect();
    let mut received = Received {
        head: String::from_utf8_lossy(&head)
            .trim_end()
            .split("\r\n")
            .map(str::to_owned)
            .collect(),
        body: Vec::new(),
    };
    let length = received
        .header("content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    while buffer.len() < length {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
    received.body = buffer.drain(..length).collect();
    Ok(Some(received))
}
