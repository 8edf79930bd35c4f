//! What is judged of a subscription, and what the checks together mean for each feature.

use super::{super::ready_for, *};

#[test]
fn provisioning_is_no_reason_to_empty_a_filter_that_works() {
    let mut facts = facts();
    facts.identity_scope = true;
    facts.directory.provisioning = Some(BTreeMap::from([("app".to_owned(), Seen::all(true))]));
    let verdict = row("scim_overrides_scope", &facts).verdict;
    assert_eq!(verdict.evidence(), "reason=not_proven active=app");
    let step = verdict.remediation.unwrap();
    assert!(step.contains("assign the people in scope, or widen the scope") && !step.contains("Empty"), "{step}");
}

fn permissions(actions: &[&str]) -> Vec<Permission> {
    vec![Permission { actions: names(actions), ..Permission::default() }]
}

#[test]
fn a_role_needs_what_this_release_reads_in_the_areas_that_are_on_and_no_more() {
    let least = ["Microsoft.Resources/subscriptions/resources/read", "Microsoft.Security/pricings/read"].as_slice();
    let holding = |areas: &[Area], actions: &[&str]| {
        let mut facts = facts();
        facts.areas = areas.iter().copied().collect();
        facts.subscriptions[0].permissions = Seen::all(permissions(actions));
        let of = |id: &str| row(id, &facts).verdict;
        (of("role_reader"), of("role_security_reader"), of("role_monitoring_reader"))
    };
    let (reader, security, _) = holding(&[Area::Posture], least);
    assert_eq!((reader.status, security.status), (Status::Pass, Status::Pass));
    assert_eq!(reader.evidence(), "actions=2", "`*/read` proves a list whole and is no read of its own");
    let (reader, security, monitoring) = holding(&[Area::Posture, Area::Compute, Area::Observability], least);
    assert_eq!((reader.status, security.status), (Status::Fail, Status::Pass));
    assert_eq!(reader.evidence(), "missing=Microsoft.ContainerService/managedClusters/read missing_count=1");
    assert_eq!(monitoring.status, Status::NotApplicable, "nothing is read there, so nothing is proven");
    assert_eq!(holding(&[Area::Posture], &least[..1]).1.status, Status::Fail);
}

#[test]
fn the_free_posture_tier_is_on_if_the_list_says_so_or_there_are_assessments() {
    let with = |tier: Option<&str>, coverage: &str, assessments: usize| {
        let mut plans = vec![plan("CloudPosture")];
        if let Some(tier) = tier {
            let (tier, coverage) = (Some(tier.into()), Some(coverage.into()));
            plans.push(crate::posture::defender::Plan { tier, coverage, ..plan("foundationalcspm") });
        }
        move |facts: &mut ConnectionFacts| {
            let own = &mut facts.subscriptions[0];
            own.plans = Seen::all(plans);
            own.assessments = Seen::all(assessments);
        }
    };
    let id = "defender_foundational_on";
    assert_eq!(status(id, with(Some("Standard"), "FullyCovered", 0)), Status::Pass);
    assert_eq!(status(id, with(Some("Free"), "NotCovered", 7)), Status::Fail, "registration and old assessments are not enough");
    assert_eq!(status(id, with(None, "", 7)), Status::Pass);
    assert_eq!(status(id, with(None, "", 0)), Status::Unknown);
    assert_eq!(status(id, with(Some("Standard"), "NotCovered", 0)), Status::Unknown, "on, and covering nothing, says two things");
    assert_eq!(status(id, with(Some("Premium"), "FullyCovered", 0)), Status::Unknown);
    assert_eq!(
        status(id, with(Some("Premium"), "FullyCovered", 7)),
        Status::Unknown,
        "old assessments do not settle what the list says"
    );
    let unread =
        |facts: &mut ConnectionFacts| facts.subscriptions[0].plans = Seen::unseen(gap(Subject::Plans, Reason::Forbidden));
    assert_eq!(status(id, unread), Status::Unknown);
}

#[test]
fn each_state_of_a_resource_provider_means_one_thing() {
    let vaults = || Seen::all([("microsoft.keyvault/vaults".to_owned(), 1)].into());
    let in_state = |state: Option<&str>| {
        let (vault, own) = (state.map(|state| ("microsoft.keyvault".to_owned(), state.to_owned())), state.map(str::to_owned));
        move |facts: &mut ConnectionFacts| {
            facts.subscriptions[0].inventory = vaults();
            facts.subscriptions[0].providers =
                Seen::all(vault.into_iter().chain(own.map(|state| ("microsoft.security".to_owned(), state))).collect());
        }
    };
    for (state, resources, defender) in [
        (Some("Registered"), Status::Pass, Status::Pass),
        (Some("registering"), Status::Pass, Status::Unknown),
        (Some("NotRegistered"), Status::Fail, Status::Fail),
        (Some("Unregistered"), Status::Fail, Status::Fail),
        (Some("Unregistering"), Status::Fail, Status::Fail),
        (Some("RegistrationFailed"), Status::Fail, Status::Fail),
        (Some("Hibernating"), Status::Unknown, Status::Unknown),
        (Some(""), Status::Unknown, Status::Unknown),
        (None, Status::Unknown, Status::Unknown),
    ] {
        assert_eq!(status("providers_registered", in_state(state)), resources, "{state:?}");
        assert_eq!(status("defender_registered", in_state(state)), defender, "{state:?}");
    }
}

