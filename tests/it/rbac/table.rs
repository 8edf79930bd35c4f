//! One sentence a case, one ground a group: the article of Microsoft's documentation, or the published role, that makes it so.

use azposture::posture::rbac::{Permission, Requirement};

use super::world::*;

pub(super) type Case = (&'static str, World, Requirement, &'static str);

pub(super) const READ_STORAGE: &str = "Microsoft.Storage/storageAccounts/read";
pub(super) const GIVE_ROLES: &str = "Microsoft.Authorization/roleAssignments/write";

pub(super) fn check(cases: Vec<Case>) {
    let wrong: Vec<_> = cases
        .iter()
        .filter_map(|(sentence, world, requirement, expected)| {
            let judged = world.judged(requirement);
            (judged != *expected).then(|| format!("{sentence}: {judged}, not {expected} ({})", world.said(requirement)))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Scope levels and their inheritance: Azure RBAC, "Understand scope for Azure RBAC" and "How Azure RBAC determines if a user has
/// access to a resource".
#[test]
fn roles_that_are_held() {
    check(vec![
        ("a role given at the scope is held", at(SUBSCRIPTION).holds("Reader", SUBSCRIPTION), named("Reader"), "pass"),
        ("nobody holds what nobody was given", at(SUBSCRIPTION), named("Reader"), "fail role_missing"),
        (
            "somebody else's role is not held",
            at(SUBSCRIPTION).given("Reader", SOMEBODY, "User", SUBSCRIPTION),
            named("Reader"),
            "fail role_missing",
        ),
        ("scopes compare without case", at(SUBSCRIPTION).holds("Reader", &SUBSCRIPTION.to_uppercase()), named("Reader"), "pass"),
        (
            "a role of the subscription reaches its resource groups",
            at(GROUP).holds("Reader", SUBSCRIPTION),
            named("Reader"),
            "pass",
        ),
        ("a role of the resource group reaches its resources", at(VAULT).holds("Reader", GROUP), named("Reader"), "pass"),
        (
            "a role of a resource group does not reach the subscription",
            at(SUBSCRIPTION).holds("Reader", GROUP),
            named("Reader"),
            "fail role_missing",
        ),
        ("a role of a resource does not reach its group", at(GROUP).holds("Reader", VAULT), named("Reader"), "fail role_missing"),
        (
            "a role of another subscription does not reach this one",
            at(SUBSCRIPTION).holds("Reader", OTHER),
            named("Reader"),
            "fail role_missing",
        ),
        (
            "a group whose name begins alike is another group",
            at(GROUP).holds("Reader", &GROUP.replace("shop", "sho")),
            named("Reader"),
            "fail role_missing",
        ),
        ("a role of a management group above is inherited", at(SUBSCRIPTION).holds("Reader", CORP), named("Reader"), "pass"),
        ("it is inherited down to the resource", at(VAULT).holds("Reader", &CORP.to_lowercase()), named("Reader"), "pass"),
        (
            "a management group elsewhere gives nothing",
            at(SUBSCRIPTION).holds("Reader", ELSEWHERE),
            named("Reader"),
            "fail role_missing",
        ),
        ("a role of the tenant's root reaches everything", at(VAULT).holds("Reader", "/"), named("Reader"), "pass"),
        (
            "a subscription's role does not reach the management group",
            at(CORP).holds("Reader", SUBSCRIPTION),
            named("Reader"),
            "fail role_missing",
        ),
        (
            "a role that is only just being given may not be visible yet",
            at(SUBSCRIPTION).if_we(|terms| terms.just_granted = true),
            named("Reader"),
            "fail not_yet_visible",
        ),
        (
            "who already holds something else simply lacks the role",
            at(SUBSCRIPTION).holds("Security Reader", SUBSCRIPTION).if_we(|terms| terms.just_granted = true),
            named("Reader"),
            "fail role_missing",
        ),
    ]);
}

/// "How Azure RBAC determines if a user has access to a resource": assignments are transitive for groups. Foreign groups:
/// principal types of "Role assignments - List" (`ForeignGroup`).
#[test]
fn roles_that_come_through_groups() {
    check(vec![
        (
            "a role of a group is held by who is in it",
            at(SUBSCRIPTION).member_of(&[TEAM]).given("Reader", TEAM, "Group", SUBSCRIPTION),
            named("Reader"),
            "pass",
        ),
        (
            "a role of an outer group is held by who is in an inner one",
            at(SUBSCRIPTION).member_of(&[TEAM, DEPARTMENT]).given("Reader", DEPARTMENT, "Group", CORP),
            named("Reader"),
            "pass",
        ),
        (
            "a role of a group is not held by who is not in it",
            at(SUBSCRIPTION).member_of(&[TEAM]).given("Reader", STRANGERS, "Group", SUBSCRIPTION),
            named("Reader"),
            "fail role_missing",
        ),
        (
            "a role of a group of another tenant cannot be excluded",
            at(SUBSCRIPTION).given("Reader", STRANGERS, "ForeignGroup", SUBSCRIPTION),
            named("Reader"),
            "unknown hidden",
        ),
        (
            "a foreign group with a role that would not help changes nothing",
            at(SUBSCRIPTION).given("Security Reader", STRANGERS, "ForeignGroup", SUBSCRIPTION),
            named("Reader"),
            "fail role_missing",
        ),
        (
            "a direct role needs no group",
            at(SUBSCRIPTION).holds("Reader", SUBSCRIPTION).given("Owner", STRANGERS, "ForeignGroup", SUBSCRIPTION),
            named("Reader"),
            "pass",
        ),
    ]);
}

/// The permissions of each role in "Azure built-in roles" (Privileged, Security, Monitor, Storage); union of roles: "Azure RBAC
/// is an additive model"; `notActions` and data actions: "Understand Azure role definitions".
#[test]
fn roles_that_stand_in_for_others() {
    let holds = |role: &str| at(SUBSCRIPTION).holds(role, SUBSCRIPTION);
    check(vec![
        ("Owner may all that Contributor may", holds("Owner"), named("Contributor"), "pass"),
        ("Owner may all that Reader may", holds("Owner"), named("Reader"), "pass"),
        ("Contributor may all that Reader may", holds("Contributor"), named("Reader"), "pass"),
        ("User Access Administrator may all that Reader may", holds("User Access Administrator"), named("Reader"), "pass"),
        (
            "Role Based Access Control Administrator may all that Reader may",
            holds("Role Based Access Control Administrator"),
            named("Reader"),
            "pass",
        ),
        ("Monitoring Reader may all that Reader may", holds("Monitoring Reader"), named("Reader"), "pass"),
        ("Log Analytics Reader leaves the shared keys out", holds("Log Analytics Reader"), named("Reader"), "fail role_missing"),
        ("Reader may not all that Monitoring Reader may", holds("Reader"), named("Monitoring Reader"), "fail role_missing"),
        ("Contributor is no Owner", holds("Contributor"), named("Owner"), "fail role_missing"),
        (
            "Contributor and User Access Administrator are no Owner: other exclusions of Contributor remain",
            holds("Contributor").holds("User Access Administrator", SUBSCRIPTION),
            named("Owner"),
            "fail role_missing",
        ),
        ("Security Reader is no Reader", holds("Security Reader"), named("Reader"), "fail role_missing"),
        ("Security Admin is no Reader", holds("Security Admin"), named("Reader"), "fail role_missing"),
        (
            "Reader is no Security Reader by name, and more than it by what it allows",
            holds("Reader"),
            named("Security Reader"),
            "pass",
        ),
        (
            "Security Reader may not all that Security Admin may, which also writes",
            holds("Security Reader"),
            named("Security Admin"),
            "fail role_missing",
        ),
        ("Key Vault Reader reads vaults, not everything", holds("Key Vault Reader"), named("Reader"), "fail role_missing"),
        (
            "Owner has no data operations, so it is no Key Vault Administrator",
            holds("Owner"),
            named("Key Vault Administrator"),
            "fail role_missing",
        ),
        (
            "Owner has no data operations, so it is no Storage Blob Data Reader",
            holds("Owner"),
            named("Storage Blob Data Reader"),
            "fail role_missing",
        ),
        ("Management Group Reader is no Reader", holds("Management Group Reader"), named("Reader"), "fail role_missing"),
        (
            "equivalence can be refused",
            holds("Owner").if_we(|terms| terms.accept_equivalent = false),
            named("Reader"),
            "fail role_missing",
        ),
        (
            "two roles together can stand in for a third",
            holds("readers")
                .holds("keys", SUBSCRIPTION)
                .with_role("readers", vec![allows(&["*/read"], &["a/keys/read"])])
                .with_role("keys", vec![allows(&["a/*"], &[])]),
            named("Reader"),
            "pass",
        ),
        (
            "a role that allows nothing is nobody's by equivalence",
            holds("Owner").with_role("empty", vec![Permission::default()]),
            Requirement::Role { id: "empty".to_owned(), name: "Empty".to_owned() },
            "fail role_missing",
        ),
        (
            "a role that allows nothing is still held by who was given it",
            holds("empty").with_role("empty", vec![]),
            Requirement::Role { id: "empty".to_owned(), name: "Empty".to_owned() },
            "pass",
        ),
    ]);
}

/// "Understand Azure role definitions": format of operations, wildcards, `NotActions` taken from the same role's `Actions` only,
/// and `DataActions` apart from them. Contents of roles: "Azure built-in roles".
#[test]
fn operations() {
    let holds = |role: &str| at(SUBSCRIPTION).holds(role, SUBSCRIPTION);
    check(vec![
        ("Reader may read a storage account", holds("Reader"), action(READ_STORAGE), "pass"),
        ("operations compare without case", holds("Reader"), action(&READ_STORAGE.to_uppercase()), "pass"),
        (
            "Reader may not list keys",
            holds("Reader"),
            action("Microsoft.Storage/storageAccounts/listKeys/action"),
            "fail action_missing",
        ),
        ("Security Reader may not read a storage account", holds("Security Reader"), action(READ_STORAGE), "fail action_missing"),
        (
            "Security Reader may not read subscriptions",
            holds("Security Reader"),
            action("Microsoft.Resources/subscriptions/read"),
            "fail action_missing",
        ),
        ("Security Reader may read assessments", holds("Security Reader"), action("Microsoft.Security/assessments/read"), "pass"),
        ("Contributor may not give roles", holds("Contributor"), action(GIVE_ROLES), "fail action_missing"),
        (
            "an exclusion takes nothing from another role",
            holds("Contributor").holds("User Access Administrator", SUBSCRIPTION),
            action(GIVE_ROLES),
            "pass",
        ),
        (
            "a star matches across slashes",
            holds("Reader"),
            action("Microsoft.Sql/servers/databases/vulnerabilityAssessments/scans/read"),
            "pass",
        ),
        (
            "an operation that continues behind the pattern is another one",
            holds("Reader"),
            action("Microsoft.Web/sites/read/action"),
            "fail action_missing",
        ),
        ("a pattern is allowed by the same pattern", holds("Reader"), action("*/read"), "pass"),
        ("a pattern is allowed by a wider one", holds("Reader"), action("Microsoft.Storage/*/read"), "pass"),
        ("a pattern is not allowed by a part of it", holds("Security Reader"), action("*/read"), "fail action_missing"),
        (
            "a pattern is not allowed by single operations",
            holds("one").with_role("one", vec![allows(&[READ_STORAGE], &[])]),
            action("Microsoft.Storage/*/read"),
            "fail action_missing",
        ),
        (
            "a pattern can be covered by two roles",
            holds("a")
                .holds("b", GROUP)
                .holds("b", SUBSCRIPTION)
                .with_role("a", vec![allows(&["x/*"], &["x/y/*"])])
                .with_role("b", vec![allows(&["x/y/*"], &[])]),
            action("x/*"),
            "pass",
        ),
        (
            "an exclusion takes a pattern away",
            holds("Log Analytics Reader"),
            action("Microsoft.OperationalInsights/*/read"),
            "fail action_missing",
        ),
        (
            "an exclusion elsewhere takes nothing from a pattern",
            holds("Log Analytics Reader"),
            action("Microsoft.Storage/*/read"),
            "pass",
        ),
        ("everything is allowed to Owner", holds("Owner"), action("*"), "pass"),
        ("everything is not allowed to Contributor", holds("Contributor"), action("*"), "fail action_missing"),
        (
            "a management star is no data operation",
            holds("Owner"),
            data("Microsoft.KeyVault/vaults/secrets/getSecret/action"),
            "fail action_missing",
        ),
        (
            "Key Vault Administrator may do everything in vaults",
            holds("Key Vault Administrator"),
            data("Microsoft.KeyVault/vaults/*"),
            "pass",
        ),
        (
            "Key Vault Reader may not read secrets",
            holds("Key Vault Reader"),
            data("Microsoft.KeyVault/vaults/secrets/getSecret/action"),
            "fail action_missing",
        ),
        (
            "a data operation is no management operation",
            holds("Key Vault Administrator"),
            action("Microsoft.KeyVault/vaults/secrets/getSecret/action"),
            "fail action_missing",
        ),
        (
            "Storage Blob Data Reader may read blobs",
            holds("Storage Blob Data Reader"),
            data("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"),
            "pass",
        ),
    ]);
}

/// "Understand Azure deny assignments": precedence over roles, `doNotApplyToChildScopes`, excluded principals, the principal that
/// is everyone.
#[test]
fn deny_assignments() {
    let owner = || at(GROUP).holds("Owner", GROUP);
    let writes = "Microsoft.Web/sites/write";
    check(vec![
        (
            "what is denied may not be done, whatever roles allow",
            owner().denied(&["*"], &["*/read"], GROUP),
            action(writes),
            "fail denied",
        ),
        ("what a denial leaves out may be done", owner().denied(&["*"], &["*/read"], GROUP), action(READ_STORAGE), "pass"),
        ("a denial above reaches below", owner().denied(&["*"], &[], SUBSCRIPTION), action(writes), "fail denied"),
        (
            "a denial that stops at its scope does not",
            owner().denied(&["*"], &[], SUBSCRIPTION).but(|deny| deny.applies_to_children = false),
            action(writes),
            "pass",
        ),
        (
            "a denial that stops at its scope holds there",
            owner().denied(&["*"], &[], GROUP).but(|deny| deny.applies_to_children = false),
            action(writes),
            "fail denied",
        ),
        ("a denial below does not reach above", owner().denied(&["*"], &[], VAULT), action(writes), "pass"),
        (
            "a denial does not meet who is excluded from it",
            owner().denied(&["*"], &[], GROUP).but_not(ME, false),
            action(writes),
            "pass",
        ),
        (
            "a denial does not meet who is excluded through a group",
            owner().member_of(&[TEAM]).denied(&["*"], &[], GROUP).but_not(TEAM, true),
            action(writes),
            "pass",
        ),
        (
            "a denial of somebody else does not matter",
            owner().denied(&["*"], &[], GROUP).but(|deny| deny.principals = [(SOMEBODY.to_owned(), false)].into()),
            action(writes),
            "pass",
        ),
        (
            "a denial of a group meets who is in it",
            owner().member_of(&[TEAM]).denied(&["*"], &[], GROUP).but(|deny| deny.principals = [(TEAM.to_owned(), true)].into()),
            action(writes),
            "fail denied",
        ),
        (
            "a role is not held in full where a part of it is denied",
            owner().denied(&["*/write"], &[], GROUP),
            named("Owner"),
            "fail denied",
        ),
        (
            "a role is held in full where something else is denied",
            at(GROUP).holds("Reader", GROUP).denied(&["*/write"], &[], GROUP),
            named("Reader"),
            "pass",
        ),
        (
            "a pattern is not allowed in full where a part of it is denied",
            owner().denied(&["Microsoft.Web/*"], &[], GROUP),
            action("*/write"),
            "fail denied",
        ),
        (
            "who has no role is not denied but lacks it",
            at(GROUP).denied(&["*"], &[], GROUP),
            named("Reader"),
            "fail role_missing",
        ),
    ]);
}

/// "What is Azure attribute-based access control" (a condition narrows what a role gives); eligible and active: "Assign Azure
/// resource roles in Privileged Identity Management".
#[test]
fn conditions_and_eligibility() {
    let conditional = || at(SUBSCRIPTION).holds("Owner", SUBSCRIPTION).on_a_condition();
    let eligible = || at(SUBSCRIPTION).may_activate("Owner", ME, SUBSCRIPTION);
    let narrowed = || Permission { conditional: true, ..allows(&[GIVE_ROLES, "*/read"], &[]) };
    check(vec![
        ("what is given on a condition is not given in full", conditional(), named("Owner"), "fail conditional_only"),
        (
            "an operation allowed on a condition is not allowed in full",
            conditional(),
            action(GIVE_ROLES),
            "fail conditional_only",
        ),
        ("a condition can be accepted", conditional().if_we(|terms| terms.accept_conditional = true), named("Owner"), "pass"),
        ("an unconditional role beside a conditional one counts", conditional().holds("Reader", CORP), named("Reader"), "pass"),
        (
            "a role whose own permission carries a condition does not allow in full",
            at(SUBSCRIPTION).holds("n", SUBSCRIPTION).with_role("n", vec![narrowed()]),
            action(GIVE_ROLES),
            "fail conditional_only",
        ),
        ("what could be activated is not active", eligible(), named("Owner"), "fail eligible_only"),
        ("an operation of a role that could be activated is not allowed", eligible(), action(GIVE_ROLES), "fail eligible_only"),
        ("an equivalent that could be activated is not active either", eligible(), named("Reader"), "fail eligible_only"),
        ("eligibility can be accepted", eligible().if_we(|terms| terms.accept_eligible = true), named("Owner"), "pass"),
        (
            "somebody else's eligibility helps nobody",
            at(SUBSCRIPTION).may_activate("Owner", SOMEBODY, SUBSCRIPTION),
            named("Owner"),
            "fail role_missing",
        ),
        (
            "an eligibility of another subscription helps nobody here",
            at(SUBSCRIPTION).may_activate("Owner", ME, OTHER),
            named("Owner"),
            "fail role_missing",
        ),
        (
            "an eligibility is inherited like a role",
            at(SUBSCRIPTION).may_activate("Owner", ME, CORP),
            named("Owner"),
            "fail eligible_only",
        ),
        ("an activated role is an ordinary assignment", eligible().holds("Owner", SUBSCRIPTION), named("Owner"), "pass"),
        (
            "an eligibility of a group of one's own counts as one's own",
            at(SUBSCRIPTION).member_of(&[TEAM]).may_activate("Owner", TEAM, SUBSCRIPTION),
            named("Owner"),
            "fail eligible_only",
        ),
        (
            "without the licence nothing can be activated",
            at(SUBSCRIPTION)
                .with(|facts| unseen_for(&mut facts.eligible, azposture::posture::Reason::NotLicensed))
                .if_we(|terms| terms.accept_eligible = true),
            named("Owner"),
            "fail role_missing",
        ),
    ]);
}

/// Ours: what a failure has to say.
#[test]
fn a_failure_says_what_is_held_instead_and_through_whom() {
    let world =
        at(SUBSCRIPTION).member_of(&[TEAM]).holds("Security Reader", SUBSCRIPTION).given("Key Vault Reader", TEAM, "Group", CORP);
    assert_eq!(world.said(&named("Reader")), format!("it holds Key Vault Reader via group {TEAM}, Security Reader"));
    assert!(at(GROUP).holds("Owner", GROUP).denied(&["*"], &[], GROUP).said(&named("Owner")).contains("\"Managed application\""));
    assert_eq!(at(GROUP).said(&named("Reader")), "it holds no role here");
}
