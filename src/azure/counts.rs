//! What a client has sent and waited for: for benchmarks, and for the text of "Timed out".

use std::sync::atomic::{AtomicU64, Ordering};

/// A snapshot of what a client has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests that went to Resource Manager or Microsoft Graph, repeated ones included; token requests are not counted.
    pub requests: u64,
    /// How many of them repeated an earlier one.
    pub retries: u64,
    /// How often a service asked to wait, by refusing a request or by announcing that its quota is almost spent.
    pub throttled_waits: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    requests: AtomicU64,
    retries: AtomicU64,
    throttled_waits: AtomicU64,
}

impl Counters {
    pub(super) fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn throttled_wait(&self) {
        self.throttled_waits.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn snapshot(&self) -> Counts {
        Counts {
            requests: self.requests.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            throttled_waits: self.throttled_waits.load(Ordering::Relaxed),
        }
    }
}
