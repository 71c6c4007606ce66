//! Posts what happens in the library to those who want to know, one after the other.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::Full;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use crate::http_client;
use crate::library::Library;
use crate::library::events::Notice;
use crate::library::webhooks::is_subscribed;
use crate::signature::webhook_headers;

/// How long a receiver may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How many posts are remembered.
const KEPT: usize = 1000;

/// What was posted to a webhook, or to the `webhookUrl` of an upload or an update.
///
/// Each is posted once, in the order in which things happened; a failure is not repeated.
#[derive(Clone, Debug)]
pub struct WebhookPost {
    address: String,
    body: Value,
    status: Option<StatusCode>,
}

impl WebhookPost {
    /// Returns the address.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the type of the event, such as `file.created`; `None` for the result of an extension.
    pub fn event_type(&self) -> Option<&str> {
        self.body["type"].as_str()
    }

    /// Returns the JSON.
    pub fn body(&self) -> &Value {
        &self.body
    }

    /// Returns the status of the response; `None` if there was none.
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }
}

#[derive(Debug)]
pub(crate) struct Notifier {
    queue: UnboundedSender<Task>,
    posted: Arc<Mutex<Vec<WebhookPost>>>,
}

#[derive(Debug)]
enum Task {
    Post {
        address: String,
        headers: Vec<(&'static str, String)>,
        body: Value,
        bytes: Bytes,
    },
    /// To be told when everything before it is done.
    Tell(oneshot::Sender<()>),
}

impl Notifier {
    /// Returns a notifier, and the work that it does as long as it is polled.
    pub(crate) fn new() -> (Self, impl Future<Output = ()> + Send) {
        let (queue, tasks) = unbounded_channel();
        let posted = Arc::<Mutex<Vec<WebhookPost>>>::default();
        let work = run(tasks, posted.clone());
        (Self { queue, posted }, work)
    }

    /// Queues what happened in a library.
    pub(crate) fn notify(&self, library: &mut Library) {
        let millis = library.now().timestamp_millis();
        for notice in library.take_notices() {
            match notice {
                Notice::Event { kind, body } => {
                    let bytes = Bytes::from(body.to_string());
                    let id = body["id"].as_str().unwrap_or_default();
                    let meant = library
                        .webhooks
                        .values()
                        .filter(|it| is_subscribed(it, kind));
                    for webhook in meant {
                        let secret = webhook["secret"].as_str().unwrap_or_default();
                        let headers = webhook_headers(secret, id, millis, &bytes).to_vec();
                        let address = webhook["endpoint"].as_str().unwrap_or_default();
                        self.queue(address.to_owned(), headers, body.clone(), bytes.clone());
                    }
                }
                Notice::Extension { address, body } => {
                    let bytes = Bytes::from(body.to_string());
                    self.queue(address, Vec::new(), body, bytes);
                }
            }
        }
    }

    fn queue(
        &self,
        address: String,
        headers: Vec<(&'static str, String)>,
        body: Value,
        bytes: Bytes,
    ) {
        // Without a receiver the server has ended, and posts nothing any more.
        let _ = self.queue.send(Task::Post {
            address,
            headers,
            body,
            bytes,
        });
    }

    /// Waits until everything that happened so far is posted.
    pub(crate) async fn finished(&self) {
        let (tell, told) = oneshot::channel();
        if self.queue.send(Task::Tell(tell)).is_ok() {
            let _ = told.await;
        }
    }

    pub(crate) fn posted(&self) -> Vec<WebhookPost> {
        self.posted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

async fn run(mut tasks: UnboundedReceiver<Task>, posted: Arc<Mutex<Vec<WebhookPost>>>) {
    while let Some(task) = tasks.recv().await {
        match task {
            Task::Post {
                address,
                headers,
                body,
                bytes,
            } => {
                let status = tokio::time::timeout(TIMEOUT, post(&address, headers, bytes)).await;
                let status = status.ok().flatten();
                let mut posted = posted.lock().unwrap_or_else(PoisonError::into_inner);
                if posted.len() == KEPT {
                    posted.remove(0);
                }
                posted.push(WebhookPost {
                    address,
                    body,
                    status,
                });
            }
            Task::Tell(tell) => drop(tell.send(())),
        }
    }
}

async fn post(
    address: &str,
    headers: Vec<(&'static str, String)>,
    bytes: Bytes,
) -> Option<StatusCode> {
    let mut request = Request::post(address)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, "imagekit-mock");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(Full::new(bytes)).ok()?;
    let (status, _) = http_client::send(request).await.ok()?;
    Some(status)
}
