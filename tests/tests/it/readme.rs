//! The README's example.

use std::fs;

use imagekit_tests::secrets::KEY;
use imagekit_tests::wire::{Reply, Server};
use imagekit_tests::{example, workspace_file};

use crate::outside::Outside;

#[tokio::test(flavor = "multi_thread")]
async fn the_readme_example_makes_the_call_as_the_environment_says() {
    let readme = fs::read_to_string(workspace_file("README.md")).unwrap();
    let (_, rest) = readme.split_once("```rust\n").unwrap();
    let (program, _) = rest.split_once("```").unwrap();

    let outside = Outside::new(program, &[]);
    let server = Server::start([Reply::json("200 OK", example("file-version.json"))]).await;
    let url = server.url();
    let elsewhere = "http://127.0.0.1:1".to_owned();
    let key = ("IMAGEKIT_PRIVATE_KEY", KEY.to_owned());
    let prints = Ok("file1.jpg is 100 bytes long\n");
    let cases = [
        (
            vec![key.clone(), ("IMAGEKIT_BASE_URL", url.clone())],
            prints,
        ),
        (
            vec![
                key.clone(),
                ("IMAGE_KIT_BASE_URL", url.clone()),
                // A proxy is not asked for what is on this machine.
                ("HTTP_PROXY", elsewhere.clone()),
                ("http_proxy", elsewhere.clone()),
            ],
            prints,
        ),
        (
            vec![
                key,
                ("IMAGEKIT_BASE_URL", url.clone()),
                ("IMAGE_KIT_BASE_URL", elsewhere),
            ],
            prints,
        ),
        (
            vec![("IMAGEKIT_BASE_URL", url)],
            Err("the environment variable IMAGEKIT_PRIVATE_KEY is not set"),
        ),
    ];
    for (variables, expected) in cases {
        let output = outside.run(variables).await;
        let errors = String::from_utf8_lossy(&output.stderr);
        match expected {
            Ok(printed) => {
                assert!(output.status.success(), "{errors}");
                assert_eq!(String::from_utf8_lossy(&output.stdout), printed);
            }
            Err(reason) => {
                assert!(!output.status.success());
                assert!(errors.contains(reason), "{errors}");
            }
        }
    }
    assert_eq!(server.received().len(), 3);
}
