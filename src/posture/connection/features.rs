//! What of this provider works over a connection: the checks that each feature stands on.

use std::collections::{BTreeMap, BTreeSet};

use super::{CHECKS, ConnectionCheck, ConnectionFacts, Level, judge};
use crate::posture::Status;

/// A part of what this provider reads, with the checks it needs and the features it builds on.
struct Feature {
    name: &'static str,
    on: Option<&'static str>,
    checks: &'static [&'static str],
}

const fn feature(name: &'static str, on: Option<&'static str>, checks: &'static [&'static str]) -> Feature {
    Feature { name, on, checks }
}

const FEATURES: &[Feature] = &[
    feature("access_reviews", Some("directory"), &["graph_access_review_read"]),
    feature("directory", None, &["graph_reachable", "graph_permission_kind", "graph_admin_consent", "graph_directory_read"]),
    feature("mfa_coverage", Some("directory"), &["graph_policy_read", "graph_audit_log_read"]),
    feature("pim", Some("directory"), &["graph_role_schedules_read", "license_p2"]),
    feature("policy", Some("subscriptions"), &["role_reader", "policy_states_readable"]),
    feature(
        "posture",
        Some("subscriptions"),
        &["role_security_reader", "defender_registered", "defender_plans_readable", "defender_foundational_on"],
    ),
    feature("provisioning", Some("directory"), &["graph_synchronization_read"]),
    feature("resources", Some("subscriptions"), &["role_reader"]),
    feature("role_assignments", Some("subscriptions"), &["role_reader"]),
    feature("sign_in_activity", Some("directory"), &["graph_audit_log_read", "license_p1"]),
    feature(
        "subscriptions",
        None,
        &[
            "sign_in",
            "cloud_matches",
            "tenant_matches",
            "subscription_detected",
            "subscription_enabled",
            "subscription_tenant_matches",
            "scope_complete",
            "management_group_readable",
        ],
    ),
];

/// Whether a feature has what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// None if one of its checks could not be seen or is off, and none fails.
    pub ready: Option<bool>,
    /// Keys of the checks in the way.
    pub missing: Vec<String>,
}

/// The checks of all features.
pub fn checks() -> Vec<&'static ConnectionCheck> {
    CHECKS.iter().filter(|check| FEATURES.iter().any(|feature| feature.checks.contains(&check.id))).collect()
}

/// Every feature, by name.
pub fn ready_for(facts: &ConnectionFacts) -> BTreeMap<&'static str, Readiness> {
    let rows = judge(&checks(), facts);
    let of = |feature: &Feature| {
        let ids = ids(feature);
        // A verdict that is only advice, as on a management group that the connection does not stand on, is in nobody's way.
        let counts = |level: Option<Level>| level != Some(Level::Advisory);
        let own = rows.iter().filter(|row| ids.contains(row.id) && counts(row.verdict.level));
        let in_the_way = own.filter(|row| matches!(row.verdict.status, Status::Fail | Status::Off | Status::Unknown));
        let in_the_way: Vec<_> = in_the_way.collect();
        let fails = in_the_way.iter().any(|row| row.verdict.status == Status::Fail);
        let ready = if fails { Some(false) } else { in_the_way.is_empty().then_some(true) };
        Readiness { ready, missing: in_the_way.iter().map(|row| row.key()).collect() }
    };
    FEATURES.iter().map(|feature| (feature.name, of(feature))).collect()
}

/// The checks of a feature and of what it builds on.
fn ids(feature: &Feature) -> BTreeSet<&'static str> {
    let below = FEATURES.iter().filter(|other| feature.on == Some(other.name)).flat_map(|other| other.checks);
    feature.checks.iter().chain(below).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_name_checks_and_features_that_exist() {
        for feature in FEATURES {
            assert!(feature.checks.iter().all(|id| CHECKS.iter().any(|check| check.id == *id)), "{}", feature.name);
            assert!(feature.on.is_none_or(|on| FEATURES.iter().any(|other| other.name == on)), "{}", feature.name);
        }
        assert!(FEATURES.is_sorted_by(|a, b| a.name < b.name));
    }
}
