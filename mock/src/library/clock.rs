use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};

/// Tells a library what time it is.
///
/// Clones share the time, so a test that keeps one can move it.
///
/// ```
/// use std::time::Duration;
/// use imagekit_mock::Clock;
///
/// let clock = Clock::fixed("2026-01-01T00:00:00Z".parse()?);
/// clock.advance(Duration::from_secs(90));
/// assert_eq!(clock.now().to_rfc3339(), "2026-01-01T00:01:30+00:00");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Clock {
    /// Where time stands still, unless it is that of the system.
    stopped_at: Option<i64>,
    advanced: Arc<AtomicI64>,
}

impl Clock {
    /// Returns the clock of the system.
    pub fn system() -> Self {
        Self {
            stopped_at: None,
            advanced: Arc::default(),
        }
    }

    /// Returns a clock that only moves when it is told to.
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self {
            stopped_at: Some(at.timestamp_millis()),
            advanced: Arc::default(),
        }
    }

    /// Moves the time, for all clones.
    pub fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.advanced.fetch_add(millis, Ordering::Relaxed);
    }

    /// Returns the time, in whole milliseconds as ImageKit has it.
    pub fn now(&self) -> DateTime<Utc> {
        let system = || DateTime::<Utc>::from(SystemTime::now()).timestamp_millis();
        let start = self.stopped_at.unwrap_or_else(system);
        let millis = start.saturating_add(self.advanced.load(Ordering::Relaxed));
        DateTime::from_timestamp_millis(millis).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}
