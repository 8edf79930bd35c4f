//! `azposture_monitor_settings`.

use azposture::demo::{Fault, PRODUCTION, SANDBOX, Tenant};
use serde_json::{Value as Json, json};

use crate::support::{
    held::edit,
    inside::{Inside, Reading},
};

const SETTINGS: &str = "diagnostic-settings";
const VAULTS: &str = "Microsoft.KeyVault/vaults";

async fn through(tenant: &Tenant, engine: &str, arguments: Json) -> Reading {
    let block = json!({"environment": "demo", "resource_graph": engine});
    Inside::configured(tenant.clone(), block).await.read("monitor_settings", arguments).await
}

async fn read(tenant: &Tenant, arguments: Json) -> Reading {
    through(tenant, "never", arguments).await
}

fn row<'a>(answer: &'a Json, name: &str) -> &'a Json {
    answer["settings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["name"] == name)
        .unwrap_or_else(|| panic!("{name} in {answer:#}"))
}

fn vault(subscription: &str, group: &str, name: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/{group}/providers/{VAULTS}/{name}")
}

/// The diagnostic settings of these types.
fn of_types(types: &[&str]) -> Json {
    json!({"kinds": ["resource_diagnostic_settings"], "resource_types": types})
}

fn exports() -> Json {
    json!({"kinds": ["activity_log_export"]})
}

/// Changes the row of this name.
fn change(tenant: &Tenant, list: &str, name: &str, change: impl Fn(&mut Json)) {
    edit(tenant, list, |rows| change(rows.iter_mut().find(|row| row["name"] == name).unwrap()));
}

fn gap(subject: &str, reason: &str, subscription: &str) -> String {
    format!("{subject} {reason} /subscriptions/{subscription}")
}

#[tokio::test]
async fn settings_are_read_as_the_services_state_them_through_either_engine_and_in_pages() {
    for engine in ["never", "always"] {
        let tenant = Tenant::demo().with_page_size(1);
        let answer = through(&tenant, engine, json!({"limit": 0})).await.ok();
        let by_kind = json!({"action_groups": 2, "activity_log_alerts": 3, "activity_log_export": 2, "metric_alerts": 2, "query_alerts": 1,
            "security_contacts": 1});
        assert_eq!(
            answer["summary"],
            json!({"matched": 11, "returned": 11, "by_kind": by_kind, "resources_without_settings": null,
                "subscriptions_without_export": 1}),
            "{engine}: what the sandbox has is switched off"
        );
        assert_eq!(answer["complete"], true, "{engine}");
        let export = row(&answer, "to-log-fab-prod");
        let subscription = format!("/subscriptions/{PRODUCTION}");
        assert_eq!(export["id"], format!("{subscription}/providers/Microsoft.Insights/diagnosticSettings/to-log-fab-prod"));
        assert_eq!((&export["target_id"], &export["enabled"]), (&json!(subscription), &Json::Null));
        assert_eq!(export["log_categories"], json!(["Administrative", "Alert", "Policy", "Security", "ServiceHealth"]));
        let workspace = format!(
            "{subscription}/resourceGroups/rg-platform-prod/providers/Microsoft.OperationalInsights/workspaces/log-fab-prod"
        );
        assert_eq!((&export["log_analytics_workspace_id"], &export["storage_account_id"]), (&json!(workspace), &Json::Null));
        assert_eq!(row(&answer, "archive")["log_categories"], json!([]));

        let rule = row(&answer, "network-security-group-changed");
        let operations = ["microsoft.network/networksecuritygroups/delete", "microsoft.network/networksecuritygroups/write"];
        assert_eq!((&rule["operation_names"], &rule["scopes"]), (&json!(operations), &json!([subscription])));
        let of_groups = row(&answer, "policy-assignment-written");
        let group =
            format!("{subscription}/resourceGroups/rg-platform-prod/providers/Microsoft.Insights/actionGroups/ag-security");
        assert_eq!(of_groups["action_group_ids"], json!([group]), "{engine}: as its own row has it");
        assert_eq!(row(&answer, "ag-security")["id"], group);
        let off = row(&answer, "service-health");
        assert_eq!((&off["enabled"], &off["action_group_ids"]), (&json!(false), &json!([])));
        assert_eq!(row(&answer, "Shop is busy")["condition"], "Average of Percentage CPU is GreaterThan 85 within PT5M");
        let usual = "Total of deadlock is GreaterThan what is usual, with High sensitivity within PT15M";
        assert_eq!(row(&answer, "orders-deadlocks")["condition"], usual);

        let group = row(&answer, "ag-security");
        assert_eq!(group["receivers"], json!({"arm_role": 1, "email": 1, "sms": 1, "webhook": 1}));
        assert_eq!(group["emails"], json!(["security@fabrikam-outdoor.example"]), "{engine}: one has unsubscribed");
        let contact = row(&answer, "default");
        assert_eq!((&contact["minimum_severity"], &contact["enabled"]), (&json!("high"), &json!(true)));
        assert_eq!(contact["receivers"], json!({"arm_role": 1, "email": 2}));
        assert!(tenant.requests().iter().all(|request| !request.path.contains("/vaults/")), "no resource was asked for");
    }
}

