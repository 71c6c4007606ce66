//! What a mock does, over real connections.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "outside of the test functions themselves, Clippy does not know that this is a test"
)]

mod console;
mod contract;
mod faults;
mod histories;
mod library;
#[cfg(all(unix, feature = "program"))]
mod program;
mod rate_limits;
mod requests;
mod responses;
mod scale;
mod story;
mod uploads;
mod webhooks;
mod wire;
