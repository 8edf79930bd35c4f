//! `azposture_regulatory_compliance`.

use std::collections::{BTreeMap, BTreeSet};

use azposture::demo::{Fault, PRODUCTION, SANDBOX, Tenant};
use serde_json::{Value as Json, json};

use crate::support::{
    held::{edit, grow},
    inside::{Inside, Reading},
};

const STANDARDS: &str = "regulatory-compliance-standards";
const CONTROLS: &str = "regulatory-compliance-controls";
const ASSESSMENTS: &str = "regulatory-compliance-assessments";
const MCSB: &str = "Microsoft-cloud-security-benchmark";
const PCI: &str = "PCI_DSS_v4.0.1";

async fn through(tenant: &Tenant, engine: &str, arguments: Json) -> Reading {
    let block = json!({"environment": "demo", "resource_graph": engine});
    Inside::configured(tenant.clone(), block).await.read("regulatory_compliance", arguments).await
}

async fn read(tenant: &Tenant, arguments: Json) -> Reading {
    through(tenant, "never", arguments).await
}

fn row<'a>(answer: &'a Json, tail: &str) -> &'a Json {
    let key = format!("{PRODUCTION}|{tail}").to_lowercase();
    answer["rows"].as_array().unwrap().iter().find(|row| row["key"] == key).unwrap_or_else(|| panic!("{key} in {answer:#}"))
}

fn place(tail: &str) -> String {
    format!("/subscriptions/{PRODUCTION}/providers/Microsoft.Security/regulatoryComplianceStandards/{tail}")
}

/// The gaps of the subscriptions with plans; that the other has none is said in each answer.
fn gaps(reading: &Reading) -> Vec<String> {
    let others = reading.gaps().into_iter();
    others.filter(|gap| *gap != format!("regulatory_compliance_standards plan_off /subscriptions/{SANDBOX}")).collect()
}

/// Changes what the row with this end of its id says.
fn say(tenant: &Tenant, list: &str, end: &str, said: Json) {
    edit(tenant, list, |rows| {
        let row = rows.iter_mut().find(|row| row["id"].as_str().unwrap().ends_with(end)).unwrap();
        row["properties"].as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
    });
}

/// The tenant with a plan that is on in the sandbox, too.
fn paid() -> Tenant {
    let tenant = Tenant::demo();
    edit(&tenant, "pricings", |rows| {
        let own = |row: &&mut Json| row["id"].as_str().unwrap().contains(SANDBOX);
        rows.iter_mut().filter(own).for_each(|row| row["properties"]["pricingTier"] = json!("Standard"));
    });
    tenant
}

/// The same with one of the standards listed in the sandbox.
fn with_benchmark() -> Tenant {
    let tenant = paid();
    for list in [STANDARDS, CONTROLS, ASSESSMENTS] {
        edit(&tenant, list, |rows| {
            let of = |row: &&Json| row["id"].as_str().unwrap().contains(MCSB);
            let copies: Vec<String> = rows.iter().filter(of).map(|row| row.to_string().replace(PRODUCTION, SANDBOX)).collect();
            rows.extend(copies.iter().map(|row| serde_json::from_str::<Json>(row).unwrap()));
        });
    }
    tenant
}

