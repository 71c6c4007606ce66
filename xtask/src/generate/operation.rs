//! An operation of the document in the form in which it is generated, compared and checked.

use std::collections::BTreeSet;

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use serde_json::Value;

use crate::document::{self, Document, SCHEMAS};

/// An operation, parsed once.
#[derive(Debug)]
pub(crate) struct Operation {
    /// Where it stands in the document.
    pub(crate) pointer: String,
    pub(crate) id: String,
    pub(crate) tag: String,
    pub(crate) summary: String,
    pub(crate) description: String,
    /// In lower case.
    pub(crate) method: String,
    pub(crate) path: String,
    /// What the method takes, in its order: parameters of the path, then what is required beside them.
    pub(crate) arguments: Vec<Param>,
    /// What is optional, each with a setter.
    pub(crate) setters: Vec<Param>,
    pub(crate) body: Body,
    pub(crate) successes: Vec<(String, Success)>,
    pub(crate) failures: Failures,
    pub(crate) idempotent: bool,
    /// The texts of a form with which a request is idempotent nevertheless.
    pub(crate) idempotent_if: Vec<(String, String)>,
    pub(crate) beta: bool,
    pub(crate) deprecated: bool,
    /// A host of its own.
    pub(crate) server: Option<String>,
    /// The properties, of request or response, whose values are secret.
    pub(crate) secrets: BTreeSet<String>,
    pub(crate) pages: Option<Pages>,
    pub(crate) batches: Option<Batches>,
    pub(crate) job: Option<Job>,
    pub(crate) job_state: Option<JobState>,
}

/// Something that can be set in a request.
#[derive(Debug)]
pub(crate) struct Param {
    pub(crate) wire_name: String,
    pub(crate) place: Place,
    pub(crate) required: bool,
    /// Whether null means something else than absence.
    pub(crate) nullable: bool,
    /// Whether no other property may stand beside it.
    pub(crate) alone: bool,
    pub(crate) kind: Kind,
    pub(crate) description: String,
    pub(crate) example: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Path,
    Query,
    /// A property of the JSON body.
    Property,
    /// The whole JSON body.
    Body,
    /// A field of a form.
    Field(Encoding),
}

/// How a value becomes the text of a form field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Plain,
    CommaSeparated,
    Json,
    File,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    None,
    Json,
    Form,
}

/// The type of a parameter or property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Boolean,
    Integer,
    Number,
    DateTime,
    Date,
    Secret,
    /// A component: an id, an enum, a union or an object.
    Named(String),
    /// A component that is an object with any keys.
    FreeMap(String),
    /// A component that may be any JSON value.
    Anything(String),
    List(Box<Kind>),
    /// What an upload sends.
    File,
}

/// What a success holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Success {
    Empty,
    One(String),
    List(String),
}

#[derive(Debug)]
pub(crate) struct Pages {
    pub(crate) offset: String,
    pub(crate) limit: String,
    /// The longest page.
    pub(crate) longest: u64,
}

#[derive(Debug)]
pub(crate) struct Batches {
    pub(crate) ids: String,
    pub(crate) size: u64,
    pub(crate) done: String,
}

/// Status and description of each documented failure.
type Failures = Vec<(String, String)>;

/// The operation starts a job, and another one tells its state.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) operation: String,
    pub(crate) id: String,
}

/// The operation tells the state of a job.
#[derive(Debug)]
pub(crate) struct JobState {
    pub(crate) property: String,
    pub(crate) done: Vec<String>,
}

impl Operation {
    /// Parses all operations of a document, in its order.
    ///
    /// Each error has the pointer of the place that cannot become an operation.
    pub(crate) fn all(document: &Document) -> Result<Vec<Self>, (String, String)> {
        document
            .operations()
            .iter()
            .map(|operation| Self::parse(document, operation))
            .collect()
    }

