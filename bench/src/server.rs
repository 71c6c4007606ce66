//! A server that does next to nothing, so that what is measured is the client.

use std::convert::Infallible;
use std::time::Duration;

use imagekit_bench::{Failure, answer};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Answers until the process is killed.
pub(crate) async fn run(delay: Duration, files: Option<usize>) -> Result<Value, Failure> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("http://{}", listener.local_addr()?);
    let body = match files {
        Some(count) => {
            // The type comes first in what ImageKit sends, and chooses what the rest is.
            let file = answer()?.replacen("\"type\":\"file-version\",", "", 1);
            let file = file.replacen('{', "{\"type\":\"file\",", 1);
            format!("[{}]", vec![file; count].join(","))
        }
        None => answer()?,
    };
    accept(listener, &body, delay).await
}

pub(crate) async fn accept(
    listener: TcpListener,
    body: &str,
    delay: Duration,
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
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(serve(stream, response, delay));
    }
}

/// No request has a body, and no client sends the next before it has an answer: a request ends where
/// an empty line does.
async fn serve(
    mut stream: TcpStream,
    response: &[u8],
    delay: Duration,
) -> std::io::Result<Infallible> {
    stream.set_nodelay(true)?;
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
            stream.write_all(response).await?;
        }
    }
}
