//! What a hunt for wrong reassurance found: answers that called themselves complete and said less than what is there.

use azposture::{
    azure::settings::ScopeSetting,
    demo::{Fault, PRODUCTION, SANDBOX, Tenant},
};
use serde_json::{Value as Json, json};

use crate::support::{
    held::{edit, edited},
    inside::{Inside, Reading},
};

/// Both subscriptions: whatever Resource Manager has by it, and states by Resource Graph.
async fn read(tenant: Tenant, name: &str, arguments: Json) -> Reading {
    let both = ScopeSetting::Subscriptions([PRODUCTION.to_owned(), SANDBOX.to_owned()].into());
    Inside::aimed(tenant, both, "auto").await.read(name, arguments).await
}

fn rows<'a>(answer: &'a Json, name: &str) -> &'a [Json] {
    answer[name].as_array().unwrap()
}

fn ending<'a>(answer: &'a Json, name: &str, end: &str) -> &'a Json {
    let row = rows(answer, name).iter().find(|row| row["key"].as_str().unwrap().ends_with(end));
    row.unwrap_or_else(|| panic!("{end} in {:#}", answer[name]))
}

/// The tenant with the first state of the baseline that is not compliant changed.
fn with_state(change: impl Fn(&mut Json)) -> Tenant {
    edited(Tenant::demo(), "policy-states", |all| {
        let own = all.iter_mut().map(|row| &mut row["properties"]).find(|own| {
            own["complianceState"] == "NonCompliant" && own["policyAssignmentId"].as_str().unwrap().ends_with("/baseline")
        });
        change(own.unwrap());
    })
}

#[tokio::test]
async fn a_state_that_names_no_assignment_is_a_gap_of_the_counts_whatever_is_asked_for() {
    let tenant = || with_state(|own| own["policyAssignmentId"] = Json::Null);
    for arguments in [json!({}), json!({"statuses": ["Compliant"]}), json!({"resource_types": ["Microsoft.KeyVault/vaults"]})] {
        let reading = read(tenant(), "policy_compliance", arguments.clone()).await;
        assert_eq!(reading.gaps(), [format!("policy_states invalid_response /subscriptions/{PRODUCTION}")], "{arguments}");
        let answer = reading.ok();
        let baseline = ending(&answer, "assignments", "/baseline");
        assert_eq!((&baseline["percentage"], &answer["complete"]), (&Json::Null, &json!(false)), "{arguments}");
        let pci = ending(&answer, "assignments", "/pci");
        assert_eq!(pci["non_compliant"], Json::Null, "{arguments}: it may be of this one");
    }
}

#[tokio::test]
async fn a_state_of_an_initiative_that_names_no_groups_may_count_in_each_of_them() {
    let tenant = with_state(|own| own["policyDefinitionGroupNames"] = Json::Null);
    let answer = read(tenant, "policy_compliance", json!({"limit": 1})).await.ok();
    let residency = ending(&answer, "groups", "/baseline|residency");
    assert_eq!((&residency["compliant"], &residency["non_compliant"]), (&Json::Null, &Json::Null));
    let other = rows(&answer, "groups").iter().filter(|row| !row["key"].as_str().unwrap().contains("/baseline|"));
    assert!(other.into_iter().all(|row| !row["non_compliant"].is_null()), "those of other assignments stay");
    let none = with_state(|own| own["policyDefinitionGroupNames"] = json!([]));
    let answer = read(none, "policy_compliance", json!({"limit": 1})).await.ok();
    assert_eq!(ending(&answer, "groups", "/baseline|residency")["non_compliant"], 0, "in no group is said, too");
}

#[tokio::test]
async fn no_states_are_none_only_where_it_is_known_whether_something_is_assigned() {
    let states = edited(Tenant::demo(), "policy-states", |all| all.retain(|row| !row["id"].as_str().unwrap().contains(SANDBOX)));
    let path = format!("{SANDBOX}/providers/Microsoft.Authorization/policyAssignments");
    let refused = states.with_fault(Fault::on(path).refuse(403, "AuthorizationFailed", "no"));
    let asked = json!({"subscription_ids": [SANDBOX]});
    let both = ScopeSetting::Subscriptions([SANDBOX.to_owned()].into());
    let answer = Inside::aimed(refused, both, "auto").await.read("policy_compliance", asked).await.ok();
    assert_eq!((&answer["summary"]["matched"], &answer["complete"]), (&Json::Null, &json!(false)));
}

