//! Subscriptions and tenants.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::subscription;
use crate::azure::{
    Result,
    answer::lenient::{or_default, part, text, word},
    client::Client,
    endpoint::Endpoint,
};

const VERSION: &str = "2022-12-01";

/// Every subscription the sign-in sees, of other tenants too. Seeing none is an empty list, not an error.
pub const SUBSCRIPTIONS: Endpoint = Endpoint::arm("list subscriptions", "subscriptions", VERSION, &[]);

/// One subscription.
pub const SUBSCRIPTION: Endpoint =
    Endpoint::arm("read the subscription", "", VERSION, &["Microsoft.Resources/subscriptions/read"]);

/// A subscription as Resource Manager lists it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// GUID.
    pub subscription_id: String,
    /// The tenant that owns it; another tenant's is delegated (Lighthouse).
    #[serde(default, deserialize_with = "text")]
    pub tenant_id: Option<String>,
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub display_name: Option<String>,
    /// `Enabled`, `Warned`, `PastDue`, `Disabled`, `Deleted`.
    #[serde(default, deserialize_with = "word")]
    pub state: String,
    /// Offer and spending limit.
    #[serde(default, deserialize_with = "part")]
    pub subscription_policies: Policies,
    /// How access is granted: `RoleBased`, `Legacy` …, joined with commas.
    #[serde(default, deserialize_with = "text")]
    pub authorization_source: Option<String>,
    /// Tags.
    #[serde(default, deserialize_with = "or_default")]
    pub tags: BTreeMap<String, String>,
}

/// The offer of a subscription.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policies {
    /// The offer.
    #[serde(default, deserialize_with = "text")]
    pub quota_id: Option<String>,
    /// `On`, `Off`, `CurrentPeriodOff`.
    #[serde(default, deserialize_with = "text")]
    pub spending_limit: Option<String>,
}

/// Every subscription the sign-in sees, of other tenants too.
pub async fn list(client: &Client) -> Result<Vec<Subscription>> {
    client.rows(SUBSCRIPTIONS.at("")).await
}

/// One subscription: says why, where the list only leaves it out.
pub async fn read(client: &Client, subscription_id: &str) -> Result<Subscription> {
    client.get(SUBSCRIPTION.at(&subscription(subscription_id))).await
}
