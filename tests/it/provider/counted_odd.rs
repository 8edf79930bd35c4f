//! What is counted and what comes first are two answers, of two moments: where they do not fit, or say what the list would not, it is read.

use azposture::demo::{Fault, PRODUCTION, SANDBOX, Tenant};
use serde_json::{Value as Json, json};

use crate::support::inside::Inside;

const LIST: &str = "defender_assessments";
const COUNTS: &str = "assessmentgroups";
const FIRST: &str = "firstassessments";

fn on(name: &str) -> Fault {
    Fault::on("Microsoft.ResourceGraph").named(name)
}

async fn same(tenant: &Tenant, question: Json) {
    let answer = Inside::paged(tenant.clone(), "always", 10).await.read(LIST, question.clone()).await;
    let list = Inside::by_arm(tenant.clone()).await.read(LIST, question).await;
    let (a, l) = (answer.value.unwrap(), list.value.unwrap());
    assert_eq!(a["summary"], l["summary"]);
    assert_eq!(a["unreadable"], l["unreadable"]);
    assert_eq!(a["assessments"], l["assessments"]);
    assert_eq!(answer.said, list.said);
}

fn rows_of(tenant: &Tenant, change: impl Fn(&mut Vec<Json>)) {
    tenant.edit("assessments", |list| change(list["value"].as_array_mut().unwrap())).unwrap();
}

/// Rows of the counts.
fn counts(change: impl Fn(&mut Vec<Json>) + Send + Sync + 'static) -> Tenant {
    Tenant::demo().with_fault(on(COUNTS).change(move |body| {
        let rows = body["data"].as_array_mut().unwrap();
        change(rows);
        let number = rows.len();
        (body["count"], body["totalRecords"]) = (json!(number), json!(number));
    }))
}

/// One more row of a high severity, the first of them.
fn one_more(tenant: &Tenant) {
    rows_of(tenant, |rows| {
        let one = rows.iter().find(|row| {
            let is_high = row["name"].as_str().unwrap().starts_with("483f12ed");
            is_high && row["properties"]["status"]["code"] == "Unhealthy" && row["id"].as_str().unwrap().contains(PRODUCTION)
        });
        let mut more = one.unwrap().clone();
        let own = format!("/subscriptions/{PRODUCTION}/resourceGroups/aaa/providers/Microsoft.Compute/virtualMachines/a");
        more["id"] = json!(format!("{own}/providers/Microsoft.Security/assessments/{}", more["name"].as_str().unwrap()));
        more["properties"]["resourceDetails"] = json!({"source": "Azure", "id": own});
        rows.push(more);
    });
}

