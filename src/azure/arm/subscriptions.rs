//! Subscriptions and tenants.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::subscription;
use crate::azure::{
    Result,
    answer::lenient::{OrEmpty, Part, Text},
    client::Client,
    endpoint::Endpoint,
};

const VERSION: &str = "2022-12-01";

/// Every subscription the sign-in sees, of other tenants too. Seeing none is an empty list, not an error.
pub const SUBSCRIPTIONS: Endpoint = Endpoint::arm("list subscriptions", "subscriptions", VERSION, &[]);

/// One subscription.
pub const SUBSCRIPTION: Endpoint =
    Endpoint::arm("read the subscription", "", VERSION, &["Microsoft.Resources/subscriptions/read"]);

/// All of them.
pub const ENDPOINTS: &[Endpoint] = &[SUBSCRIPTION, SUBSCRIPTIONS];

/// A subscription as Resource Manager lists it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// GUID.
    pub subscription_id: String,
    /// The tenant that owns it; another tenant's is delegated (Lighthouse).
    pub tenant_id: Text,
    /// Its name.
    pub display_name: Text,
    /// `Enabled`, `Warned`, `PastDue`, `Disabled`, `Deleted`.
    pub state: Text,
    /// Offer and spending limit.
    pub subscription_policies: Part<Policies>,
    /// How access is granted: `RoleBased`, `Legacy` …, joined with commas.
    pub authorization_source: Text,
    /// Tags.
    pub tags: OrEmpty<BTreeMap<String, String>>,
}

/// The offer of a subscription.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policies {
    /// The offer.
    pub quota_id: Text,
    /// `On`, `Off`, `CurrentPeriodOff`.
    pub spending_limit: Text,
}

/// Every subscription the sign-in sees, of other tenants too.
pub async fn list(client: &Client) -> Result<Vec<Subscription>> {
    client.rows(SUBSCRIPTIONS.at("")).await
}

/// One subscription: says why, where the list only leaves it out.
pub async fn one_subscription(client: &Client, subscription_id: &str) -> Result<Subscription> {
    client.get(SUBSCRIPTION.at(&subscription(subscription_id))).await
}
