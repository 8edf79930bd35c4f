//! Every reason for which a plan falls short, and what passes.

use std::collections::BTreeMap;

use super::{
    super::{Extension, resource_count},
    *,
};
use crate::posture::{Subject, Unreadable};

fn plan(name: &str, tier: &str, subplan: Option<&str>) -> Plan {
    Plan {
        name: name.into(),
        tier: Some(tier.into()),
        subplan: subplan.map(Into::into),
        coverage: Some("FullyCovered".into()),
        ..Plan::default()
    }
}

fn gap(reason: Reason) -> Unreadable {
    Unreadable { reason, ..Unreadable::unasked(Subject::Resources) }
}

fn unseen(reason: Reason) -> Seen<Counts> {
    Seen::unseen(gap(reason))
}

fn require(plan: &str, subplan: Option<&str>) -> Requirement {
    Requirement { plan: plan.into(), subplan: subplan.map(Into::into), ..Requirement::default() }
}

fn reason(requirement: &Requirement, plans: &[Plan]) -> (Status, &'static str) {
    let verdict = judge(requirement, plans, &unseen(Reason::NotProven));
    (verdict.status, Why::shown(verdict.reason))
}

#[test]
fn of_two_rows_with_one_name_none_counts_if_they_contradict_each_other() {
    let wanted = |extensions: &[&str]| Requirement {
        plan: "Arm".into(),
        extensions: extensions.iter().map(|name| (*name).to_owned()).collect(),
        ..Requirement::default()
    };
    let (on, off) = (plan("Arm", "Standard", None), plan("arm", "Free", None));
    for rows in [[on.clone(), off.clone()], [off, on.clone()]] {
        assert_eq!(judge(&wanted(&[]), &rows, &unseen(Reason::Forbidden)).reason, Some(Reason::NotProven.into()));
    }
    let extension = |enabled| Extension { name: "X".into(), enabled: Some(enabled), ..Extension::default() };
    for extensions in [[true, false], [false, true]] {
        let twice = Plan { extensions: extensions.map(extension).into(), ..on.clone() };
        assert_eq!(judge(&wanted(&["x"]), &[twice], &unseen(Reason::Forbidden)).reason, Some(Reason::NotProven.into()));
    }
}

#[test]
fn a_successor_that_the_list_lacks_is_not_passed_over() {
    let replaced = Plan { deprecated: true, replaced_by: vec!["Containers".into(), "Other".into()], ..plan("Old", "Free", None) };
    let wanted = Requirement { plan: "Old".into(), ..Requirement::default() };
    let verdict = judge(&wanted, &[replaced, plan("Containers", "Standard", None)], &unseen(Reason::Forbidden));
    assert_eq!((verdict.status, Why::shown(verdict.reason)), (Status::Unknown, "not_listed"));
}

#[test]
fn a_free_plan_is_off_and_a_standard_one_is_on() {
    assert_eq!(reason(&require("Arm", None), &[plan("Arm", "Free", None)]), (Status::Fail, "plan_off"));
    assert_eq!(reason(&require("arm", None), &[plan("Arm", "standard", None)]), (Status::Pass, ""));
}

#[test]
fn a_plan_whose_tier_is_not_stated_is_unknown() {
    let silent = Plan { tier: None, ..plan("Arm", "", None) };
    assert_eq!(reason(&require("Arm", None), &[silent]), (Status::Unknown, "invalid_response"));
    let novel = plan("Arm", "Premium", None);
    assert_eq!((novel.enabled(), reason(&require("Arm", None), &[novel])), (None, (Status::Unknown, "invalid_response")));
}

#[test]
fn pools_and_connected_servers_are_something_to_protect() {
    let counts =
        BTreeMap::from([("microsoft.synapse/workspaces".into(), 3), ("microsoft.azurearcdata/sqlserverinstances".into(), 9)]);
    assert_eq!(resource_count("SqlServers", &counts), Some(3));
    assert_eq!(resource_count("SqlServerVirtualMachines", &counts), Some(9));
}

