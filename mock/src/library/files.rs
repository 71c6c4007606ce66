//! Files and their versions, and what can be done to them one at a time.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::content::Content;
use super::refusal::Refusal;
use super::version::{Media, StoredFile, Version, View};
use super::{Library, paths};

/// The most versions of a file.
pub(crate) const MAX_VERSIONS: usize = 100;

/// The most characters of all tags of a file together.
pub(crate) const MAX_TAGS: usize = 500;

/// What an upload wants. `None` means that the request does not say.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) name: String,
    pub(crate) folder: String,
    pub(crate) media: Media,
    pub(crate) content: Option<Arc<Content>>,
    pub(crate) unique_name: bool,
    pub(crate) overwrite: bool,
    pub(crate) overwrite_tags: bool,
    pub(crate) overwrite_ai_tags: bool,
    pub(crate) overwrite_custom_metadata: bool,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) custom_metadata: Option<Map<String, Value>>,
    pub(crate) custom_coordinates: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) is_private: bool,
    pub(crate) is_published: bool,
}

/// Changes to the current version of a file. `None` leaves a property alone, `Some(None)` clears it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    pub(crate) tags: Option<Option<Vec<String>>>,
    pub(crate) custom_coordinates: Option<Option<String>>,
    pub(crate) custom_metadata: Map<String, Value>,
    pub(crate) description: Option<String>,
    pub(crate) remove_ai_tags: Option<AiTags>,
}

/// AI tags to be removed.
#[derive(Clone, Debug)]
pub(crate) enum AiTags {
    All,
    These(Vec<String>),
}

impl Library {
    pub(crate) fn stored(&self, id: &str) -> Option<&StoredFile> {
        self.files.get(id)
    }

    pub(crate) fn file_by_path(&self, path: &str) -> Option<&StoredFile> {
        let (folder, name) = paths::split(path);
        let id = self.folders.get(folder)?.files.get(name)?;
        self.files.get(id)
    }

