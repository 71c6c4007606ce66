use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};

/// The body of a response, which need not be what its `content-length` promises.
#[derive(Debug)]
pub(crate) struct Body {
    sent: Bytes,
    promised: u64,
    ending: Ending,
    flushed: bool,
}

/// What follows the bytes that are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Nothing: the body is whole.
    Complete,
    /// The connection is closed, although more was promised.
    Cut,
    /// Silence, although more was promised.
    Stalled,
}

impl Body {
    /// Sends the first half of the bytes only, if the ending is a premature one.
    pub(crate) fn new(bytes: Bytes, ending: Ending) -> Self {
        let promised = bytes.len() as u64;
        let sent = match ending {
            Ending::Complete => bytes,
            Ending::Cut | Ending::Stalled => bytes.slice(..bytes.len() / 2),
        };
        Self {
            sent,
            promised,
            ending,
            flushed: false,
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if !self.sent.is_empty() {
            let sent = std::mem::take(&mut self.sent);
            return Poll::Ready(Some(Ok(Frame::data(sent))));
        }
        match self.ending {
            Ending::Complete => Poll::Ready(None),
            Ending::Stalled => Poll::Pending,
            // What was sent has to leave first: an error would discard it.
            Ending::Cut if !self.flushed => {
                self.flushed = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Ending::Cut => Poll::Ready(Some(Err(io::Error::other("the body is cut on purpose")))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.sent.is_empty() && self.ending == Ending::Complete
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}
