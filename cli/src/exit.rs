//! How the program ends: its exit codes, and the one line that says why.

use std::borrow::Cow;
use std::fmt;
use std::io;

use imagekit_client::Error;

use crate::config::key_source;

/// What the exit code of the program means. Scripts rely on the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    Fine = 0,
    Other = 1,
    Usage = 2,
    NotAuthorised = 3,
    NotFound = 4,
    RateLimited = 5,
    Unreachable = 6,
    NotUnderstood = 7,
    Interrupted = 130,
}

impl Exit {
    const ALL: [Self; 9] = [
        Self::Fine,
        Self::Other,
        Self::Usage,
        Self::NotAuthorised,
        Self::NotFound,
        Self::RateLimited,
        Self::Unreachable,
        Self::NotUnderstood,
        Self::Interrupted,
    ];

    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    /// What happened, in words short enough for a summary.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Other => "anything else, or failures of several kinds",
            Self::Usage => "wrong usage or bad id",
            Self::NotAuthorised => "not authorised",
            Self::NotFound => "not found",
            Self::RateLimited => "rate limited",
            Self::Unreachable => "server or network failed",
            Self::NotUnderstood => "response not understood",
            Self::Interrupted => "interrupted by Ctrl-C",
        }
    }

    /// All exit codes with their meaning, as `--help` lists them.
    pub(crate) fn table() -> String {
        let mut table = String::new();
        for exit in Self::ALL {
            table.push_str(&format!("  {:>3}  {}\n", exit.code(), exit.meaning()));
        }
        table
    }
}

/// Why the program, or one of several calls, failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// What happened, in one line.
    message: String,
    /// What to try.
    hint: Option<String>,
    /// What came instead of a response that could be understood.
    pub(crate) not_understood: Option<Vec<u8>>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            hint: None,
            not_understood: None,
        }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    pub(crate) fn try_this(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A response that is not JSON.
    pub(crate) fn not_understood(error: &serde_json::Error, body: &[u8]) -> Self {
        let message = format!("the response is not JSON: {error}");
        Self {
            not_understood: Some(body.to_vec()),
            ..Self::new(Exit::NotUnderstood, message)
        }
        .try_this("see what came with --raw")
    }

    /// Names what the failure is about, where it is one of several.
    pub(crate) fn about(mut self, name: &str) -> Self {
        self.message = format!("{name}: {}", self.message);
        self
    }

    /// Standard output cannot be written to.
    pub(crate) fn of_output(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            // Whoever read our output has seen enough, as `head` does: nothing is wrong.
            Self::new(Exit::Fine, "")
        } else {
            Self::new(
                Exit::Other,
                format!("cannot write to standard output: {error}"),
            )
        }
    }

    /// Whether there is nothing to say.
    pub(crate) fn is_silent(&self) -> bool {
        self.message.is_empty()
    }
}

/// Returns what an error was caused by at first, which says it best.
pub(crate) fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (exit, hint): (_, Option<Cow<'_, str>>) = if error.is_configuration()
            || error.is_invalid_request()
        {
            (Exit::Usage, None)
        } else if error.is_unauthorized() || error.is_forbidden() {
            let from = key_source().map_or_else(String::new, |it| format!(" from {it}"));
            let hint =
                format!("check that the private key{from} is right, active and allowed to do this");
            (Exit::NotAuthorised, Some(hint.into()))
        } else if error.is_not_found() {
            let hint = "check the ids and paths";
            (Exit::NotFound, Some(hint.into()))
        } else if error.is_rate_limited() {
            let hint = "try again later, with a lower --concurrency or a longer --deadline";
            (Exit::RateLimited, Some(hint.into()))
        } else if error.is_timeout() {
            let hint = "try again, with a longer --deadline";
            (Exit::Unreachable, Some(hint.into()))
        } else if error.is_connect() || error.is_redirect() {
            let hint = "check the network and the base URL";
            (Exit::Unreachable, Some(hint.into()))
        } else if error.is_decode() || error.is_too_large() {
            let hint =
                "see what came with --raw; a newer version of this program may understand it";
            (Exit::NotUnderstood, Some(hint.into()))
        } else if error.is_bad_request() {
            (Exit::Usage, None)
        } else if error.is_server_error() || error.is_connection_lost() || error.status().is_none()
        {
            (Exit::Unreachable, Some("try again later".into()))
        } else {
            (Exit::Other, None)
        };
        let body = error.body().filter(|_| error.is_decode());
        Self {
            exit,
            message: error.to_string(),
            hint: hint.map(Cow::into_owned),
            not_understood: body.map(|body| body.to_vec()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}
