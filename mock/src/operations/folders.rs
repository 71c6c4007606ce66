use http::StatusCode;
use serde_json::json;

use super::Context;
use super::files::{INVALID_PARAMETERS, path};
use crate::library::paths;
use crate::library::refusal::Refusal;
use crate::reply::{Outcome, Reply};
use crate::request::Request;

pub(super) fn create(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let name = request.text("folderName")?;
    let parent = request.text("parentFolderPath")?;
    if name.contains('/') {
        return Err(Reply::bad_request("folderName cannot contain a slash."));
    }
    let created = context.library.create_folder(name, parent);
    created.map_err(|_| {
        let message = "'.' & '..' can not be used as folder-name";
        Reply::reason(StatusCode::BAD_REQUEST, "INVALID_FOLDER_PATH", message)
    })?;
    Ok(Reply::json(StatusCode::CREATED, &json!({})))
}

pub(super) fn delete(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let given = request.text("folderPath")?;
    let deleted = context.library.delete_folder(&paths::normalize(given));
    deleted.map_err(|refusal| match refusal {
        Refusal::TooManyItems => Reply::reason(
            StatusCode::BAD_REQUEST,
            "TOO_MANY_OBJECTS",
            "The folder contains too many objects.",
        ),
        Refusal::Locked => locked(),
        _ => {
            let message = format!("No folder found with folderPath `{given}`.");
            Reply::reason(StatusCode::NOT_FOUND, "FOLDER_NOT_FOUND", message)
        }
    })?;
    Ok(Reply::no_content())
}

pub(super) fn copy(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let source = path(request, "sourceFolderPath")?;
    let destination = path(request, "destinationPath")?;
    // Sources disagree about the name, so both are understood.
    let all = request.flag("includeVersions")? || request.flag("includeFileVersions")?;
    let job = context.library.start_copy(source, destination, all);
    let job = job.map_err(|refusal| not_transferred(refusal, source))?;
    Ok(Reply::ok(&json!({ "jobId": job })))
}

pub(super) fn move_(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let source = path(request, "sourceFolderPath")?;
    let destination = path(request, "destinationPath")?;
    let job = context.library.start_move(source, destination);
    let job = job.map_err(|refusal| not_transferred(refusal, source))?;
    Ok(Reply::ok(&json!({ "jobId": job })))
}

fn locked() -> Reply {
    let message = "A bulk job is running on given folder path, please try after sometime.";
    Reply::error(StatusCode::LOCKED, message)
}

fn not_transferred(refusal: Refusal, source: &str) -> Reply {
    let (reason, message) = match refusal {
        Refusal::FolderMissing => {
            let message = format!("No files & folder found at sourceFolderPath `{source}`.");
            return Reply::reason(StatusCode::NOT_FOUND, "NO_FILES_FOLDER", message);
        }
        Refusal::Locked => return locked(),
        Refusal::DestinationLocked => {
            let message = "Destination folder path is already locked by another bulk job, please try after sometime.";
            return Reply::error(StatusCode::LOCKED, message);
        }
        Refusal::IntoItself => (
            "INVALID_DESTINATION_PATH",
            "This operation is not allowed because parent folder cannot be moved into child folder.",
        ),
        Refusal::Root => ("SOURCE_IS_ROOT", INVALID_PARAMETERS),
        Refusal::SamePlace => ("SAME_SOURCE_AND_DESTINATION", INVALID_PARAMETERS),
        Refusal::TooManyItems => ("TOO_MANY_OBJECTS", INVALID_PARAMETERS),
        _ => ("INVALID_FOLDER_PATH", INVALID_PARAMETERS),
    };
    Reply::reason(StatusCode::BAD_REQUEST, reason, message)
}

pub(super) fn rename(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let missing = |name: &str| Reply::bad_request(format!("{name} parameter is missing."));
    let folder = request
        .text("folderPath")
        .map_err(|_| missing("folderPath"))?;
    let name = request
        .text("newFolderName")
        .map_err(|_| missing("newFolderName"))?;
    let purge = request.flag("purgeCache")?;
    if name.contains('/') {
        return Err(Reply::bad_request("newFolderName cannot contain a slash."));
    }
    let job = context.library.start_rename(folder, name, purge);
    let job = job.map_err(|refusal| match refusal {
        Refusal::Root => Reply::bad_request("folderPath cannot be root."),
        Refusal::FolderMissing => Reply::not_found("Source folder not found."),
        Refusal::Locked => locked(),
        Refusal::NameTaken => {
            let message = format!("Folder with name {name} already exists at the same location.");
            Reply::error(StatusCode::CONFLICT, message)
        }
        _ => Reply::bad_request("'.' & '..' can not be used as folder-name"),
    })?;
    Ok(Reply::json(StatusCode::ACCEPTED, &json!({ "jobId": job })))
}

pub(super) fn job_status(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let job = context.library.job(request.id(0));
    let job = job.ok_or_else(|| Reply::not_found("The requested job does not exist."))?;
    if !job.is_purge_refused {
        return Ok(Reply::ok(&job.body));
    }
    let message = "Folder renamed successfully but purging cache on nested files failed.";
    let mut body = job.body.as_object().cloned().unwrap_or_default();
    body.insert("status".to_owned(), "Partial success".into());
    Ok(Reply::error_with(StatusCode::MULTI_STATUS, message, body))
}
