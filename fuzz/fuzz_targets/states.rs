//! Any states of the properties of a request: left alone, cleared or set, they are its body, and nothing else is.

#![no_main]

mod world;

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};

type States<'a> = (Option<Option<Vec<&'a str>>>, Option<Option<&'a str>>);

fuzz_target!(|states: States<'_>| {
    let (tags, coordinates) = states;
    let world = world::world();
    let mut call = world.client.update_file_details("598821f949c0a938d57563bd");
    let mut expected = Map::new();
    if let Some(tags) = tags {
        expected.insert("tags".to_owned(), json!(tags));
        call = call.set_or_clear_tags(tags);
    }
    if let Some(coordinates) = coordinates {
        expected.insert("customCoordinates".to_owned(), json!(coordinates));
        call = call.set_or_clear_custom_coordinates(coordinates);
    }
    let error = world
        .runtime
        .block_on(call.send())
        .expect_err("the server knows nothing");
    assert!(error.is_not_found(), "{error}");
    let body: Value = serde_json::from_slice(&world.request().body).expect("JSON");
    assert_eq!(body, Value::Object(expected));
});
