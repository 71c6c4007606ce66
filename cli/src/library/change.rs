//! `mv`, `cp`, `rename`, `rm` and `folder`: what changes the places of files and folders.

use clap::{Args, Subcommand};
use imagekit_client::JobPoller;
use imagekit_client::types::{BulkJob, FileId};
use serde_json::json;

use super::asset::{Asset, Target, folder_path, join, split};
use crate::Context;
use crate::completion;
use crate::config::Session;
use crate::done::{Done, Lines};
use crate::exit::{Exit, Failure};
use crate::progress::Progress;
use crate::tally::Tally;
use crate::words;

#[derive(Args)]
pub(crate) struct Mv {
    /// What to move: files and folders, by path or id, and then the folder to move them into. A single
    /// file or folder can also be given a new path.
    #[arg(value_name = "SOURCE> <DESTINATION", required = true, num_args = 2.., add = completion::paths())]
    operands: Vec<String>,

    #[command(flatten)]
    wait: Wait,

    #[command(flatten)]
    lines: Lines,
}

#[derive(Args)]
pub(crate) struct Cp {
    /// What to copy: files and folders, by path or id, and then the folder to copy them into. A single
    /// file can also be given a new name, in another folder.
    #[arg(value_name = "SOURCE> <DESTINATION", required = true, num_args = 2.., add = completion::paths())]
    operands: Vec<String>,

    /// Copy all versions, and not only the current ones.
    #[arg(long)]
    versions: bool,

    #[command(flatten)]
    wait: Wait,

    #[command(flatten)]
    lines: Lines,
}

#[derive(Args)]
pub(crate) struct Rename {
    /// The file or folder, by path or id.
    #[arg(value_name = "FILE", add = completion::paths())]
    target: Target,

    /// Its new name, without a path.
    #[arg(value_name = "NAME")]
    name: String,

    /// Purge what the cache has under the old name.
    #[arg(long)]
    purge: bool,

    #[command(flatten)]
    wait: Wait,

    #[command(flatten)]
    lines: Lines,
}

#[derive(Args)]
pub(crate) struct Rm {
    /// Files, and with -r folders, by path or id.
    #[arg(value_name = "FILE", required = true, add = completion::paths())]
    targets: Vec<Target>,

    /// Delete folders with all that is in them.
    #[arg(long, short)]
    recursive: bool,

    #[command(flatten)]
    yes: Yes,

    #[command(flatten)]
    lines: Lines,
}

#[derive(Subcommand)]
pub(crate) enum Folder {
    /// Create a folder, and those above it that are missing.
    Create {
        /// The path.
        #[arg(value_name = "PATH", required = true, value_parser = folder_path, add = completion::folders())]
        paths: Vec<String>,

        #[command(flatten)]
        lines: Lines,
    },

    /// Delete folders with all that is in them.
    Rm {
        /// The path.
        #[arg(value_name = "PATH", required = true, add = completion::folders())]
        targets: Vec<Target>,

        #[command(flatten)]
        yes: Yes,

        #[command(flatten)]
        lines: Lines,
    },

    /// Move folders into another one, or a single one to a new path.
    Mv(Mv),

    /// Copy folders into another one.
    Cp(Cp),
}

#[derive(Args)]
pub(crate) struct Yes {
    /// Do not ask first.
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Args)]
pub(crate) struct Wait {
    /// For folders: do not wait until ImageKit is done, but print the id of the job.
    #[arg(long)]
    no_wait: bool,
}

/// What to do with sources, and where.
struct Move {
    sources: Vec<Target>,
    destination: String,
    /// The destination is a folder that exists, or is written like one.
    is_into: bool,
}

impl Move {
    async fn read(operands: Vec<String>, session: &Session) -> Result<Self, Failure> {
        let parse = |text: &String| text.parse().map_err(Failure::usage);
        let Some((destination, sources)) = operands.split_last() else {
            return Err(Failure::usage("there is no destination"));
        };
        let sources: Vec<Target> = sources.iter().map(parse).collect::<Result<_, _>>()?;
        let path = folder_path(destination).map_err(Failure::usage)?;
        let is_folder = match session.by_path(&path, true).await? {
            Some(_) => true,
            None if destination.ends_with('/') => {
                return Err(super::asset::missing(&path));
            }
            None => false,
        };
        if !is_folder && sources.len() > 1 {
            return Err(Failure::usage(format!(
                "{path} is no folder to put several things into"
            )));
        }
        Ok(Self {
            sources,
            destination: path,
            is_into: is_folder,
        })
    }

