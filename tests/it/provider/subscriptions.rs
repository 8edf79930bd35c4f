//! `azposture_subscriptions`.

use azposture::{
    azure::settings::ScopeSetting,
    demo::{Fault, PRODUCTION, SANDBOX, Tenant},
};
use serde_json::{Value as Json, json};

use crate::support::{
    held::{edited, group, root},
    inside::{Inside, Reading},
};

#[tokio::test]
async fn every_subscription_has_its_place_in_the_tree() {
    let answer = Inside::on(Tenant::demo()).await.read("subscriptions", json!({})).await.ok();
    let rows = answer["subscriptions"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| row["key"].as_str().unwrap()).collect::<Vec<_>>(), [PRODUCTION, SANDBOX]);
    assert_eq!(rows[0]["management_group_path"], "Tenant Root Group/Fabrikam Outdoor/Production");
    assert_eq!(rows[0]["tenant_matches"], true);
    assert_eq!(answer["summary"], json!({"matched": 2, "returned": 2, "by_state": {"Enabled": 2}, "other": 0}));
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
async fn a_state_that_is_a_new_word_is_counted_also_where_the_named_states_leave_it_out() {
    let tenant = edited(Tenant::demo(), "subscriptions", |rows| {
        rows.iter_mut().filter(|row| row["subscriptionId"] == SANDBOX).for_each(|row| row["state"] = json!("Frozen"));
    });
    let inside = Inside::on(tenant).await;
    for (arguments, matched) in [(json!({}), 2), (json!({"states": ["Enabled"]}), 1)] {
        let answer = inside.read("subscriptions", arguments).await.ok();
        assert_eq!((&answer["summary"]["matched"], &answer["summary"]["other"]), (&json!(matched), &json!(1)));
    }
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

/// The tenant with what is listed below its root changed.
pub(super) fn below(change: impl Fn(&mut Vec<Json>) + Send + Sync + 'static) -> Tenant {
    let change = move |body: &mut Json| body["value"].as_array_mut().into_iter().for_each(&change);
    Tenant::demo().with_fault(Fault::on("/descendants").method("GET").change(change))
}

/// Puts the production subscription into a second group.
pub(super) fn in_two_groups(rows: &mut Vec<Json>) {
    let Some(at) = rows.iter().position(|row| row["name"] == PRODUCTION) else { return };
    let mut twin = rows[at].clone();
    twin["properties"]["parent"]["id"] = json!(group("mg-sandbox"));
    rows.insert(at + 1, twin);
}

/// That the groups above production are not known.
#[track_caller]
fn unplaced(reading: Reading, gap: &str) {
    assert_eq!(reading.gaps(), [gap]);
    let answer = reading.ok();
    let row = answer["subscriptions"].as_array().unwrap().iter().find(|row| row["key"] == PRODUCTION).unwrap();
    assert_eq!((&row["management_group_ids"], &row["management_group_path"]), (&Json::Null, &Json::Null));
    assert_eq!(answer["complete"], false);
}

#[tokio::test]
async fn a_place_that_is_not_said_all_the_way_or_twice_is_null_and_named() {
    let ways: [fn(&mut Vec<Json>); 4] = [
        in_two_groups,
        |rows| rows.retain(|row| row["name"] != "mg-production"),
        |rows| rows.iter_mut().filter(|row| row["name"] == PRODUCTION).for_each(|row| row["properties"]["parent"] = Json::Null),
        |rows| {
            let production = rows.iter_mut().filter(|row| row["name"] == "mg-production");
            production.for_each(|row| row["properties"]["parent"]["id"] = json!(group("mg-production")));
        },
    ];
    for way in ways {
        let reading = Inside::by_arm(below(way)).await.read("subscriptions", json!({})).await;
        unplaced(reading, &format!("management_groups not_proven /subscriptions/{PRODUCTION}"));
    }
}

#[tokio::test]
async fn a_group_in_another_case_is_the_same_group() {
    let before = Inside::by_arm(Tenant::demo()).await.read("subscriptions", json!({})).await.ok();
    let shouted = below(|rows| {
        for row in rows {
            row["properties"]["parent"]["id"] = json!(row["properties"]["parent"]["id"].as_str().unwrap().to_uppercase());
        }
    });
    assert_eq!(Inside::by_arm(shouted).await.read("subscriptions", json!({})).await.ok(), before);
}

#[tokio::test]
async fn two_chains_of_groups_that_resource_graph_has_of_a_subscription_are_none() {
    for second in [json!([]), json!([{"name": "mg-sandbox", "displayName": "Sandbox"}])] {
        let change = move |body: &mut Json| {
            let rows = body["data"].as_array_mut().unwrap();
            let mut twin = rows.iter().find(|row| row["subscriptionId"] == PRODUCTION).unwrap().clone();
            twin["chain"] = second.clone();
            twin["id"] = json!(format!("/subscriptions/{PRODUCTION}/"));
            let at = rows.iter().position(|row| row["subscriptionId"] == PRODUCTION).unwrap();
            rows.insert(at + 1, twin);
            let number = json!(rows.len());
            (body["count"], body["totalRecords"]) = (number.clone(), number);
        };
        let tenant = Tenant::demo().with_fault(Fault::on("Microsoft.ResourceGraph").named("hierarchy").change(change));
        let inside = Inside::configured(tenant, json!({"environment": "demo", "resource_graph": "always"})).await;
        let gap = format!("management_groups not_proven /subscriptions/{PRODUCTION}");
        unplaced(inside.read("subscriptions", json!({})).await, &gap);
    }
}

/// Above the own group its path tells; one that is not there, ends below the root, or does not go through the parent, tells nothing.
#[tokio::test]
async fn a_group_whose_path_does_not_lead_to_the_root_does_not_stand_at_the_top() {
    let ways: [fn(&mut Json); 4] = [
        |own| own["details"] = Json::Null,
        |own| own["details"]["path"] = Json::Null,
        |own| own["details"]["path"].as_array_mut().unwrap().retain(|one| one["name"] == "mg-fabrikam"),
        |own| own["details"]["parent"]["id"] = json!(root()),
    ];
    for way in ways {
        let change = move |body: &mut Json| {
            if body["properties"]["details"].is_object() {
                way(&mut body["properties"]);
            }
        };
        let tenant = Tenant::demo().with_fault(Fault::on("/managementGroups/mg-production").method("GET").change(change));
        let inside = Inside::aimed(tenant, ScopeSetting::ManagementGroup("mg-production".to_owned()), "never").await;
        unplaced(inside.read("subscriptions", json!({})).await, "management_groups invalid_response tenant");
    }
}

#[tokio::test]
async fn what_two_rows_of_a_subscription_do_not_agree_on_is_named() {
    for (field, own) in [("state", "state"), ("displayName", "display_name"), ("tenantId", "tenant_id")] {
        let tenant = Tenant::demo();
        tenant
            .edit("subscriptions", |list| {
                let rows = list["value"].as_array_mut().unwrap();
                let mut twin = rows[0].clone();
                twin[field] = json!("Warned");
                rows.push(twin);
            })
            .unwrap();
        let reading = Inside::by_arm(tenant).await.read("subscriptions", json!({})).await;
        assert_eq!(reading.gaps(), [format!("subscriptions invalid_response /subscriptions/{PRODUCTION}")], "{field}");
        let answer = reading.ok();
        assert_eq!((&answer["subscriptions"][0][own], &answer["complete"]), (&Json::Null, &json!(false)), "{field}");
    }
}
