//! Microsoft Graph: permissions, query options, nesting.

use std::collections::BTreeSet;

use azposture::demo::{PRINCIPAL_ID, Tenant};
use azure_core::http::Method;
use serde_json::{Value, json};

use super::{get, graph, header, ids, list, request, send, token};

const ENGINEERING: &str = "fab00003-0000-4000-8000-000000000002";
const DENIZ: &str = "fab00002-0000-4000-8000-000000000004";
const GRAPH_APP: &str = "00000003-0000-0000-c000-000000000000";
const SCHEDULES: &str = "/roleManagement/directory/roleEligibilityScheduleInstances";

#[tokio::test]
async fn users_show_what_is_selected_and_little_without() {
    let tenant = Tenant::demo();
    let (rows, pages) = list(&tenant, &graph("/users")).await;
    assert_eq!((rows.len(), pages), (60, 12));
    assert!(rows.iter().all(|row| row.get("accountEnabled").is_none() && row.get("mail").is_some()));
    let (rows, pages) = list(&tenant, &graph("/users?$select=id,accountEnabled&$top=999")).await;
    assert_eq!((rows.len(), pages), (60, 1));
    let shown = |row: &Value| row.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>().join(" ");
    let (agents, people): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.get("@odata.type").is_some());
    assert!(people.iter().all(|row| shown(row) == "id accountEnabled"));
    assert_eq!(agents.iter().map(|row| shown(row)).collect::<Vec<_>>(), ["@odata.type id accountEnabled"]);
    assert_eq!(people.iter().filter(|row| row["accountEnabled"] == false).count(), 6);
}

#[tokio::test]
async fn a_page_that_is_too_large_is_refused() {
    let tenant = Tenant::demo();
    for query in ["/users?$top=1000", "/users?$top=0", "/users?$top=501&$select=id,signInActivity"] {
        assert_eq!(get(&tenant, &graph(query)).await.code(), "Request_UnsupportedQuery", "{query}");
    }
}

#[tokio::test]
async fn filters_compare_and_unknown_ones_are_refused() {
    let tenant = Tenant::demo();
    let count = async |query: &str| list(&tenant, &graph(query)).await.0.len();
    assert_eq!(count("/users?$filter=userType eq 'Guest'").await, 7);
    assert_eq!(count("/users?$filter=accountEnabled eq false and userType eq 'Member'").await, 5);
    assert_eq!(count("/groups?$filter=groupTypes/any(c:c eq 'DynamicMembership')").await, 2);
    assert_eq!(get(&tenant, &graph("/users?$filter=near(me)")).await.status, 400);
}

#[tokio::test]
async fn sign_ins_need_the_premium_licence() {
    let tenant = Tenant::demo();
    let url = graph("/users?$select=id,signInActivity");
    assert_eq!(get(&tenant, &url).await.status, 200);
    tenant.edit("subscribed-skus", |document| document["value"] = json!([])).unwrap();
    assert_eq!(get(&tenant, &url).await.code(), "Authentication_RequestFromNonPremiumTenantOrB2CTenant");
}

#[tokio::test]
async fn a_permission_that_is_missing_is_refused_and_one_that_is_granted_works() {
    let tenant = Tenant::demo();
    assert_eq!(get(&tenant, &graph(SCHEDULES)).await.code(), "PermissionScopeNotGranted");
    let jobs = graph(&format!("/servicePrincipals/{PRINCIPAL_ID}/synchronization/jobs"));
    assert_eq!(get(&tenant, &jobs).await.code(), "Authorization_RequestDenied");
    let role = "ff278e11-4a33-4d0c-83d2-d01dc58929a5";
    tenant
        .edit("app-role-assignments", |document| {
            let rows = document["value"].as_array_mut().unwrap();
            let mut granted = rows[0].clone();
            granted["id"] = "FabAppRoleAssignment99".into();
            granted["appRoleId"] = role.into();
            rows.push(granted);
        })
        .unwrap();
    assert_eq!(list(&tenant, &graph(SCHEDULES)).await.0.len(), 5);
}

#[tokio::test]
async fn members_are_direct_and_transitive_members_nested_three_deep() {
    let tenant = Tenant::demo();
    let (direct, _) = list(&tenant, &graph(&format!("/groups/{ENGINEERING}/members"))).await;
    assert_eq!(direct.len(), 3);
    let (all, _) = list(&tenant, &graph(&format!("/groups/{ENGINEERING}/transitiveMembers?$select=id"))).await;
    assert_eq!(ids(&all).len(), ids(&all).into_iter().collect::<BTreeSet<_>>().len());
    assert!(ids(&all).contains(&DENIZ.to_owned()));
    let (users, _) =
        list(&tenant, &graph(&format!("/groups/{ENGINEERING}/transitiveMembers/microsoft.graph.user?$count=true&$select=id")))
            .await;
    assert_eq!(users.len(), 6);
    let (groups, _) = list(&tenant, &graph(&format!("/users/{DENIZ}/transitiveMemberOf?$select=id"))).await;
    assert_eq!(groups.len(), 4);
    let cast = async |kind: &str| {
        let path = format!("/users/{DENIZ}/transitiveMemberOf/microsoft.graph.{kind}?$count=true");
        list(&tenant, &graph(&path)).await.0.len()
    };
    assert_eq!((cast("group").await, cast("directoryRole").await), (4, 0));
}

