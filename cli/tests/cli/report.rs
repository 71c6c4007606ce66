use std::fs;

use imagekit_mock::{File, Library, Server};

use crate::support::{Mock, imagekit};

const HOSTILE: &str = "<script>alert(1)</script>\"' onerror=x";

#[test]
fn a_report_shows_both_versions_and_escapes_everything() {
    let hostile = |number: usize, version: &mut serde_json::Value| {
        version["name"] = HOSTILE.into();
        version["filePath"] = format!("/{HOSTILE}").into();
        version["tags"] = vec![format!("{HOSTILE}{number}")].into();
        version["mime"] = HOSTILE.into();
        version["description"] = format!("{number}{HOSTILE}").into();
        version["url"] = "javascript:alert(1)".into();
        version["thumbnail"] = format!("data:image/svg+xml,<svg/>{HOSTILE}{number}").into();
        version["versionInfo"]["name"] = format!("{HOSTILE}{number}").into();
    };
    let library = Library::new().file(File::new("file").versions(2).each(hostile));
    let mock = Mock::start(Server::builder().library(library));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    let args = ["versions", "diff", "file", "file", "file-2", "--html"].map(Into::into);
    let args: Vec<std::ffi::OsString> = args.into_iter().chain([path.clone().into()]).collect();
    let printed = mock.imagekit(args).run().fine();
    assert_eq!(printed, format!("{} written\n", path.display()));

    let page = fs::read_to_string(&path).unwrap();
    assert!(!page.contains("<script"), "{page}");
    assert!(!page.contains("javascript:"), "a link that is none");
    assert!(!page.contains("\"' onerror"), "{page}");
    let thumbnails: Vec<&str> = page.matches("<img src=\"data:image/svg+xml,").collect();
    assert_eq!(thumbnails.len(), 2);
    assert!(page.contains("default-src &#39;none&#39;") || page.contains("default-src 'none'"));
}

#[test]
fn a_report_needs_nothing_from_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    let path = path.to_str().unwrap();
    let ids = [
        "68f1c2a95c7cd75eb8a1d04e",
        "68f1c2a95c7cd75eb87fa00a",
        "68f1c2a95c7cd75eb8808ccf",
    ];
    let args = [
        "--demo", "versions", "diff", ids[0], ids[1], ids[2], "--html", path,
    ];
    imagekit(args).run().fine();
    let page = fs::read_to_string(path).unwrap();
    assert!(
        page.contains("<del>winter</del>") && page.contains("<ins>wool</ins>"),
        "{page}"
    );
    assert!(page.contains("4,413,552 bytes, +1,817,345"), "{page}");
    // What the cards show has no row, and of an address only what differs is marked.
    for shown in ["size", "width", "createdAt", "thumbnail"] {
        assert!(
            !page.contains(&format!("<th scope=\"row\">{shown}<")),
            "{shown}"
        );
    }
    assert!(
        page.contains("ik-obj-version=<b>68f1c2a95c7cd75eb8808ccf&amp;</b>")
            || page.contains("ik-obj-version=<b>68f1c2a95c7cd75eb8808ccf&#38;</b>"),
        "{page}"
    );
    for loads in ["<link", "src=\"http", "@import", "url(http"] {
        assert!(!page.contains(loads), "{loads}");
    }
}

#[test]
fn a_thumbnail_is_fetched_without_the_key_and_becomes_part_of_the_report() {
    use imagekit_mock::{Bytes, Fault, HeaderValue, Response};
    let mut picture = Response::new(Bytes::from_static(b"GIF89a"));
    picture
        .headers_mut()
        .insert("content-type", HeaderValue::from_static("image/gif"));
    let pictures = Mock::start(Server::builder().fault(Fault::response(picture).on_id("picture")));
    let address = format!("{}/v1/files/picture/versions/", pictures.server.url());
    let library =
        Library::new().file(File::new("file").versions(2).each(move |number, version| {
            let thumbnail = match number {
                1 => format!("{address}{number}"),
                _ => address.replace("picture", "no-picture") + "2",
            };
            version["thumbnail"] = thumbnail.into();
        }));
    let mock = Mock::start(Server::builder().library(library));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    let path = path.to_str().unwrap();
    let args = ["versions", "diff", "file", "file", "file-2", "--html", path];
    let written = mock.imagekit(args).run();
    assert_eq!(written.code, Some(0));
    assert!(
        written
            .stderr
            .starts_with("warning: the report lacks the thumbnail"),
        "{}",
        written.stderr
    );
    let page = fs::read_to_string(path).unwrap();
    assert!(
        page.contains("<img src=\"data:image/gif;base64,R0lGODlh\""),
        "{page}"
    );
    for request in pictures.server.requests() {
        assert!(!request.headers().contains_key("authorization"));
    }
}

fn diff(mock: &Mock, path: &std::path::Path) -> crate::support::Imagekit {
    let args = ["versions", "diff", "file", "file", "file-2", "--html"].map(Into::into);
    let args: Vec<std::ffi::OsString> = args.into_iter().chain([path.into()]).collect();
    mock.imagekit(args)
}

fn library(thumbnail: &str) -> Mock {
    let thumbnail = thumbnail.to_owned();
    let each =
        move |_, version: &mut serde_json::Value| version["thumbnail"] = thumbnail.clone().into();
    let library = Library::new().file(File::new("file").versions(2).each(each));
    Mock::start(Server::builder().library(library))
}

#[test]
fn a_thumbnail_has_a_bound_wherever_it_comes_from_and_no_user_to_log_in_as() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    let long = format!("data:image/png;base64,{}", "A".repeat(5 * 1024 * 1024));
    for (thumbnail, problem) in [
        (long.as_str(), "longer than"),
        (
            "http://user:pass@127.0.0.1:9/a.png",
            "a user name or a password",
        ),
    ] {
        let outcome = diff(&library(thumbnail), &path).run();
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(problem), "{}", outcome.stderr);
        assert!(
            outcome.stderr.len() < 2000,
            "{} bytes",
            outcome.stderr.len()
        );
        assert!(fs::metadata(&path).unwrap().len() < 100_000);
    }
}

#[cfg(unix)]
#[test]
fn a_report_replaces_the_old_one_as_a_whole_and_no_file_that_a_link_leads_to() {
    use std::process::Command;

    let mock = library("data:image/png;base64,AAAA");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    fs::write(&path, "old").unwrap();

    // A file may have no more than a block here, as on a disk that is full.
    let program = diff(&mock, &path);
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -f 1; exec \"$@\"", "sh"]);
    shell
        .arg(program.command.get_program())
        .args(program.command.get_args());
    for (name, value) in program.command.get_envs() {
        shell.env(name, value.unwrap());
    }
    assert!(!shell.status().unwrap().success());
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");

    diff(&mock, &path).run().fine();
    assert!(fs::read_to_string(&path).unwrap().contains("<html"));

    let elsewhere = folder.path().join("thesis.txt");
    fs::write(&elsewhere, "years of work").unwrap();
    let link = folder.path().join("link.html");
    std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
    let refused = diff(&mock, &link).run();
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(
        refused.stderr.contains("it is a link"),
        "{}",
        refused.stderr
    );
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "years of work");
}
