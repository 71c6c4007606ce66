//! `imagekit api`: every operation of the document, and requests to any path.

mod command;

use imagekit_client::{RawRequest, Response, UploadSource};
use imagekit_openapi::validate::parse_json;
use imagekit_openapi::{Field, Operation, Place, Route, Type};
use serde_json::{Map, Value};

pub(crate) use self::command::Call;
use self::command::{Options, PathRequest};
use crate::Context;
use crate::call::{call, method};
use crate::config::Session;
use crate::exit::{Exit, Failure};
use crate::progress::Progress;
use crate::render::{Rendering, Shape};
use crate::terminal::Input;

pub(crate) async fn run(call: Call, mut context: Context) -> Result<Exit, Failure> {
    let session = Session::start(&mut context).await?;
    match call {
        Call::Operation {
            operation,
            given,
            body,
            all_pages,
            options,
        } => {
            let start = self::call(&session.client, operation)?;
            let request = fill(start, operation, given, body, &mut context.input).await?;
            let shape = |status| Shape::of_operation(operation, status);
            match operation.pages.filter(|_| all_pages) {
                None => print(request, shape, options, &context).await,
                Some(pages) => print_pages(request, pages, shape, options, &context).await,
            }
        }
        Call::Path {
            method,
            request,
            options,
        } => {
            let (path, request) = any_path(&session, &method, request, &mut context.input).await?;
            // Labels, units and secrets are known of what the document knows.
            let shape = |status| match imagekit_openapi::route(&method, &path) {
                Route::Operation(operation, _) => Shape::of_operation(operation, status),
                _ => Shape::default(),
            };
            print(request, shape, options, &context).await
        }
    }
}

/// Sends a request, and prints its response.
async fn print(
    request: RawRequest,
    shape: impl Fn(u16) -> Shape,
    options: Options,
    context: &Context,
) -> Result<Exit, Failure> {
    let mut rendering = rendering(options, context);
    let response = send(request).await?;
    let shape = shape(response.status().as_u16());
    print_response(&response, shape, &mut rendering, context)?;
    rendering.check_fields()?;
    Ok(Exit::Fine)
}

fn rendering(options: Options, context: &Context) -> Rendering {
    Rendering::new(options.format, context.now)
        .include(options.include)
        .show_secrets(options.show_secrets)
}

async fn send(request: RawRequest) -> Result<Response<()>, Failure> {
    let _progress = Progress::start(Some(1));
    Ok(request.send().await?)
}

fn print_response(
    response: &Response<()>,
    shape: Shape,
    rendering: &mut Rendering,
    context: &Context,
) -> Result<(), Failure> {
    let output = &context.output;
    match rendering.of(response, shape, output) {
        Ok(rendered) => rendered.write(output),
        Err(failure) => {
            if let Some(rendered) = rendering.of_failure(&failure, &context.output) {
                rendered.write(output)?;
            }
            Err(failure)
        }
    }
}

/// Gets one page after the other; each is printed as it comes.
async fn print_pages(
    request: RawRequest,
    pages: imagekit_openapi::Pages,
    shape: impl Fn(u16) -> Shape,
    options: Options,
    context: &Context,
) -> Result<Exit, Failure> {
    let mut rendering = rendering(options, context).several(true);
    let mut pages = crate::call::Pages::new(request, pages);
    while let Some(response) = pages.next().await? {
        let shape = shape(response.status().as_u16());
        print_response(&response, shape, &mut rendering, context)?;
    }
    rendering.check_fields()?;
    Ok(Exit::Fine)
}

