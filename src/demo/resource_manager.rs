//! Rows of Azure Resource Manager and Defender for Cloud: which rows of which document stand at a scope.

use serde_json::{Map, Value, json};

use super::{
    TENANT_ID,
    answer::Refusal,
    hierarchy::{above, ancestors, covers, holder, normal, subscription, text},
    routes::{Asked, Found},
};

/// Every row.
pub(super) fn whole(asked: &Asked<'_>) -> Result<Found, Refusal> {
    Ok(Found::Rows(asked.rows().to_vec()))
}

/// Rows at and below the scope.
pub(super) fn under(asked: &Asked<'_>) -> Result<Found, Refusal> {
    Ok(Found::Rows(at_and_below(asked)))
}

/// Rows at, below and above the scope: what stands on a management group is inherited.
pub(super) fn around(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let groups = above(asked.fixtures, &asked.scope);
    let is_around =
        |row: &Value| covers(asked.fixtures, &asked.scope, text(row, "/id")) || groups.contains(&holder(text(row, "/id")));
    Ok(Found::Rows(asked.fixtures.rows_where(asked.fixture, is_around)))
}

/// Rows whose ids stand below the path.
pub(super) fn below(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let path = format!("{}/", asked.call.path.to_lowercase());
    Ok(Found::Rows(asked.fixtures.rows_where(asked.fixture, |row| text(row, "/id").to_lowercase().starts_with(&path))))
}

/// The standards of a subscription; the service refuses where no plan is on.
pub(super) fn standards(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let plans = asked.fixtures.rows("pricings");
    let is_on = |row: &&Value| text(row, "/properties/pricingTier").eq_ignore_ascii_case("Standard");
    if plans.iter().filter(is_on).any(|row| covers(asked.fixtures, &asked.scope, text(row, "/id"))) {
        return below(asked);
    }
    let id = subscription(&asked.scope).unwrap_or_default();
    let message = format!("Regulatory compliance is not supported for subscription '{id}' as it has no standard pricing bundle");
    Err(Refusal::new(400, "Subscription with no standard pricing bundle", message))
}

/// Policy definitions or initiatives that can be assigned at the scope, of one kind if the filter names it. The built-in ones are there for
/// every scope.
pub(super) fn policies(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let filter = asked.call.query("$filter").unwrap_or_default();
    let kind = filter.strip_prefix("policyType eq '").and_then(|rest| rest.strip_suffix('\''));
    let Found::Rows(mut rows) = around(asked)? else { return Err(not_found(&asked.call.path)) };
    rows.extend(asked.rows_where(|row| holder(text(row, "/id")).is_empty()));
    rows.retain(|row| kind.is_none_or(|kind| text(row, "/properties/policyType").eq_ignore_ascii_case(kind)));
    Ok(Found::Rows(rows))
}

/// The built-in definition or initiative of this name.
pub(super) fn built_in(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let own =
        |row: &Value| text(row, "/name").eq_ignore_ascii_case(asked.captured("name")) && holder(text(row, "/id")).is_empty();
    asked.rows().iter().find(|row| own(row)).cloned().map(Found::One).ok_or_else(|| not_found(&asked.call.path))
}

/// Types without diagnostic settings.
const WITHOUT_SETTINGS: &[&str] = &["Microsoft.Compute/disks", "Microsoft.ManagedIdentity/userAssignedIdentities"];

/// The diagnostic settings of a subscription, or of a resource if its type has any. Their ids come in several forms.
pub(super) fn diagnostic_settings(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let scope = normal(&asked.scope);
    if scope.contains("/providers/") {
        let own = asked
            .fixtures
            .find("resources", |row| text(row, "/id").eq_ignore_ascii_case(&scope).then(|| text(row, "/type").to_owned()));
        let kind = own.ok_or_else(|| not_found(&asked.scope))?;
        if WITHOUT_SETTINGS.iter().any(|known| known.eq_ignore_ascii_case(&kind)) {
            let message = format!("The resource type '{}' does not support diagnostic settings.", kind.to_lowercase());
            return Err(Refusal::new(400, "ResourceTypeNotSupported", message));
        }
    }
    let own = |row: &Value| {
        let id = format!("/{}", text(row, "/id").trim_start_matches('/')).to_lowercase();
        id.rsplit_once("/providers/").is_some_and(|(head, _)| head == scope)
    };
    Ok(Found::Rows(asked.fixtures.rows_where(asked.fixture, own)))
}

