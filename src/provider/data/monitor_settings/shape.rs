//! One row of `azposture_monitor_settings`, and what cannot be believed of the rows.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    azure::Failure,
    posture::{
        Place, Reason, Subject, Unreadable,
        monitor::{Kind, Setting},
    },
    provider::{collect::twice, frame::Table},
};

/// One setting. What it does not have, what the service did not say, and what it says twice and not alike, is null.
#[derive(Serialize, JsonSchema)]
pub(super) struct Row {
    /// `id`, lower case: unique and stable.
    key: String,
    /// The setting.
    id: String,
    /// `action_groups`, `activity_log_alerts`, `activity_log_export`, `metric_alerts`, `query_alerts`, `resource_diagnostic_settings` or
    /// `security_contacts`.
    kind: &'static str,
    /// Its name.
    name: String,
    /// Lower-case GUID of the subscription it was read in.
    subscription_id: String,
    /// The subscription or resource that a diagnostic setting or a contact is on.
    target_id: Option<String>,
    /// Whether it is on. Null for a diagnostic setting, which is no switch.
    enabled: Option<bool>,
    /// Categories of logs that are sent, for example `Administrative`.
    log_categories: Option<Vec<String>>,
    /// Groups of categories that are sent: `allLogs`, `audit`.
    category_groups: Option<Vec<String>>,
    /// Categories of metrics that are sent.
    metric_categories: Option<Vec<String>>,
    /// Destination: a Log Analytics workspace. Null if it is none.
    log_analytics_workspace_id: Option<String>,
    /// Destination: a storage account. Null if it is none.
    storage_account_id: Option<String>,
    /// Destination: an authorization rule of an event hub. Null if it is none.
    eventhub_authorization_rule_id: Option<String>,
    /// Destination: a partner's solution. Null if it is none.
    partner_solution_id: Option<String>,
    /// Where an alert rule looks.
    scopes: Option<Vec<String>>,
    /// Operations that a rule on the activity log looks for, lower case. It may ask for more: see `condition`.
    operation_names: Option<Vec<String>>,
    /// Action groups that an alert rule calls. Empty: it tells nobody.
    action_group_ids: Option<Vec<String>>,
    /// What has to hold for an alert, in one line of words, without the text of a query.
    condition: Option<String>,
    /// How many an action group tells, by kind (`email`, `sms`, `webhook`, `arm_role` …), or a security contact (`email`, `arm_role`). One
    /// that has unsubscribed (`Disabled`) does not count. Empty: nobody.
    receivers: Option<BTreeMap<String, usize>>,
    /// Addresses that an action group or a security contact tells.
    #[schemars(extend("x-personal" = true))]
    emails: Option<Vec<String>>,
    /// From which severity on a security contact is told of alerts: `high`, `medium`, `low` or `informational`, or whatever other word the
    /// service has. Null if alerts are not among what it is told of.
    minimum_severity: Option<String>,
}

/// A setting, of which kind, and where it was read.
pub(super) struct Found {
    pub(super) key: String,
    pub(super) kind: Kind,
    pub(super) subscription_id: String,
    pub(super) setting: Setting,
}

impl Found {
    pub(super) fn of(kind: Kind, subscription_id: &str, setting: &Setting) -> Self {
        Self { key: setting.id.to_lowercase(), kind, subscription_id: subscription_id.to_owned(), setting: setting.clone() }
    }
}

/// What gaps call a kind.
pub(super) fn subject(kind: Kind) -> Subject {
    match kind {
        Kind::ActionGroups => Subject::ActionGroups,
        Kind::ActivityLogAlerts => Subject::ActivityLogAlerts,
        Kind::ActivityLogExport => Subject::ActivityLogExport,
        Kind::MetricAlerts => Subject::MetricAlerts,
        Kind::QueryAlerts => Subject::QueryAlerts,
        Kind::ResourceDiagnosticSettings => Subject::ResourceDiagnosticSettings,
        Kind::SecurityContacts => Subject::SecurityContacts,
    }
}

/// What is not said of settings, or said twice and not alike, once for each subscription and kind.
pub(super) fn doubts(table: &Table<Found>) -> Vec<Unreadable> {
    let of = |is: fn(&Setting) -> bool| -> BTreeSet<(Kind, &str)> {
        let such = table.rows().iter().filter(|found| is(&found.setting));
        such.map(|found| (found.kind, found.subscription_id.as_str())).collect()
    };
    let twofold = of(|setting| setting.is_twofold);
    let unstated = of(|setting| !setting.is_twofold && !setting.is_stated());
    let remedy = "Some settings come without what they are there for: whether they are on, what they send or look for, or whom they tell; \
                  their rows are kept. Run again later; if this persists, please report it.";
    let unstated = unstated.into_iter().map(|(kind, id)| Unreadable {
        subject: subject(kind),
        place: Place::Subscription(id.to_owned()),
        reason: Reason::InvalidResponse,
        code: Failure::UnstatedField.code().to_owned(),
        remedy: remedy.to_owned(),
    });
    let twofold =
        twofold.into_iter().map(|(kind, id)| twice::gap(subject(kind), Place::Subscription(id.to_owned()), "some settings"));
    unstated.chain(twofold).collect()
}

pub(super) fn row(found: Found) -> Row {
    let Found { key, kind, subscription_id, setting } = found;
    let sending = setting.sending.unwrap_or_default();
    let rule = setting.rule.unwrap_or_default();
    let told = setting.told.unwrap_or_default();
    Row {
        key,
        id: setting.id,
        kind: kind.word(),
        name: setting.name,
        subscription_id,
        target_id: setting.target_id,
        enabled: setting.enabled,
        log_categories: sending.log_categories,
        category_groups: sending.category_groups,
        metric_categories: sending.metric_categories,
        log_analytics_workspace_id: sending.workspace_id,
        storage_account_id: sending.storage_account_id,
        eventhub_authorization_rule_id: sending.event_hub_rule_id,
        partner_solution_id: sending.partner_solution_id,
        scopes: rule.scopes,
        operation_names: rule.operation_names,
        action_group_ids: rule.action_group_ids,
        condition: rule.condition,
        receivers: told.receivers,
        emails: told.emails,
        minimum_severity: told.minimum_severity,
    }
}