/// Puts what is given where the operation has it.
async fn fill(
    mut request: RawRequest,
    operation: &'static Operation,
    given: Vec<(&'static Field, Vec<String>)>,
    body: Option<String>,
    input: &mut Input,
) -> Result<RawRequest, Failure> {
    let is_form = operation
        .body
        .as_ref()
        .is_some_and(|it| it.media_type != "application/json");
    let mut json = match body {
        Some(text) => Some(json_argument("--body", &text, input).await?),
        None => None,
    };
    for (field, texts) in given {
        let text = || texts.first().map_or("", String::as_str);
        match field.place {
            Place::Path => request = request.path(field.name, text()),
            Place::Query if field.format == Some("comma-separated") => {
                request = request.query(field.name, texts.join(","));
            }
            Place::Query => request = request.query(field.name, &texts),
            Place::Header => request = request.header(field.name, text()),
            Place::Body if is_form && field.format == Some("binary") => {
                request = request.form_file(field.name, source(text(), input).await?);
            }
            Place::Body if is_form => {
                let text = match field.format {
                    Some("json") => json_argument(field.name, text(), input).await?.to_string(),
                    _ => texts.join(","),
                };
                request = request.form(field.name, &text);
            }
            Place::Body => {
                let value = value(field, &texts, input).await?;
                match json.get_or_insert_with(|| Value::Object(Map::new())) {
                    Value::Object(members) => {
                        members.insert(field.name.to_owned(), value);
                    }
                    _ => {
                        let problem = format!("--body is no object that could have {}", field.name);
                        return Err(Failure::usage(problem));
                    }
                }
            }
            _ => {}
        }
    }
    if is_form && !operation.idempotent_if.is_empty() {
        request = request.idempotent_if(operation.idempotent_if);
    }
    let needs_object = operation.body.as_ref().is_some_and(|it| it.required) && !is_form;
    match json {
        Some(json) => Ok(request.json(&json)),
        None if needs_object => Ok(request.json(&Value::Object(Map::new()))),
        None => Ok(request),
    }
}

/// The JSON value that texts of the command line mean.
async fn value(field: &Field, texts: &[String], input: &mut Input) -> Result<Value, Failure> {
    let (ty, is_list) = match field.ty {
        Type::Array(item) => (*item, true),
        ty => (ty, false),
    };
    if matches!(ty, Type::Object | Type::Any | Type::Array(_)) {
        let text = texts.first().map_or("", String::as_str);
        return json_argument(field.name, text, input).await;
    }
    let one = |text: &String| match ty {
        // They have been checked while the command line was read.
        Type::Integer | Type::Number | Type::Boolean => {
            serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into())
        }
        _ => text.as_str().into(),
    };
    if is_list {
        // An empty text is an empty list.
        let items = texts.iter().filter(|text| !text.is_empty());
        return Ok(items.map(one).collect());
    }
    Ok(texts.first().map_or(Value::Null, one))
}

/// Reads JSON: the text itself, `@FILE`, or `-` for standard input.
async fn json_argument(name: &str, text: &str, input: &mut Input) -> Result<Value, Failure> {
    let json = match (text, text.strip_prefix('@')) {
        ("-", _) => input.all().await?,
        (_, Some(file)) => tokio::fs::read(file)
            .await
            .map_err(|error| Failure::usage(format!("{name}: {file} cannot be read: {error}")))?,
        _ => text.as_bytes().to_vec(),
    };
    parse_json(&json).map_err(|error| Failure::usage(format!("{name}: not JSON: {error}")))
}

/// The content of an upload: `@FILE`, `-` for standard input, or an address.
async fn source(text: &str, input: &mut Input) -> Result<UploadSource, Failure> {
    if let Some(file) = text.strip_prefix('@') {
        return Ok(UploadSource::open(file).await?);
    }
    if text == "-" {
        return Ok(UploadSource::bytes(input.all().await?));
    }
    if text.starts_with("https://") || text.starts_with("http://") {
        return Ok(UploadSource::url(text));
    }
    Err(Failure::usage(format!(
        "--file {text:?} is neither @FILE nor an address; a file is given as @{text}"
    )))
}

/// Makes a request of a path with a query.
async fn any_path(
    session: &Session,
    name: &str,
    given: PathRequest,
    input: &mut Input,
) -> Result<(String, RawRequest), Failure> {
    let (path, query) = match given.path.split_once('?') {
        Some((path, query)) => (path.to_owned(), query),
        None => (given.path.clone(), ""),
    };
    let mut request = session.client.request(method(name)?, &path);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        request = request.query(&name, value.as_ref());
    }
    for (name, value) in &given.query {
        request = request.query(name, value);
    }
    for (name, value) in &given.header {
        request = request.header(name, value);
    }
    if let Some(text) = &given.body {
        let body = json_argument("--body", text, input).await?;
        request = request.json(&body);
    }
    Ok((path, request))
}
