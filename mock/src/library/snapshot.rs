use serde_json::{Map, Value, json};

use super::{Library, MetadataField, StoredFile, paths};
use crate::Error;

impl Library {
    /// Returns everything that the library and its account hold, for a test to compare or to keep as a file.
    ///
    /// Files and folders are in the order of their paths, and versions from the oldest to the current one.
    ///
    /// ```
    /// use imagekit_mock::Library;
    ///
    /// let snapshot = Library::documented().folder("/drafts").snapshot();
    /// assert_eq!(snapshot["folders"][0]["folderPath"], "/drafts");
    /// assert_eq!(Library::parse(&snapshot.to_string())?.snapshot(), snapshot);
    /// # Ok::<(), imagekit_mock::Error>(())
    /// ```
    pub fn snapshot(&self) -> Value {
        let mut files: Vec<&StoredFile> = self.files.values().collect();
        files.sort_by_cached_key(|file| file.path());
        let versions = files.into_iter().flat_map(|file| {
            let versions = file.versions.iter();
            versions.map(move |version| self.view(file, version).json())
        });
        let folders = self.folders.iter().filter(|(path, _)| *path != "/");
        let folders = folders.map(|(path, folder)| folder.json(path));
        let mut purges: Vec<_> = self.purges.iter().collect();
        purges.sort_by_key(|(id, purge)| (purge.asked, *id));
        let purges = purges
            .into_iter()
            .map(|(id, purge)| json!({ "requestId": id, "url": purge.url }));
        json!({
            "files": versions.collect::<Vec<_>>(),
            "folders": folders.collect::<Vec<_>>(),
            "customMetadataFields": self.fields.values().map(Value::from).collect::<Vec<_>>(),
            "savedExtensions": values(&self.saved_extensions),
            "namedTransformations": values(&self.named_transformations),
            "origins": values(&self.origins),
            "urlEndpoints": values(&self.url_endpoints),
            "webhooks": values(&self.webhooks),
            "purges": purges.collect::<Vec<_>>(),
        })
    }

    /// Reads a snapshot. Bytes of files, jobs and purges are not part of one.
    pub(super) fn from_snapshot(mut state: Map<String, Value>) -> Result<Self, Error> {
        let mut take = |name: &str| match state.remove(name) {
            Some(Value::Array(items)) => Ok(items),
            None => Ok(Vec::new()),
            Some(_) => Err(Error::library(format!("`{name}` is not an array"))),
        };
        let mut library = Self::new();
        for folder in take("folders")? {
            let path = paths::normalize(folder["folderPath"].as_str().unwrap_or_default());
            library.ensure_folder(&path);
            if let Some(known) = library.folders.get_mut(&path) {
                let time = |name: &str| folder[name].as_str().and_then(|it| it.parse().ok());
                known.created = time("createdAt").unwrap_or(known.created);
                known.updated = time("updatedAt").unwrap_or(known.updated);
                if let Some(id) = folder["folderId"].as_str() {
                    id.clone_into(&mut known.id);
                }
                if let Some(metadata) = folder["customMetadata"].as_object() {
                    known.custom_metadata.clone_from(metadata);
                }
                known.created_by = folder.get("createdBy").cloned();
            }
        }
        library = library.with_all(take("files")?);
        for mut field in take("customMetadataFields")? {
            let Some(json) = field.as_object_mut() else {
                continue;
            };
            let is_deleted = json.remove("deleted").is_some();
            let json = std::mem::take(json);
            let id = json
                .get("id")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            library
                .fields
                .insert(id, MetadataField { json, is_deleted });
        }
        let collections = [
            ("savedExtensions", &mut library.saved_extensions),
            ("namedTransformations", &mut library.named_transformations),
            ("origins", &mut library.origins),
            ("urlEndpoints", &mut library.url_endpoints),
            ("webhooks", &mut library.webhooks),
        ];
        for (name, collection) in collections {
            for item in take(name)? {
                let id = item["id"].as_str().unwrap_or_default();
                collection.insert(id.to_owned(), item);
            }
        }
        Ok(library)
    }
}

fn values(collection: &indexmap::IndexMap<String, Value>) -> Vec<&Value> {
    collection.values().collect()
}
