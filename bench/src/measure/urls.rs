//! Delivery URLs beside those of the official SDK for Node, which are built in the same turn.

use std::path::Path;
use std::process::Command;

use imagekit_bench::DeliveryUrls;

use super::Result;
use super::harness::{Harness, measured, number, turns};

pub(super) const ROUNDS: usize = 5;

/// What the URLs are, in the order of their names.
const WHAT: [&str; 3] = [
    "resized and cropped",
    "the same, signed with an expiry",
    "with two layers",
];

/// What one URL takes; without the SDK where its language is missing.
pub(super) struct Built {
    pub(super) what: &'static str,
    pub(super) nanos: f64,
    pub(super) instructions: f64,
    pub(super) allocations: u64,
    pub(super) sdk_nanos: f64,
}

pub(super) fn measure(harness: &Harness, root: &Path) -> Result<Vec<Built>> {
    let home = root.join("target/bench/node");
    let has_sdk = home.join("node_modules").is_dir();
    if has_sdk {
        // It is resolved from where the script stands.
        std::fs::copy(root.join("bench/sdks/urls.mjs"), home.join("urls.mjs"))?;
    }
    let peers = &["ours", "sdk"][..1 + usize::from(has_sdk)];
    let nanos = turns(ROUNDS, peers, |peer| {
        let mut node = Command::new(home.join("node_modules/.bin/node"));
        let measured = match *peer {
            "ours" => harness.run(&["urls"])?,
            _ => measured(node.arg("urls.mjs").current_dir(&home))?,
        };
        let nanos = DeliveryUrls::NAMES.map(|name| number(&measured[name], "nanos"));
        nanos.into_iter().collect()
    })?;
    // Counted here, since counting makes allocations slower.
    let urls = DeliveryUrls::new()?;
    let allocations = |name| allocation_counter::measure(|| drop(urls.build(name))).count_total;
    let counted = instructions(harness)?.into_iter().zip(DeliveryUrls::NAMES);
    let built = counted.enumerate().map(|(index, counted)| {
        let ((what, instructions), name) = counted;
        Built {
            what,
            nanos: nanos[0][index],
            instructions,
            allocations: allocations(name),
            sdk_nanos: nanos.get(1).map_or(f64::NAN, |sdk| sdk[index]),
        }
    });
    Ok(built.collect())
}

/// What the URLs are, and the instructions of one of each.
pub(super) fn instructions(harness: &Harness) -> Result<Vec<(&'static str, f64)>> {
    let urls = WHAT.into_iter().zip(DeliveryUrls::NAMES);
    urls.map(|(what, name)| Ok((what, harness.instructions(&["url", name], [100, 2100])?)))
        .collect()
}
