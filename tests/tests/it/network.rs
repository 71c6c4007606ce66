//! Networks as people have them: dead addresses, connections that are cut in silence, servers that are away.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use imagekit_client::{Client, ClientBuilder, Clock, Error, Method, Response};
use imagekit_tests::clock::LeapingClock;
use imagekit_tests::network::{Link, SilentAddress};
use imagekit_tests::secrets::KEY;
use imagekit_tests::wire::{Reply, Server};
use imagekit_tests::{call, example};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

fn found() -> Reply {
    Reply::json("200 OK", example("file-version.json"))
}

/// Sends what may not be performed twice.
async fn post(client: &Client) -> Result<Response<()>, Error> {
    client.request(Method::POST, "/v1/x").send().await
}

/// A builder of a client for a host with these addresses.
fn client_at(addresses: impl IntoIterator<Item = std::net::SocketAddr>) -> ClientBuilder {
    Client::builder()
        .private_key(KEY)
        .base_url("http://imagekit.test")
        .allow_http(true)
        .addresses(addresses)
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn dead_first_address_leaves_the_call_to_the_next_one() {
    let server = Server::start([found()]).await;
    let silent = SilentAddress::new().await.unwrap();
    let client = client_at([silent.address(), server.address()])
        .connect_timeout(Duration::from_millis(400))
        .build()
        .unwrap();
    assert_eq!(call(&client).await.unwrap().attempts(), 1);

    post(&client).await.unwrap();
    assert_eq!(server.received().len(), 2);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn connecting_takes_no_more_than_half_of_an_attempt() {
    let server = Server::start([found()]).await;
    let silent = SilentAddress::new().await.unwrap();
    let client = client_at([silent.address(), server.address()])
        .attempt_timeout(Duration::from_millis(800))
        .build()
        .unwrap();
    assert_eq!(call(&client).await.unwrap().attempts(), 1);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn dead_addresses_are_tried_again_by_every_operation() {
    let silent = SilentAddress::new().await.unwrap();
    let clock = LeapingClock::default();
    let client = client_at([silent.address()])
        .connect_timeout(Duration::from_millis(50))
        .clock(clock.clone())
        .build()
        .unwrap();
    let error = post(&client).await.unwrap_err();
    assert!(error.is_connect() && error.is_transient(), "{error}");
    assert!(!error.may_have_been_performed());
    assert_eq!((error.attempts(), clock.pauses().len()), (3, 2));
}

/// A server behind a link, and a client whose idle connections to it, so many, were cut half a minute ago.
async fn cut_while_idle(connections: usize, clock: &LeapingClock) -> (Server, Link, Client) {
    // No call ends before all have begun, so that each opens a connection of its own.
    let barrier = Arc::new(Barrier::new(connections));
    let server = Server::script(move |index, _| match index {
        index if index < connections => found().met(&barrier),
        _ => found(),
    })
    .await;
    let link = Link::to(server.address()).await.unwrap();
    let client = client_at([link.address()])
        .attempt_timeout(Duration::from_millis(300))
        .clock(clock.clone())
        .build()
        .unwrap();
    call_at_once(&client, connections).await;
    assert_eq!(server.connections(), connections);
    clock.advance(Duration::from_secs(30));
    link.cut();
    (server, link, client)
}

/// Makes calls at once, all of which must succeed.
async fn call_at_once(client: &Client, calls: usize) {
    let mut tasks = JoinSet::new();
    for _ in 0..calls {
        let client = client.clone();
        tasks.spawn(async move { call(&client).await.map(drop) });
    }
    while let Some(result) = tasks.join_next().await {
        result.unwrap().unwrap();
    }
}

#[tokio::test]
async fn connections_that_were_cut_in_silence_cost_one_attempt() {
    let clock = LeapingClock::default();
    let (server, link, client) = cut_while_idle(8, &clock).await;
    assert_eq!(call(&client).await.unwrap().attempts(), 2);
    assert_eq!(call(&client).await.unwrap().attempts(), 1);
    assert_eq!(server.connections(), 9);

    clock.advance(Duration::from_secs(30));
    link.cut();
    call_at_once(&client, 8).await;
}

#[tokio::test]
async fn connections_that_were_cut_in_silence_are_left_after_a_call_that_may_not_be_retried() {
    let (_server, _link, client) = cut_while_idle(8, &LeapingClock::default()).await;
    let error = post(&client).await.unwrap_err();
    assert!(error.is_timeout() && error.may_have_been_performed());
    assert_eq!(error.attempts(), 1);
    post(&client).await.unwrap();
}

#[tokio::test]
async fn slow_response_leaves_the_connections_in_use() {
    let clock = LeapingClock::default();
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
    let barrier = Arc::new(Barrier::new(2));
    let server = Server::script(move |index, _| match index {
        0 | 1 => found().met(&barrier),
        2 => Reply::raw(head).then_stall(),
        _ => found(),
    })
    .await;
    let client = server
        .client()
        .attempt_timeout(Duration::from_millis(300))
        .clock(clock.clone())
        .build()
        .unwrap();
    call_at_once(&client, 2).await;
    clock.advance(Duration::from_secs(30));
    assert_eq!(call(&client).await.unwrap().attempts(), 2);
    assert_eq!(server.connections(), 2, "the retry takes the other one");
}

/// A clock that leaps over pauses, and on which a link is up again from a time on.
struct Outage {
    clock: LeapingClock,
    link: Link,
    ends: Instant,
}

impl Clock for Outage {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn sleep(&self, pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            self.clock.sleep(pause).await;
            if self.clock.now() >= self.ends {
                self.link.up().await.unwrap();
            }
        })
    }
}

#[tokio::test]
async fn server_that_is_away_for_a_moment_fails_no_call() {
    let server = Server::start([found()]).await;
    for jitter in [0.0, 0.5, 1.0] {
        let link = Link::to(server.address()).await.unwrap();
        let clock = LeapingClock::default();
        let outage = Outage {
            clock: clock.clone(),
            link: link.clone(),
            ends: clock.now() + Duration::from_millis(700),
        };
        let client = client_at([link.address()])
            .clock(outage)
            .jitter(move || jitter)
            .build()
            .unwrap();
        call(&client).await.unwrap();
        link.down().await;
        assert!(call(&client).await.unwrap().attempts() > 1);

        // Nothing is sent before the server is back, so that this is safe for any operation.
        link.down().await;
        post(&client).await.unwrap();
    }
}

#[tokio::test]
async fn connections_that_the_server_closes_after_each_response_fail_no_call() {
    let server = Server::start([found().then_close()]).await;
    let client = server
        .client()
        .clock(LeapingClock::default())
        .build()
        .unwrap();
    for _ in 0..20 {
        call_at_once(&client, 16).await;
    }
}
