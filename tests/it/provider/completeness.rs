//! 200 with less: whatever is missing from an answer that looks whole ends in an unknown with its cause, through either engine, and
//! never in a shorter list that passes.

use azposture::{
    azure::settings::ScopeSetting,
    demo::{Fault, PRODUCTION, SANDBOX, TENANT_ID, Tenant},
};
use serde_json::{Value as Json, json};

use crate::support::{
    held::{MANAGEMENT_GROUP_READER, READER, SECURITY_READER, edited, group, grow, hold, root, subscription},
    inside::{Inside, Reading},
};

const ENGINES: [&str; 2] = ["never", "always"];

/// The whole tenant through one engine.
async fn through(tenant: &Tenant, resource_graph: &str) -> Inside {
    Inside::configured(tenant.clone(), json!({"environment": "demo", "resource_graph": resource_graph})).await
}

async fn plans(inside: &Inside) -> Reading {
    inside.read("defender_plans", json!({"limit": 0})).await
}

fn rows_of(answer: &Json, list: &str, subscription: &str) -> usize {
    answer[list].as_array().unwrap().iter().filter(|row| row["subscription_id"] == subscription).count()
}

/// The validation over everything, with a plan that is on in both subscriptions, so that only what is unseen can redden it.
async fn verdict(inside: &Inside) -> Reading {
    inside.plan("defender_validation", json!({"plans": {"CloudPosture": {}}, "require_assessments": true})).await
}

/// The demo tenant with one plan on everywhere.
fn green() -> Tenant {
    let tenant = Tenant::demo();
    tenant
        .edit("pricings", |list| {
            for row in list["value"].as_array_mut().unwrap() {
                if row["name"] == "CloudPosture" {
                    row["properties"]["pricingTier"] = json!("Standard");
                    row["properties"]["resourcesCoverageStatus"] = json!("FullyCovered");
                }
            }
        })
        .unwrap();
    tenant
}

#[tokio::test]
async fn with_everything_seen_the_verdict_is_green() {
    for engine in ENGINES {
        let reading = verdict(&through(&green(), engine).await).await;
        assert!(reading.errors().is_empty() && reading.warnings().is_empty(), "{engine}: {:#?}", reading.said);
    }
}

#[tokio::test]
async fn a_security_reader_sees_plans_and_no_inventory() {
    for engine in ENGINES {
        let tenant = green();
        hold(&tenant, &[(SECURITY_READER, &group("mg-fabrikam")), (MANAGEMENT_GROUP_READER, &root())]);
        let inside = through(&tenant, engine).await;
        let reading = plans(&inside).await;
        // Resource Graph shows the few resources this role reads; of the sandbox it shows none, and the list itself is refused.
        let reason = if engine == "never" { "forbidden" } else { "not_proven" };
        let gaps = [(reason, PRODUCTION), ("forbidden", SANDBOX)];
        assert_eq!(reading.gaps(), gaps.map(|(reason, id)| format!("resources {reason} /subscriptions/{id}")), "{engine}");
        let answer = reading.ok();
        assert_eq!((&answer["complete"], &answer["plans"][0]["resource_count"]), (&json!(false), &Json::Null), "{engine}");
        assert!(rows_of(&answer, "plans", SANDBOX) > 0, "{engine}");
        let assessed = inside.read("defender_assessments", json!({"limit": 0})).await;
        assert_eq!(assessed.ok()["complete"], true, "{engine}: what Security Reader may read is whole");
        assert!(verdict(&inside).await.errors().is_empty(), "{engine}");
        // One protects machines, the other whatever there is.
        for (plan, errors) in [("VirtualMachines", 1), ("CloudPosture", 0)] {
            let counting = json!({"plans": {plan: {}}, "only_relevant": true});
            assert_eq!(inside.plan("defender_validation", counting).await.errors().len(), errors, "{engine} {plan}");
        }
    }
}

