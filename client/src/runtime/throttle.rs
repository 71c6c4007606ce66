use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::clock::Clock;
use super::rate_limit::RateLimit;

/// A wait or an interval beyond this is no rate limit, but a mistake of somebody's. The refused call
/// reports it, and no other call is kept waiting for it.
const LONGEST_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

/// What a server said when it refused a call for being one too many, shared by all clones of a
/// client, so that each of them need not find out for itself.
///
/// A refused endpoint is closed until the server's reset. From then on calls start in windows as
/// long as the server's interval, no more in each than the server's limit, until there are windows
/// with room to spare.
#[derive(Default)]
pub(crate) struct Throttle {
    /// How many endpoints are throttled; while it is zero, no call takes the lock.
    throttled: AtomicUsize,
    endpoints: Mutex<HashMap<String, Window>>,
}

/// The window of time in which the next calls may start.
#[derive(Debug)]
struct Window {
    opens: Instant,
    /// Calls that were given a place in this window.
    taken: u64,
    limit: u64,
    interval: Duration,
}

/// The call would have to wait for longer than it can.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong(pub(crate) Duration);

impl Throttle {
    /// Gives a call a place, and says how long it has to wait for it.
    pub(crate) fn reserve(
        &self,
        endpoint: &str,
        clock: &dyn Clock,
        longest: impl FnOnce() -> Duration,
    ) -> Result<Duration, TooLong> {
        if self.throttled.load(Ordering::Acquire) == 0 {
            return Ok(Duration::ZERO);
        }
        let mut endpoints = self.lock();
        let now = clock.now();
        let Some(window) = endpoints.get_mut(endpoint) else {
            return Ok(Duration::ZERO);
        };
        if window.is_over(now) {
            endpoints.remove(endpoint);
            self.throttled.store(endpoints.len(), Ordering::Release);
            return Ok(Duration::ZERO);
        }
        let full = window.taken >= window.limit;
        let opens = if full {
            window.opens + window.interval
        } else {
            window.opens
        };
        let wait = opens.saturating_duration_since(now);
        if wait > longest() {
            return Err(TooLong(wait));
        }
        window.opens = opens;
        window.taken = if full { 1 } else { window.taken + 1 };
        Ok(wait)
    }

    /// Closes an endpoint for `wait`, because the server refused a call.
    pub(crate) fn close(&self, endpoint: &str, now: Instant, wait: Duration, said: RateLimit) {
        if wait > LONGEST_WINDOW {
            return;
        }
        let opens = now + wait;
        let mut endpoints = self.lock();
        endpoints.retain(|_, window| !window.is_over(now));
        match endpoints.get_mut(endpoint) {
            Some(window) if !window.is_before(opens) => window.opens = window.opens.max(opens),
            _ => {
                let window = match (said.limit(), said.interval()) {
                    (Some(limit), Some(interval)) if limit > 0 && interval <= LONGEST_WINDOW => {
                        Window {
                            opens,
                            taken: 0,
                            limit,
                            interval,
                        }
                    }
                    _ => Window {
                        opens,
                        taken: 0,
                        limit: u64::MAX,
                        interval: Duration::ZERO,
                    },
                };
                endpoints.insert(endpoint.to_owned(), window);
            }
        }
        self.throttled.store(endpoints.len(), Ordering::Release);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Window>> {
        self.endpoints
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Window {
    /// Whether the window has passed with nobody left waiting for the next one.
    fn is_over(&self, now: Instant) -> bool {
        now >= self.opens + self.interval
            && (self.taken < self.limit || now >= self.opens + 2 * self.interval)
    }

    /// Whether `opens` belongs to a window after this one. Answers of one window name its end a
    /// little differently, so that a difference under half an interval is none.
    fn is_before(&self, opens: Instant) -> bool {
        opens > self.opens + self.interval / 2
    }
}