#[tokio::test]
async fn a_finding_that_does_not_say_what_was_scanned_may_be_about_a_part_of_it() {
    let tenant = || {
        edited(Tenant::demo(), "sub-assessments", |all| {
            let of_sql = all.iter_mut().filter(|row| row["id"].as_str().unwrap().contains("sql-fab-shop"));
            of_sql.for_each(|row| drop(row["properties"].as_object_mut().unwrap().remove("resourceDetails")));
        })
    };
    let server = format!("/subscriptions/{PRODUCTION}/resourceGroups/rg-data-prod/providers/Microsoft.Sql/servers/sql-fab-shop");
    for filter in [
        json!({"resource_id_prefixes": [format!("{server}/databases/shop")]}),
        json!({"resource_types": ["Microsoft.Sql/servers/databases"]}),
    ] {
        let mut asked = filter.clone();
        asked["statuses"] = json!(["Healthy", "NotApplicable", "Unhealthy"]);
        let answer = read(tenant(), "vulnerabilities", asked).await.ok();
        let of_server = rows(&answer, "vulnerabilities").iter().any(|row| row["resource_id"] == server.as_str());
        assert!(of_server && answer["complete"] == false, "{filter}");
    }
    let apart = json!({"resource_types": ["Microsoft.Sql/serversextra"]});
    assert!(read(tenant(), "vulnerabilities", apart).await.value.is_none());
}

#[tokio::test]
async fn assessments_that_may_be_findings_and_are_left_out_are_missed() {
    let answer = read(Tenant::demo(), "vulnerabilities", json!({"subscription_ids": [PRODUCTION]})).await;
    assert!(answer.gaps().contains(&format!("assessment_metadata not_proven /subscriptions/{PRODUCTION}")));
    assert_eq!(answer.ok()["complete"], false);
}

#[tokio::test]
async fn metrics_are_nothing_of_an_activity_log() {
    let tenant = Tenant::demo();
    edit(&tenant, "diagnostic-settings", |all| {
        let own = all.iter_mut().filter(|row| row["name"] == "to-log-fab-prod");
        own.for_each(|row| {
            row["properties"]["logs"] = json!([{"category": "Administrative", "enabled": false}]);
            row["properties"]["metrics"] = json!([{"category": "AllMetrics", "enabled": true}]);
        });
    });
    let answer = read(tenant, "monitor_settings", json!({"kinds": ["activity_log_export"]})).await.ok();
    assert_eq!((&answer["summary"]["subscriptions_without_export"], &answer["complete"]), (&json!(2), &json!(true)));
}

#[tokio::test]
async fn a_replaced_plan_is_left_out_only_where_what_has_replaced_it_is_listed() {
    let unlisted = edited(Tenant::demo(), "pricings", |all| all.retain(|row| row["name"] != "Containers"));
    let unsaid = edited(Tenant::demo(), "pricings", |all| {
        let old = all.iter_mut().filter(|row| row["name"] == "KubernetesService");
        old.for_each(|row| drop(row["properties"].as_object_mut().unwrap().remove("replacedBy")));
    });
    let all = edited(Tenant::demo(), "pricings", |all| {
        all.iter_mut().for_each(|row| row["properties"]["deprecated"] = json!(true));
    });
    for (tenant, plan) in [(unlisted, "KubernetesService"), (unsaid, "KubernetesService"), (all, "KeyVaults")] {
        for engine in ["never", "always"] {
            let block = json!({"environment": "demo", "resource_graph": engine});
            let inside = Inside::configured(tenant.clone(), block).await;
            let answer = inside.read("defender_plans", json!({"limit": 0})).await.ok();
            let own = rows(&answer, "plans").iter().filter(|row| row["plan"] == plan).count();
            assert_eq!(own, 2, "{plan} {engine}");
            let named = inside.read("defender_plans", json!({"plan_names": [plan]})).await;
            assert!(named.warnings().is_empty(), "{plan} {engine}: {:?}", named.warnings());
        }
    }
}

