//! Whole calls on a clock of their own: servers that are away for a moment, and bulk work at a rate limit.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use http::HeaderMap;

use super::{Decision, Failure, Fate, Limits, Retries};
use crate::options::CallOptions;
use crate::runtime::rate_limit::RateLimit;
use crate::runtime::rate_limiter::{RateLimiter, Ticket, Turn};

const CALLS: u64 = 10_000;

/// What follows a failed attempt.
type Policy = fn(&mut Retries, &Failure, &Limits, f64) -> Decision;

fn limits(remaining: Duration) -> Limits {
    let defaults = CallOptions::default();
    Limits {
        max_retries: defaults.max_retries,
        max_retry_wait: defaults.max_retry_wait,
        remaining,
    }
}

/// The policy of many clients: two retries, each after a pause from zero to its ceiling.
fn full_jitter(retries: &mut Retries, failure: &Failure, limits: &Limits, jitter: f64) -> Decision {
    match retries.decide(failure, limits, 1.0) {
        Decision::RetryAfter(ceiling) => Decision::RetryAfter(ceiling.mul_f64(jitter)),
        Decision::GiveUp => Decision::GiveUp,
    }
}

/// The policy that takes a refusal for a failed attempt.
fn refusals_counted(
    retries: &mut Retries,
    failure: &Failure,
    limits: &Limits,
    jitter: f64,
) -> Decision {
    let failure = Failure {
        fate: Fate::NotSent,
        ..*failure
    };
    retries.decide(&failure, limits, jitter)
}

/// Returns how many of a hundred calls survive a server that is away for so long, and that each of them finds
/// gone at the first moment.
fn survivors(policy: Policy, fate: Fate, outage: Duration) -> u64 {
    let failure = Failure {
        fate,
        idempotent: true,
        replayable: true,
        asked: None,
    };
    let survive = |seed| {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut retries = Retries::default();
        let mut now = Duration::ZERO;
        let timeout = CallOptions::default().timeout;
        while now < outage {
            match policy(&mut retries, &failure, &limits(timeout - now), random.f64()) {
                Decision::RetryAfter(pause) => now += pause,
                Decision::GiveUp => return false,
            }
        }
        true
    };
    let survived = (0..CALLS).filter(|seed| survive(*seed)).count() as u64;
    survived * 100 / CALLS
}

#[test]
fn idempotent_calls_survive_a_server_that_is_away_for_a_moment() {
    for fate in [Fate::NotSent, Fate::Unknown] {
        for (millis, at_least) in [
            (300, 100),
            (500, 100),
            (700, 100),
            (750, 100),
            (800, 97),
            (900, 88),
            (1000, 73),
        ] {
            let outage = Duration::from_millis(millis);
            let survived = survivors(Retries::decide, fate, outage);
            assert!(survived >= at_least, "{fate:?}, {outage:?}: {survived} %");
        }
    }
}

#[test]
fn pauses_down_to_zero_would_lose_calls() {
    for (millis, at_most) in [(300, 93), (700, 60), (1000, 30)] {
        let outage = Duration::from_millis(millis);
        let survived = survivors(full_jitter, Fate::NotSent, outage);
        assert!(survived <= at_most, "{outage:?}: {survived} %");
    }
}

/// A server with a bucket of tokens, which says in a refusal when there is one again.
struct Bucket {
    capacity: f64,
    per_milli: f64,
    tokens: f64,
    filled: u64,
}

impl Bucket {
    /// Takes a token, or returns the milliseconds until there is one.
    fn take(&mut self, now: u64) -> Result<(), u64> {
        let gained = (now - self.filled) as f64 * self.per_milli;
        self.tokens = (self.tokens + gained).min(self.capacity);
        self.filled = now;
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        Err(((1.0 - self.tokens) / self.per_milli).ceil() as u64)
    }

