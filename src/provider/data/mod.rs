//! The data sources: one module each.

pub mod app_credentials;
pub mod conditional_access_policies;
pub mod connection;
pub mod defender_alerts;
pub mod defender_assessments;
pub mod defender_plans;
pub mod directory_role_assignments;
pub mod directory_settings;
pub mod groups;
pub mod mfa_coverage;
pub mod monitor_settings;
pub mod policy_compliance;
pub mod policy_exemptions;
pub mod regulatory_compliance;
pub mod resources;
pub mod role_assignments;
pub mod roster_match;
pub mod secure_score;
pub mod service_principals;
pub mod subscriptions;
pub mod users;
pub mod vulnerabilities;

use super::context::Context;
use crate::sdk::entry::DataSourceEntry;

/// All of them.
pub const DATA_SOURCES: &[&[DataSourceEntry<Context>]] = &[
    app_credentials::DATA_SOURCES,
    conditional_access_policies::DATA_SOURCES,
    connection::DATA_SOURCES,
    defender_alerts::DATA_SOURCES,
    defender_assessments::DATA_SOURCES,
    defender_plans::DATA_SOURCES,
    directory_role_assignments::DATA_SOURCES,
    directory_settings::DATA_SOURCES,
    groups::DATA_SOURCES,
    mfa_coverage::DATA_SOURCES,
    monitor_settings::DATA_SOURCES,
    policy_compliance::DATA_SOURCES,
    policy_exemptions::DATA_SOURCES,
    regulatory_compliance::DATA_SOURCES,
    resources::DATA_SOURCES,
    role_assignments::DATA_SOURCES,
    roster_match::DATA_SOURCES,
    secure_score::DATA_SOURCES,
    service_principals::DATA_SOURCES,
    subscriptions::DATA_SOURCES,
    users::DATA_SOURCES,
    vulnerabilities::DATA_SOURCES,
];
