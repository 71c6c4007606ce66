//! When calls are repeated, how long they wait, and what the clones of a client share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use imagekit_client::{Client, Method};
use imagekit_tests::clock::LeapingClock;
use imagekit_tests::secrets::KEY;
use imagekit_tests::wire::{Reply, Server};
use imagekit_tests::{FILE, VERSION, call, call_once, example};
use tokio::task::JoinSet;

fn found() -> Reply {
    Reply::json("200 OK", example("file-version.json"))
}

fn failing(status: &str, headers: &str) -> Reply {
    Reply::new(status, headers, r#"{"message":"Not now."}"#)
}

fn millis(values: &[u64]) -> Vec<Duration> {
    values.iter().copied().map(Duration::from_millis).collect()
}

#[tokio::test]
async fn the_server_says_how_long_to_wait() {
    let far = "X-RateLimit-Limit: 5\r\nX-RateLimit-Interval: 60000\r\n";
    let cases = [
        (
            "429 Too Many Requests",
            format!("X-RateLimit-Reset: 2500\r\n{far}"),
            2500,
        ),
        (
            "429 Too Many Requests",
            "X-RateLimit-Reset: 2500\r\nRetry-After: 9\r\n".into(),
            2500,
        ),
        ("429 Too Many Requests", "Retry-After: 7\r\n".into(), 7000),
        ("429 Too Many Requests", String::new(), 500),
        ("503 Service Unavailable", "Retry-After: 3\r\n".into(), 3000),
        ("503 Service Unavailable", String::new(), 500),
        ("408 Request Timeout", String::new(), 500),
    ];
    for (status, headers, pause) in cases {
        let server = Server::start([failing(status, &headers), found()]).await;
        let clock = LeapingClock::default();
        let client = server.client().clock(clock.clone()).jitter(|| 1.0);
        call(&client.build().unwrap()).await.unwrap();
        assert_eq!(clock.pauses(), millis(&[pause]), "{status} {headers:?}");
    }
}

#[tokio::test]
async fn a_call_is_repeated_as_often_as_was_set() {
    let server = Server::start([failing("503 Service Unavailable", "")]).await;
    let clock = LeapingClock::default();
    let client = server
        .client()
        .clock(clock.clone())
        .jitter(|| 1.0)
        .timeout(Duration::from_secs(3600))
        .max_retries(6)
        .build()
        .unwrap();
    assert_eq!(call(&client).await.unwrap_err().attempts(), 7);
    assert_eq!(clock.pauses(), millis(&[500, 1000, 2000, 4000, 8000, 8000]));

    assert_eq!(call_once(&client).await.unwrap_err().attempts(), 1);
    assert_eq!(server.received().len(), 8);
    assert_eq!(
        call(&client).await.unwrap_err().attempts(),
        7,
        "the option of a call is its own"
    );
}

#[tokio::test]
async fn what_may_change_something_is_sent_once() {
    for (method, requests) in [
        (Method::GET, 3),
        (Method::HEAD, 3),
        (Method::POST, 1),
        (Method::PUT, 1),
        (Method::PATCH, 1),
        (Method::DELETE, 1),
    ] {
        let server = Server::start([Reply::new("503 Service Unavailable", "", "")]).await;
        let client = server
            .client()
            .clock(LeapingClock::default())
            .build()
            .unwrap();
        let error = client
            .request(method.clone(), "/v1/x")
            .send()
            .await
            .unwrap_err();
        assert!(
            error.is_transient(),
            "whether to repeat it is up to the user"
        );
        assert_eq!(server.received().len(), requests, "{method}");
    }
}

#[tokio::test]
async fn no_pause_passes_the_deadline() {
    for seed in 0..200 {
        let server = Server::start([failing("503 Service Unavailable", "")]).await;
        let clock = LeapingClock::default();
        let start = Instant::now();
        let deadline = Duration::from_millis(100 * seed);
        let jitter = f64::from(u32::try_from(seed).unwrap() % 11) / 10.0;
        let client = server
            .client()
            .clock(clock.clone())
            .jitter(move || jitter)
            .timeout(deadline)
            .max_retries(30)
            .build()
            .unwrap();
        let _ = call(&client).await.unwrap_err();
        let waited: Duration = clock.pauses().iter().sum();
        assert!(waited <= deadline, "{waited:?} of {deadline:?}");
        // None is made without time for it.
        assert!(!deadline.is_zero() || server.received().is_empty());
        drop((start, server));
    }
}

#[tokio::test]
async fn a_refusal_holds_for_all_clones_and_no_other_endpoint() {
    let headers =
        "X-RateLimit-Reset: 2500\r\nX-RateLimit-Limit: 2\r\nX-RateLimit-Interval: 1000\r\n";
    let refused = failing("429 Too Many Requests", headers);
    let server = Server::start([refused, found()]).await;
    let clock = LeapingClock::default();
    let client = server.client().clock(clock.clone()).build().unwrap();
    assert!(call_once(&client).await.unwrap_err().is_rate_limited());

    // Another endpoint is free; the same one opens after the reset, for two calls a second
    // and a little.
    client
        .request(Method::GET, "/v1/other")
        .send()
        .await
        .unwrap();
    assert_eq!(clock.pauses(), []);
    for _ in 0..5 {
        call(&client.clone()).await.unwrap();
    }
    assert_eq!(clock.pauses(), millis(&[2500, 1020, 1020]));

    // The last window has room to spare, and once it is over nobody waits any more.
    clock.advance(Duration::from_millis(1020));
    for _ in 0..5 {
        call(&client).await.unwrap();
    }
    assert_eq!(clock.pauses().len(), 3);
}

#[tokio::test]
async fn the_latest_reset_of_a_window_holds() {
    let refused = |reset| {
        let window = "X-RateLimit-Limit: 9\r\nX-RateLimit-Interval: 60000\r\n";
        let headers = format!("X-RateLimit-Reset: {reset}\r\n{window}");
        failing("429 Too Many Requests", &headers)
    };
    let server = Server::start([refused(1000), refused(1400), found()]).await;
    let clock = LeapingClock::default();
    let client = server.client().clock(clock.clone()).build().unwrap();
    let (first, second) = tokio::join!(call_once(&client), call_once(&client));
    assert!(first.is_err() && second.is_err());
    call(&client).await.unwrap();
    assert_eq!(clock.pauses(), millis(&[1400]));
}

#[tokio::test]
async fn a_call_that_cannot_wait_for_its_turn_is_not_sent() {
    let refused = failing("429 Too Many Requests", "X-RateLimit-Reset: 3600000\r\n");
    let server = Server::start([refused, found()]).await;
    let clock = LeapingClock::default();
    let client = server
        .client()
        .clock(clock.clone())
        .max_rate_limit_hold(Duration::from_secs(7200))
        .build()
        .unwrap();
    let first = call(&client).await.unwrap_err();
    assert_eq!(
        (first.status().unwrap().as_u16(), first.attempts()),
        (429, 1)
    );

    clock.advance(Duration::from_secs(600));
    let second = call(&client).await.unwrap_err();
    assert!(second.is_rate_limited() && second.is_transient());
    assert_eq!((second.status(), second.attempts()), (None, 0));
    assert_eq!(second.retry_after(), Some(Duration::from_secs(3000)));
    assert_eq!(
        second.to_string(),
        "getFileVersionDetails: not sent, because the rate limit is used up (retry after 3000 s)"
    );
    assert_eq!(server.received().len(), 1);

    clock.advance(Duration::from_secs(3000));
    call(&client).await.unwrap();
}

#[tokio::test]
async fn a_reset_that_cannot_be_meant_stops_nobody_else() {
    let refused = failing(
        "429 Too Many Requests",
        "X-RateLimit-Reset: 18446744073709551615\r\n",
    );
    let server = Server::start([refused, found()]).await;
    let client = server.client().build().unwrap();
    let error = call(&client).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_millis(u64::MAX)));
    call(&client).await.unwrap();
}

