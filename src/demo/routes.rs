//! Every path the tenant answers, in one table, and the order in which a request is judged: token, version, visibility, permission.

use std::collections::BTreeMap;

use azure_core::http::Method;
use serde_json::Value;

use super::{
    Host, LOGIN_HOST, PRINCIPAL_ID, TENANT_ID,
    access::Access,
    answer::{self, Answer, Refusal},
    authorization as authz, directory as dir,
    fault::Effect,
    fixtures::Fixtures,
    hierarchy::{subscription, text},
    odata,
    paging::{self, Cut},
    request::{Call, Cursor},
    resource_graph as query, resource_manager as arm, sign_in,
};

/// One path: what it needs, where its rows come from, how they are paged.
struct Route {
    host: Host,
    method: Method,
    /// `{scope}` stands for any scope, `{name}` for one segment or a part of it.
    template: &'static str,
    /// Versions of the API; none on Graph.
    versions: &'static [&'static str],
    /// The action needed at the scope, or on Graph the permissions any of which suffices; empty = a token suffices.
    needs: &'static str,
    fixture: &'static str,
    paging: Paging,
    source: Source,
}

/// How a list is cut; the number is the rows of a page.
#[derive(Clone, Copy)]
enum Paging {
    AtNextLink(usize),
    NextLink(usize),
    OData(usize),
    Query,
}

/// Where rows come from.
pub(super) type Source = fn(&Asked<'_>) -> Result<Found, Refusal>;

/// What a source found.
pub(super) enum Found {
    One(Value),
    Rows(Vec<Value>),
}

/// What a source is asked.
pub(super) struct Asked<'a> {
    pub(super) call: &'a Call,
    pub(super) fixtures: &'a Fixtures,
    pub(super) access: Access<'a>,
    pub(super) fixture: &'static str,
    /// The scope in the path, `/` for the tenant.
    pub(super) scope: String,
    captured: BTreeMap<&'static str, String>,
}

impl Asked<'_> {
    /// The part of the path that stands where the template has `{name}`.
    pub(super) fn captured(&self, name: &str) -> &str {
        self.captured.get(name).map(String::as_str).unwrap_or_default()
    }

    pub(super) fn rows(&self) -> Vec<Value> {
        self.fixtures.rows(self.fixture)
    }
}

const RM: &[&str] = &["2025-04-01", "2021-04-01"];
const SUB: &[&str] = &["2022-12-01"];
const MG: &[&str] = &["2023-04-01"];
const AUTHZ: &[&str] = &["2022-04-01"];
const PIM: &[&str] = &["2020-10-01"];
const SEC: &[&str] = &["2025-05-04", "2021-06-01"];
const SUBASSESSMENT: &[&str] = &["2019-01-01-preview"];
const PRICING: &[&str] = &["2024-01-01"];
const SCORE: &[&str] = &["2020-01-01"];
const ARG: &[&str] = &["2024-04-01", "2022-10-01"];

const READ_MG: &str = "Microsoft.Management/managementGroups/read";
const READ_SUBASSESSMENT: &str = "Microsoft.Security/assessments/subAssessments/read";
const DIRECTORY: &str = "Directory.Read.All";
const APPLICATIONS: &str = "Application.Read.All Directory.Read.All";
const GROUPS: &str = "GroupMember.Read.All Group.Read.All Directory.Read.All";
const ROLES: &str = "RoleManagement.Read.Directory RoleManagement.Read.All Directory.Read.All";
const ELIGIBLE: &str = "RoleEligibilitySchedule.Read.Directory RoleManagement.Read.Directory RoleManagement.Read.All";
const ACTIVE: &str = "RoleAssignmentSchedule.Read.Directory RoleManagement.Read.Directory RoleManagement.Read.All";
const USERS: &str = "User.Read.All Directory.Read.All";
const LIST: Paging = Paging::NextLink(50);
const DIR: Paging = Paging::OData(5);

