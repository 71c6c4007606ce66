//! Files and folders by path, by id, and by names that are hard to find.

use imagekit_mock::{Fault, File, Library, Server, StatusCode};

use crate::support::Mock;

const FIRST: &str = "598821f949c0a938d57563b1";
const SECOND: &str = "598821f949c0a938d57563b2";

#[test]
fn a_name_that_no_search_can_express_is_found() {
    let library = Library::new()
        .file(File::new(FIRST).path("/x/a.txt"))
        .file(File::new(SECOND).path("/x/a \"quoted\" \\ name.txt"));
    let mock = Mock::start(Server::builder().library(library));
    let get = ["get", "/x/a \"quoted\" \\ name.txt", "--field", "fileId"];
    assert_eq!(mock.imagekit(get).run().fine(), format!("{SECOND}\n"));
    let missing = mock.imagekit(["get", "/x/b \"quoted\".txt"]).run();
    assert_eq!(missing.code, Some(4), "{missing:?}");
}

#[test]
fn an_id_is_not_looked_up() {
    let library = Library::new().file(File::new(FIRST).path("/a.txt"));
    let mock = Mock::start(Server::builder().library(library).record(10));
    mock.imagekit(["get", FIRST]).run().fine();
    mock.imagekit(["tag", FIRST, "--add", "new"]).run().fine();
    let requests = mock.server.requests();
    let operations: Vec<_> = requests.iter().map(|it| it.operation().unwrap()).collect();
    assert_eq!(operations, ["getFileDetails", "addTagsToFiles"]);
}

#[test]
fn long_lists_are_whole() {
    let files = (0..1203)
        .map(|number| File::new(format!("{number:024x}")).path(format!("/all/{number}.txt")));
    let library = files.fold(Library::new(), Library::file);
    let mock = Mock::start(Server::builder().library(library));
    let listed = mock
        .imagekit(["ls", "/all", "--field", "name"])
        .run()
        .fine();
    assert_eq!(listed.lines().count(), 1203);
    let some = mock
        .imagekit(["ls", "/all", "--json", "-n", "1100"])
        .run()
        .fine();
    assert_eq!(some.lines().count(), 1100);
    let deleted = mock.imagekit(["rm", "--yes", "-r", "/all"]).run().fine();
    assert_eq!(deleted, "deleted /all/\n");
}

#[test]
fn many_files_are_deleted_and_each_failure_is_told() {
    let files =
        (0..150).map(|number| File::new(format!("{number:024x}")).path(format!("/{number}.txt")));
    let library = files.fold(Library::new(), Library::file);
    let mock = Mock::start(Server::builder().library(library));
    let paths: Vec<_> = (0..152).map(|number| format!("{number:024x}")).collect();
    let args = ["rm".to_owned(), "--yes".to_owned()]
        .into_iter()
        .chain(paths);
    let outcome = mock.imagekit(args).run();
    assert_eq!(outcome.code, Some(4), "{outcome:?}");
    assert_eq!(outcome.stdout.lines().count(), 150);
    assert!(
        outcome.stderr.contains("150 of 152 deleted, 2 failed:"),
        "{}",
        outcome.stderr
    );
    assert_eq!(mock.server.library().ids().count(), 0);
}

#[test]
fn a_key_that_is_refused_ends_everything() {
    let mock = Mock::start(
        Server::builder()
            .fault(Fault::status(StatusCode::UNAUTHORIZED))
            .record(10),
    );
    for args in [
        &["ls"][..],
        &["find", "size > 1"],
        &["get", FIRST, SECOND],
        &["tag", "/a", "/b", "--add", "x"],
        &["rm", "/a", "/b", "--yes"],
        &["mv", "/a", "/b", "/c"],
        &["download", "/a", "/b"],
        &["upload", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")],
        &["usage"],
        &["fields"],
        &["purge", "https://example.com/x"],
        &["open", "/a"],
        &["versions", "list", FIRST],
        &["doctor"],
    ] {
        let before = mock.server.request_count();
        let outcome = mock.imagekit(args).run();
        assert_eq!(outcome.code, Some(3), "{args:?} {outcome:?}");
        assert!(mock.server.request_count() - before <= 2, "{args:?}");
    }
}

#[test]
fn a_rate_limit_is_waited_for() {
    let limit = "5/1s".parse().unwrap();
    let files =
        (0..12).map(|number| File::new(format!("{number:024x}")).path(format!("/{number}/a.txt")));
    let library = files.fold(Library::new(), Library::file);
    let mock = Mock::start(Server::builder().library(library).rate_limit(limit));
    let tree = mock.imagekit(["ls", "--tree"]).run().fine();
    assert!(tree.ends_with("12 folders, 12 files\n"), "{tree}");
}

#[test]
fn text_from_the_server_cannot_steer_the_terminal() {
    let library = Library::new().file(File::new(FIRST).path("/a\u{1b}[2J\u{202e}.txt"));
    let mock = Mock::start(Server::builder().library(library));
    for args in [
        &["ls"][..],
        &["ls", "--tree"],
        &["get", FIRST],
        &["tag", FIRST],
        &["api", "list-assets"],
    ] {
        let shown = mock.imagekit(args).run().fine();
        assert!(
            !shown.contains('\u{1b}') && !shown.contains('\u{202e}'),
            "{args:?} {shown:?}"
        );
    }
}

/// A folder with a program that writes what it is started with into a file.
#[cfg(target_os = "linux")]
fn browser() -> (tempfile::TempDir, std::path::PathBuf) {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let opened = folder.path().join("opened");
    let program = folder.path().join("xdg-open");
    let script = format!("#!/bin/sh\necho \"$1\" > '{}'\n", opened.display());
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    (folder, opened)
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_is_opened_in_a_browser() {
    let file = |url: &'static str| {
        let file = File::new(FIRST).path("/a.txt");
        Library::new().file(file.each(move |_, version| version["url"] = url.into()))
    };
    let url = "https://ik.imagekit.io/demo/a.txt?updatedAt=1";
    let mock = Mock::start(Server::builder().library(file(url)));
    let (folder, opened) = browser();
    let open = |args: &[&str]| mock.imagekit(["open", "/a.txt"].iter().chain(args));
    let told = open(&[]).env("PATH", folder.path()).run().fine();
    assert_eq!(told, format!("opened {url}\n"));
    assert_eq!(
        std::fs::read_to_string(&opened).unwrap(),
        format!("{url}\n")
    );
    std::fs::remove_file(&opened).unwrap();

    let printed = open(&["--print"]).env("PATH", folder.path()).run().fine();
    assert_eq!(printed, format!("{url}\n"));
    let nothing = open(&[]).env("PATH", "/nowhere").run();
    assert_eq!(nothing.code, Some(1), "{nothing:?}");
    assert!(nothing.stderr.contains("--print"), "{}", nothing.stderr);

    let mock = Mock::start(Server::builder().library(file("file:///bin/sh")));
    let other = mock
        .imagekit(["open", "/a.txt"])
        .env("PATH", folder.path())
        .run();
    assert_eq!(other.code, Some(1), "{other:?}");
    assert!(
        other.stderr.contains("no address for a browser"),
        "{}",
        other.stderr
    );
    assert!(!opened.exists());
}
