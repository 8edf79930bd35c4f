//! A test that grows by itself: for every check and every read that it declares, that read is refused, answered empty and cut off, and
//! nothing passes.

use azposture::{
    demo::{Fault, SANDBOX, Tenant},
    posture::{
        Place, Subject,
        checks::{Check, Finding, On, all},
    },
};
use serde_json::json;

use super::{found, resources::cases, with, with_schedules};

/// Where a read stands.
fn path(check: &Check, read: Subject) -> String {
    match read {
        Subject::DirectoryRoleAssignments => "roleManagement/directory/roleAssignments".to_owned(),
        Subject::EligibleDirectoryRoleAssignments => "roleManagement/directory/roleEligibilityScheduleInstances".to_owned(),
        Subject::GroupMembers => "/transitiveMembers".to_owned(),
        Subject::Plans => "Microsoft.Security/pricings".to_owned(),
        Subject::Resources => format!("/providers/{}", check.resource_type().unwrap()),
        Subject::RoleAssignments => "Microsoft.Authorization/roleAssignments".to_owned(),
        other => panic!("{}: where does {other} stand?", check.id),
    }
}

/// A tenant on which every check passes everywhere, and needs each of its reads for it.
fn green() -> Tenant {
    let mut tenant = with_schedules();
    for case in cases() {
        let (passing, _) = case.bodies.iter().find(|(_, end)| *end == "pass").unwrap();
        tenant = with(tenant, case.document, |rows| {
            let properties = rows.iter_mut().map(|row| row["properties"].as_object_mut().unwrap());
            properties.for_each(|own| own.extend(passing.as_object().unwrap().clone()));
        });
    }
    tenant = with(tenant, "pricings", |rows| {
        rows.iter_mut().for_each(|row| row["properties"]["pricingTier"] = json!("Standard"));
    });
    tenant = with(tenant, "role-assignments", |rows| {
        rows.retain(|row| row["properties"]["principalId"] != "fab00002-0000-4000-8000-000000000005");
    });
    let administrator = |principal: &str| {
        let role = "62e90394-69f5-4237-9190-012177145e10";
        json!({"id": principal, "principalId": principal, "roleDefinitionId": role, "directoryScopeId": "/"})
    };
    // One person through a group, and one who could become it: two, and without any of the reads fewer.
    tenant =
        with(tenant, "directory-role-assignments", |rows| *rows = vec![administrator("fab00003-0000-4000-8000-000000000006")]);
    with(tenant, "directory-role-eligibility-schedule-instances", |rows| {
        *rows = vec![administrator("fab00002-0000-4000-8000-000000000002")];
    })
}

fn words(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|one| one.status.word()).collect()
}

#[tokio::test]
async fn every_check_passes_where_everything_is_as_it_should_be() {
    for engine in ["never", "always"] {
        for check in all() {
            let findings = found(&green(), engine, &[check]).await;
            let passes = !findings.is_empty() && words(&findings).iter().all(|word| *word == "pass");
            assert!(passes, "{} {engine}: {findings:#?}", check.id);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_check_passes_without_one_of_its_reads() {
    for check in all() {
        assert!(!check.reads().is_empty(), "{}", check.id);
        for read in check.reads() {
            let on = || Fault::on(path(check, *read)).method("GET");
            for (how, fault) in [
                ("refused", on().refuse(403, "AuthorizationFailed", "The client does not have authorization.")),
                ("failed", on().answer(503)),
                ("no JSON", on().html(200)),
                ("cut off", on().short_body()),
                ("torn", on().torn_body()),
                ("empty", on().keep(|_| false)),
                ("null", on().answer_json(200, json!({"value": null}))),
            ] {
                let tenant = green().with_fault(fault);
                let findings = found(&tenant, "never", &[check]).await;
                assert!(tenant.fired().iter().sum::<usize>() > 0, "{} {read}: is not read", check.id);
                let ends = words(&findings);
                assert!(!ends.is_empty() && !ends.contains(&"pass"), "{} {read} {how}: {findings:#?}", check.id);
                let is_told = |one: &Finding| one.status.word() == "unknown" && one.gaps.iter().any(|gap| gap.subject == *read);
                assert!(how == "empty" || findings.iter().all(is_told), "{} {read} {how}: {findings:#?}", check.id);
            }
        }
    }
}

#[tokio::test]
async fn a_subscription_that_cannot_be_read_is_never_left_out() {
    let hidden = with(green(), "subscriptions", |rows| rows.retain(|row| row["subscriptionId"] != SANDBOX));
    for check in all().filter(|check| !matches!(check.on, On::Tenant(..))) {
        let findings = found(&hidden, "never", &[check]).await;
        let is_told = |one: &Finding| one.place == Place::Subscription(SANDBOX.to_owned()) && one.status.word() == "unknown";
        assert!(findings.iter().any(is_told), "{}: {findings:#?}", check.id);
    }
}
