//! Files and folders of the media library, by path or by id.

use std::collections::HashMap;
use std::str::FromStr;

use futures_util::StreamExt as _;
use imagekit_client::RawRequest;
use imagekit_client::search::{Condition, field};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::call::{Pages, call_by_id};
use crate::config::Session;
use crate::exit::{Exit, Failure};

/// What somebody calls a file or a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Id(String),
    /// A path from the root, without a slash at its end.
    Path {
        path: String,
        /// Whether it can only be a folder, since it was written with a slash at its end.
        is_folder: bool,
    },
}

/// How ids look. Whatever else is an id can be given as `id:…`.
const ID_LENGTH: usize = 24;

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(id) = text.strip_prefix("id:") {
            return Ok(Self::Id(id.to_owned()));
        }
        if text.len() == ID_LENGTH && text.bytes().all(|it| it.is_ascii_hexdigit()) {
            return Ok(Self::Id(text.to_owned()));
        }
        Ok(Self::Path {
            path: normalized(text)?,
            is_folder: text.ends_with('/'),
        })
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => f.write_str(id),
            Self::Path { path, .. } => f.write_str(path),
        }
    }
}

/// Reads the path of a folder.
pub(crate) fn folder_path(text: &str) -> Result<String, String> {
    normalized(text)
}

/// A path from the root, without empty segments; that of the root is `/`.
fn normalized(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("a path may not be empty; that of the root is `/`".to_owned());
    }
    let segments: Vec<_> = text
        .split('/')
        .filter(|it| !it.is_empty() && *it != ".")
        .collect();
    if segments.contains(&"..") {
        return Err("a path may not hold `..`".to_owned());
    }
    Ok(format!("/{}", segments.join("/")))
}

/// Splits a path into that of its folder and its name.
pub(crate) fn split(path: &str) -> (&str, &str) {
    match path.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some((folder, name)) => (folder, name),
        None => ("/", path),
    }
}

pub(crate) fn join(folder: &str, name: &str) -> String {
    format!("{}/{name}", folder.trim_end_matches('/'))
}

/// A file or a folder, with all that ImageKit says about it.
#[derive(Debug)]
pub(crate) struct Asset {
    pub(crate) json: Box<RawValue>,
    pub(crate) value: Value,
}

impl Asset {
    fn read(json: Box<RawValue>) -> Result<Self, Failure> {
        let value = serde_json::from_str(json.get())
            .map_err(|error| Failure::not_understood(&error, json.get().as_bytes()))?;
        Ok(Self { json, value })
    }

    fn text(&self, name: &str) -> &str {
        self.value[name].as_str().unwrap_or_default()
    }

    pub(crate) fn is_folder(&self) -> bool {
        self.value["type"] == "folder"
    }

    pub(crate) fn id(&self) -> &str {
        self.text(if self.is_folder() {
            "folderId"
        } else {
            "fileId"
        })
    }

    pub(crate) fn name(&self) -> &str {
        self.text("name")
    }

    pub(crate) fn path(&self) -> &str {
        self.text(if self.is_folder() {
            "folderPath"
        } else {
            "filePath"
        })
    }

    pub(crate) fn url(&self) -> &str {
        self.text("url")
    }

    /// The size of a file in bytes.
    pub(crate) fn size(&self) -> Option<u64> {
        self.value["size"].as_u64()
    }
}

/// What is listed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    pub(crate) folder: Option<String>,
    pub(crate) kind: Option<&'static str>,
    pub(crate) sort: Option<String>,
    pub(crate) search: Option<String>,
    pub(crate) limit: Option<u64>,
}

const LONGEST_PAGE: u64 = 1000;

/// How many folders are listed at once.
const AT_ONCE: usize = 4;

impl Session {
    /// Lists assets, as many as there are or are asked for.
    pub(crate) async fn list(&self, listing: &Listing) -> Result<Vec<Asset>, Failure> {
        let mut assets = Vec::new();
        let mut pages = self.pages(listing)?;
        while let Some(response) = pages.next().await? {
            let items: Vec<Box<RawValue>> = serde_json::from_slice(response.raw_body())
                .map_err(|error| Failure::not_understood(&error, response.raw_body()))?;
            for item in items {
                assets.push(Asset::read(item)?);
            }
            let enough = |limit| assets.len() as u64 >= limit;
            if listing.limit.is_some_and(enough) {
                let limit = listing.limit.and_then(|it| usize::try_from(it).ok());
                assets.truncate(limit.unwrap_or(usize::MAX));
                break;
            }
        }
        Ok(assets)
    }

    fn pages(&self, listing: &Listing) -> Result<Pages, Failure> {
        let operation = imagekit_openapi::operation("listAssets");
        let pages = operation.and_then(|it| it.pages);
        let pages = pages.ok_or_else(|| Failure::new(Exit::Other, "listAssets has no pages"))?;
        let request = call_by_id(&self.client, "listAssets")?
            .query("type", listing.kind)
            .query("path", listing.folder.as_deref())
            .query("sort", listing.sort.as_deref())
            .query("searchQuery", listing.search.as_deref());
        let limit = listing.limit.map(|it| it.clamp(1, LONGEST_PAGE));
        Ok(Pages::new(request.query("limit", limit), pages))
    }

