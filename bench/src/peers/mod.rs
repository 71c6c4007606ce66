mod by_hyper;
mod by_reqwest;
mod ours;

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::header::HeaderValue;

pub use by_hyper::Hyper;
pub use by_reqwest::{Lean, Plain};
pub use ours::Ours;

/// Why a call failed; no peer is measured on failures.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A client that can make the one call.
pub trait Peer: Clone + Send + Sync + Sized + 'static {
    /// Builds the client.
    fn new(url: &str, key: &str) -> Result<Self, Failure>;

    /// Fetches the version, decodes it, and gives its name.
    fn get(&self) -> impl Future<Output = Result<String, Failure>> + Send;
}

/// A client that can be measured over a network that has faults.
pub trait Networked: Peer {
    /// Builds a client for a host that has these addresses, whose attempts may take as long as `timeout`.
    fn at(addresses: &[SocketAddr], key: &str, timeout: Duration) -> Result<Self, Failure>;
}

/// The key as ImageKit wants it: as a user without a password.
fn authorization(key: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::try_from(format!("Basic {}", BASE64.encode(format!("{key}:"))))?;
    value.set_sensitive(true);
    Ok(value)
}
