//! `tag` and `meta`: what people say about files.

use clap::Args;
use imagekit_client::types::FileId;
use serde_json::{Map, Value, json};

use super::asset::Target;
use crate::Context;
use crate::call::call_by_id;
use crate::completion;
use crate::config::Session;
use crate::done::{Done, Lines};
use crate::exit::{Exit, Failure};
use crate::render::{Format, Rendering, Shape};
use crate::tally::Tally;

#[derive(Args)]
pub(crate) struct Tag {
    /// Files, by path or id.
    #[arg(value_name = "FILE", required = true, add = completion::paths())]
    targets: Vec<Target>,

    /// Add these tags.
    #[arg(long, short, value_name = "TAGS", value_delimiter = ',')]
    add: Vec<String>,

    /// Remove these tags.
    #[arg(long, short, value_name = "TAGS", value_delimiter = ',')]
    remove: Vec<String>,

    /// Remove these tags that an AI has given.
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    remove_ai: Vec<String>,

    #[command(flatten)]
    lines: Lines,
}

#[derive(Args)]
pub(crate) struct Meta {
    /// Files, by path or id.
    #[arg(value_name = "FILE", required = true, add = completion::paths())]
    targets: Vec<Target>,

    /// Set custom metadata; the value is read as the type of its field asks for.
    #[arg(long, short, value_name = "NAME=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,

    /// Remove custom metadata.
    #[arg(long, short, value_name = "NAME")]
    unset: Vec<String>,

