//! Custom metadata fields, and whether values fit them.

use serde_json::{Map, Value, json};

use super::Library;
use super::refusal::Refusal;
use super::search::parse_time;

/// The field that ImageKit keeps for itself.
const RESERVED: &str = "_internal_original_created_datetime";

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MetadataField {
    pub(crate) json: Map<String, Value>,
    /// A deleted field keeps its name.
    pub(crate) is_deleted: bool,
}

/// Why a field cannot be as it is wanted.
#[derive(Debug, PartialEq)]
pub(crate) enum FieldRefusal {
    Missing,
    NameTaken,
    LabelTaken,
    /// What is wrong, by property of the schema.
    Schema(Map<String, Value>),
}

impl MetadataField {
    fn get(&self, name: &str) -> &str {
        self.json
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    fn schema(&self, name: &str) -> &Value {
        self.json.get("schema").map_or(&Value::Null, |it| &it[name])
    }
}

impl Library {
    pub(crate) fn create_field(
        &mut self,
        wanted: Map<String, Value>,
    ) -> Result<Value, FieldRefusal> {
        let text = |name: &str| wanted.get(name).and_then(Value::as_str).unwrap_or_default();
        let (name, label) = (text("name"), text("label"));
        if name == RESERVED || self.fields.values().any(|it| it.get("name") == name) {
            return Err(FieldRefusal::NameTaken);
        }
        self.check_label(label, "")?;
        check_schema(wanted.get("schema").unwrap_or(&Value::Null))?;
        let now = self.now();
        let id = self.ids.object(now);
        let mut json = wanted;
        json.insert("id".to_owned(), id.clone().into());
        let field = MetadataField {
            json: json.clone(),
            is_deleted: false,
        };
        self.fields.insert(id, field);
        Ok(Value::Object(json))
    }

    pub(crate) fn update_field(
        &mut self,
        id: &str,
        changes: Map<String, Value>,
    ) -> Result<Value, FieldRefusal> {
        let old = self.fields.get(id).filter(|it| !it.is_deleted);
        let mut json = old.ok_or(FieldRefusal::Missing)?.json.clone();
        if let Some(label) = changes.get("label").and_then(Value::as_str) {
            self.check_label(label, id)?;
        }
        for (name, value) in changes {
            match name.as_str() {
                "schema" => {
                    let Value::Object(mut schema) = value else {
                        let wrong = Map::from_iter([(name, "should be of type object".into())]);
                        return Err(FieldRefusal::Schema(wrong));
                    };
                    schema.insert("type".to_owned(), json["schema"]["type"].clone());
                    let schema = Value::Object(schema);
                    check_schema(&schema)?;
                    json.insert(name, schema);
                }
                "description" if value == "" => {
                    json.remove(&name);
                }
                "label" | "description" => {
                    json.insert(name, value);
                }
                _ => {}
            }
        }
        let field = MetadataField {
            json: json.clone(),
            is_deleted: false,
        };
        self.fields.insert(id.to_owned(), field);
        Ok(Value::Object(json))
    }

    pub(crate) fn delete_field(&mut self, id: &str) -> Result<(), FieldRefusal> {
        let field = self.fields.get_mut(id).filter(|it| !it.is_deleted);
        field.ok_or(FieldRefusal::Missing)?.is_deleted = true;
        Ok(())
    }

    pub(crate) fn list_fields(&self, with_deleted: bool) -> Vec<Value> {
        let fields = self
            .fields
            .values()
            .filter(|it| with_deleted || !it.is_deleted);
        fields.map(|it| Value::Object(it.json.clone())).collect()
    }

    fn check_label(&self, label: &str, own: &str) -> Result<(), FieldRefusal> {
        let mut living = self.fields.iter().filter(|(_, it)| !it.is_deleted);
        if living.any(|(id, it)| id != own && it.get("label") == label) {
            return Err(FieldRefusal::LabelTaken);
        }
        Ok(())
    }

    /// Checks values before they are set. `before` are those that stay unless they are set anew.
    pub(super) fn check_custom_metadata(
        &self,
        values: Option<&Map<String, Value>>,
        before: Option<&Map<String, Value>>,
    ) -> Result<(), Refusal> {
        let Some(values) = values else {
            return Ok(());
        };
        let mut errors = Map::new();
        let living = || self.fields.values().filter(|it| !it.is_deleted);
        for (name, value) in values {
            let field = living().find(|it| it.get("name") == name);
            let wrong = match field {
                None if name == RESERVED => None,
                None => Some("is not a custom metadata field".to_owned()),
                Some(_) if value.is_null() => None,
                Some(field) => wrong_value(field, value),
            };
            if let Some(wrong) = wrong {
                errors.insert(name.clone(), wrong.into());
            }
        }
        for field in living().filter(|it| *it.schema("isValueRequired") == true) {
            let name = field.get("name");
            let before = before.and_then(|it| it.get(name));
            let value = values.get(name).or(before);
            if value.is_none_or(Value::is_null) {
                errors.insert(name.to_owned(), "is required".into());
            }
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Refusal::CustomMetadata(errors))
        }
    }
}

