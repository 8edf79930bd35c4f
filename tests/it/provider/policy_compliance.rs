//! `azposture_policy_compliance`.

use azposture::{
    azure::settings::ScopeSetting,
    demo::{Fault, PRODUCTION, SANDBOX, Tenant},
};
use serde_json::{Value as Json, json};

use crate::support::{
    held::edited,
    inside::{Inside, Reading},
};

/// Both subscriptions: assignments by Resource Manager, states by Resource Graph.
fn both() -> ScopeSetting {
    ScopeSetting::Subscriptions([PRODUCTION.to_owned(), SANDBOX.to_owned()].into())
}

async fn read(tenant: Tenant, arguments: Json) -> Reading {
    Inside::aimed(tenant, both(), "auto").await.read("policy_compliance", arguments).await
}

/// The last parts of the ids of the assignments that are answered.
fn names(answer: &Json) -> Vec<&str> {
    let rows = answer["assignments"].as_array().unwrap().iter();
    let mut names: Vec<_> = rows.map(|row| row["id"].as_str().unwrap().rsplit('/').next().unwrap()).collect();
    names.sort_unstable();
    names
}

/// The assignment of this name; of two the one in production.
fn named<'a>(answer: &'a Json, name: &str) -> &'a Json {
    let rows = answer["assignments"].as_array().unwrap();
    let own = rows.iter().find(|row| row["key"].as_str().unwrap().ends_with(&format!("/{}", name.to_lowercase())));
    own.unwrap_or_else(|| panic!("{name} in {answer:#}"))
}

/// The tenant with the properties of one row of a document changed.
fn changed(document: &str, name: &str, change: impl Fn(&mut Json)) -> Tenant {
    edited(Tenant::demo(), document, |rows| {
        let own = |row: &&mut Json| row["id"].as_str().unwrap().ends_with(&format!("/{name}"));
        rows.iter_mut().filter(own).for_each(|row| change(&mut row["properties"]));
    })
}

/// The effects of an assignment.
async fn effects(tenant: Tenant, name: &str) -> Json {
    named(&read(tenant, json!({"limit": 0})).await.ok(), name)["effects"].clone()
}

const TLS: &str = "fe83a0eb-a853-422d-aac2-1bffd182c5d0";
const LOCATIONS: &str = "e56962a6-4747-49cd-b67b-bf8b01975c4c";
const BENCHMARK: &str = "1f3afdf9-d0c9-4c3d-847f-89da613e70a8";

#[tokio::test]
async fn every_assignment_that_holds_is_listed_once_with_what_it_says() {
    let answer = read(Tenant::demo(), json!({"limit": 0})).await.ok();
    assert_eq!(
        names(&answer),
        ["SecurityCenterBuiltIn", "SecurityCenterBuiltIn", "baseline", "lab-guard", "owner-tag", "pci", "small-machines"]
    );
    let baseline = named(&answer, "baseline");
    assert_eq!(baseline["scope"], "/providers/Microsoft.Management/managementGroups/mg-fabrikam");
    assert_eq!((&baseline["display_name"], &baseline["definition_version"]), (&json!("Fabrikam baseline"), &json!("1.*.*")));
    let inventory = format!("/subscriptions/{PRODUCTION}/resourceGroups/mrg-inventory-app");
    assert_eq!((&baseline["not_scopes"], &named(&answer, "pci")["not_scopes"]), (&json!([]), &json!([inventory])));
    assert_eq!((&baseline["enforcement_mode"], &baseline["framework"]), (&json!("Default"), &Json::Null));
    let tag = named(&answer, "owner-tag");
    assert_eq!(tag["scope"], format!("/subscriptions/{PRODUCTION}/resourceGroups/rg-shop-prod"));
    assert_eq!((&named(&answer, "pci")["framework"], &answer["complete"]), (&json!("PCI DSS v4.0.1"), &json!(true)));
    assert_eq!(named(&answer, "SecurityCenterBuiltIn")["framework"], "Microsoft cloud security benchmark");
}

