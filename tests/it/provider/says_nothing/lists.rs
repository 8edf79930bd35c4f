//! Every list there is: those that always have a row in Azure, answered empty.

use std::collections::BTreeSet;

use azposture::{
    azure::arm::typed::types,
    demo::{Fault, GRAPH_HOST, PRODUCTION, SANDBOX, Tenant},
};
use serde_json::{Value as Json, json};

use super::{About, reassured, through, verdicts};
use crate::support::inside::Inside;

/// A list that is never empty: how it is recognized, the Resource Graph query that reads it too, and which data source it is a gap of,
/// under which name. The knowledge stands where each list is read (`Call::never_empty`).
struct Never {
    path: &'static str,
    query: &'static str,
    data_source: &'static str,
    subject: &'static str,
}

const fn never(path: &'static str, query: &'static str, data_source: &'static str, subject: &'static str) -> Never {
    Never { path, query, data_source, subject }
}

const NEVER: &[Never] = &[
    never("/policies/authenticationStrengthPolicies", "", "conditional_access_policies", "authentication_strengths"),
    never("/userRegistrationDetails", "", "users", "registration_details"),
    never("/descendants", "", "subscriptions", "management_groups"),
    never("/v1.0/applications", "", "app_credentials", "applications"),
    never("/v1.0/groups", "", "role_assignments", "groups"),
    never("/v1.0/organization", "", "", ""),
    never("/v1.0/roleManagement/directory/roleAssignments", "", "directory_role_assignments", "directory_role_assignments"),
    never("/v1.0/roleManagement/directory/roleDefinitions", "", "directory_role_assignments", "directory_roles"),
    never("/v1.0/servicePrincipals", "", "role_assignments", "service_principals"),
    never("/v1.0/users", "", "role_assignments", "users"),
    never("/appRoleAssignments", "", "", ""),
    never("/providers/Microsoft.Authorization/permissions", "", "defender_plans", "plans"),
    never("/providers/Microsoft.Authorization/roleAssignments", "roleassignments", "role_assignments", "role_assignments"),
    never("/providers/Microsoft.Authorization/roleDefinitions", "roledefinitions", "role_assignments", "role_definitions"),
    never("/providers/Microsoft.Security/assessmentMetadata", "", "defender_assessments", "assessment_metadata"),
    never("/providers/Microsoft.Security/pricings", "plans", "defender_plans", "plans"),
];

/// Lists that may be empty in Azure, or are answered by id: an empty one is an answer. So are those of all types of resources, which are
/// compared with what was counted.
const MAY_BE_EMPTY: &[&str] = &[
    "/conditionalAccess/namedLocations",
    "/conditionalAccess/policies",
    "/crossTenantAccessPolicy/partners",
    "/federatedIdentityCredentials",
    "/oauth2PermissionGrants",
    "/owners",
    "/providers/Microsoft.Authorization/denyAssignments",
    "/providers/Microsoft.Authorization/policyAssignments",
    "/providers/Microsoft.Authorization/policyDefinitions",
    "/providers/Microsoft.Authorization/policyExemptions",
    "/providers/Microsoft.Authorization/policySetDefinitions",
    "/providers/Microsoft.Authorization/roleAssignmentScheduleInstances",
    "/providers/Microsoft.Authorization/roleEligibilityScheduleInstances",
    "/providers/Microsoft.Insights/actionGroups",
    "/providers/Microsoft.Insights/activityLogAlerts",
    "/providers/Microsoft.Insights/diagnosticSettings",
    "/providers/Microsoft.Insights/metricAlerts",
    "/providers/Microsoft.Insights/scheduledQueryRules",
    "/providers/Microsoft.Management/managementGroups",
    "/providers/Microsoft.Security/alerts",
    "/providers/Microsoft.Security/assessments",
    "/providers/Microsoft.Security/secureScoreControls",
    "/providers/Microsoft.Security/secureScores",
    "/providers/Microsoft.Security/securityContacts",
    "/providers/Microsoft.Security/standardAssignments",
    "/providers/Microsoft.Security/subAssessments",
    "/regulatoryComplianceAssessments",
    "/regulatoryComplianceControls",
    "/regulatoryComplianceStandards",
    "/resourcegroups",
    "/resources",
    "/subscribedSkus",
    "/subscriptions",
    "/synchronization/jobs",
    "/transitiveMemberOf/microsoft.graph.group",
    "/transitiveMembers",
    "roleAssignmentScheduleInstances",
    "roleEligibilityScheduleInstances",
];

