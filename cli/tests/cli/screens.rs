//! Every command for people as it looks on a terminal, on a narrow one, without colours, on a pipe, and as JSON. The files
//! are in `golden/screens`; after a change that is meant, run this with `TRYCMD=overwrite`, and read the diff.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;

use chrono::{DateTime, Utc};
use imagekit_client::webhooks::WebhookVerifier;
use imagekit_mock::{Clock, Library, Server};

use crate::support::{Imagekit, Mock, NOW, Outcome, imagekit};
use crate::terminal::terminal;

const COAT: &str = "/catalogue/2025/winter coat.jpg";
const FILE: &str = "/images/products/file1.jpg";
const FIRST: &str = "598821f949c0a938d57563bd";
const SECOND: &str = "697821f849c0a938d57563ce";
const ENDPOINT: &str = "--endpoint=https://ik.imagekit.io/demo";

/// Commands that print their records as JSON too, and then those that do not.
const WITH_JSON: [(&str, &[&str]); 37] = [
    ("ls", &["ls", "/welcome"]),
    ("ls-tree", &["ls", "/", "--tree"]),
    ("find", &["find", "size > 1000"]),
    ("get", &["get", COAT]),
    ("get-folder", &["get", "/brand"]),
    ("upload", &["upload", "templates", "--to", "/new"]),
    ("upload-dry-run", &["upload", "templates", "--dry-run"]),
    (
        "download",
        &["download", "/welcome", "--to", "FOLDER", "-c1"],
    ),
    ("meta", &["meta", "/brand/logo.png"]),
    (
        "meta-set",
        &["meta", "/brand/logo.png", "--set", "color=red"],
    ),
    ("versions-list", &["versions", "list", FILE]),
    ("versions-get", &["versions", "get", FIRST, SECOND]),
    ("versions-diff", &["versions", "diff", FIRST, FIRST, SECOND]),
    ("versions-restore", &["versions", "restore", FILE, FIRST]),
    ("fields", &["fields"]),
    ("usage", &["usage", "--from", "2026-02-01"]),
    ("api", &["api", "list-assets", "--type=folder"]),
    (
        "api-record",
        &["api", "get-file-details", "--file-id", FIRST],
    ),
    (
        "api-nothing",
        &[
            "api",
            "create-folder",
            "--folder-name=x",
            "--parent-folder-path=/",
        ],
    ),
    ("api-path", &["api", "GET", "/v1/customMetadataFields"]),
    ("webhooks-verify", &["webhooks", "verify", "EVENT"]),
    ("mv", &["mv", "/brand/logo.png", "/images"]),
    (
        "cp",
        &["cp", "/brand/logo.png", "/welcome/hello.txt", "/images"],
    ),
    ("rename", &["rename", "/brand/logo.png", "mark.png"]),
    ("rm", &["rm", "-r", "/brand", "/welcome/hello.txt", "--yes"]),
    ("tag", &["tag", "/brand/logo.png", "/welcome/hello.txt"]),
    ("tag-add", &["tag", "/brand/logo.png", "--add", "new"]),
    ("versions-rm", &["versions", "rm", FILE, FIRST, "--yes"]),
    ("folder-create", &["folder", "create", "/a/b"]),
    ("folder-rm", &["folder", "rm", "/brand", "--yes"]),
    ("folder-mv", &["folder", "mv", "/brand", "/images"]),
    ("folder-cp", &["folder", "cp", "/brand", "/images"]),
    ("purge", &["purge", "/brand/logo.png", "--wait"]),
    ("url-verify", &["url", "verify", SIGNED, ENDPOINT]),
    ("auth-status", &["auth", "status"]),
    ("doctor", &["doctor"]),
    (
        "several-failures",
        &["tag", "/nowhere", "/brand/logo.png", "/brand"],
    ),
];

const WITHOUT_JSON: [(&str, &[&str]); 4] = [
    ("open", &["open", "/brand/logo.png", "--print"]),
    ("url-build", &["url", "build", COAT, "--tr=w-300", ENDPOINT]),
    ("url-sign", &["url", "sign", COAT, "--expires=7d", ENDPOINT]),
    (
        "schema-validate",
        &[
            "schema",
            "validate",
            "../openapi/examples/file-version.json",
        ],
    ),
];

const SIGNED: &str = "https://ik.imagekit.io/demo/brand/logo.png?ik-t=1772971200\
                      &ik-s=6e8020c4f08a810ede12fec03aa40fdee1b5e1cb";

