//! Builds delivery URLs, and prints what each of them takes, as one line of JSON.

use std::error::Error;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use imagekit_url::{
    Anchor, Crop, DeliveryUrl, Expiry, Layer, PrivateKey, Transformation, UrlBuilder,
};
use serde_json::{Value, json};

const TIMES: u32 = 200_000;

fn main() -> ExitCode {
    match run() {
        Ok(measured) => {
            println!("{measured}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<Value, Box<dyn Error>> {
    let endpoint = UrlBuilder::new("https://ik.imagekit.io/demo")?;
    let key = PrivateKey::new("your_private_api_key")?;
    let expiry = Expiry::unix(1_767_225_900)?;
    let resized = || {
        endpoint.clone().path("/products/coat.jpg").transform(
            Transformation::new()
                .width(300)
                .height(200)
                .crop(Crop::AtMax),
        )
    };
    let layered = || {
        let logo = Layer::image("brand/logo.png")
            .focus(Anchor::TopLeft)
            .transform(Transformation::new().width(60));
        let label = Layer::text("50% off")
            .focus(Anchor::Bottom)
            .transform(Transformation::new().font_size(32));
        let transformation = Transformation::new()
            .width(300)
            .height(200)
            .then()
            .layer(logo)
            .then()
            .layer(label);
        endpoint
            .clone()
            .path("/products/coat.jpg")
            .transform(transformation)
    };
    Ok(json!({
        "resized": measure(|| resized().build())?,
        "signed": measure(|| resized().sign(&key, expiry))?,
        "layered": measure(|| layered().build())?,
    }))
}

fn measure<E: Error + 'static>(
    build: impl Fn() -> Result<DeliveryUrl, E>,
) -> Result<Value, Box<dyn Error>> {
    let mut url = build()?;
    let allocations = allocation_counter::measure(|| drop(black_box(build()))).count_total;
    for _ in 0..TIMES / 10 {
        url = black_box(build()?);
    }
    let start = Instant::now();
    for _ in 0..TIMES {
        url = black_box(build()?);
    }
    let nanos = start.elapsed().as_nanos() as f64 / f64::from(TIMES);
    Ok(json!({ "nanos": nanos, "allocations": allocations, "url": url.as_str() }))
}