#[tokio::test]
async fn all_levels_are_read_as_the_service_states_them_through_either_engine_and_in_pages() {
    for engine in ["never", "always"] {
        let tenant = Tenant::demo().with_page_size(2);
        let reading = through(&tenant, engine, json!({"depth": "assessments", "limit": 0})).await;
        assert_eq!(reading.gaps(), [format!("regulatory_compliance_standards plan_off /subscriptions/{SANDBOX}")], "{engine}");
        let answer = reading.ok();
        // What nobody can check says itself that nothing stands below it.
        let asked = |end: &str| tenant.requests().iter().any(|request| request.path.contains(end));
        assert_eq!(asked("/GS-1/"), engine == "never", "{engine}");
        // 2 standards, 7 and 4 controls, 16 and 4 assessments; none in another state as far as it is known.
        let states = json!({"Failed": 19, "Passed": 10, "Skipped": 2, "Unsupported": 2});
        assert_eq!(answer["summary"], json!({"matched": 33, "returned": 33, "by_state": states, "other": null}), "{engine}");
        assert_eq!(answer["complete"], true, "{engine}: where no plan is on it is known that there is nothing");
        assert_eq!(
            *row(&answer, PCI),
            json!({
                "key": format!("{PRODUCTION}|pci_dss_v4.0.1"), "level": "standard", "subscription_id": PRODUCTION, "standard": PCI,
                "control": null, "assessment_key": null, "description": null, "state": "Failed", "passed": 1, "failed": 2,
                "skipped": 0, "unsupported": 1,
            })
        );
        let control = row(&answer, &format!("{MCSB}|DP-3"));
        let told = ["level", "standard", "control", "description", "state"].map(|name| control[name].clone());
        assert_eq!(told, ["control", MCSB, "DP-3", "Encrypt sensitive data in transit", "Failed"].map(|text| json!(text)));
        let numbers = ["passed", "failed", "skipped", "unsupported"].map(|name| control[name].clone());
        assert_eq!(numbers, [json!(2), json!(3), json!(0), Json::Null]);
        let key = "e3de1cc0-f4dd-3b34-e496-8b5381ba2d70";
        let assessment = row(&answer, &format!("{MCSB}|NS-5|{key}"));
        let told = ["level", "control", "assessment_key", "description", "state"].map(|name| assessment[name].clone());
        let title = "Virtual networks should have DDoS protection";
        assert_eq!(told, ["assessment", "NS-5", key, title, "Skipped"].map(|text| json!(text)));
        assert_eq!((&assessment["skipped"], &assessment["unsupported"]), (&json!(1), &json!(0)));
    }
}

#[tokio::test]
async fn only_what_is_asked_for_is_read() {
    let asked = async |arguments: Json| {
        let tenant = Tenant::demo();
        let answer = read(&tenant, arguments).await.ok();
        let paths = tenant.requests().into_iter().map(|request| request.path);
        let below: BTreeSet<String> = paths
            .filter_map(|path| path.split_once("/regulatoryComplianceStandards/").map(|(_, rest)| rest.to_owned()))
            .collect();
        let levels: Vec<_> = answer["rows"].as_array().unwrap().iter().map(|row| row["level"].as_str().unwrap()).collect();
        (
            below,
            levels.into_iter().fold(BTreeMap::new(), |mut all, level| {
                *all.entry(level.to_owned()).or_insert(0) += 1;
                all
            }),
        )
    };
    let number = |levels: &[(&str, i32)]| levels.iter().map(|(level, number)| ((*level).to_owned(), *number)).collect();
    let controls = |standard: &str| format!("{standard}/regulatoryComplianceControls");
    assert_eq!(asked(json!({"depth": "standards"})).await, (BTreeSet::new(), number(&[("standard", 2)])));
    let default = number(&[("standard", 2), ("control", 11)]);
    assert_eq!(asked(json!({})).await, (BTreeSet::from([controls(MCSB), controls(PCI)]), default));
    let one = asked(json!({"standards": ["pci-dss-V4.0.1"]})).await;
    assert_eq!(one, (BTreeSet::from([controls(PCI)]), number(&[("standard", 1), ("control", 4)])));
    let (below, levels) = asked(json!({"standards": ["MICROSOFT_CLOUD-security-benchmark"], "depth": "assessments"})).await;
    assert!(below.len() == 8 && below.iter().all(|path| path.starts_with(MCSB)), "{below:?}");
    assert_eq!(levels, number(&[("standard", 1), ("control", 7), ("assessment", 16)]));
}