#[tokio::test(start_paused = true)]
async fn a_resource_of_another_cloud_in_two_subscriptions() {
    let tenant = Tenant::demo();
    rows_of(&tenant, |rows| {
        let at = rows.iter().position(|row| row["properties"]["resourceDetails"]["source"] == "Aws").unwrap();
        rows[at]["properties"]["resourceDetails"]["id"] = json!("arn:aws:s3:::bucket");
        let mut again = rows[at].clone();
        again["id"] = json!(again["id"].as_str().unwrap().replace(PRODUCTION, SANDBOX));
        rows.push(again);
    });
    same(&tenant, json!({"limit": 3})).await;
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_is_counted_in_two_rows() {
    let tenant = counts(|rows| {
        let mut again = rows[0].clone();
        again["subscriptionId"] = json!(again["subscriptionId"].as_str().unwrap().to_uppercase());
        let all = rows[0]["counts"].as_array().unwrap().clone();
        let (some, rest) = all.split_at(all.len() / 2);
        (rows[0]["counts"], again["counts"]) = (json!(some), json!(rest));
        rows.push(again);
    });
    same(&tenant, json!({"limit": 3})).await;
}

#[tokio::test(start_paused = true)]
async fn counts_of_a_subscription_that_are_none() {
    let tenant = counts(|rows| {
        let row = rows.iter_mut().find(|row| row["subscriptionId"] == SANDBOX).unwrap();
        row["counts"] = json!([]);
    });
    same(&tenant, json!({"limit": 3})).await;
}

#[tokio::test(start_paused = true)]
async fn counts_that_are_cut_off() {
    let tenant = counts(|rows| {
        let all = rows[0]["counts"].as_array_mut().unwrap();
        let half = all.len() / 2;
        all.truncate(half);
    });
    same(&tenant, json!({"limit": 3})).await;
}

#[tokio::test(start_paused = true)]
async fn a_bad_row_that_comes_between_counts_and_first_rows_hides_another() {
    let tenant = Tenant::demo();
    let question = json!({"limit": 100});
    let before = Inside::by_arm(tenant.clone()).await.read(LIST, question.clone()).await.value.unwrap();
    let inside = Inside::paged(tenant.clone(), "always", 10).await;
    inside.read(LIST, json!({"limit": 1})).await.ok();
    one_more(&tenant);
    let after = Inside::by_arm(tenant.clone()).await.read(LIST, question.clone()).await.value.unwrap();
    let answer = inside.read(LIST, question).await.value.unwrap();
    let keys = |value: &Json| -> Vec<String> {
        value["assessments"].as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap().to_owned()).collect()
    };
    let lost: Vec<_> = keys(&before).into_iter().filter(|key| !keys(&answer).contains(key)).collect();
    let unfound: Vec<_> = keys(&after).into_iter().filter(|key| !keys(&answer).contains(key)).collect();
    let truncated = answer["truncated"].clone();
    assert!(
        keys(&answer) == keys(&before) || keys(&answer) == keys(&after),
        "truncated {truncated}, complete {}, lost {lost:?}, unfound {unfound:?}",
        answer["complete"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_service_with_another_order_and_one_row() {
    let fault = on(FIRST).change(|body| {
        let row = &mut body["data"][0];
        let name = "82e20e14-edc5-4373-bfc4-f13121257c37";
        row["name"] = json!(name);
        row["id"] = json!(format!(
            "/subscriptions/{PRODUCTION}/resourceGroups/rg-data-prod/providers/Microsoft.Sql/servers/zz/providers/Microsoft.Security/assessments/{name}"
        ));
        row["properties"]["resourceDetails"] = Json::Null;
    });
    let tenant = Tenant::demo().with_fault(fault);
    same(&tenant, json!({"limit": 1})).await;
}

#[tokio::test(start_paused = true)]
async fn one_resource_with_and_without_a_slash_behind_it() {
    let tenant = Tenant::demo();
    rows_of(&tenant, |rows| {
        let at = rows.iter().rposition(|row| {
            let id = row["properties"]["resourceDetails"]["id"].as_str().unwrap_or_default();
            row["properties"]["status"]["code"] == "Unhealthy" && id.contains(SANDBOX) && id.contains("/providers/")
        });
        let mut again = rows[at.unwrap()].clone();
        let details = &mut again["properties"]["resourceDetails"]["id"];
        *details = json!(format!("{}/", details.as_str().unwrap()));
        again["id"] =
            json!(again["id"].as_str().unwrap().replace("/providers/Microsoft.Security/", "/x/y/providers/Microsoft.Security/"));
        rows.push(again);
    });
    same(&tenant, json!({"limit": 3})).await;
}

#[tokio::test(start_paused = true)]
async fn first_rows_that_are_remembered_longer_than_the_counts() {
    let tenant = Tenant::demo().with_fault(on(FIRST).delay(std::time::Duration::from_secs(2)));
    let question = json!({"limit": 3});
    let before = Inside::by_arm(tenant.clone()).await.read(LIST, question.clone()).await.value.unwrap();
    let inside = Inside::paged(tenant.clone(), "always", 10).await;
    inside.read(LIST, question.clone()).await.ok();
    one_more(&tenant);
    tokio::time::advance(std::time::Duration::from_millis(58_500)).await;
    let answer = inside.read(LIST, question.clone()).await.value.unwrap();
    let after = Inside::by_arm(tenant.clone()).await.read(LIST, question).await.value.unwrap();
    let of = |value: &Json| (value["summary"]["matched"].clone(), value["assessments"][0]["key"].clone());
    assert!([of(&before), of(&after)].contains(&of(&answer)), "{:?}: {:?} or {:?}", of(&answer), of(&before), of(&after));
}

#[tokio::test(start_paused = true)]
async fn a_resource_of_another_cloud_with_two_severities() {
    let tenant = Tenant::demo();
    rows_of(&tenant, |rows| {
        for (subscription, severity) in [(PRODUCTION, "Low"), (SANDBOX, "High")] {
            let name = "fab0000b-ffff-4000-8000-000000000001";
            rows.push(json!({
                "id": format!("/subscriptions/{subscription}/providers/Microsoft.Security/assessments/{name}"),
                "name": name, "type": "Microsoft.Security/assessments",
                "properties": {
                    "resourceDetails": {"source": "Aws", "id": "arn:aws:s3:::bucket"}, "displayName": "x", "status": {"code": "Unhealthy"},
                    "metadata": {"severity": severity, "assessmentType": "BuiltIn"}
                }
            }));
        }
    });
    let question = json!({"limit": 57});
    let answer = Inside::paged(tenant.clone(), "always", 10).await.read(LIST, question.clone()).await.value.unwrap();
    let list = Inside::paged(tenant.clone(), "always", 10).await;
    list.read(LIST, json!({"limit": 0})).await.ok();
    let list = list.read(LIST, question).await.value.unwrap();
    let of = |value: &Json| {
        let rows = value["assessments"].as_array().unwrap();
        let row = rows.iter().find(|row| row["key"].as_str().unwrap().starts_with("arn:")).cloned().unwrap_or_default();
        (
            value["summary"]["matched"].clone(),
            value["truncated"].clone(),
            rows.len(),
            row["severity"].clone(),
            row["subscription_id"].clone(),
        )
    };
    assert_eq!(of(&answer), of(&list));
}
