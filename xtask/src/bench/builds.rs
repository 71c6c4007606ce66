//! What depending on the client costs: crates, processor time of a cold build, and bytes of program.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::harness::{Harness, cargo};

/// A build from nothing.
pub(super) struct Build {
    pub(super) crates: usize,
    pub(super) dev_seconds: f64,
    pub(super) release_seconds: f64,
    /// Of the release build, stripped.
    pub(super) program_bytes: u64,
}

/// The same program by hand, and on the client.
pub(super) struct Builds {
    pub(super) by_hand: Build,
    pub(super) ours: Build,
}

const BY_HAND: &str = r#"
reqwest = { version = "0.13", default-features = false, features = ["json", "rustls"] }
serde = { version = "1", features = ["derive"] }
serde_json = "1"
"#;

const BY_HAND_MAIN: &str = r#"
#[derive(serde::Deserialize)]
struct Version {
    name: String,
    size: Option<i64>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let version: Version = reqwest::Client::new()
        .get("https://api.imagekit.io/v1/files/598821f949c0a938d57563bd/versions/697821f849c0a938d57563ce")
        .basic_auth(std::env::var("IMAGEKIT_PRIVATE_KEY")?, Some(""))
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    println!("{} is {:?} bytes long", version.name, version.size);
    Ok(())
}
"#;

const OURS_MAIN: &str = r#"
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = imagekit_client::Client::from_env()?;
    let version = client
        .get_file_version_details()
        .file_id("598821f949c0a938d57563bd")
        .version_id("697821f849c0a938d57563ce")
        .send()
        .await?;
    println!("{} is {:?} bytes long", version.name, version.size);
    Ok(())
}
"#;

pub(super) fn measure(root: &Path, harness: &Harness) -> Result<Builds, Box<dyn Error>> {
    let client = format!("imagekit-client = {{ path = {:?} }}", root.join("client"));
    let by_hand = || build(root, harness, "by-hand", BY_HAND, BY_HAND_MAIN);
    let ours = || build(root, harness, "ours", &client, OURS_MAIN);
    // Other work on the machine makes a build longer by up to a fifth, and never shorter.
    let mut builds = Builds {
        by_hand: by_hand()?,
        ours: ours()?,
    };
    builds.by_hand.shorten(&by_hand()?);
    builds.ours.shorten(&ours()?);
    Ok(builds)
}

impl Build {
    fn shorten(&mut self, other: &Self) {
        self.dev_seconds = self.dev_seconds.min(other.dev_seconds);
        self.release_seconds = self.release_seconds.min(other.release_seconds);
    }
}

fn build(
    root: &Path,
    harness: &Harness,
    name: &str,
    dependencies: &str,
    main: &str,
) -> Result<Build, Box<dyn Error>> {
    let home = root.join("target/bench").join(name);
    if home.exists() {
        fs::remove_dir_all(&home)?;
    }
    fs::create_dir_all(home.join("src"))?;
    fs::write(
        home.join("Cargo.toml"),
        format!(
            "[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[workspace]\n\n\
             [dependencies]\n{dependencies}\n\
             tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n\n\
             [profile.release]\nstrip = true\n"
        ),
    )?;
    fs::write(home.join("src/main.rs"), main)?;
    // Both get the versions that this workspace has.
    fs::copy(root.join("Cargo.lock"), home.join("Cargo.lock"))?;
    let cold = |profile: &str| -> Result<(usize, f64), Box<dyn Error>> {
        let mut build = cargo();
        build.args(["build", "--quiet", "--message-format=json"]);
        build.args(["--profile", profile, "--target-dir", "target"]);
        let (messages, seconds) = harness.time(build.current_dir(&home))?;
        Ok((crates(&messages), seconds))
    };
    let (crates, dev_seconds) = cold("dev")?;
    let (_, release_seconds) = cold("release")?;
    let program = home.join("target/release").join(name);
    let program_bytes = fs::metadata(program)?.len();
    fs::remove_dir_all(home.join("target"))?;
    Ok(Build {
        crates,
        dev_seconds,
        release_seconds,
        program_bytes,
    })
}

/// How many crates cargo has compiled, the program itself not counted.
fn crates(messages: &str) -> usize {
    let ids: BTreeSet<String> = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact")
        .filter_map(|message| Some(message["package_id"].as_str()?.to_owned()))
        .collect();
    ids.len().saturating_sub(1)
}
