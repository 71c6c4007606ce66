//! Calls on more ids than one request takes.

use std::collections::BTreeSet;

use imagekit_client::BulkError;
use imagekit_tests::clock::LeapingClock;
use imagekit_tests::wire::{Reply, Server};
use serde_json::{Value, json};

/// A server that refuses a batch for ids that begin with `unknown`, and cannot delete those that begin with `locked`;
/// each tenth request is one too many.
async fn library() -> Server {
    Server::script(|index, received| {
        if index % 10 == 9 {
            return Reply::new("429 Too Many Requests", "X-RateLimit-Reset: 700\r\n", "{}");
        }
        let body: Value = serde_json::from_slice(&received.body).unwrap();
        let ids: Vec<&str> = body["fileIds"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert!(ids.len() <= 100, "{} ids in one request", ids.len());
        let unknown: Vec<&&str> = ids.iter().filter(|id| id.starts_with("unknown")).collect();
        if !unknown.is_empty() {
            let body = json!({ "message": "The requested file(s) does not exist.", "missingFileIds": unknown });
            return Reply::json("404 Not Found", body.to_string());
        }
        let (locked, done): (Vec<&str>, Vec<&str>) = ids.iter().partition(|id| id.starts_with("locked"));
        let errors: Vec<Value> = locked.iter().map(|id| json!({ "fileId": id, "error": "it is locked" })).collect();
        let status = if errors.is_empty() { "200 OK" } else { "207 Multi-Status" };
        Reply::json(status, json!({ "successfullyDeletedFileIds": done, "errors": errors }).to_string())
    })
    .await
}

#[tokio::test]
async fn every_id_is_accounted_for() {
    let server = library().await;
    let clock = LeapingClock::default();
    let client = server.client().clock(clock).build().unwrap();
    let mut given: Vec<String> = (0..5_000 - 37 - 5 - 12)
        .map(|index| format!("file-{index}"))
        .collect();
    given.extend((0..37).map(|index| format!("unknown-{index}")));
    given.extend((0..5).map(|index| format!("locked-{index}")));
    // Unknown ids all over the list, not at its end alone.
    let length = given.len();
    for index in 0..length {
        given.swap(index, (index * 7919) % length);
    }
    given.extend((0..12).map(|index| format!("file-{index}")));
    assert_eq!(given.len(), 5_000);

    let outcome = client
        .delete_multiple_files(&given)
        .in_batches()
        .send()
        .await;
    assert_eq!(outcome.succeeded().len(), 4_946);
    assert_eq!(outcome.missing().len(), 37);
    assert_eq!(outcome.failed().len(), 5);
    assert!(
        outcome
            .failed()
            .iter()
            .all(|(id, error)| id.as_str().starts_with("locked")
                && matches!(error, BulkError::Refused(reason) if reason == "it is locked"))
    );
    let accounted: BTreeSet<&str> = outcome
        .succeeded()
        .iter()
        .chain(outcome.missing())
        .chain(outcome.failed().iter().map(|(id, _)| id))
        .map(|id| id.as_str())
        .collect();
    assert_eq!(accounted, given.iter().map(String::as_str).collect());
    let received = server.received().len();
    assert_eq!(usize::try_from(outcome.requests()).unwrap(), received);
    println!(
        "5,000 ids in {received} requests, {} of which were refused for now",
        received / 10
    );
    assert!(!outcome.is_complete() && outcome.clone().into_result().is_err());
}

#[tokio::test]
async fn a_batch_that_fails_costs_its_own_ids_alone() {
    let server = Server::script(|index, received| {
        if index == 1 {
            // Ids are missing only from what is not found.
            let body = r#"{"message":"no","missingFileIds":["file-100"]}"#;
            return Reply::json("403 Forbidden", body);
        }
        let body: Value = serde_json::from_slice(&received.body).unwrap();
        Reply::json(
            "200 OK",
            json!({ "successfullyDeletedFileIds": body["fileIds"] }).to_string(),
        )
    })
    .await;
    let client = server.client().build().unwrap();
    let ids: Vec<String> = (0..250).map(|index| format!("file-{index}")).collect();
    let outcome = client.delete_multiple_files(ids).in_batches().send().await;
    assert_eq!(
        (outcome.succeeded().len(), outcome.failed().len()),
        (150, 100)
    );
    assert!(
        outcome
            .failed()
            .iter()
            .all(|(_, error)| matches!(error, BulkError::Request(error) if error.is_forbidden()))
    );
}

#[tokio::test]
async fn a_404_that_names_no_id_of_its_batch_ends_it() {
    let bodies = [
        r#"{"message":"no"}"#,
        r#"{"message":"no","missingFileIds":["another"]}"#,
    ];
    for body in bodies {
        let server = Server::start([Reply::json("404 Not Found", body)]).await;
        let client = server.client().build().unwrap();
        let tagging = client.add_tags_to_files(["a", "b"], ["tag"]).in_batches();
        let outcome = tagging.send().await;
        assert_eq!((outcome.failed().len(), server.received().len()), (2, 1));
    }
    let server = Server::start([Reply::default()]).await;
    let client = server.client().build().unwrap();
    let nothing = client
        .add_tags_to_files(Vec::<String>::new(), ["tag"])
        .in_batches()
        .send()
        .await;
    assert!(nothing.is_complete() && nothing.requests() == 0);
}
