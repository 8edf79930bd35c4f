//! Lists in pages: complete, or an error.

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use azposture::azure::{Kind, memo::Key};
use serde_json::json;

use super::{Fake, OURS, Reply, Row, THEIRS, ids, ok, resources, status, users};

fn page(rows: &[&str], link: &str, next: &str) -> Reply {
    let rows: Vec<_> = rows.iter().map(|id| json!({ "id": id })).collect();
    ok(json!({ "value": rows, link: next }).to_string())
}

fn arm(path: &str) -> String {
    format!("https://management.azure.com:443/subscriptions/{OURS}/{path}")
}

#[tokio::test(start_paused = true)]
async fn pages_are_followed_under_every_name_of_the_link_and_over_empty_pages() {
    let fake = Fake::new(|sent, _| match sent.url.split_once("$skiptoken=").map(|(_, token)| token) {
        None => page(&["a", "b"], "nextLink", &arm("resources?$skiptoken=1")),
        Some("1") => page(&[], "@nextLink", &arm("resources?$skiptoken=2")),
        Some("2") => page(&["c"], "@odata.nextLink", &arm("resources?$skiptoken=3")),
        Some(_) => page(&["d"], "nextLink", ""),
    });
    assert_eq!(ids(&fake.client(), resources()).await.unwrap(), ["a", "b", "c", "d"]);
    assert_eq!(fake.sent().len(), 4);
    assert!(fake.sent().iter().all(|sent| sent.header("authorization").is_some()));
}

