//! The lists behind `azposture_role_assignments`, each row once, and what of them could not be read.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ::time::OffsetDateTime;

use crate::{
    azure::{self, answer::lenient::unstated},
    posture::{
        Place, Reason, Seen, Subject, Unreadable,
        rbac::place,
        resource_id::{ResourceId, canonical},
        time,
    },
    provider::{
        collect::{
            Lists,
            estate::{
                delegated,
                engine::{self, Engine},
                hierarchy, proof,
                scope::{self, Subscription},
            },
            lists::authorization::{self, Definitions, Force, Tree, force, guid_of, wire},
            stop::Stop,
            twice, unread,
        },
        context::Context,
        data::role_assignments::{Arguments, DenyRow, RoleRow, Row, kept::keep},
        words::AssignmentTypeWord,
    },
    sdk::Result,
};

/// What was read, by lower-case id.
#[derive(Default)]
pub(super) struct Found {
    active: BTreeMap<String, wire::RoleAssignment>,
    eligible: BTreeMap<String, wire::ScheduleInstance>,
    /// By the id of the assignment they speak of.
    schedules: BTreeMap<String, wire::ScheduleInstanceProperties>,
    denials: BTreeMap<String, wire::DenyAssignment>,
    /// Those that only stand in lists of other tenants' subscriptions.
    elsewhere: BTreeSet<String>,
    /// The subscriptions in whose lists something on a management group stood, by the lower-case id of the group.
    above: BTreeMap<String, BTreeSet<String>>,
}

/// Reads the lists that the arguments ask for.
pub(super) async fn found(
    arguments: &Arguments,
    context: &Context,
    subscriptions: &[Subscription],
    tree: &Tree,
    gaps: &mut Vec<Unreadable>,
) -> Result<Found> {
    let (active, eligible) = (arguments.asks(AssignmentTypeWord::Active), arguments.asks(AssignmentTypeWord::Eligible));
    let mut found = Found::default();
    let groups = groups_without(arguments, subscriptions, tree, gaps);
    let mut any = false;
    if active {
        let (assignments, schedules) = tokio::join!(
            authorization::role_assignments(context, subscriptions),
            authorization::schedules(context, subscriptions)
        );
        let assignments = assignments?;
        any |= assignments.so_far().next().is_some();
        found.tell_apart(&assignments, |row| &row.id);
        keep(&mut found.active, each(&assignments), gaps);
        match arguments.scopes.is_some() && tree.groups.is_empty() && engine::engine_of(context) == Engine::ResourceGraph {
            true => found.place_by_hierarchy(context, gaps).await?,
            false => found.place(&assignments, |row| &row.properties.scope),
        }
        gaps.extend(assignments.gaps().cloned());
        found.schedule(schedules?, context.now(), gaps);
        let of_groups = authorization::assignments_of_groups(context, &groups).await?;
        any |= of_groups.iter().any(|list| list.so_far().is_ok());
        keep(&mut found.active, all_of(&of_groups), gaps);
        gaps.extend(of_groups.iter().flat_map(Seen::gaps).cloned());
    }
    if eligible {
        let now = context.now();
        let list = authorization::eligibilities(context, subscriptions).await?;
        let of_groups = authorization::eligibilities_of_groups(context, &groups).await?;
        any |= list.so_far().next().is_some() || of_groups.iter().any(|list| list.so_far().is_ok());
        found.tell_apart(&list, |row| &row.id);
        let rows: Vec<_> = each(&list).chain(all_of(&of_groups)).collect();
        keep(&mut found.eligible, rows.iter().copied().filter(|row| is_in_force(row, now)), gaps);
        gaps.extend(doubts(Subject::EligibleRoleAssignments, &rows, |row| is_in_force(row, now)));
        gaps.extend(undated(Subject::EligibleRoleAssignments, found.eligible.values().map(|row| &row.properties)));
        found.place(&list, |row| &row.properties.scope);
        gaps.extend(list.gaps().chain(of_groups.iter().flat_map(Seen::gaps)).cloned());
    }
    if !any {
        return Err(Stop::NothingRead(std::mem::take(gaps)).into());
    }
    let denials = authorization::deny_assignments(context, subscriptions).await?;
    let of_groups = authorization::denials_of_groups(context, &groups).await?;
    keep(&mut found.denials, each(&denials).chain(all_of(&of_groups)), gaps);
    found.place(&denials, |row| &row.properties.scope);
    gaps.extend(denials.gaps().chain(of_groups.iter().flat_map(Seen::gaps)).cloned());
    for row in found.denials.values() {
        let own = &row.properties;
        let field = match (own.is_stated(), &own.exclude_principals.0) {
            (true, Some(_)) => continue,
            (true, None) => "excludePrincipals",
            (false, _) => "principals` and `permissions",
        };
        let error = unstated("list deny assignments", row.id.as_str(), field);
        gaps.push(unread::gap(Subject::DenyAssignments, Place::of(&canonical(&row.properties.scope)), &error)?);
    }
    Ok(found)
}