#[tokio::test]
async fn a_scan_is_as_old_as_the_calendar_says() {
    // It is 2 November 2026 there.
    let on = |time: &'static str| {
        edited(Tenant::demo(), "sub-assessments", |all| {
            all.iter_mut().for_each(|row| row["properties"]["timeGenerated"] = json!(time));
        })
    };
    for (time, passes) in [
        ("2026-11-02T23:59:00Z", true),
        ("2026-10-26T00:01:00Z", true),
        ("2026-10-25T23:59:00Z", false),
        ("2026-10-25T00:01:00Z", false),
        ("2026-10-26T01:00:00+02:00", false),
    ] {
        let asked = json!({"plans": {"SqlServers": {}}, "require_scan_within_days": 7, "subscription_ids": [PRODUCTION]});
        let reading = Inside::on(on(time)).await.plan("defender_validation", asked).await;
        let is_too_old = reading.said.iter().any(|one| one.detail.contains("scan_too_old"));
        assert_eq!(is_too_old, !passes, "{time}: {:#?}", reading.said);
    }
}

#[tokio::test]
async fn a_source_that_is_new_hides_no_place() {
    let tenant = edited(Tenant::demo(), "assessments", |all| {
        all.iter_mut().filter(|row| row["properties"]["resourceDetails"]["source"] == "Azure").for_each(|row| {
            row["properties"]["resourceDetails"]["source"] = json!("Hybrid");
        });
    });
    for filter in
        [json!({"resource_types": ["Microsoft.Storage/storageAccounts"]}), json!({"resource_group_names": ["rg-data-prod"]})]
    {
        let count = |answer: Json| answer["summary"]["unhealthy"].clone();
        let before = count(read(Tenant::demo(), "defender_assessments", filter.clone()).await.ok());
        assert!(before.as_u64() > Some(0), "{filter}");
        assert_eq!(count(read(tenant.clone(), "defender_assessments", filter.clone()).await.ok()), before, "{filter}");
    }
}

#[tokio::test]
async fn an_alert_that_lists_nothing_it_is_about_passes_the_filter_that_asks_for_it() {
    let tenant = edited(Tenant::demo(), "alerts", |all| {
        all.iter_mut().for_each(|row| row["properties"]["resourceIdentifiers"] = json!([]));
    });
    let asked = json!({"resource_id_prefixes": [format!("/subscriptions/{PRODUCTION}/resourceGroups/rg-shop-prod")]});
    let answer = read(tenant, "defender_alerts", asked).await.ok();
    assert!(answer["summary"]["matched"].as_u64() > Some(0) && answer["complete"] == false);
}

/// `statuses`, `categories` and the like go by words that Azure owns. Left out, a word that is new passes; named, whoever names words gets
/// those, and `summary.other` counts what is none of today's words, whatever is named.
#[tokio::test]
async fn a_new_word_passes_a_filter_that_is_left_out_and_is_counted_beside_one_that_names_others() {
    const NEW: &str = "Xyzzy";
    for (document, field, source, list, filter, word) in [
        ("alerts", &["status"][..], "defender_alerts", "alerts", "statuses", "Active"),
        ("assessments", &["status", "code"], "defender_assessments", "assessments", "statuses", "Unhealthy"),
        ("sub-assessments", &["status", "code"], "vulnerabilities", "vulnerabilities", "statuses", "Unhealthy"),
        ("policy-states", &["complianceState"], "policy_compliance", "states", "statuses", "NonCompliant"),
        ("policy-exemptions", &["exemptionCategory"], "policy_exemptions", "exemptions", "categories", "Waiver"),
        ("regulatory-compliance-standards", &["state"], "regulatory_compliance", "rows", "statuses", "Failed"),
        ("regulatory-compliance-controls", &["state"], "regulatory_compliance", "rows", "statuses", "Failed"),
    ] {
        let tenant = || {
            edited(Tenant::demo(), document, |all| {
                all.iter_mut().for_each(|row| {
                    let own = field.iter().fold(&mut row["properties"], |own, key| &mut own[*key]);
                    *own = json!(NEW);
                });
            })
        };
        let has_new = |answer: &Json| {
            let said = |row: &Json| ["status", "state", "category"].into_iter().any(|name| row[name] == NEW);
            rows(answer, list).iter().any(said)
        };
        let others = |answer: &Json| answer["summary"]["other"].as_u64();
        let open = read(tenant(), source, json!({"limit": 0})).await.ok();
        assert!(has_new(&open) && others(&open) > Some(0), "{document}");
        let mut asked = json!({"limit": 0});
        asked[filter] = json!([word]);
        let named = read(tenant(), source, asked).await.ok();
        assert!(!has_new(&named), "{document}: whoever names words gets those");
        assert_eq!(others(&named), others(&open), "{document}");
    }
}

