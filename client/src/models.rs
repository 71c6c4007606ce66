//! Models by the names of their components, and operations by their ids, for tests that are made from the document.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::runtime::json_path;

#[cfg(feature = "schemars")]
pub(crate) trait Model: Debug + Serialize + DeserializeOwned + schemars::JsonSchema {}
#[cfg(feature = "schemars")]
impl<T: Debug + Serialize + DeserializeOwned + schemars::JsonSchema> Model for T {}
#[cfg(not(feature = "schemars"))]
pub(crate) trait Model: Debug + Serialize + DeserializeOwned {}
#[cfg(not(feature = "schemars"))]
impl<T: Debug + Serialize + DeserializeOwned> Model for T {}

pub(crate) trait Visitor {
    type Output;

    fn visit<T: Model>(self) -> Self::Output;
}

/// Decodes JSON as the model of a component and encodes it again; an error is the path and the message. `None` if
/// the component is not a model.
pub fn round_trip(component: &str, json: &[u8]) -> Option<Result<String, (String, String)>> {
    struct RoundTrip<'a>(&'a [u8]);

    impl Visitor for RoundTrip<'_> {
        type Output = Result<String, serde_json::Error>;

        fn visit<T: Model>(self) -> Self::Output {
            serde_json::to_string(&serde_json::from_slice::<T>(self.0)?)
        }
    }

    let outcome = crate::generated::models::visit(component, RoundTrip(json))?;
    Some(outcome.map_err(|error| json_path::located(json, &error)))
}

/// Returns what the model of a component prints of itself, on one line and on many; `None` if the component is not a
/// model, or the JSON is not of it.
pub fn debug(component: &str, json: &[u8]) -> Option<String> {
    struct Printed<'a>(&'a [u8]);

    impl Visitor for Printed<'_> {
        type Output = Option<String>;

        fn visit<T: Model>(self) -> Self::Output {
            let value = serde_json::from_slice::<T>(self.0).ok()?;
            Some(format!("{value:?} {value:#?}"))
        }
    }

    crate::generated::models::visit(component, Printed(json))?
}

/// Returns the JSON Schema that the model of a component gives of itself.
#[cfg(feature = "schemars")]
pub fn schema(component: &str) -> Option<schemars::Schema> {
    struct SchemaOf;

    impl Visitor for SchemaOf {
        type Output = schemars::Schema;

        fn visit<T: Model>(self) -> Self::Output {
            schemars::schema_for!(T)
        }
    }

    crate::generated::models::visit(component, SchemaOf)
}

/// The parameters of a call, from an example.
pub struct Given(serde_json::Map<String, serde_json::Value>);

/// What a call came to.
pub struct Called {
    /// The status, the request id and the body of a success, and the body once more as it is encoded after decoding.
    pub outcome: Result<Success, crate::Error>,
}

/// A response that was decoded.
pub struct Success {
    /// The status.
    pub status: u16,
    /// ImageKit's id of the request.
    pub request_id: Option<String>,
    /// The bytes of the body.
    pub raw_body: bytes::Bytes,
    /// The decoded body, encoded again.
    pub encoded: serde_json::Value,
}

/// Bytes that an example gives as a text.
pub(crate) struct GivenFile(String);

impl<'de> serde::Deserialize<'de> for GivenFile {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

impl From<GivenFile> for crate::UploadSource {
    fn from(file: GivenFile) -> Self {
        Self::bytes(file.0)
    }
}

impl Given {
    pub(crate) fn required<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, String> {
        let missing = || format!("{name} is not given");
        self.optional(name)?.ok_or_else(missing)
    }

    pub(crate) fn optional<T: DeserializeOwned>(
        &mut self,
        name: &str,
    ) -> Result<Option<T>, String> {
        let Some(value) = self.0.remove(name) else {
            return Ok(None);
        };
        let value = serde_json::from_value(value).map_err(|error| format!("{name}: {error}"))?;
        Ok(Some(value))
    }

    pub(crate) fn nullable<T: DeserializeOwned>(
        &mut self,
        name: &str,
    ) -> Result<Option<Option<T>>, String> {
        match self.0.get(name) {
            Some(serde_json::Value::Null) => {
                self.0.remove(name);
                Ok(Some(None))
            }
            _ => Ok(self.optional(name)?.map(Some)),
        }
    }

    pub(crate) fn finish(self) -> Result<(), String> {
        match self.0.keys().next() {
            Some(name) => Err(format!("the operation has no parameter {name}")),
            None => Ok(()),
        }
    }
}

impl Called {
    pub(crate) fn new<T>(
        outcome: Result<crate::Response<T>, crate::Error>,
        encode: impl FnOnce(&T) -> Result<serde_json::Value, serde_json::Error>,
    ) -> Result<Self, String> {
        let outcome = match outcome {
            Ok(response) => Ok(Success {
                status: response.status().as_u16(),
                request_id: response.request_id().map(str::to_owned),
                raw_body: response.raw_body().clone(),
                encoded: encode(response.body()).map_err(|error| error.to_string())?,
            }),
            Err(error) => Err(error),
        };
        Ok(Self { outcome })
    }
}

/// Calls an operation with the parameters of an example, those of path, query and body together; a whole body by the
/// name of its argument.
///
/// # Errors
///
/// If the parameters are not those of the operation.
pub async fn call(
    client: &crate::Client,
    operation: &str,
    parameters: serde_json::Map<String, serde_json::Value>,
) -> Result<Called, String> {
    crate::generated::calls::call(client, operation, Given(parameters)).await
}
