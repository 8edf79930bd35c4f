//! Management groups: the tree above subscriptions.

use serde::Deserialize;

use crate::azure::{
    Result,
    answer::lenient::{OrEmpty, Part, Text, unstated},
    call::Call,
    client::Client,
    endpoint::Endpoint,
};

const VERSION: &str = "2023-04-01";

/// The groups the caller can read, wherever they stand.
pub const GROUPS: Endpoint =
    Endpoint::arm("list management groups", "providers/Microsoft.Management/managementGroups", VERSION, &[]);

/// One group.
pub const GROUP: Endpoint = Endpoint::arm("read the management group", "", VERSION, READ);

/// Everything below a group, flat.
pub const DESCENDANTS: Endpoint = Endpoint::arm("list what is below the management group", "descendants", VERSION, READ);

/// All of them.
pub const ENDPOINTS: &[Endpoint] = &[DESCENDANTS, GROUP, GROUPS];

const READ: &[&str] = &["Microsoft.Management/managementGroups/read"];

/// A management group the caller can read.
#[derive(Clone, Debug, Deserialize)]
pub struct ManagementGroup {
    /// Its id inside the tenant; the root's is the tenant id.
    pub name: String,
    /// Names and place.
    pub properties: Part<Properties>,
}

/// Names and place of a group.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Properties {
    /// Its display name.
    pub display_name: Text,
    /// What stands above it, if that was asked for.
    pub details: Part<Details>,
}

/// What stands above a group.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// From the root down to the parent.
    pub path: OrEmpty<Vec<Ancestor>>,
    /// The parent; the root has none.
    pub parent: Option<Parent>,
}

/// A group on the way up.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ancestor {
    /// Its id inside the tenant.
    pub name: String,
    /// Its display name.
    pub display_name: Text,
}

/// The parent of a group or subscription.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parent {
    /// `/providers/Microsoft.Management/managementGroups/{name}`
    pub id: Text,
}

/// A group or subscription somewhere below a group.
#[derive(Clone, Debug, Deserialize)]
pub struct Descendant {
    /// Ends in `/managementGroups` or `/subscriptions`; the rest varies.
    #[serde(rename = "type")]
    pub kind: String,
    /// A group's id inside the tenant, or a subscription's GUID.
    pub name: String,
    /// Names and parent.
    pub properties: Part<DescendantProperties>,
}

/// Names and parent of a descendant.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescendantProperties {
    /// Its display name.
    pub display_name: Text,
    /// Its parent.
    pub parent: Part<Parent>,
}

impl Descendant {
    /// Whether it is a subscription.
    pub fn is_subscription(&self) -> bool {
        self.kind.rsplit('/').next().is_some_and(|kind| kind.eq_ignore_ascii_case("subscriptions"))
    }

    /// Whether it is a management group.
    pub fn is_group(&self) -> bool {
        self.kind.rsplit('/').next().is_some_and(|kind| kind.eq_ignore_ascii_case("managementGroups"))
    }

    /// The name of its parent group.
    pub fn parent(&self) -> Option<&str> {
        self.properties.parent.id.as_deref()?.rsplit('/').next()
    }
}

/// The groups the caller can read, wherever they stand; someone with rights on a subscription alone sees none.
pub async fn list(client: &Client) -> Result<Vec<ManagementGroup>> {
    client.rows(GROUPS.at("").header("cache-control", "no-cache")).await
}

/// One group and what stands above it.
pub async fn management_group(client: &Client, name: &str) -> Result<ManagementGroup> {
    client.get(GROUP.at(&group(name)).with("$expand", "path")).await
}

/// Everything below a group, flat.
pub async fn descendants(client: &Client, name: &str) -> Result<Vec<Descendant>> {
    below(client, DESCENDANTS.at(&group(name))).await
}

/// Everything below the root group, flat: it holds every subscription of the tenant.
pub async fn descendants_of_root(client: &Client, name: &str) -> Result<Vec<Descendant>> {
    below(client, DESCENDANTS.never_empty().at(&group(name))).await
}

fn group(name: &str) -> String {
    format!("/providers/Microsoft.Management/managementGroups/{name}")
}

/// A row that is neither a group nor a subscription may be a subscription under another name, so that some would be missing.
async fn below(client: &Client, call: Call) -> Result<Vec<Descendant>> {
    let mut all: Vec<Descendant> = Vec::new();
    let (reading, path) = (call.reading, call.path.clone());
    client.list(call, |row| all.push(row)).await?;
    match all.iter().all(|row| row.is_subscription() || row.is_group()) {
        true => Ok(all),
        false => Err(unstated(reading, path, "type")),
    }
}
