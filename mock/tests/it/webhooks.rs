//! What happens is posted, signed, to those who want to know.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use imagekit_mock::{Library, Server};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use crate::story::{PNG, put};
use crate::wire::{call, upload};

const SECRET: &str = "whsec_of_a_test";

type Received = Arc<Mutex<Vec<(Vec<(String, String)>, Vec<u8>)>>>;

/// A receiver that keeps headers and bodies, and its address.
async fn receiver() -> (Received, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    let received = Received::default();
    let kept = received.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            let mut headers = Vec::new();
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).await.unwrap();
                let Some((name, value)) = line.trim_end().split_once(": ") else {
                    if line.trim_end().is_empty() {
                        break;
                    } else {
                        continue;
                    }
                };
                headers.push((name.to_lowercase(), value.to_owned()));
            }
            let length = headers
                .iter()
                .find(|(name, _)| name == "content-length")
                .unwrap();
            let mut body = vec![0; length.1.parse().unwrap()];
            stream.read_exact(&mut body).await.unwrap();
            kept.lock().unwrap().push((headers, body));
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                .await
                .unwrap();
        }
    });
    (received, address)
}

fn hmac(parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

#[tokio::test]
async fn events_are_posted_in_their_order_and_signed_in_both_schemes() {
    let (received, address) = receiver().await;
    let library = Library::new().webhook(&address, &[], SECRET);
    let server = Server::builder().library(library).start().await.unwrap();
    let id = put(&server, "/new/a.png", PNG).await;
    put(&server, "/new/a.png", PNG).await;
    call(
        &server,
        "PATCH",
        &format!("/v1/files/{id}/details"),
        json!({ "tags": ["a"] }),
    )
    .await;
    call(
        &server,
        "DELETE",
        "/v1/folder",
        json!({ "folderPath": "/new" }),
    )
    .await;
    let posts = server.webhook_posts().await;
    let types: Vec<_> = posts.iter().map(|it| it.event_type().unwrap()).collect();
    assert_eq!(
        types,
        [
            "folder.created",
            "file.created",
            "file-version.created",
            "file.updated",
            "file-version.deleted",
            "file.deleted",
            "folder.deleted",
        ]
    );
    assert!(posts.iter().all(|it| it.status().unwrap() == 200));
    for (headers, body) in received.lock().unwrap().iter() {
        let header = |name: &str| {
            headers
                .iter()
                .find(|(known, _)| known == name)
                .unwrap()
                .1
                .clone()
        };
        let event: Value = serde_json::from_slice(body).unwrap();
        assert_eq!(header("webhook-id"), event["id"].as_str().unwrap());
        let (id, time) = (header("webhook-id"), header("webhook-timestamp"));
        let expected = hmac(&[id.as_bytes(), b".", time.as_bytes(), b".", body]);
        assert_eq!(
            header("webhook-signature"),
            format!("v1,{}", BASE64.encode(expected))
        );
        let older = header("x-ik-signature");
        let (time, digest) = older
            .strip_prefix("t=")
            .unwrap()
            .split_once(",v1=")
            .unwrap();
        let expected: String = hmac(&[time.as_bytes(), b".", body])
            .iter()
            .map(|it| format!("{it:02x}"))
            .collect();
        assert_eq!(digest, expected);
    }
}

#[tokio::test]
async fn only_enabled_webhooks_get_the_events_that_they_want() {
    let (received, address) = receiver().await;
    let server = crate::story::empty().await;
    let wanted = json!({ "endpoint": address, "events": ["file.created"] });
    let created = call(&server, "POST", "/v1/accounts/webhooks", wanted.clone()).await;
    assert_eq!(created.status, 201);
    assert!(
        created.json()["secret"]
            .as_str()
            .unwrap()
            .starts_with("whsec_")
    );
    assert_eq!(
        call(&server, "POST", "/v1/accounts/webhooks", wanted)
            .await
            .status,
        400
    );
    put(&server, "/a/b.txt", b"b").await;
    let (others, address) = receiver().await;
    let wanted = json!({ "endpoint": address, "events": ["folder.created"] });
    call(&server, "POST", "/v1/accounts/webhooks", wanted).await;
    let path = format!(
        "/v1/accounts/webhooks/{}",
        created.json()["id"].as_str().unwrap()
    );
    call(&server, "PATCH", &path, json!({ "enabled": false })).await;
    put(&server, "/a/c.txt", b"c").await;
    put(&server, "/new/d.txt", b"d").await;
    assert_eq!(server.webhook_posts().await.len(), 2);
    assert_eq!(
        (received.lock().unwrap().len(), others.lock().unwrap().len()),
        (1, 1)
    );
}

#[tokio::test]
async fn the_result_of_a_slow_extension_is_posted_to_the_address_of_the_request() {
    let (received, address) = receiver().await;
    let library = Library::new().extension_time(std::time::Duration::from_secs(5));
    let server = Server::builder().library(library).start().await.unwrap();
    let fields = [
        ("fileName", "a.png"),
        ("extensions", r#"[{"name":"remove-bg"}]"#),
        ("webhookUrl", &*address),
    ];
    let uploaded = upload(&server, PNG, &fields).await.json();
    assert_eq!(uploaded["extensionStatus"]["remove-bg"], "pending");
    assert!(server.webhook_posts().await.is_empty());
    server.advance(std::time::Duration::from_secs(5));
    let posts = server.webhook_posts().await;
    assert_eq!(posts[0].body()["service"], "remove-bg");
    assert_eq!(
        posts[0].body()["fileObject"]["versionInfo"]["name"],
        "Version 2"
    );
    assert_eq!(received.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn videos_and_later_transformations_tell_by_events() {
    let (_, address) = receiver().await;
    let library = Library::new().webhook(
        &address,
        &[
            "upload.pre-transform.success",
            "upload.post-transform.success",
        ],
        SECRET,
    );
    let server = Server::builder().library(library).start().await.unwrap();
    let video = b"\0\0\0\x18ftypmp42";
    let wanted = r#"{"pre":"w-500","post":[{"type":"abs","value":"sr-240","protocol":"dash"}]}"#;
    let accepted = upload(
        &server,
        video,
        &[("fileName", "a.mp4"), ("transformation", wanted)],
    )
    .await;
    assert_eq!(accepted.status, 202);
    assert!(accepted.json().get("fileId").is_none());
    let posts = server.webhook_posts().await;
    assert!(posts[0].body()["data"]["fileId"].is_string());
    assert_eq!(posts[0].body()["request"]["transformation"], "w-500");
    assert_eq!(
        posts[0].body()["request"]["x_request_id"],
        accepted.header("x-ik-requestid")
    );
    assert_eq!(
        posts[1].body()["request"]["transformation"]["protocol"],
        "dash"
    );
    let unfit = upload(
        &server,
        PNG,
        &[("fileName", "a.png"), ("transformation", wanted)],
    )
    .await;
    assert_eq!(unfit.status, 400);
}
