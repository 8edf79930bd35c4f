//! The same of Defender plans: what has replaced a plan, its extensions and what it covers, and a list that nobody serves.

use super::*;

fn in_production(name: &'static str) -> impl Fn(&Json) -> bool {
    move |row| row["name"] == name && row["id"].as_str().is_some_and(|id| id.contains(PRODUCTION))
}

/// What the gate says of these plans of production: its summary and its text.
async fn gate(t: &Tenant, plans: Json) -> (String, String) {
    let wants = json!({"plans": plans, "subscription_ids": [PRODUCTION]});
    let reading = Inside::by_arm(t.clone()).await.plan("defender_validation", wants).await;
    (reading.errors().join("\n"), reading.detail().to_owned())
}

fn unknown((summary, detail): (String, String)) {
    assert_eq!(summary, "defender_validation: 1 unknown of 1", "{detail}");
}

/// Every plan on and covering everything.
fn covered() -> Tenant {
    let t = Tenant::demo();
    edit(&t, "pricings", |rows| {
        for row in rows {
            row["properties"]["pricingTier"] = json!("Standard");
            row["properties"]["resourcesCoverageStatus"] = json!("FullyCovered");
        }
    });
    t
}

#[tokio::test]
async fn what_has_replaced_a_plan_and_is_on_and_off_is_unknown() {
    for first in [false, true] {
        let t = Tenant::demo();
        let on = |row: &mut Json| {
            row["properties"]["pricingTier"] = json!("Standard");
            row["properties"]["resourcesCoverageStatus"] = json!("FullyCovered");
        };
        twin(&t, "pricings", first, in_production("Containers"), on);
        unknown(gate(&t, json!({"KubernetesService": {}})).await);
    }
}

#[tokio::test]
async fn an_extension_that_is_on_and_off_is_unknown() {
    for first in [false, true] {
        let t = Tenant::demo();
        edit(&t, "pricings", |rows| {
            let row = rows.iter_mut().find(|row| in_production("VirtualMachines")(row)).unwrap();
            let all = row["properties"]["extensions"].as_array_mut().unwrap();
            let mut twin = all[0].clone();
            twin["isEnabled"] = json!("False");
            all.insert(usize::from(!first), twin);
        });
        unknown(gate(&t, json!({"VirtualMachines": {"extensions": ["MdeDesignatedSubscription"]}})).await);
    }
}

#[tokio::test]
async fn what_a_plan_covers_in_two_words_is_unknown() {
    assert_eq!(check(&covered(), "defender_coverage_full").await["status"], "pass");
    for word in ["PartiallyCovered", "NotCovered"] {
        for first in [false, true] {
            let t = covered();
            let other = |row: &mut Json| row["properties"]["resourcesCoverageStatus"] = json!(word);
            twin(&t, "pricings", first, in_production("KeyVaults"), other);
            let row = check(&t, "defender_coverage_full").await;
            assert_eq!(row["status"], "unknown", "{word} {first} {row}");
        }
    }
}

/// The checks agree on a list that nobody serves, whatever they make of it.
#[tokio::test]
async fn nothing_that_is_on_passes_where_defender_is_not_registered() {
    for id in ["defender_coverage_full", "defender_scan_done"] {
        assert_eq!(check(&covered(), id).await["status"], "pass", "{id}");
        let row = check(&unregistered(covered()), id).await;
        assert_eq!(
            (row["status"].as_str(), row["remediation"].as_str().unwrap().contains("az provider register")),
            (Some("unknown"), true),
            "{row}"
        );
    }
}

/// It would do nothing to register what is registered.
#[tokio::test]
async fn who_is_registered_is_not_told_to_register() {
    let t = Tenant::demo().with_fault(Fault::on("/pricings").method("GET").refuse(409, "MissingSubscriptionRegistration", "no"));
    let (summary, detail) = gate(&t, json!({"VirtualMachines": {}})).await;
    assert_eq!(summary, "defender_validation: 1 unknown of 1");
    assert!(detail.trim_end().rsplit('\n').next().unwrap().starts_with("Plan again in a few minutes"), "{detail}");
}
