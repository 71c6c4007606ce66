use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};
use url::Url;

use super::error::{Error, Kind};
use super::operation::{Operation, OperationRef};
use super::rate_limiter::Turn;
use super::raw_response::{RawResponse, Received};
use super::redact::Redactor;
use super::request::{Body, Parts, Request};
use super::retry::{Decision, Failure, Fate, Limits, Retries};
use super::transport::{self, TransportError};
use crate::Client;
use crate::options::CallOptions;
use crate::upload::{Form, Watch};

/// What is sent with each attempt.
enum Payload {
    Empty,
    Json(Bytes),
    Form(Box<Form>),
}

impl Payload {
    fn new(body: Body) -> Self {
        match body {
            Body::Empty => Self::Empty,
            // Writing a tree of JSON values cannot fail.
            Body::Properties(properties) => {
                Self::Json(Value::Object(properties).to_string().into())
            }
            Body::Bytes(bytes) => Self::Json(bytes),
            Body::Form(form) => Self::Form(form),
        }
    }

    fn is_replayable(&self) -> bool {
        match self {
            Self::Form(form) => form.is_replayable(),
            _ => true,
        }
    }
}

/// A request that is sent, retrying as its options allow.
pub(super) struct Call {
    client: Client,
    operation: OperationRef,
    options: CallOptions,
    url: Url,
    headers: Vec<(HeaderName, HeaderValue)>,
    payload: Payload,
    is_idempotent: bool,
    /// `None` if it is beyond what the clock can tell.
    deadline: Option<Instant>,
}

impl Call {
    pub(super) fn new(mut request: Request) -> Result<Self, Error> {
        let parts = std::mem::replace(&mut request.parts, Ok(Parts::default()))?;
        let url = request.url(&parts)?;
        let now = request.clock().now();
        Ok(Self {
            url,
            headers: parts.headers,
            is_idempotent: request.operation.is_idempotent() || parts.is_idempotent,
            payload: Payload::new(parts.body),
            deadline: now.checked_add(request.options.timeout),
            client: request.client,
            operation: request.operation,
            options: request.options,
        })
    }

    /// Sends the request. On `Ok`, the response has a 2xx status.
    pub(super) async fn send(&self) -> Result<RawResponse, Error> {
        let span = span(&self.operation, &self.url);
        if span.is_disabled() {
            return self.run().await;
        }
        // Boxed, so that calls which are not traced do not hold room for it.
        let result = Box::pin(self.run().instrument(span.clone())).await;
        record(&span, &result, &self.client.inner.redactor);
        result
    }

    async fn run(&self) -> Result<RawResponse, Error> {
        let inner = &*self.client.inner;
        let mut sent = 0;
        let mut retries = Retries::default();
        let mut not_before = None;
        let mut last: Option<Error> = None;
        loop {
            if let Err(error) = self.await_turn(not_before).await {
                // What the server said is worth more than that the call could not wait for it.
                return Err(last.unwrap_or(error).with_attempts(sent));
            }
            sent += 1;
            let error = match self.attempt(sent).await {
                Ok(received) => {
                    return Ok(RawResponse {
                        client: self.client.clone(),
                        operation: self.operation.clone(),
                        received,
                        attempts: sent,
                    });
                }
                Err(error) => error.with_attempts(sent),
            };
            let fate = error.fate();
            let asked = error.retry_after();
            let failure = Failure {
                fate,
                idempotent: self.is_idempotent,
                replayable: self.payload.is_replayable(),
                asked,
            };
            let limits = Limits {
                max_retries: self.options.max_retries,
                max_retry_wait: self.options.max_retry_wait,
                remaining: self.remaining(),
            };
            let decision = retries.decide(&failure, &limits, (inner.jitter)());
            if fate == Fate::Rejected {
                let pause = match decision {
                    Decision::RetryAfter(pause) => asked.unwrap_or(pause),
                    Decision::GiveUp => asked.unwrap_or_default(),
                };
                inner.rate_limiter.hold(
                    self.operation.id(),
                    inner.clock.now(),
                    pause,
                    error.rate_limit().unwrap_or_default(),
                );
            }
            match decision {
                Decision::GiveUp => {
                    return Err(match last {
                        // A timeout that cuts an attempt short hides what made the attempt necessary.
                        Some(last) if error.is_timeout() => error.with_cause(last),
                        _ => error,
                    });
                }
                Decision::RetryAfter(pause) => {
                    tracing::debug!(pause = ?pause, "will be retried");
                    // A pause that ends beyond what the clock can tell is not made shorter either.
                    let Some(time) = inner.clock.now().checked_add(pause) else {
                        return Err(error);
                    };
                    not_before = Some(time);
                }
            }
            last = Some(error);
        }
    }

