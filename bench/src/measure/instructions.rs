//! Instructions, which are the same however busy the machine is.

use std::thread;

use super::Result;
use super::harness::Harness;

/// What is done once, the goal as a multiple of plain code, what does it so many times, how many in two runs, and whether
/// the count is the same wherever it is taken.
const ROWS: &str = "\
a call, one at a time | 1.0 | call PEER URL 1 1 | 200 1200 | steady
a call, 64 at once | 1.0 | call PEER URL 64 64 | 640 2560 | varies
to decode a version | 1.1 | decode PEER | 200 1200 | steady
to list a page of 1,000 files | 1.05 | list PEER FILES | 2 6 | steady
to build a client | 1.0 | clients PEER | 2 8 | varies";

/// By hyper and the leanest reqwest, which make calls alone, by plain reqwest, and by the client.
const PEERS: [&str; 4] = ["hyper", "lean", "plain", "ours"];

/// Instructions as callgrind counts them.
pub(super) struct Counted {
    pub(super) what: &'static str,
    pub(super) goal: f64,
    pub(super) peers: [f64; 4],
    pub(super) is_steady: bool,
}

/// Counts all rows.
pub(super) fn count(harness: &Harness) -> Result<Vec<Counted>> {
    count_rows(harness, ROWS.lines())
}

/// Counts those rows that are the same wherever they are counted.
pub(super) fn count_steady(harness: &Harness) -> Result<Vec<Counted>> {
    count_rows(harness, ROWS.lines().filter(|row| row.ends_with("steady")))
}

fn count_rows(harness: &Harness, rows: impl Iterator<Item = &'static str>) -> Result<Vec<Counted>> {
    let server = harness.server(0, 0)?;
    let files = harness.server(0, 1000)?;
    let counted = rows.map(|row| {
        let mut parts = row.split(" | ");
        let [what, goal, how, times, steadiness] =
            std::array::from_fn(|_| parts.next().unwrap_or_default());
        let (fewer, more) = times.split_once(' ').unwrap_or_default();
        let times = [fewer.parse()?, more.parse()?];
        let count = &|peer: &str| {
            let arguments = how.split(' ').map(|word| match word {
                "PEER" => peer,
                "URL" => server.url.as_str(),
                "FILES" => files.url.as_str(),
                word => word,
            });
            if how.starts_with("call") || matches!(peer, "plain" | "ours") {
                harness.instructions(&arguments.collect::<Vec<_>>(), times)
            } else {
                Ok(f64::NAN)
            }
        };
        let peers = thread::scope(|scope| {
            let counting = PEERS.map(|peer| scope.spawn(move || count(peer)));
            counting.map(|it| it.join().unwrap_or_else(|_| Err("a count panicked".into())))
        });
        let [hyper, lean, plain, ours] = peers;
        Ok(Counted {
            what,
            goal: goal.parse()?,
            peers: [hyper?, lean?, plain?, ours?],
            is_steady: steadiness == "steady",
        })
    });
    counted.collect()
}