    fn parse(document: &Document, found: &document::Operation) -> Result<Self, (String, String)> {
        let value = document.at(&found.pointer).unwrap_or(&Value::Null);
        let refuse = |message: String| (found.pointer.clone(), message);
        let text = |key: &str| value[key].as_str().unwrap_or_default().trim().to_owned();
        let mut params = parameters(document, found, &found.path)?;
        let (body, fields) = request_body(document, value, &found.pointer)?;
        params.extend(fields);
        let (arguments, setters) = arrange(params, &value["x-arguments"]).map_err(refuse)?;
        let (successes, failures) = responses(document, value);
        if successes.is_empty() {
            return Err(refuse("the operation has no success".to_owned()));
        }
        let extension = |name: &str, key: &str| value[name][key].as_str().map(str::to_owned);
        let pages = extension("x-pages", "offset")
            .zip(extension("x-pages", "limit"))
            .map(|(offset, limit)| Pages {
                longest: longest_page(document, found, &limit),
                offset,
                limit,
            });
        let path_item = found.pointer.rsplit_once('/').map_or("", |(item, _)| item);
        let server = [&found.pointer, path_item].iter().find_map(|owner| {
            let server = document.at(&format!("{owner}/servers/0/url"))?;
            server.as_str().map(str::to_owned)
        });
        let batches = extension("x-batches", "ids").map(|ids| Batches {
            ids,
            size: value["x-batches"]["size"].as_u64().unwrap_or(1),
            done: extension("x-batches", "done").unwrap_or_default(),
        });
        let job = extension("x-job", "operation")
            .zip(extension("x-job", "id"))
            .map(|(operation, id)| Job { operation, id });
        let job_state = extension("x-job-state", "property").map(|property| JobState {
            property,
            done: strings(&value["x-job-state"]["done"]),
        });
        Ok(Self {
            pointer: found.pointer.clone(),
            id: found.id.clone(),
            tag: value["tags"][0].as_str().unwrap_or("Other").to_owned(),
            summary: text("summary"),
            description: text("description"),
            method: found.method.clone(),
            path: found.path.clone(),
            arguments,
            setters,
            body,
            successes,
            failures,
            idempotent: matches!(found.method.as_str(), "get" | "head")
                || value["x-idempotent"] == true,
            idempotent_if: value["x-idempotent-if"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.clone(), value.to_string()))
                .collect(),
            beta: value["x-beta"] == true,
            deprecated: value["deprecated"] == true,
            secrets: document.secrets(value),
            server,
            pages,
            batches,
            job,
            job_state,
        })
    }

    /// The name of its method on the client.
    pub(crate) fn method_name(&self) -> String {
        self.id.to_snake_case()
    }

    /// The name of its struct.
    pub(crate) fn type_name(&self) -> String {
        self.id.to_upper_camel_case()
    }

    /// The module that it is generated into.
    pub(crate) fn module(&self) -> String {
        self.tag.to_snake_case()
    }

    /// Everything that can be set in its requests.
    pub(crate) fn params(&self) -> impl Iterator<Item = &Param> {
        self.arguments.iter().chain(&self.setters)
    }

    /// The successes by what they hold, without repetitions.
    pub(crate) fn distinct_successes(&self) -> Vec<&Success> {
        let mut distinct = Vec::new();
        for (_, success) in &self.successes {
            if !distinct.contains(&success) {
                distinct.push(success);
            }
        }
        distinct
    }
}

impl Param {
    pub(crate) fn rust_name(&self) -> String {
        rust_name(&self.wire_name)
    }
}

/// The name of a property or parameter in Rust.
pub(crate) fn rust_name(wire_name: &str) -> String {
    let name = wire_name.to_snake_case();
    if syn::parse_str::<syn::Ident>(&name).is_err() {
        return format!("{name}_");
    }
    name
}

/// The components that stand for a body whose properties are parameters of their operations: objects that
/// nothing refers to but request bodies.
pub(crate) fn flattened_bodies(document: &Document) -> BTreeSet<String> {
    let mut bodies = BTreeSet::new();
    let mut others = BTreeSet::new();
    for (pointer, target) in document.references() {
        let Some(name) = target.strip_prefix("#/components/schemas/") else {
            continue;
        };
        let is_body = pointer.contains("/requestBody/content/")
            && pointer.ends_with("/schema/$ref")
            || pointer.starts_with("/components/requestBodies/");
        let is_event = pointer.starts_with("/x-webhooks/");
        let names = if is_body && !is_event {
            &mut bodies
        } else {
            &mut others
        };
        names.insert(name.to_owned());
    }
    bodies.retain(|name| {
        let schema = document.at(&format!("{SCHEMAS}/{name}"));
        !others.contains(name) && schema.is_some_and(|schema| schema.get("properties").is_some())
    });
    bodies
}

