//! BENCHMARKS.md and its picture: the figures that the templates write down.

use askama::Template;

use super::calls::{LEAN, OURS, PLAIN};
use super::instructions::Counted;
use super::network::{COMMAND_LINE, Network};
use super::offline::Done;
use super::sdks::NODE;
use super::uploads::Upload;

/// What was measured in one run. A figure that was not is NaN, and its cell stays empty.
#[derive(Default, Template)]
#[template(
    path = "report.md.j2",
    blocks = ["network", "uploads", "offline", "instructions", "calls", "builds", "growth"]
)]
pub(super) struct Report {
    pub(super) instructions: Vec<Counted>,
    pub(super) calls: Vec<Row>,
    pub(super) network: Network,
    pub(super) uploads: Vec<Upload>,
    pub(super) offline: Vec<Done>,
    pub(super) memory: Vec<Row>,
    pub(super) builds: Vec<Row>,
    pub(super) growth: Vec<Vec<f64>>,
    pub(super) machine: Vec<String>,
}

/// What one client takes, by the columns of a table.
pub(super) struct Row {
    pub(super) peer: &'static str,
    pub(super) figures: Vec<f64>,
}

impl Row {
    pub(super) fn all(
        peers: impl IntoIterator<Item = &'static str>,
        figures: Vec<Vec<f64>>,
    ) -> Vec<Self> {
        let rows = peers.into_iter().zip(figures);
        rows.map(|(peer, figures)| Self { peer, figures }).collect()
    }
}

/// What the client takes, as a multiple of what hand-written code takes; the goal is one of plain code.
struct Ratio {
    what: String,
    plain: f64,
    lean: f64,
    goal: f64,
}

impl Report {
    fn ratios(&self) -> Vec<Ratio> {
        let counted = self.instructions.iter().map(|counted| {
            let [_, lean, plain, ours] = counted.peers;
            Ratio {
                what: format!("instructions {}", counted.what),
                plain: ours / plain,
                lean: ours / lean,
                goal: counted.goal,
            }
        });
        let (calls, memory, builds) = (&self.calls, &self.memory, &self.builds);
        let none = f64::NAN;
        let measured = [
            ("processor time a call, one at a time", calls, 0, none),
            ("processor time a call, 64 at once", calls, 1, 1.0),
            ("peak memory, one call at a time", calls, 2, none),
            ("peak memory, 64 calls at once", calls, 3, none),
            ("memory of an idle client", memory, 0, none),
            ("memory of a call in flight", memory, 1, none),
            ("time to the first response", calls, 4, none),
            ("crates", builds, 0, none),
            ("processor time of a cold build, dev", builds, 1, 1.12),
            ("processor time of a cold build, release", builds, 2, 1.12),
            ("size of a minimal program", builds, 3, none),
        ];
        let measured = measured.into_iter().map(|(what, rows, column, goal)| {
            let of = |peer| {
                let row = rows.iter().find(|row| row.peer == peer);
                row.map_or(f64::NAN, |row| row.figures[column])
            };
            Ratio {
                what: what.to_owned(),
                plain: of(OURS) / of(PLAIN),
                lean: of(OURS) / of(LEAN),
                goal,
            }
        });
        counted.chain(measured).collect()
    }

    /// What the official SDKs take, as multiples of what this client takes.
    fn sdks(&self) -> Vec<Row> {
        let mut rows = self.calls.iter().skip_while(|row| row.peer != OURS);
        let ours = rows.next().map_or(&[][..], |ours| &ours.figures);
        let rows = rows.map(|Row { peer, figures }| {
            let figures = figures.iter().zip(ours).map(|(sdk, ours)| sdk / ours);
            let figures = figures.collect();
            Row { peer, figures }
        });
        rows.collect()
    }
}

impl Ratio {
    fn losses(&self) -> String {
        let peers = [(self.plain, "plain reqwest"), (self.lean, "the leanest")];
        let losses = peers.map(|(ratio, peer)| {
            let percent = (ratio - 1.0) * 100.0;
            (ratio >= 1.01).then(|| format!("{percent:.1} % more than {peer}"))
        });
        losses.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// The clients at a glance.
#[derive(Template)]
#[template(path = "plot.svg", escape = "none")]
pub(super) struct Plot<'a> {
    pub(super) calls: &'a [Row],
}

/// What the bars show, and its column.
const PANELS: [(&str, usize); 4] = [
    ("Processor time a call, one at a time (µs)", 0),
    ("Processor time a call, 64 at once (µs)", 1),
    ("Peak memory, 64 calls at once (MiB)", 3),
    ("Time to the first response (ms)", 4),
];

impl Plot<'_> {
    fn height(&self) -> usize {
        44 + self.calls.len() * 22
    }

    /// The peers, their figures, and the lengths of their bars; the longest has 520.
    fn bars(&self, column: usize) -> impl Iterator<Item = (&str, String, f64)> {
        let figures = self.calls.iter().map(move |row| row.figures[column]);
        let longest = figures.clone().fold(f64::MIN_POSITIVE, f64::max);
        self.calls.iter().zip(figures).map(move |(row, figure)| {
            let shown = format!("{figure:.*}", usize::from(figure < 10.0));
            (row.peer, shown, (figure / longest * 520.0).max(1.0))
        })
    }
}

#[allow(unreachable_pub, reason = "the macro makes more of a function")]
mod filters {
    use std::fmt::Display;

    use askama::{Result, Values, filter_fn};

    /// A figure with so many decimals; nothing if it was not measured.
    #[filter_fn]
    pub(super) fn fixed<T: Display>(figure: T, _: &dyn Values, decimals: usize) -> Result<String> {
        Ok(format!("{figure:.decimals$}").replace("NaN", ""))
    }

    #[filter_fn]
    pub(super) fn bold(text: String, _: &dyn Values) -> Result<String> {
        Ok(format!("**{text}**").replace("****", ""))
    }

    #[filter_fn]
    pub(super) fn met(figure: &f64, _: &dyn Values, goal: f64) -> Result<&'static str> {
        Ok(if *figure < goal { "met" } else { "missed" })
    }
}
