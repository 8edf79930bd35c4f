//! What was not seen: it is unknown only where it could make the verdict better, and it never makes it better.

use azposture::posture::{
    Seen,
    conditional_access::{Target, UserType},
};

use super::world::*;

#[test]
fn policies() {
    check(vec![
        ("unread policies might enforce", tenant([]).policies_unread(), "unknown policies_unreadable"),
        (
            "with security defaults they might, too",
            tenant([]).policies_unread().defaults(Some(true)),
            "unknown policies_unreadable",
        ),
        (
            "where defaults are unread, too, both are said",
            tenant([]).policies_unread().defaults(None),
            "unknown policies_unreadable security_defaults_unreadable",
        ),
        ("what was seen of them enforces", tenant([mfa()]).policies_partly(), "enforced"),
        ("what was not might enforce", tenant([mfa().but_user(ME)]).policies_partly(), "unknown policies_unreadable"),
        ("what was not might complete a part", tenant([mfa().untrusted()]).policies_partly(), "unknown policies_unreadable"),
        (
            "an agent is none, whatever was read",
            tenant([]).policies_unread().me(|me| me.is_agent = true),
            "not_applicable agent_identity",
        ),
    ]);
}

#[test]
fn groups() {
    check(vec![
        ("an unread group may include", tenant([mfa().for_group(TEAM)]).group_unread(TEAM), "unknown group_unreadable"),
        ("an unread group may exclude", tenant([mfa().but_group(TEAM)]).group_unread(TEAM), "unknown group_unreadable"),
        ("a group that is not among those read is unread", tenant([mfa().but_group(SHOP)]), "unknown group_unreadable"),
        (
            "who is seen in a group that was partly read is in it",
            tenant([mfa().for_group(TEAM)]).group_partly(TEAM, &[ME]),
            "enforced",
        ),
        (
            "whoever was not seen may be",
            tenant([mfa().for_group(TEAM)]).group_partly(TEAM, &[SOMEBODY]),
            "unknown group_unreadable",
        ),
        (
            "so it is with an exclusion",
            tenant([mfa().but_group(TEAM)]).group_partly(TEAM, &[SOMEBODY]),
            "unknown group_unreadable",
        ),
        (
            "who is seen in it is excluded",
            tenant([mfa().but_group(TEAM)]).group_partly(TEAM, &[ME]),
            "not_enforced excluded_group",
        ),
        ("who is included anyhow needs no group", tenant([mfa().for_group(TEAM).for_user(ME)]).group_unread(TEAM), "enforced"),
        (
            "who is excluded anyhow neither",
            tenant([mfa().but_group(TEAM).but_user(ME)]).group_unread(TEAM),
            "not_enforced excluded_user",
        ),
        (
            "who is not included cannot be excluded",
            tenant([mfa().for_user(SOMEBODY).but_group(TEAM)]).group_unread(TEAM),
            "not_enforced not_included",
        ),
        (
            "what asks for nothing needs no group",
            tenant([session().for_group(TEAM)]).group_unread(TEAM),
            "not_enforced not_included",
        ),
        ("beside what is enforced it does not matter", tenant([mfa(), mfa().for_group(TEAM)]).group_unread(TEAM), "enforced"),
        (
            "a part might be more",
            tenant([mfa().untrusted(), mfa().for_group(TEAM)]).group_unread(TEAM),
            "unknown group_unreadable",
        ),
        (
            "a part that might only be another part stays one",
            tenant([mfa().untrusted(), mfa().for_group(TEAM).clients(&MODERN)]).group_unread(TEAM),
            "partial trusted_locations_excluded",
        ),
        ("a possible block is better, too", tenant([block().for_group(TEAM)]).group_unread(TEAM), "unknown group_unreadable"),
        (
            "all that stands between is said",
            tenant([mfa().for_group(TEAM), mfa().for_role(READER)]).group_unread(TEAM).roles_unread(),
            "unknown group_unreadable role_unreadable",
        ),
        (
            "what would not make it better is not said",
            tenant([mfa().for_group(TEAM), session().for_role(READER)]).group_unread(TEAM).roles_unread(),
            "unknown group_unreadable",
        ),
    ]);
}

#[test]
fn too_many_groups() {
    let too_many = |rule: Rule| tenant([rule]).in_group(TEAM).me(|me| me.in_too_many_groups = true);
    check(vec![
        ("who is in too many groups may not be found in one", too_many(mfa().for_group(TEAM)), "unknown too_many_groups"),
        ("nor be excluded by one", too_many(mfa().but_group(TEAM)), "unknown too_many_groups"),
        ("without groups it does not matter", too_many(mfa()), "enforced"),
    ]);
}