/// The groups without a subscription that is read, which have to be read by themselves; what is given on all others comes with the
/// subscriptions below them.
fn groups_without(
    arguments: &Arguments,
    subscriptions: &[Subscription],
    tree: &Tree,
    gaps: &mut Vec<Unreadable>,
) -> BTreeSet<String> {
    if arguments.include_management_groups == Some(false) || arguments.subscription_ids.is_some() {
        return BTreeSet::new();
    }
    gaps.extend(tree.gap.clone());
    let seen: BTreeSet<String> = subscriptions.iter().flat_map(|subscription| tree.above(&subscription.id)).collect();
    let unseen = |name: &&String| !seen.contains(&authorization::group_scope(name).to_lowercase());
    tree.groups.iter().filter(unseen).cloned().collect()
}

fn each<T>(lists: &Lists<Vec<T>>) -> impl Iterator<Item = &T> {
    lists.so_far().flat_map(|(_, rows)| rows.iter())
}

fn all_of<T>(lists: &authorization::OfGroups<T>) -> impl Iterator<Item = &T> {
    lists.iter().filter_map(|list| list.so_far().ok()).flat_map(|rows| rows.iter())
}

/// The gaps that schedules are of which two of one id do not say the same.
fn doubts<S: PartialEq>(
    subject: Subject,
    rows: &[&wire::ScheduleInstance],
    said: impl Fn(&wire::ScheduleInstance) -> S,
) -> Vec<Unreadable> {
    let unclear = twice::contradicted(rows.iter().map(|row| (row.id.to_lowercase(), said(row))));
    let doubtful = rows.iter().filter(|row| unclear.contains(&row.id.to_lowercase()));
    doubtful.map(|row| twice::gap(subject, Place::of(&canonical(&row.properties.scope)), &canonical(&row.id))).collect()
}

/// Whether a schedule is in force, or may be. What is over stays in the list for a while, and what was refused as well.
fn is_in_force(row: &wire::ScheduleInstance, now: OffsetDateTime) -> bool {
    force(&row.properties, now) > Force::Over
}

/// The gaps that ends are which are no time: nobody may take them for none.
fn undated<'a>(
    subject: Subject,
    schedules: impl Iterator<Item = &'a wire::ScheduleInstanceProperties>,
) -> impl Iterator<Item = Unreadable> {
    let is_undated =
        |own: &&wire::ScheduleInstanceProperties| own.end_date_time.as_deref().is_some_and(|end| time::parse(end).is_none());
    schedules.filter(is_undated).map(move |own| Unreadable {
        subject,
        place: Place::of(&canonical(&own.scope)),
        reason: Reason::InvalidResponse,
        code: String::new(),
        remedy: "Azure says of some assignments that they end, and not when; their rows are kept. Run again later; if this persists, please \
                 report it."
            .to_owned(),
    })
}

