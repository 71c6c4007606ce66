use chrono::{DateTime, Utc};
use futures_util::stream::{self, BoxStream, StreamExt as _};
use imagekit_client::types::{FileId, FileVersion, VersionId};
use imagekit_client::{Client, Error, ResponseValue};
use serde_json::Value;

use crate::Context;
use crate::args::{Format, Get, Source};
use crate::config::Session;
use crate::exit::{Exit, Failure};
use crate::json::{self, Field};
use crate::progress::Progress;
use crate::terminal::{Input, Output, complain, plain, say, warn};
use crate::view;

/// So many failures are named again in the summary.
const SUMMED_UP: usize = 10;

/// Which versions to get.
enum Wanted {
    These(Vec<Target>),
    /// Those on standard input, of this file or else with their file.
    Lines(Option<FileId>),
}

struct Target {
    file: FileId,
    version: VersionId,
}

/// What became of one target: an error is one of the call, a failure is that there was none.
struct Outcome {
    name: String,
    result: Result<Result<ResponseValue<FileVersion>, Error>, Failure>,
}

pub(crate) async fn get(get: Get, mut context: Context) -> Result<Exit, Failure> {
    let wanted = Wanted::by(get.file, get.versions)?;
    let count = wanted.count();
    let session = Session::start(&context.connection, &mut context.input).await?;
    let mut printer = Printer::new(get.format, get.include, count != Some(1), context.now);
    let mut tally = Tally::default();
    let progress = Progress::start(count);
    let mut outcomes = wanted
        .targets(context.input)
        .map(|target| fetch(session.client.clone(), target))
        .buffered(get.concurrency.get());
    while let Some(Outcome { name, result }) = outcomes.next().await {
        progress.advance();
        let failure = match progress.aside(|| printer.print(result, &context.output))? {
            Ok(()) => {
                tally.succeeded += 1;
                continue;
            }
            Err(failure) if count == Some(1) => return Err(failure),
            Err(failure) => failure.about(&name),
        };
        if failure.exit == Exit::NotAuthorised {
            // The next call would be refused as well.
            return Err(failure);
        }
        progress.aside(|| complain(&failure));
        tally.fail(name, failure.exit);
    }
    drop(progress);
    printer.warn_of_absent_fields();
    Ok(tally.sum_up())
}

impl Wanted {
    fn by(file: Source<FileId>, versions: Vec<Source<VersionId>>) -> Result<Self, Failure> {
        let unclear =
            |problem: &str| Failure::usage(problem).try_this("see imagekit versions get --help");
        let file = match (file, versions.as_slice()) {
            (Source::StandardInput, []) => return Ok(Self::Lines(None)),
            (Source::StandardInput, _) => {
                return Err(unclear(
                    "if FILE_ID is `-`, standard input has the ids of the versions too",
                ));
            }
            (Source::Id(_), []) => return Err(unclear("there is no VERSION_ID")),
            (Source::Id(file), [Source::StandardInput]) => return Ok(Self::Lines(Some(file))),
            (Source::Id(file), _) => file,
        };
        let target = |version| match version {
            Source::Id(version) => Ok(Target {
                file: file.clone(),
                version,
            }),
            Source::StandardInput => Err(unclear("`-` stands for all VERSION_IDs, not for some")),
        };
        let targets: Result<_, _> = versions.into_iter().map(target).collect();
        Ok(Self::These(targets?))
    }

    /// How many there are, unless standard input decides that.
    fn count(&self) -> Option<u64> {
        match self {
            Self::These(targets) => u64::try_from(targets.len()).ok(),
            Self::Lines(_) => None,
        }
    }

    /// One after another, or the name of one that cannot be and why.
    fn targets(self, input: Input) -> BoxStream<'static, Result<Target, Outcome>> {
        match self {
            Self::These(targets) => stream::iter(targets).map(Ok).boxed(),
            Self::Lines(file) => stream::unfold((input, 0_u64), move |(mut input, mut number)| {
                let file = file.clone();
                async move {
                    let line = loop {
                        number += 1;
                        match input.line().await.transpose()? {
                            Ok(line) if line.is_empty() => {}
                            line => break line,
                        }
                    };
                    let target =
                        line.and_then(|line| Target::read(&line, file))
                            .map_err(|failure| Outcome {
                                name: format!("line {number} of standard input"),
                                result: Err(failure),
                            });
                    Some((target, (input, number)))
                }
            })
            .boxed(),
        }
    }
}

