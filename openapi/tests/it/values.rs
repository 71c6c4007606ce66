use imagekit_openapi::validate::Validator;
use serde_json::{Value, json};

#[track_caller]
fn diagnostics(component: &str, value: &Value) -> Vec<String> {
    let found = Validator::of(component).unwrap().diagnostics(value);
    found.iter().map(ToString::to_string).collect()
}

fn documented(file: &str) -> Value {
    serde_json::from_str(imagekit_openapi::example(file).unwrap()).unwrap()
}

#[test]
fn examples_of_responses_are_valid() {
    for operation in imagekit_openapi::OPERATIONS {
        for response in operation.responses {
            let Some(component) = response.component else {
                continue;
            };
            for example in response.examples {
                let value = documented(example.file);
                let items = match value {
                    Value::Array(items) if response.list => items,
                    value => vec![value],
                };
                for item in items {
                    assert_eq!(
                        diagnostics(component, &item),
                        Vec::<String>::new(),
                        "{}",
                        example.file
                    );
                }
            }
        }
    }
}

#[test]
fn what_is_wrong_is_said_where_it_is() {
    let mut file = documented("get-file-details.json");
    file["versionInfo"]["id"] = json!(2);
    assert_eq!(
        diagnostics("File", &file),
        [r#"$.versionInfo.id: 2 is not of type "string""#]
    );
    file = documented("get-file-details.json");
    file["name"].take();
    file["AITags"] = json!([{ "name": 1 }]);
    let found = diagnostics("File", &file);
    assert!(
        found.contains(&r#"$.name: null is not of type "string""#.to_owned()),
        "{found:?}"
    );
    assert!(
        found
            .iter()
            .any(|it| it.starts_with("$.AITags[0].name: 1 is")),
        "{found:?}"
    );
    assert_eq!(
        diagnostics("VersionInfo", &json!({})),
        [r#"$: "id" is missing"#]
    );
}

#[test]
fn the_tag_of_a_union_alone_decides() {
    let asset = json!({ "type": "folder", "name": 1 });
    let found = diagnostics("Asset", &asset);
    assert!(
        found.iter().any(|it| it.starts_with("$.name: 1")),
        "{found:?}"
    );
    assert_eq!(
        diagnostics("Asset", &json!({ "type": "spaceship", "name": 1 })),
        Vec::<String>::new()
    );
}

#[test]
fn a_schema_that_cannot_be_used_is_an_error() {
    assert!(Validator::of("Spaceship").is_err());
    assert!(Validator::new(&json!({ "type": 7 })).is_err());
    assert!(Validator::new(&json!({ "$ref": "https://example.com/schema.json" })).is_err());
}

#[test]
fn of_a_choice_the_branch_that_was_meant_is_explained() {
    let meant = |schema: Value, value: Value| {
        let found = Validator::new(&schema).unwrap().diagnostics(&value);
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    };
    let number = json!({ "type": "object", "properties": { "a": { "type": "number" } } });
    let nothing = json!({ "type": "null" });
    for branches in [json!([number, nothing]), json!([nothing, number])] {
        let found = meant(json!({ "anyOf": branches }), json!({ "a": "x" }));
        assert_eq!(found, r#"$.a: "x" is not of type "number""#);
    }
    let nullable = json!({ "anyOf": [{ "type": "string" }, { "type": "null" }] });
    assert_eq!(meant(nullable, json!(7)), r#"$: 7 is not of type "string""#);
    // The tag of the second fits, though the first goes deeper.
    let tagged = |tag: &str| json!({ "properties": { "tag": { "enum": [tag] }, "a": { "type": "number" } } });
    let other = json!({ "properties": { "tag": { "enum": ["b"] } }, "required": ["c"] });
    let found = meant(
        json!({ "anyOf": [tagged("a"), other] }),
        json!({ "tag": "b", "a": "x" }),
    );
    assert_eq!(found, r#"$: "c" is missing"#);
    let open = json!({ "anyOf": [{ "type": "string", "enum": ["a"] }, { "type": "string" }] });
    assert_eq!(meant(open, json!(7)), r#"$: 7 is not of type "string""#);
}

#[test]
fn formats_are_checked() {
    let mut file = documented("get-file-details.json");
    file["createdAt"] = json!("yesterday");
    let found = diagnostics("File", &file);
    assert!(found[0].starts_with("$.createdAt: "), "{found:?}");
}
