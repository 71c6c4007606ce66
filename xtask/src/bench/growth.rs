//! What a larger document costs: generated and compiled in a copy of this workspace.

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde_json::Value;

use super::harness::{Harness, cargo, output};
use super::synthetic::{self, OPERATIONS};

/// A document of a certain size.
pub(super) struct Step {
    pub(super) operations: usize,
    pub(super) schemas: usize,
    pub(super) generate_seconds: f64,
    pub(super) lines: usize,
    /// Processor seconds to compile the client alone, with all that is written by hand in it.
    pub(super) compile_seconds: f64,
}

const STEPS: [usize; 6] = [1, 10, 20, 30, 40, OPERATIONS];

pub(super) fn measure(root: &Path, harness: &Harness) -> Result<Vec<Step>, Box<dyn Error>> {
    let copy = root.join("target/bench/grown");
    let target = root.join("target/bench/grown-target");
    if copy.exists() {
        fs::remove_dir_all(&copy)?;
    }
    copy_all(root, &copy)?;
    let document = copy.join("openapi/imagekit.yaml");
    let real: Value = serde_saphyr::from_str(&fs::read_to_string(&document)?)?;
    let mut build = cargo();
    build.current_dir(&copy).env("CARGO_TARGET_DIR", &target);
    // A first build is what is asked about; nothing of an earlier one may help.
    build.env("CARGO_INCREMENTAL", "0");
    build.args([
        "build",
        "--quiet",
        "--locked",
        "--package",
        "imagekit-client",
    ]);
    output(&mut build)?;
    STEPS
        .into_iter()
        .map(|operations| {
            let grown = synthetic::grown(&real, operations);
            // JSON is YAML.
            fs::write(&document, grown.to_string())?;
            let started = Instant::now();
            output(
                Command::new(env::current_exe()?)
                    .arg("generate")
                    .env("CARGO_MANIFEST_DIR", copy.join("xtask")),
            )?;
            let generate_seconds = started.elapsed().as_secs_f64();
            let generated = copy.join("client/src/generated.rs");
            let source = fs::read_to_string(&generated)?;
            // Written anew even if it is the same, so that cargo compiles it.
            fs::write(&generated, &source)?;
            let (_, compile_seconds) = harness.time(&build)?;
            Ok(Step {
                operations,
                schemas: grown["components"]["schemas"]
                    .as_object()
                    .map_or(0, serde_json::Map::len),
                generate_seconds,
                lines: source.lines().count(),
                compile_seconds,
            })
        })
        .collect()
}

fn copy_all(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == "target" || name == ".git" {
            continue;
        }
        let target = to.join(name);
        if entry.file_type()?.is_dir() {
            copy_all(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
