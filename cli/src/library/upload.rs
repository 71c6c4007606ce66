//! `upload`: files and folders of this machine into the media library.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, ValueHint};
use futures_util::StreamExt as _;
use imagekit_client::UploadSource;
use imagekit_client::operations::UploadFileResponse;
use serde_json::Value;

use super::asset::{Asset, Listing, folder_path, join};
use super::local::{Item, Selection, find};
use super::transfer::{Bars, FileBar, Outcome, Report};
use crate::Context;
use crate::completion;
use crate::config::Session;
use crate::exit::{Exit, Failure};
use crate::tally::Tally;
use crate::terminal::say;
use crate::words;

#[derive(Args)]
pub(crate) struct Upload {
    /// Files and folders of this machine, and patterns such as '**/*.png'; a folder keeps its name, and is
    /// uploaded with all in it.
    ///
    /// What a pattern finds goes where it is below the part of the pattern that has no `*`, `?`, `[` or `{`.
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::AnyPath)]
    files: Vec<PathBuf>,

    #[command(flatten)]
    selection: Selection,

    /// The folder of the media library to upload into, which is created if it is missing.
    #[arg(long, short, value_name = "FOLDER", default_value = "/", value_parser = folder_path, add = completion::folders())]
    to: String,

    /// Give a single file this name.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Give the files these tags.
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    tags: Vec<String>,

    /// Make the files private.
    #[arg(long)]
    private: bool,

    /// Where another file has the path already, add a version to it. Otherwise that is a failure.
    #[arg(long)]
    overwrite: bool,

    /// Only say what would be uploaded.
    #[arg(long, short = 'n')]
    dry_run: bool,

    /// How many files to upload at once.
    #[arg(long, short, value_name = "NUMBER", default_value = "4", value_parser = crate::args::at_least_one)]
    concurrency: std::num::NonZeroUsize,

    /// Print what becomes of each file as a line of JSON.
    #[arg(long, help_heading = "Output")]
    json: bool,

    /// Do not print what is uploaded.
    #[arg(long, short, help_heading = "Output", conflicts_with = "json")]
    quiet: bool,
}

/// What to do with an item.
enum Plan {
    Upload,
    /// There is a file with other content, which gets a version.
    Replace(Box<Asset>),
    Nothing(String),
}

pub(crate) async fn upload(upload: Upload, mut context: Context) -> Result<Exit, Failure> {
    let items = items(&upload)?;
    let session = Session::start(&mut context).await?;
    let there = There::look(&session, &items, &upload.to).await?;
    let report = Report {
        json: upload.json,
        quiet: upload.quiet,
        context: &context,
    };
    let mut tally = Tally::default();
    let mut counts: HashMap<Outcome, usize> = HashMap::new();
    let mut wanted = Vec::new();
    let mut taken = HashSet::new();
    for item in items {
        let plan = match taken.insert(item.place()) {
            true => there.plan(&item, upload.overwrite),
            false => Err(Failure::new(
                Exit::Other,
                format!(
                    "ImageKit would give it the place of another file, {}",
                    item.place()
                ),
            )
            .try_this("rename one of them")),
        };
        match plan {
            Ok(Plan::Nothing(path)) => {
                let file = item.local.display().to_string();
                report.tell(Outcome::Unchanged, &path, &file, None)?;
                *counts.entry(Outcome::Unchanged).or_default() += 1;
                tally.succeeded += 1;
            }
            Ok(_) if upload.dry_run => {
                let file = item.local.display().to_string();
                report.tell(
                    Outcome::Planned,
                    &join(&item.folder, &item.name),
                    &file,
                    None,
                )?;
                *counts.entry(Outcome::Planned).or_default() += 1;
            }
            Ok(plan) => wanted.push((item, plan)),
            Err(failure) => tally.tell(item.local.display().to_string(), failure)?,
        }
    }
    let bytes = wanted.iter().map(|(item, _)| item.size).sum();
    let bars = Bars::start(wanted.len() as u64, bytes, context.output.width);
    let mut calls = futures_util::stream::iter(wanted)
        .map(|(item, plan)| {
            let bar = bars.file(&item.name, item.size);
            send(&session, &upload, item, plan, bar)
        })
        .buffer_unordered(upload.concurrency.get());
    while let Some((item, result)) = calls.next().await {
        let file = item.local.display().to_string();
        match result {
            Ok(Sent { outcome, path, id }) => {
                tally.succeeded += 1;
                *counts.entry(outcome).or_default() += 1;
                bars.done(tally.succeeded);
                bars.aside(|| report.tell(outcome, &path, &file, id.as_deref()))?;
            }
            Err(failure) => bars.aside(|| tally.tell(file, failure))?,
        }
    }
    drop(calls);
    drop(bars);
    sum_up(&counts, &upload);
    Ok(tally.sum_up("done"))
}

