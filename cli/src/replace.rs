//! Files that are replaced as a whole, or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    Owner,
    Anyone,
}

/// Writes a file beside its place and moves it there, so that a full disk or an interruption leaves the old one.
///
/// # Errors
///
/// If it cannot be written, or its place is a link: whoever made that may have chosen another file to be lost.
pub(crate) fn replace(path: &Path, contents: &[u8], readers: Readers) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_symlink() => {
            return Err(io::Error::other(
                "it is a link; name the file that it leads to",
            ));
        }
        // A device or a pipe is written to, and not replaced.
        Ok(there) if !there.is_file() && !there.is_dir() => return fs::write(path, contents),
        _ => {}
    }
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".imagekit-");
    #[cfg(unix)]
    if readers == Readers::Anyone {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    #[cfg(not(unix))]
    let _ = readers;
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(contents)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
