//! Azure Kubernetes Service clusters, as far as "can anybody look into it" needs them.

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::azure::{answer::lenient::Object, endpoint::Endpoint};

/// The clusters of a subscription.
pub const CLUSTERS: Endpoint = Endpoint::arm(
    "list AKS clusters",
    "providers/Microsoft.ContainerService/managedClusters",
    "2024-02-01",
    &["Microsoft.ContainerService/managedClusters/read"],
);

/// All of them.
pub const ENDPOINTS: &[Endpoint] = &[CLUSTERS];

/// A cluster.
#[derive(Clone, Debug, Deserialize)]
pub struct Cluster {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Everything else, as it came; none if the service did not say.
    pub properties: Object<Map<String, Json>>,
}
