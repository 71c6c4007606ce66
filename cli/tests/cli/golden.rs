//! What the program prints, word for word. After a change that is meant, run the tests with
//! `TRYCMD=overwrite`, and read the diff.

use imagekit_mock::{Fault, Library, RateLimit, Server, StatusCode};

use crate::support::{Mock, NOW};

#[test]
fn transcripts_and_the_examples_of_the_documentation() {
    let limit: RateLimit = "1000/15m".parse().unwrap();
    let mock = Mock::start(
        Server::builder()
            .library(Library::demo())
            .rate_limit(limit)
            .fault(Fault::status(StatusCode::BAD_REQUEST).on_id("bad-request"))
            .fault(Fault::status(StatusCode::INTERNAL_SERVER_ERROR).on_id("server-error"))
            .fault(Fault::html(StatusCode::BAD_GATEWAY).on_id("gateway"))
            .fault(Fault::html(StatusCode::OK).on_id("page"))
            .fault(Fault::too_many_requests(limit).on_id("rate-limited"))
            .fault(Fault::reset().on_id("reset")),
    );
    let nowhere = tempfile::tempdir().unwrap();
    trycmd::TestCases::new()
        .env("IMAGEKIT_NOW", NOW)
        .env("IMAGEKIT_BASE_URL", mock.server.url())
        .env("IMAGEKIT_PRIVATE_KEY", mock.server.private_key())
        .env("IMAGEKIT_PROFILE", "")
        .env("XDG_CONFIG_HOME", nowhere.path().to_str().unwrap())
        .env("IMAGEKIT_KEYRING", "off")
        .env("COLUMNS", "100")
        .env("NO_COLOR", "1")
        .insert_var("[URL]", mock.server.url().to_owned())
        .unwrap()
        .case("tests/cli/golden/*.trycmd")
        .case("tests/cli/golden/*.toml")
        .case("../docs/cli.md")
        .run();
}
