//! The Rust on the page for people who come from another SDK. What it shows in other languages is run by
//! `mock/peers/run.sh`.

use std::fs;

use imagekit_mock::{Library, Server};
use imagekit_tests::secrets::KEY;
use imagekit_tests::workspace_file;

use crate::outside::Outside;

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_blocks_of_the_page_for_other_sdks_are_one_program_that_does_what_they_say() {
    let library = Library::demo();
    let server = Server::builder().private_key(KEY).library(library);
    let server = server.start().await.unwrap();
    let page = fs::read_to_string(workspace_file("docs/from-other-sdks.md")).unwrap();
    let blocks = page.split("```rust\n").skip(1);
    let blocks: Vec<_> = blocks
        .map(|rest| rest.split_once("```").unwrap().0)
        .collect();
    let program = format!(
        "#[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {{ {} Ok(()) }}",
        blocks
            .join("\n")
            .replace("https://ik.imagekit.io", server.url())
    );

    let outside = Outside::new(&program, &["url"]);
    fs::write(outside.folder().join("coat.jpg"), "a coat").unwrap();
    let output = outside
        .run(vec![
            ("IMAGEKIT_PRIVATE_KEY", KEY.to_owned()),
            ("IMAGE_KIT_BASE_URL", server.url().to_owned()),
        ])
        .await;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );

    let requests = server.requests();
    let requests = requests
        .iter()
        .map(|it| (it.operation().unwrap(), it.status().unwrap().as_u16()));
    let expected = [
        ("getFileVersionDetails", 200),
        ("listAssets", 200),
        ("updateFileDetails", 200),
        ("uploadFile", 200),
        ("getFileVersionDetails", 200),
        ("getFileVersionDetails", 404),
        ("getFileVersionDetails", 200),
    ];
    assert_eq!(requests.collect::<Vec<_>>(), expected);

    let printed = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = printed.lines().collect();
    let [
        version,
        asset,
        tags,
        uploaded,
        signed,
        response,
        error,
        again,
    ] = lines[..]
    else {
        panic!("{printed}");
    };
    assert_eq!(
        [version, asset, again],
        ["file1.jpg 100", "file1.jpg", "file1.jpg"]
    );
    assert_eq!(tags, r#"Some(["round-neck", "summer"])"#);
    assert_eq!(uploaded, r#"Some("/products/coat.jpg")"#);
    assert!(response.starts_with("200 OK Some(\""), "{response}");
    assert!(
        error.starts_with(r#"Some(404) Some("The requested asset does not exist.") Some(""#),
        "{error}"
    );

    let delivered = reqwest::get(signed).await.unwrap();
    assert_eq!(delivered.bytes().await.unwrap(), "a coat");
    let (unsigned, _) = signed.split_once('?').unwrap();
    assert_eq!(reqwest::get(unsigned).await.unwrap().status(), 401);
}
