//! Standard input, output and error: what can be shown there, and how.

use std::borrow::Cow;
use std::env;
use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Stdin, stdin};
use unicode_general_category::{GeneralCategory, get_general_category};

use crate::exit::Failure;

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const FAINT: Style = Style::new().dimmed();
pub(crate) const PLAIN: Style = Style::new();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const NAME: Style = AnsiColor::Cyan.on_default();

/// In bytes. What is longer is neither a key nor ids.
const LONGEST_LINE: u64 = 64 * 1024;
const WIDTH_OF_NO_TERMINAL: usize = 100;

/// Standard output.
pub(crate) struct Output {
    stdout: io::Stdout,
    pub(crate) is_terminal: bool,
    pub(crate) color: bool,
    /// How many columns a line may fill.
    pub(crate) width: usize,
}

impl Output {
    pub(crate) fn new() -> Self {
        let stdout = io::stdout();
        Self {
            is_terminal: stdout.is_terminal(),
            color: AutoStream::choice(&stdout) != ColorChoice::Never,
            width: width(&stdout),
            stdout,
        }
    }

    /// Writes all of it: whoever interrupts the program does so between two calls of this, and never
    /// within a line.
    pub(crate) fn write(&self, bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
        let mut stdout = self.stdout.lock();
        stdout
            .write_all(bytes.as_ref())
            .and_then(|()| stdout.flush())
            .map_err(|error| Failure::of_output(&error))
    }

    pub(crate) fn paint<T: fmt::Display>(&self, style: Style, text: T) -> Painted<T> {
        Painted {
            style: if self.color { style } else { PLAIN },
            text,
        }
    }
}

fn width(stdout: &io::Stdout) -> usize {
    let asked_for = env::var("COLUMNS")
        .ok()
        .and_then(|width| width.parse().ok());
    asked_for
        .or_else(|| {
            let (width, _) = terminal_size::terminal_size_of(stdout)?;
            Some(usize::from(width.0))
        })
        .filter(|width| *width > 0)
        .unwrap_or(WIDTH_OF_NO_TERMINAL)
}

/// A text in a style.
pub(crate) struct Painted<T> {
    style: Style,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (style, text) = (self.style, self.text.to_string());
        if text.is_empty() {
            return Ok(());
        }
        write!(f, "{style}{text}{style:#}")
    }
}

/// Standard input, shared by all that read from it.
pub(crate) struct Input {
    stdin: BufReader<Stdin>,
    line_number: u64,
}

impl Input {
    pub(crate) fn new() -> Self {
        Self {
            stdin: BufReader::new(stdin()),
            line_number: 0,
        }
    }

    /// The private key, from the next line.
    pub(crate) async fn key(&mut self) -> Result<String, Failure> {
        if io::stdin().is_terminal() {
            // Typing it would show it.
            return Err(Failure::usage(
                "--key-stdin does not read from a terminal; pass the key by a pipe or from a file",
            ));
        }
        match self.line().await? {
            Some(key) => String::from_utf8(key)
                .map_err(|_| Failure::usage("the key on standard input is not Unicode")),
            None => Err(Failure::usage("there is no key on standard input")),
        }
    }

    /// Whether a person allows what a question asks. Without a person to ask, it is refused.
    pub(crate) async fn allows(&mut self, question: &str) -> Result<bool, Failure> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            let action = question.trim_end_matches('?');
            let problem = format!("there is no terminal to ask on whether to {action}");
            return Err(Failure::usage(problem).try_this("allow it with --yes"));
        }
        let _ = write!(anstream::stderr().lock(), "{} [y/N] ", plain(question));
        let mut answer = String::new();
        let read = self.stdin.read_line(&mut answer).await;
        read.map_err(|error| Failure::usage(format!("standard input cannot be read: {error}")))?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }

    /// All that is left.
    pub(crate) async fn all(&mut self) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        match self.stdin.read_to_end(&mut bytes).await {
            Ok(_) => Ok(bytes),
            Err(error) => Err(Failure::usage(format!(
                "standard input cannot be read: {error}"
            ))),
        }
    }

    /// The next line that is not empty, without the white space around it.
    pub(crate) async fn line(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let mut line = Vec::new();
        loop {
            line.clear();
            self.line_number += 1;
            let mut bounded = (&mut self.stdin).take(LONGEST_LINE);
            let read = bounded.read_until(b'\n', &mut line).await;
            let is_whole = bounded.limit() > 0 || line.ends_with(b"\n");
            read.map_err(|error| {
                Failure::usage(format!("standard input cannot be read: {error}"))
            })?;
            if line.is_empty() {
                return Ok(None);
            }
            if !is_whole {
                return Err(Failure::usage(format!(
                    "longer than {LONGEST_LINE} bytes; what follows is not read"
                )));
            }
            let mut text = line.as_slice();
            if self.line_number == 1 {
                if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
                    let failure = Failure::usage("standard input is UTF-16");
                    return Err(failure.try_this("write it as UTF-8"));
                }
                // A byte order mark belongs to no id and to no key.
                text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
            }
            let text = text.trim_ascii();
            if !text.is_empty() {
                return Ok(Some(text.to_owned()));
            }
        }
    }

    /// The number of the line that was read last, counted from one.
    pub(crate) fn line_number(&self) -> u64 {
        self.line_number
    }
}

