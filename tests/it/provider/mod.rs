//! Data sources and validations on the demo tenant, with its facts changed and its answers broken as each test needs.

mod assessments;
mod block;
mod completeness;
mod functions;
mod plans;
mod scope;
mod subscriptions;
mod validation;
