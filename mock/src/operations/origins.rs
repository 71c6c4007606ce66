use http::StatusCode;

use super::Context;
use crate::contract;
use crate::library::account::AccountRefusal;
use crate::reply::{Outcome, Reply};
use crate::request::Request;

pub(super) fn create(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    check(request)?;
    let created = context.library.create_origin(&request.body);
    Ok(Reply::json(StatusCode::CREATED, &created))
}

pub(super) fn list(context: &mut Context<'_>, _: &Request<'_>) -> Outcome {
    let all: Vec<_> = context.library.origins.values().collect();
    Ok(Reply::ok(&all))
}

pub(super) fn get(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let found = context.library.origins.get(request.id(0));
    let found = found.ok_or_else(|| refused(AccountRefusal::Missing))?;
    Ok(Reply::ok(found))
}

pub(super) fn update(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    check(request)?;
    let updated = context.library.update_origin(request.id(0), &request.body);
    Ok(Reply::ok(&updated.map_err(refused)?))
}

pub(super) fn delete(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    context
        .library
        .delete_origin(request.id(0))
        .map_err(refused)?;
    Ok(Reply::no_content())
}

fn refused(refusal: AccountRefusal) -> Reply {
    match refusal {
        AccountRefusal::Missing => Reply::not_found("Origin not found."),
        // That it is an error is documented, which one is not.
        AccountRefusal::InUse => {
            Reply::bad_request("Origin is used in a URL-endpoint and cannot be deleted.")
        }
        other => Reply::bad_request(format!("The request cannot be fulfilled: {other:?}.")),
    }
}

/// Says what is missing, one property at a time.
fn check(request: &Request<'_>) -> Result<(), Reply> {
    let kind = request
        .body
        .get("type")
        .and_then(|it| it.as_str())
        .unwrap_or_default();
    let Some(variant) = contract::variant("OriginRequest", kind) else {
        let types: Vec<_> = contract::tags("OriginRequest").collect();
        let types = types.join(", ");
        return Err(Reply::bad_request(format!(
            "Invalid origin type. Must be one of {types}."
        )));
    };
    let mut required = variant.properties.iter().filter(|it| it.required);
    match required.find(|it| !request.body.contains_key(it.name)) {
        Some(missing) => Err(Reply::bad_request(format!("{} is required", missing.name))),
        None => Ok(()),
    }
}
