//! `azposture_role_assignments`: who may do what, where, and how they got it.

mod assignments;
mod kept;
mod people;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    posture::{
        Place, Reason, Subject, Unreadable,
        rbac::{
            built_in::{self, OWNER},
            place,
        },
        resource_id::{ResourceId, canonical, within},
    },
    provider::{
        collect::{
            estate::delegated,
            facts::named,
            lists::{
                authorization::{self, Definitions, Tree},
                directory::Principals,
            },
        },
        context::Context,
        frame::{Chosen, Counting, Listing, Table},
        selection::{self, Unmatched},
        words::{Area, AssignmentTypeWord, ObjectId, PrincipalType, RoleDefinitionId, ScopeId, SubscriptionId, is_guid, lowered},
    },
    sdk::{
        Diagnostics, Path, Result,
        entry::{DataSource, DataSourceEntry, Page},
    },
};
use assignments::Found;

/// The data sources of this subject.
pub const DATA_SOURCES: &[DataSourceEntry<Context>] = &[DataSourceEntry::of::<RoleAssignments>()];

/// Azure role assignments of the subscriptions of the connection, of what is below them and of the management groups above them: who
/// may do what, where, and how they got it. Deny assignments and the definitions of the roles stand beside them.
///
/// An assignment that several subscriptions inherit is one row. What may be activated through Privileged Identity Management is listed
/// only if asked for, because it is no access yet. Assignments delegated through Azure Lighthouse are not listed by Azure.
#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Subscriptions to read, GUIDs. Default all of the connection's scope; one outside it is an error.
    #[schemars(length(min = 1))]
    subscription_ids: Option<BTreeSet<SubscriptionId>>,
    /// Scopes whose assignments to return: those at, above and below each. Default all; one outside the connection's scope is an error,
    /// one that is not there (as far as resource groups and management groups tell) a warning.
    #[schemars(length(min = 1))]
    scopes: Option<BTreeSet<ScopeId>>,
    /// Names of roles to return, without case: all roles of that name. Default all; a name that is no role is an error.
    #[schemars(length(min = 1))]
    role_definition_names: Option<BTreeSet<String>>,
    /// Roles to return, as GUIDs or full ids. Default all; an id that matches nothing is a warning.
    #[schemars(length(min = 1))]
    role_definition_ids: Option<BTreeSet<RoleDefinitionId>>,
    /// Object ids of principals to return. Default all; one that the directory does not know is an error, one that holds nothing a
    /// warning. What they hold through groups needs `expand_groups`.
    #[schemars(length(min = 1))]
    principal_ids: Option<BTreeSet<ObjectId>>,
    /// Types of principals to return, in Azure's words: `User`, `Group`, `ServicePrincipal`, `ForeignGroup`, `Device`. Default all. Where
    /// Azure does not say the type the directory is asked; what it cannot tell stays.
    #[schemars(length(min = 1))]
    principal_types: Option<BTreeSet<PrincipalType>>,
    /// `active`, what is held now, and `eligible`, what has to be activated first (needs Entra ID P2). Default `active`.
    #[schemars(length(min = 1))]
    assignment_types: Option<BTreeSet<AssignmentTypeWord>>,
    /// Whether to add a row for each member of a group that holds a role, nested groups included. Default `false`.
    expand_groups: Option<bool>,
    /// Whether to return privileged roles only. Default `false`.
    privileged_only: Option<bool>,
    /// Whether to return what is given on management groups and on the tenant. Default `true`.
    include_management_groups: Option<bool>,
    /// Rows to return; 0 is all. Default 100.
    limit: Option<u32>,
}

impl Arguments {
    /// Whether assignments of this kind are asked for; what has to be activated first only if it is named.
    fn asks(&self, word: AssignmentTypeWord) -> bool {
        self.assignment_types.as_ref().map_or(word == AssignmentTypeWord::Active, |types| types.contains(&word))
    }
}

