//! What goes onto the wire, and how what comes back is decoded, over a real socket.

use imagekit_client::types::{AiTagSource, FileType, FileVersionType};
use imagekit_client::{Client, Method};
use imagekit_tests::secrets::BASIC;
use imagekit_tests::wire::{Reply, Server};
use imagekit_tests::{FILE, VERSION, call, example};
use serde_json::{Value, json};

async fn documented() -> (Server, Client) {
    let server = Server::start([Reply::json("200 OK", example("file-version.json"))]).await;
    let client = server.client().build().unwrap();
    (server, client)
}

#[tokio::test]
async fn the_request_is_exactly_what_imagekit_documents() {
    let (server, client) = documented().await;
    call(&client).await.unwrap();

    let [request] = server.received().try_into().unwrap();
    assert_eq!(
        request.line(),
        format!("GET /v1/files/{FILE}/versions/{VERSION} HTTP/1.1")
    );
    assert_eq!(
        request.header_names(),
        ["accept", "authorization", "host", "user-agent"],
        "no header that ImageKit does not document"
    );
    assert_eq!(request.header("accept"), Some("application/json"));
    assert_eq!(
        request.header("authorization"),
        Some(format!("Basic {BASIC}").as_str())
    );
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        request.header("user-agent"),
        Some(format!("imagekit-client/{version}").as_str())
    );
    assert!(request.body.is_empty());
}

#[tokio::test]
async fn the_documented_key_gives_the_documented_header() {
    let server = Server::start([Reply::json("200 OK", "{}")]).await;
    let client = Client::builder()
        .private_key("your_private_api_key")
        .base_url(server.url())
        .build()
        .unwrap();
    client.request(Method::GET, "/").send().await.unwrap();
    assert_eq!(
        server.received()[0].header("authorization"),
        Some("Basic eW91cl9wcml2YXRlX2FwaV9rZXk6")
    );
}

#[tokio::test]
async fn the_documented_response_arrives_with_all_that_came_with_it() {
    let server = Server::start([Reply::new(
        "200 OK",
        "Content-Type: application/json\r\nX-IK-RequestId: 5f6d\r\n\
         X-RateLimit-Limit: 40\r\nX-RateLimit-Reset: 700\r\nX-RateLimit-Interval: 1000\r\n",
        example("file-version.json"),
    )])
    .await;
    let version = call(&server.client().build().unwrap()).await.unwrap();

    assert_eq!(version.body().name, "file1.jpg");
    assert_eq!(version.body().file_id.as_str(), FILE);
    assert_eq!(version.status(), 200);
    assert_eq!(version.headers()["content-type"], "application/json");
    assert_eq!(version.request_id(), Some("5f6d"));
    assert_eq!(version.attempts(), 1);
    assert_eq!(version.rate_limit().limit(), Some(40));
    assert_eq!(version.rate_limit().reset().unwrap().as_millis(), 700);
    assert_eq!(version.rate_limit().interval().unwrap().as_millis(), 1000);
    assert_eq!(version.raw_body(), &example("file-version.json"));
    let raw: Value = version.json().unwrap();
    assert_eq!(
        raw.get("customCoordinates"),
        Some(&Value::Null),
        "the raw JSON tells null from absent"
    );
    assert_eq!(version.into_body().custom_coordinates, None);
}

