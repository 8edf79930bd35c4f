//! `azposture_defender_plans`.

use azposture::demo::{Fault, PRODUCTION, SANDBOX, Tenant};
use serde_json::{Value as Json, json};

use crate::support::{held::edited, inside::Inside};

fn row<'a>(answer: &'a Json, key: &str) -> &'a Json {
    answer["plans"].as_array().unwrap().iter().find(|row| row["key"] == key).unwrap_or_else(|| panic!("{key} in {answer:#}"))
}

#[tokio::test]
async fn plans_are_read_as_the_service_states_them() {
    let answer = Inside::on(Tenant::demo()).await.read("defender_plans", json!({"include_deprecated": true})).await.ok();
    let servers = row(&answer, &format!("{PRODUCTION}|virtualmachines"));
    assert_eq!(
        (&servers["tier"], &servers["subplan"], &servers["coverage"]),
        (&json!("Standard"), &json!("P2"), &json!("PartiallyCovered"))
    );
    assert!(servers["resource_count"].as_u64().unwrap() > 0);
    let storage = row(&answer, &format!("{PRODUCTION}|storageaccounts"));
    let failed = storage["extensions"].as_array().unwrap().iter().find(|one| one["healthy"] == false).unwrap();
    assert_eq!((&failed["name"], &failed["operation_code"]), (&json!("SensitiveDataDiscovery"), &json!("Failed")));
    let arm = row(&answer, &format!("{PRODUCTION}|arm"));
    assert_eq!((&arm["resource_count"], &arm["relevant"]), (&Json::Null, &Json::Null));
    assert_eq!(row(&answer, &format!("{SANDBOX}|virtualmachines"))["enabled"], false);
    assert_eq!(row(&answer, &format!("{PRODUCTION}|containerregistry"))["replaced_by"], json!(["Containers"]));
    assert_eq!(answer["complete"], true);
}

#[tokio::test]
async fn replaced_plans_are_left_out_unless_asked_for() {
    let inside = Inside::on(Tenant::demo()).await;
    let without = inside.read("defender_plans", json!({})).await.ok();
    let with = inside.read("defender_plans", json!({"include_deprecated": true})).await.ok();
    let deprecated = with["summary"]["deprecated"].as_u64().unwrap();
    assert!(deprecated > 0);
    assert_eq!(without["summary"]["deprecated"], deprecated, "left out is not none");
    let matched = |answer: &Json| answer["summary"]["matched"].as_u64().unwrap();
    assert_eq!(matched(&with) - matched(&without), deprecated);
}

#[tokio::test]
async fn a_plan_name_is_found_without_case_and_refused_when_nobody_knows_it() {
    let inside = Inside::on(Tenant::demo()).await;
    let answer = inside.read("defender_plans", json!({"plan_names": ["keyvaults"]})).await.ok();
    assert_eq!(answer["summary"]["matched"], 2);
    let unknown = inside.read("defender_plans", json!({"plan_names": ["KeyVault"]})).await;
    assert_eq!(unknown.errors(), ["Unknown value"]);
    assert!(unknown.detail().contains("`KeyVaults`"), "{}", unknown.detail());
}

#[tokio::test]
async fn a_subscription_outside_the_scope_is_an_error() {
    let block = json!({"environment": "demo", "subscription_ids": [PRODUCTION]});
    let inside = Inside::configured(Tenant::demo(), block).await;
    let reading = inside.read("defender_plans", json!({"subscription_ids": [SANDBOX]})).await;
    assert_eq!(reading.errors(), ["Outside the configured scope"]);
    let malformed = inside.read("defender_plans", json!({"subscription_ids": ["production"]})).await;
    assert_eq!(malformed.errors(), ["Invalid value"]);
}

#[tokio::test]
async fn one_refused_subscription_is_a_gap_and_all_refused_is_an_error() {
    let refused = |part: &str| Fault::on(part).refuse(403, "AuthorizationFailed", "no");
    let one = Tenant::demo().with_fault(refused(&format!("{SANDBOX}/providers/Microsoft.Security/pricings")));
    let reading = Inside::by_arm(one).await.read("defender_plans", json!({})).await;
    assert_eq!(reading.gaps(), [format!("plans forbidden /subscriptions/{SANDBOX}")]);
    assert_eq!(reading.ok()["complete"], false);
    let code = "Subscription Not Registered";
    let unregistered =
        || Tenant::demo().with_fault(Fault::on("Microsoft.Security/pricings").subscription(SANDBOX).refuse(409, code, "no"));
    for (state, reason, complete) in [
        ("NotRegistered", "not_registered", true),
        ("Unregistered", "not_registered", true),
        ("Registered", "not_proven", false),
        ("Registering", "not_proven", false),
        ("Xyzzy", "not_proven", false),
    ] {
        let says = Fault::on("/providers/Microsoft.Security").change(move |body| body["registrationState"] = json!(state));
        let reading = Inside::by_arm(unregistered().with_fault(says)).await.read("defender_plans", json!({})).await;
        assert_eq!(reading.gaps(), [format!("plans {reason} /subscriptions/{SANDBOX}")], "{state}");
        assert_eq!(reading.ok()["complete"], complete, "{state}: what is not registered is known to be absent");
    }
    let all = Tenant::demo().with_fault(refused("Microsoft.Security/pricings"));
    assert_eq!(Inside::by_arm(all).await.read("defender_plans", json!({})).await.errors(), ["Nothing could be read"]);
}

