//! The Resource Graph queries: fixed texts over the documented columns, and rows turned into what Resource Manager answers, so that
//! nobody above has to know which of the two was asked. Each text begins with its name; each list in pages has an `id` to page by.

pub mod counted;

use std::collections::{BTreeMap, BTreeSet};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};

use crate::azure::{
    Client, Error, Failure, Kind, Result,
    answer::lenient::Text,
    arm::{
        Identified,
        authorization::{RoleAssignment, RoleDefinition},
        management::Ancestor,
        security, typed,
    },
    resource_graph::{Breadth, Query, QueryScope, by_type},
};

/// Every text that is no list of rows of one type, by name. The others stand with their lists.
pub fn texts() -> Vec<(&'static str, String)> {
    let fixed = [
        ("assessmentcounts", ASSESSMENT_COUNTS),
        ("custommetadata", CUSTOM_METADATA),
        ("findings", FINDINGS),
        ("hierarchy", HIERARCHY),
        ("resourcecounts", RESOURCE_COUNTS),
        ("scans", SCANS),
    ];
    let of_types = (by_type::NAME, by_type::text(typed::types()));
    let first = (counted::FIRST, counted::first(&BTreeSet::from([counted::Alike::default()]), 1));
    let counts = (counted::COUNTS, counted::counts());
    fixed.into_iter().map(|(name, text)| (name, text.to_owned())).chain([of_types, counts, first]).collect()
}

/// A list that Resource Graph answers row by row, in the form in which Resource Manager does.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    /// The name of its text.
    pub name: &'static str,
    /// The table that has them.
    pub table: &'static str,
    /// The type of the rows, lower case; none for all that the table holds.
    pub kind: Option<&'static str>,
    /// Which of them; none for all.
    pub only: Option<&'static str>,
    /// What is read of each row beside its id.
    pub columns: &'static str,
}

/// Defender recommendations on resources; risk is always there.
pub const ASSESSMENTS: Rows = Rows::of_type(
    "assessments",
    "securityresources",
    "microsoft.security/assessments",
    "name, properties = pack(\"displayName\", properties.displayName, \"status\", properties.status, \
     \"resourceDetails\", properties.resourceDetails, \"links\", properties.links, \"risk\", properties.risk, \"metadata\", \
     pack(\"severity\", properties.metadata.severity, \"recommendationCategory\", properties.metadata.recommendationCategory))",
);

/// Role assignments.
pub const ROLE_ASSIGNMENTS: Rows =
    Rows::of_type("roleassignments", "authorizationresources", "microsoft.authorization/roleassignments", "properties");

/// Role definitions.
pub const ROLE_DEFINITIONS: Rows =
    Rows::of_type("roledefinitions", "authorizationresources", "microsoft.authorization/roledefinitions", "name, properties");

impl Rows {
    /// Those of a type, which is lower case.
    pub const fn of_type(name: &'static str, table: &'static str, kind: &'static str, columns: &'static str) -> Self {
        Self { name, table, kind: Some(kind), only: None, columns }
    }

    /// Those of them for which this holds.
    pub const fn only(self, condition: &'static str) -> Self {
        Self { only: Some(condition), ..self }
    }

    /// The text of the query.
    pub fn text(&self) -> String {
        let Self { name, table, kind, only, columns } = self;
        let kind = kind.map(|kind| format!("| where type == \"{kind}\"\n")).unwrap_or_default();
        let only = only.map(|condition| format!("| where {condition}\n")).unwrap_or_default();
        format!("// azposture {name}\n{table}\n{kind}{only}| project id, {columns}\n| order by id asc")
    }
}

/// The rows of a list in subscriptions, one by one, with the subscription of each.
pub async fn rows<T: DeserializeOwned + Identified>(
    client: &Client,
    reading: &'static str,
    list: &Rows,
    ids: &BTreeSet<String>,
    row: impl FnMut(String, T),
) -> Result<()> {
    rows_at_most(client, reading, list, ids, None, row).await.map(|_| ())
}

/// The same, unless they are more than `most`. Whether they are all there; if not, those that were handed out mean nothing.
pub async fn rows_at_most<T: DeserializeOwned + Identified>(
    client: &Client,
    reading: &'static str,
    list: &Rows,
    ids: &BTreeSet<String>,
    most: Option<u64>,
    row: impl FnMut(String, T),
) -> Result<bool> {
    let query = Query { most, ..query(reading, &list.text(), QueryScope::Subscriptions(ids.clone()), None) };
    asked(client, query, ids, |one: &T| subscription_of(one.id()), row).await
}

