//! The directory: accounts, groups, who is in which group, and who holds which directory role.

use serde::Deserialize;

use crate::azure::{
    Result,
    answer::lenient::{ExactText, Flag, List, Text, present},
    client::Client,
    endpoint::Endpoint,
};

const DIRECTORY: &str = "Directory.Read.All";
/// What reads groups.
pub(super) const READ_GROUPS: &[&str] = &["GroupMember.Read.All", "Group.Read.All", DIRECTORY];
const READ_PRINCIPALS: &[&str] = &["Application.Read.All", DIRECTORY];
const READ_USERS: &[&str] = &["User.Read.All", DIRECTORY];
const READ_ROLES: &[&str] = &["RoleManagement.Read.Directory", DIRECTORY];

/// Groups.
pub const GROUPS: Endpoint = Endpoint::graph("look up principals", "groups", READ_GROUPS);
/// Service principals.
pub const SERVICE_PRINCIPALS: Endpoint = Endpoint::graph("look up principals", "servicePrincipals", READ_PRINCIPALS);
/// Users.
pub const USERS: Endpoint = Endpoint::graph("look up principals", "users", READ_USERS);
/// A group.
pub const GROUP: Endpoint = Endpoint::graph("look up the principal", "groups/{id}", READ_GROUPS);
/// A service principal.
pub const SERVICE_PRINCIPAL: Endpoint = Endpoint::graph("look up the principal", "servicePrincipals/{id}", READ_PRINCIPALS);
/// A user.
pub const USER: Endpoint = Endpoint::graph("look up the principal", "users/{id}", READ_USERS);
/// The groups a group is in, nested ones included.
pub const GROUPS_OF_GROUP: Endpoint = groups_of_one("groups/{id}/transitiveMemberOf/microsoft.graph.group");
/// The groups a service principal is in, likewise.
pub const GROUPS_OF_SERVICE_PRINCIPAL: Endpoint =
    groups_of_one("servicePrincipals/{id}/transitiveMemberOf/microsoft.graph.group");
/// The groups a user is in, likewise.
pub const GROUPS_OF_USER: Endpoint = groups_of_one("users/{id}/transitiveMemberOf/microsoft.graph.group");
/// The members of a group, those of the groups in it included.
pub const MEMBERS: Endpoint =
    Endpoint::graph("list the members of the group", "groups/{id}/transitiveMembers", &["GroupMember.Read.All", DIRECTORY]);
/// Directory roles that are active, activated ones included. Every tenant has a Global Administrator.
pub const ROLE_ASSIGNMENTS: Endpoint =
    Endpoint::graph("list directory role assignments", "roleManagement/directory/roleAssignments", READ_ROLES).never_empty();
/// Directory roles, custom ones included. Every tenant has the built-in ones.
pub const ROLE_DEFINITIONS: Endpoint =
    Endpoint::graph("list directory roles", "roleManagement/directory/roleDefinitions", READ_ROLES).never_empty();
/// Directory roles that could be activated. Needs Entra ID P2.
pub const ROLE_ELIGIBILITIES: Endpoint = Endpoint::graph(
    "list eligible directory role assignments",
    "roleManagement/directory/roleEligibilityScheduleInstances",
    &["RoleEligibilitySchedule.Read.Directory", "RoleManagement.Read.Directory", "RoleManagement.Read.All"],
);
/// Directory roles that are active, with how long. Needs Entra ID P2.
pub const ROLE_SCHEDULES: Endpoint = Endpoint::graph(
    "list scheduled directory role assignments",
    "roleManagement/directory/roleAssignmentScheduleInstances",
    &["RoleAssignmentSchedule.Read.Directory", "RoleManagement.Read.Directory", "RoleManagement.Read.All"],
);

/// All of them.
pub const ENDPOINTS: &[Endpoint] = &[
    GROUP,
    GROUPS,
    GROUPS_OF_GROUP,
    GROUPS_OF_SERVICE_PRINCIPAL,
    GROUPS_OF_USER,
    MEMBERS,
    ROLE_ASSIGNMENTS,
    ROLE_DEFINITIONS,
    ROLE_ELIGIBILITIES,
    ROLE_SCHEDULES,
    SERVICE_PRINCIPAL,
    SERVICE_PRINCIPALS,
    USER,
    USERS,
];

const fn groups_of_one(tail: &'static str) -> Endpoint {
    Endpoint::graph("list the groups of the principal", tail, &[DIRECTORY])
}

