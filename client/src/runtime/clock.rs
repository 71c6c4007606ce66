use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

/// The clock by which a client measures its deadline and pauses between attempts.
///
/// A test can give the client a clock of its own, to see a schedule without waiting for it:
///
/// ```
/// use std::future::{self, Future};
/// use std::pin::Pin;
/// use std::sync::Mutex;
/// use std::time::{Duration, Instant};
///
/// /// A clock on which every pause is over at once.
/// struct Leaping(Mutex<Instant>);
///
/// impl imagekit_client::Clock for Leaping {
///     fn now(&self) -> Instant {
///         *self.0.lock().unwrap()
///     }
///
///     fn sleep(&self, pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
///         *self.0.lock().unwrap() += pause;
///         Box::pin(future::ready(()))
///     }
/// }
///
/// let client = imagekit_client::Client::builder()
///     .private_key("key")
///     .clock(Leaping(Mutex::new(Instant::now())))
///     .build()?;
/// # Ok::<(), imagekit_client::Error>(())
/// ```
///
/// The time that a single attempt may take is a matter of the network and always runs on the real
/// clock.
#[cfg_attr(not(feature = "test-util"), allow(unreachable_pub))]
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Instant;

    /// Lets `pause` pass.
    fn sleep(&self, pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The clock of the machine.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(pause))
    }
}
