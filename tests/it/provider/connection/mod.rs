//! `azposture_connection`: who am I, what do I see; and short ways to a tenant in which one thing is wrong.

mod checklist;
mod directory;
mod independence;
mod plans;
mod sign_in;
mod subscriptions;

use azposture::{
    demo::{Fault, PRINCIPAL_ID, PRODUCTION, SANDBOX, TENANT_ID, Tenant},
    posture::Reason,
};
use serde_json::{Value as Json, json};

use crate::support::{
    inside::Inside,
    tokens::{as_user, refusing, with_claims, without_graph},
};

/// The answer of the data source on a tenant, without filters.
async fn answer(tenant: Tenant) -> Json {
    accounted(Inside::on(tenant).await.read("connection", json!({})).await.ok())
}

/// The answer, which is complete only if no check is unknown for a fact that was not seen, and has a gap for each that is.
fn accounted(answer: Json) -> Json {
    let reason = |row: &Json| {
        let evidence = row["evidence"].as_str().unwrap();
        evidence.split(' ').find_map(|one| one.strip_prefix("reason=")).map(str::to_owned)
    };
    let unseen = |reason: &String| Reason::ALL.iter().any(|one| one.word() == reason && !one.leaves_complete());
    for row in answer["checks"].as_array().unwrap().iter().filter(|row| row["status"] == "unknown") {
        let Some(reason) = reason(row).filter(unseen) else { continue };
        let gaps = answer["unreadable"].as_array().unwrap();
        let named = gaps.iter().any(|gap| gap["reason"] == reason.as_str());
        assert!(named && answer["complete"] == false, "{row:#} {gaps:#?}");
    }
    answer
}

/// One check, by its key, read by itself.
async fn check(tenant: Tenant, key: &str) -> Json {
    checked(tenant, json!({"environment": "demo"}), key).await
}

/// The same for a connection that names its subscriptions, whose lists come from Resource Manager.
async fn live(tenant: Tenant, key: &str) -> Json {
    checked(tenant, json!({"environment": "demo", "subscription_ids": [PRODUCTION, SANDBOX]}), key).await
}

/// The same with a provider block of its own.
async fn checked(tenant: Tenant, block: Json, key: &str) -> Json {
    let id = key.split('|').next().unwrap();
    let reading = Inside::configured(tenant, block).await.read("connection", json!({"check_ids": [id]})).await;
    row(&accounted(reading.ok()), key)
}

fn row(answer: &Json, key: &str) -> Json {
    let rows = answer["checks"].as_array().unwrap();
    rows.iter().find(|row| row["key"] == key).unwrap_or_else(|| panic!("{key} in {answer:#}")).clone()
}

/// Asserts status, and that detail, evidence and remediation together say these things.
#[track_caller]
fn says(row: &Json, status: &str, parts: &[&str]) {
    assert_eq!(row["status"], status, "{row:#}");
    let text = ["detail", "evidence", "remediation"].map(|name| row[name].as_str().unwrap_or_default()).join("\n");
    for part in parts {
        assert!(text.contains(part), "{part:?} in {row:#}");
    }
    let needs_a_step = ["fail", "unknown"].contains(&status);
    assert_eq!(!row["remediation"].as_str().unwrap_or_default().is_empty(), needs_a_step, "{row:#}");
}

fn production(id: &str) -> String {
    format!("{id}|{PRODUCTION}")
}

fn sandbox(id: &str) -> String {
    format!("{id}|{SANDBOX}")
}

fn refused(path: &str) -> Tenant {
    Tenant::demo().with_fault(Fault::on(path).refuse(403, "AuthorizationFailed", "no"))
}

fn edited(document: &str, change: impl FnOnce(&mut Json)) -> Tenant {
    let tenant = Tenant::demo();
    tenant.edit(document, change).unwrap();
    tenant
}

/// The demo tenant without the consent to these permissions (by their ids).
fn without_consent(ids: &[&str]) -> Tenant {
    edited("app-role-assignments", |list| {
        let own = |row: &Json| row["principalId"] == PRINCIPAL_ID && ids.contains(&row["appRoleId"].as_str().unwrap());
        list["value"].as_array_mut().unwrap().retain(|row| !own(row));
    })
}

