use http::StatusCode;

use super::Context;
use crate::library::account::AccountRefusal;
use crate::reply::{Outcome, Reply};
use crate::request::Request;

pub(super) fn create(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    check(request, true)?;
    let created = context
        .library
        .create_named_transformation(request.body.clone())
        .map_err(refused)?;
    Ok(Reply::json(StatusCode::CREATED, &created))
}

pub(super) fn list(context: &mut Context<'_>, _: &Request<'_>) -> Outcome {
    let all: Vec<_> = context.library.named_transformations.values().collect();
    Ok(Reply::ok(&all))
}

pub(super) fn get(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let found = context.library.named_transformations.get(request.id(0));
    let found = found.ok_or_else(|| refused(AccountRefusal::Missing))?;
    Ok(Reply::ok(found))
}

pub(super) fn update(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    check(request, false)?;
    let updated = context
        .library
        .update_named_transformation(request.id(0), request.body.clone());
    Ok(Reply::ok(&updated.map_err(refused)?))
}

pub(super) fn delete(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    context
        .library
        .delete_named_transformation(request.id(0))
        .map_err(refused)?;
    Ok(Reply::no_content())
}

fn refused(refusal: AccountRefusal) -> Reply {
    match refusal {
        AccountRefusal::Missing => {
            Reply::not_found("The requested named transformation does not exist.")
        }
        AccountRefusal::NameTaken => {
            Reply::bad_request("A named transformation with this name already exists.")
        }
        AccountRefusal::InUse => Reply::error(
            StatusCode::CONFLICT,
            "The named transformation is used in the upload settings of the account.",
        ),
        AccountRefusal::TooMany(limit) => Reply::bad_request(format!(
            "An account cannot have more than {limit} named transformations."
        )),
        other => Reply::bad_request(format!("The request cannot be fulfilled: {other:?}.")),
    }
}

fn check(request: &Request<'_>, is_new: bool) -> Result<(), Reply> {
    for name in ["name", "transformation"] {
        if is_new || request.body.contains_key(name) {
            request.text(name)?;
        }
    }
    let name = request
        .body
        .get("name")
        .and_then(|it| it.as_str())
        .unwrap_or("a");
    if !name
        .chars()
        .all(|it| it.is_ascii_alphanumeric() || it == '_')
    {
        return Err(Reply::bad_request(
            "name can contain only letters, digits and underscores.",
        ));
    }
    Ok(())
}
