//! `azposture_policy_exemptions`.

use azposture::demo::{Fault, PRODUCTION, SANDBOX, Tenant};
use serde_json::{Value as Json, json};

use crate::support::{
    held::edited,
    inside::{Inside, Reading},
};

/// What the demo's exemptions of Defender exempt from.
const AGENT: &str = "6f90a6d6-d4d6-0794-0ec1-98fa77878c2e";

async fn read(tenant: Tenant, arguments: Json) -> Reading {
    Inside::by_arm(tenant).await.read("policy_exemptions", arguments).await
}

fn rows(answer: &Json) -> &Vec<Json> {
    answer["exemptions"].as_array().unwrap()
}

/// The exemption whose id ends so.
fn named<'a>(answer: &'a Json, end: &str) -> &'a Json {
    let mut own = rows(answer).iter().filter(|row| row["key"].as_str().unwrap().ends_with(end));
    let row = own.next().unwrap_or_else(|| panic!("{end} in {answer:#}"));
    assert!(own.next().is_none(), "{end} is there twice");
    row
}

/// The tenant with one exemption of a list changed.
fn changed(list: &str, end: &str, change: impl Fn(&mut Json)) -> Tenant {
    edited(Tenant::demo(), list, |rows| {
        rows.iter_mut().filter(|row| row["id"].as_str().unwrap().ends_with(end)).for_each(|row| change(&mut row["properties"]));
    })
}

#[tokio::test]
async fn exemptions_of_both_services_are_listed_with_what_they_say() {
    let answer = read(Tenant::demo(), json!({"limit": 0})).await.ok();
    assert_eq!(
        answer["summary"],
        json!({
            "matched": 8, "returned": 8, "without_expiry": 3, "other": 0,
            "by_status": {"active": 3, "expired": 1, "expiring": 1, "permanent": 3},
            "by_category": {"Mitigated": 3, "Waiver": 5},
        })
    );
    let inherited = named(&answer, "/legacy-tls");
    assert_eq!(inherited["scope"], "/providers/Microsoft.Management/managementGroups/mg-fabrikam");
    assert_eq!((&inherited["subscription_id"], &inherited["source"]), (&Json::Null, &json!("policy")));
    assert_eq!((&inherited["owner"], &inherited["ticket"]), (&json!("elin@fabrikam-outdoor.example"), &json!("FAB-1042")));
    assert_eq!(
        (&inherited["expires_on"], &inherited["created_on"]),
        (&json!("2027-03-31T22:00:00Z"), &json!("2026-02-11T09:12:44Z"))
    );
    assert_eq!(inherited["definition_reference_ids"], json!(["minimumTlsStorage", "minimumTlsWeb"]));
    assert_eq!((&inherited["requested_definitions_all"], &inherited["assessment_keys"]), (&json!(false), &Json::Null));
    let whole = named(&answer, "/migration");
    assert_eq!((&whole["requested_definitions_all"], &whole["definition_reference_ids"]), (&json!(true), &json!([])));
    let pictures = named(&answer, "/public-images");
    let place = format!(
        "/subscriptions/{PRODUCTION}/resourceGroups/rg-shop-prod/providers/Microsoft.Storage/storageAccounts/stfabshopprod"
    );
    assert_eq!((&pictures["scope"], &pictures["subscription_id"]), (&json!(place), &json!(PRODUCTION)));
    let lab = named(&answer, "/lab");
    for odd in ["owner", "created_on", "description", "expires_on"] {
        assert_eq!(lab[odd], Json::Null, "{odd}");
    }
    assert_eq!(lab["ticket"], "4711");
    let machine = named(&answer, "fab00014-0000-4000-8000-000000000002");
    assert_eq!((&machine["source"], &machine["category"]), (&json!("defender"), &json!("Mitigated")));
    assert_eq!(machine["assessment_keys"], json!([AGENT]));
    for of_policy in ["policy_assignment_id", "definition_reference_ids", "requested_definitions_all"] {
        assert_eq!(machine[of_policy], Json::Null, "{of_policy}");
    }
    assert!(rows(&answer).iter().all(|row| row["display_name"] != "ASC Default"), "what is audited is not exempted");
}

#[tokio::test]
async fn a_recommendation_is_named_in_one_case() {
    let tenant = changed("standard-assignments", "000000000002", |own| {
        own["exemptionData"]["assignedAssessment"]["assessmentKey"] = json!(AGENT.to_uppercase());
    });
    let answer = read(tenant, json!({"source": "defender"})).await.ok();
    assert_eq!(named(&answer, "000000000002")["assessment_keys"], json!([AGENT]));
}

