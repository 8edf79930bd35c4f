//! Data sources and validations on the demo tenant, with its facts changed and its answers broken as each test needs.

mod assessments;
mod block;
mod completeness;
mod connection;
mod connection_validation;
mod functions;
mod graph_permission;
mod plans;
mod scope;
mod subscriptions;
mod validation;
