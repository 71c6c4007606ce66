//! `imagekit`, the command line for ImageKit.

mod api;
mod args;
mod auth;
mod call;
mod completion;
mod config;
mod demo;
mod doctor;
mod done;
mod exit;
mod json;
mod keyring;
mod library;
mod manual;
mod progress;
mod render;
mod replace;
mod schema;
mod tally;
mod terminal;
mod url;
mod versions;
mod webhooks;
mod words;

use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::Parser as _;

use crate::args::{Arguments, Command, Connection};
use crate::exit::{Exit, Failure};
use crate::terminal::{Input, Output, complain, say};

fn main() -> ExitCode {
    completion::respond();
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
    /// The present moment if the environment tells it, for output that must not change.
    fixed_now: Option<DateTime<Utc>>,
    input: Input,
    output: Output,
}

async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let fixed_now = config::now_of_the_environment()?;
    let context = Context {
        connection: arguments.connection,
        now: fixed_now.unwrap_or_else(Utc::now),
        fixed_now,
        input: Input::new(),
        output: Output::new(),
    };
    match arguments.command {
        Command::Ls(ls) => library::ls(ls, context).await,
        Command::Find(find) => library::find(find, context).await,
        Command::Get(get) => library::get(get, context).await,
        Command::Upload(upload) => library::upload(upload, context).await,
        Command::Download(download) => library::download(download, context).await,
        Command::Mv(mv) => library::mv(mv, context).await,
        Command::Cp(cp) => library::cp(cp, context).await,
        Command::Rename(rename) => library::rename(rename, context).await,
        Command::Rm(rm) => library::rm(rm, context).await,
        Command::Tag(tag) => library::tag(tag, context).await,
        Command::Meta(meta) => library::meta(meta, context).await,
        Command::Folder(folder) => library::folder(folder, context).await,
        Command::Job(job) => library::job(job, context).await,
        Command::Purge(purge) => library::purge(purge, context).await,
        Command::Fields(fields) => library::fields(fields, context).await,
        Command::Usage(usage) => library::usage(usage, context).await,
        Command::Open(open) => library::open(open, context).await,
        Command::Versions(versions) => versions::run(versions, context).await,
        Command::Api(call) => api::run(call, context).await,
        Command::Auth(auth) => auth::run(auth, context).await,
        Command::Doctor(lines) => doctor::run(lines, context).await,
        Command::Url(url) => url::run(url, context).await,
        Command::Webhooks(webhooks) => webhooks::run(webhooks, context).await,
        Command::Schema(schema) => schema::run(schema, context).await,
        Command::Completions { shell } => completion::print_script(&shell, &context.output),
        Command::Man { folder } => manual::write_pages(&folder),
    }
}
