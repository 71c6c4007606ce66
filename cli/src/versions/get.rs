use futures_util::stream::StreamExt as _;
use imagekit_client::types::File;
use imagekit_client::{Client, Response};

use super::wanted::{BadLine, Wanted, WantedVersion};
use crate::Context;
use crate::args::Get;
use crate::config::Session;
use crate::exit::{Exit, Failure};
use crate::progress::Progress;
use crate::render::{Rendering, Shape};
use crate::tally::Tally;
use crate::terminal::complain;

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
    let mut outcomes = wanted
        .targets(context.input)
        .map(|target| fetch(session.client.clone(), target))
        .buffered(get.concurrency.get());
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
        if let Some(rendered) = rendering.of_failure(&failure) {
            progress.aside(|| rendered.write(output))?;
        }
        if count == Some(1) {
            return Err(failure);
        }
        let failure = failure.about(&name);
        if failure.exit == Exit::NotAuthorised {
            // The next call would be refused as well.
            return Err(failure);
        }
        progress.aside(|| complain(&failure));
        tally.fail(name, failure.exit);
    }
    drop(progress);
    rendering.warn_of_absent_fields();
    Ok(tally.sum_up("fetched"))
}

/// Gets a version in a task of its own, which goes on while somebody reads the output slowly.
async fn fetch(client: Client, target: Result<WantedVersion, BadLine>) -> Outcome {
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
    let details = client.get_file_version_details(file, version);
    let call = tokio::spawn(details.send_with_response());
    let result = match call.await {
        Ok(result) => result.map_err(Failure::from),
        Err(error) => Err(Failure::new(Exit::Other, error.to_string())),
    };
    Outcome { name, result }
}
