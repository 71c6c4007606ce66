//! Generated files that are not what they should be.

use std::fs;

use crate::{edit, workspace, xtask};

const SCHEMA: &str = "openapi/schemas/FileType.json";

#[test]
fn a_stale_changed_or_missing_file_is_drift_until_generated_anew() {
    let workspace = workspace();
    let root = workspace.path();
    let is_clean = || xtask(root, &["generate", "--check"]).status.success();
    let shown = || String::from_utf8(xtask(root, &["generate", "--check"]).stdout).unwrap();
    assert!(!is_clean(), "nothing is generated yet");
    assert!(!root.join(SCHEMA).exists(), "--check has written");
    assert!(xtask(root, &["generate"]).status.success());
    assert!(is_clean());

    fs::write(root.join("openapi/schemas/Folder.json"), "{}").unwrap();
    assert!(!is_clean());
    assert!(shown().contains("openapi/schemas/Folder.json should no longer be there"));

    fs::remove_file(root.join(SCHEMA)).unwrap();
    assert!(shown().contains("+++ openapi/schemas/FileType.json (as generated)"));

    edit(
        root,
        "        image: An image.\n",
        "        image: A picture.\n",
    );
    assert!(shown().contains("+++ client/src/generated/types.rs (as generated)"));
    assert!(shown().contains("`image`: A picture."));

    assert!(xtask(root, &["generate"]).status.success());
    assert!(is_clean());
    assert!(!root.join("openapi/schemas/Folder.json").exists());
    assert!(root.join(SCHEMA).exists());
}

#[test]
fn nothing_is_generated_from_what_the_generator_cannot_take() {
    let workspace = workspace();
    let root = workspace.path();
    edit(root, "        '4XX':\n", "        default:\n");
    let output = xtask(root, &["generate"]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        message.contains("`default` would stand for successes too"),
        "{message}"
    );
    assert!(!root.join("client/src/generated/mod.rs").exists());
}

#[cfg(unix)]
#[test]
fn nothing_is_written_or_removed_through_a_link() {
    for linked in [
        "openapi/schemas",
        "client/src/generated/operations",
        "client/src",
    ] {
        let workspace = workspace();
        let root = workspace.path();
        let elsewhere = tempfile::tempdir().unwrap();
        let thesis = elsewhere.path().join("thesis.json");
        fs::write(&thesis, "years of work").unwrap();
        let link = root.join(linked);
        let _ = fs::remove_dir_all(&link);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), &link).unwrap();

        let output = xtask(root, &["generate"]);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{linked}: {message}");
        assert!(
            message.contains(linked) && message.contains("through a link"),
            "{message}"
        );
        assert_eq!(fs::read_to_string(&thesis).unwrap(), "years of work");
        assert_eq!(
            fs::read_dir(elsewhere.path()).unwrap().count(),
            1,
            "{linked}"
        );
    }
}
