//! The hard allow-list behind "nothing leaves its scope": which subscriptions and management groups a request may name.
//! Whatever the readers above ask for, a path or a Resource Graph body outside the connection's scope is never sent.

use std::{
    collections::BTreeSet,
    sync::{PoisonError, RwLock},
};

use serde::Deserialize;

use crate::azure::{
    Audience,
    send::guard::{Allowed, Head, RESOURCE_GRAPH},
    settings::ScopeSetting,
};

/// What may be read whatever the scope, besides Microsoft Graph, which knows no subscriptions: facts of the tenant that tell the
/// scope (subscription list, tenants) and what a subscription inherits (group ancestors, roles and assignments at the root), and
/// the metadata of assessments and built-in policy definitions and initiatives, which are the same everywhere.
const FREE: &[(Head, &str)] = &[
    (Head::Tenant, "subscriptions"),
    (Head::Tenant, "providers/Microsoft.Authorization/denyAssignments"),
    (Head::Tenant, "providers/Microsoft.Authorization/permissions"),
    (Head::Tenant, "providers/Microsoft.Authorization/policyDefinitions/{name}"),
    (Head::Tenant, "providers/Microsoft.Authorization/policySetDefinitions/{name}"),
    (Head::Tenant, "providers/Microsoft.Authorization/roleAssignmentScheduleInstances"),
    (Head::Tenant, "providers/Microsoft.Authorization/roleAssignments"),
    (Head::Tenant, "providers/Microsoft.Authorization/roleDefinitions"),
    (Head::Tenant, "providers/Microsoft.Authorization/roleDefinitions/{guid}"),
    (Head::Tenant, "providers/Microsoft.Authorization/roleEligibilityScheduleInstances"),
    (Head::Tenant, "providers/Microsoft.Management/managementGroups"),
    (Head::Tenant, "providers/Microsoft.Security/assessmentMetadata"),
    (Head::ManagementGroup, ""),
];

/// The subscriptions and management groups of one connection. Until the subscriptions are known, no subscription may be read.
#[derive(Debug)]
pub struct Bounds {
    setting: ScopeSetting,
    subscriptions: RwLock<BTreeSet<String>>,
    groups: RwLock<BTreeSet<String>>,
}

impl Bounds {
    /// The scope as configured: named subscriptions are known at once, all others after [`Bounds::confine`].
    pub fn new(setting: &ScopeSetting) -> Self {
        let known = match setting {
            ScopeSetting::Subscriptions(ids) => lower(ids),
            ScopeSetting::Detect | ScopeSetting::ManagementGroup(_) | ScopeSetting::Tenant => BTreeSet::new(),
        };
        Self { setting: setting.clone(), subscriptions: RwLock::new(known), groups: RwLock::default() }
    }

    /// Sets the subscriptions that were found. Named subscriptions stay the upper bound.
    pub fn confine(&self, subscriptions: &BTreeSet<String>) {
        let mut found = lower(subscriptions);
        if let ScopeSetting::Subscriptions(named) = &self.setting {
            let named = lower(named);
            found.retain(|id| named.contains(id));
        }
        *self.subscriptions.write().unwrap_or_else(PoisonError::into_inner) = found;
    }

    /// Lets requests name these management groups, which were found below the one that is the scope. Means nothing to a connection
    /// whose scope is no management group.
    pub fn admit_groups(&self, groups: &BTreeSet<String>) {
        *self.groups.write().unwrap_or_else(PoisonError::into_inner) = lower(groups);
    }

    /// Whether a request that the guard allows stays inside; else the sentence that says where it points.
    pub fn check(&self, allowed: &Allowed, body: &[u8]) -> Result<(), String> {
        if allowed.audience == Audience::Graph || FREE.contains(&(allowed.head, allowed.tail)) {
            return Ok(());
        }
        if allowed.tail == RESOURCE_GRAPH {
            return self.check_query(body);
        }
        match (&allowed.subscription, &allowed.management_group) {
            (Some(id), _) => self.check_subscription(id),
            (None, Some(group)) => self.check_group(group),
            (None, None) => Err("It reads the tenant beyond what scope.rs lists.".to_owned()),
        }
    }

    fn check_query(&self, body: &[u8]) -> Result<(), String> {
        let Ok(named) = serde_json::from_slice::<Named>(body) else {
            return Err("The Resource Graph query is not readable JSON.".to_owned());
        };
        if named.subscriptions.is_empty() && named.management_groups.is_empty() {
            return Err("A Resource Graph query must name its scope; without one it reads everything.".to_owned());
        }
        named.subscriptions.iter().try_for_each(|id| self.check_subscription(id))?;
        named.management_groups.iter().try_for_each(|group| self.check_group(group))
    }

    fn check_subscription(&self, id: &str) -> Result<(), String> {
        let known = self.subscriptions.read().unwrap_or_else(PoisonError::into_inner);
        if known.contains(&id.to_ascii_lowercase()) {
            return Ok(());
        }
        Err(format!("Subscription {id} is not in the scope of this connection."))
    }

