//! The responses that ImageKit documents or is known to give.

use imagekit_client::types::{AiTagSource, File, FileType, FileVersionType, SelectedFieldType};
use imagekit_tests::contract::Shape;
use imagekit_tests::wire::{Reply, Server};
use imagekit_tests::{call, example};
use serde_json::{Value, json};

async fn decode(body: &str) -> File {
    let server = Server::start([Reply::json("200 OK", body)]).await;
    let client = server.client().build().unwrap();
    call(&client).await.unwrap().into_body()
}

/// Without what is null, which is the same as absent in the models.
fn without_null(value: &Value) -> Value {
    let Value::Object(entries) = value else {
        return value.clone();
    };
    let entries = entries.iter().filter(|(_, value)| !value.is_null());
    entries
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

#[tokio::test]
async fn the_documented_response_decodes_with_every_property() {
    let version = decode(&example("file-version.json")).await;
    assert_eq!(version.file_id.as_str(), "598821f949c0a938d57563bd");
    assert_eq!(version.type_, Some(FileVersionType::FileVersion));
    assert_eq!(version.name, "file1.jpg");
    assert_eq!(version.file_path, "/images/products/file1.jpg");
    assert_eq!(
        version.tags.as_deref(),
        Some(&["t-shirt", "round-neck", "sale2019"].map(String::from)[..])
    );
    let [tag] = version.ai_tags.as_deref().unwrap() else {
        panic!("one AI tag, not {:?}", version.ai_tags);
    };
    assert_eq!(tag.name.as_deref(), Some("Shirt"));
    assert_eq!(tag.confidence, 90.12);
    assert_eq!(tag.source, AiTagSource::GoogleAutoTagging);
    let info = version.version_info.as_ref().unwrap();
    assert_eq!(info.id.as_str(), "697821f849c0a938d57563ce");
    assert_eq!(info.name.as_deref(), Some("Version 2"));
    assert_eq!(version.is_private_file, Some(false));
    assert_eq!(version.custom_coordinates, None);
    assert_eq!(
        version.url,
        "https://ik.imagekit.io/your_imagekit_id/images/products/file1.jpg"
    );
    assert_eq!(
        version.thumbnail.as_deref(),
        Some(
            "https://ik.imagekit.io/your_imagekit_id/tr:n-media_library_thumbnail/images/products/file1.jpg"
        )
    );
    assert_eq!(version.file_type, Some(FileType::Image));
    assert_eq!(version.mime.as_deref(), Some("image/jpeg"));
    assert_eq!(
        (version.width, version.height, version.size),
        (Some(100.0), Some(100.0), Some(100))
    );
    assert_eq!(version.has_alpha, Some(false));
    let metadata = version.custom_metadata.as_ref().unwrap();
    assert_eq!(json!(metadata), json!({ "brand": "Nike", "color": "red" }));
    let time = |time: &str| Some(time.parse().unwrap());
    assert_eq!(version.created_at, time("2019-08-24T06:14:41.313Z"));
    assert_eq!(version.updated_at, time("2019-09-24T06:14:41.313Z"));
    // What is newer than the documented response.
    assert_eq!(version.is_published, None);
    assert_eq!(version.bit_rate, None);
    assert_eq!(version.duration, None);
    assert_eq!(version.video_codec, None);
    assert_eq!(version.audio_codec, None);
    assert_eq!(version.embedded_metadata, None);
    assert_eq!(version.description, None);
    assert_eq!(version.selected_fields_schema, None);
}

#[tokio::test]
async fn the_documented_text_itself_is_the_same_response() {
    let documented = example("file-version.json5");
    assert!(
        serde_json::from_str::<Value>(&documented).is_err(),
        "it is no strict JSON"
    );
    let value: Value = json5::from_str(&documented).unwrap();
    assert_eq!(
        json5::from_str::<File>(&documented).unwrap(),
        decode(&value.to_string()).await
    );
    assert_eq!(
        decode(&value.to_string()).await,
        decode(&example("file-version.json")).await
    );
}

#[tokio::test]
async fn todays_response_decodes_with_what_is_new() {
    let version = decode(&example("file-version-recent.json")).await;
    assert_eq!(
        (version.tags, version.ai_tags, version.custom_coordinates),
        (None, None, None)
    );
    assert_eq!(version.description, None);
    assert_eq!(version.is_published, Some(true));
    assert!(
        version
            .url
            .ends_with("?ik-obj-version=4bXfT0nQ7sLw2yVd&updatedAt=1762162867482")
    );
    let metadata = version.custom_metadata.unwrap();
    assert_eq!(metadata["price in EUR"], 149.5);
    assert_eq!(metadata["in stock"], true);
    assert_eq!(metadata["sizes"], json!(["S", 40]));
    let embedded = version.embedded_metadata.unwrap();
    assert_eq!(embedded["FocalLength"], 4.25);
    assert_eq!(embedded["ModifyDate"], "0000:00:00 00:00:00");
    let fields = version.selected_fields_schema.unwrap();
    assert_eq!(fields["brand"].type_, SelectedFieldType::Text);
    assert_eq!(fields["brand"].is_value_required, Some(true));
    assert_eq!(fields["brand"].max_length, Some(40.0));
    assert_eq!(json!(fields["price in EUR"].max_value), 999.99);
    assert_eq!(
        json!(fields["sizes"].select_options),
        json!(["S", "M", 40, 42])
    );
}

#[tokio::test]
async fn a_video_decodes_with_its_measures() {
    let version = decode(&example("file-version-video.json")).await;
    assert_eq!(version.type_, Some(FileVersionType::File));
    assert_eq!(version.file_type, Some(FileType::NonImage));
    assert_eq!(version.size, Some(4_812_345_678));
    assert_eq!(version.bit_rate, Some(10_694_101));
    assert_eq!(version.duration, Some(3600.0));
    assert_eq!(version.video_codec.as_deref(), Some("h264"));
    assert_eq!(version.audio_codec.as_deref(), Some("aac"));
    assert_eq!(
        version.description.as_deref(),
        Some("Opening talk of the spring event")
    );
    assert!(version.custom_metadata.unwrap().is_empty());
    assert_eq!((version.thumbnail, version.has_alpha), (None, None));
}

#[tokio::test]
async fn a_decoded_response_encodes_to_the_json_that_it_came_from() {
    for name in [
        "file-version.json",
        "file-version-recent.json",
        "file-version-video.json",
    ] {
        let body = example(name);
        let value: Value = serde_json::from_str(&body).unwrap();
        let encoded = serde_json::to_value(decode(&body).await).unwrap();
        assert_eq!(encoded, without_null(&value), "{name}");
    }
}

#[tokio::test]
async fn null_is_accepted_wherever_it_was_seen() {
    let shape = Shape::of("File");
    let properties = shape.schema()["properties"].as_object().unwrap();
    let mut body: Value = serde_json::from_str(&example("file-version.json")).unwrap();
    let mut count = 0;
    for name in properties.keys() {
        let before = body
            .as_object_mut()
            .unwrap()
            .insert(name.clone(), Value::Null);
        if shape.faults(&body).is_empty() {
            count += 1;
        } else {
            match before {
                Some(before) => body[name] = before,
                None => body.as_object_mut().unwrap().retain(|key, _| key != name),
            }
        }
    }
    assert_eq!(
        count, 10,
        "tags, AITags, isPrivateFile, customCoordinates, fileType, customMetadata, \
                          embeddedMetadata, description, selectedFieldsSchema and extensionStatus"
    );
    let encoded = serde_json::to_value(decode(&body.to_string()).await).unwrap();
    assert_eq!(encoded, without_null(&body));
}
