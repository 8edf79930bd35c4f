//! `azposture_roster_match` and `azposture_roster_validation` on the demo tenant.

use azposture::demo::{Fault, Tenant};
use serde_json::{Value as Json, json};

use crate::support::inside::Inside;

const NAME: &str = "roster_match";

fn user(last: &str) -> String {
    format!("fab00002-0000-4000-8000-0000000000{last}")
}

fn roster() -> Json {
    json!([
        {"email": "Ava@Fabrikam-Outdoor.example"},
        {"email": "viktor@fabrikam-outdoor.example", "status": "terminated", "terminated_on": "2026-08-31"},
        {"email": "elin@fabrikam-outdoor.example", "status": "terminated", "terminated_on": "2026-06-30"},
        {"email": "nora.vance@partner-studio.example"},
        {"email": "svc-print@fabrikam-outdoor.example", "kind": "service"},
        {"email": "nobody@fabrikam-outdoor.example", "employee_id": "E9999"},
    ])
}

fn status<'a>(answer: &'a Json, key: &str) -> &'a str {
    let rows = answer["matches"].as_array().unwrap();
    rows.iter().find(|row| row["key"] == key).unwrap_or_else(|| panic!("{key}"))["status"].as_str().unwrap()
}

#[tokio::test]
async fn accounts_and_people_are_compared() {
    let inside = Inside::on(Tenant::demo()).await;
    let statuses = [
        "active_without_account",
        "conflict",
        "declared_service",
        "linked",
        "terminated_disabled",
        "terminated_enabled",
        "unlinked_account",
        "unlinked_guest",
    ];
    let answer = inside.read(NAME, json!({"roster": roster(), "statuses": statuses, "limit": 0})).await.ok();
    let account = |last: &str| format!("account|{}", user(last));
    for (key, expected) in [
        (account("01"), "linked"),
        (account("20"), "terminated_enabled"),
        (account("05"), "terminated_disabled"),
        (account("0d"), "linked"),
        (account("0c"), "declared_service"),
        ("person|e9999".to_owned(), "active_without_account"),
        (account("02"), "unlinked_account"),
        (account("0e"), "unlinked_guest"),
    ] {
        assert_eq!(status(&answer, &key), expected, "{key}");
    }
    assert!(!answer["matches"].to_string().contains(&user("19")), "an agent belongs to nobody");
    assert_eq!((&answer["summary"]["people"], &answer["complete"]), (&json!(6), &json!(true)));
    let default = inside.read(NAME, json!({"roster": roster(), "limit": 0})).await.ok();
    assert!(default["matches"].as_array().unwrap().iter().all(|row| row["status"] != "linked"));
    assert_eq!(default["summary"]["by_status"], answer["summary"]["by_status"], "whatever is returned");
}

#[tokio::test]
async fn a_roster_that_contradicts_itself_or_cannot_be_compared_is_an_error() {
    let inside = Inside::on(Tenant::demo()).await;
    for (roster, told) in [
        (json!([{"email": "a@x.example"}, {"email": "A@x.example", "status": "leave"}]), "two things"),
        (json!([{"email": "nobody"}]), "no `@`"),
    ] {
        let reading = inside.read(NAME, json!({"roster": roster})).await;
        assert_eq!(reading.errors(), ["Invalid value"], "{told}");
        assert!(reading.detail().contains(told), "{}", reading.detail());
    }
    let refused = Tenant::demo().with_fault(Fault::on("/v1.0/users").refuse(403, "Authorization_RequestDenied", "no"));
    let reading = Inside::on(refused).await.read(NAME, json!({"roster": roster()})).await;
    assert_eq!(reading.errors(), ["Nothing could be read"]);
}

/// Whoever left does not vanish because the scope looks at others.
#[tokio::test]
async fn the_scope_hides_no_leaver() {
    let block = json!({"environment": "demo", "identity_scope": {"exclude_user_ids": [user("20"), user("02")]}});
    let inside = Inside::configured(Tenant::demo(), block).await;
    let answer = inside.read(NAME, json!({"roster": roster(), "limit": 0})).await.ok();
    assert_eq!(status(&answer, &format!("account|{}", user("20"))), "terminated_enabled");
    assert!(!answer["matches"].to_string().contains(&user("02")));
    assert_eq!(answer["summary"]["hidden_by_scope"], json!(2));
}

#[tokio::test]
async fn the_validation_stops_for_who_left_and_is_enabled() {
    let inside = Inside::on(Tenant::demo()).await;
    let red = inside.open("roster_validation", json!({"roster": roster(), "fail_on": ["terminated_enabled", "conflict"]})).await;
    assert!(red.errors()[0].starts_with("roster_validation: 1 failed of "), "{:?}", red.errors());
    assert!(red.detail().contains(&user("20")) && red.detail().contains("still enabled"), "{}", red.detail());
    let exceptions = json!([{"user_ids": [user("20")], "reason": "Handover until the end of the year.", "owner": "hr", "expires_on": "2026-12-31"}]);
    let arguments = json!({"roster": roster(), "fail_on": ["terminated_enabled"], "exceptions": exceptions});
    let green = inside.open("roster_validation", arguments).await.ok();
    assert_eq!((&green["failed"], &green["excepted"]), (&json!(0), &json!(1)));
    let all = inside.open("roster_validation", json!({"roster": roster()})).await;
    assert!(all.detail().contains("unlinked_account"), "{}", all.detail());
    let empty = Tenant::demo();
    empty.edit("users", |list| list["value"] = json!([])).unwrap();
    let nobody = Inside::on(empty).await.open("roster_validation", json!({"roster": roster()})).await;
    assert!(!nobody.errors().is_empty(), "a directory without anybody is not read");
}

#[tokio::test]
async fn under_redact_no_account_is_named() {
    let block = json!({"environment": "demo", "personal_data": "redact"});
    let inside = Inside::configured(Tenant::demo(), block).await;
    let answer = inside.read(NAME, json!({"roster": roster(), "limit": 0})).await.ok();
    assert!(!answer["matches"].to_string().contains('@'), "names are null and keys are digests");
    let red = inside.open("roster_validation", json!({"roster": roster()})).await;
    assert!(!red.detail().contains('@'), "{}", red.detail());
}
