//! Nobody sees the private key on the screen or in a log, whatever a server sends back.

use imagekit_tests::secrets::{KEYS, encodings, places, shows};
use imagekit_tests::wire::Server;
use tokio::runtime::Runtime;

use crate::support::{FILE, VERSION, imagekit};

#[test]
fn the_private_key_is_printed_in_no_spelling_that_the_docs_name() {
    let runtime = Runtime::new().unwrap();
    let [_, key] = KEYS;
    let (found, _) = encodings(key);
    let mut looked_at = 0;
    for (encoding, text) in &found {
        for (place, reply) in places(text) {
            for args in [
                &["versions", "get", FILE, VERSION][..],
                &["versions", "get", FILE, VERSION, "--json"],
                &["api", "getFileVersionDetails", FILE, VERSION, "--include"],
            ] {
                let server = runtime.block_on(Server::start([reply.clone()]));
                let outcome = imagekit(args.iter().chain(&["--deadline", "0.3"]))
                    .env("IMAGEKIT_BASE_URL", server.url())
                    .env("IMAGEKIT_PRIVATE_KEY", key)
                    .run();
                assert!(outcome.code.is_some_and(|code| code > 0), "{outcome:?}");
                for printed in [&outcome.stdout, &outcome.stderr] {
                    looked_at += 1;
                    assert!(
                        !shows(printed, key),
                        "{encoding} in {place} shows by {args:?}: {printed}"
                    );
                }
            }
        }
    }
    println!("{looked_at} texts looked at");
}
