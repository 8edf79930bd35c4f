//! The tenant and its licences.

use serde::Deserialize;

use crate::azure::{
    Result,
    call::Call,
    client::Client,
    wire::{or_default, text},
};

/// The tenant.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Organization {
    /// GUID of the tenant.
    pub id: String,
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub display_name: Option<String>,
}

/// A product the tenant has bought.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sku {
    /// `Enabled`, `Warning`, `Suspended`, `Deleted`, `LockedOut`.
    #[serde(default, deserialize_with = "or_default")]
    pub capability_status: String,
    /// What is in it.
    #[serde(default, deserialize_with = "or_default")]
    pub service_plans: Vec<ServicePlan>,
}

/// A part of a product.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePlan {
    /// GUID, the same in every tenant.
    #[serde(default, deserialize_with = "or_default")]
    pub service_plan_id: String,
    /// `Success`, or what keeps it from working.
    #[serde(default, deserialize_with = "or_default")]
    pub provisioning_status: String,
}

impl Sku {
    /// Whether what is in it can be used.
    pub fn is_active(&self) -> bool {
        ["Enabled", "Warning"].iter().any(|word| self.capability_status.eq_ignore_ascii_case(word))
    }
}

impl ServicePlan {
    /// Whether it is there for the users of the tenant.
    pub fn is_provisioned(&self) -> bool {
        self.provisioning_status.eq_ignore_ascii_case("Success")
    }
}

/// The tenant: a list of one.
pub async fn organization(client: &Client) -> Result<Vec<Organization>> {
    let mut all = Vec::new();
    let call = Call::graph("read the tenant", "/organization").with("$select", "id,displayName");
    client.list(call, |row| all.push(row)).await?;
    Ok(all)
}

/// The products of the tenant; the list has no pages.
pub async fn subscribed_skus(client: &Client) -> Result<Vec<Sku>> {
    let mut all = Vec::new();
    let call = Call::graph("list licences", "/subscribedSkus").with("$select", "id,capabilityStatus,servicePlans");
    client.list(call, |row| all.push(row)).await?;
    Ok(all)
}
