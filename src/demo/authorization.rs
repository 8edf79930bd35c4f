//! Rows of Azure RBAC: assignments, definitions, schedules and the caller's own permissions, at, above and below a scope.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    access::holders,
    answer::Refusal,
    directory,
    hierarchy::{above, covers, subscription, text},
    routes::{Asked, Found},
};

/// One condition of a `$filter`.
enum Condition {
    AssignedTo(String),
    AtScope,
    Principal(String),
    RoleDefinition(String),
    Target,
}

/// Role and deny assignments. Without a filter a subscription lists what stands at, above and below it, a management group what
/// stands at and above it.
pub(super) fn assignments(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let conditions = conditions(asked)?;
    if conditions.iter().any(|condition| matches!(condition, Condition::Target | Condition::RoleDefinition(_))) {
        return Err(unsupported(asked));
    }
    rows(asked, &conditions)
}

/// Eligible and active schedules of Privileged Identity Management, which need the premium licence.
pub(super) fn instances(asked: &Asked<'_>) -> Result<Found, Refusal> {
    if !directory::licensed(asked.fixtures, directory::P2) {
        let message = "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.";
        return Err(Refusal::new(400, "AadPremiumLicenseRequired", message));
    }
    rows(asked, &conditions(asked)?)
}

/// Role definitions that can be assigned at the scope: built-in ones with ids below its subscription, as the service spells them.
pub(super) fn definitions(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let filter = asked.call.query("$filter").unwrap_or_default();
    let mut below = false;
    let mut kind = None;
    for part in parts(filter) {
        match part {
            "atScopeAndBelow()" => below = true,
            part => match part.strip_prefix("type eq '").and_then(|rest| rest.strip_suffix('\'')) {
                Some(word) => kind = Some(word.to_owned()),
                None => return Err(unsupported(asked)),
            },
        }
    }
    let chain = above(asked.fixtures, &asked.scope);
    let assignable = |row: &Value| {
        let scopes = row.pointer("/properties/assignableScopes").and_then(Value::as_array);
        scopes.into_iter().flatten().filter_map(Value::as_str).any(|scope| {
            chain.iter().any(|own| own.eq_ignore_ascii_case(scope)) || (below && covers(asked.fixtures, &asked.scope, scope))
        })
    };
    let of_kind = |row: &Value| kind.as_ref().is_none_or(|kind| text(row, "/properties/type").eq_ignore_ascii_case(kind));
    let rows = asked.rows_where(|row| assignable(row) && of_kind(row)).into_iter().map(|row| spelled(row, asked));
    Ok(Found::Rows(rows.collect()))
}

/// One role definition.
pub(super) fn definition(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let name = asked.captured("name");
    let row = asked.rows().iter().find(|row| text(row, "/name").eq_ignore_ascii_case(name)).cloned();
    let message = format!("The specified role definition with ID '{name}' does not exist.");
    row.map(|row| Found::One(spelled(row, asked))).ok_or_else(|| Refusal::new(404, "RoleDefinitionDoesNotExist", message))
}

/// The caller's own permissions at the scope, one object for each role held.
pub(super) fn permissions(asked: &Asked<'_>) -> Result<Found, Refusal> {
    Ok(Found::Rows(asked.access.permissions(&asked.scope)))
}

fn rows(asked: &Asked<'_>, conditions: &[Condition]) -> Result<Found, Refusal> {
    let chain = above(asked.fixtures, &asked.scope);
    let only_at_scope = conditions.iter().any(|condition| matches!(condition, Condition::AtScope));
    let below = !only_at_scope && subscription(&asked.scope).is_some();
    let placed = |row: &Value| {
        let scope = text(row, "/properties/scope");
        chain.iter().any(|own| own.eq_ignore_ascii_case(scope)) || (below && covers(asked.fixtures, &asked.scope, scope))
    };
    let mut rows = asked.rows_where(placed);
    for condition in conditions {
        let wanted: BTreeSet<String> = match condition {
            Condition::AtScope => continue,
            Condition::AssignedTo(id) if directory::is_group(asked.fixtures, id) => {
                let message = format!("The principal '{id}' is a group; assignedTo() takes a user or a service principal.");
                return Err(Refusal::new(400, "UnsupportedQuery", message));
            }
            Condition::AssignedTo(id) => holders(asked.fixtures, id),
            Condition::Principal(id) => BTreeSet::from([id.clone()]),
            Condition::Target => holders(asked.fixtures, super::PRINCIPAL_ID),
            Condition::RoleDefinition(id) => {
                let last = |id: &str| id.rsplit('/').next().unwrap_or_default().to_lowercase();
                rows.retain(|row| last(text(row, "/properties/roleDefinitionId")) == last(id));
                continue;
            }
        };
        rows.retain(|row| principals(row).iter().any(|id| wanted.contains(id)));
    }
    Ok(Found::Rows(rows))
}

/// The principals a row names: one in a role assignment, several in a deny assignment.
fn principals(row: &Value) -> Vec<String> {
    let several = row.pointer("/properties/principals").and_then(Value::as_array);
    let mut ids: Vec<_> = several.into_iter().flatten().map(|principal| text(principal, "/id").to_owned()).collect();
    ids.push(text(row, "/properties/principalId").to_owned());
    ids
}

fn conditions(asked: &Asked<'_>) -> Result<Vec<Condition>, Refusal> {
    let filter = asked.call.query("$filter").unwrap_or_default();
    parts(filter).map(|part| condition(part).ok_or_else(|| unsupported(asked))).collect()
}

fn parts(filter: &str) -> impl Iterator<Item = &str> {
    filter.split(" and ").map(str::trim).filter(|part| !part.is_empty())
}

fn condition(part: &str) -> Option<Condition> {
    let quoted = |prefix: &str, suffix: &str| part.strip_prefix(prefix)?.strip_suffix(suffix).map(str::to_lowercase);
    match part {
        "atScope()" => Some(Condition::AtScope),
        "asTarget()" => Some(Condition::Target),
        _ => quoted("assignedTo('", "')")
            .map(Condition::AssignedTo)
            .or_else(|| quoted("principalId eq '", "'").map(Condition::Principal))
            .or_else(|| quoted("roleDefinitionId eq '", "'").map(Condition::RoleDefinition)),
    }
}

fn unsupported(asked: &Asked<'_>) -> Refusal {
    let filter = asked.call.query("$filter").unwrap_or_default();
    let message = format!(
        "The filter '{filter}' is not supported. Supported filters are either 'atScope()', 'principalId eq '{{value}}'' or 'assignedTo('{{value}}')'."
    );
    Refusal::new(400, "UnsupportedQuery", message)
}

/// The service puts the subscription of the request before the id of a built-in definition.
fn spelled(mut row: Value, asked: &Asked<'_>) -> Value {
    let built_in = text(&row, "/properties/type") == "BuiltInRole";
    if let (true, Some(subscription)) = (built_in, subscription(&asked.scope)) {
        let id = format!("/subscriptions/{subscription}{}", text(&row, "/id"));
        if let Some(own) = row.get_mut("id") {
            *own = id.into();
        }
    }
    row
}
