//! Who is included and who is excluded: by id, group, role, and as a guest.

use azposture::posture::{
    Seen,
    conditional_access::{GroupMembers, HomeTenants, UserType},
};

use super::world::*;

#[test]
fn users_and_groups() {
    check(vec![
        ("who is named is included", tenant([mfa().for_user(ME)]), "enforced"),
        ("who is in a group that is named is included", tenant([mfa().for_group(TEAM)]).in_group(TEAM), "enforced"),
        ("who is in no group is not", tenant([mfa().for_group(TEAM)]), "not_enforced not_included"),
        ("one of several ways is enough", tenant([mfa().for_group(TEAM).for_user(ME)]), "enforced"),
        ("who is excluded by name is excluded", tenant([mfa().but_user(ME)]), "not_enforced excluded_user"),
        ("somebody else's exclusion is not mine", tenant([mfa().but_user(SOMEBODY)]), "enforced"),
        (
            "who is excluded by a group is excluded",
            tenant([mfa().but_group(BREAK_GLASS)]).in_group(BREAK_GLASS),
            "not_enforced excluded_group",
        ),
        ("a group that has others excludes nobody else", tenant([mfa().but_group(BREAK_GLASS)]), "enforced"),
        (
            "exclusion wins over a name",
            tenant([mfa().for_user(ME).but_group(BREAK_GLASS)]).in_group(BREAK_GLASS),
            "not_enforced excluded_group",
        ),
        (
            "a name is the most exact exclusion",
            tenant([mfa().but_group(BREAK_GLASS).but_user(ME)]).in_group(BREAK_GLASS),
            "not_enforced excluded_user",
        ),
        ("who is not included needs no exclusion", tenant([mfa().for_user(SOMEBODY).but_user(ME)]), "not_enforced not_included"),
        (
            "an exclusion of everybody excludes everybody",
            tenant([mfa().with(|policy| policy.exclude.everyone = true)]),
            "not_enforced excluded_user",
        ),
        (
            "all exclusions are said",
            tenant([mfa().but_user(ME), mfa().but_group(BREAK_GLASS)]).in_group(BREAK_GLASS),
            "not_enforced excluded_user excluded_group",
        ),
        ("ids of groups compare without case", tenant([mfa().for_group(&TEAM.to_uppercase())]).in_group(TEAM), "enforced"),
        (
            "so do ids of members",
            tenant([mfa().but_group(TEAM)]).group(TEAM, GroupMembers::People(Seen::all(vec![ME.to_uppercase()]))),
            "not_enforced excluded_group",
        ),
        (
            "a group that does not exist includes nobody",
            tenant([mfa().for_group(TEAM)]).group(TEAM, GroupMembers::Missing),
            "not_enforced not_included",
        ),
        (
            "a group that does not exist excludes nobody",
            tenant([mfa().but_group(TEAM)]).group(TEAM, GroupMembers::Missing),
            "enforced",
        ),
        ("an exclusion from a block is none from MFA", tenant([mfa(), block().but_user(ME)]), "enforced"),
        ("who is excluded from a block meets nothing", tenant([block().but_user(ME), session()]), "not_enforced session_only"),
    ]);
}

#[test]
fn roles() {
    let mine = || vec![ME.to_owned()];
    check(vec![
        ("who holds a role that is named is included", tenant([mfa().for_role(GLOBAL_ADMIN)]).holds(GLOBAL_ADMIN), "enforced"),
        ("who holds another role is not", tenant([mfa().for_role(GLOBAL_ADMIN)]).holds(READER), "not_enforced not_included"),
        ("nobody holds a role that nobody was given", tenant([mfa().for_role(GLOBAL_ADMIN)]), "not_enforced not_included"),
        (
            "who holds an excluded role is excluded",
            tenant([mfa().but_role(GLOBAL_ADMIN)]).holds(GLOBAL_ADMIN),
            "not_enforced excluded_role",
        ),
        (
            "a role has to be active",
            tenant([mfa().for_role(GLOBAL_ADMIN)]).role(GLOBAL_ADMIN, |role| role.eligible = Seen::all(mine())),
            "not_enforced eligible_role_only",
        ),
        (
            "a role at a narrower scope is ignored",
            tenant([mfa().for_role(GLOBAL_ADMIN)]).role(GLOBAL_ADMIN, |role| role.narrower = Seen::all(mine())),
            "not_enforced scoped_or_custom_role",
        ),
        (
            "a role of the tenant's own is ignored",
            tenant([mfa().for_role(READER)]).role(READER, |role| (role.custom, role.active) = (Some(true), Seen::all(mine()))),
            "not_enforced scoped_or_custom_role",
        ),
        (
            "a role that could be activated excludes nobody",
            tenant([mfa().but_role(GLOBAL_ADMIN)]).role(GLOBAL_ADMIN, |role| role.eligible = Seen::all(mine())),
            "enforced",
        ),
        (
            "a role at a narrower scope excludes nobody",
            tenant([mfa().but_role(GLOBAL_ADMIN)]).role(GLOBAL_ADMIN, |role| role.narrower = Seen::all(mine())),
            "enforced",
        ),
        (
            "whether a role of which the definition was not seen counts is not known",
            tenant([mfa().for_role(READER)]).role(READER, |role| (role.custom, role.active) = (None, Seen::all(mine()))),
            "unknown role_unreadable",
        ),
        (
            "nor whether it excludes",
            tenant([mfa().but_role(READER)]).role(READER, |role| (role.custom, role.active) = (None, Seen::all(mine()))),
            "unknown role_unreadable",
        ),
        (
            "ids of roles compare without case",
            tenant([mfa().for_role(&GLOBAL_ADMIN.to_uppercase())]).holds(GLOBAL_ADMIN),
            "enforced",
        ),
        (
            "a role that would have to be activated is said before what does not include anybody",
            tenant([mfa().for_role(GLOBAL_ADMIN), mfa().for_user(SOMEBODY)])
                .role(GLOBAL_ADMIN, |role| role.eligible = Seen::all(mine())),
            "not_enforced eligible_role_only",
        ),
    ]);
}

