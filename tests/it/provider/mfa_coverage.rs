//! `azposture_mfa_coverage`, `azposture_conditional_access_policies` and `azposture_mfa_validation` on the demo tenant.

use std::collections::BTreeMap;

use azposture::demo::{Fault, Tenant};
use serde_json::{Value as Json, json};

use crate::support::inside::Inside;

const NAME: &str = "mfa_coverage";
const EVERY: [&str; 6] = ["blocked", "enforced", "not_applicable", "not_enforced", "partial", "unknown"];

/// The object id of somebody of the demo tenant, by its last two digits.
fn user(last: &str) -> String {
    format!("fab00002-0000-4000-8000-0000000000{last}")
}

async fn read(tenant: Tenant, more: Json) -> Json {
    let mut arguments = json!({"statuses": EVERY, "limit": 0});
    arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Inside::on(tenant).await.read(NAME, arguments).await.ok()
}

/// Verdict and reasons by user, for one target.
fn verdicts(answer: &Json, target: &str) -> BTreeMap<String, (String, Vec<String>)> {
    let rows = answer["coverage"].as_array().unwrap().iter().filter(|row| row["target"] == target);
    let words = |value: &Json| value.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect();
    let row = |row: &Json| {
        (row["user_id"].as_str().unwrap().to_owned(), (row["verdict"].as_str().unwrap().to_owned(), words(&row["reasons"])))
    };
    rows.map(row).collect()
}

fn verdict<'a>(all: &'a BTreeMap<String, (String, Vec<String>)>, last: &str) -> &'a str {
    &all[&user(last)].0
}

#[tokio::test]
async fn each_person_is_judged_by_the_policies_that_apply() {
    let answer = read(Tenant::demo(), json!({"targets": ["all_apps", "azure_management"]})).await;
    let all = verdicts(&answer, "all_apps");
    // Carla is in finance, which a policy covers without any gap; Ava holds a role, which another does.
    assert_eq!((verdict(&all, "03"), verdict(&all, "01")), ("enforced", "enforced"));
    // Everybody else is asked outside the offices only.
    assert_eq!(all[&user("06")].0, "partial");
    assert!(all[&user("06")].1.contains(&"trusted_locations_excluded".to_owned()), "{:?}", all[&user("06")]);
    // The policy for guests leaves legacy clients to the one that blocks them.
    assert_eq!(verdict(&all, "0d"), "enforced");
    // The emergency accounts are excluded; one is a candidate by all that it is, and so the other.
    assert_eq!(verdict(&all, "0b"), "not_enforced");
    assert!(all[&user("0b")].1.contains(&"excluded_group".to_owned()), "{:?}", all[&user("0b")]);
    // An agent is no person, and Elin's account is disabled.
    assert_eq!((verdict(&all, "19"), verdict(&all, "05")), ("not_applicable", "not_applicable"));
    // At Azure a policy of its own asks everywhere.
    let azure = verdicts(&answer, "azure_management");
    assert_eq!(verdict(&azure, "06"), "enforced");
    let dangling = &answer["dangling"][0];
    assert_eq!((&dangling["side"], &dangling["object_id"]), (&json!("include"), &json!("fab00003-0000-4000-8000-0000000000ff")));
    assert_eq!((&answer["license"], &answer["security_defaults_enabled"]), (&json!("P2"), &json!(false)));
}

/// Nobody is covered because something was not read.
#[tokio::test]
async fn what_is_refused_covers_nobody() {
    let before = verdicts(&read(Tenant::demo(), json!({})).await, "all_apps");
    let passes = |verdict: &str| ["blocked", "enforced"].contains(&verdict);
    for path in [
        "/conditionalAccess/policies",
        "/conditionalAccess/namedLocations",
        "/authenticationStrengthPolicies",
        "/identitySecurityDefaultsEnforcementPolicy",
        "/transitiveMembers",
        "/directory/roleAssignments",
        "/directory/roleDefinitions",
        "/roleEligibilityScheduleInstances",
        "/subscribedSkus",
        "/crossTenantAccessPolicy",
        "/userRegistrationDetails",
    ] {
        let tenant = Tenant::demo().with_fault(Fault::on(path).refuse(403, "Authorization_RequestDenied", "no"));
        let answer = read(tenant, json!({})).await;
        assert_eq!(answer["complete"], json!(false), "{path}");
        for (id, (verdict, reasons)) in verdicts(&answer, "all_apps") {
            assert!(!passes(&verdict) || passes(&before[&id].0), "{path}: {id} {verdict} {reasons:?}");
            assert!(verdict != "not_enforced" || before[&id].0 == "not_enforced", "{path}: {id} fails because of a refusal");
        }
    }
}

