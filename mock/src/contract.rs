//! What the mock knows of the API: the tables of `imagekit-openapi`, so that it stands nowhere twice.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use http::Method;
use imagekit_openapi::validate::{self, RequestBody, RequestDiagnostic, RequestValidator};
use imagekit_openapi::{OPERATIONS, Place};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{Error, Fault};

/// Measures requests by the document. Each operation is prepared when it is first needed.
#[derive(Debug, Default)]
pub(crate) struct Contract {
    validators: Mutex<HashMap<&'static str, Arc<RequestValidator>>>,
}

/// Where a request leads.
#[derive(Debug)]
pub(crate) enum Route {
    /// To an operation, with the parameters of its path, decoded and in their order.
    Operation {
        id: &'static str,
        names: Vec<&'static str>,
        parameters: Vec<String>,
    },
    /// To a path that has these methods instead.
    OtherMethods(String),
    /// Nowhere.
    Unknown,
}

/// What a request holds.
#[derive(Debug)]
pub(crate) struct Given<'a> {
    pub(crate) query: &'a [(String, String)],
    pub(crate) body: Option<&'a Map<String, Value>>,
    /// The texts of a form.
    pub(crate) form: &'a [(String, String)],
    /// Whether a form has a file.
    pub(crate) has_file: bool,
}

/// What is wrong with a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem(RequestDiagnostic);

impl Contract {
    pub(crate) fn route(&self, method: &Method, path: &str) -> Route {
        match imagekit_openapi::route(method.as_str(), path) {
            imagekit_openapi::Route::Operation(operation, parameters) => {
                let (names, parameters) = parameters.into_iter().unzip();
                Route::Operation {
                    id: operation.id,
                    names,
                    parameters,
                }
            }
            imagekit_openapi::Route::OtherMethods(methods) => {
                Route::OtherMethods(methods.join(", "))
            }
            imagekit_openapi::Route::Unknown => Route::Unknown,
        }
    }

    /// The path of an operation, with these parameters in their order.
    pub(crate) fn path(&self, operation: &str, parameters: &[&str]) -> Option<String> {
        imagekit_openapi::operation(operation)?.path_with(parameters)
    }

    /// Returns the ids of all operations.
    pub(crate) fn ids(&self) -> String {
        let ids: Vec<_> = OPERATIONS.iter().map(|known| known.id).collect();
        ids.join(", ")
    }

    /// Refuses a fault for an operation that there is not.
    pub(crate) fn check(&self, fault: &Fault) -> Result<(), Error> {
        match fault.operation() {
            Some(id) if imagekit_openapi::operation(id).is_none() => Err(Error::UnknownOperation {
                operation: id.to_owned(),
                known: self.ids(),
            }),
            _ => Ok(()),
        }
    }

    /// Returns what is wrong with a request by the document, if anything is.
    pub(crate) fn problem(&self, operation: &str, given: &Given<'_>) -> Option<Problem> {
        let operation = imagekit_openapi::operation(operation)?;
        let body = Value::Object(given.body.cloned().unwrap_or_default());
        let mut form = given.form.to_vec();
        if given.has_file {
            form.push(("file".to_owned(), String::new()));
        }
        let request = validate::Request {
            query: given.query,
            body: match &operation.body {
                Some(body) if body.media_type != "application/json" => RequestBody::Form(&form),
                _ => RequestBody::Json(&body),
            },
            ..validate::Request::default()
        };
        let found = self.validator(operation)?.diagnostics(&request);
        // An id that cannot be one belongs to nothing.
        let found = found.into_iter().find(|it| it.place != Place::Path);
        found.map(Problem)
    }

    /// Returns the lowest documented status of success, and the body of an example of it.
    pub(crate) fn documented_success(&self, operation: &str) -> Option<(u16, &'static str)> {
        let success = imagekit_openapi::operation(operation)?.success()?;
        let documented = success.examples.iter().find(|it| it.name == "documented");
        let body = match documented.or(success.examples.first()) {
            Some(example) => imagekit_openapi::example(example.file)?,
            None => "",
        };
        Some((success.status_code(), body))
    }

    fn validator(
        &self,
        operation: &'static imagekit_openapi::Operation,
    ) -> Option<Arc<RequestValidator>> {
        let mut validators = self
            .validators
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = validators.get(operation.id) {
            return Some(known.clone());
        }
        // A schema that cannot be used is a mistake of the document, and no reason to refuse a request.
        let validator = Arc::new(RequestValidator::new(operation).ok()?);
        validators.insert(operation.id, validator.clone());
        Some(validator)
    }
}

impl Problem {
    /// Returns the name of the parameter or of the property of the body itself.
    pub(crate) fn name(&self) -> &str {
        let field = &self.0.name;
        let end = field.find(['.', '[']).unwrap_or(field.len());
        &field[..end]
    }

    /// Returns `true` if a parameter or a property of the body itself is missing.
    pub(crate) fn is_missing(&self) -> bool {
        self.0.missing && self.name() == self.0.name
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RequestDiagnostic { name, message, .. } = &self.0;
        if self.0.missing {
            write!(f, "Your request is missing {name} parameter.")
        } else {
            write!(
                f,
                "Your request contains invalid {name} parameter: {message}."
            )
        }
    }
}

/// One of the document's examples, by the name of its file without the extension.
pub(crate) fn example<T: DeserializeOwned>(name: &str) -> Result<T, Error> {
    let text = imagekit_openapi::example(&format!("{name}.json"));
    let text = text.ok_or_else(|| Error::contract(format!("there is no example {name}")))?;
    serde_json::from_str(text).map_err(Error::contract)
}
