//! Terminals, pipes that break and outputs that are closed.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::Stdio;

use imagekit_mock::{Bytes, Fault, Library, Response, Server};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::support::{FILE, Mock, Outcome, VERSION};

/// A terminal: the end of whoever looks at it, and the end of the program.
pub(crate) fn terminal(columns: u16) -> (OwnedFd, File) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let screen = openpt(flags).unwrap();
    grantpt(&screen).unwrap();
    unlockpt(&screen).unwrap();
    let size = Winsize {
        ws_row: 40,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&screen, size).unwrap();
    let name = ptsname(&screen, Vec::new()).unwrap();
    let program = File::options()
        .read(true)
        .write(true)
        .open(name.to_str().unwrap())
        .unwrap();
    (screen, program)
}

/// What is on the screen after the program has run on a terminal.
fn on_terminal(columns: u16, args: &[&str], environment: &[(&str, &str)]) -> String {
    let mock = Mock::start(Server::builder().library(Library::demo()));
    let (code, seen) = with_terminal(&mock, columns, args, environment);
    assert_eq!(code, Some(0), "{seen}");
    seen
}

/// The exit code, and what is on the screen.
fn with_terminal(
    mock: &Mock,
    columns: u16,
    args: &[&str],
    environment: &[(&str, &str)],
) -> (Option<i32>, String) {
    let (screen, program) = terminal(columns);
    let mut imagekit = mock.imagekit(args).env("TERM", "xterm-256color");
    for (name, value) in environment {
        imagekit = imagekit.env(name, value);
    }
    let mut child = imagekit
        .command
        .stdin(program.try_clone().unwrap())
        .stdout(program.try_clone().unwrap())
        .stderr(program)
        .spawn()
        .unwrap();
    // The command holds the program's end as well, and the screen ends only with the last of them.
    drop(imagekit);
    let mut seen = Vec::new();
    // Linux ends a terminal with an error instead of an end of file.
    let _ = File::from(screen).read_to_end(&mut seen);
    let code = child.wait().unwrap().code();
    (code, String::from_utf8(seen).unwrap().replace("\r\n", "\n"))
}

/// Bytes as they came are for files and pipes: a terminal would obey some of them.
#[test]
fn a_terminal_gets_no_bytes_that_could_steer_it() {
    let file = ["api", "GET", "/v1/files/f", "--raw"];
    for steering in [
        "\u{1b}[2J",
        "\u{9b}2J",
        "gpj.\u{202e}exe",
        "a\u{e0041}b",
        "\u{feff}",
    ] {
        let json = format!("{{\"name\":\"{steering}\"}}");
        let fault = Fault::response(Response::new(Bytes::from(json.clone())));
        let mock = Mock::start(Server::builder().fault(fault));
        let (code, seen) = with_terminal(&mock, 100, &file, &[]);
        assert_eq!(code, Some(2), "{seen:?}");
        assert!(seen.contains("could steer this terminal"), "{seen:?}");
        assert!(!seen.contains(steering), "{seen:?}");
        assert_eq!(mock.imagekit(file).run().fine(), json);

        // A control character in a string is no JSON, and not laid out at all.
        if !steering.contains(|c: char| c.is_ascii_control()) {
            let laid_out = ["api", "GET", "/v1/files/f", "--json"];
            let (_, seen) = with_terminal(&mock, 100, &laid_out, &[("NO_COLOR", "1")]);
            assert!(!seen.contains(steering), "{seen:?}");
            let value: serde_json::Value = serde_json::from_str(&seen).unwrap();
            assert_eq!(value["name"], steering);
        }
    }
    let harmless = Fault::response(Response::new(Bytes::from("{\n\t\"a\": \"größe 👩‍🎨\"}\n")));
    let mock = Mock::start(Server::builder().fault(harmless));
    let (code, seen) = with_terminal(&mock, 100, &file, &[]);
    assert_eq!((code, &*seen), (Some(0), "{\n\t\"a\": \"größe 👩‍🎨\"}\n"));
}

