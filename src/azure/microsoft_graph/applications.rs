//! Applications: their principals, registrations, credentials without their values, and what was requested and consented.

use serde::Deserialize;

use crate::azure::{
    Result,
    answer::{
        lenient::{List, OrEmpty, Text, unstated},
        stated::Stated,
    },
    client::Client,
    endpoint::Endpoint,
};

/// The principal of an application in this tenant.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePrincipal {
    /// Object id.
    pub id: String,
    /// Client id.
    pub app_id: Text,
    /// Its name.
    pub display_name: Text,
    /// Whether it can sign in.
    pub account_enabled: Option<bool>,
    /// `Application`, `ManagedIdentity`, `Legacy`, `SocialIdp`.
    pub service_principal_type: Text,
    /// The tenant its registration is in.
    pub app_owner_organization_id: Text,
    /// Its own secrets, beside those of its registration, without their values; only where they are asked for.
    pub password_credentials: List<Credential>,
    /// Its own certificates; only where they are asked for.
    pub key_credentials: List<Credential>,
}

/// The permissions an API offers.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Api {
    /// Object id of the API's principal.
    pub id: String,
    /// Application permissions.
    pub app_roles: Vec<Permission>,
    /// Delegated permissions.
    #[serde(rename = "oauth2PermissionScopes")]
    pub scopes: OrEmpty<Vec<Permission>>,
}

/// A permission an API offers.
#[derive(Clone, Debug, Deserialize)]
pub struct Permission {
    /// GUID.
    pub id: String,
    /// `Directory.Read.All`
    pub value: OrEmpty<String>,
}

/// A registration.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Application {
    /// Object id.
    pub id: String,
    /// What it asks for. Without it nothing says that it asks for nothing: such an answer is not read at all.
    pub required_resource_access: Vec<ResourceAccess>,
    /// Its secrets, without their values.
    pub password_credentials: Vec<Credential>,
    /// Its certificates.
    pub key_credentials: Vec<Credential>,
}

/// What a registration asks of one API.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceAccess {
    /// Client id of the API.
    pub resource_app_id: String,
    /// The permissions.
    pub resource_access: Vec<Access>,
}

/// One permission a registration asks for.
#[derive(Clone, Debug, Deserialize)]
pub struct Access {
    /// Id of the permission.
    pub id: String,
    /// `Role` for Application, `Scope` for Delegated.
    #[serde(rename = "type")]
    pub kind: String,
}

/// A secret or certificate, without its value.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Credential {
    /// Its id.
    pub key_id: Text,
    /// Its name.
    pub display_name: Text,
    /// `Sign` or `Verify`, of certificates.
    pub usage: Text,
    /// From.
    pub start_date_time: Text,
    /// Until; null if it does not end.
    #[serde(default)]
    pub end_date_time: Stated,
}

/// An Application permission that was consented.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct AppRoleAssignment {
    /// Its own id.
    pub id: Text,
    /// Id of the permission.
    pub app_role_id: String,
    /// Object id of the API's principal.
    pub resource_id: OrEmpty<String>,
    /// The API's name.
    pub resource_display_name: Text,
    /// Since when.
    pub created_date_time: Text,
}

/// Delegated permissions that were consented.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PermissionGrant {
    /// Its own id.
    pub id: Text,
    /// Object id of the principal that may act.
    pub client_id: Text,
    /// `AllPrincipals` for whoever signs in, `Principal` for one person.
    pub consent_type: Text,
    /// Object id of that person.
    pub principal_id: Text,
    /// Object id of the API's principal.
    pub resource_id: Text,
    /// Names, separated by blanks.
    pub scope: Text,
}

const DIRECTORY: &str = "Directory.Read.All";
/// What reads applications, their principals and most of what belongs to them.
pub(super) const READ: &[&str] = &["Application.Read.All", DIRECTORY];

/// A principal by object id.
pub const SERVICE_PRINCIPAL: Endpoint = Endpoint::graph("read the service principal", "servicePrincipals/{id}", READ);
/// A principal by client id.
pub const SERVICE_PRINCIPAL_OF_APPLICATION: Endpoint =
    Endpoint::graph("read the service principal", "servicePrincipals(appId='{id}')", READ);
/// The permissions an API offers, by its client id.
pub const PERMISSIONS_OF_API: Endpoint = Endpoint::graph("read an API's permissions", "servicePrincipals(appId='{id}')", READ);
/// A registration by client id.
pub const APPLICATION: Endpoint = Endpoint::graph("read the application", "applications(appId='{id}')", READ);
/// Application permissions consented to a principal.
pub const APP_ROLE_ASSIGNMENTS: Endpoint =
    Endpoint::graph("list consented Application permissions", "servicePrincipals/{id}/appRoleAssignments", READ);
