//! What Microsoft Graph is asked for: one function a list, its wire model beside it.

pub mod applications;
pub mod directory;
pub mod organization;
pub mod provisioning;
