//! A progress bar on standard error, for those who have waited for a second.

use std::fmt::Write;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use tokio::task::JoinHandle;

const PATIENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(200);

pub(crate) struct Progress {
    bar: ProgressBar,
    appearance: JoinHandle<()>,
}

impl Progress {
    /// Starts counting up to `total`, if that is known.
    pub(crate) fn start(total: Option<u64>) -> Self {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        let template = match total {
            Some(1) => "{spinner} waiting for the response, {elapsed}",
            Some(_) => "{bar:30} {human_pos} of {human_len}, {speed}, {eta} left",
            None => "{spinner} {human_pos} done, {speed}",
        };
        // A template that is not right leaves the default one.
        if let Ok(style) = ProgressStyle::with_template(template) {
            let style = style.with_key("speed", |state: &ProgressState, text: &mut dyn Write| {
                // Writing to the bar's own text cannot fail.
                let _ = write!(text, "{:.0}/s", state.per_sec());
            });
            bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏░"));
        }
        let appearance = tokio::spawn({
            let bar = bar.clone();
            async move {
                tokio::time::sleep(PATIENCE).await;
                bar.set_draw_target(ProgressDrawTarget::stderr());
                bar.enable_steady_tick(TICK);
            }
        });
        Self { bar, appearance }
    }

    pub(crate) fn advance(&self) {
        self.bar.inc(1);
    }

    /// Does something to the terminal while the bar is out of the way.
    pub(crate) fn aside<T>(&self, action: impl FnOnce() -> T) -> T {
        self.bar.suspend(action)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.appearance.abort();
        self.bar.finish_and_clear();
    }
}
