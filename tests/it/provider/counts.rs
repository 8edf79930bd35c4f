//! Counts in `summary`: what was not seen is never 0, and an answer that is not complete says so once.

use azposture::{
    azure::settings::ScopeSetting,
    demo::{Fault, PRODUCTION, SANDBOX, Tenant},
};
use serde_json::{Value as Json, json};

use super::directory_roles::with_schedules;
use crate::support::{
    held::{READER, edit, hold, subscription},
    inside::{Inside, Reading},
};

const AVA: &str = "fab00002-0000-4000-8000-000000000001";
const ENGINEERING: &str = "fab00003-0000-4000-8000-000000000002";
const PORTAL: &str = "fab00004-0000-4000-8000-000000000007";
/// Holds no directory role.
const CAI: &str = "fab00002-0000-4000-8000-000000000003";
const NO_SET: &str = "/providers/Microsoft.Authorization/policySetDefinitions/fab0000e-0000-4000-8000-00000000ffff";
const NOBODY: &str = "fab0000e-0000-4000-8000-00000000ffff";
const TITLE: &str = "Not everything could be read";

async fn read(fault: Fault, name: &str, arguments: &Json) -> Reading {
    Inside::by_arm(with_schedules().with_fault(fault)).await.read(name, arguments.clone()).await
}

fn refused(part: &str) -> Fault {
    let of_graph = ["/v1.0", "/appRoleAssignments", "/oauth2PermissionGrants", "/owners", "roleManagement", "transitiveMembers"];
    let code = if of_graph.iter().any(|one| part.contains(one)) { "Authorization_RequestDenied" } else { "AuthorizationFailed" };
    Fault::on(part).refuse(403, code, "no")
}

