//! Azure Kubernetes Service clusters, as far as "can anybody look into it" needs them.

use serde::Deserialize;

use crate::azure::{
    Result,
    call::Call,
    client::Client,
    wire::{flag, object},
};

const VERSION: &str = "2024-02-01";

/// A cluster.
#[derive(Clone, Debug, Deserialize)]
pub struct Cluster {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Everything else; none if the service did not say.
    #[serde(default, deserialize_with = "object")]
    pub properties: Option<ClusterProperties>,
}

impl Cluster {
    /// Whether only the cluster's own network reaches the API server. Without an access profile it is public; none if the service says
    /// nothing of the cluster.
    pub fn is_private(&self) -> Option<bool> {
        let profile = self.properties.as_ref()?.api_server_access_profile.as_ref();
        Some(profile.and_then(|profile| profile.enable_private_cluster).unwrap_or_default())
    }
}

/// What a cluster says about itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterProperties {
    /// Who can reach its API server; none for a public one without limits.
    #[serde(default)]
    pub api_server_access_profile: Option<ApiServerAccess>,
}

/// Who can reach an API server.
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
