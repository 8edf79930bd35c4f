//! Where things stand: the chain from a resource up over its subscription and management groups to the tenant's root.

use serde_json::Value;

use super::fixtures::Fixtures;

/// The tenant's own scope.
pub(super) const TENANT: &str = "/";
const GROUPS: &str = "/providers/microsoft.management/managementgroups/";

/// A scope in lower case and everything above it, nearest first, ending with [`TENANT`].
pub(super) fn above(fixtures: &Fixtures, scope: &str) -> Vec<String> {
    let scope = scope.trim_end_matches('/').to_lowercase();
    let mut chain = Vec::new();
    let mut own = scope.as_str();
    while own.matches('/').count() >= 2 {
        chain.push(own.to_owned());
        own = own.rsplit_once('/').map_or("", |(head, _)| head);
    }
    let group = match scope.strip_prefix(GROUPS) {
        Some(rest) => rest.split('/').next().map(str::to_owned),
        None => subscription(&scope).and_then(|id| group_of_subscription(fixtures, id)),
    };
    if let Some(group) = group {
        chain.retain(|scope| !scope.starts_with("/providers/"));
        chain.push(format!("{GROUPS}{group}"));
        chain.extend(ancestors(fixtures, &group).into_iter().map(|name| format!("{GROUPS}{name}")));
    }
    chain.push(TENANT.to_owned());
    chain
}

/// What an extension resource stands on, lower case.
pub(super) fn holder(id: &str) -> String {
    id.to_lowercase().rsplit_once("/providers/").map(|(head, _)| head.to_owned()).unwrap_or_default()
}

/// Whether `id` is the scope or lies below it.
pub(super) fn covers(fixtures: &Fixtures, scope: &str, id: &str) -> bool {
    let scope = normal(scope);
    if scope.starts_with("/subscriptions/") {
        let id = id.to_lowercase();
        return id.strip_prefix(&scope).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    }
    above(fixtures, id).contains(&scope)
}

/// A scope in lower case without a trailing slash, except for the tenant's own.
pub(super) fn normal(scope: &str) -> String {
    match scope.trim_end_matches('/') {
        "" => TENANT.to_owned(),
        scope => scope.to_lowercase(),
    }
}

/// The subscription id in a resource id.
pub(super) fn subscription(id: &str) -> Option<&str> {
    let mut segments = id.split('/').skip(1);
    segments.next().filter(|first| first.eq_ignore_ascii_case("subscriptions"))?;
    segments.next().filter(|id| !id.is_empty())
}

/// Names of a group's ancestors in lower case, nearest first.
pub(super) fn ancestors(fixtures: &Fixtures, group: &str) -> Vec<String> {
    let found = fixtures.find("management-groups", |row| {
        let own = text(row, "/name").eq_ignore_ascii_case(group);
        let names = row.pointer("/properties/details/managementGroupAncestors").and_then(Value::as_array).filter(|_| own)?;
        Some(names.iter().filter_map(|name| name.as_str().map(str::to_lowercase)).collect())
    });
    found.unwrap_or_default()
}

/// The name of the group a subscription stands in, lower case.
pub(super) fn group_of_subscription(fixtures: &Fixtures, subscription: &str) -> Option<String> {
    let parent = fixtures.find("management-group-subscriptions", |row| {
        let own = text(row, "/name").eq_ignore_ascii_case(subscription);
        own.then(|| text(row, "/properties/parent/id").to_lowercase())
    })?;
    parent.rsplit('/').next().map(str::to_owned)
}

/// The text at a JSON pointer, empty if there is none.
pub(super) fn text<'a>(row: &'a Value, pointer: &str) -> &'a str {
    row.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
