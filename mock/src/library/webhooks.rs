//! Where an account wants its events posted to.

use serde_json::{Map, Value};

use super::Library;
use super::account::AccountRefusal;
use super::events::timestamp;

const MAX_WEBHOOKS: usize = 3;

impl Library {
    pub(crate) fn create_webhook(
        &mut self,
        wanted: Map<String, Value>,
    ) -> Result<Value, AccountRefusal> {
        if self.webhooks.len() >= MAX_WEBHOOKS {
            return Err(AccountRefusal::TooMany(MAX_WEBHOOKS));
        }
        self.check_address(wanted.get("endpoint"), "")?;
        let now = self.now();
        let id = self.ids.object(now);
        let mut json = wanted;
        json.entry("enabled").or_insert(true.into());
        json.insert("id".to_owned(), id.clone().into());
        let secret = format!("whsec_{}", self.ids.text(32).replace(['-', '_'], "x"));
        json.insert("secret".to_owned(), secret.into());
        json.insert("createdAt".to_owned(), timestamp(now).into());
        json.insert("updatedAt".to_owned(), timestamp(now).into());
        Ok(self
            .webhooks
            .entry(id)
            .insert_entry(Value::Object(json))
            .get()
            .clone())
    }

    pub(crate) fn update_webhook(
        &mut self,
        id: &str,
        changes: Map<String, Value>,
    ) -> Result<Value, AccountRefusal> {
        self.check_address(changes.get("endpoint"), id)?;
        let now = timestamp(self.now());
        let json = self.webhooks.get_mut(id).ok_or(AccountRefusal::Missing)?;
        if let Value::Object(json) = json {
            json.extend(changes);
        }
        json["updatedAt"] = now.into();
        Ok(json.clone())
    }

    pub(crate) fn delete_webhook(&mut self, id: &str) -> Result<(), AccountRefusal> {
        self.webhooks
            .shift_remove(id)
            .map(drop)
            .ok_or(AccountRefusal::Missing)
    }

    fn check_address(&self, endpoint: Option<&Value>, own: &str) -> Result<(), AccountRefusal> {
        let mut others = self.webhooks.iter().filter(|(id, _)| *id != own);
        if endpoint.is_some_and(|endpoint| others.any(|(_, it)| it["endpoint"] == *endpoint)) {
            return Err(AccountRefusal::NameTaken);
        }
        Ok(())
    }
}

/// Whether a webhook wants events of a type.
pub(crate) fn is_subscribed(webhook: &Value, kind: &str) -> bool {
    let events = webhook["events"].as_array();
    webhook["enabled"] == true && events.is_some_and(|it| it.iter().any(|it| it == kind))
}
