//! Data sources and validations on the demo tenant, with its facts changed and its answers broken as each test needs.

mod allow_list;
mod arguments;
mod assessments;
mod block;
mod completeness;
mod connection;
mod connection_validation;
mod counts;
mod directory_roles;
mod functions;
mod graph_permission;
mod home;
mod hostile;
mod plans;
mod role_assignments;
mod role_certainty;
mod role_givable;
mod role_lists;
mod role_operations;
mod role_validation;
mod says_nothing;
mod scope;
mod subscriptions;
mod triggers;
mod unmatched;
mod validation;
