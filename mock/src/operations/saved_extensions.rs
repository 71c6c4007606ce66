use http::StatusCode;

use super::Context;
use crate::contract;
use crate::library::account::AccountRefusal;
use crate::reply::{Outcome, Reply};
use crate::request::Request;

pub(super) fn create(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    check(request, true)?;
    let created = context
        .library
        .create_saved_extension(request.body.clone())
        .map_err(refused)?;
    Ok(Reply::json(StatusCode::CREATED, &created))
}

pub(super) fn list(context: &mut Context<'_>, _: &Request<'_>) -> Outcome {
    let all: Vec<_> = context.library.saved_extensions.values().collect();
    Ok(Reply::ok(&all))
}

pub(super) fn get(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let found = context.library.saved_extensions.get(request.id(0));
    let found = found.ok_or_else(|| refused(AccountRefusal::Missing))?;
    Ok(Reply::ok(found))
}

pub(super) fn update(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    check(request, false)?;
    let updated = context
        .library
        .update_saved_extension(request.id(0), request.body.clone());
    Ok(Reply::ok(&updated.map_err(refused)?))
}

pub(super) fn delete(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    context
        .library
        .delete_saved_extension(request.id(0))
        .map_err(refused)?;
    Ok(Reply::no_content())
}

fn refused(refusal: AccountRefusal) -> Reply {
    match refusal {
        AccountRefusal::Missing => Reply::not_found("The requested extension does not exist."),
        AccountRefusal::TooMany(limit) => Reply::bad_request(format!(
            "An account cannot have more than {limit} saved extensions."
        )),
        other => Reply::bad_request(format!("The request cannot be fulfilled: {other:?}.")),
    }
}

fn check(request: &Request<'_>, is_new: bool) -> Result<(), Reply> {
    for name in ["name", "description"] {
        if is_new || request.body.contains_key(name) {
            request.text(name)?;
        }
    }
    let config = request.body.get("config");
    let name = config.and_then(|it| it["name"].as_str());
    let is_known = name.is_some_and(|name| contract::tags("ExtensionConfig").any(|it| it == name));
    if (is_new || config.is_some()) && !is_known {
        return Err(Reply::bad_request("Invalid extension configuration."));
    }
    Ok(())
}
