//! What the client costs beside hand-written code and the official SDKs: measured, written down, and
//! kept from growing unnoticed.

mod builds;
mod calls;
mod growth;
mod guard;
mod harness;
mod instructions;
mod machine;
mod network;
mod offline;
mod report;
mod sdks;
mod uploads;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use askama::Template as _;
use clap::{Parser, Subcommand};
use imagekit_bench::Failure;

use self::guard::Recorded;
use self::harness::Harness;
use self::report::{Plot, Report};

/// Measures what the client costs, and writes BENCHMARKS.md.
#[derive(Parser)]
#[command(bin_name = "cargo xtask bench", disable_help_subcommand = true)]
struct Options {
    #[command(subcommand)]
    part: Option<Part>,
}

/// A part that is measured alone, printed, and not written.
#[derive(Subcommand)]
enum Part {
    /// Count instructions and take the time of calls, in three rounds.
    #[command(long_flag = "quick")]
    Quick,
    /// Count instructions; fail if a call, decoding, a list, a delivery URL or an event takes 5 % more than recorded in
    /// bench/instructions.yaml.
    #[command(long_flag = "check")]
    Check,
    /// Make calls over a network that is far away and has faults.
    #[command(long_flag = "network")]
    Network,
    /// Upload.
    #[command(long_flag = "uploads")]
    Uploads,
    /// Build delivery URLs, and receive an event.
    #[command(long_flag = "offline")]
    Offline,
    /// Hold calls in flight, and build a program from nothing.
    #[command(long_flag = "builds")]
    Builds,
    /// Generate the client from cuts of the document, and compile it.
    #[command(long_flag = "growth")]
    Growth,
}

type Result<T, E = Failure> = std::result::Result<T, E>;

const ROUNDS: usize = 15;
const REPORT: &str = "BENCHMARKS.md";
const PLOT: &str = "docs/benchmarks.svg";

fn main() -> ExitCode {
    let options = Options::parse();
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().map(Path::to_owned).unwrap_or(here);
    run(&root, options.part).unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

fn run(root: &Path, part: Option<Part>) -> Result<ExitCode> {
    let mut report = Report::default();
    if let Some(Part::Growth) = part {
        report.growth = growth::measure(root)?;
        print!("{}", report.as_growth().render()?);
        return Ok(ExitCode::SUCCESS);
    }
    let harness = Harness::build(root)?;
    match part {
        Some(Part::Network) => {
            report.network = network::measure(root, &harness, &sdks::install(root)?)?;
            print!("{}", report.as_network().render()?);
        }
        Some(Part::Uploads) => {
            report.uploads = uploads::measure(&harness)?;
            print!("{}", report.as_uploads().render()?);
        }
        Some(Part::Offline) => {
            sdks::install(root)?;
            report.offline = offline::measure(&harness, root)?;
            print!("{}", report.as_offline().render()?);
        }
        Some(Part::Builds) => {
            report.memory = calls::memory(&harness)?;
            report.builds = builds::measure(root)?;
            print!("{}", report.as_builds().render()?);
        }
        Some(Part::Check) => {
            report.instructions = instructions::count_steady(&harness)?;
            println!("{}", report.as_instructions().render()?);
            let now = Recorded::now(&report.instructions, &offline::instructions(&harness)?)?;
            return guard::check(&Recorded::read(root)?, &now);
        }
        Some(Part::Quick) => {
            report.instructions = instructions::count(&harness)?;
            println!("{}", report.as_instructions().render()?);
            report.calls = calls::measure(&harness, &[], 3)?;
            print!("{}", report.as_calls().render()?);
        }
        Some(Part::Growth) | None => {
            let sdks = sdks::install(root)?;
            report = Report {
                instructions: instructions::count(&harness)?,
                calls: calls::measure(&harness, &sdks, ROUNDS)?,
                network: network::measure(root, &harness, &sdks)?,
                uploads: uploads::measure(&harness)?,
                offline: offline::measure(&harness, root)?,
                memory: calls::memory(&harness)?,
                builds: builds::measure(root)?,
                growth: growth::measure(root)?,
                machine: machine::describe(root)?,
            };
            fs::write(root.join(REPORT), report.render()?)?;
            let plot = Plot {
                calls: &report.calls,
            };
            fs::write(root.join(PLOT), plot.render()?)?;
            let offline = report.offline.iter().map(|it| (it.what, it.instructions));
            let offline: Vec<_> = offline.collect();
            Recorded::now(&report.instructions, &offline)?.write(root)?;
            println!("{REPORT}, {PLOT} and {} written", guard::RECORDED);
        }
    }
    Ok(ExitCode::SUCCESS)
}
