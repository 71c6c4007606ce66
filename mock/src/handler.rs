//! Finds the response to a request: faults first, then the checks that all operations share, then the operation.

use std::collections::HashSet;
use std::error::Error as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::body::{Body, Ending};
use crate::console;
use crate::contract::{Contract, Given, Route};
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
use crate::request::{Form, Request, invalid};
use crate::{Error, Fault, Library, RateLimit, RecordedRequest};

/// What a server knows and remembers.
pub(crate) struct Handler {
    contract: Contract,
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
            contract: Contract::default(),
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
        let path = self
            .contract
            .path("getFileVersionDetails", &[file_id, version_id]);
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
        let route = self.contract.route(&request.method, request.uri.path());
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
        let (operation, ids) = match route {
            Route::Operation { id, parameters, .. } => (Some(*id), parameters.as_slice()),
            Route::OtherMethods(_) | Route::Unknown => (None, [].as_slice()),
        };
        let mut state = self.state();
        let number = state.log.arrived(|| RecordedRequest {
            method: request.method.clone(),
            path: request.uri.to_string(),
            operation,
            ids: ids.to_vec(),
            headers: without_secrets(&request.headers),
            body: body.clone(),
            status: None,
        });
        (number, InjectedFault::of(&mut state.faults, operation, ids))
    }

    /// Returns what ImageKit would respond.
    async fn reply(&self, request: &Parts, route: &Route, body: Bytes, request_id: &str) -> Reply {
        match route {
            Route::Operation {
                id,
                names,
                parameters,
            } => {
                let odd = names
                    .iter()
                    .zip(parameters)
                    .find(|(_, id)| check_id(id).is_err());
                let reply = match odd {
                    Some((name, _)) => self
                        .authenticate(key(&request.headers))
                        .and(Err(invalid(name))),
                    None => {
                        self.operate(request, id, parameters, body, request_id)
                            .await
                    }
                };
                reply.unwrap_or_else(|refused| refused)
            }
            Route::OtherMethods(methods) => method_not_allowed(methods),
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
                self.contract.ids()
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

    async fn operate(
        &self,
        parts: &Parts,
        operation: &'static str,
        path: &[String],
        body: Bytes,
        request_id: &str,
    ) -> Result<Reply, Reply> {
        let upload = match operation {
            "uploadFile" => Some(ApiVersion::V1),
            "uploadFileV2" => Some(ApiVersion::V2),
            _ => None,
        };
        let key = key(&parts.headers);
        if upload.is_none() || key.is_some() {
            self.authenticate(key)?;
        }
        // Uploads are not limited.
        let verdict = match upload {
            None => self.state().limiter.count(operation, Instant::now()),
            Some(_) => None,
        };
        let limited = |reply: Reply| {
            let Some(verdict) = &verdict else {
                return reply;
            };
            let mut reply = reply;
            verdict
                .limit
                .write_headers(verdict.reset, &mut reply.headers);
            reply
        };
        if verdict.is_some_and(|verdict| verdict.exceeded) {
            return Err(limited(Reply::too_many_requests()));
        }
        let result = self
            .perform(parts, operation, upload, path, body, request_id)
            .await;
        result.map(limited).map_err(limited)
    }

    async fn perform(
        &self,
        parts: &Parts,
        operation: &'static str,
        upload: Option<ApiVersion>,
        path: &[String],
        body: Bytes,
        request_id: &str,
    ) -> Result<Reply, Reply> {
        let query = parts.uri.query().unwrap_or_default();
        let mut request = Request {
            path,
            query: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            body: Map::new(),
            form: Form::default(),
            id: request_id.to_owned(),
        };
        let has_body = !body.is_empty();
        if upload.is_some() {
            request.form = form::read(content_type(&parts.headers), body).await?;
        } else {
            request.body = json_body(&body)?;
        }
        if let Some(version) = upload {
            self.authenticate_upload(key(&parts.headers).is_some(), &request.form, version)?;
        }
        let given = Given {
            query: &request.query,
            body: has_body.then_some(&request.body),
            form: &request.form.texts,
            has_file: request.form.file.is_some(),
        };
        let problem = self.contract.problem(operation, &given);
        if self.is_stateless {
            return match problem {
                Some(problem) => Err(Reply::bad_request(problem.to_string())),
                None => self.documented(operation),
            };
        }
        // What is missing, operations say in their own words; and some say more.
        let problem =
            problem.filter(|it| !it.is_missing() && !operations::explains(operation, it.name()));
        if let Some(problem) = problem {
            return Err(Reply::bad_request(problem.to_string()));
        }
        let Some(perform) = operations::find(operation) else {
            let message = format!("imagekit-mock does not know how to perform {operation}.");
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

    /// Responds as the document's example does.
    fn documented(&self, operation: &str) -> Result<Reply, Reply> {
        let (status, body) = self
            .contract
            .documented_success(operation)
            .unwrap_or((200, ""));
        let status = StatusCode::from_u16(status).unwrap_or_default();
        if body.is_empty() {
            return Ok(Reply {
                status,
                ..Reply::no_content()
            });
        }
        Ok(Reply::new(status, "application/json; charset=utf-8", body))
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