#[test]
fn a_plan_that_the_list_lacks_is_unknown_and_no_cause_is_asserted() {
    let verdict = judge(&require("Api", None), &[plan("Arm", "Standard", None)], &unseen(Reason::NotProven));
    assert_eq!((verdict.status, Why::shown(verdict.reason)), (Status::Unknown, "not_listed"));
    assert_eq!(verdict.detail, "the list of plans lacks Api");
}

#[test]
fn subplans_have_an_order_and_some_are_superseded() {
    let cases = [
        ("VirtualMachines", Some("P2"), "P1", (Status::Pass, "")),
        ("VirtualMachines", Some("P1"), "P2", (Status::Fail, "subplan_too_low")),
        ("VirtualMachines", None, "P1", (Status::Pass, "")),
        ("VirtualMachines", None, "P2", (Status::Pass, "")),
        ("VirtualMachines", Some("P3"), "P2", (Status::Unknown, "not_proven")),
        ("StorageAccounts", None, "DefenderForStorageV2", (Status::Unknown, "not_proven")),
        ("KeyVaults", None, "PerTransaction", (Status::Unknown, "not_proven")),
        ("Api", None, "P1", (Status::Unknown, "not_proven")),
        ("StorageAccounts", Some("PerTransaction"), "DefenderForStorageV2", (Status::Fail, "legacy_subplan")),
        ("StorageAccounts", Some("DefenderForStorageV2"), "defenderforstoragev2", (Status::Pass, "")),
        ("KeyVaults", Some("PerTransaction"), "PerKeyVault", (Status::Fail, "legacy_subplan")),
        ("Arm", Some("PerApiCall"), "PerApiCall", (Status::Pass, "")),
        ("StorageAccounts", Some("DefenderForStorageV2"), "PerTransaction", (Status::Pass, "")),
        ("StorageAccounts", Some("Novel"), "PerTransaction", (Status::Unknown, "not_proven")),
        ("AppServices", Some("P9"), "P1", (Status::Unknown, "not_proven")),
    ];
    for (name, actual, wanted, expected) in cases {
        assert_eq!(reason(&require(name, Some(wanted)), &[plan(name, "Standard", actual)]), expected, "{name} {wanted}");
    }
}

#[test]
fn extensions_have_to_be_there_on_and_healthy() {
    let extension = |enabled: Option<bool>, code: Option<&str>| Extension {
        name: "AgentlessVmScanning".into(),
        enabled,
        operation_code: code.map(Into::into),
        operation_stated: code.is_some(),
        ..Extension::default()
    };
    let wanted = Requirement { extensions: ["agentlessvmscanning".into()].into(), ..require("VirtualMachines", None) };
    for (extensions, expected) in [
        (vec![], (Status::Fail, "extension_not_available")),
        (vec![extension(Some(false), None)], (Status::Fail, "extension_off")),
        (vec![extension(None, Some("Succeeded"))], (Status::Unknown, "invalid_response")),
        (vec![extension(Some(true), Some("Failed"))], (Status::Fail, "extension_unhealthy")),
        (vec![extension(Some(true), Some("Succeeded"))], (Status::Pass, "")),
        (vec![extension(Some(true), None)], (Status::Pass, "")),
        (vec![extension(Some(true), Some("InProgress"))], (Status::Unknown, "invalid_response")),
    ] {
        let plan = Plan { extensions, ..plan("VirtualMachines", "Standard", Some("P2")) };
        assert_eq!(reason(&wanted, &[plan]), expected);
    }
    let wordless = Extension { operation_stated: true, ..extension(Some(true), None) };
    let plan = Plan { extensions: vec![wordless], ..plan("VirtualMachines", "Standard", Some("P2")) };
    assert_eq!(reason(&wanted, &[plan]), (Status::Unknown, "invalid_response"), "a status without a code");
}

