use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

/// A program as a stranger starts it, who has no account.
fn demo(program: &str) -> Command {
    let mut command = Command::new(program);
    command
        .arg("--demo")
        .env_remove("IMAGEKIT_PRIVATE_KEY")
        .env_remove("IMAGEKIT_BASE_URL")
        .env_remove("IMAGE_KIT_BASE_URL");
    command
}

async fn printed(program: &str) -> String {
    let output = demo(program).output().await.unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{log}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn bulk() {
    let printed = printed(env!("CARGO_BIN_EXE_bulk")).await;
    let tagged = "Tagged: 120 succeeded, 0 are missing, 0 failed, in 3 requests";
    assert_eq!(
        printed,
        format!("120 files found\n{tagged}\nDescribed: 120\n")
    );
}

#[tokio::test]
async fn network() {
    let printed = printed(env!("CARGO_BIN_EXE_network")).await;
    assert!(
        printed.starts_with("5 files, through http://127.0.0.1:"),
        "{printed}"
    );
}

#[tokio::test]
async fn timeouts() {
    let printed = printed(env!("CARGO_BIN_EXE_timeouts")).await;
    let lines: Vec<_> = printed.lines().collect();
    let [files, hurried, perhaps, there] = lines[..] else {
        panic!("{printed}");
    };
    assert_eq!(files, "Files: 2, after 3 attempts");
    assert!(
        hurried.starts_with("Not now: getFileDetails: no whole response in time"),
        "{hurried}"
    );
    assert!(
        perhaps.starts_with("Perhaps copied: copyFile: 504 Gateway Timeout"),
        "{perhaps}"
    );
    assert_eq!(there, "It is not there");
}

#[tokio::test]
async fn telemetry() {
    let printed = printed(env!("CARGO_BIN_EXE_telemetry")).await;
    let (call, report) = printed.split_once("Name         : report").unwrap();
    for line in [
        "Name         : GET /v1/files",
        "Kind         : Client",
        "imagekit.operation: String(Owned(\"listAssets\"))",
        "http.response.status_code: I64(200)",
        "http.request.resend_count: I64(1)",
        "http.response.status_code: I64(503)",
    ] {
        assert!(call.contains(line), "{line}: {call}");
    }
    let field = |text: &str, name: &str| {
        let (_, rest) = text.split_once(name).unwrap();
        rest.trim_start_matches([' ', ':'])
            .lines()
            .next()
            .unwrap()
            .to_owned()
    };
    assert_eq!(field(call, "TraceId"), field(report, "TraceId"));
    assert_eq!(field(call, "ParentSpanId"), field(report, "SpanId"));
}

#[tokio::test]
async fn gallery() {
    let mut process = demo(env!("CARGO_BIN_EXE_gallery"))
        .env("GALLERY_ADDRESS", "127.0.0.1:0")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let url = loop {
        let line = lines.next_line().await.unwrap().unwrap();
        if let Some(url) = line.strip_prefix("The gallery is at ") {
            break url.to_owned();
        }
    };
    let page = reqwest::get(url).await.unwrap().text().await.unwrap();
    assert!(page.contains("There is no picture yet."), "{page}");
}

/// Without `--demo` and without an account, each says what it lacks.
#[tokio::test]
async fn without_an_account() {
    for program in [
        env!("CARGO_BIN_EXE_bulk"),
        env!("CARGO_BIN_EXE_gallery"),
        env!("CARGO_BIN_EXE_network"),
        env!("CARGO_BIN_EXE_telemetry"),
        env!("CARGO_BIN_EXE_timeouts"),
    ] {
        let mut command = Command::new(program);
        command
            .env_remove("IMAGEKIT_PRIVATE_KEY")
            .env("GALLERY_ADDRESS", "127.0.0.1:0");
        let output = command.output().await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && said.contains("IMAGEKIT_PRIVATE_KEY"),
            "{program}: {said}"
        );
    }
}