#[tokio::test(start_paused = true)]
async fn a_link_to_another_host_scheme_or_port_is_not_followed() {
    for link in [
        "https://management.azure.com.evil.test/x",
        "http://management.azure.com/x",
        "https://management.azure.com:8443/x",
        "https://graph.microsoft.com/v1.0/users",
        "https://management.azure.com@evil.test/x",
        "/subscriptions",
    ] {
        let fake = Fake::new(move |_, _| page(&["a"], "nextLink", link));
        let error = ids(&fake.client(), resources()).await.unwrap_err();
        assert_eq!((error.kind(), error.code(), fake.sent().len()), (Kind::InvalidResponse, "LeftItsHost", 1), "{link}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_to_another_list_is_not_followed_whether_it_might_be_read_or_not() {
    let theirs = format!("https://management.azure.com/subscriptions/{THEIRS}/resources");
    for link in
        [arm("listKeys"), arm("a%2F..%2Fresources"), theirs, arm("resourcegroups"), arm("providers/Microsoft.Security/pricings")]
    {
        let followed = link.clone();
        let fake = Fake::new(move |_, _| page(&["a"], "nextLink", &link));
        let error = ids(&fake.client(), resources()).await.unwrap_err();
        let expected = (Kind::InvalidResponse, "LeftItsList", 1);
        assert_eq!((error.kind(), error.code(), fake.sent().len()), expected, "{followed}");
    }
}

#[tokio::test(start_paused = true)]
async fn rows_beside_an_error_are_not_the_list() {
    let error = r#""error":{"code":"GatewayTimeout","message":"One of the regions did not answer.","details":[{"code":"x"}]}"#;
    for body in [
        format!(r#"{{"value":[{{"id":"a"}}],{error}}}"#),
        format!(r#"{{{error},"value":[{{"id":"a"}}]}}"#),
        format!(r#"{{"value":[{{"id":"a"}}],{error},"more":[]}}"#),
        format!(r#"{{"value":[],{error},"nextLink":null}}"#),
        r#"{"value":[{"id":"a"}],"errors":[{"code":"GatewayTimeout"}]}"#.to_owned(),
    ] {
        let answer = body.clone();
        let fake = Fake::new(move |_, _| ok(answer.clone()));
        let error = ids(&fake.client(), resources()).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (Kind::InvalidResponse, "PartialAnswer"), "{body}");
    }
    let fake = Fake::new(move |_, _| ok(format!(r#"{{"id":"a",{error}}}"#)));
    let failed = fake.client().get::<Row>(resources()).await.map(|row| row.id).unwrap_err();
    assert_eq!(failed.code(), "PartialAnswer");
    assert!(failed.message().contains("GatewayTimeout") && failed.message().contains("One of the regions"), "{failed}");
    for body in [r#"{"value":[{"id":"a"}],"error":null}"#, r#"{"value":[{"id":"a","error":"no"}],"errors":[]}"#] {
        let fake = Fake::new(move |_, _| ok(body));
        assert_eq!(ids(&fake.client(), resources()).await.unwrap(), ["a"], "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_never_empty_is_an_error_when_it_is() {
    for body in [r#"{"value":[]}"#, r#"{"value": [ ], "nextLink": null}"#] {
        let fake = Fake::new(move |_, _| ok(body));
        assert_eq!(ids(&fake.client(), resources()).await.unwrap(), [""; 0], "{body}");
        let error = ids(&fake.client(), resources().never_empty()).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (Kind::InvalidResponse, "EmptyList"), "{body}");
    }
    let fake = Fake::new(|_, number| match number {
        0 => page(&[], "nextLink", &arm("resources?p=1")),
        _ => page(&["a"], "nextLink", ""),
    });
    assert_eq!(ids(&fake.client(), resources().never_empty()).await.unwrap(), ["a"], "an empty page is not an empty list");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_comes_back_to_an_earlier_page_is_an_error() {
    let fake =
        Fake::new(|_, number| page(&[&number.to_string()], "nextLink", &arm(["resources?p=1", "resources?p=2"][number % 2])));
    let error = ids(&fake.client(), resources()).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::InvalidResponse, "PageLoop"));
    assert!(fake.sent().len() <= 4);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_comes_again_under_another_link_is_an_error() {
    let fake = Fake::new(|_, number| match number {
        0 => page(&["a", "b"], "nextLink", &arm("resources?$skiptoken=1")),
        1 => page(&["b", "c"], "nextLink", &arm("resources?$skiptoken=2")),
        _ => page(&["a", "b"], "nextLink", ""),
    });
    let error = ids(&fake.client(), resources()).await.unwrap_err();
    assert_eq!((error.kind(), error.code(), fake.sent().len()), (Kind::InvalidResponse, "RepeatedPage", 3));
}

#[tokio::test(start_paused = true)]
async fn a_page_that_fails_fails_the_list() {
    for (broken, kind) in [
        (status(403, r#"{"error":{"code":"AuthorizationFailed","message":""}}"#), Kind::Forbidden),
        (ok("{}"), Kind::InvalidResponse),
        (ok(r#"{"value":null}"#), Kind::InvalidResponse),
        (ok(r#"{"value":[{"id":"b"}"#), Kind::InvalidResponse),
        (ok("<html><title>Proxy</title></html>"), Kind::InvalidResponse),
        (ok(""), Kind::InvalidResponse),
        (status(204, ""), Kind::InvalidResponse),
    ] {
        let broken = Mutex::new(Some(broken));
        let fake = Fake::new(move |_, number| match number {
            0 => page(&["a"], "nextLink", &arm("resources?p=1")),
            _ => broken.lock().unwrap().take().unwrap(),
        });
        assert_eq!(ids(&fake.client(), resources()).await.unwrap_err().kind(), kind);
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_that_does_not_decode_fails_the_list_and_names_its_field() {
    let fake = Fake::new(|_, _| {
        Reply::Answer(200, vec![("x-ms-request-id", "rid".to_owned())], r#"{"value":[{"id":"a"},{"id":7}]}"#.to_owned())
    });
    let error = ids(&fake.client(), resources()).await.unwrap_err();
    assert_eq!((error.kind(), error.code(), error.request_id()), (Kind::InvalidResponse, "UndecodableRow", Some("rid")));
    assert!(error.message().contains("value[1].id"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_byte_order_mark_is_no_obstacle() {
    let fake = Fake::new(|_, _| ok("\u{feff}{\"value\":[{\"id\":\"a\"}]}"));
    assert_eq!(ids(&fake.client(), users()).await.unwrap(), ["a"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_page_is_on_the_wire_while_this_one_is_decoded() {
    let (asked, second_page) = mpsc::channel();
    let asked = Mutex::new(asked);
    let fake = Fake::new(move |_, number| {
        asked.lock().unwrap().send(number).unwrap();
        page(&[&number.to_string()], "nextLink", if number == 0 { "https://graph.microsoft.com/v1.0/users?p=1" } else { "" })
    });
    let mut overlapped = Vec::new();
    let wait = |number| second_page.recv_timeout(Duration::from_secs(60)) == Ok(number);
    fake.client().list(users(), |_: Row| overlapped.push(overlapped.len() == 1 || wait(0) && wait(1))).await.unwrap();
    assert_eq!(overlapped, [true, true]);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_dropped_stops_fetching() {
    let fake = Fake::new(|_, number| match number {
        0 => page(&["a"], "nextLink", &arm("resources?p=1")),
        _ => Reply::Silence,
    });
    let client = fake.client();
    assert!(tokio::time::timeout(Duration::from_secs(1), ids(&client, resources())).await.is_err());
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(fake.sent().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn ten_readers_of_one_fact_cost_one_list() {
    let fake = Fake::new(|_, _| ok(r#"{"value":[{"id":"a"}]}"#));
    let client = fake.client();
    let read = || {
        let reader = client.clone();
        client.memo(Key::of("users"), move || async move { ids(&reader, users()).await })
    };
    let lists: Vec<Arc<Vec<String>>> = futures::future::try_join_all((0..10).map(|_| read())).await.unwrap();
    assert!(lists.iter().all(|list| **list == ["a"]) && fake.sent().len() == 1);
    let fresh = client.fresh();
    let again = fresh.clone();
    fresh.memo(Key::of("users"), move || async move { ids(&again, users()).await }).await.unwrap();
    assert_eq!((fake.sent().len(), fake.tokens()), (2, 2), "one more list, with a token of its own");
    assert_eq!(client.counts(), fresh.counts());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_can_move_between_threads() {
    let fake = Fake::new(|_, _| ok(r#"{"value":[{"id":"a"}]}"#));
    let client = fake.client();
    let task = tokio::spawn(async move {
        let mut rows = Vec::new();
        client.list(users(), |row: Row| rows.push(row)).await?;
        client.get::<serde_json::Value>(users()).await?;
        client.memo(Key::of("k"), || async move { Ok(rows.len()) }).await
    });
    assert_eq!(*task.await.unwrap().unwrap(), 1);
}