/// An empty answer about findings is believed where assessments are counted: it is the same table by the same right, so whoever sees one sees the
/// other. What it does not do is reassure: no kind is in order without a result.
#[tokio::test]
async fn no_findings_beside_assessments_leave_no_kind_in_order() {
    let tenant = edited(Tenant::demo(), "sub-assessments", Vec::clear)
        .with_fault(Fault::on("Microsoft.ResourceGraph").named("findings").keep(|_| false));
    let inside = Inside::configured(tenant, json!({"environment": "demo", "resource_graph": "always"})).await;
    let answer = inside.read("vulnerabilities", json!({})).await.ok();
    assert!(rows(&answer, "vulnerabilities").is_empty());
    assert_eq!(answer["summary"]["matched"], Json::Null, "{:#}", answer["summary"]);
    assert!(rows(&answer, "coverage").iter().all(|row| row["reason"] != "ok"));
}

#[tokio::test]
async fn a_score_of_all_points_is_not_believed_beside_a_control_that_lacks_some() {
    let tenant = edited(Tenant::demo(), "secure-scores", |all| {
        all.iter_mut().for_each(|row| {
            let max = row["properties"]["score"]["max"].clone();
            row["properties"]["score"] = json!({"max": max, "current": max, "percentage": 1.0});
        });
    });
    let reading = read(tenant.clone(), "secure_score", json!({})).await;
    assert!(reading.gaps().contains(&format!("secure_scores not_proven /subscriptions/{PRODUCTION}")), "{:?}", reading.gaps());
    let answer = reading.ok();
    assert_eq!((&answer["percentage"], &answer["complete"]), (&Json::Null, &json!(false)));
}

#[tokio::test]
async fn of_two_words_of_one_thing_no_filter_lets_pass_the_one_it_names() {
    let tenant = edited(Tenant::demo(), "policy-states", |all| {
        let at = all.iter().position(|row| row["properties"]["complianceState"] == "NonCompliant").unwrap();
        let mut twin = all[at].clone();
        let id = twin["id"].as_str().unwrap();
        twin["id"] = json!(format!("{}ffffffffffff", &id[..id.len() - 12]));
        twin["properties"]["complianceState"] = json!("Compliant");
        all.push(twin);
    });
    let before = read(Tenant::demo(), "policy_compliance", json!({"statuses": ["Compliant"]})).await.ok();
    let after = read(tenant, "policy_compliance", json!({"statuses": ["Compliant"]})).await.ok();
    let comply = |answer: &Json| rows(answer, "states").iter().filter(|row| row["state"] == "Compliant").count();
    assert_eq!((comply(&after), &after["complete"]), (comply(&before), &json!(false)));
    assert_eq!(rows(&after, "states").iter().filter(|row| row["state"].is_null()).count(), 1);

    let weakness = |severity: &str| json!({"CveId": "CVE-2099-77777", "Severity": severity});
    let tenant = edited(Tenant::demo(), "assessments", |all| {
        let own = all.iter_mut().find(|row| !row["properties"]["additionalData"]["CvesDetails"].is_null()).unwrap();
        own["properties"]["additionalData"]["CvesDetails"] = json!([weakness("Low"), weakness("High")]);
    });
    for severity in ["low", "high"] {
        let asked = json!({"severities": [severity], "cve_ids": ["CVE-2099-77777"]});
        let answer = read(tenant.clone(), "vulnerabilities", asked).await.ok();
        let own = &rows(&answer, "vulnerabilities")[0];
        assert_eq!((&own["severity"], &answer["complete"]), (&json!("unknown"), &json!(false)), "{severity}");
    }
}

#[tokio::test]
async fn a_type_that_is_counted_and_whose_provider_is_not_registered_is_missed() {
    let refused =
        |path: &str| Tenant::demo().with_fault(Fault::on(path).refuse(409, "MissingSubscriptionRegistration", "Register."));
    let vaults = "Microsoft.KeyVault/vaults";
    let reading = read(refused("/providers/Microsoft.KeyVault/vaults"), "resources", json!({"resource_types": [vaults]})).await;
    let answer = reading.value.unwrap_or_else(|| json!({"complete": false, "summary": {"matched": null}}));
    assert_eq!((&answer["summary"]["matched"], &answer["complete"]), (&Json::Null, &json!(false)));
    let clusters = refused("/providers/Microsoft.ContainerService/managedClusters");
    let answer = read(clusters, "vulnerabilities", json!({"subscription_ids": [SANDBOX]})).await.ok();
    assert_eq!(answer["complete"], false);
}
