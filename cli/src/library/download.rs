//! `download`: files and folders of the media library onto this machine.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, ValueHint};
use futures_util::StreamExt as _;
use imagekit_client::types::VersionId;
use imagekit_url::{Expiry, Transformation, UrlBuilder};
use reqwest::{StatusCode, header};
use serde_json::Value;
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt as _;

use super::asset::Target;
use super::transfer::{Bars, FileBar, Outcome, Report};
use crate::Context;
use crate::completion;
use crate::config::Session;
use crate::exit::{Exit, Failure, innermost};
use crate::tally::Tally;
use crate::terminal::say;
use crate::url::{key, refused as bad_url};
use crate::words;

/// How the names of files end that are not whole yet; they begin with a dot.
pub(super) const PART: &str = ".imagekit-part";

/// How many times a file is gone on with after its connection was lost.
const RESUMPTIONS: u32 = 3;

/// How long the address of a private file works.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Args)]
pub(crate) struct Download {
    /// Files and folders, by path or id; a folder keeps its name, and is downloaded with all in it.
    #[arg(value_name = "FILE", required = true, add = completion::paths())]
    targets: Vec<Target>,

    /// The folder of this machine to download into, which is created if it is missing.
    #[arg(long, short, value_name = "FOLDER", default_value = ".", value_hint = ValueHint::DirPath)]
    to: PathBuf,

    /// Download this version of a single file.
    #[arg(long, value_name = "VERSION_ID")]
    version: Option<VersionId>,

    /// Replace files that differ. Otherwise that is a failure.
    #[arg(long)]
    overwrite: bool,

    /// How many files to download at once.
    #[arg(long, short, value_name = "NUMBER", default_value = "4", value_parser = crate::args::at_least_one)]
    concurrency: std::num::NonZeroUsize,

    /// Print what becomes of each file as a line of JSON.
    #[arg(long, help_heading = "Output")]
    json: bool,

    /// Do not print what is downloaded.
    #[arg(long, short, help_heading = "Output", conflicts_with = "json")]
    quiet: bool,
}

/// A file of the media library, and where it goes.
struct Item {
    path: String,
    url: String,
    size: Option<u64>,
    updated: Option<DateTime<Utc>>,
    /// What tells this content from that of any other version.
    version: String,
    local: PathBuf,
}

pub(crate) async fn download(download: Download, mut context: Context) -> Result<Exit, Failure> {
    let session = Session::start(&mut context).await?;
    let mut tally = Tally::default();
    let mut items = Vec::new();
    for target in &download.targets {
        match find(&session, &download, target).await {
            Ok(found) => items.extend(found),
            Err(failure) => tally.tell(target.to_string(), failure)?,
        }
    }
    let report = Report {
        json: download.json,
        quiet: download.quiet,
        context: &context,
    };
    let http = http_client(&session)?;
    let bytes = items.iter().filter_map(|it| it.size).sum();
    let bars = Bars::start(items.len() as u64, bytes, context.output.width);
    let (mut downloaded, mut unchanged) = (0, 0);
    let mut calls = futures_util::stream::iter(items)
        .map(|item| {
            let bar = bars.file(&item.path, item.size.unwrap_or_default());
            let (http, overwrite) = (&http, download.overwrite);
            async move {
                let result = fetch(http, &item, overwrite, &bar).await;
                bar.finish();
                (item, result)
            }
        })
        .buffer_unordered(download.concurrency.get());
    while let Some((item, result)) = calls.next().await {
        match result {
            Ok(outcome) => {
                tally.succeeded += 1;
                match outcome {
                    Outcome::Unchanged => unchanged += 1,
                    _ => downloaded += 1,
                }
                bars.done(tally.succeeded);
                let file = item.local.display().to_string();
                bars.aside(|| report.tell(outcome, &item.path, &file, None))?;
            }
            Err(failure) => bars.aside(|| tally.tell(item.path, failure))?,
        }
    }
    drop(calls);
    drop(bars);
    if !download.json && !download.quiet {
        let mut parts = Vec::new();
        for (count, outcome) in [
            (downloaded, Outcome::Downloaded),
            (unchanged, Outcome::Unchanged),
        ] {
            if count > 0 {
                parts.push(format!(
                    "{} {}",
                    words::counted(count, "file"),
                    outcome.verb()
                ));
            }
        }
        if !parts.is_empty() {
            say(parts.join(", "));
        }
    }
    Ok(tally.sum_up("done"))
}

