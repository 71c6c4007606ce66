//! What users rely on, proven through the public interface.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod bulk;
mod failures;
mod jobs;
mod lists;
mod models;
mod network;
mod operations;
mod origins;
mod other_sdks;
mod outside;
mod readme;
mod retries;
mod search;
mod secrets;
mod tls;
mod upload_tokens;
mod uploads;
mod webhooks;
mod wire;
