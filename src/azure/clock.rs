//! The clock of this machine: by it tokens and certificates end and services ask to wait. What was read is judged by another one, which
//! stands still in the demo tenant: `Client::now`.

use time::OffsetDateTime;

/// Now.
pub(in crate::azure) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
