//! Longer texts about this crate, which hold no code.

#[doc = include_str!("errors.md")]
pub mod errors {}
