//! The fake ImageKit that `--demo` talks to.

use chrono::{DateTime, TimeDelta, Utc};
use imagekit_mock::{Clock, File, Library, Server};

use crate::exit::{Exit, Failure};

/// The addresses of the library, which lead nowhere.
const ENDPOINT: &str = "https://ik.imagekit.io/your_imagekit_id";

/// A grey pixel.
const PICTURE: &[u8] = &[
    0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 0x01, 0x00, 0x01, 0x00, 0x80, 0x00, 0x00, 0x80, 0x80, 0x80,
    0x00, 0x00, 0x00, 0x2c, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00, 0x02, 0x02, 0x44,
    0x01, 0x00, 0x3b,
];

/// Starts the fake, with a media library to look at. At a given time, all of it is the same each time.
pub(crate) async fn start(now: Option<DateTime<Utc>>) -> Result<Server, Failure> {
    let clock = now.map_or_else(Clock::system, Clock::fixed);
    let first = clock.now() - TimeDelta::days(40);
    let file = |id: &str, path: &str, content: &'static [u8]| {
        File::new(id)
            .path(path)
            .uploaded(first, TimeDelta::days(1))
            .content(content)
    };
    // Only these have content that can be downloaded.
    let library = Library::demo_at(clock)
        .file(file(
            "6a0c1f6e5c7cd75eb8000001",
            "/welcome/hello.txt",
            b"Hello from ImageKit!\n",
        ))
        .file(file(
            "6a0c1f6e5c7cd75eb8000002",
            "/welcome/pixel.gif",
            PICTURE,
        ))
        .file(file(
            "6a0c1f6e5c7cd75eb8000003",
            "/welcome/notes/to do.txt",
            b"- tag the coats\n",
        ));
    let server = Server::builder().library(library).start().await;
    server.map_err(|error| Failure::new(Exit::Other, format!("the demo cannot start: {error}")))
}

/// Returns where the fake delivers what an address of its library means.
pub(crate) fn delivered(server: &Server, url: &str) -> String {
    match url.strip_prefix(ENDPOINT) {
        Some(path) => format!("{}{path}", server.url_endpoint()),
        None => url.to_owned(),
    }
}
