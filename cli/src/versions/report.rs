//! The changes as a page that opens from disk and needs nothing from anywhere.

use std::path::Path;
use std::time::Duration;

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, Utc};
use imagekit_client::types::File;
use serde_json::Value;
use similar::{Algorithm, DiffTag, capture_diff_slices};

use super::changes::{self, Change, What};
use super::diff::Comparison;
use crate::config::Session;
use crate::exit::{Exit, Failure, innermost};
use crate::replace::{Readers, replace};
use crate::terminal::warn;
use crate::words;

/// What the card of each version shows; it is no row of its own.
const IN_CARDS: [&str; 7] = [
    "/createdAt",
    "/height",
    "/size",
    "/updatedAt",
    "/versionInfo/id",
    "/versionInfo/name",
    "/width",
];
const THUMBNAIL_TIME: Duration = Duration::from_secs(10);
const THUMBNAIL_BYTES: usize = 4 * 1024 * 1024;
/// In characters, of an address in a message.
const LONGEST_URL: usize = 200;

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    path: &'a str,
    sides: [Side<'a>; 2],
    /// What the cards do not show.
    changes: Vec<Row>,
    program: &'static str,
    written: String,
}

/// One of the two versions.
struct Side<'a> {
    role: &'static str,
    label: &'a str,
    id: &'a str,
    kind: &'a str,
    thumbnail: Option<String>,
    /// Where the version is, if that is a web address.
    link: Option<&'a str>,
    facts: Vec<(&'static str, String, String)>,
}

/// One change.
struct Row {
    name: String,
    removed: Vec<Text>,
    added: Vec<Text>,
    difference: Option<String>,
}

/// Writes the page. Thumbnails are fetched and become part of it.
pub(super) async fn write(
    file: &Path,
    comparison: &Comparison,
    session: &Session,
    now: &DateTime<Utc>,
) -> Result<(), Failure> {
    let Comparison {
        before,
        after,
        changes,
    } = comparison;
    let (old, new) =
        futures_util::future::join(thumbnail(before, session), thumbnail(after, session)).await;
    let size = changes.iter().find(|it| it.path == "/size");
    let grown = size.and_then(Change::difference);
    let shows_pictures = old.is_some() || new.is_some();
    let others = changes.iter().filter(|it| match it.path.as_str() {
        "/thumbnail" => !shows_pictures,
        path => !IN_CARDS.contains(&path),
    });
    let page = Page {
        path: &after.file_path,
        sides: [
            Side::new("Before", before, old, None, now),
            Side::new("After", after, new, grown, now),
        ],
        changes: others.map(Row::new).collect(),
        program: concat!("imagekit ", env!("CARGO_PKG_VERSION")),
        written: words::date_time(now),
    };
    let cannot = |error: &dyn std::fmt::Display| {
        Failure::new(
            Exit::Other,
            format!("cannot write {}: {error}", file.display()),
        )
    };
    let html = page.render().map_err(|error| cannot(&error))?;
    replace(file, html.as_bytes(), Readers::Anyone).map_err(|error| cannot(&error))
}

/// A text, in parts that are changed or not.
#[derive(Default)]
struct Text {
    parts: Vec<(bool, String)>,
}

impl<'a> Side<'a> {
    fn new(
        role: &'static str,
        version: &'a File,
        thumbnail: Option<String>,
        grown: Option<String>,
        now: &DateTime<Utc>,
    ) -> Self {
        let info = version.version_info.as_ref();
        let mut facts = Vec::new();
        if let Some(size) = version.size {
            let (short, exact) = words::bytes(size);
            let exact: Vec<String> = exact.into_iter().chain(grown).collect();
            facts.push(("Size", short, exact.join(", ")));
        }
        if let Some(dimensions) = words::dimensions(version) {
            facts.push(("Dimensions", dimensions, String::new()));
        }
        for (label, moment) in [
            ("Created", &version.created_at),
            ("Updated", &version.updated_at),
        ] {
            if let Some(moment) = moment {
                facts.push((label, words::since(moment, now), words::date_time(moment)));
            }
        }
        Self {
            role,
            label: info
                .and_then(|info| info.name.as_deref())
                .unwrap_or(&version.name),
            id: info.map_or("", |info| info.id.as_str()),
            kind: version.mime.as_deref().unwrap_or("no preview"),
            thumbnail,
            link: Some(version.url.as_str())
                .filter(|url| url.starts_with("https://") || url.starts_with("http://")),
            facts,
        }
    }
}