#[tokio::test]
async fn effects_come_from_overrides_parameters_initiatives_and_definitions() {
    for (name, expected) in [
        ("baseline", json!(["Audit", "AuditIfNotExists", "Deny"])),
        ("lab-guard", json!(["unknown"])),
        ("owner-tag", json!(["Deny"])),
        ("pci", json!(["Audit", "Manual"])),
        ("small-machines", json!(["Deny"])),
    ] {
        assert_eq!(effects(Tenant::demo(), name).await, expected, "{name}");
    }
    let set = |parameter: &'static str, value: Json| {
        changed("policy-assignments", "baseline", move |own| own["parameters"][parameter] = value.clone())
    };
    // What the locations do stands in their definition, whatever the assignment says.
    let relaxed = set("tlsEffect", json!({"value": "disabled"}));
    assert_eq!(effects(relaxed.clone(), "baseline").await, json!(["Audit", "AuditIfNotExists", "Deny", "Disabled"]));
    let without = edited(relaxed, "policy-set-definitions", |rows| {
        let members = rows[0]["properties"]["policyDefinitions"].as_array_mut().unwrap();
        members.retain(|member| member["policyDefinitionReferenceId"] != "allowedLocations");
    });
    assert_eq!(effects(without, "baseline").await, json!(["Audit", "AuditIfNotExists", "Disabled"]));
    let unset = changed("policy-assignments", "baseline", |own| own["parameters"] = json!({}));
    assert_eq!(effects(unset, "baseline").await, json!(["Audit", "AuditIfNotExists", "Deny"]), "the locations deny");
    let everything =
        changed("policy-assignments", "baseline", |own| own["overrides"] = json!([{"kind": "policyEffect", "value": "Audit"}]));
    assert_eq!(effects(everything, "baseline").await, json!(["Audit"]));
}

#[tokio::test]
async fn who_asks_what_may_refuse_a_plan_is_told_of_all_that_may() {
    for (arguments, expected) in [
        (json!({"effects": ["deny"]}), &["baseline", "lab-guard", "owner-tag", "small-machines"][..]),
        (json!({"effects": ["Manual"]}), &["lab-guard", "pci"]),
        (
            json!({"effects": ["Deny"], "resource_types": ["microsoft.network/virtualNetworks"]}),
            &["baseline", "lab-guard", "owner-tag"],
        ),
        (
            json!({"effects": ["Deny"], "resource_types": ["Microsoft.Compute/virtualMachines"]}),
            &["baseline", "owner-tag", "small-machines"],
        ),
        (json!({"effects": ["Deny"], "resource_types": ["Microsoft.AzureActiveDirectory/b2cDirectories"]}), &["owner-tag"]),
        (
            json!({"effects": ["AuditIfNotExists"], "resource_types": ["Microsoft.Resources/subscriptions"]}),
            &["SecurityCenterBuiltIn", "SecurityCenterBuiltIn"],
        ),
    ] {
        assert_eq!(names(&read(Tenant::demo(), arguments.clone()).await.ok()), expected, "{arguments}");
    }
}

#[tokio::test]
async fn what_is_not_known_of_a_definition_may_refuse() {
    let deny = json!({"effects": ["Deny"]});
    let new_word = changed("policy-set-definitions", BENCHMARK, |own| {
        own["parameters"]["vulnerabilityAssessmentEffect"]["defaultValue"] = json!("quarantine");
    });
    let answer = read(new_word, deny.clone()).await.ok();
    assert_eq!(named(&answer, "SecurityCenterBuiltIn")["effects"], json!(["AuditIfNotExists", "quarantine"]));
    let pinned = changed("policy-assignments", "SecurityCenterBuiltIn", |own| own["definitionVersion"] = json!("56.*.*"));
    assert_eq!(effects(pinned.clone(), "SecurityCenterBuiltIn").await, json!(["unknown"]));
    assert!(names(&read(pinned, deny.clone()).await.ok()).contains(&"SecurityCenterBuiltIn"));
    for (document, name, field) in [
        ("policy-set-definitions", BENCHMARK, "policyDefinitions"),
        ("policy-assignments", "SecurityCenterBuiltIn", "policyDefinitionId"),
    ] {
        for odd in [Json::Null, json!(7), json!([])] {
            let tenant = changed(document, name, |own| own[field] = odd.clone());
            let answer = read(tenant, deny.clone()).await.ok();
            let row = named(&answer, "SecurityCenterBuiltIn");
            assert_eq!((&row["effects"], &answer["complete"]), (&Json::Null, &json!(false)), "{field} {odd}");
        }
    }
    for odd in [json!("odd"), json!([7])] {
        let tenant = changed("policy-assignments", "pci", |own| own["overrides"] = odd.clone());
        let answer = read(tenant, deny.clone()).await.ok();
        assert_eq!(named(&answer, "pci")["effects"], json!(["Audit", "Manual", "unknown"]), "{odd}");
        assert_eq!(answer["complete"], false, "{odd}");
    }
}

