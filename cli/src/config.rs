//! Whom to talk to, and as whom: flags over environment over configuration file.

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use imagekit_client::{Client, ClientBuilder};
use imagekit_mock::Server;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::Context;
use crate::args::Connection;
use crate::demo;
use crate::exit::{Exit, Failure};
use crate::terminal::{Input, warn};

const KEY: &str = "IMAGEKIT_PRIVATE_KEY";
/// The second is how ImageKit's own SDKs spell it.
const BASE_URL: [&str; 2] = ["IMAGEKIT_BASE_URL", "IMAGE_KIT_BASE_URL"];
const PROFILE: &str = "IMAGEKIT_PROFILE";
const DEFAULT_PROFILE: &str = "default";

/// A client, and where its key is from.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) key_source: KeySource,
    /// The fake that the client talks to, which lives as long as this.
    demo: Option<Server>,
}

pub(crate) enum KeySource {
    Demo,
    StandardInput,
    Environment,
    Profile { name: String, file: PathBuf },
}

impl Session {
    pub(crate) async fn start(context: &mut Context) -> Result<Self, Failure> {
        let connection = &context.connection;
        let (builder, key_source, demo) = if connection.demo {
            let server = demo::start(context.fixed_now).await?;
            let builder = Client::builder()
                .private_key(server.private_key())
                .base_url(server.url());
            (builder, KeySource::Demo, Some(server))
        } else {
            let (builder, key_source) = configure(connection, &mut context.input).await?;
            (builder, key_source, None)
        };
        let builder = match connection.deadline {
            Some(deadline) => builder.timeout(deadline),
            None => builder,
        };
        Ok(Self {
            client: builder.build()?,
            key_source,
            demo,
        })
    }

    pub(crate) fn is_demo(&self) -> bool {
        self.demo.is_some()
    }

    /// Returns where a file is delivered whose address this is.
    pub(crate) fn delivered(&self, url: &str) -> String {
        match &self.demo {
            Some(server) => demo::delivered(server, url),
            None => url.to_owned(),
        }
    }
}

async fn configure(
    connection: &Connection,
    input: &mut Input,
) -> Result<(ClientBuilder, KeySource), Failure> {
    let file = ConfigFile::find(connection.config.as_deref())?;
    let profile = file.profile(connection.profile.as_deref())?;
    let profile_url = profile.as_ref().and_then(|(_, it)| it.base_url.clone());
    let profile_key = profile.and_then(|(name, it)| {
        let file = file.path.clone();
        Some((it.private_key?, KeySource::Profile { name, file }))
    });
    let environment_key = variable(KEY)?.map(|key| (key.into(), KeySource::Environment));
    let environment_url = match variable(BASE_URL[0])? {
        Some(url) => Some(url),
        None => variable(BASE_URL[1])?,
    };

    // A profile that was asked for by a flag is a flag.
    let by_flag = connection.profile.is_some();
    let (key, url) = if by_flag {
        (
            profile_key.or(environment_key),
            profile_url.or(environment_url),
        )
    } else {
        (
            environment_key.or(profile_key),
            environment_url.or(profile_url),
        )
    };
    let key = if connection.key_stdin {
        let key: SecretString = input.key().await?.into();
        Some((key, KeySource::StandardInput))
    } else {
        key
    };
    let Some((key, key_source)) = key else {
        return Err(
            Failure::new(Exit::NotAuthorised, "there is no private key").try_this(format!(
                "set {KEY} to your private API key, or add `private_key` to {}, or try --demo",
                file.path.display()
            )),
        );
    };
    if matches!(key_source, KeySource::Profile { .. }) {
        file.warn_if_others_can_read();
    }
    let mut builder = Client::builder().private_key(key.expose_secret());
    if let Some(url) = connection.base_url.clone().or(url) {
        builder = builder.base_url(url);
    }
    Ok((builder, key_source))
}

/// A variable that is set, and not to nothing.
fn variable(name: &str) -> Result<Option<String>, Failure> {
    match env::var(name) {
        Ok(value) if !value.is_empty() => Ok(Some(value)),
        Ok(_) | Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(Failure::usage(format!(
            "the environment variable {name} is not Unicode"
        ))),
    }
}

/// The message of an error about a file that may hold a key: `Display` would quote the whole line, and
/// even the message quotes a value of the wrong type.
fn without_values(message: &str) -> String {
    let message = message.replace('\n', ", ");
    match (message.find('"'), message.rfind('"')) {
        (Some(start), Some(end)) if start < end => {
            format!("{}…{}", &message[..start], &message[end + 1..])
        }
        _ => message,
    }
}

struct ConfigFile {
    path: PathBuf,
    profiles: BTreeMap<String, Profile>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    #[serde(default)]
    profiles: BTreeMap<String, Profile>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    private_key: Option<SecretString>,
    base_url: Option<String>,
}

impl ConfigFile {
    /// Reads the file, which need not exist unless it is asked for.
    fn find(asked_for: Option<&Path>) -> Result<Self, Failure> {
        let path = match asked_for {
            Some(path) => path.to_owned(),
            None => match etcetera::choose_base_strategy() {
                Ok(folders) => folders.config_dir().join("imagekit").join("config.toml"),
                // Nobody without a home folder has a configuration file in it.
                Err(_) => {
                    return Ok(Self {
                        path: PathBuf::from("a configuration file"),
                        profiles: BTreeMap::new(),
                    });
                }
            },
        };
        let unreadable = |why: &dyn fmt::Display| {
            Failure::usage(format!("the configuration file {} {why}", path.display()))
        };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && asked_for.is_none() => {
                String::new()
            }
            Err(error) => return Err(unreadable(&format_args!("cannot be read: {error}"))),
        };
        let contents: Contents = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| {
                1 + text
                    .bytes()
                    .take(span.start)
                    .filter(|byte| *byte == b'\n')
                    .count()
            });
            unreadable(&format_args!(
                "is not right in line {line}: {}",
                without_values(error.message())
            ))
        })?;
        Ok(Self {
            path,
            profiles: contents.profiles,
        })
    }

    /// The profile to use; only one that is asked for must exist.
    fn profile(&self, asked_for: Option<&str>) -> Result<Option<(String, Profile)>, Failure> {
        let asked_for = match asked_for {
            Some(name) => Some(name.to_owned()),
            None => variable(PROFILE)?,
        };
        let name = asked_for.as_deref().unwrap_or(DEFAULT_PROFILE);
        match self.profiles.get(name) {
            Some(profile) => Ok(Some((name.to_owned(), profile.clone()))),
            None if asked_for.is_none() => Ok(None),
            None => {
                let names: Vec<&str> = self.profiles.keys().map(String::as_str).collect();
                let hint = if names.is_empty() {
                    format!("add [profiles.{name}] to {}", self.path.display())
                } else {
                    format!("there are: {}", names.join(", "))
                };
                Err(Failure::usage(format!("there is no profile {name:?}")).try_this(hint))
            }
        }
    }

    #[cfg(unix)]
    fn warn_if_others_can_read(&self) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.path.display();
        if let Ok(metadata) = std::fs::metadata(&self.path)
            && metadata.permissions().mode() & 0o077 != 0
        {
            warn(&format!(
                "{path} holds a private key, and others can read it; run: chmod 600 {path}"
            ));
        }
    }

    #[cfg(not(unix))]
    fn warn_if_others_can_read(&self) {}
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Demo => f.write_str("the demo"),
            Self::StandardInput => f.write_str("standard input"),
            Self::Environment => f.write_str(KEY),
            Self::Profile { name, file } => {
                write!(f, "profile {name:?} of {}", file.display())
            }
        }
    }
}
