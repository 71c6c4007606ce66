#![doc = include_str!("../README.md")]

mod body;
mod console;
mod contract;
mod delivery;
mod demo;
mod error;
mod fault;
mod file;
mod handler;
mod http_client;
mod library;
mod notifier;
mod operations;
mod rate_limit;
mod record;
mod reply;
mod request;
mod server;
mod signature;

pub use error::Error;
pub use fault::{Fault, InvalidFault};
pub use file::File;
pub use library::{Clock, Library};
pub use notifier::WebhookPost;
pub use rate_limit::{InvalidRateLimit, RateLimit};
pub use record::RecordedRequest;
pub use server::{Server, ServerBuilder};

/// The parts of other crates that this crate's own interface is made of.
pub use bytes::Bytes;
pub use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

/// Has the examples of the page for users compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../docs/testing.md")]
struct TestingPage;