#[tokio::test]
async fn a_standard_that_no_subscription_lists_is_an_error_and_one_that_some_list_is_not_passed_in_the_others() {
    let unknown = read(&with_benchmark(), json!({"standards": ["SOC_2"]})).await;
    assert_eq!(unknown.errors(), ["Unknown value"]);
    assert!(unknown.detail().contains("SOC_2") && unknown.detail().contains(PCI), "{}", unknown.detail());
    for engine in ["never", "always"] {
        let reading = through(&with_benchmark(), engine, json!({"standards": [PCI], "statuses": ["Passed"]})).await;
        let absent = format!("regulatory_compliance_standards not_listed /subscriptions/{SANDBOX}");
        assert_eq!(reading.gaps(), [absent], "{engine}");
        let answer = reading.ok();
        // That of production; what is not listed counts nowhere.
        assert_eq!((&answer["summary"]["by_state"], &answer["complete"]), (&json!({"Passed": 1}), &json!(true)), "{engine}");
        assert!(answer["unreadable"][0]["remedy"].as_str().unwrap().contains("It has not passed"));
        let none = through(&with_benchmark(), engine, json!({"standards": [PCI], "statuses": ["Skipped"]})).await.ok();
        assert_eq!((&none["rows"], &none["summary"]["matched"]), (&json!([]), &Json::Null), "{engine}");
    }
}

#[tokio::test]
async fn whether_a_standard_exists_nobody_says_where_a_list_was_not_read() {
    let path = format!("{SANDBOX}/providers/Microsoft.Security/regulatoryComplianceStandards");
    let tenant = with_benchmark().with_fault(Fault::on(path).refuse(403, "AuthorizationFailed", "no"));
    let reading = read(&tenant, json!({"standards": ["SOC_2"]})).await;
    let of = |reason: &str, id: &str| format!("regulatory_compliance_standards {reason} /subscriptions/{id}");
    assert_eq!(reading.gaps(), [of("not_listed", PRODUCTION), of("forbidden", SANDBOX)]);
    let answer = reading.ok();
    assert_eq!((&answer["complete"], &answer["summary"]["matched"]), (&json!(false), &Json::Null));
    // Where nothing at all is listed, the reason of that is the answer.
    let reading = read(&Tenant::demo(), json!({"standards": ["SOC_2"], "subscription_ids": [SANDBOX]})).await;
    assert_eq!(reading.gaps(), [of("plan_off", SANDBOX)]);
    assert_eq!(reading.ok()["summary"]["matched"], Json::Null);
}

#[tokio::test]
async fn a_subscription_without_standards_has_its_own_reason() {
    let only = || json!({"subscription_ids": [SANDBOX]});
    let of = |reason: &str| [format!("regulatory_compliance_standards {reason} /subscriptions/{SANDBOX}")];
    for engine in ["never", "always"] {
        let reading = through(&Tenant::demo(), engine, only()).await;
        assert_eq!(reading.gaps(), of("plan_off"), "{engine}");
        let answer = reading.ok();
        assert_eq!((&answer["complete"], &answer["summary"]["by_state"]), (&json!(true), &Json::Null), "{engine}");
        assert!(answer["unreadable"][0]["remedy"].as_str().unwrap().contains("plan"), "{answer:#}");
        assert_eq!(through(&paid(), engine, only()).await.gaps(), of("no_data_yet"), "{engine}");
        let tenant = paid();
        say(
            &tenant,
            "pricings",
            &format!("{SANDBOX}/providers/Microsoft.Security/pricings/FoundationalCspm"),
            json!({"pricingTier": "Free"}),
        );
        assert_eq!(through(&tenant, engine, only()).await.gaps(), of("plan_off"), "{engine}");
        let tenant = paid();
        edit(&tenant, "providers", |rows| {
            let own = |row: &&mut Json| row["id"].as_str().unwrap().ends_with(&format!("{SANDBOX}/providers/Microsoft.Security"));
            rows.iter_mut().filter(own).for_each(|row| row["registrationState"] = json!("NotRegistered"));
        });
        assert_eq!(through(&tenant, engine, only()).await.gaps(), of("not_registered"), "{engine}");
    }
}

