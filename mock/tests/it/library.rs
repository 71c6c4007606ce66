//! Files and versions, and where they come from.

use imagekit_mock::{Error, File, Library, Server};
use serde_json::{Value, json};

use crate::wire::{DOCUMENTED, get};

async fn responses(library: Library) -> Vec<Value> {
    let paths: Vec<String> = library
        .ids()
        .map(|(file_id, id)| format!("/v1/files/{file_id}/versions/{id}"))
        .collect();
    let server = Server::builder().library(library).start().await.unwrap();
    let mut responses = Vec::new();
    for path in paths {
        let response = get(&server, &path).await;
        assert_eq!(response.status, 200, "{path}");
        responses.push(response.json());
    }
    responses
}

#[tokio::test]
async fn versions_of_a_file_differ_where_they_do_in_life() {
    let file = File::new("598821f949c0a938d57563bd")
        .path("/winter/blue coat.jpg")
        .versions(3);
    let versions = responses(Library::new().file(file)).await;
    let all = |pointer: &str| -> Vec<&Value> {
        versions
            .iter()
            .map(|it| it.pointer(pointer).unwrap())
            .collect()
    };
    assert_eq!(
        all("/versionInfo/id"),
        [
            "598821f949c0a938d57563bd",
            "598821f949c0a938d57563bd-2",
            "598821f949c0a938d57563bd-3"
        ]
    );
    assert_eq!(all("/type"), ["file-version", "file-version", "file"]);
    assert!(all("/createdAt").is_sorted_by_key(|it| it.as_str().unwrap()));
    for version in &versions {
        assert_eq!(version["fileId"], "598821f949c0a938d57563bd");
        assert_eq!(version["name"], "blue coat.jpg");
        assert_eq!(version["filePath"], "/winter/blue coat.jpg");
        assert_eq!(version["mime"], "image/jpeg");
        let url = version["url"].as_str().unwrap();
        let address = "https://ik.imagekit.io/your_imagekit_id/winter/blue%20coat.jpg?";
        assert!(url.starts_with(address), "{url}");
        assert_eq!(version["thumbnail"], format!("{url}&tr=n-ik_ml_thumbnail"));
    }
    assert!(
        versions[0]["url"]
            .as_str()
            .unwrap()
            .contains("ik-obj-version=")
    );
    assert!(
        !versions[2]["url"]
            .as_str()
            .unwrap()
            .contains("ik-obj-version=")
    );
}

#[tokio::test]
async fn the_extension_says_what_a_file_is() {
    let of = async |path: &str| {
        let library = Library::new().file(File::new("a").path(path));
        responses(library).await.pop().unwrap()
    };
    let has = |version: &Value, names: &[&str]| names.iter().all(|it| version.get(it).is_some());
    let lacks = |version: &Value, names: &[&str]| names.iter().all(|it| version.get(it).is_none());
    let image = of("/a.png").await;
    assert_eq!(
        (&image["fileType"], &image["mime"]),
        (&json!("image"), &json!("image/png"))
    );
    assert!(has(&image, &["width", "hasAlpha"]) && lacks(&image, &["duration", "videoCodec"]));
    let video = of("/a.mp4").await;
    assert_eq!(video["fileType"], "non-image");
    assert!(
        has(&video, &["width", "duration", "audioCodec"])
            && lacks(&video, &["hasAlpha", "thumbnail"])
    );
    let sound = of("/a.mp3").await;
    assert!(has(&sound, &["audioCodec"]) && lacks(&sound, &["width", "duration", "videoCodec"]));
    let plain = of("/LICENCE").await;
    assert!(lacks(&plain, &["mime", "width", "audioCodec"]));
}

#[tokio::test]
async fn whatever_is_not_made_up_can_be_set() {
    let file = File::new("a")
        .path("/products/a.jpg")
        .name("b.jpg")
        .version_ids(["first", "second"])
        .each(|number, version| version["description"] = format!("the {number}.").into())
        .each(|_, version| version["width"] = 10.into());
    let versions = responses(Library::new().file(file)).await;
    assert_eq!(versions[1]["filePath"], "/products/b.jpg");
    assert_eq!(versions[0]["description"], "the 1.");
    assert_eq!(versions[1]["description"], "the 2.");
    assert_eq!(versions[1]["width"], 10);
}

#[tokio::test]
async fn what_imagekit_responses_as_null_is_null() {
    let response = responses(Library::new().file(File::new("a")))
        .await
        .pop()
        .unwrap();
    for name in ["tags", "AITags", "customCoordinates", "description"] {
        assert_eq!(response.get(name), Some(&Value::Null), "{name}");
    }
    assert_eq!(response.get("duration"), None);
}

#[tokio::test]
async fn json_is_responded_as_it_is() {
    let version = json!({
        "fileId": "a", "name": "a", "filePath": "/a", "url": "u",
        "tags": null, "ofTomorrow": [1, null, { "a": 1.5 }],
    });
    let responses = responses(Library::new().json(version.clone())).await;
    assert_eq!(responses, [version]);
}

