//! What checks are judged by, read as far as the chosen ones need it. What failed is a gap in its place.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    azure::{self, Kind},
    posture::{
        Place, Seen, Subject, Unreadable,
        checks::{self, Check, Directory, Estate, Holder, HolderKind},
        rbac::{Assignment, directory_roles::GLOBAL_ADMINISTRATOR},
        resource_id::canonical,
        time,
    },
    provider::{
        collect::{
            By,
            estate::scope::{Scope, Subscription},
            facts::held_roles,
            lists::{
                authorization,
                directory::{self, Object, Principals},
                security, typed,
            },
            seen_in,
            stop::Result,
            twice, unread,
        },
        context::Context,
    },
};

/// What these checks need to know of what the connection stands for.
pub async fn estate(context: &Context, scope: &Scope, chosen: &[&Check]) -> Result<Estate> {
    let needed: BTreeSet<Subject> = chosen.iter().flat_map(|check| check.reads()).copied().collect();
    let types: BTreeSet<&str> = chosen.iter().filter_map(|check| check.resource_type()).collect();
    let of = |subject| if needed.contains(&subject) { scope.subscriptions.as_slice() } else { &[] };
    let (plans, assignments, resources, directory) = tokio::try_join!(
        async { Result::Ok(security::plans(context, of(Subject::Plans)).await?.by_id()) },
        async { Result::Ok(authorization::role_assignments(context, of(Subject::RoleAssignments)).await?.by_id()) },
        resources(context, &scope.subscriptions, &types),
        people(context, &needed),
    )?;
    let one = |subscription: &Subscription| checks::Subscription {
        id: subscription.id.clone(),
        resources: resources.iter().map(|(name, all)| (*name, seen_in(all, subscription, Subject::Resources))).collect(),
        plans: seen_in(&plans, subscription, Subject::Plans),
        role_assignments: given(seen_in(&assignments, subscription, Subject::RoleAssignments), &subscription.id),
    };
    Ok(Estate { subscriptions: scope.subscriptions.iter().map(one).collect(), unseen: scope.gaps.clone(), directory })
}

/// Role assignments; those of which two rows do not say the same are a gap.
fn given(rows: Seen<Arc<Vec<authorization::wire::RoleAssignment>>>, subscription_id: &str) -> Seen<Vec<Assignment>> {
    let rows = rows.map(|rows| rows.iter().map(held_roles::assignment).collect::<Vec<_>>());
    let twofold = twice::contradicted(rows.rows_so_far().map(|row| (row.id.clone(), held_roles::said(row))));
    let place = Place::Subscription(subscription_id.to_owned());
    lacking(rows, Subject::RoleAssignments, &place, &twofold.iter().map(|id| canonical(id)).collect())
}

/// What is seen, less what contradicts itself.
fn lacking<T>(seen: Seen<T>, subject: Subject, place: &Place, twofold: &BTreeSet<String>) -> Seen<T> {
    twofold.iter().fold(seen, |seen, id| seen.lacking(twice::gap(subject, place.clone(), id)))
}

async fn resources(
    context: &Context,
    subscriptions: &[Subscription],
    types: &BTreeSet<&str>,
) -> Result<BTreeMap<&'static str, By<Arc<Vec<checks::Resource>>>>> {
    let wanted = typed::TYPES.iter().filter(|typed| types.contains(typed.name()));
    let one = |row: &typed::TypedResource| checks::Resource { id: row.id.clone(), properties: row.looked_at.clone() };
    let reads = wanted.map(async |typed| {
        let lists = typed::resources(context, subscriptions, typed).await?.by_id();
        let rows = lists.into_iter().map(|(id, seen)| (id, seen.map(|rows| Arc::new(rows.iter().map(one).collect()))));
        Result::Ok((typed.name(), rows.collect()))
    });
    Ok(futures::future::try_join_all(reads).await?.into_iter().collect())
}

