//! Verification of the events that ImageKit posts to a webhook.
//!
//! A [`WebhookVerifier`] turns the headers and the raw body of a request into an [`Event`], and only
//! if the signature is right. Verify the bytes as they arrived: a body that was parsed and written
//! again has another signature.
//!
//! ```
//! use imagekit_client::types::Event;
//! use imagekit_client::webhooks::{WebhookError, WebhookVerifier};
//!
//! # fn handle(headers: &http::HeaderMap, body: &[u8]) -> Result<(), WebhookError> {
//! let verifier = WebhookVerifier::new("whsec_3mYp0TtZ+4kq/9sLxQ1vBn7cRw8eHd2J")?;
//! match verifier.verify(headers, body)? {
//!     Event::FileCreated(event) => println!("{} has been created", event.data.file_path),
//!     Event::FileDeleted(event) => println!("{} has been deleted", event.data.file_id),
//!     other => println!("ignored: {other:?}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # In a web server
//!
//! With axum, extract the body as [`bytes::Bytes`], which leaves it as it is:
//!
//! ```
//! use std::sync::Arc;
//!
//! use axum::extract::State;
//! use bytes::Bytes;
//! use http::{HeaderMap, StatusCode};
//! use imagekit_client::webhooks::WebhookVerifier;
//!
//! async fn webhook(
//!     State(verifier): State<Arc<WebhookVerifier>>,
//!     headers: HeaderMap,
//!     body: Bytes,
//! ) -> StatusCode {
//!     match verifier.verify(&headers, &body) {
//!         Ok(event) => {
//!             // Respond first and work afterwards: ImageKit does not publish how long it waits.
//!             println!("{event:?}");
//!             StatusCode::OK
//!         }
//!         Err(error) => {
//!             eprintln!("refused: {error}");
//!             StatusCode::BAD_REQUEST
//!         }
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let verifier = Arc::new(WebhookVerifier::new("whsec_3mYp0TtZ+4kq/9sLxQ1vBn7cRw8eHd2J")?);
//! let app: axum::Router = axum::Router::new()
//!     .route("/webhook", axum::routing::post(webhook))
//!     .with_state(verifier);
//! # Ok(())
//! # }
//! ```
//!
//! With hyper, collect the body under a limit before it is verified:
//!
//! ```
//! use http::{Request, Response, StatusCode};
//! use http_body_util::{BodyExt as _, Full, Limited};
//! use imagekit_client::webhooks::WebhookVerifier;
//!
//! async fn webhook(
//!     verifier: &WebhookVerifier,
//!     request: Request<hyper::body::Incoming>,
//! ) -> Response<Full<bytes::Bytes>> {
//!     let (parts, body) = request.into_parts();
//!     let verified = match Limited::new(body, 1 << 20).collect().await {
//!         Ok(body) => verifier.verify(&parts.headers, &body.to_bytes()).is_ok(),
//!         Err(_) => false,
//!     };
//!     let mut response = Response::new(Full::default());
//!     if !verified {
//!         *response.status_mut() = StatusCode::BAD_REQUEST;
//!     }
//!     response
//! }
//! ```
//!
//! # Repeated deliveries
//!
//! ImageKit may deliver an event more than once, and whoever sees a delivery can send it again within
//! the tolerance. A [`ReplayGuard`] tells both apart from a first delivery.

mod error;
mod replay;
mod signature;

use std::fmt;
use std::time::{Duration, SystemTime};

use http::HeaderMap;

use crate::types::Event;

pub use error::{WebhookError, WebhookErrorKind};
pub use replay::ReplayGuard;
use signature::{Delivery, Key};

const DEFAULT_TOLERANCE: Duration = Duration::from_secs(300);

/// Verifies the signatures of webhook deliveries and decodes their events.
///
/// Both schemes of ImageKit are understood: Standard Webhooks (`webhook-id`, `webhook-timestamp` and
/// `webhook-signature`), and the older `x-ik-signature`. If a delivery carries both, the newer one
/// decides. The comparison takes constant time.
///
/// The `Debug` output shows no secret.
#[derive(Clone)]
pub struct WebhookVerifier {
    keys: Vec<Key>,
    tolerance: Duration,
}

impl WebhookVerifier {
    /// Creates a verifier for the signing secret of a webhook, as copied from the dashboard or from
    /// the `secret` of [`Webhook`](crate::types::Webhook), `whsec_` included.
    ///
    /// # Errors
    ///
    /// If the secret is empty or only white space, since such a secret would accept anybody's signature.
    pub fn new(secret: impl AsRef<str>) -> Result<Self, WebhookError> {
        Ok(Self {
            keys: vec![Key::new(secret.as_ref())?],
            tolerance: DEFAULT_TOLERANCE,
        })
    }

    /// Accepts signatures by another secret as well: the one before a rotation, or that of another
    /// webhook of the account which posts to the same address.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn also_accept(mut self, secret: impl AsRef<str>) -> Result<Self, WebhookError> {
        self.keys.push(Key::new(secret.as_ref())?);
        Ok(self)
    }

    /// Sets how far the time of a delivery may lie from the receiver's clock, in both directions.
    /// Default: 300 s.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Verifies a delivery by the system's clock and decodes its event.
    ///
    /// # Errors
    ///
    /// If the delivery is not signed, too old, from the future, signed by another secret, or changed
    /// after it was signed; or if its body is not an event. [`WebhookError::kind`] says which.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<Event, WebhookError> {
        self.verify_at(headers, body, SystemTime::now())
    }

    /// Verifies a delivery as if it were `now`, for tests and for deliveries that waited in a queue.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub fn verify_at(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: SystemTime,
    ) -> Result<Event, WebhookError> {
        let delivery = Delivery::from_headers(headers)?;
        delivery.check_time(now, self.tolerance)?;
        if !self.keys.iter().any(|key| delivery.is_signed_by(key, body)) {
            return Err(WebhookErrorKind::BadSignature.into());
        }
        decode_unverified(body)
    }

    /// Signs a body as ImageKit does by the newer scheme, to test a handler without ImageKit. Returns the
    /// three headers to send with it.
    #[must_use]
    pub fn sign_for_test(&self, id: &str, body: &[u8], now: SystemTime) -> HeaderMap {
        self.keys
            .first()
            .map(|key| signature::sign(key, id, body, now))
            .unwrap_or_default()
    }
}

impl fmt::Debug for WebhookVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookVerifier")
            .field("secrets", &self.keys.len())
            .field("tolerance", &self.tolerance)
            .finish_non_exhaustive()
    }
}

/// Decodes an event **without verifying who sent it**: for stored bodies that were verified before.
///
/// # Errors
///
/// If the body is not an event; the error names the path.
pub fn decode_unverified(body: &[u8]) -> Result<Event, WebhookError> {
    serde_json::from_slice(body).map_err(|error| WebhookError::undecodable(body, &error))
}
