//! Finds of somebody who had not written it: answers under which somebody looked covered, or nobody was missed.

use azposture::demo::{Fault, Tenant};
use serde_json::{Value as Json, json};

use super::directory_roles::with_schedules;
use crate::support::inside::Inside;

const USER_ADMINISTRATOR: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";
const HELPDESK_ADMINISTRATOR: &str = "729827e3-9c14-49f7-bb1b-9608f156bbb8";
const PLATFORM_TEAM: &str = "fab00003-0000-4000-8000-000000000003";
const ON_CALL: &str = "fab00003-0000-4000-8000-000000000004";

fn user(last: &str) -> String {
    format!("fab00002-0000-4000-8000-0000000000{last}")
}

fn edited(document: &str, change: impl FnOnce(&mut Vec<Json>)) -> Tenant {
    let tenant = Tenant::demo();
    tenant.edit(document, |list| change(list["value"].as_array_mut().unwrap())).unwrap();
    tenant
}

/// The demo tenant with something in one of its policies changed.
fn with_policy(last: &str, change: impl FnOnce(&mut Json)) -> Tenant {
    let id = format!("fab00020-0000-4000-8000-0000000000{last}");
    edited("conditional-access-policies", |rows| change(rows.iter_mut().find(|row| row["id"] == id.as_str()).unwrap()))
}

async fn coverage(tenant: Tenant, last: &str) -> Json {
    let every = ["blocked", "enforced", "not_applicable", "not_enforced", "partial", "unknown"];
    let arguments = json!({"statuses": every, "user_ids": [user(last)], "limit": 0});
    Inside::on(tenant).await.read("mfa_coverage", arguments).await.ok()["coverage"][0].clone()
}

async fn is_green(tenant: Tenant, arguments: Json) -> bool {
    Inside::on(tenant).await.open("mfa_validation", arguments).await.errors().is_empty()
}

#[tokio::test]
async fn who_could_activate_a_role_and_was_not_seen_is_not_left_out() {
    let about = || json!({"directory_role_template_ids": [USER_ADMINISTRATOR]});
    assert!(is_green(with_schedules(), about()).await);
    let refused = || {
        let fault = Fault::on("/roleEligibilityScheduleInstances").refuse(403, "Authorization_RequestDenied", "no");
        with_schedules().with_fault(fault)
    };
    assert!(!is_green(refused(), about()).await);
    assert_eq!(coverage(refused(), "01").await["eligible_roles"], Json::Null);
}

#[tokio::test]
async fn who_holds_a_role_in_a_part_of_the_directory_is_looked_at() {
    let arguments = json!({"directory_role_template_ids": [HELPDESK_ADMINISTRATOR], "statuses": ["partial", "enforced", "unknown"], "limit": 0});
    let answer = Inside::on(Tenant::demo()).await.read("mfa_coverage", arguments).await.ok();
    assert!(answer["coverage"].to_string().contains(&user("07")), "Greta holds it in an administrative unit");
}

#[tokio::test]
async fn who_holds_a_role_and_is_not_among_the_users_is_missed() {
    let about = || json!({"directory_role_template_ids": ["e8611ab8-c189-46e8-94e1-60213ab1f814"]});
    assert!(is_green(with_schedules(), about()).await);
    let without_greta = Fault::on("/v1.0/users").keep(|row| row["id"] != user("07").as_str());
    assert!(!is_green(with_schedules().with_fault(without_greta), about()).await);
}

#[tokio::test]
async fn a_group_that_hides_its_members_hides_them_in_the_groups_that_it_is_in() {
    let about = || json!({"group_ids": [PLATFORM_TEAM]});
    assert!(is_green(Tenant::demo(), about()).await);
    for visibility in [json!("HiddenMembership"), json!("AWordNobodyKnows")] {
        let tenant =
            edited("groups", |rows| rows.iter_mut().find(|row| row["id"] == ON_CALL).unwrap()["visibility"] = visibility.clone());
        assert!(!is_green(tenant, about()).await, "{visibility}");
    }
    let unsaid = edited("groups", |rows| {
        rows.iter_mut().find(|row| row["id"] == ON_CALL).unwrap().as_object_mut().unwrap().remove("visibility");
    });
    assert!(!is_green(unsaid, about()).await);
}

