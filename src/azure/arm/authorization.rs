//! Azure RBAC: who holds which role where, what a role allows, and what the caller itself may do.

use serde::Deserialize;

use crate::azure::{
    Kind, Result,
    answer::lenient::{ExactText, Flag, List, OrEmpty, Text},
    call::Call,
    client::Client,
    endpoint::Endpoint,
};

const VERSION: &str = "2022-04-01";
const OF_SCHEDULES: &str = "2020-10-01";
/// The version of deny assignments that has `denyAssignmentEffect`.
const WITH_EFFECTS: &str = "2024-07-01-preview";

/// What the caller may do at a scope: one entry a role it holds, through groups and from above included. Whoever can name the scope
/// holds something there: an empty list proves nothing.
///
/// The specification has this at resource groups and resources only; at subscriptions it works in practice, undocumented.
pub const PERMISSIONS: Endpoint =
    Endpoint::arm("read the caller's permissions", "providers/Microsoft.Authorization/permissions", VERSION, &[]).never_empty();

/// Role assignments at, above and below a scope. It takes one to read them, so there is one.
pub const ROLE_ASSIGNMENTS: Endpoint = ROLE_ASSIGNMENTS_OF_ONE.never_empty();

/// Those of one principal, of which there may be none.
pub const ROLE_ASSIGNMENTS_OF_ONE: Endpoint = Endpoint::arm(
    "list role assignments",
    "providers/Microsoft.Authorization/roleAssignments",
    VERSION,
    &["Microsoft.Authorization/roleAssignments/read"],
);

/// The roles that can be assigned at a scope.
pub const ROLE_DEFINITIONS: Endpoint =
    Endpoint::arm("list role definitions", "providers/Microsoft.Authorization/roleDefinitions", VERSION, READ_DEFINITIONS);

/// One of them.
pub const ROLE_DEFINITION: Endpoint = Endpoint::arm(
    "read the role definition",
    "providers/Microsoft.Authorization/roleDefinitions/{id}",
    VERSION,
    READ_DEFINITIONS,
);

const READ_DEFINITIONS: &[&str] = &["Microsoft.Authorization/roleDefinitions/read"];

/// Deny assignments at, above and below a scope.
pub const DENY_ASSIGNMENTS: Endpoint = Endpoint::arm(
    "list deny assignments",
    "providers/Microsoft.Authorization/denyAssignments",
    WITH_EFFECTS,
    &["Microsoft.Authorization/denyAssignments/read"],
);

/// Roles that could be activated, at, above and below a scope. Needs Entra ID P2.
pub const ELIGIBILITIES: Endpoint = Endpoint::arm(
    "list eligible role assignments",
    "providers/Microsoft.Authorization/roleEligibilityScheduleInstances",
    OF_SCHEDULES,
    &["Microsoft.Authorization/roleEligibilityScheduleInstances/read"],
);

/// Roles held through Privileged Identity Management, likewise.
pub const SCHEDULES: Endpoint = Endpoint::arm(
    "list scheduled role assignments",
    "providers/Microsoft.Authorization/roleAssignmentScheduleInstances",
    OF_SCHEDULES,
    &["Microsoft.Authorization/roleAssignmentScheduleInstances/read"],
);

/// All of them.
pub const ENDPOINTS: &[Endpoint] = &[
    DENY_ASSIGNMENTS,
    ELIGIBILITIES,
    PERMISSIONS,
    ROLE_ASSIGNMENTS,
    ROLE_ASSIGNMENTS_OF_ONE,
    ROLE_DEFINITION,
    ROLE_DEFINITIONS,
    SCHEDULES,
];

/// What one role allows: the union over roles is what a principal may do.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    /// Management operations, with `*`. None, as of the others, if the service did not say: an empty list would allow, or take out,
    /// nothing.
    pub actions: List<String>,
    /// Taken out of `actions` of the same role only.
    pub not_actions: List<String>,
    /// Data operations, with `*`.
    pub data_actions: List<String>,
    /// Taken out of `data_actions` of the same role only.
    pub not_data_actions: List<String>,
    /// A condition, where a role carries one.
    pub condition: ExactText,
    /// The version of its language.
    pub condition_version: Text,
}

impl RoleDefinition {
    /// What it allows; none unless the service stated all of it. A role is there to allow something: a custom one needs operations, and
    /// each built-in one has some, so one that allows nothing is one of which nothing is stated.
    pub fn permissions(&self) -> Option<&[Permission]> {
        self.properties.permissions.as_deref().filter(|all| are_stated(all))
    }
}

