//! Files of this machine that are to be uploaded: those that are named, those in folders, and those that a pattern finds.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use clap::Args;
use globset::{GlobBuilder, GlobMatcher};

use super::asset::join;
use super::download::PART;
use crate::exit::Failure;

/// Which files of folders and patterns are meant. What is named itself always is.
#[derive(Args)]
pub(super) struct Selection {
    /// Of folders and patterns, take only the files that match: by their name, such as '*.jpg', or with a slash by their
    /// path below the folder. Given several times, any of them.
    #[arg(long, value_name = "PATTERN", value_parser = matcher)]
    include: Vec<Matcher>,

    /// Of folders and patterns, leave out the files and folders that match, such as '.*' for those that are hidden.
    #[arg(long, value_name = "PATTERN", value_parser = matcher)]
    exclude: Vec<Matcher>,
}

/// A file of this machine, and where it belongs.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) local: PathBuf,
    /// The folder in the media library, as it is spelled here.
    pub(super) folder: String,
    pub(super) name: String,
    pub(super) size: u64,
    pub(super) modified: Option<DateTime<Utc>>,
}

/// A pattern for names, or for paths below a folder.
#[derive(Clone, Debug)]
struct Matcher {
    glob: GlobMatcher,
    is_for_paths: bool,
}

impl Matcher {
    fn matches(&self, below: &str) -> bool {
        let text = match self.is_for_paths {
            true => below,
            false => below.rsplit_once('/').map_or(below, |(_, name)| name),
        };
        self.glob.is_match(text)
    }
}

fn matcher(pattern: &str) -> Result<Matcher, String> {
    let pattern = with_slashes(pattern);
    Ok(Matcher {
        glob: glob(pattern.trim_matches('/'))?,
        is_for_paths: pattern.trim_end_matches('/').contains('/'),
    })
}

fn glob(pattern: &str) -> Result<GlobMatcher, String> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build();
    let glob = glob.map_err(|error| error.kind().to_string())?;
    Ok(glob.compile_matcher())
}

/// Windows has paths with backslashes; elsewhere, those keep a character from being special.
fn with_slashes(pattern: &str) -> String {
    match cfg!(windows) {
        true => pattern.replace('\\', "/"),
        false => pattern.to_owned(),
    }
}

/// Finds all files that are meant, in order, and where in a folder of the media library each belongs.
pub(super) fn find(
    operands: &[PathBuf],
    to: &str,
    selection: &Selection,
) -> Result<Vec<Item>, Failure> {
    let mut items = Vec::new();
    for path in operands {
        match std::fs::metadata(path) {
            Ok(metadata) => add_named(path, &metadata, to, selection, &mut items)?,
            Err(error) => match path.to_str().map(with_slashes).filter(|it| is_pattern(it)) {
                Some(pattern) => add_matching(&pattern, to, selection, &mut items)?,
                None => return Err(cannot_read(path, &error)),
            },
        }
    }
    Ok(items)
}