    /// The folder and the name that a source gets.
    fn place<'a>(&'a self, source: &'a Asset) -> (&'a str, &'a str) {
        if self.is_into {
            (&self.destination, source.name())
        } else {
            split(&self.destination)
        }
    }
}

pub(crate) async fn mv(mv: Mv, mut context: Context) -> Result<Exit, Failure> {
    let session = Session::start(&mut context).await?;
    let what = Move::read(mv.operands, &session).await?;
    let mut tally = Tally::default();
    for target in &what.sources {
        let outcome = move_one(&session, &what, target, &mv.wait).await;
        tally.count(target.to_string(), outcome, mv.lines, &context.output)?;
    }
    Ok(tally.sum_up("moved"))
}

async fn move_one(
    session: &Session,
    what: &Move,
    target: &Target,
    wait: &Wait,
) -> Result<Done, Failure> {
    let source = session.asset(target).await?;
    let (folder, name) = what.place(&source);
    let (old_folder, old_name) = split(source.path());
    refuse_root(&source)?;
    let end = join(folder, name);
    refuse_taken(session, &source, &end).await?;
    let client = &session.client;
    if folder != old_folder {
        refuse_missing(session, folder).await?;
        if name != old_name {
            // On its way it has the old name in the new folder.
            refuse_taken(session, &source, &join(folder, old_name)).await?;
        }
        if source.is_folder() {
            let job = client.move_folder(source.path(), folder).start().await?;
            if let Some(id) = finish(job, wait, name != old_name).await? {
                return Ok(started(source.path(), &id));
            }
        } else {
            client.move_file(source.path(), folder).send().await?;
        }
    }
    if name != old_name {
        let path = join(folder, old_name);
        if let Some(id) = rename_one(session, &source, &path, name, false, wait).await? {
            return Ok(started(source.path(), &id));
        }
    }
    Ok(placed("moved", source.path(), &end))
}

pub(crate) async fn cp(cp: Cp, mut context: Context) -> Result<Exit, Failure> {
    let session = Session::start(&mut context).await?;
    let what = Move::read(cp.operands, &session).await?;
    let mut tally = Tally::default();
    for target in &what.sources {
        let outcome = copy_one(&session, &what, target, cp.versions, &cp.wait).await;
        tally.count(target.to_string(), outcome, cp.lines, &context.output)?;
    }
    Ok(tally.sum_up("copied"))
}

async fn copy_one(
    session: &Session,
    what: &Move,
    target: &Target,
    versions: bool,
    wait: &Wait,
) -> Result<Done, Failure> {
    let source = session.asset(target).await?;
    let (folder, name) = what.place(&source);
    let (old_folder, old_name) = split(source.path());
    refuse_root(&source)?;
    if folder == old_folder {
        return Err(Failure::usage(
            "ImageKit cannot copy a file or folder within its own folder",
        ));
    }
    refuse_missing(session, folder).await?;
    let end = join(folder, name);
    refuse_taken(session, &source, &end).await?;
    if name != old_name {
        refuse_taken(session, &source, &join(folder, old_name)).await?;
    }
    let client = &session.client;
    if source.is_folder() {
        let call = client
            .copy_folder(source.path(), folder)
            .include_versions(versions);
        if let Some(id) = finish(call.start().await?, wait, name != old_name).await? {
            return Ok(started(source.path(), &id));
        }
    } else {
        let call = client
            .copy_file(source.path(), folder)
            .include_file_versions(versions);
        call.send().await?;
    }
    if name != old_name {
        let path = join(folder, old_name);
        if let Some(id) = rename_one(session, &source, &path, name, false, wait).await? {
            return Ok(started(source.path(), &id));
        }
    }
    Ok(placed("copied", source.path(), &end))
}

