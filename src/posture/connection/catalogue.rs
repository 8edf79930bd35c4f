//! The checks of a connection, as one table.

use std::{collections::BTreeSet, fmt};

use super::{
    Verdict,
    evidence::{ConnectionFacts, Need, SubscriptionFacts},
    identity, protection, providers, roles, scans, scope, sign_in,
};
use crate::posture::{Area, Subject, filter};

/// Whether a connection depends on a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Worth knowing; the connection works without it.
    Advisory,
    /// Without it the connection is not ready.
    Required,
}

impl Level {
    /// The word the surface uses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Advisory => "advisory",
            Self::Required => "required",
        }
    }
}

/// One check.
#[derive(Clone, Copy)]
pub struct ConnectionCheck {
    /// `role_reader`
    pub id: &'static str,
    /// Whether the connection depends on it; a verdict may say otherwise.
    pub level: Level,
    /// The area it belongs to; none for one that belongs to all.
    pub area: Option<Area>,
    /// What holds when it passes.
    pub title: &'static str,
    /// The facts it is judged by.
    pub needs: &'static [Need],
    pub(super) judge: Judge,
}

impl ConnectionCheck {
    /// The fact it is about: the last of those it is judged by; of one that is judged by none of them, the subscriptions.
    pub(super) fn subject(&self) -> Subject {
        self.needs.last().map_or(Subject::Subscriptions, |need| need.subject())
    }

    /// Whether it is judged once a subscription.
    pub fn per_subscription(&self) -> bool {
        matches!(self.judge, Judge::Subscription(_))
    }
}

impl fmt::Debug for ConnectionCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Check").field(&self.id).finish()
    }
}

/// How a check is judged.
#[derive(Clone, Copy)]
pub(super) enum Judge {
    Connection(fn(&ConnectionFacts) -> Verdict),
    Subscription(fn(&ConnectionFacts, &SubscriptionFacts) -> Verdict),
}

use Area::{Compute, Data, Governance, Identity, Observability, Posture};
use Level::{Advisory, Required};

// One line a check: it is read as a table.
#[rustfmt::skip]
/// All checks, by id.
pub const CHECKS: &[ConnectionCheck] = &[
    whole("application_enabled", Required, Some(Identity), "The own service principal is enabled", &[Need::ServicePrincipal], sign_in::application_enabled),
    whole("cloud_matches", Required, None, "The tenant lives in the configured cloud", &[Need::Discovery], sign_in::cloud_matches),
    whole("credential_expiry", Advisory, None, "The own credential does not end within 30 days and lives at most a year", &[Need::Credential], sign_in::credential_expiry),
    each("defender_assessments_present", Advisory, Some(Posture), "Defender for Cloud has at least one assessment", &[Need::Assessments], protection::assessments_present),
    each("defender_coverage_full", Advisory, Some(Posture), "Every plan that is on covers everything", &[Need::Inventory, Need::Providers, Need::Plans], protection::coverage_full),
    each("defender_foundational_on", Advisory, Some(Posture), "The free posture tier is on", &[Need::Foundational, Need::Providers, Need::Plans], protection::foundational_on),
    each("defender_plan_for_area", Advisory, Some(Posture), "Every plan that the resources need is on", &[Need::Inventory, Need::Providers, Need::Plans], protection::plan_for_area),
    each("defender_plans_readable", Required, Some(Posture), "The Defender plans are readable", &[Need::Plans], protection::plans_readable),
    each("defender_registered", Required, Some(Posture), "Microsoft.Security is registered", &[Need::Providers], protection::registered),
    each("defender_scan_done", Advisory, Some(Posture), "Servers and images were scanned where their plan is on", &[Need::Inventory, Need::Plans, Need::Providers, Need::Scans], scans::scan_done),
    whole("graph_access_review_read", Advisory, Some(Identity), "Access reviews are readable", &[Need::Token, Need::Consent], identity::access_review_read),
    whole("graph_admin_consent", Required, Some(Identity), "Every requested Application permission is consented", &[Need::ServicePrincipal, Need::Token, Need::Consent], identity::admin_consent),
    whole("graph_audit_log_read", Advisory, Some(Identity), "Sign-ins and MFA registration are readable", &[Need::Token, Need::Consent], identity::audit_log_read),
    whole("graph_directory_read", Required, Some(Identity), "The directory is readable", &[Need::Token, Need::Consent], identity::directory_read),
    whole("graph_permission_kind", Required, Some(Identity), "An application holds Application permissions, not Delegated ones", &[Need::Token, Need::Consent], identity::permission_kind),
    whole("graph_policy_read", Advisory, Some(Identity), "Conditional Access and other policies are readable", &[Need::Token, Need::Consent], identity::policy_read),
    whole("graph_reachable", Required, Some(Identity), "Microsoft Graph answers", &[Need::Organization, Need::Token], identity::reachable),
    whole("graph_role_schedules_read", Advisory, Some(Identity), "Eligible and active directory roles are readable", &[Need::Token, Need::Consent], identity::role_schedules_read),
    whole("graph_synchronization_read", Advisory, Some(Identity), "Provisioning jobs are readable", &[Need::Token, Need::Consent], identity::synchronization_read),
    each("key_vault_readable", Advisory, Some(Data), "Key vaults are readable through Azure Resource Manager", &[Need::Permissions], roles::key_vault_readable),
    whole("leavers_in_scope", Advisory, Some(Identity), "No disabled account with active roles is hidden", &[Need::HiddenPeople], identity::leavers_in_scope),
    whole("license_p1", Advisory, Some(Identity), "The tenant has Entra ID P1", &[Need::Licences], identity::license_p1),
    whole("license_p2", Advisory, Some(Identity), "The tenant has Entra ID P2", &[Need::Licences], identity::license_p2),
    whole("management_group_readable", Advisory, None, "The management groups are readable", &[Need::Groups], scope::management_group_readable),
    each("policy_states_readable", Advisory, Some(Governance), "Policy states are readable", &[Need::Permissions], roles::policy_states_readable),
    each("private_clusters", Advisory, Some(Compute), "AKS clusters with a private API server are known", &[Need::Clusters], protection::private_clusters),
    each("providers_registered", Advisory, None, "The resource providers of the resources are registered", &[Need::Inventory, Need::Providers], providers::registered),
    whole("resource_graph_usable", Required, None, "Azure Resource Graph answers", &[Need::Query], scope::resource_graph_usable),
    each("role_excess", Advisory, None, "The sign-in holds no more than reads", &[Need::Below, Need::Permissions], roles::excess),
    each("role_monitoring_reader", Required, Some(Observability), "Azure Monitor settings are readable", &[Need::Permissions], roles::monitoring_reader),
    each("role_reader", Required, None, "Everything that the areas read is readable", &[Need::Permissions], roles::reader),
    each("role_security_reader", Required, Some(Posture), "Defender for Cloud is readable", &[Need::Permissions], roles::security_reader),
    whole("scim_overrides_scope", Advisory, Some(Identity), "No provisioning overrides `identity_scope`", &[Need::Jobs], identity::scim_overrides_scope),
    whole("scope_complete", Required, None, "All expected subscriptions are visible", &[], scope::complete),
    whole("sign_in", Required, None, "A token was issued", &[], sign_in::signed_in),
    whole("subscription_detected", Required, None, "At least one subscription is visible", &[], scope::detected),
    each("subscription_enabled", Required, None, "The subscription is enabled", &[], scope::enabled),
    each("subscription_tenant_matches", Required, None, "The subscription belongs to the tenant of the sign-in", &[], scope::tenant_matches),
    whole("tenant_matches", Required, None, "Token, directory and configuration name one tenant", &[Need::Discovery, Need::Organization], sign_in::tenant_matches),
    whole("user_sign_in_limits", Advisory, Some(Identity), "The sign-in is not a user's", &[], identity::user_sign_in_limits),
];

