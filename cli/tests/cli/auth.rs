//! The private key from being asked for to being forgotten, and what the doctor says.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use imagekit_mock::{Bytes, Fault, HeaderValue, Response, Server, StatusCode};
use rcgen::{Certificate, CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::sign::{self, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};
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
fn the_file_is_where_the_key_is_if_that_is_asked_for() {
    let home = Home::new();
    let told = home.login(KEY, &["--in-file"]).run().fine();
    assert!(told.contains("config.toml"), "{told}");
    let stored = fs::read_to_string(home.file()).unwrap();
    assert!(stored.contains(KEY), "{stored}");
    // What is said to be in a keyring is not there, since that is left alone.
    fs::write(home.file(), "[profiles.default]\nkeyring = true\n").unwrap();
    let locked = home.run(&["ls"]).run();
    assert_eq!(locked.code, Some(3), "{locked:?}");
    assert!(
        locked.stderr.contains("IMAGEKIT_KEYRING is off"),
        "{}",
        locked.stderr
    );
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
fn programs_get_a_line_of_json_for_each_finding() {
    let home = Home::new();
    let json = |args: &[&str], code| {
        let outcome = home.run(args).run();
        assert_eq!(outcome.code, Some(code), "{outcome:?}");
        assert!(!outcome.stdout.contains(KEY), "{outcome:?}");
        let lines = outcome.stdout.lines();
        lines
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .collect::<Vec<_>>()
    };
    home.login(KEY, &["--json"]).run().fine();
    let url = home.mock.server.url();
    let status = json(&["auth", "status", "--json"], 0);
    assert_eq!(status[0]["outcome"], "accepted");
    assert!(status[0]["baseUrl"].as_str().unwrap().starts_with(url));
    assert!(status[0]["requestId"].is_string());

    let findings = json(&["doctor", "--json"], 0);
    let outcome =
        |about| findings.iter().find(|it| it["about"] == about).unwrap()["outcome"].clone();
    assert_eq!(outcome("access"), "ok");
    assert_eq!(outcome("clock"), "ok");

    let removed = json(&["auth", "logout", "--json"], 0);
    assert_eq!(removed[0]["profile"], "default");
    let findings = json(&["doctor", "--json"], 3);
    let last = findings.last().unwrap();
    assert_eq!(
        (&last["outcome"], &last["about"]),
        (&"bad".into(), &"key and base URL".into())
    );
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

/// What the doctor says of a base URL.
fn diagnosis(url: &str, environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut doctor = imagekit(["doctor", "--base-url", url]).env("IMAGEKIT_PRIVATE_KEY", KEY);
    for (name, value) in environment {
        doctor = doctor.env(name, value);
    }
    let outcome = doctor.run();
    assert_eq!(outcome.stderr, "");
    (outcome.code, outcome.stdout)
}

#[test]
fn the_doctor_tells_tls_from_the_network() {
    let mock = Mock::start(Server::builder());
    let place = mock.server.url().trim_start_matches("http://");
    let (code, told) = diagnosis(&format!("https://{place}"), &[]);
    assert_eq!(code, Some(6), "{told}");
    assert!(
        told.contains(&format!("ok   network: {place} can be reached\n")),
        "{told}"
    );
    assert!(
        told.contains("bad  TLS: ") && told.contains("the date of this machine"),
        "{told}"
    );

    let (code, told) = diagnosis("https://127.0.0.1:9", &[]);
    assert_eq!(code, Some(6), "{told}");
    assert!(
        told.contains("bad  network: ") && !told.contains("TLS"),
        "{told}"
    );
}

/// Makes a certificate for 127.0.0.1, signed by its own key.
fn certificate() -> CertifiedKey<KeyPair> {
    generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap()
}

/// Starts a server that has nothing, but shows a certificate and signs with a key; gives its port.
fn tls_server(
    version: &'static SupportedProtocolVersion,
    certificate: &Certificate,
    key: &KeyPair,
) -> u16 {
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let key = aws_lc_rs::sign::any_supported_type(&key.into()).unwrap();
    // Unlike `with_single_cert`, this takes a key that is not of the certificate.
    let identity = sign::CertifiedKey::new(vec![certificate.der().clone()], key);
    let config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(identity)));
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(config.clone()).unwrap();
            let mut stream = StreamOwned::new(connection, stream.unwrap());
            // Without trust, the other side breaks the handshake off.
            if stream.read(&mut [0; 4096]).is_ok() {
                let response = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
                stream.write_all(response).unwrap();
            }
        }
    });
    port
}

