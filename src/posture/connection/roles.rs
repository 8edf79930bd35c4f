//! What the sign-in may do in a subscription: enough to read, and no more than that.

use super::{
    Verdict,
    evidence::{ConnectionFacts, SubscriptionFacts},
    verdict::{joined, listed},
};
use crate::posture::{
    Reason, Why, filter,
    rbac::{Permission, built_in::by_name, covers},
};

/// Every concrete read that this release makes in the areas which are on.
pub(super) fn reader(facts: &ConnectionFacts, subscription: &SubscriptionFacts) -> Verdict {
    held(facts, subscription, &needed(facts), "Reader")
}

pub(super) fn security_reader(facts: &ConnectionFacts, subscription: &SubscriptionFacts) -> Verdict {
    held_of(facts, subscription, "Microsoft.Security", "Security Reader")
}

pub(super) fn monitoring_reader(facts: &ConnectionFacts, subscription: &SubscriptionFacts) -> Verdict {
    held_of(facts, subscription, "Microsoft.Insights", "Monitoring Reader")
}

/// The reads of the lists of the areas that are on, each once. What proves a list whole (`*/read`) is no read of its own.
fn needed(facts: &ConnectionFacts) -> Vec<&'static str> {
    let on = facts.lists.iter().filter(|list| list.area.is_none_or(|area| facts.areas.contains(&area)));
    let actions = on.flat_map(|list| list.actions).copied().filter(|action| !action.contains('*'));
    actions.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

/// Those of one resource provider. That nothing is read there is no proof that it could be.
fn held_of(facts: &ConnectionFacts, subscription: &SubscriptionFacts, namespace: &str, role: &str) -> Verdict {
    let own: Vec<&str> = needed(facts).into_iter().filter(|action| action.starts_with(&format!("{namespace}/"))).collect();
    if own.is_empty() {
        let detail = format!("this release reads nothing of {namespace} in the areas that are on");
        return Verdict::not_applicable(Why::NoResources, detail);
    }
    held(facts, subscription, &own, role)
}

/// Key vaults, through Resource Manager: names, states and dates, never values.
const KEY_VAULT: &[&str] =
    &["Microsoft.KeyVault/vaults/keys/read", "Microsoft.KeyVault/vaults/read", "Microsoft.KeyVault/vaults/secrets/read"];

const POLICY_STATES: &[&str] =
    &["Microsoft.PolicyInsights/policyStates/queryResults/read", "Microsoft.PolicyInsights/policyStates/summarize/read"];

pub(super) fn key_vault_readable(facts: &ConnectionFacts, subscription: &SubscriptionFacts) -> Verdict {
    let mut verdict = held(facts, subscription, KEY_VAULT, "Reader");
    verdict.detail.push_str("; Key Vault Reader is not needed, because the data plane is never read");
    verdict
}

/// Policy states exist only as POST, which `resource_graph = "never"` rules out.
pub(super) fn policy_states_readable(facts: &ConnectionFacts, subscription: &SubscriptionFacts) -> Verdict {
    if facts.scope.query.is_none() {
        let detail = "policy states can only be had with a POST request, and resource_graph = \"never\" allows none";
        return Verdict::fail(detail, "Set resource_graph = \"auto\".").because(Reason::EngineNever);
    }
    held(facts, subscription, POLICY_STATES, "Reader")
}

pub(super) fn excess(facts: &ConnectionFacts, subscription: &SubscriptionFacts) -> Verdict {
    let held = match subscription.permissions.whole() {
        Ok(held) => held,
        Err(gap) => return Verdict::unread(gap),
    };
    let surplus: Vec<&str> = held.iter().flat_map(surplus).collect();
    if surplus.is_empty() && held.iter().any(|one| one.unseen) {
        return unstated(facts, subscription);
    }
    if surplus.is_empty() {
        return excess_below(facts, subscription, held).with("roles", held.len());
    }
    let roles: Vec<&str> = held.iter().filter(|role| surplus_of(role)).map(looks_like).collect();
    let detail = format!("the sign-in may do more than read ({}): {}", listed(&distinct(roles)), listed(&surplus));
    let fix = format!(
        "Read-only is enough: az role assignment list --assignee {} --scope /subscriptions/{} --include-inherited shows the roles; \
         replace what writes by Reader.",
        facts.own_object_id(),
        subscription.id
    );
    Verdict::fail(detail, fix).with("surplus", joined(&surplus))
}

/// What seeing all role assignments of a subscription takes.
const READ_ASSIGNMENTS: &str = "Microsoft.Authorization/roleAssignments/read";

/// Built-in roles that only read.
const READERS: &[&str] = &[
    "Billing Reader",
    "Cost Management Reader",
    "Key Vault Reader",
    "Log Analytics Reader",
    "Management Group Reader",
    "Monitoring Reader",
    "Reader",
    "Security Reader",
];

