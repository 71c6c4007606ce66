//! Who may upload, what is refused, and how private files are delivered.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64_URL;
use hmac::{Hmac, KeyInit, Mac};
use imagekit_mock::{Clock, Library, Server};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::Sha256;

use crate::story::{PNG, put};
use crate::wire::{RawResponse, basic, get, send, upload, upload_with};

const NOW: i64 = 1_767_225_600;

async fn server() -> Server {
    let clock = Clock::fixed("2026-01-01T00:00:00Z".parse().unwrap());
    let library = Library::new().clock(clock);
    Server::builder().library(library).start().await.unwrap()
}

fn sign(server: &Server, text: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(server.private_key().as_bytes()).unwrap();
    mac.update(text.as_bytes());
    let digest = mac.finalize().into_bytes();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn jwt(server: &Server, fields: &[(&str, &str)], lifetime: i64) -> String {
    let mut payload: serde_json::Map<_, _> = fields
        .iter()
        .map(|(name, text)| ((*name).to_owned(), Value::from(*text)))
        .collect();
    payload.insert("iat".into(), NOW.into());
    payload.insert("exp".into(), (NOW + lifetime).into());
    let header = json!({ "alg": "HS256", "typ": "JWT", "kid": server.public_key() });
    let encode = |value: Value| BASE64_URL.encode(value.to_string());
    let signed = format!("{}.{}", encode(header), encode(Value::Object(payload)));
    let mut mac = Hmac::<Sha256>::new_from_slice(server.private_key().as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    format!(
        "{signed}.{}",
        BASE64_URL.encode(mac.finalize().into_bytes())
    )
}

fn message(response: &RawResponse) -> (u16, String) {
    (
        response.status.as_u16(),
        response.json()["message"].as_str().unwrap().to_owned(),
    )
}

#[tokio::test]
async fn a_signed_upload_is_accepted_once() {
    let server = server().await;
    let key = server.public_key();
    let with = async |expire: i64, token: &str, signature: &str| {
        let expire = expire.to_string();
        let fields = [
            ("fileName", "a.png"),
            ("publicKey", key),
            ("token", token),
            ("expire", &expire),
            ("signature", signature),
        ];
        upload_with(&server, "/api/v1/files/upload", &[], PNG, &fields).await
    };
    let signature = |expire: i64, token: &str| sign(&server, &format!("{token}{expire}"));
    let soon = NOW + 1800;
    assert_eq!(with(soon, "t1", &signature(soon, "t1")).await.status, 200);
    let again = message(&with(soon, "t1", &signature(soon, "t1")).await);
    assert!(again.0 == 400 && again.1.contains("t1"), "{again:?}");
    for late in [NOW, NOW + 3600] {
        let (status, text) = message(&with(late, "t2", &signature(late, "t2")).await);
        assert!(
            status == 400 && text.starts_with("Your request contains invalid expire parameter."),
            "{text}"
        );
    }
    let wrong = message(&with(soon, "t3", &signature(soon, "t1")).await);
    assert_eq!(
        wrong,
        (
            400,
            "Your request contains invalid signature parameter.".to_owned()
        )
    );
    let key = basic(server.private_key());
    let both = [("fileName", "a.png"), ("signature", "x")];
    let both = upload_with(&server, "/api/v1/files/upload", &[&key], PNG, &both).await;
    assert_eq!(both.status, 400);
    let none = upload_with(
        &server,
        "/api/v1/files/upload",
        &[],
        PNG,
        &[("fileName", "a.png")],
    )
    .await;
    assert_eq!(none.status, 401);
    let stranger = upload_with(
        &server,
        "/api/v2/files/upload",
        &[&basic("x")],
        PNG,
        &[("fileName", "a.png")],
    )
    .await;
    assert_eq!(stranger.status, 403);
}

#[tokio::test]
async fn a_token_has_to_say_what_the_form_says() {
    let server = server().await;
    let send = async |signed: &[(&str, &str)], sent: &[(&str, &str)], lifetime| {
        let token = jwt(&server, signed, lifetime);
        let fields = [sent, &[("token", &*token)]].concat();
        upload_with(&server, "/api/v2/files/upload", &[], PNG, &fields).await
    };
    let form = [("fileName", "a.png"), ("tags", "a,b")];
    assert_eq!(send(&form, &form, 600).await.status, 200);
    let mismatch = "Your request contains invalid payload. It does not match with the payload used to generate token.";
    assert_eq!(
        message(&send(&form, &form[..1], 601).await),
        (400, mismatch.to_owned())
    );
    assert_eq!(
        message(&send(&form[..1], &form, 602).await),
        (400, mismatch.to_owned())
    );
    let expired = message(&send(&form, &form, 0).await);
    assert_eq!(
        expired,
        (400, "Your request contains expired token.".to_owned())
    );
    let long = message(&send(&form, &form, 3601).await);
    assert_eq!(
        long,
        (
            400,
            "Your request contains invalid token parameter.".to_owned()
        )
    );
}

#[tokio::test]
async fn a_bad_field_is_named() {
    let server = server().await;
    for (field, text) in [
        ("overwriteFile", "yes"),
        ("customMetadata", "{"),
        ("extensions", "{}"),
        ("extensions", r#"[{"name":"unknown"}]"#),
        ("customCoordinates", "1,2"),
        ("responseFields", "everything"),
        ("checks", "\"request.folder\" ~ 1"),
    ] {
        let refused = message(&upload(&server, PNG, &[("fileName", "a.png"), (field, text)]).await);
        assert!(refused.0 == 400 && refused.1.contains(field), "{refused:?}");
    }
    let missing = message(&upload(&server, PNG, &[]).await);
    assert_eq!(
        missing,
        (
            400,
            "Your request is missing fileName parameter.".to_owned()
        )
    );
    let checks = [
        ("fileName", "a.png"),
        ("folder", "/x"),
        (
            "checks",
            r#""request.folder" : "/x" AND 'file.size' < '1kb'"#,
        ),
    ];
    assert_eq!(upload(&server, PNG, &checks).await.status, 200);
    let failed = [
        ("fileName", "a.png"),
        ("checks", r#""mediaMetadata.width" > 3"#),
    ];
    let failed = message(&upload(&server, PNG, &failed).await);
    assert_eq!(
        failed,
        (400, "Your request failed 'checks' validation.".to_owned())
    );
    assert_eq!(
        server.library().snapshot()["files"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn an_address_or_base64_stands_for_the_bytes() {
    let server = server().await;
    put(&server, "/origin.png", PNG).await;
    let origin = format!("{}/origin.png", server.url_endpoint());
    let base64 = base64::engine::general_purpose::STANDARD.encode(PNG);
    for file in [
        origin.clone(),
        base64.clone(),
        format!("data:image/png;base64,{base64}"),
    ] {
        let body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n{file}\r\n--b\r\nContent-Disposition: \
             form-data; name=\"fileName\"\r\n\r\na.png\r\n--b--\r\n"
        );
        let key = basic(server.private_key());
        let headers = [&*key, "Content-Type: multipart/form-data; boundary=b"];
        let uploaded = crate::wire::exchange(
            server.url(),
            "POST",
            "/api/v1/files/upload",
            &headers,
            body.as_bytes(),
        )
        .await;
        assert_eq!(uploaded.json()["width"], 3, "{file}");
    }
}

#[tokio::test]
async fn what_does_not_fit_is_refused_until_there_is_room() {
    let server = Server::builder()
        .library(Library::new())
        .storage_limit(60)
        .start()
        .await
        .unwrap();
    let id = put(&server, "/a.png", PNG).await;
    let refused = message(&upload(&server, PNG, &[("fileName", "b.png")]).await);
    assert_eq!(refused, (400, "Upload Limit Exceeded.".to_owned()));
    let key = basic(server.private_key());
    assert_eq!(
        send(&server, "DELETE", &format!("/v1/files/{id}"), &[&key])
            .await
            .status,
        204
    );
    put(&server, "/b.png", PNG).await;
}

#[tokio::test]
async fn a_private_file_needs_a_signature_or_a_named_transformation() {
    let server = server().await;
    let fields = [
        ("fileName", "a b.png"),
        ("useUniqueFileName", "false"),
        ("isPrivateFile", "true"),
    ];
    upload(&server, PNG, &fields).await;
    let deliver = async |path: String| {
        let path = format!("/your_imagekit_id/{path}");
        send(&server, "GET", &path, &[]).await.status.as_u16()
    };
    let signed = |path: &str, expiry: Option<i64>| {
        let signature = sign(
            &server,
            &format!("{path}{}", expiry.unwrap_or(9_999_999_999)),
        );
        let mark = if path.contains('?') { '&' } else { '?' };
        let expiry = expiry.map(|it| format!("ik-t={it}&")).unwrap_or_default();
        format!("{path}{mark}{expiry}ik-s={signature}")
    };
    assert_eq!(deliver("a_b.png".into()).await, 401);
    assert_eq!(deliver(signed("a_b.png", None)).await, 200);
    assert_eq!(deliver(signed("a_b.png?tr=w-1", Some(NOW + 1))).await, 200);
    assert_eq!(deliver(signed("a_b.png", Some(NOW - 1))).await, 401);
    assert_eq!(deliver(format!("{}0", signed("a_b.png", None))).await, 401);
    assert_eq!(deliver("tr:n-small/a_b.png".into()).await, 400);
    let named = json!({ "name": "small", "transformation": "w-1" });
    crate::wire::call(&server, "POST", "/v1/named-transformations", named).await;
    assert_eq!(deliver("tr:n-small/a_b.png".into()).await, 200);
    assert_eq!(deliver("nothing.png".into()).await, 404);
    let today = "/v1/accounts/usage-analytics?startDate=2025-12-31&endDate=2026-01-01";
    let analytics = get(&server, today).await.json();
    assert!(analytics["bandwidthBytes"].as_u64().unwrap() >= 3 * PNG.len() as u64);
    assert_eq!(analytics["requestCount"], 8);
}

#[tokio::test]
async fn a_folder_keeps_the_bytes_until_the_file_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let builder = Server::builder()
        .library(Library::new())
        .storage(folder.path());
    let server = builder.start().await.unwrap();
    let kept = || std::fs::read_dir(folder.path()).unwrap().count();
    let id = put(&server, "/a.png", PNG).await;
    assert_eq!(&server.library().bytes("/a.png").unwrap()[..], PNG);
    assert_eq!(kept(), 1);
    let key = basic(server.private_key());
    send(&server, "DELETE", &format!("/v1/files/{id}"), &[&key]).await;
    assert_eq!(kept(), 0);
}

#[tokio::test]
async fn a_folder_of_files_is_served_under_its_paths() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("shop")).unwrap();
    std::fs::write(folder.path().join("shop/coat 1.png"), PNG).unwrap();
    std::fs::write(folder.path().join(".hidden"), "x").unwrap();
    let library = Library::new().files_from(folder.path()).unwrap();
    let server = Server::builder().library(library).start().await.unwrap();
    let files = get(&server, "/v1/files").await.json();
    assert_eq!(files.as_array().unwrap().len(), 1);
    assert_eq!(
        (&files[0]["filePath"], &files[0]["width"]),
        (&json!("/shop/coat 1.png"), &json!(3))
    );
    let url = files[0]["url"]
        .as_str()
        .unwrap()
        .strip_prefix(server.url())
        .unwrap();
    assert_eq!(get(&server, url).await.body, PNG);
}