fn add_named(
    path: &Path,
    metadata: &std::fs::Metadata,
    to: &str,
    selection: &Selection,
    items: &mut Vec<Item>,
) -> Result<(), Failure> {
    // `..` and `.` have a name as well.
    let named = match path.file_name() {
        Some(_) => path.to_owned(),
        None => path
            .canonicalize()
            .map_err(|error| cannot_read(path, &error))?,
    };
    let name = name_of(&named)?;
    if !metadata.is_dir() {
        items.push(Item::new(path, to, name, metadata));
        return Ok(());
    }
    let folder = match named.file_name() {
        Some(_) => join(to, &name),
        None => to.to_owned(),
    };
    let is_wanted = |below: &str, is_folder| selection.takes(below, is_folder);
    walk(path, &folder, "", &is_wanted, items)
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// Adds what a pattern finds. As in a shell, what is hidden is found only by a pattern that says so.
fn add_matching(
    pattern: &str,
    to: &str,
    selection: &Selection,
    items: &mut Vec<Item>,
) -> Result<(), Failure> {
    let special = pattern.find(['*', '?', '[', '{']).unwrap_or_default();
    let (start, pattern_below) = match pattern[..special].rfind('/') {
        Some(slash) => pattern.split_at(slash + 1),
        None => ("", pattern),
    };
    let folder = Path::new(if start.is_empty() { "." } else { start });
    let unclear =
        |problem| Failure::usage(format!("the pattern {pattern:?} is not right: {problem}"));
    let pattern_below = pattern_below.trim_end_matches('/');
    let glob = glob(pattern_below).map_err(unclear)?;
    let finds_hidden = pattern_below.split('/').any(|it| it.starts_with('.'));
    // Whatever is in a folder that is found is found with it.
    let is_found = |below: &str| {
        let ends = below.match_indices('/').map(|(end, _)| end);
        ends.chain([below.len()])
            .any(|end| glob.is_match(&below[..end]))
    };
    let is_hidden = |below: &str| below.split('/').any(|it| it.starts_with('.'));
    // Somebody's whole disk may lie below the folder.
    let slashes = |text: &str| text.matches('/').count();
    let may_hold =
        |folder: &str| pattern_below.contains("**") || slashes(folder) < slashes(pattern_below);
    let is_wanted = |below: &str, is_folder| {
        (finds_hidden || !is_hidden(below))
            && (is_found(below) || is_folder && may_hold(below))
            && selection.takes(below, is_folder)
    };
    let before = items.len();
    walk(folder, to, "", &is_wanted, items)?;
    match items.len() == before {
        true => Err(Failure::usage(format!("no file matches {pattern:?}"))),
        false => Ok(()),
    }
}

/// Adds the files below a folder, each with its folders below `to`.
fn walk(
    folder: &Path,
    to: &str,
    below: &str,
    is_wanted: &dyn Fn(&str, bool) -> bool,
    items: &mut Vec<Item>,
) -> Result<(), Failure> {
    let unreadable = |error| cannot_read(folder, &error);
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let mut entries: Vec<_> = entries.collect::<Result<_, _>>().map_err(unreadable)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = name_of(&entry.path())?;
        // Paths on a screen need no `./` before them.
        let path = match folder == Path::new(".") {
            true => PathBuf::from(&name),
            false => entry.path(),
        };
        let below = format!("{below}{name}");
        let kind = entry.file_type().map_err(unreadable)?;
        if !is_wanted(&below, kind.is_dir()) {
            continue;
        }
        if kind.is_dir() {
            let (to, below) = (join(to, &name), format!("{below}/"));
            walk(&path, &to, &below, is_wanted, items)?;
            continue;
        }
        // What a link leads to is uploaded if it is a file: folders may go around in circles.
        let metadata = std::fs::metadata(&path).map_err(|error| cannot_read(&path, &error))?;
        if metadata.is_file() && !is_part(&name) {
            items.push(Item::new(&path, to, name, &metadata));
        }
    }
    Ok(())
}

/// Whether a name is that of what an interrupted download has left.
fn is_part(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(PART)
}

fn name_of(path: &Path) -> Result<String, Failure> {
    let name = path.file_name().map_or(Some(""), |it| it.to_str());
    name.map(str::to_owned)
        .ok_or_else(|| Failure::usage(format!("the name of {} is not Unicode", path.display())))
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("{} cannot be read: {error}", path.display()))
}

impl Selection {
    /// Whether a file, or what is in a folder, may be meant, by its path below the folder that is gone through.
    fn takes(&self, below: &str, is_folder: bool) -> bool {
        let matches = |all: &[Matcher]| all.iter().any(|it| it.matches(below));
        (is_folder || self.include.is_empty() || matches(&self.include)) && !matches(&self.exclude)
    }
}

impl Item {
    fn new(path: &Path, folder: &str, name: String, metadata: &std::fs::Metadata) -> Self {
        let modified = metadata.modified().ok();
        Self {
            local: path.to_owned(),
            folder: folder.to_owned(),
            name,
            size: metadata.len(),
            modified: modified.map(<DateTime<Utc> as From<SystemTime>>::from),
        }
    }
}