#[tokio::test]
async fn an_exemption_stands_as_its_end_does_to_the_moment_of_the_tenant() {
    let answer = read(Tenant::demo(), json!({"limit": 0})).await.ok();
    for (end, status) in [
        ("/legacy-tls", "active"),
        ("/locations", "permanent"),
        ("/migration", "expiring"),
        ("/erp-disk", "expired"),
        ("/public-images", "active"),
        ("/lab", "permanent"),
        ("000000000002", "active"),
        ("000000000003", "permanent"),
    ] {
        assert_eq!(named(&answer, end)["status"], status, "{end}");
    }
    let soon = read(Tenant::demo(), json!({"expiring_within_days": 90, "statuses": ["expiring"]})).await.ok();
    assert_eq!(soon["summary"]["matched"], 3, "{soon:#}");
    let never = read(Tenant::demo(), json!({"expiring_within_days": 0, "statuses": ["expiring"]})).await.ok();
    assert_eq!(never["summary"]["matched"], 0);
}

#[tokio::test]
async fn what_is_no_end_is_not_permanent_and_passes_every_filter() {
    for (list, end, subject) in [
        ("policy-exemptions", "/migration", "policy_exemptions"),
        ("standard-assignments", "000000000002", "standard_assignments"),
    ] {
        for odd in [json!("never"), json!(""), json!(7), json!([]), json!("0001-01-01T00:00:00Z"), json!("2026-13-01")] {
            let tenant = changed(list, end, |own| own["expiresOn"] = odd.clone());
            let reading = read(tenant, json!({"statuses": ["active"]})).await;
            assert!(reading.gaps().iter().any(|gap| gap.starts_with(&format!("{subject} invalid_response"))), "{odd}");
            let answer = reading.ok();
            let row = named(&answer, end);
            assert_eq!((&row["status"], &row["expires_on"]), (&Json::Null, &Json::Null), "{odd}");
            assert_eq!((&answer["summary"]["other"], &answer["complete"]), (&json!(1), &json!(false)), "{odd}");
            assert_eq!(answer["summary"]["without_expiry"], Json::Null, "{odd}");
        }
        let answer = read(changed(list, end, |own| own["expiresOn"] = Json::Null), json!({"limit": 0})).await.ok();
        assert_eq!((&named(&answer, end)["status"], &answer["complete"]), (&json!("permanent"), &json!(true)), "{list}");
        for nothing in [Json::Null, json!("odd")] {
            let answer = read(changed(list, end, |own| *own = nothing.clone()), json!({"statuses": ["expired"]})).await.ok();
            let row = named(&answer, end);
            assert_eq!(
                (&row["status"], &row["category"], &answer["complete"]),
                (&Json::Null, &Json::Null, &json!(false)),
                "{list}"
            );
        }
    }
}

#[tokio::test]
async fn what_an_assignment_is_said_to_be_decides_whether_it_is_an_exemption() {
    let end = "000000000001";
    for (effect, is_there, complete) in [
        (json!("Attest"), false, true),
        (json!("exempt"), true, false),
        (json!("Suspend"), true, false),
        (Json::Null, true, false),
        (json!(7), true, false),
    ] {
        let answer =
            read(changed("standard-assignments", end, |own| own["effect"] = effect.clone()), json!({"limit": 0})).await.ok();
        assert_eq!(rows(&answer).iter().any(|row| row["key"].as_str().unwrap().ends_with(end)), is_there, "{effect}");
        assert_eq!(answer["complete"], complete, "{effect}: the assignment says no category");
    }
}

#[tokio::test]
async fn filters_combine_and_what_is_not_said_passes_them() {
    let count = async |tenant: Tenant, filter: Json| read(tenant, filter).await.ok()["summary"]["matched"].clone();
    for (filter, number) in [
        (json!({"source": "policy"}), 6),
        (json!({"source": "defender"}), 2),
        (json!({"categories": ["waiver"]}), 5),
        (json!({"categories": ["Mitigated"], "source": "policy"}), 2),
        (json!({"statuses": ["expired", "permanent"]}), 4),
        (json!({"subscription_ids": [SANDBOX]}), 2),
        (json!({"subscription_ids": [PRODUCTION]}), 7),
    ] {
        assert_eq!(count(Tenant::demo(), filter.clone()).await, number, "{filter}");
    }
    for (word, counted_as, number) in [(json!("Forgiven"), "Forgiven", 5), (Json::Null, "other", 6)] {
        let tenant = changed("policy-exemptions", "/public-images", |own| own["exemptionCategory"] = word.clone());
        let answer = read(tenant.clone(), json!({"categories": ["Waiver"]})).await.ok();
        assert_eq!((&answer["summary"]["matched"], &answer["summary"]["other"]), (&json!(number), &json!(1)), "{word}");
        let answer = read(tenant, json!({})).await.ok();
        assert_eq!(
            (&answer["summary"]["matched"], &answer["summary"]["by_category"][counted_as]),
            (&json!(8), &json!(1)),
            "{word}"
        );
    }
    for (arguments, error) in [
        (json!({"source": "Defender"}), "Unknown value"),
        (json!({"statuses": ["late"]}), "Unknown value"),
        (json!({"categories": ["Waived"]}), "Unknown value"),
        (json!({"statuses": []}), "Nothing selected"),
    ] {
        assert_eq!(read(Tenant::demo(), arguments.clone()).await.errors(), [error], "{arguments}");
    }
}

