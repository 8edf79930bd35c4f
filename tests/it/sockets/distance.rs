//! A tenant as far away and as strict as a real one, over sockets: how often it is asked.

use std::{collections::BTreeSet, time::Duration};

use azposture::demo::Tenant;
use serde_json::{Value as Json, json};

use super::provider;
use crate::support::{
    cloud::{FakeCloud, Http, Role},
    estate::Estate,
};

const LIST: &str = "azposture_defender_assessments";
/// Two requests to Resource Graph for each question, and more than a page of rows for either.
const ESTATE: Estate = Estate { subscriptions: 320, resources: 15 };

async fn read(cloud: &FakeCloud, resource_graph: &str, limit: usize) -> Json {
    let mut block = cloud.block();
    block["resource_graph"] = resource_graph.into();
    let plugin = provider(block, &[]).await;
    plugin.read(LIST, json!({"limit": limit})).await.0.unwrap()
}

async fn far() -> FakeCloud {
    let cloud = FakeCloud::on(Tenant::demo()).over(Http::Two).answering(ESTATE.front());
    cloud.far(Duration::from_millis(2)).start().await
}

#[tokio::test]
async fn the_first_rows_of_a_large_tenant_take_two_queries_for_300_subscriptions() {
    let (near, far) = (far().await, far().await);
    let (by_list, by_counts) = (read(&near, "never", 25).await, read(&far, "auto", 25).await);
    assert_eq!(by_counts, by_list);
    assert_eq!(by_counts["summary"]["matched"], json!(ESTATE.assessments() / 4));
    let ids: BTreeSet<String> = ESTATE.ids().collect();
    let rows = by_counts["assessments"].as_array().unwrap();
    assert!(rows.len() == 25 && rows.iter().all(|row| ids.contains(row["subscription_id"].as_str().unwrap())));
    let seen = far.seen_by(Role::Management);
    let of_scope_and_proof = ["/permissions", "/subscriptions", "/descendants"];
    let others = seen.iter().filter(|seen| !of_scope_and_proof.iter().any(|end| seen.path.ends_with(end)));
    let mut names: Vec<String> = others.map(|seen| name_of(&seen.body).unwrap_or_else(|| seen.path.clone())).collect();
    names.sort();
    // The rows that are wanted are all of the first 300 subscriptions, which is not known before.
    let metadata = "/providers/Microsoft.Security/assessmentMetadata";
    assert_eq!(names, [metadata, "assessmentgroups", "assessmentgroups", "firstassessments", "firstassessments"]);
    let questions: BTreeSet<String> = seen.iter().map(|seen| seen.question()).collect();
    assert_eq!(seen.len(), questions.len(), "nothing is asked twice");
}

/// The name of a query.
fn name_of(body: &str) -> Option<String> {
    let body: Json = serde_json::from_str(body).ok()?;
    body["query"].as_str()?.lines().next()?.strip_prefix("// azposture ").map(str::to_owned)
}
