//! Two rows with one id that do not say the same: the one that reassures least is believed.

use azposture::demo::{PRODUCTION, Tenant};
use serde_json::{Value as Json, json};

use crate::support::{held::edit, inside::Inside};

async fn read(t: &Tenant, name: &str, arguments: Json) -> Json {
    Inside::by_arm(t.clone()).await.read(name, arguments).await.ok()
}

async fn check(t: &Tenant, id: &str, subscription: &str) -> String {
    let answer = read(t, "connection", json!({})).await;
    let rows = answer["checks"].as_array().unwrap();
    rows.iter().find(|c| c["id"] == id && c["subscription_id"] == subscription).unwrap()["status"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_subscription_and_a_provider_that_also_say_otherwise_are_not_on() {
    for (list, own, field, otherwise, id) in [
        ("providers", "/providers/Microsoft.Security", "registrationState", "NotRegistered", "defender_registered"),
        ("subscriptions", "", "state", "Disabled", "subscription_enabled"),
    ] {
        let tenant = Tenant::demo();
        edit(&tenant, list, |rows| {
            let row = format!("/subscriptions/{PRODUCTION}{own}");
            let at = rows.iter().position(|one| one["id"] == row).unwrap();
            let twin = rows[at].clone();
            rows[at][field] = json!(otherwise);
            rows.insert(at + 1, twin);
        });
        assert_ne!(check(&tenant, id, PRODUCTION).await, "pass", "{list}");
    }
}

#[tokio::test]
async fn a_recommendation_that_is_also_in_an_unknown_status_is_not_healthy() {
    for second in ["Degraded", ""] {
        let t = Tenant::demo();
        edit(&t, "assessments", |rows| {
            let mut row = rows[0].clone();
            row["properties"]["status"]["code"] = json!("Healthy");
            let mut twin = row.clone();
            twin["properties"]["status"]["code"] = json!(second);
            *rows = vec![row, twin];
        });
        let a = read(&t, "defender_assessments", json!({})).await;
        assert_eq!((&a["summary"]["healthy"], &a["summary"]["other"]), (&Json::Null, &json!(1)), "{second:?}");
    }
}

#[tokio::test]
async fn of_two_severities_the_worse_counts() {
    let t = Tenant::demo();
    edit(&t, "assessment-metadata", |rows| {
        for mut r in rows.clone() {
            r["properties"]["severity"] = json!("Low");
            rows.push(r);
        }
    });
    let high = json!({"severities": ["high"]});
    let (once, twice) =
        (read(&Tenant::demo(), "defender_assessments", high.clone()).await, read(&t, "defender_assessments", high).await);
    assert!(
        twice["summary"]["unhealthy"] == once["summary"]["unhealthy"] || twice["complete"] == false,
        "{} {}",
        once["summary"],
        twice["summary"]
    );
}

#[tokio::test]
async fn of_two_tenants_none_is_taken_for_that_of_the_token() {
    let tenant = Tenant::demo();
    let stranger = json!({"id": "fab00000-0000-4000-8000-0000000000ff", "displayName": "Another"});
    edit(&tenant, "organization", |rows| rows.push(stranger));
    let answer = read(&tenant, "connection", json!({})).await;
    let check = answer["checks"].as_array().unwrap().iter().find(|check| check["id"] == "tenant_matches").unwrap();
    assert_eq!((&check["status"], &answer["tenant_display_name"]), (&json!("unknown"), &Json::Null), "{check}");
}
