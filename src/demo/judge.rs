//! The order in which a request is judged, as the services do it: token, path, version, visibility, permission; then its rows.

use azure_core::http::Method;
use serde_json::Value;

use super::{
    Host, LOGIN_HOST, PRINCIPAL_ID, TENANT_ID,
    access::Access,
    answer::{self, Answer, Refusal},
    directory,
    fault::Effect,
    fixtures::Fixtures,
    hierarchy::{subscription, text},
    odata,
    paging::{self, Cut},
    request::{Call, Cursor},
    resource_graph as query,
    routes::{Asked, Captured, Found, Paging, Route, find},
    sign_in,
};

/// Answers a request, after faults that answer in its stead.
pub(super) fn serve(fixtures: &Fixtures, call: &Call, effects: &[Effect], page_size: Option<usize>, request_id: &str) -> Answer {
    match Host::of(&call.host) {
        Some(Host::Login) | None => sign_in::answer(fixtures, call),
        Some(host) => judge(fixtures, call, host, effects, page_size).unwrap_or_else(|refusal| refusal.answer(host, request_id)),
    }
}

fn judge(fixtures: &Fixtures, call: &Call, host: Host, effects: &[Effect], page_size: Option<usize>) -> Result<Answer, Refusal> {
    let claims = authenticate(call, host)?;
    let Some((route, captured)) = find(call, host) else {
        let reading = call.method == Method::Get;
        return Err(if reading { answer::no_such_path(host, call) } else { answer::not_writable(host, call) });
    };
    if route.method != call.method {
        return Err(answer::not_writable(host, call));
    }
    let asked = Asked {
        call,
        fixtures,
        access: Access::of(fixtures, PRINCIPAL_ID),
        fixture: route.document.name,
        scope: scope(route, call, &captured),
        captured,
    };
    match host {
        Host::Graph => permitted(route, call, &claims)?,
        _ => allowed(route, &asked)?,
    }
    let found = (route.source)(&asked)?;
    let at = call.cursor.ok_or_else(|| Refusal::new(400, "InvalidSkipToken", "The provided skip token is invalid."))?;
    deliver(route, &asked, found, at, effects, page_size)
}

fn authenticate(call: &Call, host: Host) -> Result<Value, Refusal> {
    let authority = format!("https://{LOGIN_HOST}/{TENANT_ID}");
    let challenge = format!(
        "Bearer authorization_uri=\"{authority}\", error=\"invalid_token\", error_description=\"The access token is missing or invalid.\""
    );
    let refuse = |code, message: String| Err(Refusal::new(401, code, message).with("www-authenticate", challenge.clone()));
    let Some(bearer) = &call.bearer else {
        return match host {
            Host::Graph => refuse("InvalidAuthenticationToken", "Access token is empty.".into()),
            _ => refuse("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.".into()),
        };
    };
    let Some(claims) = sign_in::claims(bearer) else {
        return match host {
            Host::Graph => refuse("InvalidAuthenticationToken", "CompactToken parsing failed with error code: 80049217".into()),
            _ => refuse("InvalidAuthenticationToken", "The access token is invalid.".into()),
        };
    };
    if sign_in::is_for(&claims, host) {
        return Ok(claims);
    }
    match host {
        Host::Graph => refuse("InvalidAuthenticationToken", "Access token validation failure. Invalid audience.".into()),
        _ => {
            let audience = text(&claims, "/aud");
            let own = host.name();
            let message = format!(
                "The access token has been obtained for wrong audience or resource '{audience}'. It should exactly match with one of the allowed audiences 'https://{own}'."
            );
            refuse("InvalidAuthenticationTokenAudience", message)
        }
    }
}

fn scope(route: &Route, call: &Call, captured: &Captured) -> String {
    let leading = |count: usize| call.segments.iter().take(count).map(|segment| format!("/{segment}")).collect::<String>();
    match captured.get("scope") {
        Some(scope) => format!("/{scope}"),
        None if route.template.starts_with("/subscriptions/") => leading(2),
        None if captured.contains_key("group") => leading(4),
        None => "/".to_owned(),
    }
}

