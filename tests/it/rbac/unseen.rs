//! What could not be seen never passes, and never fails what it could have changed.

use azposture::posture::Reason;

use super::world::*;

#[test]
fn what_could_not_be_seen_is_unknown_exactly_where_it_matters() {
    let reader = || at(SUBSCRIPTION).holds("Reader", SUBSCRIPTION);
    let nobody = || at(SUBSCRIPTION);
    let through = |kind: &str| at(SUBSCRIPTION).given("Reader", TEAM, kind, SUBSCRIPTION);
    let cases = [
        (
            "a role that was seen is held, whatever else was not listed",
            reader().with(|facts| unseen(&mut facts.assignments)),
            "pass",
        ),
        (
            "a role that was not listed may still be held",
            nobody().with(|facts| unseen(&mut facts.assignments)),
            "unknown forbidden",
        ),
        (
            "a list that is not proven whole proves no absence",
            nobody().with(|facts| unseen_for(&mut facts.assignments, Reason::NotProven)),
            "unknown not_proven",
        ),
        ("a direct role needs no groups", reader().with(|facts| unseen(&mut facts.groups)), "pass"),
        (
            "a group that holds the role may be one's own",
            through("Group").with(|facts| unseen(&mut facts.groups)),
            "unknown forbidden",
        ),
        (
            "a group whose members are hidden, too",
            through("Group").with(|facts| unseen_for(&mut facts.groups, Reason::Hidden)),
            "unknown hidden",
        ),
        ("what no type is known of may be a group", through("").with(|facts| unseen(&mut facts.groups)), "unknown forbidden"),
        ("a user is no group", through("User").with(|facts| unseen(&mut facts.groups)), "fail role_missing"),
        (
            "unseen groups do not matter where no group holds anything",
            nobody().with(|facts| unseen(&mut facts.groups)),
            "fail role_missing",
        ),
        (
            "unseen groups do not matter where the group's role would not help",
            at(SUBSCRIPTION).given("Security Reader", TEAM, "Group", SUBSCRIPTION).with(|facts| unseen(&mut facts.groups)),
            "fail role_missing",
        ),
        ("what may be denied is not proven to be allowed", reader().with(|facts| unseen(&mut facts.denies)), "unknown forbidden"),
        ("what is missing needs no denial", nobody().with(|facts| unseen(&mut facts.denies)), "fail role_missing"),
        (
            "a denial of a group that may be one's own proves nothing",
            reader()
                .with(|facts| unseen(&mut facts.groups))
                .denied(&["*"], &[], SUBSCRIPTION)
                .but(|deny| deny.principals = [(TEAM.to_owned(), true)].into()),
            "unknown forbidden",
        ),
        (
            "an exclusion through a group that may be one's own proves nothing",
            reader().with(|facts| unseen(&mut facts.groups)).denied(&["*"], &[], SUBSCRIPTION).but_not(TEAM, true),
            "unknown forbidden",
        ),
        (
            "a management group that may be above may give the role",
            at(SUBSCRIPTION).holds("Reader", ELSEWHERE).with(|facts| unseen(&mut facts.above)),
            "unknown forbidden",
        ),
        (
            "a management group that may be above cannot give what it does not give",
            at(SUBSCRIPTION).holds("Security Reader", ELSEWHERE).with(|facts| unseen(&mut facts.above)),
            "fail role_missing",
        ),
        (
            "a role of which it is not known what it allows may be enough",
            at(SUBSCRIPTION).holds("mystery", SUBSCRIPTION),
            "unknown not_visible",
        ),
        (
            "a role of which it is not known what it allows is not the one by name",
            at(SUBSCRIPTION).holds("mystery", SUBSCRIPTION).if_we(|terms| terms.accept_equivalent = false),
            "fail role_missing",
        ),
        (
            "what could be activated does not matter unless it is accepted",
            nobody().with(|facts| unseen(&mut facts.eligible)),
            "fail role_missing",
        ),
        (
            "what could be activated matters where it is accepted",
            nobody().with(|facts| unseen(&mut facts.eligible)).if_we(|terms| terms.accept_eligible = true),
            "unknown forbidden",
        ),
    ];
    for (sentence, world, expected) in cases {
        assert_eq!(world.judged(&named("Reader")), expected, "{sentence}: {}", world.said(&named("Reader")));
    }
}

#[test]
fn a_role_by_id_is_held_even_if_it_is_not_known_what_it_allows() {
    let mystery = azposture::posture::rbac::Requirement::Role { id: "mystery".to_owned(), name: "mystery".to_owned() };
    assert_eq!(at(SUBSCRIPTION).holds("mystery", SUBSCRIPTION).judged(&mystery), "pass");
    assert_eq!(at(SUBSCRIPTION).judged(&mystery), "fail role_missing");
    assert_eq!(at(SUBSCRIPTION).holds("Owner", SUBSCRIPTION).judged(&mystery), "unknown not_visible");
    let denied = at(SUBSCRIPTION).holds("mystery", SUBSCRIPTION).denied(&["Microsoft.Web/*"], &[], SUBSCRIPTION);
    assert!(denied.judged(&mystery).starts_with("unknown"), "{}", denied.judged(&mystery));
}

#[test]
fn an_operation_that_an_unknown_role_may_allow_is_unknown_and_one_that_is_denied_to_all_fails() {
    let writes = action("Microsoft.Web/sites/write");
    let mystery = at(SUBSCRIPTION).holds("mystery", SUBSCRIPTION);
    assert_eq!(mystery.judged(&writes), "unknown not_visible");
    assert_eq!(mystery.denied(&["*"], &[], SUBSCRIPTION).judged(&writes), "fail denied");
}

#[test]
fn what_was_given_to_somebody_the_directory_does_not_know_is_no_pass() {
    let gone = |world: World| world.with(|facts| facts.absent = true);
    assert_eq!(gone(at(SUBSCRIPTION).holds("Reader", SUBSCRIPTION)).judged(&named("Reader")), "unknown not_visible");
    assert_eq!(gone(at(SUBSCRIPTION)).judged(&named("Reader")), "fail role_missing");
}

#[test]
fn what_is_denied_on_a_condition_neither_passes_nor_fails() {
    let denied = || at(SUBSCRIPTION).holds("Reader", SUBSCRIPTION).denied(&["*"], &[], SUBSCRIPTION);
    assert_eq!(denied().judged(&named("Reader")), "fail denied");
    assert_eq!(denied().but(|deny| deny.conditional = true).judged(&named("Reader")), "unknown not_proven");
}
