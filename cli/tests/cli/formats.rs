use imagekit_mock::{Bytes, Fault, HeaderValue, Library, Response, Server};
use serde_json::Value;

use crate::support::{FILE, Mock, VERSION};

/// A response with everything that must not be lost: order, spelling of numbers, escapes, white space,
/// and properties that nobody knows.
const RESPONSE: &str = r#"{ "url" : "https://example.com/a",
  "name":"caf\u00e9 \"x\" {[,:]}", "fileId": "598821f949c0a938d57563bd", "filePath":"/a",
  "size" : 1e2 , "width": 100.50, "aPropertyOfTomorrow": {"deep": [ ], "n": 12345678901234567890123},
  "tags":["a" , "b\\"], "none": null, "empty": {}, "line": "two\nlines", "escape": "\u001b[2J" }"#;

const COMPACT: &str = r#"{"url":"https://example.com/a","name":"caf\u00e9 \"x\" {[,:]}","fileId":"598821f949c0a938d57563bd","filePath":"/a","size":100,"width":100.50,"aPropertyOfTomorrow":{"deep":[],"n":12345678901234567890123},"tags":["a","b\\"],"none":null,"empty":{},"line":"two\nlines","escape":"\u001b[2J"}"#;

fn mock() -> Mock {
    let mut response = Response::new(Bytes::from(body()));
    response
        .headers_mut()
        .insert("content-type", HeaderValue::from_static("application/json"));
    Mock::start(Server::builder().fault(Fault::response(response).on_id("odd")))
}

/// The model wants a whole number for the size, and 1e2 is none to it.
fn body() -> String {
    RESPONSE.replace("1e2", "100")
}

#[test]
fn raw_is_what_came_to_the_byte() {
    let mock = mock();
    let raw = mock
        .imagekit(["versions", "get", FILE, "odd", "--raw"])
        .run()
        .fine();
    assert_eq!(raw, body());
    let raws = mock
        .imagekit(["versions", "get", FILE, "odd", "odd", "--raw"])
        .run()
        .fine();
    assert_eq!(raws, format!("{0}\n{0}\n", body()));
}

#[test]
fn json_is_one_line_that_loses_nothing() {
    let json = mock()
        .imagekit(["versions", "get", FILE, "odd", "odd", "--json"])
        .run()
        .fine();
    assert_eq!(json, format!("{COMPACT}\n{COMPACT}\n"));
}

