//! What the size of the document costs: generating the client from it, and compiling it.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

use super::harness::{Harness, cargo, output};

/// What the whole document costs.
pub(super) struct Growth {
    /// The sentence of docs/operations.md that counts operations, components and lines.
    pub(super) size: String,
    pub(super) generate_seconds: f64,
    /// Processor seconds to compile the client alone, with everything that is written by hand in it.
    pub(super) compile_seconds: f64,
}

pub(super) fn measure(root: &Path, harness: &Harness) -> Result<Growth, Box<dyn Error>> {
    let index = fs::read_to_string(root.join("docs/operations.md"))?;
    let size = index.lines().find(|line| line.contains("operations and"));
    let mut generate = cargo();
    generate
        .current_dir(root)
        .args(["xtask", "generate", "--check"]);
    output(&mut generate)?;
    let started = Instant::now();
    output(&mut generate)?;
    let generate_seconds = started.elapsed().as_secs_f64();
    let mut build = cargo();
    build
        .current_dir(root)
        .env("CARGO_TARGET_DIR", root.join("target/bench/growth"))
        // A first build is what is asked about; nothing of an earlier one may help.
        .env("CARGO_INCREMENTAL", "0")
        .args([
            "build",
            "--quiet",
            "--locked",
            "--package",
            "imagekit-client",
            "--features",
            "beta,webhooks",
        ]);
    output(&mut build)?;
    let source = root.join("client/src/lib.rs");
    // Written anew as it is, so that cargo compiles it once more.
    fs::write(&source, fs::read_to_string(&source)?)?;
    let (_, compile_seconds) = harness.time(&build)?;
    Ok(Growth {
        size: size.unwrap_or_default().to_owned(),
        generate_seconds,
        compile_seconds,
    })
}
