//! The conditions of a policy beside people and applications: each leaves a gap, unless it restricts nothing.

use azposture::posture::conditional_access::{FilterMode, PolicyPart};

use super::world::*;

#[test]
fn clients() {
    check(vec![
        ("all four kinds of clients are all", tenant([mfa().clients(&[MODERN, LEGACY].concat())]), "enforced"),
        ("browsers alone leave the others open", tenant([mfa().clients(&["browser"])]), "partial client_apps"),
        ("modern clients alone leave legacy open", tenant([mfa().clients(&MODERN)]), "partial client_apps"),
        (
            "one legacy protocol left out is a gap",
            tenant([mfa().clients(&[MODERN[0], MODERN[1], "other"])]),
            "partial client_apps",
        ),
        (
            "legacy clients cannot do MFA, so MFA for them alone is a block of them and nobody is asked",
            tenant([mfa().clients(&LEGACY)]),
            "not_enforced grant_without_mfa",
        ),
        (
            "a block of legacy clients alone asks nobody for MFA",
            tenant([block().clients(&LEGACY)]),
            "not_enforced grant_without_mfa",
        ),
        ("without any kind of client it is not understood", tenant([mfa().clients(&[])]), "unknown policy_indeterminate"),
        ("a kind nobody knows is not understood", tenant([mfa().clients(&["all", "wearable"])]), "unknown policy_indeterminate"),
        (
            "the kind that is no longer used is not understood",
            tenant([mfa().clients(&["easSupported"])]),
            "unknown policy_indeterminate",
        ),
    ]);
}

#[test]
fn platforms() {
    let six = ["android", "iOS", "linux", "macOS", "windows", "windowsPhone"];
    check(vec![
        ("all platforms are no restriction", tenant([mfa().platforms(&["all"], &[])]), "enforced"),
        ("all but one leaves that one open", tenant([mfa().platforms(&["all"], &["linux"])]), "partial platform"),
        ("one platform leaves the others open", tenant([mfa().platforms(&["windows"], &[])]), "partial platform"),
        ("all that have a name leave those without one open", tenant([mfa().platforms(&six, &[])]), "partial platform"),
        ("an exclusion alone is not understood", tenant([mfa().platforms(&[], &["linux"])]), "unknown policy_indeterminate"),
        (
            "a platform nobody knows is not understood",
            tenant([mfa().platforms(&["all"], &["visionOS"])]),
            "unknown policy_indeterminate",
        ),
        (
            "what excludes all it includes is not understood",
            tenant([mfa().platforms(&["windows"], &["windows"])]),
            "unknown policy_indeterminate",
        ),
    ]);
}

#[test]
fn locations() {
    check(vec![
        ("all locations are no restriction", tenant([mfa().locations(&["All"], &[])]), "enforced"),
        ("all but the trusted ones", tenant([mfa().untrusted()]), "partial trusted_locations_excluded"),
        ("all but one that is trusted", tenant([mfa().locations(&["All"], &[OFFICE])]), "partial trusted_locations_excluded"),
        (
            "all but the addresses that MFA by user trusts",
            tenant([mfa().locations(&["All"], &["00000000-0000-0000-0000-000000000000"])]),
            "partial trusted_locations_excluded",
        ),
        (
            "all but one that nobody marked as trusted is more than a trusted one",
            tenant([mfa().locations(&["All"], &[BRANCH])]),
            "partial only_some_locations",
        ),
        (
            "all but one of which it was not seen whether it is trusted, too",
            tenant([mfa().locations(&["All"], &[OFFICE])])
                .with(|facts| facts.trusted_locations = azposture::posture::Seen::unseen(gap())),
            "partial only_some_locations",
        ),
        ("the trusted ones only", tenant([mfa().trusted()]), "partial only_some_locations"),
        ("one location only", tenant([mfa().locations(&[OFFICE], &[])]), "partial only_some_locations"),
        ("one location and not another", tenant([mfa().locations(&[OFFICE], &[BRANCH])]), "partial only_some_locations"),
        ("an exclusion alone is not understood", tenant([mfa().locations(&[], &["AllTrusted"])]), "unknown policy_indeterminate"),
        (
            "a word nobody knows is not understood",
            tenant([mfa().locations(&["All"], &["AllCompliant"])]),
            "unknown policy_indeterminate",
        ),
        (
            "one location but not the trusted ones may be none at all",
            tenant([mfa().locations(&[OFFICE], &["AllTrusted"])]),
            "unknown policy_indeterminate",
        ),
        (
            "the trusted ones but not one may be none at all",
            tenant([mfa().locations(&["AllTrusted"], &[OFFICE])]),
            "unknown policy_indeterminate",
        ),
        ("all but all is not understood", tenant([mfa().locations(&["All"], &["All"])]), "unknown policy_indeterminate"),
    ]);
}

