use http::StatusCode;

use super::Context;
use crate::library::account::AccountRefusal;
use crate::reply::{Outcome, Reply};
use crate::request::Request;

pub(super) fn create(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    check(request, true)?;
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
    check(request, false)?;
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

const TYPES: [&str; 8] = [
    "S3",
    "S3_COMPATIBLE",
    "CLOUDINARY_BACKUP",
    "WEB_FOLDER",
    "WEB_PROXY",
    "GCS",
    "AZURE_BLOB",
    "AKENEO_PIM",
];

/// Says what is missing, one property at a time.
fn check(request: &Request<'_>, _is_new: bool) -> Result<(), Reply> {
    let kind = request
        .body
        .get("type")
        .and_then(|it| it.as_str())
        .unwrap_or_default();
    let required: &[&str] = match kind {
        "S3" | "CLOUDINARY_BACKUP" => &["bucket", "accessKey", "secretKey"],
        "S3_COMPATIBLE" => &["bucket", "accessKey", "secretKey", "endpoint"],
        "WEB_FOLDER" => &["baseUrl"],
        "WEB_PROXY" => &[],
        "GCS" => &["bucket", "clientEmail", "privateKey"],
        "AZURE_BLOB" => &["container", "accountName", "sasToken"],
        "AKENEO_PIM" => &[
            "baseUrl",
            "clientId",
            "clientSecret",
            "username",
            "password",
        ],
        _ => {
            let types = TYPES.join(", ");
            return Err(Reply::bad_request(format!(
                "Invalid origin type. Must be one of {types}."
            )));
        }
    };
    for name in ["name"].iter().chain(required) {
        if !request.body.get(*name).is_some_and(|it| it.is_string()) {
            return Err(Reply::bad_request(format!("{name} is required")));
        }
    }
    Ok(())
}
