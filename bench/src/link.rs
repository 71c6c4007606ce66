//! A network on this machine: a link that takes its time, loses packets, goes down and is cut, and an address where
//! nobody is.

use std::env;
use std::future;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use imagekit_bench::Failure;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinSet, yield_now};
use tokio::time::{Instant, sleep, sleep_until};

use super::server::{self, Window};

/// How long bytes are under way, in each direction.
const DELAY: Duration = Duration::from_millis(20);
/// The part of all packets that is lost, where packets are.
const LOSS: f64 = 0.01;
/// The bytes of a packet.
const PACKET: usize = 1448;
/// After how long a lost packet is sent once more, as Linux does: a round trip and 200 ms, and 1 s while connecting.
const RETRANSMISSION: Duration = Duration::from_millis(240);
const FIRST_RETRANSMISSION: Duration = Duration::from_secs(1);
/// The timer of tokio is up to a millisecond late, and up to one more as it waits for whole milliseconds.
const TICK: Duration = Duration::from_micros(2200);

/// What is at the other end of a link.
#[derive(Clone, Copy)]
pub(crate) enum Far {
    /// A server of our own, over TLS with the certificate at `SSL_CERT_FILE`.
    Ours,
    /// The same, and packets are lost, drawn from a seed.
    Lossy(u64),
    /// The same as ours, and it limits the rate of calls.
    Limited,
    Other(SocketAddr),
}

/// A link to a server; both run on a thread of their own, so that they take no time of the client's.
pub(crate) struct Link {
    pub(crate) address: SocketAddr,
    orders: UnboundedSender<Order>,
}

enum Order {
    /// Carry nothing any more on the present connections, and tell nobody.
    Cut,
    /// Close all connections and refuse new ones for so long; the sender is told when it begins.
    GoAway(Duration, oneshot::Sender<()>),
}

impl Link {
    pub(crate) fn new(far: Far) -> Result<Self, Failure> {
        let (tell, told) = mpsc::channel();
        let (orders, ordered) = unbounded_channel();
        thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            runtime.enable_all().build()?.block_on(async {
                let server = TcpListener::bind(("127.0.0.1", 0)).await?;
                let (address, loss) = match far {
                    Far::Other(address) => (address, None),
                    Far::Lossy(seed) => (server.local_addr()?, Some(Rng::with_seed(seed))),
                    Far::Ours | Far::Limited => (server.local_addr()?, None),
                };
                let body = imagekit_bench::response()?;
                let certificate = env::var("SSL_CERT_FILE")?;
                let tls = server::tls(Path::new(&certificate))?;
                let limit = matches!(far, Far::Limited).then(Window::new);
                tokio::spawn(async move {
                    server::accept(server, &body, Duration::ZERO, limit, Some(tls)).await
                });
                let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
                let _ = tell.send(listener.local_addr()?);
                Ok::<_, Failure>(run(listener, address, ordered, loss).await?)
            })
        });
        let address = told.recv()?;
        Ok(Self { address, orders })
    }

    pub(crate) fn cut(&self) -> Result<(), Failure> {
        Ok(self.orders.send(Order::Cut)?)
    }

    /// Returns as soon as the server is away.
    pub(crate) async fn go_away(&self, time: Duration) -> Result<(), Failure> {
        let (tell, told) = oneshot::channel();
        self.orders.send(Order::GoAway(time, tell))?;
        Ok(told.await?)
    }
}

