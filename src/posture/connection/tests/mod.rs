//! What the demo tenant cannot be brought to show: other kinds of sign-in, clouds and directories.

mod subscription;

use std::collections::{BTreeMap, BTreeSet};

use time::{Duration, OffsetDateTime, macros::datetime};

use super::{CHECKS, JudgedCheck, Level, judge, ready, select};
use crate::posture::{
    Area, Place, Reason, Seen, Status, Subject, Unreadable,
    connection::evidence::{
        ConnectionFacts, Credential, Directory, Discovery, Lifetime, NeededList, Organization, ScopeFacts, ServicePrincipal,
        SignIn, SubscriptionFacts, Token, Undetected, Unseen,
    },
    graph_permission::{Evidence, Holder, MICROSOFT_GRAPH, Request},
    rbac::Permission,
};

const TENANT: &str = "0f4a1c22-6c1e-4f2b-9d55-0123456789ab";
const OTHER: &str = "1f4a1c22-6c1e-4f2b-9d55-0123456789ab";
const NOW: OffsetDateTime = datetime!(2026-11-02 12:00 UTC);

fn gap(subject: Subject, reason: Reason) -> Unreadable {
    Unreadable { reason, code: "Code".into(), remedy: "do this".into(), ..Unreadable::unasked(subject) }
}

fn names(all: &[&str]) -> Vec<String> {
    all.iter().map(|name| (*name).to_owned()).collect()
}

/// Lists as a release may declare them.
const LISTS: &[NeededList] = &[
    NeededList { area: None, actions: &["Microsoft.Resources/subscriptions/resources/read", "*/read"] },
    NeededList { area: Some(Area::Compute), actions: &["Microsoft.ContainerService/managedClusters/read"] },
    NeededList { area: Some(Area::Posture), actions: &["Microsoft.Security/pricings/read"] },
];

/// A connection of which every check passes or cannot apply.
fn facts() -> ConnectionFacts {
    let roles = names(&[
        "AccessReview.Read.All",
        "AuditLog.Read.All",
        "Directory.Read.All",
        "Policy.Read.All",
        "RoleManagement.Read.Directory",
        "Synchronization.Read.All",
    ]);
    ConnectionFacts {
        today: NOW.date(),
        areas: Area::ALL.into(),
        lists: LISTS,
        identity_scope: false,
        sign_in: SignIn {
            method: "client_secret",
            holder: Holder::Application,
            object_id: Some("o1".into()),
            client_id: Some("c1".into()),
            tenant_id: Some(TENANT.into()),
            configured_tenant: Some(TENANT.into()),
            credential: Credential::Endless("federated"),
        },
        discovery: Seen::all(found(TENANT)),
        scope: ScopeFacts {
            kind: "subscription",
            group: None,
            detected: Ok(1),
            gaps: vec![],
            groups: Seen::all(1),
            query: Some(Seen::all(1)),
            query_is_used: false,
        },
        subscriptions: vec![subscription()],
        unseen: vec![],
        directory: Directory {
            token: Seen::all(Some(Token { roles: roles.clone(), scopes: vec![] })),
            organization: Seen::all(Organization { id: TENANT.into(), display_name: None }),
            licences: Seen::all(["P1", "P2"].into()),
            service_principal: Seen::all(Some(ServicePrincipal { enabled: Some(true), owner_tenant_id: Some(TENANT.into()) })),
            evidence: Evidence {
                holder: Holder::Application,
                token: Some(roles),
                scopes: Some(vec![]),
                directory_roles: vec![],
                granted: Seen::all(vec![]),
                delegated: Seen::all(vec![]),
                requested: Seen::all(vec![]),
                names: Seen::all(Default::default()),
                resource_client_id: MICROSOFT_GRAPH.into(),
                api_id: Some("a1".into()),
                other_apis: Default::default(),
                client_id: Some("c1".into()),
                object_id: Some("o1".into()),
                graph_host: "graph.microsoft.com".into(),
            },
            provisioning: None,
            strangers: Default::default(),
            hidden_leavers: Seen::unseen(Unreadable::unasked(Subject::Users)),
        },
    }
}