/// How a command is looked at.
#[derive(Clone, Copy)]
enum Look {
    Terminal(u16),
    WithoutColour,
    Pipe,
    Json,
}

const LOOKS: [(Look, &str); 5] = [
    (Look::Terminal(100), "terminal of 100 columns"),
    (Look::Terminal(40), "terminal of 40 columns"),
    (Look::WithoutColour, "terminal, NO_COLOR"),
    (Look::Pipe, "pipe"),
    (Look::Json, "pipe, --json"),
];

impl Look {
    fn run(self, imagekit: Imagekit) -> Outcome {
        let imagekit = imagekit.env("TERM", "xterm-256color");
        match self {
            Self::Terminal(columns) => on_terminal(columns, imagekit),
            Self::WithoutColour => on_terminal(100, imagekit.env("NO_COLOR", "1")),
            Self::Pipe => imagekit.run(),
            Self::Json => {
                let mut imagekit = imagekit;
                imagekit.command.arg("--json");
                imagekit.run()
            }
        }
    }
}

/// Runs a command whose output is a terminal. What goes to standard error is kept apart: a bar might appear there if the
/// machine is busy.
fn on_terminal(columns: u16, mut imagekit: Imagekit) -> Outcome {
    let (screen, program) = terminal(columns);
    let child = imagekit
        .command
        .stdin(Stdio::null())
        .stdout(program)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(imagekit);
    let mut seen = Vec::new();
    // Linux ends a terminal with an error instead of an end of file.
    let _ = File::from(screen).read_to_end(&mut seen);
    let mut outcome = Outcome::of(child.wait_with_output().unwrap());
    outcome.stdout = String::from_utf8(seen).unwrap().replace("\r\n", "\n");
    outcome
}

/// Replaces what is different each time, and shows what steers a terminal.
fn stable(text: &str, folder: &Path) -> String {
    let text = text.replace(folder.to_str().unwrap(), "FOLDER");
    let text = text.replace('\u{1b}', "␛").replace("\r\n", "␍\n");
    let text = replaced(&text, "127.0.0.1:", |it| it.is_ascii_digit(), "PORT");
    let text = replaced(&text, "\"requestId\":\"", |it| it.is_ascii_hexdigit(), "ID");
    replaced(&text, "request id ", |it| it.is_ascii_hexdigit(), "ID")
}

fn replaced(text: &str, before: &str, is_odd: fn(char) -> bool, with: &str) -> String {
    let mut parts = text.split(before);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let rest = part.trim_start_matches(is_odd);
        format!("{text}{before}{with}{rest}")
    })
}

/// Compares what was seen with the file of that name.
fn compare(name: &str, seen: &str) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/golden/screens");
    let path = root.join(name).with_extension("txt");
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if expected == seen {
        return Ok(());
    }
    if std::env::var_os("TRYCMD").is_some_and(|it| it == "overwrite") {
        fs::write(&path, seen).unwrap();
        return Ok(());
    }
    let mut lines = expected.lines().zip(seen.lines());
    let differs = lines.find(|(expected, seen)| expected != seen);
    Err(format!("{name}: {differs:#?}\nall of it:\n{seen}"))
}

