//! A question for counts and the first rows is answered without the list where Resource Graph is asked, and always as the list answers it.

use std::collections::BTreeSet;

use azposture::demo::{Fault, PRODUCTION, Request, SANDBOX, Tenant};
use serde_json::{Value as Json, json};

use crate::support::inside::{Inside, Reading};

const LIST: &str = "defender_assessments";
const COUNTS: &str = "assessmentgroups";
const FIRST: &str = "firstassessments";
/// The list itself.
const WHOLE: &str = "assessments";

/// Resource Graph, as if the tenant had many pages.
async fn many(tenant: &Tenant) -> Inside {
    Inside::paged(tenant.clone(), "always", 10).await
}

async fn by_list(tenant: &Tenant, arguments: Json) -> Reading {
    Inside::by_arm(tenant.clone()).await.read(LIST, arguments).await
}

/// The names of the queries for assessments that were asked, in their order.
fn asked(tenant: &Tenant) -> Vec<String> {
    let named = tenant.requests().into_iter().filter(|request| request.page == 1).filter_map(|Request { named, .. }| named);
    named.filter(|name| [COUNTS, FIRST, WHOLE].contains(&name.as_str())).collect()
}

fn distinct(tenant: &Tenant) -> BTreeSet<String> {
    asked(tenant).into_iter().collect()
}

fn names(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|name| (*name).to_owned()).collect()
}

/// Whatever filters and limits ask that does not depend on the resource.
fn questions() -> Vec<Json> {
    let mut all = Vec::new();
    for limit in [1, 2, 7, 20, 100] {
        for more in [
            json!({}),
            json!({"statuses": ["Healthy"]}),
            json!({"statuses": ["Healthy", "NotApplicable", "Unhealthy"], "include_risk": true}),
            json!({"severities": ["medium", "low"]}),
            json!({"severities": ["high"], "statuses": ["unhealthy", "healthy"]}),
            json!({"categories": ["data"]}),
            json!({"subscription_ids": [SANDBOX]}),
        ] {
            let mut question = more;
            question["limit"] = json!(limit);
            all.push(question);
        }
    }
    all
}

#[tokio::test(start_paused = true)]
async fn what_is_counted_is_answered_as_the_list_answers_it() {
    let mut by_counts = 0;
    for question in questions() {
        let tenant = Tenant::demo();
        let (answer, list) = (many(&tenant).await.read(LIST, question.clone()).await, by_list(&tenant, question.clone()).await);
        assert_eq!(answer.value, list.value, "{question}");
        assert_eq!(answer.said, list.said, "{question}");
        by_counts += usize::from(!asked(&tenant).contains(&WHOLE.to_owned()));
    }
    assert_eq!(by_counts, questions().len());
}

