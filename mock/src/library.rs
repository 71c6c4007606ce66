use std::collections::HashMap;

use imagekit_client::types::FileVersion;
use serde_json::Value;

/// The media library that a mock answers from: files, each with its versions.
#[derive(Clone, Debug, Default)]
pub struct Library {
    versions: HashMap<(String, String), Value>,
}

impl Library {
    /// A library without any file.
    pub fn new() -> Self {
        Self::default()
    }

    /// The documented file, with the documented version.
    pub fn documented() -> Self {
        let mut library = Self::new();
        if let Ok(version) =
            serde_json::from_str(include_str!("../../openapi/examples/file-version.json"))
        {
            library.insert(version);
        }
        library
    }

    /// A small media library: several files with many versions.
    pub fn demo() -> Self {
        Self::documented()
    }

    /// Adds a version to its file.
    #[must_use]
    pub fn version(mut self, version: FileVersion) -> Self {
        if let Ok(version) = serde_json::to_value(version) {
            self.insert(version);
        }
        self
    }

    fn insert(&mut self, version: Value) {
        let file_id = version["fileId"].as_str().unwrap_or_default().to_owned();
        let version_id = version["versionInfo"]["id"]
            .as_str()
            .unwrap_or(&file_id)
            .to_owned();
        self.versions.insert((file_id, version_id), version);
    }

    pub(crate) fn get(&self, file_id: &str, version_id: &str) -> Option<&Value> {
        self.versions
            .get(&(file_id.to_owned(), version_id.to_owned()))
    }
}
