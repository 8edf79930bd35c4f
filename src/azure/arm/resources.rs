//! The inventory: resource groups, resources and resource providers.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::azure::{
    Result,
    answer::lenient::{list, or_default, text},
    call::Call,
    client::Client,
};

const VERSION: &str = "2021-04-01";

/// A resource group.
#[derive(Clone, Debug, Deserialize)]
pub struct ResourceGroup {
    /// Its name.
    pub name: String,
    /// Tags.
    #[serde(default, deserialize_with = "or_default")]
    pub tags: BTreeMap<String, String>,
}

/// A tracked resource; child and proxy types never appear in this list.
#[derive(Clone, Debug, Deserialize)]
pub struct Resource {
    /// Its id, in whatever case the service has stored.
    pub id: String,
    /// Its full type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Tags.
    #[serde(default, deserialize_with = "or_default")]
    pub tags: BTreeMap<String, String>,
}

/// A resource provider in a subscription.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Provider {
    /// `Microsoft.Security`
    pub namespace: String,
    /// `Registered`, `NotRegistered`, `Registering`, `Unregistering`, `Unregistered`, or what else there may be.
    #[serde(default, deserialize_with = "text")]
    pub registration_state: Option<String>,
    /// What it has; none if the service did not say.
    #[serde(default, deserialize_with = "list")]
    pub resource_types: Option<Vec<ProviderType>>,
}

/// A type of a resource provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderType {
    /// Without the namespace: `servers/databases`.
    pub resource_type: String,
}

/// The resource groups of a subscription.
pub async fn groups(client: &Client, subscription_id: &str) -> Result<Vec<ResourceGroup>> {
    let mut all = Vec::new();
    let path = format!("/subscriptions/{subscription_id}/resourcegroups");
    client.list(Call::arm("list resource groups", path, VERSION), |row| all.push(row)).await?;
    Ok(all)
}

/// The tracked resources of a subscription, one by one, because there may be very many.
pub async fn each(client: &Client, subscription_id: &str, row: impl FnMut(Resource) + Send) -> Result<()> {
    let path = format!("/subscriptions/{subscription_id}/resources");
    client.list(Call::arm("list resources", path, VERSION).with("$top", "1000"), row).await
}

/// One resource provider of a subscription: much smaller than the list of all.
pub async fn provider(client: &Client, subscription_id: &str, namespace: &str) -> Result<Provider> {
    let path = format!("/subscriptions/{subscription_id}/providers/{namespace}");
    client.get(Call::arm("read the resource provider", path, VERSION)).await
}

/// All resource providers of a subscription, registered or not; every subscription has them.
pub async fn providers(client: &Client, subscription_id: &str) -> Result<Vec<Provider>> {
    let mut all = Vec::new();
    let path = format!("/subscriptions/{subscription_id}/providers");
    client.list(Call::arm("list resource providers", path, VERSION).never_empty(), |row| all.push(row)).await?;
    Ok(all)
}
