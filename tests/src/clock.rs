//! A clock on which every pause is over at once, and remembered.

use std::future::{self, Future};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A clock that leaps over pauses. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct LeapingClock(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    now: Instant,
    pauses: Vec<Duration>,
}

impl Default for LeapingClock {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State {
            now: Instant::now(),
            pauses: Vec::new(),
        })))
    }
}

impl LeapingClock {
    /// The pauses so far.
    #[must_use]
    pub fn pauses(&self) -> Vec<Duration> {
        self.state().pauses.clone()
    }

    /// Lets time pass without anybody having waited.
    pub fn advance(&self, by: Duration) {
        self.state().now += by;
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl imagekit_client::Clock for LeapingClock {
    fn now(&self) -> Instant {
        self.state().now
    }

    fn sleep(&self, pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let mut state = self.state();
        state.now += pause;
        state.pauses.push(pause);
        Box::pin(future::ready(()))
    }
}
