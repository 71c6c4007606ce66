//! What an account has besides its media library: saved extensions, named transformations, origins and URL endpoints.

use serde_json::{Map, Value, json};

use super::Library;
use super::events::timestamp;

/// The id of the URL endpoint that every account has.
pub(crate) const DEFAULT_ENDPOINT: &str = "default";

/// Why something of the account cannot be as it is wanted.
#[derive(Debug, PartialEq)]
pub(crate) enum AccountRefusal {
    Missing,
    NameTaken,
    /// Something else needs it as it is.
    InUse,
    TooMany(usize),
    UnknownOrigin,
    DefaultEndpoint,
    /// Only the default endpoint has an empty prefix.
    EmptyPrefix,
}

use AccountRefusal::{
    DefaultEndpoint, EmptyPrefix, InUse, Missing, NameTaken, TooMany, UnknownOrigin,
};

const MAX_SAVED_EXTENSIONS: usize = 100;
const MAX_NAMED_TRANSFORMATIONS: usize = 250;

impl Library {
    pub(crate) fn create_saved_extension(
        &mut self,
        wanted: Map<String, Value>,
    ) -> Result<Value, AccountRefusal> {
        if self.saved_extensions.len() >= MAX_SAVED_EXTENSIONS {
            return Err(TooMany(MAX_SAVED_EXTENSIONS));
        }
        let now = self.now();
        let id = self.ids.object(now);
        let mut json = wanted;
        json.insert("id".to_owned(), id.clone().into());
        json.insert("createdAt".to_owned(), timestamp(now).into());
        json.insert("updatedAt".to_owned(), timestamp(now).into());
        Ok(self
            .saved_extensions
            .entry(id)
            .insert_entry(Value::Object(json))
            .get()
            .clone())
    }

    pub(crate) fn update_saved_extension(
        &mut self,
        id: &str,
        changes: Map<String, Value>,
    ) -> Result<Value, AccountRefusal> {
        let now = timestamp(self.now());
        let json = self.saved_extensions.get_mut(id).ok_or(Missing)?;
        set(json, changes);
        json["updatedAt"] = now.into();
        Ok(json.clone())
    }

    pub(crate) fn delete_saved_extension(&mut self, id: &str) -> Result<(), AccountRefusal> {
        self.saved_extensions
            .shift_remove(id)
            .map(drop)
            .ok_or(Missing)
    }

    pub(crate) fn create_named_transformation(
        &mut self,
        wanted: Map<String, Value>,
    ) -> Result<Value, AccountRefusal> {
        if self.named_transformations.len() >= MAX_NAMED_TRANSFORMATIONS {
            return Err(TooMany(MAX_NAMED_TRANSFORMATIONS));
        }
        self.check_transformation_name(wanted.get("name"), "")?;
        let now = timestamp(self.now());
        let id = self.ids.text(9);
        let mut json = wanted;
        json.entry("enabled").or_insert(true.into());
        json.insert("id".to_owned(), id.clone().into());
        json.insert("createdAt".to_owned(), now.into());
        Ok(self
            .named_transformations
            .entry(id)
            .insert_entry(Value::Object(json))
            .get()
            .clone())
    }

    pub(crate) fn update_named_transformation(
        &mut self,
        id: &str,
        changes: Map<String, Value>,
    ) -> Result<Value, AccountRefusal> {
        self.check_transformation_name(changes.get("name"), id)?;
        let json = self.named_transformations.get(id).ok_or(Missing)?;
        let is_renamed = changes.get("name").is_some_and(|it| *it != json["name"]);
        let is_disabled = changes.get("enabled").is_some_and(|it| *it == false);
        if (is_renamed || is_disabled) && self.is_transformation_used(json) {
            return Err(InUse);
        }
        let json = self.named_transformations.get_mut(id).ok_or(Missing)?;
        set(json, changes);
        Ok(json.clone())
    }

    pub(crate) fn delete_named_transformation(&mut self, id: &str) -> Result<(), AccountRefusal> {
        let json = self.named_transformations.get(id).ok_or(Missing)?;
        if self.is_transformation_used(json) {
            return Err(InUse);
        }
        self.named_transformations.shift_remove(id);
        Ok(())
    }

    fn check_transformation_name(
        &self,
        name: Option<&Value>,
        own: &str,
    ) -> Result<(), AccountRefusal> {
        let mut others = self
            .named_transformations
            .iter()
            .filter(|(id, _)| *id != own);
        if name.is_some_and(|name| others.any(|(_, it)| it["name"] == *name)) {
            return Err(NameTaken);
        }
        Ok(())
    }

    /// Whether the account's settings for uploads name a transformation.
    fn is_transformation_used(&self, json: &Value) -> bool {
        let name = format!("n-{}", json["name"].as_str().unwrap_or_default());
        let used = self.settings.upload_transformations.iter();
        used.flat_map(|it| it.split([',', ':']))
            .any(|it| it == name)
    }

    pub(crate) fn create_origin(&mut self, wanted: &Map<String, Value>) -> Value {
        let now = self.now();
        let id = self.ids.object(now);
        let json = origin(&id, wanted);
        self.origins.insert(id, json.clone());
        json
    }