fn found(tenant_id: &str) -> Discovery {
    Discovery::Found {
        tenant_id: tenant_id.into(),
        graph_host: Some("graph.microsoft.com".into()),
        issuer_host: "login.microsoftonline.com".into(),
        objection: None,
    }
}

fn subscription() -> SubscriptionFacts {
    SubscriptionFacts {
        id: "s1".into(),
        state: "Enabled".into(),
        tenant_id: Some(TENANT.into()),
        tenant_matches: Some(true),
        below: Seen::all(BTreeSet::new()),
        permissions: Seen::all(vec![Permission { actions: names(&["*/read"]), ..Permission::default() }]),
        providers: Seen::all([("microsoft.security".to_owned(), "Registered".to_owned())].into()),
        plans: Seen::all(vec![plan("CloudPosture")]),
        assessments: Seen::all(1),
        inventory: Seen::all(Default::default()),
        scans: Seen::all(Default::default()),
        clusters: Seen::all(Default::default()),
    }
}

fn plan(name: &str) -> crate::posture::defender::Plan {
    crate::posture::defender::Plan {
        name: name.into(),
        tier: Some("Standard".into()),
        coverage: Some("FullyCovered".into()),
        ..Default::default()
    }
}

fn row(id: &str, facts: &ConnectionFacts) -> JudgedCheck {
    let chosen = select(Some(&[id.to_owned()].into())).unwrap();
    judge(&chosen, facts).remove(0)
}

fn status(id: &str, change: impl FnOnce(&mut ConnectionFacts)) -> Status {
    let mut facts = facts();
    change(&mut facts);
    let row = row(id, &facts);
    let needs_a_step = matches!(row.verdict.status, Status::Fail | Status::Unknown);
    assert_eq!(row.verdict.remediation.is_some_and(|step| !step.is_empty()), needs_a_step, "{id}");
    row.verdict.status
}

#[test]
fn a_connection_that_has_everything_is_ready() {
    let rows = judge(&CHECKS.iter().collect::<Vec<_>>(), &facts());
    assert!(ready(&rows));
    let red: Vec<_> = rows.iter().filter(|row| matches!(row.verdict.status, Status::Fail | Status::Unknown)).collect();
    assert!(red.iter().all(|row| row.level == Level::Advisory), "{red:#?}");
    assert_eq!(rows.len(), CHECKS.len());
}

#[test]
fn nothing_that_was_not_read_passes() {
    let mut facts = facts();
    let unread = |subject| Unreadable::unasked(subject);
    facts.discovery = Seen::unseen(unread(Subject::Users));
    facts.sign_in.credential = Credential::Known(Seen::unseen(unread(Subject::Users)));
    facts.sign_in.tenant_id = None;
    facts.identity_scope = true;
    facts.scope.groups = Seen::unseen(unread(Subject::Users));
    facts.scope.query = Some(Seen::unseen(unread(Subject::Users)));
    facts.scope.gaps = vec![unread(Subject::Users)];
    facts.directory.token = Seen::unseen(unread(Subject::Users));
    facts.directory.organization = Seen::unseen(unread(Subject::Users));
    facts.directory.licences = Seen::unseen(unread(Subject::Users));
    facts.directory.service_principal = Seen::unseen(unread(Subject::Users));
    facts.directory.evidence.granted = Seen::unseen(unread(Subject::Users));
    facts.directory.evidence.requested = Seen::unseen(unread(Subject::Users));
    facts.directory.provisioning = Some([("app".to_owned(), Seen::unseen(unread(Subject::Users)))].into());
    facts.subscriptions[0] = SubscriptionFacts {
        below: Seen::unseen(unread(Subject::RoleAssignments)),
        id: "s1".into(),
        state: String::new(),
        tenant_id: None,
        tenant_matches: None,
        permissions: Seen::unseen(unread(Subject::Users)),
        providers: Seen::unseen(unread(Subject::Users)),
        plans: Seen::unseen(unread(Subject::Users)),
        assessments: Seen::unseen(unread(Subject::Users)),
        inventory: Seen::unseen(unread(Subject::Users)),
        scans: Seen::unseen(unread(Subject::Users)),
        clusters: Seen::unseen(unread(Subject::Users)),
    };
    let rows = judge(&CHECKS.iter().collect::<Vec<_>>(), &facts);
    let passed: BTreeSet<_> = rows.iter().filter(|row| row.verdict.status == Status::Pass).map(|row| row.id).collect();
    assert_eq!(
        passed,
        ["sign_in", "subscription_detected", "user_sign_in_limits"].into(),
        "those rest on the token and the list alone"
    );
    assert!(!ready(&rows));
}

