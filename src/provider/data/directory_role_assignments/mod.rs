//! `azposture_directory_role_assignments`: who holds which Entra directory role, and who could.

mod holders;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    posture::{Place, Reason, Subject, Unreadable, filter, rbac::directory_roles::GLOBAL_ADMINISTRATOR},
    provider::{
        collect::{
            facts::named,
            lists::directory::{self, Kind, Principals, RoleDefinition},
        },
        context::Context,
        frame::{Counting, Listing, Table},
        selection::{self, Unmatched},
        words::{Area, AssignmentTypeWord, Guid, ObjectId, lowered},
    },
    sdk::{
        Diagnostics, Path, Result,
        entry::{DataSource, DataSourceEntry, Page},
        rules::unknown_word,
    },
};
use holders::{RoleFacts, without_repeated};

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
    /// Roles to return, by name, without case: all roles of that name. Default all; one that is no role is an error.
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

impl Arguments {
    /// Whether assignments of this kind are asked for.
    fn asks(&self, word: AssignmentTypeWord) -> bool {
        self.assignment_types.as_ref().is_none_or(|types| types.contains(&word))
    }
}

/// Counts.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Assignments that met the filters, those of group members included.
    matched: Option<usize>,
    /// Assignments returned.
    returned: usize,
    /// Those that met the filters, by the name of the role, or by its template id where the name could not be read.
    by_role: Option<BTreeMap<String, usize>>,
    /// Principals that hold Global Administrator now, without groups and those that do not exist any more. Null if `assignment_types`
    /// leaves out what is active.
    global_administrators: Option<usize>,
    /// Assignments of privileged roles that are active and do not end; that of a group counts once, those of its members do not. Null if
    /// `assignment_types` leaves out what is active.
    permanent_privileged: Option<usize>,
    /// Those that have to be activated first. Null if `assignment_types` leaves them out.
    eligible: Option<usize>,
    /// Those of guests.
    guests: Option<usize>,
}

/// One directory role of one principal.
#[derive(Clone, Serialize, JsonSchema)]
struct Row {
    /// `role_template_id|principal_id|directory_scope|assignment_type`, and `|via_group_id` for a member of a group (`|group` where the
    /// service does not name it). Lower case, unique and stable.
    key: String,
    /// The template id of the role, lower case; of a custom role its own id.
    role_template_id: String,
    /// The name of the role. Null if the roles could not be read or do not say.
    role_display_name: Option<String>,
    /// Object id, lower case.
    principal_id: String,
    /// `User`, `Group`, `ServicePrincipal`, or `Unknown` of the deleted.
    principal_type: String,
    /// The name of the principal. Null if it does not exist any more or `personal_data = "redact"`.
    #[schemars(extend("x-personal" = true))]
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
    /// Until when, RFC 3339. Null if it does not end (see `permanent`) or the service did not say, and as for `pim`.
    ends_on: Option<String>,
    /// Whether the role is privileged: by Microsoft's published list, or by what it allows. Null if the roles could not be read.
    privileged: Option<bool>,
    /// Whether the role is built in. Null if the roles could not be read or do not say.
    built_in: Option<bool>,
    /// Whether it holds in the whole tenant.
    tenant_wide: bool,
    /// Whether it does not end. Null if the schedules could not be read or state an end that is no time, and as for `pim`.
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

/// The type of a principal of which the directory does not say what it is.
const UNKNOWN: &str = "Unknown";

/// Subjects of gaps.
const ACTIVE: Subject = Subject::DirectoryRoleAssignments;
const ELIGIBLE: Subject = Subject::EligibleDirectoryRoleAssignments;
const ROLES: Subject = Subject::DirectoryRoles;
const SCHEDULES: Subject = Subject::DirectoryRoleAssignmentSchedules;

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
    const AREA: Option<Area> = Some(Area::Identity);
    type Arguments = Arguments;
    type Attributes = Attributes;