    /// Replaces an origin, as a PUT does.
    pub(crate) fn update_origin(
        &mut self,
        id: &str,
        wanted: &Map<String, Value>,
    ) -> Result<Value, AccountRefusal> {
        let json = self.origins.get_mut(id).ok_or(Missing)?;
        *json = origin(id, wanted);
        Ok(json.clone())
    }

    pub(crate) fn delete_origin(&mut self, id: &str) -> Result<(), AccountRefusal> {
        if !self.origins.contains_key(id) {
            return Err(Missing);
        }
        let uses = |endpoint: &Value| {
            let origins = endpoint["origins"].as_array();
            origins.is_some_and(|it| it.iter().any(|it| it == id))
        };
        if self.url_endpoints.values().any(uses) {
            return Err(InUse);
        }
        self.origins.shift_remove(id);
        Ok(())
    }

    pub(crate) fn create_url_endpoint(
        &mut self,
        wanted: &Map<String, Value>,
    ) -> Result<Value, AccountRefusal> {
        let prefix = wanted
            .get("urlPrefix")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if prefix.is_empty() {
            return Err(EmptyPrefix);
        }
        self.check_endpoint(prefix, wanted, "")?;
        let now = self.now();
        let id = self.ids.object(now);
        let json = url_endpoint(&id, wanted);
        self.url_endpoints.insert(id, json.clone());
        Ok(json)
    }

    /// Replaces a URL endpoint, as a PUT does.
    pub(crate) fn update_url_endpoint(
        &mut self,
        id: &str,
        wanted: &Map<String, Value>,
    ) -> Result<Value, AccountRefusal> {
        if !self.url_endpoints.contains_key(id) {
            return Err(Missing);
        }
        let prefix = wanted
            .get("urlPrefix")
            .and_then(Value::as_str)
            .unwrap_or_default();
        match (id == DEFAULT_ENDPOINT, prefix.is_empty()) {
            (true, false) => return Err(DefaultEndpoint),
            (false, true) => return Err(EmptyPrefix),
            _ => self.check_endpoint(prefix, wanted, id)?,
        }
        let json = url_endpoint(id, wanted);
        self.url_endpoints.insert(id.to_owned(), json.clone());
        Ok(json)
    }

    fn check_endpoint(
        &self,
        prefix: &str,
        wanted: &Map<String, Value>,
        own: &str,
    ) -> Result<(), AccountRefusal> {
        let mut others = self.url_endpoints.iter().filter(|(id, _)| *id != own);
        if others.any(|(_, it)| it["urlPrefix"] == prefix) {
            return Err(NameTaken);
        }
        let origins = wanted.get("origins").and_then(Value::as_array);
        let mut ids = origins.into_iter().flatten().filter_map(Value::as_str);
        if ids.any(|id| !self.origins.contains_key(id)) {
            return Err(UnknownOrigin);
        }
        Ok(())
    }

    pub(crate) fn delete_url_endpoint(&mut self, id: &str) -> Result<(), AccountRefusal> {
        if id == DEFAULT_ENDPOINT {
            return Err(DefaultEndpoint);
        }
        self.url_endpoints.shift_remove(id).map(drop).ok_or(Missing)
    }
}

fn set(json: &mut Value, changes: Map<String, Value>) {
    if let Value::Object(json) = json {
        json.extend(changes);
    }
}

/// An origin as responses show it: without secrets, and with what applies if a request does not say.
fn origin(id: &str, wanted: &Map<String, Value>) -> Value {
    let mut json = wanted.clone();
    let kind = wanted
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    // A request holds secrets, which a response does not have.
    if let Some(shown) = crate::contract::variant("Origin", kind) {
        json.retain(|name, _| shown.property(name).is_some());
    }
    json.insert("id".to_owned(), id.into());
    json.entry("includeCanonicalHeader").or_insert(false.into());
    let defaults: &[(&str, Value)] = match kind {
        "S3" | "CLOUDINARY_BACKUP" | "GCS" | "AZURE_BLOB" => &[("prefix", json!(""))],
        "S3_COMPATIBLE" => &[("prefix", json!("")), ("s3ForcePathStyle", json!(false))],
        "WEB_FOLDER" => &[("forwardHostHeaderToOrigin", json!(false))],
        _ => &[],
    };
    for (name, value) in defaults {
        json.entry(*name).or_insert(value.clone());
    }
    Value::Object(json)
}

fn url_endpoint(id: &str, wanted: &Map<String, Value>) -> Value {
    let mut json = wanted.clone();
    json.insert("id".to_owned(), id.into());
    json.entry("urlPrefix").or_insert("".into());
    json.entry("origins").or_insert(json!([]));
    let rewriter = json.get_mut("urlRewriter").and_then(Value::as_object_mut);
    if let Some(rewriter) = rewriter.filter(|it| it.get("type") == Some(&"CLOUDINARY".into())) {
        rewriter
            .entry("preserveAssetDeliveryTypes")
            .or_insert(false.into());
    }
    Value::Object(json)
}

/// The URL endpoint that every account has.
pub(super) fn default_url_endpoint() -> Value {
    json!({
        "id": DEFAULT_ENDPOINT,
        "description": "Default URL endpoint",
        "urlPrefix": "",
        "origins": [],
    })
}
