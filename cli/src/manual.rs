//! What shells and `man` know about this program.

use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::args::Arguments;
use crate::exit::{Exit, Failure};
use crate::terminal::Output;

pub(crate) fn completions(shell: Shell, output: &Output) -> Result<Exit, Failure> {
    let mut command = Arguments::command();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "imagekit", &mut script);
    output.write(script)?;
    Ok(Exit::Fine)
}

pub(crate) fn write_pages(folder: &Path) -> Result<Exit, Failure> {
    clap_mangen::generate_to(Arguments::command(), folder).map_err(|error| {
        Failure::new(
            Exit::Other,
            format!("cannot write into {}: {error}", folder.display()),
        )
    })?;
    Ok(Exit::Fine)
}
