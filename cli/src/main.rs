//! `imagekit`, the command line for ImageKit.

mod api;
mod args;
mod auth;
mod call;
mod config;
mod demo;
mod exit;
mod json;
mod manual;
mod progress;
mod render;
mod schema;
mod terminal;
mod versions;
mod words;

use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::Parser as _;

use crate::args::{Arguments, Auth, Command, Connection, Schema, Versions};
use crate::exit::{Exit, Failure};
use crate::terminal::{Input, Output, complain, say};

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // If nobody can be told, there is nothing left to do about it.
            let _ = error.print();
            return match error.exit_code() {
                0 => ExitCode::SUCCESS,
                _ => ExitCode::from(Exit::Usage.code()),
            };
        }
    };
    terminal::choose_color(arguments.color);
    let exit = match start(arguments) {
        Ok(exit) => exit,
        Err(failure) => {
            if !failure.is_silent() {
                complain(&failure);
            }
            failure.exit
        }
    };
    ExitCode::from(exit.code())
}

fn start(arguments: Arguments) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::new(Exit::Other, format!("cannot start: {error}")))?;
    let result = runtime.block_on(async {
        tokio::spawn(leave_at_second_interrupt());
        tokio::select! {
            biased;
            Ok(()) = tokio::signal::ctrl_c() => {
                say("interrupted");
                Ok(Exit::Interrupted)
            }
            result = run(arguments) => result,
        }
    });
    // Nothing that is still going on matters any more, least of all somebody's silence on standard
    // input.
    runtime.shutdown_background();
    result
}

/// The first Ctrl-C ends the program between two lines of output. If that cannot be, because nobody
/// reads the output, the second one ends it at once.
async fn leave_at_second_interrupt() {
    for _ in 0..2 {
        if tokio::signal::ctrl_c().await.is_err() {
            return;
        }
    }
    std::process::exit(Exit::Interrupted.code().into());
}

/// What every command may need.
struct Context {
    connection: Connection,
    now: DateTime<Utc>,
    /// The present moment if it was told by the user, for output that must not change.
    fixed_now: Option<DateTime<Utc>>,
    input: Input,
    output: Output,
}

async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let context = Context {
        connection: arguments.connection,
        now: arguments.now.unwrap_or_else(Utc::now),
        fixed_now: arguments.now,
        input: Input::new(),
        output: Output::new(),
    };
    match arguments.command {
        Command::Versions(Versions::Get(get)) => versions::get(get, context).await,
        Command::Versions(Versions::Diff(diff)) => versions::diff(diff, context).await,
        Command::Api(call) => api::run(call, context).await,
        Command::Auth(Auth::Check) => auth::check(context).await,
        Command::Schema(Schema::Validate(validate)) => {
            schema::validate(validate, context.input, &context.output).await
        }
        Command::Schema(Schema::Print(print)) => schema::print(&print, &context.output),
        Command::Completions { shell } => manual::completions(shell, &context.output),
        Command::Man { folder } => manual::write_pages(&folder),
    }
}
