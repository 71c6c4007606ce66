//! Whom to talk to, and as whom: flags over environment over configuration file.

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use etcetera::BaseStrategy as _;
use imagekit_client::Client;
use imagekit_mock::Server;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::Context;
use crate::args::Connection;
use crate::demo;
use crate::exit::{Exit, Failure};
use crate::keyring::{Account, Keyring};
use crate::replace::{Readers, replace};
use crate::terminal::Input;

const KEY: &str = "IMAGEKIT_PRIVATE_KEY";
/// The second is how ImageKit's own SDKs spell it.
const BASE_URL: [&str; 2] = ["IMAGEKIT_BASE_URL", "IMAGE_KIT_BASE_URL"];
const NOW: &str = "IMAGEKIT_NOW";
const PROFILE: &str = "IMAGEKIT_PROFILE";
pub(crate) const DEFAULT_PROFILE: &str = "default";

/// A client, and where its key is from.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) private_key: SecretString,
    pub(crate) key_source: KeySource,
    /// The fake that the client talks to, which lives as long as this.
    demo: Option<Server>,
}

/// Where the key of this run is from, for the failures that blame it.
static KEY_SOURCE: OnceLock<String> = OnceLock::new();

/// Returns where the key of this run is from.
pub(crate) fn key_source() -> Option<&'static str> {
    KEY_SOURCE.get().map(String::as_str)
}

pub(crate) enum KeySource {
    Demo,
    StandardInput,
    Environment,
    Profile { name: String, kept: Kept },
}

/// Where the key of a profile is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    InKeyring,
    InFile(PathBuf),
}

impl Session {
    pub(crate) async fn start(context: &mut Context) -> Result<Self, Failure> {
        let connection = &context.connection;
        let (key, base_url, key_source, demo) = if connection.demo {
            let server = demo::start(context.fixed_now).await?;
            let key: SecretString = server.private_key().to_owned().into();
            let url = Some(server.url().to_owned());
            (key, url, KeySource::Demo, Some(server))
        } else {
            let (key, url, key_source) = configure(connection, &mut context.input).await?;
            (key, url, key_source, None)
        };
        KEY_SOURCE.get_or_init(|| key_source.to_string());
        Ok(Self {
            client: client(&key, base_url.as_deref(), connection)?,
            private_key: key,
            key_source,
            demo,
        })
    }

    /// A session with a key that is to be checked.
    pub(crate) fn with_key(
        key: &SecretString,
        base_url: Option<&str>,
        connection: &Connection,
    ) -> Result<Self, Failure> {
        Ok(Self {
            client: client(key, base_url, connection)?,
            private_key: key.clone(),
            key_source: KeySource::StandardInput,
            demo: None,
        })
    }