/// Subscriptions in which the caller holds anything.
pub(super) fn subscriptions(asked: &Asked<'_>) -> Result<Found, Refusal> {
    Ok(Found::Rows(asked.rows_where(|row| asked.access.sees(text(row, "/id")))))
}

/// The subscription of the path, which exists.
pub(super) fn one_subscription(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let rows = asked.rows();
    let row = rows.iter().find(|row| text(row, "/id").eq_ignore_ascii_case(&asked.scope));
    row.cloned().map(Found::One).ok_or_else(|| not_found(&asked.scope))
}

/// One resource provider.
pub(super) fn provider(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let name = asked.captured("name");
    let row = at_and_below(asked).into_iter().find(|row| text(row, "/namespace").eq_ignore_ascii_case(name));
    let message = format!("The resource namespace '{name}' is invalid.");
    row.map(Found::One).ok_or_else(|| Refusal::new(404, "InvalidResourceNamespace", message))
}

/// Resources of the subscription, of one type if the filter names it.
pub(super) fn resources(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let rows = at_and_below(asked);
    let Some(filter) = asked.call.query("$filter") else { return Ok(Found::Rows(rows)) };
    let kind = filter.trim().strip_prefix("resourceType eq '").and_then(|rest| rest.strip_suffix('\''));
    let Some(kind) = kind else {
        return Err(Refusal::new(
            400,
            "InvalidFilterInQueryString",
            format!("Invalid $filter '{filter}' specified in the query string."),
        ));
    };
    Ok(Found::Rows(rows.into_iter().filter(|row| text(row, "/type").eq_ignore_ascii_case(kind)).collect()))
}

/// Resources of the type that the path ends in, of the subscription, resource group or resource that it begins with.
pub(super) fn typed(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let path = asked.call.path.as_str();
    let (place, below) = path.rsplit_once("/providers/").unwrap_or_default();
    let parts: Vec<&str> = below.split('/').collect();
    // Behind the namespace, each type but the last one is followed by a name.
    let kind = parts.iter().enumerate().filter(|(at, _)| *at == 0 || at % 2 == 1).map(|(_, part)| *part).collect::<Vec<_>>();
    let place = if parts.len() > 2 { path.rsplit_once('/').map_or(place, |(parent, _)| parent) } else { place };
    let is_own =
        |row: &Value| covers(asked.fixtures, place, text(row, "/id")) && text(row, "/type").eq_ignore_ascii_case(&kind.join("/"));
    Ok(Found::Rows(asked.fixtures.rows_where(asked.fixture, is_own)))
}

/// Defender plans of exactly this scope: those of a machine are not rows of its subscription.
pub(super) fn pricings(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let names = asked.call.query("$filter").map(|filter| {
        let list = filter.trim().strip_prefix("name in (").and_then(|rest| rest.strip_suffix(')')).unwrap_or_default();
        list.split(',').map(|name| name.trim().trim_matches('\'').to_lowercase()).collect::<Vec<_>>()
    });
    let wanted = |row: &Value| names.as_ref().is_none_or(|names| names.contains(&text(row, "/name").to_lowercase()));
    Ok(Found::Rows(exactly(asked).into_iter().filter(wanted).collect()))
}

/// One Defender plan.
pub(super) fn pricing(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let row = exactly(asked).into_iter().find(|row| text(row, "/name").eq_ignore_ascii_case(asked.captured("name")));
    row.map(Found::One).ok_or_else(|| not_found(&asked.call.path))
}

