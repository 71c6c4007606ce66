//! ImageKit's own SDKs, installed where the machine has their languages.

use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::calls::Peer;
use super::harness::output;

const NODE: &str = "@imagekit/nodejs@7.11.0";
const PYTHON: &str = "imagekitio==5.11.0";

/// Installs the SDKs into the target folder; one whose language is missing is left out, and said to
/// be.
pub(super) fn install(root: &Path) -> Result<Vec<Peer>, Box<dyn Error>> {
    let mut peers = Vec::new();
    if exists("node") && exists("npm") {
        let home = root.join("target/bench/node");
        fs::create_dir_all(&home)?;
        // It is resolved from where the script stands.
        let script = home.join("node.mjs");
        fs::copy(root.join("bench/sdks/node.mjs"), &script)?;
        output(
            Command::new("npm")
                .args(["install", "--silent", "--no-audit", "--no-fund", NODE])
                .current_dir(&home),
        )?;
        peers.push(Peer {
            name: NODE,
            calls: 2000,
            command: vec![OsString::from("node"), script.into()],
        });
    } else {
        eprintln!("node and npm are not there: {NODE} is left out");
    }
    if exists("python3") {
        let home = root.join("target/bench/python");
        output(Command::new("python3").args(["-m", "venv"]).arg(&home))?;
        let python = home.join("bin/python");
        output(Command::new(&python).args(["-m", "pip", "install", "--quiet", PYTHON]))?;
        peers.push(Peer {
            name: PYTHON,
            calls: 640,
            command: vec![python.into(), root.join("bench/sdks/python.py").into()],
        });
    } else {
        eprintln!("python3 is not there: {PYTHON} is left out");
    }
    Ok(peers)
}

fn exists(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