/// Finds the files that a target means.
async fn find(
    session: &Session,
    download: &Download,
    target: &Target,
) -> Result<Vec<Item>, Failure> {
    if let Some(version) = &download.version {
        if download.targets.len() > 1 {
            return Err(Failure::usage("--version is for a single file"));
        }
        let id = session.file_id(target).await?;
        let details = session.client.get_file_version_details(id, version);
        let response = details.send_with_response().await?;
        return Ok(vec![Item::new(session, &response.json()?, &download.to)?]);
    }
    let asset = session.asset(target).await?;
    if !asset.is_folder() {
        return Ok(vec![Item::new(session, &asset.value, &download.to)?]);
    }
    let above = super::asset::split(asset.path()).0;
    let mut items = Vec::new();
    for file in session.walk(asset.path()).await? {
        if file.is_folder() {
            continue;
        }
        let (folder, _) = super::asset::split(file.path());
        let below = folder.strip_prefix(above).unwrap_or(folder);
        let mut to = download.to.clone();
        for name in below.split('/').filter(|it| !it.is_empty()) {
            to.push(safe(name)?);
        }
        items.push(Item::new(session, &file.value, &to)?);
    }
    Ok(items)
}

/// A name from the server that stays in its folder.
fn safe(name: &str) -> Result<&str, Failure> {
    let steers = name
        .chars()
        .any(|it| it.is_control() || it == '/' || it == '\\' || (cfg!(windows) && it == ':'));
    if name.is_empty() || name == "." || name == ".." || steers {
        return Err(Failure::new(
            Exit::Other,
            format!("no file is given the name {name:?}"),
        ));
    }
    Ok(name)
}

impl Item {
    fn new(session: &Session, file: &Value, to: &Path) -> Result<Self, Failure> {
        let text = |name: &str| file[name].as_str().unwrap_or_default();
        let url = session.delivered(text("url"));
        let is_private = file["isPrivateFile"] == true;
        Ok(Self {
            path: text("filePath").to_owned(),
            url: original(session, &url, text("filePath"), is_private)?,
            size: file["size"].as_u64(),
            updated: text("updatedAt").parse().ok(),
            version: file["versionInfo"]["id"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            local: to.join(safe(text("name"))?),
        })
    }

    /// Where the bytes are kept until all of them are there.
    fn part(&self) -> PathBuf {
        let name = self.local.file_name().unwrap_or_default().to_string_lossy();
        let version: String = self
            .version
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        self.local
            .with_file_name(format!(".{name}.{version}{PART}"))
    }

    /// Whether the file on this machine is the one in the library.
    fn is_unchanged(&self, metadata: &std::fs::Metadata) -> bool {
        let modified = metadata.modified().ok();
        let modified = modified.map(<DateTime<Utc> as From<SystemTime>>::from);
        let is_as_new = match (modified, self.updated) {
            (Some(modified), Some(updated)) => modified + TimeDelta::seconds(2) >= updated,
            _ => true,
        };
        self.size == Some(metadata.len()) && is_as_new
    }
}

/// The address of what was uploaded: without this, ImageKit delivers what is best for the client. That of a private
/// file is signed.
fn original(session: &Session, url: &str, path: &str, is_private: bool) -> Result<String, Failure> {
    // The endpoint is what stands before the path, however that is encoded.
    let (mut endpoint, _) = url.split_once('?').unwrap_or((url, ""));
    for _ in path.split('/').filter(|it| !it.is_empty()) {
        endpoint = endpoint
            .rsplit_once('/')
            .map_or(endpoint, |(start, _)| start);
    }
    let builder = UrlBuilder::new(endpoint).map_err(bad_url)?;
    let builder = builder
        .absolute(url)
        .transform(Transformation::new().raw("orig-true"));
    let built = match is_private {
        false => builder.build(),
        true => {
            let expiry = Expiry::after(SystemTime::now(), LIFETIME).map_err(bad_url)?;
            builder.sign(&key(session)?, expiry)
        }
    };
    Ok(built.map_err(bad_url)?.as_str().to_owned())
}

/// A client without the private key: addresses are whatever responses say.
fn http_client(session: &Session) -> Result<reqwest::Client, Failure> {
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(30))
        .read_timeout(Duration::from_secs(60))
        .https_only(session.client.base_url().starts_with("https:"))
        .build()
        .map_err(|error| Failure::new(Exit::Other, error.to_string()))
}

