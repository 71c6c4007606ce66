//! The one list of everything that is generated: written, or compared with what stands there.

use std::error::Error;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use similar::TextDiff;

use crate::generate;
use crate::json_schema;
use crate::rules::{Contract, Failures};

const SCHEMAS: &str = "openapi/schemas";

/// The folders of which every file is generated, so that any other one there is stale.
const FOLDERS: [&str; 3] = [SCHEMAS, generate::CLIENT, OPERATIONS];

const OPERATIONS: &str = "client/src/generated/operations";

/// The folders of the packages that are published, in the order in which they can be.
pub(crate) const PUBLISHED: [&str; 5] = ["openapi", "url", "client", "mock", "cli"];

pub(crate) const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// A generated file.
pub(crate) struct Output {
    /// Where it stands, from the root of the workspace.
    pub(crate) path: String,
    pub(crate) content: String,
}

/// Generates everything.
pub(crate) fn all(root: &Path, contract: &Contract) -> Result<Vec<Output>, Failures> {
    let mut outputs = generate::client(root, contract)?;
    outputs.extend(schemas(contract)?);
    outputs.extend(copies(root));
    Ok(outputs)
}

/// Generates the JSON Schemas.
pub(crate) fn schemas(contract: &Contract) -> Result<Vec<Output>, Failures> {
    contract.check_generable()?;
    let document = &contract.document;
    let files = document.components().map(|(name, schema)| Output {
        path: format!("{SCHEMAS}/{name}.json"),
        content: format!("{:#}\n", json_schema::file(document, name, schema)),
    });
    Ok(files.collect())
}

/// Copies what a package must hold because it is published without this workspace around it.
fn copies(root: &Path) -> impl Iterator<Item = Output> {
    let licences = PUBLISHED.iter().flat_map(|package| {
        LICENCES.map(|licence| (licence.to_owned(), format!("{package}/{licence}")))
    });
    let pages = [("mock", "testing.md"), ("url", "urls.md")];
    let pages = pages.map(|(package, page)| {
        let page = format!("docs/{page}");
        (page.clone(), format!("{package}/{page}"))
    });
    licences.chain(pages).filter_map(|(from, path)| {
        // A document can stand alone.
        let content = fs::read_to_string(root.join(from)).ok()?;
        Some(Output { path, content })
    })
}

/// Writes the outputs, or only shows where the files differ from what they should be.
pub(crate) fn put(
    root: &Path,
    outputs: &[Output],
    check_only: bool,
) -> Result<ExitCode, Box<dyn Error>> {
    if check_only {
        return check(root, outputs);
    }
    write(root, outputs)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes what has changed. A file is replaced as a whole or not at all.
fn write(root: &Path, outputs: &[Output]) -> Result<(), Box<dyn Error>> {
    for Output { path, .. } in outputs {
        stays_inside(root, path)?;
    }
    for Output { path, content } in outputs {
        let target = root.join(path);
        if present(&target)?.as_deref() == Some(content) {
            continue;
        }
        replace(&target, content).map_err(|error| format!("{path} cannot be written: {error}"))?;
        println!("{path} written");
    }
    for path in stale(root, outputs)? {
        fs::remove_file(root.join(&path))
            .map_err(|error| format!("{path} cannot be removed: {error}"))?;
        println!("{path} removed");
    }
    Ok(())
}

/// Shows where the files differ from what they should be.
fn check(root: &Path, outputs: &[Output]) -> Result<ExitCode, Box<dyn Error>> {
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
    for path in stale(root, outputs)? {
        drifted = true;
        println!("{path} should no longer be there");
    }
    if drifted {
        eprintln!("error: generated files are not up to date. To mend it: cargo xtask generate");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns the files of generated folders that nothing generates any more.
fn stale(root: &Path, outputs: &[Output]) -> Result<Vec<String>, Box<dyn Error>> {
    let mut stale = Vec::new();
    for folder in FOLDERS {
        let entries = match fs::read_dir(root.join(folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(format!("{folder} cannot be read: {error}").into()),
        };
        for entry in entries {
            let entry = entry?;
            let path = format!("{folder}/{}", entry.file_name().display());
            let is_file = entry.file_type()?.is_file();
            if is_file && !outputs.iter().any(|output| output.path == path) {
                stale.push(path);
            }
        }
    }
    stale.sort();
    Ok(stale)
}

/// Refuses an output whose folder is a link, or leads out of the workspace: what is behind it is not ours to write.
fn stays_inside(root: &Path, path: &str) -> Result<(), Box<dyn Error>> {
    let mut folder = root.to_owned();
    let relative = Path::new(path);
    for part in relative.components() {
        let std::path::Component::Normal(part) = part else {
            return Err(format!("{path} would be outside of the workspace").into());
        };
        folder.push(part);
        if folder.is_symlink() {
            return Err(format!("{path} would be written through a link").into());
        }
    }
    Ok(())
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