async fn run(
    mut listener: TcpListener,
    far: SocketAddr,
    mut ordered: UnboundedReceiver<Order>,
    mut loss: Option<Rng>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let cuts = watch::Sender::new(());
    let mut connections = JoinSet::<io::Result<()>>::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let mut cut = cuts.subscribe();
                let mut near = accepted?.0;
                let mut loss = loss.as_mut().map(Rng::fork);
                connections.spawn(async move {
                    let open = Instant::now() + 2 * DELAY + lost(&mut loss, 2, FIRST_RETRANSMISSION);
                    let mut far = TcpStream::connect(far).await?;
                    tokio::select! {
                        result = connect(&mut near, &mut far, open, loss) => result,
                        // Both stay open, so that neither end is told.
                        _ = cut.changed() => future::pending().await,
                    }
                });
            }
            order = ordered.recv() => match order {
                None => return Ok(()),
                Some(Order::Cut) => drop(cuts.send(())),
                Some(Order::GoAway(time, tell)) => {
                    drop(listener);
                    connections.shutdown().await;
                    let _ = tell.send(());
                    sleep(time).await;
                    listener = TcpListener::bind(address).await?;
                }
            }
        }
    }
}

/// Carries the bytes of a connection, which is open only after its handshake: that of the system takes no time.
///
/// A client that takes the link for a proxy gets its tunnel then, and has the time of the handshake for itself, as it
/// would have it.
async fn connect(
    near: &mut TcpStream,
    far: &mut TcpStream,
    open: Instant,
    mut loss: Option<Rng>,
) -> io::Result<()> {
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let mut first = [0];
    near.peek(&mut first).await?;
    if first == *b"C" {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            if near.read_buf(&mut request).await? == 0 {
                return Ok(());
            }
        }
        until(open).await;
        near.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
    }
    let (near_reader, near_writer) = near.split();
    let (far_reader, far_writer) = far.split();
    tokio::try_join!(
        carry(near_reader, far_writer, open, loss.as_mut().map(Rng::fork)),
        carry(far_reader, near_writer, open, loss)
    )?;
    Ok(())
}

async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    open: Instant,
    mut loss: Option<Rng>,
) -> io::Result<()> {
    let (send, mut sent) = unbounded_channel::<(Instant, Vec<u8>)>();
    let read = async {
        let mut bytes = vec![0; 16 * 1024];
        loop {
            let length = from.read(&mut bytes).await?;
            let is_end = length == 0;
            let late = lost(&mut loss, length.div_ceil(PACKET), RETRANSMISSION);
            let arrives = Instant::now().max(open) + DELAY + late;
            if send.send((arrives, bytes[..length].to_vec())).is_err() || is_end {
                return Ok::<_, io::Error>(());
            }
        }
    };
    let write = async {
        while let Some((arrives, bytes)) = sent.recv().await {
            until(arrives).await;
            if bytes.is_empty() {
                return to.shutdown().await;
            }
            to.write_all(&bytes).await?;
        }
        Ok(())
    };
    tokio::try_join!(read, write)?;
    Ok(())
}

async fn until(time: Instant) {
    sleep_until(time - TICK).await;
    while Instant::now() < time {
        yield_now().await;
    }
}

/// How much later packets arrive because some of them are lost. What follows them waits, since it is carried in order.
fn lost(loss: &mut Option<Rng>, packets: usize, retransmission: Duration) -> Duration {
    let Some(random) = loss else {
        return Duration::ZERO;
    };
    let late = (0..packets).map(|_| {
        let losses = std::iter::repeat_with(|| random.f64()).take_while(|it| *it < LOSS);
        // The pause doubles each time.
        retransmission * ((1 << losses.count().min(8)) - 1)
    });
    late.max().unwrap_or_default()
}

/// An address that neither takes a connection nor refuses one: on Linux, a listener whose queue is full.
pub(crate) struct SilentAddress {
    pub(crate) address: SocketAddr,
    _listener: TcpListener,
    _queue: [TcpStream; 2],
}

impl SilentAddress {
    pub(crate) async fn new() -> Result<Self, Failure> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(([127, 0, 0, 1], 0).into())?;
        let listener = socket.listen(1)?;
        let address = listener.local_addr()?;
        // The queue holds one connection more than it is said to.
        let queue = [
            TcpStream::connect(address).await?,
            TcpStream::connect(address).await?,
        ];
        Ok(Self {
            address,
            _listener: listener,
            _queue: queue,
        })
    }
}
