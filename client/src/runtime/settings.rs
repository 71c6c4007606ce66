use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::clock::Clock;
use super::connections::Connections;
use super::throttle::Throttle;

/// What a generated client holds: the settings of its calls, and all that its clones share.
#[derive(Clone)]
pub(crate) struct Runtime {
    pub(crate) shared: Arc<Shared>,
    pub(crate) call: CallSettings,
}

/// What all clones of a client share.
pub(crate) struct Shared {
    pub(crate) http: reqwest::Client,
    pub(crate) connections: Connections,
    pub(crate) base_url: Url,
    /// Sent with every request; the `Authorization` among them is marked sensitive.
    pub(crate) headers: HeaderMap,
    /// Texts that no error may show, even if a server sends them back.
    pub(crate) secrets: Vec<SecretString>,
    pub(crate) clock: Box<dyn Clock>,
    /// Gives numbers from 0 to 1 for the jitter of the backoff.
    pub(crate) jitter: Box<dyn Fn() -> f64 + Send + Sync>,
    pub(crate) throttle: Throttle,
}

/// What can be set for a single call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallSettings {
    pub(crate) max_retries: u32,
    pub(crate) attempt_timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) max_retry_wait: Duration,
    pub(crate) max_response_bytes: usize,
}

impl Default for CallSettings {
    fn default() -> Self {
        Self {
            max_retries: 2,
            attempt_timeout: Duration::from_secs(30),
            deadline: Duration::from_secs(60),
            max_retry_wait: Duration::MAX,
            max_response_bytes: 16 * 1024 * 1024,
        }
    }
}

impl Shared {
    /// Replaces every secret in what a server sent.
    pub(crate) fn redact(&self, text: &[u8]) -> Option<Vec<u8>> {
        const REDACTED: &[u8] = b"[redacted]";
        let mut redacted = None;
        for secret in &self.secrets {
            let secret = secret.expose_secret().as_bytes();
            let before = redacted.as_deref().unwrap_or(text);
            if let Some(after) = replace_all(before, secret, REDACTED) {
                redacted = Some(after);
            }
        }
        redacted
    }

    /// The same for a text.
    pub(crate) fn redact_text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.redact(text.as_bytes()) {
            Some(redacted) => String::from_utf8_lossy(&redacted).into_owned().into(),
            None => text.into(),
        }
    }
}

fn replace_all(text: &[u8], needle: &[u8], replacement: &[u8]) -> Option<Vec<u8>> {
    let find = |rest: &[u8]| rest.windows(needle.len()).position(|part| part == needle);
    let mut position = find(text)?;
    let mut rest = text;
    let mut replaced = Vec::with_capacity(text.len());
    loop {
        replaced.extend_from_slice(&rest[..position]);
        replaced.extend_from_slice(replacement);
        rest = &rest[position + needle.len()..];
        match find(rest) {
            Some(next) => position = next,
            None => break,
        }
    }
    replaced.extend_from_slice(rest);
    Some(replaced)
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("base_url", &self.shared.base_url.as_str())
            .field("call", &self.call)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::replace_all;

    #[test]
    fn every_occurrence_is_replaced() {
        let replaced = |text: &str| replace_all(text.as_bytes(), b"key", b"*");
        assert_eq!(replaced("a key, keykey").unwrap(), b"a *, **");
        assert_eq!(replaced("nothing"), None);
        assert_eq!(replaced("ke"), None);
    }
}
