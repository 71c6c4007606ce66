//! The one list of everything that is generated: written, or compared with what stands there.

use std::error::Error;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use similar::TextDiff;

use crate::document::{Document, Fault};
use crate::generate;

/// A generated file.
pub(crate) struct Output {
    /// Where it stands, from the root of the workspace.
    pub(crate) path: &'static str,
    pub(crate) content: String,
}

/// Generates everything.
pub(crate) fn all(document: &Document) -> Result<Vec<Output>, Fault> {
    Ok(vec![Output {
        path: "client/src/generated.rs",
        content: generate::client(document)?,
    }])
}

/// Writes what has changed. A file is replaced as a whole or not at all.
pub(crate) fn write(root: &Path, outputs: &[Output]) -> Result<(), Box<dyn Error>> {
    for Output { path, content } in outputs {
        let target = root.join(path);
        if present(&target)?.as_deref() == Some(content) {
            continue;
        }
        replace(&target, content).map_err(|error| format!("{path} cannot be written: {error}"))?;
        println!("{path} written");
    }
    Ok(())
}

/// Shows where the files differ from what they should be.
pub(crate) fn check(root: &Path, outputs: &[Output]) -> Result<ExitCode, Box<dyn Error>> {
    let mut drifted = false;
    for Output { path, content } in outputs {
        let before = present(&root.join(path))?.unwrap_or_default();
        if before == *content {
            continue;
        }
        drifted = true;
        let diff = TextDiff::from_lines(&before, content);
        print!(
            "{}",
            diff.unified_diff().header(
                &format!("{path} (as it is)"),
                &format!("{path} (as generated)")
            )
        );
    }
    if drifted {
        eprintln!("error: generated files are not up to date. To mend it: cargo xtask generate");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn present(path: &Path) -> Result<Option<String>, Box<dyn Error>> {
    match fs::read_to_string(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{} cannot be read: {error}", path.display()).into()),
    }
}

fn replace(target: &Path, content: &str) -> io::Result<()> {
    let directory = target.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(content.as_bytes())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.as_file()
            .set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    file.persist(target)?;
    Ok(())
}
