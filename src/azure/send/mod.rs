//! The way out: what may be sent, and where to; how fast, how often and how long; through which proxy.

pub(in crate::azure) mod attempt;
pub(in crate::azure) mod backoff;
pub mod bounds;
pub mod counts;
pub(in crate::azure) mod document;
pub mod guard;
pub mod policy;
mod rate;
pub(in crate::azure) mod retry;
pub mod throttle;
pub mod transport;
