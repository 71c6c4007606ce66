//! What extensions do to a file here: nothing intelligent, but always the same, and as quickly as at ImageKit.

use serde_json::{Map, Value, json};

use super::Library;
use super::events::Notice;
use super::version::Version;

impl Library {
    /// Runs the extensions of a request on the current version of a file, and returns what became of each.
    pub(crate) fn run_extensions(
        &mut self,
        id: &str,
        extensions: &[Value],
        webhook: Option<&str>,
    ) -> Value {
        let mut status = Map::new();
        for extension in extensions {
            let extension = self.saved(extension);
            let Some(name) = extension["name"].as_str() else {
                continue;
            };
            self.count_extension(name);
            let outcome = if name == "remove-bg" {
                self.start_background_removal(id, webhook.map(str::to_owned));
                "pending"
            } else if self.run(id, name, &extension) {
                "success"
            } else {
                "failed"
            };
            status.insert(name.to_owned(), outcome.into());
        }
        Value::Object(status)
    }

    /// Returns the configuration that an extension refers to, or itself.
    fn saved(&self, extension: &Value) -> Value {
        let id = extension["id"]
            .as_str()
            .filter(|_| extension["name"] == "saved-extension");
        let saved = id.and_then(|id| self.saved_extensions.get(id));
        saved.map_or_else(|| extension.clone(), |it| it["config"].clone())
    }

    fn run(&mut self, id: &str, name: &str, extension: &Value) -> bool {
        let Some(file) = self.files.get_mut(id) else {
            return false;
        };
        let description = format!("A made-up description of {}", file.name);
        let version = file.current_mut();
        if !version.media.is_image() && !version.media.is_video() {
            return false;
        }
        match name {
            "google-auto-tagging" | "aws-auto-tagging" => {
                let most = extension["maxTags"].as_u64().unwrap_or(10);
                let made_up = [("Product", 99.0), ("Studio", 97.5), ("Indoor", 88.25)];
                let least = extension["minConfidence"].as_f64().unwrap_or_default();
                let made_up = made_up
                    .iter()
                    .filter(|(_, confidence)| *confidence >= least);
                let tags = made_up.take(usize::try_from(most).unwrap_or(usize::MAX));
                let tags = tags.map(|(tag, confidence)| {
                    json!({ "name": tag, "confidence": confidence, "source": name })
                });
                let all = version.ai_tags.get_or_insert_default();
                all.retain(|it| it["source"] != name);
                all.extend(tags);
                if all.is_empty() {
                    version.ai_tags = None;
                }
                true
            }
            "ai-auto-description" => {
                version.description = Some(description);
                true
            }
            "ai-tasks" => {
                let tasks = extension["tasks"].as_array();
                tasks
                    .into_iter()
                    .flatten()
                    .for_each(|task| perform(task, version));
                true
            }
            _ => false,
        }
    }

    /// Gives a file a version without background: the same picture, which can be transparent now.
    pub(super) fn finish_background_removal(&mut self, id: &str, webhook: Option<String>) {
        let now = self.now();
        let (version_id, token) = (self.ids.object(now), self.ids.text(12));
        let file = self.files.get(id);
        let file = file.filter(|it| it.versions.len() < super::files::MAX_VERSIONS);
        let body = if let Some(file) = file {
            let mut version = file.current().clone();
            version.number = file.next_number();
            version.id = version_id;
            (version.created, version.updated) = (now, now);
            (version.token, version.verbatim) = (None, None);
            version.media.has_alpha = Some(true);
            self.add_version(id, version, token);
            json!({ "service": "remove-bg", "status": "SUCCESS", "fileObject": self.current_json(id) })
        } else {
            json!({ "service": "remove-bg", "status": "FAILURE", "fileId": id, "error": {} })
        };
        if let Some(address) = webhook {
            self.notices.push(Notice::Extension { address, body });
        }
    }
}

/// Performs a task as if the first choice was right and the answer to each question was yes.
fn perform(task: &Value, version: &mut Version) {
    let first = task["vocabulary"].as_array().and_then(|it| it.first());
    let action = &task["on_yes"];
    match task["type"].as_str() {
        Some("select_tags") => add_tag(version, first),
        Some("select_metadata") => set(version, &task["field"], first),
        Some("yes_no") => {
            for tag in action["add_tags"].as_array().into_iter().flatten() {
                add_tag(version, Some(tag));
            }
            for tag in action["remove_tags"].as_array().into_iter().flatten() {
                if let Some(tags) = &mut version.tags {
                    tags.retain(|it| *tag != **it);
                }
            }
            for entry in action["set_metadata"].as_array().into_iter().flatten() {
                set(version, &entry["field"], entry.get("value"));
            }
            for entry in action["unset_metadata"].as_array().into_iter().flatten() {
                if let Some(field) = entry["field"].as_str() {
                    version.custom_metadata.remove(field);
                }
            }
        }
        _ => {}
    }
}

fn add_tag(version: &mut Version, tag: Option<&Value>) {
    let Some(tag) = tag.and_then(Value::as_str) else {
        return;
    };
    let tags = version.tags.get_or_insert_default();
    if !tags.iter().any(|it| it == tag) {
        tags.push(tag.to_owned());
    }
}

fn set(version: &mut Version, field: &Value, value: Option<&Value>) {
    if let (Some(field), Some(value)) = (field.as_str(), value) {
        version
            .custom_metadata
            .insert(field.to_owned(), value.clone());
    }
}
