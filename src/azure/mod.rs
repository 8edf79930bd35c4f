//! The cloud: how Azure Resource Manager and Microsoft Graph are reached and read. Knows no Terraform and judges nothing.

pub mod cloud;
pub mod error;
pub mod settings;

pub use error::{Error, Kind, Result};
