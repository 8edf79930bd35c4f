//! What stands beside a verdict: policies, sentences, legacy clients, information.

use azposture::posture::{
    Seen,
    conditional_access::{EnforcedBy, GroupMembers, Judge, Target, UserType, judge},
};

use super::world::*;

fn places(world: &World) -> (Vec<u32>, Vec<u32>) {
    let coverage = world.coverage();
    (coverage.policies, coverage.near)
}

#[test]
fn the_policies_that_give_a_verdict_and_those_that_would() {
    let modern_and_legacy = [session(), mfa().clients(&MODERN), block().clients(&LEGACY)];
    let cases: Vec<(&str, World, &[u32], &[u32])> = vec![
        ("all that enforce", tenant([mfa(), mfa().untrusted(), mfa()]), &[0, 2], &[]),
        ("those that do it together", tenant(modern_and_legacy), &[1, 2], &[]),
        ("only blocks block", tenant([mfa(), block()]), &[1], &[]),
        ("the strongest part", tenant([mfa().at_risk(&["high"]), mfa().untrusted()]), &[1], &[]),
        ("a part, and what would be whole", tenant([mfa().untrusted(), mfa().but_user(ME)]), &[0], &[1]),
        ("what excludes", tenant([session(), mfa().but_user(ME), mfa().for_user(SOMEBODY)]), &[], &[1]),
        ("what does not include", tenant([mfa().for_user(SOMEBODY), session().for_user(SOMEBODY)]), &[], &[0]),
        ("what is not MFA", tenant([any_of(&["compliantDevice"]), session()]), &[], &[0, 1]),
        ("what is not known", tenant([mfa().untrusted(), mfa().for_group(TEAM)]).group_unread(TEAM), &[], &[1]),
    ];
    for (sentence, world, policies, near) in cases {
        assert_eq!(places(&world), (policies.to_vec(), near.to_vec()), "{sentence}");
    }
    assert_eq!(tenant([mfa()]).coverage().enforced_by, Some(EnforcedBy::ConditionalAccess));
    assert_eq!(tenant([]).defaults(Some(true)).coverage().enforced_by, Some(EnforcedBy::SecurityDefaults));
    assert_eq!(tenant([session()]).coverage().enforced_by, None);
}

#[test]
fn a_sentence_names_policy_exclusion_and_condition() {
    let cases = [
        (tenant([mfa()]), "\"Policy 0\" requires MFA for every sign-in.".to_owned()),
        (
            tenant([mfa().clients(&MODERN), block().clients(&LEGACY)]),
            "\"Policy 0\" and \"Policy 1\" leave no sign-in without MFA.".to_owned(),
        ),
        (tenant([block()]).at(Target::AdminPortals), "\"Policy 0\" blocks every sign-in (admin portals).".to_owned()),
        (tenant([mfa().but_user(ME)]), format!("\"Policy 0\" would ask for MFA, but excludes the user {ME}.")),
        (
            tenant([session(), mfa().but_group(TEAM).but_group(BREAK_GLASS)]).in_group(BREAK_GLASS),
            format!("\"Policy 1\" would ask for MFA, but excludes the group {BREAK_GLASS}."),
        ),
        (
            tenant([mfa().but_role(READER)]).holds(READER),
            format!("\"Policy 0\" would ask for MFA, but excludes the role {READER}."),
        ),
        (
            tenant([mfa().for_role(READER)]).role(READER, |role| role.eligible = Seen::all(vec![ME.to_owned()])),
            format!("\"Policy 0\" would ask for MFA once the role {READER} is activated."),
        ),
        (
            tenant([mfa().untrusted().clients(&["browser"])]),
            "\"Policy 0\" asks for MFA, but not at the trusted locations AllTrusted and only of the clients browser.".to_owned(),
        ),
        (
            tenant([session(), mfa().reported()]),
            "\"Policy 0\" controls the session only; policies that are only reported would.".to_owned(),
        ),
        (
            tenant([mfa().for_group(TEAM)]).group_unread(TEAM),
            "It is not known what \"Policy 0\" would do: who is in a group could not be read.".to_owned(),
        ),
        (tenant([]), "No policy is in force.".to_owned()),
        (tenant([]).me(|me| me.enabled = Some(false)), "The account is disabled.".to_owned()),
    ];
    for (world, expected) in cases {
        assert_eq!(world.explained(), expected);
    }
}

