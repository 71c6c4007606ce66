//! Says what is wrong with JSON, and with whole requests.
//!
//! ```
//! use imagekit_openapi::validate::Validator;
//! use serde_json::json;
//!
//! # #[cfg(feature = "contract")] {
//! let validator = Validator::of("VersionInfo")?;
//! let found = validator.diagnostics(&json!({ "id": 2 }));
//! assert_eq!(found[0].to_string(), r#"$.id: 2 is not of type "string""#);
//! # }
//! # Ok::<(), imagekit_openapi::validate::SchemaError>(())
//! ```

use std::fmt;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;

use crate::json_path::JsonPath;

mod json;
#[cfg(feature = "contract")]
mod request;

pub use self::json::parse_json;
#[cfg(feature = "contract")]
pub use self::request::{Request, RequestBody, RequestDiagnostic, RequestValidator};

/// A JSON Schema that JSON can be checked against.
#[derive(Debug)]
pub struct Validator(jsonschema::Validator);

/// One thing that is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// Where it is, as a JSON Pointer.
    pub pointer: String,
    /// Where it is, as a JSONPath.
    pub path: JsonPath,
    /// What is wrong.
    pub message: String,
    /// The property that is missing, if this is what is wrong.
    pub missing: Option<String>,
}

/// A schema that does not exist or cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaError(String);

impl Validator {
    /// Returns a validator for a JSON Schema, which checks formats such as `date-time` as well.
    ///
    /// # Errors
    ///
    /// If the schema is not valid, or refers to what is not built in. Nothing is fetched.
    pub fn new(schema: &Value) -> Result<Self, SchemaError> {
        let options = jsonschema::options().should_validate_formats(true);
        #[cfg(feature = "contract")]
        let options = options.with_retriever(BuiltIn);
        #[cfg(not(feature = "contract"))]
        let options = options.offline();
        let validator = options.build(schema);
        validator
            .map(Self)
            .map_err(|error| SchemaError(format!("the schema cannot be used: {error}")))
    }

    /// Returns a validator for a component of the document.
    ///
    /// # Errors
    ///
    /// If there is no such component.
    #[cfg(feature = "contract")]
    pub fn of(component: &str) -> Result<Self, SchemaError> {
        let text = crate::schema(component)
            .ok_or_else(|| SchemaError(format!("no component is called {component}")))?;
        Self::parse(text)
    }

    #[cfg(feature = "contract")]
    fn parse(schema: &str) -> Result<Self, SchemaError> {
        let schema = serde_json::from_str(schema);
        Self::new(&schema.map_err(|error| SchemaError(error.to_string()))?)
    }

    /// Returns `true` if nothing is wrong with a value. This is faster than to ask what is.
    #[must_use]
    pub fn is_valid(&self, value: &Value) -> bool {
        self.0.is_valid(value)
    }

    /// Returns everything that is wrong with a value. Of a choice, it is what is wrong with the branch that was
    /// probably meant.
    #[must_use]
    pub fn diagnostics(&self, value: &Value) -> Vec<Diagnostic> {
        let errors: Vec<_> = self.0.iter_errors(value).collect();
        let causes = errors.iter().flat_map(causes);
        causes.map(|cause| diagnostic(cause, value)).collect()
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SchemaError {}

/// The errors within the branch of a choice that was probably meant: the one that does not ask for another kind
/// of thing altogether, and that fits the furthest. Of equals it is the last, which in an open enum is any text.
fn causes<'a>(error: &'a ValidationError<'_>) -> Vec<&'a ValidationError<'a>> {
    let (ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context }) =
        error.kind()
    else {
        return vec![error];
    };
    let meant = context.iter().max_by_key(|branch| {
        let asks_for_another_kind = branch.iter().any(|error| match error.kind() {
            ValidationErrorKind::Required { property } => property == "$ref",
            ValidationErrorKind::Constant { .. } => true,
            ValidationErrorKind::Enum { options } => {
                options.as_array().is_some_and(|options| options.len() == 1)
            }
            ValidationErrorKind::Type {
                kind: TypeKind::Single(kind),
            } => kind.as_str() == "null",
            _ => false,
        });
        let depth = branch
            .iter()
            .map(|error| error.instance_path().as_str().matches('/').count())
            .max();
        (!asks_for_another_kind, depth)
    });
    match meant {
        Some(branch) => branch.iter().flat_map(causes).collect(),
        None => vec![error],
    }
}

fn diagnostic(error: &ValidationError<'_>, root: &Value) -> Diagnostic {
    let pointer = error.instance_path().to_string();
    let missing = match error.kind() {
        ValidationErrorKind::Required { property } => property.as_str().map(str::to_owned),
        _ => None,
    };
    Diagnostic {
        path: JsonPath::from_pointer(&pointer, root),
        pointer,
        message: match &missing {
            Some(property) => format!("{property:?} is missing"),
            None => message(error),
        },
        missing,
    }
}

/// What is wrong, without the whole value that it is about.
fn message(error: &ValidationError<'_>) -> String {
    const LONGEST: usize = 80;
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            return format!("`{}` is not known here", unexpected.join("`, `"));
        }
        ValidationErrorKind::Enum { options } => {
            return format!("{} is not one of {options}", error.instance());
        }
        _ => {}
    }
    let shown = match &**error.instance() {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::String(text) if text.chars().count() > LONGEST => "a long text".to_owned(),
        value => value.to_string(),
    };
    error.masked_with(shown).to_string()
}

/// Finds the schemas of components by their `$id`.
#[cfg(feature = "contract")]
struct BuiltIn;

#[cfg(feature = "contract")]
impl jsonschema::Retrieve for BuiltIn {
    fn retrieve(
        &self,
        uri: &jsonschema::Uri<String>,
    ) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let uri = uri.as_str();
        let name = uri
            .rsplit('/')
            .next()
            .and_then(|it| it.strip_suffix(".json"));
        let text = name.and_then(crate::schema);
        Ok(serde_json::from_str(text.ok_or("it is not built in")?)?)
    }
}
