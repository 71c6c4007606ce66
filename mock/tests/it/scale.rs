//! Many servers, and many files.

use imagekit_mock::{Error, File, Library, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::wire::get;

#[tokio::test]
async fn two_hundred_servers_start_respond_and_stop() {
    let start = std::time::Instant::now();
    for _ in 0..200 {
        let server = Server::start().await.unwrap();
        assert_eq!(get(&server, "/v1/files").await.status, 200);
    }
    println!("200 servers: {:?}", start.elapsed());
}

#[tokio::test]
async fn a_connection_that_sends_nothing_or_half_a_request_is_closed() {
    let timeout = std::time::Duration::from_millis(20);
    let server = Server::builder()
        .read_timeout(timeout)
        .start()
        .await
        .unwrap();
    for half in [
        "",
        "GET / HT",
        "POST /v1/folder HTTP/1.1\r\nContent-Length: 9\r\n\r\n{",
    ] {
        let address = server.url().strip_prefix("http://").unwrap();
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(half.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        // It ends by itself, be it by a reset.
        let _ = stream.read_to_end(&mut rest).await;
    }
}

#[tokio::test]
async fn a_key_that_no_client_can_send_is_refused() {
    for key in ["", "a:b", "a b", "a\n"] {
        let refused = Server::builder()
            .private_key(key)
            .start()
            .await
            .unwrap_err();
        assert!(matches!(refused, Error::InvalidKey), "{key:?}");
    }
}

/// Run with `cargo test --release -p imagekit-mock --test it -- --ignored --nocapture many_files`.
#[tokio::test]
#[ignore = "prints latencies, which are worth something in release only"]
async fn many_files_are_listed_and_searched() {
    let files = (0..100_000).map(|number| {
        let path = format!("/folder-{}/file-{number}.jpg", number % 1000);
        File::new(format!("{number:024x}"))
            .path(path)
            .each(move |_, version| {
                version["size"] = (number * 7919 % 1_000_003).into();
                version["tags"] = vec![format!("tag-{}", number % 50)].into();
            })
    });
    let start = std::time::Instant::now();
    let library = files.fold(Library::new(), Library::file);
    println!("100,000 files made: {:?}", start.elapsed());
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!(
        "{}",
        status
            .lines()
            .find(|it| it.starts_with("VmRSS"))
            .unwrap_or_default()
    );
    let server = Server::builder().library(library).start().await.unwrap();
    for query in [
        "?limit=1000",
        "?limit=1000&skip=50000",
        "?limit=100&sort=DESC_SIZE",
        "?limit=100&sort=ASC_NAME",
        "?path=/folder-7",
        "?limit=100&searchQuery=tags+IN+%5B%22tag-7%22%5D+AND+size+%3E+%22100kb%22",
        "?limit=100&searchQuery=name+HAS+%22file+99999%22",
        "?limit=100&searchQuery=createdAt+%3E+%222020-01-01%22+AND+path+%3A+%22%2Ffolder-7%22",
    ] {
        let mut times = Vec::new();
        for _ in 0..20 {
            let start = std::time::Instant::now();
            assert_eq!(get(&server, &format!("/v1/files{query}")).await.status, 200);
            times.push(start.elapsed());
        }
        times.sort();
        println!(
            "{:?} median, {:?} slowest of 20: {query}",
            times[10], times[19]
        );
    }
    let start = std::time::Instant::now();
    for number in 0..1000 {
        get(&server, &format!("/v1/files/{number:024x}/details")).await;
    }
    println!(
        "1,000 details, each on a connection of its own: {:?}",
        start.elapsed()
    );
}
