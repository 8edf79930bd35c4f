//! Azure Kubernetes Service clusters, as far as "can anybody look into it" needs them.

use serde::Deserialize;

use crate::azure::{
    Result,
    call::Call,
    client::Client,
    wire::{flag, or_default},
};

const VERSION: &str = "2024-02-01";

/// A cluster.
#[derive(Clone, Debug, Deserialize)]
pub struct Cluster {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Everything else.
    #[serde(default, deserialize_with = "or_default")]
    pub properties: ClusterProperties,
}

/// What a cluster says about itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterProperties {
    /// Who can reach its API server.
    #[serde(default, deserialize_with = "or_default")]
    pub api_server_access_profile: ApiServerAccess,
}

/// Who can reach an API server; absent for a public one without limits.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiServerAccess {
    /// Whether only the cluster's own network can.
    #[serde(default, deserialize_with = "flag")]
    pub enable_private_cluster: Option<bool>,
}

/// The clusters of a subscription.
pub async fn clusters(client: &Client, subscription_id: &str) -> Result<Vec<Cluster>> {
    let mut all = Vec::new();
    let path = format!("/subscriptions/{subscription_id}/providers/Microsoft.ContainerService/managedClusters");
    client.list(Call::arm("list AKS clusters", path, VERSION), |row| all.push(row)).await?;
    Ok(all)
}
