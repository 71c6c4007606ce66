//! Files and versions, and where they come from.

use imagekit_client::types::{File as FileVersion, FileType, FileVersionType};
use imagekit_mock::{Error, File, Library, Server};
use serde_json::{Value, json};

use crate::wire::{DOCUMENTED, get};

async fn answers(library: Library) -> Vec<Value> {
    let paths: Vec<String> = library
        .ids()
        .map(|(file_id, id)| format!("/v1/files/{file_id}/versions/{id}"))
        .collect();
    let server = Server::builder().library(library).start().await.unwrap();
    let mut answers = Vec::new();
    for path in paths {
        let answer = get(&server, &path).await;
        assert_eq!(answer.status, 200, "{path}");
        answers.push(answer.json());
    }
    answers
}

async fn models(library: Library) -> Vec<FileVersion> {
    let answers = answers(library).await;
    answers
        .into_iter()
        .map(|answer| serde_json::from_value(answer).unwrap())
        .collect()
}

#[tokio::test]
async fn versions_of_a_file_differ_where_they_do_in_life() {
    let file = File::new("598821f949c0a938d57563bd")
        .path("/winter/blue coat.jpg")
        .versions(3);
    let versions = models(Library::new().file(file)).await;
    let ids: Vec<_> = versions
        .iter()
        .map(|version| version.version_info.as_ref().unwrap().id.as_str())
        .collect();
    assert_eq!(
        ids,
        [
            "598821f949c0a938d57563bd",
            "598821f949c0a938d57563bd-2",
            "598821f949c0a938d57563bd-3"
        ]
    );
    let types: Vec<_> = versions
        .iter()
        .filter_map(|version| version.type_.clone())
        .collect();
    assert_eq!(
        types,
        [
            FileVersionType::FileVersion,
            FileVersionType::FileVersion,
            FileVersionType::File
        ]
    );
    assert!(versions.is_sorted_by(|one, other| one.created_at < other.created_at));
    for version in &versions {
        assert_eq!(version.file_id.as_str(), "598821f949c0a938d57563bd");
        assert_eq!(version.name, "blue coat.jpg");
        assert_eq!(version.file_path, "/winter/blue coat.jpg");
        assert_eq!(version.mime.as_deref(), Some("image/jpeg"));
        let address = "https://ik.imagekit.io/your_imagekit_id/winter/blue%20coat.jpg?";
        assert!(version.url.starts_with(address), "{}", version.url);
        let millis = version.updated_at.unwrap().timestamp_millis();
        assert!(version.url.ends_with(&format!("updatedAt={millis}")));
        let thumbnail = version.thumbnail.as_deref().unwrap();
        assert_eq!(thumbnail, format!("{}&tr=n-ik_ml_thumbnail", version.url));
    }
    assert!(versions[0].url.contains("ik-obj-version="));
    assert!(!versions[2].url.contains("ik-obj-version="));
}

#[tokio::test]
async fn the_extension_says_what_a_file_is() {
    let of = async |path: &str| {
        let library = Library::new().file(File::new("a").path(path));
        models(library).await.pop().unwrap()
    };
    let image = of("/a.png").await;
    assert_eq!(image.file_type, Some(FileType::Image));
    assert_eq!(image.mime.as_deref(), Some("image/png"));
    assert!(image.width.is_some() && image.has_alpha.is_some());
    assert!(image.duration.is_none() && image.video_codec.is_none());

    let video = of("/a.mp4").await;
    assert_eq!(video.file_type, Some(FileType::NonImage));
    assert!(video.width.is_some() && video.duration.is_some() && video.audio_codec.is_some());
    assert!(video.has_alpha.is_none() && video.thumbnail.is_none());

    let sound = of("/a.mp3").await;
    assert!(sound.audio_codec.is_some());
    assert!(sound.width.is_none() && sound.duration.is_none() && sound.video_codec.is_none());

    let plain = of("/LICENCE").await;
    assert_eq!(plain.mime, None);
    assert!(plain.width.is_none() && plain.audio_codec.is_none());
}

