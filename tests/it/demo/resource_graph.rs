//! Azure Resource Graph: named queries, scopes, pages, and rows that are missing without a word.

use azposture::{
    azure::resource_graph::queries::counted::FIRST,
    demo::{Fault, PRINCIPAL_ID, PRODUCTION, RESOURCE_MANAGER_HOST, SANDBOX, Tenant},
    provider::collect::lists::listed::texts,
};
use azure_core::http::Method;
use serde_json::{Value, json};

use super::{Answer, arm, header, request, send, token};

/// One of the provider's own queries by its name, or another text.
async fn query(tenant: &Tenant, name: &str, mut body: Value) -> Answer {
    body["query"] = texts().remove(name).unwrap_or_else(|| name.to_owned()).into();
    let mut request = request(Method::Post, &arm("/providers/Microsoft.ResourceGraph/resources", "2022-10-01"));
    header(&mut request, "authorization", &format!("Bearer {}", token(tenant, RESOURCE_MANAGER_HOST).await));
    request.set_body(body.to_string());
    send(tenant, request).await.unwrap()
}

async fn rows(tenant: &Tenant, name: &str, body: Value) -> Vec<Value> {
    let answer = query(tenant, name, body).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()["data"].as_array().unwrap().clone()
}

fn is_of(row: &Value, subscription: &str) -> bool {
    row["id"].as_str().unwrap().starts_with(&format!("/subscriptions/{subscription}/"))
}

/// How many resources a subscription of the tenant has.
fn resources_of(tenant: &Tenant, subscription: &str) -> usize {
    tenant.document("resources")["value"].as_array().unwrap().iter().filter(|row| is_of(row, subscription)).count()
}

fn both() -> Value {
    json!({"subscriptions": [PRODUCTION, SANDBOX]})
}

#[tokio::test]
async fn every_query_of_the_provider_answers() {
    let tenant = Tenant::demo();
    for (name, _) in texts() {
        let rows = rows(&tenant, name, both()).await;
        // The first of those that were counted are of none here.
        assert_eq!(rows.is_empty(), name == FIRST, "{name}");
    }
    for text in ["resources | where id ==", "nowhere | project id", "resources | top 5 by id"] {
        assert_eq!(query(&tenant, text, both()).await.status, 400, "{text}");
    }
}

#[tokio::test]
async fn rows_without_an_id_have_one_page_and_say_that_it_was_cut() {
    let tenant = Tenant::demo().with_page_size(1);
    let body = query(&tenant, "resourcecounts", both()).await.json();
    assert_eq!((&body["totalRecords"], &body["resultTruncated"], &body["$skipToken"]), (&json!(2), &json!("true"), &Value::Null));
}

