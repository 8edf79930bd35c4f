//! Two rows with one id that do not say the same: the one that reassures least is believed.

use azposture::demo::{Fault, PRODUCTION, Tenant};
use serde_json::{Value as Json, json};

use crate::support::{held::edit, inside::Inside};

/// What is done to the rows of a list.
type Change = fn(&mut Vec<Json>);

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

/// What is listed in several subscriptions is one row; where a second one says something else of it, nobody knows which is true.
#[tokio::test]
async fn of_two_contents_of_one_role_assignment_none_is_taken_without_saying_so() {
    const LISTS: [(&str, &str); 3] = [
        ("role_assignments", "roleAssignments"),
        ("eligible_role_assignments", "roleEligibilityScheduleInstances"),
        ("deny_assignments", "denyAssignments"),
    ];
    let arguments = || json!({"assignment_types": ["active", "eligible"], "limit": 0});
    let before = read(&Tenant::demo(), "role_assignments", arguments()).await;
    assert_eq!(before["complete"], true, "{:#}", before["unreadable"]);
    // The lists of the other subscription say what they said, of what stands above both.
    fn of_another_condition(rows: &mut [Json]) {
        rows.iter_mut().for_each(|row| row["properties"]["condition"] = json!("@Resource[x] StringEquals 'y'"));
    }
    fn twins(rows: &mut Vec<Json>) {
        let own = rows.clone();
        of_another_condition(rows);
        rows.extend(own);
    }
    let changed: Change = |rows| of_another_condition(rows);
    for (way, change, lists) in [("twins", twins as Change, &LISTS[..]), ("changed", changed, &LISTS[..1])] {
        for (subject, list) in lists {
            let path = format!("/subscriptions/{PRODUCTION}/providers/Microsoft.Authorization/{list}");
            let spoil = move |body: &mut Json| change(body["value"].as_array_mut().unwrap());
            let answer = read(&Tenant::demo().with_fault(Fault::on(path).change(spoil)), "role_assignments", arguments()).await;
            let gaps = answer["unreadable"].as_array().unwrap();
            let told = gaps.iter().any(|gap| gap["subject"] == *subject && gap["reason"] == "invalid_response");
            assert!(told && answer["complete"] == false, "{way} {subject} {gaps:#?}");
        }
    }
}
