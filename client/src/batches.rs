//! Calls on more ids than ImageKit takes in one request.

use std::collections::HashSet;
use std::fmt;

use serde_json::Value;

use crate::runtime::{Error, Request};
use crate::types::FileId;

/// A call on any number of ids, before it is sent in batches of what ImageKit allows.
///
/// ```no_run
/// # async fn example(client: imagekit_client::Client, ids: Vec<String>) {
/// let outcome = client.delete_multiple_files(ids).in_batches().send().await;
/// println!("{} deleted, {} were not there", outcome.succeeded().len(), outcome.missing().len());
/// for (id, error) in outcome.failed() {
///     eprintln!("{id}: {error}");
/// }
/// # }
/// ```
///
/// An id that is given twice is sent once. ImageKit refuses a whole batch for one id that does not exist, and names it:
/// such ids are set aside, and the rest is sent again.
#[derive(Debug)]
#[must_use = "batches do nothing until they are sent"]
pub struct Batches {
    request: Box<Request>,
    ids: &'static str,
    done: &'static str,
    size: usize,
}

/// What became of each id of a call in batches.
///
/// Every id that was given is in exactly one of its lists, however many requests failed.
#[derive(Clone, Debug, Default)]
#[must_use = "some of the ids may have failed"]
pub struct BulkOutcome {
    succeeded: Vec<FileId>,
    missing: Vec<FileId>,
    failed: Vec<(FileId, BulkError)>,
    requests: u32,
}

/// Why an id of a call in batches failed.
#[derive(Clone)]
#[non_exhaustive]
pub enum BulkError {
    /// ImageKit performed the request, but not for this id; the text is its own.
    Refused(String),
    /// The request that held this id failed.
    Request(Error),
}

impl Batches {
    pub(crate) fn new(
        request: Box<Request>,
        ids: &'static str,
        done: &'static str,
        size: usize,
    ) -> Self {
        Self {
            request,
            ids,
            done,
            size: size.max(1),
        }
    }

    /// Sends all batches, one after the other.
    ///
    /// There is no error for the whole, which would throw away what became of the other ids; see
    /// [`BulkOutcome::into_result`].
    pub async fn send(self) -> BulkOutcome {
        let mut outcome = BulkOutcome::default();
        let given = self.request.property(self.ids).and_then(Value::as_array);
        let given = given.into_iter().flatten().filter_map(Value::as_str);
        let mut seen = HashSet::new();
        let ids: Vec<&str> = given.filter(|id| seen.insert(*id)).collect();
        for batch in ids.chunks(self.size) {
            self.send_batch(batch, &mut outcome).await;
        }
        outcome
    }

    async fn send_batch(&self, batch: &[&str], outcome: &mut BulkOutcome) {
        let mut rest = batch.to_vec();
        while !rest.is_empty() {
            let mut request = self.request.clone();
            request.set_property(self.ids, &rest);
            let response = match request.execute().await {
                Ok(response) => response,
                Err(error) => {
                    outcome.requests += error.attempts();
                    let missing = missing(&error, &rest);
                    if missing.is_empty() {
                        outcome.fail(rest, &BulkError::Request(error));
                        return;
                    }
                    rest.retain(|id| missing.iter().all(|it| it.as_str() != *id));
                    outcome.missing.extend(missing);
                    continue;
                }
            };
            outcome.requests += response.attempts();
            match response.json::<Value>() {
                Ok(body) => outcome.account(&body, self.done, &rest),
                Err(error) => outcome.fail(rest, &BulkError::Request(error)),
            }
            return;
        }
    }
}

/// Returns the ids of a batch that ImageKit does not know.
fn missing(error: &Error, batch: &[&str]) -> Vec<FileId> {
    let named = match error.api_error() {
        Some(api_error) if error.is_not_found() => api_error.missing_file_ids.as_deref(),
        _ => None,
    };
    let named = named.unwrap_or_default();
    let missing = batch.iter().filter(|id| named.iter().any(|it| it == *id));
    missing.map(|id| FileId::from(*id)).collect()
}

impl BulkOutcome {
    /// Returns the ids for which the operation was performed.
    pub fn succeeded(&self) -> &[FileId] {
        &self.succeeded
    }

    /// Returns the ids that ImageKit does not know.
    pub fn missing(&self) -> &[FileId] {
        &self.missing
    }

    /// Returns the ids that failed, each with its reason.
    pub fn failed(&self) -> &[(FileId, BulkError)] {
        &self.failed
    }

    /// Returns how many requests were sent.
    pub fn requests(&self) -> u32 {
        self.requests
    }

    /// Returns `true` if the operation was performed for every id.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.failed.is_empty()
    }

    /// Returns the ids if the operation was performed for all of them, and else the whole outcome as an error.
    ///
    /// # Errors
    ///
    /// If an id is missing or failed.
    pub fn into_result(self) -> Result<Vec<FileId>, Self> {
        if self.is_complete() {
            Ok(self.succeeded)
        } else {
            Err(self)
        }
    }

    fn fail(&mut self, ids: Vec<&str>, error: &BulkError) {
        let failed = ids.into_iter().map(|id| (id.into(), error.clone()));
        self.failed.extend(failed);
    }

    /// Accounts for each id of a batch that was performed, in whole or in part.
    fn account(&mut self, body: &Value, done: &str, batch: &[&str]) {
        let done: HashSet<&str> = texts(&body[done]).collect();
        for id in batch {
            if done.contains(id) {
                self.succeeded.push((*id).into());
                continue;
            }
            let errors = body["errors"].as_array().into_iter().flatten();
            let told = errors
                .filter(|error| error["fileId"] == *id)
                .find_map(|error| error["error"].as_str());
            let told = told.unwrap_or("the response does not mention it");
            let error = BulkError::Refused(told.to_owned());
            self.failed.push(((*id).into(), error));
        }
    }
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

impl fmt::Display for BulkOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (succeeded, missing, failed) =
            (self.succeeded.len(), self.missing.len(), self.failed.len());
        write!(
            f,
            "{succeeded} succeeded, {missing} are missing, {failed} failed"
        )?;
        match self.failed.first() {
            Some((id, error)) => write!(f, "; first of them {id}: {error}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for BulkOutcome {}

impl fmt::Display for BulkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reason) => f.write_str(reason),
            Self::Request(error) => error.fmt(f),
        }
    }
}

impl fmt::Debug for BulkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
