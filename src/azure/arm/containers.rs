//! Azure Kubernetes Service clusters, as far as "can anybody look into it" needs them.

use serde::Deserialize;
use serde_json::Value as Json;

use crate::azure::{answer::lenient::object, endpoint::Endpoint};

/// The clusters of a subscription.
pub const CLUSTERS: Endpoint = Endpoint::arm(
    "list AKS clusters",
    "providers/Microsoft.ContainerService/managedClusters",
    "2024-02-01",
    &["Microsoft.ContainerService/managedClusters/read"],
);

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
    /// nothing of the cluster, or what is no yes or no.
    pub fn is_private(&self) -> Option<bool> {
        let profile = self.properties.as_ref()?.api_server_access_profile.as_ref();
        match profile.and_then(|profile| profile.enable_private_cluster.as_ref()) {
            None | Some(Json::Null) => Some(false),
            Some(Json::Bool(is_private)) => Some(*is_private),
            Some(Json::String(text)) => text.to_ascii_lowercase().parse().ok(),
            Some(_) => None,
        }
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
    /// Whether only the cluster's own network can, as it came.
    #[serde(default)]
    pub enable_private_cluster: Option<Json>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cluster_is_public_only_if_the_service_says_so_or_leaves_it_out() {
        for (profile, expected) in [
            (json!(null), Some(false)),
            (json!({}), Some(false)),
            (json!({"enablePrivateCluster": null}), Some(false)),
            (json!({"enablePrivateCluster": true}), Some(true)),
            (json!({"enablePrivateCluster": "True"}), Some(true)),
            (json!({"enablePrivateCluster": "yes"}), None),
            (json!({"enablePrivateCluster": 1}), None),
        ] {
            let row = json!({"id": "/x", "name": "x", "properties": {"apiServerAccessProfile": profile}});
            assert_eq!(serde_json::from_value::<Cluster>(row.clone()).unwrap().is_private(), expected, "{row}");
        }
    }
}
