//! The verdicts one by one: what enforces, blocks, covers in part or not at all; what states, licences and security defaults do to it.

use azposture::posture::conditional_access::{Licence, PolicyKind};

use super::world::*;

#[test]
fn what_is_enforced_and_what_is_blocked() {
    check(vec![
        ("MFA for everybody and everything is enforced", tenant([mfa()]), "enforced"),
        ("a policy that blocks everybody from everything blocks", tenant([block()]), "blocked"),
        ("who is blocked is blocked, whatever else asks for MFA", tenant([mfa(), block()]), "blocked"),
        ("a policy for another person gives nothing", tenant([mfa().for_user(SOMEBODY)]), "not_enforced not_included"),
        ("a block of another person blocks nobody else", tenant([block().for_user(SOMEBODY)]), "not_enforced not_included"),
        ("a full policy beside one with gaps is enforced", tenant([mfa().untrusted(), mfa()]), "enforced"),
        ("a full policy beside one that excludes the person is enforced", tenant([mfa().but_user(ME), mfa()]), "enforced"),
        ("ids compare without case", tenant([mfa().for_user(&ME.to_uppercase())]), "enforced"),
        ("words compare without case", tenant([any_of(&["MFA"]).clients(&["ALL"]).apps(&["all"])]), "enforced"),
        ("without any policy nothing is enforced", tenant([]), "not_enforced no_policy"),
        ("a session control beside MFA takes nothing away", tenant([mfa().with(|policy| policy.has_session = true)]), "enforced"),
    ]);
}

#[test]
fn what_a_state_says() {
    check(vec![
        ("a disabled policy is none", tenant([mfa().state("disabled")]), "not_enforced no_policy"),
        ("states compare without case", tenant([mfa().state("Enabled")]), "enforced"),
        ("a policy that is only reported enforces nothing", tenant([mfa().reported()]), "not_enforced no_policy report_only"),
        (
            "what is only reported is said beside what is lacking",
            tenant([mfa().but_user(ME), mfa().reported()]),
            "not_enforced excluded_user report_only",
        ),
        ("what would give nothing is not told", tenant([session().reported()]), "not_enforced no_policy"),
        ("a state nobody knows may be in force", tenant([mfa().state("staged")]), "unknown policy_indeterminate"),
        ("a state nobody knows takes nothing from another policy", tenant([mfa(), mfa().state("staged")]), "enforced"),
        (
            "a state nobody knows of a policy for others does not matter",
            tenant([mfa().for_user(SOMEBODY).state("staged")]),
            "not_enforced not_included",
        ),
        ("a block of a state nobody knows may block", tenant([block().state("staged")]), "unknown policy_indeterminate"),
        ("a possible block leaves what is enforced enforced", tenant([mfa(), block().state("staged")]), "enforced"),
    ]);
    let reported = |rules: Vec<Rule>| tenant(rules).coverage().report_only.map(|verdict| verdict.word());
    assert_eq!(reported(vec![mfa()]), None, "nothing is reported");
    assert_eq!(reported(vec![mfa().reported()]), Some("enforced"));
    assert_eq!(reported(vec![mfa(), mfa().untrusted().reported()]), Some("partial"), "those alone");
    assert_eq!(reported(vec![mfa().but_user(ME).reported()]), Some("not_enforced"));
    assert_eq!(reported(vec![mfa().for_group(TEAM).reported()]), Some("not_enforced"));
}

#[test]
fn whom_policies_are_about() {
    check(vec![
        (
            "a policy for workloads covers nobody",
            tenant([mfa().with(|policy| policy.kind = PolicyKind::Workloads)]),
            "not_enforced no_policy",
        ),
        ("a policy for agents covers no person", tenant([mfa().with(agents)]), "not_enforced no_policy"),
        ("an agent is no person", tenant([mfa()]).me(|me| me.is_agent = true), "not_applicable agent_identity"),
        ("a disabled account cannot sign in", tenant([]).me(|me| me.enabled = Some(false)), "not_applicable"),
        (
            "what is enforced for everybody is enforced whether or not the account is enabled",
            tenant([mfa()]).me(|me| me.enabled = None),
            "enforced",
        ),
        ("so is a block", tenant([block()]).me(|me| me.enabled = None), "blocked"),
        (
            "whether an account that may be disabled is in danger is not known",
            tenant([]).me(|me| me.enabled = None),
            "unknown user_unreadable",
        ),
        (
            "a part of an account that may be disabled neither",
            tenant([mfa().untrusted()]).me(|me| me.enabled = None),
            "unknown user_unreadable",
        ),
    ]);
}

