//! Calls over a network that is far away and has faults.

use std::error::Error;

use super::calls::median;
use super::harness::{Harness, number};

pub(super) const ROUNDS: usize = 5;

/// What happens, and what it is called by the program that is measured.
const FAULTS: [(&str, &str); 5] = [
    ("first-call", "the first call"),
    ("many-calls", "640 calls, 64 at once, from nothing"),
    ("dead-address", "the first of two addresses is dead"),
    ("cut-while-idle", "all idle connections were cut in silence"),
    (
        "server-away",
        "the server is away for 0.7 s, 64 calls at once",
    ),
];

/// What one fault costs.
pub(super) struct Fault {
    pub(super) what: &'static str,
    pub(super) plain: Outcome,
    pub(super) ours: Outcome,
}

/// How long the calls take, the median of all rounds, and how many of them fail in all rounds.
#[derive(Clone, Copy)]
pub(super) struct Outcome {
    pub(super) seconds: f64,
    pub(super) failed: f64,
    pub(super) calls: f64,
}

pub(super) fn measure(harness: &Harness) -> Result<Vec<Fault>, Box<dyn Error>> {
    let mut faults = Vec::new();
    for (fault, what) in FAULTS {
        let outcome = |peer| outcome(harness, peer, fault);
        faults.push(Fault {
            what,
            plain: outcome("plain")?,
            ours: outcome("ours")?,
        });
    }
    Ok(faults)
}

fn outcome(harness: &Harness, peer: &str, fault: &str) -> Result<Outcome, Box<dyn Error>> {
    let mut seconds = Vec::new();
    let (mut failed, mut calls) = (0.0, 0.0);
    // What lasts until a timeout of half a minute lasts as long again.
    while seconds.len() < ROUNDS && seconds.iter().sum::<f64>() < 20.0 {
        let measured = harness.run(&["network", peer, fault])?;
        seconds.push(number(&measured, "seconds")?);
        failed += number(&measured, "failed")?;
        calls += number(&measured, "calls")?;
    }
    Ok(Outcome {
        seconds: median(&mut seconds),
        failed,
        calls,
    })
}
