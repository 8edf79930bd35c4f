//! Nothing outside the configured scope is ever asked for: shown of every data source and every validation there is.

use std::collections::BTreeSet;

use azposture::{
    azure::settings::ScopeSetting,
    demo::{PRINCIPAL_ID, PRODUCTION, Request, SANDBOX, Tenant},
    provider::Azposture,
    sdk::entry::Provider,
};
use serde_json::{Value as Json, json};

use crate::support::{held::grow, inside::Inside};

const GROUP: &str = "mg-sandbox";

/// What a data source is asked, several times where it reads differently.
fn asked(name: &str) -> Vec<Json> {
    match name {
        "app_credentials" => vec![json!({"kinds": ["certificate", "federated", "secret"], "limit": 0})],
        "connection" | "subscriptions" => vec![json!({})],
        "groups" => vec![json!({"display_names": ["*"], "include_members": true, "limit": 0})],
        "defender_assessments" => {
            vec![json!({"tags": {"env": "*"}, "limit": 0}), json!({"resource_group_names": ["rg-lab"], "include_risk": true})]
        }
        "directory_settings" => vec![json!({})],
        "roster_match" => vec![json!({"roster": [{"email": "ava@fabrikam-outdoor.example"}], "limit": 0})],
        "policy_compliance" => {
            vec![json!({"effects": ["Deny"], "resource_types": ["Microsoft.Compute/disks"], "limit": 0})]
        }
        "monitor_settings" => vec![
            json!({"limit": 0}),
            json!({"kinds": ["activity_log_export", "resource_diagnostic_settings"], "resource_types": ["Microsoft.KeyVault/vaults"], "limit": 0}),
        ],
        "regulatory_compliance" => vec![json!({"depth": "assessments", "limit": 0})],
        "resources" => {
            vec![
                json!({"limit": 0}),
                json!({"resource_group_names": ["rg-lab"], "tags": {"env": "*"}}),
                json!({"resource_types": ["Microsoft.KeyVault/vaults/keys", "Microsoft.KeyVault/vaults/secrets"]}),
            ]
        }
        "role_assignments" => {
            vec![json!({"limit": 0}), json!({"principal_ids": [PRINCIPAL_ID], "expand_groups": true})]
        }
        _ => vec![json!({"limit": 0})],
    }
}

/// Every data source, with what it is asked.
fn data_sources() -> impl Iterator<Item = (&'static str, Json)> {
    let names = Azposture::TABLES.data_sources.iter().copied().flatten().map(|entry| entry.name);
    names.flat_map(|name| asked(name).into_iter().map(move |arguments| (name, arguments)))
}

/// Arguments for every validation. What they find does not matter here.
fn validations() -> Vec<(&'static str, Json)> {
    let own = |more: Json| {
        let mut all = json!({"self": true, "enforcement": "warning", "on_unknown": "warning"});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    vec![
        ("connection_validation", json!({"enforcement": "warning", "on_unknown": "warning"})),
        (
            "defender_validation",
            json!({
                "plans": {"VirtualMachines": {}}, "require_assessments": true, "require_scan_within_days": 7, "enforcement": "warning"
            }),
        ),
        ("mfa_validation", json!({"all_users": true, "enforcement": "warning", "on_unknown": "warning"})),
        (
            "roster_validation",
            json!({"roster": [{"email": "ava@fabrikam-outdoor.example"}], "enforcement": "warning", "on_unknown": "warning"}),
        ),
        ("graph_permission_validation", own(json!({"permissions": ["Directory.Read.All", "AccessReview.Read.All"]}))),
        ("role_assignment_validation", own(json!({"role_definition_names": ["Reader"]}))),
        (
            "role_assignment_validation",
            own(json!({"actions": ["*/read"], "scopes": [format!("/subscriptions/{SANDBOX}/resourceGroups/rg-lab")]})),
        ),
    ]
}

/// The sandbox and three copies of it; only the sandbox is in its management group.
fn tenant() -> Tenant {
    let tenant = Tenant::demo();
    grow(&tenant, 3);
    tenant
        .edit("management-group-subscriptions", |list| {
            for row in list["value"].as_array_mut().unwrap().iter_mut().filter(|row| row["name"] != SANDBOX) {
                row["properties"]["parent"]["id"] = json!("/providers/Microsoft.Management/managementGroups/mg-production");
            }
        })
        .unwrap();
    tenant
}

/// Fails if a request points elsewhere. `own` is the management group that is the scope, if one is. Of other groups only the group
/// itself may be looked at, which is how ancestors are found.
fn stays(request: &Request, own: Option<&str>, by: &str) {
    let named = |after: &str| request.path.split_once(after).map(|(_, rest)| rest.split_once('/').unwrap_or((rest, "")));
    let subscription = named("/subscriptions/").map(|(id, _)| id);
    assert!(subscription.is_none_or(|id| id == SANDBOX), "{by}: {request:?}");
    let group = named("/managementGroups/");
    assert!(group.is_none_or(|(name, rest)| rest.is_empty() || Some(name) == own), "{by}: {request:?}");
    assert!(request.scope.iter().all(|name| name == SANDBOX || Some(name.as_str()) == own), "{by}: {request:?}");
    assert!(!request.path.ends_with("ResourceGraph/resources") || !request.scope.is_empty(), "{by}: {request:?}");
}

#[test]
fn every_validation_stands_in_the_table_of_this_file() {
    let there: BTreeSet<_> = Azposture::TABLES.validations.iter().copied().flatten().map(|entry| entry.name).collect();
    assert_eq!(validations().iter().map(|(name, _)| *name).collect::<BTreeSet<_>>(), there);
}

#[tokio::test]
async fn no_request_of_any_data_source_or_validation_names_anything_outside_the_scope() {
    let single = ScopeSetting::Subscriptions(BTreeSet::from([SANDBOX.to_owned()]));
    let group = ScopeSetting::ManagementGroup(GROUP.to_owned());
    for (scope, own) in [(single, None), (group, Some(GROUP))] {
        for engine in ["never", "always"] {
            let objects = data_sources().map(|one| (true, one)).chain(validations().into_iter().map(|one| (false, one)));
            for (is_read, (name, arguments)) in objects {
                // Each on its own connection: what one has read would be remembered for the next.
                let tenant = tenant();
                let inside = Inside::aimed(tenant.clone(), scope.clone(), engine).await;
                let by = format!("{name} {arguments} in {own:?} with {engine}");
                let reading = if is_read { inside.read(name, arguments).await } else { inside.open(name, arguments).await };
                assert!(reading.errors().is_empty(), "{by}: {:#?}", reading.said);
                assert!(!tenant.requests().is_empty(), "{by}");
                let mut value = reading.value.unwrap();
                // What the sign-in sees beyond the scope is listed, by name alone.
                if let Some(seen) = value.get_mut("detected_subscriptions") {
                    let is_outside = |row: &Json| row["key"] == PRODUCTION && row["in_scope"] == false;
                    assert!(seen.as_array().unwrap().iter().any(is_outside), "{by}");
                    *seen = Json::Null;
                }
                assert!(!value.to_string().contains(PRODUCTION), "{by}");
                tenant.requests().iter().for_each(|request| stays(request, own, &by));
            }
        }
    }
}
