//! What becomes of an upload when the server, the network or the source does not do its part.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use imagekit_client::operations::UploadFileResponse;
use imagekit_client::{Client, Error, UploadSource, upload_all};
use imagekit_tests::clock::LeapingClock;
use imagekit_tests::example;
use imagekit_tests::secrets::{KEY, assert_no_secret};
use imagekit_tests::wire::{Reply, Server};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpListener;

const MANY: usize = 200_000;

fn stored() -> Reply {
    Reply::json("200 OK", example("upload-file.json"))
}

fn client(server: &Server) -> Client {
    server
        .client()
        .clock(LeapingClock::default())
        .build()
        .unwrap()
}

async fn upload(server: &Server, source: impl Into<UploadSource>) -> Result<(), Error> {
    let upload = client(server).upload_file(source, "coat.jpg");
    upload.send().await.map(drop)
}

/// A client of a server that reads so many bytes of each request, says something, and resets the connection if it is to;
/// and how many connections the server has seen.
async fn after(bytes: usize, then: &'static [u8], reset: bool) -> (Client, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let seen = connections.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            seen.fetch_add(1, Ordering::SeqCst);
            let mut read = vec![0; bytes];
            stream.read_exact(&mut read).await.unwrap();
            stream.write_all(then).await.unwrap();
            if reset {
                stream.set_zero_linger().unwrap();
            } else {
                // A closed socket with unread bytes would be a reset.
                let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
            }
        }
    });
    let client = Client::builder().private_key(KEY).base_url(url).build();
    (client.unwrap(), connections)
}

/// The error of an upload that is too large for any buffer in between.
async fn refused(client: &Client) -> Error {
    let upload = client.upload_file(vec![7; 50 * MANY], "coat.jpg");
    let error = upload.send().await.unwrap_err();
    assert_no_secret("the error", &format!("{error} {error:#?}"));
    error
}

#[tokio::test]
async fn a_connection_that_is_reset_half_way_makes_no_second_file() {
    let (client, connections) = after(MANY / 2, b"", true).await;
    let error = refused(&client).await;
    assert!(error.is_transient() && !error.is_connect(), "{error}");
    assert_eq!(
        (error.attempts(), connections.load(Ordering::SeqCst)),
        (1, 1)
    );
}

