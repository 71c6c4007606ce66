//! What `listAssets` picks, and in which order.

use std::cmp::Ordering;

use serde_json::Value;

use super::folders::Folder;
use super::search::Expression;
use super::version::{StoredFile, Version};
use super::{Library, paths};

/// What a list is to have in it.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) kinds: Kinds,
    pub(crate) folder: Option<String>,
    pub(crate) search: Option<Expression>,
    /// Images only, or all but images.
    pub(crate) images: Option<bool>,
    pub(crate) tags: Vec<String>,
    pub(crate) name: Option<String>,
    pub(crate) sort: Sort,
    pub(crate) skip: usize,
    pub(crate) limit: usize,
}

/// The kinds of assets that a list has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Kinds {
    #[default]
    Files,
    Versions,
    Folders,
    FilesAndFolders,
    All,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sort {
    key: SortKey,
    descending: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum SortKey {
    #[default]
    Created,
    Updated,
    Name,
    Width,
    Height,
    Size,
    Duration,
    OriginalCreation,
    Relevance,
}

impl Sort {
    /// Reads an order such as `DESC_NAME`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (direction, key) = text.split_once('_')?;
        let descending = match direction {
            "ASC" => false,
            "DESC" => true,
            _ => return None,
        };
        let key = match key {
            "NAME" => SortKey::Name,
            "CREATED" => SortKey::Created,
            "UPDATED" => SortKey::Updated,
            "HEIGHT" => SortKey::Height,
            "WIDTH" => SortKey::Width,
            "SIZE" => SortKey::Size,
            "DURATION" => SortKey::Duration,
            "ORIGINAL_CREATION_DATE" => SortKey::OriginalCreation,
            "RELEVANCE" => SortKey::Relevance,
            _ => return None,
        };
        Some(Self { key, descending })
    }
}

/// A file, a version of one, or a folder.
#[derive(Clone, Copy)]
pub(crate) enum Asset<'a> {
    Version(&'a StoredFile, &'a Version),
    Folder(&'a str, &'a Folder),
}

impl<'a> Asset<'a> {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Version(file, version) if file.is_current(version) => "file",
            Self::Version(..) => "file-version",
            Self::Folder(..) => "folder",
        }
    }

    pub(crate) fn name(&self) -> &'a str {
        match *self {
            Self::Version(file, _) => &file.name,
            Self::Folder(path, _) => paths::split(path).1,
        }
    }

    pub(crate) fn id(&self) -> &'a str {
        match *self {
            Self::Version(file, _) => &file.id,
            Self::Folder(_, folder) => &folder.id,
        }
    }

    /// The folder that it is right in.
    pub(crate) fn folder(&self) -> &'a str {
        match *self {
            Self::Version(file, _) => &file.folder,
            Self::Folder(path, _) => paths::split(path).0,
        }
    }

    pub(crate) fn version(&self) -> Option<&'a Version> {
        match *self {
            Self::Version(_, version) => Some(version),
            Self::Folder(..) => None,
        }
    }

    /// Milliseconds since 1970.
    pub(crate) fn created(&self) -> i64 {
        match self {
            Self::Version(_, version) => version.created.timestamp_millis(),
            Self::Folder(_, folder) => folder.created.timestamp_millis(),
        }
    }

    pub(crate) fn updated(&self) -> i64 {
        match self {
            Self::Version(_, version) => version.updated.timestamp_millis(),
            Self::Folder(_, folder) => folder.updated.timestamp_millis(),
        }
    }

    fn sequence(&self) -> (u64, u32) {
        match self {
            Self::Version(file, version) => (file.sequence, version.number),
            Self::Folder(_, folder) => (folder.sequence, 0),
        }
    }

    fn number(&self, key: SortKey) -> f64 {
        let media = self.version().map(|it| &it.media);
        let number = media.and_then(|media| match key {
            SortKey::Width => media.width.as_ref().and_then(|it| it.as_f64()),
            SortKey::Height => media.height.as_ref().and_then(|it| it.as_f64()),
            SortKey::Duration => media.duration.as_ref().and_then(|it| it.as_f64()),
            _ => media.size.map(|it| it as f64),
        });
        number.unwrap_or(-1.0)
    }

    fn original_creation(&self) -> i64 {
        let version = self.version();
        let metadata = version.map(|it| &it.custom_metadata);
        let given = metadata.and_then(|it| it.get("_internal_original_created_datetime"));
        let given = given
            .and_then(Value::as_str)
            .and_then(super::search::parse_time);
        given.unwrap_or_else(|| self.created())
    }

    fn compare(&self, other: &Self, sort: Sort) -> Ordering {
        let by_key = match sort.key {
            SortKey::Created | SortKey::Relevance => self.created().cmp(&other.created()),
            SortKey::Updated => self.updated().cmp(&other.updated()),
            SortKey::Name => self.name().cmp(other.name()),
            SortKey::OriginalCreation => self.original_creation().cmp(&other.original_creation()),
            key => self.number(key).total_cmp(&other.number(key)),
        };
        let order = by_key.then_with(|| self.sequence().cmp(&other.sequence()));
        if sort.descending {
            order.reverse()
        } else {
            order
        }
    }
}