/// Says what is wrong with a value, in the words that ImageKit uses for schemas.
fn wrong_value(field: &MetadataField, value: &Value) -> Option<String> {
    let kind = field.schema("type").as_str().unwrap_or_default();
    if let Some(wrong) = wrong_type(kind, value) {
        return Some(wrong.to_owned());
    }
    let options = field.schema("selectOptions").as_array();
    let is_option = |value: &Value| options.is_none_or(|it| it.contains(value));
    let chosen = value
        .as_array()
        .map_or(std::slice::from_ref(value), Vec::as_slice);
    if kind.ends_with("Select") && !chosen.iter().all(is_option) {
        return Some("should be one of selectOptions".to_owned());
    }
    let length = value.as_str().map(|it| it.chars().count() as f64);
    let measure = measure(value);
    let limits = [
        ("minLength", length, true, "characters at least"),
        ("maxLength", length, false, "characters at most"),
        ("minValue", measure, true, "at least"),
        ("maxValue", measure, false, "at most"),
    ];
    for (name, measure, is_least, text) in limits {
        let limit = field.schema(name);
        let (Some(measure), Some(bound)) = (measure, self::measure(limit)) else {
            continue;
        };
        if (is_least && measure < bound) || (!is_least && measure > bound) {
            return Some(format!("should have {text}: {limit}"));
        }
    }
    None
}

/// The number, or the time as one.
fn measure(value: &Value) -> Option<f64> {
    let time = || value.as_str().and_then(parse_time).map(|it| it as f64);
    value.as_f64().or_else(time)
}

fn wrong_type(kind: &str, value: &Value) -> Option<&'static str> {
    let is_choice = |it: &Value| it.is_string() || it.is_number() || it.is_boolean();
    match kind {
        "Text" | "Textarea" if !value.is_string() => Some("should be of type string"),
        "Number" if !value.is_number() => Some("should be of type number"),
        "Boolean" if !value.is_boolean() => Some("should be of type boolean"),
        "Date" if value.as_str().and_then(parse_time).is_none() => {
            Some("should be a date in ISO 8601 format")
        }
        "SingleSelect" if !is_choice(value) => Some("should be one of selectOptions"),
        "MultiSelect" if !value.as_array().is_some_and(|it| it.iter().all(is_choice)) => {
            Some("should be of type array")
        }
        _ => None,
    }
}

fn check_schema(schema: &Value) -> Result<(), FieldRefusal> {
    let mut errors = Map::new();
    let kind = schema["type"].as_str().unwrap_or_default();
    let types: Vec<_> = crate::contract::values("CustomMetadataFieldSchema", "type").collect();
    if !types.contains(&kind) {
        errors.insert(
            "type".to_owned(),
            format!("should be one of {}", types.join(", ")).into(),
        );
    }
    let is_select = kind.ends_with("Select");
    let applies = |name: &str| match name {
        "minLength" | "maxLength" => kind.starts_with("Text"),
        "minValue" | "maxValue" => ["Number", "Date"].contains(&kind),
        "selectOptions" => is_select,
        _ => true,
    };
    let entries = schema.as_object().into_iter().flatten();
    for (name, value) in entries {
        let wrong = match name.as_str() {
            _ if !applies(name) => Some("not allowed for this type"),
            "minLength" | "maxLength" if !value.is_number() => Some("should be of type number"),
            "minValue" | "maxValue" => wrong_type(kind, value),
            "isValueRequired" if !value.is_boolean() => Some("should be of type boolean"),
            "selectOptions" if value.as_array().is_none_or(Vec::is_empty) => {
                Some("should be a non-empty array")
            }
            _ => None,
        };
        if let Some(wrong) = wrong {
            errors.insert(name.clone(), wrong.into());
        }
    }
    if is_select && schema.get("selectOptions").is_none() {
        errors.insert("selectOptions".to_owned(), "is required".into());
    }
    let default = schema.get("defaultValue");
    if schema["isValueRequired"] == true && default.is_none() {
        errors.insert("defaultValue".to_owned(), "is required".into());
    }
    if let (Some(default), true) = (default, errors.is_empty()) {
        let field = MetadataField {
            json: Map::from_iter([("schema".to_owned(), schema.clone())]),
            is_deleted: false,
        };
        if let Some(wrong) = wrong_value(&field, default) {
            errors.insert("defaultValue".to_owned(), wrong.into());
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(FieldRefusal::Schema(errors))
    }
}

/// For snapshots: a deleted field says so.
impl From<&MetadataField> for Value {
    fn from(field: &MetadataField) -> Self {
        let mut json = field.json.clone();
        if field.is_deleted {
            json.insert("deleted".to_owned(), json!(true));
        }
        Self::Object(json)
    }
}
