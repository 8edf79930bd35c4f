//! Samples of Azure Monitor and of the contacts of Defender for Cloud, and what the decoded rows hold.

use azposture::azure::{Client, Result, arm::monitor};
use futures::future::BoxFuture;
use serde_json::json;

use super::reads::{Picked, subscription};

type Reading = BoxFuture<'static, Result<Vec<Picked>>>;

pub(super) fn diagnostic_settings(client: Client) -> Reading {
    Box::pin(async move {
        let rows: Vec<monitor::DiagnosticSetting> = client.rows(monitor::DIAGNOSTIC_SETTINGS.at(&subscription())).await?;
        Ok(rows.into_iter().map(diagnostic_setting).collect())
    })
}

fn diagnostic_setting(row: monitor::DiagnosticSetting) -> Picked {
    let properties = row.properties.0;
    let log = properties.logs.as_ref().and_then(|all| all.first());
    let metric = properties.metrics.as_ref().and_then(|all| all.first());
    vec![
        ("/name", json!(row.name)),
        ("/properties/workspaceId", json!(properties.workspace_id)),
        ("/properties/storageAccountId", json!(properties.storage_account_id)),
        ("/properties/eventHubAuthorizationRuleId", json!(properties.event_hub_authorization_rule_id)),
        ("/properties/marketplacePartnerId", json!(properties.marketplace_partner_id)),
        ("/properties/logs/0/categoryGroup", json!(log.map(|log| &log.category_group))),
        ("/properties/logs/0/enabled", json!(log.and_then(|log| log.enabled.0))),
        ("/properties/metrics/0/category", json!(metric.map(|metric| &metric.category))),
        ("/properties/metrics/0/enabled", json!(metric.and_then(|metric| metric.enabled.0))),
    ]
}

pub(super) fn activity_log_alerts(client: Client) -> Reading {
    Box::pin(async move {
        let rows: Vec<monitor::ActivityLogAlert> = client.rows(monitor::ACTIVITY_LOG_ALERTS.at(&subscription())).await?;
        Ok(rows.into_iter().map(activity_log_alert).collect())
    })
}

fn activity_log_alert(row: monitor::ActivityLogAlert) -> Picked {
    let properties = row.properties.0;
    let fields = properties.condition.0.all_of.0.unwrap();
    let groups = properties.actions.0.action_groups.0.unwrap();
    vec![
        ("/id", json!(row.id)),
        ("/name", json!(row.name)),
        ("/properties/enabled", json!(properties.enabled.0)),
        ("/properties/scopes", json!(properties.scopes)),
        ("/properties/condition/allOf/0/field", json!(fields[0].field)),
        ("/properties/condition/allOf/0/equals", json!(fields[0].equals)),
        ("/properties/condition/allOf/1/field", json!(fields[1].field)),
        ("/properties/condition/allOf/1/equals", json!(fields[1].equals)),
        ("/properties/actions/actionGroups/0/actionGroupId", json!(groups[0].action_group_id)),
    ]
}

pub(super) fn action_groups(client: Client) -> Reading {
    Box::pin(async move {
        let rows: Vec<monitor::ActionGroup> = client.rows(monitor::ACTION_GROUPS.at(&subscription())).await?;
        Ok(rows.into_iter().map(action_group).collect())
    })
}

fn action_group(row: monitor::ActionGroup) -> Picked {
    let properties = row.properties.0;
    let emails = properties.email_receivers.0.unwrap();
    assert!(properties.sms_receivers.is_some() && properties.webhook_receivers.is_some());
    vec![
        ("/id", json!(row.id)),
        ("/name", json!(row.name)),
        ("/properties/enabled", json!(properties.enabled.0)),
        ("/properties/emailReceivers/0/emailAddress", json!(emails[0].email_address)),
        ("/properties/emailReceivers/0/status", json!(emails[0].status)),
    ]
}

pub(super) fn security_contacts(client: Client) -> Reading {
    Box::pin(async move {
        let rows: Vec<monitor::SecurityContact> = client.rows(monitor::SECURITY_CONTACTS.at(&subscription())).await?;
        Ok(rows.into_iter().map(security_contact).collect())
    })
}

fn security_contact(row: monitor::SecurityContact) -> Picked {
    let properties = row.properties.0;
    let sources = properties.notifications_sources.0.unwrap();
    vec![
        ("/name", json!(row.name)),
        ("/properties/isEnabled", json!(properties.is_enabled.0)),
        ("/properties/emails", json!(properties.emails)),
        ("/properties/notificationsByRole/state", json!(properties.notifications_by_role.state)),
        ("/properties/notificationsByRole/roles", json!(properties.notifications_by_role.roles)),
        ("/properties/notificationsSources/0/sourceType", json!(sources[0].source_type)),
        ("/properties/notificationsSources/1/sourceType", json!(sources[1].source_type)),
        ("/properties/notificationsSources/1/minimalSeverity", json!(sources[1].minimal_severity)),
    ]
}
