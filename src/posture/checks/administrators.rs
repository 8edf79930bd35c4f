//! Checks of how many people hold what allows everything.

use std::collections::BTreeSet;

use super::{
    check::{Check, Judged, On},
    estate::{Directory, Holder, HolderKind, Subscription},
    run::Ruling,
};
use crate::posture::{
    Area, Reason, Severity, Subject,
    rbac::{built_in::OWNER, directory_roles::GLOBAL_ADMINISTRATOR},
};

/// The documented defaults of the parameters that these checks have.
const MOST_OWNERS: usize = 3;
const FEWEST_ADMINISTRATORS: usize = 2;
const MOST_ADMINISTRATORS: usize = 4;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "identity_global_admin_count",
        area: Area::Identity,
        severity: Severity::High,
        title: "Neither too few nor too many people are Global Administrator",
        remediation: "Move people to narrower roles or to eligible assignments",
        on: On::Tenant(
            &[Subject::DirectoryRoleAssignments, Subject::EligibleDirectoryRoleAssignments, Subject::GroupMembers],
            global_administrators,
        ),
    },
    Check {
        id: "rbac_owner_count_maximum",
        area: Area::Identity,
        severity: Severity::High,
        title: "Few principals own a subscription",
        remediation: "Remove owners or move them to eligible",
        on: On::Subscription(&[Subject::RoleAssignments], owners),
    },
];

/// Those who were given the subscription itself: what stands above it is counted nowhere, or in every subscription again.
fn owners(subscription: &Subscription) -> Judged<'_> {
    let scope = format!("/subscriptions/{}", subscription.id);
    let all = subscription.role_assignments.whole()?.iter();
    let own = all.filter(|one| one.role_id == OWNER && one.scope.trim_end_matches('/').eq_ignore_ascii_case(&scope));
    let count = own.map(|one| one.principal_id.as_str()).collect::<BTreeSet<_>>().len();
    let detail = format!("{count} principals are Owner of the subscription, and at most {MOST_OWNERS} should be");
    Ok(if count <= MOST_OWNERS { Ruling::Pass(detail) } else { Ruling::fail(detail) })
}

/// People, whether they hold the role themselves or through a group, now or when they activate it.
fn global_administrators(directory: &Directory) -> Judged<'_> {
    let (active, eligible, members) = (directory.active.whole()?, directory.eligible.whole()?, directory.members.whole()?);
    let holders = active.iter().chain(eligible).filter(|one| one.role_id == GLOBAL_ADMINISTRATOR);
    let (groups, others): (Vec<&Holder>, Vec<&Holder>) = holders.partition(|one| one.kind == Some(HolderKind::Group));
    let people = groups.iter().filter_map(|group| members.get(&group.principal_id)).flatten().chain(others);
    let (mut users, mut unclear) = (BTreeSet::new(), BTreeSet::new());
    for one in people {
        match one.kind {
            Some(HolderKind::User) => users.insert(one.principal_id.as_str()),
            None => unclear.insert(one.principal_id.as_str()),
            Some(HolderKind::Group | HolderKind::NoPerson) => continue,
        };
    }
    // Who the directory says is a user elsewhere is one; whoever is left may be anything, a group of many people, too.
    let unclear = unclear.difference(&users).count();
    let detail = format!("{} people are or can become Global Administrator", users.len());
    let limits = format!("{FEWEST_ADMINISTRATORS} to {MOST_ADMINISTRATORS} should");
    Ok(if users.len() > MOST_ADMINISTRATORS || (unclear == 0 && users.len() < FEWEST_ADMINISTRATORS) {
        Ruling::fail(format!("{detail}, and {limits}"))
    } else if unclear > 0 {
        Ruling::Unknown(
            Reason::Hidden,
            format!("{detail}, and of {unclear} more holders the directory does not say who they are"),
        )
    } else {
        Ruling::Pass(format!("{detail}; {limits}"))
    })
}
