//! What watches: one row a type. The keys of a workspace are answered by a request of its own, which the guard refuses.

use super::{ResourceType, resource_type};

/// All of them.
pub(super) const TYPES: &[ResourceType] = &[resource_type!(
    "Microsoft.OperationalInsights/workspaces",
    "list Log Analytics workspaces",
    "2023-09-01",
    "retentionInDays, \
     features{disableLocalAuth,immediatePurgeDataOn30Days,enableLogAccessUsingOnlyResourcePermissions}, \
     workspaceCapping.dailyQuotaGb, forceCmkForQuery"
)
.public_at(&["publicNetworkAccessForIngestion", "publicNetworkAccessForQuery"])];
