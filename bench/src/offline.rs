use std::hint::black_box;
use std::time::SystemTime;

use imagekit_client::webhooks::WebhookVerifier;
use imagekit_url::{Anchor, Crop, Expiry, Layer, PrivateKey, Transformation, UrlBuilder};
use reqwest::header::HeaderMap;

use crate::{Failure, as_sent};

/// What is done without a network, by name: delivery URLs are built, and an event is received.
pub struct Offline {
    endpoint: UrlBuilder,
    key: PrivateKey,
    expiry: Expiry,
    verifier: WebhookVerifier,
    headers: HeaderMap,
    body: String,
}

impl Offline {
    /// The names.
    pub const NAMES: [&str; 4] = ["resized", "signed", "layered", "event"];

    /// Parses the endpoint, the key and the secret, which is done once, and signs the event.
    pub fn new() -> Result<Self, Failure> {
        let verifier = WebhookVerifier::new("whsec_of_a_benchmark")?;
        let body = as_sent(include_str!("../../openapi/examples/file-created.json"))?;
        Ok(Self {
            endpoint: UrlBuilder::new("https://ik.imagekit.io/demo")?,
            key: PrivateKey::new("your_private_api_key")?,
            expiry: Expiry::unix(1_767_225_900)?,
            headers: verifier.sign_for_test("msg_1", body.as_bytes(), SystemTime::now()),
            verifier,
            body,
        })
    }

    /// Does what has that name, once.
    pub fn run(&self, name: &str) -> Result<(), Failure> {
        match name {
            "resized" => drop(black_box(self.resized().build()?)),
            "signed" => drop(black_box(self.resized().sign(&self.key, self.expiry)?)),
            "layered" => drop(black_box(self.layered().build()?)),
            "event" => {
                let event = self.verifier.verify(&self.headers, self.body.as_bytes())?;
                drop(black_box(event));
            }
            _ => return Err(format!("nothing is done by the name of `{name}`").into()),
        }
        Ok(())
    }

    fn resized(&self) -> UrlBuilder {
        self.endpoint.clone().path("/products/coat.jpg").transform(
            Transformation::new()
                .width(300)
                .height(200)
                .crop(Crop::AtMax),
        )
    }

    fn layered(&self) -> UrlBuilder {
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
        self.endpoint
            .clone()
            .path("/products/coat.jpg")
            .transform(transformation)
    }
}
