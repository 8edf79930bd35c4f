//! `azposture_defender_assessments`.

use std::collections::BTreeSet;

use azposture::demo::{Fault, PRODUCTION, SANDBOX, Tenant};
use serde_json::{Value as Json, json};

use crate::support::{held::edit, inside::Inside};

const EVERYTHING: &str = r#"{"statuses": ["Healthy", "Unhealthy", "NotApplicable"], "limit": 0}"#;

fn everything() -> Json {
    serde_json::from_str(EVERYTHING).unwrap()
}

fn rows(answer: &Json) -> &Vec<Json> {
    answer["assessments"].as_array().unwrap()
}

#[tokio::test]
async fn every_assessment_is_one_row_with_a_key_of_its_own() {
    let tenant = Tenant::demo();
    let listed = ["assessments"].map(|name| tenant.document(name)["value"].as_array().unwrap().len())[0];
    let answer = Inside::by_arm(tenant.clone()).await.read("defender_assessments", everything()).await.ok();
    let keys: BTreeSet<_> = rows(&answer).iter().map(|row| row["key"].as_str().unwrap()).collect();
    assert_eq!((rows(&answer).len(), keys.len()), (listed, listed));
    let pages =
        tenant.requests().iter().filter(|one| one.path.ends_with("/assessments") && one.path.contains(PRODUCTION)).count();
    assert!(pages >= 3, "{pages} pages");
}

#[tokio::test]
async fn equal_display_names_stay_several_rows() {
    let answer = Inside::on(Tenant::demo()).await.read("defender_assessments", everything()).await.ok();
    let names: BTreeSet<_> = rows(&answer).iter().map(|row| row["display_name"].as_str().unwrap()).collect();
    let keys: BTreeSet<_> = rows(&answer).iter().map(|row| row["assessment_key"].as_str().unwrap()).collect();
    assert!(names.len() < keys.len(), "some recommendations share a name");
    let twins = |row: &&Json| {
        rows(&answer).iter().any(|other| {
            other["resource_id"] == row["resource_id"]
                && other["display_name"] == row["display_name"]
                && other["key"] != row["key"]
        })
    };
    assert!(rows(&answer).iter().any(|row| twins(&row)), "one resource has two of one name");
}

#[tokio::test]
async fn the_worst_comes_first_and_counts_ignore_statuses() {
    let inside = Inside::on(Tenant::demo()).await;
    let all = inside.read("defender_assessments", everything()).await.ok();
    let default = inside.read("defender_assessments", json!({"limit": 0})).await.ok();
    for name in ["healthy", "unhealthy", "not_applicable"] {
        assert_eq!(all["summary"][name], default["summary"][name], "{name}");
    }
    let healthy = inside.read("defender_assessments", json!({"statuses": ["Healthy"], "limit": 0})).await.ok();
    let missing = rows(&healthy)
        .iter()
        .filter(|row| healthy["recommendations"][row["assessment_key"].as_str().unwrap()]["assessment_type"].is_null())
        .count();
    assert_eq!(
        (&healthy["summary"]["by_severity"], &healthy["summary"]["metadata_missing"]),
        (&json!({}), &json!(missing)),
        "these two count the rows that are asked for"
    );
    let rank = |row: &Json| match row["severity"].as_str() {
        Some("critical") => 0,
        Some("high") => 1,
        Some("medium") => 2,
        Some("low") => 3,
        Some(_) => 4,
        None => 5,
    };
    let ranks: Vec<_> = rows(&default).iter().map(rank).collect();
    assert!(ranks.is_sorted(), "{ranks:?}");
    assert!(rows(&default).iter().all(|row| row["status"] == "Unhealthy"));
}

#[tokio::test]
async fn a_recommendation_without_metadata_is_never_filtered_out() {
    let inside = Inside::on(Tenant::demo()).await;
    let answer = inside
        .read(
            "defender_assessments",
            json!({"severities": ["low"], "statuses": ["Healthy", "Unhealthy", "NotApplicable"], "limit": 0}),
        )
        .await;
    let answer = answer.ok();
    assert!(answer["summary"]["metadata_missing"].as_u64() > Some(0));
    assert!(rows(&answer).iter().all(|row| row["severity"] == "low" || row["severity"].is_null()));
    assert!(rows(&answer).iter().any(|row| row["severity"].is_null()));
}

