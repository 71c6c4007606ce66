use std::future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use http::{Version, header};
use tower::Service;
use tower::util::{ServiceExt as _, service_fn};

/// How long a connection may be on its way back to the pool. It takes microseconds, unless the
/// machine has no time for the thread that brings it.
const RETURN: Duration = Duration::from_millis(50);

tokio::task_local! {
    /// When a connection was last given back, if there is one that the call at hand can have.
    static LAST_RETURN: Option<Instant>;
}

/// Keeps calls from opening more connections than there are calls under way.
///
/// A connection goes back to the HTTP client's pool on a task of its own, some time after the call
/// that used it is over. A call that comes between the two finds the pool empty. So the calls keep
/// account of the connections that nobody uses, and [`patient_connector`] waits for one that must
/// be on its way.
#[derive(Default)]
pub(crate) struct Connections(Mutex<Unused>);

#[derive(Default)]
struct Unused {
    /// How many there are in the pool or on their way to it, those included that the server has
    /// closed since.
    count: usize,
    last_return: Option<Instant>,
}

impl Connections {
    /// Sends a request, which takes one of the connections.
    pub(crate) async fn take_one<T>(&self, send: impl Future<Output = T>) -> T {
        let last_return = self.unused().take();
        LAST_RETURN.scope(last_return, send).await
    }

    /// A call no longer needs its connection, which is fit for another one.
    pub(crate) fn give_back(&self) {
        self.unused().put();
    }

    fn unused(&self) -> MutexGuard<'_, Unused> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Unused {
    fn take(&mut self) -> Option<Instant> {
        self.count = self.count.checked_sub(1)?;
        self.last_return
    }

    fn put(&mut self) {
        self.count += 1;
        self.last_return = Some(Instant::now());
    }
}

/// Whether the connection serves another request when the answer was read to its end.
pub(crate) fn stays_open(response: &reqwest::Response) -> bool {
    let headers = response.headers();
    let is_closing = headers.get_all(header::CONNECTION).iter().any(|value| {
        value
            .as_bytes()
            .split(|byte| *byte == b',')
            .any(|option| option.trim_ascii().eq_ignore_ascii_case(b"close"))
    });
    // Otherwise the answer ends where the server closes the connection.
    let says_its_end =
        response.content_length().is_some() || headers.contains_key(header::TRANSFER_ENCODING);
    response.version() == Version::HTTP_11 && says_its_end && !is_closing
}

/// A connector that first waits for a connection to come back, if one must be on its way.
///
/// The HTTP client asks its connector only for a call that finds no connection in the pool.
pub(crate) fn patient_connector<S, Target>(
    connector: S,
) -> impl Service<Target, Response = S::Response, Error = S::Error, Future: Send> + Clone
where
    S: Service<Target, Future: Send, Error: From<&'static str>> + Clone + Send + Sync,
    Target: Send,
{
    // The HTTP client clones its connector for each call, though few calls connect.
    let connector = Arc::new(connector);
    service_fn(move |target| {
        let connector = connector.clone();
        async move {
            await_return().await?;
            S::clone(&connector).oneshot(target).await
        }
    })
}

async fn await_return() -> Result<(), &'static str> {
    if LAST_RETURN.try_with(|at| at.is_some_and(|at| at.elapsed() < RETURN)) != Ok(true) {
        return Ok(());
    }
    let mut longest = pin!(tokio::time::sleep(RETURN));
    future::poll_fn(|context| match LAST_RETURN.try_with(|_| ()) {
        Ok(()) => longest.as_mut().poll(context).map(Ok),
        // The call has got a connection, and the HTTP client has left this to a task of its own.
        Err(_) => Poll::Ready(Err("a connection came back")),
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stays_open_with(version: Version, options: &[&str]) -> bool {
        let mut response = http::Response::builder().version(version);
        for option in options {
            response = response.header(header::CONNECTION, *option);
        }
        stays_open(&response.body("{}").unwrap().into())
    }

    #[test]
    fn a_call_waits_for_no_more_connections_than_were_given_back() {
        let mut unused = Unused::default();
        assert!(unused.take().is_none());
        unused.put();
        assert!(unused.take().is_some());
        assert!(unused.take().is_none());
    }

    #[test]
    fn a_connection_stays_open_unless_the_server_says_otherwise() {
        assert!(stays_open_with(Version::HTTP_11, &[]));
        assert!(stays_open_with(Version::HTTP_11, &["keep-alive"]));
        assert!(!stays_open_with(Version::HTTP_11, &["Close"]));
        assert!(!stays_open_with(Version::HTTP_11, &["te, close"]));
        assert!(!stays_open_with(Version::HTTP_11, &["te", "close"]));
        assert!(!stays_open_with(Version::HTTP_10, &[]));
    }
}