    fn told(&self, reset: u64) -> RateLimit {
        let mut headers = HeaderMap::new();
        let interval = self.capacity / self.per_milli;
        headers.insert("x-ratelimit-limit", (self.capacity as u64).into());
        headers.insert("x-ratelimit-reset", reset.into());
        headers.insert("x-ratelimit-interval", (interval as u64).into());
        RateLimit::from_headers(&headers)
    }
}

/// A call that is made by one of the workers.
struct Call<'a> {
    began: u64,
    retries: Retries,
    ticket: Option<Ticket<'a>>,
    /// Whether a request is under way.
    is_sent: bool,
}

/// Returns how many of the calls fail that so many workers make one after the other.
fn failures_of_bulk(policy: Policy, seed: u64) -> u64 {
    const ENDPOINT: &str = "GET /v1/files";
    let mut random = fastrand::Rng::with_seed(seed);
    let mut server = Bucket {
        capacity: random.u32(1..50).into(),
        per_milli: f64::from(random.u32(5..200)) / 1000.0,
        tokens: 0.0,
        filled: 0,
    };
    let latency = random.u64(1..150);
    let workers = 8;
    let timeout = CallOptions::default().timeout;
    let start = Instant::now();
    let at = |millis| start + Duration::from_millis(millis);
    let after = |time: Instant| {
        let nanos = time.duration_since(start).as_nanos();
        u64::try_from(nanos.div_ceil(1_000_000)).unwrap()
    };
    let limiter = RateLimiter::new(Duration::from_secs(60));
    let new_call = |began| Call {
        began,
        retries: Retries::default(),
        ticket: None,
        is_sent: false,
    };
    let mut calls: Vec<Call<'_>> = (0..workers).map(|_| new_call(0)).collect();
    let mut events: BTreeSet<(u64, usize)> = (0..workers).map(|worker| (0, worker)).collect();
    let (mut done, mut failed) = (0, 0);
    while done < 1_000 {
        let (now, worker) = events.pop_first().unwrap();
        let call = &mut calls[worker];
        let remaining = timeout.saturating_sub(Duration::from_millis(now - call.began));
        let is_over = if !call.is_sent {
            let ticket = call.ticket.get_or_insert_with(|| limiter.ticket(ENDPOINT));
            match ticket.poll(at(now)) {
                Turn::Now => {
                    call.ticket = None;
                    call.is_sent = true;
                    events.insert((now + latency, worker));
                    None
                }
                Turn::Later { expected, .. } if expected >= at(now) + remaining => Some(false),
                Turn::Later { check_at, .. } => {
                    events.insert((after(check_at), worker));
                    None
                }
            }
        } else {
            call.is_sent = false;
            match server.take(now) {
                Ok(()) => Some(true),
                Err(reset) => {
                    let asked = Duration::from_millis(reset);
                    limiter.hold(ENDPOINT, at(now), asked, server.told(reset));
                    let failure = Failure {
                        fate: Fate::Rejected,
                        idempotent: false,
                        replayable: true,
                        asked: Some(asked),
                    };
                    let limits = limits(remaining);
                    match policy(&mut call.retries, &failure, &limits, random.f64()) {
                        Decision::GiveUp => Some(false),
                        Decision::RetryAfter(pause) => {
                            events.insert((after(at(now) + pause), worker));
                            None
                        }
                    }
                }
            }
        };
        if let Some(succeeded) = is_over {
            done += 1;
            failed += u64::from(!succeeded);
            *call = new_call(now);
            events.insert((now, worker));
        }
    }
    failed
}

#[test]
fn bulk_work_at_a_rate_limit_loses_no_call() {
    for seed in 0..500 {
        assert_eq!(failures_of_bulk(Retries::decide, seed), 0, "seed {seed}");
    }
}

#[test]
fn refusals_that_count_as_attempts_would_lose_calls() {
    let failed: u64 = (0..500)
        .map(|seed| failures_of_bulk(refusals_counted, seed))
        .sum();
    println!("{failed} of 500,000 calls fail");
    assert!(failed > 100);
}
