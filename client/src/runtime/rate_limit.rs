use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::NaiveDateTime;
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

/// The form of a date in HTTP, and the two obsolete ones that have to be read as well.
const HTTP_DATE: [&str; 3] = [
    "%a, %d %b %Y %T GMT",
    "%A, %d-%b-%y %T GMT",
    "%a %b %e %T %Y",
];

/// The wait that `Retry-After` asks for, as seconds or as a date.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    if let Some(seconds) = whole_number(headers, "retry-after") {
        return Some(Duration::from_secs(seconds));
    }
    let date = headers.get("retry-after")?.to_str().ok()?;
    let parsed = |form| NaiveDateTime::parse_from_str(date.trim(), form).ok();
    let date = HTTP_DATE.into_iter().find_map(parsed)?.and_utc();
    let seconds = u64::try_from(date.timestamp()).unwrap_or_default();
    let date = UNIX_EPOCH + Duration::from_secs(seconds);
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
        for date in [
            "Sun, 06 Nov 1994 08:49:47 GMT",
            "Sunday, 06-Nov-94 08:49:47 GMT",
            "Sun Nov  6 08:49:47 1994",
        ] {
            assert_eq!(wait(date), Some(Duration::from_secs(10)), "{date}");
        }
        assert_eq!(
            wait("Sun, 06 Nov 1994 08:49:00 GMT"),
            Some(Duration::ZERO),
            "a date in the past"
        );
        assert_eq!(wait("Fri, 31 Dec 1965 23:59:59 GMT"), Some(Duration::ZERO));
        for unreadable in [
            "in a while",
            "Sun, 06 Nov 1994 08:49:47",
            "Mon, 06 Nov 1994 08:49:47 GMT",
            "",
        ] {
            assert_eq!(wait(unreadable), None, "{unreadable:?}");
        }
    }
}
