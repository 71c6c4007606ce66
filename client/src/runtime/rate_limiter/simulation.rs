//! Random histories on a clock of their own: arrivals, drops, refusals and hostile resets.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use http::HeaderMap;
use tokio::sync::futures::Notified;

use super::{LONGEST_MEANT, MARGIN, RateLimiter, Ticket, Turn};
use crate::runtime::rate_limit::RateLimit;

const ENDPOINT: &str = "GET /v1/files";
const LONGEST_HOLD: Duration = Duration::from_secs(60);
const HISTORIES: u64 = 1_000;

/// A server that counts requests in windows, each beginning with the first request after the last one.
struct Server {
    limit: u64,
    interval: u64,
    opened: Option<u64>,
    taken: u64,
    /// Whether the client has heard of a refusal in this window.
    refusal_known: bool,
    /// The time so far in which it had room.
    spare: u64,
    seen: u64,
}

impl Server {
    /// Returns the time so far in which a request would have been accepted.
    fn spare(&mut self, now: u64) -> u64 {
        let has_room_from = match self.opened {
            Some(opened) if self.taken >= self.limit => opened + self.interval,
            _ => 0,
        };
        self.spare += now.saturating_sub(self.seen.max(has_room_from));
        self.seen = now;
        self.spare
    }

    /// Accepts a request, or returns the time until the reset.
    fn request(&mut self, now: u64) -> Result<(), u64> {
        self.spare(now);
        let opened = match self.opened {
            Some(opened) if now < opened + self.interval => opened,
            _ => {
                (self.taken, self.refusal_known) = (0, false);
                now
            }
        };
        self.opened = Some(opened);
        if self.taken < self.limit {
            self.taken += 1;
            return Ok(());
        }
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

/// What can keep calls from being sent.
trait Throttle {
    type Ticket<'a>
    where
        Self: 'a;
    fn ticket(&self) -> Self::Ticket<'_>;
    fn poll(&self, ticket: &mut Self::Ticket<'_>, now: Instant) -> Turn;
    fn hold(&self, now: Instant, wait: Duration, told: RateLimit);
    /// Is ready when calls that wait are to look again.
    fn changed(&self) -> Option<Notified<'_>>;
}

impl Throttle for RateLimiter {
    type Ticket<'a> = Ticket<'a>;

    fn ticket(&self) -> Ticket<'_> {
        self.ticket(ENDPOINT)
    }

    fn poll(&self, ticket: &mut Ticket<'_>, now: Instant) -> Turn {
        ticket.poll(now)
    }

    fn hold(&self, now: Instant, wait: Duration, told: RateLimit) {
        self.hold(ENDPOINT, now, wait, told);
    }

    fn changed(&self) -> Option<Notified<'_>> {
        Some(self.changed())
    }
}

/// The throttle that comes to mind first: each call books the next free slot, and sleeps until then. Nobody
/// gives back the slot of a call that is dropped meanwhile, and a server may name any reset.
#[derive(Default)]
struct Naive(Mutex<Option<Bookings>>);

struct Bookings {
    opens: Instant,
    limit: u64,
    period: Duration,
    booked: u64,
}

impl Throttle for Naive {
    type Ticket<'a> = Option<Instant>;

    fn ticket(&self) -> Option<Instant> {
        None
    }

    fn poll(&self, slot: &mut Option<Instant>, now: Instant) -> Turn {
        let mut bookings = self.0.lock().unwrap();
        let at = *slot.get_or_insert_with(|| match &mut *bookings {
            None => now,
            Some(bookings) => {
                let windows = u32::try_from(bookings.booked / bookings.limit).unwrap();
                let at = bookings.opens + bookings.period * windows;
                if at + bookings.period <= now {
                    (bookings.opens, bookings.booked) = (now, 0);
                }
                bookings.booked += 1;
                at
            }
        });
        if at <= now {
            *slot = None;
            return Turn::Now;
        }
        Turn::Later {
            check_at: at,
            expected: at,
        }
    }

    fn hold(&self, now: Instant, wait: Duration, told: RateLimit) {
        let period = told.interval().unwrap();
        *self.0.lock().unwrap() = Some(Bookings {
            opens: now + wait,
            limit: told.limit().unwrap(),
            period: period + period / MARGIN,
            booked: 0,
        });
    }

    fn changed(&self) -> Option<Notified<'_>> {
        None
    }
}

/// A request that is under way.
#[derive(Clone, Copy)]
struct Sent {
    outcome: Result<(), u64>,
    window: Option<u64>,
    responds: u64,
}