/// A list that comes empty with status 200 covers nobody who was not covered before.
#[tokio::test]
async fn what_comes_empty_covers_nobody() {
    let before = verdicts(&read(Tenant::demo(), json!({})).await, "all_apps");
    for document in [
        "conditional-access-policies",
        "named-locations",
        "authentication-strength-policies",
        "directory-role-assignments",
        "directory-role-definitions",
        "directory-role-eligibility-schedule-instances",
        "subscribed-skus",
        "cross-tenant-partners",
        "registration-details",
    ] {
        let tenant = Tenant::demo();
        tenant.edit(document, |list| list["value"] = json!([])).unwrap();
        let answer = read(tenant, json!({})).await;
        for (id, (verdict, reasons)) in verdicts(&answer, "all_apps") {
            let passes = |verdict: &str| ["blocked", "enforced"].contains(&verdict);
            assert!(!passes(&verdict) || passes(&before[&id].0), "{document}: {id} {verdict} {reasons:?}");
        }
    }
}

/// Every field of every policy in turn: null, left out, of another kind, or a new word.
#[tokio::test]
async fn no_field_of_a_policy_covers_anybody_by_its_absence() {
    let before = verdicts(&read(Tenant::demo(), json!({})).await, "all_apps");
    let policies = Tenant::demo().document("conditional-access-policies")["value"].as_array().unwrap().clone();
    let mut tried = 0;
    for (place, policy) in policies.iter().enumerate().filter(|(_, policy)| policy["state"] == "enabled") {
        for path in leaves(policy) {
            for odd in [None, Some(json!(7)), Some(json!("aNewWord")), Some(json!(["aNewWord"]))] {
                let tenant = Tenant::demo();
                tenant
                    .edit("conditional-access-policies", |list| {
                        let (parent, name) = path.rsplit_once('/').unwrap();
                        let parent = list["value"][place].pointer_mut(parent).unwrap().as_object_mut().unwrap();
                        match &odd {
                            None => {
                                parent.remove(name);
                            }
                            Some(value) => parent[name] = value.clone(),
                        }
                    })
                    .unwrap();
                tried += 1;
                let Some(answer) = Inside::on(tenant).await.read(NAME, json!({"statuses": EVERY, "limit": 0})).await.value else {
                    continue;
                };
                for (id, (verdict, reasons)) in verdicts(&answer, "all_apps") {
                    let was = &before[&id].0;
                    assert!(verdict != "enforced" || was == "enforced", "{path} {odd:?}: {id} was {was}, {reasons:?}");
                }
            }
        }
        // Each policy has the same fields; a few policies try each of them in each kind.
        if tried > 400 && std::env::var_os("AZPOSTURE_FULL").is_none() {
            break;
        }
    }
    assert!(tried > 300, "{tried}");
}

/// The paths of all fields but ids and names; an empty object is a leaf.
fn leaves(value: &Json) -> Vec<String> {
    fn walk(path: &str, value: &Json, found: &mut Vec<String>) {
        for (name, value) in value.as_object().into_iter().flatten() {
            let path = format!("{path}/{name}");
            if !["/id", "/displayName", "/createdDateTime", "/modifiedDateTime", "/templateId"].contains(&path.as_str()) {
                found.push(path.clone());
            }
            walk(&path, value, found);
        }
    }
    let mut found = Vec::new();
    walk("", value, &mut found);
    found
}