#[test]
fn a_cloud_that_describes_itself_need_not_say_which_tenants_it_has() {
    assert_eq!(status("cloud_matches", |facts| facts.discovery = Seen::all(Discovery::Unstated)), Status::NotApplicable);
    assert_eq!(status("tenant_matches", |facts| facts.discovery = Seen::all(Discovery::Unstated)), Status::Pass);
    let domain = |facts: &mut ConnectionFacts| {
        facts.discovery = Seen::all(Discovery::Unstated);
        facts.sign_in.configured_tenant = Some("contoso.com".into());
    };
    assert_eq!(status("tenant_matches", domain), Status::Unknown, "nothing says which tenant the domain is");
}

#[test]
fn a_domain_stands_for_the_tenant_that_discovery_finds() {
    let domain = |facts: &mut ConnectionFacts| facts.sign_in.configured_tenant = Some("contoso.com".into());
    assert_eq!(status("tenant_matches", domain), Status::Pass);
    let elsewhere = |facts: &mut ConnectionFacts| {
        facts.sign_in.configured_tenant = Some("contoso.com".into());
        facts.discovery = Seen::all(found(OTHER));
    };
    assert_eq!(status("tenant_matches", elsewhere), Status::Fail);
    let unread = |facts: &mut ConnectionFacts| {
        facts.sign_in.configured_tenant = Some("contoso.com".into());
        facts.discovery = Seen::unseen(gap(Subject::TenantDiscovery, Reason::Unavailable));
    };
    assert_eq!(status("tenant_matches", unread), Status::Unknown);
    assert_eq!(status("tenant_matches", |facts| facts.sign_in.configured_tenant = Some(OTHER.into())), Status::Fail);
    assert_eq!(status("tenant_matches", |facts| facts.sign_in.tenant_id = None), Status::Unknown);
}

#[test]
fn a_certificate_ends_like_a_secret_and_a_leap_year_is_a_year() {
    let certificate = |began: i64, ends: i64| {
        let lifetime = Lifetime { starts: Some(NOW + Duration::days(began)), ends: NOW + Duration::days(ends) };
        move |facts: &mut ConnectionFacts| facts.sign_in.credential = Credential::Known(Seen::all(lifetime))
    };
    assert_eq!(status("credential_expiry", certificate(-10, 356)), Status::Pass);
    assert_eq!(status("credential_expiry", certificate(-10, 30)), Status::Fail);
    assert_eq!(status("credential_expiry", certificate(-10, 31)), Status::Pass);
    assert_eq!(status("credential_expiry", certificate(-10, 720)), Status::Fail);
    let unread = |facts: &mut ConnectionFacts| {
        facts.sign_in.credential = Credential::Known(Seen::unseen(gap(Subject::Credential, Reason::Forbidden)))
    };
    assert_eq!(status("credential_expiry", unread), Status::Unknown);
}