#[tokio::test]
async fn a_policy_definition_leads_to_controls() {
    let answer = Inside::on(Tenant::demo()).await.read("defender_assessments", everything()).await.ok();
    let said = answer["recommendations"].as_object().unwrap();
    let mapped = said.values().find(|one| one["controls"]["mcsb_v1"].is_array()).unwrap();
    assert!(
        mapped["policy_definition_id"].is_string() && mapped["remediation"].is_string() && mapped["display_name"].is_string()
    );
    let keys: BTreeSet<_> = rows(&answer).iter().map(|row| row["assessment_key"].as_str().unwrap()).collect();
    assert_eq!(
        keys,
        said.keys().map(String::as_str).collect(),
        "what is said of a recommendation stands once, for each that has rows"
    );
}

#[tokio::test]
async fn ids_are_spelled_as_azurerm_parses_them_and_foreign_ones_as_given() {
    let answer = Inside::on(Tenant::demo()).await.read("defender_assessments", everything()).await.ok();
    for row in rows(&answer).iter().filter(|row| row["source"] == "Azure") {
        let id = row["resource_id"].as_str().unwrap();
        assert!(!id.contains("resourcegroups") && !id.contains("Microsoft.storage"), "{id}");
        assert!(row["resource_type"].is_string(), "{id}");
    }
    let foreign = rows(&answer).iter().find(|row| row["source"] == "Aws").unwrap();
    assert_eq!(foreign["resource_group_name"], Json::Null);
}

#[tokio::test]
async fn filters_narrow_by_type_group_prefix_and_tags() {
    let inside = Inside::on(Tenant::demo()).await;
    let with = async |mut filter: Json| {
        for (name, value) in everything().as_object().unwrap() {
            filter[name] = value.clone();
        }
        inside.read("defender_assessments", filter).await
    };
    let storage = with(json!({"resource_types": ["microsoft.storage/storageaccounts"]})).await.ok();
    assert!(!rows(&storage).is_empty());
    assert!(rows(&storage).iter().all(|row| row["resource_type"] == "Microsoft.Storage/storageAccounts"));
    let group = rows(&storage)[0]["resource_group_name"].as_str().unwrap().to_uppercase();
    let grouped = with(json!({"resource_group_names": [group]})).await.ok();
    assert!(rows(&grouped).iter().all(|row| row["resource_group_name"].as_str().unwrap().eq_ignore_ascii_case(&group)));
    let prefix = format!("/subscriptions/{SANDBOX}");
    let prefixed = with(json!({"resource_id_prefixes": [prefix]})).await.ok();
    assert!(!rows(&prefixed).is_empty() && rows(&prefixed).iter().all(|row| row["subscription_id"] == SANDBOX));
    let tagged = with(json!({"tags": {"env": "prod"}})).await;
    assert!(tagged.gaps().iter().all(|gap| gap.starts_with("tags not_proven")), "{:?}", tagged.gaps());
    assert!(!rows(&tagged.ok()).is_empty());
}

#[tokio::test]
async fn what_selects_nothing_that_exists_is_refused() {
    let inside = Inside::on(Tenant::demo()).await;
    for (arguments, summary) in [
        (json!({"resource_group_names": ["rg-nowhere"]}), "Nothing selected"),
        (
            json!({"resource_id_prefixes": ["/subscriptions/fab00001-0000-4000-8000-00000000dead"]}),
            "Outside the configured scope",
        ),
        (json!({"resource_types": ["storage"]}), "Invalid value"),
        (json!({"resource_types": ["Microsoft.Nothing/things"]}), "Unknown value"),
        (json!({"resource_types": ["Microsoft.Compute/virtualMachine"]}), "Unknown value"),
        (json!({"categories": ["nope"]}), "Unknown value"),
        (json!({"assessment_keys": ["x"]}), "Invalid value"),
        (json!({"severities": ["severe"]}), "Unknown value"),
        (json!({"statuses": []}), "Nothing selected"),
    ] {
        assert_eq!(inside.read("defender_assessments", arguments.clone()).await.errors(), [summary], "{arguments}");
    }
    let reading = inside.read("defender_assessments", json!({"assessment_keys": ["00000000-0000-4000-8000-000000000000"]})).await;
    assert_eq!(reading.warnings(), ["Assessment key matches nothing"]);
}