#[rustfmt::skip]
const ROUTES: &[Route] = &[
    arm("/subscriptions", SUB, "", "subscriptions", LIST, arm::subscriptions),
    arm("/subscriptions/{subscription}", SUB, "Microsoft.Resources/subscriptions/read", "subscriptions", LIST, arm::one_subscription),
    arm("/tenants", SUB, "", "tenants", LIST, arm::whole),
    arm("/subscriptions/{subscription}/providers", RM, "Microsoft.Resources/subscriptions/providers/read", "providers", Paging::NextLink(8), arm::under),
    arm("/subscriptions/{subscription}/providers/{name}", RM, "Microsoft.Resources/subscriptions/providers/read", "providers", LIST, arm::provider),
    arm("/subscriptions/{subscription}/resourcegroups", RM, "Microsoft.Resources/subscriptions/resourceGroups/read", "resource-groups", Paging::NextLink(4), arm::under),
    arm("/subscriptions/{subscription}/resources", RM, "Microsoft.Resources/subscriptions/resources/read", "resources", Paging::NextLink(15), arm::resources),
    arm("/subscriptions/{subscription}/providers/Microsoft.ContainerService/managedClusters", &["2024-02-01"], "Microsoft.ContainerService/managedClusters/read", "managed-clusters", LIST, arm::under),
    arm("/providers/Microsoft.Management/managementGroups", MG, "", "management-groups", Paging::AtNextLink(2), arm::groups),
    arm("/providers/Microsoft.Management/managementGroups/{group}", MG, READ_MG, "management-groups", LIST, arm::group),
    arm("/providers/Microsoft.Management/managementGroups/{group}/descendants", MG, "Microsoft.Management/managementGroups/descendants/read", "management-groups", Paging::NextLink(2), arm::descendants),
    arm("/providers/Microsoft.Management/managementGroups/{group}/subscriptions", MG, "Microsoft.Management/managementGroups/subscriptions/read", "management-group-subscriptions", LIST, arm::group_subscriptions),
    arm("{scope}/providers/Microsoft.Authorization/roleAssignments", AUTHZ, "Microsoft.Authorization/roleAssignments/read", "role-assignments", Paging::NextLink(10), authz::assignments),
    arm("{scope}/providers/Microsoft.Authorization/denyAssignments", AUTHZ, "Microsoft.Authorization/denyAssignments/read", "deny-assignments", LIST, authz::assignments),
    arm("{scope}/providers/Microsoft.Authorization/roleAssignmentScheduleInstances", PIM, "Microsoft.Authorization/roleAssignmentScheduleInstances/read", "role-assignment-schedule-instances", LIST, authz::instances),
    arm("{scope}/providers/Microsoft.Authorization/roleEligibilityScheduleInstances", PIM, "Microsoft.Authorization/roleEligibilityScheduleInstances/read", "role-eligibility-schedule-instances", LIST, authz::instances),
    arm("{scope}/providers/Microsoft.Authorization/roleDefinitions", AUTHZ, "Microsoft.Authorization/roleDefinitions/read", "role-definitions", LIST, authz::definitions),
    arm("{scope}/providers/Microsoft.Authorization/roleDefinitions/{name}", AUTHZ, "Microsoft.Authorization/roleDefinitions/read", "role-definitions", LIST, authz::definition),
    arm("{scope}/providers/Microsoft.Authorization/permissions", AUTHZ, "", "", LIST, authz::permissions),
    arm("{scope}/providers/Microsoft.Security/pricings", PRICING, "Microsoft.Security/pricings/read", "pricings", LIST, arm::pricings),
    arm("{scope}/providers/Microsoft.Security/pricings/{name}", PRICING, "Microsoft.Security/pricings/read", "pricings", LIST, arm::pricing),
    arm("{scope}/providers/Microsoft.Security/assessments", SEC, "Microsoft.Security/assessments/read", "assessments", Paging::NextLink(12), arm::assessments),
    arm("{scope}/providers/Microsoft.Security/assessments/{name}", SEC, "Microsoft.Security/assessments/read", "assessments", LIST, arm::assessment),
    arm("{scope}/providers/Microsoft.Security/assessments/{key}/subAssessments", SUBASSESSMENT, READ_SUBASSESSMENT, "sub-assessments", Paging::NextLink(5), arm::sub_assessments),
    arm("{scope}/providers/Microsoft.Security/subAssessments", SUBASSESSMENT, READ_SUBASSESSMENT, "sub-assessments", Paging::NextLink(5), arm::under),
    arm("/providers/Microsoft.Security/assessmentMetadata", SEC, "", "assessment-metadata", Paging::NextLink(20), arm::metadata),
    arm("/subscriptions/{subscription}/providers/Microsoft.Security/assessmentMetadata", SEC, "Microsoft.Security/assessmentMetadata/read", "assessment-metadata", Paging::NextLink(20), arm::metadata),
    arm("{scope}/providers/Microsoft.Security/healthReports", &["2023-05-01-preview"], "Microsoft.Security/healthReports/read", "health-reports", LIST, arm::under),
    arm("/subscriptions/{subscription}/providers/Microsoft.Security/serverVulnerabilityAssessmentsSettings", &["2023-05-01"], "Microsoft.Security/serverVulnerabilityAssessmentsSettings/read", "server-vulnerability-settings", LIST, arm::under),
    arm("/subscriptions/{subscription}/providers/Microsoft.Security/settings", &["2022-05-01"], "Microsoft.Security/settings/read", "security-settings", LIST, arm::under),
    arm("/subscriptions/{subscription}/providers/Microsoft.Security/secureScores", SCORE, "Microsoft.Security/secureScores/read", "secure-scores", LIST, arm::under),
    arm("/subscriptions/{subscription}/providers/Microsoft.Security/secureScoreControls", SCORE, "Microsoft.Security/secureScoreControls/read", "secure-score-controls", LIST, arm::under),
    Route { method: Method::Post, ..arm("/providers/Microsoft.ResourceGraph/resources", ARG, "", "", Paging::Query, query::rows) },
    graph("/v1.0/organization", "Organization.Read.All User.Read.All Directory.Read.All", "organization", dir::whole),
    graph("/v1.0/subscribedSkus", "Organization.Read.All Directory.Read.All", "subscribed-skus", dir::whole),
    graph("/v1.0/users", USERS, "users", dir::users),
    graph("/v1.0/users/{id}", USERS, "users", dir::user),
    graph("/v1.0/users/{id}/transitiveMemberOf", DIRECTORY, "users", dir::member_of),
    graph("/v1.0/groups", GROUPS, "groups", dir::whole),
    graph("/v1.0/groups/{id}", GROUPS, "groups", dir::one),
    graph("/v1.0/groups/{id}/members", GROUPS, "groups", dir::members),
    graph("/v1.0/groups/{id}/members/{cast}", GROUPS, "groups", dir::members),
    graph("/v1.0/groups/{id}/transitiveMembers", GROUPS, "groups", dir::transitive_members),
    graph("/v1.0/groups/{id}/transitiveMembers/{cast}", GROUPS, "groups", dir::transitive_members),
    graph("/v1.0/roleManagement/directory/roleDefinitions", ROLES, "directory-role-definitions", dir::whole),
    graph("/v1.0/roleManagement/directory/roleDefinitions/{id}", ROLES, "directory-role-definitions", dir::one),
    graph("/v1.0/roleManagement/directory/roleAssignments", ROLES, "directory-role-assignments", dir::role_rows),
    graph("/v1.0/roleManagement/directory/roleEligibilityScheduleInstances", ELIGIBLE, "directory-role-eligibility-schedule-instances", dir::role_instances),
    graph("/v1.0/roleManagement/directory/roleAssignmentScheduleInstances", ACTIVE, "directory-role-assignment-schedule-instances", dir::role_instances),
    graph("/v1.0/servicePrincipals", APPLICATIONS, "service-principals", dir::whole),
    graph("/v1.0/servicePrincipals(appId='{app}')", APPLICATIONS, "service-principals", dir::by_app),
    graph("/v1.0/servicePrincipals/{id}", APPLICATIONS, "service-principals", dir::one),
    graph("/v1.0/servicePrincipals/{id}/transitiveMemberOf", DIRECTORY, "service-principals", dir::member_of),
    graph("/v1.0/servicePrincipals/{id}/appRoleAssignments", APPLICATIONS, "app-role-assignments", dir::app_role_assignments),
    graph("/v1.0/servicePrincipals/{id}/appRoleAssignedTo", APPLICATIONS, "app-role-assignments", dir::app_role_assigned_to),
    graph("/v1.0/servicePrincipals/{id}/oauth2PermissionGrants", DIRECTORY, "oauth2-permission-grants", dir::grants),
    graph("/v1.0/servicePrincipals/{id}/synchronization/jobs", "Synchronization.Read.All", "synchronization-jobs", dir::jobs),
    graph("/v1.0/applications", APPLICATIONS, "applications", dir::whole),
    graph("/v1.0/applications(appId='{app}')", APPLICATIONS, "applications", dir::by_app),
    graph("/v1.0/applications/{id}", APPLICATIONS, "applications", dir::one),
    graph("/v1.0/oauth2PermissionGrants", DIRECTORY, "oauth2-permission-grants", dir::whole),
];