/// Whether the token's permissions suffice for a path of Graph.
fn permitted(route: &Route, call: &Call, claims: &Value) -> Result<(), Refusal> {
    let roles: Vec<_> = claims.get("roles").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let audits = roles.contains(&"AuditLog.Read.All") || !directory::shows_sign_ins(call);
    match route.needs.split(' ').any(|needed| roles.contains(&needed)) {
        true if audits => return Ok(()),
        true => {
            let message = "Calling principal does not have required MSGraph permissions AuditLog.Read.All";
            return Err(Refusal::new(403, "Authentication_MSGraphPermissionMissing", message));
        }
        false => {}
    }
    let least = route.needs.split(' ').collect::<Vec<_>>().join(",");
    Err(match route.template.contains("ScheduleInstances") {
        // Privileged Identity Management answers in words of its own.
        true => Refusal::new(
            403,
            "PermissionScopeNotGranted",
            format!("Authorization failed due to missing permission scope {least}."),
        ),
        false => Refusal::new(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    })
}

/// Whether version, subscription, registration and permission suffice for a path of Azure Resource Manager.
fn allowed(route: &Route, asked: &Asked<'_>) -> Result<(), Refusal> {
    version(route, asked.call)?;
    if let Some(id) = subscription(&asked.scope) {
        let known = asked.fixtures.rows("subscriptions").iter().any(|row| text(row, "/subscriptionId").eq_ignore_ascii_case(id));
        if !known {
            return Err(Refusal::new(404, "SubscriptionNotFound", format!("The subscription '{id}' could not be found.")));
        }
        registered(route, asked, id)?;
        resource_group(asked)?;
    }
    if route.needs.is_empty() || asked.access.allows(route.needs, &asked.scope) {
        return Ok(());
    }
    let message = format!(
        "The client '{PRINCIPAL_ID}' with object id '{PRINCIPAL_ID}' does not have authorization to perform action '{}' over scope '{}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
        route.needs, asked.scope
    );
    Err(Refusal::new(403, "AuthorizationFailed", message))
}

fn version(route: &Route, call: &Call) -> Result<(), Refusal> {
    let supported = route.versions.join(",");
    match call.query("api-version") {
        None | Some("") => {
            let message = "The api-version query parameter (?api-version=) is required for all requests.";
            Err(Refusal::new(400, "MissingApiVersionParameter", message))
        }
        Some(version) if route.versions.contains(&version) => Ok(()),
        Some(version) => match namespace(route) {
            Some((namespace, kind)) => {
                let message = format!(
                    "No registered resource provider found for location '' and API version '{version}' for type '{kind}' of '{namespace}'. The supported api-versions are '{supported}'."
                );
                Err(Refusal::new(400, "NoRegisteredProviderFound", message))
            }
            None => {
                let message = format!("The api-version '{version}' is invalid. The supported versions are '{supported}'.");
                Err(Refusal::new(400, "InvalidApiVersionParameter", message))
            }
        },
    }
}

/// The namespace and type a template names, if it names one.
fn namespace(route: &Route) -> Option<(&'static str, &'static str)> {
    let (_, rest) = route.template.split_once("/providers/")?;
    let (namespace, kind) = rest.split_once('/')?;
    Some((namespace, kind.split('/').next()?))
}

fn registered(route: &Route, asked: &Asked<'_>, subscription: &str) -> Result<(), Refusal> {
    let Some((namespace, _)) = namespace(route) else { return Ok(()) };
    let id = format!("/subscriptions/{subscription}/providers/{namespace}");
    let providers = asked.fixtures.rows("providers");
    let row = providers.iter().find(|row| text(row, "/id").eq_ignore_ascii_case(&id));
    let Some(row) = row else { return Ok(()) };
    if text(row, "/registrationState") == "Registered" {
        return Ok(());
    }
    Err(match namespace {
        "Microsoft.Security" => {
            let message = "Please register to Microsoft.Security in order to view your security status";
            Refusal::new(404, "Subscription Not Registered", message)
        }
        _ => {
            let message = format!(
                "The subscription is not registered to use namespace '{namespace}'. See https://aka.ms/rps-not-found for how to register subscriptions."
            );
            Refusal::new(409, "MissingSubscriptionRegistration", message).about(namespace)
        }
    })
}

fn resource_group(asked: &Asked<'_>) -> Result<(), Refusal> {
    let segments: Vec<_> = asked.scope.split('/').collect();
    let [_, _, _, kind, name, ..] = segments.as_slice() else { return Ok(()) };
    if !kind.eq_ignore_ascii_case("resourceGroups") {
        return Ok(());
    }
    let id = segments.iter().take(5).copied().collect::<Vec<_>>().join("/");
    match asked.fixtures.rows("resource-groups").iter().any(|row| text(row, "/id").eq_ignore_ascii_case(&id)) {
        true => Ok(()),
        false => Err(Refusal::new(404, "ResourceGroupNotFound", format!("Resource group '{name}' could not be found."))),
    }
}

fn deliver(
    route: &Route,
    asked: &Asked<'_>,
    found: Found,
    at: Cursor,
    effects: &[Effect],
    most: Option<usize>,
) -> Result<Answer, Refusal> {
    let call = asked.call;
    let context =
        call.path.strip_prefix("/v1.0/").map(|path| format!("https://{}/v1.0/$metadata#{path}", call.host)).unwrap_or_default();
    let rows = match found {
        Found::One(row) if route.host == Host::Graph => return Ok(Answer::json(200, odata::entity(row, &context, call)?)),
        Found::One(row) => return Ok(quota(Answer::json(200, row), asked)),
        Found::Rows(rows) => rows,
    };
    let keep = |row: &Value| effects.iter().all(|effect| !matches!(effect, Effect::Keep(keep) if !keep(row)));
    let rows: Vec<_> = rows.into_iter().filter(keep).collect();
    let top = call.query("$top").and_then(|top| top.parse::<usize>().ok()).filter(|top| *top > 0);
    let cut = |size: usize| Cut {
        size: most.map_or(size, |most| most.min(size)),
        repeat: effects.iter().any(|effect| matches!(effect, Effect::DuplicatePage)),
    };
    Ok(match route.paging {
        Paging::AtNextLink(size) => {
            quota(Answer::json(200, paging::resource_manager(paging::page(rows, at, cut(size)), "@nextLink", call)), asked)
        }
        Paging::NextLink(size) => {
            let size = top.map_or(size, |top| top.min(size));
            quota(Answer::json(200, paging::resource_manager(paging::page(rows, at, cut(size)), "nextLink", call)), asked)
        }
        Paging::OData(size) => {
            let rows = odata::shape(rows, call)?;
            let size = odata::page_size(call)?.unwrap_or(size);
            Answer::json(200, paging::graph(paging::page(rows, at, cut(size)), &context, call))
        }
        Paging::Query => query::answer(rows, at, cut, call)?,
    })
}

/// The headers with which Azure Resource Manager tells what is left.
fn quota(answer: Answer, asked: &Asked<'_>) -> Answer {
    match asked.scope.starts_with("/subscriptions/") {
        true => answer.with("x-ms-ratelimit-remaining-subscription-reads", "249"),
        false => answer.with("x-ms-ratelimit-remaining-tenant-reads", "249"),
    }
}
