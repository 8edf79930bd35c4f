//! What a connection stands for, and that nothing else is ever asked for.

use azposture::{
    azure::settings::ScopeSetting,
    demo::{PRODUCTION, SANDBOX, Tenant},
};
use serde_json::{Value as Json, json};

use crate::support::{
    held::{MANAGEMENT_GROUP_READER, READER, hold, root, subscription},
    inside::Inside,
};

const FOREIGN_TENANT: &str = "fab00000-0000-4000-8000-0000000000ff";

/// Changes one subscription.
fn change(tenant: &Tenant, id: &str, name: &str, value: Json) {
    tenant
        .edit("subscriptions", |list| {
            let rows = list["value"].as_array_mut().unwrap();
            rows.iter_mut().find(|row| row["subscriptionId"] == id).unwrap()[name] = value;
        })
        .unwrap();
}

/// Takes the sandbox out of the tree; the sign-in still reads it.
fn take_from_the_tree(tenant: &Tenant) {
    let others = |row: &Json| row["name"] != SANDBOX;
    tenant.edit("management-group-subscriptions", |list| list["value"].as_array_mut().unwrap().retain(others)).unwrap();
    let roles = [(READER, subscription(PRODUCTION)), (READER, subscription(SANDBOX)), (MANAGEMENT_GROUP_READER, root())];
    hold(tenant, &roles.each_ref().map(|(role, scope)| (*role, scope.as_str())));
}

fn ids(answer: &Json) -> Vec<&str> {
    answer["subscriptions"].as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap()).collect()
}

async fn detecting(tenant: &Tenant) -> Inside {
    Inside::aimed(tenant.clone(), ScopeSetting::Detect, "auto").await
}

#[tokio::test]
async fn the_only_enabled_subscription_is_detected() {
    for state in ["Disabled", "Warned", "PastDue", "Deleted"] {
        let tenant = Tenant::demo();
        change(&tenant, SANDBOX, "state", json!(state));
        assert_eq!(ids(&detecting(&tenant).await.read("subscriptions", json!({})).await.ok()), [PRODUCTION], "{state}");
    }
}

#[tokio::test]
async fn several_enabled_subscriptions_are_listed_and_none_is_guessed() {
    let reading = detecting(&Tenant::demo()).await.read("subscriptions", json!({})).await;
    assert_eq!(reading.errors(), ["Several subscriptions visible"]);
    for part in [PRODUCTION, SANDBOX, "Fabrikam Sandbox", "`tenant_wide`"] {
        assert!(reading.detail().contains(part), "{}", reading.detail());
    }
}

#[tokio::test]
async fn a_delegated_subscription_is_never_in_a_scope_by_itself() {
    let tenant = Tenant::demo();
    change(&tenant, SANDBOX, "tenantId", json!(FOREIGN_TENANT));
    take_from_the_tree(&tenant);
    assert_eq!(ids(&detecting(&tenant).await.read("subscriptions", json!({})).await.ok()), [PRODUCTION]);
    for engine in ["never", "always"] {
        let block = json!({"environment": "demo", "resource_graph": engine});
        let inside = Inside::configured(tenant.clone(), block).await;
        assert_eq!(ids(&inside.read("subscriptions", json!({})).await.ok()), [PRODUCTION], "{engine}");
        let plans = inside.read("defender_plans", json!({"limit": 0})).await.ok();
        assert!(!plans.to_string().contains(SANDBOX), "{engine}");
    }
    let named = json!({"environment": "demo", "subscription_ids": [PRODUCTION, SANDBOX]});
    let answer = Inside::configured(tenant, named).await.read("subscriptions", json!({})).await.ok();
    assert_eq!((ids(&answer), &answer["subscriptions"][1]["tenant_matches"]), (vec![PRODUCTION, SANDBOX], &json!(false)));
}

#[tokio::test]
async fn a_subscription_that_still_answers_is_read_whatever_its_state() {
    for state in ["Disabled", "Warned", "PastDue"] {
        let tenant = Tenant::demo();
        change(&tenant, SANDBOX, "state", json!(state));
        let inside = Inside::on(tenant).await;
        let answer = inside.read("subscriptions", json!({})).await.ok();
        assert_eq!((&answer["subscriptions"][1]["state"], &answer["complete"]), (&json!(state), &json!(true)));
        let plans = inside.read("defender_plans", json!({"limit": 0})).await.ok();
        assert!(plans["plans"].as_array().unwrap().iter().any(|row| row["subscription_id"] == SANDBOX), "{state}");
    }
}

