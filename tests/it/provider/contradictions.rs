//! Two contents of one thing, wherever they come from: none is taken for the truth, the list, the validation and the connection agree on
//! that, and what only looks like a contradiction is none.

mod plans;

use azposture::{
    azure::settings::ScopeSetting,
    demo::{Fault, PRINCIPAL_ID, PRODUCTION, SANDBOX, Tenant},
};
use serde_json::{Value as Json, json};

use crate::support::{
    held::{edit, root, subscription},
    inside::Inside,
};

const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const GRETA: &str = "fab00002-0000-4000-8000-000000000007";
const DEPLOY: &str = "fab00004-0000-4000-8000-000000000003";

async fn read(t: &Tenant, name: &str, arguments: Json) -> Json {
    Inside::by_arm(t.clone()).await.read(name, arguments).await.ok()
}

/// One check of production, or of the connection.
async fn check(t: &Tenant, id: &str) -> Json {
    let a = read(t, "connection", json!({"check_ids": [id]})).await;
    let is_here = |row: &&Json| row["subscription_id"].is_null() || row["subscription_id"] == PRODUCTION;
    a["checks"].as_array().unwrap().iter().find(is_here).unwrap().clone()
}

/// Microsoft.Security is not registered, whatever else says so.
fn unregistered(t: Tenant) -> Tenant {
    t.with_fault(Fault::on("/providers").method("GET").change(|body| {
        if body["namespace"] == "Microsoft.Security" {
            body["registrationState"] = json!("NotRegistered");
        }
        for row in body["value"].as_array_mut().into_iter().flatten() {
            if row["namespace"] == "Microsoft.Security" {
                row["registrationState"] = json!("NotRegistered");
            }
        }
    }))
}

async fn by_graph(t: Tenant) -> Inside {
    Inside::configured(t, json!({"environment": "demo", "resource_graph": "always"})).await
}

fn twin(t: &Tenant, list: &str, first: bool, is: impl Fn(&Json) -> bool, change: impl Fn(&mut Json)) {
    edit(t, list, |rows| {
        let at = rows.iter().position(is).unwrap_or_else(|| panic!("no such row of {list}"));
        let mut twin = rows[at].clone();
        change(&mut twin);
        rows.insert(at + usize::from(!first), twin);
    });
}

fn is_gretas(row: &Json) -> bool {
    row["properties"]["principalId"] == GRETA
}

#[tokio::test]
async fn an_eligibility_that_is_also_revoked_is_a_gap_as_the_validation_has_it() {
    for first in [false, true] {
        let t = Tenant::demo();
        // Greta could have it through a group, too.
        edit(&t, "role-eligibility-schedule-instances", |rows| rows.retain(is_gretas));
        twin(&t, "role-eligibility-schedule-instances", first, is_gretas, |row| row["properties"]["status"] = json!("Revoked"));
        let at = format!("{}/resourceGroups/rg-platform-prod", subscription(PRODUCTION));
        let wants = json!({"principal_id": GRETA, "role_definition_names": ["Owner"], "scopes": [at], "accept_eligible": true});
        let plan = Inside::by_arm(t.clone()).await.plan("role_assignment_validation", wants).await;
        assert!(!plan.errors().is_empty(), "the validation knows");
        let a = read(&t, "role_assignments", json!({"assignment_types": ["eligible"], "limit": 0})).await;
        assert_eq!(a["complete"], false, "{first} {}", a["summary"]);
    }
}

#[tokio::test]
async fn an_eligibility_that_is_also_over_is_a_gap() {
    for first in [false, true] {
        let t = Tenant::demo();
        let over = |row: &mut Json| row["properties"]["endDateTime"] = json!("2020-01-01T00:00:00Z");
        twin(&t, "role-eligibility-schedule-instances", first, is_gretas, over);
        let a = read(&t, "role_assignments", json!({"assignment_types": ["eligible"], "limit": 0})).await;
        assert_eq!(a["complete"], false, "{first} {}", a["summary"]);
    }
}

#[tokio::test]
async fn a_schedule_of_an_active_role_that_also_ends_otherwise_is_a_gap() {
    for first in [false, true] {
        let t = Tenant::demo();
        twin(
            &t,
            "role-assignment-schedule-instances",
            first,
            |_| true,
            |row| {
                row["properties"]["endDateTime"] = json!("2031-01-01T00:00:00Z");
            },
        );
        let a = read(&t, "role_assignments", json!({"limit": 0})).await;
        assert_eq!(a["complete"], false, "{first} {}", a["summary"]);
    }
}