#[tokio::test(start_paused = true)]
async fn a_key_narrows_the_counts_and_one_that_matches_nothing_is_told_as_ever() {
    let first = by_list(&Tenant::demo(), json!({"limit": 1})).await.ok()["assessments"][0]["assessment_key"].clone();
    for keys in [json!([first]), json!([first, "00000000-0000-4000-8000-000000000000"])] {
        let question = json!({"assessment_keys": keys, "limit": 2});
        let tenant = Tenant::demo();
        let (answer, list) = (many(&tenant).await.read(LIST, question.clone()).await, by_list(&tenant, question.clone()).await);
        assert_eq!((answer.value, answer.said), (list.value, list.said), "{question}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_takes_two_queries_and_each_question_more_takes_one() {
    let tenant = Tenant::demo();
    let inside = many(&tenant).await;
    inside.read(LIST, json!({"limit": 3})).await.ok();
    assert_eq!(asked(&tenant), [COUNTS, FIRST]);
    inside.read(LIST, json!({"limit": 3})).await.ok();
    assert_eq!(asked(&tenant), [COUNTS, FIRST]);
    // Fewer than ten are not asked for.
    inside.read(LIST, json!({"limit": 4})).await.ok();
    assert_eq!(asked(&tenant), [COUNTS, FIRST]);
    inside.read(LIST, json!({"limit": 12})).await.ok();
    assert_eq!(asked(&tenant), [COUNTS, FIRST, FIRST]);
    let nothing =
        inside.read(LIST, json!({"statuses": ["NotApplicable"], "severities": ["informational"], "limit": 4})).await.ok();
    assert_eq!(nothing["summary"]["matched"], 0);
    assert_eq!(asked(&tenant), [COUNTS, FIRST, FIRST]);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_known_answers_whatever_is_asked_of_it() {
    let tenant = Tenant::demo();
    let inside = many(&tenant).await;
    inside.read(LIST, json!({"limit": 0})).await.ok();
    let whole = asked(&tenant);
    assert_eq!(distinct(&tenant), names(&[WHOLE]));
    inside.read(LIST, json!({"limit": 3})).await.ok();
    assert_eq!(asked(&tenant), whole);
}

#[tokio::test(start_paused = true)]
async fn what_depends_on_the_resource_and_what_fits_into_a_page_takes_the_list() {
    for question in [
        json!({"resource_group_names": ["rg-lab"]}),
        json!({"resource_types": ["Microsoft.Storage/storageAccounts"]}),
        json!({"resource_id_prefixes": [format!("/subscriptions/{PRODUCTION}")]}),
        json!({"tags": {"env": "prod"}}),
        json!({"limit": 0}),
        json!({"limit": 1001}),
    ] {
        let tenant = Tenant::demo();
        many(&tenant).await.read(LIST, question.clone()).await.ok();
        assert_eq!(distinct(&tenant), names(&[WHOLE]), "{question}");
    }
    let tenant = Tenant::demo();
    Inside::paged(tenant.clone(), "always", 1000).await.read(LIST, json!({"limit": 1})).await.ok();
    assert_eq!(asked(&tenant), [COUNTS, WHOLE]);
}

/// The tenant with one assessment of the production subscription changed.
fn with_one(change: impl Fn(&mut Json) + Send + Sync) -> Tenant {
    let tenant = Tenant::demo();
    tenant
        .edit("assessments", |list| {
            let rows = list["value"].as_array_mut().unwrap();
            change(rows.iter_mut().find(|row| row["id"].as_str().unwrap().contains(PRODUCTION)).unwrap());
        })
        .unwrap();
    tenant
}

#[tokio::test(start_paused = true)]
async fn whatever_is_odd_takes_the_list() {
    let twice = Tenant::demo();
    twice
        .edit("assessments", |list| {
            let rows = list["value"].as_array_mut().unwrap();
            let mut again = rows[0].clone();
            again["id"] = json!(
                again["id"].as_str().unwrap().replace("/providers/Microsoft.Security/", "/x/y/providers/Microsoft.Security/")
            );
            again["properties"]["status"]["code"] = json!("Unhealthy");
            rows.push(again);
        })
        .unwrap();
    for (what, tenant) in [
        ("a status that is a new word", with_one(|row| row["properties"]["status"]["code"] = json!("Suppressed"))),
        ("no status", with_one(|row| row["properties"]["status"]["code"] = Json::Null)),
        ("a number for a status", with_one(|row| row["properties"]["status"]["code"] = json!(7))),
        ("a status of another case", with_one(|row| row["properties"]["status"]["code"] = json!("HEALTHY"))),
        ("a name that breaks out", with_one(|row| row["name"] = json!("x\") or true or (\"\" in (\""))),
        ("a name with what parts words", with_one(|row| row["name"] = json!("a|Healthy|High"))),
        ("one assessment with two ids", twice),
    ] {
        let question = json!({"limit": 2, "statuses": ["Healthy", "NotApplicable", "Unhealthy"]});
        let (answer, list) = (many(&tenant).await.read(LIST, question.clone()).await, by_list(&tenant, question).await);
        assert_eq!((answer.value, answer.said), (list.value, list.said), "{what}");
        assert_eq!(distinct(&tenant), names(&[COUNTS, WHOLE]), "{what}");
    }
}

fn on(name: &str) -> Fault {
    Fault::on("Microsoft.ResourceGraph").named(name)
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_together_takes_the_list() {
    let rows = |change: fn(&mut Vec<Json>)| {
        move |body: &mut Json| {
            let rows = body["data"].as_array_mut().unwrap();
            change(rows);
            (body["count"], body["totalRecords"]) = (json!(rows.len()), json!(rows.len()));
        }
    };
    for (what, fault) in [
        ("counts that are refused", on(COUNTS).refuse(403, "Forbidden", "no")),
        ("counts that are too many", on(COUNTS).refuse(400, "ResponsePayloadTooLarge", "too large")),
        ("counts of nothing", on(COUNTS).change(|body| body["data"][0]["counts"][0] = json!("a|Healthy|High|0|1|0"))),
        ("counts of another kind", on(COUNTS).change(|body| body["data"][0]["counts"] = json!([null]))),
        ("no counts", on(COUNTS).change(|body| body["data"][0]["counts"] = Json::Null)),
        ("first rows that are refused", on(FIRST).refuse(403, "Forbidden", "no")),
        ("a row that is gone meanwhile", on(FIRST).change(rows(|rows| drop(rows.pop())))),
        ("rows in another order", on(FIRST).change(rows(|rows| rows.reverse()))),
        ("a row that comes twice", on(FIRST).change(rows(|rows| rows[1] = rows[0].clone()))),
        (
            "a row that is healthy meanwhile",
            on(FIRST).change(rows(|rows| rows[0]["properties"]["status"]["code"] = json!("Healthy"))),
        ),
        ("a row of another recommendation", on(FIRST).change(rows(|rows| rows[0]["name"] = json!("another")))),
    ] {
        let tenant = Tenant::demo().with_fault(fault);
        let question = json!({"limit": 3});
        let (answer, list) = (many(&tenant).await.read(LIST, question.clone()).await, by_list(&tenant, question).await);
        assert_eq!((answer.value, answer.said), (list.value, list.said), "{what}");
        assert!(asked(&tenant).contains(&WHOLE.to_owned()), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_subscription_without_rows_is_read_by_itself_and_counts_as_ever() {
    let tenant = Tenant::demo();
    let elsewhere = |row: &Json| !row["id"].as_str().unwrap().contains(SANDBOX);
    tenant.edit("assessments", |list| list["value"].as_array_mut().unwrap().retain(elsewhere)).unwrap();
    let question = json!({"limit": 3});
    let (answer, list) = (many(&tenant).await.read(LIST, question.clone()).await, by_list(&tenant, question).await);
    assert_eq!((&answer.value, &answer.said), (&list.value, &list.said));
    assert_eq!(answer.gaps(), [format!("assessments no_data_yet /subscriptions/{SANDBOX}")]);
    assert_eq!(asked(&tenant), [COUNTS, FIRST]);
    // Resource Graph leaves out what it does not show, while Resource Manager has it.
    let hidden = on(COUNTS).change(|body| {
        body["data"].as_array_mut().unwrap().retain(|row| row["subscriptionId"] != SANDBOX);
        (body["count"], body["totalRecords"]) = (json!(1), json!(1));
    });
    let tenant = Tenant::demo().with_fault(hidden);
    let question = json!({"limit": 3, "severities": ["medium"]});
    let (answer, list) = (many(&tenant).await.read(LIST, question.clone()).await, by_list(&tenant, question).await);
    assert_eq!((&answer.value, &answer.said), (&list.value, &list.said));
    assert_eq!(asked(&tenant), [COUNTS, FIRST]);
}
