//! The one decision whether a failed attempt is retried, and when.

use std::time::Duration;

use http::StatusCode;

const FIRST_BACKOFF: Duration = Duration::from_millis(500);
const LONGEST_BACKOFF: Duration = Duration::from_secs(8);

/// What may have happened on the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nothing: the request never left this machine.
    NotSent,
    /// Nothing: the server refused the request because of its rate limit.
    Rejected,
    /// The server may have performed the operation, or not.
    Unknown,
    /// The same request would fail again.
    Final,
}

impl Fate {
    /// Returns what a response with this status says about the operation.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::TOO_MANY_REQUESTS => Self::Rejected,
            StatusCode::REQUEST_TIMEOUT
            | StatusCode::INTERNAL_SERVER_ERROR
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Self::Unknown,
            _ => Self::Final,
        }
    }

    /// Returns `true` if the same call may succeed later.
    pub(crate) fn is_transient(self) -> bool {
        self != Self::Final
    }
}

/// What is known when an attempt has failed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure {
    pub(crate) fate: Fate,
    /// Whether the operation may be performed twice.
    pub(crate) idempotent: bool,
    /// Whether the request can be sent once more, which a consumed stream cannot.
    pub(crate) replayable: bool,
    /// The pause that the server asks for.
    pub(crate) asked: Option<Duration>,
}

/// The limits of a call that concern its retries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) max_retries: u32,
    pub(crate) max_retry_wait: Duration,
    /// What is left of the time of the call.
    pub(crate) remaining: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    GiveUp,
    RetryAfter(Duration),
}

/// What has become of the attempts of one call.
#[derive(Debug, Default)]
pub(crate) struct Retries {
    /// How many attempts have failed, not counting those that were only too early.
    failures: u32,
    /// How many times in a row the server has refused the call because of its rate limit.
    rejections: u32,
}

impl Retries {
    /// Decides what follows a failed attempt. `jitter` is a number from 0 to 1.
    ///
    /// A refusal that names the time to come back is no failed attempt, but a wait. A pause that the server asks
    /// for is never made shorter: if it does not fit, the call gives up.
    pub(crate) fn decide(&mut self, failure: &Failure, limits: &Limits, jitter: f64) -> Decision {
        self.rejections = match failure.fate {
            Fate::Rejected => self.rejections + 1,
            _ => 0,
        };
        let wait = match failure.fate {
            Fate::Rejected => failure.asked.filter(|asked| !asked.is_zero()),
            _ => None,
        };
        if wait.is_none() {
            self.failures += 1;
        }
        let may_retry = match failure.fate {
            Fate::NotSent | Fate::Rejected => true,
            Fate::Unknown => failure.idempotent,
            Fate::Final => false,
        };
        if !may_retry || !failure.replayable || limits.max_retries == 0 {
            return Decision::GiveUp;
        }
        let pause = match (wait, failure.asked) {
            // A server that keeps naming times which turn out to be wrong is not asked faster than one that
            // names none.
            (Some(wait), _) if self.rejections > 1 => {
                wait.max(backoff(self.rejections - 1, jitter))
            }
            (Some(wait), _) => wait,
            _ if self.failures > limits.max_retries => return Decision::GiveUp,
            (None, Some(asked)) => asked.max(FIRST_BACKOFF / 2),
            (None, None) => backoff(self.failures, jitter),
        };
        if pause > limits.max_retry_wait || pause >= limits.remaining {
            return Decision::GiveUp;
        }
        Decision::RetryAfter(pause)
    }
}

/// Returns the pause before the given retry, counted from one: exponential, and from half to the whole of
/// its ceiling. Pauses near zero would spend all retries while a server restarts.
fn backoff(retry: u32, jitter: f64) -> Duration {
    let doublings = retry.saturating_sub(1).min(u32::BITS - 1);
    let ceiling = FIRST_BACKOFF
        .saturating_mul(1 << doublings)
        .min(LONGEST_BACKOFF);
    let jitter = if jitter.is_finite() {
        jitter.clamp(0.0, 1.0)
    } else {
        1.0
    };
    ceiling / 2 + (ceiling / 2).mul_f64(jitter)
}

