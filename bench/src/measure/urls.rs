//! Delivery URLs beside those of the official SDK for Node, which are built in the same turn.

use std::error::Error;
use std::path::Path;
use std::process::Command;

use imagekit_bench::DeliveryUrls;
use serde_json::Value;

use super::calls::median;
use super::harness::{Harness, instructions_of, measured, number};

pub(super) const ROUNDS: usize = 5;
const REPETITIONS: [u64; 2] = [100, 2100];

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
    pub(super) instructions: u64,
    pub(super) allocations: u64,
    pub(super) sdk_nanos: Option<f64>,
}

pub(super) fn measure(harness: &Harness, root: &Path) -> Result<Vec<Built>, Box<dyn Error>> {
    let home = root.join("target/bench/node");
    let has_sdk = home.join("node_modules").is_dir();
    if has_sdk {
        // It is resolved from where the script stands.
        std::fs::copy(root.join("bench/sdks/urls.mjs"), home.join("urls.mjs"))?;
    }
    let (mut ours, mut theirs): (Vec<Value>, Vec<Value>) = Default::default();
    for _ in 0..ROUNDS {
        ours.push(measured(&mut Command::new(harness.urls()))?);
        if has_sdk {
            let mut node = Command::new(home.join("node_modules/.bin/node"));
            theirs.push(measured(node.arg("urls.mjs").current_dir(&home))?);
        }
    }
    let nanos = |rounds: &[Value], url: &str| {
        let rounds = rounds.iter().map(|round| number(&round[url], "nanos"));
        let mut samples = rounds.collect::<Result<Vec<_>, _>>()?;
        Ok::<_, Box<dyn Error>>((!samples.is_empty()).then(|| median(&mut samples)))
    };
    // Counted here, since counting makes allocations slower.
    let urls = DeliveryUrls::new()?;
    let allocations = |url| allocation_counter::measure(|| drop(urls.build(url))).count_total;
    let built = DeliveryUrls::NAMES.into_iter().zip(WHAT);
    built
        .map(|(url, what)| {
            Ok(Built {
                what,
                nanos: nanos(&ours, url)?.unwrap_or_default(),
                instructions: instructions_of(harness.urls(), &[url], REPETITIONS)?,
                allocations: allocations(url),
                sdk_nanos: nanos(&theirs, url)?,
            })
        })
        .collect()
}