impl Target {
    /// Reads the id of a version of `file`, or else the ids of a file and of its version.
    fn read(line: &[u8], file: Option<FileId>) -> Result<Self, Failure> {
        let line = str::from_utf8(line).map_err(|_| Failure::usage("is not UTF-8"))?;
        let invalid = |id: &str, reason| Failure::usage(format!("{id:?}: {reason}"));
        let (file, version) = match file {
            Some(file) => (file, line),
            None => {
                let (file, version) = line.split_once(char::is_whitespace).ok_or_else(|| {
                    Failure::usage(format!("{line:?} is not a file id and a version id"))
                })?;
                let parsed = file.parse().map_err(|reason| invalid(file, reason))?;
                (parsed, version.trim_start())
            }
        };
        Ok(Self {
            file,
            version: version.parse().map_err(|reason| invalid(version, reason))?,
        })
    }
}

/// Gets a version in a task of its own, which goes on while somebody reads the output slowly.
async fn fetch(client: Client, target: Result<Target, Outcome>) -> Outcome {
    let Target { file, version } = match target {
        Ok(target) => target,
        Err(outcome) => return outcome,
    };
    let name = version.to_string();
    let call = tokio::spawn(async move {
        client
            .get_file_version_details()
            .file_id(file)
            .version_id(version)
            .send()
            .await
    });
    let result = call
        .await
        .map_err(|error| Failure::new(Exit::Other, error.to_string()));
    Outcome { name, result }
}

/// Prints answers in the form that was asked for.
struct Printer {
    format: Format,
    fields: Vec<Field>,
    /// Those of the fields that no answer had yet.
    absent: Vec<bool>,
    include: bool,
    several: bool,
    first: bool,
    now: DateTime<Utc>,
}

impl Printer {
    fn new(format: Format, include: bool, several: bool, now: DateTime<Utc>) -> Self {
        let fields: Vec<Field> = format.field.iter().map(|path| Field::parse(path)).collect();
        Self {
            absent: vec![true; fields.len()],
            fields,
            format,
            include,
            several,
            first: true,
            now,
        }
    }

    /// Prints an answer, or gives back why there is none. The outer failure is one of the output.
    fn print(
        &mut self,
        result: Result<Result<ResponseValue<FileVersion>, Error>, Failure>,
        output: &Output,
    ) -> Result<Result<(), Failure>, Failure> {
        let answer = match result {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                if self.format.raw
                    && error.is_decode()
                    && let Some(body) = error.body()
                {
                    self.print_raw(body, output)?;
                }
                return Ok(Err(error.into()));
            }
            Err(failure) => return Ok(Err(failure)),
        };
        if self.format.is_for_people() {
            let gap = if self.first { "" } else { "\n" };
            let page = view::version(&answer, self.include, &self.now, output);
            output.write(format!("{gap}{page}"))?;
        } else {
            if self.include {
                let envelope = view::envelope(&answer).into_iter();
                let envelope: Vec<String> = envelope
                    .map(|(label, text)| format!("{label}: {text}"))
                    .collect();
                say(envelope.join("; "));
            }
            if self.format.raw {
                self.print_raw(answer.body(), output)?;
            } else if self.format.json {
                output.write(json::lay_out(answer.body(), output))?;
            } else {
                match answer.json() {
                    Ok(document) => output.write(self.line_of_fields(&document, output))?,
                    Err(error) => return Ok(Err(error.into())),
                }
            }
        }
        self.first = false;
        Ok(Ok(()))
    }

    fn print_raw(&self, body: &[u8], output: &Output) -> Result<(), Failure> {
        if self.several {
            output.write([body, b"\n"].concat())
        } else {
            output.write(body)
        }
    }

    fn line_of_fields(&mut self, document: &Value, output: &Output) -> String {
        let values = self.fields.iter().zip(&mut self.absent);
        let values: Vec<String> = values
            .map(|(field, absent)| {
                let value = field.of(document);
                *absent &= value.is_none();
                let text = match value {
                    None | Some(Value::Null) => String::new(),
                    Some(Value::String(text)) => text.clone(),
                    Some(other) => other.to_string(),
                };
                if output.is_terminal {
                    plain(&text).into_owned()
                } else {
                    text
                }
            })
            .collect();
        values.join("\t") + "\n"
    }

    /// An absent property is no failure, as most are optional; but it may be a slip of the pen.
    fn warn_of_absent_fields(&self) {
        if self.first {
            return;
        }
        for (path, _) in self
            .format
            .field
            .iter()
            .zip(&self.absent)
            .filter(|(_, absent)| **absent)
        {
            warn(&format!("no answer has a property {path:?}"));
        }
    }
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
