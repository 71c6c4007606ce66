use http::StatusCode;
use serde_json::json;

use super::Context;
use crate::Library;
use crate::reply::{Outcome, Reply};
use crate::request::Request;

pub(super) fn purge(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let url = request.text("url")?;
    if !can_be_purged(context.library, url) {
        return Err(Reply::bad_request(
            "The URL is not valid for cache purging.",
        ));
    }
    // Which response a purge too many gets, no source says.
    let id = context
        .library
        .purge(url)
        .ok_or_else(Reply::too_many_requests)?;
    Ok(Reply::json(
        StatusCode::CREATED,
        &json!({ "requestId": id }),
    ))
}

/// Whether a URL is one of the account, with a wildcard at most at its end and far enough down.
fn can_be_purged(library: &Library, url: &str) -> bool {
    let Some(path) = crate::delivery::path_of(library, url) else {
        return false;
    };
    let Some(start) = path.strip_suffix('*') else {
        return !path.contains('*');
    };
    let levels = start.split('/').filter(|it| !it.is_empty()).count();
    let name = start.rsplit('/').next().unwrap_or_default();
    let is_forbidden = ["/media/catalog/", "/s/files/"].contains(&start);
    let is_specific = levels >= 2 || start.len() > 15 || name.contains('.');
    !start.contains('*') && !is_forbidden && is_specific
}

pub(super) fn status(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let is_done = context.library.is_purged(request.id(0));
    let is_done =
        is_done.ok_or_else(|| Reply::bad_request("No request found for this requestId."))?;
    let status = if is_done { "Completed" } else { "Pending" };
    Ok(Reply::ok(&json!({ "status": status })))
}
