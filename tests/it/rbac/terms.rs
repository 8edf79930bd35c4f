//! What narrows a role or takes it away: conditions, effects of deny assignments, places, and accounts. One sentence a case.

use std::sync::Arc;

use azposture::posture::rbac::{Account, Effect, Requirement};

use super::{
    table::{GIVE_ROLES, READ_STORAGE, check},
    world::*,
};

const ONLY_BLOBS: &str = "((!(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'} AND NOT \
                          SubOperationMatches{'Blob.List'})) OR (@Resource[Microsoft.Storage/storageAccounts/blobServices/\
                          containers:name] StringEquals 'reports'))";

/// "Delegate Azure role assignment management to others with conditions": the templates of the portal let who holds Owner or Role Based
/// Access Control Administrator give certain roles only; nothing else of the role is touched.
#[test]
fn conditions_that_name_their_operations() {
    let constrained = |role: &str| at(SUBSCRIPTION).holds(role, SUBSCRIPTION).constrained();
    let blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read";
    let reader_of_blobs = || at(SUBSCRIPTION).holds("Storage Blob Data Reader", SUBSCRIPTION).on(ONLY_BLOBS);
    let wildcard = "!(ActionMatches{'Microsoft.Authorization/*'}) OR @Resource[a:b] StringEquals 'c'";
    let positive = "ActionMatches{'Microsoft.Authorization/roleAssignments/write'} AND @Request[a:b] StringEquals 'c'";
    check(vec![
        ("a constrained Owner reads", constrained("Owner"), named("Reader"), "pass"),
        ("a constrained Owner reads everything", constrained("Owner"), action("*/read"), "pass"),
        ("a constrained Owner reads storage", constrained("Owner"), action(READ_STORAGE), "pass"),
        ("a constrained Owner writes what gives no roles", constrained("Owner"), action("Microsoft.Web/sites/write"), "pass"),
        ("a constrained Owner may all that Contributor may", constrained("Owner"), named("Contributor"), "pass"),
        ("a constrained Owner gives certain roles only", constrained("Owner"), action(GIVE_ROLES), "fail conditional_only"),
        (
            "nor does he take all roles",
            constrained("Owner"),
            action("microsoft.authorization/ROLEASSIGNMENTS/delete"),
            "fail conditional_only",
        ),
        (
            "a pattern that holds a narrowed operation is not allowed in full",
            constrained("Owner"),
            action("Microsoft.Authorization/*"),
            "fail conditional_only",
        ),
        ("a constrained Owner is no Owner in full", constrained("Owner"), named("Owner"), "fail conditional_only"),
        ("nor a User Access Administrator", constrained("Owner"), named("User Access Administrator"), "fail conditional_only"),
        (
            "a constrained administrator of roles reads",
            constrained("Role Based Access Control Administrator"),
            named("Reader"),
            "pass",
        ),
        ("accepted, it is an Owner", constrained("Owner").if_we(|terms| terms.accept_conditional = true), named("Owner"), "pass"),
        (
            "a role that the condition does not touch is held in full, by name too",
            constrained("Reader").if_we(|terms| terms.accept_equivalent = false),
            named("Reader"),
            "pass",
        ),
        (
            "a role that it touches is not, by name",
            constrained("Owner").if_we(|terms| terms.accept_equivalent = false),
            named("Owner"),
            "fail conditional_only",
        ),
        (
            "what the constrained Owner lacks another role gives",
            constrained("Owner").holds("User Access Administrator", CORP),
            named("Owner"),
            "pass",
        ),
        ("a narrowed data operation is allowed on the condition", reader_of_blobs(), data(blobs), "fail conditional_only"),
        (
            "the management operations of the same role in full",
            reader_of_blobs(),
            action("Microsoft.Storage/storageAccounts/blobServices/containers/read"),
            "pass",
        ),
        (
            "a condition on a pattern narrows the whole role",
            at(SUBSCRIPTION).holds("Owner", SUBSCRIPTION).on(wildcard),
            named("Reader"),
            "fail conditional_only",
        ),
        (
            "a condition that allows certain operations only narrows the whole role",
            at(SUBSCRIPTION).holds("Owner", SUBSCRIPTION).on(positive),
            named("Reader"),
            "fail conditional_only",
        ),
        (
            "a condition on something else narrows the whole role",
            at(SUBSCRIPTION).holds("Owner", SUBSCRIPTION).on_a_condition(),
            action(READ_STORAGE),
            "fail conditional_only",
        ),
        (
            "what could be activated is narrowed likewise",
            at(SUBSCRIPTION)
                .may_activate("Owner", ME, SUBSCRIPTION)
                .activated_on(
                    "!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'}) OR @Request[a:b] StringEquals 'c'",
                )
                .if_we(|terms| terms.accept_eligible = true),
            named("Contributor"),
            "pass",
        ),
        (
            "who holds something on a condition is seen here",
            constrained("Security Reader").if_we(|terms| terms.just_granted = true),
            named("Reader"),
            "fail role_missing",
        ),
    ]);
}

