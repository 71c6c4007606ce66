//! What is answered to a request.

use std::error::Error as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::body::{Body, Ending};
use crate::contract::{Contract, Route};
use crate::fault::{Effect, Trouble};
use crate::rate_limit::Windows;
use crate::record::Log;
use crate::{Error, Fault, Library, RateLimit, RecordedRequest};

const GET_VERSION: &str = "getFileVersionDetails";

/// An answer before it is sent.
type Answer = Response<Bytes>;

/// What a server knows and remembers.
pub(crate) struct Fake {
    contract: &'static Contract,
    errors: Errors,
    private_key: String,
    state: Mutex<State>,
}

/// All that changes while a server runs.
pub(crate) struct State {
    pub(crate) library: Library,
    pub(crate) faults: Vec<Fault>,
    pub(crate) log: Log,
    windows: Windows,
}

/// The errors of which the document has an example.
struct Errors {
    unauthorized: Value,
    forbidden: Value,
    not_found: Value,
    too_many_requests: Value,
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

impl Fake {
    pub(crate) fn new(
        private_key: String,
        library: Library,
        limits: Vec<RateLimit>,
        recorded: usize,
    ) -> Result<Self, Error> {
        let contract = Contract::get()?;
        library.check()?;
        Ok(Self {
            contract,
            errors: Errors {
                unauthorized: contract.example("unauthorized")?,
                forbidden: contract.example("forbidden")?,
                not_found: contract.example("not-found")?,
                too_many_requests: contract.example("too-many-requests")?,
            },
            private_key,
            state: Mutex::new(State {
                library,
                faults: Vec::new(),
                log: Log::new(recorded),
                windows: Windows::new(limits),
            }),
        })
    }

    pub(crate) fn private_key(&self) -> &str {
        &self.private_key
    }

    pub(crate) fn version_path(&self, file_id: &str, version_id: &str) -> String {
        let path = self.contract.path(GET_VERSION, &[file_id, version_id]);
        path.unwrap_or_default()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add_fault(&self, fault: Fault) -> Result<(), Error> {
        self.contract.check(&fault)?;
        self.state().faults.push(fault);
        Ok(())
    }

    /// Answers a request, unless a fault wants the connection to be reset.
    pub(crate) async fn answer(&self, request: &Parts) -> Result<Response<Body>, Reset> {
        let route = self.contract.route(&request.method, request.uri.path());
        let (number, trouble) = self.receive(request, &route);
        if !trouble.latency.is_zero() {
            tokio::time::sleep(trouble.latency).await;
        }
        let mut ending = Ending::Complete;
        let mut answer = match trouble.effect {
            Some(Effect::Reset) => return Err(Reset),
            Some(Effect::Answer(answer)) => answer,
            Some(Effect::ContentType(content_type)) => {
                let mut answer = self.usual_answer(request, &route);
                answer
                    .headers_mut()
                    .insert(header::CONTENT_TYPE, content_type);
                answer
            }
            Some(Effect::Ending(premature)) => {
                ending = premature;
                self.usual_answer(request, &route)
            }
            Some(Effect::Latency(_)) | None => self.usual_answer(request, &route),
        };
        let request_id = format!("{:032x}", fastrand::u128(..));
        if let Ok(request_id) = HeaderValue::try_from(request_id) {
            answer.headers_mut().insert("x-ik-requestid", request_id);
        }
        self.state().log.answered(number, answer.status());
        Ok(answer.map(|body| Body::new(body, ending)))
    }

    /// Notes that a request arrived, and finds out what is to go wrong with it.
    fn receive(&self, request: &Parts, route: &Route) -> (u64, Trouble) {
        let (operation, ids) = match route {
            Route::Operation { id, parameters } => (Some(*id), parameters.as_slice()),
            Route::OtherMethods(_) | Route::Unknown => (None, [].as_slice()),
        };
        let mut state = self.state();
        let number = state.log.arrived(|| RecordedRequest {
            method: request.method.clone(),
            path: request.uri.to_string(),
            operation,
            ids: ids.to_vec(),
            headers: without_secrets(&request.headers),
            status: None,
        });
        (number, Trouble::of(&mut state.faults, operation, ids))
    }

    /// What ImageKit would answer.
    fn usual_answer(&self, request: &Parts, route: &Route) -> Answer {
        let (operation, parameters) = match route {
            Route::Operation { id, parameters } => (*id, parameters),
            Route::OtherMethods(methods) => return method_not_allowed(methods),
            Route::Unknown => return error(StatusCode::NOT_FOUND, "The fake has no such path."),
        };
        match key(&request.headers) {
            None => return json(StatusCode::UNAUTHORIZED, &self.errors.unauthorized),
            Some(key) if key != self.private_key.as_bytes() => {
                return json(StatusCode::FORBIDDEN, &self.errors.forbidden);
            }
            Some(_) => {}
        }
        let mut state = self.state();
        let verdict = state.windows.count(operation, Instant::now());
        let mut answer = if verdict.is_some_and(|verdict| verdict.exceeded) {
            json(
                StatusCode::TOO_MANY_REQUESTS,
                &self.errors.too_many_requests,
            )
        } else {
            self.perform(operation, parameters, &state.library)
        };
        if let Some(verdict) = verdict {
            verdict
                .limit
                .write_headers(verdict.reset, answer.headers_mut());
        }
        answer
    }

    /// Performs an operation of the document. A new one needs an arm here.
    fn perform(&self, operation: &str, parameters: &[String], library: &Library) -> Answer {
        match (operation, parameters) {
            (GET_VERSION, [file_id, version_id]) => {
                if !is_id(file_id) || !is_id(version_id) {
                    return error(
                        StatusCode::BAD_REQUEST,
                        "Your request contains an invalid id.",
                    );
                }
                match library.get(file_id, version_id) {
                    Some(version) => encoded(StatusCode::OK, version.clone()),
                    None => json(StatusCode::NOT_FOUND, &self.errors.not_found),
                }
            }
            _ => error(
                StatusCode::NOT_IMPLEMENTED,
                &format!("imagekit-mock does not perform {operation}."),
            ),
        }
    }
}

/// Returns `true` for what could stand in a path.
pub(crate) fn is_id(text: &str) -> bool {
    !matches!(text, "" | "." | "..") && !text.chars().any(|c| c == '\\' || c.is_control())
}

/// An error as the document describes it.
pub(crate) fn error(status: StatusCode, message: &str) -> Answer {
    json(status, &json!({ "message": message }))
}

fn method_not_allowed(methods: &str) -> Answer {
    let message = format!("This path has only {methods}.");
    let mut answer = error(StatusCode::METHOD_NOT_ALLOWED, &message);
    if let Ok(methods) = HeaderValue::from_str(methods) {
        answer.headers_mut().insert(header::ALLOW, methods);
    }
    answer
}

fn json(status: StatusCode, body: &Value) -> Answer {
    encoded(status, Bytes::from(body.to_string()))
}

fn encoded(status: StatusCode, json: Bytes) -> Answer {
    let mut answer = Response::new(json);
    *answer.status_mut() = status;
    answer.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    answer
}

/// The user name of HTTP Basic. ImageKit ignores the password.
fn key(headers: &HeaderMap) -> Option<Vec<u8>> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let credentials = BASE64.decode(encoded.trim()).ok()?;
    let key = credentials.split(|byte| *byte == b':').next()?;
    (!key.is_empty()).then(|| key.to_vec())
}

/// Marks what `Debug` may not show.
fn without_secrets(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for (name, value) in headers.iter_mut() {
        if *name == header::AUTHORIZATION {
            value.set_sensitive(true);
        }
    }
    headers
}