/// What kind of object an id belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A group.
    Group,
    /// An application's or a managed identity's service principal.
    ServicePrincipal,
    /// A person's account, or a guest's.
    User,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Group, Self::ServicePrincipal, Self::User];

    /// The word Azure uses for a principal of this kind.
    pub fn word(self) -> &'static str {
        match self {
            Self::Group => "Group",
            Self::ServicePrincipal => "ServicePrincipal",
            Self::User => "User",
        }
    }

    /// What is worth knowing of it. Names only where somebody may see them.
    fn fields(self, with_names: bool) -> &'static str {
        match (self, with_names) {
            (Self::Group, false) => "id,visibility",
            (Self::Group, true) => "id,visibility,displayName",
            (Self::ServicePrincipal, false) => "id",
            (Self::ServicePrincipal, true) => "id,displayName",
            (Self::User, false) => "id,userType",
            (Self::User, true) => "id,userType,displayName",
        }
    }
}

/// An object of the directory. Of one that the caller may not read there is only the id and the kind.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Object {
    /// Object id.
    pub id: String,
    /// `#microsoft.graph.user` and the like, in lists of mixed kinds.
    #[serde(rename = "@odata.type")]
    pub odata_type: Text,
    /// Its name.
    pub display_name: Text,
    /// `Member` or `Guest`, of users.
    pub user_type: Text,
    /// Whether it can sign in, of users and service principals, where it was asked for.
    pub account_enabled: Flag,
    /// `Public`, `Private` or `HiddenMembership`, of groups; empty for those that have none, as security groups do. None if it was left
    /// out: then it may be any.
    #[serde(default, deserialize_with = "present")]
    pub visibility: Option<String>,
}

impl Object {
    /// Its kind by the type it came with; none for devices, contacts and what else there is.
    pub fn kind(&self) -> Option<Kind> {
        let ty = self.odata_type.as_deref()?.strip_prefix("#microsoft.graph.")?;
        Kind::ALL.into_iter().find(|kind| kind.word().eq_ignore_ascii_case(ty))
    }

    /// What Azure calls a principal of this kind.
    pub fn principal_type(&self) -> &str {
        match self.kind() {
            Some(kind) => kind.word(),
            None if self.odata_type.as_deref() == Some("#microsoft.graph.device") => "Device",
            None => "Unknown",
        }
    }

    /// Whether its members are, or may be, hidden from those who are not in it: a word that is new here may say so.
    pub fn hides_members(&self) -> bool {
        hides_members(self.visibility.as_deref())
    }
}

/// Whether a group of this visibility keeps, or may keep, its members from those who are not in it.
pub fn hides_members(visibility: Option<&str>) -> bool {
    let shows = |word: &str| ["", "Private", "Public"].iter().any(|known| known.eq_ignore_ascii_case(word));
    visibility.is_some_and(|word| !shows(word))
}

/// A directory role given to a principal.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleAssignment {
    /// Unique.
    pub id: String,
    /// Object id.
    pub principal_id: String,
    /// The role; of a built-in one its template id.
    pub role_definition_id: String,
    /// `/`, `/administrativeUnits/{id}` or `/{application object id}`.
    pub directory_scope_id: Text,
    /// A scope that only one application knows, instead of the directory's.
    pub app_scope_id: Text,
    /// The principal, if it was asked for; null if it was deleted.
    pub principal: Option<Object>,
}

/// A directory role held, or available for activation, through Privileged Identity Management.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleInstance {
    /// Unique.
    pub id: String,
    /// Object id.
    pub principal_id: String,
    /// The role.
    pub role_definition_id: String,
    /// As of an assignment.
    pub directory_scope_id: Text,
    /// As of an assignment.
    pub app_scope_id: Text,
    /// `Activated` or `Assigned`; eligibilities have none.
    pub assignment_type: Text,
    /// `Direct`, `Group` or `Inherited`.
    pub member_type: Text,
    /// From.
    pub start_date_time: Text,
    /// Until; none is permanent.
    pub end_date_time: ExactText,
    /// The principal, if it was asked for.
    pub principal: Option<Object>,
}

/// A directory role.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleDefinition {
    /// Unique; of a built-in one its template id.
    pub id: String,
    /// The same in every tenant for built-in roles.
    pub template_id: Text,
    /// Its name. Not unique.
    pub display_name: Text,
    /// Whether it is built in.
    pub is_built_in: Flag,
    /// What it allows; none if the service did not say.
    pub role_permissions: List<RolePermission>,
}

/// What a directory role allows.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RolePermission {
    /// Operations; none if the service did not say.
    pub allowed_resource_actions: List<String>,
}

