//! `imagekit api`, for every operation of the document.

use imagekit_mock::{Fault, Library, Server, StatusCode};
use imagekit_openapi::{Field, OPERATIONS, Operation, Place, Response, Type, example};
use serde_json::{Value, json};

use crate::support::{Mock, imagekit};

/// A value that a field takes.
fn sample(field: &Field) -> Value {
    if let Some(example) = field.example {
        return serde_json::from_str(example).unwrap();
    }
    if let Some(choice) = field.values.first() {
        return choice.value.into();
    }
    match (field.ty, field.format) {
        (_, Some("date")) => "2026-01-01".into(),
        (Type::String, _) => "598821f949c0a938d57563bd".into(),
        (Type::Integer | Type::Number, _) => 1.into(),
        (Type::Boolean, _) => true.into(),
        (Type::Array(_), _) => json!(["one", "two"]),
        _ => json!({}),
    }
}

/// A value as a text of the command line.
fn text(field: &Field, value: &Value) -> String {
    let is_plain = |value: &Value| !value.is_array() && !value.is_object();
    match value {
        Value::String(text) if !matches!(field.ty, Type::Object | Type::Any) => text.clone(),
        Value::Array(items) if items.iter().all(is_plain) => {
            let texts = items.iter().map(|item| {
                item.as_str()
                    .map_or_else(|| item.to_string(), str::to_owned)
            });
            texts.collect::<Vec<_>>().join(",")
        }
        other => other.to_string(),
    }
}

/// The wire names are flags too, but for those that the program has for itself.
fn flag(field: &Field) -> String {
    match field.name {
        "config" => "--param-config".to_owned(),
        name => format!("--{name}"),
    }
}

/// The documented example of an operation's body.
fn body(operation: &Operation) -> Option<Value> {
    let examples = operation.body.as_ref()?.examples;
    Some(serde_json::from_str(example(examples.first()?.file)?).unwrap())
}

/// The example that the fake responds.
fn documented(response: &Response) -> Option<&'static str> {
    let mut examples = response.examples.iter();
    let documented = examples.clone().find(|it| it.name == "documented");
    example(documented.or_else(|| examples.next())?.file)
}

fn arguments(operation: &Operation, by_flags: bool) -> Vec<String> {
    let mut args = vec!["api".to_owned(), operation.command.to_owned()];
    let is_form = operation
        .body
        .as_ref()
        .is_some_and(|it| it.media_type != "application/json");
    let body = body(operation).filter(|_| !is_form);
    if let Some(body) = body.as_ref().filter(|_| !by_flags) {
        args.extend(["--body".to_owned(), body.to_string()]);
    }
    for field in operation.fields() {
        let value = match (field.place, &body) {
            (Place::Body, Some(_)) if !by_flags => continue,
            (Place::Body, Some(body)) => match body.get(field.name) {
                // A flag has no word for null.
                None | Some(Value::Null) => continue,
                Some(value) => value.clone(),
            },
            _ if field.format == Some("binary") => {
                concat!("@", env!("CARGO_MANIFEST_DIR"), "/Cargo.toml").into()
            }
            _ if field.required => sample(field),
            _ => continue,
        };
        args.push(format!("{}={}", flag(field), text(field, &value)));
    }
    args
}

#[test]
fn every_operation_can_be_called_by_flags_and_by_a_body() {
    let mock = Mock::start(Server::builder().stateless(true).record(1000));
    for operation in OPERATIONS {
        let has_flags = operation
            .body
            .as_ref()
            .is_none_or(|it| !it.properties.is_empty());
        for by_flags in [true, false] {
            if by_flags && !has_flags {
                continue;
            }
            let args = arguments(operation, by_flags);
            let outcome = mock
                .imagekit(
                    args.iter()
                        .map(String::as_str)
                        .chain(["--json", "--show-secrets"]),
                )
                .run();
            assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""), "{args:?}");
            let request = mock.server.requests().pop().unwrap();
            assert_eq!(request.operation(), Some(operation.id), "{args:?}");
            let is_form = operation
                .body
                .as_ref()
                .is_some_and(|it| it.media_type != "application/json");
            if let Some(body) = body(operation).filter(|_| !is_form) {
                let sent: Value = serde_json::from_slice(request.body()).unwrap();
                let nothing_is_null = body
                    .as_object()
                    .is_some_and(|it| it.values().all(|it| !it.is_null()));
                if !by_flags || nothing_is_null {
                    assert_eq!(sent, body, "{args:?}");
                }
            }
            let success = operation.success().unwrap();
            match documented(success) {
                Some(documented) if success.component.is_some() => {
                    let printed: Value = serde_json::from_str(&outcome.stdout).unwrap();
                    let documented: Value = serde_json::from_str(documented).unwrap();
                    assert_eq!(printed, documented, "{args:?}");
                }
                _ => assert!(
                    outcome.stdout.trim().is_empty() || outcome.stdout.trim() == "{}",
                    "{args:?}: {}",
                    outcome.stdout
                ),
            }
        }
    }
}

