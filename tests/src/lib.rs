//! What the tests share.

pub mod clock;
pub mod secrets;
pub mod traces;
pub mod wire;

use std::path::{Path, PathBuf};

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
