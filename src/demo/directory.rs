//! Rows of Microsoft Graph: accounts, groups with their nesting, directory roles, applications and what is granted to them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    answer::{Refusal, no_such_object, unsupported_query},
    fixtures::Fixtures,
    hierarchy::text,
    request::Call,
    routes::{Asked, Found},
};

/// Service plan of Entra ID P1.
const P1: &str = "41781fb2-bc02-4b7c-bd55-b576c07bb09d";
/// Service plan of Entra ID P2.
pub(super) const P2: &str = "eec0eb4f-6444-4f95-aba0-50c24d67f998";

/// Every row.
pub(super) fn whole(asked: &Asked<'_>) -> Result<Found, Refusal> {
    Ok(Found::Rows(asked.rows().to_vec()))
}

/// The only one there is of its kind.
pub(super) fn single(asked: &Asked<'_>) -> Result<Found, Refusal> {
    Ok(Found::One(asked.fixtures.document(asked.fixture).as_ref().clone()))
}

/// The row of this id.
pub(super) fn one(asked: &Asked<'_>) -> Result<Found, Refusal> {
    by(asked, "/id", asked.captured("id"))
}

/// The row of this application id.
pub(super) fn by_app(asked: &Asked<'_>) -> Result<Found, Refusal> {
    by(asked, "/appId", asked.captured("app"))
}

/// All users; their sign-ins are not for everybody.
pub(super) fn users(asked: &Asked<'_>) -> Result<Found, Refusal> {
    sign_ins(asked)?;
    whole(asked)
}

/// One user, by object id or user principal name.
pub(super) fn user(asked: &Asked<'_>) -> Result<Found, Refusal> {
    sign_ins(asked)?;
    let id = asked.captured("id");
    by(asked, if id.contains('@') { "/userPrincipalName" } else { "/id" }, id)
}

/// Groups an account is in, nested ones included, of one kind if the path names it.
pub(super) fn member_of(asked: &Asked<'_>) -> Result<Found, Refusal> {
    one(asked)?;
    let groups = groups_of(asked.fixtures, asked.captured("id"));
    let rows = asked.fixtures.rows_where("groups", |row| groups.contains(text(row, "/id")));
    cast(asked, rows.into_iter().map(|row| typed(row, "group")).collect())
}

/// Direct members of a group, of one kind if the path names it.
pub(super) fn members(asked: &Asked<'_>) -> Result<Found, Refusal> {
    one(asked)?;
    cast(asked, direct(asked.fixtures, asked.captured("id")))
}

/// Members of a group and of the groups in it, each once.
pub(super) fn transitive_members(asked: &Asked<'_>) -> Result<Found, Refusal> {
    one(asked)?;
    let mut found = Vec::new();
    let mut seen = BTreeSet::from([asked.captured("id").to_owned()]);
    let mut waiting = direct(asked.fixtures, asked.captured("id"));
    while !waiting.is_empty() {
        let level = std::mem::take(&mut waiting);
        for member in level {
            let id = text(&member, "/id").to_owned();
            if seen.insert(id.clone()) {
                waiting.extend(direct(asked.fixtures, &id));
                found.push(member);
            }
        }
    }
    cast(asked, found)
}

/// Role assignments, with the principal or the definition if `$expand` asks for one of them.
pub(super) fn role_rows(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let mut rows = asked.rows().to_vec();
    let expand = match asked.call.query("$expand") {
        None => return Ok(Found::Rows(rows)),
        Some("principal") => "principal",
        Some("roleDefinition") => "roleDefinition",
        Some(other) => return Err(unsupported_query(format!("Only one property can be expanded in a single query: '{other}'."))),
    };
    let definitions = asked.fixtures.rows("directory-role-definitions");
    for row in &mut rows {
        let value = match expand {
            "principal" => object(asked.fixtures, text(row, "/principalId")).unwrap_or_default(),
            _ => {
                definitions.iter().find(|found| text(found, "/id") == text(row, "/roleDefinitionId")).cloned().unwrap_or_default()
            }
        };
        if let Some(row) = row.as_object_mut() {
            row.insert(expand.into(), value);
        }
    }
    Ok(Found::Rows(rows))
}

