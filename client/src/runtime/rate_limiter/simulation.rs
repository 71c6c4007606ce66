//! Random histories on a clock of their own: arrivals, drops, refusals and hostile resets.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use http::HeaderMap;

use super::{RateLimiter, Turn};
use crate::runtime::rate_limit::RateLimit;

const ENDPOINT: &str = "GET /v1/files";
const LONGEST_HOLD: Duration = Duration::from_secs(60);
const HISTORIES: u64 = 2_000;

/// A server that counts requests in windows, each beginning with the first request after the last one.
struct Server {
    limit: u64,
    interval: u64,
    opened: Option<u64>,
    taken: u64,
    refused: u64,
}

impl Server {
    /// Accepts a request, or returns the time until the reset.
    fn request(&mut self, now: u64) -> Result<(), u64> {
        let opened = match self.opened {
            Some(opened) if now < opened + self.interval => opened,
            _ => {
                (self.taken, self.refused) = (0, 0);
                now
            }
        };
        self.opened = Some(opened);
        if self.taken < self.limit {
            self.taken += 1;
            return Ok(());
        }
        self.refused += 1;
        Err(opened + self.interval - now)
    }
}

fn told(limit: u64, reset: u64, interval: u64) -> RateLimit {
    let mut headers = HeaderMap::new();
    headers.insert("x-ratelimit-limit", limit.into());
    headers.insert("x-ratelimit-reset", reset.into());
    headers.insert("x-ratelimit-interval", interval.into());
    RateLimit::from_headers(&headers)
}

/// One history of a few hundred calls, in milliseconds from its start.
fn run(seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut server = Server {
        limit: random.u64(1..30),
        interval: random.u64(20..3_000),
        opened: None,
        taken: 0,
        refused: 0,
    };
    let window = server.interval + server.interval / 50 + 1;
    let start = Instant::now();
    let at = |millis| start + Duration::from_millis(millis);
    let limiter = RateLimiter::new(LONGEST_HOLD);

    let count = random.usize(50..300);
    let span = window * random.u64(1..20);
    let drops = random.u8(0..=100);
    let arrivals: Vec<u64> = (0..count).map(|_| random.u64(0..span)).collect();
    let patience: Vec<Option<u64>> = (0..count)
        .map(|_| (random.u8(0..100) < drops).then(|| random.u64(0..window * 3)))
        .collect();
    let mut tickets: Vec<_> = (0..count).map(|_| Some(limiter.ticket(ENDPOINT))).collect();
    let mut events: BTreeSet<(u64, usize)> = arrivals.iter().copied().zip(0..).collect();
    for (call, patience) in patience.iter().enumerate() {
        if let Some(patience) = patience {
            events.insert((arrivals[call] + patience, call));
        }
    }
    let mut started: Vec<u64> = Vec::new();
    while let Some((now, call)) = events.pop_first() {
        if patience[call].is_some_and(|patience| now >= arrivals[call] + patience) {
            tickets[call] = None;
        }
        let Some(ticket) = &mut tickets[call] else {
            continue;
        };
        match ticket.poll(at(now)) {
            Turn::Later { check_at, expected } => {
                assert!(
                    check_at > at(now) && expected >= check_at,
                    "seed {seed}: call {call} would spin at {now}"
                );
                let wait = check_at
                    .duration_since(start)
                    .as_nanos()
                    .div_ceil(1_000_000);
                events.insert((u64::try_from(wait).unwrap(), call));
            }
            Turn::Now => match server.request(now) {
                Ok(()) => {
                    tickets[call] = None;
                    let waited = now - arrivals[call];
                    let meanwhile = started.iter().filter(|at| **at >= arrivals[call]).count();
                    let needed = waited / (3 * window) * server.limit;
                    assert!(
                        u64::try_from(meanwhile).unwrap() >= needed,
                        "seed {seed}: call {call} waited {waited} ms for {meanwhile} calls of {}",
                        server.limit
                    );
                    started.push(now);
                }
                Err(reset) => {
                    assert_eq!(
                        server.refused, 1,
                        "seed {seed}: more than one refusal in a window of the server"
                    );
                    let told = told(server.limit, reset, server.interval);
                    limiter.hold(ENDPOINT, at(now), Duration::from_millis(reset), told);
                    events.insert((now, call));
                }
            },
        }
    }
    assert!(
        tickets.iter().all(Option::is_none),
        "seed {seed}: a call neither started nor was dropped"
    );
}

#[test]
fn random_histories_keep_the_limit_and_make_progress() {
    for seed in 0..HISTORIES {
        run(seed);
    }
}

#[test]
fn dropped_calls_leave_no_trace() {
    let start = Instant::now();
    let limiter = RateLimiter::new(LONGEST_HOLD);
    let second = Duration::from_secs(1);
    limiter.hold(ENDPOINT, start, second, told(20, 1_000, 1_000));
    for _ in 0..2_000 {
        let turn = limiter.ticket(ENDPOINT).poll(start);
        assert!(matches!(turn, Turn::Later { expected, .. } if expected == start + second));
    }
    assert_eq!(limiter.ticket(ENDPOINT).poll(start + second), Turn::Now);
}

#[test]
fn hostile_responses_hold_an_endpoint_no_longer_than_the_bound() {
    let start = Instant::now();
    for (limit, reset, interval) in [
        (1, 86_000_000, 1_000),
        (1, 0, 86_400_000),
        (1, 86_000_000, 86_400_000),
        (0, 86_000_000, 0),
        (1, u64::MAX, u64::MAX),
    ] {
        let limiter = RateLimiter::new(LONGEST_HOLD);
        let wait = Duration::from_millis(reset);
        limiter.hold(ENDPOINT, start, wait, told(limit, reset, interval));
        let after = limiter.ticket(ENDPOINT).poll(start + LONGEST_HOLD);
        assert_eq!(after, Turn::Now, "{limit}, {reset}, {interval}");

        limiter.hold(ENDPOINT, start, wait, told(limit, reset, interval));
        limiter.clear();
        let cleared = limiter.ticket(ENDPOINT).poll(start);
        assert_eq!(cleared, Turn::Now, "{limit}, {reset}, {interval}");
    }
}

#[test]
fn a_ticket_from_before_everything_was_forgotten_takes_no_place_of_another() {
    let start = Instant::now();
    let limiter = RateLimiter::new(LONGEST_HOLD);
    let second = Duration::from_secs(1);
    limiter.hold(ENDPOINT, start, second, told(1, 1_000, 1_000));
    let mut old = limiter.ticket(ENDPOINT);
    assert_ne!(old.poll(start), Turn::Now);
    limiter.clear();
    limiter.hold(ENDPOINT, start, second, told(1, 1_000, 1_000));
    let mut first = limiter.ticket(ENDPOINT);
    assert_ne!(first.poll(start), Turn::Now);
    drop(old);
    let mut second_in_line = limiter.ticket(ENDPOINT);
    assert_ne!(second_in_line.poll(start), Turn::Now);
    assert_ne!(second_in_line.poll(start + second), Turn::Now);
    assert_eq!(first.poll(start + second), Turn::Now);
}
