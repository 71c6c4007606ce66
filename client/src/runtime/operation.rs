use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use http::Method;

/// What is called: an operation of the API, or the method and path of a raw request.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), imagekit_client::Error> {
/// let client = imagekit_client::Client::builder().private_key("key").build()?;
/// let refused = client
///     .get_file_version_details()
///     .file_id("..")
///     .version_id("697821f849c0a938d57563ce")
///     .send()
///     .await
///     .unwrap_err();
/// let operation = refused.operation().expect("the failure of a call has an operation");
/// assert_eq!(operation.id(), "getFileVersionDetails");
/// assert_eq!(operation.path(), "/v1/files/{fileId}/versions/{versionId}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    pub(crate) id: Cow<'static, str>,
    pub(crate) method: Method,
    pub(crate) path: Cow<'static, str>,
    pub(crate) repeatable: bool,
}

impl Operation {
    /// An operation of the document.
    pub(crate) const fn documented(
        id: &'static str,
        method: Method,
        path: &'static str,
        repeatable: bool,
    ) -> Self {
        Self {
            id: Cow::Borrowed(id),
            method,
            path: Cow::Borrowed(path),
            repeatable,
        }
    }

    /// A request to a path that the document does not know.
    pub(crate) fn raw(method: Method, path: &str) -> Self {
        Self {
            id: Cow::Owned(format!("{method} {path}")),
            repeatable: method == Method::GET || method == Method::HEAD,
            method,
            path: Cow::Owned(path.to_owned()),
        }
    }

    /// The operation id of the OpenAPI document; for a raw request, its method and path.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The HTTP method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The template of the path, with the names of its parameters in braces.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether the operation may be repeated after a failure, because a repetition changes nothing
    /// on the server.
    pub fn is_repeatable(&self) -> bool {
        self.repeatable
    }
}

/// The operation of a call.
#[derive(Clone, Debug)]
pub(crate) enum Called {
    Documented(&'static Operation),
    Raw(Arc<Operation>),
}

impl Deref for Called {
    type Target = Operation;

    fn deref(&self) -> &Operation {
        match self {
            Self::Documented(operation) => operation,
            Self::Raw(operation) => operation,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}
