//! The states, counts and groups of `azposture_policy_compliance`.

use azposture::{
    azure::settings::ScopeSetting,
    demo::{Fault, PRODUCTION, SANDBOX, Tenant},
};
use serde_json::{Value as Json, json};

use crate::support::{
    held::{READER, edit, edited, hold, subscription},
    inside::{Inside, Reading},
};

/// Both subscriptions: assignments by Resource Manager, states by Resource Graph.
async fn read(tenant: Tenant, arguments: Json) -> Reading {
    let both = ScopeSetting::Subscriptions([PRODUCTION.to_owned(), SANDBOX.to_owned()].into());
    Inside::aimed(tenant, both, "auto").await.read("policy_compliance", arguments).await
}

/// The tenant with one state changed: that of the definition with this reference on the resource of this name.
fn changed(reference: &str, resource: &str, change: impl Fn(&mut Json)) -> Tenant {
    edited(Tenant::demo(), "policy-states", |rows| {
        let mut own: Vec<_> =
            rows.iter_mut().map(|row| &mut row["properties"]).filter(|own| is_of(own, reference, resource)).collect();
        assert_eq!(own.len(), 1, "{reference} {resource}");
        change(own[0]);
    })
}

fn is_of(own: &Json, reference: &str, resource: &str) -> bool {
    let is = |field: &str, end: &str| own[field].as_str().unwrap().ends_with(&end.to_lowercase());
    is("policyDefinitionReferenceId", reference) && is("resourceId", resource)
}

/// The state of a definition on a resource.
fn state<'a>(answer: &'a Json, reference: &str, resource: &str) -> &'a Json {
    let end = format!("|{}|", reference.to_lowercase());
    let is_own = |row: &&Json| {
        let key = row["key"].as_str().unwrap();
        key.contains(&end) && key.ends_with(&resource.to_lowercase())
    };
    let rows = answer["states"].as_array().unwrap();
    rows.iter().find(is_own).unwrap_or_else(|| panic!("{reference} {resource} in {:#}", answer["states"]))
}

/// What is counted by an assignment: compliant, not compliant, exempt, other, and the percentage.
fn counts(answer: &Json, end: &str) -> Json {
    let rows = answer["assignments"].as_array().unwrap();
    let row = rows.iter().find(|row| row["id"].as_str().unwrap().ends_with(end)).unwrap_or_else(|| panic!("{end}"));
    ["compliant", "non_compliant", "exempt", "other", "percentage"].iter().map(|name| row[*name].clone()).collect()
}

const ALL: [&str; 7] = ["Compliant", "Conflict", "Error", "Exempt", "NonCompliant", "Protected", "Unknown"];

#[tokio::test]
async fn what_does_not_surely_comply_is_listed_unless_more_is_asked_for() {
    let answer = read(Tenant::demo(), json!({})).await.ok();
    assert_eq!(answer["summary"], json!({"matched": 8, "returned": 8, "other": 0}));
    assert_eq!((&answer["complete"], &answer["truncated"]), (&json!(true), &json!(false)));
    let row = state(&answer, "publicAccess", "/stfabdataprod");
    let place = format!(
        "/subscriptions/{PRODUCTION}/resourceGroups/rg-data-prod/providers/Microsoft.Storage/storageAccounts/stfabdataprod"
    );
    assert_eq!((&row["resource_id"], &row["resource_type"]), (&json!(place), &json!("Microsoft.Storage/storageAccounts")));
    assert_eq!(
        (&row["state"], &row["effect"], &row["subscription_id"]),
        (&json!("NonCompliant"), &json!("Audit"), &json!(PRODUCTION))
    );
    assert_eq!((&row["evaluated_on"], &row["group_names"]), (&json!("2026-11-02T03:40:12Z"), &json!(["network"])));
    let assignment = "/providers/Microsoft.Management/managementGroups/mg-fabrikam/providers/Microsoft.Authorization/policyAssignments/baseline";
    assert_eq!(row["assignment_id"], assignment);
    assert_eq!(row["key"], format!("{assignment}|publicaccess|{place}").to_lowercase());
    let alone = state(&answer, "cccb23c7-8427-4f53-ad12-b6a63eb452b3", "/vm-lab-01");
    assert_eq!((&alone["set_definition_id"], &alone["definition_reference_id"]), (&Json::Null, &Json::Null));
    let all = read(Tenant::demo(), json!({"statuses": ALL, "limit": 0})).await.ok();
    assert_eq!(all["summary"]["matched"], 23);
    let cut = read(Tenant::demo(), json!({"statuses": ALL, "limit": 5})).await.ok();
    assert_eq!((&cut["summary"]["returned"], &cut["truncated"]), (&json!(5), &json!(true)));
    assert_eq!((&cut["assignments"], &cut["groups"]), (&all["assignments"], &all["groups"]), "all of them, whatever the limit");
}

