//! `doctor`: what is wrong, from the configuration to the key.

use std::env;
use std::time::Duration;

use chrono::{DateTime, Utc};
use imagekit_client::http::HeaderMap;
use imagekit_client::{Error, Method};
use serde_json::json;

use crate::Context;
use crate::auth;
use crate::config::{ConfigFile, Session};
use crate::done::{Done, Lines};
use crate::exit::{Exit, Failure};
use crate::terminal::{BAD, FAINT, GOOD};

/// A signature or a token made by a clock this far off is refused.
const CLOCK_TOLERANCE: i64 = 120;
const PATIENCE: Duration = Duration::from_secs(15);

const TLS_HINT: &str = "check the base URL, the date of this machine, and whether something on the way opens \
                        what is encrypted, whose certificate this machine would have to trust";

const PROXIES: [&str; 8] = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
];

struct Doctor<'a> {
    context: &'a Context,
    lines: Lines,
    worst: Option<Exit>,
}

impl Doctor<'_> {
    fn good(&self, what: &str, text: &str) -> Result<(), Failure> {
        let mark = self.context.output.paint(GOOD, "ok");
        self.tell("ok", &format!("{mark}   "), what, text)
    }

    fn note(&self, what: &str, text: &str) -> Result<(), Failure> {
        let mark = self.context.output.paint(FAINT, "note");
        self.tell("note", &format!("{mark} "), what, text)
    }

    fn bad(&mut self, what: &str, failure: &Failure) -> Result<(), Failure> {
        self.worst.get_or_insert(failure.exit);
        let mark = self.context.output.paint(BAD, "bad");
        self.tell("bad", &format!("{mark}  "), what, &failure.to_string())
    }

    fn tell(&self, outcome: &str, mark: &str, what: &str, text: &str) -> Result<(), Failure> {
        let json = json!({ "outcome": outcome, "about": what, "text": text });
        let done = Done::new(&format!("{what}: {text}"), json);
        done.marked(mark).print(self.lines, &self.context.output)
    }
}

pub(crate) async fn run(lines: Lines, mut context: Context) -> Result<Exit, Failure> {
    let started = Session::start(&mut context).await;
    let mut doctor = Doctor {
        context: &context,
        lines,
        worst: None,
    };
    if !context.connection.demo {
        match ConfigFile::find(context.connection.config.as_deref()) {
            Ok(file) if file.exists() => {
                doctor.good("configuration", &file.path().display().to_string())?;
            }
            Ok(file) => {
                let text = format!("there is no {}", file.path().display());
                doctor.note("configuration", &text)?;
            }
            Err(failure) => doctor.bad("configuration", &failure)?,
        }
    }
    let session = match started {
        Ok(session) => session,
        Err(failure) => {
            doctor.bad("key and base URL", &failure)?;
            return Ok(failure.exit);
        }
    };
    doctor.good("key", &format!("from {}", session.key_source))?;
    doctor.good("base URL", session.client.base_url())?;
    for name in PROXIES {
        if let Ok(value) = env::var(name)
            && !value.is_empty()
        {
            doctor.note(
                "proxy",
                &format!("{name} is set to {}", without_password(&value)),
            )?;
        }
    }
    // A key that is refused shows as well that the network is fine.
    let call = session
        .client
        .request(Method::GET, "/v1/files")
        .query("limit", 1);
    let sent = Utc::now();
    let response = call.with_max_retries(0).with_timeout(PATIENCE).send().await;
    let date = match &response {
        Ok(response) => date(response.headers()),
        Err(error) => error.headers().and_then(date),
    };
    match &response {
        Err(error) if error.status().is_none() => {
            match reachable(session.client.base_url(), error).await {
                Some(place) => {
                    doctor.good("network", &format!("{place} can be reached"))?;
                    let failure = Failure::new(Exit::Unreachable, error.to_string());
                    doctor.bad("TLS", &failure.try_this(TLS_HINT))?;
                }
                None => doctor.bad("network", &Failure::from(error.clone()))?,
            }
        }
        _ => {
            let is_encrypted = session.client.base_url().starts_with("https:");
            let text = if is_encrypted {
                "connected by TLS"
            } else {
                "connected, not encrypted"
            };
            doctor.good("network", text)?;
            match auth::check(&session).await {
                Ok(_) => doctor.good("access", "the key is accepted")?,
                Err(failure) => doctor.bad("access", &failure)?,
            }
        }
    }
    if let Some(date) = date {
        let off = (sent - date).num_seconds();
        if off.abs() <= CLOCK_TOLERANCE {
            doctor.good("clock", "as that of the server")?;
        } else {
            let side = if off > 0 { "fast" } else { "slow" };
            let text = format!("{} seconds {side}", off.abs());
            let failure =
                Failure::new(Exit::Other, text).try_this("set it, or signatures are refused");
            doctor.bad("clock", &failure)?;
        }
    }
    Ok(doctor.worst.unwrap_or(Exit::Fine))
}

/// Returns the place that a base URL names, if it can be reached and only TLS is what has failed.
async fn reachable(base_url: &str, error: &Error) -> Option<String> {
    let url = reqwest::Url::parse(base_url).ok()?;
    let is_by_proxy = error.to_string().contains(" through the proxy ");
    if url.scheme() != "https" || !error.is_connect() || is_by_proxy {
        return None;
    }
    let (host, port) = (url.host_str()?, url.port_or_known_default()?);
    let place = format!("{host}:{port}");
    let connection = tokio::net::TcpStream::connect(&place);
    let connection = tokio::time::timeout(PATIENCE, connection).await;
    connection.ok()?.ok().map(|_| place)
}

fn date(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    let date = headers.get("date")?.to_str().ok()?;
    Some(DateTime::parse_from_rfc2822(date).ok()?.to_utc())
}

/// The address of a proxy without what lets one in.
fn without_password(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}…@{host}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn the_password_of_a_proxy_is_not_shown() {
        assert_eq!(
            without_password("http://me:p@ss@proxy:3128"),
            "http://…@proxy:3128"
        );
        assert_eq!(without_password("me:secret@proxy"), "…@proxy");
        assert_eq!(without_password("http://proxy:3128"), "http://proxy:3128");
    }
}
