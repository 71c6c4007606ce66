//! What `man` knows about this program.

use std::path::Path;

use clap::{Command, CommandFactory as _};

use crate::args::Arguments;
use crate::exit::{Exit, Failure};

pub(crate) fn write_pages(folder: &Path) -> Result<Exit, Failure> {
    clap_mangen::generate_to(with_all_texts(Arguments::command()), folder).map_err(|error| {
        Failure::new(
            Exit::Other,
            format!("cannot write into {}: {error}", folder.display()),
        )
    })?;
    Ok(Exit::Fine)
}

/// Pages leave out the texts of what the short help hides.
fn with_all_texts(command: Command) -> Command {
    command
        .mut_args(|argument| argument.hide_short_help(false))
        .mut_subcommands(with_all_texts)
}
