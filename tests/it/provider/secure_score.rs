//! `azposture_secure_score`.

use azposture::demo::{Fault, PRODUCTION, SANDBOX, Tenant};
use serde_json::{Value as Json, json};

use crate::support::{held::edit, inside::Inside};

/// The control "Secure management ports".
const PORTS: &str = "fab00010-0000-4000-8000-000000000065";
/// The control "Protect against floods", which is worth nothing.
const FLOODS: &str = "fab00010-0000-4000-8000-000000000069";

fn row<'a>(answer: &'a Json, list: &str, key: &str) -> &'a Json {
    answer[list].as_array().unwrap().iter().find(|row| row["key"] == key).unwrap_or_else(|| panic!("{key} in {answer:#}"))
}

fn at(subject: &str, reason: &str, subscription: &str) -> String {
    format!("{subject} {reason} /subscriptions/{subscription}")
}

async fn through(tenant: &Tenant, engine: &str) -> Inside {
    Inside::configured(tenant.clone(), json!({"environment": "demo", "resource_graph": engine})).await
}

/// Changes the rows of one subscription.
fn change(tenant: &Tenant, list: &str, subscription: &str, change: impl Fn(&mut Json)) {
    let is_own = |row: &Json| row["id"].as_str().unwrap().contains(subscription);
    edit(tenant, list, |rows| rows.iter_mut().filter(|row| is_own(row)).for_each(change));
}

/// Leaves out the rows of one subscription.
fn silence(tenant: &Tenant, list: &str, subscription: &str) {
    edit(tenant, list, |rows| rows.retain(|row| !row["id"].as_str().unwrap().contains(subscription)));
}

/// The tenant with a sandbox in which nothing is scored, although the tier that scores is on.
fn silent() -> Tenant {
    let tenant = Tenant::demo();
    silence(&tenant, "secure-scores", SANDBOX);
    silence(&tenant, "secure-score-controls", SANDBOX);
    change(&tenant, "pricings", SANDBOX, |row| {
        if row["name"] == "FoundationalCspm" {
            row["properties"]["pricingTier"] = json!("Standard");
        }
    });
    tenant
}

#[tokio::test]
async fn scores_and_controls_are_read_as_the_service_states_them_through_either_engine_and_in_pages() {
    for engine in ["never", "always"] {
        let answer =
            through(&Tenant::demo().with_page_size(2), engine).await.read("secure_score", json!({"limit": 0})).await.ok();
        // 57.52 % of weight 61 and 30 % of weight 17.
        assert_eq!(
            (&answer["model"], &answer["percentage"], &answer["complete"]),
            (&json!("classic"), &json!(51.52), &json!(true))
        );
        let keys: Vec<_> = answer["scores"].as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap()).collect();
        assert_eq!(keys, [PRODUCTION, SANDBOX]);
        let production = row(&answer, "scores", PRODUCTION);
        let numbers = ["current", "max", "percentage", "weight"].map(|name| production[name].clone());
        assert_eq!(numbers, [json!(25.31), json!(44.0), json!(57.52), json!(61)]);
        let ports = row(&answer, "controls", &format!("{PRODUCTION}|{PORTS}"));
        assert_eq!((&ports["name"], &ports["display_name"]), (&json!(PORTS), &json!("Secure management ports")));
        let numbers = ["current", "max", "percentage", "weight"].map(|name| ports[name].clone());
        assert_eq!(numbers, [json!(4.0), json!(8.0), json!(50.0), json!(4)]);
        let resources = ["healthy", "unhealthy", "not_applicable"].map(|name| ports[format!("{name}_resources")].clone());
        assert_eq!(resources, [json!(2), json!(2), json!(0)]);
        let floods = row(&answer, "controls", &format!("{PRODUCTION}|{FLOODS}"));
        assert_eq!((&floods["max"], &floods["percentage"]), (&json!(0.0), &Json::Null), "nothing to reach is no percentage");
        assert_eq!(answer["summary"], json!({"matched": 12, "returned": 12}));
    }
}

