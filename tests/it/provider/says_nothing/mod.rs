//! Answers with status 200 that say nothing: a list that is never empty in Azure, empty; a field that decides something, null, absent or
//! of another kind. Nobody may be reassured by one: nothing passes because of it, and what stands beside it stays.

mod covered;
mod fields;
mod filtered;
mod lists;
mod table;
mod twins;

use std::collections::{BTreeMap, BTreeSet};

use azposture::demo::{PRINCIPAL_ID, PRODUCTION, SANDBOX, Tenant};
use serde_json::{Value as Json, json};

use crate::support::inside::Inside;

/// The whole tenant through one engine.
async fn through(tenant: Tenant, resource_graph: &str) -> Inside {
    Inside::configured(tenant, json!({"environment": "demo", "resource_graph": resource_graph})).await
}

/// What is asked of a tenant. Each validation requires one thing, so that each passes or not by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Defender,
    GraphPermissions,
    /// What nothing is judged by: its rows and counts are looked at alone.
    Nothing,
    /// Who signs in without MFA, and who left.
    People,
    Roles,
}

fn validations(about: About) -> Vec<(&'static str, Json)> {
    match about {
        About::Defender => [PRODUCTION, SANDBOX].into_iter().flat_map(plans).map(|one| ("defender_validation", one)).collect(),
        About::GraphPermissions => permissions().into_iter().map(|one| ("graph_permission_validation", one)).collect(),
        About::Nothing => Vec::new(),
        About::People => people(),
        About::Roles => roles().into_iter().map(|one| ("role_assignment_validation", one)).collect(),
    }
}

fn plans(subscription: &str) -> Vec<Json> {
    let document = Tenant::demo().document("pricings");
    let names: BTreeSet<&str> = document["value"].as_array().unwrap().iter().filter_map(|row| row["name"].as_str()).collect();
    let all: Json = names.iter().map(|name| ((*name).to_owned(), json!({}))).collect::<serde_json::Map<_, _>>().into();
    [
        json!({"plans": all}),
        json!({"plans": all, "require_full_coverage": true}),
        json!({"plans": all, "only_relevant": true}),
        json!({"plans": {"VirtualMachines": {"subplan": "P2"}}}),
        json!({"plans": {"VirtualMachines": {"extensions": ["AgentlessVmScanning"]}, "CloudPosture": {"extensions": ["AgentlessVmScanning"]}}}),
        json!({"plans": {"VirtualMachines": {}, "Containers": {}}, "require_assessments": true, "require_scan_within_days": 3650}),
    ]
    .into_iter()
    .map(|mut one| {
        one["subscription_ids"] = json!([subscription]);
        one
    })
    .collect()
}

fn roles() -> Vec<Json> {
    let document = Tenant::demo().document("role-assignments");
    let rows = document["value"].as_array().unwrap();
    let holders: BTreeSet<&str> = rows.iter().filter_map(|row| row["properties"]["principalId"].as_str()).collect();
    let wanted = json!({
        "scopes": [format!("/subscriptions/{PRODUCTION}")],
        "role_definition_names": ["Owner", "Reader"],
        "actions": ["Microsoft.Storage/storageAccounts/read", "Microsoft.Storage/storageAccounts/write"],
    });
    let of = |whom: Json| {
        let mut one = wanted.clone();
        one.as_object_mut().unwrap().extend(whom.as_object().unwrap().clone());
        one
    };
    let others = holders.into_iter().filter(|id| *id != PRINCIPAL_ID).take(10);
    others.map(|id| of(json!({"principal_id": id}))).chain([of(json!({"self": true}))]).collect()
}

/// Somebody of each verdict, and a roster that one account of somebody who left does not meet.
fn people() -> Vec<(&'static str, Json)> {
    let user = |last: &str| format!("fab00002-0000-4000-8000-0000000000{last}");
    let one = |last: &str| ("mfa_validation", json!({"user_ids": [user(last)], "targets": ["all_apps", "azure_management"]}));
    let left = json!([
        {"email": "ava@fabrikam-outdoor.example"},
        {"email": "viktor@fabrikam-outdoor.example", "status": "terminated", "terminated_on": "2026-08-31"},
    ]);
    let roster = ("roster_validation", json!({"roster": left, "fail_on": ["terminated_enabled", "conflict"]}));
    vec![one("06"), one("0b"), one("25"), one("0e"), roster]
}

fn permissions() -> Vec<Json> {
    let document = Tenant::demo().document("app-role-assignments");
    let rows = document["value"].as_array().unwrap();
    let holders: BTreeSet<&str> = rows.iter().filter_map(|row| row["principalId"].as_str()).collect();
    let wanted = json!(["AuditLog.Read.All", "Directory.Read.All", "Mail.Read", "Policy.Read.All", "User.Read.All"]);
    let others = holders.into_iter().map(|id| json!({"principal_id": id, "permissions": wanted}));
    others.chain([json!({"self": true, "permissions": wanted})]).collect()
}

/// How everything that can pass ends: the checks of the connection, and the validations about these things.
async fn verdicts(inside: &Inside, about: &[About]) -> BTreeMap<String, String> {
    let mut all = checks(inside).await;
    all.extend(endings(inside, about.iter().flat_map(|about| validations(*about))).await);
    all
}

/// How the checks of the connection end.
async fn checks(inside: &Inside) -> BTreeMap<String, String> {
    let Some(answer) = inside.read("connection", json!({})).await.value else { return BTreeMap::new() };
    let text = |row: &Json, name: &str| row[name].as_str().unwrap().to_owned();
    answer["checks"].as_array().unwrap().iter().map(|row| (text(row, "key"), text(row, "status"))).collect()
}

/// How these validations end.
async fn endings(inside: &Inside, some: impl Iterator<Item = (&'static str, Json)>) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for (name, arguments) in some {
        let reading = inside.plan(name, arguments.clone()).await;
        let not_passed = match reading.errors().first() {
            None => "none".to_owned(),
            Some(summary) => not_passed(summary).unwrap_or_else(|| "all".to_owned()),
        };
        all.insert(format!("{name} {arguments}"), not_passed);
    }
    all
}

/// How many verdicts are no pass, from `… 2 failed, 1 unknown of 7`; none where nothing was judged.
fn not_passed(summary: &str) -> Option<String> {
    let (counts, _) = summary.split_once(": ")?.1.split_once(" of ")?;
    let numbers = counts.split(", ").map(|part| part.split(' ').next()?.parse::<usize>().ok());
    Some(numbers.collect::<Option<Vec<_>>>()?.iter().sum::<usize>().to_string())
}

/// What passes, or does not apply, that did not before.
fn reassured(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    let count = |status: &str| if status == "none" { Some(0) } else { status.parse::<usize>().ok() };
    let is_better = |was: Option<&String>, is: &str| match (was.and_then(|was| count(was)), count(is)) {
        (Some(was), Some(is)) => is < was,
        (None, Some(_)) => true,
        (_, None) => ["pass", "not_applicable"].contains(&is) && was.is_none_or(|was| was != is),
    };
    let turned = after.iter().filter(|(key, status)| is_better(before.get(*key), status));
    turned.map(|(key, status)| format!("{key}: {} -> {status}", before.get(key).map_or("nothing", String::as_str))).collect()
}
