//! Uploads and downloads of many files, and what is left when they are interrupted.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use imagekit_mock::{Fault, File, Library, Server};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Mock, Outcome};

/// Nested folders with files of different content, and names that ImageKit changes.
fn tree(files: usize) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for number in 0..files {
        let folder = root
            .path()
            .join(format!("set {}/part.{}", number % 5, number % 3));
        fs::create_dir_all(&folder).unwrap();
        let content = format!("content {number} ").repeat(number % 40 + 1);
        fs::write(folder.join(format!("größe {number}.txt")), content).unwrap();
    }
    root
}

/// The contents of all files below a folder, by their paths as ImageKit spells them.
fn contents(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let below = path.strip_prefix(root).unwrap().to_str().unwrap();
            let (folder, name) = below.rsplit_once('/').unwrap_or(("", below));
            let spelled = format!("{}/{name}", folder.replace('.', "_")).replace(' ', "_");
            all.insert(
                spelled.trim_start_matches('/').to_owned(),
                fs::read(&path).unwrap(),
            );
        }
    }
    all
}

/// Starts a command and waits until it has told of so many files.
fn after_files(mock: &Mock, args: &[&str], files: usize) -> Child {
    let mut child = mock
        .imagekit(args)
        .command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..files {
        lines.next().unwrap().unwrap();
    }
    // Whoever does not read any more would end the program before the signal does.
    std::thread::spawn(move || lines.for_each(drop));
    child
}

#[cfg(unix)]
fn signal(child: &Child, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(pid, signal).unwrap();
}

fn slow() -> Fault {
    Fault::latency(Duration::from_millis(30)).on_operation("uploadFile")
}

#[cfg(unix)]
#[test]
fn an_upload_interrupted_twice_is_continued_and_comes_back_as_it_was() {
    use std::os::unix::process::ExitStatusExt as _;

    use rustix::process::Signal;
    // More of them, such as a thousand, if somebody wants to wait for that.
    let files = std::env::var("IMAGEKIT_TEST_FILES").ok();
    let files = files.map_or(80, |files| files.parse().unwrap());
    let source = tree(files);
    let local = source.path().to_str().unwrap();
    let name = source
        .path()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    let mock = Mock::start(Server::builder().library(Library::new()).fault(slow()));
    let upload = ["upload", local, "--to", "/all", "--json"];

    let child = after_files(&mock, &upload, files / 10);
    signal(&child, Signal::INT);
    let interrupted = child.wait_with_output().unwrap();
    assert_eq!(interrupted.status.code(), Some(130), "{interrupted:?}");
    let after_first = mock.server.library().ids().count();
    assert!((files / 10..files).contains(&after_first), "{after_first}");

    let child = after_files(&mock, &upload, after_first + files / 10);
    signal(&child, Signal::KILL);
    let killed = child.wait_with_output().unwrap();
    assert_eq!(killed.status.signal(), Some(9), "{killed:?}");
    let after_second = mock.server.library().ids().count();
    assert!(
        (after_first + files / 10..files).contains(&after_second),
        "{after_second}"
    );

    let outcomes = mock.imagekit(upload).run().fine();
    let count = |outcome: &str| {
        let lines = outcomes.lines();
        let lines = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["outcome"] == outcome).count()
    };
    assert_eq!(count("uploaded") + count("unchanged"), files);
    assert!(count("unchanged") >= after_second, "{outcomes}");

    // Each file is there once, in one version, with its own bytes.
    let library = mock.server.library();
    assert_eq!(library.ids().count(), files);
    let expected = contents(source.path());
    for (path, bytes) in &expected {
        // The name of the folder is made of letters, digits and what ImageKit replaces.
        let path = format!("/all/{}/{path}", name.replace('.', "_"));
        assert_eq!(library.bytes(&path).as_deref(), Some(&bytes[..]), "{path}");
    }

    let target = tempfile::tempdir().unwrap();
    let to = target.path().to_str().unwrap();
    let download = ["download", "/all", "--to", to, "--json"];
    let child = after_files(&mock, &download, 5);
    signal(&child, Signal::KILL);
    child.wait_with_output().unwrap();
    mock.imagekit(download).run().fine();
    let folder = target.path().join("all").join(name.replace('.', "_"));
    assert_eq!(contents(&folder), expected);

    let again = mock.imagekit(download).run().fine();
    assert!(
        again.lines().all(|line| line.contains("\"unchanged\"")),
        "{again}"
    );
    let again = mock.imagekit(upload).run().fine();
    assert!(
        again.lines().all(|line| line.contains("\"unchanged\"")),
        "{again}"
    );
}

