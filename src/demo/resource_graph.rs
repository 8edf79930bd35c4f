//! Azure Resource Graph: the tables our queries read, in the columns the service documents, and one page of what a query makes of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Map, Value, json};

use super::{
    TENANT_ID,
    answer::{Answer, Refusal},
    fixtures::Fixtures,
    hierarchy::{above, ancestors, covers, group_of_subscription, holder, subscription, text},
    kusto::{self, Row},
    paging::{self, Cut},
    request::{Call, Cursor},
    routes::{Asked, Found, ROUTES, Table},
};

/// Most rows of a page.
const MOST: usize = 1000;

/// The table of all resources. Of each a caller needs the action of its type.
const RESOURCES: &str = "resources";

/// The types of rows that do not say theirs.
pub(super) const ALERT: &str = "microsoft.security/locations/alerts";
pub(super) const ASSESSMENT: &str = "microsoft.security/assessments";
pub(super) const COMPLIANCE_ASSESSMENT: &str =
    "microsoft.security/regulatorycompliancestandards/regulatorycompliancecontrols/regulatorycomplianceassessments";
pub(super) const COMPLIANCE_CONTROL: &str = "microsoft.security/regulatorycompliancestandards/regulatorycompliancecontrols";
pub(super) const COMPLIANCE_STANDARD: &str = "microsoft.security/regulatorycompliancestandards";
pub(super) const RESOURCE_GROUP: &str = "microsoft.resources/subscriptions/resourcegroups";
pub(super) const SUBSCRIPTION: &str = "microsoft.resources/subscriptions";

/// What columns say of other documents.
const METADATA: &str = "assessment-metadata";
const GROUPS: &str = "management-groups";
const SUBSCRIPTIONS_OF_GROUPS: &str = "management-group-subscriptions";

/// What the request's scope covers.
struct Scope {
    /// Subscriptions or management groups; all if there are none.
    bases: Vec<String>,
    /// Whether what stands above them is covered, too.
    above: bool,
}

/// The rows of a query. Rows that the caller may not read are missing without a word, as the service does it.
pub(super) fn rows(asked: &Asked<'_>) -> Result<Found, Refusal> {
    let invalid = || {
        let name = asked.call.named.as_deref().unwrap_or("a query without a name");
        bad_request(&format!(
            "Query is invalid. Please refer to the documentation for the Azure Resource Graph service. ({name})"
        ))
    };
    let query = asked.call.json.get("query").and_then(Value::as_str).and_then(kusto::parse).ok_or_else(invalid)?;
    let scope = Scope::of(asked)?;
    if !asked.fixtures.rows("subscriptions").iter().any(|row| asked.access.sees(text(row, "/id"))) {
        let message = "Access to the requested resources is forbidden.";
        return Err(Refusal::new(403, "Forbidden", message));
    }
    let sources =
        ROUTES.iter().filter_map(|route| Some((route, route.table.as_ref().filter(|table| table.name == query.table)?)));
    let mut sources = sources.peekable();
    if sources.peek().is_none() {
        return Err(invalid());
    }
    // A row of the list of its type says more than that in the list of all resources, which is the first of this table.
    let (mut table, mut known) = (BTreeMap::new(), BTreeSet::new());
    // Several types may stand in one document.
    for (route, source) in sources.filter(|(route, _)| known.insert(route.document.name)) {
        let needs = if query.table == RESOURCES { "*/read" } else { route.needs };
        let (own, in_columns) =
            (asked.fixtures.rows(route.document.name), in_columns(asked.fixtures, route.document.name, source));
        let both = own.iter().zip(in_columns.iter());
        let shown = both.filter(|(row, _)| scope.contains(asked, row) && readable(asked, row, needs));
        table.extend(shown.map(|(row, columns)| (text(row, "/id").to_lowercase(), Arc::clone(columns))));
    }
    let table = table.into_values().collect();
    query.run(table).map(Found::Rows).ok_or_else(invalid)
}