impl Found {
    /// Remembers which rows stand in no list of a subscription of the own tenant.
    fn tell_apart<T>(&mut self, lists: &Lists<Vec<T>>, id: impl Fn(&T) -> &String) {
        let (own, others): (Vec<_>, Vec<_>) =
            lists.so_far().partition(|(subscription, _)| delegated::elsewhere(subscription).is_none());
        let ids = |lists: &[(&Subscription, &Arc<Vec<T>>)]| -> BTreeSet<String> {
            lists.iter().flat_map(|(_, rows)| rows.iter()).map(|row| id(row).to_lowercase()).collect()
        };
        self.elsewhere.extend(&ids(&others) - &ids(&own));
    }

    /// Whether the principal of a row is one of another tenant, or may be: the directory of this one says nothing about it.
    pub(super) fn is_elsewhere(&self, row: &Row) -> bool {
        self.elsewhere.contains(&row.id.to_lowercase())
    }

    /// How long assignments last. Without the licence nothing is scheduled, which is an answer. One that is still listed after its end
    /// keeps that end; of several schedules of one assignment the one in force tells, and of those the one that lasts longest.
    fn schedule(&mut self, schedules: Lists<Vec<wire::ScheduleInstance>>, now: OffsetDateTime, gaps: &mut Vec<Unreadable>) {
        let lasts = |own: &wire::ScheduleInstanceProperties| {
            let end = own.end_date_time.as_deref().and_then(time::parse);
            (force(own, now), end.is_none(), end)
        };
        let lower = |text: &Option<String>| text.as_ref().map(|text| text.to_lowercase());
        let said = |row: &wire::ScheduleInstance| {
            let own = &row.properties;
            let moments = (own.start_date_time.clone(), own.end_date_time.clone());
            (force(own, now), moments, lower(&own.assignment_type), own.origin_role_assignment_id.as_deref().map(guid_of))
        };
        let mut rows: Vec<_> = each(&schedules).collect();
        gaps.extend(doubts(Subject::RoleAssignmentSchedules, &rows, said));
        rows.retain(|row| force(&row.properties, now) != Force::Never);
        rows.sort_by_key(|row| lasts(&row.properties));
        for row in rows {
            if let Some(origin) = &row.properties.origin_role_assignment_id.0 {
                self.schedules.insert(origin.to_lowercase(), row.properties.clone());
            }
        }
        gaps.extend(undated(Subject::RoleAssignmentSchedules, self.schedules.values()));
        gaps.extend(schedules.gaps().filter(|gap| gap.reason != Reason::NotLicensed).cloned());
    }

    /// Remembers above which subscriptions the groups stand that a list speaks of: what the service lists in a subscription reaches it.
    fn place<T>(&mut self, lists: &Lists<Vec<T>>, scope: impl Fn(&T) -> &String) {
        for (subscription, rows) in lists.so_far() {
            for at in rows.iter().map(&scope).filter(|at| place::Kind::of(at) == Some(place::Kind::ManagementGroup)) {
                self.above.entry(at.to_lowercase()).or_default().insert(subscription.id.clone());
            }
        }
    }

    /// The same where Resource Graph answered for all subscriptions at once, which does not tell whose a row is.
    async fn place_by_hierarchy(&mut self, context: &Context, gaps: &mut Vec<Unreadable>) -> Result<()> {
        let (hierarchy, gap) = hierarchy::hierarchy_of(context).await?;
        gaps.extend(gap);
        for subscription in scope::scope_of(context).await?.subscriptions {
            for group in hierarchy.above(&subscription.id).into_iter().flatten() {
                let group = authorization::group_scope(&group.id).to_lowercase();
                self.above.entry(group).or_default().insert(subscription.id.clone());
            }
        }
        Ok(())
    }

    /// Whether a management group stands above a subscription, as far as the lists of the subscriptions tell.
    pub(super) fn is_above(&self, group: &str, subscription_id: &str) -> bool {
        self.above.get(&group.trim_end_matches('/').to_lowercase()).is_some_and(|below| below.contains(subscription_id))
    }

