#![doc = include_str!("../../docs/testing.md")]

mod body;
mod contract;
mod demo;
mod error;
mod fake;
mod fault;
mod file;
mod library;
mod rate_limit;
mod record;
mod server;

pub use error::Error;
pub use fault::{Fault, InvalidFault};
pub use file::File;
pub use library::Library;
pub use rate_limit::{InvalidRateLimit, RateLimit};
pub use record::RecordedRequest;
pub use server::{Server, ServerBuilder};

/// The parts of other crates that this crate's own interface is made of.
pub use bytes::Bytes;
pub use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