#[tokio::test]
async fn pause_of_a_day_is_waited_for_where_the_call_has_the_time() {
    for header in ["Retry-After: 90000", "X-RateLimit-Reset: 90000000"] {
        let refused = failing("429 Too Many Requests", &format!("{header}\r\n"));
        let server = Server::start([refused, found()]).await;
        let clock = LeapingClock::default();
        let client = server
            .client()
            .timeout(Duration::MAX)
            .clock(clock.clone())
            .build()
            .unwrap();
        assert_eq!(call(&client).await.unwrap().attempts(), 2);
        assert_eq!(clock.pauses(), millis(&[90_000_000]), "{header}");
    }
}

#[tokio::test]
async fn hostile_refusal_closes_an_endpoint_for_a_minute_at_most_or_until_it_is_undone() {
    for headers in [
        "X-RateLimit-Reset: 86000000\r\n",
        "Retry-After: 86000\r\n",
        "X-RateLimit-Limit: 1\r\nX-RateLimit-Interval: 86400000\r\nX-RateLimit-Reset: 0\r\n",
        "X-RateLimit-Limit: 0\r\nX-RateLimit-Interval: 0\r\nX-RateLimit-Reset: 86000000\r\n",
    ] {
        let refused = failing("429 Too Many Requests", headers);
        let server = Server::start([refused.clone(), found(), refused, found()]).await;
        let clock = LeapingClock::default();
        let client = server.client().clock(clock.clone()).build().unwrap();
        call_once(&client).await.unwrap_err();
        clock.advance(Duration::from_secs(60));
        call_once(&client).await.unwrap();

        call_once(&client).await.unwrap_err();
        client.clear_rate_limits();
        call_once(&client).await.unwrap();
        assert_eq!(clock.pauses(), [], "{headers}");
    }
}

