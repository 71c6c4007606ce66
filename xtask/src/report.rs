//! How findings are written: for people, for programs, and as annotations of GitHub.

use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::json;

use crate::rules::{Finding, Findings};

/// The form of what is printed.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Format {
    /// Text for people.
    #[default]
    Human,
    /// One JSON document.
    Json,
    /// Annotations for GitHub Actions.
    Github,
}

/// Prints the findings; success is their absence.
pub(crate) fn findings<T>(result: Result<T, Findings>, format: Format) -> ExitCode {
    let findings = result.err().unwrap_or(Findings(Vec::new()));
    let count = findings.0.len();
    match format {
        Format::Human if count == 0 => println!("the contract is valid"),
        Format::Human => println!("{findings}\n\n{}", counted(count)),
        Format::Json => println!("{:#}", json!({ "findings": findings.0 })),
        Format::Github => {
            for finding in &findings.0 {
                println!("{}", annotation(finding));
            }
            println!("{}", counted(count));
        }
    }
    if count == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn counted(count: usize) -> String {
    match count {
        1 => "1 finding".to_owned(),
        _ => format!("{count} findings"),
    }
}

fn annotation(finding: &Finding) -> String {
    let Finding {
        rule,
        file,
        line,
        pointer,
        message,
        why,
        mend,
    } = finding;
    let text = format!("{pointer}: {message}\nWhy: {why}\nMend: {mend}");
    workflow_command(
        "error",
        &format!("file={file},line={line},title={rule}"),
        &text,
    )
}

/// A command that GitHub Actions reads from the output of a step.
pub(crate) fn workflow_command(kind: &str, properties: &str, text: &str) -> String {
    let text = text
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A");
    format!("::{kind} {properties}::{text}")
}
