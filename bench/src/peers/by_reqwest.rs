use std::net::SocketAddr;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap};
use reqwest::{Client, RequestBuilder, Url, redirect, retry};

use super::{Failure, Networked, Peer, authorization};
use crate::{FILE_ID, HOST, VERSION_ID, Version};

/// reqwest as its own documentation shows it.
#[derive(Clone)]
pub struct Plain {
    http: Client,
    url: String,
    key: String,
}

/// reqwest with everything taken out of a call that can be done beforehand.
#[derive(Clone)]
pub struct Lean {
    http: Client,
    url: Url,
}

impl Plain {
    /// The request before it is sent.
    pub fn request(&self) -> RequestBuilder {
        let url = &self.url;
        self.http
            .get(format!("{url}/v1/files/{FILE_ID}/versions/{VERSION_ID}"))
            .basic_auth(&self.key, Some(""))
    }
}

impl Peer for Plain {
    fn new(url: &str, key: &str) -> Result<Self, Failure> {
        Ok(Self {
            http: Client::new(),
            url: url.to_owned(),
            key: key.to_owned(),
        })
    }

    async fn get(&self) -> Result<String, Failure> {
        let version: Version = self
            .request()
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        Ok(version.name)
    }
}

impl Networked for Plain {
    fn at(addresses: &[SocketAddr], key: &str, timeout: Duration) -> Result<Self, Failure> {
        Ok(Self {
            http: Client::builder()
                .resolve_to_addrs(HOST, addresses)
                .timeout(timeout)
                .no_proxy()
                .build()?,
            url: format!("https://{HOST}"),
            key: key.to_owned(),
        })
    }
}

impl Lean {
    /// The request before it is sent.
    pub fn request(&self) -> RequestBuilder {
        let mut url = self.url.clone();
        url.set_path(&format!("/v1/files/{FILE_ID}/versions/{VERSION_ID}"));
        self.http.get(url)
    }
}

impl Peer for Lean {
    fn new(url: &str, key: &str) -> Result<Self, Failure> {
        let headers = HeaderMap::from_iter([(AUTHORIZATION, authorization(key)?)]);
        let http = Client::builder()
            .default_headers(headers)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .build()?;
        Ok(Self {
            http,
            url: Url::parse(url)?,
        })
    }

    async fn get(&self) -> Result<String, Failure> {
        let response = self.request().send().await?.error_for_status()?;
        let version: Version = serde_json::from_slice(&response.bytes().await?)?;
        Ok(version.name)
    }
}
