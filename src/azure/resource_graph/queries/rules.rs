//! The lists of Azure Monitor that Resource Graph has: alert rules, and the groups that they call.

use super::Rows;

/// All of them.
pub(super) const ALL: [&Rows; 4] = [&ACTION_GROUPS, &ACTIVITY_LOG_ALERTS, &METRIC_ALERTS, &QUERY_ALERTS];

/// Action groups.
pub const ACTION_GROUPS: Rows =
    Rows { name: "actiongroups", table: "resources", kind: Some("microsoft.insights/actiongroups"), columns: "name, properties" };

/// Alert rules on the activity log.
pub const ACTIVITY_LOG_ALERTS: Rows = Rows {
    name: "activitylogalerts",
    table: "resources",
    kind: Some("microsoft.insights/activitylogalerts"),
    columns: "name, properties",
};

/// Alert rules on metrics.
pub const METRIC_ALERTS: Rows =
    Rows { name: "metricalerts", table: "resources", kind: Some("microsoft.insights/metricalerts"), columns: "name, properties" };

/// Alert rules on the results of queries.
pub const QUERY_ALERTS: Rows = Rows {
    name: "queryalerts",
    table: "resources",
    kind: Some("microsoft.insights/scheduledqueryrules"),
    columns: "name, kind, properties",
};
