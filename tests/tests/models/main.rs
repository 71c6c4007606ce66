//! The models against the document: what decodes, what does not, and what is said about it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod documented;
mod mutations;
mod round_trips;
mod schemas;

use imagekit_client::types::FileVersion;
use imagekit_client::{Client, Error, ResponseValue};
use imagekit_tests::wire::{Reply, Server};

/// Has each body answered to a call, and hands out what becomes of it, in order.
async fn decode_all(
    status: &'static str,
    bodies: Vec<String>,
) -> Vec<Result<ResponseValue<FileVersion>, Error>> {
    let count = bodies.len();
    let server = Server::script(move |index, _| Reply::json(status, &bodies[index])).await;
    let client = server.client().build().unwrap();
    let mut outcomes = Vec::new();
    for _ in 0..count {
        outcomes.push(call(&client).await);
    }
    outcomes
}

async fn call(client: &Client) -> Result<ResponseValue<FileVersion>, Error> {
    client
        .get_file_version_details()
        .file_id("598821f949c0a938d57563bd")
        .version_id("697821f849c0a938d57563ce")
        .send()
        .await
}