#[tokio::test]
async fn counts_are_null_where_the_inventory_may_be_short() {
    let tenant = Tenant::demo().with_fault(Fault::on("providers/Microsoft.Authorization/permissions").refuse(
        403,
        "AuthorizationFailed",
        "no",
    ));
    let reading = Inside::on(tenant).await.read("defender_plans", json!({})).await;
    assert!(reading.gaps().iter().all(|gap| gap.contains(" not_proven ")), "{:?}", reading.gaps());
    let answer = reading.ok();
    assert_eq!(row(&answer, &format!("{PRODUCTION}|virtualmachines"))["resource_count"], Json::Null);
    assert_eq!(answer["complete"], false);
}

#[tokio::test]
async fn an_area_that_is_off_is_an_error() {
    let block = json!({"environment": "demo", "areas": ["identity"]});
    let reading = Inside::configured(Tenant::demo(), block).await.read("defender_plans", json!({})).await;
    assert_eq!(reading.errors(), ["Area is off"]);
}

#[tokio::test]
async fn a_tier_that_is_no_word_of_ours_is_neither_on_nor_off_and_is_counted() {
    let tenant = Tenant::demo();
    tenant
        .edit("pricings", |list| {
            let rows = list["value"].as_array_mut().unwrap().iter_mut();
            rows.filter(|row| row["name"] == "SqlServers").for_each(|row| row["properties"]["pricingTier"] = json!("Premium"));
        })
        .unwrap();
    let answer = Inside::on(tenant).await.read("defender_plans", json!({})).await.ok();
    let novel = row(&answer, &format!("{PRODUCTION}|sqlservers"));
    assert_eq!((&novel["tier"], &novel["enabled"]), (&json!("Premium"), &Json::Null));
    let summary = &answer["summary"];
    assert_eq!(summary["other"], 2);
    let counted = ["standard", "free", "other"].map(|name| summary[name].as_u64().unwrap()).iter().sum::<u64>();
    assert_eq!(counted, summary["matched"].as_u64().unwrap());
}

/// The plan `VirtualMachines` of production, which the list states twice: as it is, and changed.
async fn stated_twice(first: bool, change: fn(&mut Json)) -> (Vec<String>, Json) {
    let key = format!("{PRODUCTION}|virtualmachines");
    let tenant = edited(Tenant::demo(), "pricings", |rows| {
        let is = |row: &Json| row["name"] == "VirtualMachines" && row.to_string().contains(PRODUCTION);
        let at = rows.iter().position(is).unwrap();
        let mut twin = rows[at].clone();
        change(&mut twin["properties"]);
        rows.insert(at + usize::from(!first), twin);
    });
    let reading = Inside::by_arm(tenant).await.read("defender_plans", json!({"limit": 0})).await;
    let gaps = reading.gaps();
    (gaps, row(&reading.ok(), &key).clone())
}

#[tokio::test]
async fn what_two_rows_of_one_plan_do_not_agree_on_is_null_or_the_worse_and_a_gap() {
    for first in [false, true] {
        let (gaps, off) = stated_twice(first, |own| own["pricingTier"] = json!("Free")).await;
        assert_eq!(gaps, [format!("plans invalid_response /subscriptions/{PRODUCTION}")]);
        assert_eq!((&off["tier"], &off["enabled"], &off["coverage"]), (&Json::Null, &Json::Null, &json!("PartiallyCovered")));
        let (_, lower) = stated_twice(first, |own| own["subPlan"] = json!("P1")).await;
        assert_eq!((&lower["subplan"], &lower["enabled"]), (&json!("P1"), &json!(true)));
        let (_, without) = stated_twice(first, |own| own["extensions"] = json!([])).await;
        let extensions = without["extensions"].as_array().unwrap();
        assert!(!extensions.is_empty() && extensions.iter().all(|one| one["enabled"].is_null()), "{extensions:#?}");
        let (_, trial) = stated_twice(first, |own| own["freeTrialRemainingTime"] = json!("P3D")).await;
        assert_eq!((&trial["trial"], &trial["free_trial_remaining"]), (&json!(true), &Json::Null));
    }
}

#[tokio::test]
async fn a_plan_without_a_tier_is_in_a_row_and_named() {
    let tenant = edited(Tenant::demo(), "pricings", |rows| {
        let own = rows.iter_mut().find(|row| row["name"] == "VirtualMachines" && row.to_string().contains(PRODUCTION)).unwrap();
        own["properties"]["pricingTier"] = Json::Null;
    });
    let inside = Inside::by_arm(tenant).await;
    let reading = inside.read("defender_plans", json!({})).await;
    assert_eq!(reading.gaps(), [format!("plans invalid_response /subscriptions/{PRODUCTION}")]);
    assert_eq!(row(&reading.ok(), &format!("{PRODUCTION}|virtualmachines"))["enabled"], Json::Null);
    let other = inside.read("defender_plans", json!({"plan_names": ["Arm"]})).await.ok();
    assert_eq!(other["complete"], true, "only of a plan that is asked for");
}

#[tokio::test]
async fn a_trial_of_which_nothing_is_left_does_not_run() {
    for (left, runs) in
        [("PT0S", false), ("P0D", false), ("PT0H", false), ("P0Y0M0DT0H0M0.0S", false), ("P10D", true), ("PT5H", true)]
    {
        let tenant = edited(Tenant::demo(), "pricings", |rows| {
            rows.iter_mut().for_each(|row| row["properties"]["freeTrialRemainingTime"] = json!(left));
        });
        let answer = Inside::on(tenant).await.read("defender_plans", json!({"limit": 0})).await.ok();
        let on: Vec<&Json> = answer["plans"].as_array().unwrap().iter().filter(|row| row["enabled"] == true).collect();
        assert!(
            !on.is_empty() && on.iter().all(|row| row["trial"] == runs && row["free_trial_remaining"].is_string() == runs),
            "{left}"
        );
    }
}
