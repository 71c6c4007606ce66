use std::time::Duration;

use http::StatusCode;

const FIRST_BACKOFF: Duration = Duration::from_millis(500);
const LONGEST_BACKOFF: Duration = Duration::from_secs(8);

/// Whether a later repetition of the same request may have another answer.
pub(crate) fn is_passing(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::REQUEST_TIMEOUT
            | StatusCode::TOO_MANY_REQUESTS
            | StatusCode::INTERNAL_SERVER_ERROR
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

/// The pause before the given repetition, counted from one: exponential backoff with full jitter.
pub(crate) fn backoff(repetition: u32, jitter: f64) -> Duration {
    let doublings = repetition.saturating_sub(1).min(u32::BITS - 1);
    let ceiling = FIRST_BACKOFF
        .saturating_mul(1 << doublings)
        .min(LONGEST_BACKOFF);
    ceiling.mul_f64(if jitter.is_finite() {
        jitter.clamp(0.0, 1.0)
    } else {
        1.0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_up_to_its_longest() {
        let ceilings: Vec<u128> = (1..8).map(|n| backoff(n, 1.0).as_millis()).collect();
        assert_eq!(ceilings, [500, 1000, 2000, 4000, 8000, 8000, 8000]);
        assert_eq!(backoff(u32::MAX, 1.0), LONGEST_BACKOFF);
    }

    #[test]
    fn full_jitter_stays_within_its_bounds() {
        for seed in 0..1000 {
            let mut random = fastrand::Rng::with_seed(seed);
            for repetition in 1..8 {
                let pause = backoff(repetition, random.f64());
                assert!(pause <= backoff(repetition, 1.0), "seed {seed}: {pause:?}");
            }
        }
        assert_eq!(backoff(3, 0.0), Duration::ZERO);
        assert_eq!(backoff(1, f64::NAN), FIRST_BACKOFF);
        assert_eq!(backoff(1, 7.0), FIRST_BACKOFF);
    }
}
