//! Keeps calls from being sent while a server would refuse them.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::rate_limit::RateLimit;

/// Part of the interval by which our windows are longer than the server's, which may begin only with the
/// first request that arrives: 1/50, or 2 %.
const MARGIN: u32 = 50;

/// Longest wait accepted as a rate limit; larger values are treated as a server bug and never delay other calls.
const LONGEST_MEANT: Duration = Duration::from_secs(24 * 60 * 60);

/// What a server said when it refused a call because of its rate limit, shared by all clones of a client, so
/// that each need not find out for itself.
///
/// An endpoint that was refused is held until the server's reset. From then on calls start in windows as long
/// as the server's interval, no more in each than its limit, first come first served, until a window passes
/// with room to spare. A call in the queue holds a [`Ticket`]; dropping the ticket leaves no trace, and wakes those
/// behind it.
///
/// It knows nothing of retries, statuses or timeouts.
pub(crate) struct RateLimiter {
    /// How many endpoints are limited; while it is zero, no call takes the lock.
    limited: AtomicUsize,
    endpoints: Mutex<HashMap<String, Endpoint>>,
    /// Longest time for which one response may hold an endpoint.
    longest_hold: Duration,
    /// Counts on when everything is forgotten, so that no two tickets ever have the same number.
    next_ticket: AtomicU64,
    /// Wakes calls that wait, when they might be able to start earlier than they were told.
    changed: Notify,
}

/// The windows of an endpoint, and the calls that wait for them.
#[derive(Debug)]
struct Endpoint {
    /// When the present window has opened, or the next one will.
    opens: Instant,
    taken: u64,
    limit: u64,
    /// From the opening of one window to that of the next; zero without a known interval.
    period: Duration,
    queue: VecDeque<u64>,
}

/// A place in the queue of an endpoint.
pub(crate) struct Ticket<'a> {
    limiter: &'a RateLimiter,
    endpoint: &'a str,
    number: Option<u64>,
}

/// When a call may start.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Now,
    /// Not before `check_at`, when the queue may have become shorter; as it is, at `expected`.
    Later {
        check_at: Instant,
        expected: Instant,
    },
}

impl RateLimiter {
    pub(crate) fn new(longest_hold: Duration) -> Self {
        Self {
            limited: AtomicUsize::new(0),
            endpoints: Mutex::default(),
            next_ticket: AtomicU64::new(0),
            changed: Notify::new(),
            longest_hold,
        }
    }

    /// Returns a future that is ready once calls which wait should look again.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// Takes a place in the queue of an endpoint.
    pub(crate) fn ticket<'a>(&'a self, endpoint: &'a str) -> Ticket<'a> {
        Ticket {
            limiter: self,
            endpoint,
            number: None,
        }
    }

    /// Holds an endpoint for `wait`, because the server has refused a call.
    pub(crate) fn hold(&self, endpoint: &str, now: Instant, wait: Duration, told: RateLimit) {
        if wait > LONGEST_MEANT {
            return;
        }
        let opens = now + wait.min(self.longest_hold);
        let (limit, period) = match (told.limit(), told.interval()) {
            (Some(limit), Some(interval))
                if limit > 0 && !interval.is_zero() && interval <= self.longest_hold =>
            {
                (limit, interval + interval / MARGIN)
            }
            _ => (u64::MAX, Duration::ZERO),
        };
        let mut endpoints = self.lock();
        endpoints.retain(|_, endpoint| !endpoint.is_idle(now));
        match endpoints.get_mut(endpoint) {
            Some(known) => known.hold(opens, limit, period),
            None => {
                endpoints.insert(
                    endpoint.to_owned(),
                    Endpoint {
                        opens,
                        taken: 0,
                        limit,
                        period,
                        queue: VecDeque::new(),
                    },
                );
            }
        }
        self.limited.store(endpoints.len(), Ordering::Release);
        drop(endpoints);
        self.changed.notify_waiters();
    }

