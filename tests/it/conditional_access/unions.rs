//! What several policies give together: exact complements of clients and of trusted locations are one, every other union stays a part.

use super::world::*;

#[test]
fn clients_that_complete_each_other() {
    check(vec![
        ("MFA for modern clients and a block of legacy", tenant([mfa().clients(&MODERN), block().clients(&LEGACY)]), "enforced"),
        (
            "MFA for modern clients, and MFA for legacy that cannot do it",
            tenant([mfa().clients(&MODERN), mfa().clients(&LEGACY)]),
            "enforced",
        ),
        (
            "a policy a client",
            tenant([mfa().clients(&["browser"]), mfa().clients(&[MODERN[1]]), block().clients(&LEGACY)]),
            "enforced",
        ),
        (
            "browsers and a block of legacy leave desktops open",
            tenant([mfa().clients(&["browser"]), block().clients(&LEGACY)]),
            "partial client_apps",
        ),
        (
            "one legacy protocol left open is open",
            tenant([mfa().clients(&MODERN), block().clients(&["other"])]),
            "partial client_apps",
        ),
        (
            "a block of others does not help",
            tenant([mfa().clients(&MODERN), block().clients(&LEGACY).for_user(SOMEBODY)]),
            "partial client_apps",
        ),
        (
            "a block with an exclusion does not help who is excluded",
            tenant([mfa().clients(&MODERN), block().clients(&LEGACY).but_user(ME)]),
            "partial client_apps",
        ),
        (
            "a block of legacy in some applications is no complement",
            tenant([mfa().clients(&MODERN), block().clients(&LEGACY).apps(&["Office365"])]),
            "partial client_apps",
        ),
        (
            "nor is one for devices that meet a rule",
            tenant([mfa().clients(&MODERN), block().clients(&LEGACY).platforms(&["all"], &["iOS"])]),
            "partial client_apps",
        ),
        (
            "a reported block does not help",
            tenant([mfa().clients(&MODERN), block().clients(&LEGACY).reported()]),
            "partial client_apps",
        ),
        (
            "a block that may be in force may help",
            tenant([mfa().clients(&MODERN), block().clients(&LEGACY).state("staged")]),
            "unknown policy_indeterminate",
        ),
        ("blocks of all clients together block", tenant([block().clients(&MODERN), block().clients(&LEGACY)]), "blocked"),
        ("blocks and MFA together enforce", tenant([block().clients(&MODERN), mfa().clients(&LEGACY)]), "enforced"),
        (
            "modern clients with a way round stay a part",
            tenant([any_of(&["mfa", "compliantDevice"]).clients(&MODERN), block().clients(&LEGACY)]),
            "partial client_apps alternative_control",
        ),
    ]);
}

#[test]
fn locations_that_complete_each_other() {
    check(vec![
        ("all but the trusted and the trusted are all", tenant([mfa().untrusted(), mfa().trusted()]), "enforced"),
        ("one of them may be a block", tenant([mfa().untrusted(), block().trusted()]), "enforced"),
        ("two blocks block", tenant([block().untrusted(), block().trusted()]), "blocked"),
        (
            "all but one location and that one do not unite",
            tenant([mfa().locations(&["All"], &[OFFICE]), mfa().locations(&[OFFICE], &[])]),
            "partial trusted_locations_excluded",
        ),
        (
            "the trusted and all but one location neither",
            tenant([mfa().trusted(), mfa().locations(&["All"], &[OFFICE])]),
            "partial trusted_locations_excluded",
        ),
        (
            "with clients they make eight cells, of which one is open here",
            tenant([mfa().untrusted(), mfa().trusted().clients(&[MODERN[0], MODERN[1], "other"])]),
            "partial trusted_locations_excluded",
        ),
        (
            "all eight cells are all",
            tenant([mfa().untrusted().clients(&MODERN), mfa().trusted().clients(&MODERN), block().clients(&LEGACY)]),
            "enforced",
        ),
        (
            "a policy that may apply at the trusted ones may complete it",
            tenant([mfa().untrusted(), mfa().trusted().for_group(TEAM)]).group_unread(TEAM),
            "unknown group_unreadable",
        ),
    ]);
}

#[test]
fn what_does_not_unite() {
    check(vec![
        (
            "one platform and all but it",
            tenant([mfa().platforms(&["windows"], &[]), mfa().platforms(&["all"], &["windows"])]),
            "partial platform",
        ),
        ("one application and all but it", tenant([mfa().apps(&[PAYROLL]), mfa().but_apps(&[PAYROLL])]), "partial apps_excluded"),
        (
            "MFA on one platform and a block of the others",
            tenant([mfa().platforms(&["windows"], &[]), block().platforms(&["all"], &["windows"])]),
            "partial platform",
        ),
        (
            "blocks of one platform and of all but it may be a block of all",
            tenant([block().platforms(&["windows"], &[]), block().platforms(&["all"], &["windows"])]),
            "unknown policy_indeterminate",
        ),
        (
            "blocks of a platform and of places leave something open",
            tenant([block().platforms(&["linux"], &[]), block().locations(&["All"], &[OFFICE])]),
            "not_enforced grant_without_mfa",
        ),
        (
            "a block of places beside one of the trusted may be a block of all",
            tenant([block().trusted(), block().locations(&["All"], &[OFFICE])]),
            "unknown policy_indeterminate",
        ),
        (
            "blocks of risks and of handing on leave everybody else in",
            tenant([block().at_risk(&["high"]), block().at_risk(&["medium"]), block().handed_on(&["deviceCodeFlow"])]),
            "not_enforced grant_without_mfa",
        ),
        (
            "blocks of risks and of those without may be a block of all",
            tenant([block().at_risk(&["high", "medium", "low"]), block().at_risk(&["none"])]),
            "unknown policy_indeterminate",
        ),
    ]);
}
