//! Clients for one and the same call: by hand on hyper, by hand on reqwest, and the generated one.

mod offline;
mod peers;
pub mod usage;
mod version;

pub use offline::Offline;
pub use peers::{Failure, Hyper, Lean, Networked, Ours, Peer, Plain};
pub use version::Version;

/// The file of the documented response.
pub const FILE_ID: &str = "598821f949c0a938d57563bd";
/// The version of it.
pub const VERSION_ID: &str = "697821f849c0a938d57563ce";

/// The host of a client that is given addresses.
const HOST: &str = "imagekit.test";

/// The documented response as a server sends it.
pub fn response() -> Result<String, serde_json::Error> {
    as_sent(include_str!("../../openapi/examples/file-version.json"))
}

/// A documented example without line breaks.
fn as_sent(example: &str) -> Result<String, serde_json::Error> {
    let example: serde_json::Value = serde_json::from_str(example)?;
    Ok(example.to_string())
}