#[test]
fn unregistered_providers_are_in_the_evidence_with_and_without_resources() {
    let mut facts = facts();
    let own = &mut facts.subscriptions[0];
    own.inventory = Seen::all([("microsoft.keyvault/vaults".to_owned(), 1)].into());
    let states = [("keyvault", "Registered"), ("eventhub", "NotRegistered"), ("web", "Unregistered")];
    own.providers = Seen::all(states.iter().map(|(name, state)| (format!("microsoft.{name}"), (*state).to_owned())).collect());
    let verdict = row("providers_registered", &facts).verdict;
    assert_eq!(verdict.status, Status::Pass);
    assert_eq!(verdict.evidence(), "used=1 unregistered=Microsoft.EventHub,Microsoft.Web");
}

#[test]
fn a_plan_that_covers_none_of_its_resources_is_never_passed_over() {
    let vaults =
        |count: u64, unproven: Option<Unreadable>| Seen::part([("microsoft.keyvault/vaults".to_owned(), count)].into(), unproven);
    let bare = |inventory: Seen<BTreeMap<String, u64>>| {
        move |facts: &mut ConnectionFacts| {
            let own = &mut facts.subscriptions[0];
            let bare = crate::posture::defender::Plan { coverage: Some("NotCovered".into()), ..plan("KeyVaults") };
            own.plans = Seen::all(vec![bare]);
            own.inventory = inventory;
            let both = ["microsoft.security", "microsoft.keyvault"];
            own.providers = Seen::all(both.map(|name| (name.to_owned(), "Registered".to_owned())).into());
        }
    };
    let unproven = || Some(gap(Subject::Resources, Reason::NotProven));
    for (inventory, for_area, full) in [
        (vaults(2, None), Status::Fail, Status::Fail),
        (vaults(2, unproven()), Status::Fail, Status::Fail),
        (vaults(0, None), Status::NotApplicable, Status::Pass),
        (vaults(0, unproven()), Status::Unknown, Status::Unknown),
        (Seen::unseen(gap(Subject::Resources, Reason::Forbidden)), Status::Unknown, Status::Unknown),
    ] {
        assert_eq!(status("defender_plan_for_area", bare(inventory.clone())), for_area, "{inventory:?}");
        assert_eq!(status("defender_coverage_full", bare(inventory.clone())), full, "{inventory:?}");
    }
}

#[test]
fn a_word_for_the_coverage_that_nobody_knows_is_neither_a_pass_nor_a_fail() {
    let strange = |facts: &mut ConnectionFacts| {
        let own = &mut facts.subscriptions[0];
        let strange = crate::posture::defender::Plan { coverage: Some("HardlyCovered".into()), ..plan("KeyVaults") };
        own.plans = Seen::all(vec![strange]);
        own.inventory = Seen::all([("microsoft.keyvault/vaults".to_owned(), 2)].into());
    };
    for id in ["defender_plan_for_area", "defender_coverage_full"] {
        assert_eq!(status(id, strange), Status::Unknown, "{id}");
    }
}

