//! Events: sent, received and checked.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::support::{Imagekit, imagekit};

const SECRET: &str = "whsec_3mYp0TtZ+4kq/9sLxQ1vBn7cRw8eHd2J";

fn webhooks(args: &[&str]) -> Imagekit {
    imagekit(["webhooks"].iter().chain(args)).env("IMAGEKIT_WEBHOOK_SECRET", SECRET)
}

/// A receiver, and its address.
fn listening(args: &[&str]) -> (Child, String) {
    let listen = ["listen", "--address", "127.0.0.1:0"];
    let mut child = webhooks(&[&listen, args].concat())
        .command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    child.stderr = Some(stderr.into_inner());
    (
        child,
        line.trim()
            .strip_prefix("listening on ")
            .unwrap()
            .to_owned(),
    )
}

#[test]
fn events_are_received_from_whoever_knows_the_secret() {
    let (mut receiver, url) = listening(&["-n", "2", "--field", "type"]);
    let sent = webhooks(&["send", &url]).run().fine();
    assert_eq!(sent, "ok: the receiver responded 200 OK to file.created\n");
    let forged = webhooks(&["send", &url])
        .env("IMAGEKIT_WEBHOOK_SECRET", "whsec_other")
        .run();
    assert_eq!(forged.code, Some(1), "{forged:?}");
    assert!(
        forged.stderr.contains("400 Bad Request"),
        "{}",
        forged.stderr
    );
    webhooks(&["send", &url, "--event", "folder.deleted"])
        .run()
        .fine();
    assert!(receiver.wait().unwrap().success());
    let mut seen = String::new();
    receiver
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut seen)
        .unwrap();
    assert_eq!(seen, "file.created\nfolder.deleted\n");
    let mut told = String::new();
    receiver
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut told)
        .unwrap();
    assert!(
        told.contains("a delivery was refused: the signature does not match"),
        "{told}"
    );
}

#[test]
fn a_stored_delivery_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let body = folder.path().join("event.json");
    fs::write(
        &body,
        imagekit_openapi::example("file-created.json").unwrap(),
    )
    .unwrap();
    let body = body.to_str().unwrap();
    let unsigned = webhooks(&["verify", body, "-H", "x-other: 1"]).run();
    assert_eq!(unsigned.code, Some(3), "{unsigned:?}");
    assert!(
        unsigned.stderr.contains("is not signed"),
        "{}",
        unsigned.stderr
    );
    let forged = webhooks(&[
        "verify",
        body,
        "--any-time",
        "-H",
        "x-ik-signature: t=1,v1=00",
    ])
    .run();
    assert_eq!(forged.code, Some(3), "{forged:?}");
    let no_secret = imagekit(["webhooks", "verify", body, "-H", "x: 1"]).run();
    assert_eq!(no_secret.code, Some(2), "{no_secret:?}");
    assert!(
        no_secret.stderr.contains("IMAGEKIT_WEBHOOK_SECRET"),
        "{}",
        no_secret.stderr
    );
}

#[test]
fn deliveries_are_accepted_and_refused_as_the_official_packages_do() {
    let vectors = include_str!("../../../tests/vectors/webhook-signatures.json");
    let vectors: Value = serde_json::from_str(vectors).unwrap();
    let mut checked = 0;
    for vector in vectors["vectors"].as_array().unwrap() {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let headers = vector["headers"].as_object().unwrap().iter();
        let headers: Vec<_> = headers
            .map(|(name, value)| format!("-H{name}: {}", text(value)))
            .collect();
        let Some(now) = vector["now"]
            .as_i64()
            .filter(|_| !headers.is_empty() && vector["optional"].is_null())
        else {
            continue;
        };
        let now = chrono::DateTime::from_timestamp(now, 0)
            .unwrap()
            .to_rfc3339();
        let args = ["webhooks", "verify", "-", "--json"]
            .map(str::to_owned)
            .into_iter()
            .chain(headers);
        let outcome = imagekit(args)
            .env("IMAGEKIT_WEBHOOK_SECRET", text(&vector["secret"]))
            .env("IMAGEKIT_NOW", now)
            .input(text(&vector["body"]))
            .run();
        let is_valid = vector["expected"] == "valid";
        // Some bodies are signed rightly and are no whole events.
        let fits = match outcome.code {
            Some(0 | 7) => is_valid,
            Some(3) => !is_valid,
            // No shell passes such a secret or header.
            Some(2) => !is_valid,
            _ => false,
        };
        assert!(fits, "{vector} {outcome:?}");
        checked += 1;
    }
    assert!(checked > 10, "{checked}");
}

#[test]
fn nobody_to_send_to_is_a_failure() {
    let failed = webhooks(&["send", "http://127.0.0.1:9/"]).run();
    assert_eq!(failed.code, Some(6), "{failed:?}");
    let unknown = webhooks(&["send", "http://127.0.0.1:9/", "--event", "file.eaten"]).run();
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
}
