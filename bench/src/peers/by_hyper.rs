use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{AUTHORIZATION, HOST, HeaderValue};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use super::{Failure, Peer, authorization};
use crate::{FILE_ID, VERSION_ID, Version};

/// One connection and no layer above it: the floor that no client on hyper can be below.
pub struct Hyper {
    authority: String,
    authorization: HeaderValue,
    connection: Mutex<Option<SendRequest<Empty<Bytes>>>>,
}

/// A clone has a connection of its own.
impl Clone for Hyper {
    fn clone(&self) -> Self {
        Self {
            authority: self.authority.clone(),
            authorization: self.authorization.clone(),
            connection: Mutex::default(),
        }
    }
}

impl Peer for Hyper {
    fn new(url: &str, key: &str) -> Result<Self, Failure> {
        let url: Uri = url.parse()?;
        let authority = url.authority().ok_or("the URL has no host")?.to_string();
        Ok(Self {
            authority,
            authorization: authorization(key)?,
            connection: Mutex::default(),
        })
    }

    async fn get(&self) -> Result<String, Failure> {
        let mut connection = self.connection.lock().await;
        let sender = match &mut *connection {
            Some(sender) => sender,
            none => {
                let stream = TcpStream::connect(&self.authority).await?;
                stream.set_nodelay(true)?;
                let (sender, driver) = http1::handshake(TokioIo::new(stream)).await?;
                tokio::spawn(driver);
                none.insert(sender)
            }
        };
        sender.ready().await?;
        let request = Request::get(format!("/v1/files/{FILE_ID}/versions/{VERSION_ID}"))
            .header(HOST, &self.authority)
            .header(AUTHORIZATION, &self.authorization)
            .body(Empty::new())?;
        let response = sender.send_request(request).await?;
        if !response.status().is_success() {
            return Err(format!("the status is {}", response.status()).into());
        }
        let body = response.into_body().collect().await?.to_bytes();
        let version: Version = serde_json::from_slice(&body)?;
        Ok(version.name)
    }
}
