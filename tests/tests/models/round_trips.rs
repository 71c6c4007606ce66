//! Any value of a model is JSON that the document allows, and comes back as it was.

use chrono::{DateTime, Utc};
use imagekit_client::types::{
    AiTag, AiTagSource, CustomMetadata, EmbeddedMetadata, Error, ErrorDetails, FileId, FileType,
    FileVersion, FileVersionType, MetadataValue, SelectedField, SelectedFieldType,
    SelectedFieldsSchema, VersionId, VersionInfo,
};
use imagekit_tests::contract::Shape;
use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        vec(any::<char>(), 0..20).prop_map(String::from_iter)
    ]
}

fn id() -> impl Strategy<Value = String> {
    let plain = any::<char>().prop_filter("ids cannot hold it", |c| {
        *c != '\\' && !c.is_ascii_control()
    });
    vec(plain, 1..30)
        .prop_map(String::from_iter)
        .prop_filter("ids cannot be it", |id| id != "." && id != "..")
}

fn number() -> impl Strategy<Value = f64> {
    use proptest::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    prop_oneof![
        POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO,
        (0..10_000_i32).prop_map(f64::from),
        (0..10_000_i32).prop_map(|hundredths| f64::from(hundredths) / 100.0),
    ]
}

/// A time of the years 0 to 9999, which are all that RFC 3339 can write, with or without a fraction.
fn time() -> impl Strategy<Value = DateTime<Utc>> {
    let seconds = -62_167_219_200_i64..=253_402_300_799;
    let nanoseconds = prop_oneof![
        Just(0),
        (0..1_000_u32).prop_map(|it| it * 1_000_000),
        0..1_000_000_000_u32
    ];
    (seconds, nanoseconds).prop_filter_map("no such time", |(seconds, nanoseconds)| {
        DateTime::from_timestamp(seconds, nanoseconds)
    })
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        number().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            object_of(inner).prop_map(Value::from),
        ]
    })
}

fn object_of(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    btree_map(text(), value, 0..5).prop_map(Map::from_iter)
}

/// A free value where null would be the same as none.
fn some_json() -> impl Strategy<Value = Value> {
    json().prop_filter("null reads as absent", |value| !value.is_null())
}

prop_compose! {
    fn ai_tag()(name in of(text()), confidence in number(), source in text()) -> AiTag {
        AiTag::builder()
            .name(name)
            .confidence(confidence)
            .source(AiTagSource::from(source))
            .try_into()
            .unwrap()
    }
}

prop_compose! {
    fn version_info()(id in id(), name in of(text())) -> VersionInfo {
        let id = VersionId::new(id).unwrap();
        VersionInfo::builder().id(id).name(name).try_into().unwrap()
    }
}

prop_compose! {
    fn selected_field()(
        type_ in text(),
        (is_value_required, read_only, truncated) in any::<(Option<bool>, Option<bool>, Option<bool>)>(),
        (min_length, max_length) in (of(number()), of(number())),
        (min_value, max_value, default_value) in (of(some_json()), of(some_json()), of(some_json())),
        select_options in of(vec(json(), 0..4)),
    ) -> SelectedField {
        SelectedField::builder()
            .type_(SelectedFieldType::from(type_))
            .is_value_required(is_value_required)
            .read_only(read_only)
            .min_length(min_length)
            .max_length(max_length)
            .min_value(min_value.map(MetadataValue))
            .max_value(max_value.map(MetadataValue))
            .default_value(default_value.map(MetadataValue))
            .select_options(select_options.map(|it| it.into_iter().map(MetadataValue).collect::<Vec<_>>()))
            .select_options_truncated(truncated)
            .try_into()
            .unwrap()
    }
}

prop_compose! {
    fn file_version()(
        (file_id, name, file_path, url) in (id(), text(), text(), text()),
        (tags, ai_tags) in (of(vec(text(), 0..4)), of(vec(ai_tag(), 0..4))),
        (version_info, type_, file_type) in (of(version_info()), of(text()), of(text())),
        (is_private_file, is_published, has_alpha) in any::<(Option<bool>, Option<bool>, Option<bool>)>(),
        (custom_coordinates, thumbnail, mime) in (of(text()), of(text()), of(text())),
        (width, height, duration) in (of(number()), of(number()), of(number())),
        (size, bit_rate) in any::<(Option<i64>, Option<i64>)>(),
        (video_codec, audio_codec, description) in (of(text()), of(text()), of(text())),
        (custom_metadata, embedded_metadata) in (of(object_of(json())), of(object_of(json()))),
        selected_fields_schema in of(btree_map(text(), selected_field(), 0..3)),
        (created_at, updated_at) in (of(time()), of(time())),
    ) -> FileVersion {
        FileVersion::builder()
            .file_id(FileId::new(file_id).unwrap())
            .name(name)
            .file_path(file_path)
            .url(url)
            .tags(tags)
            .ai_tags(ai_tags)
            .version_info(version_info)
            .type_(type_.map(FileVersionType::from))
            .file_type(file_type.map(FileType::from))
            .is_private_file(is_private_file)
            .is_published(is_published)
            .has_alpha(has_alpha)
            .custom_coordinates(custom_coordinates)
            .thumbnail(thumbnail)
            .mime(mime)
            .width(width)
            .height(height)
            .duration(duration)
            .size(size)
            .bit_rate(bit_rate)
            .video_codec(video_codec)
            .audio_codec(audio_codec)
            .description(description)
            .custom_metadata(custom_metadata.map(CustomMetadata))
            .embedded_metadata(embedded_metadata.map(EmbeddedMetadata))
            .selected_fields_schema(selected_fields_schema.map(SelectedFieldsSchema))
            .created_at(created_at)
            .updated_at(updated_at)
            .try_into()
            .unwrap()
    }
}

prop_compose! {
    fn error()(
        (message, help, reason, type_) in (of(text()), of(text()), of(text()), of(text())),
        (errors, non_deleted_fields) in (of(some_json()), of(some_json())),
        missing_file_ids in of(vec(text(), 0..4)),
    ) -> Error {
        Error::builder()
            .message(message)
            .help(help)
            .reason(reason)
            .type_(type_)
            .errors(errors.map(ErrorDetails))
            .non_deleted_fields(non_deleted_fields.map(ErrorDetails))
            .missing_file_ids(missing_file_ids)
            .try_into()
            .unwrap()
    }
}

fn comes_back<T>(shape: &Shape, value: &T) -> Result<(), TestCaseError>
where
    T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let text = serde_json::to_string(value).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    prop_assert_eq!(shape.faults(&json), Vec::<String>::new(), "{}", text);
    let back: T = serde_json::from_str(&text).unwrap();
    prop_assert_eq!(&back, value, "{}", text);
    Ok(())
}

#[test]
fn a_file_version_comes_back_as_it_was() {
    let shape = Shape::of("FileVersion");
    proptest!(|(version in file_version())| comes_back(&shape, &version)?);
}

#[test]
fn an_error_comes_back_as_it_was() {
    let shape = Shape::of("Error");
    proptest!(|(error in error())| comes_back(&shape, &error)?);
}
