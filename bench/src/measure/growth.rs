//! What the size of the document costs: generating the client from cuts of it, and compiling that.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::Result;
use super::harness::{self, cargo, output, timed, turns};

pub(super) const ROUNDS: usize = 3;

/// How many operations the cuts have; the last of them is the whole.
const CUTS: [usize; 5] = [1, 10, 20, 40, usize::MAX];
/// The operations that come first: what is written by hand in the client is made of them.
const FIRST: [&str; 2] = ["getFileVersionDetails", "uploadFile"];

/// Measures cuts of the document: operations, components and lines, as docs/operations.md counts them, and processor
/// seconds to generate and to compile the client; of the whole also those to compile it with the events of webhooks.
pub(super) fn measure(root: &Path) -> Result<Vec<Vec<f64>>> {
    let place = root.join("target/bench/growth");
    let workspace = place.join("workspace");
    let shell = |script: &str| {
        let mut shell = Command::new("sh");
        output(
            shell
                .args(["-ec", script])
                .arg(&workspace)
                .current_dir(root),
        )
    };
    shell(
        "rm -rf $0; mkdir -p $0; git ls-files :!fuzz | xargs cp --parents --target-directory=$0",
    )?;
    let build = |features| {
        let mut build = cargo();
        build.args(["build", "--quiet", "--locked", "--package=imagekit-client"]);
        build.args(["--features", features]).current_dir(&workspace);
        build.env("CARGO_TARGET_DIR", place.join("target"));
        // A first build is what is asked about; nothing of an earlier one may help.
        build.env("CARGO_INCREMENTAL", "0");
        // What a cut leaves unused is no news.
        build.env("RUSTFLAGS", "-Awarnings");
        build
    };
    let mut generate = Command::new(harness::build(root, "xtask", &["--package=xtask"])?);
    // It says where the workspace is.
    let xtask = workspace.join("xtask");
    generate.arg("generate").env("CARGO_MANIFEST_DIR", xtask);
    let document = workspace.join("openapi/imagekit.yaml");
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { enforce_alias_anchor_ratio: false },
    };
    let whole = serde_saphyr::from_str_with_options(&fs::read_to_string(&document)?, options)?;
    let source = workspace.join("client/src/lib.rs");
    let mut cuts: Vec<Vec<f64>> = Vec::new();
    // The smallest last: it takes `upload_all`, which calls the second operation, from what is written by hand.
    for size in CUTS.into_iter().rev() {
        let mut builds = vec![build("beta")];
        if size == usize::MAX {
            builds.push(build("beta,webhooks"));
        } else {
            // JSON is YAML, too.
            fs::write(&document, cut(&whole, size).to_string())?;
        }
        if size < FIRST.len() {
            shell(
                "cd $0/client/src; sed -i '/^use crate::operations/d; /^... Sends many uploads/,$d' upload.rs",
            )?;
            shell("cd $0/client/src; sed -i 's/upload::{.*}/upload::UploadSource/' lib.rs")?;
        }
        output(&mut generate)?;
        for build in &mut builds {
            output(build)?;
        }
        let seconds = turns(ROUNDS, &[()], |()| {
            let mut seconds = vec![timed(&mut generate)?.1];
            for build in &mut builds {
                // Written anew as it is, so that cargo compiles it once more.
                fs::write(&source, fs::read_to_string(&source)?)?;
                seconds.push(timed(build)?.1);
            }
            Ok(seconds)
        })?;
        let index = fs::read_to_string(workspace.join("docs/operations.md"))?;
        let counts = index.lines().find(|line| line.contains("operations and"));
        let counts = counts.into_iter().flat_map(|counts| counts.split(' '));
        let counts = counts.filter_map(|word| word.parse().ok());
        let figures = counts.chain(seconds.concat()).collect();
        eprintln!("{figures:?}");
        cuts.insert(0, figures);
    }
    Ok(cuts)
}

/// The first operations, with the components that they need.
fn cut(whole: &Value, size: usize) -> Value {
    let mut operations = Vec::new();
    for (path, methods) in whole["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let Some(id) = operation["operationId"].as_str() else {
                continue;
            };
            let rank = FIRST.iter().position(|first| *first == id);
            // An id is a type of its own only where it stands in a path.
            let order = (rank.unwrap_or(FIRST.len()), !path.contains('{'));
            operations.push((order, path, method));
        }
    }
    operations.sort();
    let mut paths = json!({});
    for (_, path, method) in operations.into_iter().take(size) {
        // The servers of a path are kept, too.
        for (key, part) in whole["paths"][path].as_object().into_iter().flatten() {
            if key == method || part["operationId"].is_null() {
                paths[path][key] = part.clone();
            }
        }
    }
    let mut needed = BTreeSet::new();
    need(whole, &paths, &mut needed);
    let mut components = json!({ "securitySchemes": whole["components"]["securitySchemes"] });
    for reference in needed {
        if let ["#", "components", kind, name] = reference.split('/').collect::<Vec<_>>()[..] {
            components[kind][name] = whole["components"][kind][name].clone();
        }
    }
    let mut document = whole.clone();
    document["paths"] = paths;
    document["components"] = components;
    document["x-webhooks"] = json!({});
    document
}

/// Collects what a part of the document refers to, directly or through others.
fn need<'a>(whole: &'a Value, part: &'a Value, needed: &mut BTreeSet<&'a str>) {
    match part {
        Value::Object(entries) => entries.values().for_each(|it| need(whole, it, needed)),
        Value::Array(items) => items.iter().for_each(|it| need(whole, it, needed)),
        Value::String(text) if text.starts_with("#/") && needed.insert(text) => {
            need(
                whole,
                whole.pointer(&text[1..]).unwrap_or(&Value::Null),
                needed,
            );
        }
        _ => {}
    }
}
