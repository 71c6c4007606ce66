use std::error::Error as _;

use bytes::{Bytes, BytesMut};

use super::answer::Answer;
use super::connections::{Connections, stays_open};
use super::error::Kind;

/// Why an answer did not arrive whole.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) kind: Kind,
    pub(crate) cause: Option<reqwest::Error>,
}

/// Awaits the response to a request, and reads the whole answer, as far as `limit` allows.
///
/// The answer is put together in `answer`, so that whoever stops waiting keeps what has arrived.
pub(crate) async fn attempt(
    response: impl Future<Output = reqwest::Result<reqwest::Response>>,
    connections: &Connections,
    limit: usize,
    answer: &mut Option<Answer>,
) -> Result<(), Broken> {
    let response = connections.take_one(response).await.map_err(Broken::by)?;
    let stays_open = stays_open(&response);
    read(response, limit, answer).await?;
    if stays_open {
        connections.give_back();
    }
    Ok(())
}

async fn read(
    mut response: reqwest::Response,
    limit: usize,
    answer: &mut Option<Answer>,
) -> Result<(), Broken> {
    let declared = response.content_length();
    let answer = answer.insert(Answer {
        status: response.status(),
        headers: std::mem::take(response.headers_mut()),
        body: Bytes::new(),
    });
    if declared.is_some_and(|length| length > limit as u64) {
        return Err(Broken::too_large(limit));
    }
    let Some(first) = response.chunk().await.map_err(Broken::by)? else {
        return Ok(());
    };
    if first.len() > limit {
        return Err(Broken::too_large(limit));
    }
    answer.body = first;
    let Some(second) = response.chunk().await.map_err(Broken::by)? else {
        return Ok(());
    };
    // Few answers get here: most bodies fit into one chunk, and are not copied.
    let mut next = Some(second);
    let mut body = BytesMut::from(std::mem::take(&mut answer.body));
    let result = loop {
        let Some(chunk) = next else {
            break Ok(());
        };
        if chunk.len() > limit - body.len() {
            break Err(Broken::too_large(limit));
        }
        body.extend_from_slice(&chunk);
        next = match response.chunk().await {
            Ok(next) => next,
            Err(error) => break Err(Broken::by(error)),
        };
    };
    answer.body = body.freeze();
    result
}

impl Broken {
    fn too_large(limit: usize) -> Self {
        Self {
            kind: Kind::TooLarge { limit },
            cause: None,
        }
    }

    fn by(error: reqwest::Error) -> Self {
        let kind = if error.is_timeout() {
            Kind::Timeout
        } else if error.is_connect() {
            Kind::Connect
        } else if error.is_builder() {
            Kind::InvalidRequest
        } else if is_not_http(&error) {
            Kind::NotHttp
        } else {
            Kind::Interrupted
        };
        Self {
            kind,
            // The operation says what was called; a URL would only repeat it with its ids.
            cause: Some(error.without_url()),
        }
    }
}

/// Whether the server sent something that is not HTTP, and would send it again.
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
