//! `azposture_directory_role_assignments`: who holds which Entra directory role, and who could.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    collect::{
        directory::{self, GRAPH, Kind, Object, RoleAssignment, RoleDefinition, RoleInstance},
        named,
    },
    context::Context,
    failure,
    listing::{Listing, limit},
    selection::Unmatched,
    words::{AreaWord, AssignmentTypeWord, Guid, ObjectId, PersonalDataWord, lowered},
};
use crate::{
    azure,
    posture::{
        Unreadable, filter,
        rbac::directory::{GLOBAL_ADMINISTRATOR, is_privileged},
        time,
    },
    sdk::{
        Diagnostics, Path, Result,
        entry::{DataSource, DataSourceEntry, Page},
        rules::unknown_word,
    },
};

/// The data sources of this subject.
pub const DATA_SOURCES: &[DataSourceEntry<Context>] = &[DataSourceEntry::of::<DirectoryRoleAssignments>()];

/// Entra directory roles: who holds them, who could activate them, who gets them through a group, and for how long.
///
/// What has to be activated first is no access yet; `assignment_type` tells the two apart.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Roles to return, by template id. Default all; one that is no role is an error.
    #[schemars(length(min = 1))]
    role_template_ids: Option<BTreeSet<Guid>>,
    /// Roles to return, by name, without case. Default all; one that is no role is an error.
    #[schemars(length(min = 1))]
    role_display_names: Option<BTreeSet<String>>,
    /// Object ids of principals to return. Default all; one that the directory does not know is an error, one that holds nothing a
    /// warning.
    #[schemars(length(min = 1))]
    principal_ids: Option<BTreeSet<ObjectId>>,
    /// `active`, what is held now, and `eligible`, what has to be activated first (needs Entra ID P2). Default both.
    #[schemars(length(min = 1))]
    assignment_types: Option<BTreeSet<AssignmentTypeWord>>,
    /// Whether to add a row for each member of a group that holds a role. Default `true`.
    expand_groups: Option<bool>,
    /// Whether to return privileged roles only. Default `false`.
    privileged_only: Option<bool>,
    /// Rows to return; 0 is all. Default 100.
    limit: Option<u32>,
}

/// Counts.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Assignments that met the filters, those of group members included.
    matched: usize,
    /// Assignments returned.
    returned: usize,
    /// Those that met the filters, by the name of the role.
    by_role: BTreeMap<String, usize>,
    /// Principals that hold Global Administrator now, groups not counted.
    global_administrators: usize,
    /// Assignments of privileged roles that are active and do not end; that of a group counts once, those of its members do not.
    permanent_privileged: usize,
    /// Those that have to be activated first.
    eligible: usize,
    /// Those of guests.
    guests: usize,
}

/// One directory role of one principal.
#[derive(Clone, Serialize, JsonSchema)]
struct Row {
    /// `role_template_id|principal_id|directory_scope|assignment_type`, and `|via_group_id` for a member of a group (`|group` where the
    /// service does not name it). Lower case, unique and stable.
    key: String,
    /// The template id of the role, lower case; of a custom role its own id.
    role_template_id: String,
    /// The name of the role. Null if the roles could not be read.
    role_display_name: Option<String>,
    /// Object id, lower case.
    principal_id: String,
    /// `User`, `Group`, `ServicePrincipal`, or `Unknown` of the deleted.
    principal_type: String,
    /// The name of the principal. Null if it does not exist any more or `personal_data = "redact"`.
    principal_display_name: Option<String>,
    /// `/` for the whole tenant, `/administrativeUnits/{id}`, `/{object id of an application}`, or the scope that an application gives.
    directory_scope: String,
    /// `active` or `eligible`.
    assignment_type: String,
    /// How Privileged Identity Management made it active: `activated` or `assigned`. Null if it did not, that could not be read, or it comes
    /// from the members of a group: it speaks of the group's row.
    pim: Option<String>,
    /// `direct`, or `group` for a member of the group that holds the role.
    via: String,
    /// Object id of the group that holds the role. Null for `direct`, and where the service does not name the group.
    via_group_id: Option<String>,
    /// Since when, RFC 3339. Null if the service did not say, and as for `pim`.
    starts_on: Option<String>,
    /// Until when, RFC 3339. Null if it does not end or the service did not say, and as for `pim`.
    ends_on: Option<String>,
    /// Whether the role is privileged: by Microsoft's published list, or by what it allows. Null if the roles could not be read.
    privileged: Option<bool>,
    /// Whether the role is built in. Null if the roles could not be read.
    built_in: Option<bool>,
    /// Whether it holds in the whole tenant.
    tenant_wide: bool,
    /// Whether it does not end. Null if the schedules could not be read, and as for `pim`.
    permanent: Option<bool>,
    /// Whether the principal does not exist any more. Null if that could not be read.
    orphaned: Option<bool>,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Attributes {
    /// The directory role assignments, by key.
    role_assignments: Vec<Row>,
    #[serde(flatten)]
    listing: Listing<Summary>,
}

struct DirectoryRoleAssignments;

impl DataSource for DirectoryRoleAssignments {
    const NAME: &'static str = "directory_role_assignments";
    const PAGE: Page = Page {
        subcategory: "Identity",
        permissions: "Microsoft Graph, application: `RoleManagement.Read.Directory` (`Directory.Read.All` reads active assignments only), \
                      `RoleEligibilitySchedule.Read.Directory`, `RoleAssignmentSchedule.Read.Directory`, `GroupMember.Read.All`, \
                      `User.Read.All`. Entra ID P2 for `eligible`, `pim` and `permanent`.",
    };
    type Context = Context;
    type Arguments = Arguments;
    type Attributes = Attributes;

