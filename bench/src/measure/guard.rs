//! The recorded instruction counts, and whether new ones have grown.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use serde::Deserialize;

use super::harness::output;
use super::instructions::Instructions;

pub(super) const RECORDED: &str = "bench/instructions.yaml";

const GROWTH: f64 = 1.05;

/// What a call and a decode took, and which compiler made the code.
///
/// A count depends on the compiler, and so does that of plain reqwest beside it. Their ratio is what
/// compares everywhere; the count itself says more where the compiler is the same.
#[derive(Deserialize)]
pub(super) struct Recorded {
    compiler: String,
    call: Count,
    decode: Count,
}

#[derive(Clone, Copy, Deserialize)]
struct Count {
    ours: u64,
    by_hand: u64,
}

impl Recorded {
    pub(super) fn of(instructions: &Instructions) -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            compiler: compiler()?,
            call: Count {
                ours: instructions.call.ours,
                by_hand: instructions.call.plain,
            },
            decode: Count {
                ours: instructions.decode.ours,
                by_hand: instructions.decode.by_hand,
            },
        })
    }

    pub(super) fn read(root: &Path) -> Result<Self, Box<dyn Error>> {
        let text = fs::read_to_string(root.join(RECORDED))
            .map_err(|error| format!("{RECORDED} cannot be read: {error}"))?;
        serde_saphyr::from_str(&text).map_err(|error| format!("{RECORDED}: {error}").into())
    }

    pub(super) fn write(&self, root: &Path) -> std::io::Result<()> {
        let Self {
            compiler,
            call,
            decode,
        } = self;
        let text = format!(
            "# Instructions a call and a decode, beside those of hand-written code in the same run.\n\
             # Written by `cargo xtask bench`; `cargo xtask bench --check` fails when they grow by 5 %.\n\
             compiler: {compiler}\n\
             call: {{ ours: {}, by_hand: {} }}\n\
             decode: {{ ours: {}, by_hand: {} }}\n",
            call.ours, call.by_hand, decode.ours, decode.by_hand,
        );
        fs::write(root.join(RECORDED), text)
    }
}

impl Count {
    fn ratio(self) -> f64 {
        self.ours as f64 / self.by_hand as f64
    }
}

/// Compares, says how, and fails if anything has grown.
pub(super) fn check(recorded: &Recorded, now: &Recorded) -> Result<ExitCode, Box<dyn Error>> {
    let same_compiler = recorded.compiler == now.compiler;
    if !same_compiler {
        println!(
            "\nrecorded with {}, and compiled with {}: only the ratios are compared",
            recorded.compiler, now.compiler
        );
    }
    let mut failed = false;
    for (what, before, after) in [
        ("a call", recorded.call, now.call),
        ("a decode", recorded.decode, now.decode),
    ] {
        let growth = after.ours as f64 / before.ours as f64;
        let relative = after.ratio() / before.ratio();
        let grown = relative > GROWTH || (same_compiler && growth > GROWTH);
        println!(
            "{}: {what} takes {} instructions, recorded are {} ({:+.1} %); {:.3} of by hand, \
             recorded is {:.3} ({:+.1} %)",
            if grown { "GROWN" } else { "ok" },
            after.ours,
            before.ours,
            (growth - 1.0) * 100.0,
            after.ratio(),
            before.ratio(),
            (relative - 1.0) * 100.0,
        );
        failed |= grown;
    }
    if failed {
        eprintln!(
            "error: the client takes over 5 % more instructions than recorded. To mend it: make it \
             as lean as it was, or, if the growth is worth it, record it: cargo xtask bench"
        );
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn compiler() -> Result<String, Box<dyn Error>> {
    Ok(output(Command::new("rustc").arg("--version"))?
        .trim()
        .to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(compiler: &str, ours: u64, by_hand: u64) -> Recorded {
        Recorded {
            compiler: compiler.to_owned(),
            call: Count { ours, by_hand },
            decode: Count {
                ours: 100,
                by_hand: 100,
            },
        }
    }

    fn passes(before: &Recorded, now: &Recorded) -> bool {
        check(before, now).unwrap() == ExitCode::SUCCESS
    }

    #[test]
    fn growth_beside_hand_written_code_fails_whatever_compiled_it() {
        let before = recorded("a", 1000, 1000);
        assert!(passes(&before, &recorded("b", 1040, 1000)));
        assert!(!passes(&before, &recorded("b", 1060, 1000)));
        assert!(!passes(&before, &recorded("b", 1000, 900)));
    }

    #[test]
    fn growth_by_itself_fails_if_the_compiler_is_the_same() {
        let before = recorded("a", 1000, 1000);
        assert!(!passes(&before, &recorded("a", 1060, 1060)));
        assert!(passes(&before, &recorded("b", 1060, 1060)));
    }
}