#[test]
fn a_terminal_gets_colours_unless_it_wants_none() {
    let get = ["versions", "get", FILE, VERSION];
    let seen = on_terminal(100, &get, &[]);
    assert!(seen.contains("\u{1b}[1mfile1.jpg\u{1b}[0m"), "{seen:?}");
    let seen = on_terminal(100, &get, &[("NO_COLOR", "1")]);
    assert!(!seen.contains('\u{1b}'), "{seen:?}");
    assert!(seen.contains("[t-shirt]"), "{seen}");
    let seen = on_terminal(100, &get, &[("TERM", "dumb")]);
    assert!(!seen.contains('\u{1b}'), "{seen:?}");
}

#[test]
fn a_terminal_gets_json_laid_out() {
    let get = ["versions", "get", FILE, VERSION, "--json", "--color=never"];
    let seen = on_terminal(100, &get, &[]);
    assert!(
        seen.starts_with("{\n  \"AITags\": [\n    {\n      \"confidence\": 90.12,\n"),
        "{seen}"
    );
    serde_json::from_str::<serde_json::Value>(&seen).unwrap();
}

#[test]
fn a_narrow_terminal_gets_narrow_lines() {
    let get = ["versions", "get", FILE, VERSION, "--color=never"];
    let seen = on_terminal(30, &get, &[]);
    assert!(
        seen.contains("\nTags\n  [t-shirt] [round-neck]\n  [sale2019]\n"),
        "{seen}"
    );
}

#[test]
fn tables_are_coloured_on_a_terminal_and_lose_columns_on_a_narrow_one() {
    let ls = ["ls", "/catalogue/2025"];
    let wide = on_terminal(100, &ls, &[]);
    assert!(wide.contains("\u{1b}[2mName"), "{wide:?}");
    assert!(
        wide.contains("\u{1b}[1mwinter coat.jpg\u{1b}[0m"),
        "{wide:?}"
    );
    let plain = on_terminal(100, &ls, &[("NO_COLOR", "1")]);
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    assert!(plain.contains("68f1c2a95c7cd75eb8a1d04e"), "{plain}");
    let narrow = on_terminal(40, &ls, &[("NO_COLOR", "1")]);
    assert_eq!(
        narrow,
        "Name                Size\nwinter coat.jpg  4.93 MB\n"
    );
    let json = on_terminal(40, &["ls", "/brand", "--json", "--color=never"], &[]);
    assert!(json.starts_with("{\n  \"fileId\""), "{json}");
}

#[test]
fn a_long_name_leaves_room_for_what_is_known_of_it() {
    let id = |number: u8| format!("{number:024x}");
    let long = format!("/{}-end.jpg", "a-long-name-".repeat(8));
    let wide = format!("/{}.txt", "名前".repeat(20));
    let library = Library::new()
        .file(imagekit_mock::File::new(id(1)).path(&long).content("x"))
        .file(imagekit_mock::File::new(id(2)).path(&wide).content("xx"))
        .file(
            imagekit_mock::File::new(id(3))
                .path("/b.txt")
                .content("xxx"),
        );
    let mock = Mock::start(Server::builder().library(library));
    let (_, narrow) = with_terminal(&mock, 50, &["ls"], &[("NO_COLOR", "1")]);
    let shown = [
        "Name                                          Size",
        "a-long-name-a-long-n…a-long-name--end.jpg   1 byte",
        "b.txt                                      3 bytes",
        "名前名前名前名前名前…名前名前名前名前.txt  2 bytes",
    ];
    assert_eq!(narrow, shown.join("\n") + "\n");
    let pipe = mock.imagekit(["ls"]).env("COLUMNS", "50").run().fine();
    assert!(pipe.contains(&long[1..]), "a pipe gets all of it: {pipe}");
}

#[test]
fn a_tree_and_usage_are_drawn_on_a_terminal() {
    let tree = on_terminal(80, &["ls", "/catalogue", "--tree"], &[("NO_COLOR", "1")]);
    assert_eq!(
        tree,
        "/catalogue\n└── 2025/\n    └── winter coat.jpg  4.93 MB\n1 folder, 1 file\n"
    );
    let usage = on_terminal(90, &["usage"], &[]);
    assert!(
        usage.contains("\u{1b}[32m████████████████████\u{1b}[0m"),
        "{usage:?}"
    );
    let narrow = on_terminal(40, &["usage"], &[]);
    assert!(!narrow.contains('█'), "{narrow}");
}

