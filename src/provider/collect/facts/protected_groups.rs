//! Which of the groups that decide who is covered may be edited by more than those who administer roles.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    posture::{
        Place, Reason, Subject, Unreadable,
        conditional_access::{AccessPolicy, GroupMembers, PolicyKind, PolicyPart, PolicyState},
    },
    provider::{
        collect::{
            lists::{access_policies::ListedPolicy, directory},
            stop::Result,
            unread,
        },
        context::Context,
    },
};

/// Groups that are neither role-assignable nor restricted.
#[derive(Debug, Default)]
pub struct Unprotected {
    /// Their ids, in order; none if that could not be read of all.
    pub groups: Option<Vec<String>>,
    /// Why not.
    pub gaps: Vec<Unreadable>,
}

/// The groups that policies for people name that are in force, or may be.
fn in_force(policies: &[ListedPolicy]) -> BTreeSet<String> {
    let policies = policies.iter().map(|listed| &listed.policy).filter(|policy| policy.kind == PolicyKind::People);
    let policies = policies.filter(|policy| !matches!(policy.state, PolicyState::Disabled | PolicyState::ReportOnly));
    policies.flat_map(|policy| policy.include.groups.iter().chain(&policy.exclude.groups)).cloned().collect()
}

/// Those of groups that are not protected. One that does not exist needs no protection.
pub async fn unprotected(
    context: &Context,
    policies: &[ListedPolicy],
    known: &BTreeMap<String, GroupMembers>,
) -> Result<Unprotected> {
    if policies.iter().any(|listed| hides_groups(&listed.policy)) {
        return Ok(Unprotected { groups: None, gaps: vec![not_understood()] });
    }
    let ids = in_force(policies);
    let there: Vec<String> = ids.iter().filter(|id| !matches!(known.get(*id), Some(GroupMembers::Missing))).cloned().collect();
    if there.is_empty() {
        return Ok(Unprotected { groups: Some(Vec::new()), gaps: Vec::new() });
    }
    let rows = match directory::group_protection(context, &there).await {
        Ok(rows) => rows,
        Err(error) => return Ok(Unprotected { groups: None, gaps: vec![unread::gap(Subject::Groups, Place::Graph, &error)?] }),
    };
    let mut groups = BTreeSet::new();
    for row in &rows {
        // What is not said protects nothing, and of two rows the weaker one counts.
        if row.is_assignable_to_role.0 != Some(true) && row.is_management_restricted.0 != Some(true) {
            groups.insert(row.id.to_lowercase());
        }
    }
    let missing = there.iter().filter(|id| !rows.iter().any(|row| row.id.eq_ignore_ascii_case(id))).count();
    match missing {
        0 => Ok(Unprotected { groups: Some(groups.into_iter().collect()), gaps: Vec::new() }),
        _ => Ok(Unprotected { groups: None, gaps: vec![unlisted(missing)] }),
    }
}

/// Whether a policy that may be in force names people in a way that is not understood, so that it may name groups.
fn hides_groups(policy: &AccessPolicy) -> bool {
    policy.kind == PolicyKind::People
        && !matches!(policy.state, PolicyState::Disabled | PolicyState::ReportOnly)
        && policy.unclear.contains(&PolicyPart::Users)
}

fn not_understood() -> Unreadable {
    Unreadable {
        subject: Subject::ConditionalAccessPolicies,
        place: Place::Graph,
        reason: Reason::NotProven,
        code: String::new(),
        remedy: "Whom a policy that is in force is about is not understood, so it may name groups that are not looked at. Look at it in the \
                 Entra admin center."
            .to_owned(),
    }
}

fn unlisted(missing: usize) -> Unreadable {
    Unreadable {
        subject: Subject::Groups,
        place: Place::Graph,
        reason: Reason::NotProven,
        code: String::new(),
        remedy: format!("Microsoft Graph left out {missing} of the groups it was asked for by id. Run again in a few minutes."),
    }
}
