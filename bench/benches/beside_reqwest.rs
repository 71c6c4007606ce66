//! The client and reqwest by hand, side by side: `cargo bench -p imagekit-bench`.
//!
//! The mock responds in this process, so that a call has its share of the time; what a client alone
//! takes is in BENCHMARKS.md.
#![allow(missing_docs, reason = "criterion's macros document nothing")]
#![allow(clippy::unwrap_used, reason = "a benchmark that fails should stop")]

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use imagekit_bench::{FILE_ID, Lean, Ours, Peer, Plain, VERSION_ID, Version, response};
use imagekit_client::types::{File, FileId, VersionId};
use imagekit_client::{Client, Method};
use imagekit_mock::Server;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

const AT_ONCE: u64 = 64;

fn call(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let server = runtime
        .block_on(Server::builder().record(0).start())
        .unwrap();
    for at_once in [1, AT_ONCE] {
        let mut group = criterion.benchmark_group(format!("call, {at_once} at once"));
        group.throughput(Throughput::Elements(at_once));
        call_by::<Plain>("plain reqwest", &mut group, &runtime, &server, at_once);
        call_by::<Lean>("leanest reqwest", &mut group, &runtime, &server, at_once);
        call_by::<Ours>("imagekit-client", &mut group, &runtime, &server, at_once);
    }
}

fn call_by<P: Peer>(
    name: &str,
    group: &mut BenchmarkGroup<'_, WallTime>,
    runtime: &Runtime,
    server: &Server,
    at_once: u64,
) {
    let peer = P::new(server.url(), server.private_key()).unwrap();
    group.bench_function(name, |bencher| {
        bencher.to_async(runtime).iter(|| async {
            if at_once == 1 {
                return drop(black_box(peer.get().await.unwrap()));
            }
            let mut calls = JoinSet::new();
            for _ in 0..at_once {
                let peer = peer.clone();
                calls.spawn(async move { peer.get().await.unwrap() });
            }
            black_box(calls.join_all().await);
        });
    });
}

fn decode(criterion: &mut Criterion) {
    let response = response().unwrap();
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Bytes(response.len() as u64));
    group.bench_function("struct by hand", |bencher| {
        bencher.iter(|| serde_json::from_str::<Version>(black_box(&response)).unwrap());
    });
    group.bench_function("imagekit-client", |bencher| {
        bencher.iter(|| serde_json::from_str::<File>(black_box(&response)).unwrap());
    });
}

fn request(criterion: &mut Criterion) {
    let url = "https://api.example.com";
    let plain = Plain::new(url, "key").unwrap();
    let lean = Lean::new(url, "key").unwrap();
    let ours = ours(url);
    let mut group = criterion.benchmark_group("request");
    group.bench_function("plain reqwest", |bencher| {
        bencher.iter(|| plain.request().build().unwrap());
    });
    group.bench_function("leanest reqwest", |bencher| {
        bencher.iter(|| lean.request().build().unwrap());
    });
    group.bench_function("imagekit-client, raw", |bencher| {
        bencher.iter(|| {
            let path = format!("/v1/files/{FILE_ID}/versions/{VERSION_ID}");
            drop(black_box(ours.request(Method::GET, &path)));
        });
    });
    group.bench_function("imagekit-client, ids of an operation", |bencher| {
        bencher.iter(|| {
            let file = FileId::from(black_box(FILE_ID));
            (file, VersionId::from(black_box(VERSION_ID)))
        });
    });
}

fn ours(url: &str) -> Client {
    let client = Client::builder().base_url(url).private_key("key");
    client.build().unwrap()
}

fn client(criterion: &mut Criterion) {
    let url = "https://api.example.com";
    let ours = ours(url);
    let mut group = criterion.benchmark_group("client");
    group.sample_size(20);
    group.bench_function("plain reqwest", |bencher| {
        bencher.iter(|| Plain::new(url, "key").unwrap());
    });
    group.bench_function("imagekit-client", |bencher| {
        bencher.iter(|| Ours::new(url, "key").unwrap());
    });
    group.bench_function("imagekit-client, clone", |bencher| {
        bencher.iter(|| black_box(&ours).clone());
    });
}

criterion_group!(benches, call, decode, request, client);
criterion_main!(benches);