fn sum_up(counts: &HashMap<Outcome, usize>, upload: &Upload) {
    if upload.json || upload.quiet {
        return;
    }
    let mut counts: Vec<_> = counts.iter().collect();
    counts.sort();
    let parts: Vec<_> = counts
        .into_iter()
        .map(|(outcome, count)| match outcome {
            Outcome::NewVersion => words::counted(*count, "new version"),
            Outcome::Planned => format!("{} to upload", words::counted(*count, "file")),
            other => format!("{} {}", words::counted(*count, "file"), other.verb()),
        })
        .collect();
    if !parts.is_empty() {
        say(parts.join(", "));
    }
}

/// All files that are meant, in order.
fn items(upload: &Upload) -> Result<Vec<Item>, Failure> {
    let mut items = find(&upload.files, &upload.to, &upload.selection)?;
    match (&upload.name, &mut items[..]) {
        (_, []) => Err(Failure::usage("there are no files to upload")),
        (None, _) => Ok(items),
        (Some(name), [item]) => {
            item.name.clone_from(name);
            Ok(items)
        }
        (Some(_), _) => Err(Failure::usage("--name is for a single file")),
    }
}

impl Item {
    /// The path that ImageKit gives to it, which may be that of another item as well.
    fn place(&self) -> String {
        let first = |names: Vec<String>| names.into_iter().next().unwrap_or_default();
        join(
            &first(spellings(&self.folder, folder_names)),
            &first(file_names(&self.name)),
        )
    }
}

/// So many folders are listed without a look at whether they are new.
const FEW: usize = 2;

/// What is in the folders of the media library that files are uploaded to.
struct There {
    files: HashMap<String, Asset>,
}

impl There {
    /// Lists the folders of items that go into `to`.
    async fn look(session: &Session, items: &[Item], to: &str) -> Result<Self, Failure> {
        let folders = items.iter().map(|it| it.folder.as_str());
        let mut folders: Vec<String> = folders
            .collect::<BTreeSet<_>>()
            .into_iter()
            .flat_map(|folder| spellings(folder, folder_names))
            .collect();
        folders.sort();
        folders.dedup();
        if folders.len() > FEW {
            // Nothing can be below a folder that is new, as most are when so much is uploaded.
            let depth = depth_of(to) + 1;
            let mut there = BTreeSet::new();
            for parent in spellings(to, folder_names) {
                let listing = Listing {
                    folder: Some(parent),
                    kind: Some("folder"),
                    ..Listing::default()
                };
                let found = session.list(&listing).await?;
                there.extend(found.iter().map(|it| it.path().to_owned()));
            }
            folders.retain(|folder| {
                depth_of(folder) < depth || there.contains(start_of(folder, depth))
            });
        }
        let mut files = HashMap::new();
        let listings = folders.into_iter().map(|folder| Listing {
            folder: Some(folder),
            kind: Some("file"),
            ..Listing::default()
        });
        let listings: Vec<_> = listings.collect();
        let mut lists = futures_util::stream::iter(&listings)
            .map(|listing| session.list(listing))
            .buffer_unordered(4);
        while let Some(list) = lists.next().await {
            files.extend(list?.into_iter().map(|it| (it.path().to_owned(), it)));
        }
        Ok(Self { files })
    }

    /// The file that has the place of an item.
    fn find(&self, item: &Item) -> Option<&Asset> {
        let folders = spellings(&item.folder, folder_names);
        let names = file_names(&item.name);
        let mut paths = folders
            .iter()
            .flat_map(|folder| names.iter().map(move |name| join(folder, name)));
        paths.find_map(|path| self.files.get(&path))
    }

    fn plan(&self, item: &Item, overwrite: bool) -> Result<Plan, Failure> {
        if item.size == 0 {
            let problem = "it is empty, and ImageKit takes no empty files";
            return Err(Failure::new(Exit::Other, problem));
        }
        let Some(asset) = self.find(item) else {
            return Ok(Plan::Upload);
        };
        if is_unchanged(item, &asset.value) {
            return Ok(Plan::Nothing(asset.path().to_owned()));
        }
        if !overwrite {
            return Err(Failure::new(
                Exit::Other,
                format!("there is another {} already", asset.path()),
            )
            .try_this("add a version to it with --overwrite"));
        }
        Ok(Plan::Replace(Box::new(Asset {
            json: asset.json.clone(),
            value: asset.value.clone(),
        })))
    }
}

/// Whether a file has the size of what is there, and was not changed since that was uploaded.
fn is_unchanged(item: &Item, there: &Value) -> bool {
    let updated = there["updatedAt"]
        .as_str()
        .and_then(|it| it.parse::<DateTime<Utc>>().ok());
    let is_older = match (item.modified, updated) {
        // Not every file system knows milliseconds.
        (Some(modified), Some(updated)) => modified <= updated + TimeDelta::seconds(2),
        _ => true,
    };
    there["size"].as_u64() == Some(item.size) && is_older
}

/// The names that ImageKit may give to a file. Sources differ on letters of other scripts.
fn file_names(name: &str) -> Vec<String> {
    let ascii = replace(name, |it| it.is_ascii_alphanumeric() || ".-_".contains(it));
    let letters = replace(name, |it| it.is_alphanumeric() || ".-_".contains(it));
    distinct([letters, ascii])
}

