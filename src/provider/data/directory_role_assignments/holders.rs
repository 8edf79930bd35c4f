//! The lists behind `azposture_directory_role_assignments`, and the rows they make.

use std::{collections::BTreeSet, sync::Arc};

use ::time::OffsetDateTime;

use crate::{
    azure,
    posture::{
        Place, Reason, Subject, Unreadable,
        rbac::directory_roles::is_privileged,
        time::{self, End},
    },
    provider::{
        collect::{
            lists::directory::{self, Object, Principals, RoleAssignment, RoleDefinition, RoleInstance, is_through_group, scope},
            stop::Stop,
            twice, unread,
        },
        context::Context,
        data::directory_role_assignments::{ACTIVE, Arguments, ELIGIBLE, ROLES, Row, SCHEDULES, UNKNOWN, hidden, template},
        words::AssignmentTypeWord,
    },
    sdk::Result,
};

/// What was read; each none if it was not asked for or could not be.
pub(super) struct RoleFacts {
    redacts_people: bool,
    pub(super) definitions: Option<Arc<Vec<RoleDefinition>>>,
    active: Option<Arc<Vec<RoleAssignment>>>,
    schedules: Option<Arc<Vec<RoleInstance>>>,
    eligible: Option<Arc<Vec<RoleInstance>>>,
}

pub(super) async fn facts(arguments: &Arguments, context: &Context, gaps: &mut Vec<Unreadable>) -> Result<RoleFacts> {
    let (active, eligible) = (arguments.asks(AssignmentTypeWord::Active), arguments.asks(AssignmentTypeWord::Eligible));
    let (definitions, assignments, schedules, eligibilities) = tokio::join!(
        directory::role_definitions(context),
        only_if(active, directory::role_assignments(context)),
        only_if(active, directory::role_schedules(context)),
        only_if(eligible, directory::role_eligibilities(context)),
    );
    let facts = RoleFacts {
        redacts_people: context.client.settings().redacts_people,
        definitions: taken(ROLES, Some(definitions), gaps)?,
        active: taken(ACTIVE, assignments, gaps)?,
        schedules: taken(SCHEDULES, schedules, gaps)?,
        eligible: taken(ELIGIBLE, eligibilities, gaps)?,
    };
    match facts.active.is_none() && facts.eligible.is_none() {
        true => Err(Stop::NothingRead(std::mem::take(gaps)).into()),
        false => {
            gaps.extend(facts.twofold());
            Ok(facts)
        }
    }
}

async fn only_if<T>(asked: bool, read: impl Future<Output = azure::Result<T>>) -> Option<azure::Result<T>> {
    if asked { Some(read.await) } else { None }
}

fn taken<T>(subject: Subject, read: Option<azure::Result<T>>, gaps: &mut Vec<Unreadable>) -> Result<Option<T>> {
    match read {
        None => Ok(None),
        Some(Ok(value)) => Ok(Some(value)),
        Some(Err(error)) => {
            gaps.push(unread::gap(subject, Place::Graph, &error)?);
            Ok(None)
        }
    }
}

fn end(instance: &RoleInstance) -> End {
    End::of(instance.end_date_time.as_deref())
}

impl RoleFacts {
    /// What comes twice and not with the same contents, in each list.
    fn twofold(&self) -> Vec<Unreadable> {
        let role = |row: &RoleDefinition| {
            let lower = |texts: Vec<&str>| texts.into_iter().map(str::to_lowercase).collect::<BTreeSet<_>>();
            let (template, operations) = (template(row), row.operations().map(lower));
            (row.id.to_lowercase(), (row.display_name.clone(), template, row.is_built_in, operations))
        };
        let roles = twice::contradicted(self.definitions.iter().flat_map(|all| all.iter()).map(role));
        [
            (ACTIVE, self.active.as_deref().map(|rows| directory::contradicted_assignments(rows)).unwrap_or_default()),
            (ELIGIBLE, self.eligible.as_deref().map(|rows| directory::contradicted_instances(rows)).unwrap_or_default()),
            (SCHEDULES, self.schedules.as_deref().map(|rows| directory::contradicted_instances(rows)).unwrap_or_default()),
            (ROLES, roles),
        ]
        .into_iter()
        .flat_map(|(subject, ids)| ids.into_iter().map(move |id| twice::gap(subject, Place::Graph, &id)))
        .collect()
    }

