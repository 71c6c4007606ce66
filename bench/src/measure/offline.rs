//! What is done without a network, beside the official SDK for Node, which does the same in the same turn.

use std::path::Path;
use std::process::Command;

use imagekit_bench::Offline;

use super::Result;
use super::harness::{Harness, measured, number, turns};

pub(super) const ROUNDS: usize = 5;

/// What it is, in the order of the names.
const WHAT: [&str; 4] = [
    "a URL, resized and cropped",
    "a URL, the same, signed with an expiry",
    "a URL, with two layers",
    "an event of a webhook, verified and decoded",
];

/// What it takes once; without the SDK where its language is missing.
pub(super) struct Done {
    pub(super) what: &'static str,
    pub(super) nanos: f64,
    pub(super) instructions: f64,
    pub(super) allocations: u64,
    pub(super) sdk_nanos: f64,
}

pub(super) fn measure(harness: &Harness, root: &Path) -> Result<Vec<Done>> {
    let home = root.join("target/bench/node");
    let has_sdk = home.join("node_modules").is_dir();
    if has_sdk {
        // It is resolved from where the script stands.
        std::fs::copy(
            root.join("bench/sdks/offline.mjs"),
            home.join("offline.mjs"),
        )?;
    }
    let event = root.join("openapi/examples/file-created.json");
    let peers = &["ours", "sdk"][..1 + usize::from(has_sdk)];
    let nanos = turns(ROUNDS, peers, |peer| {
        let mut node = Command::new(home.join("node_modules/.bin/node"));
        let measured = match *peer {
            "ours" => harness.run(&["offline"])?,
            _ => measured(node.arg("offline.mjs").arg(&event).current_dir(&home))?,
        };
        let nanos = Offline::NAMES.map(|name| number(&measured[name], "nanos"));
        nanos.into_iter().collect()
    })?;
    // Counted here, since counting makes allocations slower.
    let offline = Offline::new()?;
    let allocations = |name| allocation_counter::measure(|| drop(offline.run(name))).count_total;
    let counted = instructions(harness)?.into_iter().zip(Offline::NAMES);
    let done = counted.enumerate().map(|(index, counted)| {
        let ((what, instructions), name) = counted;
        Done {
            what,
            nanos: nanos[0][index],
            instructions,
            allocations: allocations(name),
            sdk_nanos: nanos.get(1).map_or(f64::NAN, |sdk| sdk[index]),
        }
    });
    Ok(done.collect())
}

/// What it is, and the instructions of once.
pub(super) fn instructions(harness: &Harness) -> Result<Vec<(&'static str, f64)>> {
    let all = WHAT.into_iter().zip(Offline::NAMES);
    all.map(|(what, name)| Ok((what, harness.instructions(&["offline", name], [100, 2100])?)))
        .collect()
}
