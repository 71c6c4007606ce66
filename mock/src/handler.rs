//! Finds the response to a request: faults first, then the checks that all operations share, then the operation.

use std::collections::HashSet;
use std::error::Error as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use imagekit_openapi::validate::{self, RequestBody, RequestDiagnostic};
use imagekit_openapi::{Operation, Route};
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::body::{Body, Ending};
use crate::console;
use crate::contract;
use crate::delivery;
use crate::fault::{Effect, InjectedFault};
use crate::library::check_id;
use crate::library::content::Storage;
use crate::notifier::Notifier;
use crate::operations::upload::authentication::{self, ApiVersion};
use crate::operations::upload::form;
use crate::operations::{self, Context, Keys};
use crate::rate_limit::RateLimiter;
use crate::record::Log;
use crate::reply::Reply;
use crate::request::{Form, Request, invalid, missing};
use crate::{Error, Fault, Library, RateLimit, RecordedRequest};

/// What a server knows and remembers.
pub(crate) struct Handler {
    keys: Keys,
    is_stateless: bool,
    storage: Storage,
    notifier: Notifier,
    observer: Option<Observer>,
    state: Mutex<State>,
}

/// Is told of each request when its response is known.
pub(crate) type Observer = Box<dyn Fn(&RecordedRequest) + Send + Sync>;

/// All that changes while a server runs.
pub(crate) struct State {
    pub(crate) library: Library,
    pub(crate) faults: Vec<Fault>,
    pub(crate) log: Log,
    limiter: RateLimiter,
    used_tokens: HashSet<String>,
}

/// The connection is to be reset instead of responded to.
#[derive(Debug, thiserror::Error)]
#[error("the connection is reset on purpose")]
pub(crate) struct Reset;

impl Reset {
    pub(crate) fn is_cause_of(error: &hyper::Error) -> bool {
        error.source().is_some_and(|source| source.is::<Self>())
    }
}

/// What a server is built from.
pub(crate) struct Setup {
    pub(crate) keys: Keys,
    pub(crate) library: Library,
    pub(crate) limits: Vec<RateLimit>,
    pub(crate) recorded: usize,
    pub(crate) is_stateless: bool,
    pub(crate) storage: Storage,
    pub(crate) observer: Option<Observer>,
}