#[tokio::test]
async fn calls_that_wait_are_sent_once_rate_limits_are_cleared() {
    let refused = failing("429 Too Many Requests", "X-RateLimit-Reset: 50000\r\n");
    let server = Server::start([refused, found()]).await;
    let client = server.client().build().unwrap();
    call_once(&client).await.unwrap_err();
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { call(&client).await.map(drop) }
    });
    tokio::task::yield_now().await;
    client.clear_rate_limits();
    let in_time = tokio::time::timeout(Duration::from_secs(40), waiting).await;
    in_time.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn calls_that_are_dropped_while_they_wait_give_their_places_back() {
    // One call in each window, so that 50 of them would fill 15 s.
    let headers = "X-RateLimit-Limit: 1\r\nX-RateLimit-Interval: 300\r\nX-RateLimit-Reset: 300\r\n";
    let server = Server::start([failing("429 Too Many Requests", headers), found()]).await;
    let client = server
        .client()
        .timeout(Duration::from_secs(60))
        .build()
        .unwrap();
    call_once(&client).await.unwrap_err();
    let mut waiting = JoinSet::new();
    for _ in 0..50 {
        let client = client.clone();
        waiting.spawn(async move { call(&client).await.map(drop) });
    }
    tokio::task::yield_now().await;
    waiting.shutdown().await;
    let details = client.get_file_version_details(FILE, VERSION);
    details
        .with_timeout(Duration::from_secs(5))
        .send()
        .await
        .unwrap();
    assert_eq!(server.received().len(), 2);
}

