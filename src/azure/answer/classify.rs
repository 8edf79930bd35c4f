//! What a refusal means: status, code and message become a `Kind` and the one next step. The rows are the codes Azure documents;
//! a code nobody listed is classified by its status alone.

use std::sync::LazyLock;

use regex_lite::Regex;

use crate::{
    azure::{
        Audience, Call, Error, Failure, Kind,
        answer::{Answer, PROXY_ADVICE, envelope::Said, graph_permissions, outside::Denial, retry_after},
        clock,
    },
    text::shell_word,
};

/// A code or a piece of a message, and what it means.
struct Clue {
    code: &'static str,
    message: &'static str,
    kind: Kind,
    advice: &'static str,
}

/// Stands for an advice that the message decides.
const WHAT_IS_MISSING: &str = "";
const SIGN_IN_AGAIN: &str = "Sign in again; if it persists, check the clock of this machine.";
const REGISTER: &str = "Register the resource provider in the subscription \
    (az provider register --namespace Microsoft.Security), then wait for its first data.";
const LICENCE: &str = "The tenant needs a Microsoft Entra ID P1 or P2 licence for this read.";
const OTHER_SUBSCRIPTION: &str =
    "Check the subscription id, that it is enabled, and that it belongs to the tenant of the sign-in.";
const NOT_HERE: &str = "This cloud, region or kind of object does not know this type or api-version; nothing needs to be done.";
const NEVER_SET_UP: &str = "This feature was never set up in the tenant; there is nothing to read until it is.";
const NO_PLAN: &str = "No Defender plan is on there, and without one the service does not report this: switch Defender CSPM or another \
    paid plan on in the environment settings of Defender for Cloud.";
const WRONG_CLOUD: &str = "The token is for another service or cloud: check environment in the provider block.";

/// First match wins. An empty `code` or `message` matches anything; both are compared without case.
const ROWS: &[Clue] = &[
    row(
        "InvalidAuthenticationTokenTenant",
        Kind::TokenRefused,
        "The subscription belongs to another tenant than the sign-in: check tenant_id.",
    ),
    says("InvalidAuthenticationToken", "InvalidCloudInstance", Kind::TokenRefused, WRONG_CLOUD),
    says("InvalidAuthenticationToken", "Invalid audience", Kind::TokenRefused, WRONG_CLOUD),
    row("InvalidAuthenticationTokenAudience", Kind::TokenRefused, WRONG_CLOUD),
    row("InvalidAuthenticationToken", Kind::TokenRefused, SIGN_IN_AGAIN),
    row("ExpiredAuthenticationToken", Kind::TokenRefused, SIGN_IN_AGAIN),
    row("AadPremiumLicenseRequired", Kind::NotLicensed, LICENCE),
    row("Authentication_RequestFromNonPremiumTenantOrB2CTenant", Kind::NotLicensed, LICENCE),
    says("", "doesn't have premium license", Kind::NotLicensed, LICENCE),
    row("ResourceNotOnboarded", Kind::NotOnboarded, NEVER_SET_UP),
    row("TenantNotOnboarded", Kind::NotOnboarded, NEVER_SET_UP),
    row("Subscription Not Registered", Kind::NotRegistered, REGISTER),
    row("MissingSubscriptionRegistration", Kind::NotRegistered, REGISTER),
    // Some answers have the sentence in the code, others in the message alone.
    row("Subscription with no standard pricing bundle", Kind::PlanOff, NO_PLAN),
    says("", "no standard pricing bundle", Kind::PlanOff, NO_PLAN),
    row(
        "NoValidSubscriptionsInQueryRequest",
        Kind::Forbidden,
        "Give the sign-in a role with read access, Reader for example, on the subscriptions of the connection.",
    ),
    // Whatever the status: what Graph's role endpoints envelope comes with 400 and 500, too.
    row("PermissionScopeNotGranted", Kind::Forbidden, WHAT_IS_MISSING),
    row("DisallowedProvider", Kind::NotVisible, OTHER_SUBSCRIPTION),
    row("InvalidSubscriptionId", Kind::NotVisible, OTHER_SUBSCRIPTION),
    row("ReadOnlyDisabledSubscription", Kind::NotVisible, OTHER_SUBSCRIPTION),
    row("SubscriptionNotFound", Kind::NotVisible, OTHER_SUBSCRIPTION),
    row("InvalidApiVersionParameter", Kind::Unsupported, NOT_HERE),
    row("InvalidResourceNamespace", Kind::Unsupported, NOT_HERE),
    row("InvalidResourceType", Kind::Unsupported, NOT_HERE),
    row("NoRegisteredProviderFound", Kind::Unsupported, NOT_HERE),
    row("NoRegisteredProviderFoundForApiVersion", Kind::Unsupported, NOT_HERE),
    row("ResourceTypeNotSupported", Kind::Unsupported, NOT_HERE),
    row("ResponseTooLarge", Kind::InvalidResponse, "Narrow the read; the service does not answer in pages here."),
];