#[tokio::test]
async fn neither_queries_nor_addresses_with_keys_nor_telephone_numbers_are_told() {
    for engine in ["never", "always"] {
        let answer = through(&Tenant::demo(), engine, json!({"limit": 0})).await.ok().to_string();
        assert!(answer.contains("Count of what the query finds is GreaterThan 0 within PT15M"), "{answer}");
        for secret in ["SigninLogs", "hooks.", "sig=", "secret", "1555010"] {
            assert!(!answer.contains(secret), "{engine}: {secret}");
        }
    }
}

#[tokio::test]
async fn under_redact_nobody_is_told_by_address() {
    let block = json!({"environment": "demo", "personal_data": "redact"});
    let answer = Inside::configured(Tenant::demo(), block).await.read("monitor_settings", json!({"limit": 0})).await.ok();
    let group = row(&answer, "ag-security");
    assert_eq!((&group["emails"], &group["receivers"]["email"]), (&json!([]), &json!(1)));
    assert!(!answer.to_string().contains('@'), "{answer:#}");
}

#[tokio::test]
async fn only_the_kinds_that_are_asked_for_are_read_and_counted() {
    let tenant = Tenant::demo();
    let answer = read(&tenant, json!({"kinds": ["query_alerts"]})).await.ok();
    assert_eq!((&answer["summary"]["by_kind"], &answer["summary"]["matched"]), (&json!({"query_alerts": 1}), &json!(1)));
    assert_eq!(answer["summary"]["subscriptions_without_export"], Json::Null);
    let of = |part: &str| tenant.requests().iter().filter(|request| request.path.contains(part)).count();
    assert_eq!((of("/Microsoft.Insights/"), of("/scheduledQueryRules"), of("/securityContacts")), (2, 2, 0));
    let none = read(&tenant, json!({"kinds": ["security_contacts"], "subscription_ids": [SANDBOX]})).await.ok();
    assert_eq!(none["summary"]["by_kind"], json!({"security_contacts": 0}), "read whole, and nothing there");
}

#[tokio::test]
async fn the_settings_of_each_resource_of_a_type_are_read_and_what_sends_nothing_is_counted() {
    let tenant = Tenant::demo();
    let answer = read(&tenant, of_types(&["microsoft.keyvault/VAULTS"])).await.ok();
    // The vault of the platform has none, and what the one of the lab has is switched off.
    assert_eq!(
        answer["summary"],
        json!({"matched": 2, "returned": 2, "by_kind": {"resource_diagnostic_settings": 2}, "resources_without_settings": 2,
            "subscriptions_without_export": null})
    );
    let audit = row(&answer, "audit");
    let shop = vault(PRODUCTION, "rg-shop-prod", "kv-fab-shop");
    assert_eq!(audit["target_id"], shop);
    assert_eq!(audit["id"], format!("{shop}/providers/Microsoft.Insights/diagnosticSettings/audit"));
    let sent = (&audit["category_groups"], &audit["log_categories"], &audit["metric_categories"]);
    assert_eq!(sent, (&json!(["audit"]), &json!([]), &json!([])));
    assert_eq!((&audit["storage_account_id"], &audit["eventhub_authorization_rule_id"]), (&Json::Null, &Json::Null));

    let one = json!({"kinds": ["resource_diagnostic_settings"], "resource_ids": [shop.to_uppercase().replace("/SUBSCRIPTIONS/", "/subscriptions/")]});
    let one = read(&tenant, one).await.ok();
    assert_eq!((&one["summary"]["matched"], &one["summary"]["resources_without_settings"]), (&json!(1), &json!(0)));
    let cluster = read(&tenant, of_types(&["Microsoft.ContainerService/managedClusters"])).await.ok();
    let plane = row(&cluster, "control-plane");
    assert_eq!(
        (&plane["log_categories"], &plane["metric_categories"]),
        (&json!(["guard", "kube-audit-admin"]), &json!(["AllMetrics"]))
    );
    assert_eq!(cluster["summary"]["resources_without_settings"], 1, "that of the lab");
}

