//! Any texts as ids, key and base URL: what is refused is an error, and what is sent stays within its
//! two segments of the path.

#![no_main]

mod world;

use imagekit_client::Client;
use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode_str;

fuzz_target!(|texts: (&str, &str)| {
    let (one, other) = texts;
    // Whatever these are, they are taken or refused.
    let _ = Client::builder().private_key(one).base_url(other).build();

    let world = world::world();
    let sent = world
        .runtime
        .block_on(world.client.get_file_version_details(one, other).send());
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
    let target = world.request().target;
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
