//! Which failures are tried again, after how long, and when to stop.

use std::time::Duration;

use azposture::azure::Kind;
use futures::future::join;
use tokio::time::Instant;

use super::{Fake, Reply, ids, ok, resources, status, subscriptions, users};

const EMPTY: &str = r#"{"value":[]}"#;

fn refused_with(status: u16, header: &'static str, value: &str) -> Reply {
    Reply::Answer(
        status,
        vec![(header, value.to_owned())],
        r#"{"error":{"code":"TooManyRequests","message":"slow down"}}"#.to_owned(),
    )
}

#[tokio::test(start_paused = true)]
async fn passing_failures_are_tried_again_and_counted() {
    for passing in [408, 429, 500, 502, 503, 504] {
        let fake = Fake::new(move |_, number| if number < 3 { status(passing, "") } else { ok(EMPTY) });
        let client = fake.client();
        assert!(ids(&client, users()).await.is_ok(), "{passing}");
        assert_eq!((client.counts().requests, client.counts().retries), (4, 3), "{passing}");
        assert_eq!(client.counts().throttled_waits, if passing == 429 { 3 } else { 0 });
    }
}

#[tokio::test(start_paused = true)]
async fn lasting_failures_are_not() {
    for lasting in [301, 400, 403, 404, 405, 409, 410, 422, 501] {
        let fake = Fake::new(move |_, _| status(lasting, ""));
        assert!(ids(&fake.client(), users()).await.is_err());
        assert_eq!(fake.sent().len(), 1, "{lasting}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_wait_a_service_asks_for_is_kept_to_the_fraction_on_any_passing_status() {
    for (passing, header, value, millis) in [
        (429, "retry-after", "1.5", 1_500),
        (503, "retry-after", "7", 7_000),
        (500, "x-ms-retry-after-ms", "250", 250),
        (403, "retry-after", "3", 3_000),
    ] {
        let fake = Fake::new(move |_, number| if number == 0 { refused_with(passing, header, value) } else { ok(EMPTY) });
        let start = Instant::now();
        ids(&fake.client(), users()).await.unwrap();
        let waited = start.elapsed().as_millis();
        assert!((millis..=millis + millis / 10 + 2).contains(&waited), "{header}: {value} waited {waited}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_longer_wait_than_allowed_ends_the_read_as_throttled_at_once() {
    for passing in [429, 503] {
        let fake = Fake::new(move |_, _| refused_with(passing, "retry-after", "61"));
        let start = Instant::now();
        let error = ids(&fake.client(), users()).await.unwrap_err();
        assert_eq!((error.kind(), error.code(), fake.sent().len()), (Kind::Throttled, "TooManyRequests", 1));
        assert!(error.advice().contains("61 seconds") && error.advice().contains("max_retry_wait_seconds"), "{}", error.advice());
        assert!(start.elapsed().is_zero());
    }
}

#[tokio::test(start_paused = true)]
async fn six_tries_are_enough() {
    for (passing, kind) in [(429, Kind::Throttled), (503, Kind::Unavailable), (403, Kind::Throttled)] {
        let fake = Fake::new(move |_, _| refused_with(passing, "x-other", ""));
        let error = ids(&fake.client(), users()).await.unwrap_err();
        assert_eq!((error.kind(), error.status(), fake.sent().len()), (kind, Some(passing), 6));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_names_a_wait_holds_back_the_others_of_its_lane_only() {
    let fake = Fake::new(move |_, number| if number == 0 { refused_with(429, "retry-after", "30") } else { ok(EMPTY) });
    let client = fake.client();
    let start = Instant::now();
    let first = ids(&client, resources());
    let others = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        ids(&client, subscriptions()).await.unwrap();
        let other_lane = start.elapsed();
        ids(&client, resources()).await.unwrap();
        (other_lane, start.elapsed())
    };
    let (_, (other_lane, same_lane)) = join(first, others).await;
    assert!(other_lane < Duration::from_secs(1) && same_lane >= Duration::from_secs(30), "{other_lane:?} {same_lane:?}");
    assert_eq!(fake.sent().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn lost_connections_and_cut_off_bodies_are_tried_again() {
    let fake = Fake::new(|_, number| match number {
        0 => Reply::NoConnection,
        1 => Reply::CutOff(r#"{"value":[{"id":"#.to_owned()),
        _ => ok(r#"{"value":[{"id":"a"}]}"#),
    });
    assert_eq!(ids(&fake.client(), users()).await.unwrap(), ["a"]);
    let fake = Fake::new(|_, _| Reply::CutOff(EMPTY.to_owned()));
    let error = ids(&fake.client(), users()).await.unwrap_err();
    assert_eq!((error.kind(), error.code(), fake.sent().len()), (Kind::Unavailable, "ConnectionLost", 6));
}

#[tokio::test(start_paused = true)]
async fn an_untrusted_certificate_is_reported_at_once() {
    let fake = Fake::new(|_, _| Reply::Untrusted);
    let error = ids(&fake.client(), users()).await.unwrap_err();
    assert_eq!((error.kind(), error.code(), fake.sent().len()), (Kind::Unavailable, "CertificateNotTrusted", 1));
    assert!(error.message().contains("graph.microsoft.com") && error.advice().contains("ca_certificate_file"));
}

#[tokio::test(start_paused = true)]
async fn silence_ends_with_the_time_limit_of_an_attempt_and_is_tried_once_more() {
    let fake = Fake::new(|_, _| Reply::Silence);
    let client = fake.client_with(|settings| settings.limits.request_timeout = Duration::from_secs(5));
    let start = Instant::now();
    let error = ids(&client, users()).await.unwrap_err();
    assert_eq!((error.kind(), fake.sent().len()), (Kind::Timeout, 2));
    assert!((10..12).contains(&start.elapsed().as_secs()));
}

#[tokio::test(start_paused = true)]
async fn a_read_that_is_dropped_while_it_waits_sends_nothing_more() {
    let fake = Fake::new(|_, _| refused_with(429, "retry-after", "20"));
    let client = fake.client();
    let read = tokio::time::timeout(Duration::from_secs(1), ids(&client, users())).await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!((read.is_err(), fake.sent().len()), (true, 1));
}

#[tokio::test(start_paused = true)]
async fn no_more_requests_run_at_once_than_configured() {
    let fake = Fake::new(|_, _| Reply::Silence);
    let client = fake.client_with(|settings| settings.limits.max_concurrency = 3);
    let reads = futures::future::join_all((0..10).map(|_| ids(&client, users())));
    assert!(tokio::time::timeout(Duration::from_secs(1), reads).await.is_err());
    assert_eq!(fake.sent().len(), 3);
}