    async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        let mut gaps = Vec::new();
        let facts = holders::facts(&arguments, context, &mut gaps).await?;
        let mut rows = facts.rows(context.now());
        let wanted = wanted_roles(&arguments, &facts, &rows)?;
        gaps.extend(nameless(&arguments, &facts, &rows));
        let mut known = facts.people(context.shows_people());
        let principals = lowered(&arguments.principal_ids, |id| &id.0);
        let mut unmatched = Unmatched::of(principals.iter().flatten().cloned());
        unmatched.match_with(|id| rows.iter().any(|row| row.principal_id == *id));
        gaps.extend(without_administrator(&arguments, wanted.as_ref(), &rows));
        rows.retain(|row| wanted.as_ref().is_none_or(|roles| roles.contains(&row.role_template_id)));
        rows.retain(|row| arguments.privileged_only != Some(true) || row.privileged != Some(false));
        gaps.extend(unweighed(&facts, &rows));
        gaps.extend(facts.undated(&rows));
        let (resolved, unresolved) = resolved(context, &mut rows, known).await?;
        known = resolved;
        // Whether an object is a group decides who else holds the role; whether it is a user matters only to a row that is returned.
        let (groups, others): (Vec<_>, Vec<_>) = unresolved.into_iter().partition(|gap| gap.subject == Subject::Groups);
        gaps.extend(groups);
        if arguments.expand_groups != Some(false) {
            let (members, people) = expanded(context, &rows, &mut gaps).await?;
            rows.extend(members);
            known.extend(people);
            without_repeated(&mut rows);
        }
        gaps.extend(without_holder(&arguments, &rows, &gaps));
        unmatched.match_with(|id| rows.iter().any(|row| row.principal_id == *id));
        let which = "no directory role that was read is held by";
        named::require_principals(context, unmatched.rest(), false).await?;
        selection::warn("principal_ids", "Principal id", which, unmatched.rest(), warnings);
        rows.retain(|row| filter::admits(principals.as_ref(), &row.principal_id));
        if rows.iter().any(|row| row.principal_type == UNKNOWN) {
            gaps.extend(others);
        }
        let guests = guests(context, &mut rows, known, &mut gaps).await?;
        // Of one role that somebody could activate twice, the one that lasts longest.
        let both = |one: Row, other: Row| if other.lasting() > one.lasting() { other } else { one };
        let table = Table::of(rows, arguments.limit, |row| &row.key, both);
        let summary = summary(&table, &guests, &arguments, &gaps);
        let (role_assignments, listing) = table.listed(summary, gaps, warnings);
        Ok(Attributes { role_assignments, listing })
    }
}

/// The template id of a role.
fn template(role: &RoleDefinition) -> String {
    role.template_id.as_ref().unwrap_or(&role.id).to_lowercase()
}

/// The template ids that are asked for. What is no role is an error, unless the roles could not be read.
fn wanted_roles(arguments: &Arguments, facts: &RoleFacts, rows: &[Row]) -> Result<Option<BTreeSet<String>>> {
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
    let mut problems = Diagnostics::new();
    // What somebody holds is a role, be it in the list or not.
    let known: BTreeSet<String> =
        definitions.iter().map(template).chain(rows.iter().map(|row| row.role_template_id.clone())).collect();
    let known: Vec<String> = known.into_iter().collect();
    for id in wanted.iter().filter(|id| !known.contains(id)) {
        let path = Path::attribute("role_template_ids");
        problems.error(path.clone(), "Unknown value", format!("`{path}` {}", unknown_word(id, &known)));
    }
    let names: Vec<String> =
        definitions.iter().filter_map(|one| one.display_name.as_deref()).map(|name| facts.shown(name)).collect();
    let are_all = names.len() == definitions.len() && rows.iter().all(|row| row.role_display_name.is_some());
    for name in arguments.role_display_names.iter().flatten() {
        let same = |one: &&RoleDefinition| template(one).eq_ignore_ascii_case(name) || one.id.eq_ignore_ascii_case(name);
        if let Some(role) = definitions.iter().find(same) {
            let path = Path::attribute("role_display_names");
            let called = role
                .display_name
                .as_deref()
                .map(|name| facts.shown(name))
                .map(|called| format!(" Its name is {called:?};"))
                .unwrap_or_default();
            let detail = format!("`{path}` is {name:?}, which is an id.{called} ids stand in `role_template_ids`.");
            problems.error(path, "Unknown value", detail);
            continue;
        }
        let bears = |one: &&RoleDefinition| one.display_name.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(name));
        // Several can bear one name: custom roles may repeat that of another.
        let named: BTreeSet<String> = definitions.iter().filter(bears).map(template).collect();
        if named.is_empty() && are_all {
            let path = Path::attribute("role_display_names");
            problems.error(path.clone(), "Unknown value", format!("`{path}` {}", unknown_word(name, &names)));
        }
        wanted.extend(named);
    }
    problems.into_result()?;
    Ok(Some(wanted))
}