#[test]
fn security_defaults() {
    check(vec![
        ("security defaults alone are a part", tenant([]).defaults(Some(true)), "partial security_defaults"),
        (
            "they are so without a licence",
            tenant([]).defaults(Some(true)).licence(Some(Licence::Without)),
            "partial security_defaults",
        ),
        (
            "they leave out what synchronises the directory",
            tenant([]).defaults(Some(true)).me(|me| me.is_sync = true),
            "not_enforced no_policy",
        ),
        ("beside policies, the policies decide", tenant([mfa()]).defaults(Some(true)), "enforced"),
        ("they do so where they give nothing", tenant([mfa().but_user(ME)]).defaults(Some(true)), "not_enforced excluded_user"),
        (
            "policies that are disabled or only reported are not beside them",
            tenant([mfa().state("disabled"), mfa().reported()]).defaults(Some(true)),
            "partial security_defaults",
        ),
        (
            "beside a policy that may be in force it is not known who decides",
            tenant([mfa().for_user(SOMEBODY).state("staged")]).defaults(Some(true)),
            "unknown policy_indeterminate",
        ),
        ("unread, they might be on", tenant([]).defaults(None), "unknown security_defaults_unreadable"),
        (
            "unread, they might be on where policies give nothing",
            tenant([mfa().but_user(ME)]).defaults(None),
            "unknown security_defaults_unreadable",
        ),
        ("unread, they take nothing from what is enforced", tenant([mfa()]).defaults(None), "enforced"),
        (
            "unread, they take nothing from a part",
            tenant([mfa().untrusted()]).defaults(None),
            "partial trusted_locations_excluded",
        ),
    ]);
}

#[test]
fn licences() {
    let lacking = "not_enforced no_premium_license per_user_mfa_not_read";
    check(vec![
        ("without a licence there is no Conditional Access", tenant([]).licence(Some(Licence::Without)), lacking),
        ("without any licence at all neither", tenant([]).licence(Some(Licence::Nothing)), lacking),
        ("policies of a licence that ended count no more", tenant([mfa()]).licence(Some(Licence::Without)), lacking),
        (
            "no licences beside policies is a contradiction, and the policies are there",
            tenant([mfa()]).licence(Some(Licence::Nothing)),
            "enforced",
        ),
        (
            "without a licence policies that could not be read do not matter",
            tenant([]).policies_unread().licence(Some(Licence::Without)),
            lacking,
        ),
        (
            "without a licence and with security defaults they do not matter either",
            tenant([]).policies_unread().licence(Some(Licence::Without)).defaults(Some(true)),
            "partial security_defaults",
        ),
        (
            "without a licence security defaults might be on if they are unread",
            tenant([mfa()]).licence(Some(Licence::Without)).defaults(None),
            "unknown security_defaults_unreadable",
        ),
        ("P1 is enough", tenant([mfa()]).licence(Some(Licence::P1)), "enforced"),
        ("an unread licence does not matter beside a policy", tenant([mfa()]).licence(None), "enforced"),
        (
            "it does not matter beside a policy that gives nothing",
            tenant([mfa().state("disabled")]).licence(None),
            "not_enforced no_policy",
        ),
        ("it does where no policy was returned", tenant([]).licence(None), "unknown license_unreadable"),
        (
            "where defaults are unread too, both are said",
            tenant([]).licence(None).defaults(None),
            "unknown license_unreadable security_defaults_unreadable",
        ),
    ]);
}
