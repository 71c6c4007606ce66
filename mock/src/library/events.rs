use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::Library;

/// Something that happened, to be posted to those who want to know.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Notice {
    /// To every webhook of the account that is subscribed to its type.
    Event { kind: &'static str, body: Value },
    /// To the address that an upload or an update gave.
    Extension { address: String, body: Value },
}

impl Library {
    /// Notes an event of this type, with what is in its `data`.
    pub(super) fn event(&mut self, kind: &'static str, data: Value) {
        self.event_with(kind, Map::new(), data);
    }

    /// Notes an event that has more in its envelope than others.
    pub(crate) fn event_with(
        &mut self,
        kind: &'static str,
        envelope: Map<String, Value>,
        data: Value,
    ) {
        if !self.is_anyone_listening(kind) {
            return;
        }
        let mut body = json!({
            "type": kind,
            "id": self.ids.uuid(),
            "created_at": timestamp(self.now()),
            "data": data,
        });
        if let Value::Object(body) = &mut body {
            body.extend(envelope);
        }
        self.notices.push(Notice::Event { kind, body });
    }

    /// Returns what happened since the last time.
    pub(crate) fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Whether it is worth the while to describe an event.
    pub(super) fn is_anyone_listening(&self, kind: &str) -> bool {
        self.webhooks
            .values()
            .any(|webhook| super::webhooks::is_subscribed(webhook, kind))
    }
}

/// A time as ImageKit writes it.
pub(crate) fn timestamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
