//! What `man` knows about this program.

use std::path::Path;

use clap::CommandFactory as _;

use crate::args::Arguments;
use crate::exit::{Exit, Failure};

pub(crate) fn write_pages(folder: &Path) -> Result<Exit, Failure> {
    clap_mangen::generate_to(Arguments::command(), folder).map_err(|error| {
        Failure::new(
            Exit::Other,
            format!("cannot write into {}: {error}", folder.display()),
        )
    })?;
    Ok(Exit::Fine)
}
