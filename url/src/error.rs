use std::borrow::Cow;
use std::convert::Infallible;
use std::error;
use std::fmt;

/// A value that cannot stand where it was given, with the reason.
///
/// Converting a text or number into one of this crate's types fails with it; a builder tells with
/// [`Error`] for which parameter the value was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidValue {
    value: String,
    reason: &'static str,
}

impl InvalidValue {
    pub(crate) fn new(value: impl fmt::Display, reason: &'static str) -> Self {
        let value = value.to_string();
        Self { value, reason }
    }
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 80;
        match self.value.char_indices().nth(SHOWN) {
            Some((end, _)) => write!(f, "{:?}… {}", &self.value[..end], self.reason),
            None => write!(f, "{:?} {}", self.value, self.reason),
        }
    }
}

impl error::Error for InvalidValue {}

impl From<Infallible> for InvalidValue {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// The reason why a URL cannot be built or signed.
///
/// No message holds a key or a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The endpoint is not an `http` or `https` URL without query, fragment and credentials.
    Endpoint(InvalidValue),
    /// No source was given: neither a path nor an absolute URL.
    NoSource,
    /// The source cannot become a URL, or not the one that its text suggests.
    Source(InvalidValue),
    /// The value of a transformation parameter would be misread, or end its parameter early.
    Parameter {
        /// The key, as it stands in the URL: `w`, `e-shadow`, `l-image`.
        key: Cow<'static, str>,
        /// What is wrong with the value.
        problem: InvalidValue,
    },
    /// Layers are nested more deeply than ImageKit accepts.
    TooManyLevels,
    /// The transformation cannot stand in the path, only in the query.
    Position(InvalidValue),
    /// A query parameter has a name that is reserved for the signature.
    Query(InvalidValue),
    /// The URL to be signed is not within the endpoint, so that no signature could be right.
    OutsideEndpoint(InvalidValue),
    /// The private key is empty, or holds a control character such as a line break.
    Key,
    /// The expiry is no time at which a signature could expire.
    Expiry(InvalidValue),
    /// The responsive image has no candidate, or a width that is not above zero.
    Responsive(InvalidValue),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endpoint(problem) => write!(f, "endpoint: {problem}"),
            Self::NoSource => f.write_str("no source: neither a path nor an absolute URL is set"),
            Self::Source(problem) => write!(f, "source: {problem}"),
            Self::Parameter { key, problem } => write!(f, "transformation {key}: {problem}"),
            Self::TooManyLevels => f.write_str("layers can be nested three levels deep"),
            Self::Position(problem) => write!(f, "transformation in the path: {problem}"),
            Self::Query(problem) => write!(f, "query parameter: {problem}"),
            Self::OutsideEndpoint(problem) => write!(f, "signature: {problem}"),
            Self::Key => f.write_str("the private key is empty or holds a control character"),
            Self::Expiry(problem) => write!(f, "expiry: {problem}"),
            Self::Responsive(problem) => write!(f, "responsive image: {problem}"),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        // Every message already holds that of the problem.
        None
    }
}

impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
