use std::fmt::Write as _;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, ValueHint};
use imagekit_client::types::{File, FileId, VersionId};
use imagekit_client::{Error, Response};
use serde::Serialize;
use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use super::changes::{self, Change, What};
use super::report;
use super::wanted::look_up;
use crate::Context;
use crate::completion;
use crate::config::Session;
use crate::exit::{Exit, Failure};
use crate::json;
use crate::progress::Progress;
use crate::terminal::{BAD, BOLD, FAINT, GOOD, NAME, Output, plain};
use crate::words;

#[derive(Args)]
pub(crate) struct Diff {
    /// The file, by path or id.
    #[arg(value_name = "FILE_ID", add = completion::paths())]
    pub(crate) file: FileId,

    /// The version to compare from.
    #[arg(value_name = "OLD_VERSION_ID")]
    pub(crate) before: VersionId,

    /// The version to compare to.
    #[arg(value_name = "NEW_VERSION_ID")]
    pub(crate) after: VersionId,

    /// Print the changes as JSON.
    #[arg(long)]
    pub(crate) json: bool,

    /// Write a page with both thumbnails and the changes to this file.
    #[arg(long, value_name = "FILE", conflicts_with = "json", value_hint = ValueHint::FilePath)]
    pub(crate) html: Option<PathBuf>,
}

/// Two versions of a file and what is between them.
pub(super) struct Comparison {
    pub(super) before: File,
    pub(super) after: File,
    pub(super) changes: Vec<Change>,
}

/// The changes for machines.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Machine<'a> {
    file_id: &'a str,
    before: &'a VersionId,
    after: &'a VersionId,
    changes: &'a [Change],
}

pub(crate) async fn diff(mut diff: Diff, mut context: Context) -> Result<Exit, Failure> {
    let session = Session::start(&mut context).await?;
    diff.file = look_up(&session, &diff.file).await?;
    let progress = Progress::start(Some(2));
    let get = async |version: &VersionId| -> Result<Response<File>, Error> {
        let details = session.client.get_file_version_details(&diff.file, version);
        let response = details.send_with_response().await;
        progress.advance();
        response
    };
    let (before, after) = futures_util::future::join(get(&diff.before), get(&diff.after)).await;
    let (before, after) = (
        before.map_err(|error| Failure::from(error).about(diff.before.as_str()))?,
        after.map_err(|error| Failure::from(error).about(diff.after.as_str()))?,
    );
    let comparison = Comparison {
        changes: changes::between(&before.json::<Value>()?, &after.json::<Value>()?),
        before: before.into_body(),
        after: after.into_body(),
    };
    drop(progress);

    let output = &context.output;
    if let Some(file) = &diff.html {
        report::write(file, &comparison, &session, &context.now).await?;
        output.write(format!("{} written\n", file.display()))?;
    } else if diff.json {
        let machine = Machine {
            file_id: diff.file.as_str(),
            before: &diff.before,
            after: &diff.after,
            changes: &comparison.changes,
        };
        let json = serde_json::to_vec(&machine)
            .map_err(|error| Failure::new(Exit::Other, error.to_string()))?;
        output.write(json::lay_out(&json, output))?;
    } else {
        output.write(for_people(&comparison, &context.now, output))?;
    }
    Ok(Exit::Fine)
}

fn for_people(comparison: &Comparison, now: &DateTime<Utc>, output: &Output) -> String {
    let mut text = String::new();
    let path = plain(&comparison.after.file_path);
    let _ = writeln!(text, "{}", output.paint(BOLD, path));
    for (sign, style, version) in [
        ("-", BAD, &comparison.before),
        ("+", GOOD, &comparison.after),
    ] {
        let summary = summary(version, now);
        let _ = writeln!(text, "{} {}", output.paint(style, sign), plain(&summary));
    }
    text.push('\n');
    if comparison.changes.is_empty() {
        text.push_str("nothing changed\n");
    }
    let widest = comparison
        .changes
        .iter()
        .map(|change| change.name().width());
    let column = widest.max().unwrap_or(0).min(30);
    for change in &comparison.changes {
        write_change(&mut text, change, column, output);
    }
    text
}

/// A version in one line.
pub(super) fn summary(version: &File, now: &DateTime<Utc>) -> String {
    let mut parts = Vec::new();
    if let Some(info) = &version.version_info {
        parts.extend(info.name.clone());
        parts.push(info.id.to_string());
    }
    parts.extend(version.size.map(|size| words::bytes(size).0));
    parts.extend(words::dimensions(version));
    parts.extend(version.updated_at.map(|moment| words::since(&moment, now)));
    parts.join(", ")
}

fn write_change(text: &mut String, change: &Change, column: usize, output: &Output) {
    let name = change.name();
    let name = plain(&name);
    let _ = write!(text, "{}", output.paint(NAME, &name));
    let pieces = pieces(change, output);
    let length: usize = pieces.iter().map(|(_, width)| width + 2).sum();
    let fits = column + 2 + length <= output.width && name.width() <= column;
    if fits {
        text.push_str(&" ".repeat(column - name.width()));
    }
    for (piece, _) in pieces {
        text.push_str(if fits { "  " } else { "\n    " });
        text.push_str(&piece);
    }
    text.push('\n');
}

/// What to write of a change, each piece with its width.
fn pieces(change: &Change, output: &Output) -> Vec<(String, usize)> {
    let piece = |sign: &str, style, value: &Value| {
        let text = format!("{sign} {}", plain(&changes::in_words(value)));
        (output.paint(style, &text).to_string(), text.width())
    };
    match &change.what {
        What::Value { before, after } => {
            let mut pieces = Vec::new();
            pieces.extend(before.iter().map(|value| piece("-", BAD, value)));
            pieces.extend(after.iter().map(|value| piece("+", GOOD, value)));
            if let Some(difference) = change.difference() {
                let text = format!("({difference})");
                pieces.push((output.paint(FAINT, &text).to_string(), text.width()));
            }
            pieces
        }
        What::Items { removed, added } => removed
            .iter()
            .map(|item| piece("-", BAD, item))
            .chain(added.iter().map(|item| piece("+", GOOD, item)))
            .collect(),
    }
}
