//! Azure Resource Graph: rows of our own fixed queries, by the name in their first line, in the columns of their tables.

use serde_json::{Map, Value, json};

use super::{
    TENANT_ID,
    answer::{Answer, Refusal},
    hierarchy::{above, ancestors, covers, group_of_subscription, subscription, text},
    paging::{self, Cut},
    request::{Call, Cursor},
    routes::{Asked, Found},
};

/// Most rows of a page.
const MOST: usize = 1000;

/// Where the rows of a named query come from: the document and what reading a row needs.
const QUERIES: &[(&str, &str, &str)] = &[
    ("assessments", "assessments", "Microsoft.Security/assessments/read"),
    ("plans", "pricings", "Microsoft.Security/pricings/read"),
    ("probe", "subscriptions", "Microsoft.Resources/subscriptions/read"),
    ("resourcecounts", "resources", "*/read"),
    ("resources", "resources", "*/read"),
    ("roleassignments", "role-assignments", "Microsoft.Authorization/roleAssignments/read"),
    ("roledefinitions", "role-definitions", "Microsoft.Authorization/roleDefinitions/read"),
    ("securescores", "secure-scores", "Microsoft.Security/secureScores/read"),
    ("subassessments", "sub-assessments", "Microsoft.Security/assessments/subAssessments/read"),
    ("subscriptions", "subscriptions", "Microsoft.Resources/subscriptions/read"),
];

/// What the request's scope covers.
struct Scope {
    subscriptions: Vec<String>,
    groups: Vec<String>,
    above: bool,
}

/// The rows of a query. Rows that the caller may not read are missing without a word, as the service does it.
pub(super) fn rows(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let call = asked.call;
    let name = call.named.as_deref().unwrap_or_default();
    let Some((_, fixture, action)) = QUERIES.iter().find(|(known, _, _)| *known == name) else {
        return Err(bad_request(&format!(
            "Query is invalid. Please refer to the documentation for the Azure Resource Graph service. ({name})"
        )));
    };
    let scope = Scope::of(asked)?;
    if !asked.fixtures.rows("subscriptions").iter().any(|row| asked.access.sees(text(row, "/id"))) {
        let message = "Access to the requested resources is forbidden.";
        return Err(Refusal::new(403, "Forbidden", message));
    }
    let rows = asked.fixtures.rows(fixture);
    let mut found: Vec<_> = rows
        .into_iter()
        .filter(|row| scope.contains(asked, row) && readable(asked, row, action))
        .map(|row| projection(name, columns(asked, name, row)))
        .collect();
    match name {
        "resourcecounts" => found = counted(found),
        "probe" => found.truncate(1),
        _ => {}
    }
    found.sort_by_key(|row| text(row, "/id").to_lowercase());
    Ok(Found::Rows(found))
}

/// What a query keeps of a row of its table. The fixed queries are not written yet, so that is all of it.
fn projection(_name: &str, row: Value) -> Value {
    row
}

/// The answer: one page of the rows, its counts, and what is left of the quota.
pub(super) fn answer(rows: Vec<Value>, at: Cursor, cut: impl Fn(usize) -> Cut, call: &Call) -> Result<Answer, Refusal> {
    let option = |name: &str| call.json.pointer(&format!("/options/{name}")).and_then(Value::as_u64);
    let size = usize::try_from(option("$top").unwrap_or(MOST as u64)).unwrap_or(MOST);
    if !(1..=MOST).contains(&size) {
        return Err(bad_request(&format!("The $top value {size} must be between 1 and {MOST}.")));
    }
    let skip = usize::try_from(option("$skip").unwrap_or_default()).unwrap_or_default();
    let page = paging::page(rows.into_iter().skip(skip).collect(), at, cut(size));
    let mut body = Map::new();
    body.insert("totalRecords".into(), page.total.into());
    body.insert("count".into(), page.rows.len().into());
    body.insert("data".into(), page.rows.into());
    body.insert("facets".into(), json!([]));
    body.insert("resultTruncated".into(), "false".into());
    if let Some(next) = page.next {
        body.insert("$skipToken".into(), next.token().into());
    }
    Ok(Answer::json(200, body.into()).with("x-ms-user-quota-remaining", "14").with("x-ms-user-quota-resets-after", "00:00:05"))
}

impl Scope {
    fn of(asked: &Asked<'_>) -> Result<Self, Refusal> {
        let list = |key: &str| -> Vec<String> {
            let names = asked.call.json.get(key).and_then(Value::as_array);
            names.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_lowercase)).collect()
        };
        let scope = Self {
            subscriptions: list("subscriptions"),
            groups: list("managementGroups"),
            above: asked.call.json.pointer("/options/authorizationScopeFilter").and_then(Value::as_str)
                == Some("AtScopeAboveAndBelow"),
        };
        match (scope.subscriptions.len(), scope.groups.len()) {
            (1.., 1..) => Err(bad_request("Subscriptions and managementGroups cannot both be given.")),
            (1001.., _) => Err(bad_request("The number of subscriptions exceeds the limit of 1000.")),
            _ => Ok(scope),
        }
    }

    /// Whether the row stands at or below the scope; role assignments also above it if the request asks for that.
    fn contains(&self, asked: &Asked<'_>, row: &Value) -> bool {
        let place = match row.pointer("/properties/scope").and_then(Value::as_str) {
            Some(scope) => scope,
            None => text(row, "/id"),
        };
        let bases = self.subscriptions.iter().map(|id| format!("/subscriptions/{id}"));
        let groups = self.groups.iter().map(|name| format!("/providers/Microsoft.Management/managementGroups/{name}"));
        let bases: Vec<_> = bases.chain(groups).collect();
        // Definitions stand at the tenant; the service lists them for every scope.
        let everywhere = place.starts_with("/providers/Microsoft.Authorization/roleDefinitions/");
        bases.is_empty()
            || everywhere
            || bases.iter().any(|base| {
                covers(asked.fixtures, base, place) || (self.above && above(asked.fixtures, base).contains(&place.to_lowercase()))
            })
    }
}

