//! `azposture_defender_validation`, and what all validations share.

use azposture::demo::{Fault, PRODUCTION, SANDBOX, Tenant};
use serde_json::{Value as Json, json};

use crate::support::inside::Inside;

const NAME: &str = "defender_validation";

fn plans(plans: Json) -> Json {
    json!({"plans": plans, "tags": {"env": "prod"}})
}

#[tokio::test]
async fn a_green_validation_says_nothing_and_counts() {
    let inside = Inside::on(Tenant::demo()).await;
    let planned = inside.plan(NAME, plans(json!({"SqlServers": {}, "Arm": {"subplan": "PerSubscription"}}))).await;
    assert!(planned.errors().is_empty() && planned.warnings().is_empty(), "{:?}", planned.said);
    let opened = inside.open(NAME, plans(json!({"SqlServers": {}, "Arm": {}}))).await.ok();
    assert_eq!((&opened["checked"], &opened["passed"], &opened["failed"]), (&json!(2), &json!(2), &json!(0)));
}

#[tokio::test]
async fn a_red_validation_is_one_error_with_the_worst_first_and_the_next_step_last() {
    let inside = Inside::on(Tenant::demo()).await;
    let reading = inside
        .plan(
            NAME,
            plans(json!({"KeyVaults": {}, "SqlServers": {}, "StorageAccounts": {"extensions": ["SensitiveDataDiscovery"]}})),
        )
        .await;
    assert_eq!(reading.errors(), ["defender_validation: 2 failed of 3"]);
    let lines: Vec<_> = reading.detail().lines().collect();
    assert!(
        lines[0].starts_with("  subscription") && lines[1].contains("plan_off") && lines[2].contains("extension_unhealthy"),
        "{lines:#?}"
    );
    assert!(lines.last().unwrap().contains("az security pricing create --name KeyVaults"), "{lines:#?}");
}

#[tokio::test]
async fn nothing_selected_is_an_error_and_never_a_pass() {
    let inside = Inside::on(Tenant::demo()).await;
    for (arguments, summary) in [
        (json!({"plans": {}}), "Nothing selected"),
        (json!({"plans": {"VirtualMachine": {}}}), "Unknown value"),
        (json!({"plans": {"Arm": {}}, "tags": {"env": "nowhere"}}), "Nothing selected"),
        (json!({"plans": {"Arm": {}}, "subscription_ids": []}), "Nothing selected"),
        (json!({"plans": {"Arm": {"subplan": "P2"}}}), "Unknown value"),
        (json!({"plans": {"Arm": {}}, "require_scan_within_days": 7}), "Nothing selected"),
        (json!({"plans": {"Arm": {}}, "require_scan_within_days": 0}), "Invalid value"),
        (json!({"plans": {"Api": {}}, "only_relevant": true}), "Nothing selected"),
    ] {
        let reading = inside.plan(NAME, arguments.clone()).await;
        assert_eq!(reading.errors(), [summary], "{arguments}: {:?}", reading.said);
    }
}

#[tokio::test]
async fn warnings_weaken_and_an_unknown_obeys_its_own_word() {
    let inside = Inside::by_arm(Tenant::demo()).await;
    let mut red = plans(json!({"KeyVaults": {}}));
    red["enforcement"] = json!("warning");
    let reading = inside.plan(NAME, red).await;
    assert_eq!((reading.errors(), reading.warnings()), (vec![], vec!["defender_validation: 1 failed of 1"]));

    let tenant = Tenant::demo().with_fault(Fault::on("Microsoft.Security/pricings").refuse(403, "AuthorizationFailed", "no"));
    let inside = Inside::by_arm(tenant).await;
    let mut unseen = plans(json!({"SqlServers": {}}));
    assert_eq!(inside.plan(NAME, unseen.clone()).await.errors(), ["defender_validation: 1 unknown of 1"]);
    unseen["on_unknown"] = json!("warning");
    let reading = inside.plan(NAME, unseen).await;
    assert_eq!((reading.errors(), reading.warnings()), (vec![], vec!["defender_validation: 1 unknown of 1"]));
    assert!(reading.detail().contains("plans on /subscriptions/"), "{}", reading.detail());
    assert!(reading.detail().contains("  SqlServers   forbidden  "), "the line says why: {}", reading.detail());
}