#[test]
fn another_file_is_overwritten_only_when_asked_for() {
    let mock = Mock::start(Server::builder().library(Library::new()));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("coat.txt");
    let local = file.to_str().unwrap();
    fs::write(&file, "first").unwrap();
    let upload = ["upload", local, "--tags", "a,b", "--quiet"];
    mock.imagekit(upload).run().fine();
    let described = ["api", "PATCH"];
    let id = mock.server.library().ids().next().unwrap().0.to_owned();
    let path = format!("/v1/files/{id}/details");
    let body = r#"{"description": "A coat"}"#;
    mock.imagekit(described.into_iter().chain([path.as_str(), "--body", body]))
        .run()
        .fine();

    fs::write(&file, "second, and longer").unwrap();
    let refused = mock.imagekit(["upload", local]).run();
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("--overwrite"), "{}", refused.stderr);
    assert_eq!(
        mock.server.library().bytes("/coat.txt").as_deref(),
        Some(&b"first"[..])
    );

    let told = mock.imagekit(["upload", local, "--overwrite"]).run();
    assert_eq!(told.stdout, "uploaded a new version of /coat.txt\n");
    let library = mock.server.library();
    assert_eq!(
        library.bytes("/coat.txt").as_deref(),
        Some(&b"second, and longer"[..])
    );
    let kept = library.get("/coat.txt").unwrap();
    assert_eq!(kept["tags"], serde_json::json!(["a", "b"]));
    assert_eq!(kept["description"], "A coat");

    let down = folder.path().join("down");
    let to = down.to_str().unwrap();
    fs::create_dir(&down).unwrap();
    fs::write(down.join("coat.txt"), "mine").unwrap();
    let refused = mock.imagekit(["download", "/coat.txt", "--to", to]).run();
    assert_eq!(refused.code, Some(1));
    assert_eq!(fs::read(down.join("coat.txt")).unwrap(), b"mine");
    mock.imagekit(["download", "/coat.txt", "--to", to, "--overwrite", "-q"])
        .run()
        .fine();
    assert_eq!(
        fs::read(down.join("coat.txt")).unwrap(),
        b"second, and longer"
    );
    let version = library.ids().map(|(_, version)| version.to_owned());
    let first = version.into_iter().find(|it| *it == id).unwrap();
    let old = [
        "download",
        "/coat.txt",
        "--to",
        to,
        "--version",
        &first,
        "--overwrite",
        "-q",
    ];
    mock.imagekit(old).run().fine();
    assert_eq!(fs::read(down.join("coat.txt")).unwrap(), b"first");
}

#[test]
fn an_upload_whose_response_is_lost_is_found_again() {
    let lost = Fault::cut_body().on_operation("uploadFile").times(1);
    let mock = Mock::start(Server::builder().library(Library::new()).fault(lost));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("once.txt");
    fs::write(&file, "once").unwrap();
    let told = mock.imagekit(["upload", file.to_str().unwrap()]).run();
    assert_eq!(
        (told.code, &*told.stdout),
        (Some(0), "uploaded /once.txt\n"),
        "{told:?}"
    );
    assert_eq!(mock.server.library().ids().count(), 1);
}

/// Delivers the rest of a text after a connection that broke, and says what was asked for.
fn deliverer(
    text: &'static str,
    broken_after: usize,
) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/text.txt", listener.local_addr().unwrap());
    let requests = std::thread::spawn(move || {
        let mut requests = Vec::new();
        for number in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap();
            requests.push(String::from_utf8_lossy(&request[..length]).to_lowercase());
            let response = if number == 0 {
                let start = &text[..broken_after];
                format!(
                    "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{start}",
                    text.len()
                )
            } else {
                let (rest, last) = (&text[broken_after..], text.len() - 1);
                format!(
                    "HTTP/1.1 206 Partial Content\r\ncontent-length: {}\r\n\
                     content-range: bytes {broken_after}-{last}/{}\r\n\r\n{rest}",
                    rest.len(),
                    text.len()
                )
            };
            stream.write_all(response.as_bytes()).unwrap();
        }
        requests
    });
    (url, requests)
}