/// The connection check calls the same list out of date.
#[tokio::test]
async fn plans_that_are_on_where_defender_is_not_registered_are_no_pass() {
    let t = unregistered(Tenant::demo());
    let a = read(&t, "connection", json!({"check_ids": ["defender_foundational_on", "defender_plan_for_area"]})).await;
    let row = a["checks"].as_array().unwrap().iter().find(|row| row["subscription_id"] == PRODUCTION).unwrap();
    assert_eq!(row["status"], "unknown", "{row}");
    let mut green = Vec::new();
    for plan in ["FoundationalCspm", "CloudPosture", "VirtualMachines"] {
        let wants = json!({"plans": {plan: {}}, "subscription_ids": [PRODUCTION]});
        let reading = Inside::by_arm(t.clone()).await.plan("defender_validation", wants).await;
        // That one is off, which is certain.
        let next = if plan == "CloudPosture" {
            "az security pricing create"
        } else {
            "az provider register --namespace Microsoft.Security"
        };
        assert!(reading.detail().contains(next), "{}", reading.detail());
        if reading.errors().is_empty() {
            green.push(plan);
        }
    }
    assert!(green.is_empty(), "{green:?} pass");
}

#[tokio::test]
async fn a_chain_that_does_not_end_at_the_root_is_no_path() {
    let t = Tenant::demo().with_fault(Fault::on("Microsoft.ResourceGraph").named("hierarchy").change(|body| {
        for row in body["data"].as_array_mut().into_iter().flatten() {
            row["chain"].as_array_mut().map(Vec::pop);
        }
    }));
    let a = by_graph(t).await.read("subscriptions", json!({})).await.ok();
    assert_eq!(a["complete"], false, "{:#}", a["subscriptions"][0]);
}

#[tokio::test]
async fn a_condition_of_two_versions_is_a_gap() {
    for first in [false, true] {
        let t = Tenant::demo();
        let is = |row: &Json| row["properties"]["principalId"] == "fab00002-0000-4000-8000-000000000001";
        edit(&t, "role-assignments", |rows| {
            rows.iter_mut().filter(|row| is(row)).for_each(|row| {
                row["properties"]["condition"] = json!("@Resource[x] StringEquals 'y'");
                row["properties"]["conditionVersion"] = json!("2.0");
            });
        });
        twin(&t, "role-assignments", first, is, |row| row["properties"]["conditionVersion"] = json!("1.0"));
        let a = read(&t, "role_assignments", json!({"limit": 0})).await;
        assert_eq!(a["complete"], false, "{first}");
    }
}

fn is_owner(row: &Json) -> bool {
    row["name"] == OWNER
}

#[tokio::test]
async fn a_role_that_also_comes_under_another_name_is_a_gap() {
    for first in [false, true] {
        let t = Tenant::demo();
        twin(&t, "role-definitions", first, is_owner, |row| row["properties"]["roleName"] = json!("Something else"));
        let a = read(&t, "role_assignments", json!({"limit": 0})).await;
        assert_eq!(a["complete"], false, "{first} {}", a["summary"]["by_role"]);
    }
}

#[tokio::test]
async fn a_role_that_can_also_be_given_elsewhere_is_a_gap() {
    for first in [false, true] {
        let t = Tenant::demo();
        twin(&t, "role-definitions", first, is_owner, |row| {
            row["properties"]["assignableScopes"] = json!([subscription(PRODUCTION)]);
        });
        let a = read(&t, "role_assignments", json!({"limit": 0})).await;
        let role = a["role_definitions"].as_array().unwrap().iter().find(|row| row["key"] == OWNER).unwrap();
        assert_eq!(a["complete"], false, "{first} {role:#}");
    }
}

#[tokio::test]
async fn a_role_that_is_also_a_custom_one_is_a_gap() {
    for first in [false, true] {
        let t = Tenant::demo();
        twin(&t, "role-definitions", first, is_owner, |row| row["properties"]["type"] = json!("CustomRole"));
        let a = read(&t, "role_assignments", json!({"limit": 0})).await;
        assert_eq!(a["complete"], false, "{first}");
    }
}

