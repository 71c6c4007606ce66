use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::HeaderMap;

use super::error::WebhookError;
use super::signature::Delivery;

/// Remembers deliveries, so that each is handled once.
///
/// It remembers a delivery by its `webhook-id`, or by its signature in the older scheme, which has no
/// id. Give it twice the tolerance of the verifier: an older delivery is refused anyway. It keeps what it
/// remembers in memory; several servers need a store that they share, with the same key.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use imagekit_client::webhooks::ReplayGuard;
///
/// # fn handle(headers: &http::HeaderMap) -> Result<(), imagekit_client::webhooks::WebhookError> {
/// let guard = ReplayGuard::new(Duration::from_secs(600));
/// // After `verify`, lest a forged delivery take the place of the real one:
/// if guard.is_first(headers, SystemTime::now())? {
///     println!("handle the event");
/// }
/// # Ok(())
/// # }
/// ```
pub struct ReplayGuard {
    window: Duration,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    deliveries: HashSet<Vec<u8>>,
    /// The same deliveries by their time, so that the oldest are found first.
    by_time: BTreeSet<(SystemTime, Vec<u8>)>,
}

impl ReplayGuard {
    /// Creates a guard that remembers each delivery for `window`.
    #[must_use]
    pub fn new(window: Duration) -> Self {
        Self {
            window,
            seen: Mutex::default(),
        }
    }

    /// Returns `true` if this delivery was not seen within the window before, and remembers it.
    ///
    /// # Errors
    ///
    /// If the delivery carries the headers of neither scheme.
    pub fn is_first(&self, headers: &HeaderMap, now: SystemTime) -> Result<bool, WebhookError> {
        let identity = Delivery::from_headers(headers)?.identity();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((time, _)) = seen.by_time.first()
            && now.duration_since(*time).is_ok_and(|age| age > self.window)
        {
            if let Some((_, forgotten)) = seen.by_time.pop_first() {
                seen.deliveries.remove(&forgotten);
            }
        }
        if !seen.deliveries.insert(identity.clone()) {
            return Ok(false);
        }
        seen.by_time.insert((now, identity));
        Ok(true)
    }
}

impl fmt::Debug for ReplayGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayGuard")
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}