/// Assessments at and below the scope; `risk` came with a newer version of the API.
pub(super) fn assessments(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let risk = asked.call.query("api-version").is_some_and(|version| version >= "2025");
    let mut rows = at_and_below(asked);
    for properties in rows.iter_mut().filter_map(|row| row.pointer_mut("/properties")?.as_object_mut()) {
        // What a row says of its own recommendation, the list leaves out.
        properties.remove("metadata");
        if !risk {
            properties.remove("risk");
        }
    }
    Ok(Found::Rows(rows))
}

/// One assessment of the resource that is the scope, with its metadata if `$expand` asks for it.
pub(super) fn assessment(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let Found::Rows(rows) = assessments(asked)? else { return Err(not_found(&asked.call.path)) };
    let row = rows.into_iter().find(|row| text(row, "/id").eq_ignore_ascii_case(&asked.call.path));
    let mut row = row.ok_or_else(|| not_found(&asked.call.path))?;
    if asked.call.query("$expand").is_some_and(|expand| expand.contains("metadata")) {
        let metadata = metadata_of(asked, text(&row, "/name"));
        if let (Some(properties), Some(metadata)) = (row.pointer_mut("/properties").and_then(Value::as_object_mut), metadata) {
            properties.insert("metadata".into(), metadata);
        }
    }
    Ok(Found::One(row))
}

/// Vulnerabilities of one assessment.
pub(super) fn sub_assessments(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let part = format!("/assessments/{}/", asked.captured("key").to_lowercase());
    let rows = at_and_below(asked).into_iter().filter(|row| text(row, "/id").to_lowercase().contains(&part));
    Ok(Found::Rows(rows.collect()))
}

/// What assessments mean: built-in ones everywhere, custom ones only in their subscription.
pub(super) fn metadata(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let own = subscription(&asked.scope);
    let visible = |row: &Value| match subscription(text(row, "/id")) {
        None => true,
        Some(id) => own.is_some_and(|own| own.eq_ignore_ascii_case(id)),
    };
    Ok(Found::Rows(asked.rows_where(visible)))
}

/// Management groups the caller may read.
pub(super) fn groups(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let readable = |row: &Value| asked.access.allows("Microsoft.Management/managementGroups/read", text(row, "/id"));
    let all = asked.rows();
    let rows = all.iter().filter(|row| readable(row)).map(|row| {
        let properties = json!({"tenantId": TENANT_ID, "displayName": text(row, "/properties/displayName")});
        json!({"id": text(row, "/id"), "type": text(row, "/type"), "name": text(row, "/name"), "properties": properties})
    });
    Ok(Found::Rows(rows.collect()))
}

/// One management group: path, ancestors and children only where `$expand` asks for them.
pub(super) fn group(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let name = asked.captured("group");
    let mut row = group_named(asked, name)?;
    let expand = asked.call.query("$expand").unwrap_or_default();
    let recurse = asked.call.query("$recurse") == Some("true");
    let expands = |word: &str| expand.split(',').any(|part| part.trim().eq_ignore_ascii_case(word));
    if recurse && !expands("children") {
        return Err(Refusal::new(400, "BadRequest", "The '$recurse' parameter requires '$expand=children'."));
    }
    let children = expands("children").then(|| children(asked, name, recurse));
    if let Some(details) = row.pointer_mut("/properties/details").and_then(Value::as_object_mut) {
        details.retain(|key, _| match key.as_str() {
            "path" => expands("path"),
            "managementGroupAncestors" | "managementGroupAncestorsChain" => expands("ancestors"),
            _ => true,
        });
    }
    if let Some(properties) = row.pointer_mut("/properties").and_then(Value::as_object_mut) {
        properties.insert("children".into(), children.unwrap_or_default());
    }
    Ok(Found::One(row))
}

