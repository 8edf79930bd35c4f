//! The sign-in itself: token, cloud, tenant, principal, and until when its credential works.

use time::Date;

use super::{
    Verdict,
    evidence::{ConnectionFacts, Credential, Discovery, Lifetime},
};
use crate::posture::{Area, Reason, Why, graph_permission::Holder, time::days_between};

/// A credential that ends sooner than this is reported.
const WARN_DAYS: i64 = 30;
/// A credential that lives longer than this is reported.
const LONGEST_DAYS: i64 = 365;

/// Facts about a sign-in exist only once a token was issued.
pub(super) fn signed_in(facts: &ConnectionFacts) -> Verdict {
    let who = match facts.sign_in.holder {
        Holder::Application => "an application",
        Holder::ManagedIdentity => "a managed identity",
        Holder::User => "a user",
    };
    Verdict::pass(format!("a token was issued to {who}")).with("method", facts.sign_in.method)
}

pub(super) fn cloud_matches(facts: &ConnectionFacts) -> Verdict {
    match facts.discovery.whole() {
        Err(gap) => Verdict::unread(gap),
        Ok(Discovery::Unstated) => {
            Verdict::not_applicable(Reason::Unsupported, "a cloud that describes itself does not say which tenants live in it")
        }
        Ok(Discovery::Refused { code, detail, remedy }) => Verdict::fail(detail, remedy).with("code", code),
        Ok(Discovery::Found { graph_host, issuer_host, objection, .. }) => {
            let verdict = match (objection, graph_host) {
                (Some((detail, remedy)), _) => Verdict::fail(detail, remedy),
                (None, Some(_)) => Verdict::pass("the tenant lives in the configured cloud"),
                (None, None) => Verdict::unknown(
                    Reason::InvalidResponse,
                    "tenant discovery does not name the tenant's Microsoft Graph",
                    "Check that no proxy answers for the sign-in host.",
                ),
            };
            let verdict = verdict.with("issuer_host", issuer_host);
            match graph_host {
                Some(host) => verdict.with("graph_host", host),
                None => verdict,
            }
        }
    }
}

/// All that is known has to agree: the token, the configuration (a domain through discovery), the directory.
pub(super) fn tenant_matches(facts: &ConnectionFacts) -> Verdict {
    let Some(token) = &facts.sign_in.tenant_id else {
        return Verdict::unknown(
            Reason::Hidden,
            "the token does not say which tenant it is for",
            "Set `tenant_id`, and report this.",
        );
    };
    let differs = |other: &str| !other.eq_ignore_ascii_case(token);
    let discovered = match facts.discovery.whole() {
        Ok(Discovery::Found { tenant_id, .. }) => Some(tenant_id.as_str()),
        _ => None,
    };
    let configured = facts.sign_in.configured_tenant.as_deref();
    let configured_id = configured.and_then(|configured| if is_guid(configured) { Some(configured) } else { discovered });
    if let Some(other) = configured_id.filter(|other| differs(other)) {
        let detail = format!("the token is for tenant {token}, and `tenant_id` stands for {other}");
        let fix = format!("Set tenant_id = \"{token}\", or sign in to the other tenant: az login --tenant {other}");
        return Verdict::fail(detail, fix).with("token", token).with("configured", other);
    }
    // A domain that discovery did not resolve.
    if let (Some(domain), None) = (configured, configured_id) {
        let verdict = match facts.discovery.whole() {
            Err(gap) => Verdict::unread(gap),
            Ok(_) => Verdict::unknown(
                Reason::Hidden,
                format!("which tenant {domain} is could not be found out"),
                format!("Compare it with the token's tenant, and set tenant_id = \"{token}\" if that is it."),
            ),
        };
        return verdict.with("token", token);
    }
    let verdict = Verdict::pass("all that names a tenant names the same").with("token", token);
    if !facts.areas.contains(&Area::Identity) {
        return verdict;
    }
    match facts.directory.organization.whole() {
        Err(gap) => Verdict::unread(gap).with("token", token),
        Ok(organization) if differs(&organization.id) => {
            let detail = format!("the token is for tenant {token}, and Microsoft Graph answers for {}", organization.id);
            let fix = "Check `environment` and what stands between here and Microsoft Graph, and report this.";
            Verdict::fail(detail, fix).with("token", token).with("organization", &organization.id)
        }
        Ok(organization) => verdict.with("organization", &organization.id),
    }
}

