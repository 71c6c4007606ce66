//! A body that never ends costs no more memory than the limit allows. Alone in its process, since it
//! looks at the memory of the whole of it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use imagekit_tests::wire::{Reply, Server};

const MIB: u64 = 1024 * 1024;

/// The most memory that the process has had so far, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib * 1024
}

#[tokio::test]
async fn a_body_of_two_hundred_megabytes_is_not_held() {
    let chunked = Reply::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        .then_repeat(format!("10000\r\n{}\r\n", "x".repeat(65_536)), 3200)
        .then("0\r\n\r\n");
    let server = Server::start([Reply::json("200 OK", "{}"), chunked]).await;
    let client = server.client().build().unwrap();
    let request = || {
        client
            .request(imagekit_client::Method::GET, "/v1/large")
            .send()
    };
    request().await.unwrap();
    let before = peak();
    let error = request().await.unwrap_err();
    let grown = peak() - before;
    assert!(error.is_too_large(), "{error}");
    println!("{:.1} MiB for a limit of 16 MiB", grown as f64 / MIB as f64);
    assert!(grown <= (16 + 8) * MIB, "{grown} bytes");
}
