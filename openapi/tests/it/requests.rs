use imagekit_openapi::validate::{Request, RequestBody, RequestValidator};
use imagekit_openapi::{Place, operation};
use serde_json::{Value, json};

#[track_caller]
fn diagnostics(id: &str, request: &Request<'_>) -> Vec<String> {
    let validator = RequestValidator::new(operation(id).unwrap()).unwrap();
    validator
        .diagnostics(request)
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

#[test]
fn documented_requests_are_valid() {
    let mut checked = 0;
    for operation in imagekit_openapi::OPERATIONS {
        let validator = RequestValidator::new(operation).unwrap();
        let Some(body) = operation
            .body
            .as_ref()
            .filter(|it| it.media_type == "application/json")
        else {
            continue;
        };
        let parameters = operation.parameters_in(Place::Path);
        let path: Vec<_> = parameters
            .map(|it| (it.name, "598821f949c0a938d57563bd".to_owned()))
            .collect();
        for example in body.examples {
            let value: Value =
                serde_json::from_str(imagekit_openapi::example(example.file).unwrap()).unwrap();
            let request = Request {
                path: &path,
                query: &[],
                body: RequestBody::Json(&value),
            };
            assert_eq!(validator.diagnostics(&request), [], "{}", example.file);
            checked += 1;
        }
    }
    assert!(checked > 20, "{checked}");
}

#[test]
fn a_path_parameter_cannot_leave_its_segment() {
    let of = |id: &str| {
        let path = [("fileId", id.to_owned())];
        diagnostics(
            "getFileDetails",
            &Request {
                path: &path,
                ..Request::default()
            },
        )
    };
    assert_eq!(of("598821f949c0a938d57563bd"), Vec::<String>::new());
    assert_eq!(of("..").len(), 1);
    assert_eq!(
        diagnostics("getFileDetails", &Request::default()),
        ["fileId: it is missing"]
    );
}

#[test]
fn query_texts_are_held_to_their_types() {
    let of = |query: &[(&str, &str)]| {
        let query = pairs(query);
        diagnostics(
            "listAssets",
            &Request {
                query: &query,
                ..Request::default()
            },
        )
    };
    assert_eq!(
        of(&[("limit", "10"), ("skip", "0"), ("unheard", "of")]),
        Vec::<String>::new()
    );
    assert_eq!(
        of(&[("limit", "ten")]),
        [r#"limit: "ten" is not of type "integer""#]
    );
    assert_eq!(of(&[("limit", "0")]).len(), 1);
}

#[test]
fn bodies_are_held_to_their_component() {
    let of = |body: Value| {
        let request = Request {
            body: RequestBody::Json(&body),
            ..Request::default()
        };
        diagnostics("addTagsToFiles", &request)
    };
    assert_eq!(
        of(json!({ "fileIds": ["a"], "tags": ["new"] })),
        Vec::<String>::new()
    );
    assert_eq!(of(json!({ "fileIds": ["a"] })), ["tags: it is missing"]);
    assert_eq!(
        of(json!({ "fileIds": ["a"], "tags": [7] })),
        [r#"tags[0]: 7 is not of type "string""#]
    );
    assert_eq!(
        diagnostics("addTagsToFiles", &Request::default()),
        ["the request needs a JSON body"]
    );
}

#[test]
fn a_property_that_stands_alone_takes_nothing_beside_it() {
    let path = [("fileId", "a".to_owned())];
    let of = |body: Value| {
        let request = Request {
            path: &path,
            body: RequestBody::Json(&body),
            query: &[],
        };
        diagnostics("updateFileDetails", &request)
    };
    assert_eq!(
        of(json!({ "publish": { "isPublished": true } })),
        Vec::<String>::new()
    );
    assert_eq!(
        of(json!({ "publish": { "isPublished": true }, "tags": ["a"] })),
        ["publish: nothing else can be sent with it"],
    );
}

#[test]
fn form_texts_are_held_to_what_they_stand_for() {
    let of = |form: &[(&str, &str)]| {
        let form = pairs(form);
        diagnostics(
            "uploadFile",
            &Request {
                body: RequestBody::Form(&form),
                ..Request::default()
            },
        )
    };
    let whole = [
        ("file", "…"),
        ("fileName", "coat.jpg"),
        ("tags", "a,b"),
        ("isPrivateFile", "true"),
    ];
    assert_eq!(of(&whole), Vec::<String>::new());
    assert_eq!(of(&[("file", "…")]), ["fileName: it is missing"]);
    let found = of(&[("file", "…"), ("fileName", "a"), ("extensions", "[{")]);
    assert!(
        found[0].starts_with("extensions: it is not JSON"),
        "{found:?}"
    );
    let found = of(&[
        ("file", "…"),
        ("fileName", "a"),
        ("extensions", "[7]"),
        ("isPrivateFile", "maybe"),
    ]);
    assert_eq!(found.len(), 2, "{found:?}");
}
