use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a mock cannot do what it is asked for.
///
/// ```
/// let error = imagekit_mock::Library::parse("fileId: [").unwrap_err();
/// assert!(error.to_string().contains("line 1"));
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address cannot be listened on; another program may already do so.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        source: Arc<io::Error>,
    },
    /// A file of versions cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: Arc<io::Error>,
    },
    /// A text of versions is neither JSON nor YAML, or something in it is not a version.
    #[error("{}{reason}", path.as_ref().map(|path| format!("{}: ", path.display())).unwrap_or_default())]
    Parse {
        /// The file that the text is from, if it is from one.
        path: Option<PathBuf>,
        /// What is wrong, with the line and the column of it.
        reason: String,
    },
    /// A version that was put into a library is not what the document calls one.
    #[error("a version of the file `{file_id}` cannot be used: {reason}")]
    InvalidVersion {
        /// The file that it is of, as far as that is known.
        file_id: String,
        /// What is wrong, and where.
        reason: String,
    },
    /// Something in a library or in its account cannot be as it is.
    #[error("{0}")]
    Library(String),
    /// The private key cannot be one.
    #[error(
        "the private key may not be empty, and may not have a colon, spaces or control characters in it"
    )]
    InvalidKey,
    /// A fault is meant for an operation that the document does not have.
    #[error("a fault is meant for the operation `{operation}`, but there are only: {known}")]
    UnknownOperation {
        /// What the fault is meant for.
        operation: String,
        /// The ids of all operations.
        known: String,
    },
}

impl Error {
    pub(crate) fn library(reason: impl Display) -> Self {
        Self::Library(reason.to_string())
    }

    /// Says which file a text was from.
    pub(crate) fn in_file(mut self, file: &Path) -> Self {
        if let Self::Parse { path, .. } = &mut self {
            *path = Some(file.to_owned());
        }
        self
    }

    pub(crate) fn invalid_version(file_id: &str, reason: impl Display) -> Self {
        Self::InvalidVersion {
            file_id: file_id.to_owned(),
            reason: reason.to_string(),
        }
    }
}
