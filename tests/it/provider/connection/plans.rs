//! The checks that read the list of plans, where the list says two things or has replaced a plan.

use super::*;

/// Every plan on and covering everything; then a change of the row of Key Vault in production, at this place of the list.
fn vaults(change: impl FnOnce(&mut Vec<Json>, usize)) -> Tenant {
    edited("pricings", |list| {
        let rows = list["value"].as_array_mut().unwrap();
        for row in rows.iter_mut() {
            row["properties"]["pricingTier"] = json!("Standard");
            row["properties"]["resourcesCoverageStatus"] = json!("FullyCovered");
        }
        let is_vaults = |row: &Json| row["name"] == "KeyVaults" && row["id"].as_str().unwrap().contains(PRODUCTION);
        let at = rows.iter().position(is_vaults).unwrap();
        change(rows, at);
    })
}

/// Key Vault is deprecated, and `Secrets` is listed with this tier if there is one.
fn replaced(by: Json, coverage: &str, successor: Option<&str>) -> Tenant {
    vaults(|rows, at| {
        let mut twin = rows[at].clone();
        rows[at]["properties"]["deprecated"] = json!(true);
        rows[at]["properties"]["replacedBy"] = by;
        rows[at]["properties"]["resourcesCoverageStatus"] = json!(coverage);
        if let Some(tier) = successor {
            twin["name"] = json!("Secrets");
            twin["id"] = json!(twin["id"].as_str().unwrap().replace("KeyVaults", "Secrets"));
            twin["properties"]["pricingTier"] = json!(tier);
            rows.insert(at + 1, twin);
        }
    })
}

#[tokio::test]
async fn of_two_rows_of_a_plan_that_contradict_each_other_none_decides() {
    for before in [0, 1] {
        let tenant = vaults(|rows, at| {
            let mut twin = rows[at].clone();
            twin["properties"]["pricingTier"] = json!("Free");
            rows.insert(at + before, twin);
        });
        says(&live(tenant.clone(), &production("defender_plan_for_area")).await, "unknown", &["unstated=KeyVaults"]);
        says(&live(tenant, &production("defender_coverage_full")).await, "unknown", &["unstated=KeyVaults"]);
    }
}

#[tokio::test]
async fn a_deprecated_plan_is_judged_through_its_successors() {
    let key = production("defender_plan_for_area");
    for (by, successor, status, part) in [
        (json!(["Secrets"]), Some("Free"), "fail", "off=Secrets"),
        (json!(["Secrets"]), Some("Premium"), "unknown", "unstated=Secrets"),
        (json!(["Secrets"]), Some("Standard"), "pass", "needed="),
        (json!(["StorageAccounts", "Secrets"]), None, "unknown", "absent=Secrets"),
        (json!([]), None, "unknown", "reason=not_proven"),
    ] {
        says(&live(replaced(by, "FullyCovered", successor), &key).await, status, &[part]);
    }
}

#[tokio::test]
async fn a_deprecated_plan_that_is_on_has_a_coverage_until_all_that_replaces_it_is_on() {
    let key = production("defender_coverage_full");
    for (by, coverage, successor, status, part) in [
        (json!([]), "PartiallyCovered", None, "unknown", "unstated=KeyVaults"),
        (json!(["StorageAccounts", "Secrets"]), "PartiallyCovered", None, "unknown", "unstated=KeyVaults"),
        (json!(["Secrets"]), "PartiallyCovered", None, "fail", "partial=KeyVaults"),
        (json!(["Secrets"]), "PartiallyCovered", Some("Free"), "fail", "partial=KeyVaults"),
        (json!(["Secrets"]), "PartiallyCovered", Some("Standard"), "pass", "plans="),
    ] {
        says(&live(replaced(by, coverage, successor), &key).await, status, &[part]);
    }
}

#[tokio::test]
async fn a_free_tier_that_covers_in_a_new_word_is_unclear() {
    for (coverage, status) in [(json!("SomethingNew"), "unknown"), (json!("FullyCovered"), "pass"), (Json::Null, "pass")] {
        let tenant = edited("pricings", |list| {
            for row in list["value"].as_array_mut().unwrap().iter_mut().filter(|row| row["name"] == "FoundationalCspm") {
                row["properties"]["pricingTier"] = json!("Standard");
                row["properties"]["resourcesCoverageStatus"] = coverage.clone();
            }
        });
        says(&live(tenant, &production("defender_foundational_on")).await, status, &[]);
    }
}

#[tokio::test]
async fn a_scan_that_is_dated_in_the_future_proves_no_scan() {
    let tenant = edited("sub-assessments", |list| {
        for row in list["value"].as_array_mut().unwrap() {
            row["properties"]["timeGenerated"] = json!("2999-01-01T00:00:00Z");
        }
    });
    says(&live(tenant, &production("defender_scan_done")).await, "unknown", &["reason=scan_time_unsaid"]);
}

#[tokio::test]
async fn a_plan_that_scans_and_that_the_list_lacks_is_not_passed_over() {
    let unscanned = || {
        edited("sub-assessments", |list| {
            list["value"].as_array_mut().unwrap().retain(|row| !row.to_string().contains("\"ServerVulnerability"));
        })
    };
    says(&check(unscanned(), &production("defender_scan_done")).await, "unknown", &["never_scanned=server"]);
    let tenant = unscanned();
    tenant.edit("pricings", |list| list["value"].as_array_mut().unwrap().retain(|row| row["name"] != "VirtualMachines")).unwrap();
    let row = check(tenant, &production("defender_scan_done")).await;
    says(&row, "unknown", &["reason=not_listed", "not_listed=VirtualMachines"]);
}

#[tokio::test]
async fn a_free_tier_that_is_listed_as_on_without_its_provider_is_not_on() {
    let state = |word: &'static str| {
        edited("providers", |list| {
            let rows = list["value"].as_array_mut().unwrap();
            let is = |row: &&mut Json| row["id"] == format!("/subscriptions/{PRODUCTION}/providers/Microsoft.Security");
            rows.iter_mut().filter(is).for_each(|row| row["registrationState"] = json!(word));
        })
    };
    let key = production("defender_foundational_on");
    says(&check(state("Registered"), &key).await, "pass", &[]);
    says(&check(state("NotRegistered"), &key).await, "unknown", &["reason=not_registered", "az provider register"]);
}