#[test]
fn a_credential_that_may_not_be_in_use_at_all_proves_nothing_against_the_sign_in() {
    let one = |ends: i64| Lifetime { starts: Some(NOW - Duration::days(10)), ends: NOW + Duration::days(ends) };
    let any_or_none =
        |all: Vec<Lifetime>| move |facts: &mut ConnectionFacts| facts.sign_in.credential = Credential::OneOrNone(all);
    assert_eq!(status("credential_expiry", any_or_none(vec![one(11)])), Status::Unknown);
    assert_eq!(status("credential_expiry", any_or_none(vec![one(170)])), Status::Pass);
    assert_eq!(status("credential_expiry", any_or_none(vec![one(170), one(11)])), Status::Unknown);
    assert_eq!(status("credential_expiry", any_or_none(vec![one(-5)])), Status::Unknown);
    assert_eq!(Credential::OneOrNone(vec![one(170)]).ends(NOW.date()), None);
}

#[test]
fn a_managed_identity_requests_nothing() {
    let managed = |facts: &mut ConnectionFacts| {
        facts.sign_in.holder = Holder::ManagedIdentity;
        facts.directory.evidence.holder = Holder::ManagedIdentity;
    };
    assert_eq!(status("graph_admin_consent", managed), Status::NotApplicable);
    assert_eq!(status("application_enabled", managed), Status::Pass);
    assert_eq!(status("user_sign_in_limits", managed), Status::Pass);
    let mut facts = facts();
    managed(&mut facts);
    facts.directory.evidence.token = Some(vec![]);
    let row = row("graph_role_schedules_read", &facts);
    assert!(row.verdict.remediation.unwrap().contains("servicePrincipals/o1/appRoleAssignments"));
}

#[test]
fn an_opaque_token_leaves_the_kind_of_permissions_unknown_and_grants_decide_the_rest() {
    let opaque = |facts: &mut ConnectionFacts| {
        facts.directory.token = Seen::all(None);
        facts.directory.evidence.token = None;
    };
    assert_eq!(status("graph_permission_kind", opaque), Status::Unknown);
    assert_eq!(status("graph_policy_read", opaque), Status::Fail);
    let unread = |facts: &mut ConnectionFacts| {
        opaque(facts);
        facts.directory.evidence.granted = Seen::unseen(gap(Subject::AppRoleAssignments, Reason::Forbidden));
    };
    assert_eq!(status("graph_policy_read", unread), Status::Unknown);
}

#[test]
fn two_missing_permissions_are_asked_for_in_one_step() {
    let mut facts = facts();
    facts.directory.evidence.token = Some(vec![]);
    let step = row("graph_role_schedules_read", &facts).verdict.remediation.unwrap();
    for part in ["ff278e11-4a33-4d0c-83d2-d01dc58929a5=Role", "d5fe8ce8-684c-4c83-a52c-46e882ce4be1=Role"] {
        assert!(step.contains(part), "{step}");
    }
}

#[test]
fn what_is_required_and_lacking_may_be_delegated_where_that_cannot_be_read() {
    let unread = |grants: bool, roles: &'static [&'static str]| {
        move |facts: &mut ConnectionFacts| {
            facts.directory.token = Seen::all(Some(Token { roles: names(roles), scopes: vec![] }));
            facts.directory.evidence.token = Some(names(roles));
            match grants {
                true => {
                    facts.directory.evidence.delegated = Seen::unseen(gap(Subject::OAuth2PermissionGrants, Reason::Forbidden))
                }
                false => facts.directory.evidence.requested = Seen::unseen(gap(Subject::Applications, Reason::Forbidden)),
            }
        }
    };
    for grants in [true, false] {
        assert_eq!(status("graph_permission_kind", unread(grants, &["Policy.Read.All"])), Status::Unknown, "{grants}");
        assert_eq!(
            status("graph_permission_kind", unread(grants, &["Directory.Read.All"])),
            Status::Pass,
            "{grants}: nothing lacks"
        );
        assert_eq!(status("graph_permission_kind", unread(grants, &[])), Status::Fail, "{grants}: none at all is certain");
    }
}

