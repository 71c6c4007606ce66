//! The tree of folders. The root is always there, and is not listed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::events::timestamp;
use super::refusal::Refusal;
use super::{Library, paths};

/// The most items inside a folder that an operation works on.
const MAX_ITEMS: usize = 100_000;

#[derive(Clone, Debug)]
pub(crate) struct Folder {
    pub(crate) id: String,
    pub(crate) created: DateTime<Utc>,
    pub(crate) updated: DateTime<Utc>,
    pub(crate) custom_metadata: Map<String, Value>,
    pub(crate) created_by: Option<Value>,
    /// The ids of the files right in it, by name.
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) sequence: u64,
}

impl Folder {
    pub(crate) fn json(&self, path: &str) -> Value {
        let mut json = json!({
            "folderId": self.id,
            "type": "folder",
            "name": paths::split(path).1,
            "folderPath": path,
            "createdAt": timestamp(self.created),
            "updatedAt": timestamp(self.updated),
            "customMetadata": self.custom_metadata,
        });
        if let Some(created_by) = &self.created_by {
            json["createdBy"] = created_by.clone();
        }
        json
    }
}

impl Library {
    pub(crate) fn create_folder(&mut self, name: &str, parent: &str) -> Result<(), Refusal> {
        if paths::has_dots(parent) || [".", ".."].contains(&name) {
            return Err(Refusal::InvalidPath);
        }
        let path = paths::join(&paths::folder_path(parent), &paths::folder_name(name));
        if paths::depth(&path) > paths::MAX_DEPTH {
            return Err(Refusal::InvalidPath);
        }
        self.ensure_folder(&path);
        Ok(())
    }

    /// Makes a folder and those that it is in, unless they are there.
    pub(super) fn ensure_folder(&mut self, path: &str) {
        if self.folders.contains_key(path) {
            return;
        }
        let (parent, _) = paths::split(path);
        if path != "/" {
            self.ensure_folder(parent);
        }
        let now = self.now();
        self.sequence += 1;
        let folder = Folder {
            id: self.ids.object(now),
            created: now,
            updated: now,
            custom_metadata: Map::new(),
            created_by: None,
            files: BTreeMap::new(),
            sequence: self.sequence,
        };
        let json = folder.json(path);
        self.folders.insert(path.to_owned(), folder);
        if path != "/" {
            self.event("folder.created", json);
        }
    }

    /// Returns the paths of a folder and of all below it, the outer ones first.
    pub(super) fn tree(&self, path: &str) -> Vec<String> {
        let below = format!("{}/", path.trim_end_matches('/'));
        let own = self.folders.contains_key(path).then(|| path.to_owned());
        let others = self.folders.range(below.clone()..);
        let others = others.take_while(|(it, _)| it.starts_with(&below));
        let others = others.map(|(it, _)| it.clone()).filter(|it| it != path);
        own.into_iter().chain(others).collect()
    }

    fn count_within(&self, tree: &[String]) -> usize {
        let files = tree.iter().filter_map(|it| self.folders.get(it));
        tree.len() + files.map(|it| it.files.len()).sum::<usize>()
    }

    pub(crate) fn delete_folder(&mut self, path: &str) -> Result<(), Refusal> {
        if path == "/" || !self.folders.contains_key(path) {
            return Err(Refusal::FolderMissing);
        }
        if self.jobs.overlaps(path) {
            return Err(Refusal::Locked);
        }
        let tree = self.tree(path);
        if self.count_within(&tree) > MAX_ITEMS {
            return Err(Refusal::TooManyItems);
        }
        self.remove_tree(&tree);
        Ok(())
    }

    fn remove_tree(&mut self, tree: &[String]) {
        for path in tree.iter().rev() {
            let files = self.folders.get(path).map(|it| it.files.clone());
            for id in files.unwrap_or_default().into_values() {
                // It is there, since its folder says so.
                let _ = self.delete(&id);
            }
            if let Some(folder) = self.folders.remove(path) {
                self.event("folder.deleted", json!({ "folderId": folder.id }));
            }
        }
    }

