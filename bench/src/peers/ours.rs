use std::net::SocketAddr;
use std::time::Duration;

use imagekit_client::Client;

use super::{Failure, Networked, Peer};
use crate::{FILE_ID, HOST, VERSION_ID};

/// The generated client.
#[derive(Clone)]
pub struct Ours(Client);

impl Peer for Ours {
    fn new(url: &str, key: &str) -> Result<Self, Failure> {
        let client = Client::builder().base_url(url).private_key(key).build()?;
        Ok(Self(client))
    }

    async fn get(&self) -> Result<String, Failure> {
        let version = self
            .0
            .get_file_version_details(FILE_ID, VERSION_ID)
            .send()
            .await?;
        Ok(version.name)
    }
}

impl Networked for Ours {
    fn at(addresses: &[SocketAddr], key: &str, timeout: Duration) -> Result<Self, Failure> {
        let client = Client::builder()
            .base_url(format!("https://{HOST}"))
            .private_key(key)
            .addresses(addresses.iter().copied())
            .attempt_timeout(timeout)
            .build()?;
        Ok(Self(client))
    }
}
