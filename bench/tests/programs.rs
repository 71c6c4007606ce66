//! The programs of the benchmarks, which else run only when all is measured: that each does what it is measured for.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use imagekit_bench::Offline;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::Value;

fn program(arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_imagekit-bench"));
    program.args(arguments);
    program
}

/// What a program prints last, or what it complains about.
fn run(program: &mut Command) -> Result<Value, String> {
    let output = program.output().unwrap();
    if output.status.success() {
        Ok(serde_json::from_slice(&output.stdout).unwrap())
    } else {
        Err(String::from_utf8(output.stderr).unwrap())
    }
}

/// A program that prints its URL and runs until it is dropped.
struct Server {
    url: String,
    process: Child,
}

impl Server {
    fn start(program: &mut Command) -> Self {
        let mut process = program.stdout(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        let stdout = process.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut url).unwrap();
        url.truncate(url.trim_end().len());
        Self { url, process }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[test]
fn every_peer_makes_its_calls() {
    let server = Server::start(&mut program(&["server", "0", "0"]));
    for peer in ["hyper", "lean", "plain", "ours"] {
        let measured = run(&mut program(&["call", peer, &server.url, "2", "1", "4"])).unwrap();
        assert!(measured["seconds"].is_f64(), "{peer}: {measured}");
        assert!(measured["processor_seconds"].is_f64(), "{peer}: {measured}");
        assert!(measured["peak_bytes"].is_u64(), "{peer}: {measured}");
    }
    let closed = run(&mut program(&[
        "call",
        "ours",
        "http://127.0.0.1:9",
        "1",
        "0",
        "1",
    ]));
    assert!(closed.unwrap_err().contains("no connection"));
}

#[test]
fn versions_lists_urls_and_events_are_what_they_are_counted_for() {
    let files = Server::start(&mut program(&["server", "0", "1000"]));
    for peer in ["plain", "ours"] {
        run(&mut program(&["decode", peer, "2"])).unwrap();
        run(&mut program(&["list", peer, &files.url, "2"])).unwrap();
        run(&mut program(&["clients", peer, "2"])).unwrap();
    }
    for name in Offline::NAMES {
        run(&mut program(&["offline", name, "2"])).unwrap();
    }
}

#[test]
fn uploads_arrive() {
    let server = Server::start(&mut program(&["upload-server"]));
    for peer in ["plain", "ours"] {
        run(&mut program(&["upload-large", peer, &server.url, "2"])).unwrap();
        run(&mut program(&["upload-small", peer, &server.url, "32"])).unwrap();
    }
}

/// What only Linux makes of the system's certificates and of a full queue.
#[cfg(target_os = "linux")]
#[test]
fn a_network_far_away_is_crossed_and_its_faults_are_survived() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("certificate.pem");
    let names = ["imagekit.test".to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    fs::write(&certificate, cert.pem()).unwrap();
    fs::write(folder.path().join("key.pem"), signing_key.serialize_pem()).unwrap();
    let trusting = |arguments: &[&str]| {
        let mut program = program(arguments);
        program.env("SSL_CERT_FILE", &certificate);
        program
    };

    let calls = |link: &Server, peer, numbers: [&str; 3]| {
        let mut calls = trusting(&["call", peer, "https://imagekit.test"]);
        run(calls.args(numbers).env("HTTPS_PROXY", &link.url))
    };
    for link in [&["link"][..], &["link", "lossy", "1"]] {
        let link = Server::start(&mut trusting(link));
        let measured = calls(&link, "ours", ["2", "0", "4"]).unwrap();
        assert!(measured["seconds"].is_f64(), "{measured}");
    }
    let limited = Server::start(&mut trusting(&["link", "limited"]));
    let more_than_allowed = ["64", "0", "128"];
    let refused = calls(&limited, "plain", more_than_allowed).unwrap_err();
    assert!(refused.contains("429 Too Many Requests"), "{refused}");
    let measured = calls(&limited, "ours", more_than_allowed).unwrap();
    assert_eq!(measured["failed"], 0.0);
    for fault in ["closed-while-idle", "server-away"] {
        let measured = run(&mut trusting(&["network", "ours", fault])).unwrap();
        assert_eq!(measured["failed"], 0.0, "{fault}");
    }
}