/// What is laid out for a terminal grows with the depth, and reading it any deeper could exhaust the stack.
#[test]
fn a_response_that_is_nested_too_deeply_is_a_failure_in_every_form_but_raw() {
    for depth in [128, 20_000] {
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let body = body().replace(r#""empty": {}"#, &format!(r#""empty": {deep}"#));
        let mut response = Response::new(Bytes::from(body.clone()));
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert("content-type", json);
        let mock = Mock::start(Server::builder().fault(Fault::response(response)));
        let get = ["versions", "get", FILE, VERSION];
        let request = ["api", "GET", "/v1/files/x/versions/y"];
        for command in [&get[..], &request[..]] {
            for form in [
                &[][..],
                &["--json"],
                &["--field=name"],
                &["--template={name}"],
            ] {
                let seen = mock.imagekit([command, form].concat()).run();
                assert_eq!(seen.code, Some(7), "{command:?} {form:?}: {}", seen.stderr);
                assert_eq!(seen.stdout, "", "{command:?} {form:?}");
                assert!(
                    seen.stderr.len() < 2000 && seen.stderr.contains("--raw"),
                    "{}",
                    seen.stderr
                );
            }
            let raw = mock.imagekit([command, &["--raw"]].concat()).run();
            assert_eq!(raw.stdout.trim_end(), body, "{command:?}");
        }
    }
}

#[test]
fn fields_are_values_for_scripts() {
    let mock = mock();
    let field = |path: &str| {
        let field = format!("--field={path}");
        mock.imagekit(["versions", "get", FILE, "odd", &field])
            .run()
            .fine()
    };
    assert_eq!(field("name"), "café \"x\" {[,:]}\n");
    assert_eq!(field("tags.1"), "b\\\n");
    assert_eq!(field("/tags/0"), "a\n");
    assert_eq!(field("tags"), "[\"a\",\"b\\\\\"]\n");
    assert_eq!(field("none"), "\n");
    assert_eq!(field("aPropertyOfTomorrow.deep"), "[]\n");
    assert_eq!(field("escape"), "\u{1b}[2J\n", "a pipe gets what came");
}

/// A name with a line break must not look like a record of its own.
#[test]
fn values_among_others_stay_in_their_line_and_column() {
    let forged = "a\nevil\t999\t1\\\r";
    let body = serde_json::json!({
        "fileId": FILE, "name": forged, "size": 1, "filePath": "/a", "url": "https://example.com/a",
    });
    let mut response = Response::new(Bytes::from(body.to_string()));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert("content-type", json);
    let mock = Mock::start(Server::builder().fault(Fault::response(response)));
    let get = |more: &[&str]| {
        let args = [&["versions", "get", FILE, VERSION], more].concat();
        mock.imagekit(args).run().fine()
    };
    let escaped = "a\\nevil\\t999\\t1\\\\\\r";
    assert_eq!(
        get(&["--field=name", "--field=size"]),
        format!("{escaped}\t1\n")
    );
    assert_eq!(get(&["--field=name"]), format!("{forged}\n"));
    assert_eq!(
        get(&[VERSION, "--field=name"]),
        format!("{escaped}\n{escaped}\n")
    );
}

#[test]
fn a_property_that_nothing_has_is_a_failure_unless_the_document_knows_it() {
    let mock = mock();
    let field = |path: &str| {
        let field = format!("--field={path}");
        mock.imagekit(["versions", "get", FILE, "odd", &field])
            .run()
    };
    for typo in ["nam", "versionInfo.nam", "/AITags/0/nam", "videoCodecs"] {
        let failed = field(typo);
        assert_eq!(failed.code, Some(2), "{typo}: {failed:?}");
        assert!(
            failed.stderr.contains(&format!("{typo:?}")),
            "{}",
            failed.stderr
        );
    }
    for absent in ["videoCodec", "/AITags/7/name", "customMetadata.brand"] {
        assert_eq!(field(absent).fine(), "\n", "{absent}");
    }
}

#[test]
fn a_view_cannot_steer_the_terminal_and_shows_unknown_properties() {
    let view = mock()
        .imagekit(["versions", "get", FILE, "odd"])
        .run()
        .fine();
    assert!(!view.contains('\u{1b}'), "{view:?}");
    assert!(view.contains("aPropertyOfTomorrow"), "{view}");
    assert!(view.contains("\u{fffd}[2J"), "{view}");
}

#[test]
fn colours_are_for_those_who_ask_or_sit_at_a_terminal() {
    let mock = mock();
    let get = || mock.imagekit(["versions", "get", FILE, VERSION]);
    let always = || mock.imagekit(["versions", "get", FILE, VERSION, "--color=always"]);
    let has_colour = |text: String| text.contains("\u{1b}[");
    assert!(!has_colour(get().run().fine()));
    assert!(has_colour(get().env("CLICOLOR_FORCE", "1").run().fine()));
    assert!(has_colour(always().run().fine()));
    assert!(
        has_colour(always().env("NO_COLOR", "1").run().fine()),
        "a flag is above the environment"
    );
    assert!(!has_colour(
        get()
            .env("CLICOLOR_FORCE", "1")
            .env("NO_COLOR", "1")
            .run()
            .fine()
    ));
}

#[test]
fn a_view_fits_into_a_narrow_terminal() {
    let mock = Mock::start(Server::builder().library(Library::demo()));
    let ids = ["68f1c2a95c7cd75eb8a1d04e", "68f1c2a95c7cd75eb8806afc"];
    for columns in [1, 20, 40, 60, 80, 200] {
        let get = mock.imagekit(["versions", "get", ids[0], ids[1]]);
        let view = get.env("COLUMNS", columns.to_string()).run().fine();
        for line in view.lines().filter(|line| line.trim().contains(' ')) {
            let longest_word = line
                .split_whitespace()
                .map(|word| word.chars().count())
                .max();
            let unbreakable = 16 + longest_word.unwrap_or(0);
            let width = line.chars().count();
            assert!(width <= columns.max(unbreakable), "{columns}: {line:?}");
        }
    }
}

#[test]
fn changes_as_json_are_json() {
    let mock = Mock::start(Server::builder().library(Library::demo()));
    let args = ["versions", "diff", FILE, FILE, VERSION, "--json"];
    let changes: Value = serde_json::from_str(&mock.imagekit(args).run().fine()).unwrap();
    assert_eq!(changes["fileId"], FILE);
    assert_eq!(
        (&changes["before"], &changes["after"]),
        (&FILE.into(), &VERSION.into())
    );
    let tags = changes["changes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|change| change["path"] == "/tags");
    assert_eq!(tags.unwrap()["added"], serde_json::json!(["sale2019"]));
}

#[test]
fn a_template_has_values_in_their_places() {
    let mock = mock();
    let template = |text: &str| {
        let template = format!("--template={text}");
        mock.imagekit(["versions", "get", FILE, "odd", "odd", &template])
            .run()
    };
    let told = template("{name}: {size:short}, {/tags/0}|{none}").fine();
    let line = "café \"x\" {[,:]}: 100 bytes, a|\n";
    assert_eq!(told, format!("{line}{line}"));
    let absent = template("{nmae}");
    assert_eq!((absent.code, &*absent.stdout), (Some(2), "\n\n"));
    assert!(
        absent
            .stderr
            .contains("no response has a property \"nmae\""),
        "{}",
        absent.stderr
    );
    let refused = template("{name");
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("has no `}`"), "{}", refused.stderr);
}
