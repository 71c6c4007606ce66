//! What a client says first over TLS.

use imagekit_client::Client;
use imagekit_tests::call;
use imagekit_tests::secrets::KEY;
use rustls::server::Acceptor;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

/// The bytes of a post-quantum key share: an ML-KEM-768 key and one of X25519.
const KEY_SHARE: usize = 1184 + 32;

struct Hello {
    /// What it offers to speak within TLS.
    protocols: Vec<Vec<u8>>,
    bytes: usize,
}

/// Waits for the first connection, and breaks it off when the client has said hello.
async fn hello(listener: &TcpListener) -> Hello {
    let mut stream = listener.accept().await.unwrap().0;
    let mut acceptor = Acceptor::default();
    let mut bytes = 0;
    loop {
        let mut part = Vec::with_capacity(16 * 1024);
        assert_ne!(stream.read_buf(&mut part).await.unwrap(), 0);
        bytes += part.len();
        acceptor.read_tls(&mut &*part).unwrap();
        if let Some(accepted) = acceptor.accept().map_err(|(error, _)| error).unwrap() {
            let hello = accepted.client_hello();
            let protocols = hello.alpn().into_iter().flatten();
            return Hello {
                protocols: protocols.map(<[u8]>::to_vec).collect(),
                bytes,
            };
        }
    }
}

#[tokio::test]
async fn http_2_is_not_offered_though_another_crate_has_turned_it_on() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let (said, _) = tokio::join!(hello(&listener), reqwest::get(&url));
    assert_eq!(said.protocols, [&b"h2"[..], b"http/1.1"]);

    let client = Client::builder().private_key(KEY).base_url(&url);
    let client = client.max_retries(0).build().unwrap();
    let (said, _) = tokio::join!(hello(&listener), call(&client));
    assert_eq!(said.protocols, [b"http/1.1"]);
    assert!(said.bytes > KEY_SHARE, "{} bytes", said.bytes);
}
