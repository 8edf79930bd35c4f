//! What Azure Resource Manager is asked for: one function a list, its wire model beside it.

pub mod alerts;
pub mod authorization;
pub mod exemptions;
pub mod findings;
pub mod management;
pub mod monitor;
pub mod policies;
pub mod projection;
pub mod regulatory;
pub mod resources;
pub mod scores;
pub mod security;
pub mod subscriptions;
pub mod typed;

use crate::azure::endpoint::Endpoint;

/// Lists of one kind each, and objects. What is neither here nor a type of resources is not read.
pub const ENDPOINTS: &[&[Endpoint]] = &[
    alerts::ENDPOINTS,
    authorization::ENDPOINTS,
    exemptions::ENDPOINTS,
    management::ENDPOINTS,
    monitor::ENDPOINTS,
    policies::ENDPOINTS,
    regulatory::ENDPOINTS,
    resources::ENDPOINTS,
    scores::ENDPOINTS,
    security::ENDPOINTS,
    subscriptions::ENDPOINTS,
];

/// A row that stands at or below a subscription, and says so by its id.
pub trait Identified {
    /// Its id.
    fn id(&self) -> &str;
}

/// The scope of a subscription.
fn subscription(id: &str) -> String {
    format!("/subscriptions/{id}")
}