/// The demo tenant with one more permission consented.
fn with_consent(id: &str) -> Tenant {
    edited("app-role-assignments", |list| {
        let mut more = list["value"][0].clone();
        more["appRoleId"] = json!(id);
        list["value"].as_array_mut().unwrap().push(more);
    })
}

#[tokio::test]
async fn the_sign_in_and_what_it_sees_are_named() {
    let answer = answer(Tenant::demo()).await;
    for (name, expected) in [
        ("ready", json!(true)),
        ("principal_type", json!("application")),
        ("object_id", json!(PRINCIPAL_ID)),
        ("tenant_id", json!(TENANT_ID)),
        ("tenant_display_name", json!("Fabrikam Outdoor")),
        ("user_principal_name", Json::Null),
        ("environment", json!("demo")),
        ("tenant_region", json!("EU")),
        ("resource_manager_host", json!("management.demo.azposture")),
        ("graph_host", json!("graph.demo.azposture")),
        ("sign_in_method", json!("demo")),
        ("sign_in_source", json!("block")),
        ("scope_type", json!("tenant")),
        ("scope_id", json!(TENANT_ID)),
        ("visible_subscription_ids", json!([PRODUCTION, SANDBOX])),
        ("graph_permissions", json!(["AuditLog.Read.All", "Directory.Read.All", "Policy.Read.All"])),
        ("delegated_permissions", json!([])),
        ("directory_role_template_ids", json!([])),
        ("license_plans", json!(["P1", "P2"])),
        ("credential_expires_on", Json::Null),
        ("complete", json!(true)),
        ("unreadable", json!([])),
    ] {
        assert_eq!(answer[name], expected, "{name}");
    }
}

#[tokio::test]
async fn every_check_is_there_once_a_subscription_and_in_order() {
    let answer = answer(Tenant::demo()).await;
    let keys: Vec<_> = answer["checks"].as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap().to_owned()).collect();
    assert!(keys.is_sorted_by(|a, b| a < b));
    let ids: std::collections::BTreeSet<_> = keys.iter().map(|key| key.split('|').next().unwrap()).collect();
    assert_eq!(ids.len(), 40);
}

#[test]
fn the_page_lists_every_check_with_its_level_and_its_meaning() {
    let server = azposture::sdk::server::Server::new(azposture::provider::Azposture::new());
    let page = &server.catalogue().data_sources["azposture_connection"].description;
    for check in azposture::posture::connection::CHECKS {
        let area = check.area.map(|area| format!("; area `{}`", area.word())).unwrap_or_default();
        let place = if check.per_subscription() { "; per subscription" } else { "" };
        let line = format!("- `{}` ({}{area}{place}): {}.", check.id, check.level.word(), check.title);
        assert!(page.lines().any(|own| own == line), "{line}\n{page}");
    }
}

#[tokio::test]
async fn a_user_is_named_unless_people_are_redacted() {
    let inside = |block: Json| Inside::configured(as_user(Tenant::demo()), block);
    let shown = inside(json!({"environment": "demo"})).await.read("connection", json!({})).await.ok();
    assert_eq!(
        (&shown["principal_type"], &shown["user_principal_name"]),
        (&json!("user"), &json!("ana@fabrikam-outdoor.example"))
    );
    assert_eq!(shown["delegated_permissions"][0], "Application.ReadWrite.All");
    let redacted = inside(json!({"environment": "demo", "personal_data": "redact"})).await;
    let redacted = redacted.read("connection", json!({})).await;
    assert!(!format!("{redacted:?}").contains("ana@"), "{redacted:?}");
    assert_eq!(redacted.ok()["user_principal_name"], Json::Null);
}

