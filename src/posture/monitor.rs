//! Settings of Azure Monitor: what each kind of them says, and whether one sends anything anywhere.

use std::collections::BTreeMap;

use super::{seen::agreed, words::words};

words! {
    /// A kind of settings. The order is that of the words.
    pub enum Kind {
        /// Groups of receivers.
        ActionGroups = "action_groups",
        /// Alert rules on the activity log.
        ActivityLogAlerts = "activity_log_alerts",
        /// What is exported of the activity log of a subscription.
        ActivityLogExport = "activity_log_export",
        /// Alert rules on metrics.
        MetricAlerts = "metric_alerts",
        /// Alert rules on the results of queries.
        QueryAlerts = "query_alerts",
        /// What is sent of the logs and metrics of a resource.
        ResourceDiagnosticSettings = "resource_diagnostic_settings",
        /// Whom Defender for Cloud tells.
        SecurityContacts = "security_contacts",
    }
}

/// One setting, as far as the service says. Of what its kind does not have there is nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Setting {
    /// In the spelling of the azurerm provider.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is on.
    pub target_id: Option<String>,
    /// Whether it is on; none, too, for what is no switch.
    pub enabled: Option<bool>,
    /// What a diagnostic setting sends.
    pub sending: Option<Sending>,
    /// What an alert rule looks for.
    pub rule: Option<AlertRule>,
    /// Whom an action group or a contact tells.
    pub told: Option<Told>,
    /// Whether it is listed twice, and not with the same contents.
    pub is_twofold: bool,
}

/// What a diagnostic setting sends, and where.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sending {
    /// Categories of logs that are sent; none if the service did not say.
    pub log_categories: Option<Vec<String>>,
    /// Groups of such categories.
    pub category_groups: Option<Vec<String>>,
    /// Metrics that are sent.
    pub metric_categories: Option<Vec<String>>,
    /// Whether it is of an activity log, which has no metrics: one that is named exports nothing of it.
    pub is_of_activity_log: bool,
    /// Whether it is not said of a category whether it is sent, or which one it is.
    pub is_doubtful: bool,
    /// A Log Analytics workspace.
    pub workspace_id: Option<String>,
    /// A storage account.
    pub storage_account_id: Option<String>,
    /// An authorization rule of an event hub.
    pub event_hub_rule_id: Option<String>,
    /// A partner's solution.
    pub partner_solution_id: Option<String>,
}

/// What an alert rule looks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlertRule {
    /// Where it looks.
    pub scopes: Option<Vec<String>>,
    /// Operations it looks for, lower case; none for rules on anything but the activity log.
    pub operation_names: Option<Vec<String>>,
    /// What it calls.
    pub action_group_ids: Option<Vec<String>>,
    /// What has to hold, in words.
    pub condition: Option<String>,
}

/// Who is told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// How many of each kind.
    pub receivers: Option<BTreeMap<String, usize>>,
    /// Addresses.
    pub emails: Option<Vec<String>>,
    /// From which severity on.
    pub minimum_severity: Option<String>,
}

impl Sending {
    /// Whether anything is sent anywhere; none if that is not said. What is switched off sends nothing, and so does what has no
    /// destination.
    pub fn sends(&self) -> Option<bool> {
        let is_some = |names: &Option<Vec<String>>| names.as_ref().is_some_and(|names| !names.is_empty());
        let destinations = [&self.workspace_id, &self.storage_account_id, &self.event_hub_rule_id, &self.partner_solution_id];
        let is_named = is_some(&self.log_categories)
            || is_some(&self.category_groups)
            || (is_some(&self.metric_categories) && !self.is_of_activity_log);
        match (destinations.iter().any(|one| one.is_some()), is_named) {
            (true, true) => Some(true),
            (true, false) if self.is_doubtful => None,
            (true | false, _) => Some(false),
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            is_of_activity_log: self.is_of_activity_log || other.is_of_activity_log,
            is_doubtful: self.is_doubtful || self != other,
            log_categories: agreed(self.log_categories, other.log_categories),
            category_groups: agreed(self.category_groups, other.category_groups),
            metric_categories: agreed(self.metric_categories, other.metric_categories),
            workspace_id: agreed(self.workspace_id, other.workspace_id),
            storage_account_id: agreed(self.storage_account_id, other.storage_account_id),
            event_hub_rule_id: agreed(self.event_hub_rule_id, other.event_hub_rule_id),
            partner_solution_id: agreed(self.partner_solution_id, other.partner_solution_id),
        }
    }
}

