use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use imagekit_client::types::{
    CustomMetadata, File as FileVersion, FileId, FileVersionType, VersionId,
};

use crate::Error;
use crate::contract::{Contract, encode};

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
///         .each(|number, version| version.tags = Some(vec![format!("draft {number}")])),
/// );
/// assert_eq!(library.ids().count(), 5);
/// ```
#[must_use = "a file has to be put into a library"]
pub struct File {
    id: String,
    path: String,
    uploaded: Option<(DateTime<Utc>, TimeDelta)>,
    versions: Vec<String>,
    changes: Vec<Change>,
}

type Change = Box<dyn FnMut(usize, &mut FileVersion) + Send>;

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
            changes: Vec::new(),
        }
    }

    /// The path in the media library, beginning with `/` and ending with the name of the file.
    ///
    /// By its extension it is an image, a video, a sound, or something else.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// The name, in the folder that the file is in.
    pub fn name(mut self, name: impl AsRef<str>) -> Self {
        let (folder, _) = split(&self.path);
        self.path = format!("{folder}/{}", name.as_ref());
        self
    }

    /// So many versions: the oldest has the id of the file, and the others the same with their
    /// number, as in `598821f949c0a938d57563bd-2`.
    pub fn versions(self, count: usize) -> Self {
        let id = self.id.clone();
        let ids = (1..=count).map(move |number| match number {
            1 => id.clone(),
            _ => format!("{id}-{number}"),
        });
        self.version_ids(ids)
    }

    /// Versions of these ids, from the oldest to the current one.
    pub fn version_ids(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.versions = ids.into_iter().map(Into::into).collect();
        self
    }

    /// The time of the first version, and how long after it each other one follows.
    pub fn uploaded(mut self, first: DateTime<Utc>, apart: TimeDelta) -> Self {
        self.uploaded = Some((first, apart));
        self
    }

    /// Changes whatever is to be different from what is made up. It is called with each version and
    /// its number, which is 1 for the oldest.
    pub fn each(mut self, change: impl FnMut(usize, &mut FileVersion) + Send + 'static) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    /// All versions, from the oldest to the current one.
    pub(crate) fn build(mut self) -> Result<Vec<FileVersion>, Error> {
        let mut like = Like::path(&self.path)?;
        if let Some((first, apart)) = self.uploaded {
            like.example.created_at = Some(first);
            like.apart = apart;
        }
        let current = self.versions.len();
        let mut versions = Vec::with_capacity(current);
        for (number, id) in (1..).zip(&self.versions) {
            let mut version = like.version(&self.id, number, id, number == current)?;
            for change in &mut self.changes {
                change(number, &mut version);
            }
            versions.push(version);
        }
        Ok(versions)
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
struct Like {
    /// The example of the document that they are made after.
    example: FileVersion,
    /// The address of the file, without a query.
    address: String,
    /// What follows the address of a version to make it that of its thumbnail.
    preview: Option<String>,
    /// How long after one version the next one follows.
    apart: TimeDelta,
}

impl Like {
    /// Follows the example for what the extension of the path says.
    fn path(path: &str) -> Result<Self, Error> {
        let mime = mime_guess::from_path(path).first_raw();
        let is = |kind| mime.is_some_and(|mime| mime.starts_with(kind));
        let (image, video, audio) = (is("image/"), is("video/"), is("audio/"));
        let name = if image {
            "file-version-recent"
        } else {
            "file-version-video"
        };
        let mut example: FileVersion = Contract::get()?.example(name)?;
        let host = example.url.split(&encode_path(&example.file_path)).next();
        let address = format!("{}{}", host.unwrap_or_default(), encode_path(path));
        let preview = example
            .thumbnail
            .as_deref()
            .and_then(|thumbnail| thumbnail.strip_prefix(&example.url))
            .map(str::to_owned);

        path.clone_into(&mut example.file_path);
        split(path).1.clone_into(&mut example.name);
        example.mime = mime.map(str::to_owned);
        if !image && !video {
            example.width = None;
            example.height = None;
            example.bit_rate = None;
            example.duration = None;
            example.video_codec = None;
        }
        if !video && !audio {
            example.audio_codec = None;
        }
        example.tags = None;
        example.description = None;
        example.custom_metadata = Some(CustomMetadata(serde_json::Map::new()));
        example.embedded_metadata = None;
        example.selected_fields_schema = None;
        Ok(Self {
            example,
            address,
            preview,
            apart: TimeDelta::days(1),
        })
    }

    fn version(
        &self,
        file_id: &str,
        number: usize,
        id: &str,
        is_current: bool,
    ) -> Result<FileVersion, Error> {
        let mut version = self.example.clone();
        let invalid = |id: &str| Error::invalid_version(file_id, format!("{id:?} cannot be an id"));
        for id in [file_id, id] {
            if !crate::fake::is_id(id) {
                return Err(invalid(id));
            }
        }
        version.file_id = FileId::from(file_id);
        if let Some(info) = &mut version.version_info {
            info.id = VersionId::from(id);
            info.name = Some(format!("Version {number}"));
        }
        let (type_, content) = if is_current {
            (FileVersionType::File, String::new())
        } else {
            let content = format!("ik-obj-version={}&", encode(id));
            (FileVersionType::FileVersion, content)
        };
        version.type_ = Some(type_);
        let time = version
            .created_at
            .zip(self.age(number))
            .and_then(|(first, age)| first.checked_add_signed(age))
            .unwrap_or(DateTime::<Utc>::MAX_UTC);
        version.created_at = Some(time);
        version.updated_at = Some(time);
        let millis = time.timestamp_millis();
        version.url = format!("{}?{content}updatedAt={millis}", self.address);
        version.thumbnail = self
            .preview
            .as_ref()
            .map(|preview| format!("{}{preview}", version.url));
        Ok(version)
    }

    /// How much younger a version is than the first one.
    fn age(&self, number: usize) -> Option<TimeDelta> {
        let times = i32::try_from(number).ok()?.checked_sub(1)?;
        self.apart.checked_mul(times)
    }
}

/// The folder without its final slash, and the name.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// Encodes a path for an address, as the document's examples do.
fn encode_path(path: &str) -> String {
    path.split('/').map(encode).collect::<Vec<_>>().join("/")
}
