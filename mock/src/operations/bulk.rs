use http::StatusCode;
use serde_json::{Map, Value, json};

use super::Context;
use super::files::refused;
use crate::library::files::{AiTags, Bulk, MAX_TAGS, remove_ai_tags as remove};
use crate::library::refusal::Refusal;
use crate::reply::{Outcome, Reply};
use crate::request::Request;

const MAX_DELETED: usize = 100;
const MAX_EDITED: usize = 50;

pub(super) fn delete(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let ids = ids(request)?;
    if ids.len() > MAX_DELETED {
        return Err(Reply::bad_request(
            "fileIds cannot have more than 100 items.",
        ));
    }
    let bulk = context.library.delete_many(&ids).map_err(missing)?;
    Ok(reply(
        bulk,
        "successfullyDeletedFileIds",
        "Error in deleting file",
    ))
}

pub(super) fn add_tags(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let (ids, tags) = (edited_ids(request)?, items(request, "tags")?);
    check_length(&tags)?;
    let bulk = context.library.each_file(&ids, |version| {
        let mut all = version.tags.clone().unwrap_or_default();
        let new = tags.iter().filter(|it| !all.contains(it)).cloned();
        let new: Vec<_> = new.collect();
        all.extend(new);
        if length(&all) > MAX_TAGS {
            return Err(Refusal::TooManyTags);
        }
        version.tags = Some(all);
        Ok(())
    });
    let bulk = bulk.map_err(missing)?;
    Ok(reply(
        bulk,
        "successfullyUpdatedFileIds",
        "Error in adding tags",
    ))
}

pub(super) fn remove_tags(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let (ids, tags) = (edited_ids(request)?, items(request, "tags")?);
    check_length(&tags)?;
    let bulk = context.library.each_file(&ids, |version| {
        if let Some(all) = &mut version.tags {
            all.retain(|it| !tags.contains(it));
            if all.is_empty() {
                version.tags = None;
            }
        }
        Ok(())
    });
    let bulk = bulk.map_err(missing)?;
    Ok(reply(
        bulk,
        "successfullyUpdatedFileIds",
        "Error in removing tags",
    ))
}

pub(super) fn remove_ai_tags(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let (ids, tags) = (
        edited_ids(request)?,
        AiTags::These(items(request, "AITags")?),
    );
    let bulk = context.library.each_file(&ids, |version| {
        remove(version, &tags);
        Ok(())
    });
    let bulk = bulk.map_err(missing)?;
    Ok(reply(
        bulk,
        "successfullyUpdatedFileIds",
        "Error in removing AITags",
    ))
}

fn items(request: &Request<'_>, name: &str) -> Result<Vec<String>, Reply> {
    let items = request.texts(name)?;
    if items.is_empty() {
        return Err(Reply::bad_request(format!("{name} cannot be empty.")));
    }
    Ok(items)
}

/// The ids without repetitions.
fn ids(request: &Request<'_>) -> Result<Vec<String>, Reply> {
    let mut ids = Vec::<String>::new();
    for id in items(request, "fileIds")? {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

fn edited_ids(request: &Request<'_>) -> Result<Vec<String>, Reply> {
    let ids = ids(request)?;
    if ids.len() > MAX_EDITED {
        return Err(Reply::bad_request(
            "A maximum of 50 files can be edited at a time.",
        ));
    }
    Ok(ids)
}

fn length(tags: &[String]) -> usize {
    tags.iter().map(|it| it.chars().count()).sum()
}

fn check_length(tags: &[String]) -> Result<(), Reply> {
    if length(tags) > MAX_TAGS || tags.iter().any(|it| it.contains('%')) {
        return Err(refused(Refusal::TooManyTags));
    }
    Ok(())
}

fn missing(refusal: Refusal) -> Reply {
    match refusal {
        Refusal::FilesMissing(ids) => Reply::error_with(
            StatusCode::NOT_FOUND,
            "The requested file(s) does not exist.",
            Map::from_iter([("missingFileIds".to_owned(), ids.into())]),
        ),
        other => refused(other),
    }
}

fn reply(bulk: Bulk, name: &str, error: &str) -> Reply {
    let errors = bulk.failed.iter();
    let errors: Vec<Value> = errors
        .map(|id| json!({ "fileId": id, "error": error }))
        .collect();
    let mut body = json!({ name: bulk.done });
    if errors.is_empty() {
        return Reply::ok(&body);
    }
    body["errors"] = errors.into();
    Reply::json(StatusCode::MULTI_STATUS, &body)
}