    /// Lists what is in a folder and in all below it; each folder stands before what is in it.
    pub(crate) async fn walk(&self, folder: &str) -> Result<Vec<Asset>, Failure> {
        let mut lists: HashMap<String, Vec<Asset>> = HashMap::new();
        let mut level = vec![folder.to_owned()];
        // One level after the other, since that is how folders become known.
        while !level.is_empty() {
            let calls = level.into_iter().map(async |folder| {
                let listing = Listing {
                    folder: Some(folder.clone()),
                    kind: Some("all"),
                    sort: Some("ASC_NAME".to_owned()),
                    ..Listing::default()
                };
                Ok::<_, Failure>((folder, self.list(&listing).await?))
            });
            let mut calls = futures_util::stream::iter(calls).buffered(AT_ONCE);
            let mut below = Vec::new();
            while let Some(call) = calls.next().await {
                let (folder, list) = call?;
                let folders = list.iter().filter(|it| it.is_folder());
                below.extend(folders.map(|it| it.path().to_owned()));
                lists.insert(folder, list);
            }
            drop(calls);
            below.retain(|folder| !lists.contains_key(folder));
            level = below;
        }
        let mut all = Vec::new();
        gather(folder, &mut lists, &mut all);
        Ok(all)
    }

    /// Starts a call that returns the details of a file.
    pub(crate) fn details(&self, id: &str) -> Result<RawRequest, Failure> {
        Ok(call_by_id(&self.client, "getFileDetails")?.path("fileId", id))
    }

    /// Finds a file or a folder.
    pub(crate) async fn asset(&self, target: &Target) -> Result<Asset, Failure> {
        match target {
            Target::Id(id) => {
                let response = self.details(id)?.send().await?;
                Asset::read(response.json()?)
            }
            Target::Path { path, is_folder } => self
                .by_path(path, *is_folder)
                .await?
                .ok_or_else(|| missing(path)),
        }
    }

    /// Finds a file, and refuses a folder.
    pub(crate) async fn file(&self, target: &Target) -> Result<Asset, Failure> {
        let asset = self.asset(target).await?;
        match asset.is_folder() {
            true => Err(Failure::usage(format!(
                "{target} is a folder, and not a file"
            ))),
            false => Ok(asset),
        }
    }

    /// The id of a file, which is not looked up if it is given.
    pub(crate) async fn file_id(&self, target: &Target) -> Result<String, Failure> {
        match target {
            Target::Id(id) => Ok(id.clone()),
            Target::Path { .. } => Ok(self.file(target).await?.id().to_owned()),
        }
    }

    /// Finds a file or folder by its path; of both, the file is meant.
    pub(crate) async fn by_path(
        &self,
        path: &str,
        is_folder: bool,
    ) -> Result<Option<Asset>, Failure> {
        if path == "/" {
            return Ok(Some(root()?));
        }
        let (folder, name) = split(path);
        // What no search can express is looked for in the whole folder.
        let by_name = field("name").equals(name);
        let listing = Listing {
            folder: Some(folder.to_owned()),
            kind: Some("all"),
            search: by_name.ok().map(|it: Condition| it.to_string()),
            ..Listing::default()
        };
        let found = self.list(&listing).await?.into_iter();
        let mut found: Vec<_> = found
            .filter(|it| it.path() == path && it.value["type"] != "file-version")
            .filter(|it| it.is_folder() || !is_folder)
            .collect();
        found.sort_by_key(Asset::is_folder);
        Ok(found.into_iter().next())
    }
}

/// Puts lists of folders into each other.
fn gather(folder: &str, lists: &mut HashMap<String, Vec<Asset>>, all: &mut Vec<Asset>) {
    for asset in lists.remove(folder).unwrap_or_default() {
        let below = asset.is_folder().then(|| asset.path().to_owned());
        all.push(asset);
        if let Some(folder) = below {
            gather(&folder, lists, all);
        }
    }
}

/// The root folder, which no list mentions.
fn root() -> Result<Asset, Failure> {
    let json = r#"{"type":"folder","name":"/","folderPath":"/"}"#.to_owned();
    let json = RawValue::from_string(json);
    Asset::read(json.map_err(|error| Failure::new(Exit::Other, error.to_string()))?)
}

pub(crate) fn missing(path: &str) -> Failure {
    Failure::new(
        Exit::NotFound,
        format!("there is no file or folder {path} in the media library"),
    )
    .try_this("see imagekit ls, or give its id")
}

#[cfg(test)]
mod tests {
    use super::Target;

    fn target(text: &str) -> String {
        match text.parse() {
            Ok(Target::Id(id)) => format!("id {id}"),
            Ok(Target::Path { path, is_folder }) => format!("{path} {is_folder}"),
            Err(error) => error,
        }
    }

    #[test]
    fn ids_and_paths_are_told_apart() {
        assert_eq!(
            target("598821f949c0a938d57563bd"),
            "id 598821f949c0a938d57563bd"
        );
        assert_eq!(target("id:short"), "id short");
        assert_eq!(target("/a//b c/"), "/a/b c true");
        assert_eq!(target("logo.png"), "/logo.png false");
        assert_eq!(target("/"), "/ true");
        assert_eq!(target("/a/../b"), "a path may not hold `..`");
        assert!(target("").contains("may not be empty"));
    }
}
