//! Calls of operations that are known by the document alone.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use imagekit_client::{Client, Method, Operation as Called, RawRequest, Response};
use imagekit_openapi::{Field, OPERATIONS, Operation, component};
use serde_json::value::RawValue;

use crate::exit::{Exit, Failure};

/// Starts a call of an operation of the document.
pub(crate) fn call(client: &Client, operation: &'static Operation) -> Result<RawRequest, Failure> {
    Ok(client.call(Called::described(
        operation.id,
        method(operation.method)?,
        operation.path,
        operation.server,
        operation.idempotent,
        secrets(operation),
    )))
}

/// The names of what must not be seen in errors of an operation.
fn secrets(operation: &Operation) -> &'static [&'static str] {
    static ALL: LazyLock<HashMap<&str, Vec<&'static str>>> = LazyLock::new(|| {
        let all = OPERATIONS.iter().map(|operation| {
            let mut names = Vec::new();
            let mut seen = HashSet::new();
            collect(operation.fields(), &mut names, &mut seen);
            let bodies = operation.body.iter().filter_map(|it| it.component);
            let bodies = bodies.chain(operation.responses.iter().filter_map(|it| it.component));
            for name in bodies {
                collect_of(name, &mut names, &mut seen);
            }
            (operation.id, names)
        });
        all.collect()
    });
    ALL.get(operation.id).map_or(&[], Vec::as_slice)
}

fn collect(
    fields: impl Iterator<Item = &'static Field>,
    names: &mut Vec<&'static str>,
    seen: &mut HashSet<&'static str>,
) {
    for field in fields {
        if field.secret && !names.contains(&field.name) {
            names.push(field.name);
        }
        if let Some(component) = field.component {
            collect_of(component, names, seen);
        }
    }
}

fn collect_of(name: &'static str, names: &mut Vec<&'static str>, seen: &mut HashSet<&'static str>) {
    let Some(component) = component(name).filter(|_| seen.insert(name)) else {
        return;
    };
    collect(component.properties.iter(), names, seen);
    let mapping = component.discriminator.as_ref();
    for (_, variant) in mapping.into_iter().flat_map(|it| it.mapping) {
        collect_of(variant, names, seen);
    }
}

/// Starts a call of an operation by its id.
pub(crate) fn call_by_id(client: &Client, id: &str) -> Result<RawRequest, Failure> {
    let operation = imagekit_openapi::operation(id);
    let operation = operation
        .ok_or_else(|| Failure::new(Exit::Other, format!("the document has no operation {id}")))?;
    call(client, operation)
}

pub(crate) fn method(name: &str) -> Result<Method, Failure> {
    name.parse()
        .map_err(|_| Failure::usage(format!("{name:?} is no method of HTTP")))
}

/// The pages of a list, one after the other.
pub(crate) struct Pages {
    request: RawRequest,
    pages: imagekit_openapi::Pages,
    offset: Option<u64>,
    limit: u64,
}

/// As many items as ImageKit returns at most, and returns if nothing else is asked for.
const LONGEST_PAGE: u64 = 1000;

impl Pages {
    /// Starts where the request says, with pages as long as it says.
    pub(crate) fn new(request: RawRequest, pages: imagekit_openapi::Pages) -> Self {
        let number = |name| request.query_value(name).and_then(|it| it.parse().ok());
        Self {
            offset: Some(number(pages.offset).unwrap_or(0)),
            limit: number(pages.limit).unwrap_or(LONGEST_PAGE),
            request,
            pages,
        }
    }

    /// Gets the next page; a short one is the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Response<()>>, Failure> {
        let Some(offset) = self.offset else {
            return Ok(None);
        };
        let request = self
            .request
            .clone()
            .replace_query(self.pages.offset, offset)
            .replace_query(self.pages.limit, self.limit);
        let response = request.send().await?;
        let items: Vec<&RawValue> = serde_json::from_slice(response.raw_body())
            .map_err(|error| Failure::not_understood(&error, response.raw_body()))?;
        let count = items.len() as u64;
        self.offset = (count >= self.limit && count > 0).then_some(offset + count);
        Ok(Some(response))
    }
}
