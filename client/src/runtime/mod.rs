//! How a call is made. It names no operation and no path of the API.
//!
//! ```text
//! operation -> Request -> retry_loop -> transport (one attempt) -> RawResponse -> Response<T> | Error
//!                             |
//!        rate_limiter: when may it start?     retry: is it retried, and when?
//!        redact: no secret in what errors and traces take from a server
//! ```

mod clock;
mod error;
mod finite;
pub(crate) mod json_path;
mod list;
mod operation;
mod rate_limit;
mod rate_limiter;
mod raw_response;
mod redact;
mod request;
mod response;
mod retry;
mod retry_loop;
mod tls;
mod transport;

#[cfg_attr(not(feature = "test-util"), allow(unreachable_pub))]
pub use clock::Clock;
pub use error::Error;
pub use list::List;
pub use operation::Operation;
pub use rate_limit::RateLimit;
pub use request::RawRequest;
pub use response::Response;

pub(crate) use clock::SystemClock;
pub(crate) use finite::no_number;
pub(crate) use rate_limiter::RateLimiter;
pub(crate) use raw_response::RawResponse;
pub(crate) use redact::Redactor;
pub(crate) use request::{Request, parse_header};
pub(crate) use tls::Tls;
pub(crate) use transport::Transport;