/// An agent's account is an account, too: the cast to users has it.
#[tokio::test]
async fn the_members_of_a_kind_are_those_of_kinds_below_it_too() {
    let everybody = "/groups/fab00003-0000-4000-8000-000000000001/transitiveMembers/microsoft.graph.user";
    let (users, _) = list(&Tenant::demo(), &graph(&format!("{everybody}?$count=true&$select=id"))).await;
    // Of sixty accounts seven are guests.
    assert_eq!(users.len(), 53);
    assert_eq!(users.iter().filter(|row| row["@odata.type"] == "#microsoft.graph.agentUser").count(), 1);
}

#[tokio::test]
async fn a_cast_is_an_advanced_query() {
    let tenant = Tenant::demo();
    let path = format!("/groups/{ENGINEERING}/transitiveMembers/microsoft.graph.user");
    assert_eq!(get(&tenant, &graph(&path)).await.status, 400);
    let mut plain = request(Method::Get, &graph(&format!("{path}?$count=true")));
    header(&mut plain, "authorization", &format!("Bearer {}", token(&tenant, azposture::demo::GRAPH_HOST).await));
    assert_eq!(send(&tenant, plain).await.unwrap().status, 400);
}

#[tokio::test]
async fn an_account_is_found_by_id_and_by_name() {
    let tenant = Tenant::demo();
    let by_name = get(&tenant, &graph("/users/deniz@fabrikam-outdoor.example")).await.json();
    assert_eq!(by_name["id"], DENIZ);
    assert!(by_name["@odata.context"].as_str().unwrap().ends_with("/$entity"));
    let missing = get(&tenant, &graph("/users/fab00002-0000-4000-8000-000000000099")).await;
    assert_eq!((missing.status, missing.code().as_str()), (404, "Request_ResourceNotFound"));
    assert_eq!(get(&tenant, &graph("/nothing")).await.code(), "BadRequest");
}

#[tokio::test]
async fn one_expansion_is_allowed_and_a_deleted_principal_expands_to_null() {
    let tenant = Tenant::demo();
    let (rows, _) = list(&tenant, &graph("/roleManagement/directory/roleAssignments?$expand=principal")).await;
    assert_eq!(rows.len(), 14);
    assert_eq!(rows.iter().filter(|row| row["principal"].is_null()).count(), 1);
    assert_eq!(
        get(&tenant, &graph("/roleManagement/directory/roleAssignments?$expand=principal,roleDefinition")).await.status,
        400
    );
}

#[tokio::test]
async fn consent_can_be_told_apart_from_what_was_asked_for() {
    let tenant = Tenant::demo();
    let graph_app = get(&tenant, &graph(&format!("/servicePrincipals(appId='{GRAPH_APP}')"))).await.json();
    let roles: Vec<_> = graph_app["appRoles"].as_array().unwrap().iter().map(|role| role["value"].as_str().unwrap()).collect();
    assert!(roles.contains(&"Policy.Read.All") && roles.contains(&"AccessReview.Read.All"));
    let of = async |name: &str, list_name: &str| {
        let (rows, _) = list(&tenant, &graph(&format!("/servicePrincipals?$filter=displayName eq '{name}'"))).await;
        list(&tenant, &graph(&format!("/servicePrincipals/{}/{list_name}", rows[0]["id"].as_str().unwrap()))).await.0.len()
    };
    assert_eq!(of("azposture demo scanner", "appRoleAssignments").await, 3);
    assert_eq!((of("Sales reports", "appRoleAssignments").await, of("Sales reports", "oauth2PermissionGrants").await), (0, 1));
    assert_eq!((of("Mailbox backup", "appRoleAssignments").await, of("Mailbox backup", "oauth2PermissionGrants").await), (0, 0));
    assert_eq!(of("Microsoft Graph", "appRoleAssignedTo").await, 6);
    let (apps, _) = list(&tenant, &graph("/applications?$filter=displayName eq 'Mailbox backup'")).await;
    assert!(
        apps[0]["requiredResourceAccess"][0]["resourceAccess"].as_array().unwrap().iter().all(|access| access["type"] == "Role")
    );
    assert!(apps[0]["passwordCredentials"].as_array().unwrap().iter().all(|credential| credential["secretText"] == Value::Null));
}

#[tokio::test]
async fn a_count_comes_on_the_first_page() {
    let tenant = Tenant::demo();
    let first = get(&tenant, &graph("/users?$count=true")).await.json();
    assert_eq!(first["@odata.count"], 60);
    let second = get(&tenant, first["@odata.nextLink"].as_str().unwrap()).await.json();
    assert_eq!(second.get("@odata.count"), None);
}
