use std::io;
use std::net::SocketAddr;

/// Why a mock could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address cannot be listened on; another program may already do so.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// The OpenAPI document that is built into this crate cannot be used.
    #[error("the OpenAPI document cannot be used: {0}")]
    Contract(String),
}