#[tokio::test]
async fn a_subscription_that_is_not_visible_is_unknown_and_never_left_out() {
    let tenant = Tenant::demo();
    tenant
        .edit("subscriptions", |list| list["value"].as_array_mut().unwrap().retain(|row| row["subscriptionId"] != SANDBOX))
        .unwrap();
    let reading = Inside::on(tenant).await.plan(NAME, json!({"plans": {"SqlServers": {}}})).await;
    assert_eq!(reading.errors(), ["defender_validation: 1 unknown of 2"]);
    assert!(reading.detail().contains(SANDBOX), "{}", reading.detail());
}

#[tokio::test]
async fn a_list_that_may_be_short_does_not_pass() {
    let tenant =
        Tenant::demo().with_fault(Fault::on("Microsoft.Authorization/permissions").refuse(403, "AuthorizationFailed", "no"));
    let reading = Inside::on(tenant).await.plan(NAME, plans(json!({"SqlServers": {}}))).await;
    assert_eq!(reading.errors(), ["defender_validation: 1 unknown of 2"]);
}

#[tokio::test]
async fn coverage_assessments_and_scans_are_verified_when_asked_for() {
    let inside = Inside::by_arm(Tenant::demo()).await;
    let mut arguments = plans(json!({"VirtualMachines": {}, "SqlServers": {}}));
    arguments["require_full_coverage"] = json!(true);
    assert_eq!(inside.plan(NAME, arguments.clone()).await.errors(), ["defender_validation: 1 failed of 2"]);
    let mut arguments = plans(json!({"VirtualMachines": {}, "SqlServers": {}, "Containers": {}}));
    arguments["enforcement"] = json!("warning");
    arguments["require_assessments"] = json!(true);
    arguments["require_scan_within_days"] = json!(7);
    let opened = inside.open(NAME, arguments.clone()).await.ok();
    assert_eq!(opened["checked"], 7, "three plans, the assessments, three kinds of scans");

    let tenant =
        Tenant::demo().with_fault(Fault::on("Microsoft.Security/subAssessments").change(|answer| answer["value"] = json!([])));
    let never = Inside::by_arm(tenant).await.open(NAME, arguments.clone()).await;
    assert!(never.detail().contains("no_data_yet"), "{}", never.detail());
    let untimed = edited("sub-assessments", |list| {
        for row in list["value"].as_array_mut().unwrap() {
            row["properties"].as_object_mut().unwrap().remove("timeGenerated");
        }
    });
    let untimed = Inside::by_arm(untimed).await.open(NAME, arguments).await;
    assert!(untimed.detail().contains("scan_time_unsaid"), "{}", untimed.detail());
}

#[tokio::test(start_paused = true)]
async fn a_red_validation_waits_as_long_as_it_is_told_and_takes_a_late_green() {
    let tenant = Tenant::demo();
    let pricings = || Fault::on(format!("{PRODUCTION}/providers/Microsoft.Security/pricings"));
    let late = tenant.clone().with_fault(pricings().times(2).change(|answer| {
        for plan in answer["value"].as_array_mut().unwrap() {
            plan["properties"]["pricingTier"] = json!("Free");
        }
    }));
    let mut arguments = plans(json!({"SqlServers": {}}));
    arguments["wait_seconds"] = json!(60);
    let started = tokio::time::Instant::now();
    let reading = Inside::by_arm(late).await.plan(NAME, arguments.clone()).await;
    assert!(reading.errors().is_empty(), "{:?}", reading.said);
    assert_eq!(started.elapsed().as_secs(), 45, "after 15 seconds, then after 30");

    arguments["wait_seconds"] = json!(10);
    let never = Tenant::demo().with_fault(pricings().refuse(403, "AuthorizationFailed", "no"));
    let started = tokio::time::Instant::now();
    assert_eq!(Inside::by_arm(never).await.plan(NAME, arguments).await.errors().len(), 1);
    assert!(started.elapsed().as_secs() < 15, "there is no time for a second reading");
}