#[test]
fn roles() {
    let mine = || vec![ME.to_owned()];
    check(vec![
        ("unread roles may include", tenant([mfa().for_role(READER)]).roles_unread(), "unknown role_unreadable"),
        ("unread roles may exclude", tenant([mfa().but_role(READER)]).roles_unread(), "unknown role_unreadable"),
        (
            "another clause that hits is enough",
            tenant([mfa().for_role(READER).for_group(TEAM)]).in_group(TEAM).roles_unread(),
            "enforced",
        ),
        ("exclusion wins over them", tenant([mfa().for_role(READER).but_user(ME)]).roles_unread(), "not_enforced excluded_user"),
        (
            "who is seen among the holders holds it",
            tenant([mfa().for_role(READER)]).role(READER, |role| role.active = Seen::part(mine(), [gap()])),
            "enforced",
        ),
        (
            "whoever was not may",
            tenant([mfa().for_role(READER)]).role(READER, |role| role.active = Seen::part(vec![], [gap()])),
            "unknown role_unreadable",
        ),
        (
            "who could activate it is not asked where he does not hold it",
            tenant([mfa().for_role(READER)]).role(READER, |role| role.eligible = Seen::unseen(gap())),
            "not_enforced not_included",
        ),
    ]);
}

#[test]
fn people() {
    let unseen = |rule: Rule| tenant([rule]).me(|me| (me.user_type, me.external) = (None, None));
    let other = |rule: Rule| tenant([rule]).me(|me| me.user_type = Some(UserType::Other("Contractor".to_owned())));
    let guest = |rule: Rule| tenant([rule]).me(|me| (me.user_type, me.external) = (Some(UserType::Guest), None));
    let both = ["internalGuest", "b2bCollaborationGuest"];
    check(vec![
        ("whether somebody is a guest may not be known", unseen(mfa().for_all_guests()), "unknown user_unreadable"),
        ("nor whether he is excluded as one", unseen(mfa().but_all_guests()), "unknown user_unreadable"),
        ("nor of which type", unseen(mfa().but_guests(&["internalGuest"])), "unknown user_unreadable"),
        ("where no guests are named it does not matter", unseen(mfa()), "enforced"),
        ("a type nobody knows may be a guest", other(mfa().but_all_guests()), "unknown user_unreadable"),
        ("a guest from who knows where is one of the two", guest(mfa().but_guests(&both)), "not_enforced excluded_guest_type"),
        ("of which is not known", guest(mfa().but_guests(&both[..1])), "unknown user_unreadable"),
        (
            "a member cannot be an internal guest, wherever he comes from",
            tenant([mfa().but_guests(&both[..1])]).me(|me| me.external = None),
            "enforced",
        ),
        (
            "a member from who knows where may be one from outside",
            tenant([mfa().but_guests(&["b2bCollaborationMember"])]).me(|me| me.external = None),
            "unknown user_unreadable",
        ),
    ]);
}

#[test]
fn a_target_alone() {
    check(vec![
        (
            "all applications take no answer from a policy for one",
            tenant([mfa().apps(&[AZURE]), mfa().for_group(TEAM)]).group_unread(TEAM),
            "unknown group_unreadable",
        ),
        (
            "that one has its answer",
            tenant([mfa().apps(&[AZURE]), mfa().for_group(TEAM)]).group_unread(TEAM).at(Target::AzureManagement),
            "enforced",
        ),
    ]);
}

#[test]
fn how_the_facts_are_written() {
    let loud = |world: World| {
        world.with(|facts| {
            let roles = facts.roles.so_far().unwrap().iter().map(|(id, holders)| (id.to_uppercase(), holders.clone()));
            facts.roles = Seen::all(roles.collect());
            facts.groups = facts.groups.iter().map(|(id, members)| (id.to_uppercase(), members.clone())).collect();
        })
    };
    let twice = |world: World| {
        let me = world.facts.people[0].clone();
        world.with(|facts| facts.people.push(me))
    };
    check(vec![
        (
            "a role is found however its id is written",
            loud(tenant([mfa().but_role(READER)]).holds(READER)),
            "not_enforced excluded_role",
        ),
        ("so is a group", loud(tenant([mfa().but_group(TEAM)]).in_group(TEAM)), "not_enforced excluded_group"),
        (
            "who stands in the list twice is in his groups both times",
            twice(tenant([mfa().but_group(TEAM)]).in_group(TEAM)),
            "not_enforced excluded_group",
        ),
    ]);
}