#[tokio::test]
async fn a_failed_page_is_a_gap_and_never_a_shorter_list() {
    let fault = Fault::on(format!("{PRODUCTION}/providers/Microsoft.Security/assessments")).page(2).refuse(
        403,
        "AuthorizationFailed",
        "no",
    );
    let reading = Inside::by_arm(Tenant::demo().with_fault(fault)).await.read("defender_assessments", json!({"limit": 0})).await;
    assert_eq!(reading.gaps(), [format!("assessments forbidden /subscriptions/{PRODUCTION}")]);
    let answer = reading.ok();
    assert_eq!(answer["complete"], false);
    assert!(rows(&answer).iter().all(|row| row["subscription_id"] == SANDBOX), "no half of a list");
}

#[tokio::test]
async fn a_link_to_another_host_is_refused_and_said_so() {
    let fault = Fault::on("Microsoft.Security/assessments").next_link("https://evil.example/next");
    let tenant = Tenant::demo().with_fault(fault);
    let reading = Inside::by_arm(tenant.clone()).await.read("defender_assessments", json!({})).await;
    assert_eq!(reading.errors(), ["Left its host"]);
    assert!(reading.detail().contains("evil.example"), "{}", reading.detail());
    assert!(tenant.requests().iter().all(|request| request.host.ends_with(".demo.azposture")));
}

#[tokio::test]
async fn silence_is_no_data_yet_or_not_registered_but_never_clean() {
    let silent = || {
        let tenant = Tenant::demo();
        tenant
            .edit("assessments", |list| {
                list["value"].as_array_mut().unwrap().retain(|row| !row["id"].as_str().unwrap().contains(SANDBOX))
            })
            .unwrap();
        tenant
    };
    let reading = Inside::on(silent()).await.read("defender_assessments", json!({})).await;
    assert_eq!(reading.gaps(), [format!("assessments no_data_yet /subscriptions/{SANDBOX}")]);
}

#[tokio::test]
async fn a_part_of_a_list_is_not_trusted_without_the_right_to_all_of_it() {
    let tenant = Tenant::demo().with_fault(Fault::on(format!("{SANDBOX}/providers/Microsoft.Authorization/permissions")).change(
        |answer| {
            answer["value"] = json!([{"actions": ["Microsoft.Storage/*/read"], "notActions": []}]);
        },
    ));
    let reading = Inside::on(tenant).await.read("defender_assessments", json!({})).await;
    assert_eq!(reading.gaps(), [format!("assessments not_proven /subscriptions/{SANDBOX}")]);
    assert_eq!(reading.ok()["complete"], false);
}

/// A tenant whose first assessment has another status: the same for both engines.
fn with_status(status: Json) -> Tenant {
    let tenant = Tenant::demo();
    tenant.edit("assessments", |list| list["value"][0]["properties"]["status"] = status).unwrap();
    tenant
}

#[tokio::test]
async fn a_status_that_is_a_new_word_or_none_is_in_a_row_and_counted() {
    for engine in ["never", "always"] {
        let block = json!({"environment": "demo", "resource_graph": engine});
        let read = async |tenant: Tenant, arguments: Json| {
            Inside::configured(tenant, block.clone()).await.read("defender_assessments", arguments).await
        };
        let whole = read(Tenant::demo(), json!({"limit": 0})).await.ok();
        assert_eq!(whole["summary"]["other"], 0, "{engine}");
        for (status, word, complete) in [
            (json!({"code": "Quarantined"}), json!("Quarantined"), true),
            (json!({"code": null}), Json::Null, false),
            (Json::Null, Json::Null, false),
        ] {
            let answer = read(with_status(status.clone()), json!({"limit": 0})).await.ok();
            assert_eq!((&answer["summary"]["other"], &answer["complete"]), (&json!(1), &json!(complete)), "{engine} {status}");
            let rows = answer["assessments"].as_array().unwrap();
            assert_eq!(rows.iter().filter(|row| row["status"] == word).count(), 1, "{engine} {status}");
            let gaps = read(with_status(status.clone()), json!({"limit": 0})).await.gaps();
            assert_eq!(gaps.iter().any(|gap| gap.starts_with("assessments invalid_response")), !complete, "{engine} {status}");
        }
        let healthy = read(with_status(json!({"code": "Quarantined"})), json!({"statuses": ["Healthy"], "limit": 0})).await.ok();
        let found = healthy["assessments"].as_array().unwrap().iter().any(|row| row["status"] == "Quarantined");
        assert!(!found && healthy["summary"]["other"] == 1, "{engine}: it is not what was asked for, and it is counted");
    }
}