#[tokio::test]
async fn a_reader_of_one_resource_group_sees_a_part_and_that_proves_nothing() {
    for engine in ENGINES {
        let tenant = green();
        let place = format!("{}/resourceGroups/rg-shop-prod", subscription(PRODUCTION));
        hold(&tenant, &[(READER, &place), (READER, &subscription(SANDBOX)), (MANAGEMENT_GROUP_READER, &root())]);
        let inside = through(&tenant, engine).await;
        let reading = inside.read("defender_assessments", json!({"limit": 0})).await;
        // Resource Graph shows the part; Resource Manager refuses the list of the subscription.
        let reason = if engine == "never" { "forbidden" } else { "not_proven" };
        assert_eq!(reading.gaps(), [format!("assessments {reason} /subscriptions/{PRODUCTION}")], "{engine}");
        assert_eq!(reading.ok()["complete"], false, "{engine}");
        let reading = plans(&inside).await;
        assert!(
            reading.gaps().contains(&format!("plans forbidden /subscriptions/{PRODUCTION}")),
            "{engine}: {:?}",
            reading.gaps()
        );
        let verdict = verdict(&inside).await;
        assert!(verdict.errors()[0].contains("unknown"), "{engine}: {:?}", verdict.said);
    }
}

#[tokio::test]
async fn a_subscription_the_caller_may_not_read_is_unknown_and_not_missing() {
    for engine in ENGINES {
        let tenant = green();
        hold(&tenant, &[(READER, &subscription(PRODUCTION)), (MANAGEMENT_GROUP_READER, &root())]);
        let inside = through(&tenant, engine).await;
        // What is held at the root makes the subscription visible, and nothing more.
        let reading = plans(&inside).await;
        assert!(reading.gaps().contains(&format!("plans forbidden /subscriptions/{SANDBOX}")), "{engine}: {:?}", reading.gaps());
        assert_eq!(reading.ok()["complete"], false, "{engine}");
        let verdict = verdict(&inside).await;
        assert!(verdict.errors()[0].contains("unknown of"), "{engine}: {:?}", verdict.said);
        assert!(verdict.detail().contains(SANDBOX), "{engine}: {}", verdict.detail());
    }
}

#[tokio::test]
async fn of_many_subscriptions_those_without_proof_are_named_one_by_one() {
    let tenant = green();
    let ids = grow(&tenant, 28);
    let mut roles: Vec<(&str, String)> = ids.iter().map(|id| (READER, subscription(id))).collect();
    roles.extend([(READER, subscription(PRODUCTION)), (MANAGEMENT_GROUP_READER, root())]);
    let roles: Vec<(&str, &str)> = roles.iter().map(|(role, scope)| (*role, scope.as_str())).collect();
    hold(&tenant, &roles);
    let reading = plans(&through(&tenant, "auto").await).await;
    let gaps = reading.gaps();
    assert!(!gaps.is_empty() && gaps.iter().all(|gap| gap.ends_with(SANDBOX)), "{gaps:?}");
    assert_eq!(reading.ok()["complete"], false);
}

/// Resource Graph answers as if one subscription did not exist, although the caller may read it.
fn blind(tenant: Tenant) -> Tenant {
    let others = |row: &Json| !row.to_string().to_lowercase().contains(SANDBOX);
    tenant.with_fault(Fault::on("Microsoft.ResourceGraph").keep(others))
}

#[tokio::test]
async fn a_subscription_that_resource_graph_leaves_out_is_read_through_resource_manager() {
    let (whole, blind) = (Tenant::demo(), blind(Tenant::demo()));
    let (whole, lacking) = (through(&whole, "never").await, through(&blind, "always").await);
    for (name, arguments) in [
        ("defender_plans", json!({"limit": 0})),
        ("defender_assessments", json!({"statuses": ["Healthy", "NotApplicable", "Unhealthy"], "limit": 0})),
        ("defender_assessments", json!({"tags": {"env": "dev"}, "limit": 0})),
    ] {
        assert_eq!(
            lacking.read(name, arguments.clone()).await.ok(),
            whole.read(name, arguments.clone()).await.ok(),
            "{arguments}"
        );
    }
    let with_risk = json!({"subscription_ids": [SANDBOX], "include_risk": true, "limit": 0});
    let answer = lacking.read("defender_assessments", with_risk.clone()).await.ok();
    assert_eq!(answer, whole.read("defender_assessments", with_risk).await.ok(), "after a reading without risk");
    assert!(answer["assessments"].as_array().unwrap().iter().any(|row| row["risk_level"].is_string()), "{answer:#}");
    let reading = lacking.read("subscriptions", json!({})).await;
    assert_eq!(reading.gaps(), [format!("management_groups not_proven /subscriptions/{SANDBOX}")]);
    let answer = reading.ok();
    assert_eq!((&answer["summary"]["matched"], &answer["subscriptions"][1]["management_group_ids"]), (&json!(2), &Json::Null));
}