/// The tenant with this list empty, through whichever engine.
fn without(list: &Never) -> Tenant {
    let tenant = Tenant::demo().with_fault(Fault::on(list.path).method("GET").keep(|_| false));
    match list.query {
        "" => tenant,
        query => tenant.with_fault(Fault::on("Microsoft.ResourceGraph").named(query).keep(|_| false)),
    }
}

async fn read(inside: &Inside, data_source: &str) -> (Option<Json>, String) {
    let reading = inside.read(data_source, json!({"limit": 0})).await;
    let said = reading.said.iter().map(|one| format!("{} {}", one.summary, one.detail)).collect::<Vec<_>>().join("\n");
    let gaps = reading.gaps().join("\n");
    (reading.value, format!("{said}\n{gaps}"))
}

#[tokio::test]
async fn a_list_that_is_never_empty_and_comes_empty_is_a_gap_through_either_engine() {
    for list in NEVER.iter().filter(|list| !list.data_source.is_empty()) {
        for engine in ["never", "always"] {
            let (answer, said) = read(&through(without(list), engine).await, list.data_source).await;
            let complete = answer.map(|answer| answer["complete"].clone());
            assert!(complete.is_none_or(|complete| complete == false), "{} {engine}", list.path);
            let named = said.lines().any(|line| line.contains(list.subject) && line.contains("not_proven"));
            assert!(named, "{} {engine}: {said}", list.path);
        }
    }
}

#[tokio::test]
async fn nothing_passes_because_a_list_that_is_never_empty_came_empty() {
    let about = [About::Defender, About::GraphPermissions, About::People, About::Roles];
    for engine in ["never", "always"] {
        let before = verdicts(&through(Tenant::demo(), engine).await, &about).await;
        assert!(before.values().any(|status| status == "pass") && before.values().any(|status| status == "fail"));
        for list in NEVER {
            let after = verdicts(&through(without(list), engine).await, &about).await;
            assert_eq!(reassured(&before, &after), [""; 0], "{} {engine}", list.path);
        }
    }
}

