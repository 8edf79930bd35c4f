//! Data sources and validations on the demo tenant, with its facts changed and its answers broken as each test needs.

mod assessments;
mod directory_roles;
mod functions;
mod plans;
mod role_assignments;
mod role_validation;
mod subscriptions;
mod validation;