#[test]
fn every_operation_has_a_view_help_and_no_secret_in_any_form() {
    let mock = Mock::start(Server::builder().stateless(true));
    for operation in OPERATIONS {
        let args = arguments(operation, false);
        let success = operation.success().unwrap();
        let documented = documented(success).unwrap_or_default();
        for form in ["--color=never", "--json", "--raw", "--csv"] {
            let outcome = mock
                .imagekit(args.iter().map(String::as_str).chain([form]))
                .run();
            let shown = outcome.fine();
            for secret in secrets(documented) {
                assert!(!shown.contains(&secret), "{args:?} {form}: {shown}");
            }
        }
        let help = imagekit(["api", operation.command, "--help"]).run().fine();
        assert!(
            help.contains(&format!("{} {}", operation.method, operation.path)),
            "{help}"
        );
        assert!(help.starts_with(operation.summary), "{help}");
        for field in operation.fields() {
            let first = field
                .description
                .split_whitespace()
                .next()
                .unwrap_or_default();
            assert!(help.contains(first), "{} {help}", field.name);
        }
    }
}

/// What is secret in any documented response is a secret of a webhook.
fn secrets(json: &str) -> Vec<String> {
    let json: Value = serde_json::from_str(json).unwrap_or_default();
    let items = match json {
        Value::Array(items) => items,
        one => vec![one],
    };
    let secrets = items.iter().filter_map(|item| item["secret"].as_str());
    secrets.map(str::to_owned).collect()
}

#[test]
fn the_list_of_commands_says_what_each_does() {
    let help = imagekit(["api", "--help"]).run().fine();
    for operation in OPERATIONS {
        let line = help.lines().find(|line| {
            line.trim_start()
                .starts_with(&format!("{} ", operation.command))
        });
        assert!(line.unwrap().contains(operation.summary), "{line:?}");
    }
    assert!(help.contains("Send a PATCH request to any path"), "{help}");
}

