//! Resource Graph answers 200 and leaves things out; each way it does so must end in an error.

use std::collections::BTreeSet;

use azposture::azure::{
    Client, Kind, Result,
    resource_graph::{Breadth, Query, QueryScope},
    settings::ScopeSetting,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Fake, OURS, Reply, Row, Sent, THEIRS, ok};

fn query(ids: impl IntoIterator<Item = String>) -> Query {
    Query {
        reading: "list resources",
        text: "resources | project id | order by id asc".to_owned(),
        scope: QueryScope::Subscriptions(ids.into_iter().collect()),
        breadth: None,
        most: None,
        takes: false,
    }
}

async fn run(client: &Client, query: Query) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    client.query(query, |row: Row| ids.push(row.id)).await.map(|()| ids)
}

fn page(rows: &[&str], total: usize, token: Option<&str>) -> String {
    let rows: Vec<_> = rows.iter().map(|id| json!({ "id": id })).collect();
    let mut page = json!({ "totalRecords": total, "count": rows.len(), "data": rows, "facets": [], "resultTruncated": "false" });
    if let Some(token) = token {
        page["$skipToken"] = json!(token);
        page["resultTruncated"] = json!("true");
    }
    page.to_string()
}

fn body(sent: &Sent) -> Value {
    serde_json::from_str(&sent.body).unwrap()
}

