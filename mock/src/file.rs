use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use crate::Error;
use crate::contract;
use crate::library::content::{Content, Storage};
use crate::library::events::timestamp;
use crate::library::{media, paths};

/// A file to be put into a [`Library`](crate::Library), with as many versions as wanted.
///
/// Whatever is not set is made up, after the examples of the OpenAPI document: an image has a width
/// and a height, a video has a duration, and each version is a day younger than the one before.
///
/// ```
/// use imagekit_mock::{File, Library};
///
/// let library = Library::new().file(
///     File::new("598821f949c0a938d57563bd")
///         .path("/products/shirt.jpg")
///         .versions(5)
///         .each(|number, version| version["description"] = format!("draft {number}").into()),
/// );
/// assert_eq!(library.get("/products/shirt.jpg").unwrap()["description"], "draft 5");
/// ```
#[must_use = "a file has to be put into a library"]
pub struct File {
    id: String,
    path: String,
    uploaded: Option<(DateTime<Utc>, TimeDelta)>,
    versions: Vec<String>,
    content: Option<Bytes>,
    changes: Vec<Change>,
}

type Change = Box<dyn FnMut(usize, &mut Value) + Send>;

/// A file with what was made up.
pub(crate) struct BuiltFile {
    /// From the oldest to the current one.
    pub(crate) versions: Vec<Value>,
    pub(crate) content: Option<Arc<Content>>,
}

impl File {
    /// A JPEG file in the root folder, with a single version that has the id of the file.
    ///
    /// A library refuses an id that could not be in a path.
    pub fn new(id: impl Into<String>) -> Self {
        let id = id.into();
        Self {
            path: format!("/{id}.jpg"),
            versions: vec![id.clone()],
            id,
            uploaded: None,
            content: None,
            changes: Vec::new(),
        }
    }

    /// Sets the path in the media library, beginning with `/` and ending with the name of the file.
    ///
    /// By its extension it is an image, a video, a sound, or something else.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Sets the name, in the folder that the file is in.
    pub fn name(mut self, name: impl AsRef<str>) -> Self {
        let path = paths::normalize(&self.path);
        self.path = paths::join(paths::split(&path).0, name.as_ref());
        self
    }

    /// Gives it this many versions: the oldest has the id of the file, and the others the same with their
    /// number, as in `598821f949c0a938d57563bd-2`.
    pub fn versions(self, count: usize) -> Self {
        let id = self.id.clone();
        let ids = (1..=count).map(move |number| match number {
            1 => id.clone(),
            _ => format!("{id}-{number}"),
        });
        self.version_ids(ids)
    }

    /// Gives it versions of these ids, from the oldest to the current one.
    pub fn version_ids(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.versions = ids.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the time of the first version, and how long after it each other one follows.
    pub fn uploaded(mut self, first: DateTime<Utc>, apart: TimeDelta) -> Self {
        self.uploaded = Some((first, apart));
        self
    }

    /// Sets the bytes that are delivered, for all versions; they also decide the size, and the measures of an image.
    pub fn content(mut self, bytes: impl Into<Bytes>) -> Self {
        self.content = Some(bytes.into());
        self
    }

    /// Changes the JSON of each version. The closure is called with the number of the version, which is 1 for the
    /// oldest, and with what was made up.
    pub fn each(mut self, change: impl FnMut(usize, &mut Value) + Send + 'static) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    pub(crate) fn build(mut self) -> Result<BuiltFile, Error> {
        let template = Template::new(&self)?;
        let current = self.versions.len();
        let mut versions = Vec::with_capacity(current);
        for (number, id) in (1..).zip(&self.versions) {
            let mut version = template.version(&self.id, number, id, number == current);
            for change in &mut self.changes {
                change(number, &mut version);
            }
            versions.push(version);
        }
        let content = match self.content {
            None => None,
            // Memory has no limit here: it is that of the test.
            Some(bytes) => Storage::new(None, u64::MAX).keep(bytes).ok().flatten(),
        };
        Ok(BuiltFile { versions, content })
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("id", &self.id)
            .field("path", &self.path)
            .field("versions", &self.versions)
            .finish_non_exhaustive()
    }
}

/// What the made-up versions of one file have in common.
struct Template {
    properties: Map<String, Value>,
    first: DateTime<Utc>,
    /// How long after one version the next one follows.
    apart: TimeDelta,
}

impl Template {
    /// Follows the example for what the extension of the path says.
    fn new(file: &File) -> Result<Self, Error> {
        let path = paths::normalize(&file.path);
        let mime = mime_guess::from_path(&path).first_raw();
        let is = |kind| mime.is_some_and(|mime| mime.starts_with(kind));
        let (image, video, audio) = (is("image/"), is("video/"), is("audio/"));
        let name = if image {
            "file-version-recent"
        } else {
            "file-version-video"
        };
        let mut properties: Map<String, Value> = contract::example(name)?;
        let created = properties.get("createdAt").and_then(Value::as_str);
        let first = created.and_then(|it| it.parse().ok()).unwrap_or_default();
        // What follows from the rest, or is another version's own.
        for derived in [
            "url",
            "thumbnail",
            "embeddedMetadata",
            "selectedFieldsSchema",
        ] {
            properties.remove(derived);
        }
        if !image && !video {
            for measure in ["width", "height", "bitRate", "duration", "videoCodec"] {
                properties.remove(measure);
            }
        }
        if !video && !audio {
            properties.remove("audioCodec");
        }
        let mut set = |name: &str, value: Value| properties.insert(name.to_owned(), value);
        set("filePath", path.clone().into());
        set("name", paths::split(&path).1.into());
        set("fileType", if image { "image" } else { "non-image" }.into());
        set("tags", Value::Null);
        set("description", Value::Null);
        set("customMetadata", json!({}));
        match mime {
            Some(mime) => drop(set("mime", mime.into())),
            None => drop(properties.remove("mime")),
        }
        if let Some(bytes) = &file.content {
            let measured = media::inspect(bytes, &path);
            properties.insert("size".to_owned(), json!(measured.size));
            if let (Some(width), Some(height)) = (measured.width, measured.height) {
                properties.insert("width".to_owned(), width.into());
                properties.insert("height".to_owned(), height.into());
                properties.insert("hasAlpha".to_owned(), json!(measured.has_alpha));
            }
        }
        let (first, apart) = file.uploaded.unwrap_or((first, TimeDelta::days(1)));
        Ok(Self {
            properties,
            first,
            apart,
        })
    }

    fn version(&self, file_id: &str, number: usize, id: &str, is_current: bool) -> Value {
        let time = self
            .age(number)
            .and_then(|age| self.first.checked_add_signed(age));
        let time = timestamp(time.unwrap_or(DateTime::<Utc>::MAX_UTC));
        let mut version = self.properties.clone();
        let mut set = |name: &str, value: Value| version.insert(name.to_owned(), value);
        set("fileId", file_id.into());
        set(
            "versionInfo",
            json!({ "id": id, "name": format!("Version {number}") }),
        );
        set(
            "type",
            if is_current { "file" } else { "file-version" }.into(),
        );
        set("createdAt", time.clone().into());
        set("updatedAt", time.into());
        Value::Object(version)
    }

    /// How much younger a version is than the first one.
    fn age(&self, number: usize) -> Option<TimeDelta> {
        let times = i32::try_from(number).ok()?.checked_sub(1)?;
        self.apart.checked_mul(times)
    }
}