    /// Waits until `not_before`, and then until the limits of the server let the call start.
    async fn await_turn(&self, not_before: Option<Instant>) -> Result<(), Error> {
        let inner = &*self.client.inner;
        let mut ticket = inner.rate_limiter.ticket(self.operation.id());
        loop {
            let changed = inner.rate_limiter.changed();
            let now = inner.clock.now();
            let until = match not_before {
                Some(time) if time > now => time,
                _ => match ticket.poll(now) {
                    Turn::Now => {
                        // A call without time is not worth a request.
                        return match self.remaining() {
                            Duration::ZERO => Err(self.failure(Kind::Timeout)),
                            _ => Ok(()),
                        };
                    }
                    Turn::Later { check_at, expected } => {
                        let wait = expected.saturating_duration_since(now);
                        let options = &self.options;
                        if wait >= self.remaining() || wait > options.max_retry_wait {
                            return Err(self.failure(Kind::Throttled).with_wait(Some(wait)));
                        }
                        check_at
                    }
                },
            };
            let sleep = inner.clock.sleep(until.saturating_duration_since(now));
            first_of(sleep, changed).await;
        }
    }

    fn remaining(&self) -> Duration {
        self.deadline.map_or(Duration::MAX, |deadline| {
            deadline.saturating_duration_since(self.client.inner.clock.now())
        })
    }

    fn failure(&self, kind: Kind) -> Error {
        Error::new(kind).with_operation(self.operation.clone())
    }

    /// Sends the request once. On `Ok`, the response has a 2xx status.
    async fn attempt(&self, number: u32) -> Result<Received, Error> {
        let inner = &*self.client.inner;
        let options = &self.options;
        let timeout = options.attempt_timeout.min(self.remaining());
        let started = tracing::event_enabled!(tracing::Level::DEBUG).then(Instant::now);
        let mut received = None;
        let (http, generation) = inner.transport.connecting_to(&self.url);
        let (request, watch) = self.http_request(&http).await?;
        let outcome = {
            // Pinned here, so that a call in flight holds it only once.
            let response = http.execute(request);
            let limit = options.max_response_bytes;
            let sending = pin!(transport::receive(response, limit, &mut received));
            match &watch {
                None => tokio::time::timeout(timeout, sending).await.ok(),
                Some(watch) => {
                    let deadline = tokio::time::Instant::now().checked_add(self.remaining());
                    // Boxed, like all that only uploads need, so that other calls do not hold room for it.
                    let silent = until_silent(sending, watch, options.attempt_timeout, deadline);
                    Box::pin(silent).await
                }
            }
        };
        let outcome = outcome.unwrap_or(Err(TransportError {
            kind: Kind::Timeout,
            cause: None,
        }));
        if let Some(reason) = watch.and_then(|watch| watch.failure())
            && outcome.is_err()
        {
            return Err(self.failure(Kind::Source).with_detail(reason));
        }
        let result = match (outcome, received) {
            (Ok(()), Some(received)) if received.status.is_success() => Ok(received),
            (outcome, received) => Err(self.attempt_failure(outcome.err(), received, timeout)),
        };
        if let Err(error) = &result
            && matches!(error.kind(), Kind::Timeout | Kind::ConnectionLost)
            && error.status().is_none()
        {
            inner.transport.distrust(generation, inner.clock.now());
        }
        if let Some(started) = started {
            trace_attempt(&result, number, started.elapsed(), &inner.redactor);
        }
        result
    }

    /// Builds the request of an attempt, and what watches a body that takes its time.
    async fn http_request(
        &self,
        http: &reqwest::Client,
    ) -> Result<(reqwest::Request, Option<Arc<Watch>>), Error> {
        let inner = &*self.client.inner;
        let method = self.operation.method().clone();
        let mut watch = None;
        let mut request = match &self.payload {
            Payload::Form(form) => {
                let sending = Box::pin(form.open())
                    .await
                    .map_err(|reason| self.failure(Kind::Source).with_detail(reason))?;
                watch = Some(sending.watch);
                let request = http
                    .request(method, self.url.clone())
                    .multipart(sending.form);
                request
                    .build()
                    .map_err(|error| self.failure(Kind::InvalidRequest).with_cause(error))?
            }
            _ => reqwest::Request::new(method, self.url.clone()),
        };
        if let Payload::Json(body) = &self.payload {
            *request.body_mut() = Some(body.clone().into());
        }
        let headers = request.headers_mut();
        if headers.is_empty() {
            headers.clone_from(&inner.headers);
        } else {
            for (name, value) in &inner.headers {
                headers.insert(name, value.clone());
            }
        }
        if matches!(self.payload, Payload::Json(_)) {
            headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            );
        }
        if self.operation.server().is_some() {
            headers.remove(header::HOST);
        }
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        Ok((request, watch))
    }

    fn attempt_failure(
        &self,
        failed: Option<TransportError>,
        received: Option<Received>,
        timeout: Duration,
    ) -> Error {
        let redactor = &self.client.inner.redactor;
        let kind = match (&failed, &received) {
            (Some(failed), _) => failed.kind,
            (None, Some(received)) if is_redirect(received.status) => Kind::Redirect,
            (None, Some(_)) => Kind::Status,
            (None, None) => Kind::ConnectionLost,
        };
        let mut error = self.failure(kind);
        if kind == Kind::Timeout {
            error = error.with_detail(format!("waited {}", rounded(timeout)));
        }
        if kind == Kind::Connect
            && let Some(proxy) = &self.client.inner.proxy
        {
            error = error.with_proxy(proxy);
        }
        if let Some(received) = received {
            let sent: &[u8] = match &self.payload {
                Payload::Json(body) => body,
                Payload::Empty | Payload::Form(_) => &[],
            };
            let secrets = self.operation.secrets();
            let redactor = redactor.with(secrets, &[sent, &received.body]);
            error = error.with_received(redactor.received(received), &redactor);
        }
        match failed.and_then(|failed| failed.cause) {
            Some(cause) => error.with_cause(cause),
            None => error,
        }
    }
}