#[tokio::test]
async fn a_type_without_support_is_no_row_no_gap_and_not_counted() {
    let answer = read(&Tenant::demo(), of_types(&["Microsoft.Compute/disks", VAULTS])).await.ok();
    assert_eq!((&answer["complete"], &answer["unreadable"]), (&json!(true), &json!([])));
    assert_eq!(answer["summary"]["resources_without_settings"], 2, "vaults alone");
    let answer = read(&Tenant::demo(), of_types(&["Microsoft.Compute/disks"])).await.ok();
    assert_eq!((&answer["settings"], &answer["summary"]["resources_without_settings"]), (&json!([]), &json!(0)));
    // Another refusal of the same status is one.
    let fault = Fault::on("/kv-fab-shop/providers/Microsoft.Insights").refuse(400, "BadRequest", "no");
    let reading = read(&Tenant::demo().with_fault(fault), of_types(&[VAULTS])).await;
    let place = vault(PRODUCTION, "rg-shop-prod", "kv-fab-shop");
    assert_eq!(reading.gaps(), [format!("resource_diagnostic_settings unsupported {place}")]);
}

#[tokio::test]
async fn resources_have_to_be_named_and_only_for_their_own_kind() {
    let kinds = json!(["resource_diagnostic_settings"]);
    let id = vault(PRODUCTION, "rg-shop-prod", "kv-fab-shop");
    for (arguments, path, summary) in [
        (json!({"kinds": kinds}), "kinds", "Nothing selected"),
        (json!({"resource_types": [VAULTS]}), "resource_types", "Contradictory arguments"),
        (json!({"kinds": ["metric_alerts"], "resource_ids": [id]}), "resource_ids", "Contradictory arguments"),
        (json!({"kinds": kinds, "resource_ids": [id], "resource_types": [VAULTS]}), "resource_types", "Contradictory arguments"),
        (json!({"kinds": kinds, "resource_types": ["Microsoft.KeyVault/valuts"]}), "resource_types", "Unknown value"),
        (
            json!({"kinds": kinds, "resource_ids": [id], "subscription_ids": [SANDBOX]}),
            "resource_ids",
            "Outside the configured scope",
        ),
        (json!({"kinds": kinds, "resource_ids": [format!("/subscriptions/{PRODUCTION}")]}), "resource_ids[0]", "Invalid value"),
        (json!({"kinds": kinds, "resource_ids": [format!("{id}?x")]}), "resource_ids[0]", "Invalid value"),
    ] {
        let reading = read(&Tenant::demo(), arguments.clone()).await;
        let said: Vec<_> = reading.said.iter().map(|one| (one.path.to_string(), one.summary.as_str())).collect();
        assert_eq!(said.len(), 1, "{arguments}: {said:?}");
        assert_eq!((said[0].0.split('[').next(), said[0].1), (path.split('[').next(), summary), "{arguments}: {said:?}");
    }
    // A type that exists and that no resource is of.
    let reading = read(&Tenant::demo(), of_types(&["Microsoft.Logic/workflows", VAULTS])).await;
    assert_eq!(reading.warnings(), ["Resource type matches nothing"]);
    assert_eq!(reading.ok()["summary"]["matched"], 2);
}