/// Plays one history of a few hundred calls, in milliseconds from its start, and returns what is wrong with it.
fn play(throttle: &impl Throttle, seed: u64) -> Result<(), String> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut server = Server {
        limit: random.u64(1..30),
        interval: random.u64(20..3_000),
        opened: None,
        taken: 0,
        refusal_known: false,
        spare: 0,
        seen: 0,
    };
    let latency = match random.bool() {
        true => random.u64(0..server.interval / 4),
        false => 0,
    };
    let window = server.interval + server.interval / u64::from(MARGIN) + 1;
    let start = Instant::now();
    let at = |millis| start + Duration::from_millis(millis);

    let count = random.usize(50..300);
    let span = window * random.u64(1..20);
    let drops = random.u8(0..=100);
    let arrivals: Vec<u64> = (0..count).map(|_| random.u64(0..span)).collect();
    let patience: Vec<Option<u64>> = (0..count)
        .map(|_| (random.u8(0..100) < drops).then(|| random.u64(0..window * 3)))
        .collect();
    let mut tickets: Vec<_> = (0..count).map(|_| Some(throttle.ticket())).collect();
    let mut under_way: Vec<Option<Sent>> = vec![None; count];
    let mut spare_at_arrival = vec![None; count];
    let mut events: BTreeSet<(u64, usize)> = arrivals.iter().copied().zip(0..).collect();
    for (call, patience) in patience.iter().enumerate() {
        if let Some(patience) = patience {
            events.insert((arrivals[call] + patience, call));
        }
    }
    let mut now = 0;
    let mut changed = throttle.changed().map(Box::pin);
    loop {
        if changed.as_mut().is_some_and(|it| it.as_mut().enable()) {
            changed = throttle.changed().map(Box::pin);
            let waiting = (0..count).filter(|call| spare_at_arrival[*call].is_some());
            let waiting = waiting.filter(|call| under_way[*call].is_none());
            events.extend(waiting.map(|call| (now, call)));
        }
        let Some((time, call)) = events.pop_first() else {
            break;
        };
        now = time;
        if patience[call].is_some_and(|patience| now >= arrivals[call] + patience) {
            tickets[call] = None;
        }
        let Some(ticket) = &mut tickets[call] else {
            continue;
        };
        let spare = server.spare(now);
        let before = *spare_at_arrival[call].get_or_insert(spare);
        if let Some(sent) = under_way[call] {
            if now < sent.responds {
                continue;
            }
            under_way[call] = None;
            match sent.outcome {
                Ok(()) => {
                    tickets[call] = None;
                    continue;
                }
                Err(reset) => {
                    server.refusal_known |= server.opened == sent.window;
                    let told = told(server.limit, reset, server.interval);
                    throttle.hold(at(now), Duration::from_millis(reset), told);
                }
            }
        }
        // Our windows are longer than those of the server by the margin, and a reset is heard of late.
        let margin = window - server.interval + latency;
        let margins = ((now - arrivals[call]) / window + 1) * margin;
        if spare - before > margins {
            return Err(format!(
                "call {call} has waited while there was room, for {} ms in windows of {window} ms",
                spare - before
            ));
        }
        match throttle.poll(ticket, at(now)) {
            Turn::Later { check_at, expected } => {
                if check_at <= at(now) || expected < check_at {
                    return Err(format!("call {call} would spin at {now}"));
                }
                let nanos = check_at.duration_since(start).as_nanos();
                events.insert((u64::try_from(nanos.div_ceil(1_000_000)).unwrap(), call));
            }
            Turn::Now => {
                let outcome = server.request(now);
                if outcome.is_err() && server.refusal_known {
                    return Err(format!("call {call} was sent though it was to be refused"));
                }
                under_way[call] = Some(Sent {
                    outcome,
                    window: server.opened,
                    responds: now + latency,
                });
                events.insert((now + latency, call));
            }
        }
    }
    match tickets.iter().position(Option::is_some) {
        Some(call) => Err(format!("call {call} neither started nor was dropped")),
        None => Ok(()),
    }
}

#[test]
fn random_histories_keep_the_limit_and_no_call_waits_while_there_is_room() {
    for seed in 0..HISTORIES {
        if let Err(reason) = play(&RateLimiter::new(LONGEST_HOLD), seed) {
            panic!("seed {seed}: {reason}");
        }
    }
}

#[test]
fn naive_throttle_fails_the_same_histories() {
    let failures: Vec<String> = (0..HISTORIES)
        .filter_map(|seed| play(&Naive::default(), seed).err())
        .collect();
    for reason in ["while there was room", "was to be refused"] {
        let failed = failures.iter().filter(|it| it.contains(reason)).count();
        println!("{failed} of {HISTORIES} histories: {reason}");
        assert!(failed > 10);
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
        let mut waiting = limiter.ticket(ENDPOINT);
        let told = pin!(limiter.changed());
        let was_held = wait.is_zero() || wait > LONGEST_MEANT || waiting.poll(start) != Turn::Now;
        limiter.clear();
        assert!(was_held && told.enable(), "a call that waits is woken");
        let cleared = waiting.poll(start);
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