fn library_of(url: String, size: usize) -> Library {
    let file = File::new("598821f949c0a938d57563bd").path("/text.txt");
    Library::new().file(file.each(move |_, version| {
        version["url"] = url.clone().into();
        version["size"] = size.into();
    }))
}

#[test]
fn a_download_goes_on_where_its_connection_broke() {
    let text = "0123456789 and the rest";
    let (url, requests) = deliverer(text, 10);
    let mock = Mock::start(Server::builder().library(library_of(url, text.len())));
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().to_str().unwrap();
    mock.imagekit(["download", "/text.txt", "--to", to, "-q"])
        .run()
        .fine();
    assert_eq!(
        fs::read_to_string(folder.path().join("text.txt")).unwrap(),
        text
    );
    let requests = requests.join().unwrap();
    assert!(!requests[0].contains("range:"), "{requests:?}");
    assert!(requests[1].contains("range: bytes=10-"), "{requests:?}");
    assert!(
        requests.iter().all(|it| !it.contains("authorization")),
        "{requests:?}"
    );
    assert!(requests[0].contains("tr=orig-true"), "{requests:?}");
    // Nothing is left beside it.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_download_of_another_size_leaves_no_file() {
    let mock = Mock::start(
        Server::builder().library(
            Library::new().file(
                File::new("598821f949c0a938d57563bd")
                    .path("/a.txt")
                    .content("four")
                    .each(|_, version| version["size"] = 5.into()),
            ),
        ),
    );
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().to_str().unwrap();
    let failed = mock.imagekit(["download", "/a.txt", "--to", to]).run();
    assert_eq!(failed.code, Some(7), "{failed:?}");
    assert!(
        failed.stderr.contains("4 bytes came instead of 5"),
        "{}",
        failed.stderr
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_name_from_the_server_cannot_leave_the_folder() {
    let mock = Mock::start(
        Server::builder().library(
            Library::new().file(
                File::new("598821f949c0a938d57563bd")
                    .path("/a.txt")
                    .content("x")
                    .each(|_, version| version["name"] = "../escaped.txt".into()),
            ),
        ),
    );
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("down");
    let get = [
        "download",
        "598821f949c0a938d57563bd",
        "--to",
        to.to_str().unwrap(),
    ];
    let refused = mock.imagekit(get).run();
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(!folder.path().join("escaped.txt").exists());
}

#[test]
fn what_cannot_be_uploaded_is_named_and_the_rest_goes_on() {
    let fault = Fault::status(imagekit_mock::StatusCode::INTERNAL_SERVER_ERROR)
        .on_operation("uploadFile")
        .times(1);
    let mock = Mock::start(Server::builder().library(Library::new()).fault(fault));
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("files");
    fs::create_dir(&root).unwrap();
    for (name, content) in [("a.txt", "a"), ("b.txt", "b"), ("empty.txt", "")] {
        fs::write(root.join(name), content).unwrap();
    }
    let outcome: Outcome = mock
        .imagekit(["upload", root.to_str().unwrap(), "-c", "1"])
        .run();
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(
        outcome.stderr.contains("empty.txt: it is empty"),
        "{}",
        outcome.stderr
    );
    assert_eq!(mock.server.library().ids().count(), 2);
}

#[test]
fn a_private_file_is_downloaded_by_a_signed_address() {
    let file = File::new("598821f949c0a938d57563bd")
        .path("/se cret/ü.txt")
        .content("hidden");
    let file = file.each(|_, version| version["isPrivateFile"] = true.into());
    let mock = Mock::start(Server::builder().library(Library::new().file(file)));
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().to_str().unwrap();
    mock.imagekit(["download", "/se cret", "--to", to, "-q"])
        .run()
        .fine();
    let downloaded = fs::read_to_string(folder.path().join("se cret/ü.txt"));
    assert_eq!(downloaded.unwrap(), "hidden");
}

#[test]
fn two_files_that_would_get_one_name_are_not_mixed_up() {
    let mock = Mock::start(Server::builder().library(Library::new()));
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a b.txt"), "one").unwrap();
    fs::write(folder.path().join("a_b.txt"), "two").unwrap();
    let paths = ["a b.txt", "a_b.txt"].map(|name| folder.path().join(name));
    let [first, second] = &paths;
    let upload = ["upload", first.to_str().unwrap(), second.to_str().unwrap()];
    for _ in 0..2 {
        let outcome = mock.imagekit(upload).run();
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert!(
            outcome
                .stderr
                .contains("the place of another file, /a_b.txt"),
            "{}",
            outcome.stderr
        );
    }
    let library = mock.server.library();
    assert_eq!(library.bytes("/a_b.txt").as_deref(), Some(&b"one"[..]));
    assert_eq!(library.ids().count(), 1);
}

#[test]
fn patterns_choose_what_is_uploaded() {
    let folder = tempfile::tempdir().unwrap();
    for path in [
        "a.jpg",
        "b.png",
        "[x].jpg",
        ".hidden.jpg",
        "shop/c.jpg",
        "shop/deep/d.jpg",
        "shop/deep/e.txt",
        "shop/.cache/f.jpg",
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "content").unwrap();
    }
    let mock = Mock::start(Server::builder().library(Library::new()));
    let planned = |args: &[&str]| {
        let mut upload = mock.imagekit(["upload", "--dry-run", "--to", "/t"].iter().chain(args));
        upload.command.current_dir(folder.path());
        let outcome = upload.run();
        let lines = outcome.stdout.lines();
        let paths = lines.map(|line| line.strip_prefix("would upload /t/").unwrap().to_owned());
        (outcome.code, paths.collect::<Vec<_>>(), outcome.stderr)
    };
    let found = |args: &[&str]| {
        let (code, paths, stderr) = planned(args);
        assert_eq!(code, Some(0), "{args:?} {stderr}");
        paths
    };
    assert_eq!(found(&["*.jpg"]), ["[x].jpg", "a.jpg"]);
    assert_eq!(found(&["[x].jpg"]), ["[x].jpg"], "a name is a name first");
    assert_eq!(found(&["*.{png,gif}"]), ["b.png"]);
    assert_eq!(
        found(&["**/*.jpg"]),
        ["[x].jpg", "a.jpg", "shop/c.jpg", "shop/deep/d.jpg"]
    );
    assert_eq!(found(&["shop/*.jpg"]), ["c.jpg"]);
    assert_eq!(found(&["shop/**/*.jpg"]), ["c.jpg", "deep/d.jpg"]);
    assert_eq!(found(&["shop/.*/*.jpg"]), [".cache/f.jpg"]);
    assert_eq!(
        found(&["sh*"]),
        ["shop/c.jpg", "shop/deep/d.jpg", "shop/deep/e.txt"]
    );
    assert_eq!(
        found(&["shop", "--include", "*.jpg", "--exclude", ".*"]),
        ["shop/c.jpg", "shop/deep/d.jpg"]
    );
    assert_eq!(
        found(&["shop", "--exclude", "deep/*.jpg", "--exclude", ".cache"]),
        ["shop/c.jpg", "shop/deep/e.txt"]
    );
    assert_eq!(
        found(&["b.png", "shop", "--include", "deep/**"]),
        ["b.png", "shop/deep/d.jpg", "shop/deep/e.txt"]
    );
    for (args, problem) in [
        (&["*.gif"][..], "no file matches \"*.gif\""),
        (&["*.{png"], "the pattern \"*.{png\" is not right"),
        (&["nothing.jpg"], "nothing.jpg cannot be read"),
        (&["shop", "--include", "*.gif"], "there are no files"),
        (&["shop", "--exclude", "[a"], "'--exclude <PATTERN>'"),
    ] {
        let (code, paths, stderr) = planned(args);
        assert_eq!((code, paths.len()), (Some(2), 0), "{args:?} {stderr}");
        assert!(stderr.contains(problem), "{args:?} {stderr}");
    }
}

#[test]
fn folders_that_are_new_are_not_looked_into() {
    let source = tree(30);
    let mock = Mock::start(Server::builder().library(Library::new()).record(1000));
    let upload = [
        "upload",
        source.path().to_str().unwrap(),
        "--to",
        "/all",
        "-q",
    ];
    let lists = |calls: Vec<imagekit_mock::RecordedRequest>| {
        let lists = calls
            .iter()
            .filter(|it| it.operation() == Some("listAssets"));
        lists.count()
    };
    mock.imagekit(upload).run().fine();
    assert_eq!(lists(mock.server.requests()), 1);
    assert_eq!(mock.server.library().ids().count(), 30);
    let before = mock.server.request_count();
    mock.imagekit(upload).run().fine();
    assert_eq!(mock.server.request_count() - before, 1 + 15);
}
