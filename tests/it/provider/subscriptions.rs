//! `azposture_subscriptions`.

use azposture::demo::{Fault, PRODUCTION, SANDBOX, Tenant};
use serde_json::json;

use crate::support::inside::Inside;

#[tokio::test]
async fn every_subscription_has_its_place_in_the_tree() {
    let answer = Inside::on(Tenant::demo()).await.read("subscriptions", json!({})).await.ok();
    let rows = answer["subscriptions"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| row["key"].as_str().unwrap()).collect::<Vec<_>>(), [PRODUCTION, SANDBOX]);
    assert_eq!(rows[0]["management_group_path"], "Tenant Root Group/Fabrikam Outdoor/Production");
    assert_eq!(rows[0]["tenant_matches"], true);
    assert_eq!(answer["summary"], json!({"matched": 2, "returned": 2, "by_state": {"Enabled": 2}}));
    assert_eq!((&answer["complete"], &answer["unreadable"]), (&json!(true), &json!([])));
}

#[tokio::test]
async fn states_compare_without_case_and_tags_by_value() {
    let inside = Inside::on(Tenant::demo()).await;
    let count = async |arguments| inside.read("subscriptions", arguments).await.ok()["summary"]["matched"].clone();
    assert_eq!(count(json!({"states": ["enabled"]})).await, 2);
    assert_eq!(count(json!({"states": ["Disabled"]})).await, 0);
    assert_eq!(count(json!({"tags": {"ENV": "prod"}})).await, 1);
    assert_eq!(count(json!({"tags": {"env": "*"}})).await, 2);
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_at_validate() {
    let inside = Inside::on(Tenant::demo()).await;
    for (arguments, summary) in [
        (json!({"states": []}), "Nothing selected"),
        (json!({"states": ["Broken"]}), "Unknown value"),
        (json!({"states": [""]}), "Invalid value"),
        (json!({"tags": {}}), "Nothing selected"),
        (json!({"limit": -1}), "Invalid value"),
        (json!({"limit": 1.5}), "Invalid value"),
    ] {
        let reading = inside.read("subscriptions", arguments.clone()).await;
        assert_eq!(reading.errors(), [summary], "{arguments}");
    }
}

#[tokio::test]
async fn a_limit_cuts_rows_and_not_counts() {
    let reading = Inside::on(Tenant::demo()).await.read("subscriptions", json!({"limit": 1})).await;
    assert_eq!(reading.warnings(), ["Result limited to 1 of 2 rows"]);
    let answer = reading.ok();
    assert_eq!((answer["subscriptions"].as_array().unwrap().len(), &answer["truncated"]), (1, &json!(true)));
    assert_eq!(answer["summary"]["matched"], 2);
}

#[tokio::test]
async fn a_tree_that_is_refused_is_null_and_named() {
    let tenant =
        Tenant::demo().with_fault(Fault::on("Microsoft.Management/managementGroups").refuse(403, "AuthorizationFailed", "no"));
    let inside = Inside::by_arm(tenant).await;
    let reading = inside.read("subscriptions", json!({})).await;
    assert_eq!(reading.gaps(), ["management_groups forbidden tenant", "management_groups not_proven tenant"]);
    let answer = reading.ok();
    assert_eq!(answer["subscriptions"][0]["management_group_path"], json!(null));
    assert_eq!(answer["complete"], false);
}

#[tokio::test]
async fn without_the_root_nothing_proves_that_a_tenant_is_seen_whole() {
    let tenant =
        Tenant::demo().with_fault(Fault::on("Microsoft.Management/managementGroups").refuse(403, "AuthorizationFailed", "no"));
    let reading = Inside::on(tenant).await.read("subscriptions", json!({})).await;
    assert!(reading.gaps().contains(&"management_groups not_proven tenant".to_owned()), "{:?}", reading.gaps());
    assert_eq!(reading.ok()["complete"], false);
}

#[tokio::test]
async fn a_subscription_that_is_expected_and_not_visible_is_named() {
    let tenant = Tenant::demo();
    tenant
        .edit("subscriptions", |list| list["value"].as_array_mut().unwrap().retain(|row| row["subscriptionId"] != SANDBOX))
        .unwrap();
    let reading = Inside::on(tenant).await.read("subscriptions", json!({})).await;
    assert_eq!(reading.gaps(), [format!("subscriptions not_visible /subscriptions/{SANDBOX}")]);
    let answer = reading.ok();
    assert_eq!((&answer["complete"], &answer["summary"]["matched"]), (&json!(false), &json!(1)));
}

#[tokio::test]
async fn no_visible_subscription_is_an_error() {
    let tenant = Tenant::demo();
    tenant.edit("subscriptions", |list| list["value"] = json!([])).unwrap();
    let reading = Inside::on(tenant).await.read("subscriptions", json!({})).await;
    assert_eq!(reading.errors(), ["No subscription visible"]);
}

#[tokio::test]
async fn a_state_that_is_not_stated_is_named_and_never_no_state() {
    let tenant = Tenant::demo();
    tenant
        .edit("subscriptions", |list| {
            list["value"].as_array_mut().unwrap().iter_mut().for_each(|row| row["state"] = json!(null));
        })
        .unwrap();
    let answer = Inside::by_arm(tenant).await.read("subscriptions", json!({})).await.ok();
    assert_eq!((&answer["complete"], &answer["summary"]["matched"]), (&json!(false), &json!(2)));
    assert_eq!(answer["summary"]["by_state"], json!(null));
    assert_eq!(answer["unreadable"][0]["reason"], "invalid_response");
}
