//! The program, run as its users run it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};

use crate::wire;

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_imagekit-mock"))
}

/// Runs until the program ends by itself.
fn run(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

/// The program while it serves, and its first line.
struct Running {
    child: Child,
    first_line: String,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut child = program()
            .args(["--port", "0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first_line = String::new();
        let stdout = child.stdout.as_mut().unwrap();
        // Unbuffered, so that nothing of what follows is lost.
        let mut lines = BufReader::with_capacity(1, stdout);
        lines.read_line(&mut first_line).unwrap();
        Self { child, first_line }
    }

    fn url(&self) -> &str {
        self.first_line
            .split(' ')
            .find(|word| word.starts_with("http"))
            .unwrap()
    }

    /// Presses Ctrl-C, and gives the rest of the output.
    fn stop(mut self) -> String {
        let interrupted = Command::new("kill")
            .args(["-INT", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(interrupted.success());
        let mut rest = String::new();
        let mut stdout = self.child.stdout.take().unwrap();
        stdout.read_to_string(&mut rest).unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
        rest
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

#[tokio::test]
async fn it_serves_until_ctrl_c_and_says_how_to_reach_it() {
    let server = Running::start(&[]);
    let url = server.url().to_owned();
    let response = wire::get_at(&url, wire::DOCUMENTED).await;
    assert_eq!(response.json()["name"], "file1.jpg");
    let output = server.stop();
    for expected in [
        format!(
            "curl -u private_imagekit_mock: '{url}/v1/files/598821f949c0a938d57563bd/versions/"
        ),
        format!(".base_url(\"{url}\")"),
        format!("baseURL: '{url}'"),
        format!("base_url='{url}'"),
        format!("IMAGE_KIT_BASE_URL={url}"),
        "Requests: 1".to_owned(),
    ] {
        assert!(output.contains(&expected), "{expected} in {output}");
    }
}

#[tokio::test]
async fn its_options_come_from_a_file_too_and_those_of_the_command_line_win() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let state = file(
        "state.json",
        r#"{"fileId":"a","name":"a","filePath":"/a","url":"u"}"#,
    );
    let config = file(
        "config.yaml",
        &format!(
            "state: {state}\nfault: [503, '502,times=1']\nseed: 7\nquiet: true\nstateless: false\n\
             private-key: private_of_the_file\n"
        ),
    );
    let server = Running::start(&[
        "--config",
        &config,
        "--fault",
        "404,times=1",
        "--private-key",
        "private_imagekit_mock",
    ]);
    let response = wire::get_at(server.url(), "/v1/files/a/versions/a").await;
    assert_eq!(response.status, 503);
    let faults = wire::get_at(server.url(), "/_mock/faults").await.json();
    assert_eq!(
        faults,
        serde_json::json!(["503", "502,times=1", "404,times=1"])
    );
    assert!(!server.stop().contains("getFileVersionDetails"));

    for (name, text, expected) in [
        ("a.yaml", "prot: 1", "--prot"),
        ("b.yaml", "fault: 5033", "5033"),
        ("c.yaml", "webhook: { url: a }", "`webhook`"),
        ("d.yaml", "config: e.yaml", "`config`"),
        ("e.yaml", "- a", "e.yaml"),
    ] {
        let failed = run(&["--config", &file(name, text)]);
        let said = String::from_utf8(failed.stderr).unwrap();
        assert!(!failed.status.success(), "{name}");
        assert!(said.contains(name) && said.contains(expected), "{said}");
    }
}

#[tokio::test]
async fn its_options_take_effect() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.yaml");
    std::fs::write(&state, "{ fileId: a, name: a, filePath: /a, url: u }").unwrap();
    let server = Running::start(&[
        "--state",
        state.to_str().unwrap(),
        "--fault",
        "502,times=1",
        "--fault",
        "404,id=other,times=1",
        "--rate-limit",
        "1/1h",
    ]);
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let response = wire::get_at(server.url(), "/v1/files/a/versions/a").await;
        statuses.push(response.status.as_u16());
    }
    assert_eq!(statuses, [502, 200, 429]);
}

#[test]
fn a_port_in_use_is_explained() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let output = run(&["--port", &address.port().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.starts_with(&format!("error: cannot listen on {address}: ")),
        "{error}"
    );
    assert!(
        error.ends_with("choose another port by --port, or a free one by --port 0\n"),
        "{error}"
    );
    assert_eq!(error.lines().count(), 1);
}

#[test]
fn a_bad_state_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    std::fs::write(&state, "[\n  { \"fileId\": \"a\", \"width\": \"b\" }\n]").unwrap();
    let output = run(&["--state", state.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.starts_with(&format!("error: {}: ", state.display())),
        "{error}"
    );
    assert!(
        error.contains("`filePath` is missing") || error.contains("`name` is missing"),
        "{error}"
    );
    assert_eq!(error.lines().count(), 1);
}

#[tokio::test]
async fn requests_are_printed_and_a_fixture_is_responded() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = folder.path().join("usage.json");
    std::fs::write(&fixture, r#"{ "bandwidthBytes": 7 }"#).unwrap();
    let fixture = format!("getUsage={}", fixture.display());
    let server = Running::start(&["--response", &fixture]);
    let path = "/v1/accounts/usage?startDate=2026-01-01&endDate=2026-01-02";
    let usage = wire::get_at(server.url(), path).await;
    assert_eq!(usage.json()["bandwidthBytes"], 7);
    let output = server.stop();
    assert!(
        output.contains(&format!("200 GET {path} (getUsage)\n")),
        "{output}"
    );
}

#[tokio::test]
async fn where_it_can_be_reached_is_what_it_prints_and_puts_into_urls() {
    let server = Running::start(&["--host", "0.0.0.0"]);
    assert!(
        server.url().starts_with("http://127.0.0.1:"),
        "{}",
        server.first_line
    );
    assert!(!server.stop().contains("allow_http"));
    let server = Running::start(&["--public-url", "http://imagekit-mock:4010/"]);
    assert_eq!(server.url(), "http://imagekit-mock:4010");
    let expected = ".base_url(\"http://imagekit-mock:4010\").allow_http(true)";
    let output = server.stop();
    assert!(output.contains(expected), "{output}");
}

#[test]
fn a_signal_to_terminate_ends_it_at_once() {
    let mut server = Running::start(&[]);
    let terminated = Command::new("kill")
        .args(["-TERM", &server.child.id().to_string()])
        .status();
    assert!(terminated.unwrap().success());
    assert!(server.child.wait().unwrap().success());
}

#[test]
fn wrong_usage_is_explained() {
    for (arguments, expected) in [
        (["--fault", "often"], "`often` is neither a status"),
        (["--rate-limit", "fast"], "such as `40/1s`"),
        (["--port", "99999"], "--port"),
    ] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(expected), "{error}");
    }
}
