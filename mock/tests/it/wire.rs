//! Requests and responses as they are on the wire, without a client that would tidy them up.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use imagekit_mock::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The path of the documented version.
pub(crate) const DOCUMENTED: &str =
    "/v1/files/598821f949c0a938d57563bd/versions/697821f849c0a938d57563ce";

pub(crate) struct RawResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl RawResponse {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .unwrap_or_else(|| panic!("no {name}"))
            .to_str()
            .unwrap()
    }

    pub(crate) fn number(&self, name: &str) -> u64 {
        self.header(name).parse().unwrap()
    }
}

/// Gets a path with the right key.
pub(crate) async fn get(server: &Server, path: &str) -> RawResponse {
    let authorization = basic(server.private_key());
    send(server, "GET", path, &[&authorization]).await
}

pub(crate) fn basic(key: &str) -> String {
    format!("Authorization: Basic {}", BASE64.encode(format!("{key}:")))
}

/// Sends a request, and reads a whole response.
pub(crate) async fn send(
    server: &Server,
    method: &str,
    path: &str,
    headers: &[&str],
) -> RawResponse {
    let mut stream = open(server, method, path, headers).await;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    parse(&bytes)
}

/// Gets a path of a program that has the default key.
pub(crate) async fn get_at(url: &str, path: &str) -> RawResponse {
    exchange(url, "GET", path, &[&basic("private_imagekit_mock")], b"").await
}

/// Sends JSON with the right key.
pub(crate) async fn call(
    server: &Server,
    method: &str,
    path: &str,
    body: serde_json::Value,
) -> RawResponse {
    let authorization = basic(server.private_key());
    let headers = [&*authorization, "Content-Type: application/json"];
    exchange(
        server.url(),
        method,
        path,
        &headers,
        body.to_string().as_bytes(),
    )
    .await
}

/// Uploads bytes, with these fields of the form.
pub(crate) async fn upload(server: &Server, bytes: &[u8], fields: &[(&str, &str)]) -> RawResponse {
    let authorization = basic(server.private_key());
    upload_with(
        server,
        "/api/v1/files/upload",
        &[&authorization],
        bytes,
        fields,
    )
    .await
}

pub(crate) async fn upload_with(
    server: &Server,
    path: &str,
    headers: &[&str],
    bytes: &[u8],
    fields: &[(&str, &str)],
) -> RawResponse {
    let mut body = Vec::new();
    for (name, text) in fields {
        let part =
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
        body.extend(part.as_bytes());
    }
    let head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n";
    body.extend(head.as_bytes());
    body.extend(bytes);
    body.extend(b"\r\n--b--\r\n");
    let content_type = "Content-Type: multipart/form-data; boundary=b";
    let headers: Vec<_> = headers.iter().copied().chain([content_type]).collect();
    exchange(server.url(), "POST", path, &headers, &body).await
}

pub(crate) async fn exchange(
    url: &str,
    method: &str,
    path: &str,
    headers: &[&str],
    body: &[u8],
) -> RawResponse {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let headers: String = headers
        .iter()
        .map(|header| format!("{header}\r\n"))
        .collect();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    parse(&bytes)
}

/// Sends a request, and leaves it to the caller to read what comes.
pub(crate) async fn open(server: &Server, method: &str, path: &str, headers: &[&str]) -> TcpStream {
    let address = server.url().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let headers: String = headers
        .iter()
        .map(|header| format!("{header}\r\n"))
        .collect();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Reads the head of an response, and as much of its body as arrives until the end or an error.
pub(crate) async fn read(stream: &mut TcpStream) -> (Vec<u8>, io::Result<usize>) {
    let mut bytes = Vec::new();
    let end = stream.read_to_end(&mut bytes).await;
    (bytes, end)
}

pub(crate) fn parse(bytes: &[u8]) -> RawResponse {
    let end = bytes
        .windows(4)
        .position(|part| part == b"\r\n\r\n")
        .unwrap();
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(": ").unwrap();
        let name: HeaderName = name.parse().unwrap();
        (name, HeaderValue::from_str(value).unwrap())
    });
    RawResponse {
        status: status.parse().unwrap(),
        headers: headers.collect(),
        body: bytes[end + 4..].to_vec(),
    }
}
