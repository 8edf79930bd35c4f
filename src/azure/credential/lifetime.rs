//! How long a token lives, bounded where the answer enters. The SDK asks for a new token for every request while less than five minutes are
//! left, and adds the number to the clock, which panics beyond the calendar.

use azure_core::time::{Duration, OffsetDateTime};
use serde_json::{Map, Value};

use crate::azure::{answer::lenient::without_bom, clock};

/// Long enough to be used at all. A token that ends earlier is refused by the service, and then a new one is taken.
const SHORTEST: i64 = 600;
/// No service of Microsoft's issues a token for longer than 28 hours.
const LONGEST: i64 = 28 * 3600;

/// An answer of a token endpoint with lifetimes that can be meant; anything else as it is.
pub(super) fn bounded(body: Vec<u8>) -> Vec<u8> {
    let Ok(Value::Object(mut answer)) = serde_json::from_slice::<Value>(without_bom(&body)) else { return body };
    if !answer.contains_key("access_token") {
        return body;
    }
    let now = clock::now().unix_timestamp();
    let mut changed = relative(&mut answer, "expires_in");
    if let Some(same) = answer.get("expires_in").filter(|same| same.is_number()).cloned() {
        changed |= !answer.contains_key("ext_expires_in");
        answer.entry("ext_expires_in").or_insert(same);
        changed |= relative(&mut answer, "ext_expires_in");
    }
    changed |= absolute(&mut answer, "expires_on", now);
    match changed {
        true => serde_json::to_vec(&answer).unwrap_or(body),
        false => body,
    }
}

/// A moment at which a token can be meant to end.
pub(super) fn bounded_end(end: OffsetDateTime) -> OffsetDateTime {
    let now = clock::now();
    end.clamp(now + Duration::seconds(SHORTEST), now + Duration::seconds(LONGEST))
}

/// Seconds from now.
fn relative(answer: &mut Map<String, Value>, name: &str) -> bool {
    let Some(given) = answer.get(name) else { return false };
    let Some(seconds) = seconds(given) else { return false };
    let bounded = Value::from(seconds.clamp(SHORTEST, LONGEST));
    let changed = *given != bounded;
    answer.insert(name.to_owned(), bounded);
    changed
}

/// Seconds since 1970, which managed identities give as text, and the SDK takes as nothing else.
fn absolute(answer: &mut Map<String, Value>, name: &str, now: i64) -> bool {
    let Some(given) = answer.get(name) else { return false };
    let Some(seconds) = seconds(given) else { return false };
    let bounded = Value::from(seconds.clamp(now + SHORTEST, now + LONGEST).to_string());
    let changed = *given != bounded;
    answer.insert(name.to_owned(), bounded);
    changed
}

/// A whole number, however it is spelled; the ends of the range for what is beyond it.
fn seconds(given: &Value) -> Option<i64> {
    match given {
        #[allow(clippy::cast_possible_truncation, reason = "a float beyond the range becomes its end, which is bounded anyway")]
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|number| number as i64)),
        Value::String(text) => {
            let text = text.trim();
            #[allow(clippy::cast_possible_truncation, reason = "as above")]
            text.parse().ok().or_else(|| text.parse::<f64>().ok().filter(|number| !number.is_nan()).map(|number| number as i64))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn through(answer: Value) -> Value {
        serde_json::from_slice(&bounded(answer.to_string().into_bytes())).unwrap()
    }

    #[test]
    fn a_lifetime_is_bounded_whatever_the_answer_says() {
        for (given, expected) in [
            (json!(3599), 3599),
            (json!("3599"), 3599),
            (json!(0), SHORTEST),
            (json!(-1), SHORTEST),
            (json!(299), SHORTEST),
            (json!(1_000_000_000_000_000_000_i64), LONGEST),
            (json!(u64::MAX), LONGEST),
            (json!(1e300), LONGEST),
            (json!("-5"), SHORTEST),
        ] {
            let answer = through(json!({"access_token": "t", "expires_in": given, "ext_expires_in": given}));
            assert_eq!((&answer["expires_in"], &answer["ext_expires_in"]), (&json!(expected), &json!(expected)), "{given}");
        }
        assert_eq!(through(json!({"access_token": "t", "expires_in": 4000}))["ext_expires_in"], json!(4000));
    }

    #[test]
    fn a_moment_is_bounded_and_text() {
        let now = clock::now().unix_timestamp();
        let end = |given: Value| {
            through(json!({"access_token": "t", "expires_on": given}))["expires_on"].as_str().unwrap().parse::<i64>()
        };
        let near = |found: i64, expected: i64| (found - expected).abs() < 60;
        assert!(near(end(json!("0")).unwrap(), now + SHORTEST));
        assert!(near(end(json!(i64::MAX)).unwrap(), now + LONGEST));
        assert!(near(end(json!(now + 4000)).unwrap(), now + 4000));
        let far = OffsetDateTime::from_unix_timestamp(253_000_000_000).unwrap();
        assert!(near(bounded_end(far).unix_timestamp(), now + LONGEST));
        assert!(near(bounded_end(OffsetDateTime::UNIX_EPOCH).unix_timestamp(), now + SHORTEST));
    }

    #[test]
    fn what_is_no_token_is_left_alone() {
        for body in
            ["<html>", "{\"error\":\"x\",\"expires_in\":0}", "[1]", "", "{\"access_token\":\"t\",\"expires_in\":\"soon\"}"]
        {
            assert_eq!(bounded(body.as_bytes().to_vec()), body.as_bytes());
        }
    }
}
