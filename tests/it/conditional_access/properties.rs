//! What holds of every tenant: less is never more. An exclusion, a policy taken away, a membership hidden or a word nobody knows never
//! make anybody look safer, and what is not known never made the difference.

use azposture::posture::{
    Seen,
    conditional_access::{
        AccessPolicy, BothSides, FilterMode, GrantControls, GrantOperator, GroupMembers, GuestTypes, HomeTenants, MfaVerdict,
        PolicyApplications, PolicyPart, PolicyState, RuleFilter, Target, UserSide, UserType,
    },
};
use proptest::prelude::*;

use super::world::*;

const TARGETS: [Target; 3] = [Target::AllApps, Target::AzureManagement, Target::AdminPortals];
const STRANGE: &str = "unknownFutureValue";

/// Everything about one policy, as places in the lists below.
type Choices = [u8; 12];

fn pick<T: Clone>(from: &[T], choice: u8) -> T {
    from[usize::from(choice) % from.len()].clone()
}

/// Most choices are the harmless one, so that verdicts of all kinds come about.
fn choice() -> impl Strategy<Value = u8> {
    prop_oneof![3 => Just(0u8), 2 => any::<u8>()]
}

fn rule(choices: Choices) -> Rule {
    let [grant, state, people, but, apps, but_apps, clients, locations, platforms, device, risk, flow] = choices;
    let grants: [Rule; 12] = [
        mfa(),
        block(),
        any_of(&["mfa", "compliantDevice"]),
        all_of(&["mfa", "compliantDevice"]),
        session(),
        any_of(&["compliantDevice"]),
        any_of(&[]).strength(STRONG),
        any_of(&["mfa"]).strength(WEAK),
        any_of(&[]).custom("Duo"),
        asking(None),
        any_of(&[]).strength(UNLISTED),
        any_of(&["passwordChange"]),
    ];
    let states = ["enabled", "enabled", "enabled", "disabled", "enabledForReportingButNotEnforced", STRANGE];
    let rule = pick(&grants, grant).state(pick(&states, state));
    let rule = match people % 8 {
        0 | 1 => rule,
        2 => rule.for_user(ME),
        3 => rule.for_group(TEAM),
        4 => rule.for_role(READER),
        5 => rule.for_guests(&["b2bCollaborationGuest", "internalGuest"]),
        6 => rule.for_all_guests(),
        _ => rule.for_user(SOMEBODY),
    };
    let rule = match but % 12 {
        1 => rule.but_user(ME),
        2 => rule.but_group(BREAK_GLASS),
        3 => rule.but_role(GLOBAL_ADMIN),
        4 => rule.but_guests(&["b2bCollaborationGuest"]),
        5 => rule.but_all_guests(),
        _ => rule,
    };
    let apps: &[&str] = pick(&[&["All"][..], &["All"], &[AZURE], &["MicrosoftAdminPortals"], &[PAYROLL, AZURE], &["None"]], apps);
    let but_apps: &[&str] = pick(&[&[][..], &[], &[AZURE], &["Office365"], &[AZURE_PORTAL], &[PAYROLL]], but_apps);
    let clients: &[&str] = pick(&[&["all"][..], &MODERN, &LEGACY, &["browser"], &["other"], &[]], clients);
    let places: [(&[&str], &[&str]); 6] = [
        (&[], &[]),
        (&["All"], &["AllTrusted"]),
        (&["AllTrusted"], &[]),
        (&["All"], &[OFFICE]),
        (&["All"], &[]),
        (&[OFFICE], &[]),
    ];
    let (here, not_here) = pick(&places, locations);
    let systems: [(&[&str], &[&str]); 5] =
        [(&[], &[]), (&["all"], &[]), (&["all"], &["linux"]), (&["windows"], &[]), (&[], &["linux"])];
    let (on, not_on) = pick(&systems, platforms);
    let rule = rule.apps(apps).but_apps(but_apps).clients(clients).locations(here, not_here).platforms(on, not_on);
    let rule = if device % 16 == 5 { rule.devices(FilterMode::Exclude) } else { rule };
    let rule = if risk % 16 == 5 { rule.at_risk(&["high"]) } else { rule };
    if flow % 16 == 5 { rule.handed_on(&["deviceCodeFlow"]) } else { rule }
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    prop::collection::vec(prop::array::uniform12(choice()).prop_map(rule), 0..5)
}