#[tokio::test]
async fn the_next_step_names_the_plan_that_is_judged_and_its_subscription() {
    let inside = Inside::by_arm(edited_plans(|plan| {
        if plan["name"] == "Containers" {
            plan["properties"]["pricingTier"] = json!("Free");
        }
    }))
    .await;
    let red = inside.plan(NAME, plans(json!({"ContainerRegistry": {}}))).await;
    let fix = format!("az security pricing create --name Containers --tier standard --subscription {PRODUCTION}");
    assert!(red.detail().contains(&fix), "{}", red.detail());
    let weak = inside.plan(
        NAME,
        plans(json!({"StorageAccounts": {"subplan": "DefenderForStorageV2"}, "KeyVaults": {"subplan": "PerKeyVault"}})),
    );
    let fix = format!("--name KeyVaults --tier standard --subplan PerKeyVault --subscription {PRODUCTION}");
    let weak = weak.await;
    assert!(weak.detail().contains(&fix), "{}", weak.detail());
}

fn edited_plans(change: impl Fn(&mut Json)) -> Tenant {
    let tenant = Tenant::demo();
    tenant.edit("pricings", |list| list["value"].as_array_mut().unwrap().iter_mut().for_each(change)).unwrap();
    tenant
}

fn edited(document: &str, change: impl FnOnce(&mut Json)) -> Tenant {
    let tenant = Tenant::demo();
    tenant.edit(document, change).unwrap();
    tenant
}

#[tokio::test]
async fn a_plan_that_is_on_and_covers_not_one_of_its_resources_fails_unasked() {
    let bare = || {
        edited_plans(|plan| {
            if plan["name"] == "SqlServers" || plan["name"] == "Arm" {
                plan["properties"]["resourcesCoverageStatus"] = json!("NotCovered");
            }
        })
    };
    let red = Inside::by_arm(bare()).await.plan(NAME, plans(json!({"SqlServers": {}}))).await;
    assert_eq!(red.errors(), ["defender_validation: 1 failed of 1"]);
    assert!(red.detail().contains("  not_covered  ") && red.detail().contains("not one of 1 resources"), "{}", red.detail());
    assert!(red.detail().contains("--enforce True"), "{}", red.detail());
    // What is not known to be there is not known to be uncovered.
    let unread = bare().with_fault(Fault::on(format!("{PRODUCTION}/resources")).refuse(403, "AuthorizationFailed", "no"));
    let unknown = Inside::by_arm(unread).await.plan(NAME, plans(json!({"SqlServers": {}}))).await;
    assert_eq!(unknown.errors(), ["defender_validation: 1 unknown of 1"]);
    assert!(unknown.detail().contains("  forbidden  "), "{}", unknown.detail());
    let whole = Inside::by_arm(bare()).await.plan(NAME, plans(json!({"Arm": {}}))).await;
    assert_eq!(whole.errors(), ["defender_validation: 1 unknown of 1"], "it protects no particular resources");
    // No resource of its types, nothing uncovered.
    let without = bare();
    let is_server = |row: &Json| row["type"].as_str().unwrap().eq_ignore_ascii_case("Microsoft.Sql/servers");
    without.edit("resources", |list| list["value"].as_array_mut().unwrap().retain(|row| !is_server(row))).unwrap();
    let green = Inside::by_arm(without).await.plan(NAME, plans(json!({"SqlServers": {}}))).await;
    assert!(green.errors().is_empty(), "{:?}", green.said);
}

#[tokio::test]
async fn resources_are_counted_only_where_a_plan_is_doubtful() {
    let tenant = Tenant::demo();
    Inside::by_arm(tenant.clone()).await.plan(NAME, plans(json!({"SqlServers": {}}))).await;
    assert!(tenant.requests().iter().all(|request| !request.path.ends_with("/resources")), "{:?}", tenant.requests());
}

