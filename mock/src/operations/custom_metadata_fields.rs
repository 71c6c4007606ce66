use http::StatusCode;
use serde_json::{Map, Value};

use super::Context;
use crate::library::fields::FieldRefusal;
use crate::reply::{Outcome, Reply};
use crate::request::{Request, invalid};

pub(super) fn create(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    request.text("name")?;
    request.text("label")?;
    if !request.body.get("schema").is_some_and(Value::is_object) {
        return Err(invalid("schema"));
    }
    let created = context.library.create_field(request.body.clone());
    let created = created.map_err(|refusal| refused(refusal, "Invalid schema object"))?;
    Ok(Reply::json(StatusCode::CREATED, &created))
}

pub(super) fn list(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let with_deleted = request.query("includeDeleted") == Some("true");
    Ok(Reply::ok(&context.library.list_fields(with_deleted)))
}

pub(super) fn update(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    if request.body.contains_key("name") {
        return Err(Reply::bad_request("Name cannot be updated."));
    }
    if request.body.is_empty() {
        return Err(Reply::bad_request("Either label or schema is required."));
    }
    let updated = context
        .library
        .update_field(request.id(0), request.body.clone());
    let updated = updated.map_err(|refusal| refused(refusal, "Invalid schema object."))?;
    Ok(Reply::ok(&updated))
}

pub(super) fn delete(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let deleted = context.library.delete_field(request.id(0));
    deleted.map_err(|refusal| refused(refusal, ""))?;
    Ok(Reply::no_content())
}

fn refused(refusal: FieldRefusal, invalid_schema: &str) -> Reply {
    match refusal {
        FieldRefusal::Missing => Reply::not_found("No such custom metadata field exists."),
        FieldRefusal::NameTaken => {
            Reply::bad_request("A custom metadata field with this name already exists.")
        }
        FieldRefusal::LabelTaken => {
            Reply::bad_request("A custom metadata field with this label already exists.")
        }
        FieldRefusal::Schema(errors) => Reply::error_with(
            StatusCode::BAD_REQUEST,
            invalid_schema,
            Map::from_iter([("errors".to_owned(), Value::Object(errors))]),
        ),
    }
}