/// Counts.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Assignments that met the filters, those of group members included if they were asked for.
    matched: Option<usize>,
    /// Assignments returned.
    returned: usize,
    /// Those that met the filters, by the name of the role, or by its GUID where the name could not be read.
    by_role: Option<BTreeMap<String, usize>>,
    /// Those that met the filters, by the type of the principal.
    by_principal_type: Option<BTreeMap<String, usize>>,
    /// Those whose principal does not exist any more. Where that is not known of all, null instead of 0.
    orphaned: Option<usize>,
    /// Those that a condition narrows.
    conditional: Option<usize>,
    /// Those that have to be activated first. Null if `assignment_types` leaves them out.
    eligible: Option<usize>,
    /// Those that give the role Owner now. Null if `assignment_types` leaves out what is active.
    owners: Option<usize>,
}

/// One role held by one principal at one scope.
#[derive(Clone, Serialize, JsonSchema)]
struct Row {
    /// The id of the assignment, lower case; `id|principal_id` for a member of a group. Unique and stable.
    key: String,
    /// The id of the assignment, or of the eligibility.
    id: String,
    /// Where the role is given, as resource id.
    scope: String,
    /// `tenant`, `management_group`, `subscription`, `resource_group` or `resource`.
    scope_type: String,
    /// Lower-case GUID. Null for what is given above subscriptions.
    subscription_id: Option<String>,
    /// The id of the role; its prefix depends on the scope, its last segment is the GUID.
    role_definition_id: String,
    /// The name of the role. Null if its definition could not be read or does not say.
    role_definition_name: Option<String>,
    /// `BuiltInRole` or `CustomRole`. Null as for the name.
    role_type: Option<String>,
    /// Object id, lower case.
    principal_id: String,
    /// `User`, `Group`, `ServicePrincipal`, `ForeignGroup`, `Device`; `Unknown`, of some that are deleted, where neither Azure nor the
    /// directory says it.
    principal_type: String,
    /// The name of the principal. Null if it does not exist any more, could not be read, or `personal_data = "redact"`.
    #[schemars(extend("x-personal" = true))]
    principal_display_name: Option<String>,
    /// `active` or `eligible`.
    assignment_type: String,
    /// How Privileged Identity Management made it active: `activated` or `assigned`. Null if it did not, or that could not be read. It
    /// stays when the end has passed and the assignment is still there.
    pim: Option<String>,
    /// `direct`, or `group` for a member of the group that holds the role.
    via: String,
    /// Object id of the group that holds the role. Null for `direct`.
    via_group_id: Option<String>,
    /// Whether it is given above the subscription.
    inherited: bool,
    /// The condition that narrows it. Null if none does.
    condition: Option<String>,
    /// The version of the condition's language. Null without a condition.
    condition_version: Option<String>,
    /// Free text. Null if there is none, and under `personal_data = "redact"`.
    description: Option<String>,
    /// Since when it is active or eligible, RFC 3339. Null if the service did not say.
    starts_on: Option<String>,
    /// Until when, RFC 3339. Null if it does not end or the service did not say.
    ends_on: Option<String>,
    /// When it was made, RFC 3339. Null if the service did not say.
    created_on: Option<String>,
    /// Object id of who made it. Null if the service did not say.
    created_by: Option<String>,
    /// Whether the role lets its holder change everything or give rights away. Null if its definition could not be read.
    privileged: Option<bool>,
    /// Whether the principal does not exist any more. Null if that could not be read, or the principal is a device, of a type that is new
    /// here, or of another tenant: in a subscription of that tenant (delegated through Azure Lighthouse) every principal is. More than
    /// 20 of each type are not looked up one by one: the others are null.
    orphaned: Option<bool>,
}

/// One deny assignment.
#[derive(Serialize, JsonSchema)]
struct DenyRow {
    /// Its id, lower case: unique and stable.
    key: String,
    /// Its id.
    id: String,
    /// Its name. Null if the service did not say.
    name: Option<String>,
    /// Where it applies.
    scope: String,
    /// What it does, in Azure's words: `enforced` denies, `audit` only writes down. Null if Azure does not say, which is taken for
    /// `enforced`.
    effect: Option<String>,
    /// Object ids of those it applies to; all zeros stands for everybody.
    principal_ids: Vec<String>,
    /// Object ids of those it does not apply to. Null if the service did not say.
    excluded_principal_ids: Option<Vec<String>>,
    /// Management operations that are denied.
    actions: Vec<String>,
    /// Management operations taken out of them.
    not_actions: Vec<String>,
    /// Whether it applies below its scope, too.
    applies_to_children: bool,
}

