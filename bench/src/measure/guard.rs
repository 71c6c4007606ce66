//! The recorded instruction counts, and whether new ones have grown.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use serde::Deserialize;

use super::Result;
use super::harness::output;
use super::instructions::Counted;

pub(super) const RECORDED: &str = "bench/instructions.yaml";

const GROWTH: f64 = 1.05;

/// What was counted, and which compiler made the code.
///
/// A count depends on the compiler, and so does that of plain reqwest beside it. Their ratio is what
/// compares everywhere; the count itself says more where the compiler is the same.
#[derive(Deserialize)]
pub(super) struct Recorded {
    compiler: String,
    counts: BTreeMap<String, Count>,
}

#[derive(Deserialize)]
struct Count {
    ours: f64,
    by_hand: f64,
}

/// What is done offline, which nobody does by hand, stands beside this.
const BESIDE_OFFLINE: &str = "to decode a version";

impl Recorded {
    pub(super) fn now(instructions: &[Counted], offline: &[(&'static str, f64)]) -> Result<Self> {
        let compiler = output(Command::new("rustc").arg("--version"))?;
        let mut counts = BTreeMap::new();
        for counted in instructions.iter().filter(|it| it.is_steady) {
            let [.., by_hand, ours] = counted.peers;
            counts.insert(counted.what.to_owned(), Count { ours, by_hand });
            for &(what, ours) in offline.iter().filter(|_| counted.what == BESIDE_OFFLINE) {
                counts.insert(what.to_owned(), Count { ours, by_hand });
            }
        }
        let compiler = compiler.trim().to_owned();
        Ok(Self { compiler, counts })
    }

    pub(super) fn read(root: &Path) -> Result<Self> {
        let text = fs::read_to_string(root.join(RECORDED))
            .map_err(|error| format!("{RECORDED} cannot be read: {error}"))?;
        Ok(serde_saphyr::from_str(&text).map_err(|error| format!("{RECORDED}: {error}"))?)
    }

    pub(super) fn write(&self, root: &Path) -> Result<()> {
        let mut text = format!(
            "# Instructions, beside those of hand-written code in the same run; what is offline stands beside decoding by hand.\n\
             # Written by `cargo xtask bench`; `cargo xtask bench --check` fails when they grow by 5 %.\n\
             compiler: {}\ncounts:\n",
            self.compiler
        );
        for (what, Count { ours, by_hand }) in &self.counts {
            writeln!(text, "  {what}: {{ ours: {ours}, by_hand: {by_hand} }}")?;
        }
        Ok(fs::write(root.join(RECORDED), text)?)
    }
}

/// Compares, says how, and fails if anything has grown, or was not recorded.
pub(super) fn check(recorded: &Recorded, now: &Recorded) -> Result<ExitCode> {
    let same_compiler = recorded.compiler == now.compiler;
    if !same_compiler {
        let Recorded { compiler, .. } = recorded;
        let now = &now.compiler;
        println!("recorded with {compiler}, compiled with {now}: only the ratios are compared");
    }
    let mut code = ExitCode::SUCCESS;
    for (what, Count { ours, by_hand }) in &now.counts {
        let before = recorded.counts.get(what);
        let before = before.ok_or_else(|| format!("{RECORDED} lacks {what}"))?;
        let growth = ours / before.ours;
        let relative = growth / (by_hand / before.by_hand);
        let grown = relative > GROWTH || (same_compiler && growth > GROWTH);
        println!(
            "{}: {what}: {ours} instructions, recorded are {} ({:+.1} %), beside by hand {:+.1} %",
            if grown { "GROWN" } else { "ok" },
            before.ours,
            (growth - 1.0) * 100.0,
            (relative - 1.0) * 100.0,
        );
        if grown {
            code = ExitCode::FAILURE;
        }
    }
    if code == ExitCode::FAILURE {
        eprintln!(
            "error: the client takes over 5 % more instructions than recorded. To mend it: make it \
             as lean as it was, or, if the growth is worth it, record it: cargo xtask bench"
        );
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(before: (&str, f64, f64), now: (&str, f64, f64)) -> bool {
        let recorded = |(compiler, ours, by_hand): (&str, _, _)| Recorded {
            compiler: compiler.to_owned(),
            counts: BTreeMap::from([("a call".to_owned(), Count { ours, by_hand })]),
        };
        check(&recorded(before), &recorded(now)).unwrap() == ExitCode::SUCCESS
    }

    #[test]
    fn growth_beside_hand_written_code_fails_whatever_compiled_it() {
        assert!(passes(("a", 1000.0, 1000.0), ("b", 1040.0, 1000.0)));
        assert!(!passes(("a", 1000.0, 1000.0), ("b", 1060.0, 1000.0)));
        assert!(!passes(("a", 1000.0, 1000.0), ("b", 1000.0, 900.0)));
    }

    #[test]
    fn growth_by_itself_fails_if_the_compiler_is_the_same() {
        assert!(!passes(("a", 1000.0, 1000.0), ("a", 1060.0, 1060.0)));
        assert!(passes(("a", 1000.0, 1000.0), ("b", 1060.0, 1060.0)));
    }

    #[test]
    fn what_is_offline_is_guarded_beside_decoding_and_what_varies_is_not() {
        let counted = |what, ours, is_steady| Counted {
            what,
            goal: 1.0,
            peers: [f64::NAN, f64::NAN, 100.0, ours],
            is_steady,
        };
        let rows = [
            counted("to decode a version", 90.0, true),
            counted("to build a client", 1.0, false),
        ];
        let now = Recorded::now(&rows, &[("a URL", 20.0)]).unwrap();
        let names: Vec<_> = now.counts.keys().collect();
        assert_eq!(names, ["a URL", "to decode a version"]);
    }
}