#[test]
fn a_plan_is_off_only_where_the_provider_itself_says_that_it_is_not_registered() {
    let unregistered = |state: Result<&str, Unreadable>, vaults: u64| {
        let states = state.map(|state| BTreeMap::from([("microsoft.security".to_owned(), state.to_owned())]));
        move |facts: &mut ConnectionFacts| {
            let own = &mut facts.subscriptions[0];
            own.plans = Seen::unseen(gap(Subject::Plans, Reason::NotRegistered));
            own.providers = states.into();
            own.inventory = Seen::all([("microsoft.keyvault/vaults".to_owned(), vaults)].into());
        }
    };
    for (state, vaults, expected) in [
        (Ok("NotRegistered"), 1, Status::Fail),
        (Ok("Unregistered"), 1, Status::Fail),
        (Ok("Registering"), 1, Status::Unknown),
        (Ok("Registered"), 1, Status::Unknown),
        (Err(gap(Subject::Providers, Reason::Forbidden)), 1, Status::Unknown),
        (Ok("NotRegistered"), 0, Status::NotApplicable),
    ] {
        let mut facts = facts();
        unregistered(state.clone(), vaults)(&mut facts);
        let verdict = row("defender_plan_for_area", &facts).verdict;
        assert_eq!(verdict.status, expected, "{state:?} {vaults}");
        // 0.6: what is surely not registered was seen, and is not unreadable.
        assert_eq!(verdict.gaps.is_empty(), expected != Status::Unknown, "{state:?}");
        if vaults > 0 {
            assert!(verdict.evidence().contains("reason=not_registered"), "{}", verdict.evidence());
        }
    }
    let listed = |facts: &mut ConnectionFacts| {
        unregistered(Ok("NotRegistered"), 1)(facts);
        facts.subscriptions[0].plans = Seen::all(vec![plan("KeyVaults")]);
    };
    assert_eq!(status("defender_plan_for_area", listed), Status::Unknown, "the list and the provider contradict each other");
}

#[test]
fn results_without_a_time_prove_no_scan() {
    let scans = |timed: Option<bool>| {
        move |facts: &mut ConnectionFacts| {
            let own = &mut facts.subscriptions[0];
            own.plans = Seen::all(vec![plan("VirtualMachines")]);
            own.inventory = Seen::all([("microsoft.compute/virtualmachines".to_owned(), 1)].into());
            own.scans = Seen::all(timed.map(|timed| ("server", timed)).into_iter().collect());
        }
    };
    for (timed, expected, reason) in [
        (Some(true), Status::Pass, "kinds=1"),
        (Some(false), Status::Unknown, "reason=scan_time_unsaid"),
        (None, Status::Unknown, "reason=no_data_yet"),
    ] {
        let mut facts = facts();
        scans(timed)(&mut facts);
        let verdict = row("defender_scan_done", &facts).verdict;
        assert_eq!(verdict.status, expected, "{timed:?}");
        assert!(verdict.evidence().contains(reason), "{}", verdict.evidence());
    }
}

#[test]
fn each_feature_is_ready_unless_one_of_its_checks_is_in_the_way() {
    let all = ready_for(&facts());
    assert!(all.values().all(|one| one.ready == Some(true) && one.missing.is_empty()), "{all:#?}");
    let features = |change: &dyn Fn(&mut ConnectionFacts), ready: Option<bool>| -> Vec<&'static str> {
        let mut facts = facts();
        change(&mut facts);
        ready_for(&facts).into_iter().filter(|(_, one)| one.ready == ready).map(|(name, _)| name).collect()
    };
    let token = |held: &[&str]| {
        let held = names(held);
        move |facts: &mut ConnectionFacts| facts.directory.evidence.token = Some(held.clone())
    };
    let no_policy = token(&["AuditLog.Read.All", "Directory.Read.All", "RoleManagement.Read.Directory"]);
    assert_eq!(features(&no_policy, Some(false)), ["access_reviews", "mfa_coverage", "provisioning"]);
    let no_role =
        |facts: &mut ConnectionFacts| facts.subscriptions[0].permissions = Seen::all(permissions(&["Microsoft.Security/*/read"]));
    assert_eq!(features(&no_role, Some(false)), ["policy", "resources", "role_assignments"]);
    let unread =
        |facts: &mut ConnectionFacts| facts.directory.licences = Seen::unseen(gap(Subject::SubscribedSkus, Reason::Forbidden));
    assert_eq!(features(&unread, None), ["pim", "sign_in_activity"]);
    let foreign = |facts: &mut ConnectionFacts| facts.subscriptions[0].tenant_matches = Some(false);
    assert_eq!(features(&foreign, Some(false)), ["policy", "posture", "resources", "role_assignments", "subscriptions"]);
    let no_groups = |facts: &mut ConnectionFacts| facts.scope.groups = Seen::all(0);
    assert_eq!(features(&no_groups, Some(false)), [""; 0], "this connection does not stand on a management group");
    let on_groups = |facts: &mut ConnectionFacts| {
        facts.scope.groups = Seen::all(0);
        facts.scope.kind = "tenant";
    };
    assert_eq!(features(&on_groups, Some(false)).len(), 5);
    let posture_off = |facts: &mut ConnectionFacts| {
        facts.areas.remove(&Area::Posture);
    };
    assert_eq!(features(&posture_off, None), ["posture"]);
    let mut both = facts();
    no_policy(&mut both);
    assert_eq!(ready_for(&both)["mfa_coverage"].missing, ["graph_policy_read"]);
    no_role(&mut both);
    assert_eq!(ready_for(&both)["resources"].missing, ["role_reader|s1"]);
}