#[tokio::test]
async fn json_and_yaml_are_read() {
    let json = imagekit_openapi::example("file-version.json").unwrap();
    let one: Value = serde_json::from_str(json).unwrap();
    let tabs = json.replace("  ", "\t");
    let windows = json.replace('\n', "\r\n");
    let yaml = "# a comment
fileId: 598821f949c0a938d57563bd
name: '123'
filePath: /123
url: u
";
    let in_yaml = json!({
        "fileId": "598821f949c0a938d57563bd", "name": "123", "filePath": "/123", "url": "u",
    });
    for (text, expected) in [
        (json, vec![&one]),
        (&format!("[{json}, {in_yaml}]"), vec![&one, &in_yaml]),
        (&one.to_string(), vec![&one]),
        (&tabs, vec![&one]),
        (&windows, vec![&one]),
        (&format!("\u{feff}{json}"), vec![&one]),
        (yaml, vec![&in_yaml]),
        ("[]", vec![]),
    ] {
        let library = Library::parse(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let responses = responses(library).await;
        assert_eq!(responses.iter().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn a_bad_text_is_refused_by_what_is_wrong_in_it() {
    let version = "fileId: a\nname: a\nfilePath: /a\nurl: u\n";
    for (text, expected) in [
        (String::new(), "not an object"),
        (
            "{\n  \"fileId\": \"a\",,\n}".to_owned(),
            "line 2, column 17",
        ),
        (format!("{version}width: wide\n"), "`width` is not a number"),
        (format!("{version}name: b\n"), "line 5, column 1"),
        (
            format!("{version}versionInfo:\n  id: ..\n"),
            "an id may not be `.` or `..`",
        ),
        (version.replace("a\n", "12\n"), "`fileId` is"),
        ("- 1".to_owned(), "not an object"),
        ("fileId: a".to_owned(), "`name` is missing"),
    ] {
        let refused = Library::parse(&text).unwrap_err().to_string();
        assert!(refused.contains(expected), "{text}: {refused}");
        assert_eq!(refused.lines().count(), 1, "{refused}");
    }
}

/// Each level repeats the one before: 2^40 values in a few lines.
#[test]
fn a_text_that_expands_beyond_all_bounds_is_refused() {
    let levels = (1..40).map(|level| format!("a{level}: &a{level} [*a{0}, *a{0}]\n", level - 1));
    let text: String = std::iter::once("a0: &a0 1\n".to_owned())
        .chain(levels)
        .collect();
    Library::parse(&text).unwrap_err();
}

#[test]
fn a_bad_file_is_named() {
    let missing = Library::read("no/such/file.json").unwrap_err().to_string();
    assert!(
        missing.starts_with("cannot read no/such/file.json: "),
        "{missing}"
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    std::fs::write(&path, "[\n{ \"fileId\": 1 }\n]").unwrap();
    let refused = Library::read(&path).unwrap_err().to_string();
    assert!(
        refused.starts_with(&format!("{}: ", path.display())),
        "{refused}"
    );
    assert!(refused.ends_with("`fileId` is not a string"), "{refused}");
}

#[tokio::test]
async fn a_library_with_what_is_no_version_starts_no_server() {
    let start = async |library| {
        let started = Server::builder().library(library).start().await;
        started.unwrap_err()
    };
    let id = start(Library::new().file(File::new(".."))).await;
    assert!(matches!(id, Error::InvalidVersion { .. }));
    assert_eq!(
        id.to_string(),
        "a version of the file `..` cannot be used: \
         an id may not be `.` or `..`, nor contain backslashes or control characters"
    );
    start(Library::new().file(File::new("a").version_ids(["b", ""]))).await;
    let version = json!({ "fileId": "a", "name": "a", "filePath": "/a", "url": "u", "AITags": 1 });
    assert_eq!(
        start(Library::new().json(version)).await.to_string(),
        "a version of the file `a` cannot be used: `AITags` is not an array"
    );
    let taken = Library::new()
        .file(File::new("a").path("/x"))
        .file(File::new("b").path("/x"));
    assert!(start(taken).await.to_string().contains("has the same path"));
    // One mistake is not made good by what follows it.
    start(Library::new().json(json!(1)).file(File::new("a"))).await;
}

#[tokio::test]
async fn the_demo_is_worth_looking_at() {
    let versions = responses(Library::demo()).await;
    let has = |fits: fn(&Value) -> bool| versions.iter().any(fits);
    assert!(has(|version| version["fileType"] == "image"));
    assert!(has(|version| version["videoCodec"].is_string()));
    assert!(has(
        |version| version["size"].is_number() && version.get("width").is_none()
    ));
    let mut versions_by_file = std::collections::BTreeMap::<_, u32>::new();
    for (file_id, _) in Library::demo().ids() {
        *versions_by_file.entry(file_id.to_owned()).or_default() += 1;
    }
    assert!(versions_by_file.len() >= 4, "{versions_by_file:?}");
    assert!(versions_by_file["598821f949c0a938d57563bd"] >= 2);
    assert!(versions_by_file.values().any(|count| *count >= 10));

    let server = Server::builder()
        .library(Library::demo())
        .start()
        .await
        .unwrap();
    assert_eq!(get(&server, DOCUMENTED).await.status, 200);
}

#[tokio::test]
async fn a_file_can_have_very_many_versions() {
    let library = Library::new().file(File::new("a").versions(10_000));
    assert_eq!(library.ids().count(), 10_000);
    let server = Server::builder().library(library).start().await.unwrap();
    assert_eq!(
        get(&server, "/v1/files/a/versions/a-10000").await.status,
        200
    );
}
