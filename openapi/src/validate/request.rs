//! Requests against operations.

use std::fmt;

use serde_json::Value;

use super::{Diagnostic, SchemaError, Validator};
use crate::{Field, Operation, Place, Type};

const MISSING: &str = "it is missing";

/// An operation that requests can be checked against.
#[derive(Debug)]
pub struct RequestValidator {
    operation: &'static Operation,
    parameters: Vec<(&'static Field, Validator)>,
    body: Body,
}

#[derive(Debug)]
enum Body {
    None,
    Json {
        required: bool,
        validator: Validator,
    },
    Form(Vec<(&'static Field, Validator)>),
}

/// What a request holds. Names and values are decoded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request<'a> {
    /// The parameters of the path.
    pub path: &'a [(&'a str, String)],
    /// The parameters of the query.
    pub query: &'a [(String, String)],
    /// The body.
    pub body: RequestBody<'a>,
}

/// What is sent with a request.
#[derive(Clone, Copy, Debug, Default)]
pub enum RequestBody<'a> {
    /// Nothing.
    #[default]
    None,
    /// JSON.
    Json(&'a Value),
    /// The texts of a form. A file counts as any text.
    Form(&'a [(String, String)]),
}

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestDiagnostic {
    /// Where it is.
    pub place: Place,
    /// The name of the parameter, property or part, with the way to the value within it: `tags[0]`. Empty if it
    /// is the body as a whole.
    pub name: String,
    /// What is wrong.
    pub message: String,
    /// Whether it is missing altogether.
    pub missing: bool,
}

impl RequestValidator {
    /// Returns a validator for requests of an operation.
    ///
    /// # Errors
    ///
    /// If a schema of the document cannot be used.
    pub fn new(operation: &'static Operation) -> Result<Self, SchemaError> {
        let fields = |fields: &'static [Field]| {
            let validators = fields
                .iter()
                .map(|it| Ok((it, Validator::parse(it.schema)?)));
            validators.collect::<Result<Vec<_>, SchemaError>>()
        };
        let body = match &operation.body {
            None => Body::None,
            Some(body) if body.media_type == "application/json" => Body::Json {
                required: body.required,
                validator: Validator::of(body.component.unwrap_or_default())?,
            },
            Some(body) => Body::Form(fields(body.properties)?),
        };
        Ok(Self {
            operation,
            parameters: fields(operation.parameters)?,
            body,
        })
    }

    /// Returns everything that is wrong with a request: its path, its query, then its body. What the document
    /// does not know is ignored, as ImageKit does.
    #[must_use]
    pub fn diagnostics(&self, request: &Request<'_>) -> Vec<RequestDiagnostic> {
        let mut found = Vec::new();
        for (field, validator) in &self.parameters {
            let text = match field.place {
                Place::Path => given(request.path.iter().map(|(name, text)| (*name, text)), field),
                Place::Query => given(
                    request
                        .query
                        .iter()
                        .map(|(name, text)| (name.as_str(), text)),
                    field,
                ),
                _ => continue,
            };
            check_text(field, validator, text, &mut found);
        }
        match (&self.body, request.body) {
            (Body::None, _) => {}
            (Body::Json { validator, .. }, RequestBody::Json(value)) => {
                let problems = validator.diagnostics(value).into_iter();
                found.extend(problems.map(|it| within(Place::Body, "", it)));
                self.check_alone(value, &mut found);
            }
            (Body::Json { required, .. }, _) if *required => found.push(RequestDiagnostic {
                place: Place::Body,
                name: String::new(),
                message: "the request needs a JSON body".to_owned(),
                missing: true,
            }),
            (Body::Json { .. }, _) => {}
            (Body::Form(fields), body) => {
                let form = match body {
                    RequestBody::Form(form) => form,
                    _ => &[],
                };
                for (field, validator) in fields {
                    let text = given(form.iter().map(|(name, text)| (name.as_str(), text)), field);
                    check_text(field, validator, text, &mut found);
                }
            }
        }
        found
    }

    /// Some properties must be the only one.
    fn check_alone(&self, value: &Value, found: &mut Vec<RequestDiagnostic>) {
        let properties = self.operation.body.iter().flat_map(|body| body.properties);
        let given = value.as_object().map_or(0, serde_json::Map::len);
        for field in properties.filter(|it| it.alone) {
            if given > 1 && value.get(field.name).is_some() {
                found.push(RequestDiagnostic {
                    place: Place::Body,
                    name: field.name.to_owned(),
                    message: "nothing else can be sent with it".to_owned(),
                    missing: false,
                });
            }
        }
    }
}

impl fmt::Display for RequestDiagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            return f.write_str(&self.message);
        }
        write!(f, "{}: {}", self.name, self.message)
    }
}

fn given<'a>(
    mut pairs: impl Iterator<Item = (&'a str, &'a String)>,
    field: &Field,
) -> Option<&'a str> {
    let pair = pairs.find(|(name, _)| *name == field.name)?;
    Some(pair.1)
}

fn check_text(
    field: &Field,
    validator: &Validator,
    text: Option<&str>,
    found: &mut Vec<RequestDiagnostic>,
) {
    let wrong = |message: String, missing: bool| RequestDiagnostic {
        place: field.place,
        name: field.name.to_owned(),
        message,
        missing,
    };
    let Some(text) = text else {
        if field.required {
            found.push(wrong(MISSING.to_owned(), true));
        }
        return;
    };
    match value(field, text) {
        Ok(value) => {
            let problems = validator.diagnostics(&value).into_iter();
            found.extend(problems.map(|it| within(field.place, field.name, it)));
        }
        Err(error) => found.push(wrong(format!("it is not JSON: {error}"), false)),
    }
}

/// The value that a text of a query or form stands for.
fn value(field: &Field, text: &str) -> Result<Value, serde_json::Error> {
    if field.format == Some("json") {
        return serde_json::from_str(text);
    }
    Ok(match field.ty {
        Type::Array(_) => text.split(',').filter(|it| !it.is_empty()).collect(),
        // What is none of these stays a text, which the schema refuses.
        Type::Integer | Type::Number | Type::Boolean => {
            serde_json::from_str(text).unwrap_or_else(|_| text.into())
        }
        _ => text.into(),
    })
}

/// A diagnostic about a value within a field, or within the body if `name` is empty.
fn within(place: Place, name: &str, diagnostic: Diagnostic) -> RequestDiagnostic {
    let Diagnostic {
        path,
        message,
        missing,
        ..
    } = diagnostic;
    let path = match &missing {
        Some(property) => path.clone().key(property),
        None => path,
    };
    let inner = path.as_str().trim_start_matches('$');
    let name = match name {
        "" => inner.trim_start_matches('.').to_owned(),
        name => format!("{name}{inner}"),
    };
    RequestDiagnostic {
        place,
        name,
        message: match missing {
            Some(_) => MISSING.to_owned(),
            None => message,
        },
        missing: missing.is_some(),
    }
}
