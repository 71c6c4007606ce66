//! The mock answers nothing that the OpenAPI document does not allow.

use std::time::Duration;

use imagekit_mock::{Fault, File, Library, RateLimit, Server, StatusCode};
use serde_json::{Value, json};

use crate::wire::{Answer, DOCUMENTED, basic, get, send};

#[tokio::test]
async fn every_version_is_as_the_document_says() {
    let library = [
        "/a.jpg",
        "/b/c.png",
        "/d.mp4",
        "/e.mp3",
        "/f.pdf",
        "/g.svg",
        "/noextension",
    ]
    .into_iter()
    .zip(1..)
    .fold(Library::demo(), |library, (path, number)| {
        library.file(
            File::new(format!("file{number}"))
                .path(path)
                .versions(number),
        )
    });
    let paths: Vec<String> = library
        .ids()
        .map(|(file_id, id)| format!("/v1/files/{file_id}/versions/{id}"))
        .collect();
    let server = Server::builder()
        .library(library)
        .rate_limit(RateLimit::new(1000, Duration::from_secs(1)))
        .start()
        .await
        .unwrap();
    for path in &paths {
        let answer = get(&server, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        check(&answer);
    }
}

#[tokio::test]
async fn every_error_is_as_the_document_says() {
    let server = Server::builder()
        .rate_limit(RateLimit::new(2, Duration::from_secs(600)))
        .start()
        .await
        .unwrap();
    let key = basic(server.private_key());
    let mut statuses = Vec::new();
    let mut check_status = |answer: Answer| {
        check(&answer);
        statuses.push(answer.status.as_u16());
    };
    check_status(get(&server, "/v1/files/%2E/versions/a").await);
    check_status(send(&server, "GET", DOCUMENTED, &[]).await);
    check_status(send(&server, "GET", DOCUMENTED, &[&basic("wrong")]).await);
    check_status(get(&server, "/v1/files/a/versions/a").await);
    check_status(get(&server, "/v1/nothing").await);
    check_status(send(&server, "PUT", DOCUMENTED, &[&key]).await);
    check_status(get(&server, DOCUMENTED).await);
    for status in [400, 423, 500, 502, 503, 504] {
        let fault = Fault::status(StatusCode::from_u16(status).unwrap());
        server.add_fault(fault.times(1)).unwrap();
        check_status(get(&server, DOCUMENTED).await);
    }
    let limit = RateLimit::new(1, Duration::from_secs(1));
    server.add_fault(Fault::too_many_requests(limit)).unwrap();
    check_status(get(&server, DOCUMENTED).await);
    assert_eq!(
        statuses,
        [
            400, 401, 403, 404, 404, 405, 429, 400, 423, 500, 502, 503, 504, 429
        ]
    );
}

/// The mock has an answer for each operation that the document has.
#[tokio::test]
async fn operations_without_behaviour_are_501_and_say_so() {
    let server = Server::builder().start().await.unwrap();
    let document = document();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Some(id) = operation["operationId"].as_str() else {
                continue;
            };
            let path = path.replace(['{', '}'], "");
            let key = basic(server.private_key());
            let answer = send(&server, &method.to_uppercase(), &path, &[&key]).await;
            if id == "getFileVersionDetails" {
                assert_eq!(answer.status, StatusCode::NOT_FOUND);
            } else {
                assert_eq!(answer.status, StatusCode::NOT_IMPLEMENTED, "{id}");
                let message = format!("imagekit-mock does not perform {id}.");
                assert_eq!(answer.json()["message"], message);
            }
            assert_eq!(server.requests().pop().unwrap().operation(), Some(id));
        }
    }
}

