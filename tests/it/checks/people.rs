//! Checks of subscriptions and of the tenant: owners, Global Administrators, plans.

use azposture::{
    demo::{Fault, PRODUCTION, SANDBOX, Tenant},
    posture::checks::find,
};
use serde_json::{Value as Json, json};

use super::{ends, expected, found, said, with, with_schedules};
use crate::support::held::{READER, assignment, subscription};

const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";

fn user(number: u8) -> String {
    format!("fab00002-0000-4000-8000-{number:012x}")
}

/// The sandbox given to this many owners more than the one it has.
fn owned_by(more: usize) -> Tenant {
    with(Tenant::demo(), "role-assignments", |rows| {
        let owner = |number| assignment(number, &format!("fab0000e-0000-4000-8000-{number:012}"), OWNER, &subscription(SANDBOX));
        rows.extend((0..more).map(owner));
    })
}

#[tokio::test]
async fn owners_of_the_subscription_itself_are_counted_once_each() {
    // The demo's production has the owners 1, 2, 5 and an application, its sandbox one.
    assert_eq!(ends(&Tenant::demo(), "rbac_owner_count_maximum").await, expected([(PRODUCTION, "fail"), (SANDBOX, "pass")]));
    assert_eq!(ends(&owned_by(2), "rbac_owner_count_maximum").await[SANDBOX], "pass");
    assert_eq!(ends(&owned_by(3), "rbac_owner_count_maximum").await[SANDBOX], "fail");
    let other = with(owned_by(2), "role-assignments", |rows| {
        let below = format!("{}/resourceGroups/rg-lab", subscription(SANDBOX));
        rows.push(assignment(7, &user(7), OWNER, &below));
        rows.push(assignment(8, &user(8), READER, &subscription(SANDBOX)));
        // A second assignment of one that is an owner already.
        rows.push(assignment(9, "fab0000e-0000-4000-8000-000000000000", OWNER, &subscription(SANDBOX)));
    });
    assert_eq!(ends(&other, "rbac_owner_count_maximum").await[SANDBOX], "pass");
}

/// Of two rows of one assignment nobody knows which is true, so nobody can count them.
#[tokio::test]
async fn who_may_hold_something_else_is_not_counted() {
    let twice = |document: &'static str, tenant: Tenant, is: &dyn Fn(&Json) -> bool, change: &dyn Fn(&mut Json)| {
        with(tenant, document, |rows| {
            let mut twin = rows.iter().find(|row| is(row)).unwrap().clone();
            change(&mut twin);
            rows.push(twin);
        })
    };
    let is_last = |row: &Json| row["name"] == "fab0000f-0000-4000-8000-000000000002";
    let reader = |row: &mut Json| {
        row["properties"]["roleDefinitionId"] = json!(format!("/providers/Microsoft.Authorization/roleDefinitions/{READER}"))
    };
    let owners = twice("role-assignments", owned_by(3), &is_last, &reader);
    // Resource Graph's list is refused as a whole, as it names one row twice.
    let findings = found(&owners, "never", &[find("rbac_owner_count_maximum").unwrap()]).await;
    let sandbox = findings.iter().find(|one| super::name(&one.place) == SANDBOX).unwrap();
    assert_eq!(said(sandbox), "unknown invalid_response");
    for (active, eligible, document) in [
        (&[user(1), user(2)][..], &[][..], "directory-role-assignments"),
        (&[user(1)], &[user(2)], "directory-role-eligibility-schedule-instances"),
    ] {
        let tenant = administered(active, eligible);
        assert_eq!(administrators(&tenant).await, "pass");
        let other = |row: &mut Json| row["roleDefinitionId"] = json!("88d8e3e3-8f55-4a1e-953a-9b9898b8876b");
        let tenant = twice(document, tenant, &|row| row["principalId"] == user(2), &other);
        assert_eq!(administrators(&tenant).await, "unknown invalid_response", "{document}");
    }
}

/// The tenant with these people as Global Administrators, and these who could become one.
fn administered(active: &[String], eligible: &[String]) -> Tenant {
    let row = |principal: &String| {
        json!({
            "id": format!("active-{principal}"), "principalId": principal, "roleDefinitionId": GLOBAL_ADMINISTRATOR, "directoryScopeId": "/",
        })
    };
    let tenant = with(with_schedules(), "directory-role-assignments", |rows| *rows = active.iter().map(row).collect());
    with(tenant, "directory-role-eligibility-schedule-instances", |rows| *rows = eligible.iter().map(row).collect())
}

async fn administrators(tenant: &Tenant) -> String {
    ends(tenant, "identity_global_admin_count").await["tenant"].clone()
}

