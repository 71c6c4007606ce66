use http::StatusCode;
use serde_json::{Map, Value, json};

use super::Context;
use crate::contract;
use crate::library::files::{AiTags, Changes};
use crate::library::paths;
use crate::library::refusal::Refusal;
use crate::reply::{Outcome, Reply};
use crate::request::{Request, invalid, texts};

pub(super) fn file_missing() -> Reply {
    Reply::not_found("The requested file does not exist.")
}

pub(super) fn get_details(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let library = &context.library;
    let file = library.stored(request.id(0)).ok_or_else(file_missing)?;
    Ok(Reply::ok(&library.view(file, file.current())))
}

pub(super) fn update_details(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let (library, id) = (&mut *context.library, request.id(0));
    if library.stored(id).is_none() {
        return Err(file_missing());
    }
    if let Some(publish) = request.body.get("publish") {
        let published = publish["isPublished"].as_bool();
        let published = published.ok_or_else(|| invalid("publish.isPublished"))?;
        let all = publish["includeFileVersions"].as_bool().unwrap_or(false);
        library.publish(id, published, all).map_err(refused)?;
        return get_details(context, request);
    }
    let extensions = match request.body.get("extensions") {
        Some(Value::Array(extensions)) => extensions.as_slice(),
        None => &[],
        Some(_) => return Err(invalid("extensions")),
    };
    check_extensions(library, extensions)?;
    library.update(id, changes(request)?).map_err(refused)?;
    if extensions.is_empty() {
        return get_details(context, request);
    }
    let webhook = request.body.get("webhookUrl").and_then(Value::as_str);
    let status = library.run_extensions(id, extensions, webhook);
    let file = library.stored(id).ok_or_else(file_missing)?;
    let mut view = library.view(file, file.current());
    view.extension_status = Some(&status);
    Ok(Reply::ok(&view))
}

fn changes(request: &Request<'_>) -> Result<Changes, Reply> {
    let body = &request.body;
    Ok(Changes {
        tags: match body.get("tags") {
            None => None,
            Some(Value::Null) => Some(None),
            tags => Some(Some(texts(tags).ok_or_else(|| invalid("tags"))?)),
        },
        custom_coordinates: match body.get("customCoordinates") {
            None => None,
            Some(Value::Null) => Some(None),
            Some(Value::String(text)) if are_coordinates(text) => Some(Some(text.clone())),
            Some(_) => return Err(invalid("customCoordinates")),
        },
        custom_metadata: match body.get("customMetadata") {
            None => Map::new(),
            Some(Value::Object(values)) => values.clone(),
            Some(_) => return Err(invalid("customMetadata")),
        },
        description: match body.get("description") {
            None => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => return Err(invalid("description")),
        },
        remove_ai_tags: match body.get("removeAITags") {
            None => None,
            Some(Value::String(all)) if all == "all" => Some(AiTags::All),
            names => Some(AiTags::These(
                texts(names).ok_or_else(|| invalid("removeAITags"))?,
            )),
        },
    })
}

/// Whether a text is `x,y,width,height`.
pub(super) fn are_coordinates(text: &str) -> bool {
    let numbers: Vec<_> = text.split(',').map(str::parse::<u32>).collect();
    numbers.len() == 4 && numbers.iter().all(Result::is_ok)
}

/// Refuses extensions that do not exist.
pub(super) fn check_extensions(
    library: &crate::Library,
    extensions: &[Value],
) -> Result<(), Reply> {
    for extension in extensions {
        let name = extension["name"].as_str().unwrap_or_default();
        let id = extension["id"].as_str().unwrap_or_default();
        let is_known = match name {
            "saved-extension" => library.saved_extensions.contains_key(id),
            _ => contract::tags("ExtensionConfig").any(|it| it == name),
        };
        if !is_known {
            return Err(invalid("extensions"));
        }
    }
    Ok(())
}

