//! Two rows with one id that do not say the same: the one that reassures least is believed.

use azposture::demo::{Fault, PRODUCTION, SANDBOX, Tenant};
use serde_json::{Value as Json, json};

use super::directory_roles::with_schedules;
use crate::support::{held::edit, inside::Inside};

/// What is done to the rows of a list.
type Change = fn(&mut Vec<Json>);

async fn read(t: &Tenant, name: &str, arguments: Json) -> Json {
    Inside::by_arm(t.clone()).await.read(name, arguments).await.ok()
}

/// Puts a changed twin before or behind the first of these rows.
fn twin(t: &Tenant, list: &str, first: bool, is: impl Fn(&Json) -> bool, change: impl Fn(&mut Json)) {
    edit(t, list, |rows| {
        let at = rows.iter().position(is).unwrap();
        let mut twin = rows[at].clone();
        change(&mut twin);
        rows.insert(at + usize::from(!first), twin);
    });
}

async fn by_graph(t: Tenant) -> Inside {
    Inside::configured(t, json!({"environment": "demo", "resource_graph": "always"})).await
}

async fn check(t: &Tenant, id: &str, subscription: &str) -> String {
    let answer = read(t, "connection", json!({})).await;
    let rows = answer["checks"].as_array().unwrap();
    rows.iter().find(|c| c["id"] == id && c["subscription_id"] == subscription).unwrap()["status"].as_str().unwrap().to_owned()
}

/// Where the two stand between good and bad, too: what is on its way, and what still works.
#[tokio::test]
async fn in_which_of_two_states_a_subscription_or_a_provider_is_nobody_knows() {
    for (list, own, field, id, states) in [
        (
            "providers",
            "/providers/Microsoft.Security",
            "registrationState",
            "defender_registered",
            ["Registered", "NotRegistered"],
        ),
        (
            "providers",
            "/providers/Microsoft.KeyVault",
            "registrationState",
            "providers_registered",
            ["Registering", "NotRegistered"],
        ),
        ("subscriptions", "", "state", "subscription_enabled", ["Enabled", "Disabled"]),
        ("subscriptions", "", "state", "subscription_enabled", ["Warned", "Disabled"]),
    ] {
        for first in [false, true] {
            let tenant = Tenant::demo();
            let is = |row: &Json| row["id"] == format!("/subscriptions/{PRODUCTION}{own}");
            edit(&tenant, list, |rows| rows.iter_mut().filter(|row| is(row)).for_each(|row| row[field] = json!(states[0])));
            twin(&tenant, list, first, is, |row| row[field] = json!(states[1]));
            assert_eq!(check(&tenant, id, PRODUCTION).await, "unknown", "{list} {states:?} {first}");
        }
    }
}

#[tokio::test]
async fn a_subscription_that_comes_twice_with_other_tags_is_not_left_out_of_a_gate() {
    for first in [false, true] {
        let t = Tenant::demo();
        edit(&t, "subscriptions", |rows| rows.iter_mut().for_each(|row| row["tags"] = json!({"env": "prod"})));
        twin(&t, "subscriptions", first, |_| true, |row| row["tags"] = json!({}));
        let tags = json!({"env": "prod"});
        let wants = json!({"plans": {"Arm": {}}, "tags": tags, "enforcement": "warning", "on_unknown": "warning"});
        let inside = Inside::by_arm(t).await;
        assert_eq!(inside.open("defender_validation", wants).await.ok()["checked"], 2, "{first}");
        let answer = inside.read("subscriptions", json!({"tags": tags})).await.ok();
        assert_eq!((&answer["summary"]["matched"], &answer["complete"]), (&json!(2), &json!(false)), "{first}");
    }
}

#[tokio::test]
async fn a_licence_that_is_also_suspended_or_lacks_its_plan_is_not_held() {
    let ways: [fn(&mut Json); 3] = [
        |row| row["capabilityStatus"] = json!("Suspended"),
        |row| row["servicePlans"] = json!([]),
        |row| {
            let plans = row["servicePlans"].as_array_mut().unwrap();
            plans.iter_mut().for_each(|plan| plan["provisioningStatus"] = json!("Disabled"));
        },
    ];
    for (way, first) in ways.iter().flat_map(|way| [(way, false), (way, true)]) {
        let t = Tenant::demo();
        twin(&t, "subscribed-skus", first, |row| row["skuPartNumber"] == "AAD_PREMIUM_P2", way);
        let answer = read(&t, "connection", json!({"check_ids": ["license_p2"]})).await;
        assert_eq!(answer["checks"][0]["status"], "unknown", "{first}");
    }
}