#[test]
fn the_doctor_names_a_certificate_that_is_not_trusted() {
    let CertifiedKey { cert, signing_key } = certificate();
    let port = tls_server(&TLS13, &cert, &signing_key);
    let (code, told) = diagnosis(&format!("https://127.0.0.1:{port}"), &[]);
    assert_eq!(code, Some(6), "{told}");
    assert!(
        told.contains(&format!("ok   network: 127.0.0.1:{port} can be reached\n")),
        "{told}"
    );
    let tls = told.lines().find(|line| line.starts_with("bad  TLS: "));
    assert!(
        tls.is_some_and(|line| line.contains("certificate: ") && line.contains("UnknownIssuer")),
        "{told}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn whom_the_operating_system_trusts_is_trusted_by_name_and_key_alone() {
    let CertifiedKey { cert, signing_key } = certificate();
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("trusted.pem");
    fs::write(&trusted, cert.pem()).unwrap();
    let (trusted, nothing) = (trusted.to_str().unwrap(), folder.path().join("nothing"));
    fs::create_dir(&nothing).unwrap();
    let nothing = nothing.to_str().unwrap();
    for version in [&TLS12, &TLS13] {
        let genuine = tls_server(version, &cert, &signing_key);
        let without_the_key = tls_server(version, &cert, &certificate().signing_key);
        for (host, port, file, code, says) in [
            (
                "127.0.0.1",
                genuine,
                trusted,
                7,
                "ok   network: connected by TLS\n",
            ),
            ("localhost", genuine, trusted, 6, "not valid for name"),
            ("127.0.0.1", without_the_key, trusted, 6, "BadSignature"),
            (
                "127.0.0.1",
                genuine,
                nothing,
                6,
                ": the certificates to trust cannot be read: ",
            ),
        ] {
            let environment = [("SSL_CERT_FILE", file), ("SSL_CERT_DIR", nothing)];
            let (exit, told) = diagnosis(&format!("https://{host}:{port}"), &environment);
            assert_eq!(exit, Some(code), "{told}");
            assert!(told.contains(says), "{told}");
        }
    }
}

#[test]
fn the_doctor_names_the_proxy_that_is_in_the_way() {
    let proxy = [("HTTPS_PROXY", "http://me:secret@127.0.0.1:9")];
    let (code, told) = diagnosis("https://imagekit.example.com", &proxy);
    assert_eq!(code, Some(6), "{told}");
    assert!(
        told.contains("note proxy: HTTPS_PROXY is set to http://…@127.0.0.1:9\n"),
        "{told}"
    );
    assert!(told.contains("bad  network: "), "{told}");
    assert!(
        told.contains("through the proxy http://127.0.0.1:9 (from HTTPS_PROXY)"),
        "{told}"
    );
    assert!(!told.contains("secret"), "{told}");
}

#[test]
fn the_doctor_compares_the_clocks() {
    for (date, told, status) in [
        (
            "Thu, 01 Jan 2015 00:00:00 GMT",
            " seconds fast; set it",
            StatusCode::OK,
        ),
        (
            "Fri, 01 Jan 2100 00:00:00 GMT",
            " seconds slow; set it",
            StatusCode::OK,
        ),
        (
            "Fri, 01 Jan 2100 00:00:00 GMT",
            " seconds slow; set it",
            StatusCode::UNAUTHORIZED,
        ),
    ] {
        let mut response = Response::new(Bytes::from("[]"));
        *response.status_mut() = status;
        response
            .headers_mut()
            .insert("date", HeaderValue::from_static(date));
        let mock = Mock::start(Server::builder().fault(Fault::response(response)));
        let outcome = mock.imagekit(["doctor"]).run();
        assert!(outcome.stdout.contains("bad  clock: "), "{outcome:?}");
        assert!(outcome.stdout.contains(told), "{outcome:?}");
    }
}

#[test]
fn the_doctor_says_what_is_wrong_with_the_base_url_and_the_file() {
    for (url, problem) in [
        ("imagekit", "not a URL"),
        (
            "http://imagekit.example.com",
            "would send the private key in the clear",
        ),
    ] {
        let (code, told) = diagnosis(url, &[]);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains("bad  key and base URL: "), "{told}");
        assert!(told.contains(problem), "{told}");
    }
    let home = Home::new();
    fs::create_dir(home.folder.path().join("imagekit")).unwrap();
    fs::write(home.file(), "nonsense").unwrap();
    let outcome = home.run(&["doctor"]).run();
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(
        outcome.stdout.contains("bad  configuration: "),
        "{outcome:?}"
    );
}
