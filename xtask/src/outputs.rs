//! The one list of everything that is generated: written, or compared with what stands there.

use std::error::Error;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use similar::TextDiff;

use crate::generate;
use crate::json_schema;
use crate::rules::{Contract, Findings};

/// A directory of which every file is generated, so that any other one there is stale.
const SCHEMAS: &str = "openapi/schemas";

/// A generated file.
pub(crate) struct Output {
    /// Where it stands, from the root of the workspace.
    pub(crate) path: String,
    pub(crate) content: String,
}

/// Generates everything.
pub(crate) fn all(contract: &Contract) -> Result<Vec<Output>, Findings> {
    let mut outputs = vec![Output {
        path: "client/src/generated.rs".to_owned(),
        content: generate::client(contract)?,
    }];
    outputs.extend(schemas(contract)?);
    Ok(outputs)
}

/// Generates the JSON Schemas, and the source by which the command line has them.
pub(crate) fn schemas(contract: &Contract) -> Result<Vec<Output>, Findings> {
    contract.check_generable()?;
    let document = &contract.document;
    let files: Vec<_> = document
        .components()
        .map(|(name, schema)| (name, json_schema::file(document, name, schema)))
        .collect();
    let embedded = Output {
        path: "cli/src/schema/generated.rs".to_owned(),
        content: generate::embedded_schemas(&files),
    };
    let files = files.iter().map(|(name, schema)| Output {
        path: format!("{SCHEMAS}/{name}.json"),
        content: format!("{schema:#}\n"),
    });
    Ok(files.chain([embedded]).collect())
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

/// The files of generated directories that nothing generates any more.
fn stale(root: &Path, outputs: &[Output]) -> Result<Vec<String>, Box<dyn Error>> {
    let entries = match fs::read_dir(root.join(SCHEMAS)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("{SCHEMAS} cannot be read: {error}").into()),
    };
    let mut stale = Vec::new();
    for entry in entries {
        let path = format!("{SCHEMAS}/{}", entry?.file_name().display());
        if !outputs.iter().any(|output| output.path == path) {
            stale.push(path);
        }
    }
    stale.sort();
    Ok(stale)
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
