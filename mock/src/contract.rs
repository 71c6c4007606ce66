//! What the mock knows of the API: read from the OpenAPI document, so that it stands nowhere twice.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Error, Fault};

const DOCUMENT: &str = include_str!("../../openapi/imagekit.yaml");

/// The examples that the mock makes its responses after.
const EXAMPLES: [(&str, &str); 3] = [
    (
        "file-version-recent",
        include_str!("../../openapi/examples/file-version-recent.json"),
    ),
    (
        "file-version-video",
        include_str!("../../openapi/examples/file-version-video.json"),
    ),
    (
        "not-found",
        include_str!("../../openapi/examples/not-found.json"),
    ),
];

/// The documented version of a file.
pub(crate) const DOCUMENTED: &str = include_str!("../../openapi/examples/file-version.json");

static CONTRACT: LazyLock<Result<Contract, Error>> = LazyLock::new(|| Contract::parse(DOCUMENT));

/// The operations and the examples of the document.
#[derive(Debug)]
pub(crate) struct Contract {
    /// Finds the template that a path fits.
    templates: matchit::Router<String>,
    operations: Vec<Operation>,
}

#[derive(Debug)]
struct Operation {
    id: String,
    method: Method,
    /// The path, with the names of its parameters in braces.
    template: String,
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

#[derive(Deserialize)]
struct Document {
    paths: BTreeMap<String, BTreeMap<String, Value>>,
}

impl Contract {
    /// The document that is built in.
    pub(crate) fn get() -> Result<&'static Self, Error> {
        CONTRACT.as_ref().map_err(Clone::clone)
    }

    fn parse(document: &str) -> Result<Self, Error> {
        // Each response refers to the same headers by an alias.
        let options = serde_saphyr::options! { budget: None };
        let document: Document =
            serde_saphyr::from_str_with_options(document, options).map_err(Error::contract)?;
        let mut templates = matchit::Router::new();
        let mut operations = Vec::new();
        for (template, item) in document.paths {
            let found = item.iter().filter_map(|entry| operation(&template, entry));
            operations.extend(found);
            templates
                .insert(template.clone(), template)
                .map_err(Error::contract)?;
        }
        Ok(Self {
            templates,
            operations,
        })
    }

    pub(crate) fn route(&'static self, method: &Method, path: &str) -> Route {
        let Ok(found) = self.templates.at(path) else {
            return Route::Unknown;
        };
        let mut others = Vec::new();
        for operation in &self.operations {
            if operation.template != *found.value {
                continue;
            }
            if operation.method == method {
                let names = operation.template.split(['{', '}']).skip(1).step_by(2);
                let parameters = found.params.iter();
                return Route::Operation {
                    id: &operation.id,
                    names: names.collect(),
                    parameters: parameters.map(|(_, value)| decode(value)).collect(),
                };
            }
            others.push(operation.method.as_str());
        }
        Route::OtherMethods(others.join(", "))
    }

    /// The path of an operation, with these parameters in their order.
    pub(crate) fn path(&self, operation: &str, parameters: &[&str]) -> Option<String> {
        let mut operations = self.operations.iter();
        let template = &operations.find(|known| known.id == operation)?.template;
        let mut parameters = parameters.iter();
        let segments: Vec<_> = template
            .split('/')
            .map(|segment| {
                if segment.starts_with('{') {
                    parameters.next().map(|value| encode(value))
                } else {
                    Some(segment.to_owned())
                }
            })
            .collect::<Option<_>>()?;
        Some(segments.join("/"))
    }

    /// Returns the ids of all operations.
    pub(crate) fn ids(&self) -> String {
        let ids: Vec<_> = self.operations.iter().map(|known| &*known.id).collect();
        ids.join(", ")
    }

    /// Refuses a fault for an operation that there is not.
    pub(crate) fn check(&self, fault: &Fault) -> Result<(), Error> {
        match fault.operation() {
            Some(id) if !self.operations.iter().any(|known| known.id == id) => {
                Err(Error::UnknownOperation {
                    operation: id.to_owned(),
                    known: self.ids(),
                })
            }
            _ => Ok(()),
        }
    }

    /// One of the document's examples.
    pub(crate) fn example<T: DeserializeOwned>(&self, name: &str) -> Result<T, Error> {
        let Some((_, text)) = EXAMPLES.iter().find(|(known, _)| *known == name) else {
            return Err(Error::contract(format!("there is no example {name}")));
        };
        serde_json::from_str(text).map_err(Error::contract)
    }
}

/// One of the document's examples.
pub(crate) fn example<T: DeserializeOwned>(name: &str) -> Result<T, Error> {
    Contract::get()?.example(name)
}

/// The operation of an entry of a path; entries such as `parameters` are none.
fn operation(template: &str, (method, entry): (&String, &Value)) -> Option<Operation> {
    Some(Operation {
        id: entry.get("operationId")?.as_str()?.to_owned(),
        method: method.to_ascii_uppercase().parse().ok()?,
        template: template.to_owned(),
    })
}

/// A parameter of a path. One that is not UTF-8 becomes an id of nothing.
fn decode(parameter: &str) -> String {
    percent_decode_str(parameter)
        .decode_utf8_lossy()
        .into_owned()
}

/// Encodes a text as one segment of a path.
pub(crate) fn encode(text: &str) -> String {
    const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    utf8_percent_encode(text, ENCODED).to_string()
}