#[test]
fn guests() {
    let guest = |rules: Vec<Rule>| tenant(rules).coming_as(UserType::Guest);
    let member = |rules: Vec<Rule>| tenant(rules).coming_as(UserType::Member);
    let internal = |rules: Vec<Rule>| tenant(rules).me(|me| me.user_type = Some(UserType::Guest));
    let (from_outside, inside, members) = (["b2bCollaborationGuest"], ["internalGuest"], ["b2bCollaborationMember"]);
    check(vec![
        ("everybody includes guests", guest(vec![mfa()]), "enforced"),
        ("a guest from outside is of that type", guest(vec![mfa().for_guests(&from_outside)]), "enforced"),
        ("he is no internal guest", guest(vec![mfa().for_guests(&inside)]), "not_enforced not_included"),
        ("he is no member from outside", guest(vec![mfa().for_guests(&members)]), "not_enforced not_included"),
        ("a guest of one's own directory is an internal one", internal(vec![mfa().for_guests(&inside)]), "enforced"),
        ("he is not from outside", internal(vec![mfa().for_guests(&from_outside)]), "not_enforced not_included"),
        ("a member from outside is of that type", member(vec![mfa().for_guests(&members)]), "enforced"),
        ("he is no guest", member(vec![mfa().for_guests(&[from_outside[0], inside[0]])]), "not_enforced not_included"),
        (
            "a member of one's own is none of them",
            tenant([mfa().for_guests(&[from_outside[0], inside[0], members[0]])]),
            "not_enforced not_included",
        ),
        ("guests that are excluded are", guest(vec![mfa().but_guests(&from_outside)]), "not_enforced excluded_guest_type"),
        (
            "types without an account here are nobody's",
            guest(vec![mfa().but_guests(&["b2bDirectConnectUser", "serviceProvider", "otherExternalUser"])]),
            "enforced",
        ),
        ("no type is nobody's", guest(vec![mfa().but_guests(&["none"])]), "enforced"),
        (
            "types compare without case",
            guest(vec![mfa().but_guests(&["B2BCOLLABORATIONGUEST"])]),
            "not_enforced excluded_guest_type",
        ),
        (
            "a type nobody knows is not understood",
            guest(vec![mfa().but_guests(&["agencyWorker"])]),
            "unknown policy_indeterminate",
        ),
        ("guests without a type neither", tenant([mfa().but_guests(&[])]), "unknown policy_indeterminate"),
        ("the older word means guests", guest(vec![mfa().for_all_guests()]), "enforced"),
        ("it means internal ones, too", internal(vec![mfa().for_all_guests()]), "enforced"),
        ("it does not mean members", tenant([mfa().for_all_guests()]), "not_enforced not_included"),
        ("it excludes guests", guest(vec![mfa().but_all_guests()]), "not_enforced excluded_guest_type"),
        (
            "whether it includes members from outside is not documented in one way",
            member(vec![mfa().for_all_guests()]),
            "unknown policy_indeterminate",
        ),
        ("nor whether it excludes them", member(vec![mfa().but_all_guests()]), "unknown policy_indeterminate"),
    ]);
}

#[test]
fn home_tenants() {
    let some = |types: &[&str]| {
        mfa().for_guests(types).with(|policy| {
            let guests = policy.include.guests.as_mut().unwrap();
            guests.tenants = HomeTenants::Enumerated(set(&["00000000-0000-4000-8000-0000000000aa"]));
        })
    };
    let but_some = |types: &[&str]| {
        let rule = some(types);
        mfa().with(|policy| policy.exclude.guests = rule.0.include.guests.clone())
    };
    let guest = |rule: Rule| tenant([rule]).coming_as(UserType::Guest);
    let kind = ["b2bCollaborationGuest"];
    check(vec![
        ("from where a guest comes is not known", guest(some(&kind)), "unknown guest_home_tenant_unknown"),
        ("nor whether he is excluded for it", guest(but_some(&kind)), "unknown guest_home_tenant_unknown"),
        ("who is no such guest comes from nowhere", tenant([but_some(&kind)]), "enforced"),
        ("who is included anyhow is included", guest(some(&kind).for_user(ME)), "enforced"),
        (
            "a word nobody knows for tenants is not understood",
            guest(
                mfa()
                    .for_guests(&kind)
                    .with(|policy| policy.include.guests.as_mut().unwrap().tenants = HomeTenants::Other("trusted".to_owned())),
            ),
            "unknown guest_home_tenant_unknown policy_indeterminate",
        ),
        (
            "no tenant at all is not understood",
            guest(
                mfa()
                    .for_guests(&kind)
                    .with(|policy| policy.include.guests.as_mut().unwrap().tenants = HomeTenants::Enumerated(set(&[]))),
            ),
            "unknown guest_home_tenant_unknown policy_indeterminate",
        ),
    ]);
}