impl Library {
    /// Returns one page of the assets that are picked.
    pub(crate) fn list<'a>(&'a self, listing: &Listing) -> Vec<Asset<'a>> {
        let mut assets = Vec::new();
        let (files, versions, folders) = match listing.kinds {
            Kinds::Files => (true, false, false),
            Kinds::Versions => (false, true, false),
            Kinds::Folders => (false, false, true),
            Kinds::FilesAndFolders => (true, false, true),
            Kinds::All => (true, true, true),
        };
        if files || versions {
            let mut add = |file: &'a StoredFile| {
                let (current, older) = (file.current(), &file.versions[..file.versions.len() - 1]);
                let current = files.then_some(current).into_iter();
                let older = older.iter().filter(|_| versions);
                let both = older.chain(current).map(|it| Asset::Version(file, it));
                assets.extend(both.filter(|it| listing.picks(it, self)));
            };
            match &listing.folder {
                Some(folder) => {
                    let ids = self
                        .folders
                        .get(folder)
                        .into_iter()
                        .flat_map(|it| it.files.values());
                    ids.filter_map(|id| self.files.get(id)).for_each(&mut add);
                }
                None => self.files.values().for_each(&mut add),
            }
        }
        if folders {
            let all = self.folders.iter().filter(|(path, _)| *path != "/");
            let all = all.map(|(path, folder)| Asset::Folder(path, folder));
            let right_in = |it: &Asset<'_>| {
                listing
                    .folder
                    .as_deref()
                    .is_none_or(|folder| it.folder() == folder)
            };
            assets.extend(all.filter(|it| right_in(it) && listing.picks(it, self)));
        }
        page(assets, listing)
    }
}

/// Sorts no more than what is wanted.
fn page<'a>(mut assets: Vec<Asset<'a>>, listing: &Listing) -> Vec<Asset<'a>> {
    let end = listing.skip.saturating_add(listing.limit);
    if listing.skip >= assets.len() {
        return Vec::new();
    }
    let compare = |a: &Asset<'_>, b: &Asset<'_>| a.compare(b, listing.sort);
    if end < assets.len() {
        assets.select_nth_unstable_by(end, compare);
        assets.truncate(end);
    }
    assets.sort_unstable_by(compare);
    assets.split_off(listing.skip)
}

impl Listing {
    fn picks(&self, asset: &Asset<'_>, library: &Library) -> bool {
        let is_image = asset.version().is_some_and(|it| it.media.is_image());
        if self
            .images
            .is_some_and(|wanted| asset.version().is_none() || wanted != is_image)
        {
            return false;
        }
        if let Some(search) = &self.search {
            return search.matches(asset, library.now());
        }
        let has_tag = |wanted: &String| {
            let tags = asset.version().and_then(|it| it.tags.as_ref());
            tags.is_some_and(|tags| tags.contains(wanted))
        };
        (self.tags.is_empty() || self.tags.iter().any(has_tag))
            && self.name.as_deref().is_none_or(|name| asset.name() == name)
    }
}