#[tokio::test]
async fn only_chosen_checks_are_answered_and_the_features_are_judged_by_all_of_theirs() {
    let tenant = Tenant::demo();
    let arguments = json!({"check_ids": ["license_*", "role_excess"], "subscription_ids": [SANDBOX]});
    let answer = Inside::on(tenant.clone()).await.read("connection", arguments).await.ok();
    let keys: Vec<_> = answer["checks"].as_array().unwrap().iter().map(|row| row["key"].clone()).collect();
    assert_eq!(keys, [json!("license_p1"), json!("license_p2"), json!(sandbox("role_excess"))]);
    let whole = Inside::on(Tenant::demo()).await.read("connection", json!({"subscription_ids": [SANDBOX]})).await.ok();
    assert_eq!(answer["ready_for"], whole["ready_for"]);
    assert_eq!(answer["ready_for"].as_object().unwrap().len(), 11);
    // Neither a chosen check nor a feature rests on these.
    let unneeded = ["/resources", "assessments", "subAssessments", "managedClusters"];
    for request in tenant.requests() {
        let is_query = request.path.ends_with("ResourceGraph/resources");
        assert!(is_query || !unneeded.iter().any(|path| request.path.ends_with(path)), "{request:?}");
        let named = request.named.as_deref().unwrap_or_default();
        assert!(!["assessments", "resourcecounts", "scans"].contains(&named), "{request:?}");
    }
}

#[tokio::test]
async fn the_recommended_path_with_three_roles_is_ready_and_each_feature_says_what_it_lacks() {
    // Every user may read the tenant's own row.
    let organization = json!({"value": [{"id": TENANT_ID, "displayName": "Fabrikam Outdoor"}]});
    let tenant =
        global_reader(as_user(Tenant::demo())).with_fault(Fault::on("/v1.0/organization").answer_json(200, organization));
    let user = Inside::configured(tenant, json!({"environment": "demo"})).await;
    let answer = user.read("connection", json!({})).await.ok();
    says(&row(&answer, "graph_policy_read"), "fail", &["reason=user_sign_in"]);
    assert_eq!(row(&answer, "graph_policy_read")["level"], "advisory");
    assert_eq!(answer["ready"], true, "{:#}", answer["checks"]);
    assert_eq!(answer["ready_for"]["directory"], json!({"ready": true, "missing": []}));
    assert_eq!(answer["ready_for"]["mfa_coverage"], json!({"ready": false, "missing": ["graph_policy_read"]}));
    let green = user.plan("connection_validation", json!({})).await;
    assert!(green.errors().is_empty(), "{:?}", green.said);
}

/// A user whose directory role lets read what users may read.
fn global_reader(tenant: Tenant) -> Tenant {
    with_claims(tenant, |claims| claims["wids"] = json!(["f2ef992c-3afb-46b9-b7cf-a126ee74c451"]))
}

#[tokio::test]
async fn a_feature_whose_checks_cannot_be_seen_is_neither_ready_nor_not() {
    let answer = answer(refused("/v1.0/subscribedSkus")).await;
    let (pim, posture) = (&answer["ready_for"]["pim"], &answer["ready_for"]["posture"]);
    assert_eq!(pim["missing"], json!(["graph_role_schedules_read", "license_p2"]));
    assert_eq!(answer["ready_for"]["sign_in_activity"], json!({"ready": null, "missing": ["license_p1"]}));
    // Sandbox is without the free posture tier.
    assert_eq!(*posture, json!({"ready": false, "missing": [sandbox("defender_foundational_on")]}));
    for feature in ["subscriptions", "policy", "resources", "role_assignments", "directory"] {
        assert_eq!(answer["ready_for"][feature], json!({"ready": true, "missing": []}), "{feature}");
    }
}

#[tokio::test]
async fn every_subscription_that_the_sign_in_sees_is_detected_and_marked() {
    let block = json!({"environment": "demo", "subscription_ids": [PRODUCTION]});
    let one = Inside::configured(Tenant::demo(), block).await.read("connection", json!({})).await.ok();
    let marks = |answer: &Json| -> Vec<(String, bool)> {
        let rows = answer["detected_subscriptions"].as_array().unwrap();
        rows.iter().map(|row| (row["key"].as_str().unwrap().to_owned(), row["in_scope"].as_bool().unwrap())).collect()
    };
    assert_eq!(marks(&one), [(PRODUCTION.to_owned(), true), (SANDBOX.to_owned(), false)]);
    let row = &one["detected_subscriptions"][1];
    assert_eq!(row["id"], format!("/subscriptions/{SANDBOX}"));
    assert_eq!((&row["state"], &row["tenant_id"]), (&json!("Enabled"), &json!(TENANT_ID)));
    assert_eq!(marks(&answer(Tenant::demo()).await), [(PRODUCTION.to_owned(), true), (SANDBOX.to_owned(), true)]);
    let undecided = Inside::aimed(Tenant::demo(), azposture::azure::settings::ScopeSetting::Detect, "auto").await;
    let undecided = undecided.read("connection", json!({})).await.ok();
    assert_eq!(marks(&undecided), [(PRODUCTION.to_owned(), false), (SANDBOX.to_owned(), false)]);
    let unread = Tenant::demo().with_fault(Fault::on("/subscriptions").host("management.demo.azposture").html(200));
    assert_eq!(answer(unread).await["detected_subscriptions"], Json::Null);
}

