//! `triggers` say that something has just changed: what was read before does not count.

use std::collections::{BTreeMap, BTreeSet};

use azposture::demo::Tenant;
use serde_json::{Value as Json, json};

use crate::support::inside::Inside;

/// A validation, its arguments, what reads the same list before it, and the end of that list's path.
fn rows() -> Vec<(&'static str, Json, (&'static str, Json), &'static str)> {
    vec![
        (
            "defender_validation",
            json!({"plans": {"SqlServers": {}}, "tags": {"env": "prod"}}),
            ("defender_plans", json!({})),
            "/providers/Microsoft.Security/pricings",
        ),
        (
            "role_assignment_validation",
            json!({"self": true, "role_definition_names": ["Reader"]}),
            ("connection", json!({})),
            "/providers/Microsoft.Authorization/permissions",
        ),
        (
            "graph_permission_validation",
            json!({"self": true, "permissions": ["Directory.Read.All"]}),
            ("connection", json!({})),
            "/appRoleAssignments",
        ),
        ("connection_validation", json!({"check_ids": ["*"]}), ("connection", json!({})), "/appRoleAssignments"),
    ]
}

/// How often each list whose path ends so was read from its start.
fn reads(tenant: &Tenant, end: &str) -> BTreeSet<usize> {
    let mut times = BTreeMap::<String, usize>::new();
    for request in tenant.requests().iter().filter(|request| request.path.ends_with(end) && request.page == 1) {
        *times.entry(request.path.clone()).or_default() += 1;
    }
    times.into_values().collect()
}

#[tokio::test]
async fn a_validation_shares_what_was_read_unless_it_has_triggers() {
    for (validation, arguments, (data_source, read), list) in rows() {
        for (triggers, times) in [(Json::Null, 1), (json!({"grant": "1"}), 2)] {
            let tenant = Tenant::demo();
            let inside = Inside::by_arm(tenant.clone()).await;
            inside.read(data_source, read.clone()).await.ok();
            assert_eq!(reads(&tenant, list), [1].into(), "{data_source}");
            let mut arguments = arguments.clone();
            arguments["triggers"] = triggers.clone();
            inside.plan(validation, arguments).await;
            assert!(reads(&tenant, list).contains(&times), "{validation} {triggers}: {:?}", reads(&tenant, list));
            assert!(reads(&tenant, list).iter().all(|read| *read <= times), "{validation} {triggers}");
        }
    }
}
