//! What the mock knows of the API: read from the OpenAPI document, so that it stands nowhere twice.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use http::Method;
use serde::Deserialize;
use serde_json::Value;

use crate::Error;

const DOCUMENT: &str = include_str!("../../openapi/imagekit.yaml");

static CONTRACT: LazyLock<Result<Contract, String>> = LazyLock::new(|| Contract::parse(DOCUMENT));

/// The operations of the document, and its examples.
#[derive(Debug)]
pub(crate) struct Contract {
    paths: matchit::Router<PathItem>,
    examples: BTreeMap<String, Example>,
}

/// The operation ids of one path, by method.
type PathItem = Vec<(Method, String)>;

/// Where a request leads.
#[derive(Debug)]
pub(crate) enum Route<'c, 'r> {
    /// To an operation, with its path parameters as they were received.
    Operation {
        id: &'c str,
        parameters: matchit::Params<'c, 'r>,
    },
    /// To a path that has only these methods.
    OtherMethods(Vec<&'c str>),
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
    pub(crate) fn get() -> Result<&'static Self, Error> {
        CONTRACT
            .as_ref()
            .map_err(|reason| Error::Contract(reason.clone()))
    }

    fn parse(document: &str) -> Result<Self, String> {
        let document: Document =
            serde_saphyr::from_str(document).map_err(|error| error.to_string())?;
        let mut paths = matchit::Router::new();
        for (path, item) in &document.paths {
            let operations = item.iter().filter_map(operation).collect();
            paths
                .insert(path.as_str(), operations)
                .map_err(|error| format!("{path}: {error}"))?;
        }
        Ok(Self {
            paths,
            examples: document.components.examples,
        })
    }

    pub(crate) fn route<'c, 'r>(&'c self, method: &Method, path: &'r str) -> Route<'c, 'r> {
        let Ok(found) = self.paths.at(path) else {
            return Route::Unknown;
        };
        match found.value.iter().find(|(known, _)| known == method) {
            Some((_, id)) => Route::Operation {
                id,
                parameters: found.params,
            },
            None => Route::OtherMethods(
                found
                    .value
                    .iter()
                    .map(|(known, _)| known.as_str())
                    .collect(),
            ),
        }
    }

    /// The value of one of the document's examples.
    pub(crate) fn example(&self, name: &str) -> Value {
        self.examples
            .get(name)
            .map(|example| example.value.clone())
            .unwrap_or_default()
    }
}

/// The operation of an entry of a path; entries such as `parameters` are none.
fn operation((method, entry): (&String, &Value)) -> Option<(Method, String)> {
    let id = entry.get("operationId")?.as_str()?;
    let method = method.to_ascii_uppercase().parse().ok()?;
    Some((method, id.to_owned()))
}
