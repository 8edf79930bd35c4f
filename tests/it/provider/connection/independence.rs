//! One refused read spoils nothing but what rests on it.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// Status of every check.
fn statuses(answer: &Json) -> BTreeMap<String, String> {
    let text = |row: &Json, name: &str| row[name].as_str().unwrap().to_owned();
    answer["checks"].as_array().unwrap().iter().map(|row| (text(row, "key"), text(row, "status"))).collect()
}

/// The answer of a connection whose lists come from Resource Manager.
async fn of_subscriptions(tenant: Tenant) -> Json {
    let block = json!({"environment": "demo", "subscription_ids": [PRODUCTION, SANDBOX]});
    Inside::configured(tenant, block).await.read("connection", json!({})).await.ok()
}

/// The checks whose status differs from that of an untouched tenant, without subscriptions.
async fn changed(tenant: Tenant) -> BTreeSet<String> {
    let (before, after) = (statuses(&of_subscriptions(Tenant::demo()).await), statuses(&of_subscriptions(tenant).await));
    assert_eq!(before.len(), after.len());
    let differs = after.into_iter().filter(|(key, status)| before[key] != *status);
    differs.map(|(key, _)| key.split('|').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn each_refused_read_changes_only_the_checks_that_rest_on_it() {
    let cases: &[(&str, &[&str])] = &[
        ("/v1.0/organization", &["graph_reachable", "tenant_matches"]),
        ("/v1.0/subscribedSkus", &["license_p1", "license_p2"]),
        ("/v1.0/applications", &["credential_expiry", "graph_admin_consent"]),
        ("/appRoleAssignments", &["graph_admin_consent"]),
        ("/oauth2PermissionGrants", &[]),
        ("openid-configuration", &["cloud_matches"]),
        ("Microsoft.ResourceGraph", &["resource_graph_usable"]),
        ("managedClusters", &["private_clusters"]),
        ("/resources", &["defender_plan_for_area", "providers_registered", "resource_graph_usable"]),
        (
            "Microsoft.Security/pricings",
            &[
                "defender_coverage_full",
                "defender_foundational_on",
                "defender_plan_for_area",
                "defender_plans_readable",
                "defender_scan_done",
            ],
        ),
        ("Microsoft.Security/assessments", &["defender_assessments_present"]),
        ("Microsoft.Security/subAssessments", &["defender_scan_done"]),
    ];
    for (path, expected) in cases {
        let found = changed(refused(path)).await;
        assert!(found.iter().all(|id| expected.contains(&id.as_str())), "{path}: {found:?}");
        assert_eq!(found.is_empty(), expected.is_empty(), "{path}: {found:?}");
    }
}

#[tokio::test]
async fn a_subscription_that_refuses_the_token_leaves_the_others_readable() {
    let tenant = Tenant::demo().with_fault(Fault::on(format!("{SANDBOX}/providers/Microsoft.Security")).refuse(
        401,
        "InvalidAuthenticationTokenTenant",
        "The access token is from the wrong issuer",
    ));
    let answer = of_subscriptions(tenant).await;
    for id in ["defender_plans_readable", "defender_assessments_present"] {
        says(&row(&answer, &sandbox(id)), "unknown", &["reason=not_visible", "another tenant"]);
    }
    says(&row(&answer, &production("defender_plans_readable")), "pass", &[]);
    says(&row(&answer, &production("defender_assessments_present")), "pass", &[]);
}

/// Every check that rests on a read of Resource Manager, and the path of that read.
const OF_RESOURCE_MANAGER: &[(&str, &str)] = &[
    ("defender_assessments_present", "Microsoft.Security/assessments"),
    ("defender_coverage_full", "Microsoft.Security/pricings"),
    ("defender_plan_for_area", "Microsoft.Security/pricings"),
    ("defender_plans_readable", "Microsoft.Security/pricings"),
    ("defender_registered", "/providers"),
    ("defender_scan_done", "Microsoft.Security/subAssessments"),
    ("key_vault_readable", "Microsoft.Authorization/permissions"),
    ("management_group_readable", "Microsoft.Management/managementGroups"),
    ("policy_states_readable", "Microsoft.Authorization/permissions"),
    ("private_clusters", "managedClusters"),
    ("providers_registered", "/providers"),
    ("resource_graph_usable", "Microsoft.ResourceGraph"),
    ("role_excess", "Microsoft.Authorization/permissions"),
    ("role_reader", "Microsoft.Authorization/permissions"),
    ("role_security_reader", "Microsoft.Authorization/permissions"),
];

#[tokio::test]
async fn a_refused_token_is_never_told_as_a_missing_role() {
    for code in ["InvalidAuthenticationToken", "ExpiredAuthenticationToken", ""] {
        let refused = |path: &str| Tenant::demo().with_fault(Fault::on(path).refuse(401, code, "no"));
        for (id, path) in OF_RESOURCE_MANAGER {
            let block = json!({"environment": "demo", "subscription_ids": [PRODUCTION]});
            let inside = Inside::configured(refused(path), block).await;
            let answer = inside.read("connection", json!({"check_ids": [id]})).await.ok();
            let row = &answer["checks"][0];
            says(row, "unknown", &["reason=token_refused"]);
            assert!(!row.to_string().contains("az role assignment create"), "{id}: {row:#}");
        }
        for (id, path) in [
            ("graph_reachable", "/v1.0/organization"),
            ("license_p1", "/v1.0/subscribedSkus"),
            ("application_enabled", "/v1.0/servicePrincipals"),
            ("graph_admin_consent", "/v1.0/applications"),
        ] {
            says(&check(refused(path), id).await, "unknown", &["reason=token_refused"]);
        }
    }
}

#[tokio::test]
async fn a_subscription_list_that_is_not_read_says_why_to_the_last_check() {
    for (status, code, word) in [
        (401, "InvalidAuthenticationToken", "token_refused"),
        (429, "TooManyRequests", "throttled"),
        (400, "InvalidApiVersionParameter", "unsupported"),
    ] {
        for block in [json!({"environment": "demo"}), json!({"environment": "demo", "subscription_ids": [PRODUCTION]})] {
            let list = Fault::on("/subscriptions").host("management.demo.azposture");
            let list = if status == 429 { list.header("retry-after", "999999") } else { list };
            let tenant = Tenant::demo().with_fault(list.refuse(status, code, "no"));
            let answer = Inside::configured(tenant, block).await.read("connection", json!({})).await.ok();
            let reason = format!("reason={word}");
            for id in
                ["subscription_detected", "scope_complete", "subscription_enabled", "role_reader", "defender_plans_readable"]
            {
                says(&row(&answer, id), "unknown", &[&reason]);
            }
            says(&row(&answer, "resource_graph_usable"), "unknown", &[&reason]);
            assert!(!row(&answer, "subscription_detected").to_string().contains("az role assignment create"), "{answer:#}");
            let gaps = answer["unreadable"].as_array().unwrap();
            assert!(gaps.iter().any(|gap| gap["subject"] == "subscriptions" && gap["reason"] == word), "{gaps:#?}");
        }
    }
}

#[tokio::test]
async fn a_hostile_answer_stays_an_error() {
    let tenant = Tenant::demo().with_fault(Fault::on("/v1.0/organization").change(|answer| {
        answer["@odata.nextLink"] = json!("https://graph.evil.example/v1.0/organization?$skiptoken=x");
    }));
    let reading = Inside::on(tenant).await.read("connection", json!({})).await;
    assert_eq!(reading.errors(), ["Left its host"]);
}

#[tokio::test]
async fn what_could_not_be_read_is_in_unreadable_once() {
    let reading = Inside::on(refused("/v1.0/subscribedSkus")).await.read("connection", json!({})).await;
    assert_eq!(reading.gaps(), ["subscribed_skus forbidden graph"]);
    let answer = reading.ok();
    assert_eq!((&answer["complete"], &answer["license_plans"], &answer["ready"]), (&json!(false), &Json::Null, &json!(true)));
}

#[tokio::test]
async fn both_engines_lead_to_the_same_checks() {
    let read = async |engine: &str| {
        let block = json!({"environment": "demo", "resource_graph": engine});
        let mut answer = Inside::configured(Tenant::demo(), block).await.read("connection", json!({})).await.ok();
        let about_engines = |row: &Json| ["policy_states_readable", "resource_graph_usable"].iter().any(|id| row["id"] == *id);
        answer["checks"].as_array_mut().unwrap().retain(|row| !about_engines(row));
        answer["ready_for"].as_object_mut().unwrap().remove("policy");
        answer
    };
    assert_eq!(read("never").await, read("always").await);
}

#[tokio::test]
async fn without_resource_graph_what_comes_from_it_is_not_passed() {
    let answer = answer(refused("Microsoft.ResourceGraph")).await;
    for id in ["defender_assessments_present", "defender_plan_for_area", "defender_scan_done", "providers_registered"] {
        says(&row(&answer, &production(id)), "unknown", &["reason="]);
    }
    says(&row(&answer, &production("defender_registered")), "pass", &[]);
    assert_eq!((&answer["ready"], &answer["complete"]), (&json!(false), &json!(false)));
}