fn look(
    name: &str,
    command: impl Fn(&Path) -> (String, Imagekit),
    has_json: bool,
) -> Result<(), String> {
    let mut screens = String::new();
    for (look, title) in LOOKS {
        if matches!(look, Look::Json) && !has_json {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let (line, imagekit) = command(folder.path());
        let Outcome {
            code,
            stdout,
            stderr,
        } = look.run(imagekit);
        if screens.is_empty() {
            let _ = writeln!(screens, "$ {line}");
        }
        let code = code.filter(|it| *it != 0).map(|it| format!(", exit {it}"));
        let _ = writeln!(screens, "\n=== {title}{}", code.unwrap_or_default());
        screens.push_str(&stable(&stdout, folder.path()));
        if !stderr.is_empty() {
            let _ = writeln!(screens, "--- standard error");
            screens.push_str(&stable(&stderr, folder.path()));
        }
    }
    compare(name, &screens)
}

#[test]
fn every_command_looks_as_it_should_everywhere() {
    let commands = WITH_JSON.iter().map(|it| (it, true));
    let commands: Vec<_> = commands
        .chain(WITHOUT_JSON.iter().map(|it| (it, false)))
        .collect();
    let differences: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = commands
            .chunks(commands.len().div_ceil(4))
            .map(|some| scope.spawn(move || some.iter().filter_map(different).collect::<Vec<_>>()))
            .collect();
        let all = threads.into_iter().flat_map(|it| it.join().unwrap());
        all.collect()
    });
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn different(((name, args), has_json): &(&(&str, &[&str]), bool)) -> Option<String> {
    let command = |folder: &Path| {
        let line = format!("imagekit --demo {}", args.join(" "));
        let event = folder.join("event.json");
        let args = args.iter().map(|arg| match *arg {
            "FOLDER" => folder.to_str().unwrap(),
            "EVENT" => event.to_str().unwrap(),
            arg => arg,
        });
        let mut imagekit = imagekit(["--demo"].into_iter().chain(args));
        if args_of(name).contains(&"EVENT") {
            imagekit = deliver(&event, imagekit);
        }
        imagekit.command.current_dir(env!("CARGO_MANIFEST_DIR"));
        (line, imagekit)
    };
    look(name, command, *has_json).err()
}

/// Stores an event, and names the headers that came with it.
fn deliver(file: &Path, imagekit: Imagekit) -> Imagekit {
    const SECRET: &str = "whsec_3mYp0TtZ+4kq/9sLxQ1vBn7cRw8eHd2J";
    let body = imagekit_openapi::example("file-created.json").unwrap();
    fs::write(file, body).unwrap();
    let now: DateTime<Utc> = NOW.parse().unwrap();
    let verifier = WebhookVerifier::new(SECRET).unwrap();
    let mut imagekit = imagekit.env("IMAGEKIT_WEBHOOK_SECRET", SECRET);
    for (name, value) in &verifier.sign_for_test("msg_1", body.as_bytes(), now.into()) {
        let header = format!("{name}: {}", value.to_str().unwrap());
        imagekit.command.args(["-H", &header]);
    }
    imagekit
}

fn args_of(name: &str) -> &'static [&'static str] {
    let mut all = WITH_JSON.iter().chain(&WITHOUT_JSON);
    all.find(|it| it.0 == name).unwrap().1
}

/// The commands that a help text lists.
fn commands_in(help: &str) -> Vec<String> {
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands = commands.take_while(|line| !line.is_empty());
    let names = commands.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let names = names.filter(|name| !name.is_empty() && *name != "help");
    names.map(str::to_owned).collect()
}

/// Every kind of output is a promise to somebody, so that no command may be left out.
#[test]
fn no_command_is_left_out() {
    // These ask, write files and scripts, or wait for others. `api` has tests of all its operations.
    const OTHERS: [&str; 9] = [
        "api",
        "auth login",
        "auth logout",
        "completions",
        "job wait",
        "man",
        "schema print",
        "webhooks listen",
        "webhooks send",
    ];
    let help = |args: &[&str]| imagekit(args.iter().chain(&["--help"])).run().fine();
    let mut missing = Vec::new();
    for name in commands_in(&help(&[])) {
        let below = match OTHERS.contains(&name.as_str()) {
            true => continue,
            false => commands_in(&help(&[&name])),
        };
        let lines = match below.is_empty() {
            true => vec![name],
            false => below.iter().map(|it| format!("{name} {it}")).collect(),
        };
        let is_shown = |line: &str| {
            let mut shown = WITH_JSON.iter().chain(&WITHOUT_JSON);
            shown.any(|(_, args)| (args.join(" ") + " ").starts_with(&format!("{line} ")))
        };
        missing.extend(
            lines
                .into_iter()
                .filter(|line| !OTHERS.contains(&line.as_str()) && !is_shown(line)),
        );
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_job_looks_as_it_should_everywhere() {
    let now: DateTime<Utc> = NOW.parse().unwrap();
    let mock = Mock::start(Server::builder().library(Library::demo_at(Clock::fixed(now))));
    let copy = ["folder", "cp", "/brand", "/images", "--no-wait"];
    let copying = mock.imagekit(copy).run().fine();
    let id = copying.trim().strip_prefix("/brand: job ").unwrap();
    let command = |_: &Path| {
        let line = "imagekit job wait ID".to_owned();
        (line, mock.imagekit(["job", "wait", id]))
    };
    look("job-wait", command, true).unwrap();
}