#[tokio::test]
async fn a_subscription_that_neither_engine_shows_is_unknown_with_its_cause() {
    let refused = |part: &str| {
        let path = format!("{SANDBOX}/providers/Microsoft.Security/{part}");
        Fault::on(path).refuse(403, "AuthorizationFailed", "no")
    };
    let tenant = blind(green()).with_fault(refused("pricings")).with_fault(refused("assessments"));
    let inside = through(&tenant, "always").await;
    let reading = plans(&inside).await;
    assert_eq!(reading.gaps(), [format!("plans forbidden /subscriptions/{SANDBOX}")]);
    let answer = reading.ok();
    assert_eq!((&answer["complete"], rows_of(&answer, "plans", SANDBOX)), (&json!(false), 0));
    let verdict = verdict(&inside).await;
    assert!(verdict.errors()[0].contains("unknown of"), "{:?}", verdict.said);
}

#[tokio::test]
async fn an_answer_that_says_it_is_short_is_a_gap_for_every_subscription() {
    let on = || Fault::on("Microsoft.ResourceGraph").named("plans");
    for (fault, reason, code) in [
        (on().header("x-ms-tenant-subscription-limit-hit", "true"), "incomplete_list", "SubscriptionLimit"),
        (on().change(|body| body["resultTruncated"] = json!("true")), "incomplete_list", "Truncated"),
        (on().change(|body| body["totalRecords"] = json!(1000)), "incomplete_list", "Truncated"),
        (on().change(|body| drop(body["data"].as_array_mut().unwrap().pop())), "incomplete_list", "Truncated"),
        (
            on().change(|body| body["data"][0]["id"] = json!(format!("/subscriptions/{TENANT_ID}/x"))),
            "invalid_response",
            "ForeignRow",
        ),
        (on().change(|body| body["data"] = json!("none")), "invalid_response", "UndecodableRow"),
        (on().refuse(403, "Forbidden", "no"), "forbidden", "Forbidden"),
        (on().refuse(400, "BadRequest", "no"), "unsupported", "BadRequest"),
    ] {
        let inside = through(&green().with_fault(fault), "always").await;
        let reading = plans(&inside).await;
        assert_eq!(reading.errors(), ["Nothing could be read"], "{code}");
        assert!(reading.detail().contains(&format!("{reason} {code}")), "{}", reading.detail());
        let verdict = verdict(&inside).await;
        assert!(verdict.errors()[0].contains("unknown of"), "{code}: {:?}", verdict.said);
        assert!(verdict.detail().contains(code), "{}", verdict.detail());
    }
}

#[tokio::test]
async fn a_looped_list_is_a_gap() {
    let fault = Fault::on("Microsoft.ResourceGraph").named("assessments").page(2).looped_link();
    let inside = through(&Tenant::demo().with_page_size(40).with_fault(fault), "always").await;
    let reading = inside.read("defender_assessments", json!({})).await;
    assert_eq!(reading.errors(), ["Nothing could be read"]);
    assert!(reading.detail().contains("incomplete_list PageLoop"), "{}", reading.detail());
}

#[tokio::test]
async fn a_management_group_that_cannot_be_read_is_never_the_whole() {
    let scope = ScopeSetting::ManagementGroup("mg-fabrikam".to_owned());
    let tenant = || {
        let tenant = green();
        hold(&tenant, &[(READER, &subscription(PRODUCTION))]);
        tenant
    };
    let inside = Inside::aimed(tenant(), scope.clone(), "auto").await;
    let place = group("mg-fabrikam");
    for (name, list) in [("subscriptions", "subscriptions"), ("defender_plans", "plans")] {
        let reading = inside.read(name, json!({"limit": 0})).await;
        assert!(reading.gaps().contains(&format!("management_groups not_proven {place}")), "{name}: {:?}", reading.gaps());
        let answer = reading.ok();
        assert_eq!(answer["complete"], false, "{name}");
        assert!(rows_of(&answer, list, PRODUCTION) > 0, "{name}: what is seen is shown");
    }
    let verdict = verdict(&inside).await;
    assert!(verdict.errors()[0].contains("unknown of"), "{:?}", verdict.said);
    assert!(verdict.detail().contains("Management Group Reader"), "{}", verdict.detail());

    let inside = Inside::aimed(tenant(), scope, "never").await;
    for reading in [plans(&inside).await, self::verdict(&inside).await] {
        assert_eq!(reading.errors(), ["Nothing could be read"]);
        assert!(reading.detail().contains(&format!("management_groups on {place}: forbidden")), "{}", reading.detail());
    }
}

