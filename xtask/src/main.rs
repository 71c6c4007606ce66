//! Maintains the contract: what is checked about `openapi/imagekit.yaml`, generated from it, and said
//! about its changes.

mod compare;
mod document;
mod generate;
mod json_schema;
mod outputs;
mod release;
mod report;
mod rules;
mod tree;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::report::Format;
use crate::rules::Contract;

/// Maintains the contract and what is generated from it.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Check the document and its examples: against OpenAPI 3.0, against each other, and against the
    /// rules of this project. Fails if there is anything to mend.
    Validate {
        /// How findings are written.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Generate everything that comes from openapi/imagekit.yaml.
    Generate {
        /// Write nothing; fail with a diff if a generated file is not what it should be.
        #[arg(long)]
        check: bool,
    },
    /// Generate the JSON Schemas alone.
    Schemas {
        /// Write nothing; fail with a diff if a schema is not what it should be.
        #[arg(long)]
        check: bool,
    },
    /// Say what has changed in the contract, whom it breaks, and whom it does not. Exits with 2 if
    /// anything is breaking.
    Compare {
        /// The contract as it was: a commit, branch or tag of git, or a file.
        since: String,
        /// How changes are written; text for people is Markdown, ready for a changelog.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Check that the crates can be published: versions, changelog, licences, and that each builds from its package.
    Release {
        /// Publish nothing. There is no other way: the release workflow publishes.
        #[arg(long, required = true)]
        check: bool,
    },
    /// Measure what the client costs, and write BENCHMARKS.md; `bench --help` has the options.
    #[command(disable_help_flag = true)]
    Bench {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
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
        Task::Validate { format } => {
            let result = Contract::read(&root).and_then(|contract| {
                contract.check()?;
                generate::client(&root, &contract)
            });
            Ok(report::findings(result, *format))
        }
        Task::Generate { check } => {
            let outputs = outputs::all(&root, &Contract::read(&root)?)?;
            outputs::put(&root, &outputs, *check)
        }
        Task::Schemas { check } => {
            let outputs = outputs::schemas(&Contract::read(&root)?)?;
            outputs::put(&root, &outputs, *check)
        }
        Task::Compare { since, format } => {
            let old = compare::read_old(&root, since)?;
            let new = Contract::without_examples(rules::read(&root, rules::DOCUMENT)?.into());
            Ok(report::changes(
                &compare::changes(&root, &old, &new),
                *format,
            ))
        }
        Task::Release { .. } => release::check(&root),
        Task::Bench { options } => {
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let status = std::process::Command::new(cargo)
                .current_dir(&root)
                .args([
                    "run",
                    "--quiet",
                    "--package",
                    "imagekit-bench",
                    "--bin",
                    "measure",
                    "--",
                ])
                .args(options)
                .status()?;
            Ok(if status.success() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            })
        }
    }
}

/// The root of the workspace.
fn root() -> PathBuf {
    // Cargo says it again at run time, which is right even if the workspace has moved since.
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().map(Path::to_owned).unwrap_or(here)
}
