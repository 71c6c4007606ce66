//! What can be said on the command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use clap::{Args, ColorChoice, Parser, Subcommand, ValueHint};

use crate::api::Call;
use crate::auth::Auth;
use crate::completion;
use crate::done::Lines;
use crate::exit::Exit;
use crate::library::{self, Find, Ls};
use crate::schema::Schema;
use crate::url::Url;
use crate::versions::Versions;
use crate::webhooks::Webhooks;

/// Work with ImageKit's media library: list, upload, download, move, tag, compare.
#[derive(Parser)]
#[command(
    name = "imagekit",
    version = version(),
    after_help = "Try it without an account: imagekit --demo versions get 598821f949c0a938d57563bd \
                  697821f849c0a938d57563ce",
    after_long_help = after_long_help(),
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) connection: Connection,

    /// When to use colours. By default on a terminal, unless NO_COLOR is set.
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        value_name = "WHEN",
        default_value_t = ColorChoice::Auto,
        help_heading = "Output"
    )]
    pub(crate) color: ColorChoice,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Whom to talk to, and as whom.
#[derive(Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// Talk to a fake ImageKit inside this program: no account, no key, no network.
    #[arg(long, global = true, conflicts_with_all = ["base_url", "key_stdin", "profile", "config"])]
    pub(crate) demo: bool,

    /// Use this profile of the configuration file, before the environment.
    #[arg(long, global = true, hide_short_help = true, value_name = "NAME", add = completion::profiles())]
    pub(crate) profile: Option<String>,

    /// Read this configuration file instead of the one in the platform's folder.
    #[arg(long, global = true, hide_short_help = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,

    /// Send requests here instead of to ImageKit.
    #[arg(long, global = true, hide_short_help = true, value_name = "URL")]
    pub(crate) base_url: Option<String>,

    /// Read the private key from the first line of standard input.
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) key_stdin: bool,

    /// How long one call may take as a whole, in seconds, with all its attempts and the pauses that
    /// the rate limit asks for.
    #[arg(long, global = true, hide_short_help = true, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) deadline: Option<Duration>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List a folder of the media library.
    Ls(Ls),

    /// Search the media library.
    Find(Find),

    /// Show all that ImageKit knows about a file or a folder.
    Get(library::Get),

    /// Upload files and folders of this machine.
    ///
    /// What is there with the same size and was not changed since is skipped, so that an upload which was
    /// interrupted goes on where it was.
    Upload(library::Upload),

    /// Download files and folders.
    ///
    /// A file has its name only once it is whole, and what was interrupted goes on where it was. What is
    /// there with the same size and is not older is skipped.
    Download(library::Download),

    /// Move files and folders, or give them a new path.
    Mv(library::Mv),

    /// Copy files and folders into a folder.
    Cp(library::Cp),

    /// Rename a file or a folder.
    Rename(library::Rename),

    /// Delete files and folders for good.
    Rm(library::Rm),

    /// Show the tags of files, add and remove them.
    Tag(library::Tag),

    /// Show the metadata of files, set and remove custom metadata.
    Meta(library::Meta),

    /// Create, delete, move and copy folders.
    #[command(subcommand)]
    Folder(library::Folder),

    /// Versions of files: look at them, compare them, restore them.
    #[command(subcommand)]
    Versions(Versions),

    /// Follow jobs, such as the copy of a folder.
    #[command(subcommand)]
    Job(library::Job),

    /// Remove an address or a file from the cache.
    Purge(library::Purge),

    /// List the custom metadata fields of the account.
    Fields(library::Fields),

    /// Show how much the account has used.
    Usage(library::Usage),

    /// Open a file in a browser, or print the address under which it is delivered.
    Open(library::Open),

    /// Call any operation of the API, or any path of it.
    ///
    /// There is a command for each operation, with its parameters as options. Beside them, `GET`,
    /// `POST` and the other methods send a request to any path.
    #[command(subcommand)]
    Api(Call),

    /// The private key: store it, check it, remove it.
    #[command(subcommand)]
    Auth(Auth),

    /// Say what is wrong with the configuration, the network and the key.
    Doctor(Lines),

    /// Delivery addresses: build, sign and check them.
    #[command(subcommand)]
    Url(Url),

    /// Events that ImageKit posts: receive, check and send them.
    #[command(subcommand)]
    Webhooks(Webhooks),

    /// The schemas of ImageKit's responses, to check stored ones with.
    #[command(subcommand)]
    Schema(Schema),

    /// Print a script that lets a shell complete commands, options, profiles and paths of the library.
    Completions {
        /// The shell that will read the script.
        #[arg(value_parser = ["bash", "elvish", "fish", "powershell", "zsh"])]
        shell: String,
    },

    /// Write the manual pages of this program into a folder.
    Man {
        /// The folder, which must exist.
        #[arg(value_hint = ValueHint::DirPath)]
        folder: PathBuf,
    },
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds")?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("not a positive number of seconds".to_owned()),
    }
}

fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        format!(
            "{} (ImageKit API {})",
            env!("CARGO_PKG_VERSION"),
            imagekit_client::DOCUMENT_VERSION
        )
    });
    &VERSION
}

fn after_long_help() -> &'static str {
    static HELP: LazyLock<String> = LazyLock::new(|| {
        format!(
            "\
Configuration:
  The private key and the base URL are looked for in the flags, then in the environment, then in the
  configuration file. The key is never an argument, which others on the machine could read.

  IMAGEKIT_PRIVATE_KEY  the private key
  IMAGEKIT_BASE_URL     another host than ImageKit's (or IMAGE_KIT_BASE_URL)
  IMAGEKIT_PROFILE      the profile of the configuration file; by default `default`
  IMAGEKIT_KEYRING      `off` leaves the system's keyring alone

Exit codes:
{}",
            Exit::table()
        )
    });
    &HELP
}

/// Reads how many of something there may be at once.
pub(crate) fn at_least_one(text: &str) -> Result<NonZeroUsize, String> {
    text.parse()
        .map_err(|_| "not a whole number of at least 1".to_owned())
}
