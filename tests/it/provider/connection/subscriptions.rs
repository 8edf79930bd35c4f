//! Scope, roles, Defender for Cloud and resource providers of subscriptions.

use azposture::azure::{
    arm::typed::{ResourceType, types},
    settings::ScopeSetting,
};

use super::*;
use crate::support::held::assignment;

const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

/// The types of resources that are read unasked.
fn tracked() -> impl Iterator<Item = &'static ResourceType> {
    types().filter(|one| !one.is_on_demand)
}

/// The demo tenant, in which the role Reader allows only these actions.
fn reader_allows(actions: &[&str]) -> Tenant {
    edited("role-definitions", |list| {
        let reader = list["value"].as_array_mut().unwrap().iter_mut().find(|row| row["name"] == READER).unwrap();
        reader["properties"]["permissions"][0]["actions"] = json!(actions);
    })
}

const SECURITY_ONLY: &[&str] =
    &["Microsoft.Security/*/read", "Microsoft.Authorization/*/read", "Microsoft.Management/*/read", "Microsoft.Resources/*/read"];

fn subscription(id: &'static str, change: impl FnOnce(&mut Json)) -> Tenant {
    edited("subscriptions", |list| {
        change(list["value"].as_array_mut().unwrap().iter_mut().find(|row| row["subscriptionId"] == id).unwrap());
    })
}

fn provider(namespace: &'static str, state: &'static str) -> Tenant {
    edited("providers", |list| {
        let own = |row: &&mut Json| row["namespace"] == namespace && row["id"].as_str().unwrap().contains(PRODUCTION);
        list["value"].as_array_mut().unwrap().iter_mut().find(own).unwrap()["registrationState"] = json!(state);
    })
}

fn plans(change: impl Fn(&mut Json)) -> Tenant {
    edited("pricings", |list| list["value"].as_array_mut().unwrap().iter_mut().for_each(|plan| change(&mut plan["properties"])))
}

#[tokio::test]
async fn no_visible_subscription_is_a_red_check_and_no_error() {
    let none = edited("subscriptions", |list| list["value"] = json!([]));
    let answer = answer(none).await;
    says(&row(&answer, "subscription_detected"), "fail", &["az role assignment create --role Reader", PRINCIPAL_ID]);
    says(&row(&answer, "scope_complete"), "unknown", &[]);
    says(&row(&answer, "role_reader"), "unknown", &["reason=not_visible"]);
    says(&row(&answer, "resource_graph_usable"), "unknown", &["reason=not_visible", "subscription_detected"]);
    assert_eq!((&answer["ready"], &answer["visible_subscription_ids"]), (&json!(false), &json!([])));
    let unread = Tenant::demo().with_fault(Fault::on("/subscriptions").host("management.demo.azposture").html(200));
    says(&check(unread, "subscription_detected").await, "unknown", &[]);
}

#[tokio::test]
async fn an_expected_subscription_that_is_not_visible_fails_by_name() {
    let tenant =
        edited("subscriptions", |list| list["value"].as_array_mut().unwrap().retain(|row| row["subscriptionId"] != SANDBOX));
    let answer = answer(tenant).await;
    says(&row(&answer, "scope_complete"), "fail", &[SANDBOX, "managementGroups"]);
    assert_eq!(answer["complete"], false);
    assert_eq!(answer["unreadable"][0]["scope"], format!("/subscriptions/{SANDBOX}"));
    says(&check(refused("Microsoft.Management/managementGroups"), "scope_complete").await, "unknown", &["reason=not_proven"]);
}

#[tokio::test]
async fn the_state_of_a_subscription_is_judged_by_how_bad_it_is() {
    for (state, status, level) in [
        ("Disabled", "fail", "required"),
        ("Deleted", "fail", "required"),
        ("Warned", "fail", "advisory"),
        ("PastDue", "fail", "advisory"),
        ("Hibernating", "unknown", "required"),
        ("", "unknown", "required"),
    ] {
        let row = check(subscription(SANDBOX, |row| row["state"] = json!(state)), &sandbox("subscription_enabled")).await;
        says(&row, status, &["Portal: Subscriptions"]);
        assert_eq!(row["level"], level, "{state}");
    }
}