#[tokio::test]
async fn a_server_that_refuses_before_it_has_read_all_is_understood() {
    let refusal =
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n\
        Content-Length: 37\r\n\r\n{\"message\":\"Your file is too large.\"}";
    let (client, connections) = after(2_000, refusal, false).await;
    let error = refused(&client).await;
    assert!(error.is_bad_request(), "{error}");
    assert_eq!(error.api_message(), Some("Your file is too large."));
    assert_eq!(
        (error.attempts(), connections.load(Ordering::SeqCst)),
        (1, 1)
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_without_permission_is_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("private.jpg");
    std::fs::write(&path, "content").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::File::open(&path).is_ok() {
        // Nothing is forbidden to the superuser.
        return;
    }
    let error = UploadSource::open(&path).await.unwrap_err();
    assert!(error.to_string().contains("private.jpg"), "{error}");
}

/// A reader that fails after its bytes.
struct Broken(usize);

impl AsyncRead for Broken {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.0 == 0 {
            return Poll::Ready(Err(io::Error::other("the disk is gone")));
        }
        let count = self.0.min(buffer.remaining());
        buffer.put_slice(&vec![7; count]);
        self.0 -= count;
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn every_kind_of_source_arrives_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("coat.jpg");
    let content: Vec<u8> = (0..MANY).map(|index| (index % 251) as u8).collect();
    std::fs::write(&path, &content).unwrap();
    let length = u64::try_from(MANY).unwrap();
    let server = Server::start([stored()]).await;
    let reader = io::Cursor::new(content.clone());
    for source in [
        UploadSource::bytes(content.clone()),
        UploadSource::open(&path).await.unwrap(),
        UploadSource::reader(reader, length),
    ] {
        upload(&server, source).await.unwrap();
    }
    let received = server.received();
    assert_eq!(received.len(), 3);
    for request in received {
        assert_eq!(request.line(), "POST /api/v1/files/upload HTTP/1.1");
        assert!(request.body.windows(MANY).any(|part| part == content));
    }
}

#[tokio::test]
async fn progress_ends_at_the_length_and_begins_again_with_a_retry() {
    let early = Reply::new(
        "429 Too Many Requests",
        "X-RateLimit-Limit: 5\r\nX-RateLimit-Reset: 400\r\nX-RateLimit-Interval: 1000\r\n",
        "{}",
    );
    let server = Server::start([early, stored()]).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let seen = told.clone();
    let response = client(&server)
        .upload_file(vec![7; MANY], "coat.jpg")
        .on_progress(move |sent, total| seen.lock().unwrap().push((sent, total)))
        .send()
        .await
        .unwrap();
    assert!(
        matches!(response, UploadFileResponse::UploadedFile(_)),
        "{response:?}"
    );
    let told = told.lock().unwrap();
    let length = u64::try_from(MANY).unwrap();
    assert!(told.iter().all(|(_, total)| *total == Some(length)));
    assert_eq!(told.iter().filter(|(sent, _)| *sent == length).count(), 2);
    assert_eq!(told.last().unwrap().0, length);
    let restarts = told.windows(2).filter(|pair| pair[1].0 <= pair[0].0);
    assert_eq!(restarts.count(), 1);
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn a_reader_is_not_sent_twice() {
    let early = Reply::new("429 Too Many Requests", "X-RateLimit-Reset: 400\r\n", "{}");
    let server = Server::start([early, stored()]).await;
    let reader = io::Cursor::new(vec![7; 100]);
    let error = upload(&server, UploadSource::reader(reader, 100)).await;
    assert!(error.unwrap_err().is_rate_limited());
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn refusals_are_told_with_what_imagekit_says_and_not_retried() {
    for (status, message) in [
        ("400 Bad Request", "Missing fileName parameter for upload"),
        ("401 Unauthorized", "Your account cannot be authenticated."),
    ] {
        let body = format!(r#"{{"message":"{message}"}}"#);
        let server = Server::start([Reply::json(status, body)]).await;
        let error = upload(&server, vec![7; MANY]).await.unwrap_err();
        let told = format!("uploadFile: {status}: {message}");
        assert!(error.to_string().starts_with(&told), "{error}");
        assert!(error.to_string().contains("request id req-1"), "{error}");
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn a_lost_response_is_not_retried() {
    for lost in [Reply::default().then_reset(), Reply::default().then_close()] {
        let server = Server::start([lost, stored()]).await;
        let error = upload(&server, vec![7; MANY]).await.unwrap_err();
        assert!(error.is_transient(), "{error}");
        assert_eq!(error.attempts(), 1);
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn a_server_that_is_gone_is_tried_again() {
    let server = Server::start([stored()]).await;
    let client = client(&server);
    drop(server);
    let error = client.upload_file(vec![7; 9], "coat.jpg").send().await;
    let error = error.unwrap_err();
    assert!(error.is_connect(), "{error}");
    assert_eq!(error.attempts(), 3);
}

#[tokio::test]
async fn a_source_that_does_not_hold_what_it_announces_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shrinking.bin");
    std::fs::write(&path, vec![7; MANY]).unwrap();
    let shrunk = UploadSource::open(&path).await.unwrap();
    std::fs::write(&path, vec![7; 10]).unwrap();
    let cursor = |length| io::Cursor::new(vec![7; length]);
    for (source, told) in [
        (shrunk, "ended after 10 bytes, and not after 200000"),
        (
            UploadSource::reader(cursor(50), 100),
            "ended after 50 bytes, and not after 100",
        ),
        (
            UploadSource::reader(cursor(150), 100),
            "longer than the 100 bytes",
        ),
        (
            UploadSource::reader(Broken(70_000), 100_000),
            "failed after 70000 bytes: the disk is gone",
        ),
    ] {
        let server = Server::start([stored()]).await;
        let error = upload(&server, source).await.unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
        assert_eq!(error.attempts(), 1, "{error}");
        // Nothing that is incomplete was taken for a whole request.
        assert!(server.received().is_empty());
    }
}

#[tokio::test]
async fn an_empty_source_is_refused_before_anything_is_sent() {
    let server = Server::start([stored()]).await;
    for source in [
        UploadSource::bytes(Vec::new()),
        UploadSource::reader(tokio::io::empty(), 0),
        UploadSource::reader(tokio::io::empty(), None),
        UploadSource::url(""),
        UploadSource::base64(""),
    ] {
        let error = upload(&server, source).await.unwrap_err();
        assert!(error.to_string().contains("the source is empty"), "{error}");
    }
    assert!(server.received().is_empty());
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_path_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("absent.jpg")] {
        let error = UploadSource::open(&path).await.unwrap_err();
        let named = path.display().to_string();
        assert!(error.to_string().contains(&named), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_stops_reading_is_given_up() {
    let server = Server::start([Reply::default().then_stall()]).await;
    let error = client(&server)
        .upload_file(vec![7; MANY], "coat.jpg")
        .with_timeout(Duration::from_millis(300))
        .send()
        .await
        .unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert_eq!(error.attempts(), 1);
}

#[tokio::test]
async fn each_of_many_has_an_outcome_even_if_its_progress_panics() {
    let server = Server::start([stored()]).await;
    let client = client(&server);
    let uploads: Vec<_> = (0..20)
        .map(|index| {
            let upload = client.upload_file(vec![7; 100], format!("{index}.jpg"));
            upload.on_progress(move |_, _| assert_ne!(index, 13, "a progress that panics"))
        })
        .collect();
    let mut outcomes = upload_all(uploads, 4);
    let mut failed = Vec::new();
    let mut count = 0;
    while let Some(outcome) = outcomes.next().await {
        count += 1;
        if outcome.result.is_err() {
            failed.push(outcome.index);
        }
    }
    assert_eq!((count, failed), (20, vec![13]));
}
