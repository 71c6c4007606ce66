use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Number, Value, json};

use super::content::Content;
use super::events::timestamp;
use super::paths;

/// A file with its versions, of which the last one is the current one.
#[derive(Clone, Debug)]
pub(crate) struct StoredFile {
    pub(crate) id: String,
    pub(crate) folder: String,
    pub(crate) name: String,
    /// Never empty.
    pub(crate) versions: Vec<Version>,
    /// Whether one of them is known to be the current one, rather than the last that was read.
    pub(crate) has_current: bool,
    /// Orders files of the same time.
    pub(crate) sequence: u64,
}

/// One version of a file.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) number: u32,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) ai_tags: Option<Vec<Value>>,
    pub(crate) is_private: bool,
    pub(crate) is_published: bool,
    pub(crate) custom_coordinates: Option<String>,
    pub(crate) custom_metadata: Map<String, Value>,
    pub(crate) embedded_metadata: Option<Map<String, Value>>,
    pub(crate) description: Option<String>,
    pub(crate) media: Media,
    pub(crate) created: DateTime<Utc>,
    pub(crate) updated: DateTime<Utc>,
    /// What makes the URL of a version differ from that of the file.
    pub(crate) token: Option<String>,
    pub(crate) content: Option<Arc<Content>>,
    /// Properties that only the JSON has which the version was read from.
    pub(crate) others: Map<String, Value>,
    /// The JSON that the version was read from, if another would be written; until it is changed.
    pub(crate) verbatim: Option<Box<Map<String, Value>>>,
}

/// What kind of file it is, and its measures.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Media {
    pub(crate) mime: Option<String>,
    pub(crate) size: Option<u64>,
    pub(crate) width: Option<Number>,
    pub(crate) height: Option<Number>,
    pub(crate) has_alpha: Option<bool>,
    pub(crate) bit_rate: Option<Number>,
    pub(crate) duration: Option<Number>,
    pub(crate) video_codec: Option<String>,
    pub(crate) audio_codec: Option<String>,
}

impl Media {
    pub(crate) fn is_image(&self) -> bool {
        self.is("image/")
    }

    pub(crate) fn is_video(&self) -> bool {
        self.is("video/")
    }

    fn is(&self, kind: &str) -> bool {
        self.mime.as_deref().is_some_and(|it| it.starts_with(kind))
    }

    pub(crate) fn file_type(&self) -> &'static str {
        if self.is_image() {
            "image"
        } else {
            "non-image"
        }
    }
}

impl StoredFile {
    pub(crate) fn path(&self) -> String {
        paths::join(&self.folder, &self.name)
    }

    pub(crate) fn current(&self) -> &Version {
        // There is always one; the index says so more clearly than an `expect`.
        &self.versions[self.versions.len() - 1]
    }

    pub(crate) fn current_mut(&mut self) -> &mut Version {
        let last = self.versions.len() - 1;
        &mut self.versions[last]
    }

    pub(crate) fn version(&self, id: &str) -> Option<&Version> {
        self.versions.iter().find(|it| it.id == id)
    }

    pub(crate) fn is_current(&self, version: &Version) -> bool {
        version.id == self.current().id
    }

    pub(crate) fn next_number(&self) -> u32 {
        let numbers = self.versions.iter().map(|it| it.number);
        numbers.max().unwrap_or_default() + 1
    }

    /// Adds a version and makes it the current one.
    pub(crate) fn push(&mut self, version: Version) {
        for older in &mut self.versions {
            older.verbatim = None;
        }
        self.versions.push(version);
    }

    /// Forgets the JSON that the versions were read from, since it does not hold any more.
    pub(crate) fn changed(&mut self) {
        for version in &mut self.versions {
            version.verbatim = None;
        }
    }

    /// Returns the address of a version, without a query.
    pub(crate) fn address(&self, endpoint: &str) -> String {
        format!("{endpoint}{}", paths::encode(&self.path()))
    }
}