impl Handler {
    pub(crate) fn new(setup: Setup, notifier: Notifier) -> Result<Self, Error> {
        setup.library.check()?;
        Ok(Self {
            keys: setup.keys,
            is_stateless: setup.is_stateless,
            storage: setup.storage,
            notifier,
            observer: setup.observer,
            state: Mutex::new(State {
                library: setup.library,
                faults: Vec::new(),
                log: Log::new(setup.recorded),
                limiter: RateLimiter::new(setup.limits),
                used_tokens: HashSet::new(),
            }),
        })
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    pub(crate) fn notifier(&self) -> &Notifier {
        &self.notifier
    }

    pub(crate) fn version_path(&self, file_id: &str, version_id: &str) -> String {
        let path = contract::path("getFileVersionDetails", &[file_id, version_id]);
        path.unwrap_or_default()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add_fault(&self, fault: Fault) -> Result<(), Error> {
        contract::check(&fault)?;
        self.state().faults.push(fault);
        Ok(())
    }

    /// Responds to a request, unless a fault wants the connection to be reset.
    pub(crate) async fn respond(
        &self,
        request: &Parts,
        body: Bytes,
    ) -> Result<Response<Body>, Reset> {
        if let Some(reply) = console::respond(self, request, &body) {
            return Ok(reply
                .into_response()
                .map(|body| Body::new(body, Ending::Complete)));
        }
        let route = imagekit_openapi::route(request.method.as_str(), request.uri.path());
        let (number, fault) = self.receive(request, &route, &body);
        if !fault.latency.is_zero() {
            tokio::time::sleep(fault.latency).await;
        }
        let request_id = format!("{:032x}", fastrand::u128(..));
        let mut ending = Ending::Complete;
        let mut response = match fault.effect {
            Some(Effect::Reset) => return Err(Reset),
            Some(Effect::Response(response)) => response,
            Some(Effect::ContentType(content_type)) => {
                let mut reply = self.reply(request, &route, body, &request_id).await;
                reply.headers.insert(header::CONTENT_TYPE, content_type);
                reply.into_response()
            }
            Some(Effect::Ending(premature)) => {
                ending = premature;
                self.reply(request, &route, body, &request_id)
                    .await
                    .into_response()
            }
            Some(Effect::Latency(_)) | None => self
                .reply(request, &route, body, &request_id)
                .await
                .into_response(),
        };
        if let Ok(request_id) = HeaderValue::try_from(request_id) {
            response.headers_mut().insert("x-ik-requestid", request_id);
        }
        let known = self.state().log.responded(number, response.status());
        if let (Some(observer), Some(request)) = (&self.observer, known) {
            observer(&request);
        }
        Ok(response.map(|body| Body::new(body, ending)))
    }

    /// Notes that a request arrived, and finds out what is to go wrong with it.
    fn receive(&self, request: &Parts, route: &Route, body: &Bytes) -> (u64, InjectedFault) {
        let (operation, parameters) = match route {
            Route::Operation(operation, parameters) => (Some(operation.id), parameters.as_slice()),
            Route::OtherMethods(_) | Route::Unknown => (None, [].as_slice()),
        };
        let ids: Vec<_> = parameters.iter().map(|(_, id)| id.clone()).collect();
        let mut state = self.state();
        let fault = InjectedFault::of(&mut state.faults, operation, &ids);
        let number = state.log.arrived(|| RecordedRequest {
            method: request.method.clone(),
            path: request.uri.to_string(),
            operation,
            ids,
            headers: without_secrets(&request.headers),
            body: body.clone(),
            status: None,
        });
        (number, fault)
    }

    /// Returns what ImageKit would respond.
    async fn reply(&self, request: &Parts, route: &Route, body: Bytes, request_id: &str) -> Reply {
        match route {
            Route::Operation(operation, parameters) => {
                let call = Call {
                    operation,
                    parameters,
                    parts: request,
                    request_id,
                };
                let reply = self.operate(&call, body).await;
                reply.unwrap_or_else(|refused| refused)
            }
            Route::OtherMethods(methods) => method_not_allowed(&methods.join(", ")),
            Route::Unknown => self.deliver(request),
        }
    }

    /// Delivers a file, if a path is below the URL endpoint.
    fn deliver(&self, request: &Parts) -> Reply {
        let path = request.uri.path().strip_prefix('/').unwrap_or_default();
        let first = path.split('/').next().unwrap_or_default();
        if ["v1", "v2", "api"].contains(&first) {
            // A 404 would pass for a file that is missing.
            let message = format!(
                "imagekit-mock knows no operation with this path, only {}.",
                contract::ids()
            );
            return Reply::error(StatusCode::NOT_IMPLEMENTED, message);
        }
        if first != delivery::ACCOUNT || self.is_stateless {
            return Reply::not_found("The mock has no such path.");
        }
        if ![Method::GET, Method::HEAD].contains(&request.method) {
            return method_not_allowed("GET, HEAD");
        }
        let mut state = self.state();
        state.library.settle();
        delivery::deliver(
            &mut state.library,
            &self.keys.private,
            &request.uri,
            &request.headers,
        )
    }

    /// Checks what all operations share, before one is performed.
    async fn operate(&self, call: &Call<'_>, body: Bytes) -> Result<Reply, Reply> {
        let key = key(&call.parts.headers);
        if call.upload().is_none() || key.is_some() {
            self.authenticate(key)?;
        }
        let mut parameters = call.parameters.iter();
        if let Some((name, _)) = parameters.find(|(_, id)| check_id(id).is_err()) {
            return Err(invalid(name));
        }
        // Uploads are not limited.
        let verdict = match call.upload() {
            None => self
                .state()
                .limiter
                .count(call.operation.id, Instant::now()),
            Some(_) => None,
        };
        let limited = |mut reply: Reply| {
            if let Some(verdict) = &verdict {
                verdict
                    .limit
                    .write_headers(verdict.reset, &mut reply.headers);
            }
            reply
        };
        if verdict.is_some_and(|verdict| verdict.exceeded) {
            return Err(limited(Reply::too_many_requests()));
        }
        let result = self.perform(call, body).await;
        result.map(limited).map_err(limited)
    }

    /// Checks a request against the document, and performs its operation.
    async fn perform(&self, call: &Call<'_>, body: Bytes) -> Result<Reply, Reply> {
        let operation = call.operation;
        let query = call.parts.uri.query().unwrap_or_default();
        let ids: Vec<_> = call.parameters.iter().map(|(_, id)| id.clone()).collect();
        let mut request = Request {
            path: &ids,
            query: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            body: Map::new(),
            form: Form::default(),
            id: call.request_id.to_owned(),
        };
        let has_body = !body.is_empty();
        if let Some(version) = call.upload() {
            request.form = form::read(content_type(&call.parts.headers), body).await?;
            let has_key = key(&call.parts.headers).is_some();
            self.authenticate_upload(has_key, &request.form, version)?;
        } else {
            request.body = json_body(&body)?;
        }
        let mut diagnostics = diagnostics(call, &request, has_body).into_iter();
        if self.is_stateless {
            return match diagnostics.next() {
                Some(diagnostic) => Err(explain(&diagnostic)),
                None => Ok(documented(operation)),
            };
        }
        // What is missing, operations say in their own words; and some say more.
        let is_left = |it: &RequestDiagnostic| {
            let name = it.name.split(['.', '[']).next().unwrap_or_default();
            let is_missing = it.missing && it.name == name && !name.is_empty();
            !is_missing && !operations::explains(operation.id, name)
        };
        if let Some(diagnostic) = diagnostics.find(is_left) {
            return Err(explain(&diagnostic));
        }
        let Some(perform) = operations::find(operation.id) else {
            let message = format!(
                "imagekit-mock does not know how to perform {}.",
                operation.id
            );
            return Err(Reply::error(StatusCode::NOT_IMPLEMENTED, message));
        };
        let mut state = self.state();
        let library = &mut state.library;
        library.settle();
        let mut context = Context {
            library,
            storage: &self.storage,
        };
        let outcome = perform(&mut context, &request);
        library.settle();
        self.notifier.notify(library);
        outcome
    }

    /// Accepts an upload with the key, or with a signature, but not with both.
    fn authenticate_upload(
        &self,
        has_key: bool,
        form: &Form,
        version: ApiVersion,
    ) -> Result<(), Reply> {
        match (has_key, authentication::is_signed(form, version)) {
            (true, false) => Ok(()),
            (false, true) => {
                let mut state = self.state();
                let now = state.library.now();
                authentication::check(form, version, &self.keys, now, &mut state.used_tokens)
            }
            (true, true) => Err(Reply::bad_request(
                "Your request contains both a private API key and a signature; use only one of them.",
            )),
            (false, false) => Err(unauthorized()),
        }
    }

    fn authenticate(&self, key: Option<Vec<u8>>) -> Result<(), Reply> {
        match key {
            None => Err(unauthorized()),
            Some(key) if key != self.keys.private.as_bytes() => {
                let message = "Your account cannot be authenticated.";
                Err(Reply::error(StatusCode::FORBIDDEN, message))
            }
            Some(_) => Ok(()),
        }
    }
}

/// A request to an operation, before its body is read.
struct Call<'a> {
    operation: &'static Operation,
    /// The parameters of the path, by name.
    parameters: &'a [(&'static str, String)],
    parts: &'a Parts,
    request_id: &'a str,
}

