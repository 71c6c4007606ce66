//! One attempt: a request goes out, and a response is read under a limit.

use std::error::Error as _;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use url::Url;

use super::error::Kind;
use super::raw_response::Received;
use super::tls::Tls;
use crate::Error;

/// Connections younger than this are not replaced, so that calls which fail in numbers open few of them anew.
const YOUNG: Duration = Duration::from_secs(1);

/// The HTTP client of all calls, which is replaced once its connections are not trusted any more.
pub(crate) struct Transport {
    current: RwLock<Current>,
    /// How another HTTP client is built; `None` for one that the user has built.
    building: Option<Building>,
}

struct Building {
    tls: Tls,
    build: Box<Build>,
}

type Build = dyn Fn(&Tls) -> Result<reqwest::Client, Error> + Send + Sync;

struct Current {
    http: reqwest::Client,
    generation: u64,
    since: Instant,
}

impl Transport {
    /// A transport that builds its HTTP client, now and whenever it is needed anew.
    pub(crate) fn building(
        now: Instant,
        tls: Tls,
        build: impl Fn(&Tls) -> Result<reqwest::Client, Error> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        Ok(Self {
            current: RwLock::new(Current {
                http: build(&tls)?,
                generation: 0,
                since: now,
            }),
            building: Some(Building {
                tls,
                build: Box::new(build),
            }),
        })
    }

    /// A transport by the user's own HTTP client.
    #[cfg(feature = "reqwest-0-13")]
    pub(crate) fn using(now: Instant, http: reqwest::Client) -> Self {
        Self {
            current: RwLock::new(Current {
                http,
                generation: 0,
                since: now,
            }),
            building: None,
        }
    }

    /// Returns the HTTP client to connect to a URL with, and its generation.
    pub(crate) fn connecting_to(&self, url: &Url) -> (reqwest::Client, u64) {
        if let Some(building) = &self.building
            && url.scheme() == "https"
        {
            building.tls.wake();
        }
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        (current.http.clone(), current.generation)
    }

    /// Takes all connections out of use that are idle, unless that has been done since `generation`.
    ///
    /// After an attempt to which nothing came back, those that were opened before are likely to be dead as well, and
    /// each retry would take another one of them.
    pub(crate) fn distrust(&self, generation: u64, now: Instant) {
        let Some(Building { tls, build }) = &self.building else {
            return;
        };
        let is_outdated =
            |it: &Current| it.generation == generation && now.duration_since(it.since) >= YOUNG;
        if !is_outdated(&self.current.read().unwrap_or_else(PoisonError::into_inner)) {
            return;
        }
        // Without a new one, the present one is the best there is.
        let Ok(http) = build(tls) else { return };
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if is_outdated(&current) {
            *current = Current {
                http,
                generation: generation + 1,
                since: now,
            };
        }
    }
}

/// Why a response did not arrive whole.
#[derive(Debug)]
pub(crate) struct TransportError {
    pub(crate) kind: Kind,
    pub(crate) cause: Option<reqwest::Error>,
}

/// Reads the whole response to a request that is being sent, as far as `limit` allows.
///
/// Fills in `received` as data arrives, so that the caller keeps the partial response after a timeout.
pub(crate) async fn receive(
    response: impl Future<Output = reqwest::Result<reqwest::Response>>,
    limit: usize,
    received: &mut Option<Received>,
) -> Result<(), TransportError> {
    let mut response = response.await.map_err(TransportError::new)?;
    let declared = response.content_length();
    let received = received.insert(Received {
        status: response.status(),
        headers: std::mem::take(response.headers_mut()),
        body: Bytes::new(),
    });
    if declared.is_some_and(|length| length > limit as u64) {
        return Err(TransportError::too_large(limit));
    }
    while let Some(chunk) = response.chunk().await.map_err(TransportError::new)? {
        if chunk.len() > limit - received.body.len() {
            return Err(TransportError::too_large(limit));
        }
        received.body = if received.body.is_empty() {
            // Most bodies fit into one chunk, and are not copied.
            chunk
        } else {
            // From the second copy on, the memory is the body's alone, and is grown in place.
            let mut body = BytesMut::from(std::mem::take(&mut received.body));
            body.extend_from_slice(&chunk);
            body.freeze()
        };
    }
    Ok(())
}

impl TransportError {
    fn too_large(limit: usize) -> Self {
        Self {
            kind: Kind::TooLarge { limit },
            cause: None,
        }
    }

    fn new(error: reqwest::Error) -> Self {
        let kind = if error.is_connect() {
            Kind::Connect
        } else if error.is_timeout() {
            Kind::Timeout
        } else if error.is_builder() {
            Kind::InvalidRequest
        } else if is_not_http(&error) {
            Kind::NotHttp
        } else {
            Kind::ConnectionLost
        };
        Self {
            kind,
            // The operation says what was called; a URL would only repeat it with its ids.
            cause: Some(error.without_url()),
        }
    }
}

/// Returns `true` if the server sent something that is not HTTP, and would send it again.
fn is_not_http(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            return error.is_parse();
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::task::{Context, Poll};

    use hyper::body::{Body, Frame};

    use super::*;

    /// A body of these chunks, after which nothing comes and nothing ends.
    struct Stalling(std::vec::IntoIter<&'static str>);

    impl Body for Stalling {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            match self.0.next() {
                Some(chunk) => Poll::Ready(Some(Ok(Frame::data(chunk.into())))),
                None => Poll::Pending,
            }
        }
    }

    #[tokio::test]
    async fn chunks_that_have_arrived_are_kept_when_the_next_does_not() {
        let chunks = vec!["in ", "three ", "chunks"];
        let body = reqwest::Body::wrap(Stalling(chunks.into_iter()));
        let response = reqwest::Response::from(http::Response::new(body));
        let mut received = None;
        let receiving = receive(async { Ok(response) }, 1000, &mut received);
        let timeout = tokio::time::timeout(Duration::from_millis(50), receiving);
        assert!(timeout.await.is_err());
        assert_eq!(received.unwrap().body, "in three chunks");
    }

    #[test]
    fn connections_are_replaced_once_for_all_attempts_that_used_them_and_once_a_second_at_most() {
        let built = Arc::new(AtomicU64::new(0));
        let counted = built.clone();
        let start = Instant::now();
        let url = Url::parse("http://localhost").unwrap();
        let transport = Transport::building(start, Tls::new().unwrap(), move |tls| {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok(tls.apply_to(reqwest::Client::builder()).build().unwrap())
        })
        .unwrap();
        for (generation, millis, builds) in [
            (0, 999, 1),
            (0, 1000, 2),
            (0, 5000, 2),
            (1, 1999, 2),
            (1, 2000, 3),
        ] {
            transport.distrust(generation, start + Duration::from_millis(millis));
            assert_eq!(
                built.load(Ordering::Relaxed),
                builds,
                "{generation} {millis}"
            );
            assert_eq!(transport.connecting_to(&url).1, builds - 1);
        }
    }
}