/// One role of the rows.
#[derive(Serialize, JsonSchema)]
struct RoleRow {
    /// Its GUID, lower case: unique and stable.
    key: String,
    /// Its id.
    id: String,
    /// Its name; several roles can have the same. Null if the service did not say.
    name: Option<String>,
    /// `BuiltInRole` or `CustomRole`. Null if the service did not say.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Management operations it allows.
    actions: Vec<String>,
    /// Management operations taken out of them.
    not_actions: Vec<String>,
    /// Data operations it allows.
    data_actions: Vec<String>,
    /// Data operations taken out of them.
    not_data_actions: Vec<String>,
    /// Where it can be assigned.
    assignable_scopes: Vec<String>,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Attributes {
    /// The role assignments, by key.
    role_assignments: Vec<Row>,
    /// The deny assignments of the same scopes, by key.
    deny_assignments: Vec<DenyRow>,
    /// The roles of the rows returned, by key.
    role_definitions: Vec<RoleRow>,
    #[serde(flatten)]
    listing: Listing<Summary>,
}

struct RoleAssignments;

impl DataSource for RoleAssignments {
    const NAME: &'static str = "role_assignments";
    const PAGE: Page = Page {
        subcategory: "Identity",
        permissions: "`Microsoft.Authorization/roleAssignments/read`, `…/roleDefinitions/read`, `…/denyAssignments/read`, \
                      `…/roleAssignmentScheduleInstances/read`, and `…/roleEligibilityScheduleInstances/read` for `eligible`: the role \
                      Reader holds them all. Microsoft Graph, application: `User.Read.All`, `GroupMember.Read.All` and \
                      `Application.Read.All` (or `Directory.Read.All`) for names, `orphaned` and `expand_groups`. Entra ID P2 for `eligible`.",
    };
    type Context = Context;
    const AREA: Option<Area> = Some(Area::Identity);
    type Arguments = Arguments;
    type Attributes = Attributes;

