//! What the document says about values, to hold the client's models against.

use imagekit_openapi::json_path::JsonPath;
use imagekit_openapi::validate::Validator;
use serde_json::{Map, Value, json};

/// The schema of one component.
pub struct Shape {
    root: Value,
    validator: Validator,
}

/// A step from a value to one within it.
#[derive(Clone, Debug)]
pub enum Step {
    /// To a property of an object.
    Key(String),
    /// To an item of an array.
    Index(usize),
}

impl Shape {
    /// The shape of a component.
    ///
    /// # Panics
    ///
    /// If the document has no such component.
    #[must_use]
    pub fn of(component: &str) -> Self {
        let text = imagekit_openapi::schema(component);
        let root = text.and_then(|text| serde_json::from_str(text).ok());
        match (root, Validator::of(component)) {
            (Some(root), Ok(validator)) => Self { root, validator },
            (_, validator) => unreachable!("{component}: {validator:?}"),
        }
    }

    /// The names of all components.
    #[must_use]
    pub fn components() -> Vec<String> {
        let names = imagekit_openapi::schemas().map(|(name, _)| name.to_owned());
        names.collect()
    }

    /// The JSON Schema itself.
    #[must_use]
    pub fn schema(&self) -> &Value {
        &self.root
    }

    /// The paths of everything that is wrong with a value, as in `$.versionInfo.id`.
    #[must_use]
    pub fn faults(&self, value: &Value) -> Vec<String> {
        let found = self.validator.diagnostics(value).into_iter();
        found.map(|it| it.path.to_string()).collect()
    }

    /// A value that has everything that the schema knows.
    #[must_use]
    pub fn full(&self) -> Value {
        self.full_of(&self.root)
    }

    fn full_of(&self, schema: &Value) -> Value {
        let schema = self.target(schema);
        if let Some(listed) = schema["anyOf"][0]["enum"].get(0) {
            return listed.clone();
        }
        if let Some(tag) = schema["enum"].get(0) {
            return tag.clone();
        }
        if let Some(variant) = schema.pointer("/allOf/0/then") {
            return self.full_of(variant);
        }
        match schema["type"]
            .as_str()
            .or_else(|| schema["type"][0].as_str())
        {
            Some("boolean") => true.into(),
            Some("integer") => 4_812_345_678_i64.into(),
            Some("number") => 93.33.into(),
            Some("string") if schema["format"] == "date-time" => "2026-02-17T15:20:33.906Z".into(),
            Some("string") if schema["format"] == "date" => "2026-02-17".into(),
            Some("string") if schema.get("pattern").is_some() => "598821f949c0a938d57563bd".into(),
            Some("string") => "text".into(),
            Some("array") => json!([self.full_of(&schema["items"])]),
            Some("object") => {
                let properties = schema["properties"].as_object().into_iter().flatten();
                let mut object: Map<String, Value> = properties
                    .map(|(name, property)| (name.clone(), self.full_of(property)))
                    .collect();
                if let Some(values) = schema.get("additionalProperties") {
                    object.insert("two words".to_owned(), self.full_of(values));
                }
                object.into()
            }
            _ => json!(["any", 1, 2.5, false]),
        }
    }

    /// The steps to every value within `value` that the schema knows.
    #[must_use]
    pub fn places(&self, value: &Value) -> Vec<Vec<Step>> {
        let mut places = Vec::new();
        self.places_in(&self.root, value, &mut Vec::new(), &mut places);
        places
    }

    fn places_in(
        &self,
        schema: &Value,
        value: &Value,
        here: &mut Vec<Step>,
        places: &mut Vec<Vec<Step>>,
    ) {
        let schema = self.variant(self.target(schema), value);
        let mut go = |step: Step, schema: &Value, value: &Value| {
            here.push(step);
            places.push(here.clone());
            self.places_in(schema, value, here, places);
            here.pop();
        };
        match value {
            Value::Object(entries) => {
                for (name, value) in entries {
                    let property = schema["properties"].get(name);
                    if let Some(schema) = property.or_else(|| schema.get("additionalProperties")) {
                        go(Step::Key(name.clone()), schema, value);
                    }
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    go(Step::Index(index), &schema["items"], value);
                }
            }
            _ => {}
        }
    }