#[tokio::test]
async fn a_subscription_of_another_tenant_is_told_apart() {
    let other = "11111111-2222-3333-4444-555555555555";
    let key = sandbox("subscription_tenant_matches");
    says(&check(subscription(SANDBOX, |row| row["tenantId"] = json!(other)), &key).await, "fail", &[other, "Lighthouse"]);
    says(&check(subscription(SANDBOX, |row| row["tenantId"] = Json::Null), &key).await, "unknown", &["reason=hidden"]);
    let excess = check(subscription(SANDBOX, |row| row["tenantId"] = json!(other)), &sandbox("role_excess")).await;
    says(&excess, "unknown", &["reason=not_proven", "Lighthouse"]);
}

#[tokio::test]
async fn roles_are_judged_by_what_they_allow_and_missing_actions_are_named() {
    let role = |key: &'static str| async move { check(reader_allows(SECURITY_ONLY), &production(key)).await };
    says(
        &role("role_reader").await,
        "fail",
        &[
            "Microsoft.App/containerApps/read",
            &format!("missing_count={}", tracked().count() + 5),
            "--role Reader",
            "managementGroups",
            PRINCIPAL_ID,
        ],
    );
    says(
        &role("role_monitoring_reader").await,
        "fail",
        &["Microsoft.Insights/actionGroups/read", "missing_count=5", "Monitoring Reader"],
    );
    says(&role("role_security_reader").await, "pass", &[]);
    says(
        &role("key_vault_readable").await,
        "fail",
        &["Microsoft.KeyVault/vaults/secrets/read", "Key Vault Reader is not needed"],
    );
    says(&role("policy_states_readable").await, "fail", &["Microsoft.PolicyInsights/policyStates/queryResults/read"]);
    let blind = reader_allows(&["Microsoft.Resources/*/read", "Microsoft.Authorization/*/read", "Microsoft.Storage/*/read"]);
    says(
        &check(blind, &production("role_security_reader")).await,
        "fail",
        &["Microsoft.Security/pricings/read", "\"Security Reader\""],
    );
}

#[tokio::test]
async fn permissions_that_may_not_be_read_leave_every_role_unknown() {
    for id in ["role_reader", "role_security_reader", "role_excess", "key_vault_readable", "policy_states_readable"] {
        let row = check(refused("Microsoft.Authorization/permissions"), &production(id)).await;
        says(&row, "unknown", &["reason=forbidden"]);
    }
}

#[tokio::test]
async fn a_role_that_allows_what_is_read_and_nothing_else_is_enough() {
    const LEAST: &[&str] = &[
        "Microsoft.Authorization/denyAssignments/read",
        "Microsoft.Authorization/policyAssignments/read",
        "Microsoft.Authorization/policyDefinitions/read",
        "Microsoft.Authorization/policyExemptions/read",
        "Microsoft.Authorization/policySetDefinitions/read",
        "Microsoft.Authorization/roleAssignmentScheduleInstances/read",
        "Microsoft.Authorization/roleAssignments/read",
        "Microsoft.Authorization/roleDefinitions/read",
        "Microsoft.Authorization/roleEligibilityScheduleInstances/read",
        "Microsoft.Insights/actionGroups/read",
        "Microsoft.Insights/activityLogAlerts/read",
        "Microsoft.Insights/diagnosticSettings/read",
        "Microsoft.Insights/metricAlerts/read",
        "Microsoft.Insights/scheduledQueryRules/read",
        "Microsoft.Resources/subscriptions/providers/read",
        "Microsoft.Resources/subscriptions/read",
        "Microsoft.Resources/subscriptions/resourceGroups/read",
        "Microsoft.Resources/subscriptions/resources/read",
        "Microsoft.Security/alerts/read",
        "Microsoft.Security/assessmentMetadata/read",
        "Microsoft.Security/assessments/read",
        "Microsoft.Security/assessments/subAssessments/read",
        "Microsoft.Security/pricings/read",
        "Microsoft.Security/regulatoryComplianceStandards/read",
        "Microsoft.Security/regulatoryComplianceStandards/regulatoryComplianceControls/read",
        "Microsoft.Security/regulatoryComplianceStandards/regulatoryComplianceControls/regulatoryComplianceAssessments/read",
        "Microsoft.Security/secureScoreControls/read",
        "Microsoft.Security/secureScores/read",
        "Microsoft.Security/securityContacts/read",
        "Microsoft.Security/standardAssignments/read",
    ];
    let least: Vec<&str> = LEAST.iter().copied().chain(tracked().flat_map(|one| one.endpoint.needs).copied()).collect();
    let key = production("role_reader");
    // The sign-in's other role reads management groups alone.
    let reader_allows = |actions: &[&str]| {
        let tenant = reader_allows(actions);
        tenant
            .edit("role-definitions", |list| {
                let rows = list["value"].as_array_mut().unwrap().iter_mut();
                rows.filter(|row| row["properties"]["roleName"] == "Management Group Reader").for_each(|row| {
                    row["properties"]["permissions"][0]["actions"] = json!(["Microsoft.Management/managementGroups/read"]);
                });
            })
            .unwrap();
        tenant
    };
    says(&live(reader_allows(&least), &key).await, "pass", &[&format!("actions={}", least.len())]);
    for action in &least {
        let others: Vec<&str> = least.iter().copied().filter(|other| other != action).collect();
        says(&live(reader_allows(&others), &key).await, "fail", &["missing_count=1", &format!("missing={action}")]);
    }
    // Nothing that is read over this connection is refused to such a role.
    let block = json!({"environment": "demo", "subscription_ids": [PRODUCTION]});
    let inside = Inside::configured(reader_allows(&least), block).await;
    for name in ["connection", "defender_assessments", "defender_plans", "resources", "role_assignments", "subscriptions"] {
        let gaps = inside.read(name, json!({})).await.gaps();
        let refused: Vec<&String> =
            gaps.iter().filter(|gap| gap.contains(" forbidden ") && !gap.starts_with("management_groups")).collect();
        assert!(refused.is_empty(), "{name}: {refused:?}");
    }
}

