//! JSON against the schemas of the document, which are built in.

#[rustfmt::skip]
mod generated;

use std::fmt::Write as _;
use std::path::Path;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use self::generated::SCHEMAS;
use crate::args::{PrintSchema, Validate};
use crate::exit::{Exit, Failure};
use crate::terminal::{BAD, GOOD, Input, Output, plain};

/// The schema of the answers that people store.
pub(crate) const DEFAULT: &str = "File";

/// The names of all schemas.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    SCHEMAS.iter().map(|(name, _)| *name)
}

/// Prints a schema.
pub(crate) fn print(
    PrintSchema { schema }: &PrintSchema,
    output: &Output,
) -> Result<Exit, Failure> {
    output.write(text(schema)?)?;
    Ok(Exit::Fine)
}

/// Checks files, and says of each what is wrong where in it.
pub(crate) async fn validate(
    Validate { schema, files }: Validate,
    mut input: Input,
    output: &Output,
) -> Result<Exit, Failure> {
    let validator = validator(&schema)?;
    let mut refused = 0;
    for file in &files {
        let json = if file == Path::new("-") {
            input.all().await?
        } else {
            tokio::fs::read(file).await.map_err(|error| {
                Failure::usage(format!("{} cannot be read: {error}", file.display()))
            })?
        };
        let name = file.display().to_string();
        let name = plain(&name);
        let faults = match serde_json::from_slice::<Value>(&json) {
            Ok(value) => faults(&validator, &value),
            Err(error) => vec![format!("$: not JSON: {error}")],
        };
        if faults.is_empty() {
            output.write(format!("{name}: {}\n", output.paint(GOOD, "valid")))?;
        } else {
            refused += 1;
        }
        for fault in faults {
            output.write(format!("{name}: {}\n", output.paint(BAD, plain(&fault))))?;
        }
    }
    match refused {
        0 => Ok(Exit::Fine),
        _ => Err(Failure::new(
            Exit::NotUnderstood,
            format!(
                "not valid by the schema {schema}: {refused} of {} files",
                files.len()
            ),
        )),
    }
}

fn text(name: &str) -> Result<&'static str, Failure> {
    let found = SCHEMAS.iter().find(|(known, _)| *known == name);
    let schema = found.map(|(_, text)| *text);
    schema.ok_or_else(|| Failure::usage(format!("there is no schema {name}")))
}

fn validator(name: &str) -> Result<Validator, Failure> {
    let unusable = |error: String| Failure::new(Exit::Other, format!("schema {name}: {error}"));
    let schema: Value =
        serde_json::from_str(text(name)?).map_err(|error| unusable(error.to_string()))?;
    jsonschema::options()
        .should_validate_formats(true)
        .offline()
        .build(&schema)
        .map_err(|error| unusable(error.to_string()))
}

/// What is wrong with a value, and where, as in `$.versionInfo.id: "id" is missing`.
fn faults(validator: &Validator, value: &Value) -> Vec<String> {
    let errors: Vec<_> = validator.iter_errors(value).collect();
    let causes = errors.iter().flat_map(causes);
    causes
        .map(|cause| {
            format!(
                "{}: {}",
                path(cause.instance_path().as_str(), value),
                message(cause)
            )
        })
        .collect()
}

/// Of a choice between something and null, what is wrong with the something.
fn causes<'a>(error: &'a ValidationError<'_>) -> Vec<&'a ValidationError<'a>> {
    let ValidationErrorKind::AnyOf { context } = error.kind() else {
        return vec![error];
    };
    let wants_null = |error: &ValidationError<'_>| match error.kind() {
        ValidationErrorKind::Type {
            kind: TypeKind::Single(kind),
        } => kind.as_str() == "null",
        _ => false,
    };
    let mut meant = context
        .iter()
        .filter(|branch| !branch.iter().any(wants_null));
    // The last one of an open enum is any text, which says most plainly what would be right.
    meant
        .next_back()
        .into_iter()
        .flatten()
        .flat_map(causes)
        .collect()
}

fn message(error: &ValidationError<'_>) -> String {
    if let ValidationErrorKind::Required { property } = error.kind() {
        return format!("{property} is missing");
    }
    let shown = match &**error.instance() {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::String(text) if text.chars().count() > 80 => "a long text".to_owned(),
        value => value.to_string(),
    };
    error.masked_with(shown).to_string()
}

/// A JSON Pointer into `root` as a path: `$.AITags[0].name`.
fn path(pointer: &str, root: &Value) -> String {
    let mut value = root;
    let mut path = "$".to_owned();
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        let is_plain = |c: char| c.is_alphanumeric() || c == '_';
        // Writing to a String cannot fail.
        let _ = match value {
            Value::Array(_) => write!(path, "[{token}]"),
            _ if token.chars().all(is_plain) && !token.is_empty() => write!(path, ".{token}"),
            _ => write!(path, "[{token:?}]"),
        };
        value = match value {
            Value::Array(items) => token.parse().ok().and_then(|index: usize| items.get(index)),
            _ => value.get(&token),
        }
        .unwrap_or(&Value::Null);
    }
    path
}