impl RoleDefinition {
    /// The operations it allows; none unless the service stated all of them. A role is there to allow something, so an empty list states
    /// nothing.
    pub fn operations(&self) -> Option<Vec<&str>> {
        let mut all = Vec::new();
        for permission in self.role_permissions.as_ref().filter(|all| !all.is_empty())? {
            let allowed = permission.allowed_resource_actions.as_ref().filter(|allowed| !allowed.is_empty())?;
            all.extend(allowed.iter().map(String::as_str));
        }
        Some(all)
    }
}

/// Ids one filter may name.
pub const IDS_AT_ONCE: usize = 15;

/// Objects of one kind by id, at most [`IDS_AT_ONCE`]. Those that do not exist (any more) are not in the answer.
pub async fn objects(client: &Client, kind: Kind, ids: &[String], with_names: bool) -> Result<Vec<Object>> {
    let quoted: Vec<_> = ids.iter().map(|id| format!("'{id}'")).collect();
    let list = match kind {
        Kind::Group => GROUPS,
        Kind::ServicePrincipal => SERVICE_PRINCIPALS,
        Kind::User => USERS,
    };
    let call = list.at("").with("$filter", format!("id in ({})", quoted.join(",")));
    client.rows(call.with("$select", kind.fields(with_names))).await
}

/// Who may edit a group.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct GroupProtection {
    /// Object id.
    pub id: String,
    /// Whether roles can be given to it, so that only those who administer roles may edit it.
    pub is_assignable_to_role: Flag,
    /// Whether it is in a restricted administrative unit.
    pub is_management_restricted: Flag,
}

/// Who may edit groups, at most [`IDS_AT_ONCE`].
pub async fn group_protection(client: &Client, ids: &[String]) -> Result<Vec<GroupProtection>> {
    let quoted: Vec<_> = ids.iter().map(|id| format!("'{id}'")).collect();
    let call = GROUPS.at("").with("$filter", format!("id in ({})", quoted.join(",")));
    client.rows(call.with("$select", "id,isAssignableToRole,isManagementRestricted")).await
}

/// One object of one kind, and whether it is enabled.
pub async fn object(client: &Client, kind: Kind, id: &str) -> Result<Object> {
    let one = match kind {
        Kind::Group => GROUP,
        Kind::ServicePrincipal => SERVICE_PRINCIPAL,
        Kind::User => USER,
    };
    let fields = match kind {
        Kind::Group => kind.fields(false).to_owned(),
        Kind::ServicePrincipal | Kind::User => format!("{},accountEnabled", kind.fields(false)),
    };
    client.get(one.of(id).with("$select", fields)).await
}

/// The groups an object is in, nested ones included.
pub async fn groups_of(client: &Client, kind: Kind, id: &str) -> Result<Vec<Object>> {
    let list = match kind {
        Kind::Group => GROUPS_OF_GROUP,
        Kind::ServicePrincipal => GROUPS_OF_SERVICE_PRINCIPAL,
        Kind::User => GROUPS_OF_USER,
    };
    // The cast is an advanced query.
    let call = list.of(id).header("ConsistencyLevel", "eventual").with("$count", "true");
    client.rows(call.with("$select", "id").with("$top", "999")).await
}

/// The members of a group, those of the groups in it included.
pub async fn members_of(client: &Client, group: &str, with_names: bool) -> Result<Vec<Object>> {
    let fields = if with_names { "id,userType,displayName" } else { "id,userType" };
    client.rows(MEMBERS.of(group).with("$select", fields).with("$top", "999")).await
}

/// Directory roles that are active, activated ones included, with who holds them.
pub async fn role_assignments(client: &Client) -> Result<Vec<RoleAssignment>> {
    client.rows(ROLE_ASSIGNMENTS.at("").with("$expand", "principal")).await
}

/// Directory roles, custom ones included.
pub async fn role_definitions(client: &Client) -> Result<Vec<RoleDefinition>> {
    client.rows(ROLE_DEFINITIONS.at("")).await
}

/// Directory roles that could be activated. Needs Entra ID P2.
pub async fn role_eligibilities(client: &Client) -> Result<Vec<RoleInstance>> {
    client.rows(ROLE_ELIGIBILITIES.at("").with("$expand", "principal")).await
}

/// Directory roles that are active, with how long. Needs Entra ID P2.
pub async fn role_schedules(client: &Client) -> Result<Vec<RoleInstance>> {
    client.rows(ROLE_SCHEDULES.at("")).await
}