#[tokio::test]
async fn only_the_areas_that_are_on_have_to_be_readable() {
    let block = json!({"environment": "demo", "areas": ["posture"]});
    let row = checked(reader_allows(SECURITY_ONLY), block, &production("role_reader")).await;
    says(&row, "pass", &["actions="]);
}

#[tokio::test]
async fn more_than_reads_is_advice_with_the_role_it_looks_like() {
    let row = check(reader_allows(&["*"]), &production("role_excess")).await;
    says(&row, "fail", &["Owner", "surplus=*", "az role assignment list"]);
    assert_eq!(row["level"], "advisory");
    let support = reader_allows(&["*/read", "Microsoft.Support/*", "Microsoft.OperationalInsights/workspaces/search/action"]);
    says(&check(support, &production("role_excess")).await, "pass", &[]);
    let keys = reader_allows(&["*/read", "Microsoft.Storage/storageAccounts/listKeys/action"]);
    says(&check(keys, &production("role_excess")).await, "fail", &["listKeys/action"]);
}

#[tokio::test]
async fn policy_states_cannot_be_had_without_a_post() {
    let block = json!({"environment": "demo", "resource_graph": "never"});
    says(&checked(Tenant::demo(), block.clone(), &production("policy_states_readable")).await, "fail", &["engine_never", "auto"]);
    says(&checked(Tenant::demo(), block, "resource_graph_usable").await, "not_applicable", &["engine_never"]);
}

#[tokio::test(start_paused = true)]
async fn resource_graph_that_is_refused_fails_and_one_that_stumbles_is_unknown() {
    says(&check(refused("Microsoft.ResourceGraph"), "resource_graph_usable").await, "fail", &["reason=forbidden", "never"]);
    let down = Tenant::demo().with_fault(Fault::on("Microsoft.ResourceGraph").answer(503));
    says(&check(down, "resource_graph_usable").await, "unknown", &["reason=unavailable"]);
}

#[tokio::test]
async fn management_groups_are_required_only_where_the_connection_stands_on_them() {
    let row = check(refused("Microsoft.Management/managementGroups"), "management_group_readable").await;
    says(&row, "fail", &["Management Group Reader"]);
    assert_eq!(row["level"], "required");
    let block = json!({"environment": "demo", "subscription_ids": [PRODUCTION]});
    let row = checked(refused("Microsoft.Management/managementGroups"), block, "management_group_readable").await;
    says(&row, "fail", &["Management Group Reader"]);
    assert_eq!(row["level"], "advisory");
    let odd = Tenant::demo().with_fault(Fault::on("/descendants").html(200));
    says(&check(odd, "management_group_readable").await, "unknown", &["reason=invalid_response"]);
}

