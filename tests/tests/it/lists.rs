//! Lists that come page by page.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use imagekit_client::types::{Asset, AssetSort};
use imagekit_tests::clock::LeapingClock;
use imagekit_tests::wire::{Received, Reply, Server};
use serde_json::{Value, json};

fn number(received: &Received, name: &str) -> usize {
    let url = url::Url::parse(&format!(
        "http://h{}",
        received.line().split(' ').nth(1).unwrap()
    ))
    .unwrap();
    let (_, value) = url.query_pairs().find(|(key, _)| key == name).unwrap();
    value.parse().unwrap()
}

fn asset(index: usize) -> Value {
    json!({ "type": "file", "fileId": format!("file-{index}"), "name": "n", "filePath": "/n", "url": "u" })
}

/// A library of so many assets, which is asked in pages.
async fn library(total: usize, latency: Duration) -> (Server, Arc<AtomicUsize>) {
    let busiest = Arc::new(AtomicUsize::new(0));
    let seen = busiest.clone();
    let started = Arc::new(AtomicUsize::new(0));
    let server = Server::script(move |_, received| {
        seen.fetch_max(started.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let (skip, limit) = (number(received, "skip"), number(received, "limit"));
        let page: Vec<Value> = (skip..total.min(skip + limit)).map(asset).collect();
        Reply::json("200 OK", Value::from(page).to_string()).delayed(latency)
    })
    .await;
    (server, busiest)
}

fn ids(assets: &[Asset]) -> Vec<String> {
    let id = |asset: &Asset| match asset {
        Asset::File(file) => file.file_id.to_string(),
        other => panic!("{other:?}"),
    };
    assets.iter().map(id).collect()
}

fn expected(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|index| format!("file-{index}")).collect()
}

const ROUNDS: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_items_come_in_order_and_complete() {
    let (server, _) = library(10_000, Duration::from_millis(40)).await;
    let client = server.client().build().unwrap();
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (times, concurrency) in times.iter_mut().zip([1, 8]) {
            let before = server.received().len();
            let started = Instant::now();
            let assets = client
                .list_assets()
                .items()
                .concurrency(concurrency)
                .collect()
                .await
                .unwrap();
            times.push(started.elapsed());
            assert_eq!(ids(&assets), expected(0..10_000));
            let requests = server.received().len() - before;
            assert!((11..=11 + 8).contains(&requests), "{requests}");
        }
    }
    println!("{times:?}");
    let [one, eight] = times.map(|mut times| {
        times.sort_unstable();
        times[ROUNDS / 2]
    });
    println!(
        "10,000 items: {one:?} one page at a time, {eight:?} eight at once: {:.2} times as fast",
        one.as_secs_f64() / eight.as_secs_f64()
    );
}

#[tokio::test]
async fn a_short_page_ends_the_list_and_a_full_one_asks_for_another() {
    for (total, requests) in [(0, 1), (1, 1), (9, 1), (10, 2), (11, 2), (25, 3)] {
        let (server, _) = library(total, Duration::ZERO).await;
        let client = server.client().build().unwrap();
        let mut pages = client
            .list_assets()
            .limit(10)
            .sort(AssetSort::AscCreated)
            .pages();
        let mut found = 0;
        while let Some(page) = pages.next().await {
            found += page.unwrap().len();
        }
        assert_eq!(
            (found, server.received().len()),
            (total, requests),
            "{total}"
        );
        assert!(pages.next().await.is_none());
        assert!(server.received()[0].line().contains("sort=ASC_CREATED"));
    }
}

#[tokio::test]
async fn an_error_is_told_and_the_same_page_fetched_again() {
    for concurrency in [1, 4] {
        let server = Server::script(|index, received| {
            if index == 2 {
                return Reply::json("400 Bad Request", r#"{"message":"no"}"#);
            }
            let skip = number(received, "skip");
            let page: Vec<Value> = (skip..35.min(skip + 10)).map(asset).collect();
            Reply::json("200 OK", Value::from(page).to_string())
        })
        .await;
        let client = server.client().build().unwrap();
        let mut items = client
            .list_assets()
            .limit(10)
            .items()
            .concurrency(concurrency);
        let (mut found, mut errors) = (Vec::new(), 0);
        while let Some(item) = items.next().await {
            match item {
                Ok(item) => found.push(item),
                Err(error) => {
                    assert!(error.is_bad_request() && !error.is_decode());
                    errors += 1;
                }
            }
        }
        assert_eq!(ids(&found), expected(0..35), "{concurrency}");
        assert_eq!(errors, 1);
    }
}

#[tokio::test]
async fn a_list_can_be_resumed_from_an_offset() {
    let (server, _) = library(50, Duration::ZERO).await;
    let client = server.client().build().unwrap();
    let mut items = client.list_assets().limit(10).items();
    for _ in 0..13 {
        items.next().await.unwrap().unwrap();
    }
    let offset = items.offset();
    drop(items);
    assert_eq!(offset, 13);
    let rest = client
        .list_assets()
        .limit(10)
        .skip(13)
        .items()
        .collect()
        .await
        .unwrap();
    assert_eq!(ids(&rest), expected(13..50));
}

#[tokio::test]
async fn a_list_that_is_dropped_leaves_the_client_usable() {
    let (server, _) = library(100, Duration::from_millis(20)).await;
    let client = server.client().build().unwrap();
    let mut items = client.list_assets().limit(10).items().concurrency(4);
    items.next().await.unwrap().unwrap();
    drop(items);
    let all = client
        .list_assets()
        .limit(50)
        .items()
        .collect()
        .await
        .unwrap();
    assert_eq!(all.len(), 100);
}

#[tokio::test]
async fn a_rate_limit_in_the_middle_is_waited_for() {
    let server = Server::script(|index, received| {
        if index == 1 {
            return Reply::new("429 Too Many Requests", "X-RateLimit-Reset: 2500\r\n", "{}");
        }
        let skip = number(received, "skip");
        let page: Vec<Value> = (skip..25.min(skip + 10)).map(asset).collect();
        Reply::json("200 OK", Value::from(page).to_string())
    })
    .await;
    let clock = LeapingClock::default();
    let client = server.client().clock(clock.clone()).build().unwrap();
    let all = client
        .list_assets()
        .limit(10)
        .items()
        .collect()
        .await
        .unwrap();
    assert_eq!(ids(&all), expected(0..25));
    assert_eq!(clock.pauses(), [Duration::from_millis(2500)]);
}

#[tokio::test]
async fn items_are_a_stream_too() {
    use futures_util::StreamExt as _;
    let (server, _) = library(25, Duration::ZERO).await;
    let client = server.client().build().unwrap();
    let stream = client.list_assets().limit(10).items().into_stream();
    let all: Vec<_> = stream.map(Result::unwrap).collect().await;
    assert_eq!(ids(&all), expected(0..25));
}

#[tokio::test]
async fn any_concurrency_and_offset_can_be_asked_for() {
    let server = Server::start([Reply::json("200 OK", "[]")]).await;
    let client = server.client().build().unwrap();
    let mut items = client.list_assets().items().concurrency(usize::MAX);
    assert!(items.next().await.is_none());
    assert!(server.received().len() <= 64);
    let last = client.list_assets().skip(i64::MAX).limit(1000).items();
    let mut last = last.concurrency(64);
    assert!(last.next().await.is_none());
}
