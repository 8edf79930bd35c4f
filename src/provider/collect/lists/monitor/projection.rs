//! What is kept of the rows of Azure Monitor.

use std::collections::BTreeMap;

use crate::{
    azure::{
        self,
        answer::lenient::{List, Part, Text},
        arm::monitor::{
            Action, ActionGroup, ActivityLogAlert, Channel, DiagnosticSetting, MetricAlert, QueryAlert, Receiver, SecurityContact,
        },
    },
    posture::{
        Place, Severity,
        monitor::{AlertRule, Sending, Setting, Told},
        resource_id::canonical,
    },
    provider::collect::lists::monitor::conditions,
};

/// Names and ids as they are shown.
#[derive(Clone, Copy)]
pub(super) struct Shown {
    redacts_people: bool,
}

impl Shown {
    /// A word or a name.
    pub(super) fn word(self, text: &str) -> String {
        azure::shown(text, self.redacts_people).into_owned()
    }

    /// An id; some services leave out the slash before it.
    fn id(self, text: &str) -> String {
        let id = if text.starts_with('/') { text.to_owned() } else { format!("/{text}") };
        self.word(&canonical(&id))
    }

    /// An id that may be left out, or empty.
    fn one(self, id: &Text) -> Option<String> {
        id.as_deref().map(|id| self.id(id))
    }

    /// Ids; none if one of them is not said.
    fn ids<'a>(self, ids: Option<impl Iterator<Item = &'a Text>>) -> Option<Vec<String>> {
        let ids: Option<Vec<String>> = ids?.map(|id| self.one(id)).collect();
        ids.map(in_order)
    }
}

/// In order, each once.
fn in_order(mut all: Vec<String>) -> Vec<String> {
    all.sort();
    all.dedup();
    all
}

pub(super) fn diagnostic_setting(wire: DiagnosticSetting, target_id: &str, redacts_people: bool) -> Setting {
    let (shown, properties) = (Shown { redacts_people }, wire.properties.0);
    let name = shown.word(&wire.name);
    let (logs, metrics) = (&properties.logs, &properties.metrics);
    let is_of_activity_log = matches!(Place::of(target_id), Place::Subscription(_));
    let all = logs.iter().flatten().chain(metrics.iter().flatten().filter(|_| !is_of_activity_log));
    let sending = Sending {
        is_of_activity_log,
        log_categories: enabled(logs, shown, |channel| &channel.category),
        category_groups: enabled(logs, shown, |channel| &channel.category_group),
        metric_categories: enabled(metrics, shown, |channel| &channel.category),
        is_doubtful: logs.is_none() || all.into_iter().any(|channel| is_doubtful(channel)),
        workspace_id: shown.one(&properties.workspace_id),
        storage_account_id: shown.one(&properties.storage_account_id),
        event_hub_rule_id: shown.one(&properties.event_hub_authorization_rule_id),
        partner_solution_id: shown.one(&properties.marketplace_partner_id),
    };
    Setting {
        id: shown.id(&format!("{target_id}/providers/Microsoft.Insights/diagnosticSettings/{name}")),
        name,
        target_id: Some(target_id.to_owned()),
        sending: Some(sending),
        ..Setting::default()
    }
}

/// The names of what is sent.
fn enabled(channels: &List<Part<Channel>>, shown: Shown, name: fn(&Channel) -> &Text) -> Option<Vec<String>> {
    let on = channels.as_ref()?.iter().filter(|channel| channel.enabled.0 == Some(true));
    Some(in_order(on.filter_map(|channel| name(channel).as_deref().map(|name| shown.word(name))).collect()))
}

/// Whether it is not said whether something is sent, or what it is.
fn is_doubtful(channel: &Channel) -> bool {
    match channel.enabled.0 {
        Some(true) => channel.category.is_none() && channel.category_group.is_none(),
        Some(false) => false,
        None => true,
    }
}

pub(super) fn activity_log_alerts(wire: ActivityLogAlert, redacts_people: bool) -> Setting {
    let (shown, properties) = (Shown { redacts_people }, wire.properties.0);
    let fields = properties.condition.0.all_of.0;
    let rule = AlertRule {
        scopes: shown.ids(properties.scopes.as_ref().map(|all| all.iter())),
        operation_names: fields.as_deref().map(|fields| in_order(conditions::operations(fields, shown))),
        action_group_ids: groups(&properties.actions.0.action_groups, shown),
        condition: fields.as_deref().and_then(|fields| conditions::of_activity_log(fields, shown)),
    };
    of_rule(&wire.id, &wire.name, properties.enabled.0, rule, shown)
}

