//! What a shell completes: commands and options, profiles, and the paths of the media library.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::time::Duration;

use clap::{Command, CommandFactory as _, FromArgMatches as _};
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{self, CompleteEnv, Elvish, EnvCompleter, Fish, Powershell, Shells, Zsh};

use crate::Context;
use crate::args::{Arguments, Connection};
use crate::config::{ConfigFile, Session};
use crate::exit::{Exit, Failure};
use crate::library::{Asset, Listing};
use crate::terminal::{Input, Output, is_steering};

/// Holds the name of the shell that wants to know how a line goes on.
const VARIABLE: &str = "COMPLETE";

/// Nobody waits for longer after pressing a key.
const PATIENCE: Duration = Duration::from_secs(2);

/// A folder has no more than so many completions.
const MOST: u64 = 1000;

const SHELLS: Shells<'_> = Shells(&[&Bash, &Elvish, &Fish, &Powershell, &Zsh]);

/// Responds to a shell that wants to know how a line goes on, and then ends the program.
pub(crate) fn respond() {
    CompleteEnv::with_factory(Arguments::command)
        .var(VARIABLE)
        .shells(SHELLS)
        .complete();
}

/// Prints what makes a shell ask this program.
pub(crate) fn print_script(shell: &str, output: &Output) -> Result<Exit, Failure> {
    let cannot = |error: &dyn std::fmt::Display| Failure::new(Exit::Other, error.to_string());
    let completer = SHELLS.completer(shell);
    let completer = completer.ok_or_else(|| Failure::usage(format!("{shell:?} is no shell")))?;
    let mut script = Vec::new();
    completer
        .write_registration(VARIABLE, "imagekit", "imagekit", "imagekit", &mut script)
        .map_err(|error| cannot(&error))?;
    output.write(script)?;
    Ok(Exit::Fine)
}

/// Completes the names of profiles.
pub(crate) fn profiles() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let connection = connection();
        let file = ConfigFile::find(connection.and_then(|it| it.config).as_deref());
        let names: Vec<_> = match &file {
            Ok(file) => file.profile_names().map(CompletionCandidate::new).collect(),
            // There is no place to say what is wrong.
            Err(_) => Vec::new(),
        };
        names
    })
}

/// Completes paths of files and folders of the media library.
pub(crate) fn paths() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| complete(typed, "all"))
}

/// Completes paths of folders of the media library.
pub(crate) fn folders() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| complete(typed, "folder"))
}

fn complete(typed: &OsStr, kind: &'static str) -> Vec<CompletionCandidate> {
    let Some(typed) = typed.to_str() else {
        return Vec::new();
    };
    let typed = match typed {
        "" => "/",
        typed => typed,
    };
    let (folder, start) = match typed.rfind('/') {
        Some(slash) => typed.split_at(slash + 1),
        None => ("", typed),
    };
    let names = look(folder, kind).unwrap_or_default();
    let names = names.into_iter().filter(|name| {
        // A shell would take a line break for the end of a name.
        name.starts_with(start) && !name.contains(is_steering)
    });
    names
        .map(|name| CompletionCandidate::new(format!("{folder}{name}")))
        .collect()
}

/// The names of what is in a folder, if ImageKit says them soon.
fn look(folder: &str, kind: &'static str) -> Option<Vec<String>> {
    let mut connection = connection()?;
    connection.deadline.get_or_insert(PATIENCE);
    let listing = Listing {
        folder: Some(format!("/{}", folder.trim_matches('/'))),
        kind: Some(kind),
        sort: Some("ASC_NAME".to_owned()),
        limit: Some(MOST),
        ..Listing::default()
    };
    let runtime = tokio::runtime::Runtime::new().ok()?;
    let names = runtime.block_on(async {
        let mut context = Context {
            connection,
            now: chrono::Utc::now(),
            fixed_now: None,
            input: Input::new(),
            output: Output::new(),
        };
        let list = async {
            let session = Session::start(&mut context).await.ok()?;
            let assets = session.list(&listing).await.ok()?;
            let name = |asset: &Asset| {
                let end = if asset.is_folder() { "/" } else { "" };
                format!("{}{end}", asset.name())
            };
            Some(assets.iter().map(name).collect())
        };
        tokio::time::timeout(PATIENCE, list).await.ok()?
    });
    runtime.shutdown_background();
    names
}

/// Whom the line talks to, as far as it is typed.
fn connection() -> Option<Connection> {
    let mut words = std::env::args_os().skip_while(|word| word != "--");
    words.next()?;
    let command = Arguments::command().ignore_errors(true);
    let matches = command.try_get_matches_from(words).ok()?;
    Connection::from_arg_matches(&matches).ok()
}

/// The bash, which leaves it to programs to escape what is special to it.
struct Bash;

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        env::Bash.name()
    }

    fn is(&self, name: &str) -> bool {
        env::Bash.is(name)
    }

    fn write_registration(
        &self,
        variable: &str,
        name: &str,
        program: &str,
        completer: &str,
        script: &mut dyn io::Write,
    ) -> io::Result<()> {
        env::Bash.write_registration(variable, name, program, completer, script)
    }

    fn write_complete(
        &self,
        command: &mut Command,
        words: Vec<OsString>,
        folder: Option<&Path>,
        completions: &mut dyn io::Write,
    ) -> io::Result<()> {
        // The script says by these which word is being typed, and what to separate completions by.
        let variable = |name| std::env::var(name).unwrap_or_default();
        let index = variable("_CLAP_COMPLETE_INDEX").parse().unwrap_or_default();
        let separator = variable("_CLAP_IFS");
        let words = words.into_iter().map(|word| match word.into_string() {
            Ok(word) => unescaped(&word).into(),
            Err(word) => word,
        });
        let found = clap_complete::engine::complete(command, words.collect(), index, folder)?;
        let found = found
            .iter()
            .map(|it| escaped(&it.get_value().to_string_lossy()));
        let found: Vec<_> = found.collect();
        write!(completions, "{}", found.join(&separator))
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        if character.is_ascii()
            && !character.is_ascii_alphanumeric()
            && !"/._-+,:=@%".contains(character)
        {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

fn unescaped(word: &str) -> String {
    let mut characters = word.chars();
    let mut unescaped = String::new();
    while let Some(character) = characters.next() {
        match character {
            '\\' => unescaped.extend(characters.next()),
            other => unescaped.push(other),
        }
    }
    unescaped
}
