//! How long a service asks to be left alone.

use std::time::Duration;

use azure_core::{
    http::headers::{HeaderName, Headers},
    time::{OffsetDateTime, parse_rfc7231},
};

/// The wait a service asks for: `retry-after-ms` and `x-ms-retry-after-ms` in milliseconds, `retry-after` in seconds (Microsoft
/// Graph sends fractions) or as an HTTP date. None if it asks for nothing or for something unreadable.
pub(in crate::azure) fn wait(headers: &Headers, now: OffsetDateTime) -> Option<Duration> {
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

fn seconds(number: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number.max(0.0)).ok()
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
            let got = wait(&headers(&[(name, value)]), now).map(|wait| wait.as_millis());
            assert_eq!(got, wanted, "{name}: {value}");
        }
    }

    #[test]
    fn the_finer_header_wins() {
        let both = headers(&[("retry-after", "30"), ("retry-after-ms", "29500")]);
        assert_eq!(wait(&both, OffsetDateTime::UNIX_EPOCH), Some(Duration::from_millis(29_500)));
    }
}
