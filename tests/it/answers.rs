//! What every object answers about the demo tenant, by both engines, as it was when somebody last looked: a change of shape behind the
//! answers changes none of them. `make generate` rewrites the files, of which git then shows the difference.

use std::path::PathBuf;

use azposture::{
    demo::Tenant,
    sdk::{Diagnostics, Severity},
};
use serde_json::{Map, Value as Json, json};

use crate::{
    golden::golden,
    provider::hostile::objects,
    support::inside::{Inside, Reading},
};

/// What each object is asked beside nothing, or what it needs, and what makes it read all it can.
fn more(name: &str) -> Vec<Json> {
    match name {
        "app_credentials" => vec![
            json!({"kinds": ["certificate", "federated", "secret"], "limit": 0}),
            json!({"statuses": ["expired", "expiring"], "as_of": "2027-03-01", "on": ["application"]}),
        ],
        "defender_plans" => vec![json!({"include_deprecated": true, "only_relevant": true, "limit": 0})],
        "defender_assessments" => vec![
            json!({"statuses": ["Healthy", "NotApplicable", "Unhealthy"], "include_risk": true, "limit": 0}),
            json!({"tags": {"env": "prod"}, "severities": ["high"]}),
        ],
        "defender_alerts" => vec![
            json!({"statuses": ["Active", "InProgress", "Resolved", "Dismissed"], "limit": 0}),
            json!({"severities": ["low"], "since": "2026-10-25"}),
        ],
        "conditional_access_policies" => vec![json!({"states": ["enabled"], "limit": 0})],
        "mfa_coverage" => vec![
            json!({"statuses": ["blocked", "enforced", "not_applicable", "not_enforced", "partial", "unknown"], "limit": 0}),
            json!({"privileged_only": true, "targets": ["all_apps", "azure_management", "admin_portals"]}),
        ],
        "roster_match" => vec![json!({
            "roster": [
                {"email": "ava@fabrikam-outdoor.example"},
                {"email": "svc-print@fabrikam-outdoor.example", "kind": "service"},
                {"email": "viktor@fabrikam-outdoor.example", "status": "terminated", "terminated_on": "2026-08-31"},
            ],
            "statuses": ["conflict", "declared_service", "linked", "terminated_enabled"],
        })],
        "mfa_validation" => vec![json!({"privileged": true, "enforcement": "warning", "on_unknown": "warning"})],
        "policy_compliance" => vec![
            json!({"effects": ["Deny"], "resource_types": ["Microsoft.Compute/virtualMachines"]}),
            json!({"statuses": ["Compliant", "Exempt"], "limit": 3}),
        ],
        "policy_exemptions" => vec![json!({"statuses": ["expired", "permanent"], "source": "policy"})],
        "role_assignments" => vec![
            json!({"assignment_types": ["active", "eligible"], "expand_groups": true, "limit": 0}),
            json!({"privileged_only": true}),
        ],
        "directory_role_assignments" => {
            vec![json!({"assignment_types": ["active", "eligible"], "expand_groups": true, "limit": 0})]
        }
        "groups" => vec![json!({"display_names": ["*"], "include_members": true, "limit": 0}), json!({"role_assignable": true})],
        "monitor_settings" => vec![
            json!({"kinds": ["action_groups", "activity_log_export"], "limit": 2}),
            json!({"kinds": ["resource_diagnostic_settings"], "resource_types": ["Microsoft.KeyVault/vaults"]}),
        ],
        "regulatory_compliance" => vec![
            json!({"depth": "assessments", "limit": 0}),
            json!({"depth": "standards", "standards": ["microsoft_cloud_security_benchmark"], "statuses": ["Failed"]}),
        ],
        "users" => {
            vec![json!({"inactive_days": 90, "limit": 0}), json!({"user_types": ["Guest"], "include_registration": false})]
        }
        "vulnerabilities" => vec![
            json!({"statuses": ["Healthy", "NotApplicable", "Unhealthy"], "limit": 0}),
            json!({"severities": ["high"], "kinds": ["sql", "container_image"], "limit": 2}),
        ],
        "resources" => vec![
            json!({"limit": 0}),
            json!({"resource_types": ["Microsoft.Network/azureFirewalls", "Microsoft.KeyVault/vaults"], "tags": {"env": "*"}}),
            json!({"resource_types": ["Microsoft.KeyVault/vaults/secrets", "Microsoft.Storage/storageAccounts/blobServices/containers"]}),
        ],
        "service_principals" => vec![
            json!({"include_microsoft": true, "include_grants": false, "limit": 3}),
            json!({"privileged_only": true, "display_names": ["*"]}),
        ],
        "secure_score" => vec![json!({"include_controls": false, "limit": 0}), json!({"limit": 2})],
        "defender_validation" => {
            vec![json!({"plans": {"VirtualMachines": {}, "SqlServers": {}, "Containers": {}, "StorageAccounts": {}},
                "require_assessments": true, "require_scan_within_days": 7, "only_relevant": true})]
        }
        "role_assignment_validation" => vec![json!({"self": true, "role_definition_names": ["Reader"]})],
        _ => vec![],
    }
}

fn said(diagnostics: &Diagnostics) -> Vec<Json> {
    let word = |severity| if severity == Severity::Error { "error" } else { "warning" };
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    diagnostics.iter().map(|one| json!({word(one.severity): one.summary, "detail": lines(&one.detail)})).collect()
}

/// Objects over lines, and each row of a list on one: a difference shows rows.
fn laid_out(value: &Json, indent: usize) -> String {
    let (margin, end) = (" ".repeat(indent + 1), " ".repeat(indent));
    let over_lines = |lines: Vec<String>, [open, close]: [&str; 2]| match lines.is_empty() {
        true => format!("{open}{close}"),
        false => format!("{open}\n{margin}{}\n{end}{close}", lines.join(&format!(",\n{margin}"))),
    };
    match value {
        Json::Object(object) => {
            let lines = object.iter().map(|(key, value)| format!("{}: {}", json!(key), laid_out(value, indent + 1)));
            over_lines(lines.collect(), ["{", "}"])
        }
        Json::Array(rows) => over_lines(rows.iter().map(Json::to_string).collect(), ["[", "]"]),
        plain => plain.to_string(),
    }
}

async fn answer(name: &str, is_source: bool, arguments: &Json, engine: &str) -> Json {
    let inside = Inside::configured(Tenant::demo(), json!({"environment": "demo", "resource_graph": engine})).await;
    let Reading { value, said: diagnostics } = match is_source {
        true => inside.read(name, arguments.clone()).await,
        false => inside.open(name, arguments.clone()).await,
    };
    json!({"value": value, "said": said(&diagnostics)})
}

#[tokio::test]
async fn the_answers_are_those_of_before_by_both_engines() {
    for (name, is_source, arguments) in objects() {
        let mut all = Map::new();
        let nothing = is_source.then(|| json!({}));
        for arguments in nothing.into_iter().chain([arguments]).chain(more(name)) {
            let by_arm = answer(name, is_source, &arguments, "never").await;
            let by_graph = answer(name, is_source, &arguments, "always").await;
            let case = match by_arm == by_graph {
                true => json!({"by_either_engine": by_arm}),
                false => json!({"resource_graph = never": by_arm, "resource_graph = always": by_graph}),
            };
            all.insert(arguments.to_string(), case);
        }
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/answers/{name}.json"));
        golden(&path, &(laid_out(&Json::Object(all), 0) + "\n"));
    }
}
