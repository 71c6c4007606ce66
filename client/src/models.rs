//! The models by the names of their components, for tests that are made from the document.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::runtime::json_path;

#[cfg(feature = "schemars")]
pub(crate) trait Model: Serialize + DeserializeOwned + schemars::JsonSchema {}
#[cfg(feature = "schemars")]
impl<T: Serialize + DeserializeOwned + schemars::JsonSchema> Model for T {}
#[cfg(not(feature = "schemars"))]
pub(crate) trait Model: Serialize + DeserializeOwned {}
#[cfg(not(feature = "schemars"))]
impl<T: Serialize + DeserializeOwned> Model for T {}

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
