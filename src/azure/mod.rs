//! The cloud: how Azure Resource Manager and Microsoft Graph are reached and read. Knows no Terraform and judges nothing.

pub mod claims;
pub mod cloud;
pub mod credential;
pub mod discovery;
pub mod error;
pub mod explain;
mod fetch;
pub mod inputs;
pub mod settings;
pub mod transport;

pub use error::{Error, Kind, Result};
