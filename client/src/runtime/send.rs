use std::pin::Pin;
use std::time::{Duration, Instant};

use http::StatusCode;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use super::answer::Answer;
use super::attempt::{self, Broken};
use super::error::{Error, Kind};
use super::operation::{Called, Operation};
use super::request::{Parts, Request};
use super::response::{Response, ResponseValue};
use super::retry;
use super::settings::{Runtime, Shared};
use super::throttle::TooLong;

impl<'a> Request<'a> {
    /// Sends the request, with the client's authentication, retries and limits.
    ///
    /// The answer is not decoded: use [`ResponseValue::json`] or [`ResponseValue::body`].
    ///
    /// # Errors
    ///
    /// If no answer with a status of success arrives, [`Error`] says why.
    pub async fn send(self) -> Result<ResponseValue<()>, Error> {
        Ok(ResponseValue::empty(self.exchange().await?))
    }

    /// Sends the request as often as it takes and as the settings allow; the answer has a status of
    /// success.
    ///
    /// The future is boxed so that it is compiled here, and not once more in each crate that makes a
    /// call.
    pub(crate) fn exchange(
        self,
    ) -> Pin<Box<dyn Future<Output = Result<Response, Error>> + Send + 'a>> {
        Box::pin(self.send_within_limits())
    }

    async fn send_within_limits(self) -> Result<Response, Error> {
        let Request {
            runtime,
            operation,
            parts,
        } = self;
        let parts = parts?;
        let span = span(&operation, &parts);
        let deadline = runtime
            .shared
            .clock
            .now()
            .checked_add(runtime.call.deadline);
        let call = Call {
            runtime,
            operation,
            parts,
            deadline,
        };
        if span.is_disabled() {
            return call.run().await;
        }
        let result = call.run().instrument(span.clone()).await;
        record(&span, &result, &runtime.shared);
        result
    }
}

struct Call<'a> {
    runtime: &'a Runtime,
    operation: Called,
    parts: Parts,
    /// `None` if it is beyond what the clock can tell.
    deadline: Option<Instant>,
}