#[tokio::test]
async fn a_definition_that_cannot_be_read_is_a_gap_and_its_effect_unknown() {
    let refused = |part: &str| Tenant::demo().with_fault(Fault::on(part).refuse(403, "AuthorizationFailed", "no"));
    let deny = json!({"effects": ["Deny"]});
    let reading = read(refused(&format!("/policySetDefinitions/{BENCHMARK}")), deny.clone()).await;
    let place = format!("/providers/Microsoft.Authorization/policySetDefinitions/{BENCHMARK}");
    assert_eq!(reading.gaps(), [format!("policy_set_definitions forbidden {place}")]);
    assert_eq!(named(&reading.ok(), "SecurityCenterBuiltIn")["effects"], Json::Null);
    let reading = read(refused(&format!("/policyDefinitions/{LOCATIONS}")), deny.clone()).await;
    assert_eq!(
        reading.gaps(),
        [format!("policy_definitions forbidden /providers/Microsoft.Authorization/policyDefinitions/{LOCATIONS}")]
    );
    assert_eq!(named(&reading.ok(), "baseline")["effects"], json!(["Audit", "AuditIfNotExists", "Deny", "unknown"]));
    // An own initiative that is in no list.
    let gone = edited(Tenant::demo(), "policy-set-definitions", |rows| rows.retain(|row| row["name"] != "fabrikam-baseline"));
    for engine in ["never", "always"] {
        let block = json!({"environment": "demo", "resource_graph": engine});
        let reading = Inside::configured(gone.clone(), block).await.read("policy_compliance", deny.clone()).await;
        assert!(
            reading.gaps().iter().any(|gap| gap.starts_with("policy_set_definitions not_visible /providers/")),
            "{:?}",
            reading.gaps()
        );
        assert_eq!(named(&reading.ok(), "baseline")["effects"], Json::Null);
    }
    let nothing = refused("Microsoft.Authorization/policyAssignments");
    let reading = Inside::by_arm(nothing.clone()).await.read("policy_compliance", deny.clone()).await;
    assert_eq!(reading.errors(), ["Nothing could be read"]);
    let gaps = [PRODUCTION, SANDBOX].map(|id| format!("policy_assignments forbidden /subscriptions/{id}"));
    let reading = read(nothing, deny).await;
    assert_eq!(reading.gaps(), gaps);
    assert_eq!(reading.ok()["summary"]["matched"], 8, "what does not comply was read");
}

#[tokio::test]
async fn a_built_in_definition_is_read_once_and_only_where_it_decides() {
    let tenant = Tenant::demo();
    let inside = Inside::aimed(tenant.clone(), both(), "auto").await;
    inside.read("policy_compliance", json!({})).await.ok();
    inside.read("policy_compliance", json!({"effects": ["Deny"]})).await.ok();
    let asked =
        |id: &str| tenant.requests().iter().filter(|request| request.path.to_lowercase().ends_with(&format!("/{id}"))).count();
    assert_eq!((asked(LOCATIONS), asked(BENCHMARK), asked(TLS)), (1, 1, 0));
    inside.read("policy_compliance", json!({"effects": ["Deny"], "resource_types": ["Microsoft.Sql/servers"]})).await.ok();
    assert_eq!((asked(LOCATIONS), asked(TLS)), (1, 1));
}

