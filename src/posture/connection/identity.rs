//! What the sign-in may read of the directory, the tenant's licences, and what people hide behind.

use super::{
    Verdict,
    evidence::ConnectionFacts,
    verdict::{joined, listed},
};
use crate::posture::{
    Look, Reason, Seen, Status, Why,
    graph_permission::{self, Evidence, Holder, consent, reads},
};

/// The code with which Microsoft Graph refuses a caller it knows.
const REFUSED: &str = "Authorization_RequestDenied";

pub(super) fn reachable(facts: &ConnectionFacts) -> Verdict {
    let directory = &facts.directory;
    let gap = match (directory.token.whole(), directory.organization.whole()) {
        (Ok(_), Ok(organization)) => return Verdict::pass("Microsoft Graph answers").with("organization", &organization.id),
        (Err(gap), _) | (_, Err(gap)) => gap,
    };
    let fix = match gap.reason {
        Reason::Forbidden if gap.code == REFUSED => format!(
            "Grant Organization.Read.All (the read is /organization), or Directory.Read.All, which holds it: {}",
            graph_permission::request(&["Directory.Read.All"], &directory.evidence)
        ),
        _ => gap.remedy.clone(),
    };
    // That Entra ID issues no token for Microsoft Graph is certain; that Microsoft Graph refuses one may pass.
    let no_token = gap.reason == Reason::TokenRefused && gap.code.starts_with("AADSTS");
    if gap.reason != Reason::Forbidden && !no_token && !gap.is_without_connection() {
        return Verdict::unread(gap);
    }
    let mut verdict = Verdict::fail(format!("Microsoft Graph does not answer this sign-in ({})", gap.reason.word()), fix);
    verdict.gaps.push(gap.clone());
    verdict.because(gap.reason).with("code", &gap.code)
}

