//! Two rows with one id that do not say the same: the one that reassures least is believed.

use azposture::demo::{PRODUCTION, Tenant};
use serde_json::{Value as Json, json};

use crate::support::inside::Inside;

fn edit(t: &Tenant, list: &str, change: impl FnOnce(&mut Vec<Json>)) {
    t.edit(list, |l| change(l["value"].as_array_mut().unwrap())).unwrap();
}

async fn read(t: &Tenant, name: &str, arguments: Json) -> Json {
    Inside::by_arm(t.clone()).await.read(name, arguments).await.ok()
}

async fn check(t: &Tenant, id: &str, subscription: &str) -> String {
    let answer = read(t, "connection", json!({})).await;
    let rows = answer["checks"].as_array().unwrap();
    rows.iter().find(|c| c["id"] == id && c["subscription_id"] == subscription).unwrap()["status"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_provider_that_is_also_not_registered_is_not_registered() {
    let t = Tenant::demo();
    edit(&t, "providers", |rows| {
        let at = rows
            .iter()
            .position(|r| r["namespace"] == "Microsoft.Security" && r["id"].as_str().unwrap().contains(PRODUCTION))
            .unwrap();
        let twin = rows[at].clone();
        rows[at]["registrationState"] = json!("NotRegistered");
        rows.insert(at + 1, twin);
    });
    assert_ne!(check(&t, "defender_registered", PRODUCTION).await, "pass");
}

#[tokio::test]
async fn a_subscription_that_is_also_disabled_is_not_enabled() {
    let t = Tenant::demo();
    edit(&t, "subscriptions", |rows| {
        let at = rows.iter().position(|r| r["subscriptionId"] == PRODUCTION).unwrap();
        let twin = rows[at].clone();
        rows[at]["state"] = json!("Disabled");
        rows.insert(at + 1, twin);
    });
    assert_ne!(check(&t, "subscription_enabled", PRODUCTION).await, "pass");
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