const fn whole(
    id: &'static str,
    level: Level,
    area: Option<Area>,
    title: &'static str,
    needs: &'static [Need],
    judge: fn(&ConnectionFacts) -> Verdict,
) -> ConnectionCheck {
    ConnectionCheck { id, level, area, title, needs, judge: Judge::Connection(judge) }
}

const fn each(
    id: &'static str,
    level: Level,
    area: Option<Area>,
    title: &'static str,
    needs: &'static [Need],
    judge: fn(&ConnectionFacts, &SubscriptionFacts) -> Verdict,
) -> ConnectionCheck {
    ConnectionCheck { id, level, area, title, needs, judge: Judge::Subscription(judge) }
}

/// The ids of all checks.
pub fn ids() -> Vec<String> {
    CHECKS.iter().map(|check| check.id.to_owned()).collect()
}

/// Whether a text is the id of a check or a glob that matches one.
pub fn knows(text: &str) -> bool {
    CHECKS.iter().any(|check| filter::glob(text, check.id))
}

/// The chosen checks, by id: all, or those that an id or a glob names. The first text that names none is the error.
pub fn select(chosen: Option<&BTreeSet<String>>) -> Result<Vec<&'static ConnectionCheck>, String> {
    let Some(chosen) = chosen else { return Ok(CHECKS.iter().collect()) };
    if let Some(unknown) = chosen.iter().find(|text| !knows(text)) {
        return Err(unknown.clone());
    }
    Ok(CHECKS.iter().filter(|check| chosen.iter().any(|text| filter::glob(text, check.id))).collect())
}

/// The facts that the chosen checks need and whose area is on.
pub fn needs(chosen: &[&'static ConnectionCheck], areas: &BTreeSet<Area>) -> BTreeSet<Need> {
    let on = chosen.iter().filter(|check| check.area.is_none_or(|area| areas.contains(&area)));
    on.flat_map(|check| check.needs).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(texts: &[&str]) -> Result<Vec<&'static str>, String> {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        Ok(select(Some(&texts))?.into_iter().map(|check| check.id).collect())
    }

    #[test]
    fn the_table_is_sorted_and_each_id_stands_once() {
        assert!(CHECKS.is_sorted_by(|a, b| a.id < b.id));
        assert_eq!(CHECKS.len(), 40);
    }

    #[test]
    fn ids_and_globs_choose_without_case() {
        assert_eq!(chosen(&["license_*", "SIGN_IN"]).unwrap(), ["license_p1", "license_p2", "sign_in"]);
        assert_eq!(select(None).unwrap().len(), CHECKS.len());
        assert_eq!(chosen(&["*"]).unwrap().len(), CHECKS.len());
    }

    #[test]
    fn what_names_no_check_is_an_error_even_beside_one_that_does() {
        assert_eq!(chosen(&["sign_in", "role_owner"]).unwrap_err(), "role_owner");
        assert_eq!(chosen(&["xyz_*"]).unwrap_err(), "xyz_*");
    }

    #[test]
    fn nothing_is_read_for_an_area_that_is_off() {
        let chosen = select(Some(&["license_*".to_owned(), "role_excess".to_owned()].into())).unwrap();
        assert_eq!(needs(&chosen, &Area::ALL.into()), [Need::Below, Need::Licences, Need::Permissions].into());
        assert_eq!(needs(&chosen, &[Area::Data].into()), [Need::Below, Need::Permissions].into());
    }
}
