//! What a user sees of each way in which a call can fail, and that nobody sees the key.

use std::error::Error as _;
use std::time::Duration;

use futures_util::FutureExt as _;
use imagekit_client::{Client, ClientBuilder, Error, Method};
use imagekit_tests::clock::LeapingClock;
use imagekit_tests::secrets::{BASIC, KEY, assert_no_secret};
use imagekit_tests::traces::Traces;
use imagekit_tests::wire::{Reply, Server};
use imagekit_tests::{call, example};
use serde_json::json;

/// A failed call with all that can be looked at afterwards.
struct Seen {
    error: Error,
    message: String,
    requests: usize,
    pauses: Vec<Duration>,
    traces: String,
}

/// Makes a call that must fail, and looks for the key wherever it could be seen.
async fn fails(replies: impl Into<Vec<Reply>>) -> Seen {
    fails_with(|builder| builder, replies).await
}

async fn fails_with(
    settings: impl FnOnce(ClientBuilder) -> ClientBuilder,
    replies: impl Into<Vec<Reply>>,
) -> Seen {
    let server = Server::start(replies).await;
    let clock = LeapingClock::default();
    let builder = settings(server.client().clock(clock.clone()).jitter(|| 1.0));
    let (traces, guard) = Traces::capture();
    let client = builder.build().unwrap();
    let error = call(&client).await.unwrap_err();
    drop(guard);
    let seen = Seen {
        message: error.to_string(),
        error,
        requests: server.received().len(),
        pauses: clock.pauses(),
        traces: traces.text(),
    };
    let mut texts = vec![
        ("Display", seen.message.clone()),
        ("Debug", format!("{:?}", seen.error)),
        ("pretty Debug", format!("{:#?}", seen.error)),
        ("the headers", format!("{:?}", seen.error.headers())),
        ("the body", format!("{:?}", seen.error.body())),
        ("the details", format!("{:?}", seen.error.api_error())),
        ("the client", format!("{client:?}")),
        ("the traces", seen.traces.clone()),
    ];
    let mut cause = seen.error.source();
    while let Some(error) = cause {
        texts.push(("a cause", format!("{error} {error:?}")));
        cause = error.source();
    }
    for (what, text) in texts {
        assert_no_secret(what, &text);
    }
    assert!(!seen.message.contains('\n'), "{}", seen.message);
    assert!(
        seen.message.starts_with("getFileVersionDetails: "),
        "{}",
        seen.message
    );
    if seen.requests > 0 {
        assert_eq!(seen.error.attempts() as usize, seen.requests);
    }
    assert_eq!(
        seen.error.operation().unwrap().id(),
        "getFileVersionDetails"
    );
    assert!(
        seen.traces.contains("getFileVersionDetails"),
        "the call is traced: {}",
        seen.traces
    );
    seen
}

const JSON: &str = "Content-Type: application/json\r\nx-ik-requestId: req-1\r\n";
const HTML: &str = "Content-Type: text/html\r\nx-ik-requestId: req-1\r\n";

fn ok(body: impl AsRef<[u8]>) -> Reply {
    Reply::json("200 OK", body)
}

fn refused(reset: &str) -> Reply {
    let reset = match reset {
        "" => String::new(),
        reset => format!("X-RateLimit-Reset: {reset}\r\n"),
    };
    Reply::new(
        "429 Too Many Requests",
        &format!("{JSON}X-RateLimit-Limit: 10\r\nX-RateLimit-Interval: 1000\r\n{reset}"),
        r#"{"message":"Too many requests."}"#,
    )
}

