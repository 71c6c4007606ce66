//! Uploads of one large file and of many small ones, by hand on reqwest and by the generated client.

use std::io;
use std::path::Path;

use imagekit_bench::{Failure, usage};
use imagekit_client::{Client, UploadSource, upload_all};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::KEY;

const MIB: u64 = 1024 * 1024;
const AT_ONCE: usize = 16;

/// Reads uploads and stores nothing, until the process is killed.
pub(crate) async fn server() -> Result<Value, Failure> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(serve(stream));
    }
}

async fn serve(stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::with_capacity(256 * 1024, stream);
    let mut line = String::new();
    let mut length = 0;
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        if let Some(text) = line.to_lowercase().strip_prefix("content-length:") {
            length = text.trim().parse().map_err(io::Error::other)?;
        }
        if line == "\r\n" {
            let mut body = (&mut stream).take(length);
            tokio::io::copy_buf(&mut body, &mut tokio::io::sink()).await?;
            let stored = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
            stream.get_mut().write_all(stored).await?;
        }
    }
}

/// Uploads one file, which has a size in MiB.
pub(crate) async fn large(peer: &str, url: &str, mib: u64) -> Result<Value, Failure> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("large.bin");
    std::fs::File::create(&path)?.set_len(mib * MIB)?;
    let before = usage::processor_seconds()?;
    match peer {
        "ours" => {
            let source = UploadSource::open(&path).await?;
            let upload = client(url)?.upload_file(source, "large.bin");
            drop(upload.send().await?);
        }
        _ => by_hand(&reqwest::Client::new(), url, &path).await?,
    }
    usage::since(before)
}

/// Uploads many files of 20 KiB, 16 at once.
pub(crate) async fn small(peer: &str, url: &str, count: usize) -> Result<Value, Failure> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("small.bin");
    std::fs::write(&path, [7; 20 * 1024])?;
    let before = usage::processor_seconds()?;
    match peer {
        "ours" => {
            let client = client(url)?;
            let mut uploads = Vec::new();
            for _ in 0..count {
                let source = UploadSource::open(&path).await?;
                uploads.push(client.upload_file(source, "small.bin"));
            }
            let mut outcomes = upload_all(uploads, AT_ONCE);
            while let Some(outcome) = outcomes.next().await {
                drop(outcome.result?);
            }
        }
        _ => {
            let client = reqwest::Client::new();
            let mut workers = JoinSet::new();
            for _ in 0..AT_ONCE {
                let (client, url, path) = (client.clone(), url.to_owned(), path.clone());
                workers.spawn(async move {
                    for _ in 0..count / AT_ONCE {
                        by_hand(&client, &url, &path).await?;
                    }
                    Ok::<_, Failure>(())
                });
            }
            while let Some(worker) = workers.join_next().await {
                worker??;
            }
        }
    }
    usage::since(before)
}

fn client(url: &str) -> Result<Client, Failure> {
    Ok(Client::builder().private_key(KEY).base_url(url).build()?)
}

async fn by_hand(client: &reqwest::Client, url: &str, path: &Path) -> Result<(), Failure> {
    let form = reqwest::multipart::Form::new()
        .text("fileName", "large.bin")
        .part("file", reqwest::multipart::Part::file(path).await?);
    let request = client.post(format!("{url}/api/v1/files/upload"));
    let response = request
        .basic_auth(KEY, Some(""))
        .multipart(form)
        .send()
        .await?;
    let _: Value = response.error_for_status()?.json().await?;
    Ok(())
}
