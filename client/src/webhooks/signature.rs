use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base16ct::mixed;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderValue};
use sha2::Sha256;

use super::error::{WebhookError, WebhookErrorKind};

const ID: &str = "webhook-id";
const TIMESTAMP: &str = "webhook-timestamp";
const SIGNATURE: &str = "webhook-signature";
const OLDER_SIGNATURE: &str = "x-ik-signature";

/// A secret, ready to sign with.
///
/// ImageKit's own SDKs take the secret as a whole for the key. The text of Standard Webhooks takes what
/// its base64 part holds, which only a holder of the secret can know as well; so both are accepted in that
/// scheme.
#[derive(Clone)]
pub(super) struct Key {
    whole: Hmac<Sha256>,
    decoded: Option<Hmac<Sha256>>,
}

impl Key {
    pub(super) fn new(secret: &str) -> Result<Self, WebhookError> {
        let secret = secret.trim();
        let encoded = secret.strip_prefix("whsec_").unwrap_or(secret);
        if encoded.is_empty() {
            return Err(WebhookErrorKind::BadSecret.into());
        }
        let decoded = BASE64.decode(encoded).ok().filter(|key| !key.is_empty());
        Ok(Self {
            whole: hmac(secret.as_bytes())?,
            decoded: decoded.map(|key| hmac(&key)).transpose()?,
        })
    }
}

fn hmac(key: &[u8]) -> Result<Hmac<Sha256>, WebhookError> {
    // HMAC takes keys of any length.
    Hmac::new_from_slice(key).map_err(|_| WebhookErrorKind::BadSecret.into())
}

/// What the headers of a delivery claim.
#[derive(Debug)]
pub(super) enum Delivery<'a> {
    Standard {
        id: &'a str,
        timestamp: &'a str,
        seconds: i64,
        signatures: Vec<Vec<u8>>,
    },
    Older {
        timestamp: &'a str,
        milliseconds: i64,
        signatures: Vec<Vec<u8>>,
    },
}

impl<'a> Delivery<'a> {
    pub(super) fn from_headers(headers: &'a HeaderMap) -> Result<Self, WebhookError> {
        let newer = [ID, TIMESTAMP, SIGNATURE].map(|name| text(headers, name));
        if let [Some(id), Some(timestamp), Some(signature)] = newer {
            return Self::standard(id?, timestamp?, signature?);
        }
        match text(headers, OLDER_SIGNATURE) {
            Some(signature) => Self::older(signature?),
            None => Err(WebhookErrorKind::MissingHeader.into()),
        }
    }

    fn standard(id: &'a str, timestamp: &'a str, signature: &str) -> Result<Self, WebhookError> {
        let signatures = signature
            .split(' ')
            .filter_map(|entry| entry.strip_prefix("v1,"))
            .filter_map(|digest| BASE64.decode(digest).ok())
            .collect();
        Ok(Self::Standard {
            id,
            timestamp,
            seconds: number(TIMESTAMP, timestamp)?,
            signatures,
        })
    }

    fn older(header: &'a str) -> Result<Self, WebhookError> {
        let items = || {
            header
                .split(',')
                .filter_map(|item| item.trim().split_once('='))
        };
        let values = |name| {
            items()
                .filter(move |(key, _)| *key == name)
                .map(|(_, it)| it)
        };
        let (Some(timestamp), Some(_)) = (values("t").next(), values("v1").next()) else {
            return Err(WebhookError::with_detail(
                WebhookErrorKind::MalformedHeader,
                format!("{OLDER_SIGNATURE} needs the items t and v1"),
            ));
        };
        Ok(Self::Older {
            timestamp,
            milliseconds: number(OLDER_SIGNATURE, timestamp)?,
            signatures: values("v1")
                .filter_map(|it| mixed::decode_vec(it).ok())
                .collect(),
        })
    }

    /// Refuses a delivery whose time is not within `tolerance` of `now`.
    pub(super) fn check_time(
        &self,
        now: SystemTime,
        tolerance: Duration,
    ) -> Result<(), WebhookError> {
        // The newer scheme counts whole seconds, so that its tolerance does as well.
        let (sent, now) = match self {
            Self::Standard { seconds, .. } => (
                i128::from(*seconds) * 1000,
                unix_millis(now).div_euclid(1000) * 1000,
            ),
            Self::Older { milliseconds, .. } => (i128::from(*milliseconds), unix_millis(now)),
        };
        let tolerance = i128::try_from(tolerance.as_millis()).unwrap_or(i128::MAX);
        if now - sent > tolerance {
            return Err(WebhookErrorKind::Expired.into());
        }
        if sent - now > tolerance {
            return Err(WebhookErrorKind::Future.into());
        }
        Ok(())
    }

    pub(super) fn is_signed_by(&self, key: &Key, body: &[u8]) -> bool {
        match self {
            Self::Standard {
                id,
                timestamp,
                signatures,
                ..
            } => {
                let head = [id.as_bytes(), b".", timestamp.as_bytes(), b"."];
                let keys = [Some(&key.whole), key.decoded.as_ref()];
                keys.into_iter()
                    .flatten()
                    .any(|key| matches_any(key, &head, body, signatures))
            }
            Self::Older {
                timestamp,
                signatures,
                ..
            } => matches_any(&key.whole, &[timestamp.as_bytes(), b"."], body, signatures),
        }
    }

    /// Returns what is the same in each repetition of this delivery, and in no other delivery.
    pub(super) fn identity(&self) -> Vec<u8> {
        match self {
            Self::Standard { id, .. } => id.as_bytes().to_vec(),
            Self::Older { signatures, .. } => signatures.concat(),
        }
    }
}

/// Signs a body by the newer scheme.
pub(super) fn sign(key: &Key, id: &str, body: &[u8], now: SystemTime) -> HeaderMap {
    let timestamp = unix_millis(now).div_euclid(1000).to_string();
    let mut mac = key.whole.clone();
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    let signature = format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()));
    [(ID, id), (TIMESTAMP, &timestamp), (SIGNATURE, &signature)]
        .into_iter()
        .filter_map(|(name, value)| {
            let value = HeaderValue::from_str(value).ok()?;
            Some((http::HeaderName::from_static(name), value))
        })
        .collect()
}

fn matches_any(key: &Hmac<Sha256>, head: &[&[u8]], body: &[u8], signatures: &[Vec<u8>]) -> bool {
    let mut mac = key.clone();
    for part in head {
        mac.update(part);
    }
    mac.update(body);
    signatures
        .iter()
        .any(|signature| mac.clone().verify_slice(signature).is_ok())
}

/// Returns the text of a header; one that is empty counts as missing.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<Result<&'a str, WebhookError>> {
    let value = headers.get(name).filter(|value| !value.is_empty())?;
    Some(value.to_str().map_err(|_| {
        WebhookError::with_detail(
            WebhookErrorKind::MalformedHeader,
            format!("{name} is not text"),
        )
    }))
}

fn number(header: &str, text: &str) -> Result<i64, WebhookError> {
    text.parse().map_err(|_| {
        WebhookError::with_detail(
            WebhookErrorKind::MalformedHeader,
            format!("the time in {header} is not a number"),
        )
    })
}

fn unix_millis(time: SystemTime) -> i128 {
    let millis = |duration: Duration| i128::try_from(duration.as_millis()).unwrap_or(i128::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => millis(since),
        Err(before) => -millis(before.duration()),
    }
}
