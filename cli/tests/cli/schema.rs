use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::imagekit;

fn openapi() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi")
}

fn documented() -> Value {
    let text = fs::read_to_string(openapi().join("examples/file-version.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn documented_responses_are_valid() {
    for name in ["file-version", "file-version-recent", "file-version-video"] {
        let file = openapi().join(format!("examples/{name}.json"));
        let file = file.to_str().unwrap();
        let said = imagekit(["schema", "validate", file]).run().fine();
        assert_eq!(said, format!("{file}: valid\n"));
    }
    let error = fs::read(openapi().join("examples/not-found.json")).unwrap();
    let validate = imagekit(["schema", "validate", "--schema", "ApiError", "-"]).input(error);
    assert_eq!(validate.run().fine(), "-: valid\n");
}

#[test]
fn unknown_properties_and_values_of_enums_are_no_faults() {
    let mut response = documented();
    response["type"] = json!("archived");
    response["aPropertyOfTomorrow"] = json!({ "deep": [] });
    let validate = imagekit(["schema", "validate", "-"]).input(response.to_string());
    assert_eq!(validate.run().fine(), "-: valid\n");
}

#[test]
fn each_fault_is_named_with_its_path() {
    let broken = [
        ("/name", json!(1), r#"$.name: 1 is not of type "string""#),
        (
            "/fileId",
            json!(7),
            r#"$.fileId: 7 is not of type "string""#,
        ),
        (
            "/versionInfo/id",
            json!(2),
            r#"$.versionInfo.id: 2 is not of type "string""#,
        ),
        (
            "/versionInfo",
            json!({}),
            r#"$.versionInfo: "id" is missing"#,
        ),
        (
            "/tags/1",
            json!(null),
            r#"$.tags[1]: null is not of type "string""#,
        ),
        (
            "/AITags/0/confidence",
            json!("90 %"),
            r#"$.AITags[0].confidence: "90 %" is not of type "number""#,
        ),
        (
            "/size",
            json!(100.5),
            r#"$.size: 100.5 is not of type "integer""#,
        ),
        (
            "/size",
            json!(u64::MAX),
            "$.size: 18446744073709551615 is greater than the maximum",
        ),
        (
            "/createdAt",
            json!("yesterday"),
            r#"$.createdAt: "yesterday" is not a "date-time""#,
        ),
        (
            "/customMetadata",
            json!(["red"]),
            r#"$.customMetadata: a list is not of type "object""#,
        ),
        ("/type", json!(1), r#"$.type: 1 is not of type "string""#),
        (
            "/mime",
            json!(null),
            r#"$.mime: null is not of type "string""#,
        ),
    ];
    for (pointer, value, fault) in broken {
        let mut response = documented();
        *response.pointer_mut(pointer).unwrap() = value;
        let outcome = imagekit(["schema", "validate", "-"])
            .input(response.to_string())
            .run();
        assert_eq!(outcome.code, Some(7), "{outcome:?}");
        assert!(
            outcome.stdout.starts_with(&format!("-: {fault}")),
            "{fault}: {outcome:?}"
        );
        assert_eq!(outcome.stdout.lines().count(), 1, "{outcome:?}");
        assert!(
            outcome
                .stderr
                .contains("not valid by the schema File: 1 of 1 files")
        );
    }
}

#[test]
fn a_fault_deep_in_something_that_may_be_null_is_named_there() {
    let mut response = documented();
    response["selectedFieldsSchema"] =
        json!({ "price in EUR": { "type": "Number", "maxValue": 1, "minLength": "1" } });
    let outcome = imagekit(["schema", "validate", "-"])
        .input(response.to_string())
        .run();
    let fault =
        r#"-: $.selectedFieldsSchema["price in EUR"].minLength: "1" is not of type "number""#;
    assert_eq!(outcome.stdout, format!("{fault}\n"));
}

#[test]
fn every_file_is_checked_though_one_is_no_json() {
    let file = openapi().join("examples/file-version.json");
    let file = file.to_str().unwrap();
    let outcome = imagekit(["schema", "validate", "-", file])
        .input("{\"fileId\":")
        .run();
    assert_eq!(outcome.code, Some(7));
    let not_json = "-: $: not JSON: EOF while parsing a value at line 1 column 10";
    assert_eq!(outcome.stdout, format!("{not_json}\n{file}: valid\n"));
    let missing = imagekit(["schema", "validate", "no-such-file.json", "-"])
        .input("{\"fileId\":")
        .run();
    assert_eq!(missing.code, Some(2));
    assert_eq!(missing.stdout, format!("{not_json}\n"));
    assert!(
        missing.stderr.contains("no-such-file.json cannot be read"),
        "{missing:?}"
    );
}

#[test]
fn files_are_read_as_strictly_as_the_client_reads_responses() {
    let valid = r#"{"fileId":"a","name":"n","filePath":"/n","url":"u"}"#;
    let folder = tempfile::tempdir().unwrap();
    let utf_16: Vec<u8> = "\u{feff}{}"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (bytes, told) in [
        (format!("\u{feff}{valid}").into_bytes(), "valid"),
        (
            utf_16,
            "$: not JSON: it is encoded in UTF-16; JSON is UTF-8",
        ),
        (
            valid.replacen('{', r#"{"name":"other","#, 1).into_bytes(),
            "$: not JSON: the key `name` stands twice",
        ),
    ] {
        let file = folder.path().join("stored.json");
        fs::write(&file, bytes).unwrap();
        let outcome = imagekit(["schema", "validate", file.to_str().unwrap()]).run();
        assert!(outcome.stdout.contains(told), "{outcome:?}");
    }
}

#[test]
fn a_printed_schema_is_the_one_of_the_repository() {
    for entry in fs::read_dir(openapi().join("schemas")).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_stem().unwrap().to_str().unwrap();
        let printed = imagekit(["schema", "print", name]).run().fine();
        assert_eq!(printed, fs::read_to_string(&file).unwrap(), "{name}");
    }
    let unknown = imagekit(["schema", "print", "Thing"]).run();
    assert_eq!(unknown.code, Some(2));
    assert!(
        unknown.stderr.contains("File"),
        "the names are listed: {unknown:?}"
    );
}