    #[command(flatten)]
    format: Format,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("not NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Changes tags, or prints them.
pub(crate) async fn tag(tag: Tag, mut context: Context) -> Result<Exit, Failure> {
    let session = Session::start(&mut context).await?;
    let mut tally = Tally::default();
    let only_shows = tag.add.is_empty() && tag.remove.is_empty() && tag.remove_ai.is_empty();
    let mut files: Vec<(FileId, String)> = Vec::new();
    for target in &tag.targets {
        if only_shows {
            match session.file(target).await {
                Ok(file) => {
                    let tags = file.value["tags"].as_array().into_iter().flatten();
                    let tags: Vec<_> = tags.filter_map(Value::as_str).collect();
                    let json = json!({ "path": file.path(), "tags": tags });
                    let done = Done::of_parts([file.path(), &tags.join(", ")], json);
                    done.print(tag.lines, &context.output)?;
                    tally.succeeded += 1;
                }
                Err(failure) => tally.tell(target.to_string(), failure)?,
            }
            continue;
        }
        match session.file_id(target).await {
            Ok(id) => files.push((id.into(), target.to_string())),
            Err(failure) => tally.tell(target.to_string(), failure)?,
        }
    }
    let client = &session.client;
    let ids = || files.iter().map(|(id, _)| id.clone());
    let mut outcomes = Vec::new();
    if !tag.add.is_empty() && !files.is_empty() {
        outcomes.push(
            client
                .add_tags_to_files(ids(), &tag.add)
                .in_batches()
                .send()
                .await,
        );
    }
    if !tag.remove.is_empty() && !files.is_empty() {
        outcomes.push(
            client
                .remove_tags_from_files(ids(), &tag.remove)
                .in_batches()
                .send()
                .await,
        );
    }
    if !tag.remove_ai.is_empty() && !files.is_empty() {
        let call = client.remove_ai_tags_from_files(ids(), &tag.remove_ai);
        outcomes.push(call.in_batches().send().await);
    }
    if only_shows {
        return Ok(tally.sum_up("shown"));
    }
    for (id, name) in &files {
        let refused = outcomes.iter().find_map(|outcome| {
            if outcome.missing().contains(id) {
                return Some(Failure::new(Exit::NotFound, "it is not there"));
            }
            let (_, error) = outcome.failed().iter().find(|(failed, _)| failed == id)?;
            Some(match error {
                imagekit_client::BulkError::Request(error) => error.clone().into(),
                refused => Failure::new(Exit::Other, refused.to_string()),
            })
        });
        match refused {
            Some(failure) => tally.tell(name.clone(), failure)?,
            None => {
                tally.succeeded += 1;
                let json = json!({ "fileId": id, "outcome": "tagged", "path": name });
                let done = Done::new(&format!("tagged {name}"), json);
                done.print(tag.lines, &context.output)?;
            }
        }
    }
    Ok(tally.sum_up("tagged"))
}

/// Changes custom metadata, or prints what the content of files says about itself.
pub(crate) async fn meta(meta: Meta, mut context: Context) -> Result<Exit, Failure> {
    let session = Session::start(&mut context).await?;
    let several = meta.targets.len() > 1;
    let only_shows = meta.set.is_empty() && meta.unset.is_empty();
    let values = match only_shows {
        true => Map::new(),
        false => values(&session, &meta).await?,
    };
    let output = &context.output;
    let mut rendering = Rendering::new(meta.format, context.now).several(several);
    let mut tally = Tally::default();
    for target in &meta.targets {
        let change = async {
            let id = session.file_id(target).await?;
            let (call, shape) = if only_shows {
                let call = call_by_id(&session.client, "getFileMetadata")?.path("fileId", &id);
                (call, Shape::of("Metadata"))
            } else {
                let call = call_by_id(&session.client, "updateFileDetails")?.path("fileId", &id);
                let body = serde_json::json!({ "customMetadata": values });
                (call.json(&body), Shape::of("File"))
            };
            rendering.of(&call.send().await?, shape, output)
        };
        match change.await {
            Ok(rendered) => {
                rendered.write(output)?;
                tally.succeeded += 1;
            }
            Err(failure) => tally.tell(target.to_string(), failure)?,
        }
    }
    rendering.check_fields()?;
    Ok(tally.sum_up(if only_shows { "shown" } else { "changed" }))
}

/// The values to set, of the types that their fields have.
async fn values(session: &Session, meta: &Meta) -> Result<Map<String, Value>, Failure> {
    let response = call_by_id(&session.client, "listCustomMetadataFields")?
        .send()
        .await?;
    let fields: Vec<Value> = response.json()?;
    let field = |name: &str| {
        let found = fields.iter().find(|it| it["name"] == name);
        found.ok_or_else(|| {
            Failure::usage(format!("there is no custom metadata field {name:?}"))
                .try_this("see imagekit fields")
        })
    };
    let mut values = Map::new();
    for (name, text) in &meta.set {
        let value = typed(&field(name)?["schema"], text);
        let value =
            value.map_err(|problem| Failure::usage(format!("{name}: {text:?} {problem}")))?;
        values.insert(name.clone(), value);
    }
    for name in &meta.unset {
        field(name)?;
        values.insert(name.clone(), Value::Null);
    }
    Ok(values)
}

fn typed(schema: &Value, text: &str) -> Result<Value, &'static str> {
    // An option may be a number.
    let option = |text: &str| {
        let options = schema["selectOptions"].as_array().into_iter().flatten();
        let same = |option: &&Value| {
            option
                .as_str()
                .map_or_else(|| option.to_string(), str::to_owned)
                == text
        };
        options
            .clone()
            .find(same)
            .cloned()
            .unwrap_or_else(|| text.into())
    };
    match schema["type"].as_str() {
        Some("Number") => {
            let number: Result<serde_json::Number, _> = serde_json::from_str(text);
            number.map(Value::Number).map_err(|_| "is not a number")
        }
        Some("Boolean") => match text {
            "true" | "yes" => Ok(true.into()),
            "false" | "no" => Ok(false.into()),
            _ => Err("is neither true nor false"),
        },
        Some("SingleSelect") => Ok(option(text)),
        Some("MultiSelect") => Ok(text.split(',').map(option).collect()),
        _ => Ok(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::typed;

    #[test]
    fn values_get_the_types_of_their_fields() {
        let of = |schema, text| typed(&schema, text);
        assert_eq!(of(json!({"type": "Text"}), "2026"), Ok(json!("2026")));
        assert_eq!(of(json!({"type": "Number"}), "99.5"), Ok(json!(99.5)));
        assert_eq!(
            of(json!({"type": "Number"}), "many"),
            Err("is not a number")
        );
        assert_eq!(of(json!({"type": "Boolean"}), "yes"), Ok(json!(true)));
        assert!(of(json!({"type": "Boolean"}), "1").is_err());
        let sizes = json!({"type": "MultiSelect", "selectOptions": ["S", 40]});
        assert_eq!(of(sizes, "S,40,X"), Ok(json!(["S", 40, "X"])));
    }
}