    /// Finds out whether a folder can be copied or moved into another one.
    pub(super) fn check_transfer(
        &self,
        source: &str,
        destination: &str,
        is_move: bool,
    ) -> Result<(), Refusal> {
        if source == "/" {
            return Err(Refusal::Root);
        }
        if paths::has_dots(source) || paths::has_dots(destination) {
            return Err(Refusal::InvalidPath);
        }
        if !self.folders.contains_key(source) {
            return Err(Refusal::FolderMissing);
        }
        if destination == source || destination == paths::split(source).0 {
            return Err(Refusal::SamePlace);
        }
        if is_move && paths::is_within(destination, source) {
            return Err(Refusal::IntoItself);
        }
        if paths::depth(destination) + paths::depth(source) > paths::MAX_DEPTH {
            return Err(Refusal::InvalidPath);
        }
        if self.count_within(&self.tree(source)) > MAX_ITEMS {
            return Err(Refusal::TooManyItems);
        }
        if self.jobs.overlaps(source) {
            return Err(Refusal::Locked);
        }
        if self
            .jobs
            .overlaps(&paths::join(destination, paths::split(source).1))
        {
            return Err(Refusal::DestinationLocked);
        }
        Ok(())
    }

    pub(super) fn perform_copy(&mut self, source: &str, destination: &str, all: bool) {
        let target = paths::join(destination, paths::split(source).1);
        let tree = self.tree(source);
        // All is read before anything is written, since a folder may be copied into itself.
        let ids = tree.iter().flat_map(|folder| self.files_in(folder));
        let copies: Vec<_> = ids.filter_map(|id| self.copy_of(&id, all)).collect();
        for path in &tree {
            self.ensure_folder(&paths::moved(path, source, &target));
        }
        for copy in copies {
            // A file with too many versions is left out; no status of a job tells of it.
            let _ = self.append(
                copy.versions,
                &paths::moved(&copy.folder, source, &target),
                &copy.name,
            );
        }
    }

    pub(super) fn perform_move(&mut self, source: &str, destination: &str) {
        let target = paths::join(destination, paths::split(source).1);
        let tree = self.tree(source);
        for path in &tree {
            let new = paths::moved(path, source, &target);
            self.ensure_folder(&new);
            for id in self.files_in(path) {
                // What does not fit into a file of the same name stays where it is.
                let _ = self.move_into(&id, &new);
            }
        }
        let left = |path: &String| {
            self.tree(path)
                .iter()
                .any(|it| !self.files_in(it).is_empty())
        };
        let empty: Vec<_> = tree.into_iter().filter(|path| !left(path)).collect();
        self.remove_tree(&empty);
    }

    /// Renames a folder. Its id stays, and so do those of the folders in it.
    pub(super) fn perform_rename(&mut self, path: &str, new: &str) {
        let now = self.now();
        for old in self.tree(path) {
            let Some(mut folder) = self.folders.remove(&old) else {
                continue;
            };
            let moved = paths::moved(&old, path, new);
            folder.updated = now;
            for id in folder.files.values() {
                if let Some(file) = self.files.get_mut(id) {
                    moved.clone_into(&mut file.folder);
                    file.changed();
                    file.current_mut().updated = now;
                }
            }
            let ids: Vec<_> = folder.files.values().cloned().collect();
            let json = folder.json(&moved);
            self.folders.insert(moved, folder);
            self.event("folder.updated", json);
            ids.iter().for_each(|id| self.updated(id));
        }
    }

    fn files_in(&self, folder: &str) -> Vec<String> {
        let files = self.folders.get(folder).into_iter();
        files.flat_map(|it| it.files.values()).cloned().collect()
    }

    /// Finds out whether a folder can have another name, and returns its new path.
    pub(super) fn check_rename(&self, path: &str, wanted: &str) -> Result<String, Refusal> {
        if path == "/" {
            return Err(Refusal::Root);
        }
        if [".", ".."].contains(&wanted) {
            return Err(Refusal::InvalidPath);
        }
        if !self.folders.contains_key(path) {
            return Err(Refusal::FolderMissing);
        }
        let new = paths::join(paths::split(path).0, &paths::folder_name(wanted));
        if self.folders.contains_key(&new) {
            return Err(Refusal::NameTaken);
        }
        if self.jobs.overlaps(path) || self.jobs.overlaps(&new) {
            return Err(Refusal::Locked);
        }
        Ok(new)
    }
}