#[tokio::test]
async fn controls_are_cut_to_the_limit_and_not_read_unless_asked_for() {
    let tenant = Tenant::demo();
    let inside = through(&tenant, "never").await;
    let without = inside.read("secure_score", json!({"include_controls": false})).await.ok();
    assert_eq!((&without["controls"], &without["summary"]), (&json!([]), &json!({"matched": null, "returned": 0})));
    assert_eq!((&without["percentage"], &without["complete"]), (&json!(51.52), &json!(true)));
    assert!(tenant.requests().iter().all(|request| !request.path.contains("secureScoreControls")));
    let cut = inside.read("secure_score", json!({"limit": 5})).await.ok();
    assert_eq!((&cut["summary"], &cut["truncated"]), (&json!({"matched": 12, "returned": 5}), &json!(true)));
    let one = inside.read("secure_score", json!({"subscription_ids": [SANDBOX]})).await.ok();
    assert_eq!((&one["percentage"], &one["summary"]["matched"]), (&json!(30.0), &json!(6)));
}

#[tokio::test]
async fn a_subscription_without_a_score_has_a_reason_and_no_row() {
    for engine in ["never", "always"] {
        let reading = through(&silent(), engine).await.read("secure_score", json!({})).await;
        assert_eq!(reading.gaps(), [at("secure_scores", "no_data_yet", SANDBOX)], "{engine}");
        let answer = reading.ok();
        assert_eq!((&answer["complete"], &answer["percentage"]), (&json!(true), &json!(57.52)), "{engine}");
        assert_eq!(answer["scores"].as_array().unwrap().len(), 1);

        let tenant = silent();
        change(&tenant, "providers", SANDBOX, |row| {
            if row["namespace"] == "Microsoft.Security" {
                row["registrationState"] = json!("NotRegistered");
            }
        });
        let reading = through(&tenant, engine).await.read("secure_score", json!({})).await;
        let lists = ["secure_score_controls", "secure_scores"];
        assert_eq!(reading.gaps(), lists.map(|list| at(list, "not_registered", SANDBOX)), "{engine}");
    }
}

#[tokio::test]
async fn where_the_tier_that_scores_is_off_that_is_the_reason() {
    for (tier, reason) in [("Free", "plan_off"), ("Standard", "no_data_yet"), ("Xyzzy", "no_data_yet")] {
        let tenant = silent();
        let id = format!("/subscriptions/{SANDBOX}/providers/Microsoft.Security/pricings/FoundationalCspm");
        let row = json!({"id": id, "name": "FoundationalCspm", "type": "Microsoft.Security/pricings",
            "properties": {"pricingTier": tier, "freeTrialRemainingTime": "PT0S"}});
        edit(&tenant, "pricings", |rows| {
            rows.retain(|row| row["id"] != id);
            rows.push(row.clone());
        });
        let reading = through(&tenant, "never").await.read("secure_score", json!({})).await;
        assert_eq!(reading.gaps(), [at("secure_scores", reason, SANDBOX)], "{tier}");
    }
    let plans = format!("{SANDBOX}/providers/Microsoft.Security/pricings");
    let tenant = silent().with_fault(Fault::on(plans).refuse(403, "AuthorizationFailed", "no"));
    let reading = through(&tenant, "never").await.read("secure_score", json!({})).await;
    assert_eq!(reading.gaps(), [at("plans", "forbidden", SANDBOX), at("secure_scores", "no_data_yet", SANDBOX)]);
    assert_eq!(reading.ok()["complete"], false, "why there is none is not known");
}