#[tokio::test]
async fn a_state_that_a_number_denies_is_not_believed_and_passes_every_filter() {
    let denied = json!({"state": "Passed", "passedAssessments": 1, "failedAssessments": 2});
    for (said, arguments) in [
        (denied.clone(), json!({"statuses": ["Skipped"]})),
        (denied, json!({"statuses": ["Failed"]})),
        (json!({"state": "Passed", "passedAssessments": 0, "failedAssessments": 0}), json!({"statuses": ["Failed"]})),
        (json!({"state": "Skipped", "failedAssessments": 1}), json!({"statuses": ["Failed"]})),
        (json!({"state": null}), json!({"statuses": ["Failed"]})),
    ] {
        let tenant = Tenant::demo();
        say(&tenant, CONTROLS, &format!("{PCI}/regulatoryComplianceControls/3.5.1"), said.clone());
        let reading = read(&tenant, arguments).await;
        let place = format!("/subscriptions/{PRODUCTION}");
        let gap = format!("regulatory_compliance_controls invalid_response {place}");
        assert!(gaps(&reading).contains(&gap), "{said}: {:?}", gaps(&reading));
        let answer = reading.ok();
        assert_eq!(row(&answer, &format!("{PCI}|3.5.1"))["state"], Json::Null, "{said}");
        let counts = (&answer["summary"]["other"], &answer["summary"]["by_state"]["other"], &answer["complete"]);
        assert_eq!(counts, (&json!(1), &json!(1), &json!(false)), "{said}");
    }
    let tenant = Tenant::demo();
    say(&tenant, CONTROLS, "/regulatoryComplianceControls/4.2.1", json!({"failedAssessments": 0}));
    let answer = read(&tenant, json!({})).await.ok();
    let control = row(&answer, &format!("{PCI}|4.2.1"));
    assert_eq!((&control["state"], &control["failed"], &answer["complete"]), (&json!("Failed"), &Json::Null, &json!(false)));
}

#[tokio::test]
async fn a_number_that_is_not_stated_is_null_and_never_zero() {
    for engine in ["never", "always"] {
        for (name, field) in [("passed", "passedControls"), ("failed", "failedControls"), ("skipped", "skippedControls")] {
            let tenant = Tenant::demo();
            say(&tenant, STANDARDS, PCI, json!({field: null}));
            let reading = through(&tenant, engine, json!({"depth": "standards"})).await;
            let gap = format!("regulatory_compliance_standards invalid_response /subscriptions/{PRODUCTION}");
            assert_eq!(gaps(&reading), [gap], "{engine} {field}");
            assert_eq!(row(&reading.ok(), PCI)[name], Json::Null, "{engine} {field}");
        }
        let tenant = Tenant::demo();
        edit(&tenant, ASSESSMENTS, |rows| {
            rows.iter_mut().for_each(|row| drop(row["properties"].as_object_mut().unwrap().remove("unsupportedResources")));
        });
        let answer = through(&tenant, engine, json!({"depth": "assessments", "limit": 0})).await.ok();
        assert_eq!(answer["complete"], true, "{engine}: published answers leave it out");
    }
}

#[tokio::test]
async fn a_new_state_is_returned_unless_others_are_named_and_counted_in_any_case() {
    let tenant = Tenant::demo();
    say(&tenant, STANDARDS, MCSB, json!({"state": "Degraded"}));
    let answer = read(&tenant, json!({"depth": "standards"})).await.ok();
    assert_eq!(row(&answer, MCSB)["state"], "Degraded");
    assert_eq!((&answer["summary"]["by_state"]["Degraded"], &answer["summary"]["other"]), (&json!(1), &json!(1)));
    assert_eq!(answer["complete"], true);
    let named = read(&tenant, json!({"depth": "standards", "statuses": ["Passed"]})).await.ok();
    assert!(named["rows"].as_array().unwrap().iter().all(|row| row["state"] != "Degraded"), "whoever names states gets those");
    assert_eq!((&named["summary"]["other"], &named["complete"]), (&json!(1), &json!(true)));
    let lower = read(&Tenant::demo(), json!({"statuses": ["failed"], "depth": "standards"})).await.ok();
    assert_eq!(lower["summary"]["by_state"], json!({"Failed": 2}));
}