pub(crate) async fn rename(rename: Rename, mut context: Context) -> Result<Exit, Failure> {
    if rename.name.is_empty() || rename.name.contains('/') {
        return Err(Failure::usage(format!("{:?} is no name", rename.name))
            .try_this("imagekit mv takes paths"));
    }
    let session = Session::start(&mut context).await?;
    let source = session.asset(&rename.target).await?;
    refuse_root(&source)?;
    let end = join(split(source.path()).0, &rename.name);
    refuse_taken(&session, &source, &end).await?;
    let job = rename_one(
        &session,
        &source,
        source.path(),
        &rename.name,
        rename.purge,
        &rename.wait,
    );
    let done = match job.await? {
        Some(id) => started(source.path(), &id),
        None => placed("renamed", source.path(), &end),
    };
    done.print(rename.lines, &context.output)?;
    Ok(Exit::Fine)
}

/// Renames what is at a path. Returns the id of a job that is not waited for.
async fn rename_one(
    session: &Session,
    asset: &Asset,
    path: &str,
    name: &str,
    purge: bool,
    wait: &Wait,
) -> Result<Option<String>, Failure> {
    let client = &session.client;
    if asset.is_folder() {
        let call = client.rename_folder(path, name).purge_cache(purge);
        return finish(call.start().await?, wait, false).await;
    }
    let response = client
        .rename_file(path, name)
        .purge_cache(purge)
        .send()
        .await?;
    if let imagekit_client::operations::RenameFileResponse::RenamedFileNotPurged(_) = response {
        crate::terminal::warn("it was renamed, but the cache was not purged: no purges are left");
    }
    Ok(None)
}

/// Waits for a job, unless nobody wants to; then it returns the id. What `must` be done first is waited for.
async fn finish(
    mut job: JobPoller<BulkJob>,
    wait: &Wait,
    must: bool,
) -> Result<Option<String>, Failure> {
    if wait.no_wait && !must {
        return Ok(Some(job.id().to_owned()));
    }
    let _progress = Progress::start(Some(1));
    let state = job.wait().await?;
    if let Some(message) = state.message {
        crate::terminal::warn(&message);
    }
    Ok(None)
}

fn refuse_root(source: &Asset) -> Result<(), Failure> {
    match source.path() {
        "/" => Err(Failure::usage("the root folder stays where it is")),
        _ => Ok(()),
    }
}

/// What is at a path already would get another version, or be mixed with what comes.
async fn refuse_taken(session: &Session, source: &Asset, path: &str) -> Result<(), Failure> {
    let there = session.by_path(path, source.is_folder()).await?;
    match there {
        Some(other) if other.is_folder() == source.is_folder() => Err(Failure::new(
            Exit::Other,
            format!("there is {path} already"),
        )
        .try_this("remove or rename it first")),
        _ => Ok(()),
    }
}

async fn refuse_missing(session: &Session, folder: &str) -> Result<(), Failure> {
    match session.by_path(folder, true).await? {
        Some(_) => Ok(()),
        None => Err(super::asset::missing(folder).try_this("see imagekit folder create")),
    }
}

pub(crate) async fn rm(rm: Rm, mut context: Context) -> Result<Exit, Failure> {
    let session = Session::start(&mut context).await?;
    let Rm {
        targets,
        recursive,
        yes,
        lines,
    } = rm;
    remove(&session, &targets, recursive, &yes, lines, &mut context).await
}

