//! What the provider block leaves out is not expected, never asked for, and told.

use azposture::{
    azure::settings::ScopeSetting,
    demo::{PRODUCTION, SANDBOX, TENANT_ID, Tenant},
};
use serde_json::{Value as Json, json};

use crate::support::{
    held::{READER, edit, hold, subscription},
    inside::Inside,
};

const STRANGER: &str = "fab00001-0000-4000-8000-0000000000ff";

/// A block of the demo tenant with one exclusion.
fn block(engine: &str, argument: &str, names: &[&str]) -> Json {
    json!({"environment": "demo", "resource_graph": engine, argument: names})
}

/// Whether any request named the sandbox.
fn asks_for_the_sandbox(tenant: &Tenant) -> bool {
    tenant.requests().iter().any(|one| one.path.to_lowercase().contains(SANDBOX) || one.scope.contains(&SANDBOX.to_owned()))
}

async fn subscriptions(inside: &Inside) -> Vec<String> {
    let answer = inside.read("subscriptions", json!({})).await.ok();
    answer["subscriptions"].as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap().to_owned()).collect()
}

/// Reads objects of every kind: by subscription, by group, and of the connection.
async fn read_much(inside: &Inside) -> Json {
    for (name, arguments) in [
        ("defender_plans", json!({"limit": 0})),
        ("defender_assessments", json!({"limit": 0})),
        ("role_assignments", json!({"limit": 0})),
        ("secure_score", json!({})),
    ] {
        let answer = inside.read(name, arguments).await.ok();
        assert!(!answer.to_string().contains(&subscription(SANDBOX)), "{name}");
    }
    inside.read("connection", json!({})).await.ok()
}

#[tokio::test]
async fn what_is_left_out_is_never_read_and_shown_by_the_connection() {
    for engine in ["never", "always"] {
        for (argument, name) in [
            ("exclude_subscription_ids", SANDBOX.to_uppercase()),
            ("exclude_management_group_ids", "MG-Sandbox".to_owned()),
            ("exclude_management_group_ids", "/providers/Microsoft.Management/managementGroups/mg-sandbox".to_owned()),
        ] {
            let tenant = Tenant::demo();
            let inside = Inside::configured(tenant.clone(), block(engine, argument, &[&name])).await;
            assert_eq!(subscriptions(&inside).await, [PRODUCTION], "{engine} {name}");
            let connection = read_much(&inside).await;
            assert_eq!(connection["excluded_subscription_ids"], json!([SANDBOX]), "{engine} {name}");
            assert_eq!(connection["visible_subscription_ids"], json!([PRODUCTION]), "{engine} {name}");
            let detected = connection["detected_subscriptions"].as_array().unwrap();
            let in_scope = |id: &str| detected.iter().find(|row| row["key"] == id).unwrap()["in_scope"].clone();
            assert_eq!((in_scope(PRODUCTION), in_scope(SANDBOX)), (json!(true), json!(false)), "{engine} {name}");
            assert!(!asks_for_the_sandbox(&tenant), "{engine} {name}");
            let is_of_group = |path: &str| path.to_lowercase().contains("managementgroups/mg-sandbox");
            let asks_for_the_group = tenant.requests().iter().any(|one| is_of_group(&one.path));
            assert!(!(asks_for_the_group && argument == "exclude_management_group_ids"), "{engine} {name}");
            let outside = inside.read("defender_plans", json!({"subscription_ids": [SANDBOX]})).await;
            assert_eq!(outside.errors(), ["Outside the configured scope"], "{engine} {name}");
        }
    }
}

#[tokio::test]
async fn nothing_is_left_out_of_a_connection_that_leaves_nothing_out() {
    let connection = Inside::on(Tenant::demo()).await.read("connection", json!({})).await.ok();
    assert_eq!(connection["excluded_subscription_ids"], json!([]));
}

#[tokio::test]
async fn what_does_not_stand_below_the_scope_cannot_be_left_out() {
    for (argument, name) in [
        ("exclude_subscription_ids", STRANGER),
        ("exclude_management_group_ids", "mg-elsewhere"),
        ("exclude_management_group_ids", TENANT_ID),
        ("exclude_management_group_ids", SANDBOX),
    ] {
        let inside = Inside::configured(Tenant::demo(), block("auto", argument, &[name])).await;
        for read in ["subscriptions", "connection"] {
            let reading = inside.read(read, json!({})).await;
            assert_eq!(reading.errors(), ["Outside the configured scope"], "{name}");
            assert!(reading.detail().contains(argument) && reading.detail().contains(name), "{}", reading.detail());
        }
    }
}