#[tokio::test]
async fn a_plan_without_a_subplan_is_the_full_plan() {
    let full = || {
        edited_plans(|plan| {
            if let Some(properties) = plan["properties"].as_object_mut() {
                properties.remove("subPlan");
            }
        })
    };
    let inside = Inside::by_arm(full()).await;
    for subplan in ["P1", "P2"] {
        let green = inside.plan(NAME, plans(json!({"VirtualMachines": {"subplan": subplan}}))).await;
        assert!(green.errors().is_empty(), "{:?}", green.said);
    }
    let red = inside.plan(NAME, plans(json!({"StorageAccounts": {"subplan": "DefenderForStorageV2"}}))).await;
    assert_eq!(red.errors(), ["defender_validation: 1 unknown of 1"]);
    assert!(!red.detail().contains("az security pricing create"), "nobody is sent to another subplan: {}", red.detail());
}

#[tokio::test]
async fn where_defender_is_not_registered_every_plan_is_off_if_the_provider_agrees() {
    let not_registered = || Fault::on("Microsoft.Security/pricings").refuse(404, "Subscription Not Registered", "no");
    for (state, summary, red) in [
        (json!("NotRegistered"), "defender_validation: 1 failed of 1", true),
        (json!("Unregistered"), "defender_validation: 1 failed of 1", true),
        (json!("Registering"), "defender_validation: 1 unknown of 1", false),
        (json!("Registered"), "defender_validation: 1 unknown of 1", false),
        (Json::Null, "defender_validation: 1 unknown of 1", false),
    ] {
        let tenant = edited("providers", |list| {
            for row in list["value"].as_array_mut().unwrap().iter_mut().filter(|row| row["namespace"] == "Microsoft.Security") {
                row["registrationState"] = state.clone();
            }
        });
        let reading =
            Inside::by_arm(tenant.with_fault(not_registered())).await.plan(NAME, plans(json!({"SqlServers": {}}))).await;
        assert_eq!(reading.errors(), [summary], "{state}: {:?}", reading.said);
        let reason = if red { "  not_registered  " } else { "  not_proven  " };
        assert!(reading.detail().contains(reason) || state.is_null(), "{}", reading.detail());
        assert_eq!(reading.detail().contains("Could not be seen"), !red, "{}", reading.detail());
        if red {
            let step = reading.detail().lines().last().unwrap();
            assert!(step.contains("az provider register --namespace Microsoft.Security"), "{step}");
        }
    }
    let unread = Tenant::demo().with_fault(not_registered()).with_fault(Fault::on("/providers/Microsoft.Security").refuse(
        403,
        "AuthorizationFailed",
        "no",
    ));
    let reading = Inside::by_arm(unread).await.plan(NAME, plans(json!({"SqlServers": {}}))).await;
    assert_eq!(reading.errors(), ["defender_validation: 1 unknown of 1"]);
}

#[tokio::test]
async fn what_cannot_be_chosen_any_more_is_never_advised() {
    let tenant = edited_plans(|plan| {
        if plan["name"] == "KeyVaults" {
            plan["properties"]["pricingTier"] = json!("Standard");
            plan["properties"]["subPlan"] = json!("PerTransaction");
            plan["properties"]["resourcesCoverageStatus"] = json!("FullyCovered");
        }
        if plan["name"] == "Arm" {
            plan["properties"]["pricingTier"] = json!("Free");
        }
    });
    let inside = Inside::by_arm(tenant).await;
    let old = inside.plan(NAME, plans(json!({"KeyVaults": {"subplan": "PerKeyVault"}}))).await;
    assert!(old.detail().contains("cannot be chosen again once it is left"), "{}", old.detail());
    let wanted = inside.plan(NAME, plans(json!({"Arm": {"subplan": "PerApiCall"}}))).await;
    assert!(wanted.detail().contains("--subplan PerSubscription"), "{}", wanted.detail());
}

#[tokio::test]
async fn subscriptions_of_one_name_are_told_apart() {
    let tenant = Tenant::demo();
    tenant
        .edit("subscriptions", |list| {
            list["value"].as_array_mut().unwrap().iter_mut().for_each(|row| row["displayName"] = json!("Prod"));
        })
        .unwrap();
    let reading = Inside::by_arm(tenant).await.plan(NAME, json!({"plans": {"KeyVaults": {}}})).await;
    assert!(reading.detail().contains(&format!("Prod ({PRODUCTION})")), "{}", reading.detail());
    assert!(reading.detail().contains(&format!("Prod ({SANDBOX})")), "{}", reading.detail());
}