#[test]
fn coverage_that_is_not_stated_is_unknown() {
    let wanted = Requirement { full_coverage: true, ..require("VirtualMachines", None) };
    let covered =
        |coverage: Option<&str>| Plan { coverage: coverage.map(Into::into), ..plan("VirtualMachines", "Standard", None) };
    assert_eq!(reason(&wanted, &[covered(Some("FullyCovered"))]), (Status::Pass, ""));
    assert_eq!(reason(&wanted, &[covered(Some("PartiallyCovered"))]), (Status::Fail, "partially_covered"));
    assert_eq!(reason(&wanted, &[covered(None)]), (Status::Unknown, "not_proven"));
}

#[test]
fn a_plan_that_is_on_and_covers_nothing_fails_where_there_is_something_to_cover() {
    let machines = |count| BTreeMap::from([("microsoft.compute/virtualmachines".to_owned(), count)]);
    let plan = |name: &str, coverage: &str| Plan { coverage: Some(coverage.into()), ..plan(name, "Standard", None) };
    let (none, some) = (machines(0), machines(2));
    let all = |counts: &Counts| Seen::all(counts.clone());
    let part = |counts: &Counts| Seen::part(counts.clone(), [gap(Reason::NotProven)]);
    for full_coverage in [false, true] {
        for (name, coverage, seen, expected) in [
            ("VirtualMachines", "NotCovered", all(&some), (Status::Fail, "not_covered")),
            ("VirtualMachines", "notcovered", part(&some), (Status::Fail, "not_covered")),
            ("VirtualMachines", "NotCovered", all(&none), (Status::Pass, "")),
            ("VirtualMachines", "NotCovered", part(&none), (Status::Unknown, "not_proven")),
            ("VirtualMachines", "NotCovered", unseen(Reason::Forbidden), (Status::Unknown, "forbidden")),
            ("CloudPosture", "NotCovered", all(&some), (Status::Unknown, "not_proven")),
            ("Novel", "NotCovered", all(&some), (Status::Unknown, "not_proven")),
            ("VirtualMachines", "MostlyCovered", all(&some), (Status::Unknown, "invalid_response")),
            ("VirtualMachines", "FullyCovered", unseen(Reason::Forbidden), (Status::Pass, "")),
        ] {
            let wanted = Requirement { full_coverage, ..require(name, None) };
            let verdict = judge(&wanted, &[plan(name, coverage)], &seen);
            assert_eq!((verdict.status, Why::shown(verdict.reason)), expected, "{name} {coverage} {seen:?}");
        }
    }
    let both = Requirement { subplan: Some("P2".into()), ..require("VirtualMachines", None) };
    let low = Plan { subplan: Some("P1".into()), ..plan("VirtualMachines", "NotCovered") };
    assert_eq!(judge(&both, &[low], &part(&none)).reason, Some(Why::SubplanTooLow), "what fails comes before what is unknown");
}

#[test]
fn every_field_that_speaks_against_the_tier_is_heard() {
    let some = BTreeMap::from([("microsoft.compute/virtualmachines".to_owned(), 2)]);
    let on = || plan("VirtualMachines", "Standard", Some("P2"));
    let sensor = |enabled, code: Option<&str>| Extension {
        name: "AgentlessVmScanning".into(),
        enabled,
        operation_code: code.map(Into::into),
        operation_stated: code.is_some(),
        ..Extension::default()
    };
    let wanted = Requirement { extensions: ["AgentlessVmScanning".into()].into(), ..require("VirtualMachines", Some("P2")) };
    let with = |extension| Plan { extensions: vec![extension], ..on() };
    let good = || with(sensor(Some(true), Some("Succeeded")));
    let replaced = |own: Plan| Plan { deprecated: true, replaced_by: vec!["Containers".into()], ..own };
    for (field, plans, expected) in [
        ("none", vec![good()], ""),
        ("resourcesCoverageStatus", vec![Plan { coverage: Some("NotCovered".into()), ..good() }], "not_covered"),
        ("subPlan", vec![Plan { subplan: Some("P1".into()), ..good() }], "subplan_too_low"),
        ("isEnabled", vec![with(sensor(Some(false), Some("Succeeded")))], "extension_off"),
        ("operationStatus", vec![with(sensor(Some(true), Some("Failed")))], "extension_unhealthy"),
        ("deprecated", vec![replaced(good()), plan("Containers", "Free", None)], "plan_off"),
    ] {
        let verdict = judge(&wanted, &plans, &Seen::all(some.clone()));
        assert_eq!(Why::shown(verdict.reason), expected, "{field}");
    }
}