    async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        context.require(AreaWord::Identity)?;
        context.within_deadline(read(arguments, context, warnings)).await
    }
}

/// What was read; each none if it was not asked for or could not be.
struct Facts {
    definitions: Option<Arc<Vec<RoleDefinition>>>,
    active: Option<Arc<Vec<RoleAssignment>>>,
    schedules: Option<Arc<Vec<RoleInstance>>>,
    eligible: Option<Arc<Vec<RoleInstance>>>,
}

async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
    let mut gaps = Vec::new();
    let facts = facts(&arguments, context, &mut gaps).await?;
    let wanted = wanted_roles(&arguments, &facts)?;
    let mut rows = facts.rows();
    let principals = lowered(&arguments.principal_ids, |id| &id.0);
    let mut unmatched = Unmatched::of(principals.iter().flatten().cloned());
    unmatched.match_with(|id| rows.iter().any(|row| row.principal_id == *id));
    rows.retain(|row| wanted.as_ref().is_none_or(|roles| roles.contains(&row.role_template_id)));
    rows.retain(|row| arguments.privileged_only != Some(true) || row.privileged != Some(false));
    if arguments.expand_groups != Some(false) {
        rows.extend(expanded(context, &rows, &mut gaps).await?);
        without_repeated(&mut rows);
    }
    unmatched.match_with(|id| rows.iter().any(|row| row.principal_id == *id));
    let which = "no directory role that was read is held by";
    named::unmatched_principals(context, unmatched.rest(), which, false, warnings).await?;
    rows.retain(|row| filter::admits(principals.as_ref(), &row.principal_id));
    let guests = guests(context, &mut rows, &mut gaps).await?;
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    rows.dedup_by(|a, b| a.key == b.key);

    let matched = rows.len();
    let mut summary = summary(&rows, &guests);
    rows.truncate(limit(arguments.limit));
    summary.returned = rows.len();
    let listing = Listing::new(summary, matched, rows.len(), gaps, warnings);
    Ok(Attributes { role_assignments: rows, listing })
}

async fn facts(arguments: &Arguments, context: &Context, gaps: &mut Vec<Unreadable>) -> Result<Facts> {
    let types = arguments.assignment_types.as_ref();
    let asked = |word| types.is_none_or(|types| types.contains(&word));
    let (active, eligible) = (asked(AssignmentTypeWord::Active), asked(AssignmentTypeWord::Eligible));
    let (definitions, assignments, schedules, eligibilities) = tokio::join!(
        directory::role_definitions(context),
        only_if(active, directory::role_assignments(context)),
        only_if(active, directory::role_schedules(context)),
        only_if(eligible, directory::role_eligibilities(context)),
    );
    let facts = Facts {
        definitions: taken("directory_roles", Some(definitions), gaps)?,
        active: taken("directory_role_assignments", assignments, gaps)?,
        schedules: taken("directory_role_assignment_schedules", schedules, gaps)?,
        eligible: taken("eligible_directory_role_assignments", eligibilities, gaps)?,
    };
    match facts.active.is_none() && facts.eligible.is_none() {
        true => Err(failure::nothing_read(gaps)),
        false => Ok(facts),
    }
}

async fn only_if<T>(asked: bool, read: impl Future<Output = azure::Result<T>>) -> Option<azure::Result<T>> {
    if asked { Some(read.await) } else { None }
}

fn taken<T>(subject: &str, read: Option<azure::Result<T>>, gaps: &mut Vec<Unreadable>) -> Result<Option<T>> {
    match read {
        None => Ok(None),
        Some(Ok(value)) => Ok(Some(value)),
        Some(Err(error)) => {
            gaps.push(failure::gap(subject, GRAPH, &error)?);
            Ok(None)
        }
    }
}