#[tokio::test]
async fn what_could_not_be_read_below_one_standard_costs_no_other() {
    let path = format!("{MCSB}/regulatoryComplianceControls");
    for engine in ["never", "always"] {
        // Resource Graph has no rows of it, so that Resource Manager is asked.
        let silent = Fault::on("Microsoft.ResourceGraph")
            .named("regulatorycontrols")
            .keep(|row| !row["id"].as_str().unwrap().contains(MCSB));
        let tenant =
            Tenant::demo().with_fault(silent).with_fault(Fault::on(path.clone()).refuse(403, "AuthorizationFailed", "no"));
        let reading = through(&tenant, engine, json!({})).await;
        assert_eq!(gaps(&reading), [format!("regulatory_compliance_controls forbidden {}", place(MCSB))], "{engine}");
        let answer = reading.ok();
        assert_eq!((&answer["summary"]["matched"], &answer["complete"]), (&json!(6), &json!(false)), "{engine}");
    }
    // What only one subscription may not read.
    let tenant = Tenant::demo().with_fault(Fault::on("/permissions").change(|body| {
        let rows = body["value"].as_array_mut().unwrap();
        rows.iter_mut().for_each(|row| {
            row["notActions"] = json!(["Microsoft.Security/regulatoryComplianceStandards/regulatoryComplianceControls/read"])
        });
    }));
    let reading = read(&tenant, json!({"subscription_ids": [PRODUCTION]})).await;
    assert_eq!(reading.gaps(), [format!("regulatory_compliance_controls not_proven /subscriptions/{PRODUCTION}")]);
    assert_eq!(reading.ok()["summary"]["matched"], 13, "what was seen stays");
}

#[tokio::test]
async fn fewer_rows_below_than_their_parent_counts_are_not_proven_to_be_all() {
    let is_of = |row: &Json, end: &str| row["id"].as_str().unwrap().ends_with(end);
    for engine in ["never", "always"] {
        for (list, gone, parent, subject) in [
            (CONTROLS, "/regulatoryComplianceControls/1.2.5", PCI.to_owned(), "controls"),
            (CONTROLS, "/regulatoryComplianceControls/4.2.1", PCI.to_owned(), "controls"),
            (
                ASSESSMENTS,
                "/regulatoryComplianceAssessments/fab0000b-0000-4000-8000-00000000001b",
                format!("{MCSB}/regulatoryComplianceControls/LT-1"),
                "assessments",
            ),
            (
                ASSESSMENTS,
                "/1.2.5/regulatoryComplianceAssessments/bc303248-3d14-44c2-96a0-55f5c326b5fe",
                format!("{PCI}/regulatoryComplianceControls/1.2.5"),
                "assessments",
            ),
            (
                ASSESSMENTS,
                "/3.5.1/regulatoryComplianceAssessments/fab0000b-0000-4000-8000-00000000000d",
                format!("{PCI}/regulatoryComplianceControls/3.5.1"),
                "assessments",
            ),
        ] {
            let tenant = Tenant::demo();
            edit(&tenant, list, |rows| rows.retain(|row| !is_of(row, gone)));
            let reading = through(&tenant, engine, json!({"depth": "assessments", "limit": 0})).await;
            let gap = format!("regulatory_compliance_{subject} not_proven {}", place(&parent));
            // What says that it passed, above nothing that did, says nothing.
            let doubt = format!("regulatory_compliance_controls invalid_response /subscriptions/{PRODUCTION}");
            let told: Vec<String> = [gap].into_iter().chain(gone.starts_with("/3.5.1").then_some(doubt)).collect();
            assert_eq!(gaps(&reading), told, "{engine} {gone}");
            assert_eq!(reading.ok()["complete"], false, "{engine} {gone}");
        }
    }
    // A control that nobody can check has no assessments, and says so.
    let tenant = Tenant::demo();
    say(&tenant, CONTROLS, "/regulatoryComplianceControls/GS-1", json!({"skippedAssessments": 1}));
    let reading = read(&tenant, json!({"depth": "assessments"})).await;
    let gap =
        format!("regulatory_compliance_assessments not_proven {}", place(&format!("{MCSB}/regulatoryComplianceControls/GS-1")));
    assert_eq!(gaps(&reading), [gap, format!("regulatory_compliance_controls invalid_response /subscriptions/{PRODUCTION}")]);
}

