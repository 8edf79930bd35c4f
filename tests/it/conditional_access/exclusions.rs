//! What policies leave out and no other one catches; what a policy is worth by itself, and how it is told in plain words.

use azposture::posture::{
    Seen,
    conditional_access::{
        ExcludedObject, GroupMembers, Judge, PolicyMfa, UserType, exclusion_gaps, indeterminate_parts, policy_gaps, policy_mfa,
        summary_text,
    },
};

use super::world::*;

/// What is left out, by whom, and by whom it is covered in part; policies by their place.
fn gaps(world: &World) -> Vec<String> {
    let rows = exclusion_gaps(&Judge::of(&world.facts));
    let places = |ids: &[String]| ids.iter().map(|id| id[35..].to_owned()).collect::<Vec<_>>().join(",");
    let told = rows.iter().map(|row| {
        format!("{} {} by {} part {}", row.kind.word(), name(&row.object_id), places(&row.excluded_by), places(&row.covered_by))
    });
    told.map(|text| text.trim_end().to_owned()).collect()
}

fn name(id: &str) -> &str {
    let known = [(ME, "me"), (TEAM, "team"), (BREAK_GLASS, "break glass"), (READER, "reader"), (PAYROLL, "payroll")];
    known.iter().find(|(known, _)| *known == id).map_or(id, |(_, name)| name)
}

#[test]
fn what_is_left_out_and_not_caught() {
    let cases: Vec<(&str, World, &[&str])> = vec![
        ("without exclusions there is no gap", tenant([mfa()]), &[]),
        ("what one excludes and nobody else covers", tenant([mfa().but_user(ME)]), &["user me by 0 part"]),
        ("a policy that covers everybody catches all", tenant([mfa().but_user(ME).but_group(TEAM), mfa()]), &[]),
        ("one that names it, too", tenant([mfa().but_group(TEAM), mfa().for_group(TEAM)]), &[]),
        (
            "one for another group does not",
            tenant([mfa().but_group(TEAM), mfa().for_group(BREAK_GLASS)]),
            &["group team by 0 part"],
        ),
        (
            "one with gaps covers in part",
            tenant([mfa().but_group(TEAM), mfa().for_group(TEAM).untrusted()]),
            &["group team by 0 part 1"],
        ),
        (
            "one that excludes somebody of them does so, too",
            tenant([mfa().but_group(TEAM), mfa().but_user(ME)]).in_group(TEAM),
            &["user me by 1 part", "group team by 0 part"],
        ),
        (
            "one that excludes others than them catches them",
            tenant([mfa().but_group(TEAM), mfa().but_group(BREAK_GLASS)]).in_group(TEAM),
            &["group break glass by 1 part 0"],
        ),
        (
            "if it was seen who they are",
            tenant([mfa().but_group(TEAM), mfa().for_role(READER)]).group_unread(TEAM).holds(READER),
            &["group team by 0 part"],
        ),
        ("all that exclude it are said", tenant([mfa().but_role(READER), mfa().but_role(READER)]), &["role reader by 0,1 part"]),
        ("a group that does not exist is nobody", tenant([mfa().but_group(TEAM)]).group(TEAM, GroupMembers::Missing), &[]),
        ("what asks for no MFA leaves nobody out", tenant([session().but_user(ME), block().but_user(ME)]), &[]),
        ("what is only reported neither", tenant([mfa().but_user(ME).reported()]), &[]),
        ("and does not catch anybody", tenant([mfa().but_user(ME), mfa().reported()]), &["user me by 0 part"]),
        ("guests by type", tenant([mfa().but_guests(&["internalGuest"])]), &["guest_type internalguest by 0 part"]),
        (
            "guests that another policy covers",
            tenant([mfa().but_guests(&["b2bCollaborationGuest"]), mfa().for_all_guests()]).coming_as(UserType::Guest),
            &[],
        ),
        ("applications", tenant([mfa().but_apps(&[PAYROLL])]), &["application payroll by 0 part"]),
        ("applications that another policy covers", tenant([mfa().but_apps(&[PAYROLL]), mfa().apps(&[PAYROLL])]), &[]),
        (
            "applications that another policy covers for some",
            tenant([mfa().but_apps(&[PAYROLL]), mfa().apps(&[PAYROLL]).for_group(TEAM)]),
            &["application payroll by 0 part 1"],
        ),
    ];
    for (sentence, world, expected) in cases {
        let mut found = gaps(&world);
        let mut expected: Vec<_> = expected.iter().map(|one| (*one).to_owned()).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{sentence}");
    }
    assert_eq!(ExcludedObject::ALL.len(), 5);
}

