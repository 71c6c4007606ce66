//! Tokens for uploads from browsers and apps, against what ImageKit's own packages make and accept.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use imagekit_client::upload_tokens::{UploadSignature, UploadSigner, UploadTokenError};
use imagekit_tests::secrets::{KEY, assert_no_secret};
use serde_json::Value;

const VECTORS: &str = include_str!("../../vectors/upload-auth.json");

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn verdict(outcome: Result<(), UploadTokenError>) -> &'static str {
    match outcome {
        Ok(()) => "valid",
        Err(UploadTokenError::Expired) => "expired",
        Err(UploadTokenError::TooFarAhead) => "too-far",
        Err(UploadTokenError::BadSignature) => "bad-signature",
        Err(UploadTokenError::LifetimeTooLong) => "lifetime-too-long",
        Err(UploadTokenError::MissingClaim(_)) => "missing-claim",
        Err(UploadTokenError::PayloadMismatch(_)) => "payload-mismatch",
        Err(UploadTokenError::UnknownKey) => "unknown-key",
        Err(UploadTokenError::BadAlgorithm) => "bad-algorithm",
        Err(_) => "another",
    }
}

#[test]
fn all_vectors_are_judged_and_the_valid_ones_made_again() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let vectors = vectors["vectors"].as_array().unwrap();
    for vector in vectors {
        let text = |name: &str| vector[name].as_str().unwrap_or("public_abc=");
        let number = |name: &str| vector[name].as_u64().unwrap();
        let signer = UploadSigner::new(text("public_key"), text("private_key")).unwrap();
        let (name, expected, now) = (text("name"), text("expected"), number("now"));
        if text("scheme") == "v1-hmac-sha1" {
            let expire = number("expire");
            let signed = UploadSignature::new(text("token"), expire, text("signature"));
            assert_eq!(verdict(signer.verify(&signed, at(now))), expected, "{name}");
            if expected == "valid" {
                let lifetime = Duration::from_secs(expire - now);
                assert_eq!(
                    signer.sign(text("token"), lifetime, at(now)),
                    Ok(signed),
                    "{name}"
                );
            }
            continue;
        }
        let form = vector["form"].as_object().unwrap();
        let form: Vec<(&str, &str)> = form
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str().unwrap()))
            .collect();
        let outcome = signer.verify_token(text("token"), form.clone(), at(now));
        assert_eq!(verdict(outcome), expected, "{name}");
        if expected == "valid" {
            // In the order of the vector, which a map of JSON forgets.
            let payload = text("payload_json");
            let mut ordered = form.clone();
            ordered.sort_by_key(|(name, _)| payload.find(&format!("\"{name}\":")));
            let claims: Value = serde_json::from_str(payload).unwrap();
            let (made, until) = (
                claims["iat"].as_u64().unwrap(),
                claims["exp"].as_u64().unwrap(),
            );
            let made = signer.token(ordered, Duration::from_secs(until - made), at(made));
            assert_eq!(made.as_deref(), Ok(text("token")), "{name}");
        }
    }
    assert_eq!(vectors.len(), 17);
}

#[test]
fn a_signature_holds_until_its_second_and_for_less_than_an_hour() {
    let signer = UploadSigner::new("public", KEY).unwrap();
    let signed = signer
        .sign("t", Duration::from_secs(60), at(1_782_000_000))
        .unwrap();
    for (now, expected) in [
        (1_782_000_059, "valid"),
        (1_782_000_060, "expired"),
        (1_782_000_060 - 3599, "valid"),
        (1_782_000_060 - 3600, "too-far"),
    ] {
        assert_eq!(verdict(signer.verify(&signed, at(now))), expected, "{now}");
    }
}

#[test]
fn what_imagekit_would_refuse_is_not_made() {
    let signer = UploadSigner::new("public", KEY).unwrap();
    let (now, minute) = (at(1_782_000_000), Duration::from_secs(60));
    let sign = |token: &str, lifetime| signer.sign(token, lifetime, now).unwrap_err();
    assert!(matches!(sign("", minute), UploadTokenError::Malformed(_)));
    assert_eq!(
        sign("t", Duration::from_millis(999)),
        UploadTokenError::LifetimeTooShort
    );
    assert_eq!(
        sign("t", Duration::from_secs(3600)),
        UploadTokenError::TooFarAhead
    );
    let token = |name, lifetime| {
        signer
            .token([("fileName", "a"), (name, "b")], lifetime, now)
            .unwrap_err()
    };
    for name in ["file", "token", "iat", "exp", "fileName"] {
        assert!(
            matches!(token(name, minute), UploadTokenError::Malformed(_)),
            "{name}"
        );
    }
    assert_eq!(
        token("folder", Duration::from_secs(3601)),
        UploadTokenError::LifetimeTooLong
    );
    assert_eq!(
        token("folder", Duration::ZERO),
        UploadTokenError::LifetimeTooShort
    );
    for (public, private) in [("", "k"), ("p", ""), ("p", "k\n")] {
        assert_eq!(
            UploadSigner::new(public, private).unwrap_err(),
            UploadTokenError::BadKey
        );
    }
}

#[test]
fn a_token_holds_for_its_form_its_key_and_its_time_alone() {
    let signer = UploadSigner::new("public", KEY).unwrap();
    let made = at(1_782_000_000);
    let form = [("fileName", "a \"b\".jpg"), ("tags", "x,ü")];
    let token = signer.token(form, Duration::from_secs(60), made).unwrap();
    let verify =
        |form: &[(&str, &str)], now| signer.verify_token(&token, form.iter().copied(), now);
    assert_eq!(verify(&form, at(1_782_000_059)), Ok(()));
    // What is sent beside it is no part of it.
    let sent = [form[1], form[0], ("token", token.as_str()), ("file", "…")];
    assert_eq!(verify(&sent, made), Ok(()));
    assert_eq!(
        verify(&form, at(1_782_000_060)),
        Err(UploadTokenError::Expired)
    );
    let mismatch = |field: &str| Err(UploadTokenError::PayloadMismatch(field.to_owned()));
    assert_eq!(verify(&form[..1], made), mismatch("tags"));
    assert_eq!(verify(&[form[0], ("tags", "x")], made), mismatch("tags"));
    assert_eq!(
        verify(&[form[0], form[1], ("folder", "/")], made),
        mismatch("folder")
    );
    let other = UploadSigner::new("other", KEY).unwrap();
    assert_eq!(
        other.verify_token(&token, form, made),
        Err(UploadTokenError::UnknownKey)
    );
    let other = UploadSigner::new("public", "another").unwrap();
    assert_eq!(
        other.verify_token(&token, form, made),
        Err(UploadTokenError::BadSignature)
    );
    for odd in ["", ".", "..", "a.b.c", "e30.e30.e30"] {
        assert!(signer.verify_token(odd, form, made).is_err(), "{odd}");
    }
    assert_no_secret("the signer and its tokens", &format!("{signer:?} {token}"));
}