/// The rows of a list at, above and below subscriptions. What stands above several of them comes once for each request of 300
/// subscriptions: tell rows apart by id.
pub async fn rows_around<T: DeserializeOwned>(
    client: &Client,
    reading: &'static str,
    text: &str,
    ids: &BTreeSet<String>,
    row: impl FnMut(T),
) -> Result<()> {
    let breadth = Some(Breadth::AtScopeAboveAndBelow);
    client.query(query(reading, text, QueryScope::Subscriptions(ids.clone()), breadth), row).await
}

/// The subscription in an id, lower case; the id itself where there is none.
pub(super) fn subscription_of(id: &str) -> String {
    let below = id.split('/').nth(2).filter(|_| id.get(..15).is_some_and(|start| start.eq_ignore_ascii_case("/subscriptions/")));
    below.unwrap_or(id).to_ascii_lowercase()
}

// A subscription without a finding is seen only by what is assessed in it.
const ASSESSMENT_COUNTS: &str = r#"// azposture assessmentcounts
securityresources
| where type == "microsoft.security/assessments"
| summarize number = count() by subscriptionId
| order by subscriptionId asc"#;

// Whatever may be a finding by itself: by its category, by what it names, or because nothing is said of it. Most assessments are none.
const FINDINGS: &str = r#"// azposture findings
securityresources
| where type == "microsoft.security/assessments"
| extend category = tostring(properties.metadata.recommendationCategory), origin = tostring(properties.metadata.assessmentType)
| extend rated = tostring(properties.metadata.severity), found = tostring(properties.additionalData.CvesDetails)
| extend software = tostring(properties.additionalData.SoftwareName)
| where category !in~ ("", "Unknown") or origin =~ "DynamicBuiltIn" or rated == "" or found != "" or software != ""
| project id, name, properties = pack("displayName", properties.displayName, "status", properties.status, "resourceDetails", properties.resourceDetails, "metadata", pack("severity", properties.metadata.severity, "recommendationCategory", properties.metadata.recommendationCategory), "additionalData", pack("SoftwareName", properties.additionalData.SoftwareName, "DetectedSoftwareVersions", properties.additionalData.DetectedSoftwareVersions, "FixedVersion", properties.additionalData.FixedVersion, "CvesDetails", properties.additionalData.CvesDetails, "ScannersDetails", properties.additionalData.ScannersDetails), "resourceAdditionalData", properties.resourceAdditionalData)
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

// One row a subscription: a list without an id has one page only, and subscriptions times types would not fit into it.
const RESOURCE_COUNTS: &str = r#"// azposture resourcecounts
resources
| summarize number = count() by type, subscriptionId
| summarize counts = make_list(pack("type", type, "number", number)) by subscriptionId
| order by subscriptionId asc"#;

// As with resource counts: one row a subscription.
const SCANS: &str = r#"// azposture scans
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
    pub kind: Text,
    /// The newest time; none if no result of this kind has one.
    pub newest: Text,
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
    client.query(query, |found: Ancestry| row(found.subscription_id.to_ascii_lowercase(), found.chain)).await
}

/// How many resources of each type, lower case, subscriptions have; one without any is not handed out.
pub async fn resource_counts(
    client: &Client,
    ids: &BTreeSet<String>,
    mut row: impl FnMut(String, BTreeMap<String, u64>),
) -> Result<()> {
    of_subscriptions(
        client,
        "count resources",
        RESOURCE_COUNTS,
        ids,
        |one: &Counts| one.subscription_id.to_ascii_lowercase(),
        |id, found| {
            row(id, found.counts.into_iter().map(|count| (count.kind.to_ascii_lowercase(), count.number)).collect());
        },
    )
    .await
}

/// Role assignments at, above and below a scope. What stands above several subscriptions comes once for each request of 300
/// subscriptions: tell rows apart by id.
pub async fn role_assignments(client: &Client, scope: QueryScope, row: impl FnMut(RoleAssignment)) -> Result<()> {
    let breadth = Some(Breadth::AtScopeAboveAndBelow);
    client.query(query("list role assignments", &ROLE_ASSIGNMENTS.text(), scope, breadth), row).await
}

