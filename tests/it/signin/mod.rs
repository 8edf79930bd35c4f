//! Settings, clouds, credentials and their explanations, against an identity service that lives in memory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "test support")]

mod certificates;
mod choice;
mod cli;
mod clouds;
mod codes;
mod contradictions;
mod federated;
mod home;
mod machine;
mod precedence;
mod secrets;
mod support;
