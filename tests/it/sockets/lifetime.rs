//! What one process does over its life: it reads each fact once, stops at once, keeps its time, and leaves nothing behind.

use std::{collections::BTreeSet, path::Path, time::Duration};

use azposture::demo::{PRODUCTION, Tenant};
use futures::future::{join, join_all};
use serde_json::{Value as Json, json};

use super::{provider, reads_all};
use crate::support::{
    cloud::{Effect, FakeCloud, Http, Role, Seen, Trouble},
    estate::Estate,
    host::within,
    plugin::errors,
};

const LIST: &str = "azposture_defender_assessments";

/// A block whose lists are read one subscription after the other.
fn by_resource_manager(cloud: &FakeCloud) -> Json {
    let mut block = cloud.block();
    block["resource_graph"] = "never".into();
    block
}

#[tokio::test]
async fn sixty_data_sources_over_a_few_lists_cost_each_list_once() {
    for http in [Http::One, Http::Two] {
        let cloud = FakeCloud::on(Tenant::demo()).over(http).start().await;
        let plugin = provider(cloud.block(), &[]).await;
        let names = [LIST, "azposture_subscriptions", "azposture_defender_plans"];
        let reads = (0..60).map(|number| plugin.read(names[number % 3], json!({"limit": number})));
        let answers = join_all(reads).await;
        assert!(answers.iter().all(|(value, said)| value.is_some() && errors(said).is_empty()));
        let mut asked: Vec<_> = cloud.seen().iter().map(Seen::question).collect();
        let sent = asked.len();
        asked.sort();
        asked.dedup();
        assert_eq!(asked.len(), sent, "each request once");
        assert_eq!((cloud.forms().len(), cloud.seen_by(Role::Pipeline).len()), (1, 1));
    }
}

#[tokio::test]
async fn one_connection_carries_everything_over_http_2() {
    let cloud = FakeCloud::on(Tenant::demo()).start().await;
    let plugin = provider(cloud.block(), &[]).await;
    let (plans, _) = plugin.read("azposture_defender_plans", json!({})).await;
    assert!(plans.is_some());
    assert_eq!(cloud.connections(Role::Management), 1);
}

#[tokio::test]
async fn stopping_ends_a_slow_read_at_once_and_takes_the_request_back() {
    for effect in [Effect::Silence, Effect::Stall] {
        let trouble = Trouble::on(&format!("{PRODUCTION}/providers/Microsoft.Security/assessments"), effect);
        let cloud = FakeCloud::on(Tenant::demo()).over(Http::One).with([trouble]).start().await;
        let plugin = provider(by_resource_manager(&cloud), &[]).await;
        let stop = async {
            within(async {
                while !cloud.seen().iter().any(|seen| seen.path.ends_with("/assessments")) {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            })
            .await;
            plugin.stop().await;
        };
        // Neither ends by itself within the minute that any RPC is given.
        let ((value, said), ()) = join(plugin.read(LIST, json!({})), stop).await;
        assert!(value.is_none());
        assert_eq!(errors(&said), ["Stopped"]);
        within(async {
            // Idle connections stay open, the one with the slow answer does not.
            while cloud.open(Role::Management) == cloud.connections(Role::Management) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }
}

#[tokio::test]
async fn the_time_of_an_operation_ends_it_and_says_what_it_was_spent_on() {
    let trouble = Trouble::on(&format!("{PRODUCTION}/providers/Microsoft.Security/assessments"), Effect::Silence);
    let cloud = FakeCloud::on(Tenant::demo()).with([trouble]).start().await;
    let mut block = by_resource_manager(&cloud);
    block["operation_timeout_seconds"] = json!(10);
    let plugin = provider(block, &[]).await;
    let (value, said) = plugin.read(LIST, json!({})).await;
    assert!(value.is_none());
    assert_eq!(errors(&said), ["Timed out"]);
    let sent = cloud.seen_by(Role::Management).len();
    for text in [
        "10 seconds were not enough",
        &format!("{sent} requests were sent"),
        "list Defender assessments",
        PRODUCTION,
        "operation_timeout_seconds",
    ] {
        assert!(said[0].detail.contains(text), "{text}: {}", said[0].detail);
    }
}

#[tokio::test]
async fn the_process_leaves_neither_files_nor_connections_behind() {
    let cloud = FakeCloud::on(Tenant::demo()).start().await;
    let mut plugin = provider(cloud.block(), &[]).await;
    reads_all(&plugin).await;
    let process = format!("/proc/{}", plugin.id());
    assert!(cloud.open(Role::Management) > 0);
    assert!(plugin.shutdown().await.success());
    assert!(plugin.launch.leftovers().is_empty() && !Path::new(&process).exists());
    within(async {
        while [Role::Login, Role::Management, Role::Pipeline].iter().any(|role| cloud.open(*role) > 0) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_large_estate_is_read_whole_and_the_same_by_both_engines_with_no_request_too_many() {
    let estate = Estate { subscriptions: 40, resources: 60 };
    let mut answers = vec![];
    for (http, engine, requests) in [
        (Http::One, "never", estate.requests_to_resource_manager()),
        (Http::Two, "never", estate.requests_to_resource_manager()),
        (Http::Two, "auto", estate.requests_to_resource_graph()),
        (Http::Two, "always", estate.requests_to_resource_graph()),
    ] {
        let cloud = FakeCloud::on(Tenant::demo()).over(http).answering(estate.front()).start().await;
        let mut block = cloud.block();
        block["resource_graph"] = engine.into();
        let plugin = provider(block, &[]).await;
        let (value, said) = plugin.read(LIST, json!({"statuses": ["Unhealthy", "Healthy"], "limit": 0})).await;
        assert!(errors(&said).is_empty(), "{said:#?}");
        let value = value.unwrap();
        assert_eq!((&value["summary"]["matched"], &value["complete"]), (&json!(estate.assessments()), &json!(true)));
        let keys: BTreeSet<_> = value["assessments"].as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap()).collect();
        assert_eq!(keys.len(), estate.assessments());
        let seen = cloud.seen_by(Role::Management);
        assert_eq!(seen.len(), requests, "{engine}: {:#?}", seen.iter().map(|seen| &seen.path).collect::<BTreeSet<_>>());
        answers.push(value);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[tokio::test]
async fn of_more_rows_than_resource_graph_gives_in_time_one_page_is_asked_for_and_resource_manager_answers() {
    // 17,600 rows in 40 subscriptions: Resource Graph is asked for 17,000.
    let estate = Estate { subscriptions: 40, resources: 110 };
    let mut answers = vec![];
    for (engine, requests, pages) in [
        ("auto", estate.requests_to_resource_manager() + 1, 1),
        ("always", estate.requests_to_resource_graph(), estate.assessments().div_ceil(1000)),
    ] {
        let cloud = FakeCloud::on(Tenant::demo()).over(Http::Two).answering(estate.front()).start().await;
        let mut block = cloud.block();
        block["resource_graph"] = engine.into();
        let plugin = provider(block, &[]).await;
        let (value, said) = plugin.read(LIST, json!({"limit": 1001})).await;
        assert!(errors(&said).is_empty(), "{said:#?}");
        let seen = cloud.seen_by(Role::Management);
        let queries = seen.iter().filter(|seen| seen.body.contains("// azposture assessments")).count();
        assert_eq!((seen.len(), queries), (requests, pages), "{engine}");
        answers.push(value.unwrap());
    }
    assert_eq!(answers[0]["summary"]["unhealthy"], json!(estate.assessments() / 4));
    assert_eq!((&answers[0]["complete"], &answers[0]), (&json!(true), &answers[1]));
}
