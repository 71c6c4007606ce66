//! `versions list`, `restore` and `rm`.

use clap::Args;
use imagekit_client::types::VersionId;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::Context;
use crate::call::call_by_id;
use crate::completion;
use crate::config::Session;
use crate::done::{Done, Lines};
use crate::exit::{Exit, Failure};
use crate::library::{Target, Yes};
use crate::render::{Column, Format, ListFormat, Rendering, Shape};
use crate::tally::Tally;
use crate::words;

#[derive(Args)]
pub(crate) struct List {
    /// The file, by path or id.
    #[arg(value_name = "FILE", add = completion::paths())]
    target: Target,

    #[command(flatten)]
    format: ListFormat,
}

#[derive(Args)]
pub(crate) struct Restore {
    /// The file, by path or id.
    #[arg(value_name = "FILE", add = completion::paths())]
    target: Target,

    /// The version that becomes the current one.
    #[arg(value_name = "VERSION_ID")]
    version: VersionId,

    #[command(flatten)]
    format: Format,
}

#[derive(Args)]
pub(crate) struct Rm {
    /// The file, by path or id.
    #[arg(value_name = "FILE", add = completion::paths())]
    target: Target,

    /// Its versions to delete; the current one cannot be deleted.
    #[arg(value_name = "VERSION_ID", required = true)]
    versions: Vec<VersionId>,

    #[command(flatten)]
    yes: Yes,

    #[command(flatten)]
    lines: Lines,
}

pub(crate) async fn list(list: List, mut context: Context) -> Result<Exit, Failure> {
    let session = Session::start(&mut context).await?;
    let id = session.file_id(&list.target).await?;
    let call = call_by_id(&session.client, "listFileVersions")?.path("fileId", &id);
    let response = call.send().await?;
    let versions: Vec<&RawValue> = serde_json::from_slice(response.raw_body())
        .map_err(|error| Failure::not_understood(&error, response.raw_body()))?;
    let rendering = list.format.rendering(context.now).columns(|component| {
        vec![
            Column::computed("Version", |it| text(&it["versionInfo"]["name"])),
            Column::of(Some(component), "size").titled("Size"),
            Column::of(Some(component), "updatedAt").titled("Updated"),
            Column::computed("Version id", |it| text(&it["versionInfo"]["id"])),
            Column::computed("", |it| {
                if it["type"] == "file" { "current" } else { "" }.to_owned()
            }),
        ]
    });
    list.format
        .print(rendering, versions.into_iter(), Shape::of("File"), &context)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

pub(crate) async fn restore(restore: Restore, mut context: Context) -> Result<Exit, Failure> {
    let session = Session::start(&mut context).await?;
    let id = session.file_id(&restore.target).await?;
    let call = call_by_id(&session.client, "restoreFileVersion")?
        .path("fileId", &id)
        .path("versionId", restore.version.as_str());
    let response = call.send().await?;
    let mut rendering = Rendering::new(restore.format, context.now);
    rendering
        .of(&response, Shape::of("File"), &context.output)?
        .write(&context.output)?;
    rendering.check_fields()?;
    Ok(Exit::Fine)
}

pub(crate) async fn rm(rm: Rm, mut context: Context) -> Result<Exit, Failure> {
    let session = Session::start(&mut context).await?;
    let id = session.file_id(&rm.target).await?;
    let question = format!(
        "delete {} of {} for good?",
        words::counted(rm.versions.len(), "version"),
        rm.target
    );
    if !rm.yes.yes && !context.input.allows(&question).await? {
        return Err(Failure::new(Exit::Other, "nothing was deleted"));
    }
    let mut tally = Tally::default();
    for version in &rm.versions {
        match session
            .client
            .delete_file_version(&id, version)
            .send()
            .await
        {
            Ok(()) => {
                tally.succeeded += 1;
                let json = json!({ "fileId": id, "outcome": "deleted", "versionId": version });
                let done = Done::new(&format!("deleted version {version}"), json);
                done.print(rm.lines, &context.output)?;
            }
            Err(error) => tally.tell(version.to_string(), error.into())?,
        }
    }
    Ok(tally.sum_up("deleted"))
}
