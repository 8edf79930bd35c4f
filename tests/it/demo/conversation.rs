//! Sign-in and Azure Resource Manager: tokens, versions, permissions, scopes, pages.

use std::{collections::BTreeSet, sync::Arc};

use azposture::demo::{
    CLIENT_ID, CLIENT_SECRET, GRAPH_HOST, LOGIN_HOST, PRINCIPAL_ID, PRODUCTION, RESOURCE_MANAGER_HOST, SANDBOX, TENANT_ID, Tenant,
};
use azure_core::{
    cloud::{CloudConfiguration, CustomConfiguration},
    credentials::{Secret, TokenCredential},
    http::{ClientOptions, Method, Transport},
};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{arm, get, graph, header, ids, list, request, send, sign_in, token};

const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const SECURITY_READER: &str = "39bc4728-0917-49c7-9d2c-d95423bc2eb4";

fn claims(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

fn production(path: &str) -> String {
    format!("/subscriptions/{PRODUCTION}{path}")
}

/// The demo's own assignments, replaced by this one.
fn hold(tenant: &Tenant, role: &str, scope: &str) {
    tenant
        .edit("role-assignments", |document| {
            let rows = document["value"].as_array_mut().unwrap();
            rows.retain(|row| row["properties"]["principalId"] != PRINCIPAL_ID);
            let role = format!("/providers/Microsoft.Authorization/roleDefinitions/{role}");
            rows.push(
                json!({"id": "own", "properties": {"principalId": PRINCIPAL_ID, "scope": scope, "roleDefinitionId": role}}),
            );
        })
        .unwrap();
}

#[tokio::test]
async fn a_token_says_who_it_is_for() {
    let tenant = Tenant::demo();
    let arm = claims(&token(&tenant, RESOURCE_MANAGER_HOST).await);
    assert_eq!(arm["aud"], format!("https://{RESOURCE_MANAGER_HOST}"));
    assert_eq!([&arm["tid"], &arm["oid"], &arm["appid"], &arm["idtyp"]], [TENANT_ID, PRINCIPAL_ID, CLIENT_ID, "app"]);
    assert_eq!(arm["roles"], Value::Null);
    let graph = claims(&token(&tenant, GRAPH_HOST).await);
    assert_eq!(graph["roles"], json!(["Directory.Read.All", "Policy.Read.All", "AuditLog.Read.All"]));
}

#[tokio::test]
async fn a_token_without_consented_permissions_has_no_roles() {
    let tenant = Tenant::demo();
    tenant.edit("app-role-assignments", |document| document["value"] = json!([])).unwrap();
    assert_eq!(claims(&token(&tenant, GRAPH_HOST).await).get("roles"), None);
}

#[tokio::test]
async fn the_real_credential_signs_in() {
    let tenant = Tenant::demo();
    let mut cloud = CustomConfiguration::default();
    cloud.authority_host = format!("https://{LOGIN_HOST}");
    let client_options = ClientOptions {
        transport: Some(Transport::new(Arc::new(tenant.clone()))),
        cloud: Some(Arc::new(CloudConfiguration::Custom(cloud))),
        ..ClientOptions::default()
    };
    let options = Some(ClientSecretCredentialOptions { client_options });
    let credential = ClientSecretCredential::new(TENANT_ID, CLIENT_ID.into(), Secret::new(CLIENT_SECRET), options).unwrap();
    let scope = format!("https://{RESOURCE_MANAGER_HOST}/.default");
    let issued = credential.get_token(&[&scope], None).await.unwrap();
    assert_eq!(issued.token.secret(), token(&tenant, RESOURCE_MANAGER_HOST).await);
}

#[tokio::test]
async fn sign_in_refuses_in_the_words_of_the_service() {
    let tenant = Tenant::demo();
    let scope = format!("https://{GRAPH_HOST}/.default");
    let grant = ("grant_type", "client_credentials");
    for (form, code) in [
        (vec![grant, ("client_id", CLIENT_ID), ("client_secret", "wrong"), ("scope", &scope)], 7_000_215),
        (vec![grant, ("client_id", "other"), ("client_secret", CLIENT_SECRET), ("scope", &scope)], 700_016),
        (
            vec![grant, ("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET), ("scope", "https://else.example/.default")],
            500_011,
        ),
        (vec![("grant_type", "password")], 70_003),
    ] {
        let answer = sign_in(&tenant, &form).await;
        assert!(answer.status >= 400);
        assert_eq!(answer.json()["error_codes"], json!([code]));
        assert!(answer.json()["error_description"].as_str().unwrap().starts_with(&format!("AADSTS{code}: ")));
    }
    let assertion = [grant, ("client_id", CLIENT_ID), ("client_assertion", "any"), ("scope", &scope)];
    assert_eq!(sign_in(&tenant, &assertion).await.status, 200);
}

#[tokio::test]
async fn discovery_names_the_hosts_of_this_cloud_and_only_of_this_tenant() {
    let tenant = Tenant::demo();
    let url = |name: &str| format!("https://{LOGIN_HOST}/{name}/v2.0/.well-known/openid-configuration");
    let known = send(&tenant, request(Method::Get, &url("fabrikam-outdoor.example"))).await.unwrap().json();
    assert_eq!(known["issuer"], format!("https://{LOGIN_HOST}/{TENANT_ID}/v2.0"));
    assert_eq!(known["msgraph_host"], GRAPH_HOST);
    let unknown = send(&tenant, request(Method::Get, &url("contoso.example"))).await.unwrap();
    assert_eq!((unknown.status, unknown.json()["error_codes"].clone()), (400, json!([90_002])));
}

#[tokio::test]
async fn no_token_a_wrong_token_and_one_for_another_host_are_refused() {
    let tenant = Tenant::demo();
    let foreign = token(&tenant, GRAPH_HOST).await;
    for (bearer, code) in [
        (None, "AuthenticationFailed"),
        (Some("Bearer nonsense".to_owned()), "InvalidAuthenticationToken"),
        (Some(format!("Bearer {foreign}")), "InvalidAuthenticationTokenAudience"),
    ] {
        let mut request = request(Method::Get, &arm("/subscriptions", "2022-12-01"));
        if let Some(bearer) = bearer {
            header(&mut request, "authorization", &bearer);
        }
        let answer = send(&tenant, request).await.unwrap();
        assert_eq!((answer.status, answer.code().as_str()), (401, code));
        assert!(answer.headers["www-authenticate"].contains(TENANT_ID));
    }
    let answer = send(&tenant, request(Method::Get, &graph("/users"))).await.unwrap();
    assert_eq!((answer.status, answer.code().as_str()), (401, "InvalidAuthenticationToken"));
    assert!(answer.json()["error"]["innerError"]["request-id"].is_string());
}

#[tokio::test]
async fn versions_are_asked_for_and_checked() {
    let tenant = Tenant::demo();
    let none = get(&tenant, &format!("https://{RESOURCE_MANAGER_HOST}/subscriptions")).await;
    assert_eq!((none.status, none.code().as_str()), (400, "MissingApiVersionParameter"));
    let old = get(&tenant, &arm("/subscriptions", "1999-01-01")).await;
    assert_eq!((old.status, old.code().as_str()), (400, "InvalidApiVersionParameter"));
    let old = get(&tenant, &arm(&production("/providers/Microsoft.Security/pricings"), "1999-01-01")).await;
    assert_eq!((old.status, old.code().as_str()), (400, "NoRegisteredProviderFound"));
}

#[tokio::test]
async fn what_does_not_exist_is_said_precisely() {
    let tenant = Tenant::demo();
    let other = "/subscriptions/fab00001-0000-4000-8000-000000000099";
    for (path, version, code) in [
        (other.to_owned(), "2022-12-01", "SubscriptionNotFound"),
        (production("/resourceGroups/none/providers/Microsoft.Security/assessments"), "2021-06-01", "ResourceGroupNotFound"),
        (production("/providers/Microsoft.None"), "2021-04-01", "InvalidResourceNamespace"),
        (production("/providers/Microsoft.None/things"), "2021-04-01", "InvalidResourceType"),
        (production("/providers/Microsoft.Security/pricings/None"), "2024-01-01", "ResourceNotFound"),
    ] {
        let answer = get(&tenant, &arm(&path, version)).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, code), "{path}");
    }
}

#[tokio::test]
async fn nothing_can_be_written() {
    let tenant = Tenant::demo();
    let bearer = format!("Bearer {}", token(&tenant, RESOURCE_MANAGER_HOST).await);
    for method in [Method::Put, Method::Post, Method::Patch, Method::Delete] {
        for path in ["/subscriptions", "/nowhere"] {
            let mut request = request(method, &arm(path, "2022-12-01"));
            header(&mut request, "authorization", &bearer);
            assert_eq!(send(&tenant, request).await.unwrap().status, 405, "{method:?} {path}");
        }
    }
}

#[tokio::test]
async fn assessments_take_several_pages_and_every_row_comes_once() {
    let tenant = Tenant::demo();
    let (rows, pages) = list(&tenant, &arm(&production("/providers/Microsoft.Security/assessments"), "2021-06-01")).await;
    assert!(pages >= 3);
    let unique: BTreeSet<_> = ids(&rows).into_iter().collect();
    assert_eq!(unique.len(), rows.len());
    let expected = tenant.document("assessments")["value"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["id"].as_str().unwrap().contains(PRODUCTION))
        .count();
    assert_eq!(rows.len(), expected);
}

#[tokio::test]
async fn any_list_can_be_cut_smaller() {
    let tenant = Tenant::demo().with_page_size(1);
    let (rows, pages) = list(&tenant, &arm("/subscriptions", "2022-12-01")).await;
    assert_eq!((rows.len(), pages), (2, 2));
    let log: Vec<_> = tenant.requests().into_iter().filter(|request| request.path == "/subscriptions").collect();
    assert_eq!(log.iter().map(|request| request.page).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(log[0].query, ["api-version"]);
    assert_eq!((log[0].method.as_str(), log[0].host.as_str()), ("GET", RESOURCE_MANAGER_HOST));
}

#[tokio::test]
async fn risk_comes_with_the_newer_version_only() {
    let tenant = Tenant::demo();
    let path = production("/providers/Microsoft.Security/assessments");
    let with_risk = async |version| {
        list(&tenant, &arm(&path, version)).await.0.iter().filter(|row| row["properties"].get("risk").is_some()).count()
    };
    assert_eq!(with_risk("2021-06-01").await, 0);
    assert!(with_risk("2025-05-04").await > 10);
}

#[tokio::test]
async fn one_assessment_can_be_expanded_with_its_metadata() {
    let tenant = Tenant::demo();
    let path = production(
        "/resourceGroups/rg-shop-prod/providers/Microsoft.Compute/virtualMachines/vm-shop-web-02/providers/Microsoft.Security/assessments/e1145ab1-eb4f-43d8-911b-36ddf771d13f",
    );
    let plain = get(&tenant, &arm(&path, "2021-06-01")).await.json();
    assert_eq!(plain["properties"]["metadata"], Value::Null);
    let expanded = get(&tenant, &arm(&format!("{path}?$expand=metadata"), "2021-06-01")).await.json();
    assert_eq!(expanded["properties"]["metadata"]["severity"], "Medium");
}

#[tokio::test]
async fn plans_of_a_subscription_leave_out_those_of_its_machines() {
    let tenant = Tenant::demo();
    let (rows, _) = list(&tenant, &arm(&production("/providers/Microsoft.Security/pricings"), "2024-01-01")).await;
    let names: BTreeSet<_> = rows.iter().map(|row| row["name"].to_string()).collect();
    assert_eq!((names.len(), rows.len()), (18, 18));
    let machine = production(
        "/resourceGroups/rg-platform-prod/providers/Microsoft.Compute/virtualMachines/vm-build-01/providers/Microsoft.Security/pricings",
    );
    let (rows, _) = list(&tenant, &arm(&machine, "2024-01-01")).await;
    assert_eq!((rows.len(), rows[0]["properties"]["inherited"].as_str()), (1, Some("False")));
    let (rows, _) = list(
        &tenant,
        &arm(&production("/providers/Microsoft.Security/pricings?$filter=name in (VirtualMachines,CloudPosture)"), "2024-01-01"),
    )
    .await;
    assert_eq!(rows.len(), 2);
}

#[tokio::test]
async fn an_unregistered_provider_says_so_in_its_own_words() {
    let tenant = Tenant::demo();
    tenant
        .edit("providers", |document| {
            for row in document["value"].as_array_mut().unwrap() {
                row["registrationState"] = "NotRegistered".into();
            }
        })
        .unwrap();
    let security = get(&tenant, &arm(&production("/providers/Microsoft.Security/assessments"), "2021-06-01")).await;
    assert_eq!((security.status, security.code().as_str()), (404, "Subscription Not Registered"));
    let containers = get(&tenant, &arm(&production("/providers/Microsoft.ContainerService/managedClusters"), "2024-02-01")).await;
    assert_eq!((containers.status, containers.code().as_str()), (409, "MissingSubscriptionRegistration"));
    assert_eq!(containers.json()["error"]["details"][0]["target"], "Microsoft.ContainerService");
}

#[tokio::test]
async fn a_caller_without_the_action_is_told_which_and_where() {
    let tenant = Tenant::demo();
    hold(&tenant, SECURITY_READER, &production(""));
    let plans = get(&tenant, &arm(&production("/providers/Microsoft.Security/pricings"), "2024-01-01")).await;
    assert_eq!(plans.status, 200);
    let resources = get(&tenant, &arm(&production("/resources"), "2021-04-01")).await;
    assert_eq!((resources.status, resources.code().as_str()), (403, "AuthorizationFailed"));
    let message = resources.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("perform action 'Microsoft.Resources/subscriptions/resources/read' over scope"), "{message}");
    let other =
        get(&tenant, &arm(&format!("/subscriptions/{SANDBOX}/providers/Microsoft.Security/pricings"), "2024-01-01")).await;
    assert_eq!(other.status, 403);
    let (visible, _) = list(&tenant, &arm("/subscriptions", "2022-12-01")).await;
    assert_eq!(visible.len(), 1);
}

#[tokio::test]
async fn a_reader_of_one_resource_group_sees_its_subscription_but_may_not_list_it() {
    let tenant = Tenant::demo();
    hold(&tenant, READER, &production("/resourceGroups/rg-shop-prod"));
    assert_eq!(list(&tenant, &arm("/subscriptions", "2022-12-01")).await.0.len(), 1);
    assert_eq!(get(&tenant, &arm(&production("/resources"), "2021-04-01")).await.status, 403);
    let own = production("/resourceGroups/rg-shop-prod/providers/Microsoft.Security/assessments");
    assert_eq!(get(&tenant, &arm(&own, "2021-06-01")).await.status, 200);
}

#[tokio::test]
async fn permissions_are_those_of_the_roles_held_at_the_scope() {
    let tenant = Tenant::demo();
    let at = async |scope: &str| {
        list(&tenant, &arm(&format!("{scope}/providers/Microsoft.Authorization/permissions"), "2022-04-01")).await.0
    };
    let own = at(&production("/resourceGroups/rg-shop-prod")).await;
    assert_eq!(own[0], json!({"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []}));
    let root = at(&format!("/providers/Microsoft.Management/managementGroups/{TENANT_ID}")).await;
    assert_eq!((own.len(), &own[1..]), (2, root.as_slice()), "at the root only the hierarchy");
    assert_eq!(at(&production("")).await, own);
    assert_eq!(at("/providers/Microsoft.Management/managementGroups/mg-fabrikam").await, own);
}

#[tokio::test]
async fn management_groups_stop_where_the_caller_may_not_look() {
    let tenant = Tenant::demo();
    let root = arm(&format!("/providers/Microsoft.Management/managementGroups/{TENANT_ID}/descendants"), "2023-04-01");
    assert_eq!(list(&tenant, &root).await.0.len(), 5);
    hold(&tenant, READER, "/providers/Microsoft.Management/managementGroups/mg-fabrikam");
    assert_eq!(get(&tenant, &root).await.status, 403);
    let (groups, pages) = list(&tenant, &arm("/providers/Microsoft.Management/managementGroups", "2023-04-01")).await;
    assert_eq!((groups.len(), pages), (3, 2));
    let (below, _) =
        list(&tenant, &arm("/providers/Microsoft.Management/managementGroups/mg-fabrikam/descendants", "2023-04-01")).await;
    let kinds: Vec<_> = below.iter().map(|row| row["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        ["Microsoft.Management/managementGroups", "Microsoft.Management/managementGroups", "/subscriptions", "/subscriptions"]
    );
}

#[tokio::test]
async fn a_management_group_expands_only_what_is_asked_for() {
    let tenant = Tenant::demo();
    let path = "/providers/Microsoft.Management/managementGroups/mg-fabrikam";
    let plain = get(&tenant, &arm(path, "2023-04-01")).await.json();
    assert_eq!((plain["properties"]["details"].get("path"), &plain["properties"]["children"]), (None, &Value::Null));
    let tree = get(&tenant, &arm(&format!("{path}?$expand=children,path,ancestors&$recurse=true"), "2023-04-01")).await.json();
    assert_eq!(tree["properties"]["details"]["managementGroupAncestors"], json!([TENANT_ID]));
    assert_eq!(tree["properties"]["children"][0]["children"][0]["id"], production(""));
}

#[tokio::test]
async fn role_assignments_stand_at_above_and_below_a_subscription() {
    let tenant = Tenant::demo();
    let path = production("/providers/Microsoft.Authorization/roleAssignments");
    let scopes = async |filter: &str| {
        let (rows, _) = list(&tenant, &arm(&format!("{path}?$filter={filter}"), "2022-04-01")).await;
        rows.iter().map(|row| row["properties"]["scope"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = scopes("").await;
    assert!(all.iter().any(|scope| scope == "/") && all.iter().any(|scope| scope.contains("mg-production")));
    assert!(all.iter().any(|scope| scope.contains("resourceGroups")) && !all.iter().any(|scope| scope.contains(SANDBOX)));
    assert!(!scopes("atScope()").await.iter().any(|scope| scope.contains("resourceGroups")));
    let deniz = "fab00002-0000-4000-8000-000000000004";
    assert_eq!(scopes(&format!("principalId eq '{deniz}'")).await, Vec::<String>::new());
    assert_eq!(scopes(&format!("assignedTo('{deniz}')")).await.len(), 4, "on call, in the platform team, in engineering");
    assert_eq!(scopes(&format!("atScope() and assignedTo('{deniz}')")).await.len(), 3);
    let group = "fab00003-0000-4000-8000-000000000003";
    let refused = get(&tenant, &arm(&format!("{path}?$filter=assignedTo('{group}')"), "2022-04-01")).await;
    assert_eq!(refused.status, 400);
    assert_eq!(get(&tenant, &arm(&format!("{path}?$filter=nonsense"), "2022-04-01")).await.code(), "UnsupportedQuery");
}

#[tokio::test]
async fn role_definitions_depend_on_the_scope() {
    let tenant = Tenant::demo();
    let names = async |path: String| {
        let (rows, _) = list(&tenant, &arm(&path, "2022-04-01")).await;
        rows.iter().map(|row| row["properties"]["roleName"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    let own = "/providers/Microsoft.Authorization/roleDefinitions";
    assert_eq!(
        names(production(&format!("{own}?$filter=type eq 'CustomRole'"))).await,
        BTreeSet::from(["Deployment Engine".to_owned()])
    );
    let below = names(production(&format!("{own}?$filter=atScopeAndBelow() and type eq 'CustomRole'"))).await;
    assert_eq!(below.len(), 2);
    assert!(names(production(own)).await.len() > 12);
    let one = get(&tenant, &arm(&production(&format!("{own}/{READER}")), "2022-04-01")).await.json();
    assert_eq!(one["id"], production(&format!("{own}/{READER}")));
    assert_eq!(one["properties"]["permissions"][0]["actions"], json!(["*/read"]));
}

#[tokio::test]
async fn schedules_need_the_premium_licence() {
    let tenant = Tenant::demo();
    let path = production("/providers/Microsoft.Authorization/roleEligibilityScheduleInstances?$filter=atScope()");
    let (rows, _) = list(&tenant, &arm(&path, "2020-10-01")).await;
    assert_eq!(rows.len(), 2, "one at the subscription, one at its management group");
    tenant.edit("subscribed-skus", |document| document["value"] = json!([])).unwrap();
    assert_eq!(get(&tenant, &arm(&path, "2020-10-01")).await.code(), "AadPremiumLicenseRequired");
}

#[tokio::test]
async fn request_ids_are_counted_and_quotas_are_told() {
    let tenant = Tenant::demo();
    let url = arm(&production("/resourcegroups"), "2021-04-01");
    let first = get(&tenant, &url).await;
    let second = get(&Tenant::demo(), &url).await;
    assert_eq!(first.headers["x-ms-request-id"], second.headers["x-ms-request-id"]);
    assert_eq!(first.headers["x-ms-ratelimit-remaining-subscription-reads"], "249");
}

#[test]
fn a_document_that_does_not_exist_cannot_be_edited() {
    assert!(Tenant::demo().edit("nothing", |_| {}).is_err());
}