#[tokio::test]
async fn filters_by_id_warn_of_what_is_not_assigned() {
    let id = format!("/subscriptions/{SANDBOX}/providers/microsoft.authorization/policyAssignments/LAB-GUARD");
    let set = format!("/providers/Microsoft.Authorization/policySetDefinitions/{}", BENCHMARK.to_uppercase());
    for (arguments, expected) in [
        (json!({"policy_assignment_ids": [id]}), &["lab-guard"][..]),
        (json!({"policy_set_definition_ids": [set]}), &["SecurityCenterBuiltIn", "SecurityCenterBuiltIn"]),
        (json!({"subscription_ids": [PRODUCTION]}), &["SecurityCenterBuiltIn", "baseline", "owner-tag", "pci"]),
        (json!({"subscription_ids": [SANDBOX], "effects": ["Disabled"]}), &["SecurityCenterBuiltIn", "lab-guard"]),
    ] {
        let reading = read(Tenant::demo(), arguments.clone()).await;
        assert!(reading.warnings().is_empty(), "{arguments}: {:?}", reading.warnings());
        assert_eq!(names(&reading.ok()), expected, "{arguments}");
    }
    let nowhere = "/providers/Microsoft.Authorization/policySetDefinitions/fab0000e-0000-4000-8000-00000000ffff";
    let reading = read(Tenant::demo(), json!({"policy_set_definition_ids": [nowhere]})).await;
    assert_eq!(reading.warnings(), ["Initiative matches nothing"]);
    let answer = reading.ok();
    assert_eq!((&answer["assignments"], &answer["summary"]["matched"]), (&json!([]), &json!(0)));
    for (arguments, error) in [
        (json!({"policy_assignment_ids": ["baseline"]}), "Invalid value"),
        (json!({"effects": ["Refuse"]}), "Unknown value"),
        (json!({"effects": []}), "Nothing selected"),
    ] {
        assert_eq!(read(Tenant::demo(), arguments.clone()).await.errors(), [error], "{arguments}");
    }
}

#[tokio::test]
async fn two_rows_of_one_assignment_are_one_row_without_what_they_do_not_agree_on() {
    for first in [false, true] {
        let tenant = edited(Tenant::demo(), "policy-assignments", |rows| {
            let at = rows.iter().position(|row| row["name"] == "pci").unwrap();
            let mut twin = rows[at].clone();
            twin["properties"]["enforcementMode"] = json!("DoNotEnforce");
            twin["properties"]["policyDefinitionId"] =
                json!(format!("/providers/Microsoft.Authorization/policyDefinitions/{TLS}"));
            rows.insert(at + usize::from(!first), twin);
        });
        let reading = read(tenant, json!({"effects": ["Deny"]})).await;
        assert_eq!(
            reading.gaps(),
            ["policy_assignments invalid_response /providers/Microsoft.Management/managementGroups/mg-production"]
        );
        let answer = reading.ok();
        let row = named(&answer, "pci");
        assert_eq!(
            (&row["enforcement_mode"], &row["policy_definition_id"], &row["effects"]),
            (&Json::Null, &Json::Null, &Json::Null)
        );
    }
}

#[tokio::test]
async fn two_definitions_with_one_id_have_no_effect_that_is_known() {
    let tenant = edited(Tenant::demo(), "policy-definitions", |rows| {
        let mut twin = rows.iter().find(|row| row["name"] == "disks-with-own-keys").unwrap().clone();
        twin["properties"]["parameters"]["effect"]["defaultValue"] = json!("Disabled");
        rows.push(twin);
    });
    let reading = read(tenant, json!({})).await;
    assert!(
        reading.gaps().iter().any(|gap| gap.starts_with("policy_definitions invalid_response /providers/")),
        "{:?}",
        reading.gaps()
    );
    assert_eq!(named(&reading.ok(), "baseline")["effects"], json!(["Audit", "AuditIfNotExists", "Deny", "unknown"]));
}

#[tokio::test]
async fn what_is_assigned_above_a_subscription_is_seen_from_below_and_none_is_an_answer() {
    let single = ScopeSetting::Subscriptions([SANDBOX.to_owned()].into());
    for engine in ["auto", "always"] {
        let answer = Inside::aimed(Tenant::demo(), single.clone(), engine).await.read("policy_compliance", json!({})).await.ok();
        assert_eq!(names(&answer), ["SecurityCenterBuiltIn", "baseline", "lab-guard", "small-machines"], "{engine}");
        assert_eq!(named(&answer, "baseline")["effects"], json!(["Audit", "AuditIfNotExists", "Deny"]), "{engine}");
    }
    let none = edited(edited(Tenant::demo(), "policy-assignments", Vec::clear), "policy-states", Vec::clear);
    let answer = read(none, json!({"effects": ["Deny"]})).await.ok();
    assert_eq!((&answer["assignments"], &answer["complete"]), (&json!([]), &json!(true)));
    assert_eq!(answer["summary"], json!({"matched": 0, "returned": 0, "other": 0}));
}