/// A tenant of which everything was seen.
fn world() -> impl Strategy<Value = World> {
    (rules(), any::<u8>(), 0..TARGETS.len(), 0..4u8).prop_map(|(rules, held, target, person)| {
        let world = tenant(rules).at(TARGETS[target]);
        let world = if held & 1 == 1 { world.in_group(TEAM) } else { world };
        let world = if held & 2 == 2 { world.in_group(BREAK_GLASS) } else { world };
        let world = if held & 4 == 4 { world.holds(READER) } else { world };
        let world = if held & 8 == 8 { world.holds(GLOBAL_ADMIN) } else { world };
        match person {
            0 => world.coming_as(UserType::Guest),
            1 => world.coming_as(UserType::Member),
            _ => world,
        }
    })
}

/// How good a verdict is; what is unknown is not good.
fn rank(verdict: MfaVerdict) -> u8 {
    match verdict {
        MfaVerdict::Blocked => 3,
        MfaVerdict::Enforced => 2,
        MfaVerdict::Partial => 1,
        MfaVerdict::NotApplicable | MfaVerdict::NotEnforced | MfaVerdict::Unknown => 0,
    }
}

fn verdict(world: &World) -> MfaVerdict {
    world.coverage().verdict
}

fn changed(world: &World, change: impl FnOnce(&mut Vec<AccessPolicy>)) -> World {
    world.clone().with(|facts| {
        let mut policies = facts.policies.so_far().unwrap().clone();
        change(&mut policies);
        facts.policies = Seen::all(policies);
    })
}

/// Whether a world with less is not better than before: what was unknown may turn out to be a part, and no more.
fn is_no_better(before: MfaVerdict, after: MfaVerdict) -> bool {
    rank(after) <= rank(before) || (before == MfaVerdict::Unknown && after == MfaVerdict::Partial)
}

/// Every way to exclude more.
fn exclusions() -> Vec<fn(&mut AccessPolicy)> {
    fn guests(policy: &mut AccessPolicy) {
        let guests = policy.exclude.guests.get_or_insert_default();
        guests.types.extend(["b2bCollaborationGuest", "b2bCollaborationMember"].map(str::to_owned));
    }
    vec![
        |policy| policy.exclude.everyone = true,
        |policy| policy.exclude.guests_or_external = true,
        |policy| policy.exclude.users.extend([ME.to_owned()]),
        |policy| policy.exclude.groups.extend([TEAM.to_owned()]),
        |policy| policy.exclude.groups.extend([BREAK_GLASS.to_owned()]),
        |policy| policy.exclude.groups.extend([SHOP.to_owned()]),
        |policy| policy.exclude.roles.extend([READER.to_owned()]),
        guests,
        |policy| policy.applications.exclude.extend([AZURE.to_owned()]),
        |policy| policy.applications.exclude.extend([M365_PORTAL.to_owned()]),
        |policy| policy.platforms.exclude.extend(["macOS".to_owned()]),
        |policy| policy.locations.exclude.extend(["AllTrusted".to_owned()]),
        |policy| policy.locations.exclude.extend([BRANCH.to_owned()]),
    ]
}

fn strange() -> String {
    STRANGE.to_owned()
}

fn other_filter() -> Option<RuleFilter> {
    Some(RuleFilter { mode: FilterMode::Other(strange()), rule: "x".to_owned() })
}

fn types() -> GuestTypes {
    GuestTypes { types: set(&[STRANGE]), tenants: HomeTenants::All }
}