/// The check itself finds what is wrong.
#[test]
fn what_the_document_does_not_allow_is_found() {
    let answer = |status, header: (&'static str, &str), body: Value| Answer {
        status: StatusCode::from_u16(status).unwrap(),
        headers: [("content-type", "application/json"), header]
            .into_iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect(),
        body: body.to_string().into_bytes(),
    };
    let length = ("content-length", "1");
    let version = json!({ "fileId": "a", "name": "a", "filePath": "/a", "url": "u" });
    check(&answer(200, length, version.clone()));
    let with = |name: &str, value: Value| {
        let mut version = version.clone();
        version[name] = value;
        version
    };
    check(&answer(200, length, with("tags", Value::Null)));
    for wrong in [
        answer(201, length, version.clone()),
        answer(200, ("x-new", "1"), version.clone()),
        answer(200, ("x-ratelimit-reset", "soon"), version.clone()),
        answer(200, ("content-type", "text/html"), version.clone()),
        answer(200, length, json!({ "fileId": "a" })),
        answer(200, length, with("width", json!("wide"))),
        answer(200, length, with("mime", Value::Null)),
        answer(200, length, with("createdAt", json!("yesterday"))),
        answer(200, length, with("anything", json!(1))),
        answer(200, length, with("versionInfo", json!({ "id": 1 }))),
        answer(404, length, json!({ "message": 1 })),
        answer(404, length, json!({ "text": "no" })),
        answer(404, length, json!([])),
    ] {
        assert!(
            fault(&wrong).is_some(),
            "{:?}",
            String::from_utf8(wrong.body)
        );
    }
}

fn check(answer: &Answer) {
    assert!(answer.headers.contains_key("content-type"));
    if let Some(fault) = fault(answer) {
        let body = String::from_utf8_lossy(&answer.body);
        panic!("{}: {fault}\n{:?}\n{body}", answer.status, answer.headers);
    }
}

/// What is wrong with an answer to *get version*, measured by the document.
fn fault(answer: &Answer) -> Option<String> {
    let document = document();
    let responses =
        &document["paths"]["/v1/files/{fileId}/versions/{versionId}"]["get"]["responses"];
    let status = answer.status.as_str();
    let class = format!("{}XX", &status[..1]);
    let Some(response) = responses.get(status).or_else(|| responses.get(class)) else {
        return Some("the status is not in the document".to_owned());
    };
    let response = resolve(&document, response);
    for (name, value) in &answer.headers {
        // What HTTP itself needs is in no OpenAPI document.
        if ["allow", "connection", "content-length", "date"].contains(&name.as_str()) {
            continue;
        }
        if name == "content-type" {
            let media_type = value.to_str().unwrap().split(';').next().unwrap();
            if response["content"].get(media_type).is_none() {
                return Some(format!("{media_type} is not in the document"));
            }
            continue;
        }
        let headers = response["headers"].as_object().unwrap();
        let Some((_, header)) = headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name.as_str()))
        else {
            return Some(format!("{name} is not in the document"));
        };
        let schema = &resolve(&document, header)["schema"];
        let value = value.to_str().unwrap();
        let value = match schema["type"].as_str().unwrap() {
            "integer" => value
                .parse()
                .map_or_else(|_| json!(value), |number: i64| json!(number)),
            _ => json!(value),
        };
        if let Some(wrong) = mismatch(schema, &value) {
            return Some(format!("{name}: {wrong}"));
        }
    }
    let reference = response["content"]["application/json"]["schema"]["$ref"].as_str();
    let component = reference.unwrap().rsplit('/').next().unwrap();
    mismatch(&json_schema(component), &answer.json())
}

fn mismatch(schema: &Value, value: &Value) -> Option<String> {
    let options = jsonschema::options()
        .should_validate_formats(true)
        .offline();
    let validator = options.build(schema).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(value)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    (!errors.is_empty()).then(|| errors.join("; "))
}

/// What the document says about a component, and that there is nothing else: readers may ignore what
/// they do not know, but the mock has to send nothing of the kind.
fn json_schema(component: &str) -> Value {
    let schemas = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/schemas");
    let schema = std::fs::read_to_string(format!("{schemas}/{component}.json")).unwrap();
    let mut schema = serde_json::from_str(&schema).unwrap();
    close(&mut schema);
    schema
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(entries) => {
            entries.values_mut().for_each(close);
            if entries.contains_key("properties") {
                entries.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

fn resolve<'d>(document: &'d Value, node: &'d Value) -> &'d Value {
    match node.get("$ref").and_then(Value::as_str) {
        Some(reference) => document.pointer(&reference[1..]).unwrap(),
        None => node,
    }
}

fn document() -> Value {
    let options = serde_saphyr::options! { budget: None };
    let document = include_str!("../../../openapi/imagekit.yaml");
    serde_saphyr::from_str_with_options(document, options).unwrap()
}