#[tokio::test]
async fn a_grant_that_also_gives_something_else_is_no_pass() {
    let wants = json!({"principal_id": DEPLOY, "permissions": ["User.Read.All"]});
    let before = Inside::by_arm(Tenant::demo()).await.plan("graph_permission_validation", wants.clone()).await;
    assert!(before.errors().is_empty());
    for first in [false, true] {
        let t = Tenant::demo();
        let is = |row: &Json| row["principalId"] == DEPLOY && row["appRoleId"] == "df021288-bdef-4463-88db-98f22de89214";
        twin(&t, "app-role-assignments", first, is, |row| row["appRoleId"] = json!("483bed4a-2ad3-4361-a73b-c83ccdbdc53c"));
        let plan = Inside::by_arm(t).await.plan("graph_permission_validation", wants.clone()).await;
        assert!(!plan.errors().is_empty(), "{first}");
    }
}

fn with_schedules() -> Tenant {
    let tenant = Tenant::demo();
    edit(&tenant, "app-role-assignments", |rows| {
        let mut row = rows.iter().find(|row| row["principalId"] == PRINCIPAL_ID).unwrap().clone();
        row["id"] = json!("FabAppRoleAssignmentFF");
        row["appRoleId"] = json!("483bed4a-2ad3-4361-a73b-c83ccdbdc53c");
        rows.push(row);
    });
    tenant
}

async fn two_directory_roles(list: &str, field: &str, other: Json) {
    let ask = json!({"assignment_types": ["active", "eligible"], "limit": 0});
    let before = read(&with_schedules(), "directory_role_assignments", ask.clone()).await;
    assert_eq!(before["complete"], true, "{}", before["unreadable"]);
    for first in [false, true] {
        let t = with_schedules();
        let is = |row: &Json| list != "directory-role-definitions" || row["displayName"] == "Global Administrator";
        twin(&t, list, first, is, |row| row[field] = other.clone());
        let a = read(&t, "directory_role_assignments", ask.clone()).await;
        assert_eq!(a["complete"], false, "{first} {}", a["summary"]);
    }
}

#[tokio::test]
async fn a_directory_role_assignment_of_two_roles_is_a_gap() {
    two_directory_roles("directory-role-assignments", "roleDefinitionId", json!("88d8e3e3-8f55-4a1e-953a-9b9898b8876b")).await;
}

#[tokio::test]
async fn a_directory_role_eligibility_of_two_ends_is_a_gap() {
    two_directory_roles("directory-role-eligibility-schedule-instances", "endDateTime", json!("2030-01-01T00:00:00Z")).await;
}

#[tokio::test]
async fn a_directory_role_eligibility_that_is_also_over_is_a_gap() {
    two_directory_roles("directory-role-eligibility-schedule-instances", "endDateTime", json!("2020-01-01T00:00:00Z")).await;
}

#[tokio::test]
async fn a_directory_role_schedule_of_two_ends_is_a_gap() {
    two_directory_roles("directory-role-assignment-schedule-instances", "endDateTime", json!("2030-01-01T00:00:00Z")).await;
}

#[tokio::test]
async fn a_directory_role_of_two_names_is_a_gap() {
    two_directory_roles("directory-role-definitions", "displayName", json!("Something else")).await;
}

#[tokio::test]
async fn a_word_in_another_case_is_no_contradiction() {
    for (list, field) in [("role-assignments", "principalType"), ("role-eligibility-schedule-instances", "principalType")] {
        let t = Tenant::demo();
        twin(
            &t,
            list,
            false,
            |_| true,
            |row| {
                let word = row["properties"][field].as_str().unwrap().to_lowercase();
                row["properties"][field] = json!(word);
            },
        );
        let a = read(&t, "role_assignments", json!({"assignment_types": ["active", "eligible"], "limit": 0})).await;
        assert_eq!(a["complete"], true, "{list} {}", a["unreadable"]);
    }
}

