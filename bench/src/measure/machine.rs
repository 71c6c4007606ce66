//! On what was measured, and with which versions.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use super::{Result, sdks};

/// What the client stands on.
const CRATES: [&str; 5] = ["hyper", "reqwest", "rustls", "serde_json", "tokio"];
const PROGRAMS: [&str; 4] = ["rustc", "cargo", "valgrind", "python3"];

/// The machine and all versions, one item each.
pub(super) fn describe(root: &Path) -> Result<Vec<String>> {
    let cores = thread::available_parallelism()?;
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("a processor that says no name", |(_, model)| model);
    let mut items = vec![format!("{model}, {cores} cores"), said("uname", "-sr")];
    items.extend(PROGRAMS.map(|program| said(program, "--version")));
    items.push(format!("{} of npm", sdks::NODE_ITSELF));
    let lock = fs::read_to_string(root.join("Cargo.lock"))?;
    for name in CRATES {
        let entry = format!("name = \"{name}\"\nversion = \"");
        let version = lock
            .split_once(&entry)
            .and_then(|(_, rest)| rest.split('"').next());
        items.push(format!("{name} {}", version.unwrap_or("unknown")));
    }
    items.retain(|item| !item.is_empty());
    Ok(items)
}

/// What a program says about itself; nothing if it is not there.
pub(super) fn said(program: &str, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output();
    let said = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    said.unwrap_or_default()
}
