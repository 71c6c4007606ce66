//! What must hold before the crates are published.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use serde_json::Value;

use crate::outputs::{LICENCES, PUBLISHED};

/// Checks versions, changelog and metadata, and builds each crate from its package alone.
pub(crate) fn check(root: &Path) -> Result<ExitCode, Box<dyn Error>> {
    let output = cargo(root)
        .args(["metadata", "--no-deps", "--locked", "--format-version=1"])
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let changelog = fs::read_to_string(root.join("CHANGELOG.md"))?;
    let packages = packages(&metadata);
    let missing = missing(root, &packages, &changelog);
    for message in &missing {
        eprintln!("error: {message}");
    }
    // Cargo remembers what it has unpacked by folder and version: in the same place, today's command line would be
    // built on yesterday's client.
    let target = root.join("target");
    fs::create_dir_all(&target)?;
    let folder = tempfile::Builder::new()
        .prefix("release-")
        .tempdir_in(target)?;
    let mut package = cargo(root);
    package.args(["package", "--locked", "--target-dir"]);
    package.arg(folder.path());
    // Nobody debugs what is built here.
    package.env("CARGO_PROFILE_DEV_DEBUG", "0");
    for published in &packages {
        let name = published["name"].as_str().unwrap_or_default();
        package.args(["--package", name]);
    }
    let is_packaged = package.status()?.success();
    Ok(if missing.is_empty() && is_packaged {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The packages that are published.
fn packages(metadata: &Value) -> Vec<&Value> {
    let all = metadata["packages"].as_array().into_iter().flatten();
    // `publish = false` is an empty list of registries.
    all.filter(|it| it["publish"].is_null()).collect()
}

/// What the packages lack, in sentences.
fn missing(root: &Path, packages: &[&Value], changelog: &str) -> Vec<String> {
    let mut missing = Vec::new();
    if packages.len() != PUBLISHED.len() {
        missing.push(format!(
            "{} packages can be published, but xtask/src/outputs.rs lists {}",
            packages.len(),
            PUBLISHED.len()
        ));
    }
    for package in packages {
        let text = |key: &str| package[key].as_str().unwrap_or_default();
        let (name, version) = (text("name"), text("version"));
        let folder = Path::new(text("manifest_path")).parent().unwrap_or(root);
        let files = ["README.md"].iter().chain(&LICENCES);
        for file in files.filter(|file| !folder.join(file).is_file()) {
            missing.push(format!("{name} has no {file}"));
        }
        let readme = fs::read_to_string(folder.join("README.md")).unwrap_or_default();
        if !readme.contains(&format!("/crates/v/{name})")) {
            missing.push(format!("{name} shows no badge of its version in README.md"));
        }
        for key in ["description", "license", "readme", "rust_version"] {
            if text(key).is_empty() {
                missing.push(format!("{name} has no {key} in its Cargo.toml"));
            }
        }
        if !changelog.contains(&format!("[{version}]")) && !changelog.contains("[Unreleased]") {
            missing.push(format!("CHANGELOG.md says nothing about {version}"));
        }
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        for dependency in dependencies {
            let is_of_us = packages.iter().any(|it| it["name"] == dependency["name"]);
            // A path alone is allowed where it is dropped from the package.
            let is_needed = dependency["kind"] != "dev";
            if is_of_us && is_needed && dependency["req"] != format!("^{version}") {
                let (other, wanted) = (&dependency["name"], &dependency["req"]);
                missing.push(format!(
                    "{name} wants {other} in version {wanted}, not {version}"
                ));
            }
        }
    }
    missing
}

fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}