    /// What of a value a model holds, in a form in which equal values are equal: properties that the
    /// schema does not know are ignored, null is absent, and numbers and times count by their value.
    #[must_use]
    pub fn held(&self, value: &Value) -> Value {
        self.held_by(&self.root, value)
    }

    fn held_by(&self, schema: &Value, value: &Value) -> Value {
        let schema = self.variant(self.target(schema), value);
        match value {
            Value::Object(entries) => {
                let mut held = Map::new();
                for (name, value) in entries {
                    match (
                        schema["properties"].get(name),
                        schema.get("additionalProperties"),
                    ) {
                        (Some(_), _) if value.is_null() => {}
                        (Some(known), _) | (None, Some(known)) => {
                            held.insert(name.clone(), self.held_by(known, value));
                        }
                        (None, None) if schema.get("properties").is_some() => {}
                        (None, None) if schema.is_null() => {
                            held.insert(name.clone(), value.clone());
                        }
                        (None, None) => {
                            held.insert(name.clone(), value.clone());
                        }
                    }
                }
                held.into()
            }
            Value::Array(items) => items
                .iter()
                .map(|item| self.held_by(&schema["items"], item))
                .collect(),
            Value::Number(number) if is(schema, "number") => json!(number.as_f64()),
            // 94.0 is an integer too, and is written as one.
            Value::Number(number) if is(schema, "integer") && number.is_f64() => {
                let text = format!("{:.0}", number.as_f64().unwrap_or_default().abs());
                text.parse::<i64>().map_or(value.clone(), Into::into)
            }
            Value::String(text) if schema["format"] == "date-time" => {
                match chrono::DateTime::parse_from_rfc3339(text) {
                    Ok(time) => time.timestamp_nanos_opt().into(),
                    Err(_) => value.clone(),
                }
            }
            _ => value.clone(),
        }
    }

    /// Of an open union, the variant that the tag of a value names; a value of no variant is free.
    fn variant<'a>(&'a self, schema: &'a Value, value: &Value) -> &'a Value {
        let Some(choices) = schema["allOf"]
            .as_array()
            .filter(|it| it[0].get("if").is_some())
        else {
            return schema;
        };
        let choice = choices.iter().find(|choice| {
            let tags = choice.pointer("/if/properties").and_then(Value::as_object);
            tags.into_iter().flatten().all(|(name, tag)| {
                tag["enum"]
                    .as_array()
                    .is_some_and(|tags| tags.contains(&value[name]))
            })
        });
        match choice {
            Some(choice) => self.target(&choice["then"]),
            None => &Value::Null,
        }
    }

    /// The schema behind references, and behind the choice between something and null.
    fn target<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let lonely = schema
            .pointer("/allOf/0")
            .filter(|it| it.get("if").is_none());
        let inner = lonely.or_else(|| {
            let nullable = schema["anyOf"][1]["type"] == "null";
            schema.pointer("/anyOf/0").filter(|_| nullable)
        });
        if let Some(inner) = inner {
            return self.target(inner);
        }
        let reference = schema["$ref"]
            .as_str()
            .and_then(|target| target.strip_prefix('#'));
        match reference.and_then(|pointer| self.root.pointer(pointer)) {
            Some(target) => self.target(target),
            None => schema,
        }
    }
}

fn is(schema: &Value, kind: &str) -> bool {
    schema["type"] == kind || schema["type"][0] == kind
}

/// The path to a place as the client writes it.
#[must_use]
pub fn path(steps: &[Step]) -> String {
    let path = steps
        .iter()
        .fold(JsonPath::root(), |path, step| match step {
            Step::Index(index) => path.index(*index),
            Step::Key(key) => path.key(key),
        });
    path.to_string()
}