/// Explains why something cannot be done to a file that is named by its id.
pub(super) fn refused(refusal: Refusal) -> Reply {
    match refusal {
        Refusal::FileMissing => file_missing(),
        Refusal::VersionMissing => Reply::not_found("The requested file version does not exist."),
        Refusal::CustomMetadata(errors) => Reply::error_with(
            StatusCode::BAD_REQUEST,
            "Invalid custom metadata.",
            Map::from_iter([("errors".to_owned(), Value::Object(errors))]),
        ),
        Refusal::TooManyTags => Reply::bad_request(
            "The combined length of all tags should not exceed 500 characters, and tags cannot contain %.",
        ),
        Refusal::VersionLimit => Reply::bad_request("A file cannot have more than 100 versions."),
        Refusal::InvalidPath => invalid("folder"),
        Refusal::NameTaken => Reply::bad_request(
            "A file with the same name already exists at the exact location. We could not overwrite it because \
             both overwriteFile and useUniqueFileName are set to false.",
        ),
        other => Reply::bad_request(format!("The request cannot be fulfilled: {other:?}.")),
    }
}

pub(super) fn delete(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    context.library.delete(request.id(0)).map_err(refused)?;
    Ok(Reply::no_content())
}

pub(super) fn copy(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let path = paths::normalize(path(request, "sourceFilePath")?);
    let folder = paths::normalize(self::path(request, "destinationPath")?);
    let all = request.flag("includeFileVersions")?;
    let copied = context.library.copy_file(&path, &folder, all);
    copied.map_err(|refusal| not_transferred(refusal, &path))?;
    Ok(Reply::no_content())
}

pub(super) fn move_(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let path = paths::normalize(path(request, "sourceFilePath")?);
    let folder = paths::normalize(self::path(request, "destinationPath")?);
    let moved = context.library.move_file(&path, &folder);
    moved.map_err(|refusal| not_transferred(refusal, &path))?;
    Ok(Reply::no_content())
}

/// Reads a path, whose lack has a reason of its own.
pub(super) fn path<'a>(request: &'a Request<'_>, name: &str) -> Result<&'a str, Reply> {
    request.text(name).map_err(|_| {
        let message = format!("Your request is missing {name} parameter.");
        Reply::reason(StatusCode::BAD_REQUEST, "MISSING_PARAMETER", message)
    })
}

pub(super) const INVALID_PARAMETERS: &str =
    "Your request is missing parameters / contains invalid parameters.";

fn not_transferred(refusal: Refusal, path: &str) -> Reply {
    let reason = match refusal {
        Refusal::FileMissing => {
            let message = format!("No file found with filePath `{path}`.");
            return Reply::reason(StatusCode::NOT_FOUND, "SOURCE_FILE_MISSING", message);
        }
        Refusal::SamePlace => "SAME_SOURCE_AND_DESTINATION",
        Refusal::VersionLimit => "VERSION_LIMIT_EXCEEDED",
        Refusal::InvalidPath => "INVALID_FOLDER_PATH",
        _ => "INVALID_PARAMETER",
    };
    Reply::reason(StatusCode::BAD_REQUEST, reason, INVALID_PARAMETERS)
}

pub(super) fn rename(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let path = paths::normalize(path(request, "filePath")?);
    let name = self::path(request, "newFileName")?;
    let purge = request.flag("purgeCache")?;
    let library = &mut *context.library;
    if name.contains('/') || [".", ".."].contains(&name) {
        let message = "newFileName cannot contain a slash.";
        return Err(Reply::reason(
            StatusCode::BAD_REQUEST,
            "INVALID_PARAMETER",
            message,
        ));
    }
    let old_address = library
        .file_by_path(&path)
        .map(|file| file.address(&library.endpoint));
    library
        .rename_file(&path, name)
        .map_err(|refusal| match refusal {
            Refusal::FileMissing => Reply::reason(
                StatusCode::NOT_FOUND,
                "FILE_MISSING",
                format!("No file found with filePath `{path}`."),
            ),
            Refusal::NameTaken => Reply::reason(
                StatusCode::CONFLICT,
                "FILE_ALREADY_EXISTS",
                format!("File with name {name} already exists at the same location."),
            ),
            _ => Reply::reason(
                StatusCode::BAD_REQUEST,
                "SAME_OLD_AND_NEW_NAME",
                "newFileName cannot be the same as its existing name.",
            ),
        })?;
    if !purge {
        return Ok(Reply::ok(&json!({})));
    }
    match library.purge(&format!("{}*", old_address.unwrap_or_default())) {
        Some(id) => Ok(Reply::ok(&json!({ "purgeRequestId": id }))),
        None => Ok(Reply::reason(
            StatusCode::MULTI_STATUS,
            "PURGE_FAILED",
            "File renamed successfully but we could not purge the CDN cache for old URL because of rate limits on \
             purge API.",
        )),
    }
}