#[test]
fn a_plan_is_off_where_defender_is_surely_not_registered() {
    for (state, expected) in
        [(Some("NotRegistered"), Status::Fail), (Some("unregistered"), Status::Fail), (None, Status::Unknown)]
    {
        let verdict = judge_unregistered(&require("Arm", None), state, &unseen(Reason::NotProven));
        assert_eq!((verdict.status, Why::shown(verdict.reason)), (expected, "not_registered"), "{state:?}");
    }
    let none = BTreeMap::new();
    let relevant = Requirement { only_relevant: true, ..require("KeyVaults", None) };
    let seen = Seen::all(none);
    assert_eq!(judge_unregistered(&relevant, Some("NotRegistered"), &seen).status, Status::NotApplicable);
}

#[test]
fn a_deprecated_plan_is_judged_through_its_successors() {
    let old = Plan { deprecated: true, replaced_by: vec!["Containers".into()], ..plan("ContainerRegistry", "Standard", None) };
    let wanted = require("ContainerRegistry", None);
    assert_eq!(reason(&wanted, &[old.clone(), plan("Containers", "Free", None)]), (Status::Fail, "plan_off"));
    assert_eq!(reason(&wanted, &[old.clone(), plan("Containers", "Standard", None)]), (Status::Pass, ""));
    assert_eq!(reason(&wanted, &[old]), (Status::Pass, ""), "no successor is offered, so the old plan still counts");
    let dns = Plan { deprecated: true, replaced_by: vec!["VirtualMachines".into()], ..plan("Dns", "Standard", None) };
    let servers = |subplan| plan("VirtualMachines", "Standard", Some(subplan));
    assert_eq!(reason(&require("Dns", None), &[dns.clone(), servers("P1")]), (Status::Fail, "subplan_too_low"));
    assert_eq!(reason(&require("Dns", None), &[dns, servers("P2")]), (Status::Pass, ""));
}

#[test]
fn a_plan_without_resources_is_not_applicable_only_when_that_is_proven() {
    let wanted = Requirement { only_relevant: true, ..require("KeyVaults", None) };
    let off = [plan("KeyVaults", "Free", None)];
    let counts = |count| BTreeMap::from([("microsoft.keyvault/vaults".to_owned(), count)]);
    let (none, some) = (counts(0), counts(2));
    let seen = |counts: &Counts, unproven: Option<Reason>| Seen::part(counts.clone(), unproven.map(gap));
    assert_eq!(judge(&wanted, &off, &seen(&none, None)).status, Status::NotApplicable);
    assert_eq!(judge(&wanted, &off, &seen(&some, None)).status, Status::Fail);
    assert_eq!(judge(&wanted, &off, &seen(&some, Some(Reason::NotProven))).status, Status::Fail);
    assert_eq!(judge(&wanted, &off, &seen(&none, Some(Reason::NotProven))).status, Status::Unknown);
    assert_eq!(judge(&wanted, &off, &unseen(Reason::Forbidden)).reason, Some(Reason::Forbidden.into()));
    let whole = Requirement { only_relevant: true, ..require("Arm", None) };
    assert_eq!(
        judge(&whole, &[plan("Arm", "Free", None)], &seen(&none, None)).status,
        Status::Fail,
        "it protects the subscription"
    );
}

#[test]
fn a_plan_counts_the_resources_of_all_its_types() {
    let counts = BTreeMap::from([
        ("microsoft.compute/virtualmachines".to_owned(), 3),
        ("microsoft.hybridcompute/machines".to_owned(), 1),
        ("microsoft.storage/storageaccounts".to_owned(), 9),
    ]);
    assert_eq!(resource_count("VirtualMachines", &counts), Some(4));
    assert_eq!(resource_count("KeyVaults", &counts), Some(0));
    assert_eq!(resource_count("Arm", &counts), None);
}
