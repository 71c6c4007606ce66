//! Many versions in one call.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Stdio;
use std::time::Duration;

use imagekit_mock::{Fault, File, Library, RateLimit, Server, ServerBuilder, StatusCode};

use crate::support::{Mock, Outcome};

const MANY: usize = 300;

fn ids() -> Vec<String> {
    (0..MANY)
        .map(|number| format!("version-{number}"))
        .collect()
}

fn server() -> ServerBuilder {
    let library = Library::new().file(File::new("file").version_ids(ids()));
    Server::builder().library(library)
}

#[test]
fn responses_are_in_the_order_of_the_ids_however_late_they_come() {
    let mut builder = server();
    for late in [0, 7, 150, 299] {
        let fault = Fault::latency(Duration::from_millis(300)).on_id(format!("version-{late}"));
        builder = builder.fault(fault);
    }
    let mock = Mock::start(builder);
    let args = [
        "versions",
        "get",
        "file",
        "-",
        "--field=versionInfo.id",
        "-c",
        "16",
    ];
    let printed = mock.imagekit(args).input(ids().join("\n")).run().fine();
    assert_eq!(printed.lines().collect::<Vec<_>>(), ids());
}

#[test]
fn a_rate_limit_costs_time_and_nothing_else() {
    let mock = Mock::start(server().rate_limit(RateLimit::new(100, Duration::from_secs(1))));
    let args = [
        "versions",
        "get",
        "file",
        "-",
        "--field=versionInfo.id",
        "-c",
        "64",
    ];
    let printed = mock.imagekit(args).input(ids().join("\n")).run().fine();
    assert_eq!(printed.lines().collect::<Vec<_>>(), ids());
    let refused = mock.server.response_count(StatusCode::TOO_MANY_REQUESTS);
    assert!(
        refused <= 64,
        "each call learns of the limit once at most, but {refused} were refused"
    );
}

#[test]
fn slow_call_is_overtaken_by_many_more_than_run_at_once_but_not_by_all() {
    // Two calls get no whole response, and what follows the first of them waits to be printed.
    let mock = Mock::start(
        server()
            .fault(Fault::stalled_body().on_id("version-0"))
            .fault(Fault::stalled_body().on_id("version-4")),
    );
    let args = [
        "versions",
        "get",
        "file",
        "-",
        "--json",
        "-c",
        "4",
        "--deadline",
        "1",
    ];
    let mut child = mock
        .imagekit(args)
        .command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(ids().join("\n").as_bytes()).unwrap();
    let mut first_failure = String::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    stderr.read_line(&mut first_failure).unwrap();
    let requests = mock.server.request_count();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(first_failure.contains("version-0"), "{first_failure}");
    assert!((100..=132).contains(&requests), "{requests} calls");
}

#[test]
fn a_refused_key_ends_it_at_once() {
    let mock = Mock::start(server());
    let args = ["versions", "get", "file", "-", "--json", "-c", "4"];
    let imagekit = mock
        .imagekit(args)
        .env("IMAGEKIT_PRIVATE_KEY", "private_wrong");
    let refused = imagekit.input(ids().join("\n")).run();
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(3), ""));
    assert_eq!(refused.stderr.lines().count(), 1, "{}", refused.stderr);
    assert!(!refused.stderr.contains("private_wrong"));
    assert!(mock.server.request_count() <= 8, "not everything was tried");
}

#[test]
fn no_ids_are_nothing_to_do() {
    let mock = Mock::start(server());
    let nothing = mock
        .imagekit(["versions", "get", "file", "-"])
        .input("\n\n")
        .run();
    assert_eq!(nothing.fine(), "");
    assert_eq!(mock.server.request_count(), 0);
}

