//! One plan asks each question once: whatever the data sources and validations in it have in common, no list is read a second time.

use std::collections::{BTreeMap, BTreeSet};

use azposture::demo::{LOGIN_HOST, PRODUCTION, RESOURCE_MANAGER_HOST, Request, SANDBOX, Tenant};
use futures::future::join_all;
use serde_json::{Value as Json, json};

use super::hostile::{objects, run};
use crate::support::inside::Inside;

/// Everything there is, each with nothing and with arguments that make it read more.
fn everything() -> Vec<(&'static str, bool, Json)> {
    let bare =
        objects().into_iter().filter(|(_, is_source, _)| *is_source).map(|(name, is_source, _)| (name, is_source, json!({})));
    bare.chain(objects()).collect()
}

/// What was asked for more than once.
fn repeated(tenant: &Tenant) -> Vec<(usize, Request)> {
    let mut counts = BTreeMap::<String, (usize, Request)>::new();
    for request in tenant.requests().into_iter().filter(|request| request.host != LOGIN_HOST) {
        counts.entry(format!("{request:?}")).or_insert_with(|| (0, request)).0 += 1;
    }
    counts.into_values().filter(|(count, _)| *count > 1).collect()
}

#[tokio::test]
async fn nothing_is_asked_twice_in_one_plan_however_many_blocks_it_has() {
    for engine in ["never", "always", "auto"] {
        for at_once in [true, false] {
            let tenant = Tenant::demo();
            let block = json!({"environment": "demo", "resource_graph": engine});
            let inside = Inside::configured(tenant.clone(), block).await;
            let everything = everything();
            let runs = everything.iter().map(|(name, is_source, arguments)| run(&inside, name, *is_source, arguments));
            if at_once {
                join_all(runs).await;
            } else {
                for one in runs {
                    one.await;
                }
            }
            let asked = tenant.requests().len();
            assert!(asked > 40, "{engine}: only {asked} requests");
            let repeated = repeated(&tenant);
            assert!(repeated.is_empty(), "{engine}, at once {at_once}: {repeated:#?}");
        }
    }
}

/// Lists of Resource Manager that are read whole in more than one way: what asks for a part of one by a filter does not count.
fn read_in_several_ways(tenant: &Tenant) -> BTreeSet<String> {
    let mut ways = BTreeMap::<String, BTreeSet<String>>::new();
    let of_manager = |request: &Request| request.host == RESOURCE_MANAGER_HOST && request.method == "GET" && request.page == 1;
    for request in tenant.requests().into_iter().filter(of_manager) {
        if !request.query.iter().any(|key| key == "$filter") {
            ways.entry(request.path).or_default().insert(request.question);
        }
    }
    let several = ways.into_iter().filter(|(_, ways)| ways.len() > 1).map(|(path, _)| path);
    several.map(|path| path.replace(PRODUCTION, "{id}").replace(SANDBOX, "{id}")).collect()
}

#[tokio::test]
async fn no_list_is_read_whole_in_two_ways() {
    let tenant = Tenant::demo();
    let inside = Inside::by_arm(tenant.clone()).await;
    for (name, is_source, arguments) in everything() {
        run(&inside, name, is_source, &arguments).await;
    }
    // Risk takes another version of the interface, and is read only where it is asked for.
    let known = ["/subscriptions/{id}/providers/Microsoft.Security/assessments"];
    assert_eq!(read_in_several_ways(&tenant), BTreeSet::from(known.map(str::to_owned)));
}

#[tokio::test]
async fn what_the_memo_holds_whole_answers_every_question_about_it() {
    for engine in ["never", "always"] {
        let tenant = Tenant::demo();
        let inside = Inside::configured(tenant.clone(), json!({"environment": "demo", "resource_graph": engine})).await;
        for (name, is_source, arguments) in everything() {
            run(&inside, name, is_source, &arguments).await;
        }
        let asked = tenant.requests().len();
        for (name, arguments) in [
            ("defender_assessments", json!({"severities": ["high"], "statuses": ["Healthy"], "limit": 3})),
            ("defender_alerts", json!({"statuses": ["Resolved"], "limit": 0})),
            ("defender_plans", json!({"plan_names": ["VirtualMachines"]})),
            ("resources", json!({"resource_types": ["Microsoft.KeyVault/vaults", "Microsoft.Sql/servers/databases"]})),
            ("secure_score", json!({"include_controls": false})),
            ("subscriptions", json!({"states": ["Enabled"]})),
        ] {
            inside.read(name, arguments).await.ok();
            assert_eq!(tenant.requests().len(), asked, "{engine} {name}");
        }
    }
}
