//! Any texts as ids, key and base URL: what is refused is an error, and what is sent stays within its
//! two segments of the path.

#![no_main]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, channel};

use imagekit_client::Client;
use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode_str;
use tokio::runtime::Runtime;

struct World {
    runtime: Runtime,
    client: Client,
    targets: Mutex<Receiver<String>>,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (sender, receiver) = channel();
        std::thread::spawn(move || serve(&listener, &sender));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        World {
            runtime: runtime.expect("a runtime"),
            client: Client::builder()
                .private_key("private_fuzz")
                .base_url(url)
                .max_retries(0)
                .build()
                .expect("a client"),
            targets: Mutex::new(receiver),
        }
    })
}

/// Answers each request with 404, and hands out what it was for.
fn serve(listener: &TcpListener, targets: &Sender<String>) {
    for stream in listener.incoming() {
        let mut stream = stream.expect("a connection");
        let targets = targets.clone();
        std::thread::spawn(move || {
            let mut request = Vec::new();
            let mut chunk = [0; 4096];
            while let Ok(count @ 1..) = stream.read(&mut chunk) {
                request.extend_from_slice(&chunk[..count]);
                if request.ends_with(b"\r\n\r\n") {
                    let head = String::from_utf8_lossy(&request);
                    let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
                    request.clear();
                    let sent = targets.send(target);
                    let answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}";
                    if sent.is_err() || stream.write_all(answer).is_err() {
                        return;
                    }
                }
            }
        });
    }
}

fuzz_target!(|texts: (&str, &str)| {
    let (one, other) = texts;
    // Whatever these are, they are taken or refused.
    let _ = Client::builder().private_key(one).base_url(other).build();

    let world = world();
    let sent = world.runtime.block_on(
        world
            .client
            .get_file_version_details(one, other)
            .send(),
    );
    let error = sent.expect_err("the server knows nothing");
    if error.is_invalid_request() {
        assert_eq!(error.attempts(), 0, "{error}");
        return;
    }
    assert!(error.is_not_found() || error.status().is_none(), "{error}");
    if !error.is_not_found() {
        // Longer than a request may be.
        assert!(one.len() + other.len() > 10_000, "{error}");
        return;
    }
    let targets = world.targets.lock().expect("one thread only");
    let target = targets.recv().expect("the request was seen");
    let segments: Vec<_> = target.split('/').collect();
    let ["", "v1", "files", file, "versions", version] = segments[..] else {
        panic!("{one:?} and {other:?} lead to {target}");
    };
    let decoded = |segment| percent_decode_str(segment).decode_utf8().expect("UTF-8");
    assert_eq!(
        (decoded(file).as_ref(), decoded(version).as_ref()),
        (one, other)
    );
});
