//! Any bytes as a response: they decode or they do not, and what decodes comes back as it was. Unions among them, which
//! their tag alone decides, in both directions.

#![no_main]

use imagekit_client::types::{ApiError, Asset, Extension, File, Origin, OriginRequest};
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;

fn comes_back<T: DeserializeOwned + Serialize>(body: &[u8]) {
    if let Ok(value) = serde_json::from_slice::<T>(body) {
        let text = serde_json::to_string(&value).expect("a model is always JSON");
        let back: T = serde_json::from_str(&text).expect("what was written can be read");
        assert_eq!(serde_json::to_string(&back).ok(), Some(text));
    }
}

fuzz_target!(|body: &[u8]| {
    comes_back::<File>(body);
    comes_back::<ApiError>(body);
    comes_back::<Asset>(body);
    comes_back::<Extension>(body);
    comes_back::<Origin>(body);
    comes_back::<OriginRequest>(body);
    comes_back::<Vec<Asset>>(body);
});
