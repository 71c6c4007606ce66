//! The ImageKit API as data.
//!
//! - [`DOCUMENT`] is the OpenAPI document; [`schema`] and [`example`] give the JSON Schema of a component and an
//!   example by its file name.
//! - [`OPERATIONS`] and [`COMPONENTS`] are tables made from the document, for programs that handle operations
//!   without being compiled for each of them: a command line, a mock, a gateway. [`route`] finds the operation
//!   of a request.
//! - [`mod@pointer`], [`json_path`] and [`path`] read and write JSON Pointers, JSONPaths and path templates.
//! - With the feature `validate`, `validate` checks JSON and whole requests, and says what is wrong where.
//!
//! Nothing here does I/O. This is an independent description, which ImageKit does not publish.
//!
//! ```
//! # #[cfg(feature = "contract")] {
//! let operation = imagekit_openapi::operation("getFileVersionDetails").unwrap();
//! assert_eq!(operation.method, "GET");
//! assert_eq!(operation.arguments, ["fileId", "versionId"]);
//! # }
//! ```

/// Has the example of the README compiled and run.
#[cfg(all(doctest, feature = "contract"))]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(feature = "contract")]
mod contract;
pub mod json_path;
pub mod path;
pub mod pointer;
#[cfg(feature = "validate")]
pub mod validate;

#[cfg(feature = "contract")]
pub use crate::contract::*;
