//! Signatures: HMAC-SHA1 over what follows the endpoint in a URL, and over the expiry.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base16ct::lower;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

use crate::encode;
use crate::endpoint::Endpoint;
use crate::error::{Error, InvalidValue};

/// The expiry that is signed, and not sent, when there is none.
const NEVER: u64 = 9_999_999_999;

const SIGNATURE: &str = "ik-s";
const EXPIRY: &str = "ik-t";

/// Returns `true` if a query parameter belongs to a signature.
pub(crate) fn is_reserved(name: &str) -> bool {
    name == SIGNATURE || name == EXPIRY
}

/// The private key of an account, with which URLs are signed and checked.
///
/// It cannot be read or printed again: there is no `Debug`, no `Display` and no way to the text. What is kept, the
/// state of the hash, is cleared from memory when the last clone is dropped.
///
/// ```compile_fail
/// let key = imagekit_url::PrivateKey::new("private_key").unwrap();
/// println!("{key:?}");
/// ```
///
/// ```compile_fail
/// let key = imagekit_url::PrivateKey::new("private_key").unwrap();
/// println!("{key}");
/// ```
#[derive(Clone)]
pub struct PrivateKey(Hmac<Sha1>);

impl PrivateKey {
    /// Returns the key of this text.
    ///
    /// # Errors
    ///
    /// When it is empty, or holds a control character, such as the line break at the end of a file.
    pub fn new(key: impl AsRef<str>) -> Result<Self, Error> {
        let key = key.as_ref();
        if key.is_empty() || key.contains(char::is_control) {
            return Err(Error::Key);
        }
        Hmac::new_from_slice(key.as_bytes())
            .map(Self)
            .map_err(|_| Error::Key)
    }

    fn over(&self, signed_text: &str, expiry: u64) -> Hmac<Sha1> {
        let mut mac = self.0.clone();
        mac.update(signed_text.as_bytes());
        mac.update(itoa::Buffer::new().format(expiry).as_bytes());
        mac
    }
}

/// The second after which a signed URL is refused.
///
/// There is no clock in this crate: whoever wants a lifetime says from when on.
///
/// ```
/// use imagekit_url::Expiry;
/// use std::time::{Duration, SystemTime};
///
/// let in_an_hour = Expiry::after(SystemTime::now(), Duration::from_secs(3600))?;
/// assert_eq!(Expiry::unix(1767225900)?.as_unix(), 1767225900);
/// # Ok::<(), imagekit_url::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Expiry(u64);

impl Expiry {
    /// Returns the expiry at this second since 1970.
    ///
    /// # Errors
    ///
    /// When it is zero, or 9999999999 or more, which stands for never.
    pub fn unix(seconds: u64) -> Result<Self, Error> {
        if seconds == 0 || seconds >= NEVER {
            let problem = InvalidValue::new(seconds, "is not between 1970 and the year 2286");
            return Err(Error::Expiry(problem));
        }
        Ok(Self(seconds))
    }

    /// Returns the expiry at this time, in whole seconds.
    ///
    /// # Errors
    ///
    /// When it is before 1970, or from the year 2286 on.
    pub fn at(time: SystemTime) -> Result<Self, Error> {
        match time.duration_since(UNIX_EPOCH) {
            Ok(since) => Self::unix(since.as_secs()),
            Err(_) => Self::unix(0),
        }
    }

    /// Returns the expiry of what lives for so many whole seconds from `now` on.
    ///
    /// # Errors
    ///
    /// When the lifetime is below a second, or ends where [`at`](Self::at) has an error.
    pub fn after(now: SystemTime, lifetime: Duration) -> Result<Self, Error> {
        if lifetime.as_secs() == 0 {
            let problem = InvalidValue::new(format_args!("{lifetime:?}"), "is below a second");
            return Err(Error::Expiry(problem));
        }
        // As whole seconds on both sides, so that no fraction adds up to another one.
        let start = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Self::unix(start.saturating_add(lifetime.as_secs()))
    }

    /// Returns the seconds since 1970.
    pub fn as_unix(self) -> u64 {
        self.0
    }
}

/// Appends the signature to a finished URL.
pub(crate) fn append(
    url: &mut String,
    endpoint: &Endpoint,
    key: &PrivateKey,
    expiry: Option<Expiry>,
) -> Result<(), Error> {
    let Some(text) = url.strip_prefix(endpoint.as_str()) else {
        let reason = "is not within the endpoint, so that nobody could check it";
        return Err(Error::OutsideEndpoint(InvalidValue::new(url, reason)));
    };
    let mac = key.over(text, expiry.map_or(NEVER, Expiry::as_unix));
    let mut digits = [0; 40];
    // There is always room: two digits stand for a byte.
    let signature =
        lower::encode_str(&mac.finalize().into_bytes(), &mut digits).unwrap_or_default();
    url.reserve(71);
    url.push(if url.contains('?') { '&' } else { '?' });
    if let Some(expiry) = expiry {
        url.push_str(EXPIRY);
        url.push('=');
        url.push_str(itoa::Buffer::new().format(expiry.0));
        url.push('&');
    }
    url.push_str(SIGNATURE);
    url.push('=');
    url.push_str(signature);
    Ok(())
}

