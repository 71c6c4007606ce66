//! The tables beside the document, and what validation says.

#![expect(clippy::unwrap_used, reason = "in helpers of tests")]

mod requests;
mod tables;
mod values;