/// A check, and the permission it asks for.
type Asking = (fn(&ConnectionFacts) -> Verdict, &'static str);

/// The required checks behind which one permission stands; that one as Delegated only is the usual mistake. What else is Delegated
/// may be there for something this provider knows nothing of, or is told by its own check.
const REQUIRED: &[Asking] = &[(directory_read, "Directory.Read.All")];

pub(super) fn permission_kind(facts: &ConnectionFacts) -> Verdict {
    let evidence = &facts.directory.evidence;
    if evidence.holder == Holder::User {
        return Verdict::not_applicable(Why::UserSignIn, "a user holds Delegated permissions; see `user_sign_in_limits`");
    }
    let roles = match facts.directory.token.whole() {
        Ok(Some(token)) => &token.roles,
        Ok(None) => {
            let detail = "the token for Microsoft Graph does not say what it holds";
            return Verdict::unknown(
                Reason::Hidden,
                detail,
                "Grant Application.Read.All, so that the grants can be read instead.",
            );
        }
        Err(gap) => return Verdict::unread(gap),
    };
    let lacks = |(check, _): &&Asking| check(facts).status != Status::Pass;
    let is_delegated = |name: &&str| graph_permission::judge(name, true, evidence).reason == Some(Why::DelegatedOnly);
    let lacking: Vec<&str> = REQUIRED.iter().filter(lacks).map(|(_, name)| *name).collect();
    let delegated: Vec<&str> = lacking.iter().copied().filter(is_delegated).collect();
    let first = delegated.first().copied().unwrap_or("Directory.Read.All");
    if !delegated.is_empty() {
        return Verdict::fail(
            format!("granted or requested as Delegated only, which does nothing for an application: {}", listed(&delegated)),
            graph_permission::request(&[first], evidence),
        )
        .with("delegated_only", joined(&delegated));
    }
    // What is lacking may be there as Delegated only, which those two would tell.
    let unseen = evidence.delegated.gap().or(evidence.requested.gap());
    if let (false, false, Some(gap)) = (roles.is_empty(), lacking.is_empty(), unseen) {
        return Verdict::unread(gap);
    }
    match roles.is_empty() {
        true => Verdict::fail(
            "the application holds no Application permission of Microsoft Graph at all; Delegated ones do nothing for it",
            graph_permission::request(&[first], evidence),
        )
        .with("roles", 0),
        false => Verdict::pass("the application holds Application permissions").with("roles", roles.len()),
    }
}

pub(super) fn admin_consent(facts: &ConnectionFacts) -> Verdict {
    let evidence = &facts.directory.evidence;
    match evidence.holder {
        Holder::Application => {}
        Holder::ManagedIdentity => {
            return Verdict::not_applicable(
                Why::NoResources,
                "a managed identity has no registration that could request anything",
            );
        }
        Holder::User => return Verdict::not_applicable(Why::UserSignIn, "a user signed in, not an application"),
    }
    if let (Ok(Some(principal)), Some(own)) = (facts.directory.service_principal.whole(), &facts.sign_in.tenant_id)
        && principal.owner_tenant_id.as_ref().is_some_and(|owner| !owner.eq_ignore_ascii_case(own))
    {
        return Verdict::not_applicable(
            Why::NoResources,
            "the registration is in another tenant, so what it requests cannot be seen",
        );
    }
    let requested = match (evidence.requested.whole(), evidence.granted.whole()) {
        (Ok(requested), Ok(_)) => requested,
        (Err(gap), _) | (_, Err(gap)) => return Verdict::unread(gap),
    };
    let requested: Vec<_> = requested.iter().filter(|request| request.application).collect();
    let (mut missing, mut unseen) = (Vec::new(), None);
    for request in &requested {
        match graph_permission::is_consented(request, evidence) {
            Ok(true) => {}
            Ok(false) => missing.push(request.name.as_str()),
            Err(gap) => unseen = Some(gap),
        }
    }
    if let (true, Some(gap)) = (missing.is_empty(), &unseen) {
        return Verdict::unread(gap);
    }
    match (requested.len(), missing.is_empty()) {
        (0, _) => Verdict::not_applicable(Why::NoResources, "the registration requests no Application permission"),
        (all, true) => Verdict::pass("every requested Application permission is consented").with("requested", all),
        (all, false) => Verdict::fail(format!("requested, but not consented: {}", listed(&missing)), consent(evidence))
            .with("requested", all)
            .with("missing", joined(&missing)),
    }
}

pub(super) fn directory_read(facts: &ConnectionFacts) -> Verdict {
    const FINER: &[&str] = &["User.Read.All", "GroupMember.Read.All", "Application.Read.All", "RoleManagement.Read.Directory"];
    holds(facts, &[&["Directory.Read.All"], FINER])
}

pub(super) fn policy_read(facts: &ConnectionFacts) -> Verdict {
    holds(facts, &[&["Policy.Read.All"]])
}

pub(super) fn audit_log_read(facts: &ConnectionFacts) -> Verdict {
    holds(facts, &[&["AuditLog.Read.All"]])
}

pub(super) fn role_schedules_read(facts: &ConnectionFacts) -> Verdict {
    holds(facts, &[&["RoleEligibilitySchedule.Read.Directory", "RoleAssignmentSchedule.Read.Directory"]])
}

pub(super) fn access_review_read(facts: &ConnectionFacts) -> Verdict {
    holds(facts, &[&["AccessReview.Read.All"]])
}

pub(super) fn synchronization_read(facts: &ConnectionFacts) -> Verdict {
    holds(facts, &[&["Synchronization.Read.All"]])
}

/// Whether one of these sets of permissions is held wholly. The first set is the one that is asked for.
fn holds(facts: &ConnectionFacts, alternatives: &[&[&str]]) -> Verdict {
    let evidence = &facts.directory.evidence;
    if let Err(gap) = facts.directory.token.whole() {
        return Verdict::unread(gap);
    }
    let judge = |name: &&str| match evidence.holder {
        Holder::User => graph_permission::delegated(name, evidence),
        Holder::Application | Holder::ManagedIdentity => graph_permission::judge(name, true, evidence),
    };
    let judged: Vec<Vec<graph_permission::Verdict>> =
        alternatives.iter().map(|names| names.iter().map(judge).collect()).collect();
    let worst = |verdicts: &[graph_permission::Verdict]| verdicts.iter().map(|one| one.status).min().unwrap_or(Status::Unknown);
    let status = judged.iter().map(|verdicts| worst(verdicts)).max().unwrap_or(Status::Unknown);
    let names = alternatives.first().copied().unwrap_or_default();
    let set = judged.iter().find(|verdicts| worst(verdicts) == status);
    let first = set.and_then(|verdicts| verdicts.iter().min_by_key(|one| one.status));
    match (status, first) {
        (Status::Pass, _) => {
            let details: Vec<&str> = set.into_iter().flatten().map(|one| one.detail.as_str()).collect();
            Verdict::pass(details.join("; ")).with("permissions", names.join(","))
        }
        (_, None) => Verdict::unknown(Reason::Hidden, "nothing was asked for", ""),
        (status, Some(first)) => {
            let without: Vec<&str> = names.iter().filter_map(|name| reads(name)).collect();
            let detail = format!("{}; without it these stay unknown: {}", first.detail, without.join("; "));
            let mut verdict = match status {
                Status::Unknown => Verdict::unknown(Reason::NotProven, detail, &*first.remedy),
                _ => Verdict::fail(detail, fix(names, judged.first(), evidence)),
            };
            verdict.reason = first.reason;
            verdict.gaps.extend(first.gap.clone().filter(|_| status == Status::Unknown));
            verdict.with("permissions", names.join(","))
        }
    }
}

/// One step for all that is missing.
fn fix(names: &[&str], judged: Option<&Vec<graph_permission::Verdict>>, evidence: &Evidence) -> String {
    let judged: Vec<_> = names.iter().copied().zip(judged.into_iter().flatten()).collect();
    let failed: Vec<_> = judged.into_iter().filter(|(_, verdict)| verdict.status == Status::Fail).collect();
    graph_permission::next_step(&failed, evidence)
}

pub(super) fn user_sign_in_limits(facts: &ConnectionFacts) -> Verdict {
    match facts.sign_in.holder {
        Holder::User => Verdict::fail(
            "a user signed in; Azure CLI's application cannot read Conditional Access and other policies, authentication methods, or PIM \
             schedules, whatever the user's roles",
            "Sign in with a service principal (OIDC, or a certificate) that holds the Application permissions.",
        )
        .with("principal", "user"),
        Holder::Application => Verdict::pass("an application signed in").with("principal", "application"),
        Holder::ManagedIdentity => Verdict::pass("a managed identity signed in").with("principal", "managed_identity"),
    }
}

pub(super) fn license_p1(facts: &ConnectionFacts) -> Verdict {
    // P2 holds everything P1 does.
    license(
        &facts.directory.licences,
        &["P1", "P2"],
        "Conditional Access (so no MFA can be enforced by it), last sign-ins, and group-based assignment do not exist without it",
    )
}

pub(super) fn license_p2(facts: &ConnectionFacts) -> Verdict {
    let without = "eligible roles (PIM), risk-based Conditional Access, and access reviews do not exist without it";
    license(&facts.directory.licences, &["P2"], without)
}

fn license(licences: &Seen<std::collections::BTreeSet<&'static str>>, wanted: &[&'static str], without: &str) -> Verdict {
    let name = wanted.first().copied().unwrap_or_default();
    match licences.look() {
        Look::All(held) | Look::Part(held, _) if wanted.iter().any(|plan| held.contains(plan)) => {
            Verdict::pass(format!("the tenant has Entra ID {name}")).with("licences", joined(&held.iter().collect::<Vec<_>>()))
        }
        Look::Nothing(gap) | Look::Part(_, gap) => Verdict::unread(gap),
        Look::All(held) => Verdict::fail(
            format!("the tenant has no Entra ID {name}: {without}"),
            format!("Entra admin center > Billing > Licenses: Entra ID {name} is also a part of Microsoft 365 plans."),
        )
        .with("licences", joined(&held.iter().collect::<Vec<_>>())),
    }
}

