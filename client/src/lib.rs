// The README leads to docs.rs; here, the first of two definitions counts, and leads to this version of the crate.
#![doc = "[operations]: crate::operations"]
#![doc = "[errors]: crate::_documentation::errors"]
#![cfg_attr(feature = "webhooks", doc = "[webhooks]: crate::webhooks")]
#![doc = ""]
#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod _documentation;
mod auth;
mod base_url;
mod batches;
mod client;
mod client_builder;
#[rustfmt::skip]
#[allow(clippy::all)]
mod generated;
mod id;
mod jobs;
#[cfg(feature = "test-util")]
#[doc(hidden)]
pub mod models;
mod open_enum;
mod open_union;
mod optional;
mod options;
mod pages;
mod phash;
mod runtime;
pub mod search;
mod secret;
mod serde_helpers;
mod upload;
#[cfg(feature = "upload-tokens")]
pub mod upload_tokens;
#[cfg(feature = "webhooks")]
pub mod webhooks;

pub use batches::{Batches, BulkError, BulkOutcome};
pub use client::Client;
pub use client_builder::ClientBuilder;
pub use generated::{DOCUMENT_VERSION, operations, types};
pub use id::InvalidId;
pub use jobs::JobPoller;
pub use open_enum::UnknownValue;
pub use open_union::UnknownVariant;
pub use optional::OptionalExt;
pub use pages::{Items, Pages};
pub use phash::{InvalidPhash, phash_distance};
#[cfg(feature = "test-util")]
pub use runtime::Clock;
pub use runtime::{Error, List, Operation, RateLimit, RawRequest, Response};
pub use secret::Secret;
pub use upload::{UploadOutcome, UploadSource, Uploads, upload_all};

pub use http::{HeaderMap, Method, StatusCode};
/// Builds and signs delivery URLs.
#[cfg(feature = "url")]
pub use imagekit_url as url;

/// The parts of other crates that this crate's own interface is made of.
pub use {bytes, chrono, http, serde_json};