#[tokio::test]
async fn a_count_whose_evidence_was_not_read_is_null_and_the_others_stay() {
    let plans = format!("{SANDBOX}/providers/Microsoft.Security/pricings");
    let assessments = format!("{SANDBOX}/providers/Microsoft.Security/assessments");
    let alerts = format!("{SANDBOX}/providers/Microsoft.Security/alerts");
    let policies = format!("{SANDBOX}/providers/Microsoft.Authorization/policyAssignments");
    let pricings = format!("{PRODUCTION}/providers/Microsoft.Security/pricings");
    let in_production = json!({"subscription_ids": [PRODUCTION], "since": "2026-11-02"});
    let scores = format!("{SANDBOX}/providers/Microsoft.Security/secureScores");
    let in_sandbox = json!({"subscription_ids": [SANDBOX]});
    let skipped = json!({"subscription_ids": [PRODUCTION], "statuses": ["Skipped"]});
    let controls = "Microsoft-cloud-security-benchmark/regulatoryComplianceControls";
    let of_export = json!({"kinds": ["activity_log_export"]});
    let settings = format!("{SANDBOX}/providers/Microsoft.Insights/diagnosticSettings");
    let vaults = format!("{SANDBOX}/providers/Microsoft.KeyVault/vaults");
    let no_vault = json!({"resource_types": ["Microsoft.KeyVault/vaults"], "names": ["no-such-vault"]});
    let nobodys = json!({"principal_types": ["Device"]});
    let of_none = json!({"principal_ids": [CAI]});
    let eligible = json!({"principal_types": ["Device"], "assignment_types": ["active", "eligible"]});
    let of_ava = json!({"principal_ids": [AVA]});
    let groups = json!({"principal_types": ["Device"], "expand_groups": true});
    let all = ["matched", "by_role", "by_principal_type", "orphaned", "conditional", "owners"];
    let directory = "directory_role_assignments";
    let of_engineering = json!({"group_ids": [ENGINEERING], "include_members": true});
    let of_portal = json!({"object_ids": [PORTAL]});
    let expired = json!({"statuses": ["not_yet_valid"], "on": ["service_principal"]});
    let of_trust = json!({"kinds": ["federated"], "statuses": ["expired"]});
    for (name, arguments, part, null, zero) in [
        ("app_credentials", &expired, "/v1.0/applications", &[][..], &["matched", "by_kind", "applications", "other"][..]),
        (
            "app_credentials",
            &json!({"statuses": ["no_end"], "kinds": ["certificate"]}),
            "/v1.0/servicePrincipals",
            &["matched", "by_status", "applications", "other"],
            &[],
        ),
        ("app_credentials", &of_trust, "/federatedIdentityCredentials", &["matched", "by_kind"], &[]),
        ("role_assignments", &of_ava, "/v1.0/users", &["orphaned"], &["conditional"]),
        ("role_assignments", &nobodys, &format!("{SANDBOX}/providers/Microsoft.Authorization/roleAssignments"), &all, &[]),
        ("role_assignments", &nobodys, "Microsoft.Authorization/denyAssignments", &[], &all),
        ("role_assignments", &nobodys, "roleAssignmentScheduleInstances", &[], &all),
        ("role_assignments", &groups, "/transitiveMembers", &["matched", "owners"], &[]),
        ("role_assignments", &eligible, "roleEligibilityScheduleInstances", &["matched", "eligible"], &["owners"]),
        (
            directory,
            &of_none,
            "roleAssignmentScheduleInstances",
            &["permanent_privileged"],
            &["matched", "global_administrators"],
        ),
        (directory, &of_none, "roleEligibilityScheduleInstances", &["matched", "eligible"], &["permanent_privileged"]),
        (directory, &of_none, "roleManagement/directory/roleDefinitions", &["permanent_privileged", "by_role"], &[]),
        (directory, &of_none, "/transitiveMembers", &["matched", "global_administrators", "guests"], &["permanent_privileged"]),
        (directory, &of_ava, "/v1.0/users", &[], &["guests"]),
        ("policy_compliance", &json!({"policy_set_definition_ids": [NO_SET]}), &policies, &["matched", "other"], &[]),
        (
            "policy_exemptions",
            &json!({"subscription_ids": [SANDBOX], "categories": ["Mitigated"], "source": "defender"}),
            "/permissions",
            &["matched", "without_expiry", "by_status", "by_category", "other"],
            &[],
        ),
        ("defender_plans", &json!({"plan_names": ["Arm"]}), &plans, &["partially_covered", "deprecated"], &[]),
        ("defender_plans", &json!({"plan_names": ["Arm"]}), "/resources", &[], &["deprecated"]),
        (
            "defender_assessments",
            &json!({"assessment_keys": [NOBODY]}),
            &assessments,
            &["matched", "unhealthy", "by_severity"],
            &[],
        ),
        (
            "defender_alerts",
            &json!({"alert_types": ["VM_NONE"]}),
            &alerts,
            &["matched", "by_status", "by_severity", "other"],
            &[],
        ),
        ("defender_alerts", &in_production, &pricings, &["matched", "by_status", "by_severity", "other"], &[]),
        ("defender_alerts", &in_production, "/assessmentMetadata", &[], &["matched", "by_status", "by_severity", "other"]),
        ("defender_assessments", &json!({}), "/assessmentMetadata", &["metadata_missing", "by_severity"], &[]),
        ("defender_assessments", &json!({"assessment_keys": [NOBODY]}), "/assessmentMetadata", &["by_severity"], &["unhealthy"]),
        ("groups", &of_engineering, "/transitiveMembers", &["empty"], &["dynamic", "synced"]),
        ("monitor_settings", &of_export, &settings, &["subscriptions_without_export", "resources_without_settings"], &[]),
        ("regulatory_compliance", &in_sandbox, "/pricings", &["matched", "by_state", "other"], &[]),
        ("regulatory_compliance", &skipped, controls, &["matched", "by_state", "other"], &[]),
        ("resources", &no_vault, &vaults, &["matched", "by_type", "by_location", "by_subscription"], &[]),
        ("resources", &no_vault, "Microsoft.Storage/storageAccounts", &[], &["matched", "by_type"]),
        ("secure_score", &json!({}), "Microsoft.Security/secureScoreControls", &["matched"], &[]),
        ("service_principals", &of_portal, "/oauth2PermissionGrants", &["privileged"], &["agents", "with_expired_credentials"]),
        ("service_principals", &of_portal, "/appRoleAssignments", &["privileged"], &["foreign", "other"]),
        ("service_principals", &of_portal, "/owners", &[], &["privileged", "agents"]),
        ("secure_score", &json!({"include_controls": false}), &scores, &["matched"], &[]),
    ] {
        let reading = read(refused(part), name, arguments).await;
        let summary = reading.ok()["summary"].clone();
        for count in null {
            assert_eq!(summary[count], Json::Null, "{name} {arguments} without {part}: {count} in {summary:#}");
        }
        for count in zero {
            let nothing = [json!(0), json!({})].contains(&summary[count]);
            assert!(nothing, "{name} {arguments} without {part}: {count} in {summary:#}");
        }
    }
}

