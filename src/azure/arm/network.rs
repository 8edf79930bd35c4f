//! Networks.

use crate::azure::endpoint::Endpoint;

/// The network security groups of a subscription, with their rules.
pub const SECURITY_GROUPS: Endpoint = Endpoint::arm(
    "list network security groups",
    "providers/Microsoft.Network/networkSecurityGroups",
    "2024-01-01",
    &["Microsoft.Network/networkSecurityGroups/read"],
);

/// All of them.
pub const ENDPOINTS: &[Endpoint] = &[SECURITY_GROUPS];
