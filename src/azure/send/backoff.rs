//! How long to wait before asking again: what the service asked for and a little more, else exponential with full jitter.

use std::time::Duration;

/// The wait after try number `tries` when nobody said how long: random up to `first`, doubled with each try, at most `longest`.
pub(in crate::azure) fn backoff(first: Duration, tries: u32, longest: Duration) -> Duration {
    let ceiling = first.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1))).min(longest);
    ceiling.mul_f64(fastrand::f64())
}

/// A wait that was asked for, plus up to a tenth, so that many readers do not come back in the same instant.
pub(in crate::azure) fn spread(wait: Duration) -> Duration {
    wait.saturating_add((wait / 10).mul_f64(fastrand::f64()))
}

/// Whole milliseconds, for the log.
pub(in crate::azure) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

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
