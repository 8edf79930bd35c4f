//! How fast a service may be asked before it starts to refuse: the two shapes in which Azure publishes its limits.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// When the next request may start.
#[derive(Debug)]
pub(in crate::azure) enum Pace {
    /// So many tokens, refilled at a steady rate: Resource Manager.
    Bucket { tokens: f64, burst: f64, per_second: f64, filled: Instant },
    /// At most `limit` requests in any `window`: Resource Graph, Microsoft Graph.
    Window { limit: usize, window: Duration, started: VecDeque<Instant> },
}

impl Pace {
    pub(in crate::azure) fn bucket(per_second: f64, burst: f64) -> Self {
        Self::Bucket { tokens: burst, burst, per_second, filled: Instant::now() }
    }

    pub(in crate::azure) fn window(limit: usize, window: Duration) -> Self {
        Self::Window { limit, window, started: VecDeque::new() }
    }

    /// None at all.
    pub(in crate::azure) fn unlimited() -> Self {
        Self::bucket(1.0, f64::INFINITY)
    }

    /// The moment from which one more request is within the limit; `now` or earlier means at once.
    pub(in crate::azure) fn ready(&mut self, now: Instant) -> Instant {
        match self {
            Self::Bucket { tokens, burst, per_second, filled } => {
                *tokens = (*tokens + now.duration_since(*filled).as_secs_f64() * *per_second).min(*burst);
                *filled = now;
                let missing = (1.0 - *tokens).max(0.0) / *per_second;
                now + Duration::from_secs_f64(missing)
            }
            Self::Window { limit, window, started } => match started.len().checked_sub(*limit).and_then(|at| started.get(at)) {
                Some(earliest) => *earliest + *window,
                None => now,
            },
        }
    }

    /// Counts one request that starts now.
    pub(in crate::azure) fn take(&mut self, now: Instant) {
        match self {
            Self::Bucket { tokens, .. } => *tokens -= 1.0,
            Self::Window { limit, started, .. } => {
                started.push_back(now);
                while started.len() > *limit {
                    started.pop_front();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Starts requests as fast as allowed and returns when each one started, counted from the first.
    fn starts(pace: &mut Pace, count: usize) -> Vec<Duration> {
        let first = Instant::now();
        let mut now = first;
        let mut starts = Vec::new();
        for _ in 0..count {
            now = now.max(pace.ready(now));
            pace.take(now);
            starts.push(now - first);
        }
        starts
    }

    #[tokio::test(start_paused = true)]
    async fn a_bucket_lets_a_burst_through_and_then_a_steady_rate() {
        let starts = starts(&mut Pace::bucket(25.0, 250.0), 300);
        assert!(starts[249].is_zero());
        let tail = (starts[299] - starts[250]).as_secs_f64();
        assert!((tail - 49.0 / 25.0).abs() < 0.01, "{tail}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_window_never_holds_more_than_its_limit() {
        let window = Duration::from_secs(5);
        let starts = starts(&mut Pace::window(15, window), 100);
        for (at, start) in starts.iter().enumerate().skip(15) {
            assert!(*start - starts[at - 15] >= window);
        }
        assert_eq!(starts[99], window * 6);
    }
}
