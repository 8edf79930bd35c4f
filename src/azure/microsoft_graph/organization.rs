//! The tenant and its licences.

use serde::Deserialize;

use crate::azure::{
    Result,
    answer::lenient::{List, Text},
    client::Client,
    endpoint::Endpoint,
};

/// The tenant: a list of one.
pub const ORGANIZATION: Endpoint =
    Endpoint::graph("read the tenant", "organization", &["Organization.Read.All", "Directory.Read.All"]).never_empty();
/// The products of the tenant.
pub const SUBSCRIBED_SKUS: Endpoint = Endpoint::graph(
    "list licences",
    "subscribedSkus",
    &["LicenseAssignment.Read.All", "Organization.Read.All", "Directory.Read.All"],
);

/// All of them.
pub const ENDPOINTS: &[Endpoint] = &[ORGANIZATION, SUBSCRIBED_SKUS];

/// The tenant.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Organization {
    /// GUID of the tenant.
    pub id: String,
    /// Its name.
    pub display_name: Text,
}

/// A product the tenant has bought.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sku {
    /// Unique.
    pub id: Text,
    /// `Enabled`, `Warning`, `Suspended`, `Deleted`, `LockedOut`.
    pub capability_status: Text,
    /// What is in it.
    pub service_plans: List<ServicePlan>,
}

/// A part of a product.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePlan {
    /// GUID, the same in every tenant.
    pub service_plan_id: Text,
    /// `Success`, or what keeps it from working.
    pub provisioning_status: Text,
}

impl Sku {
    /// Whether what is in it can be used; none if the service does not say, or says it in a word that is not known here.
    pub fn is_active(&self) -> Option<bool> {
        known(self.capability_status.as_deref()?, &["Enabled", "Warning"], &["Deleted", "LockedOut", "Suspended"])
    }
}

impl ServicePlan {
    /// Whether it is there for the users of the tenant; none likewise.
    pub fn is_provisioned(&self) -> Option<bool> {
        const NOT_YET: &[&str] = &["Disabled", "Error", "PendingActivation", "PendingInput", "PendingProvisioning"];
        known(self.provisioning_status.as_deref()?, &["Success"], NOT_YET)
    }
}

fn known(word: &str, good: &[&str], bad: &[&str]) -> Option<bool> {
    let is_one_of = |words: &[&str]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
    if is_one_of(good) { Some(true) } else { is_one_of(bad).then_some(false) }
}

/// The tenant: a list of one.
pub async fn organization(client: &Client) -> Result<Vec<Organization>> {
    client.rows(ORGANIZATION.at("").with("$select", "id,displayName")).await
}

/// The products of the tenant; one that only uses what is free has none. The list has no pages.
pub async fn subscribed_skus(client: &Client) -> Result<Vec<Sku>> {
    client.rows(SUBSCRIBED_SKUS.at("").with("$select", "id,capabilityStatus,servicePlans")).await
}
