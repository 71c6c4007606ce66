//! Delivery URLs beside those of the official SDK for Node, which are built in the same turn.

use std::error::Error;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::calls::median;
use super::harness::{Harness, measured, number};

pub(super) const ROUNDS: usize = 5;

const URLS: [(&str, &str); 3] = [
    ("resized", "resized and cropped"),
    ("signed", "the same, signed with an expiry"),
    ("layered", "with two layers"),
];

/// What one URL takes; without the SDK where its language is missing.
pub(super) struct Built {
    pub(super) what: &'static str,
    pub(super) nanos: f64,
    pub(super) allocations: f64,
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
            let mut node = Command::new("node");
            theirs.push(measured(node.arg("urls.mjs").current_dir(&home))?);
        }
    }
    let nanos = |rounds: &[Value], url: &str| {
        let rounds = rounds.iter().map(|round| number(&round[url], "nanos"));
        let mut samples = rounds.collect::<Result<Vec<_>, _>>()?;
        Ok::<_, Box<dyn Error>>((!samples.is_empty()).then(|| median(&mut samples)))
    };
    URLS.into_iter()
        .map(|(url, what)| {
            Ok(Built {
                what,
                nanos: nanos(&ours, url)?.unwrap_or_default(),
                allocations: number(&ours[0][url], "allocations")?,
                sdk_nanos: nanos(&theirs, url)?,
            })
        })
        .collect()
}