#[tokio::test]
async fn a_role_that_does_not_say_where_it_is_held_covers_nobody() {
    let of_ava = |rows: &[Json]| rows.iter().position(|row| row["principalId"] == user("01").as_str()).unwrap();
    assert_eq!(coverage(Tenant::demo(), "01").await["verdict"], "enforced");
    let unsaid = edited("directory-role-assignments", |rows| {
        let place = of_ava(rows);
        rows[place]["directoryScopeId"] = Json::Null;
    });
    let twofold = edited("directory-role-assignments", |rows| {
        let place = of_ava(rows);
        let mut other = rows[place].clone();
        other["directoryScopeId"] = json!("/administrativeUnits/fab00011-0000-4000-8000-000000000007");
        rows.push(other);
    });
    for (tenant, what) in [(unsaid, "left out"), (twofold, "said twice")] {
        // She holds another role through a group, which must not cover her here.
        let tenant_without_group = {
            tenant.edit("group-members", |groups| groups["fab00003-0000-4000-8000-000000000008"] = json!([])).unwrap();
            tenant
        };
        assert_ne!(coverage(tenant_without_group, "01").await["verdict"], "enforced", "{what}");
    }
}

#[tokio::test]
async fn guests_that_are_not_understood_are_not_covered() {
    assert_eq!(coverage(Tenant::demo(), "37").await["verdict"], "enforced");
    let narrowed = with_policy("04", |policy| {
        policy["conditions"]["users"]["includeGuestsOrExternalUsers"]["guestDomains"] = json!(["elsewhere.example"]);
    });
    let of_no_kind = with_policy("04", |policy| {
        let kind = "#microsoft.graph.conditionalAccessEnumeratedExternalTenants";
        policy["conditions"]["users"]["includeGuestsOrExternalUsers"]["externalTenants"] =
            json!({"@odata.type": kind, "membershipKind": null});
    });
    for tenant in [narrowed, of_no_kind] {
        assert_eq!(coverage(tenant, "37").await["verdict"], "unknown");
    }
}

#[tokio::test]
async fn groups_of_a_policy_that_is_not_understood_are_not_said_to_be_protected() {
    let tenant = with_policy("01", |policy| policy["conditions"]["users"]["excludeUsers"] = json!([5]));
    let answer = Inside::on(tenant).await.read("conditional_access_policies", json!({})).await.ok();
    assert_eq!((&answer["unprotected_groups"], &answer["complete"]), (&Json::Null, &json!(false)));
}

#[tokio::test]
async fn a_policy_that_is_on_and_off_at_once_may_be_on() {
    let tenant = edited("conditional-access-policies", |rows| {
        let mut off = rows[14].clone();
        off["state"] = json!("disabled");
        rows.insert(0, off);
    });
    // What covers Carla without any gap.
    assert_eq!(coverage(tenant, "03").await["verdict"], "unknown");
}

#[tokio::test]
async fn a_leaver_is_found_by_the_name_of_an_identity() {
    let tenant = edited("users", |rows| {
        let viktor = rows.iter_mut().find(|row| row["id"] == user("20").as_str()).unwrap();
        for field in ["mail", "employeeId"] {
            viktor[field] = Json::Null;
        }
        viktor["userPrincipalName"] = json!("cpim_1@fabrikam-outdoor.onmicrosoft.example");
        viktor["otherMails"] = json!([]);
        viktor["proxyAddresses"] = json!([]);
        viktor["identities"] =
            json!([{"signInType": "emailAddress", "issuer": "x", "issuerAssignedId": "Viktor@fabrikam-outdoor.example"}]);
    });
    let roster = json!([{"email": "viktor@fabrikam-outdoor.example", "status": "terminated"}]);
    let answer =
        Inside::on(tenant).await.read("roster_match", json!({"roster": roster, "statuses": ["terminated_enabled"]})).await.ok();
    assert_eq!(answer["matches"][0]["user_id"], json!(user("20")));
}
