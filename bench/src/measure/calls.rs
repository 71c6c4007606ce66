//! Time and memory of calls. Times are noisy: the peers take turns, and medians count.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use super::Result;
use super::harness::{Harness, KIB, MIB, Server, measured, number, on_core, turns};
use super::report::Row;

/// The peers that are programs of ours, and what they are called in the report.
pub(super) const OURS: &str = "imagekit-client";
pub(super) const PLAIN: &str = "reqwest by hand, plain";
pub(super) const LEAN: &str = "reqwest by hand, leanest";
const OWN: [(&str, &str); 4] = [
    ("hyper", "hyper by hand (the floor)"),
    ("lean", LEAN),
    ("plain", PLAIN),
    ("ours", OURS),
];

const AT_ONCE: u64 = 64;

pub(super) const MEMORY_ROUNDS: usize = 5;

/// A client that can be measured: a command that takes the URL of the server, the number of calls
/// and how many of them run at once.
#[derive(Clone)]
pub(super) struct Peer {
    pub(super) name: &'static str,
    /// Enough of them to outlast the ticks of the clock.
    pub(super) calls: u64,
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<OsString>,
}

pub(super) fn measure(harness: &Harness, sdks: &[Peer], rounds: usize) -> Result<Vec<Row>> {
    let peers = [&Peer::own(harness), sdks].concat();
    let server = harness.server(0, 0)?;
    let figures = turns(rounds, &peers, |peer| {
        let [micros_alone, peak_alone] = peer.make_calls(&server, 1)?;
        let [micros_at_once, peak_at_once] = peer.make_calls(&server, AT_ONCE)?;
        let calls = [micros_alone, micros_at_once, peak_alone, peak_at_once];
        Ok([&calls[..], &[peer.first_response(&server)? * 1e3]].concat())
    })?;
    Ok(Row::all(peers.iter().map(|peer| peer.name), figures))
}

/// What idle clients and calls in flight hold, and what it takes to build a client.
pub(super) fn memory(harness: &Harness) -> Result<Vec<Row>> {
    let server = harness.server(2000, 0)?;
    let peers = &OWN[1..];
    let figures = turns(MEMORY_ROUNDS, peers, |(program, _)| {
        let clients = harness.run(&["clients", program, "50"])?;
        let in_flight = harness.run(&["in-flight", program, &server.url])?;
        Ok(vec![
            number(&clients, "bytes_each")? / KIB,
            number(&in_flight, "bytes_each")? / KIB,
            number(&clients, "processor_seconds_each")? * 1e3,
        ])
    })?;
    Ok(Row::all(peers.iter().map(|(_, name)| *name), figures))
}

impl Peer {
    /// Those that are programs of ours.
    pub(super) fn own(harness: &Harness) -> [Self; 4] {
        OWN.map(|(program, name)| Self {
            name,
            calls: 12800,
            program: harness.program().to_owned(),
            arguments: vec!["call".into(), program.into()],
        })
    }

    /// Makes the calls on the first core, and gives processor microseconds of each and peak memory in MiB. One call
    /// for each at once comes before, and is not counted.
    fn make_calls(&self, server: &Server, at_once: u64) -> Result<[f64; 2]> {
        let numbers = [at_once, at_once, self.calls].map(|number| number.to_string());
        let mut command = on_core(0, self.command());
        let measured = measured(command.arg(&server.url).args(numbers))?;
        let micros = number(&measured, "processor_seconds")? / self.calls as f64 * 1e6;
        Ok([micros, number(&measured, "peak_bytes")? / MIB])
    }

    /// How many seconds it takes from nothing to the end of one call.
    fn first_response(&self, server: &Server) -> Result<f64> {
        let started = Instant::now();
        measured(self.command().args([&server.url, "1", "0", "1"]))?;
        Ok(started.elapsed().as_secs_f64())
    }

    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        command
    }
}
