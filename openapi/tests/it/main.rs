//! The tables beside the document, and what validation says.

mod requests;
mod tables;
mod values;
