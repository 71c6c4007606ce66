//! Uploads beside plain reqwest, which streams the same file in the same form.

use std::error::Error;

use super::calls::median;
use super::harness::{Harness, measured, number, on_core};

pub(super) const ROUNDS: usize = 5;

const LARGE_MIB: u64 = 1024;
const SMALL: u64 = 1008;
/// MiB of a file, and numbers of files.
const REPETITIONS: [[u64; 2]; 2] = [[4, 20], [32, 128]];

/// What one kind of upload takes.
pub(super) struct Upload {
    pub(super) what: &'static str,
    pub(super) instructions: [u64; 2],
    pub(super) seconds: [f64; 2],
    pub(super) peak: [f64; 2],
}

pub(super) fn measure(harness: &Harness) -> Result<Vec<Upload>, Box<dyn Error>> {
    let server = harness.spawn(&["upload-server"])?;
    let kinds = [
        ("upload-large", "a file of 1 GiB", LARGE_MIB),
        ("upload-small", "1,008 files of 20 KiB, 16 at once", SMALL),
    ];
    let mut uploads = Vec::new();
    for ((program, what, size), repetitions) in kinds.into_iter().zip(REPETITIONS) {
        let mut samples: [[Vec<f64>; 2]; 2] = Default::default();
        for _ in 0..ROUNDS {
            for (peer, samples) in ["plain", "ours"].into_iter().zip(&mut samples) {
                let mut command = on_core(0, harness.program());
                command.args([program, peer, &server.url, &size.to_string()]);
                let measured = measured(&mut command)?;
                samples[0].push(number(&measured, "processor_seconds")?);
                samples[1].push(number(&measured, "peak_bytes")?);
            }
        }
        let instructions = |peer| harness.instructions(&[program, peer, &server.url], repetitions);
        uploads.push(Upload {
            what,
            instructions: [instructions("plain")?, instructions("ours")?],
            seconds: samples.each_mut().map(|it| median(&mut it[0])),
            peak: samples.each_mut().map(|it| median(&mut it[1])),
        });
    }
    Ok(uploads)
}