async fn people(context: &Context, needed: &BTreeSet<Subject>) -> Result<Directory> {
    let active = match needed.contains(&Subject::DirectoryRoleAssignments) {
        false => Seen::unseen(Unreadable::unasked(Subject::DirectoryRoleAssignments)),
        true => {
            let rows = from_the_directory(Subject::DirectoryRoleAssignments, directory::role_assignments(context).await)?;
            let twofold = rows.so_far().map(|rows| directory::contradicted_assignments(rows)).unwrap_or_default();
            let one =
                |row: &directory::RoleAssignment| holder(&row.principal_id, &row.role_definition_id, row.principal.as_ref());
            lacking(rows.map(|rows| rows.iter().map(one).collect()), Subject::DirectoryRoleAssignments, &Place::Graph, &twofold)
        }
    };
    let eligible = match needed.contains(&Subject::EligibleDirectoryRoleAssignments) {
        false => Seen::unseen(Unreadable::unasked(Subject::EligibleDirectoryRoleAssignments)),
        true => eligible(context).await?,
    };
    let members = match needed.contains(&Subject::GroupMembers) {
        false => Seen::unseen(Unreadable::unasked(Subject::GroupMembers)),
        true => members(context, active.rows_so_far().chain(eligible.rows_so_far())).await?,
    };
    Ok(Directory { active, eligible, members })
}

async fn eligible(context: &Context) -> Result<Seen<Vec<Holder>>> {
    let rows = match directory::role_eligibilities(context).await {
        // Without the licence for it nobody can activate anything.
        Err(error) if error.kind() == Kind::NotLicensed => return Ok(Seen::all(Vec::new())),
        rows => from_the_directory(Subject::EligibleDirectoryRoleAssignments, rows)?,
    };
    let now = context.now();
    // What is over stays in the list for a while; an end that is no time may be still to come.
    let is_over =
        |row: &&directory::RoleInstance| row.end_date_time.as_deref().and_then(time::parse).is_some_and(|end| end <= now);
    let one = |row: &directory::RoleInstance| holder(&row.principal_id, &row.role_definition_id, row.principal.as_ref());
    let twofold = rows.so_far().map(|rows| directory::contradicted_instances(rows)).unwrap_or_default();
    let holders = rows.map(|rows| rows.iter().filter(|row| !is_over(row)).map(one).collect());
    Ok(lacking(holders, Subject::EligibleDirectoryRoleAssignments, &Place::Graph, &twofold))
}

/// Who is in the groups among these that are Global Administrator.
async fn members(context: &Context, holders: impl Iterator<Item = &Holder>) -> Result<Seen<BTreeMap<String, Vec<Holder>>>> {
    let groups = holders.filter(|one| one.role_id == GLOBAL_ADMINISTRATOR && one.kind == Some(HolderKind::Group));
    let groups: BTreeSet<String> = groups.map(|one| one.principal_id.clone()).collect();
    if groups.is_empty() {
        return Ok(Seen::all(BTreeMap::new()));
    }
    let found = directory::members(context, &groups, Principals::default()).await?;
    let member = |object: &Object| holder(&object.id, "", Some(object));
    let of = found.of.iter().map(|(group, members)| (group.to_lowercase(), members.iter().map(member).collect())).collect();
    Ok(Seen::part(of, found.gaps))
}

fn holder(principal_id: &str, role_id: &str, object: Option<&Object>) -> Holder {
    let kind = object.and_then(|object| match object.principal_type() {
        "User" => Some(HolderKind::User),
        "Group" => Some(HolderKind::Group),
        "Device" | "ServicePrincipal" => Some(HolderKind::NoPerson),
        _ => None,
    });
    Holder { principal_id: principal_id.to_lowercase(), role_id: role_id.to_lowercase(), kind }
}

fn from_the_directory<T>(subject: Subject, read: azure::Result<T>) -> Result<Seen<T>> {
    Ok(match read {
        Ok(value) => Seen::all(value),
        Err(error) => Seen::unseen(unread::gap(subject, Place::Graph, &error)?),
    })
}
