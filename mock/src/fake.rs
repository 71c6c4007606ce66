//! What the fake answers.

use std::error::Error as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::body::{Body, Ending};
use crate::contract::{Contract, Route};
use crate::rate_limit::Windows;
use crate::{Error, Library, RateLimit};

#[derive(Debug)]
pub(crate) struct Fake {
    contract: &'static Contract,
    private_key: String,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    library: Library,
    windows: Windows,
}

/// The connection is to be reset instead of answered.
#[derive(Debug, thiserror::Error)]
#[error("the connection is reset on purpose")]
pub(crate) struct Reset;

impl Reset {
    pub(crate) fn is_cause_of(error: &hyper::Error) -> bool {
        error.source().is_some_and(|source| source.is::<Self>())
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn new(status: StatusCode, body: Value) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body,
        }
    }

    fn error(status: StatusCode, message: String) -> Self {
        Self::new(status, json!({ "message": message }))
    }
}

impl Fake {
    pub(crate) fn new(
        private_key: String,
        library: Library,
        limits: Vec<RateLimit>,
    ) -> Result<Self, Error> {
        Ok(Self {
            contract: Contract::get()?,
            private_key,
            state: Mutex::new(State {
                library,
                windows: Windows::new(limits),
            }),
        })
    }

    pub(crate) fn private_key(&self) -> &str {
        &self.private_key
    }

    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, Reset> {
        let answer = self.decide(&request);
        let body = Bytes::from(answer.body.to_string());
        let mut response = Response::new(Body::new(body, Ending::Complete));
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        );
        if let Ok(id) = HeaderValue::from_str(&request_id()) {
            headers.insert("x-ik-requestid", id);
        }
        Ok(response)
    }

    fn decide(&self, request: &Request<Incoming>) -> Answer {
        let path = request.uri().path();
        let (operation, parameters) = match self.contract.route(request.method(), path) {
            Route::Operation { id, parameters } => (id, parameters),
            Route::OtherMethods(methods) => {
                let mut answer = Answer::error(
                    StatusCode::METHOD_NOT_ALLOWED,
                    format!("{path} has no {}.", request.method()),
                );
                if let Ok(methods) = HeaderValue::from_str(&methods.join(", ")) {
                    answer.headers.insert(header::ALLOW, methods);
                }
                return answer;
            }
            Route::Unknown => {
                return Answer::new(StatusCode::NOT_FOUND, self.contract.example("NotFound"));
            }
        };
        match self.accepts(request.headers()) {
            None => {
                let body = self.contract.example("Unauthorized");
                return Answer::new(StatusCode::UNAUTHORIZED, body);
            }
            Some(false) => {
                return Answer::new(StatusCode::FORBIDDEN, self.contract.example("Forbidden"));
            }
            Some(true) => {}
        }
        let mut state = self.state();
        let verdict = state.windows.count(operation, Instant::now());
        let mut answer = if verdict.is_some_and(|verdict| verdict.exceeded) {
            let body = self.contract.example("TooManyRequests");
            Answer::new(StatusCode::TOO_MANY_REQUESTS, body)
        } else {
            let decoded: Result<Vec<String>, _> = parameters
                .iter()
                .map(|(_, value)| {
                    percent_decode_str(value)
                        .decode_utf8()
                        .map(|id| id.into_owned())
                })
                .collect();
            match decoded.as_deref() {
                Ok([file_id, version_id]) => match state.library.get(file_id, version_id) {
                    Some(version) => Answer::new(StatusCode::OK, version.clone()),
                    None => Answer::new(StatusCode::NOT_FOUND, self.contract.example("NotFound")),
                },
                _ => Answer::error(StatusCode::BAD_REQUEST, "An id is not UTF-8.".to_owned()),
            }
        };
        if let Some(verdict) = verdict {
            for (name, value) in verdict.limit.headers(verdict.reset) {
                if let Ok(value) = HeaderValue::from_str(&value) {
                    answer.headers.insert(HeaderName::from_static(name), value);
                }
            }
        }
        answer
    }

    /// Whether the key is the right one, if there is a key.
    fn accepts(&self, headers: &HeaderMap) -> Option<bool> {
        let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let encoded = value.strip_prefix("Basic ")?;
        let decoded = BASE64.decode(encoded).ok()?;
        let (key, _password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
        (!key.is_empty()).then_some(key == self.private_key)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An id in the form of a random UUID.
fn request_id() -> String {
    let id = fastrand::u128(..) & !(0xf << 76) | (4 << 76);
    let id = id & !(0b11 << 62) | (0b10 << 62);
    let digits = format!("{id:032x}");
    [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ]
    .join("-")
}
