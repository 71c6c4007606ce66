use super::Context;
use crate::reply::{Outcome, Reply};
use crate::request::Request;

fn missing() -> Reply {
    Reply::not_found("The requested file does not exist or is inaccessible at this time.")
}

pub(super) fn of_file(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let library = &context.library;
    let file = library.stored(request.id(0)).ok_or_else(missing)?;
    Ok(Reply::ok(&library.metadata(file.current())))
}

pub(super) fn of_url(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let library = &context.library;
    let url = request.required_query("url")?;
    let Some(address) = crate::delivery::Address::of_url(library, url) else {
        return Err(Reply::bad_request(
            "The url should be accessible using your ImageKit.io account.",
        ));
    };
    let (_, version) = address.find(library).ok_or_else(missing)?;
    Ok(Reply::ok(&library.metadata(version)))
}