/// Of a headline and what stands below it, whichever reassures is not believed, each number by itself.
#[tokio::test]
async fn no_number_is_believed_that_what_stands_below_denies() {
    let control = format!("{MCSB}/regulatoryComplianceControls/DP-4");
    for engine in ["never", "always"] {
        for (list, at, subject, below, said, null) in [
            (STANDARDS, MCSB.to_owned(), "standards", "controls", json!({"passedControls": 3}), "passed"),
            (STANDARDS, MCSB.to_owned(), "standards", "controls", json!({"skippedControls": 0}), "skipped"),
            (STANDARDS, MCSB.to_owned(), "standards", "controls", json!({"skippedControls": 2}), "skipped"),
            (CONTROLS, control.clone(), "controls", "assessments", json!({"passedAssessments": 2}), "passed"),
            (CONTROLS, control.clone(), "controls", "assessments", json!({"skippedAssessments": 1}), "skipped"),
        ] {
            let tenant = Tenant::demo();
            say(&tenant, list, &at, said.clone());
            let reading = through(&tenant, engine, json!({"depth": "assessments", "limit": 0})).await;
            let gap = format!("regulatory_compliance_{below} not_proven {}", place(&at));
            let unstated = format!("regulatory_compliance_{subject} invalid_response /subscriptions/{PRODUCTION}");
            let told: BTreeSet<String> = gaps(&reading).into_iter().collect();
            assert_eq!(told, BTreeSet::from([gap, unstated]), "{engine} {said}");
            let answer = reading.ok();
            let key = at.replace("/regulatoryComplianceControls/", "|");
            assert_eq!((&row(&answer, &key)[null], &answer["complete"]), (&Json::Null, &json!(false)), "{engine} {said}");
        }
        for (at, said) in [(MCSB, json!({"unsupportedControls": 0})), (MCSB, json!({"unsupportedControls": 2}))] {
            let tenant = Tenant::demo();
            say(&tenant, STANDARDS, at, said.clone());
            let reading = through(&tenant, engine, json!({})).await;
            assert_eq!(gaps(&reading), [format!("regulatory_compliance_controls not_proven {}", place(at))], "{engine} {said}");
            assert_eq!(row(&reading.ok(), at)["unsupported"], Json::Null, "{engine} {said}");
        }
        // Fewer than passed reassures nobody, and is not proven.
        let tenant = Tenant::demo();
        say(&tenant, STANDARDS, MCSB, json!({"passedControls": 1}));
        let reading = through(&tenant, engine, json!({})).await;
        assert_eq!(gaps(&reading), [format!("regulatory_compliance_controls not_proven {}", place(MCSB))], "{engine}");
        assert_eq!(row(&reading.ok(), MCSB)["passed"], 1, "{engine}");
    }
    // A standard that calls itself passed above controls that were all left out.
    let tenant = Tenant::demo();
    say(&tenant, STANDARDS, PCI, json!({"state": "Passed", "passedControls": 1, "failedControls": 0, "unsupportedControls": 4}));
    edit(&tenant, CONTROLS, |rows| {
        let own = rows.iter_mut().filter(|row| row["id"].as_str().unwrap().contains(PCI));
        own.for_each(|row| {
            row["properties"] =
                json!({"state": "Unsupported", "passedAssessments": 0, "failedAssessments": 0, "skippedAssessments": 0})
        });
    });
    let answer = read(&tenant, json!({})).await.ok();
    let standard = row(&answer, PCI);
    let said = (&standard["state"], &standard["passed"], &standard["unsupported"], &answer["complete"]);
    assert_eq!(said, (&Json::Null, &Json::Null, &json!(4), &json!(false)));
}

#[tokio::test]
async fn what_fails_below_is_believed_rather_than_what_is_said_above_it() {
    let tenant = Tenant::demo();
    say(&tenant, STANDARDS, PCI, json!({"state": "Passed", "passedControls": 3, "failedControls": 0}));
    let believed = read(&tenant, json!({"depth": "standards"})).await.ok();
    assert_eq!(row(&believed, PCI)["state"], "Passed", "nothing was read that says otherwise");
    let answer = read(&tenant, json!({})).await.ok();
    let standard = row(&answer, PCI);
    assert_eq!((&standard["state"], &standard["failed"], &answer["complete"]), (&Json::Null, &Json::Null, &json!(false)));
}

