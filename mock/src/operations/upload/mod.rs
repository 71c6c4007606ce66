pub(crate) mod authentication;
pub(crate) mod form;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::Context;
use super::files::{are_coordinates, check_extensions, refused};
use crate::library::files::Upload;
use crate::library::media;
use crate::library::search::Expression;
use crate::library::version::Media;
use crate::reply::{Outcome, Reply};
use crate::request::{FilePart, Form, Request, invalid, missing};

const RESPONSE_FIELDS: [&str; 8] = [
    "tags",
    "customCoordinates",
    "isPrivateFile",
    "embeddedMetadata",
    "isPublished",
    "customMetadata",
    "metadata",
    "selectedFieldsSchema",
];

pub(super) fn upload(context: &mut Context<'_>, request: &Request<'_>) -> Outcome {
    let form = &request.form;
    let bytes = match &form.file {
        Some(FilePart::Bytes(bytes)) => bytes.clone(),
        Some(FilePart::Unreachable) => {
            return Err(Reply::bad_request(
                "The file could not be fetched from the URL in file parameter.",
            ));
        }
        None => return Err(missing("file")),
    };
    let name = form.text("fileName").filter(|it| !it.is_empty());
    let name = name.ok_or_else(|| missing("fileName"))?;
    let media = media::inspect(&bytes, name);
    let extensions = match json(form, "extensions")? {
        None => Vec::new(),
        Some(Value::Array(extensions)) => extensions,
        Some(_) => return Err(invalid("extensions")),
    };
    check_extensions(context.library, &extensions)?;
    let transformation = Transformation::read(form, &media)?;
    check(context, form, &media)?;
    let asked = list(form, "responseFields").unwrap_or_default();
    if asked
        .iter()
        .any(|it| !RESPONSE_FIELDS.contains(&it.as_str()))
    {
        return Err(invalid("responseFields"));
    }
    let kept = context.storage.keep(bytes);
    let kept = kept.map_err(|error| {
        Reply::error(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("The mock cannot keep the file: {error}."),
        )
    })?;
    let content = kept.ok_or_else(|| Reply::bad_request("Upload Limit Exceeded."))?;
    let upload = Upload {
        name: name.to_owned(),
        folder: form.text("folder").unwrap_or("/").to_owned(),
        content: Some(content),
        unique_name: flag(form, "useUniqueFileName", true)?,
        overwrite: flag(form, "overwriteFile", true)?,
        overwrite_tags: flag(form, "overwriteTags", true)?,
        overwrite_ai_tags: flag(form, "overwriteAITags", true)?,
        overwrite_custom_metadata: flag(form, "overwriteCustomMetadata", true)?,
        tags: list(form, "tags"),
        custom_metadata: match json(form, "customMetadata")? {
            None => None,
            Some(Value::Object(values)) => Some(values),
            Some(_) => return Err(invalid("customMetadata")),
        },
        custom_coordinates: match form.text("customCoordinates") {
            Some(text) if !media.is_image() || !are_coordinates(text) => {
                return Err(invalid("customCoordinates"));
            }
            coordinates => coordinates.map(str::to_owned),
        },
        description: form.text("description").map(str::to_owned),
        is_private: flag(form, "isPrivateFile", false)?,
        is_published: flag(form, "isPublished", true)?,
        media,
    };
    let is_queued = upload.media.is_video() && transformation.pre.is_some();
    let library = &mut *context.library;
    let id = library.upload(upload).map_err(refused)?;
    let status = (!extensions.is_empty())
        .then(|| library.run_extensions(&id, &extensions, form.text("webhookUrl")));
    let file = library.stored(&id).ok_or_else(|| missing("file"))?;
    let version = file.current();
    let metadata = asked
        .iter()
        .any(|it| it == "metadata")
        .then(|| library.metadata(version));
    let mut view = library.view(file, version);
    view.extension_status = status.as_ref();
    let body = view.uploaded(&asked, metadata);
    transformation.announce(context, request, &body);
    if is_queued {
        let message = "Pre-transformation of the video is queued.";
        return Ok(Reply::json(
            StatusCode::ACCEPTED,
            &json!({ "message": message }),
        ));
    }
    Ok(Reply::ok(&body))
}

fn flag(form: &Form, name: &str, default: bool) -> Result<bool, Reply> {
    match form.text(name) {
        None => Ok(default),
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        Some(_) => Err(invalid(name)),
    }
}

fn list(form: &Form, name: &str) -> Option<Vec<String>> {
    let items = form.text(name)?.split(',').map(str::trim);
    let items: Vec<_> = items
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect();
    (!items.is_empty()).then_some(items)
}

