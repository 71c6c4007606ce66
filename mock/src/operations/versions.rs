use serde_json::Value;

use super::Context;
use super::files::file_missing;
use crate::contract;
use crate::library::refusal::Refusal;
use crate::reply::{Outcome, Reply};
use crate::request::Request;
use http::StatusCode;

/// As the document's own example has it.
fn version_missing() -> Reply {
    let documented: Value = contract::example("not-found").unwrap_or_default();
    Reply::json(StatusCode::NOT_FOUND, &documented)
}

pub(super) fn list(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let library = &context.library;
    let file = library.stored(request.id(0)).ok_or_else(file_missing)?;
    let newest_first = file.versions.iter().rev();
    let versions: Vec<_> = newest_first.map(|it| library.view(file, it)).collect();
    Ok(Reply::ok(&versions))
}

pub(super) fn get(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let library = &context.library;
    let file = library.stored(request.id(0)).ok_or_else(version_missing)?;
    let version = file.version(request.id(1)).ok_or_else(version_missing)?;
    Ok(Reply::ok(&library.view(file, version)))
}

pub(super) fn delete(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let deleted = context.library.delete_version(request.id(0), request.id(1));
    deleted.map_err(refused)?;
    Ok(Reply::no_content())
}

pub(super) fn restore(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let library = &mut *context.library;
    library
        .restore(request.id(0), request.id(1))
        .map_err(refused)?;
    let file = library.stored(request.id(0)).ok_or_else(file_missing)?;
    Ok(Reply::ok(&library.view(file, file.current())))
}

fn refused(refusal: Refusal) -> Reply {
    match refusal {
        Refusal::CurrentVersion => {
            Reply::bad_request("You cannot delete current version of a file.")
        }
        _ => version_missing(),
    }
}