impl DenyAssignmentProperties {
    /// Whether the service stated whom it denies what. One of nobody or of nothing would deny nothing, and nobody makes such.
    pub fn is_stated(&self) -> bool {
        !self.principals.is_empty() && are_stated(&self.permissions)
    }
}

impl Permission {
    /// Whether the service stated all that it allows.
    pub fn is_stated(&self) -> bool {
        let Self { actions, not_actions, data_actions, not_data_actions, .. } = self;
        [actions, not_actions, data_actions, not_data_actions].iter().all(|list| list.is_some())
    }
}

/// Whether the service stated all that a role or a deny assignment speaks of, and that it speaks of anything at all.
pub fn are_stated(permissions: &[Permission]) -> bool {
    let names = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|list| !list.is_empty());
    permissions.iter().all(Permission::is_stated) && permissions.iter().any(|one| names(&one.actions) || names(&one.data_actions))
}

/// A role given to a principal at a scope.
#[derive(Clone, Debug, Deserialize)]
pub struct RoleAssignment {
    /// Unique: one row appears in the lists of every subscription below its scope.
    pub id: String,
    /// Everything else.
    pub properties: RoleAssignmentProperties,
}

/// Who, what, where.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleAssignmentProperties {
    /// Where it was given.
    pub scope: String,
    /// The prefix depends on the scope; compare the last segment.
    pub role_definition_id: String,
    /// Object id.
    pub principal_id: String,
    /// `User`, `Group`, `ServicePrincipal`, `ForeignGroup`, `Device`; `Unknown` for the deleted.
    pub principal_type: Text,
    /// An attribute-based condition.
    pub condition: ExactText,
    /// `2.0`
    pub condition_version: Text,
    /// Free text.
    pub description: Text,
    /// When.
    pub created_on: Text,
    /// By which object id.
    pub created_by: Text,
}

/// A role.
#[derive(Clone, Debug, Deserialize)]
pub struct RoleDefinition {
    /// Its id; the prefix depends on the scope it was read at.
    pub id: String,
    /// Its GUID, the same everywhere for built-in roles.
    pub name: String,
    /// Everything else.
    pub properties: RoleDefinitionProperties,
}

/// What a role is.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct RoleDefinitionProperties {
    /// Its name. Not unique.
    pub role_name: Text,
    /// `BuiltInRole` or `CustomRole`.
    #[serde(rename = "type")]
    pub kind: Text,
    /// What it allows; none if the service did not say.
    pub permissions: List<Permission>,
    /// Where it may be assigned.
    pub assignable_scopes: OrEmpty<Vec<String>>,
}

/// What is denied whatever roles allow. Managed applications and deployment stacks make these, and tenants themselves since the API
/// version 2024-07-01-preview.
#[derive(Clone, Debug, Deserialize)]
pub struct DenyAssignment {
    /// Unique.
    pub id: String,
    /// Everything else.
    pub properties: DenyAssignmentProperties,
}

/// Who is denied what, where.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DenyAssignmentProperties {
    /// Its name.
    pub deny_assignment_name: Text,
    /// Where. Without it nothing says what is denied; see `permissions`.
    pub scope: String,
    /// Whether it stops at its own scope.
    pub do_not_apply_to_child_scopes: Flag,
    /// What. Without it nothing says what is denied, and such an answer is not read at all; an empty list says as little.
    pub permissions: Vec<Permission>,
    /// Who; the zero GUID is everyone. As for `permissions`.
    pub principals: Vec<Principal>,
    /// Who not; none if the service did not say.
    pub exclude_principals: List<Principal>,
    /// A condition, which newer versions of the service know.
    pub condition: ExactText,
    /// `enforced`, or `audit`, which denies nothing; none is enforced.
    #[serde(rename = "denyAssignmentEffect")]
    pub effect: Text,
}

/// Someone a deny assignment names.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Principal {
    /// Object id.
    pub id: String,
    /// `User`, `Group`, `ServicePrincipal`, `SystemDefined`.
    #[serde(rename = "type")]
    pub kind: Text,
}

/// A role held, or available for activation, through Privileged Identity Management.
#[derive(Clone, Debug, Deserialize)]
pub struct ScheduleInstance {
    /// Unique.
    pub id: String,
    /// Everything else.
    pub properties: ScheduleInstanceProperties,
}

/// Who, what, where, when.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleInstanceProperties {
    /// Where.
    pub scope: String,
    /// What.
    pub role_definition_id: String,
    /// Who.
    pub principal_id: String,
    /// `User`, `Group`, `ServicePrincipal` …
    pub principal_type: Text,
    /// `Accepted`, `Provisioned`, `Revoked` and the like.
    pub status: Text,
    /// `Activated` or `Assigned`; eligibilities have none.
    pub assignment_type: Text,
    /// `Inherited`, `Direct`, `Group`.
    pub member_type: Text,
    /// From.
    pub start_date_time: ExactText,
    /// Until; none is permanent.
    pub end_date_time: ExactText,
    /// The role assignment it shows up as.
    pub origin_role_assignment_id: Text,
    /// A condition.
    pub condition: ExactText,
    /// The version of its language.
    pub condition_version: Text,
    /// When it was created.
    pub created_on: Text,
}

