//! Azure Monitor: what is logged where, what raises an alert, and who is told. What a query looks for, and the addresses that carry keys
//! (of webhooks, of Logic Apps), are not read.

use serde::Deserialize;

use super::Identified;
use crate::azure::{
    answer::lenient::{Flag, List, Number, Part, Text},
    endpoint::Endpoint,
};

/// The diagnostic settings of a subscription, which export its activity log, or of a resource.
pub const DIAGNOSTIC_SETTINGS: Endpoint = Endpoint::arm(
    "list diagnostic settings",
    "providers/Microsoft.Insights/diagnosticSettings",
    "2021-05-01-preview",
    &["Microsoft.Insights/diagnosticSettings/read"],
);

/// Alert rules on the activity log.
pub const ACTIVITY_LOG_ALERTS: Endpoint = Endpoint::arm(
    "list activity log alerts",
    "providers/Microsoft.Insights/activityLogAlerts",
    "2020-10-01",
    &["Microsoft.Insights/activityLogAlerts/read"],
);

/// Alert rules on metrics.
pub const METRIC_ALERTS: Endpoint = Endpoint::arm(
    "list metric alerts",
    "providers/Microsoft.Insights/metricAlerts",
    "2018-03-01",
    &["Microsoft.Insights/metricAlerts/read"],
);

/// Alert rules on the results of queries.
pub const QUERY_ALERTS: Endpoint = Endpoint::arm(
    "list scheduled query rules",
    "providers/Microsoft.Insights/scheduledQueryRules",
    "2023-12-01",
    &["Microsoft.Insights/scheduledQueryRules/read"],
);

/// Groups of receivers.
pub const ACTION_GROUPS: Endpoint = Endpoint::arm(
    "list action groups",
    "providers/Microsoft.Insights/actionGroups",
    "2023-01-01",
    &["Microsoft.Insights/actionGroups/read"],
);

/// Whom Defender for Cloud tells.
pub const SECURITY_CONTACTS: Endpoint = Endpoint::arm(
    "list security contacts",
    "providers/Microsoft.Security/securityContacts",
    "2023-12-01-preview",
    &["Microsoft.Security/securityContacts/read"],
);

/// All of them.
pub const ENDPOINTS: &[Endpoint] =
    &[ACTION_GROUPS, ACTIVITY_LOG_ALERTS, DIAGNOSTIC_SETTINGS, METRIC_ALERTS, QUERY_ALERTS, SECURITY_CONTACTS];

/// A diagnostic setting. Its id comes in several forms, some of which are none: what it is on is what was asked for.
#[derive(Clone, Debug, Deserialize)]
pub struct DiagnosticSetting {
    /// Its name.
    pub name: String,
    /// Everything else.
    pub properties: Part<DiagnosticProperties>,
}

/// What goes where.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiagnosticProperties {
    /// Logs; none if the service did not say.
    pub logs: List<Part<Channel>>,
    /// Metrics; subscriptions have none.
    pub metrics: List<Part<Channel>>,
    /// A Log Analytics workspace.
    pub workspace_id: Text,
    /// A storage account.
    pub storage_account_id: Text,
    /// An authorization rule of an event hub.
    pub event_hub_authorization_rule_id: Text,
    /// A partner's solution.
    pub marketplace_partner_id: Text,
}

/// A category of logs or metrics, or a group of them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Channel {
    /// `Administrative`
    pub category: Text,
    /// `allLogs`, `audit`
    pub category_group: Text,
    /// Whether it is sent.
    pub enabled: Flag,
}

/// An alert rule on the activity log.
#[derive(Clone, Debug, Deserialize)]
pub struct ActivityLogAlert {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Everything else.
    pub properties: Part<ActivityLogAlertProperties>,
}

/// What it says.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ActivityLogAlertProperties {
    /// Whether it is on.
    pub enabled: Flag,
    /// Where it looks.
    pub scopes: List<Text>,
    /// What it looks for.
    pub condition: Part<ActivityLogCondition>,
    /// What it does.
    pub actions: Part<ActivityLogActions>,
}

/// All of these have to hold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivityLogCondition {
    /// None if the service did not say.
    pub all_of: List<Part<ActivityLogField>>,
}

/// A field of an event and what it has to be, or several of which one has to be so.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivityLogField {
    /// `operationName`
    pub field: Text,
    /// One value.
    pub equals: Text,
    /// Several values, of which one suffices.
    pub contains_any: List<Text>,
    /// Several fields, of which one suffices.
    pub any_of: List<Part<ActivityLogLeaf>>,
}

/// A field of an event and what it has to be.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivityLogLeaf {
    /// `operationName`
    pub field: Text,
    /// One value.
    pub equals: Text,
    /// Several values, of which one suffices.
    pub contains_any: List<Text>,
}

/// What an alert on the activity log does.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivityLogActions {
    /// None if the service did not say.
    pub action_groups: List<Part<Action>>,
}

/// An action group that is called; what is sent along is not read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Action {
    /// Its id.
    pub action_group_id: Text,
}

/// An alert rule on metrics.
#[derive(Clone, Debug, Deserialize)]
pub struct MetricAlert {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Everything else.
    pub properties: Part<MetricAlertProperties>,
}

