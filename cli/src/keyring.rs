//! The system's keyring, if there is one: the Keychain of macOS, the Credential Manager of Windows, or elsewhere a Secret
//! Service such as that of GNOME or KDE.

use secrecy::{ExposeSecret as _, SecretString};

use self::store::Store;

/// Set to `off`, it keeps this program away from the keyring.
pub(crate) const SWITCH: &str = "IMAGEKIT_KEYRING";

/// The keyring, or why there is none.
#[derive(Clone)]
pub(crate) struct Keyring {
    store: Result<Store, String>,
}

/// Whose key it is, and where alone it may be sent: another configuration file cannot lead it elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) profile: String,
    /// That of the profile; `None` for ImageKit's own.
    pub(crate) base_url: Option<String>,
}

impl Account {
    /// The name of the account in the keyring.
    fn name(&self) -> String {
        match &self.base_url {
            Some(url) => format!("{} at {url}", self.profile),
            None => self.profile.clone(),
        }
    }
}

impl Keyring {
    /// Finds the keyring of whoever runs this program.
    pub(crate) async fn find() -> Self {
        if std::env::var_os(SWITCH).is_some_and(|it| it == "off") {
            return Self::none(format!("{SWITCH} is off"));
        }
        Self {
            store: aside(store::find).await,
        }
    }

    pub(crate) fn none(reason: impl Into<String>) -> Self {
        Self {
            store: Err(reason.into()),
        }
    }

    #[cfg(all(test, feature = "keyring"))]
    pub(crate) fn of(store: Store) -> Self {
        Self { store: Ok(store) }
    }

    pub(crate) fn exists(&self) -> bool {
        self.store.is_ok()
    }

    /// Gets the key of an account, if it has one here.
    pub(crate) async fn key(&self, account: &Account) -> Result<Option<SecretString>, String> {
        let (store, account) = (self.store.clone()?, account.name());
        let key = aside(move || store::get(&store, &account)).await?;
        Ok(key.map(SecretString::from))
    }

    /// Keeps the key of an account.
    pub(crate) async fn keep(&self, account: &Account, key: &SecretString) -> Result<(), String> {
        let (store, account) = (self.store.clone()?, account.name());
        let key = key.clone();
        aside(move || store::set(&store, &account, key.expose_secret())).await
    }

    /// Removes the key of an account. Returns whether there was one.
    pub(crate) async fn forget(&self, account: &Account) -> Result<bool, String> {
        let (store, account) = (self.store.clone()?, account.name());
        aside(move || store::remove(&store, &account)).await
    }
}

/// Does what may wait for a person to unlock the keyring, so that Ctrl-C still ends the program.
async fn aside<T: Send + 'static>(
    action: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let done = tokio::task::spawn_blocking(action).await;
    done.map_err(|error| error.to_string())?
}

#[cfg(feature = "keyring")]
mod store {
    use std::sync::Arc;

    use keyring_core::{CredentialStore, Entry, Error};

    pub(crate) type Store = Arc<CredentialStore>;

    /// The name of this program in the keyring.
    const SERVICE: &str = "imagekit";

    pub(super) fn find() -> Result<Store, String> {
        #[cfg(target_os = "macos")]
        let store = apple_native_keyring_store::keychain::Store::new();
        #[cfg(windows)]
        let store = windows_native_keyring_store::Store::new();
        #[cfg(not(any(target_os = "macos", windows)))]
        let store = zbus_secret_service_keyring_store::Store::new();
        Ok(store.map_err(|error| error.to_string())?)
    }

    fn entry(store: &Store, account: &str) -> Result<Entry, String> {
        let entry = store.build(SERVICE, account, None);
        entry.map_err(|error| error.to_string())
    }

    pub(super) fn get(store: &Store, account: &str) -> Result<Option<String>, String> {
        match entry(store, account)?.get_password() {
            Ok(key) => Ok(Some(key)),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    pub(super) fn set(store: &Store, account: &str, key: &str) -> Result<(), String> {
        let set = entry(store, account)?.set_password(key);
        set.map_err(|error| error.to_string())
    }

    pub(super) fn remove(store: &Store, account: &str) -> Result<bool, String> {
        match entry(store, account)?.delete_credential() {
            Ok(()) => Ok(true),
            Err(Error::NoEntry) => Ok(false),
            Err(error) => Err(error.to_string()),
        }
    }
}

#[cfg(not(feature = "keyring"))]
mod store {
    /// What cannot be.
    #[derive(Clone)]
    pub(crate) enum Store {}

    pub(super) fn find() -> Result<Store, String> {
        Err("this program was built without it".to_owned())
    }

    pub(super) fn get(store: &Store, _: &str) -> Result<Option<String>, String> {
        match *store {}
    }

    pub(super) fn set(store: &Store, _: &str, _: &str) -> Result<(), String> {
        match *store {}
    }

    pub(super) fn remove(store: &Store, _: &str) -> Result<bool, String> {
        match *store {}
    }
}
