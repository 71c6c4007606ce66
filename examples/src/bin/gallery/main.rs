//! A gallery that keeps its pictures in ImageKit: a form to upload one, a page that shows all of them, and a webhook by
//! which ImageKit says what has changed.
//!
//! ```text
//! cargo run -p imagekit-examples --bin gallery -- --demo
//! ```
//!
//! Without `--demo` it takes `IMAGEKIT_PRIVATE_KEY`, `IMAGEKIT_URL_ENDPOINT`, the `IMAGEKIT_WEBHOOK_SECRET` of a webhook
//! that leads to `/webhook`, and `GALLERY_ADDRESS` to listen at. Whoever reaches the gallery can upload: put a login
//! in front of it.

mod page;
mod pictures;
mod upload;
mod webhook;

use std::env;
use std::error::Error;
use std::io::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header;
use axum::routing::{get, post};
use imagekit_client::Client;
use imagekit_client::url::{PrivateKey, UrlBuilder};
use imagekit_client::webhooks::WebhookVerifier;
use imagekit_mock::{Library, Server};
use tokio::net::TcpListener;

use crate::pictures::Pictures;
use crate::webhook::Changes;

/// The folder of the media library in which the pictures are.
const FOLDER: &str = "/gallery";

/// What all requests share.
struct Gallery {
    client: Client,
    pictures: Pictures,
    changes: Changes,
}

/// Where the gallery keeps its pictures.
struct Account {
    client: Client,
    private_key: String,
    url_endpoint: String,
    webhook_secret: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = env::var("GALLERY_ADDRESS");
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:3000")).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let mut fake = None;
    let account = if env::args().any(|it| it == "--demo") {
        Account::of_fake(fake.insert(start_fake(&url).await?))?
    } else {
        Account::from_env()?
    };
    let gallery = Gallery {
        client: account.client,
        pictures: Pictures {
            endpoint: UrlBuilder::new(account.url_endpoint)?,
            key: PrivateKey::new(account.private_key)?,
        },
        changes: Changes::new(WebhookVerifier::new(account.webhook_secret)?),
    };
    // Its end may be gone, and the gallery goes on all the same.
    let _ = writeln!(std::io::stdout(), "The gallery is at {url}");
    axum::serve(listener, routes(gallery)).await?;
    Ok(())
}

fn routes(gallery: Gallery) -> Router {
    let file = |kind: &'static str, text: &'static str| {
        get(move || async move { ([(header::CONTENT_TYPE, kind)], text) })
    };
    Router::new()
        .route("/", get(page::show))
        .route(
            "/gallery.css",
            file("text/css", include_str!("../../../templates/gallery.css")),
        )
        .route(
            "/gallery.js",
            file(
                "text/javascript",
                include_str!("../../../templates/gallery.js"),
            ),
        )
        .route("/pictures", post(upload::upload))
        .route("/webhook", post(webhook::receive))
        .route("/changes/{known}", get(webhook::tell))
        .layer(DefaultBodyLimit::max(1 << 20))
        .with_state(Arc::new(gallery))
}

impl Account {
    fn from_env() -> Result<Self, Box<dyn Error>> {
        let variable = |name| env::var(name).map_err(|error| format!("{name}: {error}"));
        Ok(Self {
            client: Client::from_env()?,
            private_key: variable("IMAGEKIT_PRIVATE_KEY")?,
            url_endpoint: variable("IMAGEKIT_URL_ENDPOINT")?,
            webhook_secret: variable("IMAGEKIT_WEBHOOK_SECRET")?,
        })
    }

    fn of_fake(fake: &Server) -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            client: Client::builder()
                .base_url(fake.url())
                .private_key(fake.private_key())
                .build()?,
            private_key: fake.private_key().to_owned(),
            url_endpoint: fake.url_endpoint(),
            webhook_secret: DEMO_SECRET.to_owned(),
        })
    }
}

const DEMO_SECRET: &str = "whsec_of_the_demo_of_the_gallery";

/// Starts a fake ImageKit that posts what happens in it to the gallery.
async fn start_fake(gallery: &str) -> Result<Server, imagekit_mock::Error> {
    let library = Library::new().webhook(&format!("{gallery}/webhook"), &[], DEMO_SECRET);
    let fake = Server::builder().library(library).start().await?;
    let (url, key) = (fake.url(), fake.private_key());
    let _ = writeln!(
        std::io::stdout(),
        "Its pictures are in a fake ImageKit. To change one from another terminal:\n  \
         IMAGEKIT_BASE_URL={url} IMAGEKIT_PRIVATE_KEY={key} cargo run -- tag --add new {FOLDER}/NAME"
    );
    Ok(fake)
}