#[tokio::test]
async fn statuses_that_no_repetition_mends() {
    type Predicate = fn(&Error) -> bool;
    let rows: [(&str, Predicate); 4] = [
        ("400 Bad Request", Error::is_bad_request),
        ("401 Unauthorized", Error::is_unauthorized),
        ("403 Forbidden", Error::is_forbidden),
        ("404 Not Found", Error::is_not_found),
    ];
    for (status, is_it) in rows {
        let seen = fails([Reply::new(status, JSON, example("not-found.json"))]).await;
        assert!(is_it(&seen.error), "{status}");
        let others = rows.iter().filter(|(_, other)| other(&seen.error)).count();
        assert_eq!(others, 1, "{status}");
        assert!(!seen.error.is_transient());
        assert_eq!(seen.requests, 1);
        assert_eq!(
            seen.message,
            format!(
                "getFileVersionDetails: {status}: The requested asset does not exist. \
                 (request id req-1, 1 attempt)"
            )
        );
        assert_eq!(
            seen.error.api_message(),
            Some("The requested asset does not exist.")
        );
        assert_eq!(
            seen.error.help(),
            Some("For support kindly contact us at support@imagekit.io .")
        );
        assert_eq!(seen.error.request_id(), Some("req-1"));
        assert_eq!(*seen.error.body().unwrap(), example("not-found.json"));
        assert_eq!(
            seen.error.headers().unwrap()["content-type"],
            "application/json"
        );
    }
}

#[tokio::test]
async fn server_errors_are_repeated_and_then_reported() {
    let cases = [
        (
            "500 Internal Server Error",
            JSON,
            r#"{"message":"Oops."}"#,
            "Oops.",
        ),
        (
            "502 Bad Gateway",
            HTML,
            "<html>\r\n<h1>502</h1></html>",
            "the body begins `<html>  <h1>502</h1></html>`",
        ),
        ("503 Service Unavailable", HTML, "", "no body"),
        (
            "504 Gateway Timeout",
            HTML,
            "late",
            "the body begins `late`",
        ),
    ];
    for (status, headers, body, shown) in cases {
        let seen = fails([Reply::new(status, headers, body)]).await;
        assert!(seen.error.is_server_error() && seen.error.is_transient());
        assert_eq!(seen.requests, 3, "{status}");
        assert_eq!(
            seen.pauses,
            [Duration::from_millis(500), Duration::from_secs(1)]
        );
        assert_eq!(
            seen.message,
            format!("getFileVersionDetails: {status}: {shown} (request id req-1, 3 attempts)")
        );
        assert_eq!(*seen.error.body().unwrap(), body);
    }
}

#[tokio::test]
async fn other_server_errors_are_not_repeated() {
    let seen = fails([Reply::new("501 Not Implemented", JSON, "{}")]).await;
    assert!(seen.error.is_server_error() && !seen.error.is_transient());
    assert_eq!(seen.requests, 1);
}

