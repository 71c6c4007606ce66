//! Responses are those of ImageKit.

use imagekit_mock::{File, Library, Server, StatusCode};
use serde_json::{Value, json};

use crate::wire::{DOCUMENTED, basic, get, send};

#[tokio::test]
async fn the_documented_version_is_responded_as_documented() {
    let server = Server::builder().start().await.unwrap();
    let response = get(&server, DOCUMENTED).await;
    assert_eq!(response.status, StatusCode::OK);
    assert_eq!(
        response.header("content-type"),
        "application/json; charset=utf-8"
    );
    let documented = imagekit_openapi::example("file-version.json").unwrap();
    let documented: Value = serde_json::from_str(documented).unwrap();
    assert_eq!(response.json(), documented);
}

#[tokio::test]
async fn what_does_not_exist_is_responded_as_documented() {
    let server = Server::builder().start().await.unwrap();
    let documented = imagekit_openapi::example("not-found.json").unwrap();
    let documented: Value = serde_json::from_str(documented).unwrap();
    for path in [
        "/v1/files/598821f949c0a938d57563bd/versions/another",
        "/v1/files/another/versions/697821f849c0a938d57563ce",
        "/v1/files/598821f949c0a938d57563bd/versions/%FF",
    ] {
        let response = get(&server, path).await;
        assert_eq!(response.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(response.json(), documented, "{path}");
    }
}

#[tokio::test]
async fn a_path_that_no_operation_has_is_501_and_lists_what_there_is() {
    let server = Server::builder().start().await.unwrap();
    for path in [
        "/v1/files/598821f949c0a938d57563bd/versions/",
        "/v1/files/a/b/versions/c",
        "/v1/other",
    ] {
        let response = get(&server, path).await;
        assert_eq!(response.status, StatusCode::NOT_IMPLEMENTED, "{path}");
        let message = response.json()["message"].to_string();
        assert!(message.contains("getFileDetails"), "{message}");
    }
    for path in ["/", "*", "/other"] {
        let response = get(&server, path).await;
        assert_eq!(response.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn without_a_key_it_is_401_and_with_a_wrong_one_403() {
    let server = Server::builder()
        .private_key("right")
        .start()
        .await
        .unwrap();
    let no_user = "Authorization: Basic Og==";
    for none in [
        "X-Nothing: 1",
        no_user,
        "Authorization: Bearer right",
        "Authorization: Basic %",
    ] {
        let response = send(&server, "GET", DOCUMENTED, &[none]).await;
        assert_eq!(response.status, StatusCode::UNAUTHORIZED, "{none}");
    }
    for wrong in ["wrong", "righ", "rightly", "Right"] {
        let response = send(&server, "GET", DOCUMENTED, &[&basic(wrong)]).await;
        assert_eq!(response.status, StatusCode::FORBIDDEN, "{wrong}");
    }
    // ImageKit does not look at the password.
    for right in ["right", "right:", "right:anything:else"] {
        let response = send(&server, "GET", DOCUMENTED, &[&basic(right)]).await;
        assert_eq!(response.status, StatusCode::OK, "{right}");
    }
}

#[tokio::test]
async fn every_response_has_a_request_id_of_its_own() {
    let server = Server::builder().start().await.unwrap();
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(get(&server, DOCUMENTED).await);
        ids.push(get(&server, "/nowhere").await);
        ids.push(send(&server, "PATCH", DOCUMENTED, &[]).await);
        ids.push(send(&server, "GET", DOCUMENTED, &[]).await);
    }
    let mut ids: Vec<_> = ids
        .iter()
        .map(|response| response.header("x-ik-requestid"))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 8);
}

#[tokio::test]
async fn other_methods_are_405_and_name_those_that_work() {
    let server = Server::builder().start().await.unwrap();
    for method in ["POST", "PUT", "PATCH", "OPTIONS", "HEAD"] {
        let response = send(&server, method, DOCUMENTED, &[&basic(server.private_key())]).await;
        assert_eq!(response.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(response.header("allow"), "DELETE, GET", "{method}");
    }
}

#[tokio::test]
async fn ids_that_cannot_be_ids_are_400() {
    let server = Server::builder().start().await.unwrap();
    for id in [".", "..", "%2e%2E", "%5C", "\\", "a%00", "%0A", "%7f"] {
        for path in [
            format!("/v1/files/{id}/versions/a"),
            format!("/v1/files/a/versions/{id}"),
        ] {
            let response = get(&server, &path).await;
            assert_eq!(response.status, StatusCode::BAD_REQUEST, "{path}");
            let message = &response.json()["message"];
            assert!(
                message
                    .as_str()
                    .unwrap()
                    .starts_with("Your request contains invalid "),
                "{message}"
            );
        }
    }
}

#[tokio::test]
async fn ids_are_percent_decoded_within_their_segment() {
    let odd = [
        "a/b",
        "50 %",
        "ü",
        "日本",
        "?#",
        "a+b",
        "%2F",
        "\u{1f600}",
        "x;y=z,~!$&'()*@:",
    ];
    let library = odd.iter().fold(Library::new(), |library, id| {
        library.file(File::new(*id).version_ids([*id]))
    });
    let server = Server::builder().library(library).start().await.unwrap();
    for id in odd {
        let segment = percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC);
        let response = get(&server, &format!("/v1/files/{segment}/versions/{segment}")).await;
        assert_eq!(response.json()["fileId"], id);
        let request = server.requests().pop().unwrap();
        assert_eq!(request.ids(), [id, id]);
    }
}

#[tokio::test]
async fn the_library_can_be_changed_while_the_server_runs() {
    let server = Server::builder()
        .library(Library::new())
        .start()
        .await
        .unwrap();
    assert_eq!(get(&server, DOCUMENTED).await.status, StatusCode::NOT_FOUND);
    server.set_library(Library::documented()).unwrap();
    assert_eq!(get(&server, DOCUMENTED).await.status, StatusCode::OK);
    let refused = server.library().json(json!({ "fileId": "a" }));
    server.set_library(refused).unwrap_err();
    assert_eq!(get(&server, DOCUMENTED).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_dropped_server_is_gone() {
    let server = Server::builder().start().await.unwrap();
    let address = server.url().strip_prefix("http://").unwrap().to_owned();
    drop(server);
    // The task of the server ends when the runtime comes to it.
    while tokio::net::TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_key_is_not_shown() {
    let builder = Server::builder().private_key("private_secret");
    assert!(!format!("{builder:?}").contains("private_secret"));
    let server = builder.start().await.unwrap();
    get(&server, DOCUMENTED).await;
    assert!(!format!("{server:?}").contains("private_secret"));
    let requests = server.requests();
    assert!(!format!("{requests:?}").contains(&basic("private_secret")[21..]));
    assert_eq!(
        requests[0].headers()["authorization"],
        basic("private_secret")["Authorization: ".len()..]
    );
}
