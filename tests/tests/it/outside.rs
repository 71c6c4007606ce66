//! Programs in a crate outside of this workspace, which depends on the client and on tokio only.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use imagekit_tests::workspace_file;
use tempfile::TempDir;

pub(crate) struct Outside(TempDir);

impl Outside {
    pub(crate) fn new(program: &str, features_of_client: &[&str]) -> Self {
        let outside = tempfile::tempdir().unwrap();
        let client = workspace_file("client").canonicalize().unwrap();
        let manifest = format!(
            "[package]\nname = \"outside\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
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
            .env("CARGO_TARGET_DIR", workspace_file("target/outside"))
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
