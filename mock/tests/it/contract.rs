//! What the mock knows is what the document says: requests, responses and operations.

use std::collections::BTreeMap;

use imagekit_mock::{Library, Server};
use imagekit_openapi::validate::Validator;
use imagekit_openapi::{Example, OPERATIONS, Operation, example, operation};
use serde_json::{Value, json};

use crate::story::PNG;
use crate::wire::{RawResponse, basic, call, get, send, upload, upload_with};

/// Validators of components, by name.
#[derive(Default)]
pub(crate) struct Schemas(BTreeMap<&'static str, Validator>);

impl Schemas {
    /// Asserts that a response is what the document says about its status.
    pub(crate) fn check(&mut self, operation: &str, response: &RawResponse) {
        if let Some(problem) = self.problem(operation, response) {
            let body = String::from_utf8_lossy(&response.body);
            panic!("{operation}: {}: {problem}\n{body}", response.status);
        }
    }

    fn problem(&mut self, id: &str, response: &RawResponse) -> Option<String> {
        let Some(described) = operation(id).unwrap().response(response.status.as_u16()) else {
            return Some("the status is not in the document".to_owned());
        };
        let Some(component) = described.component else {
            let is_empty = response.body.is_empty() || response.body == b"{}";
            return (!is_empty).then(|| "there should be no body".to_owned());
        };
        let validator = self
            .0
            .entry(component)
            .or_insert_with(|| Validator::of(component).unwrap());
        let json = response.json();
        let items = if described.list {
            json.as_array()?.as_slice()
        } else {
            std::slice::from_ref(&json)
        };
        let problems = items.iter().flat_map(|item| validator.diagnostics(item));
        let problems: Vec<_> = problems.map(|it| it.to_string()).collect();
        (!problems.is_empty()).then(|| format!("{component}: {}", problems.join("; ")))
    }
}

fn documented(examples: &[Example]) -> Option<Value> {
    let documented = examples.iter().find(|it| it.name == "documented");
    let found = documented.or_else(|| examples.first())?;
    Some(serde_json::from_str(example(found.file).unwrap()).unwrap())
}

/// Calls an operation with the request that the document shows; a form is made of the fields that are needed.
pub(crate) async fn call_as_documented(
    server: &Server,
    operation: &Operation,
    id: &str,
) -> RawResponse {
    let mut path = operation.path_with(&[id; 2]).unwrap();
    match operation.id {
        "getUsage" | "getUsageAnalytics" => path += "?startDate=2026-01-01&endDate=2026-02-01",
        "getMetadataFromUrl" => path += "?url=https://ik.imagekit.io/your_imagekit_id/a.jpg",
        _ => {}
    }
    if operation
        .body
        .as_ref()
        .is_some_and(|it| it.media_type.starts_with("multipart"))
    {
        let key = basic(server.private_key());
        return upload_with(server, &path, &[&key], PNG, &[("fileName", "a.png")]).await;
    }
    let body = operation
        .body
        .as_ref()
        .and_then(|it| documented(it.examples));
    call(
        server,
        operation.method,
        &path,
        body.unwrap_or_else(|| json!({})),
    )
    .await
}

#[tokio::test]
async fn no_operation_of_the_document_lacks_behaviour() {
    let server = Server::start().await.unwrap();
    let mut schemas = Schemas::default();
    let mut lacking = Vec::new();
    for operation in OPERATIONS {
        let response = call_as_documented(&server, operation, "nothing").await;
        assert_eq!(
            server.requests().pop().unwrap().operation(),
            Some(operation.id)
        );
        if response.status == 501 {
            lacking.push(operation.id);
        } else {
            schemas.check(operation.id, &response);
        }
    }
    assert_eq!(lacking, [""; 0]);
    assert_eq!(OPERATIONS.len(), 58);
}

#[tokio::test]
async fn without_state_every_operation_responds_its_documented_example() {
    let server = Server::builder().stateless(true).start().await.unwrap();
    let mut schemas = Schemas::default();
    for operation in OPERATIONS {
        let response = call_as_documented(&server, operation, "anything").await;
        let status = response.status.as_u16();
        assert!((200..300).contains(&status), "{}: {status}", operation.id);
        schemas.check(operation.id, &response);
        if let Some(documented) = documented(operation.success().unwrap().examples) {
            assert_eq!(response.json(), documented, "{}", operation.id);
        }
    }
    let missing = call(&server, "POST", "/v1/folder", json!({ "folderName": "a" })).await;
    assert_eq!(
        missing.json()["message"],
        "Your request is missing parentFolderPath parameter."
    );
    let missing = get(&server, "/v1/accounts/usage?startDate=2026-01-01").await;
    assert_eq!(
        missing.json()["message"],
        "Your request is missing endDate parameter."
    );
}

#[tokio::test]
async fn a_request_that_the_document_does_not_allow_is_refused_by_its_field() {
    let server = Server::builder()
        .library(Library::demo())
        .start()
        .await
        .unwrap();
    let details = "/v1/files/598821f949c0a938d57563bd/details";
    let origins = "/v1/accounts/origins";
    let fields = get(&server, "/v1/customMetadataFields").await.json();
    let field = format!(
        "/v1/customMetadataFields/{}",
        fields[0]["id"].as_str().unwrap()
    );
    for (method, path, body, field) in [
        ("PATCH", details, json!({ "tags": "a" }), "tags"),
        ("PATCH", details, json!({ "tags": ["a", 1] }), "tags[1]"),
        (
            "PATCH",
            details,
            json!({ "removeAITags": 1 }),
            "removeAITags",
        ),
        (
            "PATCH",
            details,
            json!({ "extensions": [{ "name": "google-auto-tagging" }] }),
            "extensions[0].minConfidence",
        ),
        (
            "POST",
            "/v1/folder",
            json!({ "folderName": 1, "parentFolderPath": "/" }),
            "folderName",
        ),
        (
            "POST",
            "/v1/folder",
            json!({ "folderName": "a" }),
            "parentFolderPath",
        ),
        (
            "POST",
            "/v1/files/addTags",
            json!({ "tags": ["a"] }),
            "fileIds",
        ),
        (
            "POST",
            "/v1/files/copy",
            json!({ "sourceFilePath": "/a" }),
            "destinationPath",
        ),
        (
            "POST",
            origins,
            json!({ "type": "WEB_FOLDER", "name": "a" }),
            "baseUrl",
        ),
        (
            "POST",
            origins,
            json!({ "type": "WEB_PROXY", "name": "a-b" }),
            "name",
        ),
        (
            "POST",
            "/v1/saved-extensions",
            json!({ "name": "a", "config": {} }),
            "description",
        ),
        ("PATCH", &field, json!({ "schema": [1] }), "schema"),
        ("GET", "/v1/metadata", json!({}), "url"),
        (
            "GET",
            "/v1/customMetadataFields?includeDeleted=perhaps",
            json!({}),
            "includeDeleted",
        ),
    ] {
        let refused = call(&server, method, path, body.clone()).await;
        let message = refused.json()["message"].as_str().unwrap().to_owned();
        assert_eq!(refused.status, 400, "{path} {body}: {message}");
        assert!(message.contains(field), "{path} {body}: {message}");
    }
    let nothing = upload(
        &server,
        PNG,
        &[
            ("fileName", "a"),
            ("extensions", r#"[{"name":"aws-auto-tagging","maxTags":1}]"#),
        ],
    )
    .await;
    assert!(
        nothing.json()["message"]
            .to_string()
            .contains("extensions[0].minConfidence")
    );
    for body in ["[]", "{", "\"a\""] {
        let key = basic(server.private_key());
        let response =
            crate::wire::exchange(server.url(), "POST", "/v1/folder", &[&key], body.as_bytes())
                .await;
        assert_eq!(response.status, 400, "{body}");
    }
}

#[tokio::test]
async fn what_the_account_holds_is_created_listed_changed_and_deleted() {
    let server = Server::start().await.unwrap();
    let mut schemas = Schemas::default();
    let find = |id: &str| operation(id).unwrap();
    for name in [
        "CustomMetadataField",
        "SavedExtension",
        "NamedTransformation",
        "Origin",
        "UrlEndpoint",
        "Webhook",
    ] {
        let of = |verb: &str| format!("{verb}{name}");
        if name == "UrlEndpoint" {
            let endpoint = json!({ "description": "a", "urlPrefix": "b", "origins": ["nobody"] });
            let refused = call(&server, "POST", "/v1/accounts/url-endpoints", endpoint).await;
            assert_eq!(refused.status, 400);
            let request = find("createUrlEndpoint").body.as_ref().unwrap();
            let mut body = documented(request.examples).unwrap();
            body["origins"] = json!([]);
            let created = call(&server, "POST", "/v1/accounts/url-endpoints", body).await;
            assert_eq!(created.status, 201);
            schemas.check("createUrlEndpoint", &created);
            let listed = get(&server, "/v1/accounts/url-endpoints").await;
            schemas.check("listUrlEndpoints", &listed);
            assert_eq!(listed.json().as_array().unwrap().len(), 2);
            let refused = call(
                &server,
                "DELETE",
                "/v1/accounts/url-endpoints/default",
                json!({}),
            )
            .await;
            assert_eq!(
                refused.json()["message"],
                "Default URL-endpoint cannot be deleted."
            );
            continue;
        }
        let created = call_as_documented(&server, find(&of("create")), "").await;
        assert_eq!(
            created.status,
            201,
            "{name}: {:?}",
            String::from_utf8_lossy(&created.body)
        );
        schemas.check(&of("create"), &created);
        let id = created.json()["id"].as_str().unwrap().to_owned();
        let list = format!("{}s", of("list"));
        let listed = call_as_documented(&server, find(&list), "").await;
        schemas.check(&list, &listed);
        assert_eq!(listed.json(), json!([created.json()]), "{name}");
        if name != "CustomMetadataField" {
            let got = call_as_documented(&server, find(&of("get")), &id).await;
            schemas.check(&of("get"), &got);
            assert_eq!(got.json(), created.json(), "{name}");
        }
        let updated = call_as_documented(&server, find(&of("update")), &id).await;
        assert_eq!(
            updated.status,
            200,
            "{name}: {:?}",
            String::from_utf8_lossy(&updated.body)
        );
        schemas.check(&of("update"), &updated);
        let delete = find(&of("delete"));
        assert_eq!(
            call_as_documented(&server, delete, &id).await.status,
            204,
            "{name}"
        );
        assert_eq!(
            call_as_documented(&server, delete, &id).await.status,
            404,
            "{name}"
        );
        assert_eq!(
            call_as_documented(&server, find(&list), "").await.json(),
            json!([]),
            "{name}"
        );
    }
}

#[tokio::test]
async fn an_origin_shows_no_secret() {
    let server = Server::start().await.unwrap();
    let secret = "a-very-secret-key";
    let body = json!({ "type": "S3", "name": "a", "bucket": "b", "accessKey": secret, "secretKey": secret });
    let created = call(&server, "POST", "/v1/accounts/origins", body).await;
    let listed = get(&server, "/v1/accounts/origins").await;
    for response in [created, listed] {
        assert!(!String::from_utf8(response.body).unwrap().contains(secret));
    }
}

/// The check itself finds what is wrong.
#[test]
fn what_the_document_does_not_allow_is_found() {
    let response = |status, body: &str| RawResponse {
        status: imagekit_mock::StatusCode::from_u16(status).unwrap(),
        headers: imagekit_mock::HeaderMap::new(),
        body: body.as_bytes().to_vec(),
    };
    let mut schemas = Schemas::default();
    assert_eq!(schemas.problem("deleteFile", &response(204, "")), None);
    for (operation, wrong) in [
        ("deleteFile", response(204, "[1]")),
        ("deleteFile", response(200, "")),
        (
            "listAssets",
            response(200, r#"[{"type":"file","fileId":1}]"#),
        ),
        ("getFileDetails", response(200, "{}")),
        ("getFileDetails", response(404, r#"{"message":1}"#)),
    ] {
        assert!(schemas.problem(operation, &wrong).is_some(), "{operation}");
    }
}

#[tokio::test]
async fn every_error_that_all_operations_share_is_as_the_document_says() {
    let limit = imagekit_mock::RateLimit::new(1, std::time::Duration::from_secs(600));
    let server = Server::builder().rate_limit(limit).start().await.unwrap();
    let mut schemas = Schemas::default();
    let path = "/v1/files/a/details";
    let mut statuses = Vec::new();
    for headers in [
        vec![],
        vec![basic("wrong")],
        vec![basic(server.private_key())],
        vec![basic(server.private_key())],
    ] {
        let headers: Vec<_> = headers.iter().map(String::as_str).collect();
        let response = send(&server, "GET", path, &headers).await;
        schemas.check("getFileDetails", &response);
        statuses.push(response.status.as_u16());
    }
    assert_eq!(statuses, [401, 403, 404, 429]);
}