async fn fetch(
    http: &reqwest::Client,
    item: &Item,
    overwrite: bool,
    bar: &FileBar,
) -> Result<Outcome, Failure> {
    match std::fs::metadata(&item.local) {
        Ok(metadata) if item.is_unchanged(&metadata) => {
            bar.set(item.size.unwrap_or_default());
            return Ok(Outcome::Unchanged);
        }
        Ok(_) if !overwrite => {
            let file = item.local.display();
            return Err(
                Failure::new(Exit::Other, format!("there is another {file} already"))
                    .try_this("replace it with --overwrite"),
            );
        }
        _ => {}
    }
    let cannot = |error: std::io::Error| {
        let file = item.local.display();
        Failure::new(Exit::Other, format!("cannot write {file}: {error}"))
    };
    if let Some(folder) = item.local.parent() {
        tokio::fs::create_dir_all(folder).await.map_err(cannot)?;
    }
    let part = item.part();
    let mut left = RESUMPTIONS;
    let length = loop {
        match fetch_part(http, item, &part, bar).await {
            Ok(length) => break length,
            Err(Interrupted {
                retryable: true, ..
            }) if left > 0 => left -= 1,
            Err(Interrupted { failure, .. }) => return Err(failure),
        }
    };
    if let Some(size) = item.size.filter(|size| *size != length) {
        // Going on with it would not make it right.
        let _ = tokio::fs::remove_file(&part).await;
        return Err(Failure::new(
            Exit::NotUnderstood,
            format!("{length} bytes came instead of {size}"),
        ));
    }
    if let Some(updated) = item.updated {
        let file = std::fs::File::options()
            .write(true)
            .open(&part)
            .map_err(cannot)?;
        // A file system without times is none to fail for.
        let _ = file.set_modified(updated.into());
    }
    tokio::fs::rename(&part, &item.local)
        .await
        .map_err(cannot)?;
    Ok(Outcome::Downloaded)
}

/// A download that ended before its end.
struct Interrupted {
    failure: Failure,
    retryable: bool,
}

impl From<std::io::Error> for Interrupted {
    fn from(error: std::io::Error) -> Self {
        Self {
            failure: Failure::new(Exit::Other, format!("it cannot be written: {error}")),
            retryable: false,
        }
    }
}

impl From<reqwest::Error> for Interrupted {
    fn from(error: reqwest::Error) -> Self {
        let retryable = !error.is_builder() && !error.is_redirect();
        let failure = Failure::new(
            Exit::Unreachable,
            format!("it was not delivered: {}", innermost(&error)),
        );
        Self {
            failure: failure.try_this("try again later; what has come is kept"),
            retryable,
        }
    }
}

/// Fetches what is missing of a file. Returns its length.
async fn fetch_part(
    http: &reqwest::Client,
    item: &Item,
    part: &Path,
    bar: &FileBar,
) -> Result<u64, Interrupted> {
    let kept = tokio::fs::metadata(part).await.map_or(0, |it| it.len());
    if kept > 0 && item.size == Some(kept) {
        return Ok(kept);
    }
    let mut request = http.get(&item.url);
    // What is longer than the whole is not its beginning.
    let resumes = kept > 0 && item.size.is_some_and(|size| kept < size);
    if resumes {
        request = request.header(header::RANGE, format!("bytes={kept}-"));
    }
    let mut response = request.send().await?;
    let status = response.status();
    if !status.is_success() {
        return Err(refused(status, &response));
    }
    let start = format!("bytes {kept}-");
    let range = response.headers().get(header::CONTENT_RANGE);
    let goes_on = status == StatusCode::PARTIAL_CONTENT
        && range
            .and_then(|it| it.to_str().ok())
            .is_some_and(|it| it.starts_with(&start));
    if status == StatusCode::PARTIAL_CONTENT && !goes_on {
        let failure = Failure::new(Exit::NotUnderstood, "another part came than was asked for");
        return Err(Interrupted {
            failure,
            retryable: false,
        });
    }
    let mut length = if goes_on { kept } else { 0 };
    let mut file = match goes_on {
        true => OpenOptions::new().append(true).open(part).await?,
        false => File::create(part).await?,
    };
    bar.set(length);
    loop {
        let chunk = response.chunk().await;
        if let Ok(Some(chunk)) = &chunk {
            file.write_all(chunk).await?;
            length += chunk.len() as u64;
            bar.set(length);
            continue;
        }
        // What has come is kept, whatever happens next.
        file.flush().await?;
        chunk?;
        return Ok(length);
    }
}

fn refused(status: StatusCode, response: &reqwest::Response) -> Interrupted {
    let reason = response
        .headers()
        .get("ik-error")
        .and_then(|it| it.to_str().ok());
    let reason = reason.map_or_else(String::new, |it| format!(": {it}"));
    let exit = match status.as_u16() {
        401 | 403 => Exit::Other,
        404 => Exit::NotFound,
        429 => Exit::RateLimited,
        500.. => Exit::Unreachable,
        _ => Exit::Other,
    };
    let retryable = status.is_server_error();
    let failure = Failure::new(exit, format!("it was not delivered: {status}{reason}"));
    Interrupted { failure, retryable }
}
