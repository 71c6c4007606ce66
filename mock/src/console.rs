//! What people see of a mock in the browser, and what programs in other languages can ask and tell it.

use bytes::Bytes;
use http::request::Parts;
use http::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::handler::Handler;
use crate::reply::Reply;
use crate::{Fault, RecordedRequest};

const PAGE: &str = include_str!("console.html");

/// Responds to requests below `/_mock`, which need no key and are not recorded.
pub(crate) fn respond(handler: &Handler, request: &Parts, body: &Bytes) -> Option<Reply> {
    let path = request.uri.path().strip_prefix("/_mock")?;
    if !path.is_empty() && !path.starts_with('/') {
        return None;
    }
    let mut state = handler.state();
    state.library.settle();
    let done = || Reply::ok(&json!({}));
    Some(match (request.method.clone(), path) {
        (Method::GET, "" | "/") => Reply::new(StatusCode::OK, "text/html; charset=utf-8", PAGE),
        (Method::GET, "/requests") => {
            let requests: Vec<_> = state.log.requests().iter().map(json_of).collect();
            Reply::ok(&requests)
        }
        (Method::DELETE, "/requests") => {
            state.log.clear();
            done()
        }
        (Method::GET, "/library") => Reply::ok(&state.library.snapshot()),
        (Method::GET, "/faults") => {
            let faults: Vec<_> = state.faults.iter().map(ToString::to_string).collect();
            Reply::ok(&faults)
        }
        (Method::DELETE, "/faults") => {
            state.faults.clear();
            done()
        }
        (Method::POST, "/faults") => {
            drop(state);
            match String::from_utf8_lossy(body).trim().parse::<Fault>() {
                Ok(fault) => match handler.add_fault(fault) {
                    Ok(()) => Reply::json(StatusCode::CREATED, &json!({})),
                    Err(error) => Reply::bad_request(error.to_string()),
                },
                Err(error) => Reply::bad_request(error.to_string()),
            }
        }
        (Method::GET, "/webhooks") => {
            let posts = handler.notifier().posted().into_iter().map(|post| {
                json!({
                    "address": post.address(),
                    "body": post.body(),
                    "status": post.status().map(|it| it.as_u16()),
                })
            });
            Reply::ok(&posts.collect::<Vec<_>>())
        }
        (Method::POST, "/clock") => {
            match humantime::parse_duration(String::from_utf8_lossy(body).trim()) {
                Ok(duration) => {
                    state.library.time().advance(duration);
                    state.library.settle();
                    handler.notifier().notify(&mut state.library);
                    done()
                }
                Err(error) => Reply::bad_request(error.to_string()),
            }
        }
        _ => {
            let known = "GET /_mock, GET and DELETE /_mock/requests, GET /_mock/library, GET, POST and DELETE \
                         /_mock/faults, GET /_mock/webhooks, POST /_mock/clock";
            Reply::not_found(format!("The mock has only: {known}."))
        }
    })
}

/// A request as the page and programs see it.
fn json_of(request: &RecordedRequest) -> Value {
    let headers = request
        .headers()
        .iter()
        .filter(|(name, _)| **name != header::AUTHORIZATION);
    let headers: serde_json::Map<_, _> = headers
        .map(|(name, value)| {
            (
                name.to_string(),
                String::from_utf8_lossy(value.as_bytes()).into(),
            )
        })
        .collect();
    let body = std::str::from_utf8(request.body()).ok();
    json!({
        "method": request.method().as_str(),
        "path": request.path(),
        "operation": request.operation(),
        "headers": headers,
        "body": body,
        "bodyBytes": request.body().len(),
        "status": request.status().map(|it| it.as_u16()),
    })
}