/// The data source makes nothing of such a plan, and `defender_coverage_full` and `defender_foundational_on` call it unknown.
#[tokio::test]
async fn a_plan_that_is_on_and_off_is_unknown() {
    for first in [false, true] {
        let t = Tenant::demo();
        let is = |row: &Json| row["name"] == "VirtualMachines" && row["id"].as_str().is_some_and(|id| id.contains(PRODUCTION));
        twin(&t, "pricings", first, is, |row| row["properties"]["pricingTier"] = json!("Free"));
        let wants = json!({"plans": {"VirtualMachines": {}}, "subscription_ids": [PRODUCTION]});
        let reading = Inside::by_arm(t).await.plan("defender_validation", wants).await;
        assert_eq!(reading.errors(), ["defender_validation: 1 unknown of 1"], "{first}");
    }
}

/// Resource Manager says `Unknown` of who is deleted; Resource Graph keeps what was said when the role was given. What stands above a
/// group without subscriptions comes from both.
#[tokio::test]
async fn who_is_deleted_is_no_contradiction_of_the_two_engines() {
    let ask = json!({"limit": 0});
    let moved = || {
        Tenant::demo().with_fault(Fault::on("/descendants").method("GET").change(|body| {
            for row in body["value"].as_array_mut().into_iter().flatten() {
                if row["name"] == SANDBOX {
                    row["properties"]["parent"]["id"] = json!(root());
                }
            }
        }))
    };
    let aim = |t: Tenant| Inside::aimed(t, ScopeSetting::Tenant, "auto");
    let before = aim(moved()).await.read("role_assignments", ask.clone()).await;
    let t = moved().with_fault(Fault::on("roleAssignments").method("GET").change(|body| {
        for row in body["value"].as_array_mut().into_iter().flatten() {
            if row["properties"]["scope"] == "/" {
                row["properties"]["principalType"] = json!("Unknown");
            }
        }
    }));
    let after = aim(t).await.read("role_assignments", ask).await;
    assert_eq!(after.gaps(), before.gaps());
}

#[tokio::test]
async fn a_subscription_of_two_names_is_a_gap_in_the_connection_as_in_the_list() {
    let ask = json!({});
    let before = read(&with_schedules(), "connection", ask.clone()).await;
    for first in [false, true] {
        let t = with_schedules();
        twin(&t, "subscriptions", first, |_| true, |row| row["displayName"] = json!("Another"));
        let listed = read(&t, "subscriptions", json!({})).await;
        assert_eq!(listed["complete"], false);
        let a = read(&t, "connection", ask.clone()).await;
        assert_ne!(a["unreadable"], before["unreadable"], "{first} {}", a["detected_subscriptions"][0]);
    }
}

#[tokio::test]
async fn a_tenant_of_two_names_is_a_gap() {
    let before = read(&with_schedules(), "connection", json!({})).await;
    for first in [false, true] {
        let t = with_schedules();
        twin(&t, "organization", first, |_| true, |row| row["displayName"] = json!("Another"));
        let a = read(&t, "connection", json!({})).await;
        assert!(
            a["tenant_display_name"].is_null() && a["unreadable"] != before["unreadable"],
            "{first} {}",
            a["tenant_display_name"]
        );
    }
}

#[tokio::test]
async fn a_chain_of_another_tenant_that_does_not_end_at_its_root_is_no_path() {
    let t = Tenant::demo();
    edit(&t, "subscriptions", |rows| rows[1]["tenantId"] = json!("fab00000-0000-4000-8000-0000000000ff"));
    let inside = Inside::aimed(t, ScopeSetting::Subscriptions([SANDBOX.to_owned()].into()), "always").await;
    let a = inside.read("subscriptions", json!({})).await.ok();
    assert_eq!(a["complete"], false, "{:#}", a["subscriptions"]);
}