#[cfg(test)]
mod simulation;

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const LIMITS: Limits = Limits {
        max_retries: 2,
        max_retry_wait: Duration::MAX,
        remaining: Duration::from_secs(60),
    };

    fn failure(fate: Fate, idempotent: bool) -> Failure {
        Failure {
            fate,
            idempotent,
            replayable: true,
            asked: None,
        }
    }

    fn decide(failure: &Failure, limits: &Limits, jitter: f64) -> Decision {
        Retries::default().decide(failure, limits, jitter)
    }

    #[test]
    fn decision_depends_on_fate_and_idempotency() {
        for (fate, idempotent, retried) in [
            (Fate::NotSent, true, true),
            (Fate::NotSent, false, true),
            (Fate::Rejected, true, true),
            (Fate::Rejected, false, true),
            (Fate::Unknown, true, true),
            (Fate::Unknown, false, false),
            (Fate::Final, true, false),
            (Fate::Final, false, false),
        ] {
            let decision = decide(&failure(fate, idempotent), &LIMITS, 1.0);
            assert_eq!(
                decision != Decision::GiveUp,
                retried,
                "{fate:?} {idempotent}"
            );
            let consumed = Failure {
                replayable: false,
                ..failure(fate, idempotent)
            };
            assert_eq!(decide(&consumed, &LIMITS, 1.0), Decision::GiveUp);
        }
    }

    #[test]
    fn retries_are_counted_unless_the_server_names_the_time() {
        let early = Failure {
            asked: Some(SECOND),
            ..failure(Fate::Rejected, false)
        };
        let mut retries = Retries::default();
        for pause in [1, 1, 1, 2, 4, 8, 8] {
            let decision = retries.decide(&early, &LIMITS, 1.0);
            assert_eq!(decision, Decision::RetryAfter(SECOND * pause));
        }
        let failed = failure(Fate::NotSent, false);
        for millis in [500, 1000] {
            let pause = Duration::from_millis(millis);
            let decision = retries.decide(&failed, &LIMITS, 1.0);
            assert_eq!(decision, Decision::RetryAfter(pause));
        }
        assert_eq!(retries.decide(&failed, &LIMITS, 1.0), Decision::GiveUp);
    }

    #[test]
    fn refusal_is_not_waited_for_without_retries() {
        let limits = Limits {
            max_retries: 0,
            ..LIMITS
        };
        for asked in [None, Some(SECOND)] {
            let failure = Failure {
                asked,
                ..failure(Fate::Rejected, true)
            };
            assert_eq!(decide(&failure, &limits, 1.0), Decision::GiveUp);
        }
    }

    #[test]
    fn asked_pause_is_never_made_shorter() {
        for fate in [Fate::Rejected, Fate::Unknown] {
            for asked in [SECOND, SECOND * 59, SECOND * 60, SECOND * 90_000] {
                let failure = Failure {
                    asked: Some(asked),
                    ..failure(fate, true)
                };
                match decide(&failure, &LIMITS, 0.0) {
                    Decision::RetryAfter(pause) => assert!(pause >= asked && asked < SECOND * 60),
                    Decision::GiveUp => assert!(asked >= SECOND * 60),
                }
                let unlimited = Limits {
                    remaining: Duration::MAX,
                    ..LIMITS
                };
                assert_eq!(
                    decide(&failure, &unlimited, 0.0),
                    Decision::RetryAfter(asked)
                );
            }
        }
    }

    #[test]
    fn repeated_refusals_are_not_asked_faster_than_the_backoff() {
        let impatient = Failure {
            asked: Some(Duration::from_millis(1)),
            ..failure(Fate::Rejected, false)
        };
        let mut retries = Retries::default();
        for millis in [1, 250, 500, 1000, 2000, 4000, 4000] {
            let pause = Duration::from_millis(millis);
            let decision = retries.decide(&impatient, &LIMITS, 0.0);
            assert_eq!(decision, Decision::RetryAfter(pause));
        }
        retries.decide(&failure(Fate::Unknown, true), &LIMITS, 0.0);
        let decision = retries.decide(&impatient, &LIMITS, 0.0);
        assert_eq!(decision, Decision::RetryAfter(Duration::from_millis(1)));
    }

    #[test]
    fn backoff_doubles_up_to_its_longest() {
        let ceilings: Vec<u128> = (1..8).map(|n| backoff(n, 1.0).as_millis()).collect();
        assert_eq!(ceilings, [500, 1000, 2000, 4000, 8000, 8000, 8000]);
        assert_eq!(backoff(u32::MAX, 1.0), LONGEST_BACKOFF);
    }

    #[test]
    fn jitter_takes_half_of_the_pause_at_most() {
        for jitter in [0.0, 0.25, 0.5, 1.0, 7.0, -3.0, f64::NAN] {
            for retry in 1..8 {
                let ceiling = backoff(retry, 1.0);
                assert!((ceiling / 2..=ceiling).contains(&backoff(retry, jitter)));
            }
        }
    }
}
