use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::clock::Clock;
use super::rate_limit::RateLimit;

/// A wait or an interval beyond this is no rate limit, but a mistake of somebody's. The refused call
/// reports it, and no other call is kept waiting for it.
const LONGEST_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

/// A server may count its interval from the first call that arrives in it, which takes a moment: the
/// windows of a client are longer than the interval by this fraction of it, lest each of them begin
/// too early for a few calls.
const MARGIN: u32 = 50;

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
    /// From the start of this window to the start of the next.
    period: Duration,
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
            now.max(window.opens + window.period)
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
                let (limit, interval) = match (said.limit(), said.interval()) {
                    (Some(limit), Some(interval)) if limit > 0 && interval <= LONGEST_WINDOW => {
                        (limit, interval)
                    }
                    _ => (u64::MAX, Duration::ZERO),
                };
                let window = Window {
                    opens,
                    taken: 0,
                    limit,
                    period: interval + interval / MARGIN,
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
    /// Whether the window has passed with room to spare, or with nobody waiting for the next one.
    fn is_over(&self, now: Instant) -> bool {
        let periods = if self.taken < self.limit { 1 } else { 2 };
        now >= self.opens + self.period * periods
    }

    /// Whether `opens` belongs to a window after this one. Answers of one window name its end a
    /// little differently, so that a difference under half a period is none.
    fn is_before(&self, opens: Instant) -> bool {
        opens > self.opens + self.period / 2
    }
}