#[test]
fn devices_risks_and_flows() {
    check(vec![
        ("devices that meet a rule", tenant([mfa().devices(FilterMode::Include)]), "partial device_filter"),
        ("devices that do not", tenant([mfa().devices(FilterMode::Exclude)]), "partial device_filter"),
        (
            "a filter of a mode nobody knows",
            tenant([mfa().devices(FilterMode::Other("audit".to_owned()))]),
            "unknown policy_indeterminate",
        ),
        ("where a sign-in is at risk", tenant([mfa().at_risk(&["high", "medium"])]), "partial risk_conditional"),
        (
            "every risk by name is still a condition",
            tenant([mfa().at_risk(&["none", "low", "medium", "high"])]),
            "partial risk_conditional",
        ),
        ("a level nobody knows", tenant([mfa().at_risk(&["high", "extreme"])]), "unknown policy_indeterminate"),
        ("where a user is at risk", tenant([mfa().with(|policy| policy.user_risk = set(&["high"]))]), "partial risk_conditional"),
        (
            "where somebody inside is a risk",
            tenant([mfa().with(|policy| policy.insider_risk = set(&["elevated"]))]),
            "partial risk_conditional",
        ),
        (
            "a level of another kind of risk is not understood",
            tenant([mfa().with(|policy| policy.insider_risk = set(&["high"]))]),
            "unknown policy_indeterminate",
        ),
        ("where a code is entered on another device", tenant([mfa().handed_on(&["deviceCodeFlow"])]), "partial flow_only"),
        ("no way of handing on is no condition", tenant([mfa().handed_on(&["none"])]), "enforced"),
        ("a way nobody knows", tenant([mfa().handed_on(&["beamed"])]), "unknown policy_indeterminate"),
        (
            "a block of the device code flow asks nobody",
            tenant([block().handed_on(&["deviceCodeFlow"])]),
            "not_enforced grant_without_mfa",
        ),
    ]);
}

#[test]
fn several_gaps() {
    check(vec![
        (
            "all gaps of the policy are said, the weakest first",
            tenant([mfa().untrusted().clients(&MODERN).platforms(&["windows"], &[])]),
            "partial trusted_locations_excluded client_apps platform",
        ),
        (
            "of two policies the one counts whose worst gap is the weaker one",
            tenant([mfa().at_risk(&["high"]), mfa().clients(&MODERN).platforms(&["windows"], &[])]),
            "partial client_apps platform",
        ),
        (
            "with the same worst gap the one with fewer counts",
            tenant([mfa().untrusted().platforms(&["all"], &["linux"]), mfa().platforms(&["all"], &["linux"])]),
            "partial platform",
        ),
    ]);
}

#[test]
fn parts_that_are_not_understood() {
    let cases = PolicyPart::ALL.into_iter();
    let open = |part| part != PolicyPart::Session;
    let wrong: Vec<_> = cases.filter(|part| open(*part)).map(|part| (part, tenant([mfa().unclear(part)]).judged())).collect();
    assert!(wrong.iter().all(|(_, judged)| judged == "unknown policy_indeterminate"), "{wrong:#?}");
    check(vec![
        (
            "a session control that is not understood, too",
            tenant([mfa().unclear(PolicyPart::Session)]),
            "unknown policy_indeterminate",
        ),
        (
            "of whom it excludes it does not matter what else is not understood",
            tenant([mfa().but_user(ME).unclear(PolicyPart::Conditions)]),
            "not_enforced excluded_user",
        ),
        (
            "whom it does not include neither",
            tenant([mfa().for_user(SOMEBODY).unclear(PolicyPart::Grant)]),
            "not_enforced not_included",
        ),
        (
            "whom it includes is not known where that part is not understood",
            tenant([mfa().for_user(SOMEBODY).unclear(PolicyPart::Users)]),
            "unknown policy_indeterminate",
        ),
        (
            "a policy that asks for no MFA may ask for what it likes elsewhere",
            tenant([any_of(&["compliantDevice"]).unclear(PolicyPart::Locations)]),
            "not_enforced grant_without_mfa",
        ),
        (
            "beside a policy that enforces one that is not understood does not matter",
            tenant([mfa(), mfa().unclear(PolicyPart::Grant)]),
            "enforced",
        ),
        (
            "a gap that is understood stays one: the policy could only be a part, as the other one is",
            tenant([mfa().untrusted(), mfa().platforms(&["windows"], &[]).unclear(PolicyPart::Conditions)]),
            "partial trusted_locations_excluded",
        ),
        ("without people it is not understood", tenant([mfa().for_none()]), "unknown policy_indeterminate"),
        (
            "a policy for None is for nobody",
            tenant([mfa().for_none().with(|policy| policy.include.nobody = true)]),
            "not_enforced not_included",
        ),
        ("a user that is no id is not understood", tenant([mfa().for_user("AllContractors")]), "unknown policy_indeterminate"),
        ("neither is an exclusion that is no id", tenant([mfa().but_user("AllContractors")]), "unknown policy_indeterminate"),
        ("agents among the excluded are no person", tenant([mfa().but_user("AllAgentIdUsers")]), "enforced"),
    ]);
}