fn json(form: &Form, name: &str) -> Result<Option<Value>, Reply> {
    let text = form.text(name);
    text.map(|text| serde_json::from_str(text).map_err(|_| invalid(name)))
        .transpose()
}

/// Tests the expression in `checks` on the request and on the file.
fn check(context: &Context<'_>, form: &Form, media: &Media) -> Result<(), Reply> {
    let Some(checks) = form.text("checks") else {
        return Ok(());
    };
    let checks = Expression::parse_checks(checks).map_err(|reason| {
        Reply::bad_request(format!(
            "Your request contains invalid checks parameter - {reason}."
        ))
    })?;
    let mut facts = Map::new();
    for (name, text) in &form.texts {
        let value = match name.as_str() {
            "tags" => json!(list(form, "tags")),
            "customMetadata" => {
                if let Some(Value::Object(values)) = json(form, "customMetadata")? {
                    let named = values.into_iter();
                    facts
                        .extend(named.map(|(name, value)| {
                            (format!("request.customMetadata.{name}"), value)
                        }));
                }
                continue;
            }
            _ => match text.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => Value::from(text.clone()),
            },
        };
        facts.insert(format!("request.{name}"), value);
    }
    let numbers = [
        ("width", &media.width),
        ("height", &media.height),
        ("duration", &media.duration),
        ("bitRate", &media.bit_rate),
    ];
    for (name, number) in numbers {
        facts.insert(format!("mediaMetadata.{name}"), json!(number));
    }
    facts.insert("file.size".to_owned(), json!(media.size));
    facts.insert("file.mime".to_owned(), json!(media.mime));
    if checks.holds_for(&facts, context.library.now()) {
        Ok(())
    } else {
        Err(Reply::bad_request(
            "Your request failed 'checks' validation.",
        ))
    }
}

/// What is to be made of an upload. The mock makes nothing, but tells that it did.
struct Transformation {
    pre: Option<String>,
    post: Vec<Value>,
}

impl Transformation {
    fn read(form: &Form, media: &Media) -> Result<Self, Reply> {
        let wrong = || {
            Reply::bad_request(
                "The file could not be uploaded because the transformation field is invalid.",
            )
        };
        let Some(Value::Object(wanted)) = json(form, "transformation").map_err(|_| wrong())? else {
            return match form.text("transformation") {
                None => Ok(Self {
                    pre: None,
                    post: Vec::new(),
                }),
                Some(_) => Err(wrong()),
            };
        };
        let pre = wanted.get("pre").and_then(Value::as_str).map(str::to_owned);
        let post = wanted
            .get("post")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let is_visual = media.is_image() || media.is_video();
        if post.len() > 5 || !is_visual || (pre.is_none() && post.is_empty()) {
            return Err(wrong());
        }
        for item in &post {
            let fits = match item["type"].as_str() {
                Some("transformation") if item["value"].is_string() => true,
                Some("gif-to-video") => media.mime.as_deref() == Some("image/gif"),
                Some("thumbnail") => media.is_video(),
                Some("abs") if item["value"].is_string() && item["protocol"].is_string() => {
                    media.is_video()
                }
                _ => return Err(wrong()),
            };
            if !fits {
                return Err(Reply::bad_request(
                    "The file could not be uploaded because the detected file type & post-transformation are \
                     incompatible.",
                ));
            }
        }
        Ok(Self { pre, post })
    }

    /// Posts the events that tell of success.
    fn announce(self, context: &mut Context<'_>, request: &Request<'_>, uploaded: &Value) {
        let envelope = |transformation: Value| {
            let told = json!({ "x_request_id": request.id, "transformation": transformation });
            Map::from_iter([("request".to_owned(), told)])
        };
        let library = &mut *context.library;
        if let Some(pre) = self.pre {
            library.event_with(
                "upload.pre-transform.success",
                envelope(pre.into()),
                uploaded.clone(),
            );
        }
        for item in self.post {
            let url = uploaded["url"].as_str().unwrap_or_default();
            let url = match (item["type"].as_str(), item["value"].as_str()) {
                (Some("thumbnail"), _) => format!("{url}/ik-thumbnail.jpg"),
                (Some("gif-to-video"), _) => format!("{url}/ik-gif-video.mp4"),
                (Some("abs"), value) => {
                    let file = if item["protocol"] == "dash" {
                        "ik-master.mpd"
                    } else {
                        "ik-master.m3u8"
                    };
                    format!("{url}/{file}?tr={}", value.unwrap_or_default())
                }
                (_, value) => format!("{url}?tr={}", value.unwrap_or_default()),
            };
            let data =
                json!({ "fileId": uploaded["fileId"], "url": url, "name": uploaded["name"] });
            library.event_with("upload.post-transform.success", envelope(item), data);
        }
    }
}
