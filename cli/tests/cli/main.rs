//! The command line through its real binary, against the fake ImageKit.

mod batch;
mod configuration;
mod failures;
mod formats;
mod golden;
mod report;
mod schema;
mod support;
#[cfg(unix)]
mod terminal;
