//! What `azposture_role_assignment_validation` does not take for certain: lists that contradict each other, principals that are gone,
//! conditions, tenants and roles that are not in sight.

use azposture::{
    azure::settings::ScopeSetting,
    demo::{Fault, PRINCIPAL_ID, PRODUCTION, Tenant},
};
use serde_json::{Value as Json, json};

use super::role_validation::{
    DENIZ, ENGINEERING, GRETA, HUGO, NAME, PRINTER, READER, green, group, plan, production, red, unknown, wants,
};
use crate::support::{
    held::{assignment, edited},
    inside::Inside,
};

const AVA: &str = "fab00002-0000-4000-8000-000000000001";
const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const ELIN: &str = "fab00002-0000-4000-8000-000000000005";

/// Places the group of the production subscription below that of the sandbox, as a list that is out of date does.
fn misplaced(answer: &mut Json) {
    for row in answer["value"].as_array_mut().unwrap().iter_mut() {
        if row["name"] == PRODUCTION {
            row["properties"]["parent"]["id"] = json!("/providers/Microsoft.Management/managementGroups/mg-sandbox");
        }
    }
}

#[tokio::test]
async fn the_service_that_grants_knows_better_than_the_tree_what_stands_above() {
    let moved = || Tenant::demo().with_fault(Fault::on("/descendants").change(misplaced));
    let granting = moved();
    granting.edit("role-eligibility-schedule-instances", |list| list["value"] = json!([])).unwrap();
    green(&plan(granting, wants(DENIZ, "Contributor", &production())).await);
    let above = "/providers/Microsoft.Management/managementGroups/mg-production";
    let denying = moved();
    denying
        .edit("deny-assignments", |list| {
            let rows = list["value"].as_array_mut().unwrap();
            let mut row = rows[0].clone();
            row["id"] =
                json!(format!("{above}/providers/Microsoft.Authorization/denyAssignments/fab0000e-0000-4000-8000-0000000000ff"));
            row["properties"]["scope"] = json!(above);
            row["properties"]["permissions"][0]["actions"] = json!(["*"]);
            row["properties"]["permissions"][0]["notActions"] = json!([]);
            rows.push(row);
        })
        .unwrap();
    red(&plan(denying, wants(HUGO, "Contributor", &production())).await, "denied");
}

#[tokio::test]
async fn what_may_be_activated_on_a_group_that_is_elsewhere_is_not_certain() {
    let tenant =
        Tenant::demo().with_fault(Fault::on("Microsoft.Authorization/roleEligibilityScheduleInstances").change(|answer| {
            let mut row = answer["value"][0].clone();
            row["id"] = json!("elsewhere");
            row["properties"]["scope"] = json!("/providers/Microsoft.Management/managementGroups/mg-sandbox");
            row["properties"]["principalId"] = json!(PRINTER);
            row["properties"]["principalType"] = json!("User");
            row["properties"]["roleDefinitionId"] = json!(format!("/providers/Microsoft.Authorization/roleDefinitions/{READER}"));
            answer["value"].as_array_mut().unwrap().push(row);
        }));
    let mut arguments = wants(PRINTER, "Reader", &production());
    red(&plan(tenant.clone(), arguments.clone()).await, "role_missing");
    arguments["accept_eligible"] = json!(true);
    let reading = plan(tenant, arguments).await;
    unknown(&reading, "not_proven");
    assert!(reading.detail().contains("management_groups on /subscriptions/"), "{}", reading.detail());
}

#[tokio::test]
async fn a_role_that_outlived_its_principal_is_no_pass() {
    let reading = plan(Tenant::demo(), wants("fab00010-0000-4000-8000-000000000195", "Reader", &production())).await;
    unknown(&reading, "not_visible");
    assert!(reading.detail().contains("deleted, or younger than a few minutes"), "{}", reading.detail());
    assert!(reading.detail().contains("az ad sp show --id"), "{}", reading.detail());
}