pub(super) fn scim_overrides_scope(facts: &ConnectionFacts) -> Verdict {
    let Some(applications) = &facts.directory.provisioning else {
        return Verdict::not_applicable(Why::NeedsInput, "`provisioning_client_ids` names no application");
    };
    let strangers: Vec<&str> = facts.directory.strangers.iter().map(String::as_str).collect();
    let strange = match strangers.is_empty() {
        true => String::new(),
        false => format!("; no application in the tenant has the client id {}", listed(&strangers)),
    };
    if !facts.identity_scope {
        let detail = format!("`identity_scope` is not set, so there is nothing to override{strange}");
        return Verdict::not_applicable(Why::NoResources, detail);
    }
    let active: Vec<&str> =
        applications.iter().filter(|(_, active)| matches!(active.whole(), Ok(true))).map(|(id, _)| id.as_str()).collect();
    if !active.is_empty() {
        return Verdict::unknown(
            Reason::NotProven,
            format!(
                "provisioning is running and decides by itself who is in; whom it provisions outside `identity_scope` is not compared in this \
                 release: {}{strange}",
                listed(&active)
            ),
            "Compare the people assigned to the application (Entra admin center > Enterprise applications > the application > Users and groups) \
             with `identity_scope`: assign the people in scope, or widen the scope; both stay as they are until you choose.",
        )
        .with("active", joined(&active));
    }
    match applications.values().find_map(Seen::gap) {
        Some(gap) => Verdict::unread(gap),
        None => Verdict::pass("no named application provisions people").with("applications", applications.len()),
    }
}

pub(super) fn leavers_in_scope(facts: &ConnectionFacts) -> Verdict {
    if !facts.identity_scope {
        return Verdict::not_applicable(Why::NoResources, "`identity_scope` is not set, so nobody is hidden");
    }
    // However much is not seen, those who were are too many.
    match facts.directory.hidden_leavers.look() {
        Look::Nothing(gap) | Look::Part(0, gap) => Verdict::unread(gap),
        Look::All(0) => Verdict::pass("no disabled account with active roles is hidden").with("hidden", 0),
        Look::All(hidden) | Look::Part(hidden, _) => Verdict::fail(
            format!("{hidden} disabled accounts that still have active roles are hidden by `identity_scope`"),
            "Keep leavers in the groups of `identity_scope` until their roles are gone, or scope by exclusion instead.",
        )
        .with("hidden", hidden),
    }
}
