//! As much of an HTTP client as the mock needs itself: to fetch files, and to post events.

use std::io;

use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// The most bytes of a file that is fetched.
const MAX_BODY: usize = 64 << 20;

/// Fetches an address, which has to be plain HTTP.
pub(crate) async fn get(address: &str) -> io::Result<Bytes> {
    let request = Request::get(address).body(Full::default());
    let (status, body) = send(request.map_err(io::Error::other)?).await?;
    if status.is_success() {
        Ok(body)
    } else {
        Err(io::Error::other(format!("the response was {status}")))
    }
}

/// Sends a request on a connection of its own. Only plain HTTP is spoken here.
pub(crate) async fn send(mut request: Request<Full<Bytes>>) -> io::Result<(StatusCode, Bytes)> {
    let uri = request.uri().clone();
    let (Some(host), Some("http")) = (uri.host(), uri.scheme_str()) else {
        return Err(io::Error::other("only plain http addresses can be reached"));
    };
    let authority = uri.authority().map_or("", |it| it.as_str());
    if let Ok(value) = authority.parse() {
        request.headers_mut().insert(header::HOST, value);
    }
    let path = uri.path_and_query().map_or("/", |it| it.as_str());
    *request.uri_mut() = path.parse::<Uri>().map_err(io::Error::other)?;
    let host = host.trim_matches(['[', ']']);
    let stream = TcpStream::connect((host, uri.port_u16().unwrap_or(80))).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    let mut exchange = std::pin::pin!(async {
        let response = sender
            .send_request(request)
            .await
            .map_err(io::Error::other)?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_BODY).collect().await;
        let body = body.map_err(io::Error::other)?.to_bytes();
        Ok((status, body))
    });
    tokio::select! {
        biased;
        result = &mut exchange => result,
        // What has arrived before is still to be read.
        _ = connection => exchange.await,
    }
}
