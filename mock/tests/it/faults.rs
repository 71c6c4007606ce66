//! What goes wrong on purpose.

use std::io::ErrorKind;
use std::time::Duration;

use imagekit_mock::{
    Bytes, Error, Fault, File, HeaderValue, Library, RateLimit, Response, Server, StatusCode,
};
use tokio::io::AsyncReadExt;

use crate::wire::{self, DOCUMENTED, basic, get};

#[tokio::test]
async fn a_fault_happens_as_often_as_it_says() {
    let fault = Fault::status(StatusCode::SERVICE_UNAVAILABLE).times(2);
    let server = Server::builder().fault(fault).start().await.unwrap();
    for expected in [503, 503, 200, 200] {
        assert_eq!(get(&server, DOCUMENTED).await.status, expected);
    }
}

#[tokio::test]
async fn a_fault_without_times_happens_until_faults_are_cleared() {
    let server = Server::builder()
        .fault(Fault::status(StatusCode::BAD_GATEWAY))
        .start()
        .await
        .unwrap();
    for _ in 0..5 {
        assert_eq!(get(&server, DOCUMENTED).await.status, 502);
    }
    server.clear_faults();
    assert_eq!(get(&server, DOCUMENTED).await.status, 200);
}

#[tokio::test]
async fn the_first_fault_that_is_left_takes_effect() {
    let server = Server::builder()
        .fault(Fault::status(StatusCode::BAD_GATEWAY).times(1))
        .fault(Fault::status(StatusCode::GATEWAY_TIMEOUT).times(1))
        .start()
        .await
        .unwrap();
    for expected in [502, 504, 200] {
        assert_eq!(get(&server, DOCUMENTED).await.status, expected);
    }
}

#[tokio::test]
async fn a_fault_can_be_for_one_id() {
    let library = Library::documented().file(File::new("a").versions(2));
    let server = Server::builder()
        .library(library)
        .fault(Fault::status(StatusCode::INTERNAL_SERVER_ERROR).on_id("a-2"))
        .start()
        .await
        .unwrap();
    assert_eq!(get(&server, "/v1/files/a/versions/a").await.status, 200);
    assert_eq!(get(&server, "/v1/files/a/versions/a-2").await.status, 500);
    assert_eq!(get(&server, "/v1/files/a/versions/%61-2").await.status, 500);
    assert_eq!(get(&server, DOCUMENTED).await.status, 200);
}

#[tokio::test]
async fn a_fault_can_be_for_one_operation() {
    let fault = Fault::status(StatusCode::IM_A_TEAPOT);
    let server = Server::builder()
        .fault(fault.clone().on_operation("getFileVersionDetails"))
        .start()
        .await
        .unwrap();
    assert_eq!(get(&server, DOCUMENTED).await.status, 418);
    assert_eq!(get(&server, "/v1/other").await.status, 501);

    let unknown = server
        .add_fault(fault.on_operation("getVersion"))
        .unwrap_err();
    assert!(matches!(unknown, Error::UnknownOperation { .. }));
    let unknown = unknown.to_string();
    let start = "a fault is meant for the operation `getVersion`, but there are only: ";
    assert!(unknown.starts_with(start), "{unknown}");
    assert!(unknown.contains("getFileVersionDetails"), "{unknown}");
}

#[tokio::test]
async fn a_refused_request_says_when_to_come_back() {
    let limit = RateLimit::new(7, Duration::from_millis(2500));
    let server = Server::builder()
        .fault(Fault::too_many_requests(limit))
        .start()
        .await
        .unwrap();
    let response = get(&server, DOCUMENTED).await;
    assert_eq!(response.status, 429);
    assert_eq!(response.number("x-ratelimit-limit"), 7);
    assert_eq!(response.number("x-ratelimit-reset"), 2500);
    assert_eq!(response.number("x-ratelimit-interval"), 2500);
}

#[tokio::test]
async fn html_comes_from_something_in_between() {
    let server = Server::builder()
        .fault(Fault::html(StatusCode::BAD_GATEWAY))
        .start()
        .await
        .unwrap();
    let response = get(&server, DOCUMENTED).await;
    assert_eq!(response.status, 502);
    assert_eq!(response.header("content-type"), "text/html");
    assert!(response.body.starts_with(b"<html>"));
}

#[tokio::test]
async fn a_content_type_can_be_wrong() {
    let fault = Fault::content_type(HeaderValue::from_static("text/plain"));
    let server = Server::builder().fault(fault).start().await.unwrap();
    let response = get(&server, DOCUMENTED).await;
    assert_eq!(response.status, 200);
    assert_eq!(response.header("content-type"), "text/plain");
    assert_eq!(response.json()["name"], "file1.jpg");
}

