use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use http::Method;

/// What is called: an operation of the API, or the method and path of a raw request.
///
/// ```
/// use imagekit_client::operations::GetFileVersionDetails;
///
/// let operation = GetFileVersionDetails::OPERATION;
/// assert_eq!(operation.id(), "getFileVersionDetails");
/// assert_eq!(operation.path(), "/v1/files/{fileId}/versions/{versionId}");
/// assert!(operation.is_idempotent());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    id: Cow<'static, str>,
    method: Method,
    path: Cow<'static, str>,
    idempotent: bool,
    server: Option<&'static str>,
    secrets: &'static [&'static str],
}

impl Operation {
    /// An operation of the document.
    pub(crate) const fn new(id: &'static str, method: Method, path: &'static str) -> Self {
        Self {
            id: Cow::Borrowed(id),
            method,
            path: Cow::Borrowed(path),
            idempotent: false,
            server: None,
            secrets: &[],
        }
    }

    pub(crate) const fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// The operation has a host of its own, unless the client has another base URL than ImageKit's.
    pub(crate) const fn at(mut self, server: &'static str) -> Self {
        self.server = Some(server);
        self
    }

    /// Names the properties, of request or response, whose values are secret.
    pub(crate) const fn hiding(mut self, secrets: &'static [&'static str]) -> Self {
        self.secrets = secrets;
        self
    }

    /// Describes an operation that this client was not compiled for, such as one from a table: what
    /// `Client::call` takes.
    #[doc(hidden)]
    pub fn described(
        id: &'static str,
        method: Method,
        path: &'static str,
        server: Option<&'static str>,
        idempotent: bool,
        secrets: &'static [&'static str],
    ) -> Self {
        Self {
            idempotent,
            server,
            secrets,
            ..Self::new(id, method, path)
        }
    }

    /// A request to a path that the document does not have.
    pub(crate) fn raw(method: Method, path: &str) -> Self {
        Self {
            id: Cow::Owned(format!("{method} {path}")),
            idempotent: method == Method::GET || method == Method::HEAD,
            method,
            path: Cow::Owned(path.to_owned()),
            server: None,
            secrets: &[],
        }
    }

    /// Returns the operation id of the OpenAPI document; for a raw request, its method and path.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the HTTP method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the template of the path, with the names of its parameters in braces.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns `true` if a repetition changes nothing on the server, so that the operation is retried
    /// even after a failure that leaves open whether the server has performed it.
    pub fn is_idempotent(&self) -> bool {
        self.idempotent
    }

    /// Returns the names of the properties, of request or response, whose values errors do not show.
    pub(crate) fn secrets(&self) -> &'static [&'static str] {
        self.secrets
    }

    /// Returns the host that the operation has for itself, such as that of uploads.
    pub fn server(&self) -> Option<&str> {
        self.server
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

/// The operation of a call: one of the document, one that a table describes, or one of a raw request.
#[derive(Clone, Debug)]
pub(crate) enum OperationRef {
    Documented(&'static Operation),
    Described(Arc<Operation>),
    Raw(Arc<Operation>),
}

impl Deref for OperationRef {
    type Target = Operation;

    fn deref(&self) -> &Operation {
        match self {
            Self::Documented(operation) => operation,
            Self::Described(operation) | Self::Raw(operation) => operation,
        }
    }
}