#[tokio::test]
async fn an_id_that_would_leave_its_segment_is_refused_before_anything_is_sent() {
    let (server, client) = documented().await;
    for (id, reason) in [
        ("", "empty"),
        (".", "`.`"),
        ("..", "`..`"),
        ("a\\b", "backslash"),
        ("..\\x", "backslash"),
        ("a\nb", "U+000A"),
        ("\0", "U+0000"),
        ("\u{7f}", "U+007F"),
    ] {
        for parameter in ["fileId", "versionId"] {
            let (file, version) = match parameter {
                "fileId" => (id, VERSION),
                _ => (FILE, id),
            };
            let refused = client
                .get_file_version_details(file, version)
                .send()
                .await
                .unwrap_err();
            let message = refused.to_string();
            assert!(refused.is_invalid_request(), "{id:?}: {message}");
            assert!(!refused.is_transient());
            assert_eq!(refused.attempts(), 0);
            assert!(
                message.starts_with("getFileVersionDetails: not sent: ")
                    && message.contains(parameter)
                    && message.contains(reason)
                    && !message.chars().any(char::is_control),
                "{id:?}: {message:?}"
            );
        }
    }
    assert!(server.received().is_empty());
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn any_other_id_arrives_as_one_segment() {
    let (server, client) = documented().await;
    let ids = [
        ("a/b", "a%2Fb"),
        ("a?b#c", "a%3Fb%23c"),
        ("%2e%2e", "%252e%252e"),
        ("ü", "%C3%BC"),
        ("a b", "a%20b"),
        ("...", "..."),
        ("{versionId}", "%7BversionId%7D"),
        ("a;b=c&d+e", "a;b=c&d+e"),
        ("日本", "%E6%97%A5%E6%9C%AC"),
    ];
    for (id, _) in ids {
        client
            .get_file_version_details(id, id)
            .send()
            .await
            .unwrap();
    }
    let lines: Vec<String> = server
        .received()
        .iter()
        .map(|request| request.line().to_owned())
        .collect();
    let expected =
        ids.map(|(_, segment)| format!("GET /v1/files/{segment}/versions/{segment} HTTP/1.1"));
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn an_id_of_a_response_can_be_sent_as_it_is() {
    let (server, client) = documented().await;
    let version = call(&client).await.unwrap();
    let info = version.body().version_info.as_ref().unwrap();
    client
        .get_file_version_details(&version.body().file_id, &info.id)
        .send()
        .await
        .unwrap();
    let requests = server.received();
    assert_eq!(requests[0].line(), requests[1].line());
}

#[tokio::test]
async fn what_is_newer_than_the_client_is_kept() {
    let mut response: Value = serde_json::from_str(&example("file-version.json")).unwrap();
    response["type"] = json!("something-new");
    response["fileType"] = json!("hologram");
    response["AITags"][0]["source"] = json!("another-service");
    for number in 0..10 {
        response[format!("unknown{number}")] = json!({ "depth": [number, null] });
    }
    let server = Server::start([Reply::json("200 OK", response.to_string())]).await;
    let version = call(&server.client().build().unwrap()).await.unwrap();

    assert_eq!(
        version.body().type_,
        Some(FileVersionType::from("something-new"))
    );
    let file_type = version.body().file_type.as_ref().unwrap();
    assert!(file_type.is_unknown());
    assert_eq!(file_type.as_str(), "hologram");
    assert_eq!(*file_type, FileType::from("hologram"));
    assert_eq!(
        version.body().ai_tags.as_ref().unwrap()[0].source,
        AiTagSource::from("another-service")
    );
    let raw: Value = version.json().unwrap();
    assert_eq!(raw["unknown9"]["depth"][0], 9);
    assert_eq!(
        serde_json::to_value(&version.body().file_type).unwrap(),
        "hologram"
    );
}

#[tokio::test]
async fn a_base_url_may_have_a_path_and_a_trailing_slash() {
    let (server, _) = documented().await;
    for (suffix, path) in [
        ("", ""),
        ("/", ""),
        ("/proxy/ik", "/proxy/ik"),
        ("/proxy/", "/proxy"),
    ] {
        let client = server
            .client()
            .base_url(format!("{}{suffix}", server.url()))
            .build()
            .unwrap();
        client
            .get_file_version_details("f", "v")
            .send()
            .await
            .unwrap();
        client
            .request(Method::GET, "/v1/x%20y")
            .send()
            .await
            .unwrap();
        let received = server.received();
        let lines: Vec<&str> = received.iter().rev().take(2).map(|r| r.line()).collect();
        assert_eq!(
            lines,
            [
                format!("GET {path}/v1/x%20y HTTP/1.1"),
                format!("GET {path}/v1/files/f/versions/v HTTP/1.1"),
            ]
        );
    }
}

#[tokio::test]
async fn a_raw_request_has_what_an_operation_has() {
    let server = Server::start([Reply::json("201 Created", r#"{"id":7}"#)]).await;
    let client = server.client().header("X-Team", "media").build().unwrap();
    let response = client
        .request(Method::POST, "/v1/anything/new")
        .query("limit", 10)
        .query("tag", ["a b", "c&d"])
        .query("absent", None::<u8>)
        .header("X-Trace", "1")
        .json(&json!({ "name": "ü" }))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.json::<Value>().unwrap()["id"], 7);

    let [request] = server.received().try_into().unwrap();
    assert_eq!(
        request.line(),
        "POST /v1/anything/new?limit=10&tag=a+b&tag=c%26d HTTP/1.1"
    );
    assert_eq!(
        request.header("authorization"),
        Some(format!("Basic {BASIC}").as_str())
    );
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("x-team"), Some("media"));
    assert_eq!(request.header("x-trace"), Some("1"));
    assert_eq!(request.body, "{\"name\":\"ü\"}".as_bytes());
}

#[tokio::test]
async fn a_raw_request_that_cannot_be_sent_says_why() {
    let (server, client) = documented().await;
    let path = client.request(Method::GET, "/v1/../secret").send().await;
    let query = client
        .request(Method::GET, "/v1")
        .query("filter", json!({ "a": 1 }))
        .send()
        .await;
    let header = client
        .request(Method::GET, "/v1")
        .header("X-A", "a\nb")
        .send()
        .await;
    for (refused, reason) in [(path, "`..`"), (query, "filter"), (header, "X-A")] {
        let refused = refused.unwrap_err();
        assert!(refused.is_invalid_request());
        assert!(refused.to_string().contains(reason), "{refused}");
    }
    assert!(server.received().is_empty());
}

/// A server would wait for a body that never comes, or take a part of it for the next request.
#[tokio::test]
async fn headers_that_frame_a_message_are_refused() {
    let (server, client) = documented().await;
    for name in [
        "content-length",
        "Content-Length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "upgrade",
    ] {
        for value in ["5", "-1", "abc", "chunked"] {
            let request = client.request(Method::POST, "/v1").header(name, value);
            let refused = request.json(&json!({ "a": 1 })).send().await.unwrap_err();
            assert!(refused.is_invalid_request() && refused.attempts() == 0);
            assert!(refused.to_string().contains(name), "{refused}");
        }
    }
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn what_no_url_has_room_for_is_named_and_not_sent() {
    let (server, client) = documented().await;
    let long = "x".repeat(70_000);
    let id = client
        .get_file_version_details(&*long, VERSION)
        .send()
        .await;
    let other_id = client.get_file_version_details(FILE, &*long).send().await;
    let search = client.list_assets().search_query(&*long).send().await;
    let path = client
        .request(Method::GET, &format!("/{long}"))
        .send()
        .await;
    let query = client.request(Method::GET, "/v1").query("short", "x");
    let query = query.query("long", &long).send().await;
    let refused = [
        (id.err(), "fileId"),
        (other_id.err(), "versionId"),
        (search.err(), "query parameter searchQuery"),
        (path.err(), "path"),
        (query.err(), "query parameter long"),
    ];
    for (refused, name) in refused {
        let refused = refused.unwrap();
        let message = refused.to_string();
        assert!(refused.is_invalid_request(), "{message}");
        assert_eq!(refused.attempts(), 0, "{message}");
        assert!(
            message.contains(&format!("not sent: {name}: ")) && message.len() < 1000,
            "{message}"
        );
    }
    assert!(server.received().is_empty());
}

/// JSON has no form for them, and `null` or a parameter that is left out would say something else.
#[tokio::test]
async fn numbers_that_cannot_be_sent_are_refused() {
    #[derive(serde::Serialize)]
    struct Size {
        width: Option<f64>,
    }

    #[derive(serde::Serialize)]
    enum Shape {
        Square(f32),
        Circle { radius: f64 },
        Line(f64, f64),
    }

    let (server, client) = documented().await;
    let get = || client.request(Method::GET, "/v1/files");
    let post = || client.request(Method::POST, "/v1/files");
    for (what, request) in [
        ("NaN", get().query("n", f64::NAN)),
        ("inf", get().query("n", f32::INFINITY)),
        ("-inf", get().query("n", Some(f64::NEG_INFINITY))),
        ("NaN", get().query("n", [1.0, f64::NAN])),
        ("NaN", get().query("n", (1, f64::NAN))),
        ("NaN", post().json(&f64::NAN)),
        ("inf", post().json(&[Some(f32::INFINITY)])),
        (
            "NaN",
            post().json(&Size {
                width: Some(f64::NAN),
            }),
        ),
        ("NaN", post().json(&Shape::Square(f32::NAN))),
        ("NaN", post().json(&Shape::Circle { radius: f64::NAN })),
        ("NaN", post().json(&Shape::Line(0.0, f64::NAN))),
        (
            "NaN",
            post().json(&std::collections::BTreeMap::from([("a", f64::NAN)])),
        ),
    ] {
        let error = request.send().await.unwrap_err();
        assert!(error.is_invalid_request(), "{error}");
        assert_eq!(error.attempts(), 0);
        let reason = format!("{what} is not a number that can be sent");
        assert!(error.to_string().contains(&reason), "{error}");
    }
    assert!(server.received().is_empty());

    let sent = post()
        .query("n", 2.5)
        .json(&Size { width: Some(0.5) })
        .send()
        .await;
    assert!(sent.is_ok(), "{sent:?}");
    let request = server.received().remove(0);
    assert_eq!(request.line(), "POST /v1/files?n=2.5 HTTP/1.1");
    assert_eq!(request.body, br#"{"width":0.5}"#);
}

#[tokio::test]
async fn an_http_client_of_ones_own_carries_the_calls() {
    let (server, _) = documented().await;
    let http = reqwest::Client::builder()
        .default_headers(
            [(reqwest::header::VIA, "own".parse().unwrap())]
                .into_iter()
                .collect(),
        )
        .build()
        .unwrap();
    let client = server.client().http_client(http).build().unwrap();
    call(&client).await.unwrap();
    let [request] = server.received().try_into().unwrap();
    assert_eq!(request.header("via"), Some("own"));
    assert!(request.header("authorization").is_some());
}
