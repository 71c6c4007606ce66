//! Flags over environment over configuration file.

use std::fs;
use std::path::{Path, PathBuf};

use imagekit_mock::Server;
use tempfile::TempDir;

use crate::support::{Mock, Outcome, imagekit};

const KEY: &str = "private_of_the_file";

/// A configuration file in the platform's folder.
struct Configuration {
    home: TempDir,
    path: PathBuf,
}

impl Configuration {
    fn write(text: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("imagekit");
        fs::create_dir(&folder).unwrap();
        let path = folder.join("config.toml");
        fs::write(&path, text).unwrap();
        permit(&path, 0o600);
        Self { home, path }
    }

    fn auth_check(&self, more: &[&str], environment: &[(&str, &str)]) -> Outcome {
        let mut check = imagekit([&["auth", "check"], more].concat())
            .env("XDG_CONFIG_HOME", self.home.path())
            .env("APPDATA", self.home.path());
        for (name, value) in environment {
            check = check.env(name, value);
        }
        check.run()
    }
}

fn permit(path: &Path, mode: u32) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    #[cfg(not(unix))]
    let _ = (path, mode);
}

fn mock(key: &str) -> Mock {
    Mock::start(Server::builder().private_key(key))
}

#[test]
fn flags_are_above_the_environment_and_that_is_above_the_file() {
    let by_file = mock(KEY);
    let by_environment = mock("private_of_the_environment");
    let by_profile = mock("private_of_work");
    let configuration = Configuration::write(&format!(
        "[profiles.default]\nprivate_key = '{KEY}'\nbase_url = '{}'\n\
         [profiles.work]\nprivate_key = 'private_of_work'\nbase_url = '{}'\n",
        by_file.server.url(),
        by_profile.server.url()
    ));
    let accepted_by = |mock: &Mock, checked: Outcome| {
        let printed = checked.fine();
        assert!(printed.contains(mock.server.url()), "{printed}");
        printed
    };
    let environment = [
        ("IMAGEKIT_PRIVATE_KEY", "private_of_the_environment"),
        ("IMAGEKIT_BASE_URL", by_environment.server.url()),
    ];

    let printed = accepted_by(&by_file, configuration.auth_check(&[], &[]));
    assert!(printed.contains("profile \"default\""), "{printed}");
    let printed = accepted_by(&by_environment, configuration.auth_check(&[], &environment));
    assert!(printed.contains("IMAGEKIT_PRIVATE_KEY"), "{printed}");
    let profile = [("IMAGEKIT_PROFILE", "work")];
    accepted_by(&by_profile, configuration.auth_check(&[], &profile));
    let flag = ["--profile", "work"];
    accepted_by(&by_profile, configuration.auth_check(&flag, &environment));
    let flag = ["--base-url", by_environment.server.url()];
    let other_spelling = [
        ("IMAGEKIT_PRIVATE_KEY", "private_of_the_environment"),
        ("IMAGE_KIT_BASE_URL", by_file.server.url()),
    ];
    accepted_by(
        &by_environment,
        configuration.auth_check(&flag, &other_spelling),
    );
    let refused = configuration.auth_check(&[], &other_spelling);
    assert_eq!(refused.code, Some(3), "another host knows another key");
}

/// A key for production must not reach the host of a test because a variable or a profile was left set.
#[test]
fn a_key_is_sent_only_where_it_is_meant_for() {
    let host = mock(KEY);
    let url = host.server.url();
    let only_url =
        format!("[profiles.default]\nbase_url = '{url}'\n[profiles.work]\nbase_url = '{url}'\n");
    let only_key = format!(
        "[profiles.default]\nprivate_key = '{KEY}'\n[profiles.work]\nprivate_key = '{KEY}'\n"
    );
    let key = ("IMAGEKIT_PRIVATE_KEY", KEY);
    let base_url = ("IMAGEKIT_BASE_URL", url);
    let work = ("IMAGEKIT_PROFILE", "work");
    let none: &[&str] = &[];
    for (file, flags, environment, parts) in [
        (
            &only_url,
            none,
            &[key][..],
            ["IMAGEKIT_PRIVATE_KEY", "profile \"default\""],
        ),
        (
            &only_url,
            none,
            &[key, work],
            ["IMAGEKIT_PRIVATE_KEY", "profile \"work\""],
        ),
        (
            &only_key,
            none,
            &[base_url],
            ["profile \"default\"", "IMAGEKIT_BASE_URL"],
        ),
        (
            &only_key,
            none,
            &[base_url, work],
            ["profile \"work\"", "IMAGEKIT_BASE_URL"],
        ),
        (
            &only_url,
            &["--profile=work"],
            &[key],
            ["\"work\" has no private key", "auth login"],
        ),
    ] {
        let refused = Configuration::write(file).auth_check(flags, environment);
        assert!(matches!(refused.code, Some(2 | 3)), "{refused:?}");
        assert_eq!(refused.stderr.lines().count(), 1, "{}", refused.stderr);
        for part in parts {
            assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
        }
    }
    assert!(host.server.requests().is_empty());

    let flag = ["--base-url", url];
    Configuration::write(&only_url)
        .auth_check(&flag, &[key])
        .fine();
    Configuration::write(&only_key)
        .auth_check(&flag, &[])
        .fine();
}

