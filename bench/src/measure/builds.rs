//! What depending on the client costs: crates, processor time of a cold build, and bytes of program.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::harness::{Harness, cargo, output};

/// A build from nothing, of dependencies and all.
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
        .get_file_version_details("598821f949c0a938d57563bd", "697821f849c0a938d57563ce")
        .send()
        .await?;
    println!("{} is {:?} bytes long", version.name, version.size);
    Ok(())
}
"#;

pub(super) fn measure(root: &Path, harness: &Harness) -> Result<Builds, Box<dyn Error>> {
    let client = format!("imagekit-client = {{ path = {:?} }}", root.join("client"));
    let by_hand = Program::write(root, harness, "by-hand", BY_HAND, BY_HAND_MAIN)?;
    let ours = Program::write(root, harness, "ours", &client, OURS_MAIN)?;
    let (crates, dev) = cold(&by_hand, &ours, "dev")?;
    let (_, release) = cold(&by_hand, &ours, "release")?;
    let build = |program: &Program<'_>, index: usize| -> Result<Build, Box<dyn Error>> {
        Ok(Build {
            crates: crates[index],
            dev_seconds: dev[index],
            release_seconds: release[index],
            program_bytes: program.take_bytes()?,
        })
    };
    Ok(Builds {
        by_hand: build(&by_hand, 0)?,
        ours: build(&ours, 1)?,
    })
}

/// The crates and the processor seconds of a cold build of each program.
///
/// Most crates are in both, and take up to a twentieth more or less from one build to the next, as
/// much as is asked about. So they are timed once, and only what is in one of them is timed apart.
fn cold(
    by_hand: &Program<'_>,
    ours: &Program<'_>,
    profile: &str,
) -> Result<([usize; 2], [f64; 2]), Box<dyn Error>> {
    let (theirs, seconds) = by_hand.build(profile)?;
    let (mine, _) = ours.build(profile)?;
    let only_theirs = by_hand.rebuild(profile, theirs.difference(&mine))?;
    let only_mine = ours.rebuild(profile, mine.difference(&theirs))?;
    // The program itself is among them.
    let crates = [theirs.len() - 1, mine.len() - 1];
    Ok((crates, [seconds, seconds - only_theirs + only_mine]))
}

/// A program in a folder of its own.
struct Program<'a> {
    harness: &'a Harness,
    name: &'static str,
    home: PathBuf,
}

impl<'a> Program<'a> {
    fn write(
        root: &Path,
        harness: &'a Harness,
        name: &'static str,
        dependencies: &str,
        main: &str,
    ) -> Result<Self, Box<dyn Error>> {
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
        Ok(Self {
            harness,
            name,
            home,
        })
    }

    /// Builds what is not built yet; gives the ids of all crates, and processor seconds.
    fn build(&self, profile: &str) -> Result<(BTreeSet<String>, f64), Box<dyn Error>> {
        let mut build = self.cargo("build", profile);
        let (messages, seconds) = self.harness.time(build.arg("--message-format=json"))?;
        Ok((crates(&messages), seconds))
    }

    /// Builds some crates anew; gives processor seconds.
    fn rebuild<'c>(
        &self,
        profile: &str,
        crates: impl Iterator<Item = &'c String>,
    ) -> Result<f64, Box<dyn Error>> {
        let mut clean = self.cargo("clean", profile);
        output(clean.args(crates.flat_map(|id| ["--package", id])))?;
        Ok(self.build(profile)?.1)
    }

    fn cargo(&self, command: &str, profile: &str) -> Command {
        let mut cargo = cargo();
        cargo.args([command, "--quiet", "--profile", profile]);
        cargo.args(["--target-dir", "target"]);
        cargo.current_dir(&self.home);
        cargo
    }

    /// The length of the release build, all of which is removed.
    fn take_bytes(&self) -> Result<u64, Box<dyn Error>> {
        let target = self.home.join("target");
        let bytes = fs::metadata(target.join("release").join(self.name))?.len();
        fs::remove_dir_all(target)?;
        Ok(bytes)
    }
}

/// The ids of the crates that cargo has compiled or found compiled.
fn crates(messages: &str) -> BTreeSet<String> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact")
        .filter_map(|message| Some(message["package_id"].as_str()?.to_owned()))
        .collect()
}
