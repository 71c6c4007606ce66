//! What is about the account rather than a file: `fields`, `usage`, `job`, `purge` and `open`.

use std::time::Duration;

use chrono::{Datelike as _, NaiveDate};
use clap::{Args, Subcommand};
use imagekit_openapi::Field;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr as _;

use super::asset::Target;
use crate::Context;
use crate::call::call_by_id;
use crate::completion;
use crate::config::Session;
use crate::done::{Done, Lines};
use crate::exit::{Exit, Failure};
use crate::progress::Progress;
use crate::render::page::{NARROWEST_BAR, Page, WIDEST_BAR, Word, bar, word, words};
use crate::render::{Column, Format, ListFormat, Rendering, Shape};
use crate::terminal::{BOLD, FAINT, GOOD, PLAIN, plain};
use crate::words;

#[derive(Args)]
pub(crate) struct Fields {
    /// Show deleted ones as well.
    #[arg(long)]
    deleted: bool,

    #[command(flatten)]
    format: ListFormat,
}

#[derive(Args)]
pub(crate) struct Usage {
    /// The first day; by default that of this month.
    #[arg(long, value_name = "DATE")]
    from: Option<NaiveDate>,

    /// The first day after it; by default tomorrow.
    #[arg(long, value_name = "DATE")]
    to: Option<NaiveDate>,

    #[command(flatten)]
    format: Format,
}

#[derive(Subcommand)]
pub(crate) enum Job {
    /// Wait until a job is done, and show its state.
    Wait {
        /// The id of the job.
        #[arg(value_name = "JOB_ID")]
        id: String,

        /// How long to wait, in seconds.
        #[arg(long, value_name = "SECONDS", default_value_t = 600)]
        timeout: u64,

        #[command(flatten)]
        format: Format,
    },
}

#[derive(Args)]
pub(crate) struct Purge {
    /// What to remove from the cache: an address, which may end with `*`, or a file by path or id.
    #[arg(value_name = "URL|FILE", add = completion::paths())]
    what: String,

    /// Wait until it is done.
    #[arg(long)]
    wait: bool,

    #[command(flatten)]
    lines: Lines,
}

#[derive(Args)]
pub(crate) struct Open {
    /// The file, by path or id.
    #[arg(value_name = "FILE", add = completion::paths())]
    target: Target,

    /// Print the address instead.
    #[arg(long, short, help_heading = "Output")]
    print: bool,
}

pub(crate) async fn fields(fields: Fields, mut context: Context) -> Result<Exit, Failure> {
    let session = Session::start(&mut context).await?;
    let call = call_by_id(&session.client, "listCustomMetadataFields")?;
    let call = call.query("includeDeleted", fields.deleted.then_some(true));
    let response = call.send().await?;
    let list: Vec<&serde_json::value::RawValue> = serde_json::from_slice(response.raw_body())
        .map_err(|error| Failure::not_understood(&error, response.raw_body()))?;
    let rendering = fields.format.rendering(context.now).columns(|component| {
        vec![
            Column::of(Some(component), "name"),
            Column::of(Some(component), "label"),
            Column::computed("Type", |it| {
                it["schema"]["type"].as_str().unwrap_or_default().to_owned()
            }),
            Column::computed("Rules", rules),
            Column::of(Some(component), "id").titled("Id"),
        ]
    });
    let shape = Shape::of("CustomMetadataField");
    fields
        .format
        .print(rendering, list.into_iter(), shape, &context)
}

/// What a field asks of its values.
fn rules(field: &Value) -> String {
    let members = field["schema"].as_object().into_iter().flatten();
    let rules = members.filter(|(name, _)| *name != "type");
    let rules: Vec<_> = rules
        .map(|(name, value)| match value {
            Value::Bool(true) => name.clone(),
            value => format!("{name} {}", words::value(value)),
        })
        .collect();
    rules.join("; ")
}

pub(crate) async fn usage(usage: Usage, mut context: Context) -> Result<Exit, Failure> {
    let today = context.now.date_naive();
    let from = usage.from.or_else(|| today.with_day(1)).unwrap_or(today);
    let to = usage.to.or_else(|| today.succ_opt()).unwrap_or(today);
    let session = Session::start(&mut context).await?;
    let call = call_by_id(&session.client, "getUsage")?;
    let call = call.query("startDate", from).query("endDate", to);
    let response = call.send().await?;
    let output = &context.output;
    if usage.format.is_for_programs() {
        let mut rendering = Rendering::new(usage.format, context.now);
        rendering
            .of(&response, Shape::of("Usage"), output)?
            .write(output)?;
        rendering.check_fields()?;
        return Ok(Exit::Fine);
    }
    let mut page = Page::new(output);
    page.flow(
        0,
        0,
        vec![word(&format!("Usage from {from} until {to}"), BOLD)],
    );
    lay_out_usage(&mut page, &response.json()?);
    output.write(page.text)?;
    Ok(Exit::Fine)
}

/// The indent of labels, and what is between them and the bars.
const LABEL_GAP: usize = 4;
/// As `999 bytes` and the space before it.
const WIDEST_SHORT: usize = 10;

