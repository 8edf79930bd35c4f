//! The messages and services that `proto/` describes, as generated Rust: servers for the process, clients for its tests.

#![allow(missing_docs, reason = "generated; proto/ holds the words")]

/// The provider protocol, major version 6.
pub mod tfplugin6 {
    tonic::include_proto!("tfplugin6");
}

/// What go-plugin's host calls beside the provider: controller, output streams, broker.
pub mod plugin {
    tonic::include_proto!("plugin");
}
