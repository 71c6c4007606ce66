use std::fmt;

use crate::runtime::json_path;

/// The reason why a webhook delivery was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookError {
    kind: WebhookErrorKind,
    detail: Option<String>,
}

/// What is wrong with a delivery, or with the secret of a verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WebhookErrorKind {
    /// The secret cannot be used, because it is empty.
    BadSecret,
    /// The delivery carries the headers of neither scheme.
    MissingHeader,
    /// A signature header cannot be read.
    MalformedHeader,
    /// The delivery is older than the tolerance allows.
    Expired,
    /// The delivery is dated further ahead than the tolerance allows.
    Future,
    /// No secret of the verifier has signed this body.
    BadSignature,
    /// The body is signed rightly, but is not an event that this client can decode.
    Undecodable,
}

impl WebhookError {
    /// Returns what is wrong.
    pub fn kind(&self) -> WebhookErrorKind {
        self.kind
    }

    pub(super) fn with_detail(kind: WebhookErrorKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: Some(detail.into()),
        }
    }

    pub(super) fn undecodable(body: &[u8], error: &serde_json::Error) -> Self {
        let (path, message) = json_path::located(body, error);
        Self::with_detail(WebhookErrorKind::Undecodable, format!("{path}: {message}"))
    }
}

impl From<WebhookErrorKind> for WebhookError {
    fn from(kind: WebhookErrorKind) -> Self {
        Self { kind, detail: None }
    }
}

impl fmt::Display for WebhookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            WebhookErrorKind::BadSecret => "the webhook secret is empty",
            WebhookErrorKind::MissingHeader => {
                "the delivery is not signed: neither the three webhook-* headers nor x-ik-signature are there"
            }
            WebhookErrorKind::MalformedHeader => "a signature header cannot be read",
            WebhookErrorKind::Expired => "the delivery is older than the tolerance allows",
            WebhookErrorKind::Future => "the delivery is dated further ahead than the tolerance allows",
            WebhookErrorKind::BadSignature => {
                "the signature does not match: another secret, or the body was changed after it was signed"
            }
            WebhookErrorKind::Undecodable => "the body is not a known form of event",
        })?;
        match &self.detail {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for WebhookError {}
