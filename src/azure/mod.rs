//! The cloud: how Azure Resource Manager and Microsoft Graph are reached and read. Knows no Terraform and judges nothing.

pub mod answer;
pub mod arm;
pub mod call;
pub mod client;
mod clock;
pub mod credential;
pub mod endpoint;
pub mod error;
pub mod failure;
pub mod inputs;
pub mod memo;
pub mod microsoft_graph;
pub mod pages;
mod proxy;
pub mod resource_graph;
pub mod send;
mod session;
pub mod settings;
pub mod tenant;

pub use answer::outside::{said, shown, shown_value, written};
pub use call::{Audience, Call};
pub use client::Client;
pub use endpoint::Endpoint;
pub use error::{Error, Kind, Result};
pub use failure::Failure;
pub use send::transport::Transports;
pub use tenant::cloud::Cloud;
