//! What a shell gets when somebody presses the tab key.

use std::fs;

use imagekit_mock::{Fault, File, Library, Server};

use crate::support::{Imagekit, Mock, imagekit};

/// Asks as the fish does, which wants no more than a line for each way to go on.
fn asking(imagekit: Imagekit) -> Vec<String> {
    let lines = imagekit.env("COMPLETE", "fish").run().fine();
    let names = lines.lines().filter_map(|line| line.split('\t').next());
    names.map(str::to_owned).collect()
}

/// How a line goes on, the last word of which is being typed.
fn completions(line: &[&str]) -> Vec<String> {
    asking(imagekit(["--", "imagekit"].iter().chain(line)))
}

#[test]
fn every_shell_has_a_script_that_asks_the_program() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = imagekit(["completions", shell]).run().fine();
        assert!(script.contains("COMPLETE"), "{shell}: {script}");
        assert!(script.contains("imagekit"), "{shell}: {script}");
    }
}

#[test]
fn commands_options_operations_and_values_are_completed() {
    assert_eq!(completions(&["versi"]), ["versions"]);
    assert_eq!(completions(&["versions", "di"]), ["diff"]);
    assert_eq!(completions(&["upload", "--conc"]), ["--concurrency"]);
    assert_eq!(
        completions(&["api", "list-cust"]),
        ["list-custom-metadata-fields"]
    );
    assert_eq!(
        completions(&["api", "list-assets", "--search-q"]),
        ["--search-query"]
    );
    assert_eq!(
        completions(&["api", "list-assets", "--sort", "DESC_REL"]),
        ["DESC_RELEVANCE"]
    );
    assert_eq!(
        completions(&["webhooks", "send", "--event", "folder.c"]),
        ["folder.created"]
    );
}

#[test]
fn profiles_are_completed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    fs::write(
        &file,
        "[profiles.work]\n[profiles.home]\n[profiles.other]\n",
    )
    .unwrap();
    let config = file.to_str().unwrap();
    assert_eq!(
        completions(&["--config", config, "ls", "--profile", ""]),
        ["home", "other", "work"]
    );
    assert_eq!(
        completions(&["ls", "--config", config, "--profile", "w"]),
        ["work"]
    );
    fs::write(&file, "nonsense").unwrap();
    assert!(completions(&["--config", config, "--profile", ""]).is_empty());
}

#[test]
fn paths_of_the_library_are_completed() {
    let ls = |typed: &str| completions(&["--demo", "ls", typed]);
    assert_eq!(ls("/we"), ["/welcome/"]);
    assert_eq!(ls("we"), ["welcome/"]);
    assert_eq!(
        ls("/welcome/"),
        [
            "/welcome/hello.txt",
            "/welcome/notes/",
            "/welcome/pixel.gif"
        ]
    );
    assert_eq!(ls("/catalogue/2025/w"), ["/catalogue/2025/winter coat.jpg"]);
    assert_eq!(ls("/nowhere/"), [""; 0]);
    assert!(ls("").contains(&"/brand/".to_owned()));
    assert_eq!(
        completions(&["rm", "--demo", "/welcome/h"]),
        ["/welcome/hello.txt"]
    );
    assert_eq!(
        completions(&["mv", "--demo", "/brand/logo.png", "/im"]),
        ["/images/"]
    );
    assert_eq!(
        completions(&["upload", "--demo", "x", "--to", "/welcome/"]),
        ["/welcome/notes/"]
    );
    assert_eq!(
        completions(&["versions", "restore", "--demo", "/brand/"]),
        ["/brand/logo.png"]
    );
}

#[test]
fn the_library_is_that_of_whoever_asks() {
    let library = Library::new()
        .file(File::new("598821f949c0a938d57563b1").path("/mine.txt"))
        .file(File::new("598821f949c0a938d57563b2").path("/two\nlines.txt"));
    let mock = Mock::start(Server::builder().library(library));
    let words = ["--", "imagekit", "get", "/"];
    assert_eq!(asking(mock.imagekit(words)), ["/mine.txt"]);
    let other = asking(
        mock.imagekit(words)
            .env("IMAGEKIT_PRIVATE_KEY", "private_wrong"),
    );
    assert!(other.is_empty(), "{other:?}");
    let silent = Mock::start(Server::builder().fault(Fault::stalled_body()));
    assert!(asking(silent.imagekit(words)).is_empty());
    assert!(completions(&["get", "/"]).is_empty(), "without a key");
}

/// Asks as bash does, by the script that it is given.
#[cfg(target_os = "linux")]
#[test]
fn bash_completes_names_with_spaces() {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_imagekit"));
    let script = r#"
        eval "$(imagekit completions bash)"
        COMP_WORDS=(imagekit --demo ls "$1") COMP_CWORD=3 COMP_TYPE=9
        _clap_complete_imagekit imagekit "$1" ls
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let completed = |typed: &str| {
        let mut bash = std::process::Command::new("/bin/bash");
        let bash = bash.args(["-c", script, "bash", typed]).env_clear();
        let output = bash
            .env("PATH", program.parent().unwrap())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(
        completed("/catalogue/2025/"),
        "/catalogue/2025/winter\\ coat.jpg\n"
    );
    assert_eq!(
        completed("/catalogue/2025/winter\\ c"),
        "/catalogue/2025/winter\\ coat.jpg\n"
    );
    assert_eq!(completed("/br"), "/brand/\n");
}
