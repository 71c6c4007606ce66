//! Any texts as endpoint, source and values of a delivery URL: it stays in its endpoint, is sent as it was built, and
//! its signature is accepted.

#![no_main]

use std::time::UNIX_EPOCH;

use imagekit_url::{Encoding, Layer, Position, PrivateKey, Transformation, UrlBuilder};
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|input: (bool, bool, u8, &str, &str, &str, &str, &str)| {
    let (in_path, own_endpoint, kind, endpoint, source, name, value, text) = input;
    let endpoint = if own_endpoint {
        endpoint
    } else {
        "https://ik.imagekit.io/demo"
    };
    let Ok(builder) = UrlBuilder::new(endpoint) else {
        return;
    };
    let transformation = match kind >> 4 {
        0 => Transformation::new().parameter(name, value),
        1 => Transformation::new().raw(value),
        2 => Transformation::new().layer(Layer::text(text).x(value)),
        3 => Transformation::new().layer(Layer::image(text).encoding(Encoding::Plain)),
        4 => Transformation::new().font_family(text).padding(value),
        5 => Transformation::new().aspect_ratio(text).page(value),
        6 => Transformation::new().background(text).radius(value),
        _ => Transformation::new().width(text).edit(value),
    };
    let builder = match kind & 3 {
        0 => builder.path(source),
        1 => builder.file_path(source),
        2 => builder.absolute(format!("{endpoint}/{source}")),
        _ => builder.absolute(source),
    };
    let position = if in_path {
        Position::Path
    } else {
        Position::Query
    };
    let builder = builder
        .position(position)
        .transform(transformation)
        .query(name, text);
    let key = PrivateKey::new("private_fuzz").unwrap();
    if let Ok(url) = builder.build() {
        assert_eq!(Url::parse(url.as_str()).unwrap().as_str(), url.as_str());
    }
    if let Ok(url) = builder.sign(&key, None) {
        assert!(url.as_str().starts_with(builder.endpoint().as_str()));
        let verified = builder.endpoint().verify(url.as_str(), &key, UNIX_EPOCH);
        assert_eq!(verified, Ok(None));
    }
});
