//! Who may upload: a server with the private key, or a client with something that a server signed.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64_URL;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::operations::Keys;
use crate::reply::Reply;
use crate::request::{Form, invalid, missing};
use crate::signature::{sha1_hex, sha256};

const MAX_LIFETIME: i64 = 3600;

/// Which of the two upload operations it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ApiVersion {
    V1,
    V2,
}

/// Returns `true` if a form claims to be signed.
pub(crate) fn is_signed(form: &Form, version: ApiVersion) -> bool {
    let names: &[&str] = match version {
        ApiVersion::V1 => &["signature", "publicKey", "expire", "token"],
        ApiVersion::V2 => &["token"],
    };
    names.iter().any(|name| form.text(name).is_some())
}

/// Refuses a form that is not signed as it should be. A token is used up, whatever becomes of the upload.
pub(crate) fn check(
    form: &Form,
    version: ApiVersion,
    keys: &Keys,
    now: DateTime<Utc>,
    used: &mut HashSet<String>,
) -> Result<(), Reply> {
    let token = form.text("token").ok_or_else(|| missing("token"))?;
    match version {
        ApiVersion::V1 => check_signature(form, token, keys, now)?,
        ApiVersion::V2 => check_jwt(form, token, keys, now)?,
    }
    if used.insert(token.to_owned()) {
        Ok(())
    } else {
        Err(Reply::bad_request(format!(
            "A request with the same token was already made: {token}. Please use a new token."
        )))
    }
}

fn check_signature(form: &Form, token: &str, keys: &Keys, now: DateTime<Utc>) -> Result<(), Reply> {
    let field = |name: &str| form.text(name).ok_or_else(|| missing(name));
    if field("publicKey")? != keys.public {
        return Err(invalid("publicKey"));
    }
    let expire = field("expire")?;
    let left = expire
        .parse::<i64>()
        .map(|it| it.saturating_sub(now.timestamp()));
    if !left.is_ok_and(|it| 0 < it && it < MAX_LIFETIME) {
        return Err(Reply::bad_request(
            "Your request contains invalid expire parameter. Expire parameter should be a Unix time in less than 1 \
             hour into the future.",
        ));
    }
    if field("signature")? != sha1_hex(&keys.private, &format!("{token}{expire}")) {
        return Err(invalid("signature"));
    }
    Ok(())
}

fn check_jwt(form: &Form, token: &str, keys: &Keys, now: DateTime<Utc>) -> Result<(), Reply> {
    let wrong = || invalid("token");
    let (signed, signature) = token.rsplit_once('.').ok_or_else(wrong)?;
    let (header, payload) = signed.split_once('.').ok_or_else(wrong)?;
    let expected = BASE64_URL.encode(sha256(keys.private.as_bytes(), &[signed.as_bytes()]));
    let header = part(header).ok_or_else(wrong)?;
    let is_ours = header.get("kid") == Some(&Value::from(keys.public.clone()));
    if signature != expected || header.get("alg") != Some(&"HS256".into()) || !is_ours {
        return Err(wrong());
    }
    let mut payload = part(payload).ok_or_else(wrong)?;
    let mut time = |name: &str| payload.remove(name).and_then(|it| it.as_i64());
    let (issued, expires) = (
        time("iat").ok_or_else(wrong)?,
        time("exp").ok_or_else(wrong)?,
    );
    if expires - issued > MAX_LIFETIME {
        return Err(wrong());
    }
    if expires <= now.timestamp() {
        return Err(Reply::bad_request("Your request contains expired token."));
    }
    let sent = form
        .texts
        .iter()
        .filter(|(name, _)| !["token", "file"].contains(&name.as_str()));
    let sent: Map<_, _> = sent
        .map(|(name, text)| (name.clone(), text.clone().into()))
        .collect();
    if sent != payload {
        return Err(Reply::bad_request(
            "Your request contains invalid payload. It does not match with the payload used to generate token.",
        ));
    }
    Ok(())
}

fn part(text: &str) -> Option<Map<String, Value>> {
    let bytes = BASE64_URL.decode(text).ok()?;
    serde_json::from_slice(&bytes).ok()
}
