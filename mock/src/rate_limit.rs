use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use tokio::time::Instant;

/// A limit that a mock really counts: a number of requests to one operation in one interval.
///
/// ```
/// use std::time::Duration;
/// use imagekit_mock::RateLimit;
///
/// let limit = RateLimit::new(40, Duration::from_secs(1));
/// assert_eq!("40/1s".parse(), Ok(limit));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    requests: u32,
    interval: Duration,
}

impl RateLimit {
    /// Allows this number of requests in each interval.
    ///
    /// Intervals are counted in whole milliseconds, and last one at least.
    pub fn new(requests: u32, interval: Duration) -> Self {
        let millis = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
        Self {
            requests,
            interval: Duration::from_millis(millis.max(1)),
        }
    }

    pub(crate) fn interval(self) -> Duration {
        self.interval
    }

    /// Writes the three headers of a limit that is counted afresh after `reset`.
    pub(crate) fn write_headers(self, reset: Duration, headers: &mut HeaderMap) {
        let values = [
            ("x-ratelimit-limit", u64::from(self.requests)),
            ("x-ratelimit-reset", millis_rounded_up(reset)),
            ("x-ratelimit-interval", millis_rounded_up(self.interval)),
        ];
        for (name, value) in values {
            headers.insert(name, HeaderValue::from(value));
        }
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let interval = humantime::format_duration(self.interval).to_string();
        write!(f, "{}/{}", self.requests, interval.replace(' ', ""))
    }
}

/// Rounded up, since a client that waits for a shorter time comes too early.
fn millis_rounded_up(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

/// Counts what each operation has used of the limits.
#[derive(Debug, Default)]
pub(crate) struct RateLimiter {
    limits: Vec<RateLimit>,
    used: HashMap<String, Vec<Window>>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    started: Instant,
    requests: u32,
}

/// What the limits say about one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verdict {
    pub(crate) exceeded: bool,
    /// The limit that is exceeded, or else the one that will be next.
    pub(crate) limit: RateLimit,
    /// Until requests are counted afresh.
    pub(crate) reset: Duration,
}

impl RateLimiter {
    pub(crate) fn new(limits: Vec<RateLimit>) -> Self {
        Self {
            limits,
            used: HashMap::new(),
        }
    }

    /// Counts the request unless a limit is exceeded. Returns `None` if no limit is set.
    pub(crate) fn count(&mut self, operation: &str, now: Instant) -> Option<Verdict> {
        if !self.used.contains_key(operation) {
            let window = Window {
                started: now,
                requests: 0,
            };
            let windows = vec![window; self.limits.len()];
            self.used.insert(operation.to_owned(), windows);
        }
        let windows = self.used.get_mut(operation)?;
        for (limit, window) in self.limits.iter().zip(windows.iter_mut()) {
            window.move_to(now, limit.interval);
        }
        let (limit, window) = self
            .limits
            .iter()
            .zip(windows.iter())
            .min_by_key(|(limit, window)| limit.requests.saturating_sub(window.requests))?;
        let exceeded = window.requests >= limit.requests;
        let verdict = Verdict {
            exceeded,
            limit: *limit,
            reset: limit.interval.saturating_sub(window.elapsed(now)),
        };
        if !exceeded {
            for window in windows {
                window.requests += 1;
            }
        }
        Some(verdict)
    }
}

impl Window {
    /// Windows follow each other without a gap, so that a client which waits for each reset loses
    /// no time to the pauses in between.
    fn move_to(&mut self, now: Instant, interval: Duration) {
        let elapsed = self.elapsed(now);
        if elapsed >= interval {
            let into_window = elapsed.as_nanos() % interval.as_nanos();
            let into_window = u64::try_from(into_window).unwrap_or(u64::MAX);
            self.started = now - Duration::from_nanos(into_window);
            self.requests = 0;
        }
    }

    fn elapsed(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.started)
    }
}

/// Why a text is no rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a rate limit is a number of requests and an interval, such as `40/1s` or `1000/15m`")]
pub struct InvalidRateLimit;

impl FromStr for RateLimit {
    type Err = InvalidRateLimit;

    fn from_str(text: &str) -> Result<Self, InvalidRateLimit> {
        let (requests, interval) = text.split_once('/').ok_or(InvalidRateLimit)?;
        let requests = requests.trim().parse().map_err(|_| InvalidRateLimit)?;
        let interval = humantime::parse_duration(interval.trim()).map_err(|_| InvalidRateLimit)?;
        Ok(Self::new(requests, interval))
    }
}
