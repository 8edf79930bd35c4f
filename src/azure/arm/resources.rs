//! The inventory: resource groups, resources and resource providers.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Identified, subscription};
use crate::azure::{
    Result,
    answer::lenient::{List, OrEmpty, Text},
    client::Client,
    endpoint::Endpoint,
};

const VERSION: &str = "2021-04-01";

/// The resource groups of a subscription.
pub const GROUPS: Endpoint =
    Endpoint::arm("list resource groups", "resourcegroups", VERSION, &["Microsoft.Resources/subscriptions/resourceGroups/read"]);

/// The tracked resources of a subscription. Those whose type the caller may not read are left out.
pub const RESOURCES: Endpoint =
    Endpoint::arm("list resources", "resources", VERSION, &["Microsoft.Resources/subscriptions/resources/read"])
        .in_pages_of("1000");

/// All resource providers of a subscription, registered or not; every subscription has them.
pub const PROVIDERS: Endpoint = Endpoint::arm("list resource providers", "providers", VERSION, READ_PROVIDERS).never_empty();

/// One of them.
pub const PROVIDER: Endpoint = Endpoint::arm("read the resource provider", "providers/{id}", VERSION, READ_PROVIDERS);

/// All of them.
pub const ENDPOINTS: &[Endpoint] = &[GROUPS, PROVIDER, PROVIDERS, RESOURCES];

const READ_PROVIDERS: &[&str] = &["Microsoft.Resources/subscriptions/providers/read"];

/// A resource group.
#[derive(Clone, Debug, Deserialize)]
pub struct ResourceGroup {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Tags.
    pub tags: OrEmpty<BTreeMap<String, String>>,
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
    pub tags: OrEmpty<BTreeMap<String, String>>,
}

/// A resource provider in a subscription.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Provider {
    /// `Microsoft.Security`
    pub namespace: String,
    /// `Registered`, `NotRegistered`, `Registering`, `Unregistering`, `Unregistered`, or what else there may be.
    pub registration_state: Text,
    /// What it has; none if the service did not say.
    pub resource_types: List<ProviderType>,
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
    client.rows(GROUPS.at(&subscription(subscription_id))).await
}

impl Identified for ResourceGroup {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for Resource {
    fn id(&self) -> &str {
        &self.id
    }
}

/// One resource provider of a subscription: much smaller than the list of all.
pub async fn provider(client: &Client, subscription_id: &str, namespace: &str) -> Result<Provider> {
    client.get(PROVIDER.of_at(namespace, &subscription(subscription_id))).await
}

/// All resource providers of a subscription, registered or not.
pub async fn providers(client: &Client, subscription_id: &str) -> Result<Vec<Provider>> {
    client.rows(PROVIDERS.at(&subscription(subscription_id))).await
}
