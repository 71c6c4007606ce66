//! The commands for people: files and folders by path or id.

mod account;
mod asset;
mod change;
mod download;
mod label;
mod local;
mod ls;
mod transfer;
mod upload;

pub(crate) use self::account::{Fields, Job, Open, Purge, Usage, fields, job, open, purge, usage};
pub(crate) use self::asset::{Asset, Listing, Target};
pub(crate) use self::change::{Cp, Folder, Mv, Rename, Rm, Yes, cp, folder, mv, rename, rm};
pub(crate) use self::download::{Download, download};
pub(crate) use self::label::{Meta, Tag, meta, tag};
pub(crate) use self::ls::{Find, Get, Ls, find, get, ls};
pub(crate) use self::upload::{Upload, upload};
