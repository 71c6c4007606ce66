//! The commands about versions.

mod changes;
mod diff;
mod get;
mod manage;
mod report;
mod wanted;

use clap::Subcommand;

use crate::Context;
use crate::exit::{Exit, Failure};

#[derive(Subcommand)]
pub(crate) enum Versions {
    /// List the versions of a file.
    List(manage::List),

    /// Show one version or several.
    ///
    /// Several are fetched at once and printed in the order in which they were asked for.
    Get(get::Get),

    /// Show what changed from one version to another.
    Diff(diff::Diff),

    /// Make an earlier version the current one.
    Restore(manage::Restore),

    /// Delete earlier versions for good.
    Rm(manage::Rm),
}

pub(crate) async fn run(versions: Versions, context: Context) -> Result<Exit, Failure> {
    match versions {
        Versions::List(it) => manage::list(it, context).await,
        Versions::Get(it) => get::get(it, context).await,
        Versions::Diff(it) => diff::diff(it, context).await,
        Versions::Restore(it) => manage::restore(it, context).await,
        Versions::Rm(it) => manage::rm(it, context).await,
    }
}