/// The kind of a schema; an error is a sentence about why it has none.
pub(crate) fn kind(document: &Document, schema: &Value) -> Result<Kind, String> {
    let reference = schema["$ref"]
        .as_str()
        .or_else(|| schema.pointer("/allOf/0/$ref")?.as_str());
    if let Some(reference) = reference {
        let name = reference.rsplit('/').next().unwrap_or_default().to_owned();
        let target = document.at(reference.trim_start_matches('#'));
        let target = target.ok_or_else(|| format!("`{reference}` leads nowhere"))?;
        let has = |key: &str| target.get(key).is_some();
        return Ok(if has("properties") || has("anyOf") {
            Kind::Named(name)
        } else if has("additionalProperties") {
            Kind::FreeMap(name)
        } else if target["type"] == "string" {
            Kind::Named(name)
        } else if has("type") {
            return Err(format!(
                "`{name}` is a component, but not an object, enum, union or id"
            ));
        } else {
            Kind::Anything(name)
        });
    }
    Ok(match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("string"), Some("date-time")) => Kind::DateTime,
        (Some("string"), Some("date")) => Kind::Date,
        (Some("string"), Some("binary")) => Kind::File,
        (Some("string"), _) if schema["x-secret"] == true => Kind::Secret,
        (Some("string"), _) => Kind::Text,
        (Some("boolean"), _) => Kind::Boolean,
        (Some("integer"), _) => Kind::Integer,
        (Some("number"), _) => Kind::Number,
        (Some("array"), _) => Kind::List(Box::new(kind(document, &schema["items"])?)),
        _ => return Err("neither a plain value, a list of them, nor a component".to_owned()),
    })
}

fn parameters(
    document: &Document,
    operation: &document::Operation,
    path: &str,
) -> Result<Vec<Param>, (String, String)> {
    let mut params: Vec<Param> = Vec::new();
    for (pointer, parameter) in document.parameters(operation) {
        let place = match parameter["in"].as_str() {
            Some("path") => Place::Path,
            Some("query") => Place::Query,
            other => {
                let place = other.unwrap_or("nowhere");
                return Err((pointer, format!("a parameter in `{place}` cannot be sent")));
            }
        };
        let param = param(document, parameter, place, &parameter["schema"])
            .map_err(|reason| (pointer.clone(), reason))?;
        // One at the operation stands in place of that of its path.
        params.retain(|other| other.wire_name != param.wire_name || other.place != param.place);
        params.push(param);
    }
    let position = |param: &Param| path.find(&format!("{{{}}}", param.wire_name));
    params.sort_by_key(|param| (param.place != Place::Path, position(param)));
    Ok(params)
}

fn param(document: &Document, node: &Value, place: Place, schema: &Value) -> Result<Param, String> {
    let description = node["description"].as_str().or_else(|| {
        let target = document.resolve(schema.pointer("/allOf/0").unwrap_or(schema));
        target["description"].as_str()
    });
    Ok(Param {
        wire_name: node["name"].as_str().unwrap_or_default().to_owned(),
        place,
        required: node["required"] == true,
        nullable: schema["nullable"] == true,
        alone: schema["x-alone"] == true,
        kind: kind(document, schema)?,
        description: description.unwrap_or_default().trim().to_owned(),
        example: node
            .get("example")
            .or_else(|| schema.get("example"))
            .cloned(),
    })
}

