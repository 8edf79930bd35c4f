//! What is asked for: whether it can be met without MFA.

use azposture::posture::conditional_access::GrantOperator;

use super::world::*;

#[test]
fn controls() {
    check(vec![
        ("a device that complies is no MFA", tenant([any_of(&["compliantDevice"])]), "not_enforced grant_without_mfa"),
        ("a way round MFA is a gap", tenant([any_of(&["mfa", "compliantDevice"])]), "partial alternative_control"),
        (
            "several ways round are one gap",
            tenant([any_of(&["mfa", "compliantDevice", "domainJoinedDevice"])]),
            "partial alternative_control",
        ),
        ("MFA and a device is MFA", tenant([all_of(&["mfa", "compliantDevice"])]), "enforced"),
        (
            "two devices are no MFA",
            tenant([all_of(&["compliantDevice", "domainJoinedDevice"])]),
            "not_enforced grant_without_mfa",
        ),
        (
            "an approved application is no MFA",
            tenant([any_of(&["approvedApplication", "compliantApplication"])]),
            "not_enforced grant_without_mfa",
        ),
        (
            "terms of use are no MFA",
            tenant([any_of(&[]).with(|policy| policy.grant.get_or_insert_default().terms_of_use = set(&["t"]))]),
            "not_enforced grant_without_mfa",
        ),
        (
            "terms of use instead of MFA are met by anybody",
            tenant([mfa().with(|policy| policy.grant.get_or_insert_default().terms_of_use = set(&["t"]))]),
            "not_enforced grant_without_mfa",
        ),
        ("remediation of a risk is no MFA", tenant([any_of(&["riskRemediation"])]), "not_enforced grant_without_mfa"),
        ("a session control alone asks for nothing", tenant([session()]), "not_enforced session_only"),
        (
            "a grant without any control beside a session control neither",
            tenant([session(), any_of(&[]).with(|policy| policy.has_session = true)]),
            "not_enforced session_only",
        ),
        ("neither grant nor session is not understood", tenant([asking(None)]), "unknown policy_indeterminate"),
        ("a grant without any control and no session neither", tenant([any_of(&[])]), "unknown policy_indeterminate"),
        ("a control nobody knows is not understood", tenant([any_of(&["verifiedId"])]), "unknown policy_indeterminate"),
        ("not even where MFA has to be met, too", tenant([all_of(&["mfa", "verifiedId"])]), "unknown policy_indeterminate"),
        ("a block beside others is not understood", tenant([all_of(&["block", "mfa"])]), "unknown policy_indeterminate"),
    ]);
}

#[test]
fn a_new_password() {
    let at_risk = |rule: Rule| rule.with(|policy| policy.user_risk = set(&["high"]));
    check(vec![
        ("a new password alone is no MFA", tenant([at_risk(any_of(&["passwordChange"]))]), "not_enforced password_change_only"),
        ("it is none whatever its condition is", tenant([any_of(&["passwordChange"])]), "not_enforced password_change_only"),
        ("beside MFA it is for users at risk", tenant([at_risk(all_of(&["mfa", "passwordChange"]))]), "partial risk_conditional"),
        (
            "without such users it is no policy of the service",
            tenant([all_of(&["mfa", "passwordChange"])]),
            "unknown policy_indeterminate",
        ),
        (
            "instead of MFA whoever knows the old one sets it",
            tenant([at_risk(any_of(&["mfa", "passwordChange"]))]),
            "not_enforced grant_without_mfa",
        ),
    ]);
}

#[test]
fn operators() {
    let two = |operator: GrantOperator| all_of(&["mfa", "compliantDevice"]).operator(operator);
    check(vec![
        ("of one control it does not matter how it is joined", tenant([mfa().operator(GrantOperator::Unsaid)]), "enforced"),
        ("not even by a word nobody knows", tenant([mfa().operator(GrantOperator::Other("XOR".to_owned()))]), "enforced"),
        ("of several it does", tenant([two(GrantOperator::Unsaid)]), "unknown policy_indeterminate"),
        (
            "a word nobody knows is not understood",
            tenant([two(GrantOperator::Other("XOR".to_owned()))]),
            "unknown policy_indeterminate",
        ),
    ]);
}

#[test]
fn strengths() {
    let only = |id: &str| any_of(&[]).strength(id);
    check(vec![
        ("a strength that is MFA is MFA", tenant([only(STRONG)]), "enforced"),
        ("one that a password meets is not", tenant([only(WEAK)]), "not_enforced weak_strength"),
        ("one whose parts contradict each other is not believed", tenant([only(CONTRADICTED)]), "unknown policy_indeterminate"),
        ("one that is in no list was not read", tenant([only(UNLISTED)]), "unknown strength_unreadable"),
        ("unread strengths might be MFA", tenant([only(STRONG)]).strengths_unread(), "unknown strength_unreadable"),
        (
            "they do not matter where MFA has to be met, too",
            tenant([all_of(&["mfa"]).strength(STRONG)]).strengths_unread(),
            "enforced",
        ),
        ("MFA or a strength that is MFA is MFA", tenant([any_of(&["mfa"]).strength(STRONG)]), "enforced"),
        ("MFA or a weak strength is met by a password", tenant([any_of(&["mfa"]).strength(WEAK)]), "not_enforced weak_strength"),
        (
            "MFA or an unread strength may have one",
            tenant([any_of(&["mfa"]).strength(STRONG)]).strengths_unread(),
            "unknown strength_unreadable",
        ),
        (
            "MFA, an unread strength or a device may be met by a password",
            tenant([any_of(&["mfa", "compliantDevice"]).strength(STRONG)]).strengths_unread(),
            "unknown strength_unreadable",
        ),
        (
            "a device or an unread strength may be a part",
            tenant([any_of(&["compliantDevice"]).strength(STRONG)]).strengths_unread(),
            "unknown strength_unreadable",
        ),
        (
            "a device and a weak strength are no MFA",
            tenant([all_of(&["compliantDevice"]).strength(WEAK)]),
            "not_enforced weak_strength",
        ),
        (
            "ids of strengths compare without case",
            tenant([only("00000000-0000-0000-0000-00000000000A")]).with(|facts| {
                let mut all = facts.strengths.so_far().unwrap().clone();
                all.insert("00000000-0000-0000-0000-00000000000a".to_owned(), all[STRONG].clone());
                facts.strengths = azposture::posture::Seen::all(all);
            }),
            "enforced",
        ),
    ]);
}

#[test]
fn custom_controls() {
    check(vec![
        ("a custom control is never MFA", tenant([any_of(&[]).custom("Duo")]), "partial third_party_factor"),
        ("beside MFA it takes nothing away", tenant([all_of(&["mfa"]).custom("Duo")]), "enforced"),
        ("instead of MFA it is the gap", tenant([any_of(&["mfa"]).custom("Duo")]), "partial third_party_factor"),
        (
            "a device instead of it is a way round, too",
            tenant([any_of(&["compliantDevice"]).custom("Duo")]),
            "partial alternative_control third_party_factor",
        ),
        (
            "a device beside it changes nothing",
            tenant([all_of(&["compliantDevice"]).custom("Duo")]),
            "partial third_party_factor",
        ),
        (
            "with gaps it has those, too",
            tenant([any_of(&[]).custom("Duo").untrusted()]),
            "partial trusted_locations_excluded third_party_factor",
        ),
    ]);
}
