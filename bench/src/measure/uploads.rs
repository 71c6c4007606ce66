//! Uploads beside plain reqwest, which streams the same file in the same form.

use super::Result;
use super::harness::{Harness, MIB, Server, measured, number, turns};

pub(super) const ROUNDS: usize = 5;

/// Instructions, processor seconds and peak memory in MiB of one kind of upload.
pub(super) struct Upload {
    pub(super) what: &'static str,
    pub(super) plain: Vec<f64>,
    pub(super) ours: Vec<f64>,
}

pub(super) fn measure(harness: &Harness) -> Result<Vec<Upload>> {
    let server = Server::start(harness.on_core(1).arg("upload-server"))?;
    // The sizes are MiB of a file, and numbers of files.
    let kinds = [
        ("upload-large", "a file of 1 GiB", "1024", [4, 20]),
        (
            "upload-small",
            "1,008 files of 20 KiB, 16 at once",
            "1008",
            [32, 128],
        ),
    ];
    let uploads = kinds.into_iter().map(|(program, what, size, repetitions)| {
        let peers = ["plain", "ours"];
        let figures = turns(ROUNDS, &peers, |peer| {
            let mut command = harness.on_core(0);
            let measured = measured(command.args([program, peer, &server.url, size]))?;
            let seconds = number(&measured, "processor_seconds")?;
            Ok(vec![seconds, number(&measured, "peak_bytes")? / MIB])
        })?;
        let mut figures = peers.into_iter().zip(figures);
        let mut next = || -> Result<Vec<f64>> {
            let (peer, figures) = figures.next().unwrap_or_default();
            let instructions = harness.instructions(&[program, peer, &server.url], repetitions)?;
            Ok([vec![instructions], figures].concat())
        };
        Ok(Upload {
            what,
            plain: next()?,
            ours: next()?,
        })
    });
    uploads.collect()
}
