//! Work that goes on after its response: copying, moving and renaming folders, purges, and slow extensions.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::{Library, paths};

#[derive(Clone, Debug, Default)]
pub(crate) struct Jobs {
    /// In the order in which they end, if they take the same time.
    running: Vec<Job>,
    all: HashMap<String, Record>,
}

#[derive(Clone, Debug)]
struct Job {
    id: String,
    ends: DateTime<Utc>,
    work: Work,
}

#[derive(Clone, Debug)]
enum Work {
    CopyFolder {
        source: String,
        destination: String,
        all: bool,
    },
    MoveFolder {
        source: String,
        destination: String,
    },
    RenameFolder {
        path: String,
        new: String,
        purge: bool,
    },
    RemoveBackground {
        file: String,
        webhook: Option<String>,
    },
}

/// What is told about a job.
#[derive(Clone, Debug)]
struct Record {
    kind: &'static str,
    outcome: Outcome,
}

#[derive(Clone, Debug)]
enum Outcome {
    Pending,
    Completed,
    Purged(String),
    PurgeRefused,
}

impl Work {
    /// The folders that it reads and writes.
    fn folders(&self) -> Vec<String> {
        match self {
            Self::CopyFolder {
                source,
                destination,
                ..
            }
            | Self::MoveFolder {
                source,
                destination,
            } => {
                vec![
                    source.clone(),
                    paths::join(destination, paths::split(source).1),
                ]
            }
            Self::RenameFolder { path, new, .. } => vec![path.clone(), new.clone()],
            Self::RemoveBackground { .. } => Vec::new(),
        }
    }
}

impl Jobs {
    /// Whether a running job works on a folder, on one that it is in, or on one in it.
    pub(super) fn overlaps(&self, path: &str) -> bool {
        self.folders()
            .any(|it| paths::is_within(&it, path) || paths::is_within(path, &it))
    }

    /// Whether a running job works on a folder or on one that it is in.
    pub(super) fn locks(&self, path: &str) -> bool {
        self.folders().any(|it| paths::is_within(path, &it))
    }

    fn folders(&self) -> impl Iterator<Item = String> {
        self.running.iter().flat_map(|job| job.work.folders())
    }
}

impl Library {
    pub(crate) fn start_copy(
        &mut self,
        source: &str,
        destination: &str,
        all: bool,
    ) -> Result<String, Refusal> {
        let (source, destination) = (paths::normalize(source), paths::normalize(destination));
        self.check_transfer(&source, &destination, false)?;
        Ok(self.start(
            "COPY_FOLDER",
            Work::CopyFolder {
                source,
                destination,
                all,
            },
        ))
    }

    pub(crate) fn start_move(
        &mut self,
        source: &str,
        destination: &str,
    ) -> Result<String, Refusal> {
        let (source, destination) = (paths::normalize(source), paths::normalize(destination));
        self.check_transfer(&source, &destination, true)?;
        Ok(self.start(
            "MOVE_FOLDER",
            Work::MoveFolder {
                source,
                destination,
            },
        ))
    }

    pub(crate) fn start_rename(
        &mut self,
        path: &str,
        name: &str,
        purge: bool,
    ) -> Result<String, Refusal> {
        let path = paths::normalize(path);
        let new = self.check_rename(&path, name)?;
        Ok(self.start("RENAME_FOLDER", Work::RenameFolder { path, new, purge }))
    }

    /// Starts to remove the background of a file, which will give it a new version.
    pub(crate) fn start_background_removal(&mut self, file: &str, webhook: Option<String>) {
        let file = file.to_owned();
        let ends = self.now() + self.settings.extension_time;
        let id = String::new();
        let work = Work::RemoveBackground { file, webhook };
        self.jobs.running.push(Job { id, ends, work });
    }

    fn start(&mut self, kind: &'static str, work: Work) -> String {
        let now = self.now();
        let id = self.ids.object(now);
        let outcome = Outcome::Pending;
        self.jobs.all.insert(id.clone(), Record { kind, outcome });
        let ends = now + self.settings.job_time;
        self.jobs.running.push(Job {
            id: id.clone(),
            ends,
            work,
        });
        id
    }

    /// Does the work of the jobs whose time is over. To be called before anything is read or changed.
    pub(crate) fn settle(&mut self) {
        if self.jobs.running.is_empty() {
            return;
        }
        let now = self.now();
        let is_over = |job: &mut Job| job.ends <= now;
        let mut over: Vec<_> = self.jobs.running.extract_if(.., is_over).collect();
        over.sort_by_key(|job| job.ends);
        for job in over {
            let outcome = self.finish(job.work);
            if let Some(record) = self.jobs.all.get_mut(&job.id) {
                record.outcome = outcome;
            }
        }
    }

    fn finish(&mut self, work: Work) -> Outcome {
        match work {
            Work::CopyFolder {
                source,
                destination,
                all,
            } => self.perform_copy(&source, &destination, all),
            Work::MoveFolder {
                source,
                destination,
            } => self.perform_move(&source, &destination),
            Work::RenameFolder { path, new, purge } => {
                self.perform_rename(&path, &new);
                if purge {
                    let url = format!("{}{}/*", self.endpoint, paths::encode(&path));
                    return match self.purge(&url) {
                        Some(id) => Outcome::Purged(id),
                        None => Outcome::PurgeRefused,
                    };
                }
            }
            Work::RemoveBackground { file, webhook } => {
                self.finish_background_removal(&file, webhook)
            }
        }
        Outcome::Completed
    }

    /// Returns the status and the body that tell about a job.
    pub(crate) fn job(&self, id: &str) -> Option<JobStatus> {
        let Record { kind, outcome } = self.jobs.all.get(id)?;
        let is_over = !matches!(outcome, Outcome::Pending);
        let mut body = json!({
            "jobId": id,
            "type": kind,
            "status": if is_over { "Completed" } else { "Pending" },
        });
        if let Outcome::Purged(id) = outcome {
            body["purgeRequestId"] = id.clone().into();
        }
        let is_purge_refused = matches!(outcome, Outcome::PurgeRefused);
        Some(JobStatus {
            body,
            is_purge_refused,
        })
    }

    /// Asks for a purge. Returns its id; `None` if there were too many of them.
    pub(crate) fn purge(&mut self, url: &str) -> Option<String> {
        let now = self.now();
        let month = now - TimeDelta::days(30);
        let purges = self.purges.values();
        if purges.filter(|it| it.asked > month).count() >= self.settings.purge_limit {
            return None;
        }
        let id = self.ids.object(now);
        let purge = Purge {
            url: url.to_owned(),
            asked: now,
        };
        self.purges.insert(id.clone(), purge);
        Some(id)
    }

    /// Returns whether a purge is done; `None` if it was never asked for.
    pub(crate) fn is_purged(&self, id: &str) -> Option<bool> {
        let purge = self.purges.get(id)?;
        Some(purge.asked + self.settings.purge_time <= self.now())
    }
}

/// What is known about a job.
#[derive(Debug)]
pub(crate) struct JobStatus {
    pub(crate) body: Value,
    /// The folder was renamed, but the purge that was asked for is one too many.
    pub(crate) is_purge_refused: bool,
}

/// A purge that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Purge {
    pub(crate) url: String,
    pub(crate) asked: DateTime<Utc>,
}
