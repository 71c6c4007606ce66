use super::Result;
use super::harness::Harness;

/// What is done once, the goal as a multiple of plain code, what does it so many times, and how many in two runs.
const ROWS: &str = "\
a call, one at a time | 1.0 | call PEER URL 1 1 | 200 1200
a call, 64 at once | 1.0 | call PEER URL 64 64 | 640 2560
to decode a version | 1.1 | decode PEER | 200 1200
to list a page of 1,000 files | 1.05 | list PEER FILES | 2 6
to build a client | 1.0 | clients PEER | 2 8";

/// Instructions as callgrind counts them.
pub(super) struct Counted {
    pub(super) what: &'static str,
    pub(super) goal: f64,
    /// By hyper and the leanest reqwest, which make calls alone, by plain reqwest, and by the client.
    pub(super) peers: [f64; 4],
}

pub(super) fn count(harness: &Harness) -> Result<Vec<Counted>> {
    let server = harness.server(0, 0)?;
    let files = harness.server(0, 1000)?;
    let rows = ROWS.lines().map(|row| {
        let mut parts = row.split(" | ");
        let [what, goal, how, times] = std::array::from_fn(|_| parts.next().unwrap_or_default());
        let (fewer, more) = times.split_once(' ').unwrap_or_default();
        let mut peers = [f64::NAN; 4];
        for (count, peer) in peers.iter_mut().zip(["hyper", "lean", "plain", "ours"]) {
            let arguments = how.split(' ').map(|word| match word {
                "PEER" => peer,
                "URL" => &server.url,
                "FILES" => &files.url,
                word => word,
            });
            if how.starts_with("call") || matches!(peer, "plain" | "ours") {
                let arguments: Vec<&str> = arguments.collect();
                *count = harness.instructions(&arguments, [fewer.parse()?, more.parse()?])?;
            }
        }
        let goal = goal.parse()?;
        Ok(Counted { what, goal, peers })
    });
    rows.collect()
}
