use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A version of a file as somebody in a hurry writes it: all properties, but ids and enums that are
/// plain texts.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the OpenAPI document says what they mean")]
pub struct Version {
    pub file_id: String,
    pub r#type: Option<String>,
    pub name: String,
    pub file_path: String,
    pub tags: Option<Vec<String>>,
    #[serde(rename = "AITags")]
    pub ai_tags: Option<Vec<AiTag>>,
    pub version_info: Option<VersionInfo>,
    pub is_private_file: Option<bool>,
    pub is_published: Option<bool>,
    pub custom_coordinates: Option<String>,
    pub url: String,
    pub thumbnail: Option<String>,
    pub file_type: Option<String>,
    pub mime: Option<String>,
    pub width: Option<f64>,
    pub height: Option<f64>,
    pub size: Option<i64>,
    pub has_alpha: Option<bool>,
    pub bit_rate: Option<i64>,
    pub duration: Option<f64>,
    pub video_codec: Option<String>,
    pub audio_codec: Option<String>,
    pub custom_metadata: Option<Map<String, Value>>,
    pub embedded_metadata: Option<Map<String, Value>>,
    pub description: Option<String>,
    pub selected_fields_schema: Option<BTreeMap<String, SelectedField>>,
    pub created_at: Option<DateTime<Utc>>,
    pub updated_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize)]
pub struct AiTag {
    pub name: Option<String>,
    pub confidence: f64,
    pub source: String,
}

#[derive(Debug, Deserialize)]
pub struct VersionInfo {
    pub id: String,
    pub name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SelectedField {
    pub r#type: String,
    pub is_value_required: Option<bool>,
    pub read_only: Option<bool>,
    pub default_value: Option<Value>,
    pub min_length: Option<f64>,
    pub max_length: Option<f64>,
    pub min_value: Option<Value>,
    pub max_value: Option<Value>,
    pub select_options: Option<Vec<Value>>,
    pub select_options_truncated: Option<bool>,
}
