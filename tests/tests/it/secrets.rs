//! Nobody sees the private key, nor what the API itself keeps secret, whatever a server sends back.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as _;
use std::fmt::Write as _;

use imagekit_client::{Client, Error, StatusCode, models};
use imagekit_tests::call_once;
use imagekit_tests::secrets::{KEYS, encodings, places, shows};
use imagekit_tests::traces::Traces;
use imagekit_tests::wire::{Reply, Server};
use serde_json::{Value, json};

use crate::operations::{Document, cases, send};

/// A letter would be found everywhere, and each place would grow tenfold.
#[tokio::test]
async fn a_key_of_fewer_than_eight_characters_is_not_looked_for() {
    let letters = "k".repeat(1 << 20);
    for key in ["k", "kkkkkkk"] {
        let body = json!({ "message": letters }).to_string();
        let server = Server::start([Reply::json("403 Forbidden", body)]).await;
        let client = server.client().private_key(key).build().unwrap();
        let error = call_once(&client).await.unwrap_err();
        let message = error.to_string();
        assert!(message.contains("kkkkkkkk") && message.len() < 10_000);
        assert!(!message.contains("[redacted]"), "{message}");
    }
}

/// All that can be seen of an error.
fn visible(error: &Error) -> Vec<(&'static str, String)> {
    let mut seen = vec![
        ("Display", error.to_string()),
        ("Debug", format!("{error:?}")),
        ("pretty Debug", format!("{error:#?}")),
        ("headers", format!("{:?}", error.headers())),
        (
            "body",
            error
                .body()
                .map(|body| String::from_utf8_lossy(body).into_owned())
                .unwrap_or_default(),
        ),
        ("details", format!("{:?}", error.api_error())),
        (
            "message",
            format!(
                "{:?} {:?} {:?}",
                error.api_message(),
                error.help(),
                error.reason()
            ),
        ),
        ("request id", format!("{:?}", error.request_id())),
    ];
    let mut cause = error.source();
    while let Some(error) = cause {
        seen.push(("cause", format!("{error} {error:?}")));
        cause = error.source();
    }
    seen
}

#[tokio::test]
async fn the_private_key_is_seen_nowhere_in_any_spelling_that_the_docs_name() {
    let mut table = BTreeMap::new();
    let mut looked_at = 0;
    for key in KEYS {
        let (found, not_found) = encodings(key);
        let count = found.len();
        assert_eq!(count + not_found.len(), 26);
        for (index, (encoding, text)) in found.into_iter().chain(not_found).enumerate() {
            for (place, reply) in places(&text) {
                let server = Server::start([reply]).await;
                let (traces, guard) = Traces::capture();
                let client = server
                    .client()
                    .private_key(key)
                    .max_retries(0)
                    .build()
                    .unwrap();
                let error = call_once(&client).await.unwrap_err();
                drop(guard);
                let mut seen = visible(&error);
                seen.push(("traces", traces.text()));
                seen.push(("client", format!("{client:?}")));
                for (view, seen) in seen {
                    looked_at += 1;
                    let is_shown = if index < count {
                        shows(&seen, key)
                    } else {
                        seen.contains(&text)
                    };
                    let row: &mut BTreeSet<(&str, &str)> =
                        table.entry((index, encoding)).or_default();
                    if is_shown {
                        row.insert((place, view));
                    }
                    assert!(
                        index >= count || !is_shown,
                        "{encoding} in {place} shows in {view}: {seen}"
                    );
                }
            }
        }
    }
    let mut printed = String::new();
    for ((_, encoding), shown) in table {
        let places: BTreeSet<&str> = shown.iter().map(|(place, _)| *place).collect();
        writeln!(printed, "{encoding}: shown in {} places", places.len()).unwrap();
    }
    println!("{printed}{looked_at} texts looked at");
}

/// The secret properties of the components that requests and responses are made of.
fn secret_properties(document: &Document) -> BTreeMap<String, Vec<String>> {
    let schemas = document.0["components"]["schemas"].as_object().unwrap();
    let mut found = BTreeMap::new();
    for (name, schema) in schemas {
        let properties = schema["properties"].as_object().into_iter().flatten();
        let secrets: Vec<String> = properties
            .filter(|(_, property)| property["x-secret"] == true)
            .map(|(name, _)| name.clone())
            .collect();
        if !secrets.is_empty() {
            found.insert(name.clone(), secrets);
        }
    }
    found
}

