//! Two sources for one fact: where they agree it is certain, where they do not nothing is.

use azposture::posture::rbac::{Permission, Requirement};

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
            "the assignments cannot be read, and Azure allows something else only",
            own(nobody(), &["Microsoft.Security/*"]).with(|facts| unseen(&mut facts.assignments)),
            "fail role_missing",
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
            "Azure says so, and it is denied to everybody",
            own(nobody(), &["*/read"]).with(|facts| unseen(&mut facts.assignments)).denied(&["*"], &[], SUBSCRIPTION),
            "fail denied",
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
    let everything = || Permission { data_actions: vec!["*".to_owned()], ..allows(&["*"], &[]) };
    let own = |world: World| world.with(|facts| facts.own = Some(vec![everything()]));
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

/// Azure answers what the caller may do, groups and everything above included. What it does not say is not held, unless something
/// else that was read contradicts it.
#[test]
fn what_azure_does_not_say_of_the_caller_is_not_held() {
    use azposture::posture::Reason;
    let says = |world: World, own: &[&str]| {
        let own = own.iter().map(|action| allows(&[action], &[])).collect();
        world.with(|facts| facts.own = Some(own))
    };
    let refused = |own: &[&str]| says(at(SUBSCRIPTION), own).with(|facts| unseen(&mut facts.assignments));
    let because = |why: Reason, own: &[&str]| says(at(SUBSCRIPTION), own).with(|facts| unseen_for(&mut facts.assignments, why));
    let strange = |own: &[&str]| {
        says(at(SUBSCRIPTION).given("Reader", STRANGERS, "Group", SUBSCRIPTION), own).with(|facts| unseen(&mut facts.groups))
    };
    let unknown_role = || Requirement::Role { id: "mystery".to_owned(), name: "mystery".to_owned() };
    let storage = || action("Microsoft.Storage/storageAccounts/read");
    for (sentence, world, requirement, expected) in [
        ("lists refused, and nothing held: no role is", refused(&[]), named("Reader"), "fail role_missing"),
        ("no operation is allowed either", refused(&[]), storage(), "fail action_missing"),
        ("nor a data operation", refused(&[]), data("Microsoft.Storage/a/b/read"), "fail action_missing"),
        ("not even a role of which it is not known what it allows", refused(&[]), unknown_role(), "fail role_missing"),
        ("nor by name alone", refused(&[]).if_we(|terms| terms.accept_equivalent = false), named("Reader"), "fail role_missing"),
        (
            "what is not visible yet may only be late",
            refused(&[]).if_we(|terms| terms.just_granted = true),
            named("Reader"),
            "fail not_yet_visible",
        ),
        ("something else is held", refused(&["Microsoft.Web/*"]), storage(), "fail action_missing"),
        (
            "who holds something is seen here",
            refused(&["Microsoft.Web/*"]).if_we(|terms| terms.just_granted = true),
            storage(),
            "fail action_missing",
        ),
        (
            "a role whose operations are not all allowed is not held by name either",
            refused(&["Microsoft.Web/*"]).if_we(|terms| terms.accept_equivalent = false),
            named("Reader"),
            "fail role_missing",
        ),
        (
            "a role of which it is not known what it allows may be that something",
            refused(&["Microsoft.Web/*"]),
            unknown_role(),
            "unknown forbidden",
        ),
        ("groups unread, and Azure knows them", strange(&["Microsoft.Authorization/*"]), named("Reader"), "fail role_missing"),
        ("groups unread, and Azure allows it", strange(&["*/read"]), named("Reader"), "pass"),
        ("what Azure says is empty, and the list was answered to somebody", strange(&[]), named("Reader"), "unknown forbidden"),
        (
            "the list could not be had for another reason: empty proves nothing",
            because(Reason::Unavailable, &[]),
            named("Reader"),
            "unknown unavailable",
        ),
        ("the list was answered to who may not read it", because(Reason::NotProven, &[]), named("Reader"), "unknown not_proven"),
        ("and to who may do something else", because(Reason::NotProven, &["a/*"]), named("Reader"), "unknown not_proven"),
        (
            "throttled, and Azure allows something else only",
            because(Reason::Throttled, &["a/*"]),
            named("Reader"),
            "fail role_missing",
        ),
        (
            "what could be activated is not in that answer, and counts where it is accepted",
            refused(&[]).may_activate("Owner", ME, SUBSCRIPTION).if_we(|terms| terms.accept_eligible = true),
            named("Reader"),
            "pass",
        ),
        (
            "what could be activated could not be read either",
            refused(&[]).with(|facts| unseen(&mut facts.eligible)).if_we(|terms| terms.accept_eligible = true),
            named("Reader"),
            "unknown forbidden",
        ),
        (
            "nothing that could be activated helps",
            refused(&[]).may_activate("Security Reader", ME, SUBSCRIPTION).if_we(|terms| terms.accept_eligible = true),
            named("Reader"),
            "fail role_missing",
        ),
        (
            "what could be activated would do",
            refused(&[]).may_activate("Owner", ME, SUBSCRIPTION),
            named("Reader"),
            "fail eligible_only",
        ),
        (
            "what is seen to be given is not refuted",
            says(at(SUBSCRIPTION).holds("Reader", SUBSCRIPTION), &["a/*"]).with(|facts| unseen(&mut facts.denies)),
            named("Reader"),
            "unknown forbidden",
        ),
    ] {
        assert_eq!(world.judged(&requirement), expected, "{sentence}: {}", world.said(&requirement));
    }
    let conditional = Permission { conditional: true, ..allows(&["*"], &[]) };
    let narrowed = at(SUBSCRIPTION).with(|facts| {
        facts.own = Some(vec![conditional]);
        unseen(&mut facts.assignments);
    });
    assert_eq!(narrowed.judged(&storage()), "fail conditional_only");
    assert_eq!(refused(&[]).said(&named("Reader")), "Azure says that it may do nothing here");
}

/// What the service says it gives to somebody, and the list of everybody's does not have.
#[test]
fn an_assignment_that_only_one_of_two_lists_has_is_not_certain() {
    let late =
        at(SUBSCRIPTION).holds("Reader", SUBSCRIPTION).with(|facts| edit(&mut facts.assignments, |rows| rows[0].pending = true));
    assert_eq!(confirmed(late, &["assignment-0"]).judged(&named("Reader")), "unknown not_proven");
}