#[tokio::test]
async fn what_stands_on_a_list_that_came_empty_is_unknown_and_no_failure() {
    let on = |path: &'static str, checks: &'static [&'static str]| (path, checks);
    for (path, checks) in [
        on("/v1.0/organization", &["graph_reachable", "tenant_matches"]),
        on("/appRoleAssignments", &["graph_admin_consent"]),
        on("/providers/Microsoft.Authorization/permissions", &["role_reader", "role_security_reader", "role_excess"]),
        on("/providers/Microsoft.Security/pricings", &["defender_plan_for_area", "defender_coverage_full", "defender_scan_done"]),
    ] {
        let list = NEVER.iter().find(|list| list.path == path).unwrap();
        let after = verdicts(&through(without(list), "never").await, &[]).await;
        for check in checks {
            let found: Vec<_> = after.iter().filter(|(key, _)| key.split('|').next() == Some(check)).collect();
            assert!(!found.is_empty() && found.iter().all(|(_, status)| *status == "unknown"), "{path}: {found:?}");
        }
    }
}

#[tokio::test]
async fn providers_that_came_empty_leave_their_checks_unknown() {
    let tenant = Tenant::demo();
    tenant.edit("providers", |list| list["value"] = json!([])).unwrap();
    let after = verdicts(&through(tenant, "never").await, &[]).await;
    for check in ["defender_registered", "providers_registered"] {
        for subscription in [PRODUCTION, SANDBOX] {
            assert_eq!(after[&format!("{check}|{subscription}")], "unknown");
        }
    }
}

#[tokio::test]
async fn one_subscription_without_rows_among_several_is_the_gap_and_its_neighbour_stays() {
    for (query, path, data_source, rows) in [
        ("plans", "Microsoft.Security/pricings", "defender_plans", "plans"),
        ("", "Microsoft.Security/pricings", "defender_plans", "plans"),
    ] {
        let of_another = |row: &Json| !row.to_string().to_lowercase().contains(SANDBOX);
        let mut tenant = Tenant::demo().with_fault(Fault::on(path).method("GET").subscription(SANDBOX).keep(of_another));
        if !query.is_empty() {
            tenant = tenant.with_fault(Fault::on("Microsoft.ResourceGraph").named(query).keep(of_another));
        }
        let engine = if query.is_empty() { "never" } else { "always" };
        let reading = through(tenant, engine).await.read(data_source, json!({"limit": 0})).await;
        assert_eq!(reading.gaps(), [format!("plans not_proven /subscriptions/{SANDBOX}")], "{engine}");
        let answer = reading.ok();
        let of_production = answer[rows].as_array().unwrap().iter().filter(|row| row["subscription_id"] == PRODUCTION).count();
        assert!(answer["complete"] == false && of_production > 0, "{engine}");
    }
}

/// A list that is read and stands in neither table would be one of which nobody has decided what an empty answer means.
#[tokio::test]
async fn of_every_list_that_is_read_it_is_decided_what_an_empty_one_means() {
    let mut undecided = BTreeSet::new();
    for engine in ["never", "always"] {
        let tenant = Tenant::demo();
        let inside = through(tenant.clone(), engine).await;
        verdicts(&inside, &[About::Defender, About::GraphPermissions, About::People, About::Roles]).await;
        for (name, arguments) in [
            ("app_credentials", json!({"kinds": ["federated", "secret"]})),
            ("defender_alerts", json!({})),
            ("defender_assessments", json!({"tags": {"env": "*"}})),
            ("defender_plans", json!({})),
            ("directory_role_assignments", json!({})),
            ("groups", json!({"display_names": ["*"], "include_members": true})),
            ("policy_compliance", json!({})),
            ("policy_exemptions", json!({})),
            ("resources", json!({})),
            ("resources", json!({"resource_types": ["Microsoft.KeyVault/vaults/keys", "Microsoft.KeyVault/vaults/secrets"]})),
            ("role_assignments", json!({"assignment_types": ["active", "eligible"], "expand_groups": true})),
            (
                "monitor_settings",
                json!({"kinds": ["activity_log_export", "resource_diagnostic_settings"], "resource_types": ["Microsoft.KeyVault/vaults"], "limit": 0}),
            ),
            ("monitor_settings", json!({})),
            ("regulatory_compliance", json!({"depth": "assessments"})),
            ("secure_score", json!({})),
            ("service_principals", json!({})),
            ("subscriptions", json!({})),
        ] {
            inside.read(name, arguments).await;
        }
        for request in tenant.requests().iter().filter(|request| request.method == "GET") {
            let path = request.path.as_str();
            let known = NEVER.iter().any(|list| path.ends_with(list.path))
                || MAY_BE_EMPTY.iter().any(|list| path.ends_with(list))
                || types().any(|one| one.endpoint.tail.split("{id}").last().is_some_and(|end| path.ends_with(end)))
                || is_one_object(path);
            if !known
                && !path.ends_with("/providers")
                && (request.host == GRAPH_HOST || path.contains("/subscriptions") || path.contains("/providers"))
            {
                undecided.insert(path.to_owned());
            }
        }
    }
    assert_eq!(undecided, BTreeSet::new());
}

/// Paths that end in an id or a name.
fn is_one_object(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    let is_id = last.len() == 36 && last.chars().all(|letter| letter.is_ascii_hexdigit() || letter == '-');
    let is_named =
        path.contains("/managementGroups/") && !path.contains("/providers/Microsoft.Authorization") && !last.eq("descendants");
    let is_policy = ["/crossTenantAccessPolicy/default", "/policies/identitySecurityDefaultsEnforcementPolicy"];
    is_policy.iter().any(|end| path.ends_with(end))
        || is_id
        || is_named
        || last.contains("(appId=")
        || last.starts_with("Microsoft.")
}