/// `denyAssignmentEffect` of the specification 2024-07-01-preview: `audit` logs without blocking.
#[test]
fn effects_of_deny_assignments() {
    let owner = || at(GROUP).holds("Owner", GROUP).denied(&["*"], &["*/read"], GROUP);
    let writes = "Microsoft.Web/sites/write";
    let with = |effect| owner().but(|deny| deny.effect = effect);
    check(vec![
        ("what is enforced is denied", with(Effect::Enforced), action(writes), "fail denied"),
        ("what is only written down is not", with(Effect::Audit), action(writes), "pass"),
        ("not even on a condition", with(Effect::Audit).but(|deny| deny.conditional = true), action(writes), "pass"),
        ("a word nobody knows may deny", with(Effect::Unknown), action(writes), "unknown not_proven"),
        ("and takes nothing where it is not about that", with(Effect::Unknown), action(READ_STORAGE), "pass"),
        (
            "one that is enforced counts beside one that is not",
            with(Effect::Audit).denied(&["Microsoft.Web/*"], &[], GROUP),
            action(writes),
            "fail denied",
        ),
    ]);
}

/// "Understand Azure role definitions": `AssignableScopes` say where a role can be given.
#[test]
fn roles_that_cannot_be_given_here() {
    let role = |scopes: &[&str]| {
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        at(SUBSCRIPTION).with_role("custom", vec![allows(&["a/b/read"], &[])]).with(move |facts| {
            edit(&mut facts.roles, |roles| {
                Arc::make_mut(roles).get_mut("custom").unwrap().assignable_scopes = scopes;
            });
        })
    };
    let custom = || Requirement::Role { id: "custom".to_owned(), name: "Custom".to_owned() };
    check(vec![
        ("a role of a group below", role(&[GROUP]), custom(), "fail role_not_assignable"),
        ("a role of another subscription", role(&[OTHER]), custom(), "fail role_not_assignable"),
        ("a role of here and there", role(&[OTHER, SUBSCRIPTION]), custom(), "fail role_missing"),
        ("a role of above", role(&[CORP]), custom(), "fail role_missing"),
        ("a role of a management group of which nothing is known", role(&[ELSEWHERE]), custom(), "fail role_missing"),
        (
            "a role of a management group that is known to be elsewhere",
            role(&[ELSEWHERE]).with(|facts| facts.placed.extend([ELSEWHERE.to_lowercase(), CORP.to_lowercase()])),
            custom(),
            "fail role_not_assignable",
        ),
        ("a role that does not say where", role(&[]), custom(), "fail role_missing"),
        ("what it allows may be held otherwise", role(&[OTHER]).holds("Reader", CORP), custom(), "pass"),
        ("waiting does not help", role(&[OTHER]).if_we(|terms| terms.just_granted = true), custom(), "fail role_not_assignable"),
        (
            "what could not be seen could not be given either, and is unknown all the same",
            role(&[OTHER]).with(|facts| unseen(&mut facts.assignments)),
            custom(),
            "unknown forbidden",
        ),
    ]);
    assert!(role(&[OTHER]).said(&custom()).starts_with(&format!("it can be given at {OTHER} only; it holds no role here")));
}

/// A disabled account gets no token, so nothing that it was given counts.
#[test]
fn accounts_that_are_disabled() {
    let with = |world: World, account: Account| world.with(|facts| facts.account = account);
    let reader = || at(SUBSCRIPTION).holds("Reader", SUBSCRIPTION);
    check(vec![
        ("an enabled account holds its roles", with(reader(), Account::Enabled), named("Reader"), "pass"),
        ("a disabled one does not", with(reader(), Account::Disabled), named("Reader"), "fail principal_disabled"),
        ("nor may it do anything", with(reader(), Account::Disabled), action("*/read"), "fail principal_disabled"),
        (
            "without a role it is disabled first",
            with(at(SUBSCRIPTION), Account::Disabled),
            named("Reader"),
            "fail principal_disabled",
        ),
        (
            "what could not be seen changes nothing about that",
            with(at(SUBSCRIPTION).with(|facts| unseen(&mut facts.assignments)), Account::Disabled),
            named("Reader"),
            "fail principal_disabled",
        ),
        (
            "an account of which that is hidden may be disabled",
            with(reader(), Account::Hidden),
            named("Reader"),
            "unknown hidden",
        ),
        ("what it lacks it lacks", with(at(SUBSCRIPTION), Account::Hidden), named("Reader"), "fail role_missing"),
    ]);
}

#[test]
fn a_denial_names_only_what_denies() {
    let called = |world: World, name: &str| world.but(|deny| deny.name = name.to_owned());
    let world = called(at(GROUP).holds("Owner", GROUP).denied(&["Microsoft.Storage/*"], &[], GROUP), "Storage");
    let world = called(world.denied(&["Microsoft.Web/*"], &[], GROUP), "Web");
    let world = called(world.denied(&["*"], &[], GROUP), "Audit").but(|deny| deny.effect = Effect::Audit);
    assert_eq!(world.said(&action("Microsoft.Web/sites/write")), format!("denied by the deny assignment \"Web\" at {GROUP}"));
    let both = world.said(&named("Owner"));
    assert!(both.contains("\"Web\"") && both.contains("\"Storage\"") && !both.contains("\"Audit\""), "{both}");
}