#[tokio::test]
async fn a_plan_or_an_extension_whose_state_is_not_stated_is_unknown() {
    let silent = edited_plans(|plan| {
        plan["properties"].as_object_mut().unwrap().remove("pricingTier");
    });
    let reading = Inside::by_arm(silent).await.plan(NAME, plans(json!({"SqlServers": {}}))).await;
    assert_eq!(reading.errors(), ["defender_validation: 1 unknown of 1"]);
    assert!(reading.detail().contains("invalid_response"), "{}", reading.detail());
    let silent = edited_plans(|plan| {
        for extension in plan["properties"]["extensions"].as_array_mut().into_iter().flatten() {
            extension.as_object_mut().unwrap().remove("isEnabled");
        }
    });
    let inside = Inside::by_arm(silent).await;
    let reading = inside.plan(NAME, plans(json!({"StorageAccounts": {"extensions": ["SensitiveDataDiscovery"]}}))).await;
    assert_eq!(reading.errors(), ["defender_validation: 1 unknown of 1"]);
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_attribute() {
    let inside = Inside::on(Tenant::demo()).await;
    let elsewhere = "fab00001-0000-4000-8000-00000000ffff";
    for (arguments, path) in [
        (json!({"plans": {"VirtualMachine": {}}}), "plans[\"VirtualMachine\"]"),
        (json!({"plans": {"Arm": {}}, "subscription_ids": [elsewhere]}), "subscription_ids"),
        (json!({"plans": {"Arm": {}}, "tags": {"env": "nowhere"}}), "tags"),
    ] {
        let reading = inside.plan(NAME, arguments).await;
        let paths: Vec<_> = reading.said.iter().map(|problem| problem.path.to_string()).collect();
        assert_eq!(paths, [path], "{:?}", reading.said);
    }
    for name in ["connection", "defender_assessments", "defender_plans"] {
        let reading = inside.read(name, json!({"subscription_ids": [elsewhere]})).await;
        assert_eq!(reading.errors(), ["Outside the configured scope"]);
        assert_eq!(reading.said.iter().next().unwrap().path.to_string(), "subscription_ids", "{name}");
    }
}

#[tokio::test]
async fn an_operation_of_an_extension_whose_status_has_no_code_is_unknown() {
    for (status, errors) in [
        (json!({"message": "Deployment failed"}), 1),
        (json!({"code": null}), 1),
        (json!({}), 1),
        (Json::Null, 0),
        (json!({"code": "Succeeded"}), 0),
    ] {
        let tenant = edited("pricings", |list| {
            let rows = list["value"].as_array_mut().unwrap();
            for row in rows.iter_mut().filter(|row| row["name"] == "StorageAccounts") {
                row["properties"]["pricingTier"] = json!("Standard");
                row["properties"]["resourcesCoverageStatus"] = json!("FullyCovered");
                row["properties"]["extensions"] =
                    json!([{"name": "OnUploadMalwareScanning", "isEnabled": "True", "operationStatus": status}]);
            }
        });
        let wanted = json!({"StorageAccounts": {"extensions": ["OnUploadMalwareScanning"]}});
        let wanted = json!({"plans": wanted, "subscription_ids": [PRODUCTION]});
        let reading = Inside::on(tenant).await.plan("defender_validation", wanted).await;
        assert_eq!(reading.errors().len(), errors, "{status}: {}", reading.detail());
        assert_eq!(reading.detail().contains("has no code"), errors == 1, "{status}: {}", reading.detail());
    }
}

#[tokio::test]
async fn a_scan_is_not_too_old_where_a_newer_one_may_be_unseen() {
    let limited = Fault::on("Microsoft.Authorization/permissions").change(|answer| {
        let actions = ["Microsoft.Security/pricings/read", "Microsoft.Resources/*/read"];
        *answer = json!({"value": [{"actions": actions, "notActions": [], "dataActions": [], "notDataActions": []}]});
    });
    let old = edited("sub-assessments", |list| {
        for row in list["value"].as_array_mut().unwrap() {
            row["properties"]["timeGenerated"] = json!("2026-01-01T00:00:00Z");
        }
    });
    let wanted = json!({"plans": {"VirtualMachines": {}}, "subscription_ids": [PRODUCTION], "require_scan_within_days": 3});
    let whole = Inside::by_arm(old.clone()).await.plan("defender_validation", wanted.clone()).await;
    assert!(whole.detail().contains("scan_too_old"), "{}", whole.detail());
    let short = Inside::by_arm(old.with_fault(limited)).await.plan("defender_validation", wanted).await;
    assert!(!short.detail().contains("scan_too_old"), "{}", short.detail());
    assert!(short.detail().contains("a newer one may be in what is not seen"), "{}", short.detail());
}

/// Individual findings say that something was scanned, and never when: that is no pass, and not "nothing yet".
#[tokio::test]
async fn individual_findings_prove_no_time_of_a_scan() {
    let wanted = json!({"plans": {"VirtualMachines": {}}, "subscription_ids": [PRODUCTION], "require_scan_within_days": 3650});
    let grouped_gone = || edited("sub-assessments", |list| list["value"] = json!([]));
    let all_gone = || {
        let tenant = grouped_gone();
        tenant
            .edit("assessments", |list| {
                list["value"].as_array_mut().unwrap().retain(|row| !row.to_string().contains("CvesDetails"))
            })
            .unwrap();
        tenant
    };
    let refused =
        || grouped_gone().with_fault(Fault::on("/Microsoft.Security/assessments").refuse(403, "AuthorizationFailed", "no"));
    for engine in ["never", "always"] {
        for (tenant, reason) in [(grouped_gone(), "scan_time_unsaid"), (all_gone(), "no_data_yet"), (refused(), "not_proven")] {
            if engine == "always" && reason == "not_proven" {
                continue;
            }
            let inside = Inside::configured(tenant, json!({"environment": "demo", "resource_graph": engine})).await;
            let reading = inside.plan(NAME, wanted.clone()).await;
            let line = reading.detail().lines().find(|line| line.contains("scan of server")).unwrap();
            assert!(line.contains(reason), "{engine}: {line}");
        }
    }
}

/// A sign-in that may do only this.
fn allowed(actions: &'static [&'static str]) -> Fault {
    Fault::on("Microsoft.Authorization/permissions").change(move |body| {
        *body = json!({"value": [{"actions": actions, "notActions": [], "dataActions": [], "notDataActions": []}]});
    })
}

