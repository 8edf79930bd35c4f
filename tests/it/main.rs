//! The one integration binary.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "clippy.toml frees test functions of these, but not the helpers they share"
)]

mod answers;
mod azure_engine;
mod azure_examples;
mod checks;
mod codec;
mod conditional_access;
mod demo;
mod engines;
mod fuzz;
mod golden;
mod golden_picture;
mod guides;
mod lists;
mod oracle;
mod process;
mod protocol;
mod provider;
mod rbac;
mod roster;
mod served;
mod server;
mod showcase;
mod signin;
mod sockets;
mod support;
mod terraform;
mod tidy;
mod words;