const fn arm(
    template: &'static str,
    versions: &'static [&'static str],
    needs: &'static str,
    fixture: &'static str,
    paging: Paging,
    source: Source,
) -> Route {
    Route { host: Host::ResourceManager, method: Method::Get, template, versions, needs, fixture, paging, source }
}

const fn graph(template: &'static str, needs: &'static str, fixture: &'static str, source: Source) -> Route {
    Route { host: Host::Graph, method: Method::Get, template, versions: &[], needs, fixture, paging: DIR, source }
}

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
        fixture: route.fixture,
        scope: scope(route, call, &captured),
        captured,
    };
    match host {
        Host::Graph => permitted(route, &claims)?,
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

fn find(call: &Call, host: Host) -> Option<(&'static Route, BTreeMap<&'static str, String>)> {
    let routes = ROUTES.iter().filter(|route| route.host == host);
    routes.filter_map(|route| Some((route, matched(route.template, &call.segments)?))).next()
}

/// The parts of the path that stand for the template's placeholders, if the path has the template's form.
fn matched(template: &'static str, segments: &[String]) -> Option<BTreeMap<&'static str, String>> {
    let mut captured = BTreeMap::new();
    let mut segments = segments;
    let rest = match template.strip_prefix("{scope}") {
        Some(rest) => {
            let (scope, tail) = segments.split_at_checked(segments.len().checked_sub(rest.matches('/').count())?)?;
            captured.insert("scope", scope.join("/"));
            segments = tail;
            rest
        }
        None => template,
    };
    let mut own = segments.iter();
    for part in rest.split('/').skip(1) {
        let segment = own.next().filter(|segment| !segment.is_empty())?;
        match part.split_once('{').and_then(|(before, after)| Some((before, after.split_once('}')?))) {
            Some((before, (name, after))) => {
                let inner = segment.len().checked_sub(before.len() + after.len())?;
                let (head, tail) = segment.split_at_checked(before.len())?;
                let (value, end) = tail.split_at_checked(inner)?;
                if !head.eq_ignore_ascii_case(before) || !end.eq_ignore_ascii_case(after) {
                    return None;
                }
                captured.insert(name, value.to_owned());
            }
            None if segment.eq_ignore_ascii_case(part) => {}
            None => return None,
        }
    }
    own.next().is_none().then_some(captured)
}

fn scope(route: &Route, call: &Call, captured: &BTreeMap<&'static str, String>) -> String {
    let leading = |count: usize| call.segments.iter().take(count).map(|segment| format!("/{segment}")).collect::<String>();
    match captured.get("scope") {
        Some(scope) => format!("/{scope}"),
        None if route.template.starts_with("/subscriptions/") => leading(2),
        None if captured.contains_key("group") => leading(4),
        None => "/".to_owned(),
    }
}

/// Whether the token's permissions suffice for a path of Graph.
fn permitted(route: &Route, claims: &Value) -> Result<(), Refusal> {
    let roles: Vec<_> = claims.get("roles").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    if route.needs.split(' ').any(|needed| roles.contains(&needed)) {
        return Ok(());
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

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(path: &str) -> Vec<String> {
        path.split('/').skip(1).map(str::to_owned).collect()
    }

    #[test]
    fn a_scope_placeholder_takes_what_the_rest_leaves() {
        let captured = matched("{scope}/providers/A/b/{name}", &segments("/subscriptions/1/providers/a/B/x")).unwrap();
        assert_eq!(captured, BTreeMap::from([("scope", "subscriptions/1".to_owned()), ("name", "x".to_owned())]));
        assert!(matched("{scope}/providers/A/b", &segments("/providers/A/b")).is_some());
    }

    #[test]
    fn a_placeholder_can_be_part_of_a_segment() {
        let captured = matched("/v1.0/apps(appId='{app}')", &segments("/v1.0/apps(appId='7')")).unwrap();
        assert_eq!(captured.get("app").map(String::as_str), Some("7"));
        assert!(matched("/v1.0/apps(appId='{app}')", &segments("/v1.0/apps")).is_none());
    }

    #[test]
    fn every_route_names_a_fixture_that_exists() {
        for route in ROUTES {
            assert!(
                route.fixture.is_empty() || super::super::fixtures::names().any(|name| name == route.fixture),
                "{}",
                route.template
            );
        }
    }
}