#[test]
fn secrets_are_shown_when_asked_for() {
    let mock = Mock::start(Server::builder().stateless(true));
    let list = ["api", "list-webhooks", "--json"];
    let hidden = mock.imagekit(list).run().fine();
    assert!(hidden.contains(r#""secret":"(hidden)""#), "{hidden}");
    let by_path = mock
        .imagekit(["api", "GET", "/v1/accounts/webhooks", "--json"])
        .run()
        .fine();
    assert_eq!(by_path, hidden);
    let shown = mock
        .imagekit(list.into_iter().chain(["--show-secrets"]))
        .run()
        .fine();
    assert!(shown.contains("whsec_"), "{shown}");
}

#[test]
fn pages_are_followed_to_the_last_one() {
    let mock = Mock::start(Server::builder().library(Library::demo()).record(100));
    let list = [
        "api",
        "list-assets",
        "--type=all",
        "--limit=4",
        "--all-pages",
        "--field=name",
    ];
    let names = mock.imagekit(list).run().fine();
    let all = mock
        .imagekit(["api", "list-assets", "--type=all", "--field=name"])
        .run()
        .fine();
    assert_eq!(names, all);
    assert_eq!(names.lines().count(), 14);
    assert_eq!(mock.server.requests().len(), 5);
}

#[test]
fn any_path_can_be_requested() {
    let mock = Mock::start(Server::builder().library(Library::demo()).record(100));
    let get = [
        "api",
        "GET",
        "/v1/files?limit=1&sort=DESC_NAME",
        "-q",
        "skip=1",
        "--field",
        "name",
    ];
    assert_eq!(mock.imagekit(get).run().fine(), "price list.pdf\n");
    let request = mock.server.requests().pop().unwrap();
    assert_eq!(request.path(), "/v1/files?limit=1&sort=DESC_NAME&skip=1");
    let post = [
        "api",
        "POST",
        "/v1/folder",
        "--body",
        "-",
        "-H",
        "x-custom: 1",
    ];
    let posted = mock
        .imagekit(post)
        .input(r#"{"folderName": "new", "parentFolderPath": "/"}"#)
        .run();
    posted.fine();
    let request = mock.server.requests().pop().unwrap();
    assert_eq!(request.headers()["x-custom"], "1");
}

#[test]
fn what_is_wrong_with_a_parameter_is_said_before_anything_is_sent() {
    let mock = Mock::start(Server::builder().record(10));
    for (args, problem) in [
        (&["list-assets", "--limit", "many"][..], "not an integer"),
        (&["purge-cache"], "--url <TEXT>"),
        (&["create-origin", "--body", "{"], "not JSON"),
        (
            &[
                "create-folder",
                "--body",
                "[]",
                "--folder-name",
                "x",
                "--parent-folder-path",
                "/",
            ],
            "is no object",
        ),
        (
            &["upload-file", "--file", "x.jpg", "--file-name", "x.jpg"],
            "given as @x.jpg",
        ),
        (
            &["get-file-details", "--file-id", ".."],
            "meaning of its own",
        ),
        (&["GET", "/../x"], "holds the segment"),
    ] {
        let refused = mock.imagekit(["api"].iter().chain(args)).run();
        assert_eq!(refused.code, Some(2), "{args:?} {}", refused.stderr);
        assert!(
            refused.stderr.contains(problem),
            "{args:?} {}",
            refused.stderr
        );
    }
    assert_eq!(mock.server.request_count(), 0);
}

#[test]
fn only_what_is_idempotent_is_retried_after_an_unclear_failure() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.txt");
    std::fs::write(&file, "a").unwrap();
    let source = format!("@{}", file.display());
    let upload = ["upload-file", "--file", &source, "--file-name", "a.txt"];
    let once = [
        "--overwrite-file",
        "false",
        "--use-unique-file-name",
        "false",
    ];
    let id = "598821f949c0a938d57563bd";
    for (args, retried) in [
        (
            vec!["add-tags-to-files", "--file-ids", id, "--tags", "a"],
            true,
        ),
        (vec!["list-assets"], true),
        (
            vec![
                "copy-file",
                "--source-file-path",
                "/brand/logo.png",
                "--destination-path",
                "/images",
            ],
            false,
        ),
        (upload.to_vec(), false),
        ([&upload[..], &once].concat(), true),
    ] {
        let fault = Fault::reset().times(1);
        let mock = Mock::start(Server::builder().library(Library::demo()).fault(fault));
        let outcome = mock
            .imagekit(["api"].into_iter().chain(args.iter().copied()))
            .run();
        let code = if retried { 0 } else { 6 };
        assert_eq!(outcome.code, Some(code), "{args:?} {outcome:?}");
        let count = if retried { 2 } else { 1 };
        assert_eq!(mock.server.request_count(), count, "{args:?}");
    }
}

#[test]
fn a_failure_names_the_operation_and_what_came_can_be_looked_at() {
    let mock = Mock::start(Server::builder().fault(Fault::html(StatusCode::OK)));
    let failed = mock
        .imagekit([
            "api",
            "get-usage",
            "--start-date=2026-01-01",
            "--end-date=2026-02-01",
        ])
        .run();
    assert_eq!(failed.code, Some(7), "{failed:?}");
    assert!(
        failed.stderr.contains("the response is not JSON"),
        "{}",
        failed.stderr
    );
    let raw = mock.imagekit(["api", "list-webhooks", "--raw"]).run();
    assert_eq!(
        (raw.code, &*raw.stdout),
        (Some(0), "<html><body><h1>200 OK</h1></body></html>\n")
    );
    let missing = Mock::start(Server::builder());
    let missing = missing
        .imagekit(["api", "get-file-details", "--file-id", "none"])
        .run();
    assert_eq!(missing.code, Some(4), "{missing:?}");
    assert!(
        missing
            .stderr
            .starts_with("error: getFileDetails: 404 Not Found"),
        "{}",
        missing.stderr
    );
}