#[tokio::test(start_paused = true)]
async fn pages_are_followed_by_token_with_scope_and_options_in_every_request() {
    let fake = Fake::new(|sent, _| match body(sent)["options"]["$skipToken"].as_str() {
        None => ok(page(&["a", "b"], 3, Some("t1"))),
        Some(_) => ok(page(&["c"], 3, None)),
    });
    let mut query = query([OURS.to_owned()]);
    query.breadth = Some(Breadth::AtScopeAboveAndBelow);
    assert_eq!(run(&fake.client(), query).await.unwrap(), ["a", "b", "c"]);
    for sent in fake.sent() {
        let options = &body(&sent)["options"];
        assert_eq!((sent.method.as_str(), &body(&sent)["subscriptions"]), ("POST", &json!([OURS])));
        assert_eq!((&options["$top"], &options["resultFormat"]), (&json!(1000), &json!("objectArray")));
        assert_eq!(
            (&options["authorizationScopeFilter"], sent.header("content-type")),
            (&json!("AtScopeAboveAndBelow"), Some("application/json"))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_shorter_than_announced_is_an_error_in_every_shape() {
    let cut = page(&["a"], 1, None).replace(r#""resultTruncated":"false""#, r#""resultTruncated":"true""#);
    let silent = page(&["a"], 1, None).replace(r#""totalRecords":1,"#, "");
    for answer in [page(&["a"], 2, None), page(&["a", "b"], 1, None), cut, silent] {
        let fake = Fake::new(move |_, _| ok(answer.clone()));
        let error = run(&fake.client(), query([OURS.to_owned()])).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (Kind::InvalidResponse, "Truncated"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn rows_beside_an_error_are_not_the_list() {
    let answer = page(&["a"], 1, None).replace(r#""facets":[]"#, r#""error":{"code":"RateLimiting","message":"m"}"#);
    let fake = Fake::new(move |_, _| ok(answer.clone()));
    let error = run(&fake.client(), query([OURS.to_owned()])).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::InvalidResponse, "PartialAnswer"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_scope_with_more_subscriptions_than_it_looks_at_is_an_error() {
    let header = ("x-ms-tenant-subscription-limit-hit", "true".to_owned());
    let fake = Fake::new(move |_, _| Reply::Answer(200, vec![header.clone()], page(&["a"], 1, None)));
    let error = run(&fake.client(), query([OURS.to_owned()])).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::InvalidResponse, "SubscriptionLimit"));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_comes_twice_is_a_loop() {
    let fake = Fake::new(|_, number| ok(page(&[&number.to_string()], 100, Some("t1"))));
    let error = run(&fake.client(), query([OURS.to_owned()])).await.unwrap_err();
    assert_eq!((error.code(), fake.sent().len()), ("PageLoop", 2));
}

#[tokio::test(start_paused = true)]
async fn rows_that_come_twice_are_no_substitute_for_those_that_are_missing() {
    let fake = Fake::new(|_, number| ok(page(&["a", "b"], 4, (number == 0).then_some("1"))));
    assert_eq!(run(&fake.client(), query([OURS.to_owned()])).await.unwrap_err().code(), "RepeatedPage");
}

#[tokio::test(start_paused = true)]
async fn rows_that_move_from_page_to_page_are_noticed_though_their_number_is_right() {
    for (name, first, second) in [
        ("one was deleted", page(&["a", "b"], 5, Some("1")), page(&["d", "e"], 4, None)),
        ("one came, and one went", page(&["a", "b"], 4, Some("1")), page(&["B", "c"], 4, None)),
        ("the total came late", page(&["a"], 2, Some("1")).replace(r#""totalRecords":2,"#, ""), page(&["b"], 2, None)),
    ] {
        let fake = Fake::new(move |_, number| ok([&first, &second][number].clone()));
        let error = run(&fake.client(), query([OURS.to_owned()])).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (Kind::InvalidResponse, "Truncated"), "{name}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn rows_without_an_id_may_be_alike() {
    let fake = Fake::new(|_, _| ok(json!({ "totalRecords": 2, "data": [{ "n": 1 }, { "n": 1 }] }).to_string()));
    let mut rows = 0;
    fake.client().query(query([OURS.to_owned()]), |_: Value| rows += 1).await.unwrap();
    assert_eq!(rows, 2);
}

#[tokio::test(start_paused = true)]
async fn a_query_without_scope_or_beyond_it_is_not_sent() {
    let fake = Fake::new(|_, _| ok(page(&[], 0, None)));
    let client = fake.client();
    assert_eq!(run(&client, query([])).await.unwrap_err().code(), "NoScope");
    assert_eq!(run(&client, query([OURS.to_owned(), THEIRS.to_owned()])).await.unwrap_err().code(), "OutsideScope");
    let mut groups = query([]);
    groups.scope = QueryScope::ManagementGroups(BTreeSet::from(["corp".to_owned()]));
    assert_eq!(run(&client, groups.clone()).await.unwrap_err().code(), "OutsideScope");
    assert_eq!(fake.sent().len(), 0);
    let client = fake.client_with(|settings| settings.scope = ScopeSetting::ManagementGroup("corp".to_owned()));
    assert!(run(&client, groups).await.unwrap().is_empty());
    assert_eq!(body(&fake.sent()[0])["managementGroups"], json!(["corp"]));
}

#[tokio::test(start_paused = true)]
async fn many_subscriptions_go_in_batches_of_three_hundred_and_come_back_in_order() {
    let all: BTreeSet<String> = (0..750).map(|number| format!("{number:08}-1111-1111-1111-111111111111")).collect();
    let fake = Fake::new(|sent, _| {
        let ids = body(sent)["subscriptions"].as_array().unwrap().clone();
        let ids: Vec<&str> = ids.iter().map(|id| id.as_str().unwrap()).collect();
        ok(page(&ids, ids.len(), None))
    });
    let named = all.clone();
    let client = fake.client_with(move |settings| settings.scope = ScopeSetting::Subscriptions(named));
    let rows = run(&client, query(all.iter().cloned())).await.unwrap();
    assert!(rows.iter().eq(all.iter()));
    let sizes: Vec<usize> = fake.sent().iter().map(|sent| body(sent)["subscriptions"].as_array().unwrap().len()).collect();
    assert_eq!((sizes.iter().max(), sizes.len()), (Some(&300), 3));
}

#[tokio::test(start_paused = true)]
async fn one_failing_batch_fails_the_query() {
    let all: BTreeSet<String> = (0..301).map(|number| format!("{number:08}-1111-1111-1111-111111111111")).collect();
    let fake = Fake::new(|sent, _| match body(sent)["subscriptions"].as_array().unwrap().len() {
        1 => Reply::Answer(403, vec![], r#"{"error":{"code":"AccessDenied","message":""}}"#.to_owned()),
        _ => ok(page(&["a"], 1, None)),
    });
    let named = all.clone();
    let client = fake.client_with(move |settings| settings.scope = ScopeSetting::Subscriptions(named));
    assert_eq!(run(&client, query(all)).await.unwrap_err().kind(), Kind::Forbidden);
}

#[tokio::test(start_paused = true)]
async fn a_spent_quota_is_waited_out_before_the_next_query() {
    let headers = vec![("x-ms-user-quota-remaining", "0".to_owned()), ("x-ms-user-quota-resets-after", "00:00:04".to_owned())];
    let fake = Fake::new(move |_, _| Reply::Answer(200, headers.clone(), page(&[], 0, None)));
    let client = fake.client();
    let start = Instant::now();
    run(&client, query([OURS.to_owned()])).await.unwrap();
    assert!(start.elapsed().is_zero());
    run(&client, query([OURS.to_owned()])).await.unwrap();
    assert_eq!((start.elapsed().as_secs(), client.counts().throttled_waits), (4, 2));
}