/// Rows that whoever asks shares.
type InColumns = Arc<Vec<Arc<Row>>>;

/// The rows of a document in the columns of a table. Of documents that nobody has edited they are made once a process.
fn in_columns(fixtures: &Fixtures, document: &'static str, table: &Table) -> InColumns {
    static MADE: Mutex<BTreeMap<(&str, &str), InColumns>> = Mutex::new(BTreeMap::new());
    let make = || Arc::new(fixtures.rows(document).iter().map(|row| Arc::new(columns(fixtures, table.kind, row))).collect());
    // What stands in the columns beside the row itself.
    if !fixtures.are_original(&[document, METADATA, GROUPS, SUBSCRIPTIONS_OF_GROUPS]) {
        return make();
    }
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(made.entry((table.name, document)).or_insert_with(make))
}

/// The answer: one page of the rows, its counts, and what is left of the quota.
pub(super) fn answer(rows: Vec<Value>, at: Cursor, cut: impl Fn(usize) -> Cut, call: &Call) -> Result<Answer, Refusal> {
    let option = |name: &str| call.json.pointer(&format!("/options/{name}")).and_then(Value::as_u64);
    let size = usize::try_from(option("$top").unwrap_or(MOST as u64)).unwrap_or(MOST);
    if !(1..=MOST).contains(&size) {
        return Err(bad_request(&format!("The $top value {size} must be between 1 and {MOST}.")));
    }
    let skip = usize::try_from(option("$skip").unwrap_or_default()).unwrap_or_default();
    let with_id = rows.iter().all(|row| row.get("id").is_some());
    let page = paging::page(rows.into_iter().skip(skip).collect(), at, cut(size));
    let mut body = Map::new();
    body.insert("totalRecords".into(), page.total.into());
    body.insert("count".into(), page.rows.len().into());
    body.insert("data".into(), page.rows.into());
    body.insert("facets".into(), json!([]));
    // Only rows with an id can be paged through; of others the first page is all there is.
    let cut_off = page.next.is_some() && !with_id;
    body.insert("resultTruncated".into(), cut_off.to_string().into());
    if let Some(next) = page.next.filter(|_| with_id) {
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
        let (subscriptions, groups) = (list("subscriptions"), list("managementGroups"));
        match (subscriptions.len(), groups.len()) {
            (1.., 1..) => return Err(bad_request("Subscriptions and managementGroups cannot both be given.")),
            (1001.., _) => return Err(bad_request("The number of subscriptions exceeds the limit of 1000.")),
            _ => {}
        }
        let subscriptions = subscriptions.iter().map(|id| format!("/subscriptions/{id}"));
        let groups = groups.iter().map(|name| format!("/providers/Microsoft.Management/managementGroups/{name}"));
        let filter = asked.call.json.pointer("/options/authorizationScopeFilter").and_then(Value::as_str);
        Ok(Self { bases: subscriptions.chain(groups).collect(), above: filter == Some("AtScopeAboveAndBelow") })
    }

    /// Whether the row stands at or below the scope; role assignments also above it if the request asks for that.
    fn contains(&self, asked: &Asked<'_>, row: &Value) -> bool {
        let place = match row.pointer("/properties/scope").and_then(Value::as_str) {
            Some(scope) => scope,
            None => text(row, "/id"),
        };
        // Definitions stand at the tenant; the service lists them for every scope.
        let everywhere = place.starts_with("/providers/Microsoft.Authorization/roleDefinitions/");
        self.bases.is_empty()
            || everywhere
            || self.bases.iter().any(|base| {
                covers(asked.fixtures, base, place)
                    || (self.above
                        && [place.to_lowercase(), holder(place)].iter().any(|own| above(asked.fixtures, base).contains(own)))
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

/// The columns every table has, with the casing of the service: the type in lower case, some properties renamed. `kind` is the type
/// where a row does not say.
fn columns(fixtures: &Fixtures, kind: &str, row: &Value) -> Row {
    let id = text(row, "/id").to_owned();
    let own = |key: &str| row.get(key).cloned().unwrap_or_default();
    let kind = if kind.is_empty() { text(row, "/type").to_lowercase() } else { kind.to_owned() };
    let label = if kind == SUBSCRIPTION { own("displayName") } else { own("name") };
    let group =
        id.to_lowercase().split_once("/resourcegroups/").map(|(_, rest)| rest.split('/').next().unwrap_or_default().to_owned());
    let columns = json!({
        "id": id, "name": label, "type": kind, "tenantId": TENANT_ID, "kind": text(row, "/kind"), "location": text(row, "/location"),
        "resourceGroup": group.unwrap_or_default(), "subscriptionId": subscription(&id).unwrap_or_default(),
        "managedBy": text(row, "/managedBy"), "sku": own("sku"), "plan": null, "properties": properties(fixtures, &kind, row),
        "tags": own("tags"), "identity": own("identity"), "zones": own("zones"), "extendedLocation": null,
    });
    match columns {
        Value::Object(columns) => columns,
        _ => Row::new(),
    }
}

fn properties(fixtures: &Fixtures, kind: &str, row: &Value) -> Value {
    let mut properties = row.get("properties").cloned().unwrap_or_else(|| json!({}));
    let Some(fields) = properties.as_object_mut() else { return properties };
    match kind {
        ALERT => properties = capitalized(properties),
        ASSESSMENT => {
            let metadata = fixtures.find(METADATA, |known| {
                let own = text(known, "/name").eq_ignore_ascii_case(text(row, "/name"));
                known.get("properties").filter(|_| own).cloned()
            });
            if let Some(metadata) = metadata {
                fields.insert("metadata".into(), metadata);
            }
            if let Some(Value::Object(details)) = fields.get_mut("resourceDetails") {
                rename(details, &[("id", "Id"), ("source", "Source"), ("resourceType", "ResourceType")]);
            }
            if let Some(Value::Object(links)) = fields.get_mut("links") {
                rename(links, &[("azurePortalUri", "azurePortal")]);
            }
        }
        SUBSCRIPTION => {
            let group = group_of_subscription(fixtures, text(row, "/subscriptionId")).unwrap_or_default();
            fields.insert("state".into(), row.get("state").cloned().unwrap_or_default());
            fields.insert("subscriptionPolicies".into(), row.get("subscriptionPolicies").cloned().unwrap_or_default());
            fields.insert("managementGroupAncestorsChain".into(), chain(fixtures, &group));
            fields.insert("managedByTenants".into(), row.get("managedByTenants").cloned().unwrap_or_default());
        }
        _ => {}
    }
    properties
}

/// A group and its ancestors, nearest first, with their display names.
fn chain(fixtures: &Fixtures, group: &str) -> Value {
    let names = std::iter::once(group.to_owned()).chain(ancestors(fixtures, group));
    let named = names.filter_map(|name| {
        fixtures.find(GROUPS, |row| {
            let own = text(row, "/name").eq_ignore_ascii_case(&name);
            own.then(|| json!({"name": text(row, "/name"), "displayName": text(row, "/properties/displayName")}))
        })
    });
    named.collect()
}

/// The same with names of fields that begin with capitals.
fn capitalized(value: Value) -> Value {
    let name = |name: String| {
        let (first, rest) = name.split_at_checked(1).unwrap_or_default();
        format!("{}{rest}", first.to_uppercase())
    };
    match value {
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (name(key), capitalized(value))).collect(),
        Value::Array(elements) => elements.into_iter().map(capitalized).collect(),
        plain => plain,
    }
}

fn rename(fields: &mut Map<String, Value>, names: &[(&str, &str)]) {
    for (from, to) in names {
        if let Some(value) = fields.remove(*from) {
            fields.insert((*to).to_owned(), value);
        }
    }
}

fn bad_request(message: &str) -> Refusal {
    Refusal::new(400, "BadRequest", message)
}
