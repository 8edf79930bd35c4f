//! Conditional Access: policies, the locations they name, and authentication strengths.

use serde::Deserialize;
use serde_json::Value;

use crate::azure::{
    Result,
    answer::lenient::{Flag, List, Text},
    client::Client,
    endpoint::Endpoint,
};

const READ_POLICIES: &[&str] = &["Policy.Read.All"];

/// The policies.
pub const ACCESS_POLICIES: Endpoint =
    Endpoint::graph("list Conditional Access policies", "identity/conditionalAccess/policies", READ_POLICIES);
/// The locations they name.
pub const NAMED_LOCATIONS: Endpoint =
    Endpoint::graph("list named locations", "identity/conditionalAccess/namedLocations", READ_POLICIES);
/// What kinds of sign-in are strong enough. Every tenant has the built-in ones.
pub const AUTHENTICATION_STRENGTHS: Endpoint = Endpoint::graph(
    "list authentication strengths",
    "policies/authenticationStrengthPolicies",
    &["Policy.Read.AuthenticationMethod", "Policy.Read.All"],
)
.never_empty();

/// All of them.
pub const ENDPOINTS: &[Endpoint] = &[ACCESS_POLICIES, AUTHENTICATION_STRENGTHS, NAMED_LOCATIONS];

/// A policy. What it says stands here as it came: a part that is not understood must not look like one that says nothing.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct AccessPolicyRow {
    /// Unique.
    pub id: String,
    /// Everything else, by its name.
    #[serde(flatten)]
    pub fields: serde_json::Map<String, Value>,
}

/// A location that policies name.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct NamedLocation {
    /// Unique.
    pub id: String,
    /// `#microsoft.graph.ipNamedLocation` or `#microsoft.graph.countryNamedLocation`.
    #[serde(rename = "@odata.type")]
    pub odata_type: Text,
    /// Its name.
    pub display_name: Text,
    /// Whether it is trusted; of countries nothing is said.
    pub is_trusted: Flag,
    /// Ranges of addresses.
    pub ip_ranges: List<IpRange>,
    /// Two letters a country.
    pub countries_and_regions: List<String>,
}

/// A range of addresses.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct IpRange {
    /// For example `203.0.113.0/24`.
    pub cidr_address: Text,
}

/// What kinds of sign-in are strong enough.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct StrengthRow {
    /// Unique; of a built-in one the same in every tenant.
    pub id: String,
    /// Its name.
    pub display_name: Text,
    /// `builtIn` or `custom`.
    pub policy_type: Text,
    /// `mfa` or `none`.
    pub requirements_satisfied: Text,
    /// Methods, those that belong together joined by commas.
    pub allowed_combinations: List<String>,
}

/// The policies. Members of a set that are newer than the version are asked for by name: without that they all read alike.
pub async fn access_policies(client: &Client) -> Result<Vec<AccessPolicyRow>> {
    client.rows(ACCESS_POLICIES.at("").header("Prefer", "include-unknown-enum-members")).await
}

/// The locations that policies name.
pub async fn named_locations(client: &Client) -> Result<Vec<NamedLocation>> {
    client.rows(NAMED_LOCATIONS.at("").header("Prefer", "include-unknown-enum-members")).await
}

/// What kinds of sign-in are strong enough.
pub async fn authentication_strengths(client: &Client) -> Result<Vec<StrengthRow>> {
    client.rows(AUTHENTICATION_STRENGTHS.at("").header("Prefer", "include-unknown-enum-members")).await
}