/// Everything below a management group, flat. Subscriptions say `/subscriptions` where groups say their full type.
pub(super) fn descendants(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let name = asked.captured("group").to_lowercase();
    group_named(asked, &name)?;
    let below = |group: &str| group.eq_ignore_ascii_case(&name) || ancestors(asked.fixtures, group).contains(&name);
    let flat = |id: String, kind: &str, row: &Value, parent: &str| {
        let properties = json!({"displayName": text(row, "/properties/displayName"), "parent": {"id": parent}});
        json!({"id": id, "type": kind, "name": text(row, "/name"), "properties": properties})
    };
    let mut rows = Vec::new();
    for row in asked.rows().iter() {
        let parent = text(row, "/properties/details/parent/id");
        if !parent.is_empty() && below(parent.rsplit('/').next().unwrap_or_default()) {
            rows.push(flat(text(row, "/id").to_owned(), "Microsoft.Management/managementGroups", row, parent));
        }
    }
    for row in asked.fixtures.rows("management-group-subscriptions").iter() {
        let parent = text(row, "/properties/parent/id");
        if below(parent.rsplit('/').next().unwrap_or_default()) {
            rows.push(flat(format!("/subscriptions/{}", text(row, "/name")), "/subscriptions", row, parent));
        }
    }
    Ok(Found::Rows(rows))
}

/// Subscriptions that stand in a management group itself.
pub(super) fn group_subscriptions(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let own = |row: &Value| text(row, "/properties/parent/id").eq_ignore_ascii_case(&asked.scope);
    Ok(Found::Rows(asked.rows_where(own)))
}

fn group_named(asked: &Asked<'_>, name: &str) -> Result<Value, Refusal> {
    let rows = asked.fixtures.rows("management-groups");
    let row = rows.iter().find(|row| text(row, "/name").eq_ignore_ascii_case(name)).cloned();
    row.ok_or_else(|| Refusal::new(404, "NotFound", format!("'{name}' not found")))
}

fn children(asked: &Asked<'_>, name: &str, recurse: bool) -> Value {
    let mut children = Vec::new();
    for row in asked.fixtures.rows("management-groups").iter() {
        let own = text(row, "/name");
        if text(row, "/properties/details/parent/name").eq_ignore_ascii_case(name) {
            let mut child = child(text(row, "/id"), "Microsoft.Management/managementGroups", row);
            if recurse {
                child.insert("children".into(), self::children(asked, own, true));
            }
            children.push(Value::from(child));
        }
    }
    for row in asked.fixtures.rows("management-group-subscriptions").iter() {
        if text(row, "/properties/parent/id").rsplit('/').next().is_some_and(|parent| parent.eq_ignore_ascii_case(name)) {
            children.push(child(&format!("/subscriptions/{}", text(row, "/name")), "/subscriptions", row).into());
        }
    }
    if children.is_empty() { Value::Null } else { children.into() }
}

fn child(id: &str, kind: &str, row: &Value) -> Map<String, Value> {
    let fields =
        [("id", id), ("type", kind), ("name", text(row, "/name")), ("displayName", text(row, "/properties/displayName"))];
    fields.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect()
}

fn metadata_of(asked: &Asked<'_>, key: &str) -> Option<Value> {
    let rows = asked.fixtures.rows("assessment-metadata");
    rows.iter().find(|row| text(row, "/name").eq_ignore_ascii_case(key))?.get("properties").cloned()
}

fn at_and_below(asked: &Asked<'_>) -> Vec<Value> {
    asked.fixtures.rows_where(asked.fixture, |row| covers(asked.fixtures, &asked.scope, text(row, "/id")))
}

fn exactly(asked: &Asked<'_>) -> Vec<Value> {
    let scope = normal(&asked.scope);
    let own = |row: &Value| text(row, "/id").to_lowercase().rsplit_once("/providers/").is_some_and(|(head, _)| head == scope);
    asked.rows_where(own)
}

fn not_found(id: &str) -> Refusal {
    let message =
        format!("The Resource '{id}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix");
    Refusal::new(404, "ResourceNotFound", message)
}
