//! The data sources: one module each.

pub mod connection;
pub mod defender_assessments;
pub mod defender_plans;
pub mod directory_role_assignments;
pub mod role_assignments;
pub mod subscriptions;
