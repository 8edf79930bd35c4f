//! Key vaults. Their list holds settings, and nothing of what is in them.

use crate::azure::endpoint::Endpoint;

/// The vaults of a subscription.
pub const VAULTS: Endpoint =
    Endpoint::arm("list key vaults", "providers/Microsoft.KeyVault/vaults", "2023-07-01", &["Microsoft.KeyVault/vaults/read"]);

/// All of them.
pub const ENDPOINTS: &[Endpoint] = &[VAULTS];
