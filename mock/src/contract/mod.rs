//! What the mock knows of the API: read from the OpenAPI document, so that it stands nowhere twice.

mod examples;
mod validation;

use std::sync::LazyLock;

use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::validation::Schemas;
pub(crate) use self::validation::{Given, Problem};
use crate::{Error, Fault};

const DOCUMENT: &str = include_str!("../../../openapi/imagekit.yaml");

/// The documented version of a file.
pub(crate) const DOCUMENTED: &str = include_str!("../../../openapi/examples/file-version.json");

static CONTRACT: LazyLock<Result<Contract, Error>> = LazyLock::new(|| Contract::parse(DOCUMENT));

/// The operations and the examples of the document.
#[derive(Debug)]
pub(crate) struct Contract {
    /// Finds the template that a path fits.
    templates: matchit::Router<String>,
    operations: Vec<Operation>,
    schemas: Schemas,
}

#[derive(Debug)]
struct Operation {
    id: String,
    method: Method,
    /// The path, with the names of its parameters in braces.
    template: String,
    /// What the document says about it.
    description: Value,
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

impl Contract {
    /// The document that is built in.
    pub(crate) fn get() -> Result<&'static Self, Error> {
        CONTRACT.as_ref().map_err(Clone::clone)
    }

    fn parse(document: &str) -> Result<Self, Error> {
        // Each response refers to the same headers by an alias.
        let options = serde_saphyr::options! { budget: None };
        let document: Value =
            serde_saphyr::from_str_with_options(document, options).map_err(Error::contract)?;
        let mut templates = matchit::Router::new();
        let mut operations = Vec::new();
        for (template, item) in document["paths"].as_object().into_iter().flatten() {
            let entries = item.as_object().into_iter().flatten();
            operations.extend(entries.filter_map(|entry| operation(template, entry)));
            templates
                .insert(template, template.clone())
                .map_err(Error::contract)?;
        }
        let schemas = Schemas::new(&document["components"]["schemas"]);
        Ok(Self {
            templates,
            operations,
            schemas,
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
        let template = &self.operation(operation)?.template;
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

    /// Returns what is wrong with a request by the document, if anything is.
    pub(crate) fn problem(&self, operation: &str, given: &Given<'_>) -> Option<Problem> {
        self.schemas
            .problem(&self.operation(operation)?.description, given)
    }

    /// Returns the lowest documented status of success, and the body of an example of it.
    pub(crate) fn documented_success(&self, operation: &str) -> Option<(u16, &'static str)> {
        let responses = self.operation(operation)?.description["responses"].as_object()?;
        let (status, response) = responses
            .iter()
            .find(|(status, _)| status.starts_with('2'))?;
        let content = &response["content"]["application/json"];
        let examples = content["examples"].as_object();
        let documented =
            examples.and_then(|it| it.get("documented").or_else(|| it.values().next()));
        let file = documented.and_then(|it| it["externalValue"].as_str()?.rsplit('/').next());
        let body = match file {
            Some(file) => text(file)?,
            // Only the version of a file is a response that has a name.
            None if response.get("$ref").is_some() => DOCUMENTED,
            None => "",
        };
        Some((status.parse().ok()?, body))
    }

    fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|known| known.id == id)
    }
}

/// One of the document's examples, by the name of its file without the extension.
pub(crate) fn example<T: DeserializeOwned>(name: &str) -> Result<T, Error> {
    let text = text(&format!("{name}.json"));
    let text = text.ok_or_else(|| Error::contract(format!("there is no example {name}")))?;
    serde_json::from_str(text).map_err(Error::contract)
}

fn text(file: &str) -> Option<&'static str> {
    let found = examples::EXAMPLES
        .iter()
        .find(|(known, _)| *known == file)?;
    Some(found.1)
}

/// The operation of an entry of a path; entries such as `parameters` are none.
fn operation(template: &str, (method, entry): (&String, &Value)) -> Option<Operation> {
    Some(Operation {
        id: entry.get("operationId")?.as_str()?.to_owned(),
        method: method.to_ascii_uppercase().parse().ok()?,
        template: template.to_owned(),
        description: entry.clone(),
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
