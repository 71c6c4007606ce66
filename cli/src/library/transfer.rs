//! What uploads and downloads have in common: many files on their way, and what becomes of each.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::Context;
use crate::exit::Failure;
use crate::json;
use crate::terminal::plain;

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Outcome {
    Uploaded,
    NewVersion,
    /// ImageKit works on it before there is a file.
    Accepted,
    Downloaded,
    /// It was there already.
    Unchanged,
    /// It would be uploaded, if this were not a trial.
    Planned,
}

impl Outcome {
    pub(super) fn verb(self) -> &'static str {
        match self {
            Self::Uploaded => "uploaded",
            Self::NewVersion => "uploaded a new version of",
            Self::Accepted => "accepted",
            Self::Downloaded => "downloaded",
            Self::Unchanged => "unchanged",
            Self::Planned => "would upload",
        }
    }
}

/// A line about a file for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    outcome: Outcome,
    path: &'a str,
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_id: Option<&'a str>,
}

/// Tells what becomes of files.
pub(super) struct Report<'a> {
    pub(super) json: bool,
    pub(super) quiet: bool,
    pub(super) context: &'a Context,
}

impl Report<'_> {
    /// Tells of a file that is `path` in the library and `file` on this machine.
    pub(super) fn tell(
        &self,
        outcome: Outcome,
        path: &str,
        file: &str,
        file_id: Option<&str>,
    ) -> Result<(), Failure> {
        let output = &self.context.output;
        if self.json {
            let line = Line {
                outcome,
                path,
                file,
                file_id,
            };
            let line = serde_json::to_vec(&line)
                .map_err(|error| Failure::new(crate::exit::Exit::Other, error.to_string()))?;
            return output.write(json::lay_out(&line, output));
        }
        if self.quiet || outcome == Outcome::Unchanged {
            return Ok(());
        }
        let end = if outcome == Outcome::Downloaded {
            file
        } else {
            path
        };
        output.write(format!("{} {}\n", outcome.verb(), plain(end)))
    }
}

const PATIENCE: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_millis(200);

/// A terminal with fewer columns has no room for all that can be said.
const NARROW: usize = 90;

/// Bars on standard error: one for all, and one for each file that is on its way.
pub(super) struct Bars {
    bars: MultiProgress,
    all: ProgressBar,
    files: u64,
    is_narrow: bool,
    appearance: tokio::task::JoinHandle<()>,
}

/// The bar of one file.
#[derive(Clone)]
pub(super) struct FileBar {
    bar: ProgressBar,
    all: ProgressBar,
}

impl Bars {
    /// Starts bars that fit into so many columns.
    pub(super) fn start(files: u64, bytes: u64, width: usize) -> Self {
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
        let all = bars.add(ProgressBar::new(bytes));
        let is_narrow = width < NARROW;
        all.set_style(style(match is_narrow {
            true => "{bar:10} {percent:>3} %, {msg}, {eta}",
            false => "{bar:30} {decimal_bytes} of {decimal_total_bytes}, {msg}, {decimal_bytes_per_sec}, {eta} left",
        }));
        all.set_message(format!("0 of {files} files"));
        let appearance = tokio::spawn({
            let (bars, all) = (bars.clone(), all.clone());
            async move {
                tokio::time::sleep(PATIENCE).await;
                bars.set_draw_target(ProgressDrawTarget::stderr());
                all.enable_steady_tick(TICK);
            }
        });
        Self {
            bars,
            all,
            files,
            is_narrow,
            appearance,
        }
    }

    pub(super) fn file(&self, name: &str, size: u64) -> FileBar {
        let bar = self.bars.insert_before(&self.all, ProgressBar::new(size));
        bar.set_style(style(match self.is_narrow {
            true => "  {bar:8} {percent:>3} % {wide_msg}",
            false => "  {bar:28} {percent:>3} % {wide_msg}",
        }));
        bar.set_message(plain(name).into_owned());
        FileBar {
            bar,
            all: self.all.clone(),
        }
    }

    /// Tells that so many files are done.
    pub(super) fn done(&self, count: u64) {
        self.all
            .set_message(format!("{count} of {} files", self.files));
    }

    /// Does something to the terminal while the bars are out of the way.
    pub(super) fn aside<T>(&self, action: impl FnOnce() -> T) -> T {
        self.bars.suspend(action)
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.appearance.abort();
        self.all.finish_and_clear();
    }
}

impl FileBar {
    /// Tells how many bytes have been transferred; they can become fewer when it starts anew.
    pub(super) fn set(&self, bytes: u64) {
        let before = self.bar.position();
        self.bar.set_position(bytes);
        match bytes.checked_sub(before) {
            Some(more) => self.all.inc(more),
            None => self.all.dec(before - bytes),
        }
        if Some(bytes) == self.bar.length() {
            // Nothing moves any more until the server responds.
            self.bar.force_draw();
        }
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    // A template that is not right leaves the default one.
    let style = ProgressStyle::with_template(template);
    style
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("█▉▊▋▌▍▎▏░")
}