/// Delegated permissions consented to a principal.
pub const PERMISSION_GRANTS: Endpoint =
    Endpoint::graph("list consented Delegated permissions", "servicePrincipals/{id}/oauth2PermissionGrants", &[DIRECTORY]);
/// Delegated permissions consented in the tenant.
pub const ALL_PERMISSION_GRANTS: Endpoint =
    Endpoint::graph("list delegated permissions", "oauth2PermissionGrants", &[DIRECTORY]).in_pages_of("999");

/// All of them.
pub const ENDPOINTS: &[Endpoint] = &[
    ALL_PERMISSION_GRANTS,
    APPLICATION,
    APP_ROLE_ASSIGNMENTS,
    PERMISSIONS_OF_API,
    PERMISSION_GRANTS,
    SERVICE_PRINCIPAL,
    SERVICE_PRINCIPAL_OF_APPLICATION,
];

const PRINCIPAL: &str = "id,appId,displayName,accountEnabled,servicePrincipalType,appOwnerOrganizationId";

/// A principal by object id.
pub async fn service_principal(client: &Client, object_id: &str) -> Result<ServicePrincipal> {
    client.get(SERVICE_PRINCIPAL.of(object_id).with("$select", PRINCIPAL)).await
}

/// The principal of the sign-in itself, with its credentials. The service counts reads of certificates more strictly than others, so
/// they are not read of every principal.
pub async fn own_service_principal(client: &Client, object_id: &str) -> Result<ServicePrincipal> {
    let select = format!("{PRINCIPAL},passwordCredentials,keyCredentials");
    let read: ServicePrincipal = client.get(SERVICE_PRINCIPAL.of(object_id).with("$select", &select)).await?;
    let missing = |field| unstated(SERVICE_PRINCIPAL.reading, format!("/servicePrincipals/{object_id}"), field);
    match (&read.password_credentials.0, &read.key_credentials.0) {
        (Some(_), Some(_)) => Ok(read),
        (None, _) => Err(missing("passwordCredentials")),
        (_, None) => Err(missing("keyCredentials")),
    }
}

/// A principal by client id.
pub async fn service_principal_of(client: &Client, client_id: &str) -> Result<ServicePrincipal> {
    client.get(SERVICE_PRINCIPAL_OF_APPLICATION.of(client_id).with("$select", PRINCIPAL)).await
}

/// The permissions an API offers.
pub async fn api(client: &Client, client_id: &str) -> Result<Api> {
    client.get(PERMISSIONS_OF_API.of(client_id).with("$select", "id,appRoles,oauth2PermissionScopes")).await
}

/// A registration by client id; 404 where it is in another tenant. `keyCredentials` comes without the keys unless they are named.
pub async fn application_of(client: &Client, client_id: &str) -> Result<Application> {
    let select = "id,requiredResourceAccess,passwordCredentials,keyCredentials";
    let read: Application = client.get(APPLICATION.of(client_id).with("$select", select)).await?;
    let mut asked = read.required_resource_access.iter().flat_map(|resource| &resource.resource_access);
    match asked.all(|access| ["Role", "Scope"].iter().any(|word| access.kind.eq_ignore_ascii_case(word))) {
        true => Ok(read),
        false => {
            let path = format!("/applications(appId='{client_id}')");
            Err(unstated(APPLICATION.reading, path, "requiredResourceAccess.resourceAccess.type"))
        }
    }
}

/// Application permissions consented to a principal. One whose token holds some has some.
pub async fn app_role_assignments(client: &Client, object_id: &str, in_token: bool) -> Result<Vec<AppRoleAssignment>> {
    let list = if in_token { APP_ROLE_ASSIGNMENTS.never_empty() } else { APP_ROLE_ASSIGNMENTS };
    client.rows(list.of(object_id)).await
}

/// Delegated permissions consented to a principal.
pub async fn permission_grants(client: &Client, object_id: &str) -> Result<Vec<PermissionGrant>> {
    client.rows(PERMISSION_GRANTS.of(object_id)).await
}

/// Delegated permissions consented in the tenant: a row for each application and API, and one more for each person who consented alone.
pub async fn all_permission_grants(client: &Client) -> Result<Vec<PermissionGrant>> {
    client.rows(ALL_PERMISSION_GRANTS.at("")).await
}
