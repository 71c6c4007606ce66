//! Measures requests by the document.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;
use serde_json::{Map, Value, json};

/// What a request holds.
#[derive(Debug)]
pub(crate) struct Given<'a> {
    pub(crate) query: &'a [(String, String)],
    pub(crate) body: Option<&'a Map<String, Value>>,
    /// The texts of a form.
    pub(crate) form: &'a [(String, String)],
    /// Whether a form has a file.
    pub(crate) has_file: bool,
}

/// What is wrong with a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    /// The parameter of the query, or the property of the body, as `tags[0]`.
    pub(crate) field: String,
    /// What is wrong; `None` if it is missing.
    pub(crate) reason: Option<String>,
}

impl Problem {
    /// Returns the name of the parameter or of the property of the body itself.
    pub(crate) fn name(&self) -> &str {
        let end = self.field.find(['.', '[']).unwrap_or(self.field.len());
        &self.field[..end]
    }

    /// Returns `true` if a parameter or a property of the body itself is missing.
    pub(crate) fn is_missing(&self) -> bool {
        self.reason.is_none() && self.name() == self.field
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, reason } = self;
        match reason {
            None => write!(f, "Your request is missing {field} parameter."),
            Some(reason) => write!(
                f,
                "Your request contains invalid {field} parameter: {reason}."
            ),
        }
    }
}

/// The schemas of the document, as JSON Schemas; each is compiled when it is first needed.
#[derive(Debug)]
pub(super) struct Schemas {
    components: Value,
    compiled: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Schemas {
    pub(super) fn new(components: &Value) -> Self {
        let mut components = components.clone();
        translate(&mut components);
        Self {
            components,
            compiled: Mutex::default(),
        }
    }

    /// Returns the first problem of a request to an operation.
    pub(super) fn problem(&self, operation: &Value, given: &Given<'_>) -> Option<Problem> {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        for parameter in parameters.filter(|it| it["in"] == "query") {
            let name = parameter["name"].as_str().unwrap_or_default();
            let text = given.query.iter().find(|(known, _)| known == name);
            let problem = match text {
                Some((_, text)) => self.text_problem(name, &parameter["schema"], text),
                None if parameter["required"] == true => Some(missing(name.to_owned())),
                None => None,
            };
            if problem.is_some() {
                return problem;
            }
        }
        let content = &operation["requestBody"]["content"];
        if let Some(form) = content.get("multipart/form-data") {
            return self.form_problem(&form["schema"], given);
        }
        let schema = &content.get("application/json")?["schema"];
        match given.body {
            Some(body) => self.json_problem("", schema, &Value::Object(body.clone())),
            None if operation["requestBody"]["required"] == true => {
                Some(wrong("body".to_owned(), "it is empty".to_owned()))
            }
            None => None,
        }
    }

    fn form_problem(&self, schema: &Value, given: &Given<'_>) -> Option<Problem> {
        let schema = self.resolve(schema);
        let is_given = |name: &str| match name {
            "file" => given.has_file,
            _ => given.form.iter().any(|(known, _)| known == name),
        };
        let required = schema["required"].as_array().into_iter().flatten();
        let required = required.filter_map(Value::as_str);
        if let Some(name) = required.into_iter().find(|name| !is_given(name)) {
            return Some(missing(name.to_owned()));
        }
        let fields = given.form.iter();
        fields.into_iter().find_map(|(name, text)| {
            let property = schema["properties"].get(name)?;
            self.text_problem(name, property, text)
        })
    }

    /// Measures the text that stands for a value.
    fn text_problem(&self, name: &str, schema: &Value, text: &str) -> Option<Problem> {
        let value = schema.get("x-value").unwrap_or(schema);
        let json = match schema["format"].as_str() {
            Some("comma-separated") => text.split(',').filter(|it| !it.is_empty()).collect(),
            Some("json") => match serde_json::from_str(text) {
                Ok(json) => json,
                Err(error) => {
                    return Some(wrong(name.to_owned(), format!("it is not JSON: {error}")));
                }
            },
            _ => match self.resolve(schema)["type"].as_str() {
                Some("integer" | "number" | "boolean") => {
                    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
                }
                _ => Value::from(text),
            },
        };
        self.json_problem(name, value, &json)
    }

    fn json_problem(&self, name: &str, schema: &Value, json: &Value) -> Option<Problem> {
        let validator = self.validator(schema)?;
        let error = validator.iter_errors(json).next()?;
        let mut field = name.to_owned();
        for segment in error.instance_path().to_string().split('/').skip(1) {
            if segment.parse::<usize>().is_ok() {
                field = format!("{field}[{segment}]");
            } else if field.is_empty() {
                field = segment.to_owned();
            } else {
                field = format!("{field}.{segment}");
            }
        }
        if let ValidationErrorKind::Required { property } = error.kind() {
            let property = property.as_str().unwrap_or_default();
            return Some(missing(if field.is_empty() {
                property.to_owned()
            } else {
                format!("{field}.{property}")
            }));
        }
        let reason = error.masked_with("the value").to_string();
        Some(wrong(field, reason))
    }

    fn validator(&self, schema: &Value) -> Option<Arc<Validator>> {
        let key = schema.to_string();
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = compiled.get(&key) {
            return Some(known.clone());
        }
        let mut schema = schema.clone();
        translate(&mut schema);
        let root = json!({ "allOf": [schema], "components": { "schemas": self.components } });
        // A schema that cannot be compiled is a mistake of the document, and no reason to refuse a request.
        let options = jsonschema::options()
            .should_validate_formats(true)
            .offline();
        let validator = Arc::new(options.build(&root).ok()?);
        compiled.insert(key, validator.clone());
        Some(validator)
    }

    fn resolve<'s>(&'s self, schema: &'s Value) -> &'s Value {
        match schema["$ref"].as_str() {
            Some(reference) => {
                let name = reference.rsplit('/').next().unwrap_or_default();
                self.resolve(&self.components[name])
            }
            None => schema,
        }
    }
}

fn missing(field: String) -> Problem {
    Problem {
        field,
        reason: None,
    }
}

fn wrong(field: String, reason: String) -> Problem {
    Problem {
        field,
        reason: Some(reason),
    }
}

/// Turns what OpenAPI 3.0 says in its own way into JSON Schema: `nullable`, and unions with a discriminator.
fn translate(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(translate),
        Value::Object(entries) => {
            entries.retain(|name, _| !name.starts_with("x-") || name == "x-value");
            entries.values_mut().for_each(translate);
            if let Some(discriminator) = entries.remove("discriminator") {
                let tag = discriminator["propertyName"].clone();
                let mapping = discriminator["mapping"].as_object().into_iter().flatten();
                let variants = mapping.map(|(value, variant)| {
                    let name = tag.as_str().unwrap_or_default();
                    json!({
                        "if": { "required": [tag], "properties": { name: { "const": value } } },
                        "then": { "$ref": variant },
                    })
                });
                let variants: Vec<_> = variants.collect();
                entries.remove("anyOf");
                entries.insert("type".to_owned(), "object".into());
                entries.insert("allOf".to_owned(), variants.into());
            }
            if entries.get("format") == Some(&"int64".into()) {
                entries.entry("maximum").or_insert(i64::MAX.into());
            }
            if entries.remove("nullable") == Some(Value::Bool(true)) {
                match entries.get_mut("type") {
                    Some(kind) => *kind = json!([kind, "null"]),
                    None => {
                        let whole = Value::Object(std::mem::take(entries));
                        entries.insert("anyOf".to_owned(), json!([whole, { "type": "null" }]));
                    }
                }
            }
        }
        _ => {}
    }
}
