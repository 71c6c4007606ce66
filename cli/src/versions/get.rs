use std::num::NonZeroUsize;

use clap::Args;
use futures_util::stream::StreamExt as _;
use imagekit_client::types::{File, FileId, VersionId};
use imagekit_client::{Client, Response};
use tokio::sync::Semaphore;

use super::wanted::{BadLine, Source, Wanted, WantedVersion};
use crate::Context;
use crate::completion;
use crate::config::Session;
use crate::exit::{Exit, Failure};
use crate::progress::Progress;
use crate::render::{Format, Rendering, Shape};
use crate::tally::Tally;
use crate::terminal::complain;

/// How many responses may wait to be printed, for each call at once. A call whose packet was lost takes as long as six
/// others or more; no other waits for it before so many have overtaken it.
const AHEAD: usize = 32;

#[derive(Args)]
#[command(override_usage = "\
    imagekit versions get [OPTIONS] <FILE_ID> <VERSION_ID>...\n       \
    imagekit versions get [OPTIONS] <FILE_ID> -\n       \
    imagekit versions get [OPTIONS] -")]
pub(crate) struct Get {
    /// The file, by path or id, or `-` to read pairs of a file id and a version id, separated by white space, from
    /// standard input, one pair a line.
    #[arg(value_name = "FILE_ID", add = completion::paths())]
    pub(crate) file: Source<FileId>,

    /// Its versions, or `-` to read their ids from standard input, one a line.
    #[arg(value_name = "VERSION_ID")]
    pub(crate) versions: Vec<Source<VersionId>>,

    #[command(flatten)]
    pub(crate) format: Format,

    /// Show status, request id and rate limit as well; except in the view for people, they go to
    /// standard error.
    #[arg(long, short)]
    pub(crate) include: bool,

    /// How many versions to fetch at once.
    #[arg(long, short, value_name = "NUMBER", default_value = "8", value_parser = crate::args::at_least_one)]
    pub(crate) concurrency: NonZeroUsize,
}

/// What became of a version.
struct Outcome {
    name: String,
    result: Result<Response<File>, Failure>,
}

pub(crate) async fn get(get: Get, mut context: Context) -> Result<Exit, Failure> {
    let mut wanted = Wanted::by(get.file, get.versions)?;
    let count = wanted.count();
    let session = Session::start(&mut context).await?;
    wanted.look_up(&session).await?;
    let output = &context.output;
    let mut rendering = Rendering::new(get.format, context.now)
        .include(get.include)
        .several(count != Some(1));
    let shape = Shape::of("File");
    let mut tally = Tally::default();
    let progress = Progress::start(count);
    let at_once = get.concurrency.get().min(Semaphore::MAX_PERMITS);
    let turns = Semaphore::new(at_once);
    let mut outcomes = wanted
        .targets(context.input)
        .map(|target| fetch(session.client.clone(), target, &turns))
        .buffered(at_once.saturating_mul(AHEAD));
    while let Some(Outcome { name, result }) = outcomes.next().await {
        progress.advance();
        let failure = match result.and_then(|response| rendering.of(&response, shape, output)) {
            Ok(rendered) => {
                progress.aside(|| rendered.write(output))?;
                tally.succeeded += 1;
                continue;
            }
            Err(failure) => failure,
        };
        if let Some(rendered) = rendering.of_failure(&failure, output) {
            progress.aside(|| rendered.write(output))?;
        }
        if count == Some(1) {
            return Err(failure);
        }
        let failure = failure.about(&name);
        if failure.exit == Exit::NotAuthorised {
            return Err(failure);
        }
        progress.aside(|| complain(&failure));
        tally.fail(name, failure.exit);
    }
    drop(progress);
    rendering.check_fields()?;
    Ok(tally.sum_up("fetched"))
}

/// Gets a version when it has its turn, in a task of its own, which goes on while somebody reads the output slowly.
async fn fetch(
    client: Client,
    target: Result<WantedVersion, BadLine>,
    turns: &Semaphore,
) -> Outcome {
    let WantedVersion { file, version } = match target {
        Ok(target) => target,
        Err(BadLine { number, failure }) => {
            return Outcome {
                name: format!("line {number} of standard input"),
                result: Err(failure),
            };
        }
    };
    let name = version.to_string();
    let Ok(_turn) = turns.acquire().await else {
        // Not shown: what was refused comes before it.
        let reason = "not fetched, since a call before it was refused";
        let result = Err(Failure::new(Exit::NotAuthorised, reason));
        return Outcome { name, result };
    };
    let details = client.get_file_version_details(file, version);
    let call = tokio::spawn(details.send_with_response());
    let result = match call.await {
        Ok(result) => result.map_err(Failure::from),
        Err(error) => Err(Failure::new(Exit::Other, error.to_string())),
    };
    if matches!(&result, Err(failure) if failure.exit == Exit::NotAuthorised) {
        // The next call would be refused as well.
        turns.close();
    }
    Outcome { name, result }
}