#[tokio::test]
async fn whatever_is_not_made_up_can_be_set() {
    let file = File::new("a")
        .path("/products/a.jpg")
        .name("b.jpg")
        .version_ids(["first", "second"])
        .each(|number, version| version.description = Some(format!("the {number}.")))
        .each(|_, version| version.width = Some(10.0));
    let versions = models(Library::new().file(file)).await;
    assert_eq!(versions[1].file_path, "/products/b.jpg");
    assert_eq!(versions[0].description.as_deref(), Some("the 1."));
    assert_eq!(versions[1].description.as_deref(), Some("the 2."));
    assert_eq!(versions[1].width, Some(10.0));
}

#[tokio::test]
async fn what_imagekit_answers_as_null_is_null() {
    let answer = answers(Library::new().file(File::new("a")))
        .await
        .pop()
        .unwrap();
    for name in ["tags", "AITags", "customCoordinates", "description"] {
        assert_eq!(answer.get(name), Some(&Value::Null), "{name}");
    }
    assert_eq!(answer.get("duration"), None);
}

#[tokio::test]
async fn json_is_answered_as_it_is() {
    let version = json!({
        "fileId": "a", "name": "a", "filePath": "/a", "url": "u",
        "tags": null, "ofTomorrow": [1, null, { "a": 1.5 }],
    });
    let answers = answers(Library::new().json(version.clone())).await;
    assert_eq!(answers, [version]);
}

#[tokio::test]
async fn json_and_yaml_are_read() {
    let json = include_str!("../../../openapi/examples/file-version.json");
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
        let answers = answers(library).await;
        assert_eq!(answers.iter().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn a_bad_text_is_refused_by_its_place() {
    let version = "fileId: a\nname: a\nfilePath: /a\nurl: u\n";
    for (text, expected, place) in [
        (String::new(), "", "line 1, column 1"),
        (
            "{\n  \"fileId\": \"a\",,\n}".to_owned(),
            "",
            "line 2, column 17",
        ),
        (format!("{version}width: wide\n"), "", "line 5, column 8"),
        (
            format!("{version}name: b\n"),
            "duplicate",
            "line 5, column 1",
        ),
        (version.replace("a\n", "12\n"), "", "line 1, column 9"),
        ("- 1".to_owned(), "", "line 1, column 3"),
        ("fileId: a".to_owned(), "missing field", "line 1, column 1"),
    ] {
        let refused = Library::parse(&text).unwrap_err().to_string();
        println!("{refused}");
        assert!(refused.starts_with(expected), "{text}: {refused}");
        assert!(refused.ends_with(place), "{text}: {refused}");
        assert_eq!(refused.lines().count(), 1, "{refused}");
    }
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
    assert!(refused.ends_with(" at line 2, column 13"), "{refused}");
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
         \"..\" cannot be an id"
    );
    start(Library::new().file(File::new("a").version_ids(["b", ""]))).await;
    let mut version = json!({ "fileId": "a", "name": "a", "filePath": "/a", "url": "u" });
    version["AITags"] = json!([{ "confidence": "high", "source": "s" }]);
    assert_eq!(
        start(Library::new().json(version)).await.to_string(),
        "a version of the file `a` cannot be used: \
         AITags[0].confidence: invalid type: string \"high\", expected f64"
    );
    // One mistake is not made good by what follows it.
    start(Library::new().json(json!(1)).file(File::new("a"))).await;
}

#[tokio::test]
async fn the_demo_is_worth_looking_at() {
    let versions = models(Library::demo()).await;
    let has = |fits: fn(&FileVersion) -> bool| versions.iter().any(fits);
    assert!(has(|version| version.file_type == Some(FileType::Image)));
    assert!(has(|version| version.video_codec.is_some()));
    assert!(has(
        |version| version.size.is_some() && version.width.is_none()
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