impl Version {
    /// Reads a version from a file object, as ImageKit's responses have it. The error names the property.
    pub(crate) fn read(mut json: Map<String, Value>) -> Result<ReadVersion, String> {
        let whole = json.clone();
        let json = &mut json;
        let file_id = required(json, "fileId")?;
        let path = match text(json, "filePath")? {
            Some(path) => path,
            None => format!("/{}", required(json, "name")?),
        };
        json.remove("name");
        for derived in ["type", "url", "fileType"] {
            json.remove(derived);
        }
        // A picture of its own stays; any other thumbnail follows from the URL.
        let own = json.get("thumbnail").and_then(Value::as_str);
        if !own.is_some_and(|it| it.starts_with("data:")) {
            json.remove("thumbnail");
        }
        let mut info = match json.remove("versionInfo") {
            Some(Value::Object(info)) => info,
            None => Map::new(),
            Some(_) => return Err("`versionInfo` is not an object".to_owned()),
        };
        // The first version has been seen to have the id of its file.
        let id = text(&mut info, "id")?.unwrap_or_else(|| file_id.clone());
        let label = text(&mut info, "name")?.unwrap_or_default();
        let number = label.rsplit(' ').next().and_then(|it| it.parse().ok());
        let created = time(json, "createdAt")?;
        let updated = time(json, "updatedAt")?.or(created);
        let guessed = || mime_guess::from_path(&path).first_raw().map(str::to_owned);
        let mime = if json.contains_key("mime") {
            text(json, "mime")?
        } else {
            guessed()
        };
        let media = Media {
            mime,
            size: number_of(json, "size")?.and_then(|it| it.as_u64()),
            width: number_of(json, "width")?,
            height: number_of(json, "height")?,
            has_alpha: flag(json, "hasAlpha")?,
            bit_rate: number_of(json, "bitRate")?,
            duration: number_of(json, "duration")?,
            video_codec: text(json, "videoCodec")?,
            audio_codec: text(json, "audioCodec")?,
        };
        let version = Self {
            id,
            number: number.unwrap_or(1),
            tags: texts(json, "tags")?,
            ai_tags: match json.remove("AITags") {
                Some(Value::Array(tags)) => Some(tags),
                Some(Value::Null) | None => None,
                Some(_) => return Err("`AITags` is not an array".to_owned()),
            },
            is_private: flag(json, "isPrivateFile")?.unwrap_or(false),
            is_published: flag(json, "isPublished")?.unwrap_or(true),
            custom_coordinates: text(json, "customCoordinates")?,
            custom_metadata: object(json, "customMetadata")?.unwrap_or_default(),
            embedded_metadata: object(json, "embeddedMetadata")?,
            description: text(json, "description")?,
            media,
            created: created.unwrap_or_default(),
            updated: updated.unwrap_or_default(),
            token: None,
            content: None,
            others: std::mem::take(json),
            verbatim: Some(Box::new(whole)),
        };
        Ok(ReadVersion {
            file_id,
            path,
            has_label: !label.is_empty(),
            version,
        })
    }
}

/// A version that was read, and the file that it is of.
pub(crate) struct ReadVersion {
    pub(crate) file_id: String,
    pub(crate) path: String,
    /// Whether its number was read, or has to be counted.
    pub(crate) has_label: bool,
    pub(crate) version: Version,
}

fn required(json: &mut Map<String, Value>, name: &str) -> Result<String, String> {
    text(json, name)?.ok_or_else(|| format!("`{name}` is missing"))
}

fn text(json: &mut Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match json.remove(name) {
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Null) | None => Ok(None),
        Some(_) => Err(format!("`{name}` is not a string")),
    }
}

fn texts(json: &mut Map<String, Value>, name: &str) -> Result<Option<Vec<String>>, String> {
    let wrong = || format!("`{name}` is not an array of strings");
    match json.remove(name) {
        Some(Value::Array(items)) => items
            .into_iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect::<Option<_>>()
            .map(Some)
            .ok_or_else(wrong),
        Some(Value::Null) | None => Ok(None),
        Some(_) => Err(wrong()),
    }
}

fn flag(json: &mut Map<String, Value>, name: &str) -> Result<Option<bool>, String> {
    match json.remove(name) {
        Some(Value::Bool(flag)) => Ok(Some(flag)),
        Some(Value::Null) | None => Ok(None),
        Some(_) => Err(format!("`{name}` is not a boolean")),
    }
}

fn number_of(json: &mut Map<String, Value>, name: &str) -> Result<Option<Number>, String> {
    match json.remove(name) {
        Some(Value::Number(number)) => Ok(Some(number)),
        Some(Value::Null) | None => Ok(None),
        Some(_) => Err(format!("`{name}` is not a number")),
    }
}

fn object(json: &mut Map<String, Value>, name: &str) -> Result<Option<Map<String, Value>>, String> {
    match json.remove(name) {
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(Value::Null) | None => Ok(None),
        Some(_) => Err(format!("`{name}` is not an object")),
    }
}

fn time(json: &mut Map<String, Value>, name: &str) -> Result<Option<DateTime<Utc>>, String> {
    let Some(text) = text(json, name)? else {
        return Ok(None);
    };
    let time = text.parse();
    time.map(Some)
        .map_err(|_| format!("`{name}` is not a time such as 2019-07-25T06:14:41.313Z"))
}

/// A version as ImageKit's responses show it.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) endpoint: &'a str,
    pub(crate) file: &'a StoredFile,
    pub(crate) version: &'a Version,
    /// What became of the extensions of a request.
    pub(crate) extension_status: Option<&'a Value>,
}

