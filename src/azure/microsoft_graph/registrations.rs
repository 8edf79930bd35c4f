//! Every application of the tenant: what is registered in it, the principals that are in it, and their credentials without any value.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::azure::{
    Result,
    answer::{
        lenient::{Flag, List, Part, Text},
        stated::Stated,
    },
    client::Client,
    endpoint::Endpoint,
    microsoft_graph::applications::{Credential, READ},
};

/// Applications that are registered in the tenant. Nothing in an empty answer tells a tenant that has none from one that may not be seen.
pub const APPLICATIONS: Endpoint = Endpoint::graph("list applications", "applications", READ).never_empty().in_pages_of("999");
/// Federated credentials of one application, by its object id.
pub const FEDERATED_CREDENTIALS: Endpoint =
    Endpoint::graph("list federated credentials", "applications/{id}/federatedIdentityCredentials", READ);
/// Service principals. Every tenant has Microsoft's own.
pub const SERVICE_PRINCIPALS: Endpoint =
    Endpoint::graph("list service principals", "servicePrincipals", READ).never_empty().in_pages_of("999");

/// Those who own a service principal.
pub const OWNERS: Endpoint = Endpoint::graph("list the owners of the service principal", "servicePrincipals/{id}/owners", READ);

/// All of them.
pub const ENDPOINTS: &[Endpoint] = &[APPLICATIONS, FEDERATED_CREDENTIALS, OWNERS, SERVICE_PRINCIPALS];

/// An application that is registered in the tenant.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Registration {
    /// Object id.
    pub id: String,
    /// Client id.
    pub app_id: Text,
    /// Its name.
    pub display_name: Text,
    /// Its secrets; none if the service did not say.
    pub password_credentials: List<Credential>,
    /// Its certificates; likewise.
    pub key_credentials: List<Credential>,
}

/// A service principal, as the list of all of them has it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct ListedPrincipal {
    /// Object id.
    pub id: String,
    /// `#microsoft.graph.agentIdentity` and the like; ordinary ones have none.
    #[serde(rename = "@odata.type", default)]
    pub odata_type: Stated,
    /// Whether it can sign in.
    pub account_enabled: Flag,
    /// The tenant in which its application is registered.
    pub app_owner_organization_id: Text,
    /// Whether only those may use it who are assigned to it.
    pub app_role_assignment_required: Flag,
    /// Since when it is in the tenant.
    pub created_date_time: Text,
    /// Who publishes it, if Microsoft has verified that.
    pub verified_publisher: Part<VerifiedPublisher>,
    /// Client id.
    pub app_id: Text,
    /// Its name.
    pub display_name: Text,
    /// `Application`, `ManagedIdentity`, `ServiceIdentity`, `Legacy`, `SocialIdp`.
    pub service_principal_type: Text,
    /// Its own secrets, beside those of its registration; none if the service did not say.
    pub password_credentials: List<Credential>,
    /// Its own certificates; likewise.
    pub key_credentials: List<Credential>,
}

/// A publisher whom Microsoft has verified.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedPublisher {
    /// The name.
    pub display_name: Text,
}

/// Whoever owns something.
#[derive(Clone, Debug, Deserialize)]
struct Owner {
    /// Object id.
    id: String,
}

/// Whose tokens an application takes for its own.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct FederatedCredential {
    /// Its id.
    pub id: Text,
    /// Its name.
    pub name: Text,
    /// Who issues the tokens.
    pub issuer: Text,
    /// Of whom they have to be; none where an expression says it instead.
    pub subject: Text,
    /// For whom they have to be.
    pub audiences: List<String>,
}

// Never `keyCredentials/key`, and of a credential no more is decoded than its id, name, use and dates.
const CREDENTIALS: &str = "passwordCredentials,keyCredentials";
const PRINCIPAL: &str = "id,appId,displayName,servicePrincipalType,accountEnabled,appOwnerOrganizationId,appRoleAssignmentRequired,\
                         createdDateTime,verifiedPublisher";

/// The applications that are registered in the tenant.
pub async fn applications(client: &Client) -> Result<Vec<Registration>> {
    client.rows(APPLICATIONS.at("").with("$select", format!("id,appId,displayName,{CREDENTIALS}"))).await
}

/// The service principals of the tenant.
pub async fn service_principals(client: &Client) -> Result<Vec<ListedPrincipal>> {
    client.rows(SERVICE_PRINCIPALS.at("").with("$select", format!("{PRINCIPAL},{CREDENTIALS}"))).await
}

/// The federated credentials of an application, by its object id.
pub async fn federated_credentials(client: &Client, object_id: &str) -> Result<Vec<FederatedCredential>> {
    client.rows(FEDERATED_CREDENTIALS.of(object_id)).await
}

/// The object ids of those who own a service principal, lower case.
pub async fn owners(client: &Client, object_id: &str) -> Result<BTreeSet<String>> {
    let owners: Vec<Owner> = client.rows(OWNERS.of(object_id).with("$select", "id").with("$top", "999")).await?;
    Ok(owners.into_iter().map(|owner| owner.id.to_lowercase()).collect())
}
