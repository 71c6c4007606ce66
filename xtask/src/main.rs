//! Maintains the contract: everything that is generated from `openapi/imagekit.yaml` comes from here.

mod bench;
mod components;
mod document;
mod fixups;
mod generate;
mod outputs;
mod shapes;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::document::Document;

/// Maintains the contract and what is generated from it.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Generate everything that comes from openapi/imagekit.yaml.
    Generate {
        /// Write nothing; fail with a diff if a generated file is not what it should be.
        #[arg(long)]
        check: bool,
    },
    /// Measure what the client costs, and write BENCHMARKS.md.
    Bench(bench::Options),
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let root = root();
    match &arguments.task {
        Task::Generate { check } => {
            let document = Document::read(&root.join("openapi/imagekit.yaml"))?;
            let outputs = outputs::all(&document)?;
            if *check {
                outputs::check(&root, &outputs)
            } else {
                outputs::write(&root, &outputs)?;
                Ok(ExitCode::SUCCESS)
            }
        }
        Task::Bench(options) => bench::run(&root, options),
    }
}

/// The root of the workspace.
fn root() -> PathBuf {
    // Cargo says it again at run time, which is right even if the workspace has moved since.
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().map(Path::to_owned).unwrap_or(here)
}
