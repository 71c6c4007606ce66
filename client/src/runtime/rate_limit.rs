use std::time::{Duration, SystemTime};

use http::HeaderMap;

/// What ImageKit says about the rate limit of an endpoint, from the `X-RateLimit-*` headers.
///
/// Each part is `None` if the response does not have its header, or if it cannot be read.
///
/// ```
/// # fn show(response: imagekit_client::Response<imagekit_client::types::File>) {
/// let rate_limit = response.rate_limit();
/// if let (Some(limit), Some(interval)) = (rate_limit.limit(), rate_limit.interval()) {
///     println!("{limit} requests in {interval:?}");
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimit {
    limit: Option<u64>,
    reset: Option<Duration>,
    interval: Option<Duration>,
}

impl RateLimit {
    pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
        let millis = |name| whole_number(headers, name).map(Duration::from_millis);
        Self {
            limit: whole_number(headers, "x-ratelimit-limit"),
            reset: millis("x-ratelimit-reset"),
            interval: millis("x-ratelimit-interval"),
        }
    }

    /// How many requests the account may send to this endpoint in one interval
    /// (`X-RateLimit-Limit`).
    pub fn limit(&self) -> Option<u64> {
        self.limit
    }

    /// How long to wait until requests are counted afresh (`X-RateLimit-Reset`, in milliseconds on
    /// the wire).
    pub fn reset(&self) -> Option<Duration> {
        self.reset
    }

    /// How long the interval is in which requests are counted (`X-RateLimit-Interval`, in
    /// milliseconds on the wire).
    pub fn interval(&self) -> Option<Duration> {
        self.interval
    }
}

/// The wait that `Retry-After` asks for, as seconds or as a date.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    if let Some(seconds) = whole_number(headers, "retry-after") {
        return Some(Duration::from_secs(seconds));
    }
    let date = headers.get("retry-after")?.to_str().ok()?;
    let date = httpdate::parse_http_date(date.trim()).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

fn whole_number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        headers
    }

    #[test]
    fn reset_is_a_duration_in_milliseconds() {
        let limit = RateLimit::from_headers(&headers("x-ratelimit-reset", "2500"));
        assert_eq!(limit.reset(), Some(Duration::from_millis(2500)));
        for unreadable in ["soon", "-1", "2.5", ""] {
            let limit = RateLimit::from_headers(&headers("x-ratelimit-reset", unreadable));
            assert_eq!(limit.reset(), None, "{unreadable:?}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let wait = |value| retry_after(&headers("retry-after", value), now);
        assert_eq!(wait("7"), Some(Duration::from_secs(7)));
        assert_eq!(
            wait("Sun, 06 Nov 1994 08:49:47 GMT"),
            Some(Duration::from_secs(10))
        );
        assert_eq!(
            wait("Sun, 06 Nov 1994 08:49:00 GMT"),
            Some(Duration::ZERO),
            "a date in the past"
        );
        assert_eq!(wait("in a while"), None);
    }
}