#[tokio::test]
async fn without_any_score_there_is_no_percentage_and_refused_everywhere_is_an_error() {
    let tenant = silent();
    silence(&tenant, "secure-scores", PRODUCTION);
    silence(&tenant, "secure-score-controls", PRODUCTION);
    let answer = through(&tenant, "never").await.read("secure_score", json!({})).await.ok();
    assert_eq!((&answer["percentage"], &answer["scores"], &answer["summary"]["matched"]), (&Json::Null, &json!([]), &Json::Null));
    let refused = Tenant::demo().with_fault(Fault::on("/secureScore").refuse(403, "AuthorizationFailed", "no"));
    let reading = through(&refused, "never").await.read("secure_score", json!({})).await;
    assert_eq!(reading.errors(), ["Nothing could be read"]);
}

#[tokio::test]
async fn the_percentage_of_a_part_is_not_that_of_the_whole() {
    let scores = format!("{SANDBOX}/providers/Microsoft.Security/secureScores");
    let refused = Tenant::demo().with_fault(Fault::on(scores).refuse(403, "AuthorizationFailed", "no"));
    let reading = through(&refused, "never").await.read("secure_score", json!({"include_controls": false})).await;
    assert_eq!(reading.gaps(), [at("secure_scores", "forbidden", SANDBOX)]);
    let answer = reading.ok();
    assert_eq!((&answer["percentage"], &answer["complete"]), (&Json::Null, &json!(false)));
    assert_eq!(row(&answer, "scores", PRODUCTION)["percentage"], json!(57.52));
    // What is not known of controls takes nothing from the scores.
    let refused = Tenant::demo().with_fault(Fault::on("/secureScoreControls").refuse(403, "AuthorizationFailed", "no"));
    let answer = through(&refused, "never").await.read("secure_score", json!({})).await.ok();
    assert_eq!((&answer["percentage"], &answer["complete"]), (&json!(51.52), &json!(false)));
}

#[tokio::test]
async fn what_a_score_does_not_say_is_null_and_never_zero() {
    for engine in ["never", "always"] {
        for field in ["current", "max", "percentage", "weight"] {
            let tenant = Tenant::demo();
            change(&tenant, "secure-scores", SANDBOX, |row| match field {
                "weight" => row["properties"][field] = Json::Null,
                field => row["properties"]["score"][field] = Json::Null,
            });
            let reading = through(&tenant, engine).await.read("secure_score", json!({})).await;
            assert_eq!(reading.gaps(), [at("secure_scores", "invalid_response", SANDBOX)], "{field} {engine}");
            let answer = reading.ok();
            assert_eq!(row(&answer, "scores", SANDBOX)[field], Json::Null, "{field} {engine}");
            assert_eq!((&answer["percentage"], &answer["complete"]), (&Json::Null, &json!(false)), "{field} {engine}");
        }
    }
    let tenant = Tenant::demo();
    change(&tenant, "secure-score-controls", SANDBOX, |row| {
        row["properties"].as_object_mut().unwrap().remove("unhealthyResourceCount");
    });
    let reading = through(&tenant, "never").await.read("secure_score", json!({})).await;
    assert_eq!(reading.gaps(), [at("secure_score_controls", "invalid_response", SANDBOX)]);
    let answer = reading.ok();
    assert_eq!(row(&answer, "controls", &format!("{SANDBOX}|{PORTS}"))["unhealthy_resources"], Json::Null);
    assert_eq!((&answer["percentage"], &answer["complete"]), (&json!(51.52), &json!(false)));
}

#[tokio::test]
async fn a_percentage_that_its_own_points_deny_is_not_believed() {
    let tenant = Tenant::demo();
    change(&tenant, "secure-scores", SANDBOX, |row| row["properties"]["score"]["percentage"] = json!(1));
    let reading = through(&tenant, "never").await.read("secure_score", json!({})).await;
    assert_eq!(reading.gaps(), [at("secure_scores", "invalid_response", SANDBOX)]);
    let answer = reading.ok();
    let sandbox = row(&answer, "scores", SANDBOX);
    assert_eq!((&sandbox["current"], &sandbox["percentage"], &answer["percentage"]), (&json!(11.7), &Json::Null, &Json::Null));
}