    pub(super) fn rows(&self, now: OffsetDateTime) -> Vec<Row> {
        let active = self.active.iter().flat_map(|rows| rows.iter()).map(|row| self.active_row(row));
        // What is over stays in the list for a while, and can be activated no more.
        let eligible = self.eligible.iter().flat_map(|rows| rows.iter()).filter(|row| end(row) > End::At(now));
        active.chain(eligible.map(|row| self.eligible_row(row))).collect()
    }

    /// The principals that the lists speak of, as far as they say what they are.
    pub(super) fn people(&self, with_names: bool) -> Principals {
        let mut people = Principals::default();
        let active = self.active.iter().flat_map(|rows| rows.iter()).filter_map(|row| row.principal.as_ref());
        let eligible = self.eligible.iter().flat_map(|rows| rows.iter()).filter_map(|row| row.principal.as_ref());
        active.chain(eligible).for_each(|principal| people.learn(principal, with_names));
        people
    }

    /// The schedule that tells how long an assignment lasts: of several the one that lasts longest. What somebody holds through a group
    /// is another assignment.
    fn schedule(&self, same: impl Fn(&RoleInstance) -> bool) -> Option<&RoleInstance> {
        let own = self.schedules.iter().flat_map(|schedules| schedules.iter()).filter(|one| same(one) && !is_through_group(one));
        own.max_by_key(|one| end(one))
    }

