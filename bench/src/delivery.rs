use imagekit_url::{
    Anchor, Crop, DeliveryUrl, Error, Expiry, Layer, PrivateKey, Transformation, UrlBuilder,
};

/// The delivery URLs that are built beside those of ImageKit's SDK, by name.
pub struct DeliveryUrls {
    endpoint: UrlBuilder,
    key: PrivateKey,
    expiry: Expiry,
}

impl DeliveryUrls {
    /// Their names.
    pub const NAMES: [&str; 3] = ["resized", "signed", "layered"];

    /// Parses the endpoint and the key, which is done once.
    pub fn new() -> Result<Self, Error> {
        Ok(Self {
            endpoint: UrlBuilder::new("https://ik.imagekit.io/demo")?,
            key: PrivateKey::new("your_private_api_key")?,
            expiry: Expiry::unix(1_767_225_900)?,
        })
    }

    /// Builds one of them.
    pub fn build(&self, name: &str) -> Result<DeliveryUrl, Error> {
        match name {
            "resized" => self.resized().build(),
            "signed" => self.resized().sign(&self.key, self.expiry),
            "layered" => self.layered().build(),
            _ => Err(Error::NoSource),
        }
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
