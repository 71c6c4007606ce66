//! What people see in the browser, and what programs in other languages ask and tell.

use imagekit_mock::{Library, Server};
use serde_json::json;

use crate::story::put;
use crate::wire::{DOCUMENTED, RawResponse, exchange, get};

async fn ask(server: &Server, method: &str, path: &str, body: &str) -> RawResponse {
    exchange(
        server.url(),
        method,
        &format!("/_mock{path}"),
        &[],
        body.as_bytes(),
    )
    .await
}

#[tokio::test]
async fn requests_and_library_can_be_seen_without_a_key() {
    let server = Server::start().await.unwrap();
    get(&server, DOCUMENTED).await;
    put(&server, "/a.txt", b"a").await;
    let page = ask(&server, "GET", "", "").await;
    assert!(page.header("content-type").starts_with("text/html"));
    let requests = ask(&server, "GET", "/requests", "").await;
    assert!(
        !String::from_utf8_lossy(&requests.body)
            .to_lowercase()
            .contains("authorization")
    );
    let requests = requests.json();
    assert_eq!(
        (&requests[0]["status"], &requests[0]["operation"]),
        (&json!(200), &json!("getFileVersionDetails"))
    );
    assert_eq!(requests.as_array().unwrap().len(), 2);
    let library = ask(&server, "GET", "/library", "").await.json();
    assert_eq!(library, server.library().snapshot());
    assert_eq!(ask(&server, "DELETE", "/requests", "").await.status, 200);
    assert_eq!(ask(&server, "GET", "/requests", "").await.json(), json!([]));
    assert_eq!(ask(&server, "GET", "/nothing", "").await.status, 404);
    get(&server, DOCUMENTED).await;
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn faults_are_added_and_cleared() {
    let server = Server::start().await.unwrap();
    assert_eq!(
        ask(&server, "POST", "/faults", "503,times=2").await.status,
        201
    );
    assert_eq!(get(&server, DOCUMENTED).await.status, 503);
    assert_eq!(
        ask(&server, "GET", "/faults", "").await.json(),
        json!(["503,times=1"])
    );
    assert_eq!(get(&server, DOCUMENTED).await.status, 503);
    assert_eq!(ask(&server, "GET", "/faults", "").await.json(), json!([]));
    ask(&server, "POST", "/faults", "500").await;
    assert_eq!(ask(&server, "DELETE", "/faults", "").await.status, 200);
    assert_eq!(get(&server, DOCUMENTED).await.status, 200);
    for wrong in ["often", "503,operation=unknown"] {
        assert_eq!(
            ask(&server, "POST", "/faults", wrong).await.status,
            400,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn the_clock_can_be_moved() {
    let library = Library::new().purge_time(std::time::Duration::from_secs(60));
    let server = Server::builder().library(library).start().await.unwrap();
    let url = json!({ "url": "https://ik.imagekit.io/your_imagekit_id/a.jpg" });
    let purge = crate::wire::call(&server, "POST", "/v1/files/purge", url)
        .await
        .json();
    let path = format!("/v1/files/purge/{}", purge["requestId"].as_str().unwrap());
    assert_eq!(
        get(&server, &path).await.json(),
        json!({ "status": "Pending" })
    );
    assert_eq!(ask(&server, "POST", "/clock", "1m").await.status, 200);
    assert_eq!(
        get(&server, &path).await.json(),
        json!({ "status": "Completed" })
    );
    assert_eq!(ask(&server, "POST", "/clock", "soon").await.status, 400);
}
