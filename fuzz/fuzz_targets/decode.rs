//! Any bytes as an answer: they decode or they do not, and what decodes comes back as it was.

#![no_main]

use imagekit_client::types::{Error, File};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    if let Ok(version) = serde_json::from_slice::<File>(body) {
        let text = serde_json::to_string(&version).expect("a model is always JSON");
        let back: File = serde_json::from_str(&text).expect("what was written can be read");
        assert_eq!(serde_json::to_string(&back).ok(), Some(text));
    }
    if let Ok(error) = serde_json::from_slice::<Error>(body) {
        let text = serde_json::to_string(&error).expect("a model is always JSON");
        let back: Error = serde_json::from_str(&text).expect("what was written can be read");
        assert_eq!(serde_json::to_string(&back).ok(), Some(text));
    }
});
