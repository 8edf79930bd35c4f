//! Two sources for one fact: where they agree it is certain, where they do not nothing is.

use azposture::posture::rbac::Permission;

use super::world::*;

fn confirmed(world: World, ids: &[&str]) -> World {
    world.with(|facts| facts.confirmed = Some(ids.iter().map(|id| (*id).to_owned()).collect()))
}

#[test]
fn the_directory_and_the_service_have_to_agree_about_groups() {
    let team = || at(SUBSCRIPTION).member_of(&[TEAM]).given("Reader", TEAM, "Group", SUBSCRIPTION);
    let strangers = || at(SUBSCRIPTION).given("Reader", STRANGERS, "Group", SUBSCRIPTION);
    let direct = || at(SUBSCRIPTION).holds("Reader", SUBSCRIPTION);
    for (sentence, world, expected) in [
        ("both say so", confirmed(team(), &["assignment-0"]), "pass"),
        ("the directory alone says so", confirmed(team(), &[]), "unknown not_proven"),
        ("the service alone says so", confirmed(strangers(), &["assignment-0"]), "unknown not_proven"),
        ("neither says so", confirmed(strangers(), &[]), "fail role_missing"),
        ("the service does not see a direct role", confirmed(direct(), &[]), "unknown not_proven"),
        (
            "the directory cannot be read, and the service says so",
            confirmed(strangers(), &["assignment-0"]).with(|facts| unseen(&mut facts.groups)),
            "pass",
        ),
        (
            "the directory cannot be read, and the service does not say so",
            confirmed(strangers(), &[]).with(|facts| unseen(&mut facts.groups)),
            "unknown forbidden",
        ),
    ] {
        assert_eq!(world.judged(&named("Reader")), expected, "{sentence}");
    }
}

#[test]
fn the_service_confirms_what_is_active_and_not_what_could_be() {
    let eligible = at(SUBSCRIPTION).may_activate("Owner", ME, SUBSCRIPTION);
    assert_eq!(confirmed(eligible.clone(), &[]).judged(&named("Owner")), "fail eligible_only");
    let accepted = confirmed(eligible, &[]).if_we(|terms| terms.accept_eligible = true);
    assert_eq!(accepted.judged(&named("Owner")), "pass");
}

#[test]
fn what_azure_says_of_the_caller_has_to_agree_with_the_assignments() {
    let own = |world: World, actions: &[&str]| world.with(|facts| facts.own = Some(vec![allows(actions, &[])]));
    let reader = || at(SUBSCRIPTION).holds("Reader", SUBSCRIPTION);
    let nobody = || at(SUBSCRIPTION);
    for (sentence, world, expected) in [
        ("both allow it", own(reader(), &["*/read"]), "pass"),
        ("neither allows it", own(nobody(), &["Microsoft.Security/*"]), "fail role_missing"),
        ("only the assignments allow it", own(reader(), &[]), "unknown not_proven"),
        ("only Azure says so", own(nobody(), &["*/read"]), "unknown not_proven"),
        (
            "the assignments cannot be read, and Azure says so",
            own(nobody(), &["*/read"]).with(|facts| unseen(&mut facts.assignments)),
            "pass",
        ),
        (
            "the assignments cannot be read, and Azure does not say so",
            own(nobody(), &[]).with(|facts| unseen(&mut facts.assignments)),
            "unknown forbidden",
        ),
        (
            "Azure says so, but what is denied cannot be read",
            own(nobody(), &["*/read"]).with(|facts| {
                unseen(&mut facts.assignments);
                unseen(&mut facts.denies);
            }),
            "unknown forbidden",
        ),
        (
            "Azure says so, and it is denied",
            own(nobody(), &["*/read"]).with(|facts| unseen(&mut facts.assignments)).denied(&["*"], &[], SUBSCRIPTION),
            "unknown forbidden",
        ),
        (
            "a role by name alone does not show in what Azure says",
            own(nobody(), &["*"]).if_we(|terms| terms.accept_equivalent = false),
            "fail role_missing",
        ),
        (
            "what is denied does not show there either",
            own(reader(), &["*/read"]).denied(&["*"], &[], SUBSCRIPTION),
            "fail denied",
        ),
    ] {
        assert_eq!(world.judged(&named("Reader")), expected, "{sentence}: {}", world.said(&named("Reader")));
    }
}

#[test]
fn what_azure_says_of_the_caller_hides_conditions_so_it_settles_only_what_has_none() {
    let own = |world: World| world.with(|facts| facts.own = Some(vec![allows(&["*"], &[])]));
    let blind = || own(at(SUBSCRIPTION)).with(|facts| unseen(&mut facts.assignments));
    let strange =
        |role: &str| own(at(SUBSCRIPTION)).given(role, STRANGERS, "Group", SUBSCRIPTION).with(|facts| unseen(&mut facts.groups));
    let write = action("Microsoft.Authorization/roleAssignments/write");
    for (sentence, world, requirement, expected) in [
        ("writing may stand on a condition that was not seen", blind(), write.clone(), "unknown forbidden"),
        ("so may a data operation", blind(), data("Microsoft.Storage/a/read"), "unknown forbidden"),
        ("and a role that does more than read", blind(), named("Contributor"), "unknown forbidden"),
        ("reading knows no condition", blind(), action("Microsoft.Storage/*/read"), "pass"),
        ("a role that only reads neither", blind(), named("Reader"), "pass"),
        ("what is accepted on a condition", blind().if_we(|terms| terms.accept_conditional = true), write.clone(), "pass"),
        (
            "a group that may be theirs holds it on a condition",
            strange("Owner").on_a_condition(),
            write.clone(),
            "unknown not_proven",
        ),
        (
            "one group that may be theirs holds it in full, another on a condition",
            strange("Owner").given("Owner", TEAM, "Group", SUBSCRIPTION).on_a_condition(),
            write.clone(),
            "unknown forbidden",
        ),
        ("all assignments were seen, and no condition", strange("Owner"), write.clone(), "pass"),
        (
            "a group that may be theirs holds a role with a condition of its own",
            strange("Owner")
                .given("narrow", TEAM, "Group", SUBSCRIPTION)
                .with_role("narrow", vec![Permission { conditional: true, ..allows(&["*"], &[]) }]),
            write.clone(),
            "unknown forbidden",
        ),
    ] {
        assert_eq!(world.judged(&requirement), expected, "{sentence}: {}", world.said(&requirement));
    }
}