impl AlertRule {
    fn and(self, other: Self) -> Self {
        Self {
            scopes: agreed(self.scopes, other.scopes),
            operation_names: agreed(self.operation_names, other.operation_names),
            action_group_ids: agreed(self.action_group_ids, other.action_group_ids),
            condition: agreed(self.condition, other.condition),
        }
    }
}

impl Told {
    fn and(self, other: Self) -> Self {
        Self {
            receivers: agreed(self.receivers, other.receivers),
            emails: agreed(self.emails, other.emails),
            minimum_severity: agreed(self.minimum_severity, other.minimum_severity),
        }
    }
}

impl Setting {
    /// Whether the service said what its kind is there for.
    pub fn is_stated(&self) -> bool {
        let sends = self.sending.as_ref().is_none_or(|sending| sending.sends().is_some());
        let looks = self.rule.as_ref().is_none_or(|rule| {
            rule.scopes.is_some() && rule.action_group_ids.is_some() && rule.condition.is_some() && self.enabled.is_some()
        });
        let tells = self.told.as_ref().is_none_or(|told| told.receivers.is_some() && self.enabled.is_some());
        sends && looks && tells
    }

    /// What two rows of one setting say alike.
    pub fn and(self, other: Self) -> Self {
        if self == other {
            return self;
        }
        Self {
            target_id: agreed(self.target_id, other.target_id),
            enabled: agreed(self.enabled, other.enabled),
            sending: self.sending.zip(other.sending).map(|(one, other)| one.and(other)),
            rule: self.rule.zip(other.rule).map(|(one, other)| one.and(other)),
            told: self.told.zip(other.told).map(|(one, other)| one.and(other)),
            is_twofold: true,
            id: self.id,
            name: self.name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Option<Vec<String>> {
        Some(words.iter().map(|word| (*word).to_owned()).collect())
    }

    fn sending(logs: Option<Vec<String>>, workspace_id: Option<&str>) -> Sending {
        Sending { log_categories: logs, workspace_id: workspace_id.map(str::to_owned), ..Sending::default() }
    }

    #[test]
    fn only_what_is_on_and_goes_somewhere_is_sent() {
        let doubtful = |sending| Sending { is_doubtful: true, ..sending };
        for (sending, sends) in [
            (sending(words(&["Administrative"]), Some("/w")), Some(true)),
            (sending(words(&["Administrative"]), None), Some(false)),
            (sending(words(&[]), Some("/w")), Some(false)),
            (Sending { category_groups: words(&["allLogs"]), ..sending(words(&[]), Some("/w")) }, Some(true)),
            (Sending { metric_categories: words(&["AllMetrics"]), ..sending(words(&[]), Some("/w")) }, Some(true)),
            (Sending { storage_account_id: Some("/s".into()), ..sending(words(&["Policy"]), None) }, Some(true)),
            (Sending { event_hub_rule_id: Some("/e".into()), ..sending(words(&["Policy"]), None) }, Some(true)),
            (Sending { partner_solution_id: Some("/p".into()), ..sending(words(&["Policy"]), None) }, Some(true)),
            (doubtful(sending(None, Some("/w"))), None),
            (doubtful(sending(words(&[]), Some("/w"))), None),
            (doubtful(sending(words(&["Policy"]), Some("/w"))), Some(true)),
            (doubtful(sending(None, None)), Some(false)),
        ] {
            assert_eq!(sending.sends(), sends, "{sending:?}");
        }
    }

    #[test]
    fn of_two_rows_of_one_setting_nobody_knows_which_one_sends() {
        let setting = |sending| Setting { id: "/s".into(), sending: Some(sending), ..Setting::default() };
        let (on, off) = (setting(sending(words(&["Policy"]), Some("/w"))), setting(sending(words(&[]), Some("/w"))));
        for both in [on.clone().and(off.clone()), off.and(on.clone())] {
            assert_eq!(both.sending.as_ref().unwrap().sends(), None);
            assert!(both.is_twofold && !both.is_stated());
        }
        assert!(!on.clone().and(on).is_twofold);
        let switch = |enabled| Setting { enabled: Some(enabled), told: Some(Told::default()), ..Setting::default() };
        assert_eq!(switch(true).and(switch(false)).enabled, None);
    }
}
