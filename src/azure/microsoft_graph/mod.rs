//! What Microsoft Graph is asked for: one function a list, its wire model beside it.

pub mod applications;
pub mod conditional_access;
pub mod directory;
pub mod directory_policies;
pub mod groups;
pub mod organization;
pub mod provisioning;
pub mod registrations;
pub mod users;

use crate::azure::endpoint::Endpoint;

/// What is not here is not read.
pub const ENDPOINTS: &[&[Endpoint]] = &[
    applications::ENDPOINTS,
    conditional_access::ENDPOINTS,
    directory::ENDPOINTS,
    directory_policies::ENDPOINTS,
    groups::ENDPOINTS,
    organization::ENDPOINTS,
    provisioning::ENDPOINTS,
    registrations::ENDPOINTS,
    users::ENDPOINTS,
];