/// Role definitions that can be assigned at, above or below a scope: the built-in ones once for each request of 300 subscriptions.
pub async fn role_definitions(client: &Client, scope: QueryScope, row: impl FnMut(RoleDefinition)) -> Result<()> {
    let breadth = Some(Breadth::AtScopeAboveAndBelow);
    client.query(query("list role definitions", &ROLE_DEFINITIONS.text(), scope, breadth), row).await
}

/// The subscriptions in which anything is assessed.
pub async fn assessed(client: &Client, ids: &BTreeSet<String>, mut one: impl FnMut(String)) -> Result<()> {
    let own = |found: &Assessed| found.subscription_id.to_ascii_lowercase();
    of_subscriptions(client, "count Defender assessments", ASSESSMENT_COUNTS, ids, own, |id, found| {
        if found.number > 0 {
            one(id);
        }
    })
    .await
}

/// The assessments in subscriptions that may be findings by themselves, in the form of all assessments.
pub async fn findings(client: &Client, ids: &BTreeSet<String>, row: impl FnMut(String, security::Assessment)) -> Result<()> {
    let own = |one: &security::Assessment| subscription_of(&one.id);
    of_subscriptions(client, security::ASSESSMENTS.reading, FINDINGS, ids, own, row).await
}

/// When each kind of thing was last scanned, by subscription; one without any result is not handed out.
pub async fn scans(client: &Client, ids: &BTreeSet<String>, mut row: impl FnMut(String, Vec<Scan>)) -> Result<()> {
    of_subscriptions(
        client,
        "list Defender sub-assessments",
        SCANS,
        ids,
        |one: &Scans| one.subscription_id.to_ascii_lowercase(),
        |id, found| row(id, found.scans),
    )
    .await
}

pub(super) async fn of_subscriptions<R: DeserializeOwned>(
    client: &Client,
    reading: &'static str,
    text: &str,
    ids: &BTreeSet<String>,
    subscription: impl Fn(&R) -> String,
    row: impl FnMut(String, R),
) -> Result<()> {
    let query = query(reading, text, QueryScope::Subscriptions(ids.clone()), None);
    asked(client, query, ids, subscription, row).await.map(|_| ())
}

/// The same; whether there are no more rows than are wanted.
async fn asked<R: DeserializeOwned>(
    client: &Client,
    query: Query,
    ids: &BTreeSet<String>,
    subscription: impl Fn(&R) -> String,
    mut row: impl FnMut(String, R),
) -> Result<bool> {
    let (mut foreign, reading) = (None, query.reading);
    let are_all = client
        .query_at_most(query, |found: R| {
            let id = subscription(&found);
            if ids.contains(&id) { row(id, found) } else { foreign = Some(id) }
        })
        .await?;
    match foreign {
        None => Ok(are_all),
        Some(id) => {
            let text = format!("A row belongs to the subscription {id:?}, which was not asked for.");
            let error = Error::new(Kind::InvalidResponse, reading, "Azure Resource Graph").said(Failure::ForeignRow, text);
            Err(error.advise("Please report this, or set resource_graph = \"never\"."))
        }
    }
}

fn query(reading: &'static str, text: &str, scope: QueryScope, breadth: Option<Breadth>) -> Query {
    Query { reading, text: text.to_owned(), scope, breadth, most: None, takes: false }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assessed {
    subscription_id: String,
    number: u64,
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

/// The metadata as text: only scalars can be made distinct.
#[derive(Deserialize)]
struct Metadata {
    name: String,
    metadata: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ancestry {
    subscription_id: String,
    chain: Option<Vec<Ancestor>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Scans {
    subscription_id: String,
    scans: Vec<Scan>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_asked_for_by_type_and_condition() {
        let text = "// azposture n\nt\n| where type == \"k\"\n| project id, c\n| order by id asc";
        assert_eq!(Rows::of_type("n", "t", "k", "c").text(), text);
        let text = "// azposture n\nt\n| where type == \"k\"\n| where x == 1\n| project id, c\n| order by id asc";
        assert_eq!(Rows::of_type("n", "t", "k", "c").only("x == 1").text(), text);
    }

    #[test]
    fn a_row_tells_its_subscription_by_its_id() {
        assert_eq!(subscription_of("/Subscriptions/AB/providers/x"), "ab");
        assert_eq!(subscription_of("/providers/x/y"), "/providers/x/y");
        assert_eq!(subscription_of("é"), "é");
    }
}