impl Call<'_> {
    fn upload(&self) -> Option<ApiVersion> {
        match self.operation.id {
            "uploadFile" => Some(ApiVersion::V1),
            "uploadFileV2" => Some(ApiVersion::V2),
            _ => None,
        }
    }
}

/// Returns what is wrong with a request by the document.
fn diagnostics(call: &Call<'_>, request: &Request<'_>, has_body: bool) -> Vec<RequestDiagnostic> {
    let body = Value::Object(request.body.clone());
    let mut texts = request.form.texts.clone();
    if request.form.file.is_some() {
        texts.push(("file".to_owned(), String::new()));
    }
    let body = match call.upload() {
        Some(_) => RequestBody::Form(&texts),
        None if has_body => RequestBody::Json(&body),
        None => RequestBody::None,
    };
    let given = validate::Request {
        path: call.parameters,
        query: &request.query,
        body,
    };
    contract::diagnostics(call.operation, &given)
}

fn explain(diagnostic: &RequestDiagnostic) -> Reply {
    let RequestDiagnostic { name, message, .. } = diagnostic;
    if diagnostic.missing && !name.is_empty() {
        return missing(name);
    }
    let name = if name.is_empty() { "body" } else { name };
    Reply::bad_request(format!(
        "Your request contains invalid {name} parameter: {message}."
    ))
}

/// Responds as the document's example does.
fn documented(operation: &Operation) -> Reply {
    let (status, body) = contract::documented_success(operation);
    let status = StatusCode::from_u16(status).unwrap_or_default();
    if body.is_empty() {
        return Reply {
            status,
            ..Reply::no_content()
        };
    }
    Reply::new(status, "application/json; charset=utf-8", body)
}

fn unauthorized() -> Reply {
    let message = "Your request does not contain private API key.";
    Reply::error(StatusCode::UNAUTHORIZED, message)
}

fn method_not_allowed(methods: &str) -> Reply {
    let message = format!("This path has only {methods}.");
    Reply::error(StatusCode::METHOD_NOT_ALLOWED, message).header(header::ALLOW, methods)
}

fn content_type(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE);
    value.and_then(|it| it.to_str().ok()).unwrap_or_default()
}

/// Reads the object in a body; an empty body is an empty object.
fn json_body(body: &Bytes) -> Result<Map<String, Value>, Reply> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(body)) => Ok(body),
        Ok(_) => Err(Reply::bad_request(
            "The body of your request is not a JSON object.",
        )),
        Err(error) => Err(Reply::bad_request(format!(
            "The body of your request is not JSON: {error}."
        ))),
    }
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