/// Roles that no name finds, where names are asked for: those of which the list does not say it, and those that somebody holds and the
/// list lacks.
fn nameless(arguments: &Arguments, facts: &RoleFacts, rows: &[Row]) -> Option<Unreadable> {
    let listed = facts.definitions.iter().flat_map(|all| all.iter()).filter(|one| one.display_name.is_none()).map(template);
    let held = rows.iter().filter(|row| row.role_display_name.is_none()).map(|row| row.role_template_id.clone());
    let ids: BTreeSet<String> = listed.chain(held).collect();
    let first = ids.first().filter(|_| arguments.role_display_names.is_some())?;
    let remedy = format!(
        "Microsoft Graph does not say how {} of the directory roles are called ({first} …), so no name finds them. Use \
         `role_template_ids`.",
        ids.len()
    );
    Some(hidden(ROLES, remedy))
}

/// Roles that somebody holds or could, and of which it is not known whether they are privileged.
fn unweighed(facts: &RoleFacts, rows: &[Row]) -> Option<Unreadable> {
    // Where the roles could not be read at all, that is a gap already.
    facts.definitions.as_ref()?;
    let roles: BTreeSet<&String> = rows.iter().filter(|row| row.privileged.is_none()).map(|row| &row.role_template_id).collect();
    let first = roles.first()?;
    let remedy = format!(
        "Microsoft Graph does not say what {} of the directory roles allow ({first} …), so whether they are privileged is not known. \
         Grant RoleManagement.Read.Directory (Microsoft Graph, application).",
        roles.len()
    );
    Some(hidden(ROLES, remedy))
}

/// The gap that a list is which says that nobody is Global Administrator, as every tenant has one.
fn without_administrator(arguments: &Arguments, wanted: Option<&BTreeSet<String>>, rows: &[Row]) -> Option<Unreadable> {
    let asked = arguments.asks(AssignmentTypeWord::Active) && wanted.is_none_or(|roles| roles.contains(GLOBAL_ADMINISTRATOR));
    let mut active = rows.iter().filter(|row| row.assignment_type == AssignmentTypeWord::Active.word()).peekable();
    active.peek().filter(|_| asked)?;
    (!active.any(|row| row.role_template_id == GLOBAL_ADMINISTRATOR)).then(nobody)
}

/// The same where only those hold it that do not exist any more, and groups that nobody is in.
fn without_holder(arguments: &Arguments, rows: &[Row], gaps: &[Unreadable]) -> Option<Unreadable> {
    let expands = arguments.expand_groups != Some(false);
    let is_active = |row: &&Row| row.assignment_type == AssignmentTypeWord::Active.word();
    let mut held = rows.iter().filter(is_active).filter(|row| row.role_template_id == GLOBAL_ADMINISTRATOR).peekable();
    held.peek().filter(|_| !gaps.iter().any(|gap| [Subject::GroupMembers, Subject::Groups].contains(&gap.subject)))?;
    held.all(|row| row.orphaned == Some(true) || (expands && row.principal_type == Kind::Group.word())).then(nobody)
}

fn nobody() -> Unreadable {
    let remedy = "Microsoft Graph lists nobody who holds Global Administrator now, and every tenant has somebody. Run again in a few \
                  minutes; if this persists, please report it.";
    Unreadable { reason: Reason::NotProven, ..hidden(ACTIVE, remedy.to_owned()) }
}

fn hidden(subject: Subject, remedy: String) -> Unreadable {
    Unreadable { subject, place: Place::Graph, reason: Reason::Hidden, code: String::new(), remedy }
}

/// What principals are of which the lists do not say it. Whether they exist is told by a look-up alone: the service leaves out the object
/// of one that was deleted, and at times of one that was not.
async fn resolved(context: &Context, rows: &mut [Row], known: Principals) -> Result<(Principals, Vec<Unreadable>)> {
    let is_unsaid = |row: &Row| row.principal_type == UNKNOWN;
    let wanted: BTreeMap<String, Option<Kind>> =
        rows.iter().filter(|row| is_unsaid(row)).map(|row| (row.principal_id.clone(), None)).collect();
    let mut people = directory::principals(context, &wanted, known).await?;
    for row in rows.iter_mut().filter(|row| is_unsaid(row)) {
        row.orphaned = row.orphaned.or_else(|| people.orphaned(&row.principal_id, UNKNOWN));
        if let Some(found) = people.known.get(&row.principal_id) {
            row.principal_type = found.kind.map_or(UNKNOWN, Kind::word).to_owned();
            row.principal_display_name.clone_from(&found.display_name);
        }
    }
    let gaps = people.take_gaps();
    Ok((people, gaps))
}