#[tokio::test]
async fn anything_can_be_the_response() {
    let response = Response::builder()
        .status(503)
        .header("retry-after", "7")
        .body(Bytes::from_static(b"not now"))
        .unwrap();
    let server = Server::builder()
        .fault(Fault::response(response))
        .start()
        .await
        .unwrap();
    let response = get(&server, DOCUMENTED).await;
    assert_eq!(response.status, 503);
    assert_eq!(response.header("retry-after"), "7");
    assert_eq!(response.body, b"not now");
    assert!(!response.headers.contains_key("content-type"));
    assert!(response.headers.contains_key("x-ik-requestid"));
}

#[tokio::test(start_paused = true)]
async fn latencies_add_up_and_the_usual_response_follows() {
    let server = Server::builder()
        .fault(Fault::latency(Duration::from_secs(40)).times(1))
        .fault(Fault::status(StatusCode::BAD_GATEWAY).times(1))
        .fault(Fault::latency(Duration::from_secs(20)).times(2))
        .start()
        .await
        .unwrap();
    for (status, seconds) in [(502, 60), (200, 20), (200, 0)] {
        let start = tokio::time::Instant::now();
        assert_eq!(get(&server, DOCUMENTED).await.status, status);
        assert_eq!(start.elapsed().as_secs(), seconds);
    }
}

#[tokio::test]
async fn a_cut_body_ends_too_early() {
    let server = Server::builder()
        .fault(Fault::cut_body())
        .start()
        .await
        .unwrap();
    let key = basic(server.private_key());
    let mut stream = wire::open(&server, "GET", DOCUMENTED, &[&key]).await;
    let (bytes, end) = wire::read(&mut stream).await;
    end.unwrap();
    let response = wire::parse(&bytes);
    assert_eq!(response.status, 200);
    assert_eq!(
        response.body.len() as u64,
        response.number("content-length") / 2
    );
}

fn half_arrived(bytes: &[u8]) -> bool {
    let head_arrived = bytes.windows(4).any(|part| part == b"\r\n\r\n");
    head_arrived && {
        let response = wire::parse(bytes);
        response.body.len() as u64 == response.number("content-length") / 2
    }
}

#[tokio::test]
async fn a_stalled_body_stays_open() {
    let server = Server::builder()
        .fault(Fault::stalled_body())
        .start()
        .await
        .unwrap();
    let key = basic(server.private_key());
    let mut stream = wire::open(&server, "GET", DOCUMENTED, &[&key]).await;
    let mut bytes = Vec::new();
    while !half_arrived(&bytes) {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0);
    }
    // Nothing follows, neither bytes nor an end.
    let more = stream.read_buf(&mut bytes);
    tokio::time::timeout(Duration::from_millis(50), more)
        .await
        .unwrap_err();
}

#[tokio::test]
async fn a_reset_is_a_reset() {
    let server = Server::builder()
        .fault(Fault::reset())
        .start()
        .await
        .unwrap();
    let key = basic(server.private_key());
    let mut stream = wire::open(&server, "GET", DOCUMENTED, &[&key]).await;
    let (bytes, end) = wire::read(&mut stream).await;
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(bytes, b"");
    assert_eq!(server.requests()[0].status(), None);
}

#[tokio::test]
async fn faults_are_written_as_texts() {
    for (text, expected) in [
        ("503", 503),
        (" 503 , times = 1 ", 503),
        ("429=40/1s", 429),
        ("html", 502),
        ("html=503,id=598821f949c0a938d57563bd", 503),
        ("404,id=another", 200),
        ("latency=1ms", 200),
        (
            "content-type=text/plain,operation=getFileVersionDetails",
            200,
        ),
    ] {
        let fault: Fault = text.parse().unwrap();
        let server = Server::builder().fault(fault).start().await.unwrap();
        assert_eq!(get(&server, DOCUMENTED).await.status, expected, "{text}");
    }
}

#[test]
fn texts_that_are_not_faults_are_refused() {
    for (text, expected) in [
        ("", "`` is neither a status"),
        ("99", "`99` is neither a status"),
        ("100", "`100` is neither a status"),
        (
            "sleep",
            "`sleep` is neither a status such as 503 nor one of html",
        ),
        ("reset=1", "`reset` takes no value"),
        ("503=1", "`503` takes no value"),
        ("503,times=often", "`often`: invalid digit"),
        (
            "503,count=2",
            "`count` limits no fault: use `times`, `operation` or `id`",
        ),
        ("latency=long", "`long`: "),
        ("content-type", "`content-type` needs a value"),
        ("429=40", "`40`: a rate limit is"),
        ("html=yes", "`yes` is neither a status"),
    ] {
        let refused = text.parse::<Fault>().unwrap_err().to_string();
        assert!(refused.starts_with(expected), "{text}: {refused}");
    }
}