    pub(crate) fn view<'a>(&'a self, file: &'a StoredFile, version: &'a Version) -> View<'a> {
        View {
            endpoint: &self.endpoint,
            file,
            version,
            extension_status: None,
        }
    }

    pub(crate) fn current_json(&self, id: &str) -> Value {
        let file = self.files.get(id);
        file.map_or(Value::Null, |file| self.view(file, file.current()).json())
    }

    /// Stores a file, as a new one or as a new version. Returns its id.
    pub(crate) fn upload(&mut self, upload: Upload) -> Result<String, Refusal> {
        let folder = paths::folder_path(&upload.folder);
        if paths::has_dots(&upload.folder) || paths::depth(&folder) > paths::MAX_DEPTH {
            return Err(Refusal::InvalidPath);
        }
        let folder = if folder.is_empty() {
            "/".to_owned()
        } else {
            folder
        };
        self.check_tags(upload.tags.as_deref())?;
        let mut name = paths::file_name(&upload.name);
        if upload.unique_name {
            name = paths::with_suffix(&name, &self.ids.text(9));
        }
        let existing = self.file_by_path(&paths::join(&folder, &name));
        match existing.map(|it| it.id.clone()) {
            Some(_) if !upload.overwrite => Err(Refusal::NameTaken),
            Some(id) => self.overwrite(&id, upload).map(|()| id),
            None => {
                self.check_custom_metadata(upload.custom_metadata.as_ref(), None)?;
                Ok(self.create(folder, name, upload))
            }
        }
    }

    fn create(&mut self, folder: String, name: String, upload: Upload) -> String {
        let now = self.now();
        self.ensure_folder(&folder);
        let id = self.ids.object(now);
        let version = Version {
            id: id.clone(),
            number: 1,
            tags: upload.tags,
            ai_tags: None,
            is_private: upload.is_private,
            is_published: upload.is_published,
            custom_coordinates: upload.custom_coordinates,
            custom_metadata: upload.custom_metadata.unwrap_or_default(),
            embedded_metadata: None,
            description: upload.description,
            media: upload.media,
            created: now,
            updated: now,
            token: None,
            content: upload.content,
            others: Map::new(),
            verbatim: None,
        };
        self.insert_file(StoredFile {
            id: id.clone(),
            folder,
            name,
            versions: vec![version],
            has_current: true,
            sequence: self.sequence,
        });
        let created = self.current_json(&id);
        self.event("file.created", created);
        id
    }

    /// Adds a version to a file. What the request does not carry over is lost.
    fn overwrite(&mut self, id: &str, upload: Upload) -> Result<(), Refusal> {
        let now = self.now();
        let version_id = self.ids.object(now);
        let token = self.ids.text(12);
        let old = self.stored(id).ok_or(Refusal::FileMissing)?;
        if old.versions.len() >= MAX_VERSIONS {
            return Err(Refusal::VersionLimit);
        }
        let number = old.next_number();
        let old = old.current().clone();
        let kept = (!upload.overwrite_custom_metadata).then_some(&old.custom_metadata);
        self.check_custom_metadata(upload.custom_metadata.as_ref(), kept)?;
        let version = Version {
            id: version_id,
            number,
            tags: upload.tags.or(old.tags.filter(|_| !upload.overwrite_tags)),
            ai_tags: old.ai_tags.filter(|_| !upload.overwrite_ai_tags),
            is_private: upload.is_private,
            is_published: upload.is_published,
            custom_coordinates: upload.custom_coordinates,
            custom_metadata: match upload.custom_metadata {
                Some(values) => values,
                None if upload.overwrite_custom_metadata => Map::new(),
                None => old.custom_metadata,
            },
            embedded_metadata: None,
            description: upload.description,
            media: upload.media,
            created: now,
            updated: now,
            token: None,
            content: upload.content,
            others: Map::new(),
            verbatim: None,
        };
        self.add_version(id, version, token);
        Ok(())
    }

    /// Makes a version the current one; the one before becomes one of the older ones.
    pub(super) fn add_version(&mut self, id: &str, version: Version, token_of_older: String) {
        let Some(file) = self.files.get_mut(id) else {
            return;
        };
        file.current_mut().token.get_or_insert(token_of_older);
        file.push(version);
        let created = self.current_json(id);
        self.event("file-version.created", created);
    }

    pub(crate) fn update(&mut self, id: &str, changes: Changes) -> Result<(), Refusal> {
        let now = self.now();
        let old = self.stored(id).ok_or(Refusal::FileMissing)?.current();
        if !changes.custom_metadata.is_empty() {
            self.check_custom_metadata(Some(&changes.custom_metadata), Some(&old.custom_metadata))?;
        }
        self.check_tags(changes.tags.as_ref().and_then(Option::as_deref))?;
        let Some(file) = self.files.get_mut(id) else {
            return Err(Refusal::FileMissing);
        };
        file.changed();
        let version = file.current_mut();
        if let Some(tags) = changes.tags {
            version.tags = tags.filter(|it| !it.is_empty());
        }
        if let Some(coordinates) = changes.custom_coordinates {
            version.custom_coordinates = coordinates;
        }
        if let Some(description) = changes.description {
            version.description = Some(description);
        }
        for (name, value) in changes.custom_metadata {
            if value.is_null() {
                version.custom_metadata.remove(&name);
            } else {
                version.custom_metadata.insert(name, value);
            }
        }
        if let Some(removed) = changes.remove_ai_tags {
            remove_ai_tags(version, &removed);
        }
        version.updated = now;
        self.updated(id);
        Ok(())
    }

    /// Notes that a file has changed.
    pub(super) fn updated(&mut self, id: &str) {
        if self.is_anyone_listening("file.updated") {
            let json = self.current_json(id);
            self.event("file.updated", json);
        }
    }

    /// Publishes or unpublishes the current version, or all.
    pub(crate) fn publish(&mut self, id: &str, published: bool, all: bool) -> Result<(), Refusal> {
        let now = self.now();
        let tokens: Vec<_> = (0..MAX_VERSIONS).map(|_| self.ids.text(12)).collect();
        let file = self.files.get_mut(id).ok_or(Refusal::FileMissing)?;
        file.changed();
        let from = if all { 0 } else { file.versions.len() - 1 };
        for (version, token) in file.versions.iter_mut().skip(from).zip(tokens) {
            if version.is_published != published {
                version.is_published = published;
                version.updated = now;
                version.token = Some(token);
            }
        }
        self.updated(id);
        Ok(())
    }

    pub(crate) fn delete(&mut self, id: &str) -> Result<(), Refusal> {
        let file = self.files.remove(id).ok_or(Refusal::FileMissing)?;
        if let Some(folder) = self.folders.get_mut(&file.folder) {
            folder.files.remove(&file.name);
        }
        for version in file.versions.iter().rev().skip(1) {
            let data = json!({ "fileId": id, "versionId": version.id });
            self.event("file-version.deleted", data);
        }
        self.event("file.deleted", json!({ "fileId": id }));
        Ok(())
    }

    pub(crate) fn delete_version(&mut self, id: &str, version_id: &str) -> Result<(), Refusal> {
        let file = self.files.get_mut(id).ok_or(Refusal::FileMissing)?;
        if file.version(version_id).is_none() {
            return Err(Refusal::VersionMissing);
        }
        if file.current().id == version_id {
            return Err(Refusal::CurrentVersion);
        }
        file.versions.retain(|it| it.id != version_id);
        let data = json!({ "fileId": id, "versionId": version_id });
        self.event("file-version.deleted", data);
        Ok(())
    }

    /// Makes an older version the current one. The one before stays in the list.
    pub(crate) fn restore(&mut self, id: &str, version_id: &str) -> Result<(), Refusal> {
        let now = self.now();
        let token = self.ids.text(12);
        let file = self.files.get_mut(id).ok_or(Refusal::FileMissing)?;
        let found = file.versions.iter().position(|it| it.id == version_id);
        let index = found.ok_or(Refusal::VersionMissing)?;
        if index + 1 == file.versions.len() {
            return Ok(());
        }
        file.changed();
        file.current_mut().token.get_or_insert(token);
        let mut version = file.versions.remove(index);
        version.token = None;
        version.updated = now;
        file.versions.push(version);
        self.updated(id);
        Ok(())
    }

    /// Copies a file into a folder; onto a file of the same name, its versions are appended.
    pub(crate) fn copy_file(&mut self, path: &str, folder: &str, all: bool) -> Result<(), Refusal> {
        let file = self.file_by_path(path).ok_or(Refusal::FileMissing)?;
        let id = file.id.clone();
        self.check_destination(&file.folder, folder)?;
        self.copy_into(&id, folder, all)
    }

    pub(super) fn copy_into(&mut self, id: &str, folder: &str, all: bool) -> Result<(), Refusal> {
        let copy = self.copy_of(id, all).ok_or(Refusal::FileMissing)?;
        self.append(copy.versions, folder, &copy.name)
    }

    /// Returns what a copy of a file is to hold: its current version, or all of them.
    pub(super) fn copy_of(&self, id: &str, all: bool) -> Option<StoredFile> {
        let mut file = self.files.get(id)?.clone();
        if !all {
            file.versions.drain(..file.versions.len() - 1);
        }
        Some(file)
    }

    /// Puts copies of versions into a folder, under this name.
    pub(super) fn append(
        &mut self,
        versions: Vec<Version>,
        folder: &str,
        name: &str,
    ) -> Result<(), Refusal> {
        let now = self.now();
        let target = self.file_by_path(&paths::join(folder, name));
        let before = target.map_or(0, |it| it.versions.len());
        if before + versions.len() > MAX_VERSIONS {
            return Err(Refusal::VersionLimit);
        }
        let target = target.map(|it| it.id.clone());
        let id = target.clone().unwrap_or_else(|| self.ids.object(now));
        for (index, mut version) in versions.into_iter().enumerate() {
            version.verbatim = None;
            version.token = None;
            (version.created, version.updated) = (now, now);
            let is_first = target.is_none() && index == 0;
            version.id = if is_first {
                id.clone()
            } else {
                self.ids.object(now)
            };
            if is_first {
                version.number = 1;
                self.ensure_folder(folder);
                self.insert_file(StoredFile {
                    id: id.clone(),
                    folder: folder.to_owned(),
                    name: name.to_owned(),
                    versions: vec![version],
                    has_current: true,
                    sequence: self.sequence,
                });
                let created = self.current_json(&id);
                self.event("file.created", created);
            } else {
                let token = self.ids.text(12);
                version.number = self.stored(&id).map_or(1, StoredFile::next_number);
                self.add_version(&id, version, token);
            }
        }
        Ok(())
    }

    /// Moves a file with all versions into a folder; a file of the same name there gets them.
    pub(crate) fn move_file(&mut self, path: &str, folder: &str) -> Result<(), Refusal> {
        let file = self.file_by_path(path).ok_or(Refusal::FileMissing)?;
        let (id, source) = (file.id.clone(), file.folder.clone());
        self.check_destination(&source, folder)?;
        self.move_into(&id, folder)
    }

    pub(super) fn move_into(&mut self, id: &str, folder: &str) -> Result<(), Refusal> {
        let file = self.files.get(id).ok_or(Refusal::FileMissing)?;
        let name = file.name.clone();
        if self.file_by_path(&paths::join(folder, &name)).is_some() {
            self.copy_into(id, folder, true)?;
            return self.delete(id);
        }
        self.ensure_folder(folder);
        self.relocate(id, folder, &name);
        Ok(())
    }

    fn check_destination(&self, source: &str, folder: &str) -> Result<(), Refusal> {
        if paths::has_dots(folder) || paths::depth(folder) > paths::MAX_DEPTH {
            return Err(Refusal::InvalidPath);
        }
        if source == folder {
            return Err(Refusal::SamePlace);
        }
        Ok(())
    }

    /// Gives a file another name in its folder. Returns the name as it is stored.
    pub(crate) fn rename_file(&mut self, path: &str, wanted: &str) -> Result<String, Refusal> {
        let file = self.file_by_path(path).ok_or(Refusal::FileMissing)?;
        let name = paths::file_name(wanted);
        if name == file.name || wanted == file.name {
            return Err(Refusal::SamePlace);
        }
        let (id, folder) = (file.id.clone(), file.folder.clone());
        if self.file_by_path(&paths::join(&folder, &name)).is_some() {
            return Err(Refusal::NameTaken);
        }
        self.relocate(&id, &folder, &name);
        Ok(name)
    }

    /// Changes where a file is, with all of its versions. The folder is there and the name is free.
    fn relocate(&mut self, id: &str, folder: &str, name: &str) {
        let now = self.now();
        let Some(file) = self.files.get_mut(id) else {
            return;
        };
        if let Some(old) = self.folders.get_mut(&file.folder) {
            old.files.remove(&file.name);
        }
        if let Some(new) = self.folders.get_mut(folder) {
            new.files.insert(name.to_owned(), id.to_owned());
        }
        folder.clone_into(&mut file.folder);
        name.clone_into(&mut file.name);
        file.changed();
        file.current_mut().updated = now;
        self.updated(id);
    }

    /// Puts a file into its place; a folder has to be there.
    pub(super) fn insert_file(&mut self, file: StoredFile) {
        self.sequence += 1;
        if let Some(folder) = self.folders.get_mut(&file.folder) {
            folder.files.insert(file.name.clone(), file.id.clone());
        }
        self.files.insert(file.id.clone(), file);
    }

    /// Changes the tags of many files. Returns those that were changed; one that is unknown refuses all.
    pub(crate) fn each_file(
        &mut self,
        ids: &[String],
        mut change: impl FnMut(&mut Version) -> Result<(), Refusal>,
    ) -> Result<Bulk, Refusal> {
        self.check_all_exist(ids)?;
        let now = self.now();
        let mut bulk = Bulk::default();
        for id in ids {
            let Some(file) = self.files.get_mut(id) else {
                continue;
            };
            if self.jobs.locks(&file.folder) || change(file.current_mut()).is_err() {
                bulk.failed.push(id.clone());
                continue;
            }
            file.changed();
            file.current_mut().updated = now;
            bulk.done.push(id.clone());
            self.updated(id);
        }
        Ok(bulk)
    }

    pub(crate) fn delete_many(&mut self, ids: &[String]) -> Result<Bulk, Refusal> {
        self.check_all_exist(ids)?;
        let mut bulk = Bulk::default();
        for id in ids {
            let folder = self.files.get(id).map(|it| it.folder.clone());
            let is_locked = folder.is_some_and(|it| self.jobs.locks(&it));
            if is_locked {
                bulk.failed.push(id.clone());
            } else if self.delete(id).is_ok() {
                bulk.done.push(id.clone());
            }
        }
        Ok(bulk)
    }

    fn check_all_exist(&self, ids: &[String]) -> Result<(), Refusal> {
        let missing = ids.iter().filter(|it| !self.files.contains_key(*it));
        let missing: Vec<_> = missing.cloned().collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(Refusal::FilesMissing(missing))
        }
    }

    fn check_tags(&self, tags: Option<&[String]>) -> Result<(), Refusal> {
        let tags = tags.unwrap_or_default();
        let total: usize = tags.iter().map(|it| it.chars().count()).sum();
        if total > MAX_TAGS || tags.iter().any(|it| it.contains('%')) {
            return Err(Refusal::TooManyTags);
        }
        Ok(())
    }

    /// Returns what the metadata operations respond, measured from what is known of a version.
    pub(crate) fn metadata(&self, version: &Version) -> Value {
        let media = &version.media;
        let mut body = Map::new();
        let mut add = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                body.insert(name.to_owned(), value);
            }
        };
        add("width", media.width.clone().map(Value::Number));
        add("height", media.height.clone().map(Value::Number));
        add("size", media.size.map(Value::from));
        if media.is_image() {
            let mime = media.mime.as_deref().unwrap_or_default();
            let format = mime.trim_start_matches("image/").replace("jpeg", "jpg");
            add("format", Some(format.into()));
            add("hasColorProfile", Some(false.into()));
            add("quality", Some(0.into()));
            add("density", Some(72.into()));
            add(
                "hasTransparency",
                Some(media.has_alpha.unwrap_or(false).into()),
            );
            add("pHash", Some(perceptual_hash(version).into()));
            add("exif", Some(json!({})));
        }
        add("bitRate", media.bit_rate.clone().map(Value::Number));
        add("duration", media.duration.clone().map(Value::Number));
        add("videoCodec", media.video_codec.clone().map(Value::String));
        add("audioCodec", media.audio_codec.clone().map(Value::String));
        Value::Object(body)
    }
}

/// What became of the files of a bulk operation.
#[derive(Debug, Default)]
pub(crate) struct Bulk {
    pub(crate) done: Vec<String>,
    pub(crate) failed: Vec<String>,
}

pub(crate) fn remove_ai_tags(version: &mut Version, removed: &AiTags) {
    match (removed, &mut version.ai_tags) {
        (AiTags::All, tags) => *tags = None,
        (AiTags::These(names), Some(tags)) => {
            let is_removed = |tag: &Value| names.iter().any(|it| tag["name"] == **it);
            tags.retain(|it| !is_removed(it));
            if tags.is_empty() {
                version.ai_tags = None;
            }
        }
        (AiTags::These(_), None) => {}
    }
}

/// 16 hexadecimal digits that are the same for the same bytes. Unlike ImageKit's they say nothing about likeness.
fn perceptual_hash(version: &Version) -> String {
    let bytes = version.content.as_ref().and_then(|it| it.read().ok());
    let bytes = bytes.unwrap_or_else(|| version.id.clone().into());
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}