#[tokio::test]
async fn each_resource_counts_once_by_the_worst_that_is_said_of_it() {
    let answer = read(Tenant::demo(), json!({"limit": 1})).await.ok();
    for (end, expected) in [
        ("/baseline", json!([1, 3, 5, 0, 66.66])),
        ("/pci", json!([0, 0, 1, 1, 50.0])),
        (
            &format!("{PRODUCTION}/providers/Microsoft.Authorization/policyAssignments/SecurityCenterBuiltIn"),
            json!([2, 2, 0, 1, 40.0]),
        ),
        (
            &format!("{SANDBOX}/providers/Microsoft.Authorization/policyAssignments/SecurityCenterBuiltIn"),
            json!([1, 0, 0, 0, 100.0]),
        ),
        ("/small-machines", json!([1, 1, 0, 0, 50.0])),
        ("/lab-guard", json!([0, 0, 0, 0, null])),
    ] {
        assert_eq!(counts(&answer, end), expected, "{end}");
    }
    let groups = answer["groups"].as_array().unwrap();
    let group = |end: &str| {
        let row = groups.iter().find(|row| row["key"].as_str().unwrap().ends_with(end)).unwrap();
        [row["compliant"].clone(), row["non_compliant"].clone()]
    };
    assert_eq!(groups.len(), 9);
    for (end, expected) in [("/baseline|encryption", [1, 2]), ("/baseline|network", [1, 1]), ("/baseline|residency", [0, 0])] {
        assert_eq!(group(end), expected.map(|one| json!(one)), "{end}");
    }
    let denying = read(Tenant::demo(), json!({"effects": ["Manual"]})).await.ok();
    assert!(denying["groups"].as_array().unwrap().iter().all(|row| row["key"].as_str().unwrap().contains("/pci|")));
    assert_eq!(denying["summary"]["matched"], 8, "effects choose among assignments alone");
}

#[tokio::test]
async fn without_resource_graph_nothing_is_known_of_states_and_all_of_assignments() {
    let reading = Inside::by_arm(Tenant::demo()).await.read("policy_compliance", json!({})).await;
    assert_eq!(reading.gaps(), [PRODUCTION, SANDBOX].map(|id| format!("policy_states engine_never /subscriptions/{id}")));
    let answer = reading.ok();
    assert_eq!((&answer["states"], &answer["groups"], &answer["complete"]), (&json!([]), &json!([]), &json!(false)));
    assert_eq!(answer["summary"], json!({"matched": null, "returned": 0, "other": null}));
    let rows = answer["assignments"].as_array().unwrap();
    assert_eq!(rows.len(), 7);
    for name in ["compliant", "non_compliant", "exempt", "other", "percentage"] {
        assert!(rows.iter().all(|row| row[name].is_null()), "{name}");
    }
}

#[tokio::test]
async fn an_exemption_covers_what_it_names_where_it_holds_until_it_ends() {
    let answer = read(Tenant::demo(), json!({"statuses": ALL, "limit": 0})).await.ok();
    for (reference, resource, expected) in [
        ("minimumTlsStorage", "/stfablogsprod", true),
        ("minimumTlsStorage", "/stfablab01", true),
        ("publicAccess", "/stfabshopprod", true),
        ("publicAccess", "/stfabdataprod", false),
        ("publicAccess", "/stfabdev01", true),
        ("diskEncryption", "/vm-erp-01_osdisk", false),
        ("allowedLocations", "/vm-shop-web-01", true),
        ("reviewLogs", PRODUCTION, true),
        ("vulnerabilityAssessment", "/vm-erp-01", false),
    ] {
        assert_eq!(state(&answer, reference, resource)["exempted"], expected, "{reference} {resource}");
    }
    for (name, field, odd) in [
        ("erp-disk", "expiresOn", json!("soon")),
        ("erp-disk", "policyAssignmentId", json!(7)),
        ("public-images", "policyDefinitionReferenceIds", json!("odd")),
        (
            "public-images",
            "resourceSelectors",
            json!([{"name": "here", "selectors": [{"kind": "resourceLocation", "in": ["x"]}]}]),
        ),
    ] {
        let tenant = edited(Tenant::demo(), "policy-exemptions", |rows| {
            let row = rows.iter_mut().find(|row| row["name"] == name).unwrap();
            if name == "erp-disk" {
                row["properties"]["expiresOn"] = json!("2027-01-01T00:00:00Z");
            }
            row["properties"][field] = odd.clone();
        });
        let answer = read(tenant, json!({"statuses": ALL, "limit": 0})).await.ok();
        let (reference, resource) =
            if name == "erp-disk" { ("diskEncryption", "/vm-erp-01_osdisk") } else { ("publicAccess", "/stfabshopprod") };
        assert_eq!(state(&answer, reference, resource)["exempted"], Json::Null, "{name} {field}");
        assert_eq!(answer["complete"] == false, field != "resourceSelectors", "{name} {field}");
    }
}

