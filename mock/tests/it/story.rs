//! A library remembers: what one operation does, others see.

use imagekit_mock::{Library, Server, StatusCode};
use serde_json::{Value, json};

use crate::wire::{RawResponse, call, get, upload};

/// A PNG of 3 × 2 pixels, up to the end of its header.
pub(crate) const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x03\0\0\0\x02\x08\x06\0\0\0\0\0\0\0";

pub(crate) async fn empty() -> Server {
    let library = Library::new().seed(1);
    Server::builder().library(library).start().await.unwrap()
}

/// Uploads a file under exactly this path, and returns its id.
pub(crate) async fn put(server: &Server, path: &str, bytes: &[u8]) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap();
    let fields = [
        ("fileName", name),
        ("folder", folder),
        ("useUniqueFileName", "false"),
    ];
    let response = upload(server, bytes, &fields).await;
    assert_eq!(
        response.status,
        200,
        "{:?}",
        String::from_utf8_lossy(&response.body)
    );
    response.json()["fileId"].as_str().unwrap().to_owned()
}

async fn names(server: &Server, query: &str) -> Vec<String> {
    let response = get(server, &format!("/v1/files{query}")).await;
    assert_eq!(
        response.status,
        200,
        "{query}: {:?}",
        String::from_utf8_lossy(&response.body)
    );
    let assets = response.json();
    let assets = assets.as_array().unwrap().iter();
    assets
        .map(|it| it["name"].as_str().unwrap().to_owned())
        .collect()
}

fn reason(response: &RawResponse) -> (u16, Value) {
    (response.status.as_u16(), response.json()["reason"].clone())
}

#[tokio::test]
async fn an_upload_is_measured_listed_and_delivered() {
    let server = empty().await;
    let fields = [
        ("fileName", "my coat.png"),
        ("folder", "shop/new/"),
        ("tags", "coat,green"),
        ("responseFields", "tags,metadata"),
    ];
    let uploaded = upload(&server, PNG, &fields).await.json();
    let name = uploaded["name"].as_str().unwrap();
    assert!(
        name.starts_with("my_coat_") && name.ends_with(".png"),
        "{name}"
    );
    assert_eq!(name.len(), "my_coat_".len() + 9 + ".png".len());
    assert_eq!(
        (&uploaded["width"], &uploaded["height"]),
        (&json!(3), &json!(2))
    );
    assert_eq!(uploaded["tags"], json!(["coat", "green"]));
    assert_eq!(uploaded["metadata"]["hasTransparency"], true);
    let id = uploaded["fileId"].as_str().unwrap();
    let details = get(&server, &format!("/v1/files/{id}/details"))
        .await
        .json();
    assert_eq!(details["hasAlpha"], true);
    assert_eq!(details["mime"], "image/png");
    let url = uploaded["url"].as_str().unwrap();
    let path = url.strip_prefix(server.url()).unwrap();
    let delivered = get(&server, path).await;
    assert_eq!((delivered.status, &*delivered.body), (StatusCode::OK, PNG));
    assert_eq!(delivered.header("content-type"), "image/png");
    let transformed = get(&server, &format!("{path}?tr=w-1")).await;
    assert_eq!(transformed.header("x-mock-transformation"), "not applied");
    assert_eq!(
        names(&server, "?type=folder&sort=ASC_NAME").await,
        ["new", "shop"]
    );
    assert_eq!(names(&server, "?path=/shop/new").await, [name]);
    assert!(names(&server, "?path=/shop").await.is_empty());
}

