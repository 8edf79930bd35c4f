//! To what a policy applies, at each of the three targets.

use azposture::posture::conditional_access::{FilterMode, Target};

use super::world::*;

fn contexts(rule: Rule) -> Rule {
    rule.apps(&[]).with(|policy| policy.applications.contexts = set(&["c1"]))
}

fn actions(rule: Rule) -> Rule {
    rule.apps(&[]).with(|policy| policy.applications.user_actions = set(&["urn:user:registersecurityinfo"]))
}

#[test]
fn all_applications() {
    check(vec![
        ("some applications", tenant([mfa().apps(&[PAYROLL])]), "partial apps_subset"),
        ("a suite of applications", tenant([mfa().apps(&["Office365"])]), "partial apps_subset"),
        ("all but one", tenant([mfa().but_apps(&[PAYROLL])]), "partial apps_excluded"),
        ("all is all, whatever stands beside it", tenant([mfa().apps(&["All", PAYROLL])]), "enforced"),
        ("a policy for Azure management is none for all", tenant([mfa().apps(&[AZURE])]), "partial apps_subset"),
        ("no application", tenant([mfa().apps(&["None"])]), "not_enforced target_not_included"),
        (
            "what excludes each it includes applies to none",
            tenant([mfa().apps(&[PAYROLL]).but_apps(&[PAYROLL])]),
            "not_enforced target_not_included",
        ),
        (
            "one but not those of a suite may be none",
            tenant([mfa().apps(&[PAYROLL]).but_apps(&["Office365"])]),
            "unknown policy_indeterminate",
        ),
        (
            "agents' resources are nothing people sign in to",
            tenant([mfa().apps(&["AllAgentIdResources"])]),
            "not_enforced target_not_included",
        ),
        ("applications that meet a rule", tenant([mfa().apps(&[]).apps_by_rule(FilterMode::Include)]), "partial apps_subset"),
        ("all but those that meet a rule", tenant([mfa().apps_by_rule(FilterMode::Exclude)]), "partial apps_excluded"),
        (
            "a rule of a mode nobody knows is not understood",
            tenant([mfa().apps_by_rule(FilterMode::Other("audit".to_owned()))]),
            "unknown policy_indeterminate",
        ),
        ("actions of users are no sign-in", tenant([actions(mfa())]), "not_enforced user_action_only"),
        ("contexts are none either", tenant([contexts(mfa())]), "not_enforced authentication_context_only"),
        (
            "applications and actions together are not understood",
            tenant([actions(mfa()).apps(&["All"])]),
            "unknown policy_indeterminate",
        ),
        ("nothing at all is not understood", tenant([mfa().apps(&[])]), "unknown policy_indeterminate"),
        ("an exclusion alone is not understood", tenant([mfa().apps(&[]).but_apps(&[PAYROLL])]), "unknown policy_indeterminate"),
        ("a word nobody knows is not understood", tenant([mfa().apps(&["All", "Windows365"])]), "unknown policy_indeterminate"),
        ("neither is one that is excluded", tenant([mfa().but_apps(&["Windows365"])]), "unknown policy_indeterminate"),
        ("a block of some applications asks nobody", tenant([block().apps(&[PAYROLL])]), "not_enforced grant_without_mfa"),
        (
            "blocks of all but one each may be a block of all",
            tenant([block().but_apps(&[PAYROLL]), block().but_apps(&[SHOP])]),
            "unknown policy_indeterminate",
        ),
    ]);
}

#[test]
fn azure_management() {
    let at = |rule: Rule| tenant([rule]).at(Target::AzureManagement);
    check(vec![
        ("a policy for all covers it", at(mfa()), "enforced"),
        ("so does one for it", at(mfa().apps(&[AZURE])), "enforced"),
        ("and a block of it blocks there", at(block().apps(&[AZURE])), "blocked"),
        ("without case", at(mfa().apps(&[AZURE.to_uppercase().as_str()])), "enforced"),
        ("one for others does not", at(mfa().apps(&[PAYROLL])), "not_enforced target_not_included"),
        ("one for the admin portals does not", at(mfa().apps(&["MicrosoftAdminPortals"])), "not_enforced target_not_included"),
        ("all but it does not", at(mfa().but_apps(&[AZURE])), "not_enforced target_not_included"),
        ("all but another covers it", at(mfa().but_apps(&[PAYROLL])), "enforced"),
        ("all but Office 365 covers it", at(mfa().but_apps(&["Office365"])), "enforced"),
        ("the Azure portal is a part of it", at(mfa().but_apps(&[AZURE_PORTAL])), "partial apps_excluded"),
        ("so it is among the admin portals", at(mfa().but_apps(&["MicrosoftAdminPortals"])), "partial apps_excluded"),
        (
            "whether it meets a rule is not known",
            at(mfa().apps(&[]).apps_by_rule(FilterMode::Include)),
            "unknown policy_indeterminate",
        ),
        (
            "nor whether it is excluded by one",
            at(mfa().apps(&[AZURE]).apps_by_rule(FilterMode::Exclude)),
            "unknown policy_indeterminate",
        ),
        (
            "what is not included needs no rule",
            at(mfa().apps(&[PAYROLL]).apps_by_rule(FilterMode::Exclude)),
            "not_enforced target_not_included",
        ),
        (
            "what is excluded by id needs none either",
            at(mfa().but_apps(&[AZURE]).apps_by_rule(FilterMode::Include)),
            "not_enforced target_not_included",
        ),
        ("actions are no sign-in there", at(actions(mfa())), "not_enforced user_action_only"),
        ("a gap elsewhere is one here", at(mfa().apps(&[AZURE]).untrusted()), "partial trusted_locations_excluded"),
    ]);
}

#[test]
fn admin_portals() {
    let at = |rule: Rule| tenant([rule]).at(Target::AdminPortals);
    check(vec![
        ("a policy for all covers them", at(mfa()), "enforced"),
        ("so does one for them", at(mfa().apps(&["MicrosoftAdminPortals"])), "enforced"),
        ("all but them does not", at(mfa().but_apps(&["microsoftadminportals"])), "not_enforced target_not_included"),
        ("one for one of them is none for them", at(mfa().apps(&[AZURE_PORTAL])), "not_enforced target_not_included"),
        ("all but the Azure portal is a part", at(mfa().but_apps(&[AZURE_PORTAL])), "partial apps_excluded"),
        ("all but the portal of Microsoft 365 is a part", at(mfa().but_apps(&[M365_PORTAL])), "partial apps_excluded"),
        ("Office 365 has portals in it", at(mfa().but_apps(&["Office365"])), "partial apps_excluded"),
        ("Azure management has the Azure portal in it", at(mfa().but_apps(&[AZURE])), "partial apps_excluded"),
        (
            "all of them but one is a part, too",
            at(mfa().apps(&["MicrosoftAdminPortals"]).but_apps(&[AZURE_PORTAL])),
            "partial apps_excluded",
        ),
        ("all but another application covers them", at(mfa().but_apps(&[PAYROLL])), "enforced"),
        ("a rule decides what is not known", at(mfa().apps_by_rule(FilterMode::Exclude)), "unknown policy_indeterminate"),
    ]);
}