    fn check_group(&self, group: &str) -> Result<(), String> {
        match &self.setting {
            ScopeSetting::Tenant => Ok(()),
            ScopeSetting::ManagementGroup(name) if name.eq_ignore_ascii_case(group) || self.is_below(group) => Ok(()),
            _ => Err(format!("Management group {group} is not in the scope of this connection.")),
        }
    }

    fn is_below(&self, group: &str) -> bool {
        self.groups.read().unwrap_or_else(PoisonError::into_inner).contains(&group.to_ascii_lowercase())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    #[serde(default)]
    subscriptions: Vec<String>,
    #[serde(default)]
    management_groups: Vec<String>,
}

fn lower(ids: &BTreeSet<String>) -> BTreeSet<String> {
    ids.iter().map(|id| id.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use azure_core::http::Method;

    use super::*;
    use crate::azure::send::guard::{self, TABLE};

    const OURS: &str = "aaaaaaaa-1111-1111-1111-111111111111";
    const THEIRS: &str = "bbbbbbbb-1111-1111-1111-111111111111";

    fn named() -> ScopeSetting {
        ScopeSetting::Subscriptions(BTreeSet::from([OURS.to_owned()]))
    }

    fn get(scope: &Bounds, path: &str) -> Result<(), String> {
        scope.check(&guard::allow(Audience::ResourceManager, Method::Get, path).unwrap(), b"")
    }

    fn query(scope: &Bounds, body: &str) -> Result<(), String> {
        let path = format!("/{RESOURCE_GRAPH}");
        scope.check(&guard::allow(Audience::ResourceManager, Method::Post, &path).unwrap(), body.as_bytes())
    }

    #[test]
    fn configured_subscriptions_are_the_allow_list_from_the_start_and_its_upper_bound() {
        let scope = Bounds::new(&named());
        assert!(get(&scope, &format!("/subscriptions/{}/resources", OURS.to_uppercase())).is_ok());
        assert!(get(&scope, &format!("/subscriptions/{THEIRS}/resources")).is_err());
        scope.confine(&BTreeSet::from([THEIRS.to_owned()]));
        assert!(get(&scope, &format!("/subscriptions/{THEIRS}")).is_err());
    }

    #[test]
    fn before_detection_only_the_tenant_level_list_may_be_read() {
        let scope = Bounds::new(&ScopeSetting::Detect);
        assert!(get(&scope, "/subscriptions").is_ok());
        assert!(get(&scope, &format!("/subscriptions/{OURS}/resources")).is_err());
        scope.confine(&BTreeSet::from([OURS.to_uppercase()]));
        assert!(get(&scope, &format!("/subscriptions/{OURS}/resources")).is_ok());
    }

    #[test]
    fn a_management_group_is_read_only_where_it_is_the_scope_but_ancestors_may_be_looked_up() {
        let group = "/providers/Microsoft.Management/managementGroups/corp";
        for (setting, inside) in
            [(named(), false), (ScopeSetting::ManagementGroup("Corp".to_owned()), true), (ScopeSetting::Tenant, true)]
        {
            let scope = Bounds::new(&setting);
            assert!(get(&scope, group).is_ok());
            assert_eq!(get(&scope, &format!("{group}/descendants")).is_ok(), inside, "{setting:?}");
        }
    }

    #[test]
    fn groups_found_below_the_configured_group_may_be_read_and_no_connection_of_subscriptions_gains_any() {
        let assignments =
            "/providers/Microsoft.Management/managementGroups/Below/providers/Microsoft.Authorization/roleAssignments";
        for (setting, inside) in [(named(), false), (ScopeSetting::ManagementGroup("corp".to_owned()), true)] {
            let scope = Bounds::new(&setting);
            assert!(get(&scope, assignments).is_err(), "{setting:?}");
            scope.admit_groups(&BTreeSet::from(["below".to_owned()]));
            assert_eq!(get(&scope, assignments).is_ok(), inside, "{setting:?}");
        }
    }

    #[test]
    fn a_resource_graph_body_must_name_a_scope_and_stay_within_it() {
        let scope = Bounds::new(&named());
        assert!(query(&scope, &format!(r#"{{"subscriptions":["{OURS}"],"query":"resources"}}"#)).is_ok());
        for outside in [
            r#"{"query":"resources"}"#.to_owned(),
            r#"{"subscriptions":[],"query":"resources"}"#.to_owned(),
            format!(r#"{{"subscriptions":["{OURS}","{THEIRS}"],"query":"resources"}}"#),
            r#"{"managementGroups":["root"],"query":"resources"}"#.to_owned(),
            "not json".to_owned(),
        ] {
            assert!(query(&scope, &outside).is_err(), "{outside}");
        }
        let tenant = Bounds::new(&ScopeSetting::Tenant);
        assert!(query(&tenant, r#"{"managementGroups":["root"],"query":"resources"}"#).is_ok());
    }

    #[test]
    fn every_tenant_level_row_of_the_guard_is_listed_here_or_judged_by_its_body() {
        for row in TABLE.iter().filter(|row| row.audience == Audience::ResourceManager && row.heads.contains(&Head::Tenant)) {
            assert!(FREE.contains(&(Head::Tenant, row.tail)) || row.tail == RESOURCE_GRAPH, "{row:?}");
        }
    }
}