/// Every field of a policy that has words of the service, each with one word nobody knows more. A new field does not compile until it is
/// here.
fn spoiled(policy: &AccessPolicy) -> Vec<AccessPolicy> {
    let AccessPolicy {
        id: _,
        name: _,
        state: _,
        kind: _,
        include: UserSide { everyone: _, nobody: _, guests_or_external: _, users: _, groups: _, roles: _, guests: _ },
        exclude: _,
        applications: PolicyApplications { include: _, exclude: _, filter: _, user_actions: _, contexts: _ },
        client_types: _,
        platforms: BothSides { include: _, exclude: _ },
        locations: _,
        device_filter: _,
        sign_in_risk: _,
        user_risk: _,
        insider_risk: _,
        transfer_methods: _,
        grant,
        has_session: _,
        unclear: _,
    } = policy;
    if let Some(GrantControls { operator: _, controls: _, strength: _, custom_factors: _, terms_of_use: _ }) = grant {}
    let changes: Vec<fn(&mut AccessPolicy)> = vec![
        |policy| policy.state = PolicyState::of(STRANGE),
        |policy| policy.include.users.extend([strange()]),
        |policy| policy.include.groups.extend([strange()]),
        |policy| policy.include.roles.extend([strange()]),
        |policy| policy.include.guests.get_or_insert_with(types).types.extend([strange()]),
        |policy| policy.include.guests.get_or_insert_with(types).tenants = HomeTenants::Other(strange()),
        |policy| policy.exclude.users.extend([strange()]),
        |policy| policy.exclude.groups.extend([strange()]),
        |policy| policy.exclude.roles.extend([strange()]),
        |policy| policy.exclude.guests.get_or_insert_with(types).types.extend([strange()]),
        |policy| policy.exclude.guests.get_or_insert_with(types).tenants = HomeTenants::Other(strange()),
        |policy| policy.applications.include.extend([strange()]),
        |policy| policy.applications.exclude.extend([strange()]),
        |policy| policy.applications.filter = other_filter(),
        |policy| policy.applications.user_actions.extend([strange()]),
        |policy| policy.applications.contexts.extend([strange()]),
        |policy| policy.client_types.extend([strange()]),
        |policy| policy.platforms.include.extend([strange()]),
        |policy| policy.platforms.exclude.extend([strange()]),
        |policy| policy.locations.include.extend([strange()]),
        |policy| policy.locations.exclude.extend([strange()]),
        |policy| policy.device_filter = other_filter(),
        |policy| policy.sign_in_risk.extend([strange()]),
        |policy| policy.user_risk.extend([strange()]),
        |policy| policy.insider_risk.extend([strange()]),
        |policy| policy.transfer_methods.extend([strange()]),
        |policy| policy.grant.get_or_insert_default().operator = GrantOperator::Other(strange()),
        |policy| policy.grant.get_or_insert_default().controls.extend([strange()]),
        |policy| policy.grant.get_or_insert_default().strength = Some(strange()),
    ];
    let unclear = PolicyPart::ALL.map(|part| {
        let mut policy = policy.clone();
        policy.unclear.extend([part]);
        policy
    });
    let spoiled = changes.iter().map(|change| {
        let mut policy = policy.clone();
        change(&mut policy);
        policy
    });
    spoiled.chain(unclear).collect()
}