/// A bar for each counter; those of bytes are drawn to one scale.
fn lay_out_usage(page: &mut Page<'_>, usage: &Value) {
    let component = imagekit_openapi::component("Usage");
    let fields = component.map_or(&[][..], |it| it.properties);
    let is_bytes = |unit: Option<&str>| unit == Some("bytes");
    let largest = |bytes: bool| {
        let same = fields.iter().filter(|it| is_bytes(it.unit) == bytes);
        same.filter_map(|it| usage[it.name].as_i64())
            .max()
            .unwrap_or(0)
    };
    let labels = fields.iter().map(|it| label(it).width());
    page.label_width = labels.max().unwrap_or(0) + LABEL_GAP;
    let left = page.output.width.saturating_sub(page.label_width);
    let width = left.saturating_sub(WIDEST_SHORT).min(WIDEST_BAR);
    for field in fields {
        let Some(count) = usage[field.name].as_i64() else {
            continue;
        };
        let (short, exact) = match is_bytes(field.unit) {
            true => words::bytes(count),
            false => (words::count(count), None),
        };
        let mut row = Vec::new();
        if width >= NARROWEST_BAR {
            #[expect(clippy::cast_precision_loss, reason = "a bar has a few columns")]
            let percent = 100.0 * count as f64 / largest(is_bytes(field.unit)).max(1) as f64;
            let (full, empty) = bar(percent, width);
            let text = format!(
                "{}{}",
                page.output.paint(GOOD, full),
                page.output.paint(FAINT, empty)
            );
            row.push(Word { text, style: PLAIN });
        }
        row.extend(words(&short, PLAIN));
        // Beside a bar, a second line would look like another counter.
        let exact = exact.map(|exact| format!("({exact})"));
        let exact = exact
            .filter(|it| width < NARROWEST_BAR || width + short.width() + it.width() + 2 <= left);
        row.extend(exact.iter().flat_map(|exact| words(exact, FAINT)));
        page.row(label(field), row);
    }
}

/// What a counter counts; its unit is with the number.
fn label(field: &Field) -> &'static str {
    let label = field.label.trim_end_matches(" bytes");
    label.trim_end_matches(" count")
}

pub(crate) async fn job(job: Job, mut context: Context) -> Result<Exit, Failure> {
    let Job::Wait {
        id,
        timeout,
        format,
    } = job;
    let session = Session::start(&mut context).await?;
    let progress = Progress::start(Some(1));
    let poller = session.client.get_bulk_job_status(&id).poll();
    poller
        .with_timeout(Duration::from_secs(timeout))
        .until_done()
        .await?;
    let response = call_by_id(&session.client, "getBulkJobStatus")?.path("jobId", &id);
    let response = response.send().await?;
    drop(progress);
    let mut rendering = Rendering::new(format, context.now);
    let rendered = rendering.of(&response, Shape::of("BulkJob"), &context.output)?;
    rendered.write(&context.output)?;
    rendering.check_fields()?;
    Ok(Exit::Fine)
}

pub(crate) async fn purge(purge: Purge, mut context: Context) -> Result<Exit, Failure> {
    let session = Session::start(&mut context).await?;
    let url = match purge.what.contains("://") {
        true => purge.what,
        false => {
            let target: Target = purge.what.parse().map_err(Failure::usage)?;
            let file = session.file(&target).await?;
            let url = file.url();
            // The cache knows the address without what makes it unique.
            format!("{}*", url.split_once('?').map_or(url, |(path, _)| path))
        }
    };
    let mut job = session.client.purge_cache(&url).start().await?;
    let state = match purge.wait {
        true => {
            let _progress = Progress::start(Some(1));
            job.wait().await?;
            "purged"
        }
        false => "purging",
    };
    let request = job.id();
    let json = json!({ "outcome": state, "requestId": request, "url": url });
    let done = Done::new(&format!("{state} {url} (request {request})"), json);
    done.print(purge.lines, &context.output)?;
    Ok(Exit::Fine)
}

pub(crate) async fn open(open: Open, mut context: Context) -> Result<Exit, Failure> {
    let session = Session::start(&mut context).await?;
    let file = session.file(&open.target).await?;
    let url = session.delivered(file.url());
    // The demo ends with this program, before a browser could ask it for anything.
    if open.print || session.is_demo() {
        context.output.write(format!("{}\n", plain(&url)))?;
        return Ok(Exit::Fine);
    }
    // Other addresses could start any program, and this one is whatever the response said.
    if !url.starts_with("https://") && !url.starts_with("http://") {
        let problem = format!("{url:?} is no address for a browser");
        return Err(Failure::new(Exit::Other, problem));
    }
    ::open::that_detached(&url).map_err(|error| {
        let problem = format!("no browser can be started: {error}");
        Failure::new(Exit::Other, problem).try_this("print the address with --print")
    })?;
    let opened = format!("opened {}\n", plain(&url));
    context.output.write(opened)?;
    Ok(Exit::Fine)
}
