//! What depending on the client costs: crates, processor time of a cold build, and bytes of program.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::Result;
use super::calls::{OURS, PLAIN};
use super::harness::{MIB, cargo, output, timed};
use super::report::Row;

const BY_HAND: &str = r#"
reqwest = { version = "0.13", default-features = false, features = ["json", "rustls"] }
serde = { version = "1", features = ["derive"] }
serde_json = "1"
"#;

const BY_HAND_CALL: &str = r#"
    #[derive(serde::Deserialize)]
    struct Version {
        name: String,
        size: Option<i64>,
    }
    let version: Version = reqwest::Client::new()
        .get("https://api.imagekit.io/v1/files/598821f949c0a938d57563bd/versions/697821f849c0a938d57563ce")
        .basic_auth(std::env::var("IMAGEKIT_PRIVATE_KEY")?, Some(""))
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
"#;

const OUR_CALL: &str = r#"
    let version = imagekit_client::Client::from_env()?
        .get_file_version_details("598821f949c0a938d57563bd", "697821f849c0a938d57563ce")
        .send()
        .await?;
"#;

const PROGRAM: [&str; 2] = [
    "#[tokio::main]\nasync fn main() -> Result<(), Box<dyn std::error::Error>> {",
    "    println!(\"{} is {:?} bytes long\", version.name, version.size);\n    Ok(())\n}\n",
];

/// Crates, processor seconds of a cold build of both profiles, and MiB of the stripped program.
pub(super) fn measure(root: &Path) -> Result<Vec<Row>> {
    let client = format!("imagekit-client = {{ path = {:?} }}", root.join("client"));
    let by_hand = Program::write(root, "by-hand", BY_HAND, BY_HAND_CALL)?;
    let ours = Program::write(root, "ours", &client, OUR_CALL)?;
    let (crates, dev) = cold(&by_hand, &ours, "dev")?;
    let (_, release) = cold(&by_hand, &ours, "release")?;
    let programs = [(PLAIN, by_hand), (OURS, ours)].into_iter().enumerate();
    let rows = programs.map(|(index, (peer, program))| {
        let [dev, release] = [dev[index], release[index]];
        let figures = vec![crates[index], dev, release, program.take_mib()?];
        Ok(Row { peer, figures })
    });
    rows.collect()
}

/// The crates and the processor seconds of a cold build of each program.
///
/// Most crates are in both, and take up to a twentieth more or less from one build to the next, as
/// much as is asked about. So they are timed once, and only what is in one of them is timed apart, with what depends on it.
fn cold(by_hand: &Program, ours: &Program, profile: &str) -> Result<([f64; 2], [f64; 2])> {
    let (theirs, seconds) = by_hand.build(profile)?;
    let (mine, _) = ours.build(profile)?;
    let (rebuilt, only_mine) = ours.rebuild(profile, mine.difference(&theirs))?;
    let is_apart = |it: &&String| !mine.contains(*it) || rebuilt.contains(*it);
    let (_, only_theirs) = by_hand.rebuild(profile, theirs.iter().filter(is_apart))?;
    // The program itself is among them.
    let crates = [theirs.len(), mine.len()].map(|crates| crates as f64 - 1.0);
    Ok((crates, [seconds, seconds - only_theirs + only_mine]))
}

/// A program in a folder of its own.
struct Program {
    name: &'static str,
    home: PathBuf,
}

impl Program {
    fn write(root: &Path, name: &'static str, dependencies: &str, call: &str) -> Result<Self> {
        let home = root.join("target/bench").join(name);
        if home.exists() {
            fs::remove_dir_all(&home)?;
        }
        fs::create_dir_all(home.join("src"))?;
        let manifest = format!(
            "package = {{ name = {name:?}, edition = \"2024\" }}\n\
             profile.release.strip = true\nworkspace = {{}}\n[dependencies]\n{dependencies}\n\
             tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n"
        );
        fs::write(home.join("Cargo.toml"), manifest)?;
        fs::write(home.join("src/main.rs"), PROGRAM.join(call))?;
        // Both get the versions that this workspace has.
        fs::copy(root.join("Cargo.lock"), home.join("Cargo.lock"))?;
        Ok(Self { name, home })
    }

    /// Builds what is not built yet; gives the ids of all crates, and processor seconds.
    fn build(&self, profile: &str) -> Result<(BTreeSet<String>, f64)> {
        let (messages, seconds) = self.messages(profile)?;
        Ok((crates(&messages, |_| true), seconds))
    }

    /// Builds some crates anew; gives the ids of all that were, and processor seconds.
    fn rebuild<'c>(
        &self,
        profile: &str,
        some: impl Iterator<Item = &'c String>,
    ) -> Result<(BTreeSet<String>, f64)> {
        let mut clean = self.cargo("clean", profile);
        output(clean.args(some.flat_map(|id| ["--package", id])))?;
        let (messages, seconds) = self.messages(profile)?;
        Ok((crates(&messages, |it| it["fresh"] == false), seconds))
    }

    fn messages(&self, profile: &str) -> Result<(String, f64)> {
        timed(self.cargo("build", profile).arg("--message-format=json"))
    }

    fn cargo(&self, command: &str, profile: &str) -> Command {
        let mut cargo = cargo();
        cargo.args([command, "--quiet", "--profile", profile]);
        cargo.args(["--target-dir", "target"]);
        // As for a crate from a registry, though the client is in a folder here.
        cargo.env("CARGO_INCREMENTAL", "0");
        cargo.current_dir(&self.home);
        cargo
    }

    /// The length of the release build, all of which is removed.
    fn take_mib(&self) -> Result<f64> {
        let target = self.home.join("target");
        let program = fs::metadata(target.join("release").join(self.name))?;
        fs::remove_dir_all(target)?;
        Ok(program.len() as f64 / MIB)
    }
}

/// The ids of those crates that cargo has compiled or found compiled which are wanted.
fn crates(messages: &str, is_wanted: impl Fn(&Value) -> bool) -> BTreeSet<String> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact" && is_wanted(message))
        .filter_map(|message| Some(message["package_id"].as_str()?.to_owned()))
        .collect()
}
