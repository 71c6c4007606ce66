//! The webhook: what ImageKit says has changed, and how open pages hear of it.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{self, KeepAlive, Sse};
use futures_util::{Stream, stream};
use imagekit_client::chrono::{DateTime, SecondsFormat, Utc};
use imagekit_client::types::{Event, File};
use imagekit_client::webhooks::{ReplayGuard, WebhookError, WebhookVerifier};
use tokio::sync::watch;

use crate::{FOLDER, Gallery};

/// How many changes are kept.
const KEPT: usize = 8;

/// How old a delivery may be.
const TOLERANCE: Duration = Duration::from_secs(300);

/// What has changed, as far as it is known.
pub(crate) struct Changes {
    verifier: WebhookVerifier,
    seen: ReplayGuard,
    log: watch::Sender<Log>,
}

#[derive(Clone, Default)]
pub(crate) struct Log {
    /// How many changes there were since the start.
    pub(crate) count: u64,
    /// The latest of them, the newest first.
    pub(crate) latest: VecDeque<Change>,
}

#[derive(Clone)]
pub(crate) struct Change {
    time: DateTime<Utc>,
    pub(crate) text: String,
}

impl Change {
    pub(crate) fn instant(&self) -> String {
        self.time.to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    pub(crate) fn time_of_day(&self) -> String {
        self.time.format("%H:%M UTC").to_string()
    }
}

impl Changes {
    pub(crate) fn new(verifier: WebhookVerifier) -> Self {
        Self {
            verifier: verifier.tolerance(TOLERANCE),
            seen: ReplayGuard::new(2 * TOLERANCE),
            log: watch::Sender::default(),
        }
    }

    pub(crate) fn log(&self) -> Log {
        self.log.borrow().clone()
    }

    /// Takes a delivery if it is from ImageKit. Returns whether it is the first one of its event.
    fn take(&self, headers: &HeaderMap, body: &[u8]) -> Result<bool, WebhookError> {
        let event = self.verifier.verify(headers, body)?;
        let is_first = self.seen.is_first(headers, SystemTime::now())?;
        if is_first && let Some(change) = change(event) {
            self.log.send_modify(|log| {
                log.count += 1;
                log.latest.push_front(change);
                log.latest.truncate(KEPT);
            });
        }
        Ok(is_first)
    }
}

/// Receives a delivery: its body as it came, since any other has another signature.
pub(crate) async fn receive(
    State(gallery): State<Arc<Gallery>>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, &'static str) {
    match gallery.changes.take(&headers, &body) {
        Ok(true) => (StatusCode::OK, "received\n"),
        // Not handled again, and no error, since ImageKit would repeat it once more.
        Ok(false) => (StatusCode::OK, "received before\n"),
        Err(error) => {
            eprintln!("a delivery was refused: {error}");
            (StatusCode::BAD_REQUEST, "refused\n")
        }
    }
}

/// Tells a page when there are other changes than those that it knows, for as long as it is open.
pub(crate) async fn tell(
    State(gallery): State<Arc<Gallery>>,
    Path(known): Path<u64>,
) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    let log = gallery.changes.log.subscribe();
    let news = stream::unfold((log, known), |(mut log, known)| async move {
        let count = log.wait_for(|log| log.count != known).await.ok()?.count;
        let event = sse::Event::default().data(count.to_string());
        Some((Ok(event), (log, count)))
    });
    Sse::new(news).keep_alive(KeepAlive::default())
}

/// Says what an event means for the gallery, if it means anything.
fn change(event: Event) -> Option<Change> {
    let of = |file: &File, time, what: &str| {
        let (folder, _) = file.file_path.rsplit_once('/')?;
        (folder == FOLDER).then(|| Change {
            time,
            text: format!("{} {what}.", file.name),
        })
    };
    match event {
        Event::FileCreated(event) => of(&event.data, event.created_at, "was added"),
        Event::FileUpdated(event) => of(&event.data, event.created_at, "was changed"),
        Event::FileVersionCreated(event) => of(&event.data, event.created_at, "has a new version"),
        // Of a file that is gone, ImageKit says only the id.
        Event::FileDeleted(event) => Some(Change {
            time: event.created_at,
            text: "A file was deleted.".to_owned(),
        }),
        _ => None,
    }
}
