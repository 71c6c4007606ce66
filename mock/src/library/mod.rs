//! The media library and the account around it, as a model without I/O. Operations are in `crate::operations`.

pub(crate) mod account;
mod clock;
pub(crate) mod content;
pub(crate) mod events;
mod extensions;
pub(crate) mod fields;
pub(crate) mod files;
mod folders;
mod ids;
mod jobs;
pub(crate) mod listing;
pub(crate) mod media;
pub(crate) mod paths;
pub(crate) mod refusal;
pub(crate) mod search;
mod snapshot;
pub(crate) mod usage;
pub(crate) mod version;
pub(crate) mod webhooks;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use indexmap::IndexMap;
use serde_json::Value;

pub use self::clock::Clock;
use self::content::Content;
use self::events::Notice;
use self::fields::MetadataField;
use self::folders::Folder;
use self::ids::Ids;
use self::jobs::{Jobs, Purge};
use self::usage::Usage;
use self::version::{ReadVersion, StoredFile, Version};
use crate::{Error, File, demo};

/// The URL endpoint of a library that no server has.
const ENDPOINT: &str = "https://ik.imagekit.io/your_imagekit_id";

/// A media library, and the account that it is of.
///
/// Files are added as a [`File`] that makes up what is not set, or as the very JSON of a response.
/// If something cannot be what it should be, starting a server with the library fails.
///
/// ```
/// use imagekit_mock::{File, Library};
///
/// let library = Library::documented()
///     .file(File::new("68f1c2a95c7cd75eb8a1d04e").path("/products/coat.jpg").versions(3))
///     .folder("/drafts")
///     .json(serde_json::json!({
///         "fileId": "69a0b1",
///         "name": "a.bin",
///         "filePath": "/a.bin",
///         "url": "https://ik.imagekit.io/your_imagekit_id/a.bin",
///         "aPropertyOfTomorrow": true,
///     }));
/// assert_eq!(library.ids().count(), 5);
/// assert!(library.get("/products/coat.jpg").is_some());
/// ```
#[derive(Clone, Debug)]
pub struct Library {
    clock: Clock,
    ids: Ids,
    pub(crate) endpoint: String,
    pub(crate) settings: Settings,
    files: HashMap<String, StoredFile>,
    /// By path. The root is always there.
    folders: BTreeMap<String, Folder>,
    /// Counts what is added, to tell apart what was added at the same time.
    sequence: u64,
    pub(crate) fields: IndexMap<String, MetadataField>,
    pub(crate) saved_extensions: IndexMap<String, Value>,
    pub(crate) named_transformations: IndexMap<String, Value>,
    pub(crate) origins: IndexMap<String, Value>,
    pub(crate) url_endpoints: IndexMap<String, Value>,
    pub(crate) webhooks: IndexMap<String, Value>,
    jobs: Jobs,
    purges: HashMap<String, Purge>,
    usage: Usage,
    notices: Vec<Notice>,
    /// The first mistake that was made in building it.
    refused: Option<Error>,
}

/// How an account behaves.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) job_time: TimeDelta,
    pub(crate) purge_time: TimeDelta,
    pub(crate) extension_time: TimeDelta,
    /// The most purges within 30 days.
    pub(crate) purge_limit: usize,
    /// The transformations that the account applies to uploads.
    pub(crate) upload_transformations: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            job_time: TimeDelta::zero(),
            purge_time: TimeDelta::zero(),
            extension_time: TimeDelta::zero(),
            purge_limit: 1000,
            upload_transformations: Vec::new(),
        }
    }
}

impl Library {
    /// Returns a library without any file.
    pub fn new() -> Self {
        let endpoint = account::default_url_endpoint();
        let mut library = Self {
            clock: Clock::system(),
            ids: Ids::new(None),
            endpoint: ENDPOINT.to_owned(),
            settings: Settings::default(),
            files: HashMap::new(),
            folders: BTreeMap::new(),
            sequence: 0,
            fields: IndexMap::new(),
            saved_extensions: IndexMap::new(),
            named_transformations: IndexMap::new(),
            origins: IndexMap::new(),
            url_endpoints: IndexMap::from_iter([(account::DEFAULT_ENDPOINT.to_owned(), endpoint)]),
            webhooks: IndexMap::new(),
            jobs: Jobs::default(),
            purges: HashMap::new(),
            usage: Usage::default(),
            notices: Vec::new(),
            refused: None,
        };
        library.ensure_folder("/");
        library
    }