#[tokio::test]
async fn a_deleted_subscription_is_shown_not_read_and_leaves_a_gap() {
    let tenant = Tenant::demo();
    change(&tenant, SANDBOX, "state", json!("Deleted"));
    let inside = Inside::on(tenant.clone()).await;
    let gap = format!("subscriptions not_visible /subscriptions/{SANDBOX}");
    let reading = inside.read("subscriptions", json!({"states": ["Deleted"]})).await;
    assert_eq!(reading.gaps(), std::slice::from_ref(&gap));
    assert_eq!(ids(&reading.ok()), [SANDBOX]);
    let reading = inside.read("defender_plans", json!({"limit": 0})).await;
    assert_eq!(reading.gaps(), [gap]);
    assert_eq!(reading.ok()["complete"], false);
    assert!(tenant.requests().iter().all(|one| !one.path.contains(SANDBOX) && !one.scope.contains(&SANDBOX.to_owned())));
    let verdict = inside.plan("defender_validation", json!({"plans": {"SqlServers": {}}})).await;
    assert_eq!(verdict.errors(), ["defender_validation: 1 unknown of 2"]);
}

#[tokio::test]
async fn a_management_group_stands_for_what_is_below_it() {
    for engine in ["never", "auto"] {
        let scope = ScopeSetting::ManagementGroup("mg-production".to_owned());
        let inside = Inside::aimed(Tenant::demo(), scope, engine).await;
        let answer = inside.read("subscriptions", json!({})).await.ok();
        assert_eq!((ids(&answer), &answer["complete"]), (vec![PRODUCTION], &json!(true)), "{engine}");
        let path = &answer["subscriptions"][0]["management_group_path"];
        assert_eq!(path, "Tenant Root Group/Fabrikam Outdoor/Production", "{engine}");
        let outside = inside.read("defender_plans", json!({"subscription_ids": [SANDBOX]})).await;
        assert_eq!(outside.errors(), ["Outside the configured scope"], "{engine}");
    }
}

#[tokio::test]
async fn an_empty_management_group_is_an_error_and_no_clean_result() {
    let tenant = Tenant::demo();
    tenant.edit("management-group-subscriptions", |list| list["value"] = json!([])).unwrap();
    let inside = Inside::aimed(tenant, ScopeSetting::ManagementGroup("mg-production".to_owned()), "auto").await;
    assert_eq!(inside.read("subscriptions", json!({})).await.errors(), ["No subscription visible"]);
}

#[tokio::test]
async fn a_subscription_of_the_tenant_that_the_tree_does_not_have_yet_counts() {
    let tenant = Tenant::demo();
    take_from_the_tree(&tenant);
    let answer = Inside::by_arm(tenant).await.read("subscriptions", json!({})).await.ok();
    assert_eq!(ids(&answer), [PRODUCTION, SANDBOX]);
}

#[tokio::test]
async fn a_subscription_outside_is_told_how_many_there_are_inside() {
    let one = json!({"environment": "demo", "subscription_ids": [PRODUCTION]});
    let inside = Inside::configured(Tenant::demo(), one).await;
    let outside = inside.read("defender_plans", json!({"subscription_ids": [SANDBOX]})).await;
    assert!(outside.detail().contains("is not in the scope of this connection (1 subscription). Add it"), "{}", outside.detail());
    let stranger = json!({"subscription_ids": ["fab00001-0000-4000-8000-0000000000ff"]});
    let outside = Inside::on(Tenant::demo()).await.read("defender_plans", stranger).await;
    assert!(outside.detail().contains("(the tenant with 2 subscriptions)"), "{}", outside.detail());
}

#[tokio::test]
async fn the_display_name_of_a_management_group_is_told_its_id_and_no_command_on_it() {
    let tenant = Tenant::demo();
    hold(&tenant, &[(READER, &subscription(PRODUCTION)), (MANAGEMENT_GROUP_READER, &root())]);
    for (name, told) in [
        (
            "Production",
            "\"Production\" is the display name of the management group mg-production, and no group has it for its id: set \
             management_group_id = \"mg-production\".",
        ),
        ("mg-elsewhere", "Compare the name \"mg-elsewhere\" with the ids of the groups (az account management-group list"),
    ] {
        let inside = Inside::aimed(tenant.clone(), ScopeSetting::ManagementGroup(name.to_owned()), "never").await;
        let reading = inside.read("subscriptions", json!({})).await;
        assert_eq!(reading.errors(), ["Nothing could be read"], "{name}");
        assert!(reading.detail().contains(told), "{name}: {}", reading.detail());
        assert_eq!(name == "Production", !reading.detail().contains("az "), "{name}: {}", reading.detail());
    }
}
