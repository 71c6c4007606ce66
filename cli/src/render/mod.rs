//! How anything that ImageKit returns is shown: records, tables and files for people, JSON, CSV and single fields
//! for programs.

mod file;
pub(crate) mod page;
mod record;
mod rendering;
mod secrets;
mod table;
mod template;
mod text;

pub(crate) use self::record::lay_out as record;
pub(crate) use self::rendering::{Format, ListFormat, Rendering, Shape};
pub(crate) use self::table::Column;