#[tokio::test]
async fn consent_to_another_api_that_also_gives_something_else_is_unknown() {
    const ASKED: &str = "fab00006-0000-4000-8000-000000000007";
    const PRINCIPAL: &str = "fab00004-0000-4000-8000-000000000007";
    const ROLE: &str = "fab000aa-0000-4000-8000-000000000001";
    let tenant = || {
        let t = Tenant::demo();
        edit(&t, "applications", |rows| {
            let requested = rows[0]["requiredResourceAccess"].as_array_mut().unwrap();
            requested.push(json!({"resourceAppId": ASKED, "resourceAccess": [{"id": ROLE, "type": "Role"}]}));
        });
        edit(&t, "app-role-assignments", |rows| {
            let mut row = rows[0].clone();
            (row["id"], row["appRoleId"], row["resourceId"]) = (json!("FabAppRoleAssignmentFF"), json!(ROLE), json!(PRINCIPAL));
            rows.push(row);
        });
        t
    };
    assert_eq!(check(&tenant(), "graph_admin_consent").await["status"], "pass");
    for first in [false, true] {
        let t = tenant();
        twin(
            &t,
            "app-role-assignments",
            first,
            |row| row["id"] == "FabAppRoleAssignmentFF",
            |row| {
                row["appRoleId"] = json!("fab000aa-0000-4000-8000-000000000002");
            },
        );
        let row = check(&t, "graph_admin_consent").await;
        assert_eq!(row["status"], "unknown", "{first} {row}");
    }
}

#[tokio::test]
async fn a_schedule_of_an_active_role_that_says_two_things_is_a_gap() {
    for (field, other) in
        [("status", "Denied"), ("status", "Revoked"), ("assignmentType", "Activated"), ("originRoleAssignmentId", "/x")]
    {
        for first in [false, true] {
            let t = Tenant::demo();
            twin(
                &t,
                "role-assignment-schedule-instances",
                first,
                |row| row["properties"]["assignmentType"] == "Assigned",
                |row| {
                    row["properties"][field] = json!(other);
                },
            );
            let a = read(&t, "role_assignments", json!({"limit": 0})).await;
            assert_eq!(a["complete"], false, "{field} {other} {first}");
        }
    }
}

#[tokio::test]
async fn a_directory_role_that_is_two_things_is_a_gap() {
    two_directory_roles("directory-role-definitions", "templateId", json!("88d8e3e3-8f55-4a1e-953a-9b9898b8876b")).await;
    two_directory_roles("directory-role-definitions", "isBuiltIn", json!(false)).await;
    let less = json!([{"allowedResourceActions": ["microsoft.directory/users/standard/read"]}]);
    two_directory_roles("directory-role-definitions", "rolePermissions", less).await;
}

#[tokio::test]
async fn a_directory_role_that_is_activated_and_assigned_is_a_gap() {
    two_directory_roles("directory-role-assignment-schedule-instances", "assignmentType", json!("Activated")).await;
}

#[tokio::test]
async fn a_directory_role_eligibility_of_two_starts_is_a_gap() {
    two_directory_roles("directory-role-eligibility-schedule-instances", "startDateTime", json!("2030-01-01T00:00:00Z")).await;
}

#[tokio::test]
async fn a_principal_of_two_types_is_a_gap_even_behind_one_that_says_none() {
    for order in [["Unknown", "User", "Group"], ["User", "Unknown", "Group"], ["Unknown", "Group", "User"]] {
        let t = Tenant::demo();
        edit(&t, "role-assignments", |rows| {
            let at = rows.iter().position(|row| row["properties"]["principalType"] == "User").unwrap();
            let row = rows.remove(at);
            let twin = |word: &&str| {
                let mut twin = row.clone();
                twin["properties"]["principalType"] = json!(word);
                twin
            };
            rows.splice(at..at, order.iter().map(twin));
        });
        let a = read(&t, "role_assignments", json!({"limit": 0})).await;
        assert_eq!(a["complete"], false, "{order:?}");
    }
}

#[tokio::test]
async fn a_kind_of_role_in_another_case_is_no_contradiction() {
    let t = Tenant::demo();
    twin(&t, "role-definitions", false, is_owner, |row| row["properties"]["type"] = json!("builtInRole"));
    let a = read(&t, "role_assignments", json!({"limit": 0})).await;
    assert_eq!(a["complete"], true, "{}", a["unreadable"]);
}

#[tokio::test]
async fn who_holds_a_role_through_one_group_is_no_contradiction() {
    let ask = json!({"assignment_types": ["active", "eligible"], "limit": 0});
    let t = with_schedules();
    twin(
        &t,
        "directory-role-eligibility-schedule-instances",
        false,
        |row| row["memberType"] == "Group",
        |row| {
            row["principalId"] = json!("fab00002-0000-4000-8000-000000000007");
        },
    );
    let a = read(&t, "directory_role_assignments", ask).await;
    assert_eq!(a["complete"], true, "{}", a["unreadable"]);
}
