//! What the generated operations stand on. It names no operation and no path of the API.
//!
//! ```text
//! generated operation -> Request --send--> attempts -> Response -> ResponseValue<T> | Error
//!                                             |
//!                    throttle: when may it start?     retry: may it be repeated, and when?
//! ```

mod answer;
mod attempt;
mod clock;
mod connections;
mod error;
mod json_path;
mod operation;
mod rate_limit;
mod request;
mod response;
mod retry;
mod send;
mod settings;
mod throttle;

pub use clock::Clock;
pub use error::Error;
pub use operation::Operation;
pub use rate_limit::RateLimit;
pub use request::Request;
pub(crate) use request::parse_header;
pub use response::ResponseValue;

pub(crate) use clock::SystemClock;
pub(crate) use connections::{Connections, patient_connector};
pub(crate) use settings::{CallSettings, Runtime, Shared};
pub(crate) use throttle::Throttle;