pub(super) fn application_enabled(facts: &ConnectionFacts) -> Verdict {
    if facts.sign_in.holder == Holder::User {
        return Verdict::not_applicable(Why::UserSignIn, "a user signed in, not an application");
    }
    match facts.directory.service_principal.whole() {
        Err(gap) => Verdict::unread(gap),
        Ok(None) => Verdict::not_applicable(Why::NoResources, "there is no service principal"),
        Ok(Some(principal)) => match principal.enabled {
            Some(true) => Verdict::pass("the service principal is enabled").with("account_enabled", true),
            Some(false) => Verdict::fail(
                "the service principal is disabled: tokens that still work will not be renewed",
                "Entra admin center > Enterprise applications > the application > Properties: set \"Enabled for users to sign in\" to Yes.",
            )
            .with("account_enabled", false),
            None => Verdict::unknown(
                Reason::Hidden,
                "the directory does not say whether the service principal is enabled",
                "Grant Application.Read.All as Application permission; the read is /servicePrincipals/{id}.",
            ),
        },
    }
}

/// Of several credentials the one in use is not known: all have to be good for a pass, and all bad for a fail, if one of them is in
/// use for certain.
pub(super) fn credential_expiry(facts: &ConnectionFacts) -> Verdict {
    let may_be_federated = matches!(facts.sign_in.credential, Credential::OneOrNone(_));
    let lifetimes = match &facts.sign_in.credential {
        Credential::Endless(why) => return Verdict::not_applicable(Why::NoResources, *why),
        Credential::OneOf(_) if !facts.areas.contains(&Area::Identity) => {
            return Verdict::off("the end of a secret stands in the directory, and the area `identity` is left out of `areas`");
        }
        Credential::Known(lifetime) => match lifetime.whole() {
            Ok(lifetime) => std::slice::from_ref(lifetime),
            Err(gap) => return Verdict::unread(gap),
        },
        Credential::OneOf(all) => match all.whole() {
            Ok(all) => all.as_slice(),
            Err(gap) => return Verdict::unread(gap),
        },
        Credential::OneOrNone(all) => all.as_slice(),
    };
    let alive: Vec<&Lifetime> = lifetimes.iter().filter(|one| one.holds(facts.today)).collect();
    let bad = alive.iter().filter_map(|one| objection(one, facts.today)).collect::<Vec<_>>();
    let ends = alive.iter().map(|one| one.ends.date().to_string()).collect::<Vec<_>>().join(",");
    match (alive.len(), bad.first()) {
        (0, _) => Verdict::unknown(
            Reason::Hidden,
            "none of the credentials that the directory lists for the application can be the one in use",
            "Look at Entra admin center > App registrations > the application > Certificates & secrets.",
        ),
        (_, None) => Verdict::pass("the credential is good for more than 30 days and lives at most a year").with("ends_on", ends),
        (all, Some(objection)) if bad.len() == all && !may_be_federated => Verdict::fail(objection, renew(facts)).with("ends_on", ends),
        (all, Some(objection)) => Verdict::unknown(
            Reason::NotProven,
            match may_be_federated {
                true => format!("whether the sign-in is federated cannot be seen, and of {all} credentials it may use: {objection}"),
                false => format!("which of {all} credentials is in use cannot be seen, and of one of them: {objection}"),
            },
            "Remove the credentials that are not used (Entra admin center > App registrations > the application > Certificates & secrets).",
        )
        .with("ends_on", ends),
    }
}

fn renew(facts: &ConnectionFacts) -> String {
    let configured = facts.directory.evidence.client_id.as_deref();
    let id = facts.sign_in.client_id.as_deref().or(configured).unwrap_or("<client id>");
    format!(
        "Create a new one before that (az ad app credential reset --id {id} --append --years 1); better, sign in with OIDC, which needs no \
         credential."
    )
}

/// Whole days until a credential ends; negative once it has ended.
fn days_left(lifetime: &Lifetime, today: Date) -> i64 {
    -days_between(lifetime.ends, today)
}

fn objection(lifetime: &Lifetime, today: Date) -> Option<String> {
    let ends = lifetime.ends.date();
    if days_left(lifetime, today) <= WARN_DAYS {
        return Some(format!("it ends on {ends}, within {WARN_DAYS} days"));
    }
    let days = (lifetime.ends - lifetime.starts?).whole_days();
    // A year as the portal counts it may hold a leap day.
    (days > LONGEST_DAYS + 1).then(|| format!("it ends on {ends} and was made for {days} days, more than a year"))
}

fn is_guid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
