//! Storage accounts. Their list holds settings; keys take a POST of their own.

use crate::azure::endpoint::Endpoint;

/// The storage accounts of a subscription.
pub const ACCOUNTS: Endpoint = Endpoint::arm(
    "list storage accounts",
    "providers/Microsoft.Storage/storageAccounts",
    "2023-05-01",
    &["Microsoft.Storage/storageAccounts/read"],
);

/// All of them.
pub const ENDPOINTS: &[Endpoint] = &[ACCOUNTS];