/// Runs a command on a terminal, types something, and returns what is on the screen at the end.
fn typing(args: &[&str], typed: &str) -> (Option<i32>, String) {
    let mock = Mock::start(Server::builder().library(Library::demo()));
    let (screen, program) = terminal(100);
    let mut imagekit = mock.imagekit(args);
    let mut child = imagekit
        .command
        .stdin(program.try_clone().unwrap())
        .stdout(program.try_clone().unwrap())
        .stderr(program)
        .spawn()
        .unwrap();
    drop(imagekit);
    let mut screen = File::from(screen);
    // A terminal keeps what is typed until somebody reads it.
    screen.write_all(typed.as_bytes()).unwrap();
    let mut seen = Vec::new();
    let _ = screen.read_to_end(&mut seen);
    let code = child.wait().unwrap().code();
    (code, String::from_utf8(seen).unwrap().replace("\r\n", "\n"))
}

#[test]
fn deleting_is_asked_for_on_a_terminal() {
    let rm = ["rm", "-r", "/catalogue", "/brand/logo.png"];
    let question = "delete /brand/logo.png and /catalogue/ with 1 file for good? [y/N]";
    let (code, seen) = typing(&rm, "n\n");
    assert_eq!(code, Some(1), "{seen}");
    assert!(seen.contains(question), "{seen}");
    assert!(seen.contains("nothing was deleted"), "{seen}");
    let (code, seen) = typing(&rm, "\n");
    assert_eq!(code, Some(1), "{seen}");
    let (code, seen) = typing(&rm, "y\n");
    assert_eq!(code, Some(0), "{seen}");
    assert!(
        seen.contains("deleted /brand/logo.png\ndeleted /catalogue/\n"),
        "{seen}"
    );
}

#[test]
fn whoever_has_seen_enough_may_leave() {
    let mock = Mock::start(Server::builder().library(Library::demo()));
    let ids = [VERSION; 200];
    let args = ["versions", "get", FILE].into_iter().chain(ids);
    let mut child = mock
        .imagekit(args)
        .command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut first).unwrap();
    drop(stdout);
    let outcome = Outcome::of(child.wait_with_output().unwrap());
    assert_eq!(first, "file1.jpg Version 2\n");
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""));
}

#[test]
fn outputs_that_are_closed_or_full_are_no_reason_to_panic() {
    let mock = Mock::start(Server::builder());
    let shell = |redirect: &str| {
        let script = format!("\"$0\" versions get {FILE} {VERSION} {redirect}");
        let program = mock.imagekit(["-c", &script, env!("CARGO_BIN_EXE_imagekit")]);
        let mut command = std::process::Command::new("/bin/sh");
        command.args(program.command.get_args()).env_clear();
        for (name, value) in program.command.get_envs() {
            command.env(name, value.unwrap());
        }
        Outcome::of(command.output().unwrap())
    };
    let closed = shell(">&-");
    assert_eq!(closed.code, Some(0), "{closed:?}");
    let all_closed = shell(">&- 2>&- <&-");
    assert_eq!(all_closed.code, Some(0), "{all_closed:?}");
    if cfg!(target_os = "linux") {
        let full = shell("> /dev/full");
        assert_eq!(full.code, Some(1), "{full:?}");
        assert!(
            full.stderr.contains("cannot write to standard output"),
            "{full:?}"
        );
    }
}

#[test]
fn a_key_is_not_typed_where_all_can_see_it() {
    let (_screen, program) = terminal(80);
    let mock = Mock::start(Server::builder());
    let mut check = mock.imagekit(["auth", "check", "--key-stdin"]);
    let outcome = Outcome::of(check.command.stdin(program).output().unwrap());
    assert_eq!(outcome.code, Some(2));
    assert!(
        outcome.stderr.contains("does not read from a terminal"),
        "{}",
        outcome.stderr
    );
}