#[tokio::test]
async fn defender_for_cloud_has_to_be_registered() {
    let key = production("defender_registered");
    let row = live(provider("Microsoft.Security", "NotRegistered"), &key).await;
    says(&row, "fail", &["az provider register --namespace Microsoft.Security", PRODUCTION]);
    says(&live(provider("Microsoft.Security", "Registering"), &key).await, "unknown", &["reason=no_data_yet"]);
    says(&live(refused(&format!("{PRODUCTION}/providers")), &key).await, "unknown", &["reason=forbidden"]);
    let block = json!({"environment": "demo", "subscription_ids": [PRODUCTION, SANDBOX]});
    let inside = Inside::configured(provider("Microsoft.Security", "NotRegistered"), block).await;
    let unregistered = inside.read("connection", json!({})).await.ok();
    says(&row_of(&unregistered, "defender_plans_readable"), "unknown", &["reason=not_registered"]);
    says(&row_of(&unregistered, "defender_assessments_present"), "unknown", &["reason=not_registered"]);
}

fn row_of(answer: &Json, id: &str) -> Json {
    row(answer, &production(id))
}

#[tokio::test]
async fn plans_have_to_be_readable() {
    let key = production("defender_plans_readable");
    says(&live(refused("Microsoft.Security/pricings"), &key).await, "fail", &["\"Security Reader\"", "reason=forbidden"]);
    let empty = Tenant::demo().with_fault(Fault::on("Microsoft.Security/pricings").change(|answer| answer["value"] = json!([])));
    says(&live(empty, &key).await, "unknown", &["reason=not_proven", "code=EmptyList"]);
    let odd = Tenant::demo().with_fault(Fault::on("Microsoft.Security/pricings").html(200));
    says(&live(odd, &key).await, "unknown", &["reason=invalid_response"]);
}

#[tokio::test]
async fn no_assessment_yet_is_unknown_and_says_how_long_it_takes() {
    let key = production("defender_assessments_present");
    let none =
        || Tenant::demo().with_fault(Fault::on("Microsoft.Security/assessments").change(|answer| answer["value"] = json!([])));
    says(&live(none(), &key).await, "unknown", &["reason=no_data_yet", "24 hours"]);
    says(&live(refused("Microsoft.Security/assessments"), &key).await, "unknown", &["reason=forbidden"]);
    let unproven = none().with_fault(Fault::on("Microsoft.Authorization/permissions").refuse(403, "AuthorizationFailed", "no"));
    says(&live(unproven, &key).await, "unknown", &["reason=not_proven"]);
}

#[tokio::test]
async fn plans_that_the_resources_need_have_to_be_on() {
    let key = production("defender_plan_for_area");
    says(&live(Tenant::demo(), &key).await, "fail", &["KeyVaults", "az security pricing create --name Containers"]);
    let on = || {
        plans(|plan| {
            plan["pricingTier"] = json!("Standard");
            plan["resourcesCoverageStatus"] = json!("FullyCovered");
        })
    };
    let bare = plans(|plan| plan["pricingTier"] = json!("Standard"));
    says(&live(bare, &key).await, "fail", &["cover not one of them", "not_covered="]);
    says(&live(on(), &key).await, "pass", &["needed="]);
    let unproven = on().with_fault(Fault::on("Microsoft.Authorization/permissions").refuse(403, "AuthorizationFailed", "no"));
    says(&live(unproven, &key).await, "unknown", &["reason=not_proven"]);
    says(&live(refused(&format!("{PRODUCTION}/resources")), &key).await, "unknown", &["reason=forbidden"]);
    let block = json!({"environment": "demo", "areas": ["posture", "network"]});
    says(&checked(Tenant::demo(), block, &key).await, "not_applicable", &["reason=no_resources"]);
}

