//! What the mock knows of the API, from the tables of the contract.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use imagekit_openapi::validate::{Request, RequestDiagnostic, RequestValidator};
use imagekit_openapi::{Component, OPERATIONS, Operation};
use serde::de::DeserializeOwned;

use crate::{Error, Fault};

/// Validators of operations, each compiled when it is first needed.
static VALIDATORS: LazyLock<Mutex<HashMap<&str, Arc<RequestValidator>>>> =
    LazyLock::new(Mutex::default);

/// The file with the documented version.
const DOCUMENTED: &str = "file-version.json";

/// Returns everything that is wrong with a request.
pub(crate) fn diagnostics(
    operation: &'static Operation,
    request: &Request<'_>,
) -> Vec<RequestDiagnostic> {
    let validator = VALIDATORS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get(operation.id)
        .cloned();
    let validator = match validator {
        Some(known) => known,
        // A schema that cannot be used is a mistake of the document, and no reason to refuse a request.
        None => match RequestValidator::new(operation) {
            Ok(new) => {
                let new = Arc::new(new);
                let mut known = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
                known.insert(operation.id, new.clone());
                new
            }
            Err(_) => return Vec::new(),
        },
    };
    validator.diagnostics(request)
}

/// Returns the lowest documented status of success, and an example of its body; it may be empty.
pub(crate) fn documented_success(operation: &Operation) -> (u16, &'static str) {
    let Some(response) = operation.success() else {
        return (200, "");
    };
    let examples = response.examples;
    let documented = examples.iter().find(|it| it.name == "documented");
    let example = documented.or_else(|| examples.first());
    let body = example.and_then(|it| imagekit_openapi::example(it.file));
    (response.status_code(), body.unwrap_or_default())
}

/// Returns the path of an operation, with these parameters in their order.
pub(crate) fn path(operation: &str, parameters: &[&str]) -> Option<String> {
    imagekit_openapi::operation(operation)?.path_with(parameters)
}

/// Returns the ids of all operations.
pub(crate) fn ids() -> String {
    let ids: Vec<_> = OPERATIONS.iter().map(|it| it.id).collect();
    ids.join(", ")
}

/// Refuses a fault for an operation that does not exist.
pub(crate) fn check(fault: &Fault) -> Result<(), Error> {
    match fault.operation() {
        Some(id) if imagekit_openapi::operation(id).is_none() => Err(Error::UnknownOperation {
            operation: id.to_owned(),
            known: ids(),
        }),
        _ => Ok(()),
    }
}

/// Returns the tags by which a union of the document tells its variants, such as the types of events.
pub(crate) fn tags(union: &str) -> impl Iterator<Item = &'static str> {
    let union = imagekit_openapi::component(union);
    let discriminator = union.and_then(|it| it.discriminator.as_ref());
    discriminator
        .into_iter()
        .flat_map(|it| it.mapping)
        .map(|(tag, _)| *tag)
}

/// Returns the variant of a union that a tag means.
pub(crate) fn variant(union: &str, tag: &str) -> Option<&'static Component> {
    imagekit_openapi::component(union)?.variant(tag)
}

/// Returns the known values of a property of a component.
pub(crate) fn values(component: &str, property: &str) -> impl Iterator<Item = &'static str> {
    let component = imagekit_openapi::component(component);
    let property = component.and_then(|it| it.property(property));
    property
        .into_iter()
        .flat_map(|it| it.values)
        .map(|it| it.value)
}

/// Returns the JSON of the documented version.
pub(crate) fn documented_version() -> &'static str {
    imagekit_openapi::example(DOCUMENTED).unwrap_or_default()
}

/// Returns one of the document's examples, by the name of its file without the extension.
pub(crate) fn example<T: DeserializeOwned>(name: &str) -> Result<T, Error> {
    let text = imagekit_openapi::example(&format!("{name}.json"));
    let text = text.ok_or_else(|| Error::library(format!("the document has no example {name}")))?;
    serde_json::from_str(text).map_err(Error::library)
}