    /// The gaps that ends are which are no time.
    pub(super) fn undated<'a>(&self, rows: &'a [Row]) -> impl Iterator<Item = Unreadable> + use<'a> {
        // Where the schedules could not be read at all, that is a gap already.
        let active = self.schedules.as_ref().map(|_| (SCHEDULES, AssignmentTypeWord::Active));
        let both = active.into_iter().chain([(ELIGIBLE, AssignmentTypeWord::Eligible)]);
        let is_undated = |row: &Row, kind: AssignmentTypeWord| row.assignment_type == kind.word() && row.permanent.is_none();
        let remedy = "Microsoft Graph says of some assignments that they end, and not when; their rows are kept. Run again later; if this \
                      persists, please report it.";
        both.filter(move |(_, kind)| rows.iter().any(|row| is_undated(row, *kind)))
            .map(move |(subject, _)| Unreadable { reason: Reason::InvalidResponse, ..hidden(subject, remedy.to_owned()) })
    }

    fn active_row(&self, assignment: &RoleAssignment) -> Row {
        let own = scope(assignment.directory_scope_id.as_ref(), assignment.app_scope_id.as_ref());
        let same = |one: &RoleInstance| {
            one.principal_id.eq_ignore_ascii_case(&assignment.principal_id)
                && one.role_definition_id.eq_ignore_ascii_case(&assignment.role_definition_id)
                && scope(one.directory_scope_id.as_ref(), one.app_scope_id.as_ref()).eq_ignore_ascii_case(own)
        };
        let mut row = self.row(
            &assignment.role_definition_id,
            &assignment.principal_id,
            own.to_owned(),
            assignment.principal.as_ref(),
            AssignmentTypeWord::Active,
        );
        if let Some(schedule) = self.schedule(same) {
            row.last(schedule);
            row.pim = schedule.assignment_type.as_ref().map(|word| word.to_lowercase());
        } else if self.schedules.is_some() {
            // All schedules were read, and none ends this assignment.
            row.permanent = Some(true);
        }
        row
    }

    fn eligible_row(&self, instance: &RoleInstance) -> Row {
        let scope = scope(instance.directory_scope_id.as_ref(), instance.app_scope_id.as_ref()).to_owned();
        let principal = instance.principal.as_ref();
        let mut row =
            self.row(&instance.role_definition_id, &instance.principal_id, scope, principal, AssignmentTypeWord::Eligible);
        row.last(instance);
        if is_through_group(instance) {
            row.via = "group".to_owned();
            row.key.push_str(UNNAMED_GROUP);
        }
        row
    }

    /// A name as it may be shown.
    pub(super) fn shown(&self, name: &str) -> String {
        azure::shown(name, self.redacts_people).into_owned()
    }

    fn row(&self, role: &str, principal_id: &str, scope: String, principal: Option<&Object>, kind: AssignmentTypeWord) -> Row {
        let defined: Vec<_> =
            self.definitions.iter().flat_map(|all| all.iter()).filter(|one| one.id.eq_ignore_ascii_case(role)).collect();
        let definition = defined.first();
        let template = definition.and_then(|one| one.template_id.0.clone()).unwrap_or_else(|| role.to_owned()).to_lowercase();
        let principal_id = principal_id.to_lowercase();
        let built_in = definition.and_then(|one| one.is_built_in.0);
        // What is on the list is privileged whatever it says; of the others their operations decide, of one that is listed twice those of
        // both.
        let operations: Option<Vec<_>> = defined.iter().map(|one| one.operations()).collect();
        let privileged = match operations {
            Some(operations) => Some(is_privileged(&template, operations.into_iter().flatten())),
            None => is_privileged(&template, std::iter::empty()).then_some(true),
        };
        let privileged = privileged.filter(|_| definition.is_some());
        Row {
            key: format!("{template}|{principal_id}|{scope}|{}", kind.word()).to_lowercase(),
            role_display_name: definition.and_then(|one| one.display_name.as_deref()).map(|name| self.shown(name)),
            privileged,
            role_template_id: template,
            principal_id,
            principal_type: principal.map_or(UNKNOWN, Object::principal_type).to_owned(),
            principal_display_name: principal.and_then(|principal| principal.display_name.0.clone()),
            tenant_wide: scope == "/",
            directory_scope: scope,
            assignment_type: kind.word().to_owned(),
            pim: None,
            via: "direct".to_owned(),
            via_group_id: None,
            starts_on: None,
            ends_on: None,
            built_in,
            permanent: None,
            // The service expands a deleted principal to nothing, but not only a deleted one: what it shows no object of is looked up.
            orphaned: principal.map(|_| false),
        }
    }
}

impl Row {
    /// How long it lasts: the more, the longer.
    pub(super) fn lasting(&self) -> impl Ord + use<> {
        (self.permanent.map_or(1, |permanent| if permanent { 2 } else { 0 }), self.ends_on.clone())
    }

    fn last(&mut self, instance: &RoleInstance) {
        self.starts_on = instance.start_date_time.as_deref().and_then(time::canonical);
        self.ends_on = instance.end_date_time.as_deref().and_then(time::canonical);
        self.permanent = end(instance).is_never();
    }
}

/// Stands in a key where the service says "through a group" and not through which.
const UNNAMED_GROUP: &str = "|group";

/// Leaves out what comes through an unnamed group where the group that it comes through was found, so that nothing counts twice.
pub(super) fn without_repeated(rows: &mut Vec<Row>) {
    let without_group =
        |row: &Row| row.via_group_id.as_ref().and_then(|id| row.key.strip_suffix(&format!("|{id}")).map(str::to_owned));
    let named: BTreeSet<String> = rows.iter().filter_map(without_group).collect();
    rows.retain(|row| row.via_group_id.is_some() || row.key.strip_suffix(UNNAMED_GROUP).is_none_or(|key| !named.contains(key)));
}