#[test]
fn what_a_policy_is_worth_by_itself() {
    let at_risk = |rule: Rule| rule.with(|policy| policy.user_risk = set(&["high"]));
    let cases = [
        (mfa().untrusted(), PolicyMfa::Required, vec!["trusted_locations_excluded"]),
        (any_of(&[]).strength(STRONG), PolicyMfa::Required, vec![]),
        (any_of(&["mfa", "compliantDevice"]), PolicyMfa::Alternative, vec!["alternative_control"]),
        (any_of(&["mfa"]).strength(WEAK), PolicyMfa::None, vec![]),
        (any_of(&["mfa"]).custom("Duo"), PolicyMfa::Alternative, vec!["third_party_factor"]),
        (any_of(&[]).custom("Duo"), PolicyMfa::None, vec!["third_party_factor"]),
        (block(), PolicyMfa::None, vec![]),
        (session(), PolicyMfa::None, vec![]),
        (any_of(&[]).strength(WEAK), PolicyMfa::None, vec![]),
        (any_of(&[]).strength(UNLISTED), PolicyMfa::Unknown, vec![]),
        (any_of(&["mfa", "verifiedId"]), PolicyMfa::Unknown, vec![]),
        (at_risk(all_of(&["mfa", "passwordChange"])), PolicyMfa::Required, vec!["risk_conditional"]),
    ];
    for (rule, word, gaps) in cases {
        let world = tenant([rule]);
        let policy = &world.facts.policies.so_far().unwrap()[0];
        assert_eq!(policy_mfa(policy, &world.facts), word, "{policy:?}");
        let found: Vec<_> = policy_gaps(policy, &world.facts).into_iter().map(|gap| gap.word()).collect();
        assert_eq!(found, gaps, "{policy:?}");
    }
    let unread = tenant([any_of(&["mfa", "compliantDevice"]).strength(STRONG)]).strengths_unread();
    assert_eq!(
        policy_mfa(&unread.facts.policies.so_far().unwrap()[0], &unread.facts),
        PolicyMfa::Unknown,
        "it may be met by a password"
    );
}

#[test]
fn a_policy_in_plain_words() {
    let told = |rule: Rule| summary_text(&rule.0);
    assert_eq!(told(mfa()), "For everybody, signing in to every application: mfa.");
    assert_eq!(
        told(any_of(&["mfa", "compliantDevice"]).but_group(TEAM).but_user(ME).clients(&MODERN).untrusted()),
        "For everybody except 1 user and 1 group, signing in to every application, with the clients browser, \
         mobileAppsAndDesktopClients, from All except AllTrusted: compliantDevice or mfa."
    );
    assert_eq!(
        told(block().for_role(READER).for_role(GLOBAL_ADMIN).but_apps(&[PAYROLL]).reported()),
        format!("Only reported. For 2 directory roles, signing in to every application except {PAYROLL}: no access.")
    );
    assert_eq!(
        told(asking(None).for_none()),
        "For nobody that is named, signing in to every application: nothing that is named. Not understood: grant_controls, users."
    );
    assert!(indeterminate_parts(&mfa().0).is_empty());
    assert_eq!(
        told(session().for_all_guests().state("disabled")),
        "Disabled. For guests, signing in to every application: session controls."
    );
}

#[test]
fn what_was_not_seen_covers_nobody() {
    let world = tenant([mfa().but_group(TEAM), mfa().for_group(BREAK_GLASS)]).in_group(TEAM);
    let both = world.clone().in_group(BREAK_GLASS);
    assert_eq!(gaps(&both), [""; 0], "everybody of the group is in the other one");
    let partly = both.with(|facts| {
        facts.groups.insert(TEAM.to_owned(), GroupMembers::People(Seen::part(vec![ME.to_owned()], [gap()])));
    });
    assert_eq!(gaps(&partly), ["group team by 0 part"]);
    assert_eq!(gaps(&world), ["group team by 0 part"]);
}
