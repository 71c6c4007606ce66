//! Any value that the document allows decodes, and comes back as it was.

use imagekit_tests::contract::Shape;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use super::models;

fn text() -> BoxedStrategy<Value> {
    any::<String>().prop_map(Value::from).boxed()
}

fn any_json() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1_000_000_i32..1_000_000).prop_map(|it| json!(f64::from(it) / 64.0)),
        text(),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|it| Value::Object(it.into_iter().collect())),
        ]
    })
    .boxed()
}

/// A time of the years 0 to 9999, which are all that RFC 3339 can write.
fn time() -> BoxedStrategy<Value> {
    (-62_167_219_200_i64..=253_402_300_799, 0..1_000_u32)
        .prop_filter_map("no such time", |(seconds, millis)| {
            let time = chrono::DateTime::from_timestamp(seconds, millis * 1_000_000)?;
            Some(
                time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
                    .into(),
            )
        })
        .boxed()
}

/// Values of a schema. Those of an open union are of each of its variants, or of none.
fn values(root: &Value, schema: &Value, depth: u32) -> BoxedStrategy<Value> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).unwrap();
        return values(root, target, depth);
    }
    if let Some(choices) = schema["allOf"].as_array() {
        if choices[0].get("if").is_none() {
            return values(root, &choices[0], depth);
        }
        let variants = choices.iter().map(|choice| {
            let tags = choice
                .pointer("/if/properties")
                .unwrap()
                .as_object()
                .unwrap();
            let (name, tag) = tags.iter().next().unwrap();
            let (name, tag) = (name.clone(), tag["enum"][0].clone());
            values(root, &choice["then"], depth + 1)
                .prop_map(move |mut value| {
                    value[&name] = tag.clone();
                    value
                })
                .boxed()
        });
        let unknown = proptest::collection::btree_map("[a-z]{1,8}", any_json(), 0..4)
            .prop_map(|it| Value::Object(it.into_iter().collect()));
        let all: Vec<_> = variants.chain([unknown.boxed()]).collect();
        return proptest::strategy::Union::new(all).boxed();
    }
    if let Some(branches) = schema["anyOf"].as_array() {
        if let Some(listed) = branches[0]["enum"].as_array() {
            let listed = proptest::sample::select(listed.clone());
            return prop_oneof![3 => listed, 1 => text()].boxed();
        }
        // Something, or null.
        return values(root, &branches[0], depth);
    }
    if let Some(tag) = schema["enum"].get(0) {
        return Just(tag.clone()).boxed();
    }
    let kind = schema["type"]
        .as_str()
        .or_else(|| schema["type"][0].as_str());
    match kind {
        Some("boolean") => any::<bool>().prop_map(Value::from).boxed(),
        Some("integer") => any::<i64>().prop_map(Value::from).boxed(),
        Some("number") => (-1_000_000_000_i32..1_000_000_000)
            .prop_map(|it| {
                let number = f64::from(it) / 128.0;
                if number.fract() == 0.0 {
                    json!(it / 128)
                } else {
                    json!(number)
                }
            })
            .boxed(),
        Some("string") if schema["format"] == "date-time" => time(),
        Some("string") if schema["format"] == "date" => (0..36_500_u64)
            .prop_map(|days| {
                let date = chrono::NaiveDate::default() + chrono::Days::new(days);
                date.to_string().into()
            })
            .boxed(),
        Some("string") => text(),
        Some("array") => {
            let longest = if depth > 2 { 1 } else { 3 };
            proptest::collection::vec(values(root, &schema["items"], depth + 1), 0..=longest)
                .prop_map(Value::from)
                .boxed()
        }
        Some("object") => object(root, schema, depth),
        _ => any_json(),
    }
}

fn object(root: &Value, schema: &Value, depth: u32) -> BoxedStrategy<Value> {
    let Some(properties) = schema["properties"].as_object() else {
        let values = match schema.get("additionalProperties") {
            Some(of) if of.get("$ref").is_some() => values(root, of, depth + 1),
            _ => any_json(),
        };
        return proptest::collection::btree_map(any::<String>(), values, 0..4)
            .prop_map(|it| Value::Object(it.into_iter().collect()))
            .boxed();
    };
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let mut strategy = Just(Map::new()).boxed();
    for (name, property) in properties {
        let name = name.clone();
        let is_required = required.iter().any(|it| *it == name.as_str());
        let chance = if is_required {
            0.999_999_999
        } else if depth > 2 {
            0.1
        } else {
            0.6
        };
        let value = proptest::option::weighted(chance, values(root, property, depth + 1));
        strategy = (strategy, value)
            .prop_map(move |(mut object, value)| {
                if let Some(value) = value {
                    object.insert(name.clone(), value);
                }
                object
            })
            .boxed();
    }
    strategy.prop_map(Value::Object).boxed()
}

#[test]
fn random_values_of_every_model_come_back_as_they_were() {
    let mut runner = TestRunner::new(Config {
        cases: 24,
        ..Config::default()
    });
    let mut count = 0;
    for (name, shape) in models() {
        count += 1;
        let strategy = values(shape.schema(), shape.schema(), 0);
        runner
            .run(&strategy, |value| {
                let json = value.to_string();
                let encoded = imagekit_client::models::round_trip(&name, json.as_bytes()).unwrap();
                let encoded = encoded
                    .map_err(|error| TestCaseError::fail(format!("{name}: {error:?}: {json}")))?;
                let encoded: Value = serde_json::from_str(&encoded).unwrap();
                prop_assert_eq!(
                    shape.held(&encoded),
                    shape.held(&value),
                    "{}: {}",
                    name,
                    json
                );
                Ok(())
            })
            .unwrap();
    }
    println!("{count} models");
    assert!(count > 100);
}

/// Numbers of as many digits as confidences and coordinates have come as close as a `f64` can.
#[test]
fn any_number_comes_back_as_it_was() {
    let mut runner = TestRunner::new(Config {
        cases: 20_000,
        ..Config::default()
    });
    let numbers = any::<f64>().prop_filter("JSON has no other", |number| number.is_finite());
    let outcome = runner.run(&(numbers, "[1-9]{18,40}"), |(number, digits)| {
        for text in [format!("{number:e}"), format!("0.{digits}"), digits] {
            let json = format!(r#"{{"type":"file-version","fileId":"f","name":"n","filePath":"/n","url":"u","duration":{text},"customMetadata":{{"n":{text}}}}}"#);
            let encoded = imagekit_client::models::round_trip("File", json.as_bytes()).unwrap();
            let encoded = encoded.map_err(|error| TestCaseError::fail(format!("{error:?}: {json}")))?;
            // By the standard library, whose parser is exact whatever `serde_json` is told to be.
            let expected: f64 = text.parse().unwrap();
            for place in ["\"duration\":", "\"n\":"] {
                let (_, rest) = encoded.split_once(place).unwrap();
                let end = rest.find([',', '}']).unwrap();
                let found: f64 = rest[..end].parse().unwrap();
                prop_assert_eq!(found.to_bits(), expected.to_bits(), "{}: {}", place, json);
            }
        }
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn shapes_of_the_test_are_those_of_the_client() {
    assert!(Shape::components().len() > 150);
}
