//! What the client costs beside hand-written code and the official SDKs: measured, written down, and
//! kept from growing unnoticed.

mod builds;
mod calls;
mod growth;
mod guard;
mod harness;
mod instructions;
mod machine;
mod plot;
mod report;
mod sdks;
mod synthetic;

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use self::guard::Recorded;
use self::harness::Harness;
use self::instructions::Instructions;

/// How much is measured.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only count instructions and take the time of calls, in two rounds; print, and write nothing.
    #[arg(long)]
    quick: bool,
    /// Only count instructions; fail if a call or a decode takes 5 % more than recorded in
    /// bench/instructions.yaml.
    #[arg(long, conflicts_with = "quick")]
    check: bool,
}

const REPORT: &str = "BENCHMARKS.md";
const PLOT: &str = "docs/benchmarks.svg";

pub(crate) fn run(root: &Path, options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let harness = Harness::build(root)?;
    let instructions = Instructions::count(&harness)?;
    print!("{}", report::instructions(&instructions));
    let figures = Recorded::of(&instructions)?;
    if options.check {
        return guard::check(&Recorded::read(root)?, &figures);
    }
    let sdks = if options.quick {
        Vec::new()
    } else {
        sdks::install(root)?
    };
    let calls = calls::measure(&harness, &sdks, if options.quick { 2 } else { 7 })?;
    print!("\n{}", report::calls(&calls));
    if options.quick {
        return Ok(ExitCode::SUCCESS);
    }
    let measured = report::Measured {
        memory: calls::memory(&harness)?,
        builds: builds::measure(root, &harness)?,
        growth: growth::measure(root, &harness)?,
        machine: machine::describe(root)?,
        instructions,
        calls,
    };
    fs::write(root.join(REPORT), report::markdown(&measured))?;
    fs::create_dir_all(root.join("docs"))?;
    fs::write(root.join(PLOT), plot::svg(&measured.calls))?;
    figures.write(root)?;
    println!("{REPORT}, {PLOT} and {} written", guard::RECORDED);
    Ok(ExitCode::SUCCESS)
}
