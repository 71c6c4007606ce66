use bytes::Bytes;
use serde_json::{Map, Value};

use crate::reply::Reply;

/// A request to an operation, read and checked.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    /// The parameters of the path, in their order.
    pub(crate) path: &'a [String],
    pub(crate) query: Vec<(String, String)>,
    /// The JSON of the body; an empty object if there is none.
    pub(crate) body: Map<String, Value>,
    pub(crate) form: Form,
    pub(crate) id: String,
}

/// The parts of an upload.
#[derive(Debug, Default)]
pub(crate) struct Form {
    /// All parts that are text, as they were sent.
    pub(crate) texts: Vec<(String, String)>,
    pub(crate) file: Option<FilePart>,
}

/// The file of an upload.
#[derive(Debug)]
pub(crate) enum FilePart {
    Bytes(Bytes),
    /// An address could not be fetched.
    Unreachable,
}

impl Form {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let found = self.texts.iter().find(|(known, _)| known == name)?;
        Some(&found.1)
    }
}

impl Request<'_> {
    /// Returns a parameter of the path.
    pub(crate) fn id(&self, index: usize) -> &str {
        self.path.get(index).map_or("", String::as_str)
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(known, _)| known == name)?;
        Some(&found.1)
    }

    pub(crate) fn required_query(&self, name: &str) -> Result<&str, Reply> {
        self.query(name)
            .filter(|it| !it.is_empty())
            .ok_or_else(|| missing(name))
    }

    pub(crate) fn text(&self, name: &str) -> Result<&str, Reply> {
        match self.body.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text),
            None | Some(Value::Null | Value::String(_)) => Err(missing(name)),
            Some(_) => Err(invalid(name)),
        }
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, Reply> {
        match self.body.get(name) {
            Some(Value::Bool(flag)) => Ok(*flag),
            None => Ok(false),
            Some(_) => Err(invalid(name)),
        }
    }

    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>, Reply> {
        texts(self.body.get(name)).ok_or_else(|| match self.body.get(name) {
            None => missing(name),
            Some(_) => invalid(name),
        })
    }
}

pub(crate) fn texts(value: Option<&Value>) -> Option<Vec<String>> {
    let items = value?.as_array()?.iter();
    items.map(|item| item.as_str().map(str::to_owned)).collect()
}

/// Refuses a request that lacks something.
pub(crate) fn missing(name: &str) -> Reply {
    Reply::bad_request(format!("Your request is missing {name} parameter."))
}

/// Refuses a request in which something cannot be used.
pub(crate) fn invalid(name: &str) -> Reply {
    Reply::bad_request(format!("Your request contains invalid {name} parameter."))
}