fn readable(asked: &Asked<'_>, row: &Value, action: &str) -> bool {
    let action = match action.strip_prefix('*') {
        Some(rest) => format!("{}{rest}", text(row, "/type")),
        None => action.to_owned(),
    };
    // What is inherited is shown to whoever may read the same action somewhere below it.
    let inherited = subscription(text(row, "/id")).is_none()
        && asked.fixtures.rows("subscriptions").iter().any(|own| asked.access.allows(&action, text(own, "/id")));
    inherited || asked.access.allows(&action, text(row, "/id"))
}

/// The columns every table has, with the casing of the service: the type in lower case, some properties renamed.
fn columns(asked: &Asked<'_>, name: &str, row: Value) -> Value {
    let id = text(&row, "/id").to_owned();
    let own = |key: &str| row.get(key).cloned().unwrap_or_default();
    let kind = match name {
        "subscriptions" | "probe" => "microsoft.resources/subscriptions".to_owned(),
        _ => text(&row, "/type").to_lowercase(),
    };
    let label = match name {
        "subscriptions" | "probe" => own("displayName"),
        _ => own("name"),
    };
    let group =
        id.to_lowercase().split_once("/resourcegroups/").map(|(_, rest)| rest.split('/').next().unwrap_or_default().to_owned());
    json!({
        "id": id, "name": label, "type": kind, "tenantId": TENANT_ID, "kind": text(&row, "/kind"), "location": text(&row, "/location"),
        "resourceGroup": group.unwrap_or_default(), "subscriptionId": subscription(&id).unwrap_or_default(),
        "managedBy": text(&row, "/managedBy"), "sku": own("sku"), "plan": null, "properties": properties(asked, name, &row),
        "tags": own("tags"), "identity": own("identity"), "zones": null, "extendedLocation": null,
    })
}

fn properties(asked: &Asked<'_>, name: &str, row: &Value) -> Value {
    let mut properties = row.get("properties").cloned().unwrap_or_else(|| json!({}));
    let Some(fields) = properties.as_object_mut() else { return properties };
    match name {
        "assessments" => {
            let metadata = asked.fixtures.rows("assessment-metadata");
            let metadata = metadata.iter().find(|known| text(known, "/name").eq_ignore_ascii_case(text(row, "/name")));
            if let Some(metadata) = metadata.and_then(|known| known.get("properties")) {
                fields.insert("metadata".into(), metadata.clone());
            }
            if let Some(Value::Object(details)) = fields.get_mut("resourceDetails") {
                rename(details, &[("id", "Id"), ("source", "Source")]);
            }
            if let Some(Value::Object(links)) = fields.get_mut("links") {
                rename(links, &[("azurePortalUri", "azurePortal")]);
            }
        }
        "subscriptions" | "probe" => {
            let group = group_of_subscription(asked.fixtures, text(row, "/subscriptionId")).unwrap_or_default();
            fields.insert("state".into(), row.get("state").cloned().unwrap_or_default());
            fields.insert("subscriptionPolicies".into(), row.get("subscriptionPolicies").cloned().unwrap_or_default());
            fields.insert("managementGroupAncestorsChain".into(), chain(asked, &group));
            fields.insert("managedByTenants".into(), row.get("managedByTenants").cloned().unwrap_or_default());
        }
        _ => {}
    }
    properties
}

/// A group and its ancestors, nearest first, with their display names.
fn chain(asked: &Asked<'_>, group: &str) -> Value {
    let groups = asked.fixtures.rows("management-groups");
    let names = std::iter::once(group.to_owned()).chain(ancestors(asked.fixtures, group));
    let named = names.filter_map(|name| {
        let row = groups.iter().find(|row| text(row, "/name").eq_ignore_ascii_case(&name))?;
        Some(json!({"name": text(row, "/name"), "displayName": text(row, "/properties/displayName")}))
    });
    named.collect()
}

fn rename(fields: &mut Map<String, Value>, names: &[(&str, &str)]) {
    for (from, to) in names {
        if let Some(value) = fields.remove(*from) {
            fields.insert((*to).to_owned(), value);
        }
    }
}

/// One row for each type and subscription, with the count under the name the query language gives it.
fn counted(rows: Vec<Value>) -> Vec<Value> {
    let mut counts = std::collections::BTreeMap::<(String, String), u64>::new();
    for row in &rows {
        *counts.entry((text(row, "/type").to_owned(), text(row, "/subscriptionId").to_owned())).or_default() += 1;
    }
    counts
        .into_iter()
        .map(|((kind, subscription), count)| json!({"type": kind, "subscriptionId": subscription, "count_": count}))
        .collect()
}

fn bad_request(message: &str) -> Refusal {
    Refusal::new(400, "BadRequest", message)
}