#[tokio::test]
async fn whether_something_is_exempted_is_not_known_where_exemptions_or_groups_are_not() {
    let all = json!({"statuses": ALL, "limit": 0});
    let refused = Tenant::demo().with_fault(Fault::on("/policyExemptions").refuse(403, "AuthorizationFailed", "no"));
    let reading = read(refused, all.clone()).await;
    assert_eq!(reading.gaps(), [PRODUCTION, SANDBOX].map(|id| format!("policy_exemptions forbidden /subscriptions/{id}")));
    let answer = reading.ok();
    assert!(answer["states"].as_array().unwrap().iter().all(|row| row["exempted"].is_null()));
    assert_eq!(counts(&answer, "/baseline"), json!([1, 3, 5, 0, 66.66]), "what Azure counts does not depend on them");
    let unplaced = Tenant::demo().with_fault(Fault::on("ResourceGraph").named("hierarchy").refuse(403, "Forbidden", "no"));
    let answer = read(unplaced, all).await.ok();
    assert_eq!(answer["complete"], false);
    assert_eq!(state(&answer, "minimumTlsStorage", "/stfablogsprod")["exempted"], Json::Null);
    assert_eq!(state(&answer, "publicAccess", "/stfabshopprod")["exempted"], true, "it stands on the account itself");
    assert_eq!(counts(&answer, "/baseline"), json!([1, 3, 5, 0, 66.66]), "all subscriptions are evaluated, wherever they stand");
}

#[tokio::test]
async fn a_word_that_is_new_or_missing_stays_and_is_no_good_one() {
    for (word, other) in [(json!("Quarantined"), 1), (Json::Null, 1), (json!(7), 1)] {
        let tenant = changed("publicAccess", "/stfablogsprod", |own| own["complianceState"] = word.clone());
        let reading = read(tenant.clone(), json!({})).await;
        let is_gap = reading.gaps() == [format!("policy_states invalid_response /subscriptions/{PRODUCTION}")];
        assert_eq!(is_gap, !word.is_string(), "{word}: {:?}", reading.gaps());
        let answer = reading.ok();
        assert_eq!(answer["summary"], json!({"matched": 9, "returned": 9, "other": other}), "{word}");
        let answer = read(tenant, json!({"statuses": ["Compliant"]})).await.ok();
        assert_eq!(answer["summary"]["other"], other, "{word}");
        // The account does not comply with another definition of the baseline; in the group of this one nothing else is said of it.
        let group =
            answer["groups"].as_array().unwrap().iter().find(|row| row["key"].as_str().unwrap().ends_with("/baseline|network"));
        assert_eq!(group.unwrap()["compliant"], 0, "{word}");
    }
}

#[tokio::test]
async fn two_states_with_one_key_are_one_row_without_the_word_they_do_not_agree_on() {
    for first in [false, true] {
        let tenant = edited(Tenant::demo(), "policy-states", |rows| {
            let at = rows.iter().position(|row| is_of(&row["properties"], "diskEncryption", "/vm-erp-01_osdisk")).unwrap();
            let mut twin = rows[at].clone();
            let id = twin["id"].as_str().unwrap();
            // Rows come by id: before or behind the other.
            twin["id"] = json!(format!("{}{}", &id[..id.len() - 12], if first { "000000000000" } else { "ffffffffffff" }));
            twin["properties"]["complianceState"] = json!("Compliant");
            rows.push(twin);
        });
        let reading = read(tenant, json!({"statuses": ALL, "limit": 0})).await;
        assert_eq!(reading.gaps(), [format!("policy_states invalid_response /subscriptions/{PRODUCTION}")]);
        let answer = reading.ok();
        assert_eq!(state(&answer, "diskEncryption", "/vm-erp-01_osdisk")["state"], Json::Null);
        assert_eq!(counts(&answer, "/baseline"), json!([1, 3, 5, 0, 66.66]), "the worst counts");
    }
}

