//! How long to wait before asking again: what the service asked for, else exponential with full jitter.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use azure_core::{
    http::headers::{HeaderName, Headers},
    time::{OffsetDateTime, parse_rfc7231},
};

/// The wait a service asks for: `retry-after-ms` and `x-ms-retry-after-ms` in milliseconds, `retry-after` in seconds (Microsoft
/// Graph sends fractions) or as an HTTP date. None if it asks for nothing or for something unreadable.
pub(super) fn asked(headers: &Headers, now: OffsetDateTime) -> Option<Duration> {
    let text = |name: &'static str| headers.get_optional_str(&HeaderName::from_static(name)).map(str::trim);
    let millis = text("retry-after-ms").or_else(|| text("x-ms-retry-after-ms")).and_then(|value| value.parse().ok());
    if let Some(wait) = millis.and_then(|millis: f64| seconds(millis / 1000.0)) {
        return Some(wait);
    }
    let value = text("retry-after")?;
    match value.parse::<f64>() {
        Ok(number) => seconds(number),
        Err(_) => Some(Duration::try_from(parse_rfc7231(value).ok()? - now).unwrap_or(Duration::ZERO)),
    }
}

/// The wait after try number `tries` when nobody said how long: random up to `first`, doubled with each try, at most `longest`.
pub(super) fn backoff(first: Duration, tries: u32, longest: Duration) -> Duration {
    let ceiling = first.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1))).min(longest);
    ceiling.mul_f64(fraction())
}

/// A wait that was asked for, plus up to a tenth, so that many readers do not come back in the same instant.
pub(super) fn spread(wait: Duration) -> Duration {
    wait.saturating_add((wait / 10).mul_f64(fraction()))
}

/// Whole milliseconds, for the log.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn seconds(number: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number.max(0.0)).ok()
}

/// A random number from 0 to 1. The seed of a hash map is random enough to spread requests, and needs no other crate.
fn fraction() -> f64 {
    let bits = RandomState::new().hash_one(0_u8) >> 11;
    bits as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> Headers {
        let mut headers = Headers::new();
        for (name, value) in pairs {
            headers.insert(*name, *value);
        }
        headers
    }

    #[test]
    fn a_wait_is_read_as_integer_fraction_milliseconds_and_date() {
        let now = parse_rfc7231("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        for (name, value, wanted) in [
            ("retry-after", "17", Some(17_000)),
            ("retry-after", " 2.128 ", Some(2_128)),
            ("retry-after", "Sun, 06 Nov 1994 08:49:41 GMT", Some(4_000)),
            ("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("retry-after-ms", "250", Some(250)),
            ("x-ms-retry-after-ms", "1500", Some(1_500)),
            ("retry-after", "-3", Some(0)),
            ("retry-after", "soon", None),
            ("retry-after", "inf", None),
            ("content-type", "17", None),
        ] {
            let got = asked(&headers(&[(name, value)]), now).map(|wait| wait.as_millis());
            assert_eq!(got, wanted, "{name}: {value}");
        }
    }

    #[test]
    fn the_finer_header_wins() {
        let both = headers(&[("retry-after", "30"), ("retry-after-ms", "29500")]);
        assert_eq!(asked(&both, OffsetDateTime::UNIX_EPOCH), Some(Duration::from_millis(29_500)));
    }

    #[test]
    fn backoff_doubles_below_its_ceiling_and_is_not_always_the_same() {
        let first = Duration::from_millis(500);
        let draws: Vec<Duration> = (0..64).map(|_| backoff(first, 3, Duration::from_secs(60))).collect();
        assert!(draws.iter().all(|wait| *wait <= first * 4));
        assert!(draws.iter().any(|wait| *wait != draws[0]) && draws.iter().any(|wait| *wait > first));
        assert!(backoff(first, 40, Duration::from_secs(60)) <= Duration::from_secs(60));
    }

    #[test]
    fn a_wait_that_was_asked_for_is_never_shortened() {
        let wait = Duration::from_secs(10);
        assert!((0..64).map(|_| spread(wait)).all(|spread| spread >= wait && spread <= wait + wait / 10));
    }
}