#[tokio::test]
async fn a_file_that_is_overwritten_keeps_what_the_switches_say() {
    let server = empty().await;
    let fixed = [("fileName", "a.png"), ("useUniqueFileName", "false")];
    let with = |more: &[(&'static str, &'static str)]| [&fixed[..], more].concat();
    let first = upload(
        &server,
        PNG,
        &with(&[("tags", "old"), ("customCoordinates", "1,1,1,1")]),
    )
    .await
    .json();
    let id = first["fileId"].as_str().unwrap();
    let details = format!("/v1/files/{id}/details");
    upload(&server, b"other", &with(&[("overwriteTags", "false")])).await;
    let second = get(&server, &details).await.json();
    assert_eq!(second["tags"], json!(["old"]));
    assert_eq!(second["customCoordinates"], Value::Null);
    assert_eq!(second["versionInfo"]["name"], "Version 2");
    let third = upload(&server, PNG, &fixed).await.json();
    assert_eq!(third["fileId"], id);
    assert_eq!(get(&server, &details).await.json()["tags"], Value::Null);
    let refused = upload(&server, PNG, &with(&[("overwriteFile", "false")])).await;
    assert_eq!(refused.status, 400);
    let versions = get(&server, &format!("/v1/files/{id}/versions"))
        .await
        .json();
    let types: Vec<_> = versions
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["type"])
        .collect();
    assert_eq!(types, ["file", "file-version", "file-version"]);
    let oldest = versions[2]["versionInfo"]["id"].as_str().unwrap();
    let current = third["versionInfo"]["id"].as_str().unwrap();
    let version = |version: &str| format!("/v1/files/{id}/versions/{version}");
    let refused = call(&server, "DELETE", &version(current), json!({})).await;
    assert_eq!(refused.status, 400);
    let restored = call(
        &server,
        "PUT",
        &format!("{}/restore", version(oldest)),
        json!({}),
    )
    .await;
    assert_eq!(restored.json()["tags"], json!(["old"]));
    assert_eq!(
        call(&server, "DELETE", &version(current), json!({}))
            .await
            .status,
        204
    );
    assert_eq!(get(&server, &version(current)).await.status, 404);
    assert_eq!(
        get(&server, &format!("/v1/files/{id}/versions"))
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let extensions = r#"[{"name":"aws-auto-tagging","minConfidence":99,"maxTags":1}]"#;
    upload(&server, PNG, &with(&[("extensions", extensions)])).await;
    let ai_tags = async || get(&server, &details).await.json()["AITags"].clone();
    upload(&server, PNG, &with(&[("overwriteAITags", "false")])).await;
    assert_eq!(ai_tags().await[0]["name"], "Product");
    upload(&server, PNG, &with(&[("overwriteTags", "false")])).await;
    assert_eq!(ai_tags().await, Value::Null);
}

#[tokio::test]
async fn a_file_has_a_hundred_versions_at_most() {
    let server = empty().await;
    for _ in 0..100 {
        put(&server, "/a.txt", b"a").await;
    }
    let fields = [("fileName", "a.txt"), ("useUniqueFileName", "false")];
    assert_eq!(upload(&server, b"a", &fields).await.status, 400);
    put(&server, "/b/a.txt", b"b").await;
    let copy = json!({ "sourceFilePath": "/b/a.txt", "destinationPath": "/" });
    let refused = call(&server, "POST", "/v1/files/copy", copy).await;
    assert_eq!(reason(&refused), (400, json!("VERSION_LIMIT_EXCEEDED")));
}

#[tokio::test]
async fn files_are_copied_moved_and_renamed_by_path() {
    let server = empty().await;
    let id = put(&server, "/a/x.txt", b"1").await;
    put(&server, "/b/x.txt", b"2").await;
    let transfer = |from: &str, to: &str| json!({ "sourceFilePath": from, "destinationPath": to });
    assert_eq!(
        call(
            &server,
            "POST",
            "/v1/files/copy",
            transfer("/a/x.txt", "/c")
        )
        .await
        .status,
        204
    );
    assert_eq!(
        call(
            &server,
            "POST",
            "/v1/files/move",
            transfer("/a/x.txt", "b/")
        )
        .await
        .status,
        204
    );
    let library = server.library();
    assert!(library.get("/a/x.txt").is_none());
    assert_eq!(
        library.get("/b/x.txt").unwrap()["versionInfo"]["name"],
        "Version 2"
    );
    assert_eq!(&library.bytes("/b/x.txt").unwrap()[..], b"1");
    assert_eq!(
        get(&server, &format!("/v1/files/{id}/details"))
            .await
            .status,
        404
    );
    let missing = call(
        &server,
        "POST",
        "/v1/files/move",
        transfer("/a/x.txt", "/b"),
    )
    .await;
    assert_eq!(reason(&missing), (404, json!("SOURCE_FILE_MISSING")));
    let same = call(
        &server,
        "POST",
        "/v1/files/copy",
        transfer("/b/x.txt", "/b/"),
    )
    .await;
    assert_eq!(reason(&same), (400, json!("SAME_SOURCE_AND_DESTINATION")));
    let rename =
        |from: &str, to: &str| json!({ "filePath": from, "newFileName": to, "purgeCache": true });
    put(&server, "/b/y.txt", b"3").await;
    let taken = call(
        &server,
        "PUT",
        "/v1/files/rename",
        rename("/b/x.txt", "y.txt"),
    )
    .await;
    assert_eq!(reason(&taken), (409, json!("FILE_ALREADY_EXISTS")));
    let renamed = call(
        &server,
        "PUT",
        "/v1/files/rename",
        rename("/b/x.txt", "new name.txt"),
    )
    .await;
    assert_eq!(renamed.status, 200);
    let purge = renamed.json()["purgeRequestId"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        get(&server, &format!("/v1/files/purge/{purge}"))
            .await
            .json(),
        json!({ "status": "Completed" })
    );
    assert!(server.library().get("/b/new_name.txt").is_some());
}