#[test]
fn an_id_that_is_not_utf_8_fails_alone() {
    let mock = Mock::start(server());
    let args = ["versions", "get", "file", "-", "--field=versionInfo.id"];
    let input = b"version-1\n\xff\xfe\nversion-2\n".to_vec();
    let outcome = mock.imagekit(args).input(input).run();
    assert_eq!(outcome.code, Some(2));
    assert_eq!(outcome.stdout, "version-1\nversion-2\n");
    assert!(
        outcome.stderr.contains("line 2 of standard input"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_line_of_another_number_of_ids_fails_alone() {
    let mock = Mock::start(server());
    let get = |args: &[&str], input: &str| {
        let args = [&["versions", "get"], args, &["--field=versionInfo.id"]].concat();
        mock.imagekit(args).input(input).run()
    };
    let pairs = get(
        &["-"],
        "file version-1\nfile version-2 version-3\nfile\n\tfile  version-4\n",
    );
    assert_eq!(
        (pairs.code, &*pairs.stdout),
        (Some(2), "version-1\nversion-4\n")
    );
    let versions = get(&["file", "-"], "version-1\nfile version-2\n");
    assert_eq!((versions.code, &*versions.stdout), (Some(2), "version-1\n"));
    for (outcome, line, text) in [
        (&pairs, 2, "file version-2 version-3"),
        (&pairs, 3, "file"),
        (&versions, 2, "file version-2"),
    ] {
        let message = format!("line {line} of standard input: {text:?} is not");
        assert!(outcome.stderr.contains(&message), "{}", outcome.stderr);
    }
    assert_eq!(mock.server.requests().len(), 3);
}

#[test]
fn a_byte_order_mark_is_no_part_of_an_id_and_utf_16_is_named() {
    let mock = Mock::start(server());
    let get = |input: &[u8]| {
        let args = ["versions", "get", "-", "--field=versionInfo.id"];
        mock.imagekit(args).input(input).run()
    };
    assert_eq!(get(b"\xef\xbb\xbffile version-1\n").fine(), "version-1\n");
    let requests = mock.server.requests();
    assert_eq!(requests.last().unwrap().ids(), ["file", "version-1"]);
    for utf_16 in [b"\xff\xfef\0i\0l\0e\0\n\0", b"\xfe\xff\0f\0i\0l\0e\0\n"] {
        let refused = get(utf_16);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.stderr.contains("UTF-16"), "{}", refused.stderr);
    }
}

/// Input without an end is not collected without an end.
#[test]
fn a_line_that_is_too_long_ends_the_input() {
    let mock = Mock::start(server());
    let args = ["versions", "get", "file", "-", "--field=versionInfo.id"];
    let longest = "x".repeat(64 * 1024 - 1);
    for (input, line) in [
        (format!("version-1\n{longest}xx\nversion-2\n"), 2),
        (longest.clone() + "xx", 1),
    ] {
        let outcome = mock.imagekit(args).input(input.as_str()).run();
        assert_eq!(outcome.code, Some(2), "{}", outcome.stderr);
        let message = format!("line {line} of standard input: longer than 65536 bytes");
        assert!(outcome.stderr.contains(&message), "{}", outcome.stderr);
        assert!(!outcome.stdout.contains("version-2"), "{}", outcome.stdout);
    }
    // What just fits is an id that is too long to be one.
    let fits = mock.imagekit(args).input(longest + "\nversion-2\n").run();
    assert_eq!(fits.stdout, "version-2\n", "{}", &fits.stderr[..200]);
}

#[cfg(unix)]
#[test]
fn an_input_that_cannot_be_read_ends_it() {
    let mock = Mock::start(server());
    let folder = std::fs::File::open(env!("CARGO_MANIFEST_DIR")).unwrap();
    let mut get = mock.imagekit(["versions", "get", "file", "-"]);
    let outcome = Outcome::of(get.command.stdin(folder).output().unwrap());
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.contains("standard input cannot be read"));
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_whole_lines() {
    let mock = Mock::start(server().rate_limit(RateLimit::new(100, Duration::from_secs(1))));
    let mut imagekit = mock.imagekit(["versions", "get", "file", "-", "--json", "-c", "8"]);
    let mut child = imagekit
        .command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(ids().join("\n").as_bytes()).unwrap();
    drop(stdin);
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut printed = String::new();
    stdout.read_line(&mut printed).unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    stdout.read_to_string(&mut printed).unwrap();
    let interrupted = Outcome::of(child.wait_with_output().unwrap());

    assert_eq!(interrupted.code, Some(130));
    assert_eq!(interrupted.stderr, "interrupted\n");
    assert!(printed.ends_with('\n'));
    assert!(printed.lines().count() < MANY);
    for line in printed.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
}