#[tokio::test]
async fn policies_are_shown_in_plain_words_and_what_they_leave_open() {
    let inside = Inside::on(Tenant::demo()).await;
    let answer = inside.read("conditional_access_policies", json!({"limit": 0})).await.ok();
    let policy = |last: &str| {
        let id = format!("fab00020-0000-4000-8000-0000000000{last}");
        answer["policies"].as_array().unwrap().iter().find(|row| row["key"] == id.as_str()).unwrap()
    };
    assert_eq!(
        (&policy("01")["mfa"], &policy("03")["mfa"], &policy("07")["mfa"]),
        (&json!("required"), &json!("none"), &json!("alternative"))
    );
    assert_eq!((&policy("11")["indeterminate"], &policy("02")["gaps"]), (&json!(true), &json!(["trusted_locations_excluded"])));
    assert_eq!(policy("02")["excluded_locations"], json!(["AllTrusted"]), "in Azure's spelling");
    assert_eq!(answer["summary"]["by_state"]["enabled"], json!(15));
    let gaps: Vec<&str> = answer["exclusion_gaps"].as_array().unwrap().iter().map(|gap| gap["key"].as_str().unwrap()).collect();
    assert!(gaps.contains(&"group|fab00003-0000-4000-8000-00000000000b"), "{gaps:?}");
    let unprotected = answer["unprotected_groups"].as_array().unwrap();
    assert!(unprotected.contains(&json!("fab00003-0000-4000-8000-00000000000b")), "{unprotected:?}");
    let missing = inside.read("conditional_access_policies", json!({"policy_ids": [user("01")]})).await;
    assert_eq!(missing.errors(), ["Nothing selected"]);
}

#[tokio::test]
async fn the_validation_stops_for_whoever_is_not_covered_and_names_why() {
    let inside = Inside::on(Tenant::demo()).await;
    let finance = json!({"group_ids": ["fab00003-0000-4000-8000-000000000006"]});
    let green = inside.open("mfa_validation", finance).await.ok();
    assert_eq!((&green["checked"], &green["passed"]), (&json!(1), &json!(1)));
    let red = inside.open("mfa_validation", json!({"user_ids": [user("06"), user("0b"), user("05")]})).await;
    assert_eq!(red.errors(), ["mfa_validation: 2 failed of 2"]);
    for told in [&user("06"), &user("0b"), "trusted_locations_excluded", "excluded_group", "CA002"] {
        assert!(red.detail().contains(told), "{told}: {}", red.detail());
    }
    let accepted = json!({"user_ids": [user("06")], "accepted_partials": ["trusted_locations_excluded"]});
    assert_eq!(inside.open("mfa_validation", accepted).await.ok()["passed"], json!(1));
    let exception = |until: &str| {
        json!({
            "user_ids": [user("03"), user("0b")],
            "exceptions": [{"user_ids": [user("0b")], "reason": "Emergency account, alert on every use.", "owner": "ciso", "expires_on": until}],
        })
    };
    let excepted = inside.open("mfa_validation", exception("2027-06-30")).await.ok();
    assert_eq!((&excepted["checked"], &excepted["excepted"]), (&json!(1), &json!(1)));
    let expired = inside.open("mfa_validation", exception("2026-11-01")).await;
    assert_eq!(
        (expired.errors(), expired.warnings().contains(&"Exception has expired")),
        (vec!["mfa_validation: 1 failed of 2"], true)
    );
    let nobody = inside.open("mfa_validation", json!({"privileged": false})).await;
    assert_eq!(nobody.errors(), ["Nothing selected"]);
    let disabled = inside.open("mfa_validation", json!({"user_ids": [user("05")]})).await;
    assert_eq!(disabled.errors(), ["Nothing selected"]);
    let empty = inside.open("mfa_validation", json!({"group_ids": ["fab00003-0000-4000-8000-00000000000f"]})).await;
    assert_eq!(empty.errors(), ["Nothing selected"]);
    let hidden = inside.open("mfa_validation", json!({"group_ids": ["fab00003-0000-4000-8000-000000000010"]})).await;
    assert!(!hidden.errors().is_empty(), "members that are hidden are not nobody");
}

#[tokio::test]
async fn under_redact_nobody_is_named() {
    let block = json!({"environment": "demo", "personal_data": "redact"});
    let inside = Inside::configured(Tenant::demo(), block).await;
    let red = inside.open("mfa_validation", json!({"all_users": true})).await;
    assert!(red.errors()[0].starts_with("mfa_validation: "), "{:?}", red.errors());
    assert!(!red.detail().contains("@fabrikam"), "{}", red.detail());
    let rows = inside.read(NAME, json!({"limit": 0})).await.ok();
    assert!(!rows.to_string().contains("@fabrikam"), "names are null");
}
