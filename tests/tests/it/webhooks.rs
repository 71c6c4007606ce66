//! Verified events.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue};
use imagekit_client::types::Event;
use imagekit_client::webhooks::{
    ReplayGuard, WebhookErrorKind, WebhookVerifier, decode_unverified,
};
use imagekit_tests::{example, workspace_file};
use serde_json::Value;

const SECRET: &str = "whsec_3mYp0TtZ+4kq/9sLxQ1vBn7cRw8eHd2J";

fn vectors() -> Vec<Value> {
    let text =
        std::fs::read_to_string(workspace_file("tests/vectors/webhook-signatures.json")).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    all["vectors"].as_array().unwrap().clone()
}

fn headers(vector: &Value) -> HeaderMap {
    let entries = vector["headers"].as_object().unwrap().iter();
    entries
        .map(|(name, value)| {
            let name: HeaderName = name.parse().unwrap();
            (
                name,
                HeaderValue::from_str(value.as_str().unwrap()).unwrap(),
            )
        })
        .collect()
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

#[test]
fn all_vectors_are_judged_as_expected() {
    let mut count = 0;
    for vector in vectors() {
        count += 1;
        let name = vector["name"].as_str().unwrap();
        let now = at(vector["now"].as_u64().unwrap());
        let body = vector["body"].as_str().unwrap().as_bytes();
        let verdict = WebhookVerifier::new(vector["secret"].as_str().unwrap())
            .and_then(|verifier| verifier.verify_at(&headers(&vector), body, now));
        let verdict = match verdict.map_err(|error| error.kind()) {
            // The signature is right, whatever the body is.
            Ok(_) | Err(WebhookErrorKind::Undecodable) => "valid",
            Err(WebhookErrorKind::BadSecret) => "bad-secret",
            Err(WebhookErrorKind::MissingHeader) => "missing-header",
            Err(WebhookErrorKind::MalformedHeader) => "malformed-header",
            Err(WebhookErrorKind::Expired) => "expired",
            Err(WebhookErrorKind::Future) => "future",
            Err(WebhookErrorKind::BadSignature) => "bad-signature",
            Err(other) => panic!("{other:?}"),
        };
        let also_fine = vector["optional"]
            .as_str()
            .is_some_and(|it| it.starts_with(&format!("{verdict} is fine")));
        assert!(
            vector["expected"] == verdict || also_fine,
            "{name}: {verdict}"
        );
    }
    assert_eq!(count, 41);
}

#[test]
fn every_documented_event_is_a_known_variant() {
    let files = std::fs::read_dir(workspace_file("openapi/examples")).unwrap();
    let verifier = WebhookVerifier::new(SECRET).unwrap();
    let (mut count, mut types) = (0, std::collections::BTreeSet::new());
    for file in files {
        let name = file.unwrap().file_name().into_string().unwrap();
        if name.ends_with("5") {
            continue;
        }
        let body = example(&name);
        let Ok(value) = serde_json::from_str::<Value>(&body) else {
            continue;
        };
        if value.get("created_at").is_none() {
            continue;
        }
        let signed = verifier.sign_for_test("msg_1", body.as_bytes(), at(1_782_000_000));
        let event = verifier
            .verify_at(&signed, body.as_bytes(), at(1_782_000_000))
            .unwrap();
        assert!(!matches!(event, Event::Unknown(_)), "{name}");
        types.insert(value["type"].as_str().unwrap().to_owned());
        count += 1;
    }
    println!("{count} events of {} types", types.len());
    assert_eq!(types.len(), 15);
}

#[test]
fn an_event_of_a_new_type_is_kept() {
    let body = r#"{"id":"evt_1","type":"file.melted","created_at":"2026-11-26T08:00:00.000Z","data":{"fileId":"a"}}"#;
    let Event::Unknown(event) = decode_unverified(body.as_bytes()).unwrap() else {
        panic!("unknown")
    };
    assert_eq!(event.tag(), Some("file.melted"));
    assert_eq!(event.json()["data"]["fileId"], "a");
    let broken = body
        .replace("file.melted", "file.deleted")
        .replace(r#"{"fileId":"a"}"#, r#"{"fileId":7}"#);
    let error = decode_unverified(broken.as_bytes()).unwrap_err();
    assert_eq!(error.kind(), WebhookErrorKind::Undecodable);
    assert!(error.to_string().contains("$.data.fileId: "), "{error}");
}

#[test]
fn secrets_can_be_rotated_and_are_not_shown() {
    let old = WebhookVerifier::new("whsec_old_old_old_old").unwrap();
    let both = WebhookVerifier::new(SECRET)
        .unwrap()
        .also_accept("whsec_old_old_old_old")
        .unwrap();
    let body = example("file-deleted.json");
    let signed = old.sign_for_test("msg_1", body.as_bytes(), at(1_782_000_000));
    assert!(
        both.verify_at(&signed, body.as_bytes(), at(1_782_000_100))
            .is_ok()
    );
    let alone = WebhookVerifier::new(SECRET).unwrap();
    let error = alone
        .verify_at(&signed, body.as_bytes(), at(1_782_000_100))
        .unwrap_err();
    assert_eq!(error.kind(), WebhookErrorKind::BadSignature);
    for text in [
        format!("{both:?}"),
        format!("{both:#?}"),
        error.to_string(),
        format!("{error:?}"),
    ] {
        assert!(
            !text.contains("3mYp0") && !text.contains("old_old"),
            "{text}"
        );
    }
    let strict = WebhookVerifier::new("whsec_old_old_old_old")
        .unwrap()
        .tolerance(Duration::from_secs(10));
    let late = strict
        .verify_at(&signed, body.as_bytes(), at(1_782_000_011))
        .unwrap_err();
    assert_eq!(late.kind(), WebhookErrorKind::Expired);
}

#[test]
fn a_repeated_delivery_is_not_the_first() {
    let verifier = WebhookVerifier::new(SECRET).unwrap();
    let guard = ReplayGuard::new(Duration::from_secs(600));
    let one = verifier.sign_for_test("msg_1", b"{}", at(1_000_000));
    let other = verifier.sign_for_test("msg_2", b"{}", at(1_000_000));
    assert!(guard.is_first(&one, at(1_000_000)).unwrap());
    assert!(!guard.is_first(&one, at(1_000_600)).unwrap());
    assert!(guard.is_first(&other, at(1_000_000)).unwrap());
    assert!(guard.is_first(&one, at(1_000_601)).unwrap());
    assert!(guard.is_first(&HeaderMap::new(), at(0)).is_err());
}

#[test]
fn the_key_may_be_what_the_secret_holds_in_base64() {
    let mut vectors = vectors().into_iter();
    let vector = vectors.find(|it| it["name"] == "std-key-is-decoded-secret");
    let vector = vector.unwrap();
    let verifier = WebhookVerifier::new(vector["secret"].as_str().unwrap()).unwrap();
    let now = at(vector["now"].as_u64().unwrap());
    let body = vector["body"].as_str().unwrap().as_bytes();
    let verified = verifier.verify_at(&headers(&vector), body, now);
    assert!(verified.is_ok(), "{verified:?}");
}
