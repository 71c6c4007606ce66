use std::ffi::OsString;

use imagekit_mock::{Fault, Server, StatusCode};

use crate::support::{FILE, Mock, VERSION, imagekit};

/// The exit codes that scripts rely on.
#[test]
fn every_kind_of_failure_has_its_exit_code() {
    let limit = "40/1h".parse().unwrap();
    for (fault, code) in [
        (Fault::status(StatusCode::BAD_REQUEST), 2),
        (Fault::status(StatusCode::UNAUTHORIZED), 3),
        (Fault::status(StatusCode::FORBIDDEN), 3),
        (Fault::status(StatusCode::NOT_FOUND), 4),
        (Fault::too_many_requests(limit), 5),
        (Fault::status(StatusCode::NOT_IMPLEMENTED), 6),
        (Fault::html(StatusCode::HTTP_VERSION_NOT_SUPPORTED), 6),
        (Fault::status(StatusCode::MOVED_PERMANENTLY), 6),
        (Fault::stalled_body(), 6),
        (Fault::cut_body(), 6),
        (Fault::reset(), 6),
        (Fault::html(StatusCode::OK), 7),
        (Fault::status(StatusCode::ACCEPTED), 7),
        (Fault::status(StatusCode::PAYMENT_REQUIRED), 1),
    ] {
        let mock = Mock::start(Server::builder().fault(fault.clone()));
        let args = ["versions", "get", FILE, VERSION, "--deadline=0.4"];
        let failed = mock.imagekit(args).run();
        assert_eq!(failed.code, Some(code), "{fault:?}: {}", failed.stderr);
        assert_eq!(failed.stdout, "", "{fault:?}");
        assert_eq!(failed.stderr.lines().count(), 1, "{}", failed.stderr);
        assert!(failed.stderr.starts_with("error: "), "{}", failed.stderr);
        assert!(!failed.stderr.contains(mock.server.private_key()));
    }
}

#[test]
fn a_failure_names_the_request() {
    let mock = Mock::start(Server::builder());
    let failed = mock.imagekit(["versions", "get", FILE, "not-there"]).run();
    let request = mock.server.requests().pop().unwrap();
    assert_eq!(request.ids(), [FILE, "not-there"]);
    assert!(failed.stderr.contains("request id "), "{}", failed.stderr);
    assert!(
        failed.stderr.contains("check the ids and paths"),
        "{}",
        failed.stderr
    );
}

#[test]
fn what_cannot_be_understood_can_be_looked_at() {
    let mock = Mock::start(Server::builder().fault(Fault::html(StatusCode::OK)));
    let looked_at = mock
        .imagekit(["versions", "get", FILE, VERSION, "--raw"])
        .run();
    assert_eq!(looked_at.code, Some(7));
    assert_eq!(
        looked_at.stdout,
        "<html><body><h1>200 OK</h1></body></html>\n"
    );
}

#[test]
fn a_check_of_the_key_tells_what_is_wrong() {
    let mock = Mock::start(Server::builder());
    let wrong_key = mock
        .imagekit(["auth", "check"])
        .env("IMAGEKIT_PRIVATE_KEY", "private_wrong")
        .run();
    assert_eq!((wrong_key.code, wrong_key.stdout.as_str()), (Some(3), ""));
    assert!(
        wrong_key
            .stderr
            .contains("check that the private key from IMAGEKIT_PRIVATE_KEY is right"),
        "{}",
        wrong_key.stderr
    );

    let html = Fault::html(StatusCode::NOT_FOUND);
    let elsewhere = Mock::start(Server::builder().fault(html));
    let wrong_url = elsewhere.imagekit(["auth", "check"]).run();
    assert_eq!(wrong_url.code, Some(7));
    assert!(
        wrong_url.stderr.contains("check the base URL"),
        "{}",
        wrong_url.stderr
    );
}

#[test]
fn without_a_key_it_says_what_to_set() {
    for args in [
        &["versions", "get", FILE, VERSION][..],
        &["versions", "diff", FILE, VERSION, VERSION],
        &["auth", "check"],
    ] {
        let failed = imagekit(args).env("HOME", "/nowhere").run();
        assert_eq!(failed.code, Some(3));
        assert!(
            failed.stderr.contains("set IMAGEKIT_PRIVATE_KEY"),
            "{}",
            failed.stderr
        );
        assert!(failed.stderr.contains("--demo"), "{}", failed.stderr);
    }
}

#[cfg(unix)]
#[test]
fn arguments_that_are_not_utf_8_are_refused() {
    use std::os::unix::ffi::OsStringExt as _;
    let odd = || OsString::from_vec(b"a\xff".to_vec());
    for args in [
        vec!["versions".into(), "get".into(), odd(), VERSION.into()],
        vec!["versions".into(), "get".into(), FILE.into(), odd()],
        vec![odd()],
        vec!["--profile".into(), odd(), "auth".into(), "check".into()],
    ] {
        let refused = imagekit(args).run();
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""));
        assert!(refused.stderr.starts_with("error: "), "{}", refused.stderr);
    }
    let odd_key = imagekit(["auth", "check"])
        .env("IMAGEKIT_PRIVATE_KEY", odd())
        .run();
    assert_eq!(odd_key.code, Some(2));
    assert!(
        odd_key
            .stderr
            .contains("IMAGEKIT_PRIVATE_KEY is not Unicode"),
        "{}",
        odd_key.stderr
    );
}

/// Who runs a proxy has to see that it is the proxy which fails; its password is nobody else's business.
#[test]
fn a_proxy_that_fails_is_named_without_its_password() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    for (proxy, name) in [
        (format!("http://user:hunter2@{nobody}"), "https_proxy"),
        (format!("http://user:hunter2@{nobody}/"), "HTTPS_PROXY"),
        (format!("user:hunter2@{nobody}"), "all_proxy"),
    ] {
        let failed = imagekit(["versions", "get", FILE, VERSION, "--deadline=0.2"])
            .env("IMAGEKIT_PRIVATE_KEY", "your_private_api_key")
            .env("IMAGEKIT_BASE_URL", "https://imagekit.test")
            .env(name, &proxy)
            .run();
        assert_eq!(failed.code, Some(6), "{}", failed.stderr);
        assert_eq!(failed.stderr.lines().count(), 1, "{}", failed.stderr);
        for part in [&nobody.to_string(), name] {
            assert!(failed.stderr.contains(part), "{part}: {}", failed.stderr);
        }
        assert!(!failed.stderr.contains("hunter2"), "{}", failed.stderr);
    }
}
