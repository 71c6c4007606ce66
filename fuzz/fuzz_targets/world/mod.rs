//! A client, and a server that responds to each request with 404 and hands out what it was.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, OnceLock};

use imagekit_client::Client;
use tokio::runtime::Runtime;

pub struct World {
    pub runtime: Runtime,
    pub client: Client,
    requests: Mutex<Receiver<Request>>,
}

/// What a request was for, and its body.
#[allow(dead_code, reason = "each target looks at one of them")]
pub struct Request {
    pub target: String,
    pub body: Vec<u8>,
}

pub fn world() -> &'static World {
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
            requests: Mutex::new(receiver),
        }
    })
}

impl World {
    /// The request that was seen next.
    pub fn request(&self) -> Request {
        let requests = self.requests.lock().expect("one thread only");
        requests.recv().expect("the request was seen")
    }
}

fn serve(listener: &TcpListener, requests: &Sender<Request>) {
    for stream in listener.incoming() {
        let mut stream = stream.expect("a connection");
        let requests = requests.clone();
        std::thread::spawn(move || {
            let mut read = Vec::new();
            let mut chunk = [0; 4096];
            while let Ok(count @ 1..) = stream.read(&mut chunk) {
                read.extend_from_slice(&chunk[..count]);
                let Some(request) = whole(&read) else {
                    continue;
                };
                read.clear();
                let response = b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}";
                if requests.send(request).is_err() || stream.write_all(response).is_err() {
                    return;
                }
            }
        });
    }
}

/// The request that has been read, if all of it has.
fn whole(read: &[u8]) -> Option<Request> {
    let end = read.windows(4).position(|part| part == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&read[..end]).to_lowercase();
    let length = head.split_once("\r\ncontent-length: ").map_or(0, |(_, rest)| {
        let length = rest.lines().next().unwrap_or_default();
        length.parse().expect("a length")
    });
    let body = read[end..].to_vec();
    let target = String::from_utf8_lossy(read);
    (body.len() >= length).then(|| Request {
        target: target.split(' ').nth(1).unwrap_or_default().to_owned(),
        body,
    })
}