    /// Forgets everything that servers have said; calls that wait start now.
    pub(crate) fn clear(&self) {
        self.lock().clear();
        self.limited.store(0, Ordering::Release);
        self.changed.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Endpoint>> {
        self.endpoints
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket<'_> {
    /// Starts the call if it is its turn; it has left the queue then.
    pub(crate) fn poll(&mut self, now: Instant) -> Turn {
        if self.limiter.limited.load(Ordering::Acquire) == 0 {
            self.number = None;
            return Turn::Now;
        }
        let mut endpoints = self.limiter.lock();
        let Some(endpoint) = endpoints.get_mut(self.endpoint) else {
            self.number = None;
            return Turn::Now;
        };
        endpoint.roll(now);
        if endpoint.is_idle(now) && self.number.is_none() {
            endpoints.remove(self.endpoint);
            self.limiter
                .limited
                .store(endpoints.len(), Ordering::Release);
            return Turn::Now;
        }
        // The queue of a ticket from before everything was forgotten is gone.
        let number = match self.number {
            Some(number) if endpoint.has(number) => number,
            _ => endpoint.enqueue(self.limiter.next_ticket.fetch_add(1, Ordering::Relaxed)),
        };
        self.number = Some(number);
        let turn = endpoint.turn_of(number, now);
        if turn == Turn::Now {
            endpoint.start(number, now);
            self.number = None;
        }
        turn
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number
            && let Some(endpoint) = self.limiter.lock().get_mut(self.endpoint)
            && endpoint.leave(number)
        {
            // Its turn is now that of a call behind it.
            self.limiter.changed.notify_waiters();
        }
    }
}

impl Endpoint {
    /// Moves on to the window of the present moment.
    fn roll(&mut self, now: Instant) {
        if self.period.is_zero() || now < self.opens + self.period {
            return;
        }
        let periods = now.duration_since(self.opens).as_nanos() / self.period.as_nanos();
        let periods = u32::try_from(periods).unwrap_or(u32::MAX);
        // A window that was not filled, with nobody in the queue, was the last one.
        if self.queue.is_empty() && (self.taken < self.limit || periods > 1) {
            return;
        }
        self.opens += self.period * periods;
        self.taken = 0;
    }

    /// Returns `true` if the last window has passed with room to spare.
    fn is_idle(&self, now: Instant) -> bool {
        if !self.queue.is_empty() {
            return false;
        }
        let periods = if self.taken < self.limit { 1 } else { 2 };
        now >= self.opens + self.period * periods
    }

    fn hold(&mut self, opens: Instant, limit: u64, period: Duration) {
        // Refusals of one window name its end a little differently: a difference under half a period is not
        // another window.
        if opens > self.opens + self.period / 2 {
            self.opens = opens;
            self.taken = 0;
            self.limit = limit;
            self.period = period;
        } else {
            self.opens = self.opens.max(opens);
        }
    }

    fn enqueue(&mut self, number: u64) -> u64 {
        self.queue.push_back(number);
        number
    }

    fn has(&self, number: u64) -> bool {
        self.queue.binary_search(&number).is_ok()
    }

    fn turn_of(&self, number: u64, now: Instant) -> Turn {
        let ahead = self
            .queue
            .binary_search(&number)
            .unwrap_or(self.queue.len());
        let ahead = u64::try_from(ahead).unwrap_or(u64::MAX);
        if now < self.opens {
            return Turn::Later {
                check_at: self.opens,
                expected: self.after(ahead / self.limit),
            };
        }
        let room = self.limit.saturating_sub(self.taken);
        if ahead < room {
            return Turn::Now;
        }
        Turn::Later {
            check_at: self.after(1),
            expected: self.after(1 + (ahead - room) / self.limit),
        }
    }

    /// Returns when the window opens that is the given number of windows ahead.
    fn after(&self, windows: u64) -> Instant {
        let windows = u32::try_from(windows).unwrap_or(u32::MAX);
        let wait = self.period.saturating_mul(windows);
        self.opens
            .checked_add(wait)
            .unwrap_or(self.opens + Duration::from_secs(u32::MAX.into()))
    }

    fn start(&mut self, number: u64, now: Instant) {
        // As the server does, which counts from the first request that arrives.
        if self.taken == 0 {
            self.opens = now;
        }
        self.taken += 1;
        self.leave(number);
    }

    /// Returns `true` if the call had a place in the present window.
    fn leave(&mut self, number: u64) -> bool {
        let Ok(position) = self.queue.binary_search(&number) else {
            return false;
        };
        self.queue.remove(position);
        (position as u64) < self.limit.saturating_sub(self.taken)
    }
}

#[cfg(test)]
mod simulation;