#[test]
fn whether_legacy_clients_get_in() {
    let cases = [
        ("MFA for everything keeps them out, for they cannot do it", tenant([mfa()]), Some(true)),
        ("so does a block of them", tenant([block().clients(&LEGACY)]), Some(true)),
        ("a block of one of them does not", tenant([block().clients(&["other"])]), Some(false)),
        ("a block in some applications does not", tenant([block().clients(&LEGACY).apps(&["Office365"])]), Some(false)),
        ("modern clients are not legacy", tenant([mfa().clients(&MODERN)]), Some(false)),
        ("a block of a group that was not read may", tenant([block().clients(&LEGACY).for_group(TEAM)]).group_unread(TEAM), None),
        ("unread policies may", tenant([]).policies_unread(), None),
        ("without a policy they get in", tenant([]), Some(false)),
        ("security defaults keep them out", tenant([]).defaults(Some(true)), Some(true)),
        ("security defaults that were not read may", tenant([]).defaults(None), None),
    ];
    for (sentence, world, expected) in cases {
        assert_eq!(world.coverage().legacy_blocked, expected, "{sentence}");
    }
}

#[test]
fn information_decides_nothing() {
    let informed = |world: World| world.coverage().information.iter().map(|ground| ground.word()).collect::<Vec<_>>();
    assert_eq!(informed(tenant([mfa()])), [""; 0]);
    assert_eq!(informed(tenant([mfa().untrusted()])), ["legacy_authentication_not_blocked"]);
    let missing = |world: World| world.group(TEAM, GroupMembers::Missing);
    assert_eq!(informed(missing(tenant([mfa().but_group(TEAM)]))), ["dangling_group"]);
    assert_eq!(informed(missing(tenant([mfa(), session().but_group(TEAM)]))), [""; 0], "not of the policy that decides");
    let trusting = |world: World| world.with(|facts| facts.inbound_trust = Seen::all(true));
    assert_eq!(informed(trusting(tenant([mfa()]).coming_as(UserType::Guest))), ["inbound_trust_mfa"]);
    assert_eq!(informed(trusting(tenant([mfa()]))), [""; 0], "of nobody else");
    assert_eq!(informed(tenant([mfa()]).me(|me| me.mfa_registered = Some(false))), ["not_registered"]);
    let disallowed = tenant([mfa()]).me(|me| (me.mfa_registered, me.mfa_capable) = (Some(true), Some(false)));
    assert_eq!(informed(disallowed), ["method_not_allowed"]);
    let for_emergencies = tenant([mfa().but_user(ME), mfa().untrusted().but_user(ME)]).holds(GLOBAL_ADMIN);
    assert_eq!(informed(for_emergencies.clone()), ["legacy_authentication_not_blocked", "emergency_access_candidate"]);
    assert_eq!(
        informed(for_emergencies.at(Target::AzureManagement)),
        ["legacy_authentication_not_blocked", "emergency_access_candidate", "microsoft_mandatory_mfa"]
    );
    let covered_once = tenant([mfa().but_user(ME), mfa().untrusted()]).holds(GLOBAL_ADMIN);
    assert_eq!(informed(covered_once), ["legacy_authentication_not_blocked"], "one policy does cover him");
}

#[test]
fn groups_that_do_not_exist_are_listed() {
    let world = tenant([
        mfa().for_group(TEAM).but_group(BREAK_GLASS),
        mfa().but_group(TEAM).state("disabled"),
        session().but_group(TEAM),
    ]);
    let world = world.group(TEAM, GroupMembers::Missing);
    let dangling = Judge::of(&world.facts).dangling();
    let rows: Vec<_> =
        dangling.iter().map(|row| (row.policy_id.get(34..).unwrap(), row.excluded, row.group_id.as_str())).collect();
    assert_eq!(rows, [("00", false, TEAM), ("02", true, TEAM)]);
}

#[test]
fn everybody_is_judged_in_order() {
    let mut world = tenant([mfa().for_user(ME)]);
    let mut other = world.facts.people[0].clone();
    other.id = SOMEBODY.to_owned();
    world.facts.people.push(other);
    let all: Vec<_> = judge(&world.facts, Target::AllApps).iter().map(said).collect();
    assert_eq!(all, ["enforced", "not_enforced not_included"]);
}
