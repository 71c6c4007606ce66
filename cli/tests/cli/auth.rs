//! The private key from being asked for to being forgotten, and what the doctor says.

use std::fs;
use std::path::PathBuf;

use imagekit_mock::{Fault, Server, StatusCode};
use tempfile::TempDir;

use crate::support::{Imagekit, Mock, imagekit};

const KEY: &str = "private_of_a_test";

struct Home {
    folder: TempDir,
    mock: Mock,
}

impl Home {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            mock: Mock::start(Server::builder().private_key(KEY)),
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("imagekit/config.toml")
    }

    fn run(&self, args: &[&str]) -> Imagekit {
        imagekit(args)
            .env("XDG_CONFIG_HOME", self.folder.path())
            .env("APPDATA", self.folder.path())
    }

    fn login(&self, key: &str, more: &[&str]) -> Imagekit {
        let args = [
            &[
                "auth",
                "login",
                "--key-stdin",
                "--base-url",
                self.mock.server.url(),
            ],
            more,
        ];
        self.run(&args.concat()).input(format!("{key}\n"))
    }
}

#[test]
fn a_key_is_checked_stored_for_its_owner_alone_used_and_forgotten() {
    let home = Home::new();
    let told = home.login(KEY, &[]).run().fine();
    assert!(told.contains("stored as profile \"default\""), "{told}");
    assert!(!told.contains(KEY), "{told}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(home.file()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let told = home.run(&["auth", "status"]).run().fine();
    assert!(
        told.contains("accepts the private key from profile \"default\""),
        "{told}"
    );
    assert_eq!(home.run(&["ls"]).run().code, Some(0));

    home.login(KEY, &["--profile", "work"]).run().fine();
    home.run(&["auth", "logout"]).run().fine();
    assert_eq!(home.run(&["auth", "status"]).run().code, Some(3));
    assert_eq!(
        home.run(&["auth", "status", "--profile", "work"])
            .run()
            .code,
        Some(0)
    );
    let again = home.run(&["auth", "logout"]).run();
    assert_eq!(again.code, Some(4), "{again:?}");
    // A base URL that was stored with the key is kept, and can be removed by hand.
    assert!(
        !fs::read_to_string(home.file())
            .unwrap()
            .contains("[profiles.default]\nprivate_key")
    );
}

#[test]
fn a_key_that_is_not_accepted_is_not_stored() {
    let home = Home::new();
    let refused = home.login("private_wrong", &[]).run();
    assert_eq!(refused.code, Some(3), "{refused:?}");
    assert!(!home.file().exists());
    let empty = home.login("", &[]).run();
    assert_eq!(empty.code, Some(2), "{empty:?}");
    let nobody = home.run(&["auth", "login"]).run();
    assert_eq!(nobody.code, Some(2), "{nobody:?}");
    assert!(nobody.stderr.contains("--key-stdin"), "{}", nobody.stderr);
    let demo = home.run(&["auth", "login", "--demo"]).run();
    assert_eq!(demo.code, Some(2), "{demo:?}");
}

#[test]
fn what_else_is_in_the_file_stays() {
    let home = Home::new();
    let text = "# mine\n[profiles.other] # theirs\nprivate_key = \"private_other\"\n";
    fs::create_dir(home.folder.path().join("imagekit")).unwrap();
    fs::write(home.file(), text).unwrap();
    home.login(KEY, &[]).run().fine();
    let stored = fs::read_to_string(home.file()).unwrap();
    assert!(stored.starts_with(text), "{stored}");
    home.run(&["auth", "logout", "--profile", "other"])
        .run()
        .fine();
    let stored = fs::read_to_string(home.file()).unwrap();
    assert!(!stored.contains("private_other"), "{stored}");
    assert!(stored.contains(KEY), "{stored}");
}

#[test]
fn another_file_can_be_named() {
    let home = Home::new();
    let file = home.folder.path().join("new/keys.toml");
    let name = file.to_str().unwrap();
    home.login(KEY, &["--config", name]).run().fine();
    assert_eq!(
        home.run(&["auth", "status", "--config", name]).run().code,
        Some(0)
    );
}

#[test]
fn the_doctor_finds_nothing_wrong() {
    let home = Home::new();
    home.login(KEY, &[]).run().fine();
    let told = home
        .run(&["doctor"])
        .env("HTTPS_PROXY", "http://me:secret@proxy:1")
        .run();
    assert_eq!(told.code, Some(0), "{told:?}");
    for good in [
        "configuration",
        "key",
        "base URL",
        "network",
        "access",
        "clock",
    ] {
        assert!(
            told.stdout.contains(&format!("ok   {good}: ")),
            "{}",
            told.stdout
        );
    }
    assert!(
        told.stdout
            .contains("HTTPS_PROXY is set to http://…@proxy:1"),
        "{}",
        told.stdout
    );
    assert!(!told.stdout.contains("secret"), "{}", told.stdout);
}

#[test]
fn the_doctor_says_what_is_wrong() {
    let no_key = imagekit(["doctor"]).env("HOME", "/nowhere").run();
    assert_eq!(no_key.code, Some(3));
    assert!(
        no_key
            .stdout
            .contains("bad  key and base URL: there is no private key"),
        "{}",
        no_key.stdout
    );

    let mock = Mock::start(Server::builder());
    let wrong = mock
        .imagekit(["doctor"])
        .env("IMAGEKIT_PRIVATE_KEY", "private_wrong")
        .run();
    assert_eq!(wrong.code, Some(3), "{wrong:?}");
    assert!(wrong.stdout.contains("bad  access: "), "{}", wrong.stdout);
    assert!(wrong.stdout.contains("ok   network: "), "{}", wrong.stdout);

    let nobody = mock
        .imagekit(["doctor"])
        .env("IMAGEKIT_BASE_URL", "http://127.0.0.1:9")
        .run();
    assert_eq!(nobody.code, Some(6), "{nobody:?}");
    assert!(
        nobody.stdout.contains("bad  network: "),
        "{}",
        nobody.stdout
    );

    let other = Mock::start(Server::builder().fault(Fault::html(StatusCode::NOT_FOUND)));
    let other = other.imagekit(["doctor"]).run();
    assert_eq!(other.code, Some(7), "{other:?}");
    assert!(
        other.stdout.contains("check the base URL"),
        "{}",
        other.stdout
    );
}