fn assert_hidden(what: &str, seen: Vec<(&'static str, String)>, secrets: &[String]) {
    for (view, text) in seen {
        for secret in secrets {
            assert!(
                !shows(&text, secret) && !text.contains(secret.as_str()),
                "{what}: {secret} shows in {view}: {text}"
            );
        }
    }
}

#[tokio::test]
async fn every_secret_property_is_sent_and_shown_nowhere() {
    let document = Document::read();
    let components = secret_properties(&document);
    let mut properties = 0;
    for (component, names) in &components {
        let secret = |index: usize| format!("q9/{index}Zx+{index}7vB{index}kT~{index}Wd=");
        let secrets: Vec<String> = (0..names.len()).map(secret).collect();
        let mut value = imagekit_tests::contract::Shape::of(component).full();
        for (name, secret) in names.iter().zip(&secrets) {
            value[name] = json!(secret);
            properties += 1;
        }
        // The model itself.
        let text = value.to_string();
        let printed = models::debug(component, text.as_bytes()).unwrap();
        assert_hidden(component, vec![("Debug", printed)], &secrets);
        let encoded = models::round_trip(component, text.as_bytes())
            .unwrap()
            .unwrap();
        for secret in &secrets {
            assert!(
                encoded.contains(secret.as_str()),
                "{component} cannot be encoded: {encoded}"
            );
        }

        // A request with it, whose response quotes it in every way.
        let (id, given) = match component.strip_suffix("OriginRequest") {
            Some(_) => ("createOrigin", json!({ "origin_request": value })),
            None => continue,
        };
        let operations = document.operations();
        let operation = operations.iter().find(|it| it.id == id).unwrap();
        let quoted = json!({ "message": format!("refused: {}", secrets.join(" ")), "help": text, "you sent": value });
        for reply in [
            Reply::json("400 Bad Request", quoted.to_string()),
            Reply::new(
                "502 Bad Gateway",
                &format!("X-Debug: {}\r\n", secrets.join(" ")),
                &text,
            ),
            Reply::json("200 OK", format!(r#"{{"id":5,"origin":{text}}}"#)),
        ] {
            let server = Server::start([reply]).await;
            let (traces, guard) = Traces::capture();
            let client = server.client().max_retries(0).build().unwrap();
            let called = send(&client, operation, given.as_object().unwrap().clone()).await;
            drop(guard);
            let sent: Value = serde_json::from_slice(&server.received()[0].body).unwrap();
            assert_eq!(sent, value, "{component}");
            let Err(error) = called.outcome else { continue };
            let mut seen = visible(&error);
            seen.push(("traces", traces.text()));
            assert_hidden(component, seen, &secrets);
        }
    }
    println!(
        "{properties} secret properties of {} components",
        components.len()
    );
    assert!(properties > 10, "{properties}");
}

#[tokio::test]
async fn a_secret_that_comes_back_is_not_in_the_error_of_its_response() {
    let document = Document::read();
    let secret = "whsec_a/very+secret=".to_owned();
    let mut count = 0;
    for operation in document.operations() {
        if !["createWebhook", "getWebhook", "updateWebhook"].contains(&operation.id.as_str()) {
            continue;
        }
        for body in [
            format!(r#"{{"id":5,"secret":"{secret}"}}"#),
            format!(r#"{{"secret":"{secret}","id":5}}"#),
            format!(r#"{{"id":"w","secret":["{secret}"]}}"#),
            format!(r#"{{"id":"w","secret": "{secret}"#),
            format!(r#"{{"id":"w","secret": "{}"#, secret.replace('/', "\\/")),
        ] {
            let server = Server::start([Reply::json("200 OK", &body)]).await;
            let (traces, guard) = Traces::capture();
            let client: Client = server.client().build().unwrap();
            let given = cases(&document, &operation).remove(0).given;
            let called = send(&client, &operation, given).await;
            drop(guard);
            let error = called.outcome.err().unwrap();
            assert_eq!(error.status(), Some(StatusCode::OK));
            let mut seen = visible(&error);
            seen.push(("traces", traces.text()));
            assert_hidden(
                &format!("{}: {body}", operation.id),
                seen,
                std::slice::from_ref(&secret),
            );
            count += 1;
        }
    }
    assert_eq!(count, 15);
}

#[tokio::test]
async fn of_more_secrets_than_can_be_looked_for_nothing_is_shown() {
    let secret = |index: usize| format!("whsec_{index}/{}", "very+secret".repeat(index % 3 + 1));
    let secrets: Vec<String> = (0..100).map(secret).collect();
    let body: Vec<Value> = secrets
        .iter()
        .map(|secret| json!({ "id": 5, "secret": secret }))
        .collect();
    let server = Server::start([Reply::json("200 OK", Value::from(body).to_string())]).await;
    let client = server.client().build().unwrap();
    let list = client.list_webhooks().send().await.unwrap();
    for error in list.into_iter().filter_map(Result::err) {
        assert!(error.is_decode(), "{error}");
        assert_hidden("a list", visible(&error), &secrets);
    }
}

#[tokio::test]
async fn a_secret_that_stands_in_many_places_is_one() {
    let secret = "whsec_very+secret";
    let body = vec![json!({ "id": 5, "url": "https://shop.example", "secret": secret }); 100];
    let server = Server::start([Reply::json("200 OK", Value::from(body).to_string())]).await;
    let client = server.client().build().unwrap();
    let list = client.list_webhooks().send().await.unwrap();
    let error = list.into_result().unwrap_err();
    assert_hidden("a list", visible(&error), &[secret.to_owned()]);
    // What stands beside it is not hidden with it.
    let body = String::from_utf8_lossy(error.body().unwrap());
    assert!(body.contains("https://shop.example"), "{body}");
}