#[tokio::test]
async fn what_was_seen_of_a_part_counts() {
    let part = format!("{SANDBOX}/providers/Microsoft.Authorization/roleAssignments");
    let answer = read(refused(&part), "role_assignments", &json!({})).await.ok();
    let seen = answer["summary"]["matched"].as_u64();
    assert!(seen > Some(0) && answer["summary"]["owners"].as_u64() > Some(0), "{answer:#}");
}

#[tokio::test]
async fn what_was_not_asked_for_is_not_counted() {
    let inside = Inside::on(Tenant::demo()).await;
    for (name, arguments, null) in [
        ("role_assignments", json!({}), &["eligible"][..]),
        ("role_assignments", json!({"assignment_types": ["eligible"]}), &["owners"]),
        ("directory_role_assignments", json!({"assignment_types": ["active"]}), &["eligible"]),
    ] {
        let summary = inside.read(name, arguments.clone()).await.ok()["summary"].clone();
        assert!(null.iter().all(|count| summary[count].is_null()), "{name} {arguments}: {summary:#}");
    }
}

#[tokio::test]
async fn subscriptions_that_are_not_proven_to_be_all_are_not_none() {
    let tenant = Tenant::demo();
    hold(&tenant, &[(READER, &subscription(PRODUCTION))]);
    let inside = Inside::aimed(tenant, ScopeSetting::ManagementGroup("mg-fabrikam".to_owned()), "auto").await;
    let summary = inside.read("subscriptions", json!({"states": ["Disabled"]})).await.ok()["summary"].clone();
    assert_eq!(summary, json!({"matched": null, "returned": 0, "by_state": null, "other": null}));
}

#[tokio::test]
async fn an_answer_that_is_not_complete_says_so_once_and_names_the_first_gap() {
    let alerts = format!("{SANDBOX}/providers/Microsoft.Security/alerts");
    let policies = format!("{SANDBOX}/providers/Microsoft.Authorization/policyAssignments");
    for (name, part, first) in [
        ("app_credentials", "/v1.0/servicePrincipals", "service_principals on graph: forbidden (Authorization_RequestDenied). "),
        ("connection", "/v1.0/organization", "organization on graph: forbidden (Authorization_RequestDenied). "),
        ("defender_alerts", alerts.as_str(), "alerts on /subscriptions/"),
        ("defender_assessments", "/assessmentMetadata", "assessment_metadata on /subscriptions/"),
        ("defender_plans", "/resources", "resources on /subscriptions/"),
        ("directory_role_assignments", "roleAssignmentScheduleInstances", "directory_role_assignment_schedules on graph: "),
        ("policy_compliance", policies.as_str(), "policy_assignments on /subscriptions/"),
        ("policy_exemptions", "/standardAssignments", "standard_assignments on /subscriptions/"),
        ("monitor_settings", "/metricAlerts", "metric_alerts on /subscriptions/"),
        ("regulatory_compliance", "/regulatoryComplianceControls", "regulatory_compliance_controls on /subscriptions/"),
        ("resources", "/providers/Microsoft.KeyVault/vaults", "resources on /subscriptions/"),
        ("role_assignments", "denyAssignments", "deny_assignments on /subscriptions/"),
        ("secure_score", "/secureScoreControls", "secure_score_controls on /subscriptions/"),
        ("service_principals", "/owners", "owners on graph: forbidden (Authorization_RequestDenied). "),
        ("subscriptions", "/descendants", "management_groups on tenant: "),
    ] {
        let reading = read(refused(part), name, &json!({})).await;
        assert_eq!(reading.value.as_ref().unwrap()["complete"], false, "{name}");
        assert_eq!(reading.warnings(), [TITLE], "{name}: {:?}", reading.said);
        assert!(reading.detail().starts_with(first), "{name}: {}", reading.detail());
        assert!(reading.detail().contains("in `unreadable`"), "{name}: {}", reading.detail());
    }
}

#[tokio::test]
async fn of_whom_nobody_knows_whether_they_exist_none_is_not_the_number_of_orphans() {
    for kind in ["Device", "ForeignGroup"] {
        let tenant = Tenant::demo();
        edit(&tenant, "role-assignments", |rows| rows[0]["properties"]["principalType"] = json!(kind));
        let answer = Inside::by_arm(tenant).await.read("role_assignments", json!({"principal_types": [kind]})).await.ok();
        let rows = answer["role_assignments"].as_array().unwrap();
        assert!(!rows.is_empty() && rows.iter().all(|row| row["orphaned"].is_null()), "{kind}");
        assert_eq!(answer["summary"]["orphaned"], Json::Null, "{kind}");
    }
}