pub(super) fn metric_alerts(wire: MetricAlert, redacts_people: bool) -> Setting {
    let (shown, properties) = (Shown { redacts_people }, wire.properties.0);
    let rule = AlertRule {
        scopes: shown.ids(properties.scopes.as_ref().map(|all| all.iter())),
        operation_names: None,
        action_group_ids: groups(&properties.actions, shown),
        condition: conditions::of_metrics(&properties.criteria, &properties.window_size, shown),
    };
    of_rule(&wire.id, &wire.name, properties.enabled.0, rule, shown)
}

pub(super) fn query_alerts(wire: QueryAlert, redacts_people: bool) -> Setting {
    let (shown, properties) = (Shown { redacts_people }, wire.properties.0);
    let rule = AlertRule {
        scopes: shown.ids(properties.scopes.as_ref().map(|all| all.iter())),
        operation_names: None,
        action_group_ids: shown.ids(properties.actions.action_groups.as_ref().map(|all| all.iter())),
        condition: conditions::of_query(&wire.kind, &properties.criteria, &properties.window_size, shown),
    };
    of_rule(&wire.id, &wire.name, properties.enabled.0, rule, shown)
}

fn of_rule(id: &str, name: &str, enabled: Option<bool>, rule: AlertRule, shown: Shown) -> Setting {
    Setting { id: shown.id(id), name: shown.word(name), enabled, rule: Some(rule), ..Setting::default() }
}

fn groups(actions: &List<Part<Action>>, shown: Shown) -> Option<Vec<String>> {
    shown.ids(actions.as_ref().map(|all| all.iter().map(|action| &action.action_group_id)))
}

pub(super) fn action_groups(wire: ActionGroup, redacts_people: bool) -> Setting {
    let (shown, properties) = (Shown { redacts_people }, wire.properties.0);
    let emails = told(&properties.email_receivers);
    let emails = emails.map(|all| all.into_iter().map(|one| one.email_address.as_deref().map(|mail| shown.word(mail))));
    let told = Told {
        emails: emails.and_then(|all| all.collect::<Option<Vec<_>>>()).map(in_order),
        receivers: receivers([
            ("arm_role", &properties.arm_role_receivers),
            ("automation_runbook", &properties.automation_runbook_receivers),
            ("azure_app_push", &properties.azure_app_push_receivers),
            ("azure_function", &properties.azure_function_receivers),
            ("email", &properties.email_receivers),
            ("event_hub", &properties.event_hub_receivers),
            ("itsm", &properties.itsm_receivers),
            ("logic_app", &properties.logic_app_receivers),
            ("sms", &properties.sms_receivers),
            ("voice", &properties.voice_receivers),
            ("webhook", &properties.webhook_receivers),
        ]),
        minimum_severity: None,
    };
    let (id, name) = (shown.id(&wire.id), shown.word(&wire.name));
    Setting { id, name, enabled: properties.enabled.0, told: Some(told), ..Setting::default() }
}

/// Those that are told: one that has unsubscribed is not.
fn told(receivers: &List<Part<Receiver>>) -> Option<Vec<&Receiver>> {
    let is_off = |one: &&Part<Receiver>| one.status.as_deref().is_some_and(|status| status.eq_ignore_ascii_case("Disabled"));
    Some(receivers.as_ref()?.iter().filter(|one| !is_off(one)).map(|one| &one.0).collect())
}

/// How many are told, by kind; none if not one kind is said.
fn receivers<const N: usize>(kinds: [(&str, &List<Part<Receiver>>); N]) -> Option<BTreeMap<String, usize>> {
    kinds.iter().any(|(_, all)| all.is_some()).then(|| {
        let counted = kinds.iter().map(|(kind, all)| ((*kind).to_owned(), told(all).map_or(0, |all| all.len())));
        counted.filter(|(_, number)| *number > 0).collect()
    })
}