/// Where a role holds: in the directory, or in a part of one application alone. What says neither holds everywhere.
fn scope<'a>(directory: Option<&'a String>, app: Option<&'a String>) -> &'a str {
    directory.or(app).map_or("/", String::as_str)
}

impl Facts {
    fn rows(&self) -> Vec<Row> {
        let active = self.active.iter().flat_map(|rows| rows.iter()).map(|row| self.active_row(row));
        active.chain(self.eligible.iter().flat_map(|rows| rows.iter()).map(|row| self.eligible_row(row))).collect()
    }

    fn active_row(&self, assignment: &RoleAssignment) -> Row {
        let own = scope(assignment.directory_scope_id.as_ref(), assignment.app_scope_id.as_ref());
        let same = |one: &&RoleInstance| {
            one.principal_id.eq_ignore_ascii_case(&assignment.principal_id)
                && one.role_definition_id.eq_ignore_ascii_case(&assignment.role_definition_id)
                && scope(one.directory_scope_id.as_ref(), one.app_scope_id.as_ref()).eq_ignore_ascii_case(own)
        };
        let schedule = self.schedules.as_ref().and_then(|schedules| schedules.iter().find(same));
        let mut row = self.row(
            &assignment.role_definition_id,
            &assignment.principal_id,
            own.to_owned(),
            assignment.principal.as_ref(),
            AssignmentTypeWord::Active,
        );
        if let Some(schedule) = schedule {
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
        if instance.member_type.as_deref().is_some_and(|word| word.eq_ignore_ascii_case("Group")) {
            row.via = "group".to_owned();
            row.key.push_str(UNNAMED_GROUP);
        }
        row
    }

    fn row(&self, role: &str, principal_id: &str, scope: String, principal: Option<&Object>, kind: AssignmentTypeWord) -> Row {
        let definition = self.definitions.as_ref().and_then(|all| all.iter().find(|one| one.id.eq_ignore_ascii_case(role)));
        let template = definition.and_then(|one| one.template_id.clone()).unwrap_or_else(|| role.to_owned()).to_lowercase();
        let principal_id = principal_id.to_lowercase();
        let built_in = definition.map(|one| one.is_built_in != Some(false));
        // What is on the list is privileged whatever it says; of the others their operations decide.
        let privileged = definition.and_then(|one| match one.operations() {
            Some(operations) => Some(is_privileged(&template, operations.into_iter())),
            None => is_privileged(&template, std::iter::empty()).then_some(true),
        });
        Row {
            key: format!("{template}|{principal_id}|{scope}|{}", kind.word()).to_lowercase(),
            role_display_name: definition.map(|one| one.display_name.clone()),
            privileged,
            role_template_id: template,
            principal_id,
            principal_type: principal.map_or("Unknown", Object::principal_type).to_owned(),
            principal_display_name: principal.and_then(|principal| principal.display_name.clone()),
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
            // The service expands a deleted principal to nothing.
            orphaned: Some(principal.is_none()),
        }
    }
}

impl Row {
    fn last(&mut self, instance: &RoleInstance) {
        self.starts_on = instance.start_date_time.as_deref().and_then(time::canonical);
        self.ends_on = instance.end_date_time.as_deref().and_then(time::canonical);
        self.permanent = Some(self.ends_on.is_none());
    }
}

/// Stands in a key where the service says "through a group" and not through which.
const UNNAMED_GROUP: &str = "|group";

/// Leaves out what comes through an unnamed group where the group that it comes through was found, so that nothing counts twice.
fn without_repeated(rows: &mut Vec<Row>) {
    let without_group =
        |row: &Row| row.via_group_id.as_ref().and_then(|id| row.key.strip_suffix(&format!("|{id}")).map(str::to_owned));
    let named: BTreeSet<String> = rows.iter().filter_map(without_group).collect();
    rows.retain(|row| row.via_group_id.is_some() || row.key.strip_suffix(UNNAMED_GROUP).is_none_or(|key| !named.contains(key)));
}

/// The template ids that are asked for. What is no role is an error, unless the roles could not be read.
fn wanted_roles(arguments: &Arguments, facts: &Facts) -> Result<Option<BTreeSet<String>>> {
    if arguments.role_template_ids.is_none() && arguments.role_display_names.is_none() {
        return Ok(None);
    }
    let mut wanted: BTreeSet<String> = arguments.role_template_ids.iter().flatten().map(|id| id.0.to_ascii_lowercase()).collect();
    let Some(definitions) = &facts.definitions else {
        if arguments.role_display_names.is_some() {
            let detail = "The directory roles could not be read, so names cannot be told apart. Use `role_template_ids`, or grant \
                          RoleManagement.Read.Directory (Microsoft Graph, application).";
            let mut problems = Diagnostics::new();
            problems.error(Path::attribute("role_display_names"), "Nothing could be read", detail);
            return Err(problems);
        }
        return Ok(Some(wanted));
    };
    let template = |one: &RoleDefinition| one.template_id.as_ref().unwrap_or(&one.id).to_lowercase();
    let mut problems = Diagnostics::new();
    let known: Vec<String> = definitions.iter().map(template).collect();
    for id in wanted.iter().filter(|id| !known.contains(id)) {
        let path = Path::attribute("role_template_ids");
        problems.error(path.clone(), "Unknown value", format!("`{path}` {}", unknown_word(id, &known)));
    }
    for name in arguments.role_display_names.iter().flatten() {
        let same = |one: &&RoleDefinition| template(one).eq_ignore_ascii_case(name) || one.id.eq_ignore_ascii_case(name);
        if let Some(role) = definitions.iter().find(same) {
            let path = Path::attribute("role_display_names");
            let detail = format!(
                "`{path}` is {name:?}, which is an id. Its name is {:?}; ids stand in `role_template_ids`.",
                role.display_name
            );
            problems.error(path, "Unknown value", detail);
            continue;
        }
        match definitions.iter().find(|one| one.display_name.eq_ignore_ascii_case(name)) {
            Some(found) => {
                wanted.insert(template(found));
            }
            None => {
                let names: Vec<String> = definitions.iter().map(|one| one.display_name.clone()).collect();
                let path = Path::attribute("role_display_names");
                problems.error(path.clone(), "Unknown value", format!("`{path}` {}", unknown_word(name, &names)));
            }
        }
    }
    problems.into_result()?;
    Ok(Some(wanted))
}

/// A row for each member of each group that holds a role.
async fn expanded(context: &Context, rows: &[Row], gaps: &mut Vec<Unreadable>) -> Result<Vec<Row>> {
    let groups: BTreeSet<String> =
        rows.iter().filter(|row| row.principal_type == Kind::Group.word()).map(|row| row.principal_id.clone()).collect();
    let (members, unread) = directory::members(context, &groups).await?;
    gaps.extend(unread);
    let mut more = Vec::new();
    for row in rows {
        let members = members.get(&row.principal_id).into_iter().flat_map(|members| members.iter());
        for member in members.filter(|member| member.kind() != Some(Kind::Group)) {
            let id = member.id.to_lowercase();
            let Row { role_template_id, directory_scope, assignment_type, principal_id: group, .. } = row;
            more.push(Row {
                key: format!("{role_template_id}|{id}|{directory_scope}|{assignment_type}|{group}").to_lowercase(),
                principal_type: member.principal_type().to_owned(),
                principal_display_name: member.display_name.clone(),
                principal_id: id,
                via: "group".to_owned(),
                via_group_id: Some(group.clone()),
                // That is known of the group's assignment, and not of the membership, which can begin later and end before it.
                pim: None,
                starts_on: None,
                ends_on: None,
                permanent: None,
                orphaned: Some(false),
                ..row.clone()
            });
        }
    }
    Ok(more)
}

/// The guests among the principals, and no names where nobody may see them.
async fn guests(context: &Context, rows: &mut [Row], gaps: &mut Vec<Unreadable>) -> Result<BTreeSet<String>> {
    if context.personal_data == PersonalDataWord::Redact {
        rows.iter_mut().for_each(|row| row.principal_display_name = None);
    }
    let users = rows.iter().filter(|row| row.principal_type == Kind::User.word());
    let wanted = users.map(|row| (row.principal_id.clone(), Some(Kind::User))).collect();
    let people = directory::principals(context, &wanted).await?;
    gaps.extend(people.gaps());
    Ok(people.known.into_iter().filter(|(_, known)| known.guest).map(|(id, _)| id).collect())
}

fn summary(rows: &[Row], guests: &BTreeSet<String>) -> Summary {
    let active = |row: &&Row| row.assignment_type == AssignmentTypeWord::Active.word();
    let administrators: BTreeSet<&String> = rows
        .iter()
        .filter(active)
        .filter(|row| row.role_template_id == GLOBAL_ADMINISTRATOR && row.principal_type != Kind::Group.word())
        .map(|row| &row.principal_id)
        .collect();
    let permanent = |row: &&Row| row.privileged == Some(true) && row.permanent == Some(true);
    let mut by_role = BTreeMap::new();
    for row in rows {
        let role = row.role_display_name.clone().unwrap_or_else(|| row.role_template_id.clone());
        *by_role.entry(role).or_default() += 1;
    }
    Summary {
        matched: rows.len(),
        returned: 0,
        by_role,
        global_administrators: administrators.len(),
        permanent_privileged: rows.iter().filter(active).filter(permanent).count(),
        eligible: rows.len() - rows.iter().filter(active).count(),
        guests: rows.iter().filter(|row| guests.contains(&row.principal_id)).count(),
    }
}
