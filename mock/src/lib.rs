//! A stateful fake ImageKit to test against.

mod body;
mod contract;
mod error;
mod fake;
mod library;
mod rate_limit;
mod server;

pub use error::Error;
pub use library::Library;
pub use rate_limit::{InvalidRateLimit, RateLimit};
pub use server::{Server, ServerBuilder};