#[tokio::test]
async fn what_names_no_check_is_an_error_before_anything_is_read() {
    let tenant = Tenant::demo();
    let inside = Inside::on(tenant.clone()).await;
    for (arguments, summary, part) in [
        (json!({"check_ids": ["role_readr"]}), "Unknown value", "`role_reader`"),
        (json!({"check_ids": ["xyz_*"]}), "Nothing selected", "xyz_*"),
        (json!({"check_ids": []}), "Nothing selected", "check_ids"),
        (json!({"provisioning_client_ids": ["app"]}), "Invalid value", "GUID"),
    ] {
        let reading = inside.read("connection", arguments).await;
        assert_eq!(reading.errors(), [summary]);
        assert!(reading.detail().contains(part), "{}", reading.detail());
    }
    assert!(tenant.requests().is_empty());
}

#[tokio::test]
async fn a_subscription_outside_the_scope_is_an_error() {
    let block = json!({"environment": "demo", "subscription_ids": [PRODUCTION]});
    let inside = Inside::configured(Tenant::demo(), block).await;
    let reading = inside.read("connection", json!({"subscription_ids": [SANDBOX]})).await;
    assert_eq!(reading.errors(), ["Outside the configured scope"]);
}

#[tokio::test]
async fn one_subscription_is_its_own_scope() {
    let block = json!({"environment": "demo", "subscription_ids": [PRODUCTION]});
    let answer = Inside::configured(Tenant::demo(), block).await.read("connection", json!({})).await.ok();
    assert_eq!((&answer["scope_type"], &answer["scope_id"]), (&json!("subscription"), &json!(PRODUCTION)));
    says(&row(&answer, "scope_complete"), "pass", &["scope=subscription"]);
    assert_eq!(row(&answer, "management_group_readable")["level"], "advisory");
    assert_eq!(row(&answer, "resource_graph_usable")["level"], "advisory");
}

#[tokio::test]
async fn an_area_that_is_off_is_off_and_never_read() {
    let tenant = Tenant::demo();
    let block = json!({"environment": "demo", "areas": ["posture"]});
    let answer = Inside::configured(tenant.clone(), block).await.read("connection", json!({})).await.ok();
    for id in ["graph_reachable", "graph_policy_read", "license_p1", "application_enabled", "user_sign_in_limits"] {
        says(&row(&answer, id), "off", &["reason=area_off", "identity"]);
    }
    says(&row(&answer, &production("key_vault_readable")), "off", &["area=data"]);
    says(&row(&answer, "tenant_matches"), "pass", &[]);
    assert!(tenant.requests().iter().all(|request| !request.host.contains("graph")), "{:?}", tenant.requests());
    assert_eq!((&answer["ready"], &answer["complete"], &answer["license_plans"]), (&json!(true), &json!(true), &Json::Null));
}

#[tokio::test]
async fn a_second_reading_asks_for_nothing_twice() {
    let tenant = Tenant::demo();
    let inside = Inside::on(tenant.clone()).await;
    let first = inside.read("connection", json!({})).await.ok();
    let requests = tenant.requests().len();
    assert_eq!(inside.read("connection", json!({})).await.ok(), first);
    assert_eq!(tenant.requests().len(), requests);
    let mut lists: Vec<_> =
        tenant.requests().iter().filter(|one| one.method == "GET").map(|one| (one.path.clone(), one.page)).collect();
    let sent = lists.len();
    lists.sort();
    lists.dedup();
    assert_eq!(lists.len(), sent, "every page of every list is read once");
}