    /// The roles that are given, each with a scope where it is.
    pub(super) fn used(&self) -> BTreeMap<String, String> {
        let active = self.active.values().map(|row| (&row.properties.role_definition_id, &row.properties.scope));
        let eligible = self.eligible.values().map(|row| (&row.properties.role_definition_id, &row.properties.scope));
        active.chain(eligible).map(|(role, scope)| (guid_of(role), scope.clone())).collect()
    }

    /// Whether the service says what kind of principal a row is about, be it in a word that is new here.
    pub(super) fn says_type_of(&self, row: &Row) -> bool {
        let id = row.id.to_lowercase();
        let active = self.active.get(&id).and_then(|row| row.properties.principal_type.as_ref());
        let eligible = || self.eligible.get(&id).and_then(|row| row.properties.principal_type.as_ref());
        active.or_else(eligible).is_some_and(|word| !word.is_empty())
    }

    /// A row for each assignment and each eligibility.
    pub(super) fn rows(&self, definitions: &Definitions, redacts_people: bool) -> Vec<Row> {
        let active = self.active.values().map(|assignment| self.active_row(assignment, definitions, redacts_people));
        active.chain(self.eligible.values().map(|instance| eligible_row(instance, definitions, redacts_people))).collect()
    }

    fn active_row(&self, assignment: &wire::RoleAssignment, definitions: &Definitions, redacts_people: bool) -> Row {
        let own = &assignment.properties;
        let schedule = self.schedules.get(&assignment.id.to_lowercase());
        let moment = |text: Option<&String>| text.and_then(|text| time::canonical(text));
        let row = row(&assignment.id, &own.scope, &own.role_definition_id, &own.principal_id, definitions, redacts_people);
        Row {
            principal_type: own.principal_type.0.clone().unwrap_or_else(|| "Unknown".to_owned()),
            pim: schedule.and_then(|schedule| schedule.assignment_type.as_ref()).map(|word| word.to_lowercase()),
            condition: shown(&own.condition, redacts_people),
            condition_version: own.condition_version.0.clone(),
            description: own.description.as_deref().and_then(|text| azure::written(text, redacts_people)),
            starts_on: moment(schedule.and_then(|schedule| schedule.start_date_time.as_ref())),
            ends_on: moment(schedule.and_then(|schedule| schedule.end_date_time.as_ref())),
            created_on: moment(own.created_on.as_ref()),
            created_by: own.created_by.0.clone(),
            ..row
        }
    }

    /// A row for each deny assignment.
    pub(super) fn deny_rows(&self, redacts_people: bool) -> Vec<DenyRow> {
        let ids = |principals: &[wire::Principal]| {
            let mut ids: Vec<_> = principals.iter().map(|one| one.id.to_lowercase()).collect();
            ids.sort();
            ids
        };
        let patterns = |row: &wire::DenyAssignment, of: fn(&wire::Permission) -> &Option<Vec<String>>| {
            let mut patterns: Vec<_> = row.properties.permissions.iter().flat_map(of).flatten().cloned().collect();
            patterns.sort();
            patterns
        };
        let rows = self.denials.iter().map(|(key, row)| DenyRow {
            key: key.clone(),
            id: canonical(&row.id),
            name: shown(&row.properties.deny_assignment_name, redacts_people),
            scope: canonical(&row.properties.scope),
            effect: row.properties.effect.0.clone(),
            principal_ids: ids(&row.properties.principals),
            excluded_principal_ids: row.properties.exclude_principals.as_deref().map(ids),
            actions: patterns(row, |permission| &permission.actions),
            not_actions: patterns(row, |permission| &permission.not_actions),
            applies_to_children: row.properties.do_not_apply_to_child_scopes.0 != Some(true),
        });
        rows.collect()
    }
}

/// What people wrote, without their addresses where they may not be named.
fn shown(text: &Option<String>, redacts_people: bool) -> Option<String> {
    text.as_deref().map(|text| azure::shown(text, redacts_people).into_owned())
}