#[tokio::test]
async fn a_severity_that_is_a_new_word_is_counted_and_one_that_is_not_stated_is_named() {
    let with_severity = |severity: Json| {
        let tenant = Tenant::demo();
        tenant
            .edit("assessment-metadata", |list| {
                list["value"].as_array_mut().unwrap().iter_mut().for_each(|row| row["properties"]["severity"] = severity.clone());
            })
            .unwrap();
        tenant
    };
    let rated = Inside::on(with_severity(json!("Urgent"))).await;
    for arguments in [json!({}), json!({"severities": ["high"]})] {
        let answer = rated.read("defender_assessments", arguments).await.ok();
        let summary = &answer["summary"];
        assert_eq!((&answer["complete"], &answer["assessments"][0]["severity"]), (&json!(true), &Json::Null));
        let by_severity = summary["by_severity"].as_object().unwrap();
        assert_eq!(by_severity.keys().collect::<Vec<_>>(), ["Urgent", "other"], "{summary}");
        assert_eq!(by_severity.values().filter_map(Json::as_u64).sum::<u64>(), summary["unhealthy"], "{summary}");
    }
    let unrated = Inside::on(with_severity(Json::Null)).await.read("defender_assessments", json!({})).await;
    assert!(unrated.gaps().contains(&format!("assessment_metadata invalid_response /subscriptions/{PRODUCTION}")));
    assert_eq!(unrated.ok()["summary"]["by_severity"], Json::Null);
}

/// A recommendation that is built in and that the catalogue lacks (Azure makes some for a finding) says its severity in its own rows, where Resource Graph shows
/// it. The list of Resource Manager has nothing of it, so there nothing is known.
#[tokio::test]
async fn a_row_says_the_severity_that_no_catalogue_has() {
    const LONELY: &str = "fab0000b-0000-4000-8000-00000000dead";
    let read = async |severity: &str, engine: &str, severities: Json| {
        let tenant = Tenant::demo();
        edit(&tenant, "assessments", |rows| {
            let own = json!({"severity": severity, "recommendationCategory": "ExposedSecrets", "assessmentType": "BuiltIn"});
            rows.iter_mut().filter(|row| row["name"] == LONELY).for_each(|row| row["properties"]["metadata"] = own.clone());
        });
        let inside = Inside::configured(tenant, json!({"environment": "demo", "resource_graph": engine})).await;
        let mut arguments = everything();
        arguments["severities"] = severities;
        inside.read("defender_assessments", arguments).await.ok()
    };
    let row = |answer: &Json| rows(answer).iter().find(|row| row["assessment_key"] == LONELY).cloned();
    let said = |answer: &Json| row(answer).map(|row| (row["severity"].clone(), row["recommendation_category"].clone()));
    let graph = read("High", "always", Json::Null).await;
    assert_eq!(said(&graph), Some((json!("high"), json!("ExposedSecrets"))));
    assert_eq!(graph["recommendations"][LONELY]["severity"], Json::Null, "the catalogue says nothing");
    assert_eq!(said(&read("High", "always", json!(["low"])).await), None);
    assert_eq!(said(&read("Grave", "always", json!(["low"])).await), Some((Json::Null, json!("ExposedSecrets"))));
    assert_eq!(said(&read("High", "never", json!(["low"])).await), Some((Json::Null, Json::Null)));
}
