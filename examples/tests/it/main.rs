//! Runs the programs as their users do.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod browser;
mod gallery;
mod gallery_in_a_browser;
mod guides;
mod support;
