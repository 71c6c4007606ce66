//! The gallery as a program that runs, beside a fake ImageKit.

use std::process::Stdio;

use imagekit_client::Client;
use imagekit_mock::{Library, Server};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

pub(crate) const SECRET: &str = "whsec_of_the_tests_of_the_gallery";

/// The gallery, until it is dropped.
pub(crate) struct Gallery {
    pub(crate) url: String,
    _process: Child,
}

impl Gallery {
    /// Starts it with its pictures at this address.
    pub(crate) async fn start(base_url: &str, url_endpoint: &str) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_gallery"))
            .env("GALLERY_ADDRESS", "127.0.0.1:0")
            .env("IMAGEKIT_BASE_URL", base_url)
            .env("IMAGEKIT_PRIVATE_KEY", "private_of_the_gallery")
            .env("IMAGEKIT_URL_ENDPOINT", url_endpoint)
            .env("IMAGEKIT_WEBHOOK_SECRET", SECRET)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().unwrap();
        let url = line.strip_prefix("The gallery is at ").unwrap().to_owned();
        Self {
            url,
            _process: process,
        }
    }

    pub(crate) async fn page(&self) -> String {
        let response = reqwest::get(&self.url).await.unwrap();
        assert_eq!(response.status(), 200);
        response.text().await.unwrap()
    }
}

/// Starts the gallery and a fake ImageKit, which post to each other.
pub(crate) async fn gallery_and_fake() -> (Gallery, Server) {
    let fake = Server::builder()
        .private_key("private_of_the_gallery")
        .start()
        .await
        .unwrap();
    let gallery = Gallery::start(fake.url(), &fake.url_endpoint()).await;
    let webhook = format!("{}/webhook", gallery.url);
    let library = Library::new().webhook(&webhook, &[], SECRET);
    fake.set_library(library).unwrap();
    (gallery, fake)
}

pub(crate) fn client(fake: &Server) -> Client {
    Client::builder()
        .base_url(fake.url())
        .private_key(fake.private_key())
        .build()
        .unwrap()
}

/// A picture that any browser shows: a bitmap of 640 by 400 pixels.
pub(crate) fn picture() -> Vec<u8> {
    const WIDTH: u32 = 640;
    const HEIGHT: u32 = 400;
    let mut bytes = b"BM".to_vec();
    let fields = [
        54 + WIDTH * HEIGHT * 3,
        0,
        54,
        40,
        WIDTH,
        HEIGHT,
        1 | 24 << 16,
        0,
        0,
        0,
        0,
        0,
        0,
    ];
    bytes.extend(fields.iter().flat_map(|it| it.to_le_bytes()));
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let is_sun = (x.abs_diff(480)).pow(2) + (y.abs_diff(290)).pow(2) < 50 * 50;
            let hill = 120 + x / 8 + (x.abs_diff(200)) / 6;
            let pixel = match () {
                () if y < hill => [90, 140, 60],
                () if is_sun => [90, 210, 250],
                () => [230, 210 - y / 8, 150],
            };
            bytes.extend(pixel.map(|it: u32| u8::try_from(it).unwrap()));
        }
    }
    bytes
}
