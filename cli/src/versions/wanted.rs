//! Which versions to get: those that are named, or those on standard input.

use futures_util::stream::{self, BoxStream, StreamExt as _};
use imagekit_client::types::{FileId, VersionId};

use crate::config::Session;
use crate::exit::Failure;
use crate::library::Target;
use crate::terminal::Input;

/// An id, or standard input as the place to read ids from.
#[derive(Clone, Debug)]
pub(crate) enum Source<Id> {
    StandardInput,
    Id(Id),
}

impl<Id: std::str::FromStr> std::str::FromStr for Source<Id> {
    type Err = Id::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "-" => Ok(Self::StandardInput),
            id => id.parse().map(Self::Id),
        }
    }
}

pub(super) enum Wanted {
    These(Vec<WantedVersion>),
    /// Those on standard input, of this file or else each with its file.
    Lines(Option<FileId>),
}

/// Finds a file that is given by its path; an id stays what it is.
pub(super) async fn look_up(session: &Session, file: &FileId) -> Result<FileId, Failure> {
    if !file.as_str().starts_with('/') {
        return Ok(file.clone());
    }
    let target: Target = file.as_str().parse().map_err(Failure::usage)?;
    Ok(session.file_id(&target).await?.into())
}

/// A version that can be asked for.
pub(super) struct WantedVersion {
    pub(super) file: FileId,
    pub(super) version: VersionId,
}

/// A line of standard input that names no version.
pub(super) struct BadLine {
    pub(super) number: u64,
    pub(super) failure: Failure,
}

impl Wanted {
    pub(super) fn by(
        file: Source<FileId>,
        versions: Vec<Source<VersionId>>,
    ) -> Result<Self, Failure> {
        let unclear =
            |problem: &str| Failure::usage(problem).try_this("see imagekit versions get --help");
        let file = match (file, versions.as_slice()) {
            (Source::StandardInput, []) => return Ok(Self::Lines(None)),
            (Source::StandardInput, _) => {
                return Err(unclear(
                    "if FILE_ID is `-`, standard input has the ids of the versions too",
                ));
            }
            (Source::Id(_), []) => return Err(unclear("there is no VERSION_ID")),
            (Source::Id(file), [Source::StandardInput]) => return Ok(Self::Lines(Some(file))),
            (Source::Id(file), _) => file,
        };
        let target = |version| match version {
            Source::Id(version) => Ok(WantedVersion {
                file: file.clone(),
                version,
            }),
            Source::StandardInput => Err(unclear("`-` stands for all VERSION_IDs, not for some")),
        };
        let targets: Result<_, _> = versions.into_iter().map(target).collect();
        Ok(Self::These(targets?))
    }

    /// Finds the file if it is given by its path.
    pub(super) async fn look_up(&mut self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::These(targets) => {
                if let Some(first) = targets.first() {
                    let file = look_up(session, &first.file).await?;
                    for target in targets {
                        target.file = file.clone();
                    }
                }
            }
            Self::Lines(Some(file)) => *file = look_up(session, file).await?,
            Self::Lines(None) => {}
        }
        Ok(())
    }

    /// How many there are, unless standard input decides that.
    pub(super) fn count(&self) -> Option<u64> {
        match self {
            Self::These(targets) => u64::try_from(targets.len()).ok(),
            Self::Lines(_) => None,
        }
    }

    /// One after another, or why one of them cannot be asked for.
    pub(super) fn targets(
        self,
        input: Input,
    ) -> BoxStream<'static, Result<WantedVersion, BadLine>> {
        match self {
            Self::These(targets) => stream::iter(targets).map(Ok).boxed(),
            Self::Lines(file) => stream::unfold(Some(input), move |input| {
                let file = file.clone();
                async move {
                    let mut input = input?;
                    match input.line().await {
                        Ok(None) => None,
                        Ok(Some(line)) => {
                            let number = input.line_number();
                            let target = WantedVersion::read(&line, file);
                            let target = target.map_err(|failure| BadLine { number, failure });
                            Some((target, Some(input)))
                        }
                        Err(failure) => {
                            let number = input.line_number();
                            Some((Err(BadLine { number, failure }), None))
                        }
                    }
                }
            })
            .boxed(),
        }
    }
}

impl WantedVersion {
    /// Reads the id of a version of `file`, or else the ids of a file and of its version.
    fn read(line: &[u8], file: Option<FileId>) -> Result<Self, Failure> {
        let line = str::from_utf8(line).map_err(|_| Failure::usage("is not UTF-8"))?;
        let invalid = |id: &str, reason| Failure::usage(format!("{id:?}: {reason}"));
        let mut ids = line.split_whitespace();
        let (file, version) = match (file, ids.next(), ids.next(), ids.next()) {
            (Some(file), Some(version), None, _) => (file, version),
            (None, Some(file), Some(version), None) => {
                let parsed = file.parse().map_err(|reason| invalid(file, reason))?;
                (parsed, version)
            }
            (Some(_), ..) => {
                return Err(Failure::usage(format!("{line:?} is not one version id")));
            }
            (None, ..) => {
                let message = format!("{line:?} is not a file id and a version id");
                return Err(Failure::usage(message));
            }
        };
        Ok(Self {
            file,
            version: version.parse().map_err(|reason| invalid(version, reason))?,
        })
    }
}
