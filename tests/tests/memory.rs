//! Neither a body that never ends nor a file of any size costs more memory than the limits allow. Alone in its process,
//! since it looks at the memory of the whole of it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use imagekit_client::{Client, UploadSource};
use imagekit_tests::wire::{Reply, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

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
async fn neither_large_responses_nor_large_uploads_nor_long_lists_are_held() {
    // What holds the least comes first, since only the most so far can be seen.
    a_file_of_any_size_is_streamed().await;
    a_body_of_two_hundred_megabytes_is_not_held().await;
    a_list_of_any_length_is_held_page_by_page().await;
}

async fn a_list_of_any_length_is_held_page_by_page() {
    const PAGES: usize = 200;
    let file = imagekit_tests::example("get-file-details.json");
    let page = format!("[{}]", vec![file; 1000].join(","));
    let full = Reply::json("200 OK", &page);
    let server = Server::script(move |index, _| match index {
        0..PAGES => full.clone(),
        _ => Reply::json("200 OK", "[]"),
    })
    .await;
    let client = server.client().build().unwrap();
    let mut count = 0;
    let mut before = 0;
    let mut items = client.list_assets().items().concurrency(8);
    while let Some(item) = items.next().await {
        drop(item.unwrap());
        count += 1;
        if count == 20_000 {
            before = peak();
        }
    }
    assert_eq!(count, PAGES * 1000);
    let grown = peak() - before;
    println!(
        "{:.1} MiB more for 180 further pages of {:.1} MiB of JSON",
        grown as f64 / MIB as f64,
        page.len() as f64 / MIB as f64
    );
    assert!(grown <= 8 * MIB, "{grown} bytes");
}

/// `IMAGEKIT_UPLOAD_MIB=4096` sends 4 GiB.
async fn a_file_of_any_size_is_streamed() {
    let mib = std::env::var("IMAGEKIT_UPLOAD_MIB").map_or(256, |it| it.parse().unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        let (_, length) = head.split_once("content-length: ").unwrap();
        let length: u64 = length.lines().next().unwrap().parse().unwrap();
        let (mut body, mut nowhere) = ((&mut stream).take(length), tokio::io::sink());
        let read = tokio::io::copy(&mut body, &mut nowhere).await.unwrap();
        assert_eq!(read, length);
        let stored = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        stream.write_all(stored.as_bytes()).await.unwrap();
        length
    });
    let client = Client::builder()
        .private_key("private_test")
        .base_url(url)
        .build()
        .unwrap();
    let before = peak();
    let source = UploadSource::reader(tokio::io::repeat(7).take(mib * MIB), mib * MIB);
    let upload = client
        .upload_file(source, "large.bin")
        .with_timeout(std::time::Duration::from_secs(600));
    drop(upload.send().await.unwrap());
    let grown = peak() - before;
    println!(
        "{:.1} MiB for a file of {mib} MiB",
        grown as f64 / MIB as f64
    );
    assert!(served.await.unwrap() > mib * MIB);
    assert!(grown <= 16 * MIB, "{grown} bytes");
}

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