#[tokio::test]
async fn pages_follow_the_token_and_hold_each_row_once() {
    let tenant = Tenant::demo();
    let (mut seen, mut skip) = (Vec::new(), Value::Null);
    loop {
        let options = if skip.is_null() { json!({"$top": 30}) } else { json!({"$top": 30, "$skipToken": skip}) };
        let answer = query(&tenant, "assessments", json!({"subscriptions": [PRODUCTION, SANDBOX], "options": options})).await;
        assert_eq!(answer.headers["x-ms-user-quota-remaining"], "14");
        let body = answer.json();
        assert_eq!(body["totalRecords"], 92);
        assert_eq!(body["resultTruncated"], "false");
        seen.extend(body["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        skip = body["$skipToken"].clone();
        if skip.is_null() {
            break;
        }
    }
    let mut unique = seen.clone();
    unique.sort();
    unique.dedup();
    assert_eq!((seen.len(), &unique), (92, &seen), "in the order of ids");
    assert_eq!(
        tenant
            .requests()
            .iter()
            .filter(|request| request.named.as_deref() == Some("assessments"))
            .map(|request| request.page)
            .max(),
        Some(4)
    );
}

#[tokio::test]
async fn rows_have_the_columns_of_their_table() {
    let tenant = Tenant::demo();
    let text = "securityresources | where type == \"microsoft.security/assessments\"";
    let rows = rows(&tenant, text, json!({"managementGroups": ["mg-production"]})).await;
    assert!(rows.iter().all(|row| row["type"] == "microsoft.security/assessments" && row["subscriptionId"] == PRODUCTION));
    let of_resource = rows.iter().find(|row| row["properties"]["resourceDetails"]["Source"] == "Azure").unwrap();
    assert!(of_resource["properties"]["resourceDetails"]["Id"].is_string());
    assert!(of_resource["properties"]["links"]["azurePortal"].is_string());
    assert!(of_resource["properties"]["metadata"]["severity"].is_string());
    let subscriptions =
        self::rows(&tenant, "resourcecontainers | where type == \"microsoft.resources/subscriptions\"", both()).await;
    assert_eq!(subscriptions[0]["properties"]["managementGroupAncestorsChain"][0]["name"], "mg-production");
    assert_eq!(subscriptions[0]["tags"]["env"], "prod");
}

#[tokio::test]
async fn a_request_names_its_scope_in_one_way() {
    let tenant = Tenant::demo();
    let (production, sandbox) = (resources_of(&tenant, PRODUCTION), resources_of(&tenant, SANDBOX));
    assert!(production > 0 && sandbox > 0);
    assert_eq!(rows(&tenant, "resources", json!({"subscriptions": [SANDBOX]})).await.len(), sandbox);
    assert_eq!(
        query(&tenant, "resources", json!({"subscriptions": [SANDBOX], "managementGroups": ["mg-sandbox"]})).await.status,
        400
    );
    assert_eq!(rows(&tenant, "resources", json!({})).await.len(), production + sandbox);
}

#[tokio::test]
async fn assignments_above_come_only_when_asked_for() {
    let tenant = Tenant::demo();
    let inherited =
        |rows: &[Value]| rows.iter().filter(|row| !row["id"].as_str().unwrap().starts_with("/subscriptions/")).count();
    assert_eq!(inherited(&rows(&tenant, "roleassignments", json!({"subscriptions": [PRODUCTION]})).await), 0);
    let options = json!({"authorizationScopeFilter": "AtScopeAboveAndBelow"});
    assert_eq!(inherited(&rows(&tenant, "roleassignments", json!({"subscriptions": [PRODUCTION], "options": options})).await), 6);
}

#[tokio::test]
async fn counts_are_of_types_per_subscription() {
    let tenant = Tenant::demo();
    let rows = rows(&tenant, "resourcecounts", both()).await;
    let counts = |id| rows.iter().find(|row| row["subscriptionId"] == id).unwrap()["counts"].as_array().unwrap();
    assert!(counts(PRODUCTION).contains(&json!({"type": "microsoft.compute/virtualmachines", "number": 4})));
    for id in [PRODUCTION, SANDBOX] {
        let all = counts(id).iter().map(|count| count["number"].as_u64().unwrap());
        assert_eq!(all.sum::<u64>(), u64::try_from(resources_of(&tenant, id)).unwrap());
    }
}

#[tokio::test]
async fn rows_the_caller_may_not_read_are_missing_without_a_word() {
    let tenant = Tenant::demo();
    let hold = |scope: &'static str| {
        move |document: &mut Value| {
            let rows = document["value"].as_array_mut().unwrap();
            let own = rows.iter_mut().filter(|row| row["properties"]["principalId"] == PRINCIPAL_ID);
            own.for_each(|own| own["properties"]["scope"] = scope.into());
        }
    };
    tenant.edit("role-assignments", hold("/subscriptions/fab00001-0000-4000-8000-000000000001")).unwrap();
    let rows = rows(&tenant, "plans", both()).await;
    assert!(!rows.is_empty() && rows.iter().all(|row| is_of(row, PRODUCTION)));
    tenant.edit("role-assignments", hold("/providers/Microsoft.Management/managementGroups/none")).unwrap();
    assert_eq!(query(&tenant, "plans", both()).await.status, 403);
}

#[tokio::test]
async fn a_fault_can_meet_one_query_of_one_subscription() {
    let fault = Fault::on("resourcegraph").named("plans").subscription(SANDBOX).keep(|row| !is_of(row, SANDBOX));
    let tenant = Tenant::demo().with_fault(fault);
    assert_eq!(rows(&tenant, "plans", json!({"subscriptions": [PRODUCTION]})).await.len(), 22);
    assert_eq!(rows(&tenant, "plans", both()).await.len(), 22);
    let resources = resources_of(&tenant, PRODUCTION) + resources_of(&tenant, SANDBOX);
    assert_eq!(rows(&tenant, "resources", both()).await.len(), resources);
    assert_eq!(tenant.fired(), [1]);
}

#[tokio::test]
async fn a_looped_token_leads_to_the_same_page() {
    let tenant = Tenant::demo().with_page_size(10).with_fault(Fault::on("resourcegraph").looped_link());
    let first = query(&tenant, "resources", both()).await.json();
    let again = query(&tenant, "resources", json!({"options": {"$skipToken": first["$skipToken"]}})).await.json();
    assert_eq!(first, again);
}
