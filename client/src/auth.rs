use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};

use crate::Error;

/// The private key, and how HTTP Basic sends it: as the user name, followed by a colon and an empty
/// password.
pub(crate) struct Credentials {
    pub(crate) authorization: HeaderValue,
}

impl Credentials {
    pub(crate) fn new(key: &SecretString) -> Result<Self, Error> {
        let key = key.expose_secret();
        let unfit = if key.is_empty() {
            "is empty"
        } else if key.chars().any(char::is_control) {
            "holds a line break or another control character"
        } else if key.contains(':') {
            "holds a colon, which ends the user name in HTTP Basic"
        } else if key.trim() != key {
            "begins or ends with a space"
        } else if key.contains('\u{feff}') {
            "holds a byte order mark"
        } else {
            let text = format!("Basic {}", BASE64.encode(format!("{key}:")));
            let mut authorization = HeaderValue::try_from(text)
                .map_err(|_| Error::configuration("the private key cannot be sent in a header"))?;
            authorization.set_sensitive(true);
            return Ok(Self { authorization });
        };
        Err(Error::configuration(format!("the private key {unfit}")))
    }
}