/// Waits until one of two futures is ready.
async fn first_of(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|context| {
        if one.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        other.as_mut().poll(context)
    })
    .await;
}

/// Waits for an attempt whose body may take any time, as long as bytes are taken.
async fn until_silent<T>(
    mut attempt: Pin<&mut impl Future<Output = T>>,
    watch: &Watch,
    silence: Duration,
    deadline: Option<tokio::time::Instant>,
) -> Option<T> {
    loop {
        let silent = watch.last_activity().checked_add(silence);
        let Some(until) = [silent, deadline].into_iter().flatten().min() else {
            return Some(attempt.await);
        };
        match tokio::time::timeout_at(until, &mut attempt).await {
            Ok(outcome) => return Some(outcome),
            Err(_) => {
                let now = tokio::time::Instant::now();
                let is_silent = watch
                    .last_activity()
                    .checked_add(silence)
                    .is_some_and(|until| until <= now);
                if is_silent || deadline.is_some_and(|deadline| deadline <= now) {
                    return None;
                }
            }
        }
    }
}

fn is_redirect(status: StatusCode) -> bool {
    status.is_redirection() && status != StatusCode::NOT_MODIFIED
}

/// Rounds a duration to what a person wants to read.
pub(super) fn rounded(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis < 1000 {
        format!("{millis} ms")
    } else if millis < 100_000 {
        let text = format!("{:.1}", duration.as_secs_f64());
        format!("{} s", text.trim_end_matches(".0"))
    } else {
        format!("{} s", duration.as_secs())
    }
}

/// Returns the span of a call, after OpenTelemetry's conventions for spans of HTTP clients.
fn span(operation: &Operation, url: &Url) -> Span {
    tracing::info_span!(
        "imagekit",
        otel.kind = "client",
        otel.name = format_args!("{} {}", operation.method(), operation.path()),
        otel.status_code = Empty,
        http.request.method = operation.method().as_str(),
        url.template = operation.path(),
        server.address = url.host_str(),
        // As signed numbers, since OpenTelemetry has no others and would be given texts.
        server.port = url.port_or_known_default().map(i64::from),
        http.response.status_code = Empty,
        http.request.resend_count = Empty,
        error.type = Empty,
        imagekit.operation = operation.id(),
        imagekit.request_id = Empty,
    )
}

fn trace_attempt(
    result: &Result<Received, Error>,
    number: u32,
    duration: Duration,
    redactor: &Redactor,
) {
    let (status, request_id, failure) = match result {
        Ok(received) => (Some(received.status), received.request_id(), None),
        Err(error) => (
            error.status(),
            error.request_id(),
            Some(error.kind().name()),
        ),
    };
    tracing::debug!(
        attempt = i64::from(number),
        duration = ?duration,
        http.response.status_code = status.map(|status| i64::from(status.as_u16())),
        imagekit.request_id = request_id.map(|id| redactor.text(id).into_inner()),
        error.type = failure,
        "attempt"
    );
}

fn record(span: &Span, result: &Result<RawResponse, Error>, redactor: &Redactor) {
    let (status, request_id, attempts) = match result {
        Ok(response) => (
            Some(response.status()),
            response.received.request_id(),
            response.attempts,
        ),
        Err(error) => (error.status(), error.request_id(), error.attempts()),
    };
    if let Some(status) = status {
        span.record("http.response.status_code", i64::from(status.as_u16()));
    }
    if let Some(request_id) = request_id {
        span.record("imagekit.request_id", &**redactor.text(request_id));
    }
    let resent = i64::from(attempts.saturating_sub(1));
    span.record("http.request.resend_count", resent);
    if let Err(error) = result {
        span.record("otel.status_code", "ERROR");
        match error.status().filter(|_| error.kind() == Kind::Status) {
            Some(status) => span.record("error.type", status.as_str()),
            None => span.record("error.type", error.kind().name()),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_rounded_to_what_a_person_reads() {
        for (duration, text) in [
            (Duration::ZERO, "0 ms"),
            (Duration::from_micros(1_999), "1 ms"),
            (Duration::from_micros(999_999), "999 ms"),
            (Duration::from_millis(1_000), "1 s"),
            (Duration::from_millis(2_449), "2.4 s"),
            (Duration::from_nanos(29_912_842_724), "29.9 s"),
            (Duration::from_millis(30_000), "30 s"),
            (Duration::from_millis(100_999), "100 s"),
        ] {
            assert_eq!(rounded(duration), text, "{duration:?}");
        }
    }
}
