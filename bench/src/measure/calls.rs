//! Time and memory of calls. Times are noisy: the peers take turns, and medians count.

use std::error::Error;
use std::ffi::OsString;
use std::process::Command;
use std::time::{Duration, Instant};

use super::harness::{Harness, Server, measured, number, on_core};

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
pub(super) struct Peer {
    pub(super) name: &'static str,
    /// Enough of them to outlast the ticks of the clock.
    pub(super) calls: u64,
    pub(super) command: Vec<OsString>,
}

/// What the calls of a peer take, each the median of all rounds.
pub(super) struct Calls {
    pub(super) peer: &'static str,
    pub(super) micros_alone: f64,
    pub(super) micros_at_once: f64,
    pub(super) peak_alone: f64,
    pub(super) peak_at_once: f64,
    pub(super) first_response_millis: f64,
}

/// The bytes that a client holds.
pub(super) struct Memory {
    pub(super) peer: &'static str,
    pub(super) idle_client: f64,
    pub(super) call_in_flight: f64,
    pub(super) client_millis: f64,
}

pub(super) fn measure(
    harness: &Harness,
    sdks: &[Peer],
    rounds: usize,
) -> Result<Vec<Calls>, Box<dyn Error>> {
    let own = Peer::own(harness);
    let peers: Vec<&Peer> = own.iter().chain(sdks).collect();
    let server = harness.server(0)?;
    let mut samples: Vec<[Vec<f64>; 5]> = peers.iter().map(|_| Default::default()).collect();
    for _ in 0..rounds {
        for (peer, samples) in peers.iter().zip(&mut samples) {
            let alone = peer.make_calls(&server, 1)?;
            let at_once = peer.make_calls(&server, AT_ONCE)?;
            let first_response = peer.first_response(&server)?;
            let sample = [
                alone.0 / peer.calls as f64 * 1e6,
                at_once.0 / peer.calls as f64 * 1e6,
                alone.1,
                at_once.1,
                first_response.as_secs_f64() * 1e3,
            ];
            for (samples, value) in samples.iter_mut().zip(sample) {
                samples.push(value);
            }
        }
    }
    let calls = peers.iter().zip(&mut samples).map(|(peer, samples)| {
        let [
            micros_alone,
            micros_at_once,
            peak_alone,
            peak_at_once,
            first_response_millis,
        ] = samples.each_mut().map(|samples| median(samples));
        Calls {
            peer: peer.name,
            micros_alone,
            micros_at_once,
            peak_alone,
            peak_at_once,
            first_response_millis,
        }
    });
    Ok(calls.collect())
}

pub(super) fn memory(harness: &Harness) -> Result<Vec<Memory>, Box<dyn Error>> {
    let server = harness.server(2000)?;
    OWN.into_iter()
        .filter(|(program, _)| *program != "hyper")
        .map(|(program, peer)| {
            let mut samples: [Vec<f64>; 3] = Default::default();
            for _ in 0..MEMORY_ROUNDS {
                let clients = harness.run(&["clients", program, "50"])?;
                let in_flight = harness.run(&["in-flight", program, &server.url])?;
                samples[0].push(number(&clients, "bytes_each")?);
                samples[1].push(number(&in_flight, "bytes_each")?);
                samples[2].push(number(&clients, "processor_seconds_each")? * 1e3);
            }
            let [idle_client, call_in_flight, client_millis] =
                samples.each_mut().map(|samples| median(samples));
            Ok(Memory {
                peer,
                idle_client,
                call_in_flight,
                client_millis,
            })
        })
        .collect()
}

impl Peer {
    /// Those that are programs of ours.
    pub(super) fn own(harness: &Harness) -> [Self; 4] {
        OWN.map(|(program, name)| Self {
            name,
            calls: 12800,
            command: vec![harness.program().into(), "call".into(), program.into()],
        })
    }

    /// Makes the calls on the first core, and gives processor seconds and peak memory. One call for
    /// each at once comes before, and is not counted.
    fn make_calls(&self, server: &Server, at_once: u64) -> Result<(f64, f64), Box<dyn Error>> {
        let command = self.command()?;
        let mut on_core = on_core(0, command.get_program());
        let measured = measured(on_core.args(command.get_args()).args([
            &server.url,
            &at_once.to_string(),
            &self.calls.to_string(),
        ]))?;
        let seconds = number(&measured, "processor_seconds")?;
        Ok((seconds, number(&measured, "peak_bytes")?))
    }

    /// How long it takes from nothing to the end of one call.
    fn first_response(&self, server: &Server) -> Result<Duration, Box<dyn Error>> {
        let mut command = self.command()?;
        let started = Instant::now();
        measured(command.args([&server.url, "1", "0"]))?;
        Ok(started.elapsed())
    }

    pub(super) fn command(&self) -> Result<Command, Box<dyn Error>> {
        let (program, arguments) = self.command.split_first().ok_or("a peer has no command")?;
        let mut command = Command::new(program);
        command.args(arguments);
        Ok(command)
    }
}

pub(super) fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or_default()
}