async fn remove(
    session: &Session,
    targets: &[Target],
    recursive: bool,
    yes: &Yes,
    lines: Lines,
    context: &mut Context,
) -> Result<Exit, Failure> {
    let mut tally = Tally::default();
    let mut found = Vec::new();
    for target in targets {
        match session
            .asset(target)
            .await
            .and_then(|asset| check_removal(asset, recursive))
        {
            Ok(asset) => found.push(asset),
            Err(failure) => tally.tell(target.to_string(), failure)?,
        }
    }
    let (folders, files): (Vec<_>, Vec<_>) = found.into_iter().partition(Asset::is_folder);
    if folders.is_empty() && files.is_empty() {
        return Ok(tally.sum_up("deleted"));
    }
    if !yes.yes
        && !context
            .input
            .allows(&question(session, &folders, &files).await?)
            .await?
    {
        return Err(Failure::new(Exit::Other, "nothing was deleted"));
    }
    let ids: Vec<FileId> = files.iter().map(|it| it.id().into()).collect();
    if let [id] = &ids[..] {
        session.client.delete_file(id.clone()).send().await?;
        tally.succeeded += 1;
        deleted(files[0].path()).print(lines, &context.output)?;
    } else if !ids.is_empty() {
        let outcome = session
            .client
            .delete_multiple_files(ids)
            .in_batches()
            .send()
            .await;
        for id in outcome.succeeded() {
            tally.succeeded += 1;
            let file = files.iter().find(|it| it.id() == id.as_str());
            let path = file.map_or(id.as_str(), Asset::path);
            deleted(path).print(lines, &context.output)?;
        }
        for id in outcome.missing() {
            let missing = Failure::new(Exit::NotFound, "it is not there any more");
            tally.tell(id.to_string(), missing)?;
        }
        for (id, error) in outcome.failed() {
            let failure = match error {
                imagekit_client::BulkError::Request(error) => Failure::from(error.clone()),
                refused => Failure::new(Exit::Other, refused.to_string()),
            };
            tally.tell(id.to_string(), failure)?;
        }
    }
    for folder in folders {
        match session.client.delete_folder(folder.path()).send().await {
            Ok(()) => {
                tally.succeeded += 1;
                deleted(&format!("{}/", folder.path())).print(lines, &context.output)?;
            }
            Err(error) => tally.tell(folder.path().to_owned(), error.into())?,
        }
    }
    Ok(tally.sum_up("deleted"))
}

fn deleted(path: &str) -> Done {
    let json = json!({ "outcome": "deleted", "path": path });
    Done::new(&format!("deleted {path}"), json)
}

/// Something has another path now.
fn placed(outcome: &str, path: &str, to: &str) -> Done {
    let json = json!({ "outcome": outcome, "path": path, "to": to });
    Done::new(&format!("{path} -> {to}"), json)
}

/// ImageKit works on a folder, which nobody waits for.
fn started(path: &str, job_id: &str) -> Done {
    let json = json!({ "jobId": job_id, "outcome": "started", "path": path });
    Done::new(&format!("{path}: job {job_id}"), json)
}

fn check_removal(asset: Asset, recursive: bool) -> Result<Asset, Failure> {
    refuse_root(&asset)?;
    if asset.is_folder() && !recursive {
        return Err(Failure::usage("it is a folder").try_this("delete it with --recursive"));
    }
    Ok(asset)
}

async fn question(
    session: &Session,
    folders: &[Asset],
    files: &[Asset],
) -> Result<String, Failure> {
    let mut parts = Vec::new();
    match files {
        [] => {}
        [file] => parts.push(file.path().to_owned()),
        files => parts.push(words::counted(files.len(), "file")),
    }
    for folder in folders {
        let inside = session.walk(folder.path()).await?;
        let files = inside.iter().filter(|it| !it.is_folder()).count();
        parts.push(format!(
            "{}/ with {}",
            folder.path(),
            words::counted(files, "file")
        ));
    }
    Ok(format!("delete {} for good?", parts.join(" and ")))
}

pub(crate) async fn folder(folder: Folder, mut context: Context) -> Result<Exit, Failure> {
    match folder {
        Folder::Create { paths, lines } => {
            let session = Session::start(&mut context).await?;
            for path in paths {
                let (parent, name) = split(&path);
                session.client.create_folder(name, parent).send().await?;
                let path = format!("{path}/");
                let json = json!({ "outcome": "created", "path": path });
                Done::new(&format!("created {path}"), json).print(lines, &context.output)?;
            }
            Ok(Exit::Fine)
        }
        Folder::Rm {
            targets,
            yes,
            lines,
        } => {
            let session = Session::start(&mut context).await?;
            let only_folders = |target: Target| match target {
                Target::Path { path, .. } => Target::Path {
                    path,
                    is_folder: true,
                },
                id => id,
            };
            let targets: Vec<_> = targets.into_iter().map(only_folders).collect();
            remove(&session, &targets, true, &yes, lines, &mut context).await
        }
        Folder::Mv(it) => mv(it, context).await,
        Folder::Cp(it) => cp(it, context).await,
    }
}