impl View<'_> {
    /// Where the file is delivered: here, if its bytes are here.
    fn endpoint(&self) -> &str {
        if self.version.content.is_some() {
            self.endpoint
        } else {
            super::ENDPOINT
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Returns the address, with what distinguishes the version.
    pub(crate) fn url(&self) -> String {
        let address = self.file.address(self.endpoint());
        let updated = self.version.updated.timestamp_millis();
        match &self.version.token {
            Some(token) => format!("{address}?ik-obj-version={token}&updatedAt={updated}"),
            None if !self.file.is_current(self.version) => {
                let token = paths::encode(&self.version.id);
                format!("{address}?ik-obj-version={token}&updatedAt={updated}")
            }
            None => format!("{address}?updatedAt={updated}"),
        }
    }

    /// Returns what an upload responds, with the properties that were asked for.
    pub(crate) fn uploaded(&self, asked: &[String], metadata: Option<Value>) -> Value {
        let Self { file, version, .. } = self;
        let media = &version.media;
        let address = file.address(self.endpoint());
        let mut body = json!({
            "fileId": file.id,
            "name": file.name,
            "size": media.size.unwrap_or_default(),
            "versionInfo": version_info(version),
            "filePath": file.path(),
            "url": address,
            "fileType": media.file_type(),
            "AITags": version.ai_tags,
            "description": version.description,
        });
        let Value::Object(entries) = &mut body else {
            return body;
        };
        let mut add = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                entries.insert(name.to_owned(), value);
            }
        };
        add("width", media.width.clone().map(Value::Number));
        add("height", media.height.clone().map(Value::Number));
        add("bitRate", media.bit_rate.clone().map(Value::Number));
        add("duration", media.duration.clone().map(Value::Number));
        add("videoCodec", media.video_codec.clone().map(Value::String));
        add("audioCodec", media.audio_codec.clone().map(Value::String));
        if media.is_image() {
            let path = paths::encode(&file.path());
            let thumbnail = format!("{}/tr:n-ik_ml_thumbnail{path}", self.endpoint());
            add("thumbnailUrl", Some(thumbnail.into()));
        }
        add("extensionStatus", self.extension_status.cloned());
        let embedded = version.embedded_metadata.clone().unwrap_or_default();
        for name in asked {
            let value = match name.as_str() {
                "tags" => Some(json!(version.tags)),
                "customCoordinates" => Some(json!(version.custom_coordinates)),
                "isPrivateFile" => Some(json!(version.is_private)),
                "isPublished" => Some(json!(version.is_published)),
                "customMetadata" => Some(json!(version.custom_metadata)),
                "embeddedMetadata" => Some(Value::Object(embedded.clone())),
                "metadata" => metadata.clone(),
                _ => None,
            };
            add(name, value);
        }
        body
    }
}

fn version_info(version: &Version) -> Value {
    json!({ "id": version.id, "name": format!("Version {}", version.number) })
}

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { file, version, .. } = self;
        if let (Some(verbatim), None) = (&version.verbatim, self.extension_status) {
            return verbatim.serialize(serializer);
        }
        let media = &version.media;
        let url = self.url();
        let kind = if file.is_current(version) {
            "file"
        } else {
            "file-version"
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("fileId", &file.id)?;
        map.serialize_entry("type", kind)?;
        map.serialize_entry("name", &file.name)?;
        map.serialize_entry("filePath", &file.path())?;
        map.serialize_entry("tags", &version.tags)?;
        map.serialize_entry("AITags", &version.ai_tags)?;
        map.serialize_entry("versionInfo", &version_info(version))?;
        map.serialize_entry("isPrivateFile", &version.is_private)?;
        map.serialize_entry("isPublished", &version.is_published)?;
        map.serialize_entry("customCoordinates", &version.custom_coordinates)?;
        map.serialize_entry("url", &url)?;
        if media.is_image() && !version.others.contains_key("thumbnail") {
            map.serialize_entry("thumbnail", &format!("{url}&tr=n-ik_ml_thumbnail"))?;
        }
        map.serialize_entry("fileType", media.file_type())?;
        entry(&mut map, "mime", media.mime.as_ref())?;
        entry(&mut map, "width", media.width.as_ref())?;
        entry(&mut map, "height", media.height.as_ref())?;
        entry(&mut map, "size", media.size.as_ref())?;
        entry(&mut map, "hasAlpha", media.has_alpha.as_ref())?;
        entry(&mut map, "bitRate", media.bit_rate.as_ref())?;
        entry(&mut map, "duration", media.duration.as_ref())?;
        entry(&mut map, "videoCodec", media.video_codec.as_ref())?;
        entry(&mut map, "audioCodec", media.audio_codec.as_ref())?;
        map.serialize_entry("customMetadata", &version.custom_metadata)?;
        entry(
            &mut map,
            "embeddedMetadata",
            version.embedded_metadata.as_ref(),
        )?;
        map.serialize_entry("description", &version.description)?;
        map.serialize_entry("createdAt", &timestamp(version.created))?;
        map.serialize_entry("updatedAt", &timestamp(version.updated))?;
        entry(&mut map, "extensionStatus", self.extension_status)?;
        for (name, value) in &version.others {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

fn entry<M: SerializeMap>(
    map: &mut M,
    name: &str,
    value: Option<&impl Serialize>,
) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| map.serialize_entry(name, value))
}
