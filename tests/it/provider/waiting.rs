//! Waiting with `wait_seconds`: what may pass is waited for, what cannot is not. The clock of these tests is stopped, and moves on when
//! all wait.

use azposture::{
    azure::settings::ScopeSetting,
    demo::{Fault, PRODUCTION, RESOURCE_MANAGER_HOST, Tenant},
};
use serde_json::json;

use crate::support::{inside::Inside, tokens::without_graph};

const NAME: &str = "defender_validation";

#[tokio::test(start_paused = true)]
async fn a_sign_in_that_gives_no_second_token_is_waited_with_on_the_first() {
    let pricings = Fault::on(format!("{PRODUCTION}/providers/Microsoft.Security/pricings")).times(1);
    let late = without_graph(Tenant::demo()).with_fault(pricings.change(|answer| {
        for plan in answer["value"].as_array_mut().unwrap() {
            plan["properties"]["pricingTier"] = json!("Free");
        }
    }));
    let mut arguments = json!({"plans": {"SqlServers": {}}, "tags": {"env": "prod"}});
    arguments["wait_seconds"] = json!(60);
    let reading = Inside::by_arm(late).await.plan(NAME, arguments).await;
    assert!(reading.errors().is_empty(), "{:?}", reading.said);
}

/// A connection to the one subscription of its tenant, whose role does not show it yet for this many readings.
async fn role_spreads(readings: usize) -> Inside {
    let tenant = Tenant::demo();
    tenant
        .edit("subscriptions", |list| list["value"].as_array_mut().unwrap().retain(|row| row["subscriptionId"] == PRODUCTION))
        .unwrap();
    let list = Fault::on("/subscriptions").host(RESOURCE_MANAGER_HOST).times(readings);
    Inside::aimed(tenant.with_fault(list.change(|answer| answer["value"] = json!([]))), ScopeSetting::Detect, "never").await
}

#[tokio::test(start_paused = true)]
async fn an_error_that_may_pass_is_waited_for_like_a_red_verdict() {
    let mut arguments = json!({"plans": {"SqlServers": {}}});
    let at_once = role_spreads(1).await.plan(NAME, arguments.clone()).await;
    assert_eq!(at_once.errors(), ["No subscription visible"]);
    arguments["wait_seconds"] = json!(60);
    let started = tokio::time::Instant::now();
    let reading = role_spreads(2).await.plan(NAME, arguments.clone()).await;
    assert!(reading.errors().is_empty(), "{:?}", reading.said);
    assert_eq!(started.elapsed().as_secs(), 45, "after 15 seconds, then after 30");
    let never = role_spreads(1000).await.plan(NAME, arguments).await;
    assert_eq!(never.errors(), ["No subscription visible"], "the last error is the answer");
}

#[tokio::test(start_paused = true)]
async fn an_error_that_cannot_pass_is_not_waited_for() {
    let inside = async |tenant: Tenant| Inside::configured(tenant, json!({"environment": "demo"})).await;
    let hostile = Tenant::demo().with_fault(Fault::on("/providers").change(|answer| {
        answer["nextLink"] = json!("https://management.evil.example/subscriptions?$skiptoken=x");
    }));
    let cases = [
        (hostile, "role_assignment_validation", json!({"self": true, "actions": ["*/read"]}), "Left its host"),
        (
            Tenant::demo(),
            "graph_permission_validation",
            json!({"self": true, "permissions": ["Policy.ReadAll"]}),
            "Unknown value",
        ),
    ];
    for (tenant, name, mut arguments, summary) in cases {
        arguments["wait_seconds"] = json!(600);
        let started = tokio::time::Instant::now();
        let reading = inside(tenant).await.plan(name, arguments).await;
        assert_eq!(reading.errors(), [summary], "{:?}", reading.said);
        assert!(started.elapsed().as_secs() < 15, "{name} waited for {summary}");
    }
}
