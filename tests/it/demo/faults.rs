//! Faults happen exactly as planned.

use std::time::Duration;

use azposture::demo::{Fault, GRAPH_HOST, PRODUCTION, SANDBOX, Tenant};
use azure_core::{error::ErrorKind, http::Method};
use serde_json::Value;

use super::{arm, get, graph, ids, list, request, send, try_get};

fn assessments() -> String {
    arm(&format!("/subscriptions/{PRODUCTION}/providers/Microsoft.Security/assessments"), "2021-06-01")
}

async fn second_page(tenant: &Tenant) -> String {
    get(tenant, &assessments()).await.json()["nextLink"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_fault_meets_its_page_as_often_as_planned() {
    let fault = Fault::on("/providers/Microsoft.Security/assessments").page(2).answer(429).header("Retry-After", "1").times(2);
    let tenant = Tenant::demo().with_fault(fault);
    let second = second_page(&tenant).await;
    for expected in [429, 429, 200] {
        let answer = get(&tenant, &second).await;
        assert_eq!(answer.status, expected);
        assert_eq!(answer.headers.get("retry-after").map(String::as_str), (expected == 429).then_some("1"));
    }
    assert_eq!(tenant.fired(), [2]);
}

#[tokio::test]
async fn a_fault_meets_the_nth_request_only() {
    let tenant = Tenant::demo().with_fault(Fault::on("/subscriptions").nth(2).refuse(503, "ServiceUnavailable", "Later."));
    let url = arm("/subscriptions", "2022-12-01");
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(get(&tenant, &url).await.status);
    }
    assert_eq!(statuses, [200, 503, 200]);
}

#[tokio::test]
async fn a_fault_can_be_limited_to_a_method_a_host_and_a_subscription() {
    let tenant = Tenant::demo()
        .with_fault(Fault::on("").method("delete").answer(500))
        .with_fault(Fault::on("").host(GRAPH_HOST).answer(502))
        .with_fault(Fault::on("pricings").subscription(SANDBOX).answer(504));
    let plans = |id: &str| arm(&format!("/subscriptions/{id}/providers/Microsoft.Security/pricings"), "2024-01-01");
    assert_eq!(get(&tenant, &plans(PRODUCTION)).await.status, 200);
    assert_eq!(get(&tenant, &plans(SANDBOX)).await.status, 504);
    assert_eq!(get(&tenant, &graph("/users")).await.status, 502);
    assert_eq!(tenant.fired(), [0, 1, 1]);
}

#[tokio::test]
async fn connections_and_bodies_break() {
    let url = assessments();
    let dropped = try_get(&Tenant::demo().with_fault(Fault::on("assessments").drop_connection()), &url).await.unwrap_err();
    assert!(matches!(dropped.kind(), ErrorKind::Io));
    let torn = try_get(&Tenant::demo().with_fault(Fault::on("assessments").torn_body()), &url).await.unwrap_err();
    assert!(matches!(torn.kind(), ErrorKind::Io));
    let short = get(&Tenant::demo().with_fault(Fault::on("assessments").short_body()), &url).await;
    assert!(short.status == 200 && serde_json::from_slice::<Value>(&short.body).is_err());
}

#[tokio::test]
async fn bodies_that_are_not_json_come_as_they_do_in_life() {
    let url = assessments();
    let html = get(&Tenant::demo().with_fault(Fault::on("assessments").html(200)), &url).await;
    assert!(html.body.starts_with(b"<!DOCTYPE") && html.headers["content-type"].starts_with("text/html"));
    let marked = get(&Tenant::demo().with_fault(Fault::on("assessments").byte_order_mark()), &url).await;
    assert!(marked.body.starts_with(b"\xEF\xBB\xBF{"));
    assert!(get(&Tenant::demo().with_fault(Fault::on("assessments").empty(503)), &url).await.body.is_empty());
    let moved = get(&Tenant::demo().with_fault(Fault::on("assessments").redirect("https://portal.example/")), &url).await;
    assert_eq!((moved.status, moved.headers["location"].as_str()), (302, "https://portal.example/"));
}

#[tokio::test]
async fn links_lead_astray() {
    for link in ["https://evil.example/next", "http://management.demo.azposture/next", ""] {
        let tenant = Tenant::demo().with_fault(Fault::on("assessments").next_link(link));
        assert_eq!(get(&tenant, &assessments()).await.json()["nextLink"], link);
    }
    let tenant = Tenant::demo().with_fault(Fault::on("assessments").page(2).looped_link());
    let second = second_page(&tenant).await;
    assert_eq!(get(&tenant, &second).await.json()["nextLink"], second);
    let tenant = Tenant::demo().with_fault(Fault::on("users").looped_link());
    assert!(get(&tenant, &graph("/users")).await.json()["@odata.nextLink"].as_str().unwrap().ends_with("/v1.0/users"));
}

#[tokio::test]
async fn a_page_comes_twice() {
    let tenant = Tenant::demo().with_fault(Fault::on("assessments").page(2).duplicate_page());
    let first = get(&tenant, &assessments()).await;
    let second = get(&tenant, first.json()["nextLink"].as_str().unwrap()).await;
    assert_eq!(ids(&first.rows()), ids(&second.rows()));
    assert_ne!(first.json()["nextLink"], second.json()["nextLink"]);
}

#[tokio::test]
async fn rows_are_missing_and_nothing_tells() {
    let tenant =
        Tenant::demo().with_fault(Fault::on("assessments").keep(|row| row["properties"]["status"]["code"] != "Unhealthy"));
    let (rows, _) = list(&tenant, &assessments()).await;
    assert!(!rows.is_empty() && rows.iter().all(|row| row["properties"]["status"]["code"] != "Unhealthy"));
}

#[tokio::test]
async fn an_answer_can_be_changed_freely() {
    let tenant = Tenant::demo().with_fault(Fault::on("/users").change(|body| body["value"][0]["mail"] = Value::Null));
    assert_eq!(get(&tenant, &graph("/users")).await.rows()[0]["mail"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_late_on_the_paused_clock() {
    let tenant = Tenant::demo().with_fault(Fault::on("assessments").delay(Duration::from_secs(90)));
    let before = tokio::time::Instant::now();
    assert_eq!(get(&tenant, &assessments()).await.status, 200);
    assert_eq!(before.elapsed().as_secs(), 90);
}

#[tokio::test]
async fn no_other_host_and_no_plain_connection_exists() {
    for url in [
        "https://management.azure.com/subscriptions",
        "http://graph.demo.azposture/v1.0/users",
        "https://graph.demo.azposture:8443/v1.0/users",
    ] {
        let error = send(&Tenant::demo(), request(Method::Get, url)).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Connection), "{url}");
    }
}
