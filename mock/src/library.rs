use std::fs;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use imagekit_client::types::File as FileVersion;
use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::contract::Contract;
use crate::{Error, File, demo};

const DOCUMENTED: &str = include_str!("../../openapi/examples/file-version.json");

/// The media library that a mock answers from: files, each with its versions.
///
/// A version is added as a [`File`] that makes up what is not set, as the client's own model, or as
/// the very JSON to answer. Whichever it is, it has to be what the OpenAPI document calls a version;
/// if it is not, starting a server with the library fails.
///
/// ```
/// use imagekit_mock::{File, Library};
///
/// let library = Library::documented()
///     .file(File::new("68f1c2a95c7cd75eb8a1d04e").name("coat.jpg").versions(3))
///     .json(serde_json::json!({
///         "fileId": "69a0b1",
///         "name": "a.bin",
///         "filePath": "/a.bin",
///         "url": "https://ik.imagekit.io/your_imagekit_id/a.bin",
///         "aPropertyOfTomorrow": true,
///     }));
/// assert_eq!(library.ids().count(), 5);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// What to answer, by the id of the file and then of the version.
    files: IndexMap<String, IndexMap<String, Bytes>>,
    /// The first version that was refused.
    refused: Option<Error>,
}

impl Library {
    /// A library without any file.
    pub fn new() -> Self {
        Self::default()
    }

    /// The documented file, with the documented version alone.
    pub fn documented() -> Self {
        Self::new().with_documented()
    }

    /// A small media library to look at: images, a video and a plain file, with 3 to 25 versions
    /// that differ. The documented version is one of them.
    pub fn demo() -> Self {
        demo::files()
            .into_iter()
            .fold(Self::new(), Self::file)
            .with_documented()
    }

    /// Reads versions as ImageKit answers them, in JSON or YAML: a single one, or a list.
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
    /// If the text is neither, or if something in it is no version; the error says where.
    pub fn parse(text: &str) -> Result<Self, Error> {
        // The values are what is answered, with all that the model does not know; as models they
        // are read to find out where in the text something is wrong.
        let versions = match parse(text)? {
            Value::Array(versions) => {
                parse::<Vec<FileVersion>>(text)?;
                versions
            }
            version => {
                parse::<FileVersion>(text)?;
                vec![version]
            }
        };
        let mut library = Self::new();
        for version in versions {
            library.insert(version)?;
        }
        Ok(library)
    }

    /// Reads versions from a file, as [`Library::parse`] does.
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
            Ok(versions) => versions.into_iter().fold(self, Self::version),
            Err(error) => self.refuse(Err(error)),
        }
    }

    /// Adds a version to the file that it is of.
    ///
    /// What is `None` is answered as null where ImageKit does so, and is absent otherwise.
    #[must_use]
    pub fn version(mut self, version: FileVersion) -> Self {
        let inserted = with_nulls(&version).and_then(|json| self.insert(json));
        self.refuse(inserted)
    }

    /// Adds a version exactly as it is to be answered, with whatever the client does not know yet.
    #[must_use]
    pub fn json(mut self, version: Value) -> Self {
        let inserted = self.insert(version);
        self.refuse(inserted)
    }

    /// The ids of all versions, each after the id of its file.
    pub fn ids(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().flat_map(|(file_id, versions)| {
            versions
                .keys()
                .map(move |id| (file_id.as_str(), id.as_str()))
        })
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        self.refused.clone().map_or(Ok(()), Err)
    }

    pub(crate) fn get(&self, file_id: &str, version_id: &str) -> Option<&Bytes> {
        self.files.get(file_id)?.get(version_id)
    }

    fn with_documented(mut self) -> Self {
        let inserted = parse(DOCUMENTED).and_then(|version| self.insert(version));
        self.refuse(inserted)
    }

    /// Keeps the first failure, for `check`.
    fn refuse(mut self, inserted: Result<(), Error>) -> Self {
        self.refused = self.refused.or(inserted.err());
        self
    }

    fn insert(&mut self, json: Value) -> Result<(), Error> {
        let version: FileVersion = serde_path_to_error::deserialize(&json).map_err(|reason| {
            let file_id = json.get("fileId").and_then(Value::as_str);
            Error::invalid_version(file_id.unwrap_or("?"), reason)
        })?;
        let file_id = String::from(version.file_id);
        // The first version has been seen to have the id of its file.
        let id = version
            .version_info
            .map_or_else(|| file_id.clone(), |info| info.id.into());
        let answer = Bytes::from(json.to_string());
        self.files.entry(file_id).or_default().insert(id, answer);
        Ok(())
    }
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    let options = serde_saphyr::options! {
        // The limits of the parser are meant for texts of strangers.
        budget: None,
        // A text means the same to the model and to the JSON that is answered.
        no_schema: true,
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| Error::Parse {
        path: None,
        reason: error.to_string(),
    })
}

/// Encodes a version as ImageKit does, which answers null for some properties rather than to leave
/// them out. Which ones, the document's example of a recent answer shows.
fn with_nulls(version: &FileVersion) -> Result<Value, Error> {
    let mut json = serde_json::to_value(version)
        .map_err(|reason| Error::invalid_version(version.file_id.as_str(), reason))?;
    let example: serde_json::Map<String, Value> =
        Contract::get()?.example("file-version-recent")?;
    if let Value::Object(json) = &mut json {
        for (name, value) in example {
            if value.is_null() {
                json.entry(name).or_insert(value);
            }
        }
    }
    Ok(json)
}