#[tokio::test]
async fn an_error_body_of_another_shape_hides_nothing() {
    for body in [
        &b"[]"[..],
        b"null",
        br#""text""#,
        br#"{"message":{"text":"no"}}"#,
        br#"{"other":1}"#,
        b"\xff\xfe",
        b"{\"message\":\"cut",
    ] {
        let seen = fails([Reply::new("404 Not Found", JSON, body)]).await;
        assert!(seen.error.is_not_found());
        assert_eq!(seen.error.request_id(), Some("req-1"));
        assert_eq!(seen.error.api_message(), None);
        assert_eq!(seen.error.body().unwrap(), body);
        assert_eq!(seen.requests, 1);
    }
    let long = format!(r#"{{"message":"Long.","more":"{}"}}"#, "x".repeat(100_000));
    let seen = fails([Reply::new("404 Not Found", JSON, long)]).await;
    assert_eq!(seen.error.api_message(), Some("Long."));
    assert_eq!(seen.error.body().unwrap().len(), 64 * 1024);
    let both = r#"{"message":"Two shapes.","errors":{"label":"taken"}}"#;
    let seen = fails([Reply::new("400 Bad Request", JSON, both)]).await;
    assert_eq!(seen.error.api_message(), Some("Two shapes."));
    let list = r#"{"message":"Two shapes.","errors":[{"fileId":"a","error":"b"}]}"#;
    let seen = fails([Reply::new("400 Bad Request", JSON, list)]).await;
    assert_eq!(seen.error.api_message(), Some("Two shapes."));
    assert!(seen.error.api_error().unwrap().errors.is_some());
}

#[tokio::test]
async fn rate_limits_are_waited_for() {
    for (reset, pause) in [("0", 250), ("300", 300), ("2500", 2500)] {
        let server = Server::start([refused(reset), ok(example("file-version.json"))]).await;
        let clock = LeapingClock::default();
        let client = server.client().clock(clock.clone()).build().unwrap();
        let version = call(&client).await.unwrap();
        assert_eq!(version.attempts(), 2);
        assert_eq!(server.received().len(), 2);
        let waited: Duration = clock.pauses().iter().sum();
        assert_eq!(waited, Duration::from_millis(pause), "reset {reset}");
    }
    // Nothing that can be read: exponential backoff.
    for reset in ["", "soon", "-5", "1.5"] {
        let server = Server::start([refused(reset), ok(example("file-version.json"))]).await;
        let clock = LeapingClock::default();
        let client = server.client().clock(clock.clone()).jitter(|| 1.0);
        call(&client.build().unwrap()).await.unwrap();
        assert_eq!(clock.pauses(), [Duration::from_millis(500)], "{reset:?}");
    }
}

#[tokio::test]
async fn rate_limits_that_do_not_end() {
    for (reset, requests) in [("0", 3), ("300", 12), ("2500", 11), ("", 3), ("soon", 3)] {
        let seen = fails([refused(reset)]).await;
        assert!(seen.error.is_rate_limited() && seen.error.is_transient());
        assert_eq!(seen.requests, requests, "reset {reset:?}");
        assert_eq!(seen.error.rate_limit().unwrap().limit(), Some(10));
        let wait = reset.parse().ok().map(Duration::from_millis);
        assert_eq!(seen.error.retry_after(), wait);
    }
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_never_shortened() {
    let seen = fails([refused("3600000")]).await;
    assert!(seen.error.is_rate_limited());
    assert_eq!(seen.requests, 1);
    assert_eq!(seen.pauses, []);
    assert_eq!(seen.error.retry_after(), Some(Duration::from_secs(3600)));
    assert_eq!(
        seen.message,
        "getFileVersionDetails: 429 Too Many Requests: Too many requests. \
         (retry after 3600 s, request id req-1, 1 attempt)"
    );
    let seen = fails_with(
        |builder| builder.max_retry_wait(Duration::from_secs(2)),
        [refused("2500")],
    )
    .await;
    assert_eq!((seen.requests, seen.pauses.len()), (1, 0));
    assert_eq!(seen.error.retry_after(), Some(Duration::from_millis(2500)));
    let seen = fails_with(
        |builder| builder.max_retry_wait(Duration::from_secs(2)),
        [Reply::new(
            "503 Service Unavailable",
            "Retry-After: 3\r\n",
            "",
        )],
    )
    .await;
    assert_eq!((seen.requests, seen.pauses.len()), (1, 0));
    assert_eq!(seen.error.retry_after(), Some(Duration::from_secs(3)));
}

#[tokio::test]
async fn a_server_that_is_not_there() {
    let gone = Server::start([Reply::default()]).await;
    let url = gone.url();
    drop(gone);
    let seen = fails_with(|builder| builder.base_url(url), [Reply::default()]).await;
    assert!(seen.error.is_connect() && seen.error.is_transient());
    assert_eq!(seen.error.status(), None);
    assert_eq!(seen.error.attempts(), 3);
    assert!(seen.message.contains("no connection"), "{}", seen.message);
}

#[tokio::test]
async fn connections_that_break() {
    let head = "HTTP/1.1 200 OK\r\nx-ik-requestId: req-1\r\nContent-Length: 100\r\n\r\n";
    let cases = [
        ("closed before a byte", Reply::default().then_close(), false),
        ("reset before a byte", Reply::default().then_reset(), false),
        (
            "reset half way",
            Reply::raw(head).then(b"{\"name\":").then_reset(),
            true,
        ),
        (
            "shorter than its Content-Length",
            Reply::raw(head).then(b"{\"name\":").then_close(),
            true,
        ),
        (
            "chunks without an end",
            Reply::raw("HTTP/1.1 200 OK\r\nx-ik-requestId: req-1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n")
                .then_close(),
            true,
        ),
    ];
    for (case, reply, has_head) in cases {
        let seen = fails([reply]).await;
        assert!(
            seen.error.is_connection_lost() && seen.error.is_transient(),
            "{case}: {}",
            seen.message
        );
        assert_eq!(seen.requests, 3, "{case}");
        assert!(!seen.error.is_decode() && !seen.error.is_connect());
        assert!(seen.error.source().is_some(), "{case}");
        if has_head {
            assert_eq!(seen.error.status().unwrap(), 200, "{case}");
            assert_eq!(seen.error.request_id(), Some("req-1"));
        }
    }
    let server = Server::start([
        Reply::raw(head).then(b"{").then_close(),
        ok(example("file-version.json")),
    ])
    .await;
    assert_eq!(
        call(&server.client().jitter(|| 0.0).build().unwrap())
            .await
            .unwrap()
            .attempts(),
        2
    );
}

#[tokio::test]
async fn servers_that_stall() {
    let head = "HTTP/1.1 200 OK\r\nx-ik-requestId: req-1\r\nContent-Length: 100\r\n\r\n";
    for (case, reply) in [
        ("before the response", Reply::default().then_stall()),
        ("in the head", Reply::raw(&head[..20]).then_stall()),
        ("before the body", Reply::raw(head).then_stall()),
        ("in the body", Reply::raw(head).then(b"{\"na").then_stall()),
    ] {
        let seen = fails_with(
            |builder| builder.attempt_timeout(Duration::from_millis(80)),
            [reply],
        )
        .await;
        assert!(
            seen.error.is_timeout() && seen.error.is_transient(),
            "{case}: {}",
            seen.message
        );
        assert_eq!(seen.requests, 3, "{case}");
        assert!(seen.message.contains("waited 80 ms"), "{}", seen.message);
        if case.ends_with("body") {
            assert_eq!(seen.error.status().unwrap(), 200);
            assert_eq!(seen.error.request_id(), Some("req-1"));
        }
    }
}

#[tokio::test]
async fn successes_that_are_none() {
    let cases = [
        (
            Reply::new("200 OK", HTML, "<html>hello</html>"),
            "$: expected value at line 1 column 1, near `<html>hello</html>`",
        ),
        (ok(""), "$: the body is empty"),
        (ok("[]"), "$: invalid type: sequence, expected struct File"),
        (
            ok(b"{\"name\":\"\xff\"}"),
            "$.name: invalid unicode code point",
        ),
        (ok("{\"name\":\"cut"), "$.name: EOF while parsing a string"),
        (
            ok(example("file-version.json")
                .replace("\"id\": \"697821f849c0a938d57563ce\"", "\"id\": 7")),
            "$.versionInfo.id: invalid type: integer `7`, expected a string",
        ),
        (
            ok(example("file-version.json").replace("90.12", "\"high\"")),
            "$.AITags[0].confidence: invalid type: string \"high\", expected f64",
        ),
        (
            ok(example("file-version.json").replace("2019-08-24T06:14:41.313Z", "yesterday")),
            "$.createdAt: ",
        ),
    ];
    for (reply, shown) in cases {
        let seen = fails([reply]).await;
        assert!(seen.error.is_decode(), "{}", seen.message);
        assert!(!seen.error.is_transient());
        assert_eq!(seen.requests, 1);
        assert!(seen.message.contains(shown), "{shown} in {}", seen.message);
        assert_eq!(seen.error.status().unwrap(), 200);
        assert_eq!(seen.error.request_id(), Some("req-1"));
        assert!(seen.error.body().is_some());
    }
}

#[tokio::test]
async fn a_success_that_the_operation_does_not_have() {
    let seen = fails([Reply::raw(
        "HTTP/1.1 204 No Content\r\nx-ik-requestId: req-1\r\n\r\n",
    )])
    .await;
    assert!(seen.error.is_decode());
    assert_eq!(
        seen.message,
        "getFileVersionDetails: the response could not be decoded (204 No Content): $: the body is empty \
         (request id req-1, 1 attempt)"
    );
}

#[tokio::test]
async fn redirects_are_reported_and_not_followed() {
    for target in ["/v1/elsewhere", "https://example.com/other?x=1"] {
        let seen = fails([Reply::new(
            "302 Found",
            &format!("Location: {target}\r\nx-ik-requestId: req-1\r\n"),
            "",
        )])
        .await;
        assert!(seen.error.is_redirect() && !seen.error.is_transient());
        assert_eq!(seen.error.redirect_target(), Some(target));
        assert_eq!(seen.requests, 1);
        assert!(
            seen.message
                .contains(&format!("302 Found: redirected to {target}, not followed")),
            "{}",
            seen.message
        );
    }
    let seen = fails([Reply::new("304 Not Modified", "", "")]).await;
    assert!(!seen.error.is_redirect() && !seen.error.is_transient());
    assert!(
        seen.message.contains("304 Not Modified: no body"),
        "{}",
        seen.message
    );
}

#[tokio::test]
async fn responses_that_are_too_long() {
    let limit = |builder: ClientBuilder| builder.max_response_bytes(1000);
    let declared = Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n").then_stall();
    let chunked = Reply::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        .then_repeat(format!("64\r\n{}\r\n", "x".repeat(100)), 11)
        .then_stall();
    let endless = Reply::raw("HTTP/1.0 200 OK\r\n\r\n")
        .then_repeat("x".repeat(1001), 1)
        .then_stall();
    for reply in [declared, chunked, endless] {
        let seen = fails_with(limit, [reply]).await;
        assert!(seen.error.is_too_large() && !seen.error.is_transient());
        assert_eq!(seen.requests, 1);
        assert_eq!(seen.error.status().unwrap(), 200);
        assert!(
            seen.message.contains("longer than 1000 bytes"),
            "{}",
            seen.message
        );
    }
    let exact = format!("{:1000}", example("file-version.json"));
    assert_eq!(exact.len(), 1000);
    let server = Server::start([ok(exact)]).await;
    call(&limit(server.client()).build().unwrap())
        .await
        .unwrap();
}

#[tokio::test]
async fn what_is_not_http_is_not_asked_for_again() {
    let large = Reply::raw("HTTP/1.1 200 OK\r\nX-Large: ")
        .then_repeat("x".repeat(1024), 1024)
        .then("\r\nContent-Length: 0\r\n\r\n");
    for reply in [large, Reply::raw("SSH-2.0-OpenSSH_9.2\r\n\r\n")] {
        let seen = fails([reply]).await;
        assert!(!seen.error.is_transient(), "{}", seen.message);
        assert_eq!(seen.requests, 1);
        assert!(seen.message.contains("not valid HTTP"), "{}", seen.message);
    }
}

#[tokio::test]
async fn unusual_forms_of_a_good_response() {
    let body = example("file-version.json");
    let (first, second) = body.split_at(300);
    let replies = [
        Reply::raw(format!("HTTP/1.0 200 OK\r\n\r\n{body}")).then_close(),
        Reply::raw(format!(
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}"
        ))
        .then_close(),
        Reply::raw(format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
            first.len(),
            second.len()
        )),
        Reply::raw(format!(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )),
    ];
    for reply in replies {
        let server = Server::start([reply]).await;
        let version = call(&server.client().build().unwrap()).await.unwrap();
        assert_eq!(version.body().name, "file1.jpg");
        assert_eq!(version.raw_body(), &body);
    }
}

