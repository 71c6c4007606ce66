//! Any text as a signed URL: nothing panics, and nothing is accepted that was not signed.

#![no_main]

use std::time::UNIX_EPOCH;

use imagekit_url::{Endpoint, PrivateKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let key = PrivateKey::new("private_fuzz").unwrap();
    let endpoint = Endpoint::new("https://ik.imagekit.io/demo").unwrap();
    for url in [input.to_owned(), format!("{endpoint}{input}")] {
        assert!(endpoint.verify(&url, &key, UNIX_EPOCH).is_err(), "{url}");
    }
});