pub(crate) fn choose_color(choice: clap::ColorChoice) {
    match choice {
        clap::ColorChoice::Auto => ColorChoice::Auto,
        clap::ColorChoice::Always => ColorChoice::Always,
        clap::ColorChoice::Never => ColorChoice::Never,
    }
    .write_global();
}

/// Says something on standard error.
pub(crate) fn say(text: impl fmt::Display) {
    // If nobody can be told, there is nothing left to do about it.
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

pub(crate) fn warn(text: &str) {
    let style = AnsiColor::Yellow.on_default().bold();
    say(format_args!("{style}warning:{style:#} {}", plain(text)));
}

pub(crate) fn complain(failure: &Failure) {
    let style = AnsiColor::Red.on_default().bold();
    say(format_args!(
        "{style}error:{style:#} {}",
        plain(&failure.to_string())
    ));
}

/// A text from outside, unable to steer a terminal: white space is a space, and what cannot be seen and yet
/// changes what is, is shown as replaced.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(is_steering) {
        return Cow::Borrowed(text);
    }
    let harmless = |character: char| match character {
        '\n' | '\r' | '\t' => ' ',
        steering if is_steering(steering) => char::REPLACEMENT_CHARACTER,
        harmless => harmless,
    };
    Cow::Owned(text.chars().map(harmless).collect())
}

/// Whether a character changes what others look like, or looks different everywhere: control characters, marks of
/// direction and all else that is only there for a format, separators of lines, and private use.
pub(crate) fn is_steering(character: char) -> bool {
    // Emoji and several scripts are joined and kept apart by these.
    const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];
    use GeneralCategory as Category;
    let category = get_general_category(character);
    let is_steering = matches!(
        category,
        Category::Control
            | Category::Format
            | Category::LineSeparator
            | Category::ParagraphSeparator
            | Category::PrivateUse
    );
    is_steering && !JOINERS.contains(&character)
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn text_from_outside_cannot_steer_a_terminal() {
        assert_eq!(
            plain("a\x1b[2Jb\x07\u{9b}31m"),
            "a\u{fffd}[2Jb\u{fffd}\u{fffd}31m"
        );
        assert_eq!(plain("gpj.\u{202e}exe"), "gpj.\u{fffd}exe");
        for unseen in [
            '\u{200b}',
            '\u{2060}',
            '\u{ad}',
            '\u{feff}',
            '\u{e0041}',
            '\u{fff9}',
            '\u{206a}',
            '\u{e000}',
            '\u{10fffd}',
            '\u{2028}',
            '\u{2029}',
            '\u{61c}',
            '\u{180e}',
            '\u{2066}',
            '\u{200e}',
        ] {
            assert_eq!(plain(&format!("a{unseen}b")), "a\u{fffd}b", "{unseen:?}");
        }
        assert_eq!(plain("two\r\nlines\t!"), "two  lines !");
        assert_eq!(plain("größe 尺寸 👩‍🎨"), "größe 尺寸 👩‍🎨");
        assert_eq!(
            plain("می\u{200c}خواهم ❤\u{fe0f} e\u{301}"),
            "می\u{200c}خواهم ❤\u{fe0f} e\u{301}"
        );
    }
}
