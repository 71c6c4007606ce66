//! # When a call fails