impl Call<'_> {
    async fn run(&self) -> Result<Response, Error> {
        let shared = &self.runtime.shared;
        let mut attempts = 0;
        let mut last: Option<Error> = None;
        loop {
            if let Err(error) = self.await_turn().await {
                // What the server said is worth more than that we could not wait for it.
                return Err(last.unwrap_or(error).with_attempts(attempts));
            }
            attempts += 1;
            let error = match self.attempt(attempts).await {
                Ok(answer) => {
                    return Ok(Response {
                        operation: self.operation.clone(),
                        answer,
                        attempts,
                        shared: self.runtime.shared.clone(),
                    });
                }
                Err(error) => error.with_attempts(attempts),
            };
            let pause = error
                .retry_after()
                .unwrap_or_else(|| retry::backoff(attempts, (shared.jitter)()));
            if error.status() == Some(StatusCode::TOO_MANY_REQUESTS) {
                shared.throttle.close(
                    self.operation.id(),
                    shared.clock.now(),
                    pause,
                    error.rate_limit().unwrap_or_default(),
                );
            }
            let again = self.operation.is_repeatable()
                && error.is_retryable()
                && attempts <= self.runtime.call.max_retries
                && pause <= self.runtime.call.max_retry_wait
                && pause < self.remaining();
            if !again {
                return Err(match last {
                    // A deadline that cuts an attempt short hides what made it necessary.
                    Some(last) if error.is_timeout() => error.with_cause(last),
                    _ => error,
                });
            }
            tracing::debug!(pause = ?pause, "will be repeated");
            if error.status() != Some(StatusCode::TOO_MANY_REQUESTS) {
                shared.clock.sleep(pause).await;
            }
            last = Some(error);
        }
    }

    /// Waits until the server's limits let the call start.
    async fn await_turn(&self) -> Result<(), Error> {
        let shared = &self.runtime.shared;
        let reserved = shared
            .throttle
            .reserve(self.operation.id(), &*shared.clock, || self.longest_wait());
        match reserved {
            Ok(Duration::ZERO) => Ok(()),
            Ok(wait) => {
                shared.clock.sleep(wait).await;
                Ok(())
            }
            Err(TooLong(wait)) => Err(Error::new(Kind::Throttled)
                .with_operation(self.operation.clone())
                .with_wait(Some(wait))),
        }
    }

    fn longest_wait(&self) -> Duration {
        self.remaining().min(self.runtime.call.max_retry_wait)
    }

    fn remaining(&self) -> Duration {
        self.deadline.map_or(Duration::MAX, |deadline| {
            deadline.saturating_duration_since(self.runtime.shared.clock.now())
        })
    }

    /// Sends the request once; an answer has a status of success.
    async fn attempt(&self, number: u32) -> Result<Answer, Error> {
        let settings = &self.runtime.call;
        let shared = &self.runtime.shared;
        let mut request =
            reqwest::Request::new(self.operation.method.clone(), self.parts.url.clone());
        let headers = request.headers_mut();
        headers.clone_from(&shared.headers);
        for (name, value) in &self.parts.headers {
            headers.insert(name, value.clone());
        }
        *request.body_mut() = self.parts.body.clone().map(Into::into);

        let limit = settings.attempt_timeout.min(self.remaining());
        let started = tracing::event_enabled!(tracing::Level::DEBUG).then(Instant::now);
        let mut answer = None;
        let outcome = tokio::time::timeout(
            limit,
            attempt::attempt(
                shared.http.execute(request),
                &shared.connections,
                settings.max_response_bytes,
                &mut answer,
            ),
        )
        .await
        .unwrap_or(Err(Broken {
            kind: Kind::Timeout,
            cause: None,
        }));
        let result = match (outcome, answer) {
            (Ok(()), Some(answer)) if answer.status.is_success() => Ok(answer),
            (outcome, answer) => Err(self.failure(outcome.err(), answer, limit)),
        };
        if let Some(started) = started {
            let (status, request_id, failure) = match &result {
                Ok(answer) => (Some(answer.status), answer.request_id(), None),
                Err(error) => (
                    error.status(),
                    error.request_id(),
                    Some(error.kind().name()),
                ),
            };
            tracing::debug!(
                attempt = number,
                duration = ?started.elapsed(),
                http.response.status_code = status.map(|status| status.as_u16()),
                imagekit.request_id = request_id.map(|id| shared.redact_text(id)).as_deref(),
                error.type = failure,
                "attempt"
            );
        }
        result
    }

    fn failure(&self, broken: Option<Broken>, answer: Option<Answer>, limit: Duration) -> Error {
        let kind = match (&broken, &answer) {
            (Some(broken), _) => broken.kind,
            (None, Some(answer)) if answer.status.is_redirection() => Kind::Redirect,
            (None, Some(_)) => Kind::Status,
            (None, None) => Kind::Interrupted,
        };
        let mut error = Error::new(kind).with_operation(self.operation.clone());
        if kind == Kind::Timeout {
            error = error.with_detail(format!("waited {limit:?}"));
        }
        if let Some(answer) = answer {
            error = error.with_answer(answer, &self.runtime.shared);
        }
        match broken.and_then(|broken| broken.cause) {
            Some(cause) => error.with_cause(cause),
            None => error,
        }
    }
}

/// The span of a call, after OpenTelemetry's conventions for spans of HTTP clients.
fn span(operation: &Operation, parts: &Parts) -> Span {
    tracing::info_span!(
        "imagekit",
        otel.kind = "client",
        otel.name = format_args!("{} {}", operation.method(), operation.path()),
        otel.status_code = Empty,
        http.request.method = operation.method().as_str(),
        url.template = operation.path(),
        server.address = parts.url.host_str(),
        server.port = parts.url.port_or_known_default(),
        http.response.status_code = Empty,
        http.request.resend_count = Empty,
        error.type = Empty,
        imagekit.operation = operation.id(),
        imagekit.request_id = Empty,
    )
}

fn record(span: &Span, result: &Result<Response, Error>, shared: &Shared) {
    let (status, request_id, attempts) = match result {
        Ok(response) => (
            Some(response.answer.status),
            response.answer.request_id(),
            response.attempts,
        ),
        Err(error) => (error.status(), error.request_id(), error.attempts()),
    };
    if let Some(status) = status {
        span.record("http.response.status_code", status.as_u16());
    }
    if let Some(request_id) = request_id {
        span.record("imagekit.request_id", &*shared.redact_text(request_id));
    }
    span.record("http.request.resend_count", attempts.saturating_sub(1));
    if let Err(error) = result {
        span.record("otel.status_code", "ERROR");
        match error.status().filter(|_| error.kind() == Kind::Status) {
            Some(status) => span.record("error.type", status.as_str()),
            None => span.record("error.type", error.kind().name()),
        };
    }
}
