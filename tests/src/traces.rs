//! Everything that a client traces, as text.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

/// What was traced on this thread since [`Traces::capture`].
#[derive(Clone, Debug, Default)]
pub struct Traces(Arc<Mutex<Vec<u8>>>);

impl Traces {
    /// Captures all spans and events of this thread, at every level and of every crate, until the
    /// guard is dropped.
    #[must_use]
    pub fn capture() -> (Self, tracing::subscriber::DefaultGuard) {
        // Without a subscriber that wants everything, a place that another thread reaches first is remembered as one
        // that nobody wants to hear of. If there is one already, it does as well.
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
        let traces = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(traces.clone())
            .finish();
        let guard = tracing::subscriber::set_default(subscriber);
        (traces, guard)
    }

    /// The text so far.
    #[must_use]
    pub fn text(&self) -> String {
        let text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).into_owned()
    }
}

impl io::Write for Traces {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Traces {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
