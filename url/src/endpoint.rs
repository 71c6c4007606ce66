use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use url::{Position, Url};

use crate::encode::{self, Percent};
use crate::error::{Error, InvalidValue};

/// Where an account delivers its files from, such as `https://ik.imagekit.io/your_id`, or a domain of one's own.
///
/// It is kept in the form in which clients send it: host in lower case and punycode, no default port, path
/// percent-encoded, and one slash at the end. Clones share the text.
///
/// ```
/// use imagekit_url::Endpoint;
///
/// assert_eq!(Endpoint::new("https://IK.imagekit.io:443/demo")?.as_str(), "https://ik.imagekit.io/demo/");
/// assert!(Endpoint::new("https://ik.imagekit.io/demo?x=1").is_err());
/// # Ok::<(), imagekit_url::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint(Arc<str>);

impl Endpoint {
    /// Returns the endpoint of this URL.
    ///
    /// # Errors
    ///
    /// When it is no `http` or `https` URL, or has a query, a fragment, credentials, or a segment `.` or `..`.
    pub fn new(url: &str) -> Result<Self, Error> {
        let refused = |reason| Error::Endpoint(InvalidValue::new(url, reason));
        if url.contains(['?', '#']) {
            return Err(refused("has a query or a fragment"));
        }
        let address = Address::parse(url).map_err(Error::Endpoint)?;
        let path = encode::path(&address.path, Percent::StartsEscape).map_err(Error::Endpoint)?;
        let mut endpoint = address.origin;
        endpoint.push('/');
        endpoint.push_str(path.trim_end_matches('/'));
        if !path.is_empty() {
            endpoint.push('/');
        }
        Ok(Self(endpoint.into()))
    }

    /// Returns the normalised text, with a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Endpoint {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self, Error> {
        Self::new(url)
    }
}

impl TryFrom<&str> for Endpoint {
    type Error = Error;

    fn try_from(url: &str) -> Result<Self, Error> {
        Self::new(url)
    }
}

impl TryFrom<&String> for Endpoint {
    type Error = Error;

    fn try_from(url: &String) -> Result<Self, Error> {
        Self::new(url)
    }
}

impl TryFrom<String> for Endpoint {
    type Error = Error;

    fn try_from(url: String) -> Result<Self, Error> {
        Self::new(&url)
    }
}

impl From<&Endpoint> for Endpoint {
    fn from(endpoint: &Endpoint) -> Self {
        endpoint.clone()
    }
}

/// An absolute URL in the form in which clients send it, and in parts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Address {
    /// Scheme, host and port.
    pub(crate) origin: String,
    /// From the first slash on.
    pub(crate) path: String,
    /// Without the question mark; may be empty.
    pub(crate) query: String,
}

impl Address {
    /// Parses a URL in which a parser has nothing to repair but the spelling.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidValue> {
        let refused = |reason| InvalidValue::new(text, reason);
        let Some(rest) = ["https://", "http://"].iter().find_map(|scheme| {
            let start = text.get(..scheme.len())?;
            start
                .eq_ignore_ascii_case(scheme)
                .then(|| &text[scheme.len()..])
        }) else {
            return Err(refused("does not begin with http:// or https://"));
        };
        if text.contains('#') {
            return Err(refused("has a fragment, which is not sent"));
        }
        if rest.starts_with('/') || text.ends_with(char::is_whitespace) {
            return Err(refused("has no host, or white space at the end"));
        }
        if text.contains(|character: char| character.is_ascii_control()) {
            return Err(refused("holds a control character"));
        }
        // Before parsing, after which dot segments have gone.
        let path_end = rest.find('?').unwrap_or(rest.len());
        encode::stays(&rest[..path_end])?;
        let url = Url::parse(text).map_err(|_| refused("is no URL"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("holds credentials"));
        }
        Ok(Self {
            origin: url[..Position::BeforePath].to_owned(),
            path: encode::caret(url.path()).into_owned(),
            query: encode::caret(url.query().unwrap_or_default()).into_owned(),
        })
    }
}