#[test]
fn delegated_alone_is_the_wrong_kind_only_for_what_is_required() {
    let delegated = |name: &'static str| {
        move |facts: &mut ConnectionFacts| {
            let held = names(&["AuditLog.Read.All", "Directory.Read.All", "Policy.Read.All"]);
            let held: Vec<String> = held.into_iter().filter(|own| own != name).collect();
            facts.directory.token = Seen::all(Some(Token { roles: held.clone(), scopes: vec![] }));
            facts.directory.evidence.token = Some(held);
            let (resource_client_id, id) = (MICROSOFT_GRAPH.to_owned(), "x".to_owned());
            facts.directory.evidence.requested =
                Seen::all(vec![Request { resource_client_id, id, name: name.into(), application: false }]);
        }
    };
    assert_eq!(status("graph_permission_kind", delegated("Directory.Read.All")), Status::Fail);
    for (name, id) in [("Policy.Read.All", "graph_policy_read"), ("AuditLog.Read.All", "graph_audit_log_read")] {
        assert_eq!(status("graph_permission_kind", delegated(name)), Status::Pass, "{name} is advice");
        assert_eq!(status(id, delegated(name)), Status::Fail, "{name}");
    }
}

#[test]
fn consent_is_judged_for_every_api() {
    let other = |facts: &mut ConnectionFacts| {
        let (id, name) = ("x".to_owned(), "Files.Read.All".to_owned());
        facts.directory.evidence.requested =
            Seen::all(vec![Request { resource_client_id: "api".into(), id, name, application: true }]);
    };
    assert_eq!(status("graph_admin_consent", other), Status::Fail);
}

#[test]
fn provisioning_may_override_a_scope_only_while_it_runs() {
    let with = |state: Result<bool, Unreadable>| {
        move |facts: &mut ConnectionFacts| {
            facts.identity_scope = true;
            facts.directory.provisioning = Some(BTreeMap::from([("app".to_owned(), state.into())]));
        }
    };
    assert_eq!(status("scim_overrides_scope", with(Ok(true))), Status::Unknown, "whom it provisions is not compared yet");
    assert_eq!(status("scim_overrides_scope", with(Ok(false))), Status::Pass);
    assert_eq!(status("scim_overrides_scope", with(Err(gap(Subject::Provisioning, Reason::Forbidden)))), Status::Unknown);
    assert_eq!(status("scim_overrides_scope", |facts| facts.identity_scope = true), Status::NotApplicable);
}

#[test]
fn hidden_leavers_are_counted() {
    let hidden = |count: Result<u64, Unreadable>| {
        move |facts: &mut ConnectionFacts| {
            facts.identity_scope = true;
            facts.directory.hidden_leavers = count.into();
        }
    };
    assert_eq!(status("leavers_in_scope", hidden(Ok(0))), Status::Pass);
    assert_eq!(status("leavers_in_scope", hidden(Ok(2))), Status::Fail);
    assert_eq!(status("leavers_in_scope", hidden(Err(gap(Subject::Users, Reason::Forbidden)))), Status::Unknown);
    assert_eq!(status("leavers_in_scope", |_| {}), Status::NotApplicable);
}

#[test]
fn a_scope_that_is_not_known_is_not_complete() {
    let undetected = |certain| {
        move |facts: &mut ConnectionFacts| {
            facts.scope.detected = Err(Undetected { detail: "none".into(), certain, remedy: None, gaps: Vec::new() });
            facts.subscriptions.clear();
        }
    };
    assert_eq!(status("subscription_detected", undetected(true)), Status::Fail);
    assert_eq!(status("subscription_detected", undetected(false)), Status::Unknown);
    assert_eq!(status("scope_complete", undetected(true)), Status::Unknown);
    assert_eq!(status("role_reader", undetected(true)), Status::Unknown);
    let unread = |facts: &mut ConnectionFacts| {
        facts.scope.gaps =
            vec![Unreadable { place: Place::Subscription("s2".into()), ..gap(Subject::Subscriptions, Reason::Unavailable) }];
    };
    assert_eq!(status("scope_complete", unread), Status::Unknown, "an invisible one fails, one that was not answered does not");
}

