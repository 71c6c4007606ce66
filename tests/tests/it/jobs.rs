//! Work that goes on at ImageKit after the call that started it.

use std::time::Duration;

use imagekit_client::types::BulkJobStatus;
use imagekit_tests::clock::LeapingClock;
use imagekit_tests::example;
use imagekit_tests::wire::{Reply, Server};

fn state(status: &str) -> Reply {
    Reply::json(
        "200 OK",
        format!(r#"{{"jobId":"job-1","type":"MOVE_FOLDER","status":"{status}"}}"#),
    )
}

async fn server(states: Vec<Reply>) -> Server {
    let mut replies = vec![Reply::json("200 OK", r#"{"jobId":"job-1"}"#)];
    replies.extend(states);
    Server::start(replies).await
}

#[tokio::test]
async fn a_job_is_waited_for_with_growing_pauses() {
    let server = server(vec![
        state("Pending"),
        state("Pending"),
        state("something new"),
        state("Completed"),
    ])
    .await;
    let clock = LeapingClock::default();
    let client = server.client().clock(clock.clone()).build().unwrap();
    let job = client.move_folder("/a", "/b").until_done().await.unwrap();
    assert_eq!(job.status, Some(BulkJobStatus::Completed));
    let seconds: Vec<f64> = clock.pauses().iter().map(Duration::as_secs_f64).collect();
    assert_eq!(seconds, [0.5, 1.0, 2.0]);
    let lines: Vec<String> = server
        .received()
        .iter()
        .map(|it| it.line().to_owned())
        .collect();
    assert_eq!(lines[0], "POST /v1/bulkJobs/moveFolder HTTP/1.1");
    assert_eq!(lines[1], "GET /v1/bulkJobs/job-1 HTTP/1.1");
}

#[tokio::test]
async fn a_job_that_never_ends_expires_and_can_be_waited_for_again() {
    let server = server(vec![state("Pending")]).await;
    let clock = LeapingClock::default();
    let client = server.client().clock(clock.clone()).build().unwrap();
    let started = client.move_folder("/a", "/b").start().await.unwrap();
    let mut poller = started.with_timeout(Duration::from_secs(30));
    let error = poller.wait().await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(
        error.to_string(),
        "getBulkJobStatus: no whole response in time: the job job-1 is not done after 30 s; its last state was Pending"
    );
    assert_eq!(
        clock.pauses().iter().sum::<Duration>(),
        Duration::from_secs(30)
    );
    assert_eq!(poller.id(), "job-1");
    assert_eq!(poller.last().unwrap().status, Some(BulkJobStatus::Pending));
    assert!(poller.wait().await.unwrap_err().is_timeout());
}

#[tokio::test]
async fn a_job_that_is_done_in_part_is_done() {
    let partial = Reply::json("207 Multi-Status", example("bulk-job-status-207.json"));
    let server = server(vec![state("Pending"), partial]).await;
    let client = server
        .client()
        .clock(LeapingClock::default())
        .build()
        .unwrap();
    let job = client.rename_folder("/a", "b").until_done().await.unwrap();
    assert_eq!(job.status, Some(BulkJobStatus::PartialSuccess));
    assert!(job.message.is_some());
}

#[tokio::test]
async fn a_connection_that_is_lost_while_waiting_is_retried() {
    let server = server(vec![
        Reply::default().then_reset(),
        state("Pending"),
        Reply::default().then_close(),
        state("Completed"),
    ])
    .await;
    let client = server
        .client()
        .clock(LeapingClock::default())
        .build()
        .unwrap();
    client.copy_folder("/a", "/b").until_done().await.unwrap();
}

#[tokio::test]
async fn a_refused_job_is_an_error_with_its_predicate() {
    let server = Server::start([Reply::json("423 Locked", example("copy-folder-423.json"))]).await;
    let client = server.client().build().unwrap();
    let error = client
        .copy_folder("/a", "/b")
        .until_done()
        .await
        .unwrap_err();
    assert!(error.is_locked() && !error.is_transient());
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_start_without_an_id_is_an_error_of_decoding() {
    let server = Server::start([Reply::json("200 OK", "{}")]).await;
    let client = server.client().build().unwrap();
    let error = client.move_folder("/a", "/b").start().await.unwrap_err();
    assert!(
        error.is_decode() && error.to_string().contains("$.jobId"),
        "{error}"
    );
}

#[tokio::test]
async fn purges_and_jobs_of_others_are_waited_for_too() {
    let pending = Reply::json("200 OK", example("purge-status-pending.json"));
    let done = Reply::json("200 OK", r#"{"status":"Completed"}"#);
    let server = Server::start([
        Reply::json("201 Created", example("purge-cache.json")),
        pending,
        done,
    ])
    .await;
    let client = server
        .client()
        .clock(LeapingClock::default())
        .build()
        .unwrap();
    client
        .purge_cache("https://ik.imagekit.io/x/*")
        .until_done()
        .await
        .unwrap();
    assert_eq!(server.received().len(), 3);
    assert_eq!(
        server.received()[1].line(),
        "GET /v1/files/purge/598821f949c0a938d57563bd HTTP/1.1"
    );
    client
        .get_purge_status("598821f949c0a938d57563bd")
        .until_done()
        .await
        .unwrap();
}

#[tokio::test]
async fn any_poll_interval_is_one_that_can_be_waited_for() {
    for (interval, requests) in [(Duration::ZERO, 4), (Duration::MAX, 3)] {
        let server = server(vec![state("Pending"), state("Pending"), state("Completed")]).await;
        let clock = LeapingClock::default();
        let client = server.client().clock(clock.clone()).build().unwrap();
        let started = client.move_folder("/a", "/b").start().await.unwrap();
        let mut poller = started.with_poll_interval(interval);
        let result = poller.wait().await;
        assert_eq!(result.is_ok(), interval.is_zero());
        assert_eq!(server.received().len(), requests);
        assert!(clock.pauses().iter().all(|pause| !pause.is_zero()));
    }
}