pub(super) fn security_contact(wire: SecurityContact, scope: &str, redacts_people: bool) -> Setting {
    let (shown, properties) = (Shown { redacts_people }, wire.properties.0);
    let name = shown.word(&wire.name);
    let emails = properties.emails.as_deref().unwrap_or_default().split([';', ',']).map(str::trim);
    let emails = in_order(emails.filter(|mail| !mail.is_empty()).map(|mail| shown.word(mail)).collect());
    let alert = properties.notifications_sources.iter().flatten().find(|source| is(&source.source_type, "Alert"));
    let severity = alert.and_then(|alert| alert.minimal_severity.as_deref());
    let roles = match &properties.notifications_by_role.0 {
        by_role if is(&by_role.state, "Off") => Some(0),
        by_role if is(&by_role.state, "On") => by_role.roles.as_ref().map(Vec::len),
        _ => None,
    };
    let told = Told {
        receivers: roles.map(|roles| {
            let counted = [("arm_role".to_owned(), roles), ("email".to_owned(), emails.len())];
            counted.into_iter().filter(|(_, number)| *number > 0).collect()
        }),
        emails: Some(emails),
        minimum_severity: severity
            .map(|word| Severity::parse(word).map_or_else(|| shown.word(word), |known| known.word().to_owned())),
    };
    Setting {
        id: shown.id(&format!("{scope}/providers/Microsoft.Security/securityContacts/{name}")),
        name,
        target_id: Some(scope.to_owned()),
        enabled: properties.is_enabled.0,
        told: Some(told),
        ..Setting::default()
    }
}

fn is(text: &Text, word: &str) -> bool {
    text.as_deref().is_some_and(|text| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_come_without_a_slash_empty_and_in_any_case_and_go_out_in_one_form() {
        let wire = json!({"name": "Export", "id": "subscriptions/x/providers/AzureResourceManager/diagnosticSettings/Export", "type": null,
            "properties": {"workspaceId": "/Subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourcegroups/RG/providers/microsoft.operationalinsights/workspaces/W",
                "storageAccountId": "", "logs": [{"categoryGroup": "allLogs", "enabled": true}]}});
        let setting = diagnostic_setting(serde_json::from_value(wire).unwrap(), "/subscriptions/x", false);
        assert_eq!(setting.id, "/subscriptions/x/providers/Microsoft.Insights/diagnosticSettings/Export");
        let sending = setting.sending.unwrap();
        let workspace = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/RG/providers/Microsoft.OperationalInsights/workspaces/W";
        assert_eq!((sending.workspace_id.as_deref(), &sending.storage_account_id), (Some(workspace), &None));
        assert_eq!((sending.category_groups, sending.log_categories), (Some(vec!["allLogs".to_owned()]), Some(vec![])));
    }

    #[test]
    fn who_has_unsubscribed_is_not_told_and_what_nobody_says_is_not_nobody() {
        let group = |properties| {
            let wire = json!({"id": "/g", "name": "g", "properties": properties});
            action_groups(serde_json::from_value(wire).unwrap(), false).told.unwrap()
        };
        let told = group(
            json!({"emailReceivers": [{"emailAddress": "b@x.example", "status": "Enabled"}, {"emailAddress": "a@x.example"},
            {"emailAddress": "c@x.example", "status": "disabled"}], "smsReceivers": [{"status": "Disabled"}], "webhookReceivers": [{}]}),
        );
        let number = |kind: &str, number: usize| (kind.to_owned(), number);
        assert_eq!(told.receivers, Some(BTreeMap::from([number("email", 2), number("webhook", 1)])));
        assert_eq!(told.emails, Some(vec!["a@x.example".to_owned(), "b@x.example".to_owned()]));
        assert_eq!(group(json!({"emailReceivers": []})).receivers, Some(BTreeMap::new()));
        assert_eq!(group(json!({})), Told::default());
    }

    #[test]
    fn a_contact_says_whom_it_tells_and_from_which_severity_on() {
        let contact = |properties| {
            let wire = json!({"name": "default", "properties": properties});
            security_contact(serde_json::from_value(wire).unwrap(), "/subscriptions/x", false)
        };
        let said = contact(
            json!({"isEnabled": true, "emails": "b@x.example; a@x.example;", "notificationsByRole": {"state": "On",
            "roles": ["Owner", "Admin"]}, "notificationsSources": [{"sourceType": "AttackPath"}, {"sourceType": "Alert", "minimalSeverity": "Medium"}]}),
        );
        let told = said.told.clone().unwrap();
        assert_eq!(told.emails, Some(vec!["a@x.example".to_owned(), "b@x.example".to_owned()]));
        assert_eq!(told.receivers.unwrap(), BTreeMap::from([("arm_role".to_owned(), 2), ("email".to_owned(), 2)]));
        assert_eq!((told.minimum_severity.as_deref(), said.enabled), (Some("medium"), Some(true)));
        let nobody =
            contact(json!({"isEnabled": false, "emails": "", "notificationsByRole": {"state": "Off", "roles": ["Owner"]}}));
        assert_eq!(nobody.told.unwrap().receivers, Some(BTreeMap::new()));
        assert_eq!(contact(json!({"notificationsByRole": {"state": "Xyzzy"}})).told.unwrap().receivers, None);
    }
}
