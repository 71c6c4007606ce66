//! The command line through its real binary, against the fake ImageKit.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests are outside of test functions"
)]

mod api;
mod auth;
mod batch;
mod completion;
mod configuration;
mod failures;
mod formats;
mod golden;
mod library;
mod manual;
mod report;
mod schema;
#[cfg(unix)]
mod screens;
mod secrets;
mod support;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod transfer;
mod webhooks;
