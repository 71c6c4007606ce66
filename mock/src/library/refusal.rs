use serde_json::{Map, Value};

/// Why the library does not do what it is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Refusal {
    FileMissing,
    /// These ids belong to nothing, so nothing was done for the others either.
    FilesMissing(Vec<String>),
    VersionMissing,
    CurrentVersion,
    FolderMissing,
    NameTaken,
    SamePlace,
    VersionLimit,
    /// The path has a name that no folder can have, or too many levels.
    InvalidPath,
    Root,
    IntoItself,
    TooManyItems,
    /// A job is running on a folder.
    Locked,
    /// A job is running on the folder that is the destination.
    DestinationLocked,
    /// Custom metadata that does not fit the fields, with what is wrong about each of them.
    CustomMetadata(Map<String, Value>),
    TooManyTags,
}