/// Schedules of Privileged Identity Management, which need the premium licence.
pub(super) fn role_instances(asked: &Asked<'_>) -> Result<Found, Refusal> {
    if !licensed(asked.fixtures, P2) {
        let message = "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.";
        return Err(Refusal::new(400, "AadPremiumLicenseRequired", message));
    }
    role_rows(asked)
}

/// What accounts have registered, which needs the premium licence. Only of those that are enabled.
pub(super) fn registrations(asked: &Asked<'_>) -> Result<Found, Refusal> {
    premium(asked)?;
    let users = asked.fixtures.rows("users");
    let enabled: BTreeSet<&str> =
        users.iter().filter(|row| row.get("accountEnabled") != Some(&Value::Bool(false))).map(|row| text(row, "/id")).collect();
    Ok(Found::Rows(asked.rows_where(|row| enabled.contains(text(row, "/id")))))
}

fn premium(asked: &Asked<'_>) -> Result<(), Refusal> {
    match licensed(asked.fixtures, P1) {
        true => Ok(()),
        false => {
            let message = "Neither tenant is B2C or tenant doesn't have premium license";
            Err(Refusal::new(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", message))
        }
    }
}

/// Application permissions granted to a service principal.
pub(super) fn app_role_assignments(asked: &Asked<'_>) -> Result<Found, Refusal> {
    of_principal(asked, "/principalId")
}

/// Application permissions that a service principal has granted to others.
pub(super) fn app_role_assigned_to(asked: &Asked<'_>) -> Result<Found, Refusal> {
    of_principal(asked, "/resourceId")
}

/// Delegated permissions granted to a service principal.
pub(super) fn grants(asked: &Asked<'_>) -> Result<Found, Refusal> {
    of_principal(asked, "/clientId")
}

/// Provisioning jobs; 404 for a service principal that cannot have any.
pub(super) fn jobs(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let id = asked.captured("id");
    let jobs = asked.fixtures.document(asked.fixture);
    jobs.get(id).and_then(Value::as_array).cloned().map(Found::Rows).ok_or_else(|| no_such_object(id))
}

/// Federated credentials of an application, of which most have none.
pub(super) fn federated(asked: &Asked<'_>) -> Result<Found, Refusal> {
    below(asked, "applications")
}

/// Owners of a service principal, likewise.
pub(super) fn owners(asked: &Asked<'_>) -> Result<Found, Refusal> {
    below(asked, "service-principals")
}

/// What stands below one of these objects in a document by their ids.
fn below(asked: &Asked<'_>, objects: &str) -> Result<Found, Refusal> {
    let id = asked.captured("id");
    if !asked.fixtures.rows(objects).iter().any(|row| text(row, "/id").eq_ignore_ascii_case(id)) {
        return Err(no_such_object(id));
    }
    let all = asked.fixtures.document(asked.fixture);
    Ok(Found::Rows(all.get(id).and_then(Value::as_array).cloned().unwrap_or_default()))
}

/// Groups that a principal is in, nested ones included.
pub(super) fn groups_of(fixtures: &Fixtures, principal: &str) -> BTreeSet<String> {
    let document = fixtures.document("group-members");
    let mut groups = BTreeSet::new();
    let mut waiting = vec![principal.to_owned()];
    while let Some(id) = waiting.pop() {
        for (group, members) in document.as_object().into_iter().flatten() {
            let inside = members.as_array().into_iter().flatten().any(|member| text(member, "/id") == id);
            if inside && groups.insert(group.clone()) {
                waiting.push(group.clone());
            }
        }
    }
    groups
}

/// Whether this is the id of a group.
pub(super) fn is_group(fixtures: &Fixtures, id: &str) -> bool {
    fixtures.rows("groups").iter().any(|row| text(row, "/id") == id)
}

/// Whether the tenant has a service plan in use.
pub(super) fn licensed(fixtures: &Fixtures, plan: &str) -> bool {
    let active = |sku: &Value| ["Enabled", "Warning"].contains(&text(sku, "/capabilityStatus"));
    fixtures.rows("subscribed-skus").iter().filter(|sku| active(sku)).any(|sku| {
        let plans = sku.get("servicePlans").and_then(Value::as_array);
        plans
            .into_iter()
            .flatten()
            .any(|own| text(own, "/servicePlanId") == plan && text(own, "/provisioningStatus") == "Success")
    })
}

/// Whether a read of users asks for their sign-ins.
pub(super) fn shows_sign_ins(call: &Call) -> bool {
    call.query("$select").is_some_and(|select| select.split(',').any(|field| field == "signInActivity"))
}

fn sign_ins(asked: &Asked<'_>) -> Result<(), Refusal> {
    let wanted = shows_sign_ins(asked.call);
    if wanted {
        premium(asked)?;
    }
    let page = asked.call.query("$top").and_then(|top| top.parse::<usize>().ok()).unwrap_or_default();
    match wanted && page > 500 {
        true => Err(unsupported_query(format!("Invalid page size specified: '{page}'. Must be between 1 and 500 inclusive."))),
        false => Ok(()),
    }
}

fn by(asked: &Asked<'_>, pointer: &str, value: &str) -> Result<Found, Refusal> {
    let rows = asked.rows();
    let row = rows.iter().find(|row| text(row, pointer).eq_ignore_ascii_case(value));
    row.cloned().map(Found::One).ok_or_else(|| no_such_object(value))
}

fn of_principal(asked: &Asked<'_>, pointer: &str) -> Result<Found, Refusal> {
    let id = asked.captured("id");
    let known = asked.fixtures.rows("service-principals").iter().any(|row| text(row, "/id") == id);
    if !known {
        return Err(no_such_object(id));
    }
    Ok(Found::Rows(asked.rows_where(|row| text(row, pointer) == id)))
}

fn direct(fixtures: &Fixtures, group: &str) -> Vec<Value> {
    let document = fixtures.document("group-members");
    document.get(group).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// The members as objects; with a cast only those of its kind, which is an advanced query.
fn cast(asked: &Asked<'_>, members: Vec<Value>) -> Result<Found, Refusal> {
    let kind = asked.captured("cast").to_lowercase();
    let advanced = asked.call.eventual && asked.call.query("$count") == Some("true");
    if !kind.is_empty() && !advanced {
        return Err(unsupported_query("The specified query requires the 'ConsistencyLevel: eventual' header and '$count=true'."));
    }
    // A cast has the kinds below its own, too: an agent's account is a user.
    let is_below = |own: &str| own == "#microsoft.graph.agentuser" && kind == "microsoft.graph.user";
    let is_of_kind = |own: &str| own.strip_prefix('#') == Some(kind.as_str()) || is_below(own);
    let wanted = |member: &&Value| kind.is_empty() || is_of_kind(&text(member, "/@odata.type").to_lowercase());
    let rows = members.iter().filter(wanted).map(|member| object(asked.fixtures, text(member, "/id")).unwrap_or(member.clone()));
    Ok(Found::Rows(rows.collect()))
}

/// A directory object by id, with its type.
fn object(fixtures: &Fixtures, id: &str) -> Option<Value> {
    let kinds = [("users", "user"), ("groups", "group"), ("service-principals", "servicePrincipal")];
    kinds.into_iter().find_map(|(fixture, kind)| {
        let rows = fixtures.rows(fixture);
        rows.iter().find(|row| text(row, "/id") == id).map(|row| typed(row.clone(), kind))
    })
}

fn typed(row: Value, kind: &str) -> Value {
    let mut typed = json!({"@odata.type": format!("#microsoft.graph.{kind}")});
    if let (Some(typed), Value::Object(row)) = (typed.as_object_mut(), row) {
        typed.extend(row);
    }
    typed
}