#[tokio::test]
async fn a_root_that_cannot_be_read_leaves_the_tenant_unproven() {
    for engine in ENGINES {
        let tenant = green();
        hold(&tenant, &[(READER, &subscription(PRODUCTION)), (READER, &subscription(SANDBOX))]);
        let inside = through(&tenant, engine).await;
        let reading = plans(&inside).await;
        assert_eq!(reading.gaps(), ["management_groups not_proven tenant"], "{engine}");
        assert_eq!(reading.ok()["complete"], false, "{engine}");
        let verdict = verdict(&inside).await;
        assert!(verdict.errors()[0].contains("unknown of"), "{engine}: {:?}", verdict.said);
        assert!(verdict.detail().contains("Management Group Reader"), "{engine}: {}", verdict.detail());
    }
}

#[tokio::test]
async fn a_role_that_reads_everything_but_some_types_proves_no_inventory() {
    for engine in ENGINES {
        let tenant = green();
        tenant
            .edit("role-definitions", |list| {
                let reader = list["value"].as_array_mut().unwrap().iter_mut().find(|row| row["name"] == READER).unwrap();
                reader["properties"]["permissions"][0]["notActions"] = json!(["Microsoft.KeyVault/*/read"]);
            })
            .unwrap();
        // Both engines leave out what the caller may not read.
        let is_vault = |row: &Json| row["type"].as_str().unwrap().eq_ignore_ascii_case("Microsoft.KeyVault/vaults");
        tenant.edit("resources", |list| list["value"].as_array_mut().unwrap().retain(|row| !is_vault(row))).unwrap();
        hold(&tenant, &[(READER, &group("mg-fabrikam")), (MANAGEMENT_GROUP_READER, &root())]);
        let inside = through(&tenant, engine).await;
        let reading = plans(&inside).await;
        let gaps = [PRODUCTION, SANDBOX].map(|id| format!("resources not_proven /subscriptions/{id}"));
        assert_eq!(reading.gaps(), gaps, "{engine}");
        let relevant = json!({"plans": {"CloudPosture": {}, "KeyVaults": {}}, "only_relevant": true});
        let verdict = inside.plan("defender_validation", relevant).await;
        assert_eq!(verdict.errors(), ["defender_validation: 2 unknown of 4"], "{engine}: {}", verdict.detail());
    }
}

/// Whether there is no assessment yet or Defender is off, nobody knows then.
#[tokio::test]
async fn no_assessment_where_the_state_of_the_provider_is_unread_is_not_complete() {
    let tenant = || edited(Tenant::demo(), "assessments", |rows| rows.retain(|row| !row.to_string().contains(SANDBOX)));
    let answered = |tenant: Tenant| async move { Inside::by_arm(tenant).await.read("defender_assessments", json!({})).await };
    let reading = answered(tenant()).await;
    assert_eq!(reading.gaps(), [format!("assessments no_data_yet /subscriptions/{SANDBOX}")]);
    assert_eq!(reading.ok()["complete"], true);
    type Way = fn(&mut Json);
    let ways: [(&str, Way); 3] = [
        ("invalid_response", |body| *body = json!({"odd": true})),
        ("invalid_response", |body| body["registrationState"] = Json::Null),
        ("not_proven", |body| body["registrationState"] = json!("Xyzzy")),
    ];
    for (reason, way) in ways {
        let fault = Fault::on(format!("/subscriptions/{SANDBOX}/providers/Microsoft.Security")).method("GET");
        let fault = fault.change(move |body| {
            if body["namespace"].is_string() {
                way(body)
            }
        });
        let reading = answered(tenant().with_fault(fault)).await;
        assert_eq!(reading.gaps(), [format!("assessments {reason} /subscriptions/{SANDBOX}")]);
        assert_eq!(reading.ok()["complete"], false);
    }
}