#[tokio::test]
async fn a_group_that_also_hides_its_members_hides_them() {
    for first in [false, true] {
        let t = with_schedules().with_fault(Fault::on("/v1.0/groups").method("GET").change(move |body| {
            let Some(rows) = body["value"].as_array_mut() else { return };
            let with_twin = |row: Json| {
                let mut twin = row.clone();
                twin["visibility"] = json!("HiddenMembership");
                if first { [twin, row] } else { [row, twin] }
            };
            *rows = std::mem::take(rows).into_iter().flat_map(with_twin).collect();
        }));
        let a = read(&t, "directory_role_assignments", json!({"limit": 0})).await;
        let subjects: Vec<_> = a["unreadable"].as_array().unwrap().iter().map(|gap| &gap["subject"]).collect();
        assert!(subjects.contains(&&json!("group_members")) && a["complete"] == false, "{first} {subjects:?}");
    }
}

#[tokio::test]
async fn whether_one_who_is_a_guest_in_one_row_and_a_member_in_another_is_one_nobody_knows() {
    for first in [false, true] {
        let t = with_schedules().with_fault(Fault::on("/directory/roleAssignments").method("GET").change(move |body| {
            let rows = body["value"].as_array_mut().unwrap();
            let Some(at) = rows.iter().position(|row| row["principal"]["userType"] == "Guest") else { return };
            let mut other = rows[at].clone();
            (other["id"], other["principal"]["userType"]) = (json!("another"), json!("Member"));
            rows.insert(at + usize::from(!first), other);
        }));
        let a = read(&t, "directory_role_assignments", json!({"limit": 0})).await;
        assert_eq!((&a["summary"]["guests"], &a["complete"]), (&Json::Null, &json!(false)), "{first}");
    }
}

#[tokio::test]
async fn a_role_that_also_comes_under_another_name_is_no_unknown_value() {
    for first in [false, true] {
        let t = Tenant::demo();
        let is = |row: &Json| row["properties"]["roleName"] == "Contributor";
        twin(&t, "role-definitions", first, is, |row| row["properties"]["roleName"] = json!("Something else"));
        for name in ["Contributor", "Something else"] {
            let a = read(&t, "role_assignments", json!({"role_definition_names": [name]})).await;
            assert_eq!(a["complete"], false, "{name} {first}");
        }
    }
}

/// Resource Graph has one row a subscription; of two nobody knows whether they are parts or one is out of date.
#[tokio::test]
async fn what_resource_graph_counts_twice_is_counted_by_resource_manager() {
    let before = by_graph(Tenant::demo()).await.read("defender_plans", json!({"limit": 0})).await.ok();
    let t = Tenant::demo().with_fault(Fault::on("Microsoft.ResourceGraph").named("resourcecounts").change(|body| {
        let rows = body["data"].as_array_mut().unwrap();
        let mut twin = rows[0].clone();
        let all = rows[0]["counts"].as_array().unwrap().clone();
        let (one, other) = all.split_at(all.len() / 2);
        (rows[0]["counts"], twin["counts"]) = (json!(one), json!(other));
        rows.push(twin);
        let number = json!(rows.len());
        (body["count"], body["totalRecords"]) = (number.clone(), number);
    }));
    assert_eq!(by_graph(t).await.read("defender_plans", json!({"limit": 0})).await.ok(), before);
}

#[tokio::test]
async fn a_resource_that_comes_as_two_types_leaves_open_what_there_is_to_protect() {
    for first in [false, true] {
        let t = Tenant::demo();
        let is = |row: &Json| row["id"].as_str().is_some_and(|id| id.contains(SANDBOX));
        twin(&t, "resources", first, is, |row| row["type"] = json!("Microsoft.Other/things"));
        let reading = Inside::by_arm(t).await.read("defender_plans", json!({"limit": 0})).await;
        assert_eq!(reading.gaps(), [format!("resources invalid_response /subscriptions/{SANDBOX}")], "{first}");
    }
}

#[tokio::test]
async fn a_resource_that_comes_twice_with_other_tags_passes_every_filter() {
    let ask = json!({"limit": 0, "tags": {"env": "nowhere"}});
    // What has no tags that are known passes anyway.
    let matched = |answer: &Json| answer["summary"]["matched"].as_u64();
    let before = matched(&read(&Tenant::demo(), "defender_assessments", ask.clone()).await);
    for first in [false, true] {
        let t = Tenant::demo();
        edit(&t, "resources", |rows| {
            let with_twin = |row: Json| {
                let mut twin = row.clone();
                twin["tags"] = json!({"env": "elsewhere"});
                if first { [twin, row] } else { [row, twin] }
            };
            *rows = std::mem::take(rows).into_iter().flat_map(with_twin).collect();
        });
        let a = read(&t, "defender_assessments", ask.clone()).await;
        assert!(matched(&a) > before && a["complete"] == false, "{first} {}", a["summary"]);
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