#[tokio::test]
async fn filters_choose_among_states_and_change_no_count_of_assignments() {
    let before = read(Tenant::demo(), json!({})).await.ok();
    let group = format!("/subscriptions/{PRODUCTION}/resourceGroups/RG-DATA-prod");
    let set = "/providers/Microsoft.Authorization/policySetDefinitions/1f3afdf9-d0c9-4c3d-847f-89da613e70a8";
    for (arguments, number) in [
        (json!({"statuses": ["noncompliant"]}), 6),
        (json!({"statuses": ["Exempt", "Conflict"]}), 9),
        (json!({"resource_types": ["microsoft.compute/virtualMachines"]}), 3),
        (json!({"resource_id_prefixes": [group]}), 3),
        (json!({"policy_set_definition_ids": [set]}), 3),
        (json!({"subscription_ids": [SANDBOX], "statuses": ALL}), 5),
    ] {
        let reading = read(Tenant::demo(), arguments.clone()).await;
        assert!(reading.warnings().is_empty(), "{arguments}");
        assert_eq!(reading.ok()["summary"]["matched"], number, "{arguments}");
    }
    let narrow =
        read(Tenant::demo(), json!({"resource_id_prefixes": [group], "resource_types": ["Microsoft.Compute/disks"]})).await.ok();
    assert_eq!((&narrow["assignments"], &narrow["groups"]), (&before["assignments"], &before["groups"]));
    let nowhere = format!("/subscriptions/{PRODUCTION}/resourceGroups/rg-nowhere");
    let reading = read(Tenant::demo(), json!({"resource_id_prefixes": [nowhere]})).await;
    assert_eq!(reading.warnings(), ["Resource id prefix matches nothing"]);
    let outside = "/subscriptions/fab00001-0000-4000-8000-00000000ffff";
    assert_eq!(read(Tenant::demo(), json!({"resource_id_prefixes": [outside]})).await.errors(), ["Outside the configured scope"]);
}

#[tokio::test]
async fn where_something_is_assigned_and_nothing_evaluated_nothing_complies() {
    let tenant =
        edited(Tenant::demo(), "policy-states", |rows| rows.retain(|row| !row["id"].as_str().unwrap().contains(SANDBOX)));
    let reading = read(tenant.clone(), json!({"subscription_ids": [SANDBOX]})).await;
    assert_eq!(reading.gaps(), [format!("policy_states no_data_yet /subscriptions/{SANDBOX}")]);
    let answer = reading.ok();
    assert_eq!(answer["summary"]["matched"], Json::Null);
    for end in ["/baseline", "/small-machines"] {
        assert_eq!(counts(&answer, end), json!([null, null, null, null, null]), "{end}");
    }
    let answer = read(tenant, json!({})).await.ok();
    assert_eq!(counts(&answer, "/baseline"), json!([1, 3, 3, null, null]), "a part of where it holds was never evaluated");
    assert_eq!(counts(&answer, "/pci"), json!([0, 0, 1, 1, 50.0]), "it does not hold there");
}

#[tokio::test]
async fn states_that_are_not_seen_or_not_proven_to_be_all_make_no_percentage() {
    let refused = Tenant::demo().with_fault(Fault::on("ResourceGraph").named("policystates").refuse(403, "Forbidden", "no"));
    let reading = read(refused, json!({})).await;
    assert_eq!(reading.gaps(), [PRODUCTION, SANDBOX].map(|id| format!("policy_states forbidden /subscriptions/{id}")));
    let answer = reading.ok();
    assert_eq!(
        (&answer["summary"]["matched"], counts(&answer, "/baseline")),
        (&Json::Null, json!([null, null, null, null, null]))
    );
    let tenant = Tenant::demo();
    hold(&tenant, &[(READER, &subscription(PRODUCTION)), (READER, &subscription(SANDBOX))]);
    edit(&tenant, "role-definitions", |rows| {
        let reader = rows.iter_mut().find(|row| row["name"] == READER).unwrap();
        reader["properties"]["permissions"][0]["notActions"] = json!(["Microsoft.PolicyInsights/*"]);
    });
    let reading = read(tenant, json!({})).await;
    let gaps = [PRODUCTION, SANDBOX].map(|id| format!("policy_states not_proven /subscriptions/{id}"));
    assert!(gaps.iter().all(|gap| reading.gaps().contains(gap)), "{:?}", reading.gaps());
    let answer = reading.ok();
    assert_eq!((&answer["summary"]["matched"], &counts(&answer, "/baseline")[4]), (&Json::Null, &Json::Null));
}
