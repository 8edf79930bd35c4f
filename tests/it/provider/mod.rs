//! Data sources and validations on the demo tenant, with its facts changed and its answers broken as each test needs.

mod assessments;
mod connection;
mod connection_validation;
mod functions;
mod graph_permission;
mod plans;
mod subscriptions;
mod validation;