impl Row {
    fn new(change: &Change) -> Self {
        let all = |values: &[Value]| values.iter().map(changes::in_words).collect();
        let (removed, added): (Vec<_>, Vec<_>) = match &change.what {
            What::Value { before, after } => (all(before.as_slice()), all(after.as_slice())),
            What::Items { removed, added } => (all(removed), all(added)),
        };
        let (removed, added) = match (&removed[..], &added[..], &change.what) {
            ([before], [after], What::Value { .. }) => {
                let (before, after) = compare(before, after);
                (vec![before], vec![after])
            }
            _ => {
                let texts = |texts: &[String]| texts.iter().map(|it| Text::of(it)).collect();
                (texts(&removed), texts(&added))
            }
        };
        Self {
            name: change.name(),
            removed,
            added,
            difference: change.difference(),
        }
    }
}

impl Text {
    fn of(text: &str) -> Self {
        Self {
            parts: vec![(false, text.to_owned())],
        }
    }
}

/// Marks in two texts what only one of them has, unless they have nothing in common.
fn compare(before: &str, after: &str) -> (Text, Text) {
    let tokens = |text| str::split_inclusive(text, |c: char| !c.is_alphanumeric()).collect();
    let (old, new): (Vec<&str>, Vec<&str>) = (tokens(before), tokens(after));
    let operations = capture_diff_slices(Algorithm::Myers, &old, &new);
    let have_something_in_common = operations.iter().any(|it| it.tag() == DiffTag::Equal);
    if !have_something_in_common {
        return (Text::of(before), Text::of(after));
    }
    let mut texts = (Text::default(), Text::default());
    for operation in operations {
        let is_changed = operation.tag() != DiffTag::Equal;
        for (text, tokens) in [
            (&mut texts.0, &old[operation.old_range()]),
            (&mut texts.1, &new[operation.new_range()]),
        ] {
            if !tokens.is_empty() {
                text.parts.push((is_changed, tokens.concat()));
            }
        }
    }
    texts
}

/// The thumbnail as a `data:` URL. A report without it is better than none.
async fn thumbnail(version: &File, session: &Session) -> Option<String> {
    let url = version.thumbnail.as_deref()?;
    let is_picture = url.starts_with("data:image/");
    if session.is_demo() && !is_picture {
        // Its addresses lead nowhere, and it promised to do without the network.
        return None;
    }
    let picture = if !is_picture {
        fetch(url, session.client.base_url().starts_with("https:")).await
    } else if url.len() > THUMBNAIL_BYTES {
        Err(too_long())
    } else {
        Ok(url.to_owned())
    };
    match picture {
        Ok(picture) => Some(picture),
        Err(reason) => {
            let url: String = url.chars().take(LONGEST_URL).collect();
            warn(&format!("the report lacks the thumbnail {url}: {reason}"));
            None
        }
    }
}

fn too_long() -> String {
    format!("it is longer than {THUMBNAIL_BYTES} bytes")
}

/// Fetches a picture, without the private key: the address is whatever the response said. So it may neither name a user
/// to log in as, nor send us on to another host.
async fn fetch(url: &str, https_only: bool) -> Result<String, String> {
    let because = |error: reqwest::Error| innermost(&error);
    let url = reqwest::Url::parse(url).map_err(|error| error.to_string())?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("its address holds a user name or a password".to_owned());
    }
    let client = reqwest::Client::builder()
        .timeout(THUMBNAIL_TIME)
        .https_only(https_only)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(because)?;
    let response = client.get(url).send().await.map_err(because)?;
    let mut response = response.error_for_status().map_err(because)?;
    let kind = response
        .headers()
        .get(reqwest::header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .filter(|kind| kind.starts_with("image/"))
        .ok_or("it is no picture")?
        .to_owned();
    let mut picture = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(because)? {
        picture.extend_from_slice(&chunk);
        if picture.len() > THUMBNAIL_BYTES {
            return Err(too_long());
        }
    }
    Ok(format!("data:{kind};base64,{}", BASE64.encode(picture)))
}
