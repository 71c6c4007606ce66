//! Programs in a crate outside of this workspace, which depends on the client and on tokio only.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use imagekit_tests::workspace_file;
use tempfile::TempDir;

/// Each program has a name of its own, since all of them are built in the same place.
static PROGRAMS: AtomicUsize = AtomicUsize::new(0);

pub(crate) struct Outside(TempDir);

impl Outside {
    pub(crate) fn new(program: &str, features_of_client: &[&str]) -> Self {
        let outside = tempfile::tempdir().unwrap();
        let number = PROGRAMS.fetch_add(1, Ordering::Relaxed);
        let client = workspace_file("client").canonicalize().unwrap();
        let manifest = format!(
            "[package]\nname = \"outside-{number}\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
             imagekit-client = {{ path = {client:?}, features = {features_of_client:?} }}\n\
             tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n"
        );
        fs::create_dir(outside.path().join("src")).unwrap();
        fs::write(outside.path().join("Cargo.toml"), manifest).unwrap();
        fs::write(outside.path().join("src/main.rs"), program).unwrap();
        fs::copy(
            workspace_file("Cargo.lock"),
            outside.path().join("Cargo.lock"),
        )
        .unwrap();
        Self(outside)
    }

    /// The folder in which it runs.
    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    /// Runs it with these variables, and without those of the client that are set here.
    pub(crate) async fn run(&self, variables: Vec<(&str, String)>) -> Output {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args(["run", "--quiet"])
            .current_dir(self.folder())
            // Most of what it depends on has been built there, if for the same profile.
            .env("CARGO_TARGET_DIR", workspace_file("target"))
            .env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only")
            .env_remove("IMAGEKIT_PRIVATE_KEY")
            .env_remove("IMAGEKIT_BASE_URL")
            .env_remove("IMAGE_KIT_BASE_URL")
            .envs(variables);
        tokio::task::spawn_blocking(move || cargo.output())
            .await
            .unwrap()
            .unwrap()
    }
}
