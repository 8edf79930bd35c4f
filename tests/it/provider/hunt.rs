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