#[tokio::test]
async fn a_caller_whom_the_directory_does_not_know_yet_exists_all_the_same() {
    let tenant = Tenant::demo();
    tenant
        .edit("service-principals", |list| list["value"].as_array_mut().unwrap().retain(|row| row["id"] != PRINCIPAL_ID))
        .unwrap();
    green(&plan(tenant, json!({"self": true, "role_definition_names": ["Reader"], "scopes": [production()]})).await);
}

#[tokio::test]
async fn a_built_in_role_whose_condition_the_service_does_not_say_is_conditional_all_the_same() {
    const DATA_ACCESS: &str = "8b54135c-b56d-4d72-a534-26097cfdc8d8";
    let tenant = Tenant::demo();
    tenant
        .edit("role-definitions", |list| {
            list["value"].as_array_mut().unwrap().push(json!({
                "id": format!("/providers/Microsoft.Authorization/roleDefinitions/{DATA_ACCESS}"), "name": DATA_ACCESS,
                "type": "Microsoft.Authorization/roleDefinitions",
                "properties": {
                    "roleName": "Key Vault Data Access Administrator", "type": "BuiltInRole", "assignableScopes": ["/"],
                    "permissions": [{
                        "actions": ["Microsoft.Authorization/roleAssignments/write", "Microsoft.KeyVault/vaults/*/read"],
                        "notActions": [], "dataActions": [], "notDataActions": [],
                    }],
                }
            }));
        })
        .unwrap();
    tenant
        .edit("role-assignments", |list| {
            list["value"].as_array_mut().unwrap().push(assignment(1, PRINTER, DATA_ACCESS, &production()));
        })
        .unwrap();
    let inside = Inside::on(tenant).await;
    let can = |action: &str| json!({"principal_id": PRINTER, "actions": [action], "scopes": [production()]});
    let mut writing = can("Microsoft.Authorization/roleAssignments/write");
    red(&inside.plan(NAME, writing.clone()).await, "conditional_only");
    writing["accept_conditional"] = json!(true);
    green(&inside.plan(NAME, writing).await);
    green(&inside.plan(NAME, can("Microsoft.KeyVault/vaults/*/read")).await);
}

#[tokio::test]
async fn a_deny_assignment_that_does_not_say_whom_or_what_is_unknown_and_not_nothing() {
    for field in ["principals", "permissions"] {
        let tenant = Tenant::demo();
        tenant.edit("deny-assignments", |list| list["value"][0]["properties"][field] = Json::Null).unwrap();
        let arguments =
            json!({"principal_id": HUGO, "actions": ["Microsoft.Web/sites/write"], "scopes": [group("mrg-inventory-app")]});
        let reading = plan(tenant, arguments).await;
        unknown(&reading, "invalid_response");
        assert!(reading.detail().contains("deny_assignments on"), "{field}: {}", reading.detail());
    }
}

#[tokio::test]
async fn a_deny_assignment_on_a_condition_is_unknown() {
    for pointer in ["/value/0/properties", "/value/0/properties/permissions/0"] {
        let tenant = Tenant::demo();
        tenant
            .edit("deny-assignments", |list| {
                list.pointer_mut(pointer).unwrap()["condition"] = json!("@Resource[name] StringEquals 'x'")
            })
            .unwrap();
        let arguments =
            json!({"principal_id": HUGO, "actions": ["Microsoft.Web/sites/write"], "scopes": [group("mrg-inventory-app")]});
        unknown(&plan(tenant, arguments).await, "not_proven");
    }
}

