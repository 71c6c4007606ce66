//! What `cargo xtask` says, through its command line.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod broken_documents;
mod changed_documents;
mod drift;
mod random_documents;
mod single_edits;
mod spec_change;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// The document, from the root of the workspace.
const DOCUMENT: &str = "openapi/imagekit.yaml";

/// A place that has a contract of one operation, and nothing else of a workspace.
fn workspace() -> TempDir {
    workspace_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/small"))
}

/// A place that has the contract of this project, and nothing else of its workspace.
fn whole_workspace() -> TempDir {
    workspace_of(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap())
}

fn workspace_of(source: &Path) -> TempDir {
    let workspace = TempDir::new().unwrap();
    fs::create_dir_all(workspace.path().join("openapi/examples")).unwrap();
    fs::copy(source.join(DOCUMENT), workspace.path().join(DOCUMENT)).unwrap();
    for entry in fs::read_dir(source.join("openapi/examples")).unwrap() {
        let file = entry.unwrap().path();
        let target = workspace.path().join("openapi/examples");
        fs::copy(&file, target.join(file.file_name().unwrap())).unwrap();
    }
    workspace
}

/// Where this workspace is built, and most of what a copy of it depends on has been built already.
fn target() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    root.join("target")
}

/// The document as JSON, which is YAML too.
fn parsed(workspace: &Path) -> Value {
    let text = fs::read_to_string(workspace.join(DOCUMENT)).unwrap();
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { enforce_alias_anchor_ratio: false },
    };
    serde_saphyr::from_str_with_options(&text, options).unwrap()
}

/// Replaces a text of the document, which must be there.
fn edit(workspace: &Path, from: &str, to: &str) {
    let path = workspace.join(DOCUMENT);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "the document does not hold {from:?}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

/// Runs `cargo xtask` on a workspace.
fn xtask(workspace: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments)
        // Cargo sets it for what it runs; it says where the workspace is.
        .env("CARGO_MANIFEST_DIR", workspace.join("xtask"))
        .output()
        .unwrap()
}