#[test]
fn a_subscription_that_cannot_be_read_has_a_row_in_every_check_about_subscriptions() {
    let mut facts = facts();
    let unseen = |id: &str, state: Option<&str>| Unseen {
        id: id.into(),
        state: state.map(Into::into),
        gap: gap(Subject::Subscriptions, Reason::NotVisible),
    };
    facts.unseen = vec![unseen("s2", None), unseen("s3", Some("Deleted"))];
    let rows = judge(&CHECKS.iter().collect::<Vec<_>>(), &facts);
    for check in CHECKS.iter().filter(|check| check.per_subscription()) {
        let of = |id: &str| rows.iter().find(|row| row.id == check.id && row.subscription_id.as_deref() == Some(id)).unwrap();
        assert_eq!(of("s2").verdict.status, Status::Unknown, "{check:?}");
        let expected = if check.id == "subscription_enabled" { Status::Fail } else { Status::Unknown };
        assert_eq!(of("s3").verdict.status, expected, "{check:?}");
    }
    facts.subscriptions.clear();
    assert_eq!(judge(&CHECKS.iter().filter(|check| check.id == "role_reader").collect::<Vec<_>>(), &facts).len(), 2);
}

#[test]
fn a_query_that_leaves_its_subscription_out_proves_nothing() {
    assert_eq!(status("resource_graph_usable", |facts| facts.scope.query = Some(Seen::all(0))), Status::Unknown);
}

#[test]
fn an_inventory_that_may_be_short_still_shows_what_is_certain() {
    let counts = BTreeMap::from([("microsoft.keyvault/vaults".to_owned(), 1)]);
    let short = Seen::part(counts, [gap(Subject::Resources, Reason::NotProven)]);
    let off = |facts: &mut ConnectionFacts| {
        let own = &mut facts.subscriptions[0];
        own.inventory = short.clone();
        own.plans = Seen::all(vec![crate::posture::defender::Plan { tier: Some("Free".into()), ..plan("KeyVaults") }]);
        own.providers = Seen::all([("microsoft.keyvault".to_owned(), "NotRegistered".to_owned())].into());
    };
    assert_eq!(status("defender_plan_for_area", off), Status::Fail);
    assert_eq!(status("providers_registered", off), Status::Fail);
    let on = |facts: &mut ConnectionFacts| {
        let own = &mut facts.subscriptions[0];
        own.inventory = short.clone();
        own.plans = Seen::all(vec![plan("KeyVaults")]);
        own.providers = Seen::all([("microsoft.keyvault".to_owned(), "Registered".to_owned())].into());
    };
    assert_eq!(status("defender_plan_for_area", on), Status::Unknown);
    assert_eq!(status("providers_registered", on), Status::Unknown);
}

#[test]
fn evidence_holds_no_blank_inside_a_value() {
    let rows = judge(&CHECKS.iter().collect::<Vec<_>>(), &facts());
    for part in rows.iter().flat_map(|row| row.verdict.evidence().split(' ').map(str::to_owned).collect::<Vec<_>>()) {
        assert!(part.is_empty() || part.contains('='), "{part}");
    }
}

#[test]
fn what_is_held_below_counts_only_if_all_of_it_may_be_seen() {
    let limited = |facts: &mut ConnectionFacts| {
        let actions = names(&["Microsoft.Security/*/read"]);
        facts.subscriptions[0].permissions = Seen::all(vec![Permission { actions, ..Permission::default() }]);
    };
    assert_eq!(status("role_excess", limited), Status::Unknown, "a list without the right to all of it proves nothing");
    assert_eq!(status("role_excess", |_| {}), Status::Pass);
}
