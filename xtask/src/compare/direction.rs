//! In which direction each component travels: what loosens a request may break who reads responses.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::document::{Document, SCHEMAS};

/// Who writes a value: users, ImageKit, or both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) requests: bool,
    pub(super) responses: bool,
}

impl Use {
    pub(super) const REQUESTS: Self = Self {
        requests: true,
        responses: false,
    };
    pub(super) const RESPONSES: Self = Self {
        requests: false,
        responses: true,
    };
}

/// The directions of all components.
pub(super) struct Uses {
    components: BTreeMap<String, Use>,
    /// What else was followed already: a reference may lead back to itself.
    followed: BTreeSet<(String, bool)>,
}

impl Uses {
    pub(super) fn of(documents: [&Document; 2]) -> Self {
        let mut uses = Self {
            components: BTreeMap::new(),
            followed: BTreeSet::new(),
        };
        for document in documents {
            uses.followed.clear();
            for operation in document.operations() {
                for (_, parameter) in document.parameters(&operation) {
                    uses.reach(document, parameter, Use::REQUESTS);
                }
                for (key, seen) in [
                    ("requestBody", Use::REQUESTS),
                    ("responses", Use::RESPONSES),
                ] {
                    if let Some(part) = document.at(&format!("{}/{key}", operation.pointer)) {
                        uses.reach(document, part, seen);
                    }
                }
            }
        }
        uses
    }

    /// Of what is not used yet, users can only read the type.
    pub(super) fn get(&self, component: &str) -> Use {
        self.components
            .get(component)
            .copied()
            .unwrap_or(Use::RESPONSES)
    }

    fn reach(&mut self, document: &Document, value: &Value, seen: Use) {
        match value {
            Value::Object(entries) => {
                if let Some(target) = entries.get("$ref").and_then(Value::as_str) {
                    self.follow(document, target, seen);
                }
                for value in entries.values() {
                    self.reach(document, value, seen);
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.reach(document, item, seen);
                }
            }
            _ => {}
        }
    }

    fn follow(&mut self, document: &Document, target: &str, seen: Use) {
        let pointer = target.trim_start_matches('#');
        let component = pointer
            .strip_prefix(SCHEMAS)
            .and_then(|it| it.strip_prefix('/'));
        if let Some(name) = component {
            let known = self.components.entry(name.to_owned()).or_default();
            let before = *known;
            known.requests |= seen.requests;
            known.responses |= seen.responses;
            if *known == before {
                return;
            }
        } else if pointer.starts_with("/components/examples")
            || !self.followed.insert((pointer.to_owned(), seen.requests))
        {
            return;
        }
        if let Some(target) = document.at(pointer) {
            self.reach(document, target, seen);
        }
    }
}