    /// Returns the documented file, with the documented version alone.
    pub fn documented() -> Self {
        Self::new().with_documented()
    }

    /// Returns a small media library to look at: images, a video and a plain file, with 3 to 25
    /// versions that differ, custom metadata fields and folders. The documented version is one of them.
    pub fn demo() -> Self {
        Self::new().with_demo()
    }

    /// Returns the library of [`demo`](Self::demo) by this clock, and with the same ids each time.
    pub fn demo_at(clock: Clock) -> Self {
        Self::new().clock(clock).seed(1).with_demo()
    }

    fn with_demo(self) -> Self {
        let library = demo::files().into_iter().fold(self, Self::file);
        let library = demo::fields()
            .into_iter()
            .fold(library, Self::custom_metadata_field);
        library.folder("/drafts/2026").with_documented()
    }

    /// Sets the clock. Default: that of the system.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Makes up the same ids and names each time. Default: others each time.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.ids = Ids::new(Some(seed));
        self
    }

    /// Sets how long copying, moving and renaming a folder takes. Default: no time at all.
    #[must_use]
    pub fn job_time(mut self, time: std::time::Duration) -> Self {
        self.settings.job_time = delta(time);
        self
    }

    /// Sets how long a purge takes. Default: no time at all.
    #[must_use]
    pub fn purge_time(mut self, time: std::time::Duration) -> Self {
        self.settings.purge_time = delta(time);
        self
    }

    /// Sets how long slow extensions take. Default: no time at all.
    #[must_use]
    pub fn extension_time(mut self, time: std::time::Duration) -> Self {
        self.settings.extension_time = delta(time);
        self
    }

    /// Sets how many purges are allowed within 30 days. Default: 1000.
    #[must_use]
    pub fn purge_limit(mut self, purges: usize) -> Self {
        self.settings.purge_limit = purges;
        self
    }

    /// Sets the transformations that the account applies to uploads; a named transformation among them is in use.
    #[must_use]
    pub fn upload_transformations(
        mut self,
        transformations: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.settings.upload_transformations =
            transformations.into_iter().map(Into::into).collect();
        self
    }

    /// Reads versions as ImageKit's responses have them, in JSON or YAML: a single one, a list, or a
    /// [snapshot](Self::snapshot).
    ///
    /// ```
    /// let library = imagekit_mock::Library::parse("
    /// - fileId: 598821f949c0a938d57563bd
    ///   name: shirt.jpg
    ///   filePath: /products/shirt.jpg
    ///   url: https://ik.imagekit.io/your_imagekit_id/products/shirt.jpg
    ///   versionInfo: { id: 697821f849c0a938d57563ce }
    /// ")?;
    /// let ids: Vec<_> = library.ids().collect();
    /// assert_eq!(ids, [("598821f949c0a938d57563bd", "697821f849c0a938d57563ce")]);
    /// # Ok::<(), imagekit_mock::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the text is neither, or if something in it is not a version; the error says where.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let reading = |text| serde_json::from_str(text).or_else(|_| parse(text));
        let library = match reading(text)? {
            Value::Array(versions) => Self::new().with_all(versions),
            Value::Object(state) if state.contains_key("files") => Self::from_snapshot(state)?,
            version => Self::new().json(version),
        };
        match library.check() {
            Ok(()) => Ok(library),
            Err(error) => Err(Error::Parse {
                path: None,
                reason: error.to_string(),
            }),
        }
    }

    /// Reads a file, as [`Library::parse`] does with a text.
    ///
    /// # Errors
    ///
    /// As [`Library::parse`]; and if the file cannot be read.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let text = fs::read_to_string(path).map_err(|source| Error::Read {
            path: path.to_owned(),
            source: Arc::new(source),
        })?;
        Self::parse(&text).map_err(|error| error.in_file(path))
    }

    /// Adds a file with its versions.
    #[must_use]
    pub fn file(self, file: File) -> Self {
        match file.build() {
            Ok(file) => {
                let ids = file.versions.first().map(|it| it["fileId"].clone());
                let versions = file.versions.into_iter();
                let add = |library: Self, version| library.add(version, file.content.clone());
                let mut library = versions.fold(self, add);
                library
                    .forget_needless_json(ids.as_ref().and_then(Value::as_str).unwrap_or_default());
                library
            }
            Err(error) => self.refuse(error),
        }
    }

    /// Adds a version exactly as it is to be responded, with whatever the document does not know yet.
    /// Once an operation changes the file, it looks like any other.
    #[must_use]
    pub fn json(self, version: Value) -> Self {
        let file_id = version["fileId"].as_str().unwrap_or_default().to_owned();
        let mut library = self.add(version, None);
        library.forget_needless_json(&file_id);
        library
    }

    /// Adds a folder, and those that it is in.
    #[must_use]
    pub fn folder(mut self, path: &str) -> Self {
        self.ensure_folder(&paths::normalize(path));
        self
    }

    /// Adds a custom metadata field: a request body of `createCustomMetadataField`.
    #[must_use]
    pub fn custom_metadata_field(mut self, field: Value) -> Self {
        let Value::Object(field) = field else {
            return self.refuse(Error::library(
                "a custom metadata field has to be an object",
            ));
        };
        match self.create_field(field) {
            Ok(_) => self,
            Err(refusal) => self.refuse(Error::library(format!(
                "a custom metadata field is refused: {refusal:?}"
            ))),
        }
    }

    /// Adds a webhook that gets these events, or all if there are none, and has this secret.
    #[must_use]
    pub fn webhook(mut self, endpoint: &str, events: &[&str], secret: &str) -> Self {
        let all: Vec<_> = crate::contract::tags("Event").collect();
        let events = if events.is_empty() { &all } else { events };
        let wanted = serde_json::json!({ "endpoint": endpoint, "events": events });
        let Value::Object(wanted) = wanted else {
            return self;
        };
        match self.create_webhook(wanted) {
            Ok(created) => {
                let id = created["id"].as_str().unwrap_or_default();
                if let Some(webhook) = self.webhooks.get_mut(id) {
                    webhook["secret"] = secret.into();
                }
                self
            }
            Err(refusal) => {
                self.refuse(Error::library(format!("a webhook is refused: {refusal:?}")))
            }
        }
    }

    /// Returns the ids of all versions, each after the id of its file.
    pub fn ids(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut files: Vec<_> = self.files.values().collect();
        files.sort_unstable_by_key(|file| file.sequence);
        files.into_iter().flat_map(|file| {
            let versions = file.versions.iter();
            versions.map(move |version| (&*file.id, &*version.id))
        })
    }

    /// Returns the current version of the file at a path, as a response has it.
    pub fn get(&self, path: &str) -> Option<Value> {
        let file = self.file_by_path(&paths::normalize(path))?;
        Some(self.view(file, file.current()).json())
    }

    /// Returns the bytes of the current version of the file at a path, if there are any.
    pub fn bytes(&self, path: &str) -> Option<Bytes> {
        let file = self.file_by_path(&paths::normalize(path))?;
        file.current().content.as_ref()?.read().ok()
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        self.refused.clone().map_or(Ok(()), Err)
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(crate) fn time(&self) -> &Clock {
        &self.clock
    }

    /// Puts every file of a folder of this machine into the library, with its bytes, under the path that it has there.
    ///
    /// # Errors
    ///
    /// If the folder or a file in it cannot be read.
    pub fn files_from(mut self, folder: impl AsRef<Path>) -> Result<Self, Error> {
        let folder = folder.as_ref();
        for path in files_below(folder)? {
            let bytes = fs::read(&path).map_err(|source| Error::Read {
                path: path.clone(),
                source: Arc::new(source),
            })?;
            let below = path.strip_prefix(folder).unwrap_or(&path);
            let names = below
                .components()
                .map(|it| it.as_os_str().to_string_lossy());
            let below: String = names
                .flat_map(|it| ["/".to_owned(), it.into_owned()])
                .collect();
            let now = self.now();
            let id = self.ids.object(now);
            let file = File::new(id).path(below).uploaded(now, TimeDelta::zero());
            self = self.file(file.content(bytes));
        }
        Ok(self)
    }

    fn with_documented(self) -> Self {
        match serde_json::from_str(crate::contract::documented_version()) {
            Ok(version) => self.json(version),
            Err(error) => self.refuse(Error::library(error)),
        }
    }

    fn with_all(self, versions: Vec<Value>) -> Self {
        let add = |library: Self, version| library.add(version, None);
        let mut library = versions.into_iter().fold(self, add);
        let ids: Vec<_> = library.files.keys().cloned().collect();
        ids.iter().for_each(|id| library.forget_needless_json(id));
        library
    }

    /// Keeps the first mistake, for `check`.
    fn refuse(mut self, error: Error) -> Self {
        self.refused.get_or_insert(error);
        self
    }

    fn add(mut self, json: Value, content: Option<Arc<Content>>) -> Self {
        let file_id = json["fileId"].as_str().unwrap_or("?").to_owned();
        let read = match json {
            Value::Object(json) => Version::read(json),
            _ => Err("it is not an object".to_owned()),
        };
        match read.and_then(|it| self.insert(it, content)) {
            Ok(()) => self,
            Err(reason) => self.refuse(Error::invalid_version(&file_id, reason)),
        }
    }

    /// Puts a version into its file, as the current one; or in the place of the one that has its id.
    fn insert(&mut self, read: ReadVersion, content: Option<Arc<Content>>) -> Result<(), String> {
        let ReadVersion {
            file_id,
            path,
            has_label,
            mut version,
        } = read;
        check_id(&file_id)?;
        check_id(&version.id)?;
        version.content = content;
        let path = paths::normalize(&path);
        let (folder, name) = paths::split(&path);
        let sequence = self.sequence;
        let is_file = version
            .verbatim
            .as_ref()
            .is_some_and(|it| it.get("type") == Some(&"file".into()));
        if let Some(file) = self.files.get_mut(&file_id) {
            if !has_label {
                version.number = file.next_number();
            }
            match file.versions.iter_mut().find(|it| it.id == version.id) {
                Some(known) => *known = version,
                // ImageKit lists the current version first.
                None if file.has_current && !is_file => file.versions.insert(0, version),
                None => file.versions.push(version),
            }
            file.has_current |= is_file;
        } else {
            if let Some(other) = self.file_by_path(&path) {
                return Err(format!("the file `{}` has the same path, {path}", other.id));
            }
            self.ensure_folder(folder);
            self.insert_file(StoredFile {
                id: file_id.clone(),
                folder: folder.to_owned(),
                name: name.to_owned(),
                versions: vec![version],
                has_current: is_file,
                sequence,
            });
        }
        Ok(())
    }

    /// Keeps the JSON that versions were read from only where another would be written.
    fn forget_needless_json(&mut self, file_id: &str) {
        let Some(mut file) = self.files.remove(file_id) else {
            return;
        };
        for index in 0..file.versions.len() {
            let Some(verbatim) = file.versions[index].verbatim.take() else {
                continue;
            };
            let mut verbatim = verbatim;
            let written = self.view(&file, &file.versions[index]).json();
            for derived in ["url", "thumbnail"] {
                if let Some(value) = written.get(derived) {
                    verbatim.entry(derived).or_insert_with(|| value.clone());
                }
            }
            if written.as_object() != Some(&*verbatim) {
                file.versions[index].verbatim = Some(verbatim);
            }
        }
        self.files.insert(file_id.to_owned(), file);
    }
}

