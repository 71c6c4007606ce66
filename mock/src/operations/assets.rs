use serde::{Serialize, Serializer};

use super::Context;
use crate::Library;
use crate::library::listing::{Asset, Kinds, Listing, Sort};
use crate::library::paths;
use crate::library::search::Expression;
use crate::reply::{Outcome, Reply};
use crate::request::Request;

const MAX_LIMIT: i64 = 1000;

pub(super) fn list(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let listing = listing(request)?;
    let library = &*context.library;
    let assets = library.list(&listing).into_iter();
    let assets: Vec<_> = assets.map(|asset| AssetView { library, asset }).collect();
    Ok(Reply::ok(&assets))
}

fn listing(request: &Request<'_>) -> Result<Listing, Reply> {
    let mut listing = Listing {
        limit: 1000,
        ..Listing::default()
    };
    if let Some(limit) = number(request, "limit")? {
        if limit < 1 {
            let message = format!("Minimum value of limit parameter is 1. Value sent is {limit}.");
            return Err(Reply::bad_request(message));
        }
        if limit > MAX_LIMIT {
            let message =
                format!("Maximum value of limit parameter is 1000. Value sent is {limit}.");
            return Err(Reply::bad_request(message));
        }
        listing.limit = usize::try_from(limit).unwrap_or_default();
    }
    if let Some(skip) = number(request, "skip")? {
        listing.skip = usize::try_from(skip).map_err(|_| {
            Reply::bad_request(format!(
                "The value of skip parameter should be greater than or equal to 0. Value sent is {skip}."
            ))
        })?;
    }
    listing.kinds = match request.query("type") {
        None | Some("file") => Kinds::Files,
        Some("file-version") => Kinds::Versions,
        Some("folder") => Kinds::Folders,
        Some("all") => Kinds::FilesAndFolders,
        Some(_) => return Err(choice("type", "file, file-version, folder, all")),
    };
    listing.images = match request.query("fileType") {
        None | Some("all") => None,
        Some("image") => Some(true),
        Some("non-image") => Some(false),
        Some(_) => return Err(choice("fileType", "all, image, non-image")),
    };
    if let Some(sort) = request.query("sort") {
        listing.sort = Sort::parse(sort).ok_or_else(|| {
            Reply::bad_request(format!(
                "Your request contains invalid value for sort parameter: {sort}."
            ))
        })?;
    }
    listing.folder = request.query("path").map(paths::normalize);
    match request.query("searchQuery") {
        Some(search) => {
            let search = Expression::parse(search).map_err(|reason| {
                Reply::bad_request(format!("Invalid search query - {reason}."))
            })?;
            // Such a search says itself which types it wants.
            listing.kinds = if search.mentions_versions() {
                Kinds::All
            } else {
                Kinds::FilesAndFolders
            };
            listing.search = Some(search);
        }
        None => {
            let tags = request.query("tags").unwrap_or_default().split(',');
            listing.tags = tags
                .filter(|it| !it.is_empty())
                .map(str::to_owned)
                .collect();
            listing.name = request.query("name").map(str::to_owned);
        }
    }
    Ok(listing)
}

fn number(request: &Request<'_>, name: &str) -> Result<Option<i64>, Reply> {
    let Some(text) = request.query(name) else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| {
        Reply::bad_request(format!(
            "The value of {name} parameter should be a number. Value sent is {text}."
        ))
    })
}

fn choice(name: &str, choices: &str) -> Reply {
    Reply::bad_request(format!(
        "Your request contains invalid value for {name} parameter. Please provide one of the following: {choices}."
    ))
}

struct AssetView<'a> {
    library: &'a Library,
    asset: Asset<'a>,
}

impl Serialize for AssetView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.asset {
            Asset::Version(file, version) => self.library.view(file, version).serialize(serializer),
            Asset::Folder(path, folder) => folder.json(path).serialize(serializer),
        }
    }
}
