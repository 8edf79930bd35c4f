//! What a client has sent and waited for: for benchmarks, and for the text of "Timed out".

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

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
pub(in crate::azure) struct Counters {
    requests: AtomicU64,
    retries: AtomicU64,
    throttled_waits: AtomicU64,
    reads: AtomicU64,
    under_way: Mutex<BTreeMap<u64, String>>,
}

/// A read that is under way until this is dropped.
#[derive(Debug)]
pub(in crate::azure) struct Busy {
    counters: Arc<Counters>,
    number: u64,
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.counters.under_way().remove(&self.number);
    }
}

impl Counters {
    /// Notes that something is being read, waiting included.
    pub(in crate::azure) fn begin(self: &Arc<Self>, what: String) -> Busy {
        let number = self.reads.fetch_add(1, Ordering::Relaxed);
        self.under_way().insert(number, what);
        Busy { counters: Arc::clone(self), number }
    }

    /// What is being read, the oldest first.
    pub(in crate::azure) fn busy_with(&self) -> Vec<String> {
        self.under_way().values().cloned().collect()
    }

    fn under_way(&self) -> MutexGuard<'_, BTreeMap<u64, String>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::azure) fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(in crate::azure) fn retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(in crate::azure) fn throttled_wait(&self) {
        self.throttled_waits.fetch_add(1, Ordering::Relaxed);
    }

    pub(in crate::azure) fn snapshot(&self) -> Counts {
        Counts {
            requests: self.requests.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            throttled_waits: self.throttled_waits.load(Ordering::Relaxed),
        }
    }
}