/// A row for each member of each group that holds a role, and who was met on the way.
async fn expanded(context: &Context, rows: &[Row], gaps: &mut Vec<Unreadable>) -> Result<(Vec<Row>, Principals)> {
    let groups: BTreeSet<String> =
        rows.iter().filter(|row| row.principal_type == Kind::Group.word()).map(|row| row.principal_id.clone()).collect();
    let members = directory::members(context, &groups, Principals::default()).await?;
    gaps.extend(members.gaps);
    let mut more = Vec::new();
    for row in rows {
        let members = members.of.get(&row.principal_id).into_iter().flat_map(|members| members.iter());
        for member in members.filter(|member| member.kind() != Some(Kind::Group)) {
            let id = member.id.to_lowercase();
            let Row { role_template_id, directory_scope, assignment_type, principal_id: group, .. } = row;
            more.push(Row {
                key: format!("{role_template_id}|{id}|{directory_scope}|{assignment_type}|{group}").to_lowercase(),
                principal_type: member.principal_type().to_owned(),
                principal_display_name: member.display_name.0.clone(),
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
    let (people, unresolved) = resolved(context, &mut more, members.people).await?;
    // The members of a group in a group stand beside it.
    more.retain(|row| row.principal_type != Kind::Group.word());
    if more.iter().any(|row| row.principal_type == UNKNOWN) {
        gaps.extend(unresolved);
    }
    Ok((more, people))
}

/// The guests among the principals.
async fn guests(context: &Context, rows: &mut [Row], known: Principals, gaps: &mut Vec<Unreadable>) -> Result<BTreeSet<String>> {
    let users = rows.iter().filter(|row| row.principal_type == Kind::User.word());
    let wanted: BTreeMap<String, _> = users.map(|row| (row.principal_id.clone(), Some(Kind::User))).collect();
    let people = directory::principals(context, &wanted, known).await?;
    gaps.extend(people.gaps());
    let unsaid = wanted.keys().filter(|id| people.known.get(*id).is_some_and(|known| known.guest.is_none())).count();
    if unsaid > 0 {
        let remedy = format!(
            "Microsoft Graph does not say of {unsaid} of the users whether they are guests (`userType` is null, or a word that is new \
             here). Grant User.Read.All (Microsoft Graph, application), or have the user type set: Entra admin center > Users."
        );
        gaps.push(hidden(Subject::Users, remedy));
    }
    Ok(people.known.into_iter().filter(|(_, known)| known.guest == Some(true)).map(|(id, _)| id).collect())
}

fn summary(table: &Table<Row>, guests: &BTreeSet<String>, arguments: &Arguments, gaps: &[Unreadable]) -> Summary {
    let rows = table.rows();
    let is_active = |row: &&Row| row.assignment_type == AssignmentTypeWord::Active.word();
    let is_group = |row: &Row| row.principal_type == Kind::Group.word();
    let (groups, administrators): (Vec<_>, Vec<_>) =
        rows.iter().filter(is_active).filter(|row| row.role_template_id == GLOBAL_ADMINISTRATOR).partition(|row| is_group(row));
    let living = administrators.iter().filter(|row| row.orphaned != Some(true));
    let administrators: BTreeSet<&String> = living.map(|row| &row.principal_id).collect();
    let permanent = |row: &&Row| row.privileged == Some(true) && row.permanent == Some(true);
    let mut by_role = BTreeMap::new();
    for row in rows {
        let role = row.role_display_name.clone().unwrap_or_else(|| row.role_template_id.clone());
        *by_role.entry(role).or_default() += 1;
    }
    let (active, eligible) = (arguments.asks(AssignmentTypeWord::Active), arguments.asks(AssignmentTypeWord::Eligible));
    // Who is in a group that was not looked into was not seen.
    let expands = arguments.expand_groups != Some(false);
    let counting = Counting::on(gaps, &[SCHEDULES, Subject::Users]);
    Summary {
        matched: counting.count(rows.len()),
        returned: table.returned(),
        by_role: counting.by(by_role),
        global_administrators: Counting::on(gaps, &[SCHEDULES, ELIGIBLE, ROLES, Subject::Users])
            .and(active && (expands || groups.is_empty()))
            .count(administrators.len()),
        permanent_privileged: Counting::on(gaps, &[ELIGIBLE, Subject::GroupMembers, Subject::Groups, Subject::Users])
            .and(active)
            .count(rows.iter().filter(is_active).filter(permanent).count()),
        eligible: Counting::on(gaps, &[SCHEDULES, ACTIVE, Subject::Users])
            .and(eligible)
            .count(rows.len() - rows.iter().filter(is_active).count()),
        guests: Counting::on(gaps, &[SCHEDULES])
            .and(expands || !rows.iter().any(is_group))
            .count(rows.iter().filter(|row| guests.contains(&row.principal_id)).count()),
    }
}
