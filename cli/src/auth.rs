//! The private key: asked for, checked, stored and forgotten.

use std::io::IsTerminal as _;

use clap::Subcommand;
use imagekit_client::Error;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use crate::Context;
use crate::args::Connection;
use crate::config::{ConfigFile, DEFAULT_PROFILE, Kept, Session};
use crate::done::{Done, Lines};
use crate::exit::{Exit, Failure};
use crate::keyring::Keyring;
use crate::terminal::{GOOD, say, warn};

/// An id that no file has: who is told so has been let in.
const NOBODYS_ID: &str = "000000000000000000000000";

#[derive(Subcommand)]
pub(crate) enum Auth {
    /// Ask for the private key, check it, and store it.
    ///
    /// The key is read without being shown, or with --key-stdin from the first line of standard input. It is kept
    /// in the system's keyring; if there is none, or with --config, in the configuration file, which only you can
    /// read. The profile is that of --profile; the base URL that accepted the key is stored with it.
    Login {
        /// Keep the key in the configuration file, even if there is a keyring.
        #[arg(long)]
        in_file: bool,

        #[command(flatten)]
        lines: Lines,
    },

    /// Say whose key is used, where it is kept, and whether it works.
    #[command(visible_alias = "check")]
    Status(Lines),

    /// Remove the key of a profile, from the keyring and from the configuration file.
    Logout(Lines),
}

pub(crate) async fn run(auth: Auth, context: Context) -> Result<Exit, Failure> {
    match auth {
        Auth::Login { in_file, lines } => login(in_file, lines, context).await,
        Auth::Status(lines) => status(lines, context).await,
        Auth::Logout(lines) => logout(lines, &context).await,
    }
}

async fn login(in_file: bool, lines: Lines, mut context: Context) -> Result<Exit, Failure> {
    if context.connection.demo {
        return Err(Failure::usage("the demo needs no key"));
    }
    let mut file = ConfigFile::find_or_new(context.connection.config.as_deref())?;
    let profile = profile(&context.connection)?;
    let key: SecretString = if context.connection.key_stdin {
        context.input.key().await?.into()
    } else if std::io::stdin().is_terminal() {
        let ask = || rpassword::prompt_password("Private key (it is not shown): ");
        let key = tokio::task::spawn_blocking(ask).await;
        let key = key.map_err(|error| Failure::new(Exit::Other, error.to_string()))?;
        let key =
            key.map_err(|error| Failure::usage(format!("the key cannot be read: {error}")))?;
        key.trim().to_owned().into()
    } else {
        return Err(Failure::usage("there is no terminal to ask for the key on")
            .try_this("pass it with --key-stdin"));
    };
    if key.expose_secret().is_empty() {
        return Err(Failure::usage("the key is empty"));
    }
    let url = file.base_url(&context.connection, &profile)?;
    let session = Session::with_key(&key, url.as_deref(), &context.connection)?;
    let request_id = check(&session).await?;
    // A file that is named is where the key is wanted.
    let keyring = match in_file || context.connection.config.is_some() {
        true => Keyring::none("it is not wanted"),
        false => Keyring::find().await,
    };
    let place = file.store(&profile, &key, url.as_deref(), &keyring).await?;
    if keyring.exists() && place != Kept::InKeyring {
        warn("the keyring did not take the key, which is kept in a file that only you can read");
    }
    let base_url = session.client.base_url();
    let text =
        format!("{base_url} accepts the key; it is stored as profile {profile:?} in {place}");
    let json = json!({ "outcome": "stored", "baseUrl": base_url, "profile": profile, "place": place.to_string() });
    say_ok(&context, lines, &text, json, request_id)?;
    if let Some(variable) = crate::config::key_of_the_environment()? {
        say(format_args!(
            "note: {variable} is set, and used instead unless the profile is asked for by --profile"
        ));
    }
    Ok(Exit::Fine)
}

fn profile(connection: &Connection) -> Result<String, Failure> {
    Ok(match &connection.profile {
        Some(name) => name.clone(),
        None => crate::config::profile_of_the_environment()?
            .unwrap_or_else(|| DEFAULT_PROFILE.to_owned()),
    })
}

async fn status(lines: Lines, mut context: Context) -> Result<Exit, Failure> {
    let session = Session::start(&mut context).await?;
    let request_id = check(&session).await?;
    let (base_url, source) = (session.client.base_url(), session.key_source.to_string());
    let text = format!("{base_url} accepts the private key from {source}");
    let json = json!({ "outcome": "accepted", "baseUrl": base_url, "keyFrom": source });
    say_ok(&context, lines, &text, json, request_id)?;
    Ok(Exit::Fine)
}

fn say_ok(
    context: &Context,
    lines: Lines,
    text: &str,
    mut json: Value,
    request_id: Option<String>,
) -> Result<(), Failure> {
    let good = context.output.paint(GOOD, "ok");
    let id = request_id.as_deref();
    let id = id.map_or_else(String::new, |id| format!(" (request id {id})"));
    json["requestId"] = request_id.into();
    let done = Done::new(&format!("{text}{id}"), json);
    done.marked(&format!("{good}: "))
        .print(lines, &context.output)
}

/// Says whether the key is accepted. Returns the id of the request.
pub(crate) async fn check(session: &Session) -> Result<Option<String>, Failure> {
    let call = session
        .client
        .get_file_version_details(NOBODYS_ID, NOBODYS_ID)
        .send_with_response()
        .await;
    match call {
        Ok(response) => Ok(response.request_id().map(str::to_owned)),
        Err(error) if error.is_not_found() || error.is_bad_request() => {
            if error.api_message().is_none() {
                return Err(not_imagekit(session, &error));
            }
            Ok(error.request_id().map(str::to_owned))
        }
        Err(error) => Err(error.into()),
    }
}

fn not_imagekit(session: &Session, error: &Error) -> Failure {
    let base_url = session.client.base_url();
    let message = format!("{base_url} does not respond as ImageKit does: {error}");
    Failure::new(Exit::NotUnderstood, message).try_this("check the base URL")
}

async fn logout(lines: Lines, context: &Context) -> Result<Exit, Failure> {
    let config = context.connection.config.as_deref();
    let mut file = ConfigFile::find(config)?;
    let profile = profile(&context.connection)?;
    let keyring = match config.is_none() || file.is_in_keyring(&profile) {
        true => Keyring::find().await,
        // The keyring may have the key of a profile of that name in the usual file.
        false => Keyring::none("nothing is said to be there"),
    };
    let places = file.forget(&profile, &keyring).await?;
    if places.is_empty() {
        let path = file.path().display();
        let message = format!("there is no key of profile {profile:?} in {path}");
        return Err(Failure::new(Exit::NotFound, message));
    }
    let places: Vec<_> = places.iter().map(ToString::to_string).collect();
    let from = places.join(" and ");
    let text = format!("the key of profile {profile:?} is removed from {from}");
    let json = json!({ "outcome": "removed", "profile": profile, "places": places });
    Done::new(&text, json).print(lines, &context.output)?;
    Ok(Exit::Fine)
}