#[tokio::test]
async fn a_group_that_leaves_out_everything_selects_nothing() {
    let inside = Inside::configured(Tenant::demo(), block("auto", "exclude_management_group_ids", &["mg-fabrikam"])).await;
    let reading = inside.read("subscriptions", json!({})).await;
    assert_eq!(reading.errors(), ["Nothing selected"]);
    assert!(reading.detail().contains("leave out all 2 subscriptions"), "{}", reading.detail());
}

#[tokio::test]
async fn without_the_tree_nothing_of_a_group_is_read_by_mistake() {
    let tenant = Tenant::demo();
    let roles = [(READER, subscription(PRODUCTION)), (READER, subscription(SANDBOX))];
    hold(&tenant, &roles.each_ref().map(|(role, scope)| (*role, scope.as_str())));
    for engine in ["never", "always"] {
        let inside = Inside::configured(tenant.clone(), block(engine, "exclude_management_group_ids", &["mg-sandbox"])).await;
        let reading = inside.read("defender_plans", json!({})).await;
        assert_eq!(reading.errors(), ["Nothing could be read"], "{engine}");
        assert!(reading.detail().contains("`exclude_subscription_ids` instead"), "{}", reading.detail());
        assert!(!asks_for_the_sandbox(&tenant), "{engine}");
        let inside = Inside::configured(tenant.clone(), block(engine, "exclude_subscription_ids", &[SANDBOX])).await;
        let reading = inside.read("subscriptions", json!({})).await;
        assert!(reading.gaps().iter().any(|gap| gap.starts_with("management_groups not_proven")), "{:?}", reading.gaps());
        assert_eq!(subscriptions(&inside).await, [PRODUCTION], "{engine}");
        assert!(!asks_for_the_sandbox(&tenant), "{engine}");
    }
}

#[tokio::test]
async fn what_may_stand_in_a_group_that_is_left_out_is_a_gap_and_not_read() {
    let elsewhere = json!({
        "name": SANDBOX, "type": "Microsoft.Management/managementGroups/subscriptions",
        "properties": {"parent": {"id": "/providers/Microsoft.Management/managementGroups/mg-production"}}
    });
    for is_twice in [true, false] {
        let tenant = Tenant::demo();
        edit(&tenant, "management-group-subscriptions", |rows| match is_twice {
            true => rows.push(elsewhere.clone()),
            false => rows.retain(|row| row["name"] != SANDBOX),
        });
        // Its place in the tree gave the sign-in its roles.
        let roles = [(READER, subscription(PRODUCTION)), (READER, subscription(SANDBOX)), (READER, "/".to_owned())];
        hold(&tenant, &roles.each_ref().map(|(role, scope)| (*role, scope.as_str())));
        let inside = Inside::configured(tenant.clone(), block("never", "exclude_management_group_ids", &["mg-sandbox"])).await;
        let reading = inside.read("defender_plans", json!({"limit": 0})).await;
        let gap = format!("management_groups not_proven {}", subscription(SANDBOX));
        assert!(reading.gaps().contains(&gap), "{is_twice}: {:?}", reading.gaps());
        let answer = reading.ok();
        assert_eq!(answer["complete"], false, "{is_twice}");
        assert!(answer["plans"].as_array().unwrap().iter().all(|row| row["subscription_id"] == PRODUCTION), "{is_twice}");
        assert!(!asks_for_the_sandbox(&tenant), "{is_twice}");
    }
}

#[tokio::test]
async fn a_connection_to_a_group_leaves_out_what_stands_below_it() {
    for engine in ["never", "always"] {
        let scope = ScopeSetting::ManagementGroup("mg-fabrikam".to_owned());
        let tenant = Tenant::demo();
        let excluding = block(engine, "exclude_management_group_ids", &["mg-sandbox"]);
        let inside = Inside::aimed_by(tenant.clone(), excluding, scope).await;
        assert_eq!(subscriptions(&inside).await, [PRODUCTION], "{engine}");
        read_much(&inside).await;
        assert!(!asks_for_the_sandbox(&tenant), "{engine}");
    }
}