/// What it says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricAlertProperties {
    /// Whether it is on.
    pub enabled: Flag,
    /// What it looks at.
    pub scopes: List<Text>,
    /// How much time it looks at, ISO 8601.
    pub window_size: Text,
    /// What it looks for.
    pub criteria: Part<MetricCriteria>,
    /// What it calls.
    pub actions: List<Part<Action>>,
}

/// All of these have to hold; or a web test has to fail.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricCriteria {
    /// Of a metric.
    pub all_of: List<Part<MetricCriterion>>,
    /// Of a web test: in so many places.
    pub failed_location_count: Number,
}

/// A metric, and what it has to be.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricCriterion {
    /// `Percentage CPU`
    pub metric_name: Text,
    /// `Average`, `Total` …
    pub time_aggregation: Text,
    /// `GreaterThan`, `LessThan`, `GreaterOrLessThan` …
    pub operator: Text,
    /// A number; none where the service finds it.
    pub threshold: Number,
    /// How far from the usual, where the service finds the number: `Low`, `Medium`, `High`.
    pub alert_sensitivity: Text,
}

/// An alert rule on the results of a query.
#[derive(Clone, Debug, Deserialize)]
pub struct QueryAlert {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `LogAlert`, `LogToMetric`, `SimpleLogAlert`.
    pub kind: Text,
    /// Everything else.
    pub properties: Part<QueryAlertProperties>,
}

/// What it says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryAlertProperties {
    /// Whether it is on.
    pub enabled: Flag,
    /// Where it looks.
    pub scopes: List<Text>,
    /// How much time it looks at, ISO 8601.
    pub window_size: Text,
    /// What it looks for.
    pub criteria: Part<QueryCriteria>,
    /// What it does.
    pub actions: Part<QueryActions>,
}

/// All of these have to hold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryCriteria {
    /// None if the service did not say.
    pub all_of: List<Part<QueryCriterion>>,
}

/// What the result of a query has to be; the query is not read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryCriterion {
    /// `Count`, `Average` …
    pub time_aggregation: Text,
    /// `GreaterThan`, `LessThan` …
    pub operator: Text,
    /// A number; none where the service finds it.
    pub threshold: Number,
    /// How far from the usual, where the service finds the number.
    pub alert_sensitivity: Text,
    /// The metric that is made of it.
    pub metric_name: Text,
}

/// What an alert on a query does.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryActions {
    /// Ids; none if the service did not say.
    pub action_groups: List<Text>,
}

/// A group of receivers.
#[derive(Clone, Debug, Deserialize)]
pub struct ActionGroup {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Everything else.
    pub properties: Part<ActionGroupProperties>,
}

/// Whom it tells. Numbers of telephones, addresses of webhooks and what else receivers have are not read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionGroupProperties {
    /// Whether it is on.
    pub enabled: Flag,
    /// By e-mail.
    pub email_receivers: List<Part<Receiver>>,
    /// By text message.
    pub sms_receivers: List<Part<Receiver>>,
    /// By telephone.
    pub voice_receivers: List<Part<Receiver>>,
    /// By the Azure mobile app.
    pub azure_app_push_receivers: List<Part<Receiver>>,
    /// Whoever holds a role on the subscription.
    pub arm_role_receivers: List<Part<Receiver>>,
    /// Webhooks.
    pub webhook_receivers: List<Part<Receiver>>,
    /// IT service management.
    pub itsm_receivers: List<Part<Receiver>>,
    /// Automation runbooks.
    pub automation_runbook_receivers: List<Part<Receiver>>,
    /// Logic Apps.
    pub logic_app_receivers: List<Part<Receiver>>,
    /// Azure Functions.
    pub azure_function_receivers: List<Part<Receiver>>,
    /// Event hubs.
    pub event_hub_receivers: List<Part<Receiver>>,
}

/// One that is told.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receiver {
    /// Where, of one that is told by e-mail.
    pub email_address: Text,
    /// `Disabled` where it has unsubscribed; most kinds have none.
    pub status: Text,
}

/// Whom Defender for Cloud tells.
#[derive(Clone, Debug, Deserialize)]
pub struct SecurityContact {
    /// `default`
    pub name: String,
    /// Everything else.
    pub properties: Part<SecurityContactProperties>,
}

/// What it says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecurityContactProperties {
    /// Whether it is on.
    pub is_enabled: Flag,
    /// Addresses, joined by semicolons.
    pub emails: Text,
    /// Whoever holds a role on the subscription.
    pub notifications_by_role: Part<NotificationsByRole>,
    /// What they are told about; none if the service did not say.
    pub notifications_sources: List<Part<NotificationsSource>>,
}

/// Roles that are told.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct NotificationsByRole {
    /// `On`, `Off`
    pub state: Text,
    /// `Owner`, `Contributor` …
    pub roles: List<Text>,
}

/// Something they are told about.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotificationsSource {
    /// `Alert`, `AttackPath`
    pub source_type: Text,
    /// From which severity on.
    pub minimal_severity: Text,
}

impl Identified for ActivityLogAlert {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for MetricAlert {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for QueryAlert {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for ActionGroup {
    fn id(&self) -> &str {
        &self.id
    }
}
