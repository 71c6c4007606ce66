//! What the client costs beside hand-written code and the official SDKs: measured, written down, and
//! kept from growing unnoticed.

mod builds;
mod calls;
mod growth;
mod guard;
mod harness;
mod instructions;
mod machine;
mod markdown;
mod network;
mod plot;
mod sdks;
mod uploads;
mod urls;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use self::guard::Recorded;
use self::harness::Harness;
use self::instructions::Instructions;

/// Measures what the client costs, and writes BENCHMARKS.md.
#[derive(Parser)]
#[command(bin_name = "cargo xtask bench")]
struct Options {
    /// Only count instructions and take the time of calls, in three rounds; print, and write nothing.
    #[arg(long)]
    quick: bool,
    /// Only count instructions; fail if a call or a decode takes 5 % more than recorded in
    /// bench/instructions.yaml.
    #[arg(long, conflicts_with = "quick")]
    check: bool,
    /// Only make calls over a network that is far away and has faults; print, and write nothing.
    #[arg(long, conflicts_with_all = ["quick", "check"])]
    network: bool,
    /// Only upload; print, and write nothing.
    #[arg(long, conflicts_with_all = ["quick", "check", "network"])]
    uploads: bool,
    /// Only build delivery URLs; print, and write nothing.
    #[arg(long, conflicts_with_all = ["quick", "check", "network", "uploads"])]
    urls: bool,
}

const ROUNDS: usize = 15;
const REPORT: &str = "BENCHMARKS.md";
const PLOT: &str = "docs/benchmarks.svg";

fn main() -> ExitCode {
    let options = Options::parse();
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().map(Path::to_owned).unwrap_or(here);
    run(&root, &options).unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

fn run(root: &Path, options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let harness = Harness::build(root)?;
    if options.network {
        let sdks = sdks::install(root)?;
        let network = network::measure(root, &harness, &sdks)?;
        print!("{}", markdown::network(&network));
        return Ok(ExitCode::SUCCESS);
    }
    if options.uploads {
        print!("{}", markdown::uploads(&uploads::measure(&harness)?));
        return Ok(ExitCode::SUCCESS);
    }
    if options.urls {
        sdks::install(root)?;
        print!("{}", markdown::urls(&urls::measure(&harness, root)?));
        return Ok(ExitCode::SUCCESS);
    }
    let instructions = Instructions::count(&harness)?;
    print!("{}", markdown::instructions(&instructions));
    let figures = Recorded::of(&instructions)?;
    if options.check {
        return guard::check(&Recorded::read(root)?, &figures);
    }
    let sdks = if options.quick {
        Vec::new()
    } else {
        sdks::install(root)?
    };
    let rounds = if options.quick { 3 } else { ROUNDS };
    let calls = calls::measure(&harness, &sdks, rounds)?;
    print!("\n{}", markdown::calls(&calls));
    if options.quick {
        return Ok(ExitCode::SUCCESS);
    }
    let measured = markdown::Measured {
        network: network::measure(root, &harness, &sdks)?,
        uploads: uploads::measure(&harness)?,
        urls: urls::measure(&harness, root)?,
        memory: calls::memory(&harness)?,
        builds: builds::measure(root, &harness)?,
        growth: growth::measure(root, &harness)?,
        machine: machine::describe(root)?,
        instructions,
        calls,
    };
    fs::write(root.join(REPORT), markdown::markdown(&measured))?;
    fs::create_dir_all(root.join("docs"))?;
    fs::write(root.join(PLOT), plot::svg(&measured.calls))?;
    figures.write(root)?;
    println!("{REPORT}, {PLOT} and {} written", guard::RECORDED);
    Ok(ExitCode::SUCCESS)
}