/// Returns the files in a folder and in those below it, in the order of their names; hidden ones are left out.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let cannot = |source| Error::Read {
        path: folder.to_owned(),
        source: Arc::new(source),
    };
    let entries = fs::read_dir(folder).map_err(cannot)?;
    let entries = entries.map(|entry| entry.map(|it| it.path()));
    let mut entries = entries.collect::<Result<Vec<_>, _>>().map_err(cannot)?;
    entries.sort();
    let mut files = Vec::new();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

/// Refuses an id that could not be in a path.
pub(crate) fn check_id(id: &str) -> Result<(), String> {
    if id.is_empty() {
        return Err("an id may not be empty".to_owned());
    }
    if [".", ".."].contains(&id) || id.contains('\\') || id.chars().any(|it| it.is_ascii_control())
    {
        return Err(
            "an id may not be `.` or `..`, nor contain backslashes or control characters"
                .to_owned(),
        );
    }
    Ok(())
}

impl Default for Library {
    fn default() -> Self {
        Self::new()
    }
}

fn delta(time: std::time::Duration) -> TimeDelta {
    TimeDelta::from_std(time).unwrap_or(TimeDelta::MAX)
}

fn parse(text: &str) -> Result<Value, Error> {
    let options = serde_saphyr::options! {
        // Booleans mean in YAML what they mean in JSON.
        no_schema: true,
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| Error::Parse {
        path: None,
        reason: error.to_string(),
    })
}