/// Allows ten requests in each second, and says in a 429 how long its second still lasts.
async fn ten_a_second() -> (Server, Arc<AtomicUsize>) {
    const LIMIT: u128 = 10;
    const WINDOW: Duration = Duration::from_secs(1);
    let refusals = Arc::new(AtomicUsize::new(0));
    let window = std::sync::Mutex::new((Instant::now(), 0_u128));
    let counted = refusals.clone();
    let server = Server::script(move |_, _| {
        let mut window = window.lock().unwrap();
        let (start, used) = &mut *window;
        if start.elapsed() >= WINDOW {
            (*start, *used) = (Instant::now(), 0);
        }
        if *used < LIMIT {
            *used += 1;
            return found();
        }
        counted.fetch_add(1, Ordering::SeqCst);
        let left = WINDOW.saturating_sub(start.elapsed()).as_millis() + 1;
        failing(
            "429 Too Many Requests",
            &format!(
                "X-RateLimit-Limit: {LIMIT}\r\nX-RateLimit-Interval: 1000\r\nX-RateLimit-Reset: {left}\r\n"
            ),
        )
    })
    .await;
    (server, refusals)
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_calls_at_once_all_pass_a_limit_of_ten_a_second() {
    let (server, refusals) = ten_a_second().await;
    let client = server.client().build().unwrap();
    let mut calls = JoinSet::new();
    for _ in 0..64 {
        let client = client.clone();
        calls.spawn(async move { call(&client).await.map(drop) });
    }
    while let Some(result) = calls.join_next().await {
        result.unwrap().unwrap();
    }
    let ours = refusals.load(Ordering::SeqCst);

    // The same by a client that repeats twice after 0.5 s and 1 s, whatever the server says.
    let (server, refusals) = ten_a_second().await;
    let http = reqwest::Client::new();
    let url = format!("{}/v1/files/a/versions/b", server.url());
    let mut calls = JoinSet::new();
    for _ in 0..64 {
        let request = http.get(&url).basic_auth(KEY, Some(""));
        calls.spawn(async move {
            for pause in [500, 1000, 0] {
                let response = request.try_clone().unwrap().send().await.unwrap();
                if response.status().is_success() {
                    return true;
                }
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
            false
        });
    }
    let mut failed = 0;
    while let Some(succeeded) = calls.join_next().await {
        failed += usize::from(!succeeded.unwrap());
    }
    let theirs = refusals.load(Ordering::SeqCst);
    println!("429s: {ours} with the header obeyed, {theirs} without it, where {failed} calls fail");
    assert!(
        ours <= 54,
        "only those under way when the first was refused"
    );
    assert!(theirs > ours && failed > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_calls_need_few_connections() {
    const AT_ONCE: usize = 32;
    let server = Server::start([found()]).await;
    let client = server.client().build().unwrap();
    let mut calls = JoinSet::new();
    for _ in 0..AT_ONCE {
        let client = client.clone();
        calls.spawn(async move {
            for _ in 0..10_000_usize.div_ceil(AT_ONCE) {
                call(&client).await.unwrap();
            }
        });
    }
    while let Some(result) = calls.join_next().await {
        result.unwrap();
    }
    assert!(server.received().len() >= 10_000);
    println!("{} connections", server.connections());
    // A connection goes back to the pool a moment after its call is over, so that a few more are opened.
    assert!(
        server.connections() <= 4 * AT_ONCE,
        "{}",
        server.connections()
    );
}

#[tokio::test]
async fn a_call_that_is_dropped_leaves_the_client_usable() {
    let server = Server::script(|index, _| match index {
        0 => Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{").then_stall(),
        _ => found(),
    })
    .await;
    let client = server.client().build().unwrap();
    let dropped = tokio::time::timeout(Duration::from_millis(50), call(&client)).await;
    assert!(dropped.is_err());
    call(&client).await.unwrap();
    assert_eq!(server.received().len(), 2);
}

#[test]
fn futures_and_clients_go_to_other_threads() {
    fn goes<T: Send>(_: &T) {}
    fn is_shared<T: Send + Sync + Clone + 'static>(_: &T) {}
    let client = Client::builder().private_key(KEY).build().unwrap();
    is_shared(&client);
    goes(&call(&client));
    goes(&client.request(Method::GET, "/").send());
}
