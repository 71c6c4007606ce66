#![doc = include_str!("../README.md")]

mod builder;
mod faithful;
#[rustfmt::skip]
#[allow(missing_docs, unreachable_pub, clippy::all)]
mod generated;
mod id;
mod open_enum;
mod runtime;
pub mod when_a_call_fails;

pub use builder::ClientBuilder;
pub use generated::{API_VERSION, Client, builder as operations, types};
pub use id::InvalidId;
pub use runtime::{Clock, Error, Operation, RateLimit, Request, ResponseValue};

/// The parts of other crates that this crate's own interface is made of.
pub use http::{HeaderMap, Method, StatusCode};
