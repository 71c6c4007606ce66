use http::StatusCode;

use super::Context;
use crate::library::account::AccountRefusal;
use crate::reply::{Outcome, Reply};
use crate::request::Request;

pub(super) fn create(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    check(request, true)?;
    let created = context
        .library
        .create_webhook(request.body.clone())
        .map_err(refused)?;
    Ok(Reply::json(StatusCode::CREATED, &created))
}

pub(super) fn list(context: &mut Context<'_>, _: &Request<'_>) -> Outcome {
    let all: Vec<_> = context.library.webhooks.values().collect();
    Ok(Reply::ok(&all))
}

pub(super) fn get(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let found = context.library.webhooks.get(request.id(0));
    let found = found.ok_or_else(|| refused(AccountRefusal::Missing))?;
    Ok(Reply::ok(found))
}

pub(super) fn update(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    check(request, false)?;
    let updated = context
        .library
        .update_webhook(request.id(0), request.body.clone());
    Ok(Reply::ok(&updated.map_err(refused)?))
}

pub(super) fn delete(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    context
        .library
        .delete_webhook(request.id(0))
        .map_err(refused)?;
    Ok(Reply::no_content())
}

fn refused(refusal: AccountRefusal) -> Reply {
    match refusal {
        AccountRefusal::Missing => Reply::not_found("The requested webhook does not exist."),
        AccountRefusal::NameTaken => {
            Reply::bad_request("A webhook with this endpoint already exists.")
        }
        AccountRefusal::TooMany(limit) => Reply::bad_request(format!(
            "An account cannot have more than {limit} webhooks."
        )),
        other => Reply::bad_request(format!("The request cannot be fulfilled: {other:?}.")),
    }
}

fn check(request: &Request<'_>, is_new: bool) -> Result<(), Reply> {
    if is_new || request.body.contains_key("endpoint") {
        let endpoint = request.text("endpoint")?;
        let uri = endpoint.parse::<http::Uri>().ok();
        let scheme = uri.as_ref().and_then(http::Uri::scheme_str);
        if !matches!(scheme, Some("http" | "https")) {
            return Err(crate::request::invalid("endpoint"));
        }
    }
    if is_new || request.body.contains_key("events") {
        let events = request.texts("events")?;
        if let Some(unknown) = events
            .iter()
            .find(|it| !crate::contract::tags("Event").any(|known| known == it.as_str()))
        {
            return Err(Reply::bad_request(format!("There is no event {unknown}.")));
        }
    }
    Ok(())
}