impl Endpoint {
    /// Checks the signature of a URL at a point in time, and returns its expiry if it has one.
    ///
    /// The URL is taken as it came over the wire, with this endpoint in front: behind a proxy, put scheme and host of
    /// the endpoint before what was asked for. The comparison takes the same time wherever signatures differ, and
    /// the expiry is looked at only after it.
    ///
    /// ```
    /// use imagekit_url::{Expiry, PrivateKey, UrlBuilder, VerifyError};
    /// use std::time::{Duration, UNIX_EPOCH};
    ///
    /// let key = PrivateKey::new("dummy-key")?;
    /// let builder = UrlBuilder::new("https://ik.imagekit.io/demo")?.path("/coat.jpg");
    /// let signed = builder.sign(&key, Expiry::unix(1767225900)?)?;
    ///
    /// let endpoint = builder.endpoint();
    /// let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
    /// assert!(endpoint.verify(signed.as_str(), &key, at(1767225900)).is_ok());
    /// assert_eq!(endpoint.verify(signed.as_str(), &key, at(1767225901)), Err(VerifyError::Expired));
    /// # Ok::<(), imagekit_url::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`VerifyError`] says why not.
    pub fn verify(
        &self,
        url: &str,
        key: &PrivateKey,
        now: SystemTime,
    ) -> Result<Option<Expiry>, VerifyError> {
        let rest = url.strip_prefix(self.as_str());
        let rest = rest.ok_or(VerifyError::OutsideEndpoint)?;
        let path_end = rest.find('?').unwrap_or(rest.len());
        if rest.contains('#') || encode::stays(&rest[..path_end]).is_err() {
            return Err(VerifyError::OutsideEndpoint);
        }
        let signed = Signed::parse(rest, path_end)?;
        let mac = key.over(signed.text, signed.expiry.map_or(NEVER, Expiry::as_unix));
        mac.verify_slice(&signed.signature)
            .map_err(|_| VerifyError::WrongSignature)?;
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        match signed.expiry {
            Some(expiry) if expiry.as_unix() < now.as_secs() => Err(VerifyError::Expired),
            expiry => Ok(expiry),
        }
    }
}

/// The parts of a signed URL behind its endpoint.
struct Signed<'a> {
    text: &'a str,
    expiry: Option<Expiry>,
    signature: [u8; 20],
}

impl<'a> Signed<'a> {
    /// Takes the signature off the end, where alone it may be; expiry and signature come in either order.
    fn parse(rest: &'a str, path_end: usize) -> Result<Self, VerifyError> {
        let mut text = rest;
        let mut signature = None;
        let mut expiry = None;
        // Of the question marks, only the first one begins a parameter.
        let last = |text: &str| {
            let ampersand = text.rfind('&').filter(|at| *at > path_end);
            ampersand.or((text.len() > path_end).then_some(path_end))
        };
        while let Some(separator) = last(text) {
            let (name, value) = text[separator + 1..]
                .split_once('=')
                .unwrap_or((&text[separator + 1..], ""));
            let slot = match name {
                SIGNATURE => &mut signature,
                EXPIRY => &mut expiry,
                _ => break,
            };
            if slot.replace(value).is_some() {
                return Err(VerifyError::Malformed);
            }
            text = &text[..separator];
        }
        let query = text.get(path_end + 1..).unwrap_or_default();
        if query
            .split('&')
            .any(|pair| is_reserved(pair.split('=').next().unwrap_or_default()))
        {
            return Err(VerifyError::Malformed);
        }
        let signature = match (signature, expiry) {
            (Some(signature), _) => self::signature(signature).ok_or(VerifyError::Malformed)?,
            (None, None) => return Err(VerifyError::NotSigned),
            (None, Some(_)) => return Err(VerifyError::Malformed),
        };
        let expiry = expiry.map(whole_seconds).transpose()?;
        Ok(Self {
            text,
            expiry,
            signature,
        })
    }
}

/// Reads an expiry of ten digits at most, without a zero in front.
///
/// Text and expiry are signed without anything between them. A digit that is moved from the end of the text to
/// the expiry would make it last for centuries; here it has too many digits then.
fn whole_seconds(text: &str) -> Result<Expiry, VerifyError> {
    let is_plain = text.len() <= 10
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && !text.starts_with('0');
    let seconds = text.parse().ok().filter(|_| is_plain);
    seconds
        .and_then(|seconds| Expiry::unix(seconds).ok())
        .ok_or(VerifyError::Malformed)
}

fn signature(digits: &str) -> Option<[u8; 20]> {
    let mut bytes = [0; 20];
    let decoded = lower::decode(digits, &mut bytes).ok()?;
    decoded.try_into().ok()
}

/// The reason why a signed URL is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VerifyError {
    /// The URL does not lie within the endpoint, or leads out of it.
    OutsideEndpoint,
    /// The URL has no signature.
    NotSigned,
    /// Signature or expiry are incomplete, doubled, not at the end, or not in the form in which they are made.
    Malformed,
    /// The signature was made with another key, or over another URL.
    WrongSignature,
    /// The signature is right, and has expired.
    Expired,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutsideEndpoint => "the URL does not lie within the endpoint",
            Self::NotSigned => "the URL is not signed",
            Self::Malformed => "the signature or expiry of the URL is malformed",
            Self::WrongSignature => "the signature of the URL does not match",
            Self::Expired => "the URL has expired",
        })
    }
}

impl std::error::Error for VerifyError {}
