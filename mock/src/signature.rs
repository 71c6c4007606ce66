//! The signatures of uploads, of delivery URLs and of webhooks.

use base16ct::lower;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

/// Signs a text as uploads and delivery URLs are.
pub(crate) fn sha1_hex(key: &str, text: &str) -> String {
    // An HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    mac.update(text.as_bytes());
    lower::encode_string(&mac.finalize().into_bytes())
}

pub(crate) fn sha256(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return Vec::new();
    };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

/// Returns the headers that prove where an event is from, in both schemes that ImageKit is known to use.
pub(crate) fn webhook_headers(
    secret: &str,
    id: &str,
    millis: i64,
    body: &[u8],
) -> [(&'static str, String); 4] {
    let seconds = (millis / 1000).to_string();
    let millis = millis.to_string();
    // In both schemes the key is the whole secret, `whsec_` included.
    let key = secret.as_bytes();
    let standard = sha256(key, &[id.as_bytes(), b".", seconds.as_bytes(), b".", body]);
    let older = sha256(key, &[millis.as_bytes(), b".", body]);
    [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", seconds),
        (
            "webhook-signature",
            format!("v1,{}", BASE64.encode(standard)),
        ),
        (
            "x-ik-signature",
            format!("t={millis},v1={}", lower::encode_string(&older)),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_url_is_signed_as_the_official_sdks_sign_it() {
        let text = "sdk-testing-files/future-search.png9999999999";
        let signature = "32dbbbfc5f945c0403c71b54c38e76896ef2d6b0";
        assert_eq!(sha1_hex("dummy-key", text), signature);
    }
}