#[test]
fn the_key_can_come_from_standard_input_with_ids_after_it() {
    let mock = mock(KEY);
    let args = [
        "versions",
        "get",
        "598821f949c0a938d57563bd",
        "-",
        "--field=name",
        "--key-stdin",
    ];
    let printed = imagekit(args)
        .env("IMAGEKIT_BASE_URL", mock.server.url())
        .env("IMAGEKIT_PRIVATE_KEY", "private_wrong")
        .input(format!("{KEY}\r\n697821f849c0a938d57563ce\n"))
        .run();
    assert_eq!(printed.fine(), "file1.jpg\n");

    let nothing = imagekit(["auth", "check", "--key-stdin"]).run();
    assert_eq!(nothing.code, Some(2));
    assert!(
        nothing.stderr.contains("no key on standard input"),
        "{}",
        nothing.stderr
    );
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_warned_of() {
    let mock = mock(KEY);
    let text = format!(
        "[profiles.default]\nprivate_key = '{KEY}'\nbase_url = '{}'\n",
        mock.server.url()
    );
    let configuration = Configuration::write(&text);
    permit(&configuration.path, 0o644);
    let checked = configuration.auth_check(&[], &[]);
    assert_eq!(checked.code, Some(0));
    let warning = checked.stderr;
    assert!(
        warning.starts_with("warning: ") && warning.contains("chmod 600"),
        "{warning}"
    );
    assert!(!warning.contains(KEY));
}

#[test]
fn a_mistake_in_the_file_is_told_without_the_key() {
    for (text, told) in [
        (
            format!("[profiles.default]\nprivate_key = \"{KEY}"),
            "in line 2",
        ),
        (
            format!("[profiles.default]\nprivate_key = {KEY}"),
            "in line 2",
        ),
        (format!("[profiles]\ndefault = \"{KEY}\""), "in line 2"),
        (format!("profiles = \"{KEY}\""), "in line 1"),
        (
            format!("\n\n[profiles.default]\nprivat_key = \"{KEY}\""),
            "private_key",
        ),
        (format!("private_key = \"{KEY}\""), "profiles"),
        (
            format!("[profiles.default]\nprivate_key = [\"{KEY}\"]"),
            "in line 2",
        ),
        (
            format!("[profiles.default]\nprivate_key = \"{KEY}\\n\"\nbase_url = 5"),
            "in line 3",
        ),
        (
            format!("[profiles.default]\nprivate_key = \"{KEY}:\""),
            "colon",
        ),
        (
            format!("[profiles.default]\n{KEY} = \"a\""),
            "unknown field",
        ),
        (format!("[profiles.default.\"{KEY}\"]"), "unknown field"),
        (format!("{KEY} = 1"), "unknown field"),
        (format!("[{KEY}]"), "unknown field"),
        (format!("[profiles.{KEY}]\nx = 1"), "unknown field"),
        (format!("[profiles]\n{KEY} = 1"), "in line 2"),
        (
            format!("[profiles.default]\nprivate_key = \"a\"\nbase_url = \"https://h/?{KEY}\""),
            "query",
        ),
        (
            format!("[profiles.default]\nprivate_key = \"a\"\nbase_url = \"{KEY}:@h\""),
            "not a URL",
        ),
        (
            format!("[profiles.default]\nprivate_key = \"a\"\nbase_url = \"https://{KEY}:@h\""),
            "user name",
        ),
    ] {
        let failed = Configuration::write(&text).auth_check(&[], &[]);
        assert_eq!(failed.code, Some(2), "{text}: {}", failed.stderr);
        assert!(failed.stderr.contains(told), "{text}: {}", failed.stderr);
        assert!(!failed.stderr.contains(KEY), "{}", failed.stderr);
        assert_eq!(failed.stderr.lines().count(), 1, "{}", failed.stderr);
    }
}

#[test]
fn a_key_in_place_of_a_name_is_not_listed() {
    let configuration = Configuration::write(&format!("[profiles.work]\n[profiles.{KEY}]\n"));
    let failed = configuration.auth_check(&["--profile=home"], &[]);
    assert_eq!(failed.code, Some(2), "{}", failed.stderr);
    assert!(
        failed.stderr.contains("there are: work"),
        "{}",
        failed.stderr
    );
    assert!(!failed.stderr.contains(KEY), "{}", failed.stderr);
}

#[test]
fn a_file_or_profile_that_is_asked_for_must_exist() {
    let configuration = Configuration::write("[profiles.work]\n[profiles.home]\n");
    let no_file = configuration.auth_check(&["--config", "/nowhere/config.toml"], &[]);
    assert_eq!(no_file.code, Some(2));
    assert!(
        no_file.stderr.contains("/nowhere/config.toml"),
        "{}",
        no_file.stderr
    );
    let no_profile = configuration.auth_check(&["--profile", "wrok"], &[]);
    assert_eq!(no_profile.code, Some(2));
    assert!(
        no_profile.stderr.contains("there are: home, work"),
        "{}",
        no_profile.stderr
    );
    let no_key = configuration.auth_check(&["--profile", "work"], &[]);
    assert_eq!(no_key.code, Some(3), "{}", no_key.stderr);
}
