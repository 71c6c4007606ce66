//! Limits that really count.

use std::time::Duration;

use imagekit_mock::{Fault, RateLimit, Server, StatusCode};
use tokio::time::advance;

use crate::wire::{DOCUMENTED, get, send};

#[tokio::test(start_paused = true)]
async fn requests_beyond_a_limit_are_refused_until_its_interval_ends() {
    let server = Server::builder()
        .rate_limit(RateLimit::new(2, Duration::from_secs(10)))
        .start()
        .await
        .unwrap();
    for window in 0..3 {
        let mut resets = Vec::new();
        for expected in [200, 200, 429, 429] {
            let response = get(&server, DOCUMENTED).await;
            assert_eq!(response.status, expected, "{window}");
            assert_eq!(response.number("x-ratelimit-limit"), 2);
            assert_eq!(response.number("x-ratelimit-interval"), 10_000);
            resets.push(response.number("x-ratelimit-reset"));
            advance(Duration::from_millis(1)).await;
        }
        // A duration until the end of the window, and never one that is too short.
        assert_eq!(resets, [10_000, 9_999, 9_998, 9_997], "{window}");
        advance(Duration::from_millis(9_996)).await;
    }
    assert_eq!(server.response_count(StatusCode::OK), 6);
    assert_eq!(server.response_count(StatusCode::TOO_MANY_REQUESTS), 6);
}

#[tokio::test(start_paused = true)]
async fn resets_are_rounded_up() {
    let server = Server::builder()
        .rate_limit(RateLimit::new(1, Duration::from_secs(1)))
        .start()
        .await
        .unwrap();
    get(&server, DOCUMENTED).await;
    advance(Duration::from_micros(998_500)).await;
    let refused = get(&server, DOCUMENTED).await;
    assert_eq!(refused.status, 429);
    let reset = refused.number("x-ratelimit-reset");
    assert_eq!(reset, 2);
    advance(Duration::from_millis(reset)).await;
    assert_eq!(get(&server, DOCUMENTED).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn windows_follow_each_other_without_a_gap() {
    let server = Server::builder()
        .rate_limit(RateLimit::new(1, Duration::from_secs(10)))
        .start()
        .await
        .unwrap();
    get(&server, DOCUMENTED).await;
    advance(Duration::from_secs(34)).await;
    let response = get(&server, DOCUMENTED).await;
    assert_eq!(response.status, 200);
    assert_eq!(response.number("x-ratelimit-reset"), 6_000);
}

#[tokio::test(start_paused = true)]
async fn of_several_limits_each_one_holds() {
    let server = Server::builder()
        .rate_limit("2/1s".parse().unwrap())
        .rate_limit("3/1m".parse().unwrap())
        .start()
        .await
        .unwrap();
    let mut seen = Vec::new();
    for pause in [0, 0, 1000, 0, 59_000] {
        advance(Duration::from_millis(pause)).await;
        let response = get(&server, DOCUMENTED).await;
        seen.push((
            response.status.as_u16(),
            response.number("x-ratelimit-interval"),
        ));
    }
    assert_eq!(
        seen,
        [
            (200, 1000),
            (200, 1000),
            (200, 60_000),
            (429, 60_000),
            (200, 1000)
        ]
    );
}

#[tokio::test]
async fn an_interval_can_be_very_long() {
    let server = Server::builder()
        .rate_limit(RateLimit::new(0, Duration::MAX))
        .start()
        .await
        .unwrap();
    let response = get(&server, DOCUMENTED).await;
    assert_eq!(response.status, 429);
    assert_eq!(response.number("x-ratelimit-interval"), u64::MAX);
}

#[tokio::test]
async fn what_no_account_is_known_for_does_not_count() {
    let server = Server::builder()
        .rate_limit(RateLimit::new(1, Duration::from_secs(600)))
        .fault(Fault::status(StatusCode::BAD_GATEWAY).on_id("a"))
        .start()
        .await
        .unwrap();
    assert_eq!(send(&server, "GET", DOCUMENTED, &[]).await.status, 401);
    assert_eq!(get(&server, "/other").await.status, 404);
    assert_eq!(get(&server, "/v1/files/a/versions/a").await.status, 502);
    assert_eq!(get(&server, DOCUMENTED).await.status, 200);
    assert_eq!(get(&server, DOCUMENTED).await.status, 429);
}

#[tokio::test]
async fn without_a_limit_nothing_is_said_about_one() {
    let server = Server::builder().start().await.unwrap();
    let response = get(&server, DOCUMENTED).await;
    let names: Vec<_> = response.headers.keys().map(|name| name.as_str()).collect();
    assert!(
        !names.iter().any(|name| name.starts_with("x-ratelimit")),
        "{names:?}"
    );
}

#[test]
fn limits_are_written_as_texts() {
    for (text, requests, interval) in [
        ("40/1s", 40, Duration::from_secs(1)),
        ("1000/15m", 1000, Duration::from_secs(900)),
        ("1/250ms", 1, Duration::from_millis(250)),
        ("0/1h", 0, Duration::from_secs(3600)),
    ] {
        let limit: RateLimit = text.parse().unwrap();
        assert_eq!(limit, RateLimit::new(requests, interval));
        assert_eq!(limit.to_string(), text);
    }
    for text in ["", "40", "40/", "/1s", "-1/1s", "40/second", "many/1s"] {
        text.parse::<RateLimit>().unwrap_err();
    }
}