#[tokio::test]
async fn a_server_that_sends_the_key_back_cannot_make_an_error_show_it() {
    let echo = format!(
        "Content-Type: application/json\r\nX-Echo: Basic {BASIC}\r\nx-ik-requestId: {KEY}\r\n"
    );
    let body = format!(r#"{{"message":"key {KEY} is wrong","help":"{BASIC}"}}"#);
    let seen = fails([Reply::new("403 Forbidden", &echo, &body)]).await;
    assert_eq!(seen.error.api_message(), Some("key [redacted] is wrong"));
    let seen = fails([Reply::new("200 OK", &echo, format!("[\"{KEY}\"]"))]).await;
    assert!(seen.error.is_decode());
}

/// Whatever a server sends, a log gets a line that can be read.
#[tokio::test]
async fn what_a_server_says_is_cut() {
    let long = "long ".repeat(1 << 18);
    let of_another_shape = |status| Reply::new(status, HTML, &long);
    let spoken = json!({ "message": long, "help": long, "reason": long }).to_string();
    let version = example("file-version.json");
    let wrong_type = version.replace("90.12", &format!("\"{long}\""));
    let unknown_key = version.replacen('{', &format!("{{\"{long}\": [{{\"{long}\": }}],"), 1);
    let wrong_date = version.replace("2019-08-24T06:14:41.313Z", &long);
    let cases = [
        Reply::json("400 Bad Request", &spoken),
        Reply::json("503 Service Unavailable", &spoken),
        of_another_shape("400 Bad Request"),
        of_another_shape("200 OK"),
        ok(wrong_type),
        ok(unknown_key),
        ok(wrong_date),
    ];
    for (index, reply) in cases.into_iter().enumerate() {
        let seen = fails([reply]).await;
        assert!(
            seen.message.len() < 3000,
            "case {index}: {}",
            seen.message.len()
        );
    }
}

/// An error ends up in terminals and logs, in which a line is an event.
#[tokio::test]
async fn what_a_server_says_cannot_steer_whoever_reads_the_error() {
    for steering in [
        "\n",
        "\r",
        "\t",
        "\u{1b}[2J",
        "\u{9b}2J",
        "\u{7f}",
        "\u{ad}",
        "\u{61c}",
        "\u{200b}",
        "\u{200f}",
        "\u{2028}",
        "\u{202e}",
        "\u{2060}",
        "\u{2066}",
        "\u{feff}",
        "\u{fff9}",
        "\u{e0041}",
    ] {
        let text = format!("gpj{steering}exe");
        let body = json!({ "message": text, "help": text }).to_string();
        let of_another_shape = Reply::new("400 Bad Request", HTML, &text);
        for reply in [Reply::json("400 Bad Request", body), of_another_shape] {
            let seen = fails([reply]).await;
            let cleaned = format!(
                "gpj {}exe",
                &steering[steering.chars().next().unwrap().len_utf8()..]
            );
            assert!(seen.message.contains(&cleaned), "{:?}", seen.message);
            assert!(!seen.message.contains(steering), "{:?}", seen.message);
        }
    }
}

#[tokio::test]
async fn a_deadline_ends_a_call_with_what_made_it_late() {
    // The first response is a 503; the second does not come within what is left of the deadline.
    let seen = fails_with(
        |builder| builder.timeout(Duration::from_millis(700)),
        [
            Reply::new("503 Service Unavailable", JSON, "{}"),
            Reply::default().then_stall(),
        ],
    )
    .await;
    assert!(seen.error.is_timeout());
    assert_eq!(seen.requests, 2);
    assert!(seen.message.contains("waited 200 ms"), "{}", seen.message);
    let cause = seen.error.source().unwrap().to_string();
    assert!(cause.contains("503 Service Unavailable"), "{cause}");
}

#[tokio::test]
async fn a_call_is_one_span_with_an_event_for_each_attempt() {
    let seen = fails([Reply::new("503 Service Unavailable", JSON, "{}")]).await;
    let closed = seen
        .traces
        .lines()
        .find(|line| line.contains("imagekit_client") && line.contains(": close"))
        .unwrap();
    for field in [
        "otel.kind=\"client\"",
        "otel.name=GET /v1/files/{fileId}/versions/{versionId}",
        "otel.status_code=\"ERROR\"",
        "http.request.method=\"GET\"",
        "url.template=\"/v1/files/{fileId}/versions/{versionId}\"",
        "server.address=\"127.0.0.1\"",
        "server.port=",
        "http.response.status_code=503",
        "http.request.resend_count=2",
        "error.type=\"503\"",
        "imagekit.operation=\"getFileVersionDetails\"",
        "imagekit.request_id=\"req-1\"",
    ] {
        assert!(closed.contains(field), "{field} in {closed}");
    }
    let attempts: Vec<&str> = seen
        .traces
        .lines()
        .filter(|line| line.contains(": attempt attempt="))
        .collect();
    assert_eq!(attempts.len(), 3, "{}", seen.traces);
    assert!(attempts[2].contains("attempt=3") && attempts[2].contains("duration="));
}

#[test]
fn an_error_is_small_and_goes_anywhere() {
    fn goes_anywhere<T: Send + Sync + 'static>() {}
    goes_anywhere::<Error>();
    assert!(size_of::<Error>() <= 16);
}

#[test]
fn a_builder_shows_no_key_and_refuses_what_cannot_be_one() {
    let builder = Client::builder().private_key(KEY);
    assert_no_secret("the builder", &format!("{builder:?} {builder:#?}"));
    for (key, reason) in [
        ("", "empty"),
        ("key:password", "colon"),
        ("key\r\nX: y", "line break"),
        ("key\n", "line break"),
        (" key", "space"),
    ] {
        let error = Client::builder().private_key(key).build().unwrap_err();
        let message = error.to_string();
        assert!(error.is_configuration());
        assert!(
            message.contains("private key") && message.contains(reason),
            "{message}"
        );
    }
    let error = Client::builder().build().unwrap_err();
    assert!(
        error.to_string().contains("there is no private key"),
        "{error}"
    );
}

#[test]
fn a_base_url_that_is_unsafe_is_refused() {
    let build = |url: &str| Client::builder().private_key(KEY).base_url(url).build();
    for (url, reason) in [
        ("http://api.imagekit.io", "in the clear"),
        ("http://127.0.0.1.example.com", "in the clear"),
        ("http://evil.localhost", "in the clear"),
        ("ftp://127.0.0.1", "neither with https:// nor with http://"),
        ("https://user@api.imagekit.io", "user name"),
        ("https://:secret@api.imagekit.io", "user name"),
        ("https://api.imagekit.io?x=1", "a query"),
        ("https://api.imagekit.io#x", "a fragment"),
        ("api.imagekit.io", "not a URL"),
        ("", "not a URL"),
    ] {
        let error = build(url).unwrap_err();
        let message = error.to_string();
        assert!(error.is_configuration());
        assert!(
            message.contains("base URL") && message.contains(reason),
            "{message}"
        );
        assert!(!message.contains("secret"), "{message}");
    }
    for url in [
        "https://api.imagekit.io",
        "https://api.imagekit.io/",
        "http://127.0.0.1:4010",
        "http://localhost:4010/",
        "http://[::1]:4010",
        "http://127.8.9.1",
    ] {
        let client = build(url).unwrap();
        assert_eq!(
            client.base_url().trim_end_matches('/'),
            url.trim_end_matches('/')
        );
    }
}

#[tokio::test]
async fn a_wait_beyond_what_a_clock_can_tell_is_not_made_shorter() {
    for retry_after in ["18446744073709551615", "9223372036854775807"] {
        let reply = Reply::new(
            "429 Too Many Requests",
            &format!("Retry-After: {retry_after}\r\n"),
            "{}",
        );
        let seen = fails_with(|builder| builder.timeout(Duration::MAX), [reply]).await;
        assert!(seen.error.is_rate_limited());
        assert_eq!((seen.requests, seen.pauses), (1, vec![]));
    }
}

/// A mistake of the program, not of the network: nothing is sent, and nothing panics.
#[test]
fn a_call_outside_of_a_runtime_says_what_it_needs() {
    let client = Client::builder()
        .private_key("your_private_api_key")
        .build()
        .unwrap();
    let details = client.get_file_version_details("f", "v").send();
    let error = details.now_or_never().unwrap().unwrap_err();
    assert!(error.is_configuration(), "{error}");
    assert_eq!(error.attempts(), 0);
    assert_eq!(
        error.operation().map(|it| it.id()),
        Some("getFileVersionDetails")
    );
    assert!(
        error.to_string().contains("needs a Tokio runtime"),
        "{error}"
    );
    let raw = client
        .request(Method::GET, "/v1/files")
        .send()
        .now_or_never();
    assert!(raw.unwrap().unwrap_err().is_configuration());
    let listed = client.list_assets().send().now_or_never();
    assert!(listed.is_some_and(|it| it.is_err()));
}
