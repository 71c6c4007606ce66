use std::net::IpAddr;

use url::{Host, Url};

use crate::Error;

/// Checks where a client is told to send its requests.
///
/// Messages quote the URL only once nothing in it can be a secret.
pub(crate) fn parse(text: &str, allows_http: bool) -> Result<Url, Error> {
    let url = Url::parse(text).map_err(|error| {
        let quoted = if may_be_shown(text) {
            format!(" {text:?}")
        } else {
            String::new()
        };
        Error::configuration(format!(
            "the base URL{quoted} is not a URL such as https://api.imagekit.io: {error}"
        ))
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::configuration(
            "the base URL holds a user name or a password: set the key with `private_key`",
        ));
    }
    for (part, is_there) in [
        ("query", url.query().is_some()),
        ("fragment", url.fragment().is_some()),
    ] {
        if is_there {
            return Err(Error::configuration(format!("the base URL has a {part}")));
        }
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if allows_http || is_loopback(&url) => Ok(url),
        "http" => Err(Error::configuration(format!(
            "the base URL {text:?} would send the private key in the clear: use https, or allow it with \
             `allow_http`"
        ))),
        _ => Err(Error::configuration(
            "the base URL begins neither with https:// nor with http://",
        )),
    }
}

/// Returns `true` for what looks like an address, and not like a key that was set in the wrong place.
fn may_be_shown(text: &str) -> bool {
    let is_address = text.contains("://") || text.contains('.') || text.contains("localhost");
    is_address && !text.contains(['@', '?', '#']) && !text.contains("private_")
}

/// Returns `true` for an address of this machine. The name `localhost` is one, since the client resolves
/// it to the loopback itself; every other name could be resolved to any address.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).to_canonical().is_loopback(),
        None => false,
    }
}
