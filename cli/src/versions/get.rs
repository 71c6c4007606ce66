use futures_util::stream::StreamExt as _;
use imagekit_client::types::File;
use imagekit_client::{Client, Response};

use super::wanted::{BadLine, Target, Wanted};
use crate::Context;
use crate::args::Get;
use crate::config::Session;
use crate::exit::{Exit, Failure};
use crate::progress::Progress;
use crate::render::{Rendering, Shape};
use crate::terminal::{complain, plain, say};

/// So many failures are named again in the summary.
const SUMMED_UP: usize = 10;

/// What became of a version.
struct Outcome {
    name: String,
    result: Result<Response<File>, Failure>,
}

pub(crate) async fn get(get: Get, mut context: Context) -> Result<Exit, Failure> {
    let wanted = Wanted::by(get.file, get.versions)?;
    let count = wanted.count();
    let session = Session::start(&mut context).await?;
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
    Ok(tally.sum_up())
}

/// Gets a version in a task of its own, which goes on while somebody reads the output slowly.
async fn fetch(client: Client, target: Result<Target, BadLine>) -> Outcome {
    let Target { file, version } = match target {
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

/// How many calls came to which end.
#[derive(Default)]
struct Tally {
    succeeded: u64,
    failed: u64,
    /// The first of those that failed.
    named: Vec<(String, Exit)>,
    exit: Option<Exit>,
}

impl Tally {
    fn fail(&mut self, name: String, exit: Exit) {
        self.failed += 1;
        self.exit = Some(match self.exit {
            Some(other) if other != exit => Exit::Other,
            _ => exit,
        });
        if self.named.len() < SUMMED_UP {
            self.named.push((name, exit));
        }
    }

    fn sum_up(self) -> Exit {
        let Some(exit) = self.exit else {
            return Exit::Fine;
        };
        let total = self.succeeded + self.failed;
        say(format_args!(
            "{} of {total} fetched, {} failed:",
            self.succeeded, self.failed
        ));
        for (name, exit) in &self.named {
            say(format_args!("  {}  {}", plain(name), exit.meaning()));
        }
        let unnamed = self.failed - self.named.len() as u64;
        if unnamed > 0 {
            say(format_args!("  and {unnamed} more"));
        }
        exit
    }
}
