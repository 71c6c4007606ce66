//! How findings and changes are written: for people, for programs, and as annotations of GitHub.

use std::io::Write as _;
use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::json;

use crate::compare::{Change, Changes, Effect};
use crate::rules::{DOCUMENT, Diagnostic, Failures};

/// The exit code for a change that breaks somebody.
const BREAKING: u8 = 2;

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
pub(crate) fn findings<T>(result: Result<T, Failures>, format: Format) -> ExitCode {
    let findings = result.err().unwrap_or(Failures(Vec::new()));
    let count = findings.0.len();
    match format {
        Format::Human if count == 0 => print_line("the contract is valid"),
        Format::Human => print_line(&format!("{findings}\n\n{}", counted(count))),
        Format::Json => print_line(&format!("{:#}", json!({ "findings": findings.0 }))),
        Format::Github => {
            for finding in &findings.0 {
                print_line(&annotation(finding));
            }
            print_line(&counted(count));
        }
    }
    if count == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Prints the changes; a breaking one has an exit code of its own.
pub(crate) fn changes(changes: &Changes, format: Format) -> ExitCode {
    match format {
        Format::Human if changes.0.is_empty() => print_line("the contract has not changed"),
        Format::Human => print_line(changes.to_string().trim_end()),
        Format::Json => print_line(&format!("{:#}", json!({ "changes": changes.0 }))),
        Format::Github => {
            for Change {
                effect,
                place,
                text,
            } in &changes.0
            {
                let kind = match effect {
                    Effect::Breaking => "error",
                    Effect::NeedsReview => "warning",
                    Effect::Compatible => "notice",
                };
                let properties = format!("file={DOCUMENT},title={effect}");
                print_line(&workflow_command(
                    kind,
                    &properties,
                    &format!("{place}: {text}"),
                ));
            }
        }
    }
    match changes.effect() {
        Some(Effect::Breaking) => ExitCode::from(BREAKING),
        _ => ExitCode::SUCCESS,
    }
}

/// Prints a line. A reader that has closed the pipe has seen enough.
fn print_line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{}", plain(text));
}

/// Replaces what would steer a terminal.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if steers(c) { '\u{fffd}' } else { c })
        .collect()
}

/// Returns `true` for control characters but the line break, and for those that change the order or the lines of a text
/// without being seen.
pub(crate) fn steers(c: char) -> bool {
    c.is_control() && c != '\n'
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// Keeps a text of the document on one line, so that it cannot begin a command of a CI system.
pub(crate) fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], "\u{fffd}")
}

fn counted(count: usize) -> String {
    match count {
        1 => "1 finding".to_owned(),
        _ => format!("{count} findings"),
    }
}

fn annotation(finding: &Diagnostic) -> String {
    let Diagnostic {
        rule,
        file,
        line,
        pointer,
        message,
        rationale,
        help,
    } = finding;
    let text = format!("{pointer}: {message}\nWhy: {rationale}\nMend: {help}");
    workflow_command(
        "error",
        &format!("file={file},line={line},title={rule}"),
        &text,
    )
}

/// A command that GitHub Actions reads from the output of a step.
fn workflow_command(kind: &str, properties: &str, text: &str) -> String {
    let text = text
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A");
    format!("::{kind} {properties}::{text}")
}
