//! The Resource Graph queries: fixed texts over the documented columns, and rows turned into what Resource Manager answers, so that
//! nobody above has to know which of the two was asked. Each text begins with its name; each list in pages has an `id` to page by.

use std::collections::{BTreeMap, BTreeSet};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};

use crate::azure::{
    Client, Error, Failure, Kind, Result,
    answer::lenient::{or_default, part, text, word},
    arm::{
        authorization::{RoleAssignment, RoleDefinition},
        management::Ancestor,
        resources::{Resource, ResourceGroup},
        security,
    },
    resource_graph::{Breadth, Query, QueryScope},
};

/// Every text, by name. Only the readers of certain principals' assignments and of certain roles add to theirs: GUIDs.
pub const TEXTS: &[(&str, &str)] = &[
    ("assessments", ASSESSMENTS),
    ("custommetadata", CUSTOM_METADATA),
    ("hierarchy", HIERARCHY),
    ("plans", PLANS),
    ("resourcecounts", RESOURCE_COUNTS),
    ("resourcegroups", RESOURCE_GROUPS),
    ("resources", RESOURCES),
    ("roleassignments", ROLE_ASSIGNMENTS),
    ("roledefinitions", ROLE_DEFINITIONS),
    ("subassessments", SUB_ASSESSMENTS),
];

const ASSESSMENTS: &str = r#"// azposture assessments
securityresources
| where type == "microsoft.security/assessments"
| project id, name, subscriptionId, displayName = tostring(properties.displayName), status = properties.status,
    resourceDetails = properties.resourceDetails, links = properties.links, riskLevel = tostring(properties.risk.level)
| order by id asc"#;

// Built-in recommendations have their metadata in the tenant's own list. What is left is short enough for one page, which it has to be:
// without an id there are no further pages.
const CUSTOM_METADATA: &str = r#"// azposture custommetadata
securityresources
| where type == "microsoft.security/assessments" and tostring(properties.metadata.assessmentType) !~ "BuiltIn"
| distinct name, metadata = tostring(properties.metadata)
| order by name asc, metadata asc"#;

const HIERARCHY: &str = r#"// azposture hierarchy
resourcecontainers
| where type == "microsoft.resources/subscriptions"
| project id, subscriptionId, chain = properties.managementGroupAncestorsChain
| order by id asc"#;

const PLANS: &str = r#"// azposture plans
securityresources
| where type == "microsoft.security/pricings"
| project id, name, subscriptionId, properties
| order by id asc"#;

// One row a subscription: a list without an id has one page only, and subscriptions times types would not fit into it.
const RESOURCE_COUNTS: &str = r#"// azposture resourcecounts
resources
| summarize number = count() by type, subscriptionId
| summarize counts = make_list(pack("type", type, "number", number)) by subscriptionId
| order by subscriptionId asc"#;

const RESOURCE_GROUPS: &str = r#"// azposture resourcegroups
resourcecontainers
| where type == "microsoft.resources/subscriptions/resourcegroups"
| project id, name, subscriptionId, tags
| order by id asc"#;

const RESOURCES: &str = r#"// azposture resources
resources
| project id, type, subscriptionId, tags
| order by id asc"#;

const ROLE_ASSIGNMENTS: &str = r#"// azposture roleassignments
authorizationresources
| where type == "microsoft.authorization/roleassignments"
| project id, properties
| order by id asc"#;

const ROLE_DEFINITIONS: &str = r#"// azposture roledefinitions
authorizationresources
| where type == "microsoft.authorization/roledefinitions"
| project id, name, properties
| order by id asc"#;

// As with resource counts: one row a subscription.
const SUB_ASSESSMENTS: &str = r#"// azposture subassessments
securityresources
| where type == "microsoft.security/assessments/subassessments"
| extend kind = tostring(properties.additionalData.assessedResourceType), generated = todatetime(properties.timeGenerated)
| summarize newest = max(generated) by kind, subscriptionId
| summarize scans = make_list(pack("kind", kind, "newest", newest)) by subscriptionId
| order by subscriptionId asc"#;

/// When a kind of thing was last scanned.
#[derive(Clone, Debug, Deserialize)]
pub struct Scan {
    /// `ServerVulnerability`, `AzureContainerRegistryVulnerability`, `SqlServerVulnerability` …
    #[serde(default, deserialize_with = "word")]
    pub kind: String,
    /// The newest time; none if no result of this kind has one.
    #[serde(default, deserialize_with = "text")]
    pub newest: Option<String>,
}

