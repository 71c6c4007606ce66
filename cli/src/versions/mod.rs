//! The commands about versions.

mod changes;
mod diff;
mod get;
mod report;
mod wanted;

pub(crate) use diff::diff;
pub(crate) use get::get;