#[tokio::test]
async fn two_rows_of_one_score_or_control_that_differ_are_a_gap() {
    for first in [false, true] {
        let twin = |list: &str, field: &str| {
            let tenant = Tenant::demo();
            edit(&tenant, list, |rows| {
                let is = |row: &Json| {
                    row["id"].as_str().unwrap().contains(SANDBOX) && [json!("ascScore"), json!(PORTS)].contains(&row["name"])
                };
                let at = rows.iter().position(is).unwrap();
                let mut twin = rows[at].clone();
                twin["properties"][field] = json!(99);
                rows.insert(at + usize::from(!first), twin);
            });
            tenant
        };
        let reading = through(&twin("secure-scores", "weight"), "never").await.read("secure_score", json!({})).await;
        assert_eq!(reading.gaps(), [at("secure_scores", "invalid_response", SANDBOX)], "{first}");
        let answer = reading.ok();
        assert_eq!((&answer["percentage"], answer["scores"].as_array().unwrap().len()), (&Json::Null, 1), "{first}");

        let tenant = twin("secure-score-controls", "healthyResourceCount");
        let reading = through(&tenant, "never").await.read("secure_score", json!({})).await;
        assert_eq!(reading.gaps(), [at("secure_score_controls", "invalid_response", SANDBOX)], "{first}");
        let answer = reading.ok();
        let ports = row(&answer, "controls", &format!("{SANDBOX}|{PORTS}"));
        assert_eq!((&ports["healthy_resources"], &ports["unhealthy_resources"]), (&Json::Null, &json!(2)), "{first}");
        assert_eq!((&answer["summary"]["matched"], &answer["percentage"]), (&json!(12), &json!(51.52)), "{first}");
    }
}

#[tokio::test]
async fn scores_of_other_initiatives_are_not_the_classic_one() {
    let tenant = Tenant::demo();
    for (list, name) in [("secure-scores", "ascScore"), ("secure-score-controls", PORTS)] {
        edit(&tenant, list, |rows| {
            let mut other = rows.iter().find(|row| row["name"] == name).unwrap().clone();
            other["id"] = json!(other["id"].as_str().unwrap().replace("ascScore", "mine"));
            other["properties"]["score"] = json!({"max": 10, "current": 10, "percentage": 1});
            if name == "ascScore" {
                other["name"] = json!("mine");
            }
            rows.push(other);
        });
    }
    for engine in ["never", "always"] {
        let answer = through(&tenant, engine).await.read("secure_score", json!({})).await.ok();
        assert_eq!(
            (&answer["percentage"], &answer["complete"], &answer["summary"]["matched"]),
            (&json!(51.52), &json!(true), &json!(12))
        );
    }
    // One that has only such others has a score that is not known.
    let tenant = Tenant::demo();
    change(&tenant, "secure-scores", SANDBOX, |row| row["name"] = json!("mine"));
    let reading = through(&tenant, "always").await.read("secure_score", json!({})).await;
    assert_eq!(reading.gaps(), [at("secure_scores", "invalid_response", SANDBOX)]);
    assert_eq!(reading.ok()["percentage"], Json::Null);
}

#[tokio::test]
async fn controls_without_a_score_and_a_score_without_controls_are_not_whole() {
    for (list, subject, percentage) in
        [("secure-scores", "secure_scores", Json::Null), ("secure-score-controls", "secure_score_controls", json!(51.52))]
    {
        let tenant = Tenant::demo();
        silence(&tenant, list, SANDBOX);
        let reading = through(&tenant, "never").await.read("secure_score", json!({})).await;
        assert!(reading.gaps().contains(&at(subject, "not_proven", SANDBOX)), "{list}: {:?}", reading.gaps());
        let answer = reading.ok();
        assert_eq!((&answer["percentage"], &answer["complete"]), (&percentage, &json!(false)), "{list}");
    }
}