#[tokio::test]
async fn coverage_has_to_be_full_where_a_plan_is_on() {
    let key = production("defender_coverage_full");
    says(&live(Tenant::demo(), &key).await, "fail", &["partial=VirtualMachines"]);
    says(&live(plans(|plan| plan["resourcesCoverageStatus"] = json!("FullyCovered")), &key).await, "pass", &[]);
    says(&live(plans(|plan| plan["resourcesCoverageStatus"] = Json::Null), &key).await, "unknown", &["unstated="]);
    says(&live(Tenant::demo(), &sandbox("defender_coverage_full")).await, "not_applicable", &["plan_off"]);
    says(&live(refused("Microsoft.Security/pricings"), &key).await, "unknown", &["reason=forbidden"]);
}

#[tokio::test]
async fn a_plan_that_has_never_scanned_is_unknown() {
    let key = production("defender_scan_done");
    says(&live(Tenant::demo(), &key).await, "pass", &[]);
    let never =
        Tenant::demo().with_fault(Fault::on("Microsoft.Security/subAssessments").change(|answer| answer["value"] = json!([])));
    says(&live(never, &key).await, "unknown", &["reason=no_data_yet", "never_scanned=server"]);
    let untimed = edited("sub-assessments", |list| {
        for row in list["value"].as_array_mut().unwrap() {
            row["properties"].as_object_mut().unwrap().remove("timeGenerated");
        }
    });
    for engine in ["never", "always"] {
        let block = json!({"environment": "demo", "resource_graph": engine});
        says(&checked(untimed.clone(), block, &key).await, "unknown", &["reason=scan_time_unsaid", "untimed=server"]);
    }
    says(&live(refused("Microsoft.Security/subAssessments"), &key).await, "unknown", &["reason=forbidden"]);
    says(&live(Tenant::demo(), &sandbox("defender_scan_done")).await, "not_applicable", &["plan_off"]);
}

#[tokio::test]
async fn resources_need_their_provider_registered() {
    let key = production("providers_registered");
    let row = live(provider("Microsoft.KeyVault", "Unregistered"), &key).await;
    says(&row, "fail", &["Microsoft.KeyVault Unregistered", "az provider register --namespace Microsoft.KeyVault"]);
    says(&live(provider("Microsoft.KeyVault", "Unregistering"), &key).await, "fail", &["Unregistering"]);
    says(&live(provider("Microsoft.EventHub", "RegistrationFailed"), &key).await, "fail", &["Microsoft.EventHub"]);
    says(&live(provider("Microsoft.EventHub", "NotRegistered"), &key).await, "pass", &["used="]);
    says(&live(refused(&format!("{PRODUCTION}/resources")), &key).await, "unknown", &["reason=forbidden"]);
}

#[tokio::test]
async fn private_clusters_are_listed_with_what_stays_unknown() {
    let key = production("private_clusters");
    says(&live(Tenant::demo(), &key).await, "pass", &["private=aks-fab-prod", "stays unknown"]);
    says(&live(Tenant::demo(), &sandbox("private_clusters")).await, "pass", &["clusters=1"]);
    says(&live(refused("managedClusters"), &key).await, "unknown", &["reason=forbidden"]);
    let none = edited("managed-clusters", |list| list["value"] = json!([]));
    says(&live(none, &key).await, "not_applicable", &["reason=no_resources"]);
    says(&live(provider("Microsoft.ContainerService", "NotRegistered"), &key).await, "not_applicable", &["not registered"]);
}

#[tokio::test]
async fn the_cause_of_a_scope_of_nothing_has_its_own_next_step() {
    let several = Inside::aimed(Tenant::demo(), ScopeSetting::Detect, "auto").await.read("connection", json!({})).await.ok();
    says(&row(&several, "subscription_detected"), "fail", &["sees 2 enabled subscriptions", "subscription_id"]);
    let empty = Tenant::demo();
    empty.edit("management-group-subscriptions", |list| list["value"] = json!([])).unwrap();
    let group = ScopeSetting::ManagementGroup("mg-sandbox".to_owned());
    let answer = Inside::aimed(empty, group, "auto").await.read("connection", json!({})).await.ok();
    says(&row(&answer, "subscription_detected"), "fail", &["hold no subscription", "management_group_id"]);
    let one = || ScopeSetting::Subscriptions([SANDBOX.to_owned()].into());
    let unlisted =
        edited("subscriptions", |list| list["value"].as_array_mut().unwrap().retain(|row| row["subscriptionId"] != SANDBOX));
    let silent = unlisted.with_fault(Fault::on(format!("/subscriptions/{SANDBOX}")).answer(503));
    let answer = Inside::aimed(silent, one(), "never").await.read("connection", json!({})).await.ok();
    says(&row(&answer, "subscription_detected"), "unknown", &["reason=unavailable"]);
}