#[tokio::test]
async fn what_has_no_destination_or_nothing_switched_on_exports_nothing() {
    let nowhere = |row: &mut Json| row["properties"]["workspaceId"] = json!("");
    let off = |row: &mut Json| row["properties"]["logs"] = json!([{"categoryGroup": "allLogs", "enabled": "False"}]);
    let gone = |row: &mut Json| row["properties"]["logs"] = json!([]);
    for way in [&nowhere as &dyn Fn(&mut Json), &off, &gone] {
        let tenant = Tenant::demo();
        change(&tenant, SETTINGS, "to-log-fab-prod", way);
        let answer = read(&tenant, exports()).await.ok();
        assert_eq!((&answer["summary"]["subscriptions_without_export"], &answer["complete"]), (&json!(2), &json!(true)));
    }
    let tenant = Tenant::demo();
    edit(&tenant, SETTINGS, |rows| rows.clear());
    let answer = read(&tenant, exports()).await.ok();
    let summary = (&answer["summary"]["subscriptions_without_export"], &answer["summary"]["by_kind"]);
    assert_eq!(summary, (&json!(2), &json!({"activity_log_export": 0})));
    let tenant = Tenant::demo();
    change(&tenant, SETTINGS, "archive", |row| row["properties"]["logs"][0]["enabled"] = json!("True"));
    assert_eq!(read(&tenant, exports()).await.ok()["summary"]["subscriptions_without_export"], 0);
}

#[tokio::test]
async fn whether_something_is_sent_that_is_not_said_nobody_counts() {
    let unsaid = |row: &mut Json| row["properties"]["logs"] = Json::Null;
    let odd = |row: &mut Json| row["properties"]["logs"][0]["enabled"] = json!("Xyzzy");
    let nameless = |row: &mut Json| row["properties"]["logs"] = json!([{"enabled": true}]);
    for way in [&unsaid as &dyn Fn(&mut Json), &odd, &nameless] {
        let tenant = Tenant::demo();
        change(&tenant, SETTINGS, "archive", way);
        let reading = read(&tenant, exports()).await;
        assert_eq!(reading.gaps(), [gap("activity_log_export", "invalid_response", SANDBOX)]);
        let answer = reading.ok();
        assert_eq!((&answer["summary"]["subscriptions_without_export"], &answer["complete"]), (&Json::Null, &json!(false)));
    }
    for (list, name, field) in [
        ("activity-log-alerts", "service-health", "enabled"),
        ("activity-log-alerts", "service-health", "condition"),
        ("activity-log-alerts", "service-health", "actions"),
        ("metric-alerts", "Shop is busy", "criteria"),
        ("metric-alerts", "Shop is busy", "scopes"),
        ("query-alerts", "emergency-account-used", "criteria"),
        ("action-groups", "ag-oncall", "enabled"),
        ("security-contacts", "default", "isEnabled"),
        ("security-contacts", "default", "notificationsByRole"),
    ] {
        let tenant = Tenant::demo();
        change(&tenant, list, name, |row| row["properties"][field] = Json::Null);
        let reading = read(&tenant, json!({"limit": 0})).await;
        let [only] = &reading.gaps()[..] else { panic!("{list} {field}: {:?}", reading.gaps()) };
        assert!(only.starts_with(&format!("{} invalid_response ", list.replace('-', "_"))), "{field}: {only}");
        assert_eq!(reading.ok()["summary"]["matched"], 11, "{list} {field}");
    }
}

