//! A server that does next to nothing, so that what is measured is the client.

use std::convert::Infallible;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use imagekit_bench::{Failure, response};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::version::TLS13;

/// Responds until the process is killed.
pub(crate) async fn run(delay: Duration, files: usize) -> Result<Value, Failure> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("http://{}", listener.local_addr()?);
    let body = match files {
        0 => response()?,
        count => {
            // The type comes first in what ImageKit sends, and chooses what the rest is.
            let file = response()?.replacen("\"type\":\"file-version\",", "", 1);
            let file = file.replacen('{', "{\"type\":\"file\",", 1);
            format!("[{}]", vec![file; count].join(","))
        }
    };
    accept(listener, &body, delay, None, None).await
}

pub(crate) async fn accept(
    listener: TcpListener,
    body: &str,
    delay: Duration,
    limit: Option<Mutex<Window>>,
    tls: Option<TlsAcceptor>,
) -> Result<Value, Failure> {
    let response = format!(
        "HTTP/1.1 200 OK\r\n\
         content-type: application/json; charset=utf-8\r\n\
         x-ik-requestid: 0e7a6a4c-5b1f-4d0b-9c39-2f1f8a6f2c11\r\n\
         date: Mon, 23 Nov 2026 00:00:00 GMT\r\n\
         etag: W/\"2f2\"\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let response: &'static [u8] = response.leak().as_bytes();
    let limit: Option<&'static _> = limit.map(|limit| &*Box::leak(Box::new(limit)));
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        match tls.clone() {
            Some(tls) => drop(tokio::spawn(async move {
                serve(tls.accept(stream).await?, response, delay, limit).await
            })),
            None => drop(tokio::spawn(serve(stream, response, delay, limit))),
        }
    }
}

/// TLS 1.3 with a certificate and, in the same folder, its key.
pub(crate) fn tls(certificate: &Path) -> Result<TlsAcceptor, Failure> {
    let provider = aws_lc_rs::default_provider();
    // The first random number of a process takes as long as half of a round trip; real servers are awake.
    let fill = provider.secure_random.fill(&mut [0]);
    fill.map_err(|_| "there are no random numbers")?;
    let chain = vec![CertificateDer::from_pem_file(certificate)?];
    let key = PrivateKeyDer::from_pem_file(certificate.with_file_name("key.pem"))?;
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&TLS13])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(Arc::new(config).into())
}

/// No request has a body, and no client sends the next before it has a response: a request ends where
/// an empty line does.
async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    response: &[u8],
    delay: Duration,
    limit: Option<&Mutex<Window>>,
) -> std::io::Result<Infallible> {
    let mut request = Vec::with_capacity(4096);
    loop {
        if stream.read_buf(&mut request).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if request.ends_with(b"\r\n\r\n") {
            request.clear();
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            match limit.and_then(Window::refusal) {
                Some(refusal) => stream.write_all(refusal.as_bytes()).await?,
                None => stream.write_all(response).await?,
            }
        }
    }
}

/// How many requests are allowed in an interval, which begins with the first of them.
const LIMIT: u32 = 100;
const INTERVAL: Duration = Duration::from_millis(500);

/// The interval that is counted in.
pub(crate) struct Window {
    ends: Instant,
    left: u32,
}

impl Window {
    pub(crate) fn new() -> Mutex<Self> {
        let ends = Instant::now();
        Mutex::new(Self { ends, left: 0 })
    }

    /// Counts a request; the response if it is one too many.
    fn refusal(window: &Mutex<Self>) -> Option<String> {
        let mut window = window.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if window.ends <= now {
            let (ends, left) = (now + INTERVAL, LIMIT);
            *window = Self { ends, left };
        }
        let Some(left) = window.left.checked_sub(1) else {
            let (interval, reset) = (INTERVAL.as_millis(), (window.ends - now).as_millis() + 1);
            return Some(format!(
                "HTTP/1.1 429 Too Many Requests\r\n\
                 x-ratelimit-limit: {LIMIT}\r\n\
                 x-ratelimit-interval: {interval}\r\n\
                 x-ratelimit-reset: {reset}\r\n\
                 content-length: 0\r\n\r\n"
            ));
        };
        window.left = left;
        None
    }
}