#[tokio::test]
async fn what_may_be_activated_counts_only_while_it_is_in_force() {
    for (field, value, expected) in [
        ("status", "Provisioned", "pass"),
        ("status", "Accepted", "pass"),
        ("status", "Revoked", "role_missing"),
        ("status", "Canceled", "role_missing"),
        ("status", "AdminDenied", "role_missing"),
        ("status", "PendingApproval", "not_proven"),
        ("endDateTime", "2020-01-01T00:00:00Z", "role_missing"),
        ("startDateTime", "2999-01-01T00:00:00Z", "role_missing"),
    ] {
        let tenant = Tenant::demo().with_fault(Fault::on("roleEligibilityScheduleInstances").change(move |answer| {
            answer["value"].as_array_mut().unwrap().iter_mut().for_each(|row| row["properties"][field] = json!(value));
        }));
        let mut arguments = wants(GRETA, "Owner", &group("rg-platform-prod"));
        arguments["accept_eligible"] = json!(true);
        let reading = plan(tenant.clone(), arguments).await;
        match expected {
            "pass" => green(&reading),
            "not_proven" => unknown(&reading, expected),
            _ => red(&reading, expected),
        }
        let listed = Inside::on(tenant).await.read("role_assignments", json!({"assignment_types": ["eligible"]})).await.ok();
        assert_eq!(listed["summary"]["matched"] == 0, expected == "role_missing", "{field} {value}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_of_subscriptions_looks_roles_up_no_higher_than_it_may() {
    let block = || json!({"environment": "demo", "subscription_ids": [PRODUCTION]});
    let wanted = json!({"principal_id": DENIZ, "actions": ["Microsoft.Web/sites/write"], "scopes": [production()]});
    for (status, reason) in [(403, "forbidden"), (503, "unavailable")] {
        let lists = Fault::on("Microsoft.Authorization/roleDefinitions").refuse(status, "AuthorizationFailed", "no");
        let inside = Inside::configured(Tenant::demo().with_fault(lists), block()).await;
        unknown(&inside.plan(NAME, wanted.clone()).await, reason);
        let reading = inside.read("role_assignments", json!({})).await;
        assert!(
            reading.gaps().iter().any(|gap| *gap == format!("role_definitions {reason} {}", production())),
            "{:?}",
            reading.said
        );
    }
    // The list leaves a role out that is assigned above.
    let without = Fault::on("Microsoft.Authorization/roleDefinitions").keep(|row| row["name"] != READER);
    let inside = Inside::configured(Tenant::demo().with_fault(without), block()).await;
    let reading = inside.plan(NAME, json!({"principal_id": DENIZ, "actions": ["*/read"], "scopes": [production()]})).await;
    green(&reading);
}

#[tokio::test]
async fn in_a_subscription_of_another_tenant_only_what_is_given_directly_is_certain() {
    let tenant = Tenant::demo();
    tenant.edit("subscriptions", |list| list["value"][0]["tenantId"] = json!("fab00000-0000-4000-8000-0000000000ff")).unwrap();
    let inside = Inside::configured(tenant.clone(), json!({"environment": "demo", "subscription_ids": [PRODUCTION]})).await;
    green(&inside.plan(NAME, wants(HUGO, "Contributor", &production())).await);
    let missing = inside.plan(NAME, wants(HUGO, "Owner", &production())).await;
    unknown(&missing, "not_proven");
    assert!(missing.detail().contains("Azure Lighthouse"), "{}", missing.detail());
    // The directory that was asked is not the one that knows him, if any does.
    let stranger = "fab00010-0000-4000-8000-000000000195";
    unknown(&inside.plan(NAME, wants(stranger, "Reader", &production())).await, "not_visible");
    // What it does know is true everywhere.
    red(&inside.plan(NAME, wants(ELIN, "Owner", &production())).await, "principal_disabled");
    tenant
        .edit("deny-assignments", |list| {
            let deny = &mut list["value"][0]["properties"];
            (deny["scope"], deny["principals"]) = (json!(production()), json!([{"id": ENGINEERING, "type": "Group"}]));
        })
        .unwrap();
    let inside = Inside::configured(tenant, json!({"environment": "demo", "subscription_ids": [PRODUCTION]})).await;
    unknown(&inside.plan(NAME, wants(HUGO, "Contributor", &production())).await, "not_visible");
}

#[tokio::test]
async fn in_a_subscription_whose_tenant_is_not_said_neither_the_disabled_nor_the_unknown_pass() {
    let tenant = Tenant::demo();
    tenant.edit("subscriptions", |list| list["value"][0]["tenantId"] = Json::Null).unwrap();
    let inside = Inside::configured(tenant, json!({"environment": "demo", "subscription_ids": [PRODUCTION]})).await;
    red(&inside.plan(NAME, wants(ELIN, "Owner", &production())).await, "principal_disabled");
    unknown(&inside.plan(NAME, wants("fab00010-0000-4000-8000-000000000195", "Reader", &production())).await, "not_visible");
    // Nobody knows this one, and the other tenant may.
    let nobody = inside.plan(NAME, wants("fab00010-0000-4000-8000-0000000001ff", "Reader", &production())).await;
    unknown(&nobody, "not_proven");
}

#[tokio::test(start_paused = true)]
async fn an_account_that_could_not_be_looked_up_is_no_pass_and_one_kind_refused_is_no_answer() {
    let refuse = |path: String, status| Fault::on(&path).refuse(status, "Authorization_RequestDenied", "no");
    for (status, reason) in [(403, "forbidden"), (503, "unavailable")] {
        let others = || Tenant::demo().with_fault(refuse(format!("/servicePrincipals/{HUGO}"), status));
        green(&plan(others(), wants(HUGO, "Contributor", &production())).await);
        let reading =
            plan(others().with_fault(refuse(format!("/users/{HUGO}"), status)), wants(HUGO, "Contributor", &production())).await;
        unknown(&reading, reason);
        assert!(reading.detail().contains("whether it is enabled is not known"), "{}", reading.detail());
    }
    let disabled = Tenant::demo().with_fault(refuse(format!("/servicePrincipals/{ELIN}"), 403));
    red(&plan(disabled, wants(ELIN, "Owner", &production())).await, "principal_disabled");
}

#[tokio::test]
async fn a_deny_assignment_on_a_group_that_the_directory_does_not_know_may_deny() {
    let denied = |group: &str| {
        let (tenant, group) = (Tenant::demo(), group.to_owned());
        tenant
            .edit("deny-assignments", |list| {
                let deny = &mut list["value"][0]["properties"];
                (deny["scope"], deny["principals"]) = (json!(production()), json!([{"id": group, "type": "Group"}]));
                deny["excludePrincipals"] = json!([]);
            })
            .unwrap();
        tenant
    };
    let wanted = || wants(HUGO, "Contributor", &production());
    unknown(&plan(denied("fab00003-0000-4000-8000-0000000000ee"), wanted()).await, "not_proven");
    green(&plan(denied("fab00003-0000-4000-8000-000000000004"), wanted()).await);
}

#[tokio::test(start_paused = true)]
async fn a_role_of_the_same_apply_is_waited_for() {
    // Each reading asks twice there, and once in each of the two subscriptions.
    let late = || {
        let hidden = Fault::on("Microsoft.Authorization/roleDefinitions")
            .times(4)
            .keep(|row| row["properties"]["roleName"] != "Shop Operator");
        Tenant::demo().with_fault(hidden)
    };
    let mut arguments = wants(PRINTER, "Shop Operator", &group("rg-shop-prod"));
    let typo = Inside::by_arm(late()).await.plan(NAME, arguments.clone()).await;
    assert_eq!(typo.errors(), ["Unknown value"]);
    arguments["triggers"] = json!({"role": "new"});
    let unseen = Inside::by_arm(late()).await.plan(NAME, arguments.clone()).await;
    unknown(&unseen, "not_visible");
    assert!(unseen.detail().contains("no role of this name is visible here"), "{}", unseen.detail());
    arguments["wait_seconds"] = json!(60);
    red(&Inside::by_arm(late()).await.plan(NAME, arguments.clone()).await, "not_yet_visible");
    // Resource Graph is behind for longer.
    let behind = || {
        Tenant::demo()
            .with_fault(Fault::on("resources").method("POST").keep(|row| row["properties"]["roleName"] != "Deployment Engine"))
    };
    let mut arguments = wants(PRINTER, "Deployment Engine", &production());
    red(&plan(behind(), arguments.clone()).await, "role_missing");
    arguments["triggers"] = json!({"role": "new"});
    red(&plan(behind(), arguments).await, "not_yet_visible");
}

#[tokio::test]
async fn a_group_below_a_group_that_cannot_be_listed_is_unknown_and_not_outside() {
    let refused = || Tenant::demo().with_fault(Fault::on("/descendants").refuse(403, "AuthorizationFailed", "no"));
    let connected = async || Inside::aimed(refused(), ScopeSetting::ManagementGroup("mg-fabrikam".to_owned()), "auto").await;
    let below = "/providers/Microsoft.Management/managementGroups/mg-production";
    let reading = connected().await.plan(NAME, wants(DENIZ, "Contributor", below)).await;
    unknown(&reading, "forbidden");
    assert!(!reading.detail().contains("the subscription is not visible"), "{}", reading.detail());
    assert!(reading.detail().contains("management_groups on"), "{}", reading.detail());
    let listed = connected().await.read("role_assignments", json!({"scopes": [below], "include_management_groups": false})).await;
    assert!(
        listed.gaps().iter().any(|gap| gap.starts_with("management_groups forbidden")),
        "{:?} {:?}",
        listed.gaps(),
        listed.said
    );
}

#[tokio::test]
async fn a_name_finds_its_rows_though_the_roles_could_not_be_read() {
    let refused = Fault::on("Microsoft.Authorization/roleDefinitions").refuse(403, "AuthorizationFailed", "no");
    let inside = Inside::by_arm(Tenant::demo().with_fault(refused)).await;
    let answer = inside.read("role_assignments", json!({"role_definition_names": ["owner"]})).await.ok();
    assert_eq!((&answer["complete"], answer["summary"]["matched"] == 0), (&json!(false), false), "{answer:#}");
}

#[tokio::test]
async fn what_is_below_a_group_is_read_once_however_its_name_is_written() {
    let tenant = Tenant::demo();
    let inside = Inside::aimed(tenant.clone(), ScopeSetting::ManagementGroup("MG-Fabrikam".to_owned()), "never").await;
    inside.plan(NAME, wants(DENIZ, "Contributor", &production())).await;
    let lists =
        tenant.requests().iter().filter(|request| request.path.to_lowercase().ends_with("mg-fabrikam/descendants")).count();
    let pages = 2;
    assert_eq!(lists, pages);
}

#[tokio::test]
async fn a_group_of_another_tenant_is_named_as_what_cannot_be_seen() {
    const FOREIGN: &str = "fab00003-0000-4000-8000-0000000000fe";
    let tenant = Tenant::demo();
    tenant
        .edit("role-assignments", |list| {
            let mut row = assignment(7, FOREIGN, READER, &production());
            row["properties"]["principalType"] = json!("ForeignGroup");
            list["value"].as_array_mut().unwrap().push(row);
        })
        .unwrap();
    let reading = plan(tenant, wants(PRINTER, "Reader", &production())).await;
    unknown(&reading, "hidden");
    assert!(reading.detail().contains(&format!("Members of the group {FOREIGN}")), "{}", reading.detail());
}

#[tokio::test]
async fn a_resource_group_that_resource_graph_does_not_have_yet_is_there() {
    let behind = || Tenant::demo().with_fault(Fault::on("resources").method("POST").keep(|row| row["name"] != "rg-shop-prod"));
    green(&plan(behind(), wants(DENIZ, "Reader", &group("rg-shop-prod"))).await);
    assert_eq!(plan(behind(), wants(DENIZ, "Reader", &group("rg-shop-prodd"))).await.errors(), ["Nothing selected"]);
}

#[tokio::test]
async fn a_name_that_a_role_not_read_could_bear_too_is_unknown() {
    let unsaid = |name: &'static str| {
        let tenant = Tenant::demo();
        tenant
            .edit("role-definitions", |list| {
                let rows = list["value"].as_array_mut().unwrap();
                let row = rows.iter_mut().find(|row| row["properties"]["roleName"] == name).unwrap();
                row["properties"]["roleName"] = Json::Null;
            })
            .unwrap();
        tenant
    };
    unknown(&plan(unsaid("Deployment Engine"), wants(PRINTER, "Deployment Engine", &production())).await, "invalid_response");
    unknown(&plan(unsaid("Shop Operator"), wants(PRINTER, "Deployment Engine", &production())).await, "invalid_response");
    // The names of the roles of Azure are nobody else's.
    green(&plan(unsaid("Shop Operator"), wants(DENIZ, "Contributor", &production())).await);
}

/// Puts a changed twin before or behind the first of these rows.
fn with_twin(list: &str, first: bool, is: impl Fn(&Json) -> bool, change: impl Fn(&mut Json)) -> Tenant {
    edited(Tenant::demo(), list, |rows| {
        let at = rows.iter().position(is).unwrap();
        let mut twin = rows[at].clone();
        change(&mut twin);
        rows.insert(at + usize::from(!first), twin);
    })
}

fn narrow(row: &mut Json) {
    row["properties"]["condition"] = json!("@Resource[Microsoft.Storage/storageAccounts:name] StringEquals 'x'");
    row["properties"]["conditionVersion"] = json!("2.0");
}

/// As another row of its id says: on a condition, to somebody else, as another role.
#[tokio::test]
async fn what_is_also_given_in_another_way_is_not_certain() {
    let ways: [fn(&mut Json); 3] = [
        narrow,
        |row| row["properties"]["principalId"] = json!(PRINTER),
        |row| {
            row["properties"]["roleDefinitionId"] = json!(format!("/providers/Microsoft.Authorization/roleDefinitions/{READER}"))
        },
    ];
    let is_gretas = |row: &Json| row["properties"]["principalId"] == GRETA;
    let platform = group("rg-platform-prod");
    let mut could = wants(GRETA, "Owner", &platform);
    could["accept_eligible"] = json!(true);
    let of_people = |t| {
        edited(t, "role-eligibility-schedule-instances", |rows| {
            rows.retain(|row| row["properties"]["principalType"] == "User");
        })
    };
    green(&plan(of_people(Tenant::demo()), could.clone()).await);
    for (way, first) in ways.iter().flat_map(|way| [(way, false), (way, true)]) {
        let t = of_people(with_twin("role-eligibility-schedule-instances", first, is_gretas, way));
        let reading = plan(t, could.clone()).await;
        unknown(&reading, "invalid_response");
        assert!(reading.detail().contains("eligible_role_assignments on /subscriptions/"), "{}", reading.detail());
        let is_avas = |row: &Json| {
            row["properties"]["principalId"] == AVA
                && row["properties"]["scope"] == production()
                && row["properties"]["roleDefinitionId"].as_str().is_some_and(|id| id.ends_with(OWNER))
        };
        let t = with_twin("role-assignments", first, is_avas, way);
        let reading = plan(t.clone(), wants(AVA, "Owner", &production())).await;
        unknown(&reading, "invalid_response");
        assert!(reading.detail().contains("role_assignments on /subscriptions/"), "{}", reading.detail());
        red(&plan(t, wants(HUGO, "Owner", &production())).await, "role_missing");
    }
}

/// It was denied by the one row, and by the other it is not.
#[tokio::test]
async fn what_a_deny_assignment_also_does_not_deny_may_be_denied() {
    let at = group("mrg-inventory-app");
    let denied = || wants(HUGO, "Contributor", &at);
    red(&plan(Tenant::demo(), denied()).await, "denied");
    for first in [false, true] {
        let t = with_twin(
            "deny-assignments",
            first,
            |_| true,
            |row| {
                row["properties"]["permissions"][0]["actions"] = json!(["Microsoft.Unknown/things/read"]);
            },
        );
        let reading = plan(t, denied()).await;
        unknown(&reading, "invalid_response");
        assert!(reading.detail().contains("deny_assignments on /subscriptions/"), "{}", reading.detail());
    }
}