    /// The URL endpoint of the demo.
    pub(crate) fn url_endpoint(&self) -> Option<String> {
        self.demo.as_ref().map(Server::url_endpoint)
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

/// A place that may hold a private key and the base URL that it is for.
struct Place {
    key: Option<Key>,
    url: Option<String>,
    source: KeySource,
}

/// A key, or the account whose key is in the keyring, which may ask a person to unlock it.
enum Key {
    Known(SecretString),
    InKeyring(Account),
}

async fn configure(
    connection: &Connection,
    input: &mut Input,
) -> Result<(SecretString, Option<String>, KeySource), Failure> {
    let file = ConfigFile::find(connection.config.as_deref())?;
    let environment = Place {
        key: variable(KEY)?.map(|key| Key::Known(key.into())),
        url: url_of_the_environment()?,
        source: KeySource::Environment,
    };
    let profile = file.profile(connection.profile.as_deref())?;
    let profile = profile.map(|(name, it)| file.place(name, it));
    // What is asked for by a flag is all that counts.
    let mut places: Vec<Place> = match &connection.profile {
        Some(_) => profile.into_iter().collect(),
        None => [environment].into_iter().chain(profile).collect(),
    };
    if connection.key_stdin {
        let key = Some(Key::Known(input.key().await?.into()));
        let url = places.first_mut().and_then(|place| place.url.take());
        let source = KeySource::StandardInput;
        places.insert(0, Place { key, url, source });
    }
    let mut chosen = None;
    let mut other_url = None;
    for place in places {
        match place.key {
            Some(key) if chosen.is_none() => chosen = Some((key, place.url, place.source)),
            _ => other_url = other_url.or(place.url.map(|_| place.source)),
        }
    }
    let Some((key, url, source)) = chosen else {
        let message = match &connection.profile {
            Some(name) => format!("the profile {name:?} has no private key"),
            None => "there is no private key".to_owned(),
        };
        return Err(Failure::new(Exit::NotAuthorised, message).try_this(format!(
            "set {KEY} to your private API key, or store it with imagekit auth login, or try --demo"
        )));
    };
    let url = connection.base_url.clone().or(url);
    if let (None, Some(other)) = (&url, other_url) {
        let other = match other {
            KeySource::Environment => BASE_URL[0].to_owned(),
            other => other.to_string(),
        };
        return Err(Failure::usage(format!(
            "the private key is from {source}, and the base URL from {other}: a key is sent only where it is meant for"
        ))
        .try_this("say where with --base-url, or name a profile that has both with --profile"));
    }
    let key = match key {
        Key::Known(key) => key,
        Key::InKeyring(account) => from_keyring(&account, &Keyring::find().await).await?,
    };
    let kept = match &source {
        KeySource::Profile { kept, .. } => Some(kept),
        _ => None,
    };
    if matches!(kept, Some(Kept::InFile(_))) {
        file.warn_if_others_can_read();
    }
    Ok((key, url, source))
}

async fn from_keyring(account: &Account, keyring: &Keyring) -> Result<SecretString, Failure> {
    let profile = &account.profile;
    let (problem, hint) = match keyring.key(account).await {
        Ok(Some(key)) => return Ok(key),
        Ok(None) => (
            match &account.base_url {
                Some(url) => format!("the keyring has no key of profile {profile:?} for {url}"),
                None => format!("the keyring has no key of profile {profile:?} any more"),
            },
            "store it again with imagekit auth login".to_owned(),
        ),
        Err(why) => (
            format!("the key of profile {profile:?} cannot be read from the keyring: {why}"),
            format!("unlock it, or set {KEY}, or see imagekit auth login --in-file"),
        ),
    };
    Err(Failure::new(Exit::NotAuthorised, problem).try_this(hint))
}

fn client(
    key: &SecretString,
    base_url: Option<&str>,
    connection: &Connection,
) -> Result<Client, Failure> {
    let mut builder = Client::builder().private_key(key.expose_secret());
    if let Some(url) = base_url {
        builder = builder.base_url(url);
    }
    if let Some(deadline) = connection.deadline {
        builder = builder.timeout(deadline);
    }
    Ok(builder.build()?)
}

/// The variable that holds a key, if it does.
pub(crate) fn key_of_the_environment() -> Result<Option<&'static str>, Failure> {
    Ok(variable(KEY)?.map(|_| KEY))
}

pub(crate) fn profile_of_the_environment() -> Result<Option<String>, Failure> {
    variable(PROFILE)
}

/// The present moment, by which "3 days ago" is counted, if it is set.
pub(crate) fn now_of_the_environment() -> Result<Option<DateTime<Utc>>, Failure> {
    let Some(text) = variable(NOW)? else {
        return Ok(None);
    };
    match text.parse() {
        Ok(now) => Ok(Some(now)),
        Err(_) => Err(Failure::usage(format!(
            "{NOW} is {text:?}, and not a time such as 2026-03-01T12:00:00Z"
        ))),
    }
}

fn url_of_the_environment() -> Result<Option<String>, Failure> {
    match variable(BASE_URL[0])? {
        Some(url) => Ok(Some(url)),
        None => variable(BASE_URL[1]),
    }
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

/// The message of an error about a file that may hold a key: `Display` would quote the whole line, and even the
/// message quotes values of the wrong type and names that are not known, in whose place the key may be.
fn without_values(message: &str) -> String {
    let message = message.replace('\n', ", ");
    let hidden = [("`", "`, expected"), ("\"", "\"")];
    for (opening, closing) in hidden {
        let start = message.find(opening).map(|at| at + opening.len());
        let end = message.rfind(closing);
        if let (Some(start), Some(end)) = (start, end)
            && start <= end
        {
            return format!("{}…{}", &message[..start], &message[end..]);
        }
    }
    message
}

pub(crate) struct ConfigFile {
    path: PathBuf,
    /// Whether there is a place for it at all.
    has_place: bool,
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
    /// Whether the key is in the keyring.
    #[serde(default)]
    keyring: bool,
    base_url: Option<String>,
}

impl ConfigFile {
    /// Reads the file, which need not exist unless it is asked for.
    pub(crate) fn find(asked_for: Option<&Path>) -> Result<Self, Failure> {
        let path = match asked_for {
            Some(path) => path.to_owned(),
            None => match etcetera::choose_base_strategy() {
                Ok(folders) => folders.config_dir().join("imagekit").join("config.toml"),
                // Nobody without a home folder has a configuration file in it.
                Err(_) => {
                    return Ok(Self {
                        path: PathBuf::from("a configuration file"),
                        has_place: false,
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
            has_place: true,
            profiles: contents.profiles,
        })
    }

    /// Reads the file, which need not exist: it may be written.
    pub(crate) fn find_or_new(asked_for: Option<&Path>) -> Result<Self, Failure> {
        match asked_for {
            Some(path) if !path.exists() => Ok(Self {
                path: path.to_owned(),
                has_place: true,
                profiles: BTreeMap::new(),
            }),
            asked_for => Self::find(asked_for),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn exists(&self) -> bool {
        self.path.is_file()
    }

    /// Where a profile's key is sent: the flag over the profile over the environment.
    pub(crate) fn base_url(
        &self,
        connection: &Connection,
        profile: &str,
    ) -> Result<Option<String>, Failure> {
        let stored = self
            .profiles
            .get(profile)
            .and_then(|it| it.base_url.clone());
        Ok(match connection.base_url.clone().or(stored) {
            Some(url) => Some(url),
            None => url_of_the_environment()?,
        })
    }

    /// The names of all profiles, without a key that stands where a name should.
    pub(crate) fn profile_names(&self) -> impl Iterator<Item = &str> {
        let names = self.profiles.keys().map(String::as_str);
        names.filter(|it| !it.starts_with("private_"))
    }

    /// Whether the key of a profile is said to be in the keyring.
    pub(crate) fn is_in_keyring(&self, profile: &str) -> bool {
        self.profiles.get(profile).is_some_and(|it| it.keyring)
    }

    /// The account of a profile in the keyring.
    fn account(&self, profile: &str) -> Account {
        let stored = self.profiles.get(profile);
        Account {
            profile: profile.to_owned(),
            base_url: stored.and_then(|it| it.base_url.clone()),
        }
    }

    /// What a profile says of its key.
    fn place(&self, name: String, profile: Profile) -> Place {
        let (key, kept) = match profile.private_key {
            None if profile.keyring => (Some(Key::InKeyring(self.account(&name))), Kept::InKeyring),
            key => (key.map(Key::Known), Kept::InFile(self.path.clone())),
        };
        Place {
            key,
            url: profile.base_url,
            source: KeySource::Profile { name, kept },
        }
    }

    /// Stores the key of a profile, in the keyring if that takes it, and its base URL if there is one.
    pub(crate) async fn store(
        &mut self,
        profile: &str,
        key: &SecretString,
        base_url: Option<&str>,
        keyring: &Keyring,
    ) -> Result<Kept, Failure> {
        if !self.has_place {
            return Err(
                Failure::usage("there is no home folder for a configuration file")
                    .try_this("name the file with --config"),
            );
        }
        let before = self.account(profile);
        let account = Account {
            base_url: base_url
                .map(str::to_owned)
                .or_else(|| before.base_url.clone()),
            ..before.clone()
        };
        if before != account {
            // Nothing names it any more; that there may be none is no failure.
            let _ = keyring.forget(&before).await;
        }
        let is_in_keyring = keyring.keep(&account, key).await.is_ok();
        self.edit(|profiles| {
            let table = profiles.entry(profile).or_insert_with(toml_edit::table);
            if is_in_keyring {
                table["keyring"] = toml_edit::value(true);
            } else {
                table["private_key"] = toml_edit::value(key.expose_secret());
            }
            if let Some(url) = base_url {
                table["base_url"] = toml_edit::value(url);
            }
            if let Some(table) = table.as_table_like_mut() {
                table.remove(if is_in_keyring {
                    "private_key"
                } else {
                    "keyring"
                });
            }
            true
        })?;
        Ok(match is_in_keyring {
            true => Kept::InKeyring,
            false => Kept::InFile(self.path.clone()),
        })
    }

    /// Removes the key of a profile from the keyring and from the file. Returns where it was.
    pub(crate) async fn forget(
        &mut self,
        profile: &str,
        keyring: &Keyring,
    ) -> Result<Vec<Kept>, Failure> {
        let mut places = Vec::new();
        let is_in_keyring = self.is_in_keyring(profile);
        match keyring.forget(&self.account(profile)).await {
            Ok(true) => places.push(Kept::InKeyring),
            Err(why) if is_in_keyring => {
                let problem = format!("the key cannot be removed from the keyring: {why}");
                return Err(Failure::new(Exit::Other, problem));
            }
            // Without a keyring, nothing is in it.
            Ok(false) | Err(_) => {}
        }
        if !self.exists() {
            return Ok(places);
        }
        let mut was_in_file = false;
        self.edit(|profiles| {
            let Some(table) = profiles
                .get_mut(profile)
                .and_then(toml_edit::Item::as_table_like_mut)
            else {
                return false;
            };
            was_in_file = table.remove("private_key").is_some();
            let was_noted = table.remove("keyring").is_some();
            if table.is_empty() {
                profiles.remove(profile);
            }
            was_in_file || was_noted
        })?;
        if was_in_file {
            places.push(Kept::InFile(self.path.clone()));
        }
        Ok(places)
    }

    /// Changes the profiles, and leaves everything else in the file as it is. The file is replaced as a whole, and
    /// nobody else can read it.
    fn edit(
        &mut self,
        change: impl FnOnce(&mut dyn toml_edit::TableLike) -> bool,
    ) -> Result<bool, Failure> {
        let path = &self.path;
        let cannot = |error: &dyn fmt::Display| {
            Failure::new(
                Exit::Other,
                format!("cannot write {}: {error}", path.display()),
            )
        };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(cannot(&error)),
        };
        // It has been read before, so that nothing is wrong with it.
        let mut document: toml_edit::DocumentMut =
            text.parse().map_err(|_| cannot(&"it is not TOML"))?;
        let profiles = document.entry("profiles").or_insert_with(|| {
            let mut table = toml_edit::Table::new();
            table.set_implicit(true);
            toml_edit::Item::Table(table)
        });
        let profiles = profiles.as_table_like_mut();
        let profiles = profiles.ok_or_else(|| cannot(&"`profiles` is no table"))?;
        if !change(profiles) {
            return Ok(false);
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| cannot(&error))?;
        }
        // Those who keep their configuration elsewhere link to it.
        let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        replace(&path, document.to_string().as_bytes(), Readers::Owner)
            .map_err(|error| cannot(&error))?;
        Ok(true)
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
                let names: Vec<&str> = self.profile_names().collect();
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
            crate::terminal::warn(&format!(
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
            Self::Profile { name, kept } => match kept {
                Kept::InKeyring => write!(f, "profile {name:?} in {kept}"),
                Kept::InFile(_) => write!(f, "profile {name:?} of {kept}"),
            },
        }
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InKeyring => f.write_str("the system's keyring"),
            Self::InFile(path) => write!(f, "{}", path.display()),
        }
    }
}

#[cfg(all(test, feature = "keyring"))]
#[expect(
    clippy::unwrap_used,
    reason = "helpers of tests are outside of test functions"
)]
mod tests {
    use keyring_core::mock;

    use super::*;

    const KEY: &str = "private_of_a_test";

    struct Home {
        folder: tempfile::TempDir,
        store: std::sync::Arc<mock::Store>,
    }

    impl Home {
        fn new() -> Self {
            Self {
                folder: tempfile::tempdir().unwrap(),
                store: mock::Store::new().unwrap(),
            }
        }

        fn keyring(&self) -> Keyring {
            Keyring::of(self.store.clone())
        }

        fn file(&self) -> ConfigFile {
            let path = self.folder.path().join("config.toml");
            ConfigFile::find_or_new(Some(&path)).unwrap()
        }

        fn text(&self) -> String {
            std::fs::read_to_string(self.folder.path().join("config.toml")).unwrap()
        }

        async fn login(&self, keyring: &Keyring) -> Kept {
            self.login_at(None, keyring).await
        }

        async fn login_at(&self, url: Option<&str>, keyring: &Keyring) -> Kept {
            let stored = self.file().store("work", &KEY.into(), url, keyring).await;
            stored.unwrap()
        }

        fn account(&self) -> Account {
            self.file().account("work")
        }

        async fn key(&self) -> Result<(String, String), Failure> {
            let file = self.file();
            let profile = file.profiles.get("work").cloned().unwrap();
            let Place { key, source, .. } = file.place("work".to_owned(), profile);
            let key = match key.unwrap() {
                Key::Known(key) => key,
                Key::InKeyring(account) => from_keyring(&account, &self.keyring()).await?,
            };
            Ok((key.expose_secret().to_owned(), source.to_string()))
        }

        /// Lets the next use of the keyring fail.
        fn lock(&self) {
            use keyring_core::api::CredentialStoreApi as _;
            let entry = self.store.build("imagekit", "work", None).unwrap();
            let entry: &mock::Cred = entry.as_any().downcast_ref().unwrap();
            entry.set_error(keyring_core::Error::NoStorageAccess("it is locked".into()));
        }
    }

    #[tokio::test]
    async fn a_key_is_kept_in_the_keyring_and_forgotten_there() {
        let home = Home::new();
        assert_eq!(home.login(&home.keyring()).await, Kept::InKeyring);
        assert_eq!(home.text(), "[profiles.work]\nkeyring = true\n");
        let (key, source) = home.key().await.unwrap();
        assert_eq!(key, KEY);
        assert_eq!(source, "profile \"work\" in the system's keyring");

        let forgotten = home.file().forget("work", &home.keyring()).await.unwrap();
        assert_eq!(forgotten, [Kept::InKeyring]);
        assert_eq!(home.text(), "");
        assert!(home.keyring().key(&home.account()).await.unwrap().is_none());
        let again = home.file().forget("work", &home.keyring()).await.unwrap();
        assert_eq!(again, []);
    }

    #[tokio::test]
    async fn the_file_keeps_what_the_keyring_does_not_take() {
        let home = Home::new();
        home.lock();
        let in_file = Kept::InFile(home.file().path);
        assert_eq!(home.login(&home.keyring()).await, in_file);
        let (key, source) = home.key().await.unwrap();
        assert_eq!(key, KEY);
        assert!(source.ends_with("config.toml"), "{source}");

        // Each place has only what the other has not.
        home.login(&home.keyring()).await;
        assert!(!home.text().contains(KEY), "{}", home.text());
        home.login(&Keyring::none("there is none")).await;
        assert!(!home.text().contains("keyring"), "{}", home.text());
        let forgotten = home.file().forget("work", &home.keyring()).await.unwrap();
        assert_eq!(forgotten, [Kept::InKeyring, in_file]);
    }

    #[tokio::test]
    async fn another_base_url_does_not_get_the_key_of_the_keyring() {
        let home = Home::new();
        home.login_at(Some("https://staging.example"), &home.keyring())
            .await;
        assert_eq!(home.key().await.unwrap().0, KEY);

        let path = home.file().path;
        for other in ["base_url = \"https://elsewhere.example\"", ""] {
            let text = format!("[profiles.work]\nkeyring = true\n{other}\n");
            std::fs::write(&path, text).unwrap();
            let refused = home.key().await.unwrap_err();
            assert_eq!(refused.exit, Exit::NotAuthorised);
            assert!(!refused.to_string().contains(KEY), "{refused}");
        }

        // Whoever logs in elsewhere leaves no key behind.
        home.login_at(Some("https://staging.example"), &home.keyring())
            .await;
        let before = home.account();
        home.login(&home.keyring()).await;
        assert_eq!(home.key().await.unwrap().0, KEY);
        home.login_at(Some("https://new.example"), &home.keyring())
            .await;
        assert!(home.keyring().key(&before).await.unwrap().is_none());
        assert_eq!(home.key().await.unwrap().0, KEY);
    }

    #[tokio::test]
    async fn a_keyring_that_fails_is_told_of() {
        let home = Home::new();
        home.login(&home.keyring()).await;
        home.lock();
        let locked = home.key().await.unwrap_err();
        assert_eq!(locked.exit, Exit::NotAuthorised);
        assert!(
            locked.to_string().contains("it is locked; unlock it"),
            "{locked}"
        );
        home.lock();
        let locked = home.file().forget("work", &home.keyring()).await;
        assert!(locked.unwrap_err().to_string().contains("it is locked"));
        assert!(home.text().contains("keyring = true"));

        home.keyring().forget(&home.account()).await.unwrap();
        let gone = home.key().await.unwrap_err();
        assert!(
            gone.to_string().contains("any more; store it again"),
            "{gone}"
        );
    }
}