#[tokio::test]
async fn of_two_rows_of_one_name_what_they_do_not_agree_on_is_null() {
    for first in [false, true] {
        let tenant = Tenant::demo();
        edit(&tenant, CONTROLS, |rows| {
            let at = rows.iter().position(|row| row["id"].as_str().unwrap().ends_with("/3.5.1")).unwrap();
            let mut twin = rows[at].clone();
            let id = twin["id"].as_str().unwrap().to_uppercase();
            (twin["id"], twin["properties"]["state"], twin["properties"]["failedAssessments"]) =
                (json!(id), json!("Failed"), json!(1));
            rows.insert(at + usize::from(!first), twin);
        });
        let reading = read(&tenant, json!({"standards": [PCI]})).await;
        let gap = format!("regulatory_compliance_controls invalid_response /subscriptions/{PRODUCTION}");
        assert_eq!(gaps(&reading), [gap], "{first}");
        let answer = reading.ok();
        let control = row(&answer, &format!("{PCI}|3.5.1"));
        let said = (&control["state"], &control["failed"], &control["passed"]);
        assert_eq!((said, &answer["summary"]["matched"]), ((&Json::Null, &Json::Null, &json!(1)), &json!(5)), "{first}");
    }
}

#[tokio::test]
async fn a_name_that_cannot_stand_in_a_path_is_a_gap_and_one_with_a_space_is_asked() {
    let renamed = |to: &str| {
        let tenant = Tenant::demo();
        for list in [STANDARDS, CONTROLS] {
            edit(&tenant, list, |rows| {
                for row in rows.iter_mut() {
                    row["id"] = json!(row["id"].as_str().unwrap().replace(PCI, to));
                    if row["name"] == PCI {
                        row["name"] = json!(to);
                    }
                }
            });
        }
        tenant
    };
    for name in ["PCI DSS 4", "PCI%2FDSS", ".."] {
        let reading = read(&renamed(name), json!({})).await;
        let can_be_asked = name == "PCI DSS 4";
        let gap = format!("regulatory_compliance_controls invalid_response /subscriptions/{PRODUCTION}");
        assert_eq!(gaps(&reading), if can_be_asked { vec![] } else { vec![gap] }, "{name}");
        let answer = reading.ok();
        assert_eq!(answer["summary"]["matched"], if can_be_asked { 13 } else { 9 }, "{name}");
        assert_eq!(row(&answer, name)["state"], "Failed", "{name}");
    }
}

#[tokio::test]
async fn beyond_twenty_subscriptions_resource_graph_alone_is_asked() {
    let grown = |number: usize| {
        let tenant = paid();
        let ids = grow(&tenant, number - 2);
        for list in [STANDARDS, CONTROLS] {
            edit(&tenant, list, |rows| {
                let own: Vec<String> = rows.iter().map(Json::to_string).collect();
                let copies = ids
                    .iter()
                    .chain([&SANDBOX.to_owned()])
                    .flat_map(|id| own.iter().map(|row| row.replace(PRODUCTION, id)))
                    .collect::<Vec<_>>();
                rows.extend(copies.iter().map(|row| serde_json::from_str::<Json>(row).unwrap()));
            });
        }
        tenant
    };
    for (number, engine, by_graph, by_arm) in [(20, "auto", false, true), (21, "auto", true, false), (20, "never", false, true)] {
        let tenant = grown(number);
        let answer = through(&tenant, engine, json!({"limit": 1})).await.ok();
        assert_eq!(answer["summary"]["matched"], number * 13, "{number} {engine}");
        let asked = |part: &str| {
            tenant.requests().iter().any(|request| request.path.contains(part) || request.named.as_deref() == Some(part))
        };
        assert_eq!(
            (asked("regulatorycontrols"), asked("/regulatoryComplianceStandards")),
            (by_graph, by_arm),
            "{number} {engine}"
        );
    }
    let tenant = grown(21);
    let reading = through(&tenant, "never", json!({})).await;
    assert_eq!(reading.errors(), ["Nothing could be read"]);
    assert!(reading.detail().contains("engine_never") && reading.detail().contains("resource_graph"), "{}", reading.detail());
    assert!(tenant.requests().iter().all(|request| !request.path.contains("/regulatoryComplianceStandards")));
    let few = through(&tenant, "never", json!({"subscription_ids": [PRODUCTION]})).await.ok();
    assert_eq!(few["summary"]["matched"], 13, "the number that is read decides");
}
