//! Origins of every kind, from their creation to their deletion, against the fake ImageKit.

use imagekit_client::types::{Origin, OriginRequest};
use imagekit_client::{Client, StatusCode};
use imagekit_mock::Server;
use imagekit_tests::contract::Shape;
use serde_json::{Value, json};

async fn fake() -> (Server, Client) {
    let server = Server::start().await.unwrap();
    let client = Client::builder()
        .private_key(server.private_key())
        .base_url(server.url())
        .build()
        .unwrap();
    (server, client)
}

/// One request for each kind that the document lists, with everything set.
fn requests() -> Vec<Value> {
    let names = [
        "S3",
        "S3Compatible",
        "CloudinaryBackup",
        "WebFolder",
        "WebProxy",
        "Gcs",
        "AzureBlob",
        "AkeneoPim",
    ];
    names
        .iter()
        .map(|name| Shape::of(&format!("{name}OriginRequest")).full())
        .collect()
}

fn is_known(origin: &Origin) -> bool {
    !matches!(origin, Origin::Unknown(_))
}

fn id(origin: &Origin) -> String {
    serde_json::to_value(origin).unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn each_kind_is_created_read_replaced_and_deleted() {
    let (_server, client) = fake().await;
    for (index, mut sent) in requests().into_iter().enumerate() {
        sent["name"] = json!(format!("origin {index}"));
        let request: OriginRequest = serde_json::from_value(sent.clone()).unwrap();
        assert_eq!(serde_json::to_value(&request).unwrap(), sent);
        let created = client.create_origin(request).send().await;
        let created = created.unwrap_or_else(|error| panic!("{sent}: {error}"));
        assert!(is_known(&created), "{created:?}");
        let id = id(&created);
        assert_eq!(client.get_origin(&id).send().await.unwrap(), created);

        sent["name"] = json!(format!("renamed {index}"));
        let request: OriginRequest = serde_json::from_value(sent.clone()).unwrap();
        let updated = client.update_origin(&id, request).send().await.unwrap();
        let updated = serde_json::to_value(&updated).unwrap();
        assert_eq!(updated["name"], sent["name"]);
        for (name, value) in sent.as_object().unwrap() {
            let is_secret = updated.get(name).is_none();
            assert!(is_secret || updated[name] == *value, "{name}");
        }
        client.delete_origin(&id).send().await.unwrap();
        let gone = client.get_origin(&id).send().await.unwrap_err();
        assert_eq!(gone.status(), Some(StatusCode::NOT_FOUND));
    }
    assert!(client.list_origins().send().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_kind_of_tomorrow_is_sent_read_and_sent_back_unchanged() {
    let ninth = json!({ "type": "R2", "name": "tomorrow", "bucket": "b", "nested": { "a": [1, 2.5, null] } });
    let server = imagekit_tests::wire::Server::script({
        let ninth = ninth.clone();
        move |_, _| {
            let mut body = ninth.clone();
            body["id"] = json!("ninth");
            imagekit_tests::wire::Reply::json("200 OK", body.to_string())
        }
    })
    .await;
    let client = server.client().build().unwrap();
    let request: OriginRequest = serde_json::from_value(ninth.clone()).unwrap();
    let created = client.create_origin(request).send().await.unwrap();
    let Origin::Unknown(unknown) = &created else {
        panic!("{created:?}")
    };
    assert_eq!(unknown.tag(), Some("R2"));
    let mut back = Value::Object(unknown.json().clone());
    back.as_object_mut().unwrap().remove("id");
    assert_eq!(back, ninth);
    let again: OriginRequest = serde_json::from_value(back).unwrap();
    client.update_origin("ninth", again).send().await.unwrap();
    for received in server.received() {
        assert_eq!(
            serde_json::from_slice::<Value>(&received.body).unwrap(),
            ninth
        );
    }
}