/// What the caller may do at a scope: one entry a role it holds.
pub async fn permissions(client: &Client, scope: &str) -> Result<Vec<Permission>> {
    client.rows(PERMISSIONS.at(scope)).await
}

/// Role assignments at, above and below a subscription.
pub async fn role_assignments(client: &Client, scope: &str) -> Result<Vec<RoleAssignment>> {
    client.rows(ROLE_ASSIGNMENTS.at(scope)).await
}

/// Role assignments at and above a scope.
pub async fn role_assignments_reaching(client: &Client, scope: &str) -> Result<Vec<RoleAssignment>> {
    client.rows(ROLE_ASSIGNMENTS.at(scope).with("$filter", "atScope()")).await
}

/// Role assignments of the caller, at, above and below a scope, through groups included.
pub async fn own_role_assignments(client: &Client, scope: &str, object_id: &str) -> Result<Vec<RoleAssignment>> {
    client.rows(ROLE_ASSIGNMENTS.at(scope).with("$filter", format!("assignedTo('{object_id}')"))).await
}

/// Role assignments of a user or service principal at and above a scope, through groups included.
pub async fn role_assignments_to(client: &Client, scope: &str, object_id: &str) -> Result<Vec<RoleAssignment>> {
    let filter = format!("atScope() and assignedTo('{object_id}')");
    client.rows(ROLE_ASSIGNMENTS_OF_ONE.at(scope).with("$filter", filter)).await
}

/// The roles that Microsoft has made, as far as they can be assigned at a scope. There are hundreds.
pub async fn built_in_roles(client: &Client, scope: &str) -> Result<Vec<RoleDefinition>> {
    client.rows(ROLE_DEFINITIONS.never_empty().at(scope).with("$filter", "type eq 'BuiltInRole'")).await
}

/// The roles made in the tenant, as far as they can be assigned at a scope.
pub async fn custom_roles(client: &Client, scope: &str) -> Result<Vec<RoleDefinition>> {
    client.rows(ROLE_DEFINITIONS.at(scope).with("$filter", "type eq 'CustomRole'")).await
}

/// The roles that can be assigned at a scope, or at one below it. There are hundreds.
pub async fn roles_at_and_below(client: &Client, scope: &str) -> Result<Vec<RoleDefinition>> {
    client.rows(ROLE_DEFINITIONS.never_empty().at(scope).with("$filter", "atScopeAndBelow()")).await
}

/// One role definition, by its GUID, as it is assigned at a scope.
pub async fn role_definition_at(client: &Client, scope: &str, guid: &str) -> Result<RoleDefinition> {
    client.get(ROLE_DEFINITION.of_at(guid, scope)).await
}

/// Deny assignments at, above and below a scope, or as `filter` narrows it. Only the preview says which of them deny nothing; a cloud
/// without it says nothing of effects.
pub async fn deny_assignments(client: &Client, scope: &str, filter: Option<&str>) -> Result<Vec<DenyAssignment>> {
    let call = |endpoint: Endpoint| filtered(endpoint.at(scope), filter);
    match client.rows(call(DENY_ASSIGNMENTS)).await {
        Err(error) if error.kind() == Kind::Unsupported => client.rows(call(DENY_ASSIGNMENTS.in_version(VERSION))).await,
        answer => answer,
    }
}

/// Roles that could be activated. Needs Entra ID P2.
pub async fn eligibilities(client: &Client, scope: &str) -> Result<Vec<ScheduleInstance>> {
    client.rows(ELIGIBILITIES.at(scope)).await
}

/// Roles that could be activated, at a scope and above it. Needs Entra ID P2.
pub async fn eligibilities_reaching(client: &Client, scope: &str) -> Result<Vec<ScheduleInstance>> {
    client.rows(ELIGIBILITIES.at(scope).with("$filter", "atScope()")).await
}

/// Roles held through Privileged Identity Management. Needs Entra ID P2.
pub async fn schedules(client: &Client, scope: &str) -> Result<Vec<ScheduleInstance>> {
    client.rows(SCHEDULES.at(scope)).await
}

fn filtered(call: Call, filter: Option<&str>) -> Call {
    match filter {
        Some(filter) => call.with("$filter", filter),
        None => call,
    }
}
