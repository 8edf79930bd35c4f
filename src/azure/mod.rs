//! The cloud: how Azure Resource Manager and Microsoft Graph are reached and read. Knows no Terraform and judges nothing.

mod answer;
mod attempt;
pub mod call;
mod classify;
pub mod client;
pub mod cloud;
pub mod counts;
pub mod credential;
mod decode;
pub mod error;
mod fault;
pub mod gate;
pub mod guard;
pub mod memo;
mod pace;
mod pager;
pub mod resource_graph;
mod retry;
pub mod scope;
mod session;
pub mod settings;
mod sign_in_guard;
pub mod throttle;
pub mod transport;
mod wait;

pub use call::{Audience, Call};
pub use client::Client;
pub use cloud::Cloud;
pub use error::{Error, Kind, Result};
pub use transport::Transports;
