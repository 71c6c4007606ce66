//! What the tests share.

pub mod clock;
pub mod contract;
pub mod network;
pub mod secrets;
pub mod traces;
pub mod wire;

use std::path::{Path, PathBuf};

use imagekit_client::types::File;
use imagekit_client::{Client, Error, Response};

/// The id of the documented file.
pub const FILE: &str = "598821f949c0a938d57563bd";
/// The id of the documented version.
pub const VERSION: &str = "697821f849c0a938d57563ce";

/// Asks for the documented version.
///
/// # Errors
///
/// As the client says.
pub async fn call(client: &Client) -> Result<Response<File>, Error> {
    client
        .get_file_version_details(FILE, VERSION)
        .send_with_response()
        .await
}

/// Asks for the documented version, without retries.
///
/// # Errors
///
/// As the client says.
pub async fn call_once(client: &Client) -> Result<Response<File>, Error> {
    client
        .get_file_version_details(FILE, VERSION)
        .with_max_retries(0)
        .send_with_response()
        .await
}

/// A file of the workspace, by its path from the root.
#[must_use]
pub fn workspace_file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The text of an example in `openapi/examples`.
///
/// # Panics
///
/// If there is no such file.
#[must_use]
pub fn example(name: &str) -> String {
    let path = workspace_file("openapi/examples").join(name);
    match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => unreachable!("{}: {error}", path.display()),
    }
}