/// The error of an answer whose status is not 200.
pub(in crate::azure) fn refusal(call: &Call, answer: &Answer) -> Error {
    if (300..400).contains(&answer.status) {
        return redirected(call, answer);
    }
    let said = answer.said();
    let (kind, advice) = meaning(call, answer, &said);
    told(call.error(kind), answer, &said).advise(advice)
}

/// The error of an answer that asks to wait longer than `max_retry_wait_seconds`.
pub(in crate::azure) fn too_long(call: &Call, answer: &Answer) -> Error {
    let said = answer.said();
    told(call.error(Kind::Throttled), answer, &said).advise(throttled(answer))
}

/// Adds what the service said.
fn told(error: Error, answer: &Answer, said: &Said) -> Error {
    let code = said.codes.iter().find(|code| !code.is_empty()).map(String::as_str).unwrap_or_default();
    let error = error.told(code, &said.message).answered(answer.status, answer.request_id(Some(said)));
    match Denial::of(&said.message) {
        Some(denial) => error.in_our_words(denial.told()),
        None => error,
    }
}

fn meaning(call: &Call, answer: &Answer, said: &Said) -> (Kind, String) {
    if answer.is_throttling() {
        return (Kind::Throttled, throttled(answer));
    }
    if let Some(row) = ROWS.iter().find(|row| row.matches(said)) {
        let advice = match (&said.target, row.advice) {
            (Some(target), REGISTER) if is_namespace(target) => row.advice.replace("Microsoft.Security", target),
            (_, WHAT_IS_MISSING) => grant(call, &said.message),
            _ => row.advice.to_owned(),
        };
        return (row.kind, advice);
    }
    match answer.status {
        401 => (Kind::TokenRefused, challenge(answer)),
        403 => (Kind::Forbidden, grant(call, &said.message)),
        404 => absent(said),
        408 | 500 | 502..=599 => (Kind::Unavailable, String::new()),
        200..=299 => (Kind::InvalidResponse, String::new()),
        _ => (Kind::Unsupported, "If this persists, please report it: the service did not understand the request.".to_owned()),
    }
}

/// Only a service that says so, in its own words, says that something does not exist: a proxy's page and a gateway's JSON carry no
/// code, or the status as one, and Microsoft Graph's front end answers `UnknownError` where nobody behind it did.
fn absent(said: &Said) -> (Kind, String) {
    let of_service = |code: &&String| code.bytes().any(|byte| byte.is_ascii_alphabetic());
    match said.codes.iter().find(of_service) {
        Some(code) if code.eq_ignore_ascii_case("UnknownError") => (Kind::Unavailable, String::new()),
        Some(_) => (Kind::NotFound, "Check that it exists and that the sign-in may see it.".to_owned()),
        None => (Kind::InvalidResponse, PROXY_ADVICE.to_owned()),
    }
}

impl Clue {
    fn matches(&self, said: &Said) -> bool {
        let code = self.code.is_empty() || said.codes.iter().any(|code| code.eq_ignore_ascii_case(self.code));
        code && said.message.to_ascii_lowercase().contains(&self.message.to_ascii_lowercase())
    }
}