#[tokio::test]
async fn what_could_not_be_read_is_not_without_settings() {
    let path = format!("{SANDBOX}/providers/Microsoft.Insights/diagnosticSettings");
    let refused = Tenant::demo().with_fault(Fault::on(path).refuse(403, "AuthorizationFailed", "no"));
    let reading = read(&refused, exports()).await;
    assert_eq!(reading.gaps(), [gap("activity_log_export", "forbidden", SANDBOX)]);
    let answer = reading.ok();
    let summary = (&answer["summary"]["subscriptions_without_export"], &answer["summary"]["by_kind"]);
    assert_eq!(summary, (&Json::Null, &json!({"activity_log_export": 1})));

    // What is held on a part of the subscription proves nothing.
    let without = |action: &'static str| {
        Tenant::demo().with_fault(Fault::on("/permissions").subscription(SANDBOX).change(move |body| {
            body["value"].as_array_mut().unwrap().iter_mut().for_each(|row| row["notActions"] = json!([action]));
        }))
    };
    let reading = read(&without("Microsoft.Insights/diagnosticSettings/read"), exports()).await;
    assert_eq!(reading.gaps(), [gap("activity_log_export", "not_proven", SANDBOX)]);
    assert_eq!(reading.ok()["summary"]["subscriptions_without_export"], Json::Null);
    let reading = read(&without("Microsoft.KeyVault/vaults/read"), of_types(&[VAULTS])).await;
    assert_eq!(reading.gaps(), [gap("resources", "not_proven", SANDBOX)]);
    let answer = reading.ok();
    assert_eq!((&answer["summary"]["resources_without_settings"], &answer["complete"]), (&json!(2), &json!(false)));
    let reading = read(&without("Microsoft.Insights/diagnosticSettings/read"), of_types(&[VAULTS])).await;
    assert_eq!(reading.gaps(), [gap("resource_diagnostic_settings", "not_proven", SANDBOX)]);
    assert_eq!(reading.ok()["summary"]["resources_without_settings"], 1, "that of production");

    let one = Fault::on("/kv-fab-platform/providers/Microsoft.Insights").refuse(403, "AuthorizationFailed", "no");
    let reading = read(&Tenant::demo().with_fault(one), of_types(&[VAULTS])).await;
    let place = vault(PRODUCTION, "rg-platform-prod", "kv-fab-platform");
    assert_eq!(reading.gaps(), [format!("resource_diagnostic_settings forbidden {place}")]);
    assert_eq!(reading.ok()["summary"]["matched"], 2, "its neighbours stay");
    let all = Tenant::demo().with_fault(Fault::on("/Microsoft.Insights/").refuse(403, "AuthorizationFailed", "no"));
    assert_eq!(read(&all, exports()).await.errors(), ["Nothing could be read"]);
}

#[tokio::test]
async fn what_one_kind_lacks_takes_nothing_from_the_counts_of_another() {
    let refused = Tenant::demo().with_fault(Fault::on("/metricAlerts").refuse(403, "AuthorizationFailed", "no"));
    let answer = read(&refused, json!({"limit": 0})).await.ok();
    let by_kind = json!({"action_groups": 2, "activity_log_alerts": 3, "activity_log_export": 2, "query_alerts": 1, "security_contacts": 1});
    assert_eq!((&answer["summary"]["by_kind"], &answer["complete"]), (&by_kind, &json!(false)));
    assert_eq!(answer["summary"]["subscriptions_without_export"], 1);
}

#[tokio::test]
async fn of_two_settings_of_one_id_what_they_do_not_agree_on_is_null() {
    for first in [false, true] {
        let tenant = Tenant::demo();
        edit(&tenant, SETTINGS, |rows| {
            let at = rows.iter().position(|row| row["name"] == "archive").unwrap();
            let mut twin = rows[at].clone();
            twin["name"] = json!("ARCHIVE");
            twin["properties"]["logs"][0]["enabled"] = json!(true);
            rows.insert(at + usize::from(!first), twin);
        });
        let reading = read(&tenant, exports()).await;
        assert_eq!(reading.gaps(), [gap("activity_log_export", "invalid_response", SANDBOX)], "{first}");
        let answer = reading.ok();
        let summary = (&answer["summary"]["subscriptions_without_export"], &answer["summary"]["matched"]);
        assert_eq!(summary, (&Json::Null, &json!(2)), "{first}");

        let tenant = Tenant::demo();
        edit(&tenant, "activity-log-alerts", |rows| {
            let mut twin = rows[0].clone();
            twin["properties"]["enabled"] = json!(false);
            rows.insert(usize::from(!first), twin);
        });
        let reading = read(&tenant, json!({"kinds": ["activity_log_alerts"]})).await;
        assert_eq!(reading.gaps(), [gap("activity_log_alerts", "invalid_response", PRODUCTION)], "{first}");
        assert_eq!(row(&reading.ok(), "policy-assignment-written")["enabled"], Json::Null, "{first}");
    }
}