/// Every way to have seen less.
fn veils() -> Vec<fn(World) -> World> {
    vec![
        |world| world.group_unread(TEAM),
        |world| world.group_unread(BREAK_GLASS),
        |world| world.with(|facts| drop(facts.groups.remove(TEAM))),
        |world| world.group_partly(BREAK_GLASS, &[]),
        |world| world.roles_unread(),
        |world| world.with(|facts| facts.roles = Seen::part(facts.roles.so_far().unwrap().clone(), [gap()])),
        |world| world.strengths_unread(),
        |world| world.policies_unread(),
        |world| world.policies_partly(),
        |world| changed(&world, |policies| drop(policies.pop())).policies_partly(),
        |world| world.licence(None),
        |world| world.defaults(None),
        |world| world.me(|me| me.user_type = None),
        |world| world.me(|me| me.external = None),
        |world| world.me(|me| me.enabled = None),
        |world| world.me(|me| me.in_too_many_groups = true),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn an_exclusion_never_improves_anything(world in world(), which in any::<u8>()) {
        let before = verdict(&world);
        for exclude in exclusions() {
            let less = changed(&world, |policies| {
                let place = usize::from(which) % policies.len().max(1);
                policies.get_mut(place).into_iter().for_each(exclude);
            });
            prop_assert!(is_no_better(before, verdict(&less)), "{before:?}, then {:?}: {less:#?}", verdict(&less));
        }
    }

    #[test]
    fn a_policy_for_others_never_worsens_anything(world in world(), choices in prop::array::uniform12(choice())) {
        let before = verdict(&world);
        let others = rule(choices).for_none().for_user(SOMEBODY);
        let more = changed(&world, |policies| policies.insert(0, others.0));
        prop_assert!(rank(before) <= rank(verdict(&more)), "{before:?}, then {:?}: {more:#?}", verdict(&more));
    }

    #[test]
    fn what_is_taken_away_never_improves_anything(world in world()) {
        let before = verdict(&world);
        for place in 0..world.facts.policies.rows_so_far().count() {
            let without = changed(&world, |policies| drop(policies.remove(place)));
            prop_assert!(is_no_better(before, verdict(&without)), "{before:?}, then {:?}: {without:#?}", verdict(&without));
            let ungranted = changed(&world, |policies| policies[place].grant = None);
            prop_assert!(is_no_better(before, verdict(&ungranted)), "{before:?}, then {:?}: {ungranted:#?}", verdict(&ungranted));
        }
    }

    #[test]
    fn what_is_hidden_never_made_the_difference(world in world(), hidden in any::<u16>()) {
        let truth = verdict(&world);
        let chosen = veils().into_iter().enumerate().filter(|(place, _)| hidden >> place & 1 == 1);
        let several = chosen.fold(world.clone(), |world, (_, veil)| if world.facts.policies.so_far().is_ok() && world.facts.roles.so_far().is_ok() { veil(world) } else { world });
        for veiled in veils().into_iter().map(|veil| veil(world.clone())).chain([several]) {
            let seen = verdict(&veiled);
            let fits = seen == truth || seen == MfaVerdict::Unknown || (seen, truth) == (MfaVerdict::Enforced, MfaVerdict::Blocked);
            prop_assert!(fits || (truth == MfaVerdict::Unknown && rank(seen) < 2), "seen {seen:?}, true {truth:?}: {veiled:#?}");
        }
    }

    #[test]
    fn the_order_of_policies_does_not_matter(world in world()) {
        let turned = changed(&world, |policies| policies.reverse());
        let ids = |world: &World, places: &[u32]| {
            let policies = world.facts.policies.so_far().unwrap();
            let mut ids: Vec<_> = places.iter().map(|place| policies[*place as usize].id.clone()).collect();
            ids.sort();
            ids
        };
        let (one, other) = (world.coverage(), turned.coverage());
        prop_assert_eq!(said(&one), said(&other));
        prop_assert_eq!(ids(&world, &one.policies), ids(&turned, &other.policies));
        prop_assert_eq!(ids(&world, &one.near), ids(&turned, &other.near));
        prop_assert_eq!((one.report_only, one.legacy_blocked, one.information), (other.report_only, other.legacy_blocked, other.information));
    }

    #[test]
    fn a_word_nobody_knows_never_enforces_anything(world in world(), which in any::<u8>()) {
        let before = verdict(&world);
        let policies = world.facts.policies.so_far().unwrap();
        let Some(place) = usize::from(which).checked_rem(policies.len()) else { return Ok(()) };
        for policy in spoiled(&policies[place]) {
            let after = verdict(&changed(&world, |policies| policies[place] = policy.clone()));
            prop_assert!(rank(after) < 2 || rank(before) >= rank(after), "{before:?}, then {after:?}: {policy:#?}");
        }
    }

    #[test]
    fn nobody_is_covered_by_a_group_that_does_not_exist(world in world()) {
        let missing = world.clone().group(TEAM, GroupMembers::Missing);
        let empty = world.group(TEAM, GroupMembers::People(Seen::all(vec![])));
        prop_assert_eq!(said(&missing.coverage()), said(&empty.coverage()));
    }
}
