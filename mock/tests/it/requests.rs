//! Requests are there to be looked at.

use imagekit_mock::{Method, Server, StatusCode};

use crate::wire::{DOCUMENTED, get, send};

#[tokio::test]
async fn a_request_is_kept_as_it_arrived() {
    let server = Server::builder().start().await.unwrap();
    get(&server, "/v1/files/a%2Fb/versions/%C3%BC?x=%20").await;
    send(&server, "PATCH", "/v1/%7Eother", &["X-Test: yes"]).await;
    let requests = server.requests();
    let [first, second] = &requests[..] else {
        panic!("{requests:?}");
    };
    assert_eq!(first.method(), Method::GET);
    assert_eq!(first.path(), "/v1/files/a%2Fb/versions/%C3%BC?x=%20");
    assert_eq!(first.operation(), Some("getFileVersionDetails"));
    assert_eq!(first.ids(), ["a/b", "ü"]);
    assert_eq!(first.status(), Some(StatusCode::NOT_FOUND));
    assert_eq!(second.method(), Method::PATCH);
    assert_eq!(second.path(), "/v1/%7Eother");
    assert_eq!(second.operation(), None);
    assert!(second.ids().is_empty());
    assert_eq!(second.headers()["x-test"], "yes");
}

#[tokio::test]
async fn only_the_latest_requests_are_kept() {
    let server = Server::builder().record(2).start().await.unwrap();
    for number in 0..5 {
        get(&server, &format!("/{number}")).await;
    }
    get(&server, DOCUMENTED).await;
    let kept = server.requests();
    let kept: Vec<_> = kept
        .iter()
        .map(|request| (request.path(), request.status()))
        .collect();
    assert_eq!(
        kept,
        [
            ("/4", Some(StatusCode::NOT_FOUND)),
            (DOCUMENTED, Some(StatusCode::OK))
        ]
    );
    assert_eq!(server.request_count(), 6);
    assert_eq!(server.response_count(StatusCode::NOT_FOUND), 5);
}

#[tokio::test]
async fn recording_can_be_turned_off() {
    let server = Server::builder().record(0).start().await.unwrap();
    get(&server, DOCUMENTED).await;
    assert!(server.requests().is_empty());
    assert_eq!(server.request_count(), 1);
}
