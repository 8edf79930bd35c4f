//! Each read of each data source refused, one at a time: the answer says that it is not complete, and no count of something becomes
//! that of nothing. The reads are what the demo tenant was asked, so the test grows by itself.

use std::collections::BTreeMap;

use azposture::demo::{Fault, GRAPH_HOST, LOGIN_HOST, Request, Tenant};
use serde_json::{Value as Json, json};

use super::hostile::objects;
use crate::support::inside::Inside;

/// Every data source with arguments that make it read, and what makes some read more.
fn sources() -> Vec<(&'static str, Json)> {
    // What the connection could not see, each of its checks says by itself.
    let all = objects().into_iter().filter(|(name, is_source, _)| *is_source && *name != "connection");
    let all = all.map(|(name, _, arguments)| (name, arguments));
    let vaults = json!({"kinds": ["resource_diagnostic_settings"], "resource_types": ["Microsoft.KeyVault/vaults"]});
    let more =
        [("regulatory_compliance", json!({"depth": "assessments"})), ("monitor_settings", vaults), ("resources", json!({}))];
    all.chain(more).collect()
}

/// The reads that an answer stands on, each subscription's by itself.
fn reads(tenant: &Tenant) -> Vec<Request> {
    let own = |request: &Request| request.host != LOGIN_HOST && request.page == 1;
    let mut all = BTreeMap::new();
    for request in tenant.requests().into_iter().filter(own) {
        all.entry((request.host.clone(), request.path.clone(), request.named.clone())).or_insert(request);
    }
    all.into_values().collect()
}

fn unregistered(request: &Request) -> Fault {
    Fault::on(request.path.clone()).host(&request.host).refuse(409, "MissingSubscriptionRegistration", "no")
}

/// Whether the list of all resource providers says that the one that is asked is registered in the subscription that is asked about.
fn is_registered(request: &Request) -> bool {
    let path = request.path.to_lowercase();
    let named = path.strip_prefix("/subscriptions/").and_then(|rest| rest.split_once('/')).zip(path.rsplit_once("/providers/"));
    let Some(((id, _), (_, rest))) = named else { return false };
    // The state itself is asked by a path that ends with the name.
    let Some((namespace, _)) = rest.split_once('/') else { return false };
    let of = format!("/subscriptions/{id}/providers/{namespace}");
    let document = Tenant::demo().document("providers");
    let mut rows = document["value"].as_array().unwrap().iter();
    rows.any(|row| row["id"].as_str().unwrap().to_lowercase() == of && row["registrationState"] == "Registered")
}

fn refused(request: &Request) -> Fault {
    let code = if request.host == GRAPH_HOST { "Authorization_RequestDenied" } else { "AuthorizationFailed" };
    let path = request.path.clone();
    let fault = Fault::on(path).host(&request.host).refuse(403, code, "no");
    match &request.named {
        Some(name) => fault.named(name),
        None => fault,
    }
}

/// Counts that were of something and are of nothing.
fn vanished(before: &Json, after: &Json) -> Vec<String> {
    let numbers = before.as_object().into_iter().flatten().filter(|(name, _)| *name != "returned");
    let gone = numbers.filter(|(name, was)| was.as_u64() > Some(0) && after[name.as_str()] == json!(0));
    gone.map(|(name, was)| format!("{name}: {was} -> 0")).collect()
}

/// An answer without what may be said of it in more than one way: where it is not known which types there are, each of them is asked,
/// and one that is not registered says so.
fn rest(name: &str, answer: &Json) -> Json {
    let mut rest = answer.clone();
    if name == "resources" {
        rest["coverage"].as_array_mut().unwrap().retain(|row| row["reason"] != "not_registered");
    }
    rest
}

async fn on(tenant: &Tenant, engine: &str, name: &str, arguments: &Json) -> Option<Json> {
    let block = json!({"environment": "demo", "resource_graph": engine});
    Inside::configured(tenant.clone(), block).await.read(name, arguments.clone()).await.value
}

#[tokio::test]
async fn a_read_that_is_refused_is_told_and_no_count_becomes_that_of_nothing() {
    let mut silent = Vec::new();
    for engine in ["never", "always"] {
        for (name, arguments) in sources() {
            let tenant = Tenant::demo();
            let before = on(&tenant, engine, name, &arguments).await.unwrap();
            for request in reads(&tenant) {
                let spoiled = Tenant::demo().with_fault(refused(&request));
                // No answer at all is an error.
                let Some(after) = on(&spoiled, engine, name, &arguments).await else { continue };
                let what = format!("{name} {arguments} by {engine} without {} {:?}", request.path, request.named);
                // A query that is refused is read by Resource Manager, with the same answer.
                if after["complete"] != false && rest(name, &after) != rest(name, &before) {
                    silent.push(format!("{what} is complete"));
                }
                silent.extend(vanished(&before["summary"], &after["summary"]).iter().map(|gone| format!("{what}: {gone}")));
            }
        }
    }
    assert!(silent.is_empty(), "{} in all:\n{}", silent.len(), silent.join("\n"));
}

/// What is not registered is known to be absent, and the answer is complete: so it has to be said by more than the list itself.
#[tokio::test]
async fn a_list_that_says_that_its_provider_is_not_registered_where_it_is_leaves_no_answer_complete() {
    let mut silent = Vec::new();
    for (name, arguments) in sources() {
        let tenant = Tenant::demo();
        let before = on(&tenant, "never", name, &arguments).await.unwrap();
        for request in reads(&tenant).into_iter().filter(is_registered) {
            let Some(after) = on(&Tenant::demo().with_fault(unregistered(&request)), "never", name, &arguments).await else {
                continue;
            };
            if after["complete"] != false && after != before {
                silent.push(format!("{name} {arguments} without {} is complete", request.path));
            }
        }
    }
    assert!(silent.is_empty(), "{} in all:\n{}", silent.len(), silent.join("\n"));
}