/// The assessments of subscriptions, one by one, with the subscription of each; risk is always there.
pub async fn assessments(
    client: &Client,
    ids: &BTreeSet<String>,
    mut row: impl FnMut(String, security::Assessment),
) -> Result<()> {
    of_subscriptions(client, "list Defender assessments", ASSESSMENTS, ids, |id, found: Assessment| row(id, found.into())).await
}

/// The metadata of recommendations that are not built in, as far as something was assessed by them.
pub async fn custom_metadata(
    client: &Client,
    ids: &BTreeSet<String>,
    mut row: impl FnMut(security::AssessmentMetadata),
) -> Result<()> {
    let mut undecodable = false;
    let reading = "list assessment metadata";
    let query = query(reading, CUSTOM_METADATA, QueryScope::Subscriptions(ids.clone()), None);
    client
        .query(query, |found: Metadata| match serde_json::from_str(&found.metadata) {
            Ok(properties) => row(security::AssessmentMetadata { name: found.name, properties }),
            Err(_) => undecodable |= !found.metadata.is_empty(),
        })
        .await?;
    if undecodable {
        let error = Error::new(Kind::InvalidResponse, reading, "Azure Resource Graph");
        return Err(error.said(Failure::UndecodableRow, "The metadata of an assessment is not the expected JSON."));
    }
    Ok(())
}

/// The groups above each subscription of a scope, nearest first; none where the service does not say.
pub async fn hierarchy(client: &Client, scope: QueryScope, mut row: impl FnMut(String, Option<Vec<Ancestor>>)) -> Result<()> {
    let query = query("read the management groups above subscriptions", HIERARCHY, scope, None);
    client.query(query, |found: Place| row(found.subscription_id.to_ascii_lowercase(), found.chain)).await
}

/// The Defender plans of subscriptions, with the subscription of each; plans of single machines are left out.
pub async fn plans(client: &Client, ids: &BTreeSet<String>, mut row: impl FnMut(String, security::Pricing)) -> Result<()> {
    of_subscriptions(client, "list Defender plans", PLANS, ids, |id, found: Pricing| {
        let own = format!("/subscriptions/{id}/providers/microsoft.security/pricings/");
        if found.id.to_ascii_lowercase().starts_with(&own) {
            row(id, security::Pricing { name: found.name, properties: found.properties });
        }
    })
    .await
}

/// How many resources of each type, lower case, subscriptions have; one without any is not handed out.
pub async fn resource_counts(
    client: &Client,
    ids: &BTreeSet<String>,
    mut row: impl FnMut(String, BTreeMap<String, u64>),
) -> Result<()> {
    of_subscriptions(client, "count resources", RESOURCE_COUNTS, ids, |id, found: Counts| {
        row(id, found.counts.into_iter().map(|count| (count.kind.to_ascii_lowercase(), count.number)).collect());
    })
    .await
}

/// The resource groups of subscriptions, with the subscription of each.
pub async fn resource_groups(client: &Client, ids: &BTreeSet<String>, mut row: impl FnMut(String, ResourceGroup)) -> Result<()> {
    of_subscriptions(client, "list resource groups", RESOURCE_GROUPS, ids, |id, found: Group| {
        row(id, ResourceGroup { name: found.name, tags: found.tags });
    })
    .await
}

/// The tracked resources of subscriptions, one by one, with the subscription of each.
pub async fn resources(client: &Client, ids: &BTreeSet<String>, mut row: impl FnMut(String, Resource)) -> Result<()> {
    of_subscriptions(client, "list resources", RESOURCES, ids, |id, found: Tracked| {
        row(id, Resource { id: found.id, kind: found.kind, tags: found.tags });
    })
    .await
}

/// Role assignments at, above and below a scope. What stands above several subscriptions comes once for each request of 300
/// subscriptions: tell rows apart by id.
pub async fn role_assignments(client: &Client, scope: QueryScope, row: impl FnMut(RoleAssignment)) -> Result<()> {
    let breadth = Some(Breadth::AtScopeAboveAndBelow);
    client.query(query("list role assignments", ROLE_ASSIGNMENTS, scope, breadth), row).await
}

/// Role definitions that can be assigned at, above or below a scope: the built-in ones once for each request of 300 subscriptions.
pub async fn role_definitions(client: &Client, scope: QueryScope, row: impl FnMut(RoleDefinition)) -> Result<()> {
    let breadth = Some(Breadth::AtScopeAboveAndBelow);
    client.query(query("list role definitions", ROLE_DEFINITIONS, scope, breadth), row).await
}

/// When each kind of thing was last scanned, by subscription; one without any result is not handed out.
pub async fn scans(client: &Client, ids: &BTreeSet<String>, mut row: impl FnMut(String, Vec<Scan>)) -> Result<()> {
    of_subscriptions(client, "list Defender sub-assessments", SUB_ASSESSMENTS, ids, |id, found: Scans| row(id, found.scans)).await
}

