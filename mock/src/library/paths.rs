//! Paths of the media library: they begin with a slash, and never end with one.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The most levels that folders may be nested.
pub(crate) const MAX_DEPTH: usize = 50;

const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// Returns the path that a request means, with or without outer slashes.
pub(crate) fn normalize(path: &str) -> String {
    let segments = path.split('/').filter(|it| !it.is_empty());
    let path: String = segments.flat_map(|it| ["/", it]).collect();
    if path.is_empty() {
        "/".to_owned()
    } else {
        path
    }
}

pub(crate) fn join(folder: &str, name: &str) -> String {
    format!("{}/{name}", folder.trim_end_matches('/'))
}

/// Returns the folder and the name of a normalized path.
pub(crate) fn split(path: &str) -> (&str, &str) {
    match path.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some(found) => found,
        None => ("/", path),
    }
}

/// Returns `true` if a path is a folder or lies in it.
pub(crate) fn is_within(path: &str, folder: &str) -> bool {
    folder == "/"
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Returns a path after the folder at its start was moved.
pub(crate) fn moved(path: &str, from: &str, to: &str) -> String {
    let rest = path.strip_prefix(from).unwrap_or_default();
    if to == "/" && !rest.is_empty() {
        rest.to_owned()
    } else {
        format!("{to}{rest}")
    }
}

pub(crate) fn depth(path: &str) -> usize {
    path.split('/').filter(|it| !it.is_empty()).count()
}

/// Returns the name that ImageKit gives to a file, which is not always the one asked for.
pub(crate) fn file_name(wanted: &str) -> String {
    replace_others(wanted, &['.', '-', '_'])
}

/// Returns the name that ImageKit gives to a folder.
pub(crate) fn folder_name(wanted: &str) -> String {
    replace_others(wanted, &['-', '_'])
}

/// Returns a folder's path with each name as ImageKit gives it.
pub(crate) fn folder_path(wanted: &str) -> String {
    let names = normalize(wanted);
    let names = names.split('/').map(folder_name);
    names.collect::<Vec<_>>().join("/")
}

/// Returns `true` if a path steps out of itself.
pub(crate) fn has_dots(path: &str) -> bool {
    path.split('/').any(|it| it == "." || it == "..")
}

fn replace_others(wanted: &str, kept: &[char]) -> String {
    let keep = |letter: char| letter.is_alphanumeric() || kept.contains(&letter);
    let letters = wanted.chars();
    letters.map(|it| if keep(it) { it } else { '_' }).collect()
}

/// Makes a name unique: the suffix stands before the extension.
pub(crate) fn with_suffix(name: &str, suffix: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => format!("{stem}_{suffix}.{extension}"),
        _ => format!("{name}_{suffix}"),
    }
}

/// Encodes a path for a URL.
pub(crate) fn encode(path: &str) -> String {
    utf8_percent_encode(path, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_odd_slashes_is_normalized() {
        for (given, path) in [("", "/"), ("/", "/"), ("a/b/", "/a/b"), ("//a///b", "/a/b")] {
            assert_eq!(normalize(given), path);
        }
        assert_eq!(split("/a"), ("/", "a"));
        assert_eq!(split("/a/b"), ("/a", "b"));
        assert_eq!(join("/", "a"), "/a");
    }

    #[test]
    fn only_what_is_below_a_folder_is_within_it() {
        assert!(is_within("/a", "/"));
        assert!(is_within("/a/b", "/a"));
        assert!(!is_within("/ab", "/a"));
        assert_eq!(moved("/a/b/c", "/a", "/x/a"), "/x/a/b/c");
        assert_eq!(moved("/a/b", "/a", "/"), "/b");
    }

    #[test]
    fn names_keep_letters_of_any_script() {
        assert_eq!(file_name("größe 50%.jpg"), "größe_50_.jpg");
        assert_eq!(folder_name("a.b c"), "a_b_c");
        assert_eq!(with_suffix("a.b.jpg", "x"), "a.b_x.jpg");
        assert_eq!(with_suffix(".env", "x"), ".env_x");
    }
}