#[tokio::test]
async fn people_are_global_administrators_themselves_through_groups_and_when_they_activate_it() {
    let users = |numbers: &[u8]| numbers.iter().copied().map(user).collect::<Vec<_>>();
    let group = |number: u8| format!("fab00003-0000-4000-8000-{number:012x}");
    let application = "fab00004-0000-4000-8000-000000000003".to_owned();
    for (active, eligible, expected) in [
        (users(&[1]), vec![], "fail"),
        (users(&[1, 2]), vec![], "pass"),
        (users(&[1, 2]), users(&[2, 3, 4]), "pass"),
        (users(&[1, 2]), users(&[3, 4, 5]), "fail"),
        (vec![user(1), application], vec![], "fail"),
        // Of group 6 one person is a member, user 3; of group 2 users 2 and 10, and through other groups 8, 5, 4 and 13.
        (vec![user(1), group(6)], vec![], "pass"),
        (vec![user(3), group(6)], vec![], "fail"),
        (vec![user(1)], vec![group(6)], "pass"),
        (vec![user(1), group(2)], vec![], "fail"),
    ] {
        assert_eq!(administrators(&administered(&active, &eligible)).await, expected, "{active:?} {eligible:?}");
    }
}

#[tokio::test]
async fn a_holder_that_the_directory_does_not_describe_leaves_open_what_it_decides() {
    let hidden = "fab0000e-0000-4000-8000-000000000001".to_owned();
    let users = |numbers: &[u8]| numbers.iter().copied().map(user).chain([hidden.clone()]).collect::<Vec<_>>();
    assert_eq!(administrators(&administered(&users(&[1]), &[])).await, "unknown hidden");
    assert_eq!(administrators(&administered(&users(&[1, 2]), &[])).await, "unknown hidden");
    assert_eq!(administrators(&administered(&users(&[1, 2, 3, 4, 5]), &[])).await, "fail");
}

#[tokio::test]
async fn an_eligibility_that_is_over_counts_no_more() {
    let ends_on = |end: Json| {
        let tenant = administered(&[user(1)], &[user(2)]);
        with(tenant, "directory-role-eligibility-schedule-instances", |rows| rows[0]["endDateTime"] = end)
    };
    // In the demo it is 2 November 2026.
    assert_eq!(administrators(&ends_on(json!("2026-11-01T00:00:00Z"))).await, "fail");
    assert_eq!(administrators(&ends_on(json!("2026-11-04T00:00:00Z"))).await, "pass");
    assert_eq!(administrators(&ends_on(json!(null))).await, "pass");
}

#[tokio::test]
async fn without_the_licence_nobody_could_become_one() {
    let unlicensed = Fault::on("roleEligibilityScheduleInstances").refuse(
        400,
        "AadPremiumLicenseRequired",
        "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.",
    );
    let tenant = administered(&[user(1), user(2)], &[]).with_fault(unlicensed);
    assert_eq!(administrators(&tenant).await, "pass");
}

#[tokio::test]
async fn a_plan_is_on_off_or_not_said() {
    let check = "defender_plan_resource_manager_enabled";
    assert_eq!(ends(&Tenant::demo(), check).await, expected([(PRODUCTION, "pass"), (SANDBOX, "fail plan_off")]));
    let with_tier = |tier: Json| {
        with(Tenant::demo(), "pricings", |rows| {
            let own = rows.iter_mut().filter(|row| row["name"] == "Arm");
            own.for_each(|row| row["properties"]["pricingTier"] = tier.clone());
        })
    };
    for (tier, end) in [
        (json!("standard"), "pass"),
        (json!("Free"), "fail plan_off"),
        (json!("Premium"), "unknown invalid_response"),
        (json!(null), "unknown invalid_response"),
    ] {
        assert_eq!(ends(&with_tier(tier.clone()), check).await[PRODUCTION], end, "{tier}");
    }
    let unlisted = with(Tenant::demo(), "pricings", |rows| rows.retain(|row| row["name"] != "Arm"));
    assert_eq!(ends(&unlisted, check).await[PRODUCTION], "unknown not_listed");
}

#[tokio::test]
async fn a_plan_that_is_listed_as_on_and_as_off_is_neither() {
    let twice = with(Tenant::demo(), "pricings", |rows| {
        let mut off = rows.iter().find(|row| row["name"] == "Arm").unwrap().clone();
        off["properties"]["pricingTier"] = json!("Free");
        rows.push(off);
    });
    let check = find("defender_plan_resource_manager_enabled").unwrap();
    let findings = found(&twice, "never", &[check]).await;
    assert_eq!(said(&findings[0]), "unknown invalid_response", "{findings:#?}");
}