#[tokio::test]
async fn a_purge_too_many_leaves_the_file_renamed() {
    let library = Library::new().purge_limit(0);
    let server = Server::builder().library(library).start().await.unwrap();
    put(&server, "/a.txt", b"a").await;
    let rename = json!({ "filePath": "/a.txt", "newFileName": "b.txt", "purgeCache": true });
    let renamed = call(&server, "PUT", "/v1/files/rename", rename).await;
    assert_eq!(reason(&renamed), (207, json!("PURGE_FAILED")));
    assert!(server.library().get("/b.txt").is_some());
}

#[tokio::test]
async fn bulk_operations_do_all_or_nothing_for_unknown_ids() {
    let server = empty().await;
    let (a, b) = (
        put(&server, "/a.txt", b"a").await,
        put(&server, "/b.txt", b"b").await,
    );
    let tags = |ids: &[&str]| json!({ "fileIds": ids, "tags": ["new"] });
    let missing = call(&server, "POST", "/v1/files/addTags", tags(&[&a, "nobody"])).await;
    assert_eq!(
        (missing.status.as_u16(), &missing.json()["missingFileIds"]),
        (404, &json!(["nobody"]))
    );
    assert_eq!(server.library().get("/a.txt").unwrap()["tags"], Value::Null);
    let added = call(&server, "POST", "/v1/files/addTags", tags(&[&a, &b])).await;
    assert_eq!(
        added.json(),
        json!({ "successfullyUpdatedFileIds": [a, b] })
    );
    let long = json!({ "fileIds": [a], "tags": ["x".repeat(498)] });
    let partly = call(&server, "POST", "/v1/files/addTags", long).await;
    assert_eq!(
        (
            partly.status.as_u16(),
            &partly.json()["errors"][0]["fileId"]
        ),
        (207, &json!(a))
    );
    let removed = call(&server, "POST", "/v1/files/removeTags", tags(&[&a])).await;
    assert_eq!(removed.status, 200);
    assert_eq!(server.library().get("/a.txt").unwrap()["tags"], Value::Null);
    let many: Vec<_> = (0..101).map(|it| it.to_string()).collect();
    let refused = call(
        &server,
        "POST",
        "/v1/files/batch/deleteByFileIds",
        json!({ "fileIds": many }),
    )
    .await;
    assert_eq!(
        refused.json()["message"],
        "fileIds cannot have more than 100 items."
    );
    let refused = call(
        &server,
        "POST",
        "/v1/files/addTags",
        json!({ "fileIds": many[..51], "tags": ["a"] }),
    )
    .await;
    assert_eq!(
        refused.json()["message"],
        "A maximum of 50 files can be edited at a time."
    );
    let deleted = call(
        &server,
        "POST",
        "/v1/files/batch/deleteByFileIds",
        json!({ "fileIds": [a, b] }),
    )
    .await;
    assert_eq!(
        deleted.json(),
        json!({ "successfullyDeletedFileIds": [a, b] })
    );
    assert!(names(&server, "").await.is_empty());
}

