//! ImageKit's own SDKs, installed where the machine has their languages.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::Result;
use super::calls::Peer;
use super::harness::output;
use super::machine::said;

pub(super) const NODE: &str = "@imagekit/nodejs@7.11.0";
const PYTHON: &str = "imagekitio==5.11.0";

/// What the SDK runs on, and a server: with OpenSSL 3.5, which has post-quantum key exchange, and able to use proxies.
pub(super) const NODE_ITSELF: &str = "node@26.10.0";

/// Installs the SDKs into the target folder; one whose language is missing is left out, and said to
/// be.
pub(super) fn install(root: &Path) -> Result<Vec<Peer>> {
    let mut peers = Vec::new();
    if !said("npm", "--version").is_empty() {
        let home = root.join("target/bench/node");
        fs::create_dir_all(&home)?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund"]);
        output(npm.args([NODE, NODE_ITSELF]).current_dir(&home))?;
        // It is resolved from where the script stands.
        let script = home.join("node.mjs");
        fs::copy(root.join("bench/sdks/node.mjs"), &script)?;
        peers.push(Peer {
            name: NODE,
            calls: 2000,
            program: home.join("node_modules/.bin/node"),
            arguments: vec![script.into()],
        });
    } else {
        eprintln!("npm is not there: {NODE} and a server on OpenSSL are left out");
    }
    if !said("python3", "--version").is_empty() {
        let home = root.join("target/bench/python");
        output(Command::new("python3").args(["-m", "venv"]).arg(&home))?;
        let python = home.join("bin/python");
        output(Command::new(&python).args(["-m", "pip", "install", "--quiet", PYTHON]))?;
        peers.push(Peer {
            name: PYTHON,
            calls: 640,
            program: python,
            arguments: vec![root.join("bench/sdks/python.py").into()],
        });
    } else {
        eprintln!("python3 is not there: {PYTHON} is left out");
    }
    Ok(peers)
}

/// The command of a server on OpenSSL, which takes a certificate, its key and a body.
pub(super) fn openssl(root: &Path, installed: &[Peer]) -> Option<Command> {
    let sdk = installed.iter().find(|peer| peer.name == NODE)?;
    let mut command = Command::new(&sdk.program);
    command.arg(root.join("bench/sdks/openssl.mjs"));
    Some(command)
}