fn eligible_row(instance: &wire::ScheduleInstance, definitions: &Definitions, redacts_people: bool) -> Row {
    let own = &instance.properties;
    let moment = |text: &Option<String>| text.as_deref().and_then(time::canonical);
    let row = row(&instance.id, &own.scope, &own.role_definition_id, &own.principal_id, definitions, redacts_people);
    Row {
        principal_type: own.principal_type.0.clone().unwrap_or_else(|| "Unknown".to_owned()),
        assignment_type: AssignmentTypeWord::Eligible.word().to_owned(),
        condition: shown(&own.condition, redacts_people),
        condition_version: own.condition_version.0.clone(),
        starts_on: moment(&own.start_date_time),
        ends_on: moment(&own.end_date_time),
        created_on: moment(&own.created_on),
        ..row
    }
}

/// What both kinds of rows share.
fn row(
    id: &str,
    scope: &str,
    role_definition_id: &str,
    principal_id: &str,
    definitions: &Definitions,
    redacts_people: bool,
) -> Row {
    let role = definitions.roles.get(&guid_of(role_definition_id));
    let kind = place::Kind::of(scope);
    Row {
        key: id.to_lowercase(),
        id: canonical(id),
        scope: canonical(scope),
        scope_type: kind.map_or("resource", place::Kind::word).to_owned(),
        subscription_id: ResourceId::parse(scope).ok().and_then(|id| id.subscription_id),
        role_definition_id: canonical(role_definition_id),
        role_definition_name: role.and_then(|role| shown(&role.properties.role_name, redacts_people)),
        role_type: role.and_then(|role| role.properties.kind.0.clone()),
        principal_id: principal_id.to_lowercase(),
        principal_type: String::new(),
        principal_display_name: None,
        assignment_type: AssignmentTypeWord::Active.word().to_owned(),
        pim: None,
        via: "direct".to_owned(),
        via_group_id: None,
        inherited: kind.is_some_and(place::Kind::is_above_subscriptions),
        condition: None,
        condition_version: None,
        description: None,
        starts_on: None,
        ends_on: None,
        created_on: None,
        created_by: None,
        privileged: role
            .and_then(|role| role.permissions())
            .map(|all| all.iter().cloned().map(proof::permission).any(|one| one.is_privileged())),
        orphaned: None,
    }
}

/// The roles of rows, by GUID.
pub(super) fn role_rows(rows: &[Row], definitions: &Definitions, redacts_people: bool) -> Vec<RoleRow> {
    let used: BTreeSet<String> = rows.iter().map(|row| guid_of(&row.role_definition_id)).collect();
    let known = used.iter().filter_map(|guid| Some((guid, definitions.roles.get(guid)?)));
    known
        .map(|(guid, role)| {
            let all = |of: fn(&wire::Permission) -> &Option<Vec<String>>| {
                let mut patterns: Vec<_> = role.properties.permissions.iter().flatten().flat_map(of).flatten().cloned().collect();
                patterns.sort();
                patterns
            };
            let mut assignable_scopes = role.properties.assignable_scopes.0.clone();
            assignable_scopes.sort();
            RoleRow {
                key: guid.clone(),
                id: role_id(role),
                name: shown(&role.properties.role_name, redacts_people),
                kind: role.properties.kind.0.clone(),
                actions: all(|permission| &permission.actions),
                not_actions: all(|permission| &permission.not_actions),
                data_actions: all(|permission| &permission.data_actions),
                not_data_actions: all(|permission| &permission.not_data_actions),
                assignable_scopes,
            }
        })
        .collect()
}

/// The id of a role. The service puts the subscription it was asked at before that of a built-in one, which belongs to none.
fn role_id(role: &wire::RoleDefinition) -> String {
    match role.properties.kind.as_ref().is_some_and(|kind| kind.eq_ignore_ascii_case("BuiltInRole")) {
        true => format!("/providers/Microsoft.Authorization/roleDefinitions/{}", role.name.to_lowercase()),
        false => canonical(&role.id),
    }
}
