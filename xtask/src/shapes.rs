//! What the generator cannot take, said before it fails on it or drops it without a word.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::document::{Document, Fault, Operation};

/// Refuses the first place that cannot become code.
pub(crate) fn check(document: &Document) -> Result<(), Fault> {
    references(document)?;
    let mut ids = BTreeSet::new();
    for operation in document.operations() {
        let pointer = &operation.pointer;
        if operation.id.is_empty() {
            return Err(document.fault(pointer, "has no operationId, which names the Rust method"));
        }
        if !ids.insert(operation.id.clone()) {
            return Err(document.fault(
                &format!("{pointer}/operationId"),
                format!(
                    "`{}` is the operationId of another operation too",
                    operation.id
                ),
            ));
        }
        if document.at(&format!("{pointer}/servers")).is_some() {
            return Err(document.fault(
                &format!("{pointer}/servers"),
                "the client has one base URL, and would ignore the servers of an operation",
            ));
        }
        parameters(document, &operation)?;
        request_body(document, &operation)?;
        responses(document, &operation)?;
    }
    Ok(())
}

fn references(document: &Document) -> Result<(), Fault> {
    for (pointer, target) in document.references() {
        let found = target
            .strip_prefix('#')
            .and_then(|target| document.at(target));
        if found.is_none() {
            return Err(document.fault(
                &pointer,
                format!("`{target}` leads nowhere: a $ref must name a component of this document"),
            ));
        }
    }
    Ok(())
}

fn parameters(document: &Document, operation: &Operation) -> Result<(), Fault> {
    let mut missing: BTreeSet<&str> = BTreeSet::new();
    for segment in operation.path.split('/') {
        match segment
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
        {
            Some(name) => {
                missing.insert(name);
            }
            None if segment.contains(['{', '}']) => {
                return Err(document.fault(
                    &operation.pointer,
                    format!("`{segment}`: a parameter must be a whole segment of the path"),
                ));
            }
            None => {}
        }
    }
    for (pointer, parameter) in document.parameters(operation) {
        let name = parameter["name"].as_str().unwrap_or_default();
        match parameter["in"].as_str() {
            Some("path") => {
                if !missing.remove(name) {
                    return Err(document.fault(
                        &pointer,
                        format!("`{name}` does not stand in the path `{}`", operation.path),
                    ));
                }
                if parameter.pointer("/schema/$ref").is_none() {
                    return Err(document.fault(
                        &pointer,
                        format!("the schema of `{name}` must be a named id component"),
                    ));
                }
            }
            Some("query") => {
                let exploded = parameter["explode"].as_bool().unwrap_or(true);
                let style = parameter["style"].as_str().unwrap_or("form");
                if !exploded || style != "form" {
                    return Err(document.fault(
                        &pointer,
                        format!(
                            "`{name}`: a list is always sent as one parameter for each item; \
                             `style: {style}, explode: {exploded}` would be ignored"
                        ),
                    ));
                }
            }
            place => {
                return Err(document.fault(
                    &pointer,
                    format!(
                        "`{name}` is in `{}`: the client sends parameters in the path and in the \
                         query only",
                        place.unwrap_or("nothing")
                    ),
                ));
            }
        }
    }
    match missing.first() {
        Some(name) => Err(document.fault(
            &operation.pointer,
            format!("the path parameter `{name}` is not declared"),
        )),
        None => Ok(()),
    }
}

fn request_body(document: &Document, operation: &Operation) -> Result<(), Fault> {
    let pointer = format!("{}/requestBody", operation.pointer);
    let Some(body) = document.at(&pointer) else {
        return Ok(());
    };
    let body = document.resolve(body);
    if !is_json_only(body) {
        return Err(document.fault(&pointer, "a request body must be `application/json` only"));
    }
    if body["required"] != true {
        return Err(document.fault(
            &pointer,
            "the client always sends a body: say `required: true`, or take the body out",
        ));
    }
    Ok(())
}

fn responses(document: &Document, operation: &Operation) -> Result<(), Fault> {
    let pointer = format!("{}/responses", operation.pointer);
    let mut successes = Vec::new();
    let mut errors: Option<&str> = None;
    for (status, response) in document
        .at(&pointer)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let place = format!("{pointer}/{status}");
        let response = document.resolve(response);
        let has_content = response.get("content").is_some();
        if has_content && !is_json_only(response) {
            return Err(document.fault(&place, "an answer must be `application/json` only"));
        }
        let schema = response
            .pointer("/content/application~1json/schema/$ref")
            .and_then(Value::as_str);
        match status.as_bytes() {
            b"default" => {
                return Err(document.fault(
                    &place,
                    "`default` would stand for successes too: use 4XX and 5XX",
                ));
            }
            [b'2', ..] => successes.push((status, schema, has_content)),
            _ => {
                let Some(schema) = schema else {
                    return Err(document.fault(&place, "an error must have a named schema"));
                };
                match errors {
                    Some(first) if first != schema => {
                        return Err(document.fault(
                            &place,
                            format!("all errors of an operation share one schema: `{first}` or `{schema}`"),
                        ));
                    }
                    _ => errors = Some(schema),
                }
            }
        }
    }
    match successes.as_slice() {
        [] => Err(document.fault(&pointer, "an operation needs an answer for its success")),
        [(status, first, has_first), rest @ ..] => {
            for (other, schema, has_content) in rest {
                if (schema, has_content) != (first, has_first) {
                    return Err(document.fault(
                        &format!("{pointer}/{other}"),
                        format!(
                            "the answer {other} is not that of {status}: one operation has one type"
                        ),
                    ));
                }
            }
            Ok(())
        }
    }
}

fn is_json_only(owner: &Value) -> bool {
    owner["content"]
        .as_object()
        .is_some_and(|content| content.len() == 1 && content.contains_key("application/json"))
}
