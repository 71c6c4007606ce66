//! JSON against the schemas of the document, which are built in.

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use imagekit_openapi::validate::{Validator, parse_json};

use crate::Context;
use crate::exit::{Exit, Failure};
use crate::terminal::{BAD, GOOD, Input, Output, plain};

#[derive(Subcommand)]
pub(crate) enum Schema {
    /// Check JSON files, and say what is wrong where in them.
    ///
    /// For each file there is a line that it is valid, or one for each fault with its path. Properties
    /// and values of enums that the schema does not know are no faults.
    Validate(Validate),

    /// Print a JSON Schema (2020-12); it refers to no other file.
    Print(PrintSchema),
}

#[derive(Args)]
pub(crate) struct Validate {
    /// The schema; by default that of a response about a version of a file.
    #[arg(long, value_name = "NAME", default_value = DEFAULT, value_parser = schema_names())]
    pub(crate) schema: String,

    /// The files, or `-` for standard input.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Args)]
pub(crate) struct PrintSchema {
    /// The schema.
    #[arg(value_name = "NAME", value_parser = schema_names())]
    pub(crate) schema: String,
}

fn schema_names() -> PossibleValuesParser {
    PossibleValuesParser::new(names())
}

/// The schema of the responses that people store.
pub(crate) const DEFAULT: &str = "File";

/// The names of all schemas.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    imagekit_openapi::schemas().map(|(name, _)| name)
}

pub(crate) async fn run(schema: Schema, context: Context) -> Result<Exit, Failure> {
    match schema {
        Schema::Validate(it) => validate(it, context.input, &context.output).await,
        Schema::Print(it) => print(&it, &context.output),
    }
}

/// Prints a schema.
fn print(PrintSchema { schema }: &PrintSchema, output: &Output) -> Result<Exit, Failure> {
    output.write(text(schema)?)?;
    Ok(Exit::Fine)
}

/// Checks files, and says of each what is wrong where in it.
async fn validate(
    Validate { schema, files }: Validate,
    mut input: Input,
    output: &Output,
) -> Result<Exit, Failure> {
    let validator = Validator::of(&schema).map_err(|error| Failure::usage(error.to_string()))?;
    let mut refused = 0;
    let mut unreadable = Vec::new();
    for file in &files {
        let name = file.display().to_string();
        let name = plain(&name);
        let json = if file == Path::new("-") {
            input.all().await?
        } else {
            match tokio::fs::read(file).await {
                Ok(json) => json,
                // The others are checked nevertheless.
                Err(error) => {
                    unreadable.push(format!("{name} cannot be read: {error}"));
                    continue;
                }
            }
        };
        let faults = match parse_json(&json) {
            Ok(value) => {
                let found = validator.diagnostics(&value).into_iter();
                found.map(|it| it.to_string()).collect()
            }
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
    if !unreadable.is_empty() {
        return Err(Failure::usage(unreadable.join("; ")));
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
    let schema = imagekit_openapi::schema(name);
    schema.ok_or_else(|| Failure::usage(format!("there is no schema {name}")))
}
