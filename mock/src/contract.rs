//! What the mock knows of the API: read from the OpenAPI document, so that it stands nowhere twice.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use http::Method;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Error, Fault};

const DOCUMENT: &str = include_str!("../../openapi/imagekit.yaml");

static CONTRACT: LazyLock<Result<Contract, Error>> = LazyLock::new(|| Contract::parse(DOCUMENT));

/// The operations and the examples of the document.
#[derive(Debug)]
pub(crate) struct Contract {
    paths: matchit::Router<PathItem>,
    operations: Vec<String>,
    examples: BTreeMap<String, Example>,
}

/// The ids of the operations on one path, by method.
type PathItem = Vec<(Method, String)>;

/// Where a request leads.
#[derive(Debug)]
pub(crate) enum Route {
    /// To an operation, with the parameters of its path, decoded and in their order.
    Operation {
        id: &'static str,
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
    components: Components,
}

#[derive(Deserialize)]
struct Components {
    examples: BTreeMap<String, Example>,
}

#[derive(Debug, Deserialize)]
struct Example {
    value: Value,
}

impl Contract {
    /// The document that is built in.
    pub(crate) fn get() -> Result<&'static Self, Error> {
        CONTRACT.as_ref().map_err(Clone::clone)
    }

    fn parse(document: &str) -> Result<Self, Error> {
        let document: Document = serde_saphyr::from_str(document).map_err(Error::contract)?;
        let mut paths = matchit::Router::new();
        let mut operations = Vec::new();
        for (path, item) in document.paths {
            let item: PathItem = item.iter().filter_map(operation).collect();
            operations.extend(item.iter().map(|(_, id)| id.clone()));
            paths.insert(path, item).map_err(Error::contract)?;
        }
        Ok(Self {
            paths,
            operations,
            examples: document.components.examples,
        })
    }

    pub(crate) fn route(&'static self, method: &Method, path: &str) -> Route {
        let Ok(found) = self.paths.at(path) else {
            return Route::Unknown;
        };
        match found.value.iter().find(|(known, _)| known == method) {
            Some((_, id)) => Route::Operation {
                id,
                parameters: found
                    .params
                    .iter()
                    .map(|(_, value)| decode(value))
                    .collect(),
            },
            None => {
                let methods: Vec<_> = found
                    .value
                    .iter()
                    .map(|(known, _)| known.as_str())
                    .collect();
                Route::OtherMethods(methods.join(", "))
            }
        }
    }

    /// Refuses a fault for an operation that there is not.
    pub(crate) fn check(&self, fault: &Fault) -> Result<(), Error> {
        match fault.operation() {
            Some(operation) if !self.operations.iter().any(|id| id == operation) => {
                Err(Error::UnknownOperation {
                    operation: operation.to_owned(),
                    known: self.operations.join(", "),
                })
            }
            _ => Ok(()),
        }
    }

    /// One of the document's examples.
    pub(crate) fn example<T: DeserializeOwned>(&self, name: &str) -> Result<T, Error> {
        let Some(example) = self.examples.get(name) else {
            return Err(Error::contract(format!("there is no example {name}")));
        };
        T::deserialize(&example.value).map_err(Error::contract)
    }
}

/// The operation of an entry of a path; entries such as `parameters` are none.
fn operation((method, entry): (&String, &Value)) -> Option<(Method, String)> {
    let id = entry.get("operationId")?.as_str()?;
    let method = method.to_ascii_uppercase().parse().ok()?;
    Some((method, id.to_owned()))
}

/// A parameter of a path. One that is not UTF-8 becomes an id of nothing.
fn decode(parameter: &str) -> String {
    percent_decode_str(parameter)
        .decode_utf8_lossy()
        .into_owned()
}
