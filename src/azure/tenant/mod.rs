//! The tenant of a connection: its cloud, which cloud it really lives in, and what its tokens say about their holder.

pub mod claims;
pub mod cloud;
pub mod discovery;
pub(in crate::azure) mod residence;
