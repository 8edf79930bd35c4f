//! What leaves, with which token and which headers, and what never leaves.

use std::{
    collections::BTreeSet,
    fmt::Write,
    sync::{Arc, Mutex},
};

use azposture::azure::{
    Audience, Call, Error, Kind,
    settings::{ResourceGraph, ScopeSetting},
};
use futures::future::join_all;
use serde_json::Value;
use tracing_subscriber::layer::SubscriberExt;

use super::{Fake, OURS, Reply, SECRET, THEIRS, ids, ok, resources, status, subscriptions, users};

const EMPTY: &str = r#"{"value":[]}"#;

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_nothing_sends_nothing() {
    let fake = Fake::new(|_, _| ok(EMPTY));
    let client = fake.client();
    assert_eq!((client.fresh().counts(), fake.sent().len(), fake.tokens()), (Default::default(), 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_half_configured_sign_in_is_reported_at_the_first_read() {
    let fake = Fake::new(|_, _| ok(EMPTY));
    let why = Error::new(Kind::Configuration, "sign in", "azposture").said(None, "client_secret is missing");
    let client = fake.client_with(|settings| settings.method = Err(why));
    assert_eq!(ids(&client, users()).await.unwrap_err().kind(), Kind::Configuration);
    assert_eq!((fake.sent().len(), fake.tokens()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_refused_request_reaches_no_wire_and_takes_no_token() {
    let fake = Fake::new(|_, _| ok("{}"));
    let client = fake.client();
    let rg = format!("/subscriptions/{OURS}/resourceGroups/prod/providers");
    for (call, code) in [
        (Call::arm("read", format!("{rg}/Microsoft.DocumentDB/databaseAccounts/db/readonlykeys"), "2024-01-01"), "NotInTable"),
        (Call::arm_query("read", format!("{rg}/Microsoft.Storage/storageAccounts/s/listKeys"), "2024-01-01"), "NotInTable"),
        (Call::arm_query("read", format!("/subscriptions/{OURS}/resources"), "2021-04-01"), "NotInTable"),
        (Call::arm("read", format!("/subscriptions/{OURS}/x%2F..%2Fresources"), "2021-04-01"), "BadPath"),
        (Call::arm("read", format!("/subscriptions/{OURS}/../{OURS}/resources"), "2021-04-01"), "BadPath"),
        (Call::arm("read", format!("/subscriptions/{THEIRS}/resources"), "2021-04-01"), "OutsideScope"),
        (Call::graph("read", "/me"), "NotInTable"),
        (users().header("X-HTTP-Method-Override", "DELETE"), "BadHeader"),
    ] {
        let error = client.get::<Value>(call).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (Kind::RefusedByGuard, code), "{error}");
        assert!(!error.advice().is_empty());
    }
    assert_eq!((fake.sent().len(), fake.tokens(), client.counts().requests), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn once_confined_a_client_reads_its_subscriptions_and_no_other() {
    let fake = Fake::new(|_, _| ok(EMPTY));
    let client = fake.client_with(|settings| settings.scope = ScopeSetting::Tenant);
    assert!(ids(&client, subscriptions()).await.is_ok());
    assert_eq!(ids(&client, resources()).await.unwrap_err().code(), "OutsideScope");
    client.clone().confine(&BTreeSet::from([OURS.to_owned()]));
    assert!(ids(&client.fresh(), resources()).await.is_ok());
    let theirs = Call::arm("list resources", format!("/subscriptions/{THEIRS}/resources"), "2021-04-01");
    assert_eq!(ids(&client, theirs).await.unwrap_err().code(), "OutsideScope");
}

#[tokio::test(start_paused = true)]
async fn without_resource_graph_not_even_a_reading_post_is_sent() {
    let fake = Fake::new(|_, _| ok(EMPTY));
    let client = fake.client_with(|settings| settings.resource_graph = ResourceGraph::Never);
    let query = Call::arm_query("list resources", "/providers/Microsoft.ResourceGraph/resources", "2024-04-01");
    let error = ids(&client, query.clone()).await.unwrap_err();
    assert_eq!((error.code(), fake.sent().len()), ("GetOnly", 0));
    // Elsewhere it is refused for nothing but the scope that it does not name.
    assert_eq!(ids(&fake.client(), query).await.unwrap_err().code(), "OutsideScope");
}

#[tokio::test(start_paused = true)]
async fn each_audience_gets_its_own_token_and_its_host_only() {
    let fake = Fake::new(|_, _| ok(EMPTY));
    let client = fake.client();
    ids(&client, users()).await.unwrap();
    ids(&client, resources()).await.unwrap();
    ids(&client, users()).await.unwrap();
    for sent in fake.sent() {
        let audience = if sent.url.starts_with("https://graph.microsoft.com/v1.0/") { "graph" } else { "arm" };
        assert!(sent.header("authorization").unwrap().starts_with(&format!("Bearer TOKEN-{audience}-")), "{sent:?}");
    }
    assert_eq!(fake.tokens(), 2);
    assert!(client.token(Audience::Graph).await.unwrap().reveal().starts_with("TOKEN-graph"));
}

#[tokio::test(start_paused = true)]
async fn fifty_first_reads_take_one_token() {
    let fake = Fake::new(|_, _| ok(EMPTY));
    let client = fake.client();
    let answers = join_all((0..50).map(|_| ids(&client, users()))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!((fake.sent().len(), fake.tokens()), (50, 1));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_is_replaced_and_the_read_goes_on() {
    let fake = Fake::new(|sent, _| match sent.header("authorization") {
        Some("Bearer TOKEN-graph-0") => status(401, r#"{"error":{"code":"InvalidAuthenticationToken","message":"expired"}}"#),
        _ => ok(EMPTY),
    });
    let client = fake.client();
    let answers = join_all((0..10).map(|_| ids(&client, users()))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(fake.tokens(), 2);
}

#[tokio::test(start_paused = true)]
async fn tokens_that_are_always_refused_are_not_asked_for_again_and_again() {
    let fake = Fake::new(|sent, _| match sent.url.contains("graph") {
        true => status(401, r#"{"error":{"code":"InvalidAuthenticationToken","message":"Invalid audience"}}"#),
        false => ok(EMPTY),
    });
    let client = fake.client();
    for _ in 0..20 {
        let error = ids(&client, users()).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (Kind::TokenRefused, Some(401)));
        assert!(error.advice().contains("environment"), "{}", error.advice());
        ids(&client, resources()).await.unwrap();
    }
    assert_eq!(fake.tokens(), 3);
}

#[tokio::test(start_paused = true)]
async fn requests_carry_our_name_and_the_run_id_and_what_the_caller_set() {
    let fake = Fake::new(|_, _| ok(EMPTY));
    let client = fake.client();
    ids(&client, users().header("consistencylevel", "eventual").with("$count", "true")).await.unwrap();
    ids(&client, resources()).await.unwrap();
    let [graph, arm] = &fake.sent()[..] else { panic!("two requests") };
    for sent in [graph, arm] {
        assert_eq!(sent.header("user-agent"), Some("agent/1"), "{sent:?}");
    }
    assert_eq!(graph.header("client-request-id"), arm.header("x-ms-correlation-request-id"));
    assert_eq!((graph.header("consistencylevel"), graph.url.ends_with("?$count=true")), (Some("eventual"), true));
    assert!(arm.url.ends_with("?api-version=2021-04-01"));
}

#[tokio::test(start_paused = true)]
async fn the_log_has_a_line_per_request_without_query_token_or_body() {
    let log = Arc::new(Mutex::new(String::new()));
    let subscriber = tracing_subscriber::registry().with(Lines(Arc::clone(&log)));
    let _guard = tracing::subscriber::set_default(subscriber);
    let read = async || {
        let fake = Fake::new(|_, number| match number {
            0 => Reply::Answer(503, vec![], "BODY-TEXT".to_owned()),
            _ => ok(r#"{"value":[{"id":"BODY-TEXT"}]}"#),
        });
        ids(&fake.client(), users().with("$filter", "QUERY-TEXT")).await.unwrap();
    };
    // tracing remembers per call site whether anybody listens, and other tests reach the same call sites without a listener.
    read().await;
    tracing::callsite::rebuild_interest_cache();
    log.lock().unwrap().clear();
    read().await;
    let log = log.lock().unwrap().clone();
    let requests = log.lines().filter(|line| line.contains("path=\"/v1.0/users\"")).collect::<Vec<_>>();
    assert_eq!(requests.len(), 2, "{log}");
    assert!(requests[0].contains("status=503") && requests[0].contains("graph.microsoft.com") && requests[0].contains("GET"));
    assert!(requests[0].contains("attempt=1") && requests[1].contains("attempt=2"));
    assert_eq!(log.lines().filter(|line| line.contains("waiting before the next try")).count(), 1);
    for hidden in ["QUERY-TEXT", "BODY-TEXT", "TOKEN-", SECRET] {
        assert!(!log.contains(hidden), "{hidden} in {log}");
    }
}

struct Lines(Arc<Mutex<String>>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Lines {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        let mut line = event.metadata().target().to_owned();
        event.record(&mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| {
            write!(line, " {field}={value:?}").unwrap();
        });
        let mut log = self.0.lock().unwrap();
        log.push_str(&line);
        log.push('\n');
    }
}
