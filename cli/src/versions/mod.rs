//! The commands about versions.

mod changes;
mod diff;
mod get;
mod manage;
mod report;
mod wanted;

pub(crate) use diff::diff;
pub(crate) use get::get;
pub(crate) use manage::{List, Restore, Rm, list, restore, rm};