/// Resources decide nothing where the scans are there, nor does the rest of a list of assessments of which one is enough.
#[tokio::test]
async fn what_no_verdict_rests_on_makes_nothing_unknown() {
    for (actions, also) in [
        (&["Microsoft.Security/*/read"][..], json!({})),
        (&["Microsoft.Security/pricings/read"], json!({"require_assessments": true})),
    ] {
        let mut wanted =
            json!({"plans": {"VirtualMachines": {}}, "subscription_ids": [PRODUCTION], "require_scan_within_days": 3650});
        wanted.as_object_mut().unwrap().extend(also.as_object().unwrap().clone());
        let reading = Inside::by_arm(Tenant::demo().with_fault(allowed(actions))).await.plan(NAME, wanted).await;
        assert!(reading.errors().is_empty() && reading.warnings().is_empty(), "{}", reading.detail());
    }
}

#[tokio::test]
async fn no_assessment_in_a_list_that_is_not_proven_whole_is_not_proven() {
    let wanted = json!({"plans": {"Arm": {}}, "require_assessments": true, "subscription_ids": [SANDBOX]});
    let without =
        || edited("assessments", |list| list["value"].as_array_mut().unwrap().retain(|row| !row.to_string().contains(SANDBOX)));
    let short = without().with_fault(allowed(&["Microsoft.Security/pricings/read"]));
    for (tenant, reason) in [(without(), "no_data_yet"), (short, "not_proven")] {
        let reading = Inside::by_arm(tenant).await.plan(NAME, wanted.clone()).await;
        let line = reading.detail().lines().find(|line| line.contains("  assessments  ")).unwrap();
        assert!(line.contains(reason), "{line}");
    }
}
