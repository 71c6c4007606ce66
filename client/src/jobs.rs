//! Work that goes on at ImageKit after the call that started it.

use std::fmt;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::client::Client;
use crate::runtime::{Error, Operation, RawResponse, Request};

const FIRST_INTERVAL: Duration = Duration::from_millis(500);
/// A pause of nought would double to nought, and ask without end.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);
const LONGEST_INTERVAL: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// Asks for the state of a job until it is done.
///
/// ```no_run
/// use std::time::Duration;
///
/// # async fn example(client: imagekit_client::Client) -> Result<(), imagekit_client::Error> {
/// let mut poller = client.move_folder("/a", "/b").start().await?.with_timeout(Duration::from_secs(60));
/// while let Some(state) = poller.next().await {
///     println!("{:?}", state?.status);
/// }
/// # Ok(())
/// # }
/// ```
///
/// The pauses between the questions grow from 0.5 s to 10 s. Its limit of time, 10 minutes, is its own and not that of
/// a call; when it expires, the job goes on at ImageKit, and [`id`](Self::id) and [`last`](Self::last) are kept. A state
/// that this client does not know counts as not done. A question that fails, within the retries of a call, ends the
/// waiting; it can be gone on with.
#[must_use = "a poller does nothing until it is asked"]
pub struct JobPoller<T> {
    request: Box<Request>,
    property: &'static str,
    done: &'static [&'static str],
    first_interval: Duration,
    interval: Duration,
    timeout: Duration,
    waited: Duration,
    has_asked: bool,
    is_done: bool,
    last: Option<T>,
    last_status: Option<String>,
}

impl<T: DeserializeOwned + Clone> JobPoller<T> {
    pub(crate) fn new(
        request: Box<Request>,
        property: &'static str,
        done: &'static [&'static str],
    ) -> Self {
        Self {
            request,
            property,
            done,
            first_interval: FIRST_INTERVAL,
            interval: FIRST_INTERVAL,
            timeout: TIMEOUT,
            waited: Duration::ZERO,
            has_asked: false,
            is_done: false,
            last: None,
            last_status: None,
        }
    }

    /// A poller of the job whose id stands in the response that started it.
    pub(crate) fn started(
        client: &Client,
        response: &RawResponse,
        id: &'static str,
        operation: &'static Operation,
        parameter: &'static str,
        property: &'static str,
        done: &'static [&'static str],
    ) -> Result<Self, Error> {
        let body: Value = response.json()?;
        let Some(id) = body[id].as_str() else {
            return Err(response.lacks(id));
        };
        let mut request = Request::new(client, operation);
        request.set_path_text(parameter, id);
        Ok(Self::new(request, property, done))
    }

    /// Sets the first pause between two questions, at least 10 ms; the following ones double, up to 10 s. Default:
    /// 0.5 s.
    pub fn with_poll_interval(mut self, interval: Duration) -> Self {
        self.first_interval = interval.max(SHORTEST_INTERVAL);
        self.interval = self.first_interval;
        self
    }

    /// Sets how long to wait for the job in all. Default: 10 minutes.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Returns the id of the job.
    pub fn id(&self) -> &str {
        self.request.last_path_value().unwrap_or_default()
    }

    /// Returns the state that was told last.
    pub fn last(&self) -> Option<&T> {
        self.last.as_ref()
    }

    /// Pauses, unless it is the first time, and asks for the state. Returns `None` once the job is done and its last
    /// state has been returned.
    ///
    /// # Errors
    ///
    /// If the state cannot be read, or the time is over; [`Error::is_timeout`] is then `true`.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        if self.is_done {
            return None;
        }
        Some(self.ask().await)
    }

    /// Waits until the job is done, and returns its last state.
    ///
    /// Dropping the future stops the waiting, and not the job.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next). The error names the id and the last state of the job.
    pub async fn until_done(mut self) -> Result<T, Error> {
        self.wait().await
    }

    /// Waits until the job is done, and keeps the poller: after an error, its id and last state can be read, and the
    /// waiting gone on with.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub async fn wait(&mut self) -> Result<T, Error> {
        loop {
            let state = self.ask().await?;
            if self.is_done {
                return Ok(state);
            }
        }
    }

    async fn ask(&mut self) -> Result<T, Error> {
        if self.has_asked {
            let pause = self.interval.min(self.timeout.saturating_sub(self.waited));
            if pause.is_zero() {
                return Err(self.expired());
            }
            self.request.clock().sleep(pause).await;
            self.waited += pause;
            self.interval = self.interval.saturating_mul(2).min(LONGEST_INTERVAL);
        }
        self.has_asked = true;
        let response = self.request.clone().execute().await?;
        let body: Value = response.json()?;
        let state: T = response.decode()?.into_body();
        let status = body[self.property].as_str();
        self.is_done = status.is_some_and(|status| self.done.contains(&status));
        self.last = Some(state.clone());
        self.last_status = status.map(str::to_owned);
        Ok(state)
    }

    fn expired(&mut self) -> Error {
        self.waited = Duration::ZERO;
        self.interval = self.first_interval;
        let id = self.id();
        let status = self.last_status.as_deref().unwrap_or("unknown");
        self.request.expired(format!(
            "the job {id} is not done after {} s; its last state was {status}",
            self.timeout.as_secs_f64()
        ))
    }
}

impl<T: fmt::Debug> fmt::Debug for JobPoller<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobPoller")
            .field("request", &self.request)
            .field("last", &self.last)
            .finish_non_exhaustive()
    }
}