/// The names that ImageKit may give to a folder.
fn folder_names(name: &str) -> Vec<String> {
    let dots = name.replace('.', "_");
    let all = [name, &dots].into_iter().flat_map(file_names);
    distinct(all)
}

/// The paths that ImageKit may give to a folder, each name after the same manner.
fn spellings(path: &str, names: fn(&str) -> Vec<String>) -> Vec<String> {
    let segments: Vec<_> = path
        .split('/')
        .filter(|it| !it.is_empty())
        .map(names)
        .collect();
    let most = segments.iter().map(Vec::len).max().unwrap_or(1);
    distinct((0..most).map(|manner| {
        let chosen = segments.iter().map(|it| it.get(manner).or(it.last()));
        let path: String = chosen.flatten().flat_map(|name| ["/", name]).collect();
        if path.is_empty() {
            "/".to_owned()
        } else {
            path
        }
    }))
}

/// How many folders a path names.
fn depth_of(path: &str) -> usize {
    path.split('/').filter(|it| !it.is_empty()).count()
}

/// The path of a folder above another one, by how many folders it names.
fn start_of(path: &str, depth: usize) -> &str {
    let mut slashes = path.match_indices('/').skip(depth);
    slashes.next().map_or(path, |(end, _)| &path[..end])
}

fn replace(name: &str, keep: impl Fn(char) -> bool) -> String {
    name.chars()
        .map(|it| if keep(it) { it } else { '_' })
        .collect()
}

fn distinct(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in names {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

/// What ImageKit made of an upload.
struct Sent {
    outcome: Outcome,
    path: String,
    id: Option<String>,
}

async fn send(
    session: &Session,
    upload: &Upload,
    item: Item,
    plan: Plan,
    bar: FileBar,
) -> (Item, Result<Sent, Failure>) {
    let result = try_send(session, upload, &item, &plan, &bar).await;
    bar.finish();
    (item, result)
}

async fn try_send(
    session: &Session,
    upload: &Upload,
    item: &Item,
    plan: &Plan,
    bar: &FileBar,
) -> Result<Sent, Failure> {
    let source = UploadSource::open(&item.local).await?;
    let mut call = session
        .client
        .upload_file(source, &item.name)
        .folder(&item.folder)
        .use_unique_file_name(false)
        .on_progress({
            let bar = bar.clone();
            move |sent, _| bar.set(sent)
        });
    if !upload.tags.is_empty() {
        call = call.tags(&upload.tags);
    }
    if upload.private {
        call = call.is_private_file(true);
    }
    let mut outcome = Outcome::Uploaded;
    match plan {
        // Refused if another file is there by now: so it may be repeated, and nothing is stored twice.
        Plan::Upload | Plan::Nothing(_) => call = call.overwrite_file(false),
        Plan::Replace(old) => {
            outcome = Outcome::NewVersion;
            // A new version has only what it is given, and what is asked to stay.
            call = call
                .overwrite_tags(false)
                .overwrite_ai_tags(false)
                .overwrite_custom_metadata(false);
            if let Some(text) = old.value["description"].as_str() {
                call = call.description(text);
            }
            if old.value["isPrivateFile"] == true {
                call = call.is_private_file(true);
            }
        }
    }
    match call.send().await {
        Ok(UploadFileResponse::UploadedFile(file)) => Ok(Sent {
            outcome,
            path: file
                .file_path
                .clone()
                .unwrap_or_else(|| join(&item.folder, &item.name)),
            id: file.file_id.as_ref().map(ToString::to_string),
        }),
        Ok(_) => Ok(Sent {
            outcome: Outcome::Accepted,
            path: join(&item.folder, &item.name),
            id: None,
        }),
        Err(error) if error.is_bad_request() && error.attempts() > 1 => {
            // The response to an earlier attempt was lost, but perhaps not the file.
            let there = There::look(session, std::slice::from_ref(item), &upload.to).await?;
            match there.find(item) {
                Some(asset) if asset.size() == Some(item.size) => Ok(Sent {
                    outcome,
                    path: asset.path().to_owned(),
                    id: Some(asset.id().to_owned()),
                }),
                _ => Err(error.into()),
            }
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_imagekit_may_give() {
        assert_eq!(file_names("coat-1_a.JPG"), ["coat-1_a.JPG"]);
        assert_eq!(file_names("a b&c.jpg"), ["a_b_c.jpg"]);
        assert_eq!(file_names("größe.jpg"), ["größe.jpg", "gr__e.jpg"]);
        assert_eq!(spellings("/a/b c", folder_names), ["/a/b_c"]);
        assert_eq!(spellings("/", folder_names), ["/"]);
        assert_eq!(spellings("/a/v1.2", folder_names), ["/a/v1.2", "/a/v1_2"]);
    }

    #[test]
    fn a_path_starts_with_those_of_the_folders_above() {
        assert_eq!((depth_of("/"), depth_of("/a"), depth_of("/a/b")), (0, 1, 2));
        assert_eq!(start_of("/a/b/c", 1), "/a");
        assert_eq!(start_of("/a/b/c", 2), "/a/b");
        assert_eq!(start_of("/a", 1), "/a");
    }
}