/// Permissions at the subscription say nothing about what was given on a resource group or a resource in it.
fn excess_below(facts: &ConnectionFacts, subscription: &SubscriptionFacts, held: &[Permission]) -> Verdict {
    const WRITERS: &[&str] = &["Contributor", "Owner", "Role Based Access Control Administrator", "User Access Administrator"];
    let below = match subscription.below.whole() {
        Ok(below) => below,
        Err(gap) => return Verdict::unread(gap),
    };
    let is_one_of = |names: &[&str], guid: &str| names.iter().filter_map(|name| by_name(name)).any(|(_, known)| known == guid);
    let fix = format!(
        "az role assignment list --assignee {} --all --include-groups --subscription {} shows the roles; replace what writes by Reader.",
        facts.own_object_id(),
        subscription.id
    );
    let writers: Vec<&str> = WRITERS.iter().copied().filter(|name| below.iter().any(|guid| is_one_of(&[name], guid))).collect();
    let others: Vec<&str> =
        below.iter().map(String::as_str).filter(|guid| !is_one_of(READERS, guid) && !is_one_of(WRITERS, guid)).collect();
    if !writers.is_empty() {
        let detail = format!("the sign-in may do more than read on something in the subscription: {}", listed(&writers));
        return Verdict::fail(detail, fix).with("below", joined(&writers));
    }
    if !others.is_empty() {
        let detail =
            format!("the sign-in holds roles on something in the subscription that may do more than read: {}", listed(&others));
        return Verdict::unknown(Reason::NotProven, detail, fix).with("below", joined(&others));
    }
    if !covers(held, READ_ASSIGNMENTS) {
        let detail = "the sign-in may not see all role assignments in the subscription, so there may be others";
        let fix = format!(
            "`{READ_ASSIGNMENTS}` is part of Reader: {}",
            facts.grant("Reader", &format!("/subscriptions/{}", subscription.id))
        );
        return Verdict::unknown(Reason::NotProven, detail, fix);
    }
    Verdict::pass("the sign-in holds nothing but reads").with("below", below.len())
}

/// Actions that the built-in reader roles hold beside reads; they neither change nor disclose anything of the estate.
const HARMLESS: &[&str] = &[
    "Microsoft.IoTSecurity/defenderSettings/*/action",
    "Microsoft.OperationalInsights/workspaces/analytics/query/action",
    "Microsoft.OperationalInsights/workspaces/search/action",
    "Microsoft.Security/iotDefenderSettings/*/action",
    "Microsoft.Security/iotSensors/downloadResetPassword/action",
    "Microsoft.Support/*",
];

fn surplus(role: &Permission) -> impl Iterator<Item = &str> {
    let is_read = |action: &str| action.to_ascii_lowercase().ends_with("/read");
    let is_harmless = |action: &str| HARMLESS.iter().any(|known| filter::wildcard(known, action));
    role.actions
        .iter()
        .chain(role.data_actions.iter())
        .map(String::as_str)
        .filter(move |action| !is_read(action) && !is_harmless(action))
}

fn surplus_of(role: &Permission) -> bool {
    surplus(role).next().is_some()
}

/// The built-in role that a permission most likely comes from: its id does not stand in it.
fn looks_like(role: &Permission) -> &'static str {
    let has = |list: &[String], action: &str| list.iter().any(|own| own.eq_ignore_ascii_case(action));
    match role {
        _ if has(&role.actions, "*") && role.not_actions.is_empty() => "Owner",
        _ if has(&role.actions, "*") && has(&role.not_actions, "Microsoft.Authorization/*/Write") => "Contributor",
        _ if has(&role.actions, "Microsoft.Authorization/*") && has(&role.actions, "*/read") => "User Access Administrator",
        _ => "another role",
    }
}

fn distinct(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names.dedup();
    names
}

/// A role is held of which the service does not say all that it allows.
fn unstated(facts: &ConnectionFacts, subscription: &SubscriptionFacts) -> Verdict {
    Verdict::unknown(
        Reason::InvalidResponse,
        "the service does not state all that a role of the sign-in allows",
        format!(
            "Run again in a few minutes; az role assignment list --assignee {} --scope /subscriptions/{} --include-inherited shows the \
             roles.",
            facts.own_object_id(),
            subscription.id
        ),
    )
}

fn held(facts: &ConnectionFacts, subscription: &SubscriptionFacts, needed: &[&str], role: &str) -> Verdict {
    let held = match subscription.permissions.whole() {
        Ok(held) => held,
        Err(gap) => return Verdict::unread(gap),
    };
    let missing: Vec<&str> = needed.iter().filter(|action| !covers(held, action)).copied().collect();
    if missing.is_empty() {
        return Verdict::pass(format!("all {} read actions are held", needed.len())).with("actions", needed.len());
    }
    if held.iter().any(|one| one.unseen) {
        return unstated(facts, subscription);
    }
    let lacks =
        |one: &SubscriptionFacts| one.permissions.whole().is_ok_and(|held| !needed.iter().all(|action| covers(held, action)));
    Verdict::fail(
        format!("{} of {} read actions are not held: {}", missing.len(), needed.len(), listed(&missing)),
        facts.grant(role, &facts.place_of_grant(subscription, lacks)),
    )
    .with("missing", joined(&missing))
    .with("missing_count", missing.len())
}