fn redirected(call: &Call, answer: &Answer) -> Error {
    let target = answer.header("location").and_then(|location| url::Url::parse(location).ok());
    let target = target.as_ref().and_then(url::Url::host_str).unwrap_or("an unnamed place");
    call.error(Kind::InvalidResponse)
        .said(Failure::Redirected, format!("The answer is a redirect to {target}, which is not followed."))
        .answered(answer.status, answer.request_id(None))
        .advise(PROXY_ADVICE)
}

fn throttled(answer: &Answer) -> String {
    match retry_after::wait(&answer.headers, clock::now()) {
        Some(wait) => format!(
            "The service asks to wait {} seconds; raise max_retry_wait_seconds to wait that long, or try again later.",
            wait.as_secs_f64().ceil()
        ),
        None => "Try again later, or lower max_concurrency.".to_owned(),
    }
}

fn challenge(answer: &Answer) -> String {
    static TENANT: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"authorization_uri="https://[^/"]+/([A-Za-z0-9.-]+)["/]"#).ok());
    let header = answer.header("www-authenticate").unwrap_or_default();
    if header.contains("insufficient_claims") {
        return "Conditional Access asks for a new sign-in (continuous access evaluation): sign in again.".to_owned();
    }
    match TENANT.as_ref().and_then(|tenant| tenant.captures(header)).and_then(|found| found.get(1)) {
        Some(tenant) => format!("Resource Manager expects a token of tenant {}: check tenant_id.", tenant.as_str()),
        None => SIGN_IN_AGAIN.to_owned(),
    }
}

/// In a command that gives a role, who lacks it, where the service did not say: the sign-in, whose token tells its object id.
pub(in crate::azure) const SOMEBODY: &str = "<object id>";

/// Resource Manager names the missing action, who lacks it and where; Microsoft Graph names the permissions here and there.
fn grant(call: &Call, message: &str) -> String {
    if call.audience == Audience::Graph {
        return graph_permissions::remedy(call.needs, message);
    }
    let Some(Denial { who, action, scope }) = Denial::of(message) else {
        return "Give the sign-in a role that allows this read, Reader for example; a new role can take 10 minutes to spread."
            .to_owned();
    };
    let role = match action.to_ascii_lowercase() {
        action if action.starts_with("microsoft.security/") => "Security Reader",
        _ => "Reader",
    };
    let who = who.as_deref().unwrap_or(SOMEBODY);
    // A guess would be the whole tenant, for a connection that may be one subscription.
    let Some(scope) = scope.map(|scope| spelled(scope, &call.path)).or_else(|| subject(&call.path)) else {
        return format!(
            "{role} allows {action}: it is needed where this is read, on the subscriptions or the management group of the connection; \
             a new role can take 10 minutes to spread."
        );
    };
    let scope = shell_word(&scope);
    let command = format!("az role assignment create --assignee {who} --role \"{role}\" --scope {scope}");
    format!("{role} allows {action}; a new role can take 10 minutes to spread: {command}")
}

/// A scope as it stands in the path that was asked for: services and groups give back other cases.
fn spelled(scope: String, path: &str) -> String {
    match path.get(..scope.len()) {
        Some(start) if start.eq_ignore_ascii_case(&scope) => start.to_owned(),
        _ => scope,
    }
}

/// What a path is about: a subscription or a management group.
fn subject(path: &str) -> Option<String> {
    let segments: Vec<&str> = path.split('/').take(5).collect();
    match segments.as_slice() {
        ["", kind, id, ..] if kind.eq_ignore_ascii_case("subscriptions") => Some(format!("/subscriptions/{id}")),
        ["", "providers", namespace, kind, name]
            if namespace.eq_ignore_ascii_case("Microsoft.Management") && kind.eq_ignore_ascii_case("managementGroups") =>
        {
            Some(format!("/providers/Microsoft.Management/managementGroups/{name}"))
        }
        _ => None,
    }
}

fn is_namespace(text: &str) -> bool {
    text.contains('.') && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
}

const fn row(code: &'static str, kind: Kind, advice: &'static str) -> Clue {
    Clue { code, message: "", kind, advice }
}

const fn says(code: &'static str, message: &'static str, kind: Kind, advice: &'static str) -> Clue {
    Clue { code, message, kind, advice }
}