#[tokio::test]
async fn an_update_leaves_alone_sets_and_clears() {
    let server = empty().await;
    let field = json!({ "name": "price", "label": "Price", "schema": { "type": "Number" } });
    assert_eq!(
        call(&server, "POST", "/v1/customMetadataFields", field)
            .await
            .status,
        201
    );
    let id = put(&server, "/a.png", PNG).await;
    let path = format!("/v1/files/{id}/details");
    let update = async |body: Value| call(&server, "PATCH", &path, body).await;
    let set = json!({ "tags": ["a"], "customCoordinates": "1,2,3,4", "customMetadata": { "price": 1.5 }, "description": "x" });
    assert_eq!(update(set).await.status, 200);
    let kept = update(json!({ "description": "y" })).await.json();
    assert_eq!(
        (&kept["tags"], &kept["customMetadata"]),
        (&json!(["a"]), &json!({ "price": 1.5 }))
    );
    let cleared = update(
        json!({ "tags": null, "customCoordinates": null, "customMetadata": { "price": null } }),
    )
    .await;
    let cleared = cleared.json();
    assert_eq!(
        (&cleared["tags"], &cleared["customCoordinates"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(cleared["customMetadata"], json!({}));
    let wrong = update(json!({ "customMetadata": { "price": "cheap", "weight": 1 } })).await;
    assert_eq!(wrong.status, 400);
    assert_eq!(wrong.json()["errors"]["price"], "should be of type number");
    assert!(wrong.json()["errors"].get("weight").is_some());
    let hidden = update(json!({ "publish": { "isPublished": false } }))
        .await
        .json();
    assert_eq!(hidden["isPublished"], false);
    assert_eq!(
        update(json!({ "publish": { "isPublished": true }, "tags": [] }))
            .await
            .status,
        400
    );
    let extended = update(json!({ "extensions": [
        { "name": "google-auto-tagging", "minConfidence": 95, "maxTags": 1 }, { "name": "remove-bg" },
    ] })).await.json();
    assert_eq!(
        extended["extensionStatus"],
        json!({ "google-auto-tagging": "success", "remove-bg": "pending" })
    );
    let after = get(&server, &path).await.json();
    assert_eq!(after["AITags"].as_array().unwrap().len(), 1);
    assert_eq!(after["versionInfo"]["name"], "Version 2");
}

#[tokio::test]
async fn jobs_take_their_time_and_lock_their_folders() {
    let library = Library::new().job_time(std::time::Duration::from_secs(60));
    let server = Server::builder().library(library).start().await.unwrap();
    let moving = put(&server, "/a/b/x.txt", b"x").await;
    let staying = put(&server, "/target/keep.txt", b"k").await;
    put(&server, "/other/a/x.txt", b"o").await;
    let to = |from: &str, to: &str| json!({ "sourceFolderPath": from, "destinationPath": to });
    let started = call(
        &server,
        "POST",
        "/v1/bulkJobs/moveFolder",
        to("/a", "/target"),
    )
    .await;
    assert_eq!(started.status, 200);
    let job = format!("/v1/bulkJobs/{}", started.json()["jobId"].as_str().unwrap());
    assert_eq!(get(&server, &job).await.json()["status"], "Pending");
    for (path, body) in [
        ("moveFolder", to("/a/b", "/")),
        ("copyFolder", to("/other/a", "/target")),
        ("copyFolder", to("/target", "/elsewhere")),
        (
            "renameFolder",
            json!({ "folderPath": "/a", "newFolderName": "c" }),
        ),
    ] {
        let locked = call(&server, "POST", &format!("/v1/bulkJobs/{path}"), body).await;
        assert_eq!(locked.status, 423, "{path}");
    }
    let locked = call(
        &server,
        "DELETE",
        "/v1/folder",
        json!({ "folderPath": "/a" }),
    )
    .await;
    assert_eq!(locked.status, 423);
    for (path, list) in [
        ("addTags", "successfullyUpdatedFileIds"),
        ("batch/deleteByFileIds", "successfullyDeletedFileIds"),
    ] {
        let body = json!({ "fileIds": [moving, staying], "tags": ["a"] });
        let partly = call(&server, "POST", &format!("/v1/files/{path}"), body).await;
        assert_eq!(partly.status, 207, "{path}");
        assert_eq!(
            partly.json()["errors"][0]["fileId"],
            json!(moving),
            "{path}"
        );
        assert_eq!(partly.json()[list], json!([staying]), "{path}");
    }
    let elsewhere = call(
        &server,
        "POST",
        "/v1/bulkJobs/copyFolder",
        to("/other/a", "/"),
    )
    .await;
    assert_eq!(elsewhere.status, 423);
    let elsewhere = call(
        &server,
        "POST",
        "/v1/bulkJobs/copyFolder",
        to("/other", "/new"),
    )
    .await;
    assert_eq!(elsewhere.status, 200);
    server.advance(std::time::Duration::from_secs(60));
    assert_eq!(get(&server, &job).await.json()["status"], "Completed");
    let library = server.library();
    assert!(library.get("/target/a/b/x.txt").is_some() && library.get("/a/b/x.txt").is_none());
    assert_eq!(get(&server, "/v1/bulkJobs/nothing").await.status, 404);
}

#[tokio::test]
async fn folders_are_made_renamed_copied_and_deleted() {
    let server = empty().await;
    let create =
        |name: &str, parent: &str| json!({ "folderName": name, "parentFolderPath": parent });
    let created = call(&server, "POST", "/v1/folder", create("new coats", "/shop/")).await;
    assert_eq!((created.status.as_u16(), created.json()), (201, json!({})));
    assert_eq!(
        reason(&call(&server, "POST", "/v1/folder", create("..", "/")).await),
        (400, json!("INVALID_FOLDER_PATH"))
    );
    put(&server, "/shop/new_coats/x.txt", b"x").await;
    put(&server, "/shop/new_coats/x.txt", b"y").await;
    let job = async |path: &str, body: Value| {
        call(&server, "POST", &format!("/v1/bulkJobs/{path}"), body).await
    };
    let copy = json!({ "sourceFolderPath": "/shop", "destinationPath": "/backup", "includeVersions": true });
    assert_eq!(job("copyFolder", copy).await.status, 200);
    assert_eq!(
        server
            .library()
            .get("/backup/shop/new_coats/x.txt")
            .unwrap()["versionInfo"]["name"],
        "Version 2"
    );
    let rename =
        |to: &str| json!({ "folderPath": "/shop", "newFolderName": to, "purgeCache": true });
    assert_eq!(job("renameFolder", rename("backup")).await.status, 409);
    let renamed = job("renameFolder", rename("store")).await;
    assert_eq!(renamed.status, 202);
    let status = get(
        &server,
        &format!("/v1/bulkJobs/{}", renamed.json()["jobId"].as_str().unwrap()),
    )
    .await
    .json();
    assert_eq!(status["type"], "RENAME_FOLDER");
    assert!(status["purgeRequestId"].is_string());
    let into_itself = json!({ "sourceFolderPath": "/backup", "destinationPath": "/backup/shop" });
    assert_eq!(
        reason(&job("moveFolder", into_itself).await),
        (400, json!("INVALID_DESTINATION_PATH"))
    );
    let root = json!({ "sourceFolderPath": "/", "destinationPath": "/backup" });
    assert_eq!(
        reason(&job("copyFolder", root).await),
        (400, json!("SOURCE_IS_ROOT"))
    );
    let delete = async |path: &str| {
        call(
            &server,
            "DELETE",
            "/v1/folder",
            json!({ "folderPath": path }),
        )
        .await
    };
    assert_eq!(delete("/backup/").await.status, 204);
    assert_eq!(
        reason(&delete("/backup").await),
        (404, json!("FOLDER_NOT_FOUND"))
    );
    assert_eq!(
        names(&server, "?type=all&sort=ASC_NAME").await,
        ["new_coats", "store", "x.txt"]
    );
}

#[tokio::test]
async fn a_list_is_sorted_searched_and_cut() {
    let server = empty().await;
    for (path, bytes) in [
        ("/a/small.txt", 1),
        ("/a/b/middle.txt", 2000),
        ("/large.txt", 4000),
    ] {
        put(&server, path, &vec![b'x'; bytes]).await;
    }
    put(&server, "/picture.png", PNG).await;
    assert_eq!(
        names(&server, "?sort=DESC_SIZE&limit=2").await,
        ["large.txt", "middle.txt"]
    );
    assert_eq!(
        names(&server, "?sort=ASC_NAME&skip=1&limit=2").await,
        ["middle.txt", "picture.png"]
    );
    assert_eq!(names(&server, "?fileType=image").await, ["picture.png"]);
    let search = async |query: &str| {
        let query: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
        names(&server, &format!("?sort=ASC_NAME&searchQuery={query}")).await
    };
    assert_eq!(
        search(r#"path : "/a" AND type = "file""#).await,
        ["middle.txt", "small.txt"]
    );
    assert_eq!(
        search(r#"(size > "3kb" OR width = 3) AND createdAt > "1h""#).await,
        ["large.txt", "picture.png"]
    );
    assert_eq!(search(r#"name HAS "MID""#).await, ["middle.txt"]);
    assert_eq!(search(r#"type = "folder""#).await, ["a", "b"]);
    for (query, text) in [
        (
            "?limit=0",
            "Minimum value of limit parameter is 1. Value sent is 0.",
        ),
        (
            "?limit=2000",
            "Maximum value of limit parameter is 1000. Value sent is 2000.",
        ),
        (
            "?skip=-1",
            "The value of skip parameter should be greater than or equal to 0. Value sent is -1.",
        ),
        (
            "?searchQuery=name",
            "Invalid search query - an operator is missing after `name`.",
        ),
    ] {
        let refused = get(&server, &format!("/v1/files{query}")).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.json()["message"]),
            (400, &json!(text))
        );
    }
}