/// A row that says which subscription it belongs to.
trait OfSubscription: DeserializeOwned {
    fn subscription_id(&self) -> &str;
}

async fn of_subscriptions<R: OfSubscription>(
    client: &Client,
    reading: &'static str,
    text: &str,
    ids: &BTreeSet<String>,
    mut row: impl FnMut(String, R),
) -> Result<()> {
    let mut foreign = None;
    let query = query(reading, text, QueryScope::Subscriptions(ids.clone()), None);
    client
        .query(query, |found: R| {
            let id = found.subscription_id().to_ascii_lowercase();
            if ids.contains(&id) { row(id, found) } else { foreign = Some(id) }
        })
        .await?;
    match foreign {
        None => Ok(()),
        Some(id) => {
            let text = format!("A row belongs to the subscription {id:?}, which was not asked for.");
            let error = Error::new(Kind::InvalidResponse, reading, "Azure Resource Graph").said(Failure::ForeignRow, text);
            Err(error.advise("Please report this, or set resource_graph = \"never\"."))
        }
    }
}

fn query(reading: &'static str, text: &str, scope: QueryScope, breadth: Option<Breadth>) -> Query {
    Query { reading, text: text.to_owned(), scope, breadth }
}

macro_rules! of_subscription {
    ($($row:ty),*) => {
        $(impl OfSubscription for $row {
            fn subscription_id(&self) -> &str {
                &self.subscription_id
            }
        })*
    };
}

of_subscription!(Assessment, Counts, Group, Pricing, Scans, Tracked);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assessment {
    id: String,
    name: String,
    subscription_id: String,
    #[serde(default, deserialize_with = "word")]
    display_name: String,
    #[serde(default, deserialize_with = "part")]
    status: security::AssessmentStatus,
    #[serde(default, deserialize_with = "part")]
    resource_details: security::ResourceDetails,
    #[serde(default, deserialize_with = "part")]
    links: security::Links,
    #[serde(default, deserialize_with = "text")]
    risk_level: Option<String>,
}

impl From<Assessment> for security::Assessment {
    fn from(row: Assessment) -> Self {
        let Assessment { id, name, display_name, status, resource_details, links, risk_level, .. } = row;
        let risk = risk_level.map(|level| security::Risk { level: Some(level) });
        let properties = security::AssessmentProperties { display_name, status, resource_details, links, risk };
        Self { id, name, properties }
    }
}

#[derive(Deserialize)]
struct Count {
    #[serde(rename = "type")]
    kind: String,
    number: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    subscription_id: String,
    #[serde(deserialize_with = "of_something")]
    counts: Vec<Count>,
}

/// The counts of a subscription that is in the answer at all. Only resources put it there, so a list of none contradicts itself.
fn of_something<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Vec<Count>, D::Error> {
    let counts = Vec::<Count>::deserialize(deserializer)?;
    match counts.is_empty() || counts.iter().any(|count| count.number == 0) {
        true => Err(D::Error::custom("a subscription with resources has none")),
        false => Ok(counts),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    name: String,
    subscription_id: String,
    #[serde(default, deserialize_with = "or_default")]
    tags: BTreeMap<String, String>,
}

/// The metadata as text: only scalars can be made distinct.
#[derive(Deserialize)]
struct Metadata {
    name: String,
    metadata: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    subscription_id: String,
    #[serde(default)]
    chain: Option<Vec<Ancestor>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pricing {
    id: String,
    name: String,
    subscription_id: String,
    #[serde(default, deserialize_with = "part")]
    properties: security::PricingProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Scans {
    subscription_id: String,
    scans: Vec<Scan>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tracked {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    subscription_id: String,
    #[serde(default, deserialize_with = "or_default")]
    tags: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_begins_with_its_name_and_ends_in_an_order() {
        for (name, text) in TEXTS {
            assert_eq!(text.lines().next(), Some(format!("// azposture {name}").as_str()));
            let last = text.lines().last().unwrap();
            assert!(last.starts_with("| order by ") && last.ends_with(" asc"), "{name}");
        }
    }

    #[test]
    fn no_text_uses_what_suppresses_paging() {
        for (name, text) in TEXTS {
            assert!(!["| limit", "| take", "| top", "| sample"].iter().any(|word| text.contains(word)), "{name}");
            let pages = text.ends_with("order by id asc");
            let one_a_subscription = text.contains(" by subscriptionId\n");
            assert!(pages || one_a_subscription || *name == "custommetadata", "{name}");
        }
    }
}
