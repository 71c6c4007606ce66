//! What the mock does, over real connections.

use imagekit_client::Client;
use imagekit_mock::Server;

#[tokio::test]
async fn the_documented_version_is_found() {
    let server = Server::builder().start().await.unwrap();
    let client = Client::builder()
        .private_key(server.private_key())
        .base_url(server.url())
        .build()
        .unwrap();
    let version = client
        .get_file_version_details()
        .file_id("598821f949c0a938d57563bd")
        .version_id("697821f849c0a938d57563ce")
        .send()
        .await
        .unwrap();
    assert_eq!(version.name, "file1.jpg");
}