fn request_body(
    document: &Document,
    operation: &Value,
    pointer: &str,
) -> Result<(Body, Vec<Param>), (String, String)> {
    let Some(body) = operation.get("requestBody") else {
        return Ok((Body::None, Vec::new()));
    };
    let pointer = format!("{pointer}/requestBody");
    let content = document.resolve(body)["content"].as_object();
    let mut media_types = content.into_iter().flatten();
    let (Some((media_type, content)), None) = (media_types.next(), media_types.next()) else {
        return Err((pointer, "a body has exactly one media type".to_owned()));
    };
    let schema = &content["schema"];
    let is_form = match media_type.as_str() {
        "application/json" => false,
        "multipart/form-data" => true,
        other => return Err((pointer, format!("a body of `{other}` cannot be sent"))),
    };
    let Some(reference) = schema["$ref"].as_str() else {
        return Err((pointer, "the body is not a component".to_owned()));
    };
    let name = reference.rsplit('/').next().unwrap_or_default();
    let target = document.resolve(schema);
    if !is_form && !flattened_bodies(document).contains(name) {
        let param = Param {
            wire_name: name.to_snake_case(),
            place: Place::Body,
            required: true,
            nullable: false,
            alone: false,
            kind: kind(document, schema).map_err(|reason| (pointer.clone(), reason))?,
            description: target["description"]
                .as_str()
                .unwrap_or_default()
                .trim()
                .to_owned(),
            example: None,
        };
        return Ok((Body::Json, vec![param]));
    }
    let required = strings(&target["required"]);
    let mut params = Vec::new();
    for (name, property) in target["properties"].as_object().into_iter().flatten() {
        let mut node = property.clone();
        node["name"] = name.as_str().into();
        node["required"] = required.contains(name).into();
        let place = match property["format"].as_str() {
            _ if !is_form => Place::Property,
            Some("binary") => Place::Field(Encoding::File),
            Some("comma-separated") => Place::Field(Encoding::CommaSeparated),
            Some("json") => Place::Field(Encoding::Json),
            _ => Place::Field(Encoding::Plain),
        };
        let schema = property.get("x-value").unwrap_or(property);
        let param = param(document, &node, place, schema).map_err(|reason| {
            let schema = reference.trim_start_matches('#');
            (format!("{schema}/properties/{name}"), reason)
        })?;
        params.push(Param {
            alone: property["x-alone"] == true,
            ..param
        });
    }
    let body = if is_form { Body::Form } else { Body::Json };
    Ok((body, params))
}

/// Separates arguments from setters, and puts the former in order.
fn arrange(params: Vec<Param>, order: &Value) -> Result<(Vec<Param>, Vec<Param>), String> {
    let (mut arguments, setters): (Vec<_>, Vec<_>) =
        params.into_iter().partition(|param| param.required);
    let order = strings(order);
    let beside_path = || arguments.iter().filter(|param| param.place != Place::Path);
    let named: BTreeSet<&str> = beside_path()
        .map(|param| param.wire_name.as_str())
        .collect();
    let listed: BTreeSet<&str> = order.iter().map(String::as_str).collect();
    if listed != named && !(order.is_empty() && named.len() == 1) {
        let names: Vec<&str> = named.into_iter().collect();
        return Err(format!(
            "x-arguments must list what is required beside the path: {}",
            names.join(", ")
        ));
    }
    let position = |param: &Param| {
        let listed = order.iter().position(|name| *name == param.wire_name);
        (param.place != Place::Path, listed)
    };
    arguments.sort_by_key(position);
    Ok((arguments, setters))
}

fn responses(document: &Document, operation: &Value) -> (Vec<(String, Success)>, Failures) {
    let mut successes = Vec::new();
    let mut failures = Vec::new();
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let response = document.resolve(response);
        if !status.starts_with('2') {
            let description = response["description"].as_str().unwrap_or_default();
            failures.push((status.clone(), description.trim().to_owned()));
            continue;
        }
        let schema = &response["content"]["application/json"]["schema"];
        successes.push((status.clone(), success(document, schema)));
    }
    successes.sort_by(|a, b| a.0.cmp(&b.0));
    (successes, failures)
}

fn success(document: &Document, schema: &Value) -> Success {
    let name = |node: &Value| {
        let reference = node["$ref"].as_str().unwrap_or_default();
        reference.rsplit('/').next().unwrap_or_default().to_owned()
    };
    if schema["type"] == "array" {
        return Success::List(name(&schema["items"]));
    }
    match schema.get("$ref") {
        None => Success::Empty,
        Some(_) if is_empty_object(document.resolve(schema)) => Success::Empty,
        Some(_) => Success::One(name(schema)),
    }
}

/// An object of which nothing is known, such as `{}`.
pub(crate) fn is_empty_object(schema: &Value) -> bool {
    schema["type"] == "object"
        && ["properties", "additionalProperties", "anyOf", "allOf"]
            .iter()
            .all(|key| schema.get(*key).is_none())
}

fn longest_page(document: &Document, operation: &document::Operation, limit: &str) -> u64 {
    document
        .parameters(operation)
        .iter()
        .find(|(_, parameter)| parameter["name"] == limit)
        .and_then(|(_, parameter)| parameter["schema"]["maximum"].as_u64())
        .unwrap_or(100)
}

fn strings(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}
