use http::StatusCode;

use super::Context;
use crate::library::account::AccountRefusal;
use crate::reply::{Outcome, Reply};
use crate::request::Request;

pub(super) fn create(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    check(request)?;
    let created = context
        .library
        .create_url_endpoint(&request.body)
        .map_err(refused)?;
    Ok(Reply::json(StatusCode::CREATED, &created))
}

pub(super) fn list(context: &mut Context<'_>, _: &Request<'_>) -> Outcome {
    let all: Vec<_> = context.library.url_endpoints.values().collect();
    Ok(Reply::ok(&all))
}

pub(super) fn get(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let found = context.library.url_endpoints.get(request.id(0));
    let found = found.ok_or_else(|| refused(AccountRefusal::Missing))?;
    Ok(Reply::ok(found))
}

pub(super) fn update(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    check(request)?;
    let updated = context
        .library
        .update_url_endpoint(request.id(0), &request.body);
    Ok(Reply::ok(&updated.map_err(refused)?))
}

pub(super) fn delete(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let deleted = context.library.delete_url_endpoint(request.id(0));
    deleted.map_err(|refusal| match refusal {
        AccountRefusal::DefaultEndpoint => {
            Reply::bad_request("Default URL-endpoint cannot be deleted.")
        }
        other => refused(other),
    })?;
    Ok(Reply::no_content())
}

fn refused(refusal: AccountRefusal) -> Reply {
    match refusal {
        AccountRefusal::Missing => Reply::not_found("URL-endpoint not found."),
        AccountRefusal::UnknownOrigin => Reply::bad_request(
            "Origin does not exists. Please create origin before using it in URL-endpoint.",
        ),
        AccountRefusal::EmptyPrefix => Reply::bad_request(
            "urlPrefix cannot be empty: that is reserved for the default URL-endpoint.",
        ),
        AccountRefusal::NameTaken => {
            Reply::bad_request("A URL-endpoint with this urlPrefix already exists.")
        }
        AccountRefusal::DefaultEndpoint => {
            Reply::bad_request("The urlPrefix of the default URL-endpoint cannot be changed.")
        }
        other => Reply::bad_request(format!("The request cannot be fulfilled: {other:?}.")),
    }
}

fn check(request: &Request<'_>) -> Result<(), Reply> {
    if !request
        .body
        .get("description")
        .is_some_and(|it| it.is_string())
    {
        return Err(Reply::bad_request("description is required"));
    }
    Ok(())
}
