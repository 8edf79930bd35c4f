//! Every application of the tenant: what is registered in it, the principals that are in it, and their credentials without any value.

use serde::Deserialize;

use crate::azure::{
    Result,
    answer::lenient::{List, Text},
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

/// All of them.
pub const ENDPOINTS: &[Endpoint] = &[APPLICATIONS, FEDERATED_CREDENTIALS, SERVICE_PRINCIPALS];

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

/// The applications that are registered in the tenant.
pub async fn applications(client: &Client) -> Result<Vec<Registration>> {
    client.rows(APPLICATIONS.at("").with("$select", format!("id,appId,displayName,{CREDENTIALS}"))).await
}

/// The service principals of the tenant.
pub async fn service_principals(client: &Client) -> Result<Vec<ListedPrincipal>> {
    let fields = format!("id,appId,displayName,servicePrincipalType,{CREDENTIALS}");
    client.rows(SERVICE_PRINCIPALS.at("").with("$select", fields)).await
}

/// The federated credentials of an application, by its object id.
pub async fn federated_credentials(client: &Client, object_id: &str) -> Result<Vec<FederatedCredential>> {
    client.rows(FEDERATED_CREDENTIALS.of(object_id)).await
}