    async fn read(arguments: Arguments, context: &Context, warnings: &mut Diagnostics) -> Result<Attributes> {
        let Chosen { subscriptions, mut gaps, .. } = Chosen::of(context, &arguments.subscription_ids).await?;
        let tree = authorization::tree(context).await?;
        // What stands above and below a scope is known from the tree.
        gaps.extend(tree.gap.iter().filter(|_| arguments.scopes.is_some()).cloned());
        for wanted in arguments.scopes.iter().flatten().filter(|wanted| authorization::undecided(&wanted.0, &tree).is_none()) {
            authorization::require_inside(&wanted.0, &subscriptions, &tree, context)?;
        }
        let found = assignments::found(&arguments, context, &subscriptions, &tree, &mut gaps).await?;
        let places: Vec<_> = subscriptions.iter().map(|subscription| format!("/subscriptions/{}", subscription.id)).collect();
        let mut definitions = authorization::definitions(context, &places, &found.used(), false).await?;
        let names = arguments.role_definition_names.iter().flatten();
        named::add_lacking(context, &subscriptions, names, &mut definitions).await?;
        let redacts_people = context.client.settings().redacts_people;
        let roles = wanted_roles(&arguments, &definitions, redacts_people, warnings)?;
        gaps.extend(nameless(&arguments, &definitions));
        gaps.extend(definitions.gaps.iter().cloned());

        let near = |at: &str| is_wanted(&arguments, &tree, &found, at);
        let mut rows = found.rows(&definitions, redacts_people);
        let principals = lowered(&arguments.principal_ids, |id| &id.0);
        let mut unmatched = Unmatched::of(principals.iter().flatten().cloned());
        unmatched.match_with(|id| rows.iter().any(|row| row.principal_id == *id));
        rows.retain(|row| near(&row.scope) && roles.as_ref().is_none_or(|roles| roles.contains(&row_role(row))));
        rows.retain(|row| arguments.privileged_only != Some(true) || row.privileged != Some(false));
        let (expands, types) = (arguments.expand_groups == Some(true), lowered(&arguments.principal_types, |word| &word.0));
        let is_chosen = |row: &Row| principals.as_ref().is_none_or(|ids| ids.contains(&row.principal_id));
        rows.retain(|row| expands || is_chosen(row));
        let mut known = Principals::default();
        if expands || types.is_some() {
            known = people::resolved(context, &found, &mut rows, expands, known).await?;
        }
        if expands {
            known = people::expand(context, &found, &mut rows, known, &mut gaps).await?;
        }
        unmatched.match_with(|id| rows.iter().any(|row| row.principal_id == *id));
        let which = match expands {
            true => "no role assignment that was read is given to",
            false => "no role assignment that was read is given directly (through groups: `expand_groups`) to",
        };
        let foreign = subscriptions.iter().any(|subscription| delegated::elsewhere(subscription).is_some());
        named::require_principals(context, unmatched.rest(), foreign).await?;
        selection::warn("principal_ids", "Principal id", which, unmatched.rest(), warnings);
        let wanted_scopes = arguments.scopes.iter().flatten().map(|scope| scope.0.clone()).collect();
        let missing = named::missing_scopes(context, &wanted_scopes, &subscriptions, &tree).await?;
        let which = "no resource group or management group that was read is, or holds,";
        selection::warn("scopes", "Scope", which, &missing, warnings);
        rows.retain(|row| is_chosen(row) && types.as_ref().is_none_or(|types| people::may_be_of(row, types, &found, &known)));
        people::name(context, &found, &mut rows, known, &mut gaps).await?;
        let table = Table::of(rows, arguments.limit, |row| &row.key, |first, _| first);
        let summary = summary(&table, &arguments, &gaps);
        let (role_assignments, listing) = table.listed(summary, gaps, warnings);
        let role_definitions = assignments::role_rows(&role_assignments, &definitions, redacts_people);
        let deny_assignments = found.deny_rows(redacts_people).into_iter().filter(|row| near(&row.scope)).collect();
        Ok(Attributes { role_assignments, deny_assignments, role_definitions, listing })
    }
}

fn row_role(row: &Row) -> String {
    authorization::guid_of(&row.role_definition_id)
}

/// The GUIDs that are asked for. A name that no role has is an error, unless some roles could not be read.
fn wanted_roles(
    arguments: &Arguments,
    definitions: &Definitions,
    redacts_people: bool,
    warnings: &mut Diagnostics,
) -> Result<Option<BTreeSet<String>>> {
    if arguments.role_definition_names.is_none() && arguments.role_definition_ids.is_none() {
        return Ok(None);
    }
    let ids = arguments.role_definition_ids.iter().flatten().map(|id| authorization::guid_of(&id.0));
    let mut wanted: BTreeSet<String> = ids.collect();
    // A role that can only be given on one resource group is in no list of the subscription's, so this is no error.
    let strange: Vec<&String> = wanted.iter().filter(|guid| !definitions.roles.contains_key(*guid)).collect();
    if definitions.gaps.is_empty() {
        selection::warn("role_definition_ids", "Role definition id", named::NO_ROLE_OF_ID, strange, warnings);
    }
    let mut problems = Diagnostics::new();
    let path = Path::attribute("role_definition_names");
    let are_all = definitions.gaps.is_empty() && definitions.nameless().next().is_none();
    for name in arguments.role_definition_names.iter().flatten() {
        let mut found = definitions.all_of_name(name);
        if !are_all && !is_guid(&authorization::guid_of(name)) {
            found.extend(built_in::by_name(name).map(|(_, guid)| guid.to_owned()));
        } else if found.is_empty() {
            let detail = selection::no_such_role("role_definition_names", name, definitions, redacts_people);
            problems.error(path.clone(), "Unknown value", detail);
        }
        wanted.extend(found);
    }
    problems.into_result()?;
    Ok(Some(wanted))
}

/// Roles that no name finds, where names are asked for.
fn nameless(arguments: &Arguments, definitions: &Definitions) -> Vec<Unreadable> {
    let asked = arguments.role_definition_names.is_some();
    let roles = definitions.nameless().filter(|_| asked);
    roles
        .map(|role| Unreadable {
            subject: Subject::RoleDefinitions,
            place: Place::of(&canonical(&role.id)),
            reason: Reason::NotProven,
            code: String::new(),
            remedy: "Azure does not say how this role is called, so no name finds it. Use `role_definition_ids`.".to_owned(),
        })
        .collect()
}

/// Whether a scope is at, above or below one that is asked for.
fn is_wanted(arguments: &Arguments, tree: &Tree, found: &Found, at: &str) -> bool {
    let kind = place::Kind::of(at);
    if arguments.include_management_groups == Some(false) && kind.is_some_and(place::Kind::is_above_subscriptions) {
        return false;
    }
    let Some(scopes) = &arguments.scopes else { return true };
    let name = |scope: &str| {
        let id = ResourceId::parse(scope).unwrap_or_default();
        id.subscription_id.or(id.management_group_id).unwrap_or_default()
    };
    let is_outside_and_above = |wanted: &str, at: &str| match tree.groups.is_empty() {
        true => found.is_above(at, &name(wanted)),
        // What stands above the connection's own group reaches everything in it.
        false => !tree.groups.iter().any(|group| group.eq_ignore_ascii_case(&name(at))),
    };
    let touches = |wanted: &ScopeId| {
        let wanted = wanted.0.as_str();
        place::reaches(at, wanted, &tree.above(&name(wanted)))
            || within(at, wanted)
            || tree.above(&name(at)).contains(&wanted.trim_end_matches('/').to_lowercase())
            || (kind == Some(place::Kind::ManagementGroup) && is_outside_and_above(wanted, at))
    };
    scopes.iter().any(touches)
}

/// Subjects that say nothing about how many assignments there are.
const BESIDE_ROWS: [Subject; 4] =
    [Subject::DenyAssignments, Subject::RoleAssignmentSchedules, Subject::ServicePrincipals, Subject::Users];

fn summary(table: &Table<Row>, arguments: &Arguments, gaps: &[Unreadable]) -> Summary {
    let rows = table.rows();
    // Of groups themselves only the name is read, unless their members are wanted.
    let names = if arguments.expand_groups == Some(true) { None } else { Some(Subject::Groups) };
    let on = |more: Option<Subject>| Counting::on(gaps, &BESIDE_ROWS.into_iter().chain(names).chain(more).collect::<Vec<_>>());
    let counting = on(None);
    let is = |row: &Row, word: AssignmentTypeWord| row.assignment_type == word.word();
    let count = |is: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| is(row)).count();
    let (mut by_role, mut by_principal_type) = (BTreeMap::new(), BTreeMap::new());
    for row in rows {
        let role = row.role_definition_name.clone().unwrap_or_else(|| row_role(row));
        *by_role.entry(role).or_default() += 1;
        *by_principal_type.entry(row.principal_type.clone()).or_default() += 1;
    }
    Summary {
        matched: counting.count(rows.len()),
        returned: table.returned(),
        by_role: counting.by(by_role),
        by_principal_type: counting.by(by_principal_type),
        orphaned: Counting::on(gaps, &[Subject::DenyAssignments, Subject::RoleAssignmentSchedules])
            .and(rows.iter().all(|row| row.orphaned.is_some()))
            .count(count(&|row| row.orphaned == Some(true))),
        conditional: counting.count(count(&|row| row.condition.is_some())),
        eligible: on(Some(Subject::RoleAssignments))
            .and(arguments.asks(AssignmentTypeWord::Eligible))
            .count(count(&|row| is(row, AssignmentTypeWord::Eligible))),
        owners: on(Some(Subject::EligibleRoleAssignments))
            .and(arguments.asks(AssignmentTypeWord::Active))
            .count(count(&|row| row_role(row) == OWNER && is(row, AssignmentTypeWord::Active))),
    }
}
