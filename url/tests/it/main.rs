//! What users of the crate rely on.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod ordered;
mod properties;
mod signing;
mod urls;
mod vectors;