#[tokio::test]
async fn a_subscription_of_another_tenant_is_a_gap_and_the_others_are_read() {
    let foreign = Tenant::demo();
    foreign
        .edit("subscriptions", |list| list["value"].as_array_mut().unwrap().retain(|row| row["subscriptionId"] != SANDBOX))
        .unwrap();
    let refused = Fault::on(format!("/subscriptions/{SANDBOX}")).refuse(401, "InvalidAuthenticationTokenTenant", "wrong issuer");
    let both = ScopeSetting::Subscriptions([PRODUCTION.to_owned(), SANDBOX.to_owned()].into());
    let inside = Inside::aimed(foreign.with_fault(refused), both, "never").await;
    let reading = inside.read("defender_plans", json!({})).await;
    assert_eq!(reading.gaps(), [format!("subscriptions not_visible /subscriptions/{SANDBOX}")]);
    assert!(!reading.ok()["plans"].as_array().unwrap().is_empty());
    let answer = inside.read("connection", json!({})).await.ok();
    says(&row(&answer, "scope_complete"), "fail", &[SANDBOX, "another tenant"]);
}

#[tokio::test]
async fn plans_that_are_needed_and_not_offered_are_unknown() {
    let gone = edited("pricings", |list| {
        list["value"].as_array_mut().unwrap().retain(|plan| ["SqlServers", "Arm"].contains(&plan["name"].as_str().unwrap()));
    });
    let row = check(gone, &format!("defender_plan_for_area|{PRODUCTION}")).await;
    says(&row, "unknown", &["reason=not_listed", "the list of plans lacks", "KeyVaults"]);
    let old = edited("pricings", |list| {
        let rows = list["value"].as_array_mut().unwrap();
        rows.retain(|plan| plan["name"] != "Containers");
        for plan in rows {
            let replaced = ["ContainerRegistry", "KubernetesService"].contains(&plan["name"].as_str().unwrap());
            plan["properties"]["pricingTier"] = json!(if replaced { "Free" } else { "Standard" });
        }
    });
    let row = check(old, &format!("defender_plan_for_area|{PRODUCTION}")).await;
    says(&row, "fail", &["ContainerRegistry", "KubernetesService"]);
}

#[tokio::test]
async fn what_is_held_below_a_subscription_is_more_than_reads_too() {
    let given = |role: &'static str| {
        edited("role-assignments", move |list| {
            let place = format!("/subscriptions/{PRODUCTION}/resourceGroups/rg-shop-prod");
            list["value"].as_array_mut().unwrap().push(assignment(1, PRINCIPAL_ID, role, &place));
        })
    };
    says(
        &check(given("8e3af657-a8ff-443c-a75c-2fe8c4bcb635"), &production("role_excess")).await,
        "fail",
        &["Owner", "below=Owner"],
    );
    says(&check(given(READER), &production("role_excess")).await, "pass", &["below=1"]);
    let custom = "fab0000e-0000-4000-8000-000000000001";
    says(&check(given(custom), &production("role_excess")).await, "unknown", &[custom, "reason=not_proven"]);
    let unread = refused("Microsoft.Authorization/roleAssignments");
    says(&check(unread, &production("role_excess")).await, "unknown", &["reason=forbidden"]);
    // A list of what it was given that lacks what it reads by is not all of it.
    let short = given(READER).with_fault(Fault::on("roleAssignments").keep(|row| row["id"].as_str().unwrap().contains("/rg-")));
    says(&check(short, &production("role_excess")).await, "unknown", &["reason=not_proven"]);
}

#[tokio::test(start_paused = true)]
async fn subscriptions_that_cannot_be_listed_are_not_none() {
    let unread = Tenant::demo().with_fault(Fault::on("/subscriptions").refuse(500, "InternalServerError", "no"));
    let answer = answer(unread).await;
    assert_eq!((&answer["detected_subscriptions"], &answer["visible_subscription_ids"]), (&Json::Null, &Json::Null));
    assert_eq!(answer["complete"], false);
}
