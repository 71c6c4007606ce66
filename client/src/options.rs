//! What can be set for a single call.

use std::time::Duration;

/// The limits of one call: what the client was built with, or what the call was given instead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallOptions {
    pub(crate) max_retries: u32,
    pub(crate) attempt_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) max_retry_wait: Duration,
    pub(crate) max_response_bytes: usize,
}

impl Default for CallOptions {
    fn default() -> Self {
        Self {
            max_retries: 2,
            attempt_timeout: Duration::from_secs(30),
            timeout: Duration::from_secs(60),
            max_retry_wait: Duration::MAX,
            max_response_bytes: 16 * 1024 * 1024,
        }
    }
}

/// Gives an operation, which holds its `request`, the options that every call has.
///
/// The prefix `with_` is reserved for them, so that no parameter of the API can have the same name. They are inlined so that
/// they are compiled where they are used, and not for each operation.
macro_rules! call_options {
    ($operation:ident) => {
        impl $operation {
            /// Sets how long the call may take as a whole, with all attempts and the pauses between
            /// them, in place of [`ClientBuilder::timeout`](crate::ClientBuilder::timeout).
            #[inline]
            pub fn with_timeout(mut self, timeout: ::std::time::Duration) -> Self {
                self.request.options.timeout = timeout;
                self
            }

            /// Sets how long one attempt may take, in place of
            /// [`ClientBuilder::attempt_timeout`](crate::ClientBuilder::attempt_timeout).
            #[inline]
            pub fn with_attempt_timeout(mut self, timeout: ::std::time::Duration) -> Self {
                self.request.options.attempt_timeout = timeout;
                self
            }

            /// Sets how many times a failed attempt is retried at most, in place of
            /// [`ClientBuilder::max_retries`](crate::ClientBuilder::max_retries).
            #[inline]
            pub fn with_max_retries(mut self, max_retries: u32) -> Self {
                self.request.options.max_retries = max_retries;
                self
            }

            /// Sets the longest pause before a retry, in place of
            /// [`ClientBuilder::max_retry_wait`](crate::ClientBuilder::max_retry_wait).
            #[inline]
            pub fn with_max_retry_wait(mut self, wait: ::std::time::Duration) -> Self {
                self.request.options.max_retry_wait = wait;
                self
            }

            /// Sets the limit for the body of the response in bytes, in place of
            /// [`ClientBuilder::max_response_bytes`](crate::ClientBuilder::max_response_bytes).
            #[inline]
            pub fn with_max_response_bytes(mut self, bytes: usize) -> Self {
                self.request.options.max_response_bytes = bytes;
                self
            }

            /// Sets a header of the request, in place of one that the client would send.
            ///
            /// A header that cannot be sent is reported by `send`, before anything is sent.
            #[inline]
            pub fn with_header(mut self, name: &str, value: &str) -> Self {
                self.request.set_header(name, value);
                self
            }

            /// Adds a query parameter that this client does not know yet.
            pub fn with_query(mut self, name: &str, value: impl ::serde::Serialize) -> Self {
                self.request.set_query(name, &value);
                self
            }
        }
    };
}
pub(crate) use call_options;