#[tokio::test]
async fn two_rows_of_one_exemption_are_one_row_and_a_gap_where_they_differ() {
    for first in [false, true] {
        let tenant = edited(Tenant::demo(), "policy-exemptions", |rows| {
            let at = rows.iter().position(|row| row["name"] == "migration").unwrap();
            let mut twin = rows[at].clone();
            twin["properties"].as_object_mut().unwrap().remove("expiresOn");
            rows.insert(at + usize::from(!first), twin);
        });
        let reading = read(tenant, json!({"statuses": ["permanent"]})).await;
        assert_eq!(reading.gaps(), [format!("policy_exemptions invalid_response /subscriptions/{PRODUCTION}")]);
        assert_eq!(named(&reading.ok(), "/migration")["status"], Json::Null);
    }
}

#[tokio::test]
async fn what_names_people_is_null_under_redact() {
    for (personal_data, shown) in [("show", true), ("redact", false)] {
        let block = json!({"environment": "demo", "personal_data": personal_data});
        let answer = Inside::configured(Tenant::demo(), block).await.read("policy_exemptions", json!({"limit": 0})).await.ok();
        assert_eq!(answer.to_string().contains("@fabrikam-outdoor.example"), shown);
        for name in ["owner", "description"] {
            assert_eq!(rows(&answer).iter().any(|row| !row[name].is_null()), shown, "{name}");
        }
        assert_eq!(named(&answer, "/migration")["ticket"], "FAB-1203");
    }
}

#[tokio::test]
async fn a_list_that_is_refused_is_a_gap_and_no_exemptions_are_an_answer() {
    let refused = |tenant: Tenant, part: &str| tenant.with_fault(Fault::on(part).refuse(403, "AuthorizationFailed", "no"));
    let (policy, defender) = ("/policyExemptions", "/standardAssignments");
    let reading = read(refused(Tenant::demo(), policy), json!({})).await;
    let gaps = [PRODUCTION, SANDBOX].map(|id| format!("policy_exemptions forbidden /subscriptions/{id}"));
    assert_eq!(reading.gaps(), gaps);
    assert_eq!(reading.ok()["complete"], false);
    let reading = read(refused(Tenant::demo(), policy), json!({"source": "defender"})).await.ok();
    assert_eq!(reading["complete"], true, "what is not asked for is not read");
    assert_eq!(read(refused(refused(Tenant::demo(), policy), defender), json!({})).await.errors(), ["Nothing could be read"]);
    let none = edited(edited(Tenant::demo(), "policy-exemptions", Vec::clear), "standard-assignments", Vec::clear);
    let answer = read(none, json!({})).await.ok();
    assert_eq!((&answer["summary"]["matched"], &answer["complete"]), (&json!(0), &json!(true)));
}

#[tokio::test]
async fn what_an_exemption_exempts_from_is_not_everything_where_it_is_not_said() {
    for (list, end, spoil, field) in [
        ("policy-exemptions", "/erp-disk", "/policyDefinitionReferenceIds", "requested_definitions_all"),
        ("policy-exemptions", "/erp-disk", "/policyAssignmentId", "policy_assignment_id"),
        ("standard-assignments", "000000000002", "/exemptionData", "assessment_keys"),
    ] {
        let tenant = changed(list, end, |own| *own.pointer_mut(spoil).unwrap() = json!(7));
        let answer = read(tenant, json!({"limit": 0})).await.ok();
        assert_eq!((&named(&answer, end)[field], &answer["complete"]), (&Json::Null, &json!(false)), "{spoil}");
    }
}

#[tokio::test]
async fn what_was_exempted_above_a_subscription_of_another_tenant_may_be_missing() {
    let tenant = edited(Tenant::demo(), "subscriptions", |rows| {
        rows.iter_mut()
            .filter(|row| row["id"].as_str().unwrap().ends_with(SANDBOX))
            .for_each(|row| row["tenantId"] = json!(PRODUCTION));
    });
    for engine in ["never", "always"] {
        let block = json!({"environment": "demo", "resource_graph": engine});
        let reading = Inside::configured(tenant.clone(), block).await.read("policy_exemptions", json!({})).await;
        let gaps =
            ["policy_exemptions", "standard_assignments"].map(|list| format!("{list} not_proven /subscriptions/{SANDBOX}"));
        assert!(gaps.iter().all(|gap| reading.gaps().contains(gap)), "{engine}: {:?}", reading.gaps());
        assert_eq!(reading.ok()["complete"], false);
    }
}
