//! Defender for Cloud: plans, assessments, their metadata, and the vulnerabilities below them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::{Identified, subscription};
use crate::azure::{
    Result,
    answer::lenient::{exact_text, flag, list, object, or_default, part, text, word},
    client::Client,
    endpoint::Endpoint,
};

const VERSION: &str = "2021-06-01";

/// The Defender plans of a subscription, those that are off included; every subscription has them. The list has no pages.
pub const PLANS: Endpoint = Endpoint::arm(
    "list Defender plans",
    "providers/Microsoft.Security/pricings",
    "2024-01-01",
    &["Microsoft.Security/pricings/read"],
)
.never_empty();

/// Recommendations on resources.
pub const ASSESSMENTS: Endpoint = Endpoint::arm(
    "list Defender assessments",
    "providers/Microsoft.Security/assessments",
    VERSION,
    &["Microsoft.Security/assessments/read"],
);

/// The same in a version that answers risk, and that rolls out region by region: only where risk is asked for.
pub const ASSESSMENTS_WITH_RISK: Endpoint = ASSESSMENTS.in_version("2025-05-04");

/// What Microsoft says about the recommendations that are built in. Needs no role, only a token.
pub const METADATA: Endpoint =
    Endpoint::arm("list assessment metadata", "providers/Microsoft.Security/assessmentMetadata", VERSION, &[]).never_empty();

/// The same as a subscription sees it, its own recommendations included.
pub const METADATA_OF_SUBSCRIPTION: Endpoint = Endpoint::arm(
    "list assessment metadata",
    "providers/Microsoft.Security/assessmentMetadata",
    VERSION,
    &["Microsoft.Security/assessmentMetadata/read"],
)
.never_empty();

/// Vulnerabilities and misconfigurations below recommendations: the longest list Defender has.
pub const SUB_ASSESSMENTS: Endpoint = Endpoint::arm(
    "list Defender sub-assessments",
    "providers/Microsoft.Security/subAssessments",
    "2019-01-01-preview",
    &["Microsoft.Security/assessments/subAssessments/read"],
);

/// A Defender plan of a subscription.
#[derive(Clone, Debug, Deserialize)]
pub struct Pricing {
    /// `{subscription}/providers/Microsoft.Security/pricings/{name}`; that of a single machine has the machine before it.
    pub id: String,
    /// The plan: `VirtualMachines`.
    pub name: String,
    /// Its state.
    #[serde(default, deserialize_with = "part")]
    pub properties: PricingProperties,
}

/// The state of a plan.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PricingProperties {
    /// `Free` or `Standard`; none if the service did not say.
    #[serde(default, deserialize_with = "text")]
    pub pricing_tier: Option<String>,
    /// `P1`, `DefenderForStorageV2` … None is the full plan.
    #[serde(default, deserialize_with = "exact_text")]
    pub sub_plan: Option<String>,
    /// ISO 8601; `PT0S` when no trial runs.
    #[serde(default, deserialize_with = "text")]
    pub free_trial_remaining_time: Option<String>,
    /// When it was switched on.
    #[serde(default, deserialize_with = "text")]
    pub enablement_time: Option<String>,
    /// Whether overrides are refused; arrives as text.
    #[serde(default, deserialize_with = "flag")]
    pub enforce: Option<bool>,
    /// `FullyCovered`, `PartiallyCovered`, `NotCovered`.
    #[serde(default, deserialize_with = "text")]
    pub resources_coverage_status: Option<String>,
    /// Extensions; none if the service did not say.
    #[serde(default, deserialize_with = "list")]
    pub extensions: Option<Vec<Extension>>,
    /// Whether it has been replaced.
    #[serde(default, deserialize_with = "flag")]
    pub deprecated: Option<bool>,
    /// By what; none if the service did not say.
    #[serde(default, deserialize_with = "list")]
    pub replaced_by: Option<Vec<String>>,
}

/// An extension of a plan.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Extension {
    /// `AgentlessVmScanning`
    pub name: String,
    /// Arrives as text.
    #[serde(default, deserialize_with = "flag")]
    pub is_enabled: Option<bool>,
    /// Settings, an open map.
    #[serde(default, deserialize_with = "object")]
    pub additional_extension_properties: Option<BTreeMap<String, Json>>,
    /// The last operation.
    #[serde(default)]
    pub operation_status: Option<OperationStatus>,
}

/// How switching an extension on went.
#[derive(Clone, Debug, Deserialize)]
pub struct OperationStatus {
    /// `Succeeded` or `Failed`.
    #[serde(default, deserialize_with = "text")]
    pub code: Option<String>,
    /// Why.
    #[serde(default, deserialize_with = "text")]
    pub message: Option<String>,
}

/// A recommendation on a resource. The list holds no severity: that is in the metadata.
#[derive(Clone, Debug, Deserialize)]
pub struct Assessment {
    /// `{resource}/providers/Microsoft.Security/assessments/{key}`
    pub id: String,
    /// The recommendation's key.
    pub name: String,
    /// Everything else.
    pub properties: AssessmentProperties,
}

/// What an assessment says.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssessmentProperties {
    /// Not unique.
    #[serde(default, deserialize_with = "word")]
    pub display_name: String,
    /// The verdict.
    #[serde(default, deserialize_with = "part")]
    pub status: AssessmentStatus,
    /// What was assessed.
    #[serde(default, deserialize_with = "part")]
    pub resource_details: ResourceDetails,
    /// Links.
    #[serde(default, deserialize_with = "part")]
    pub links: Links,
    /// Risk, from 2025-05-04 on.
    #[serde(default)]
    pub risk: Option<Risk>,
}

/// The verdict of an assessment.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssessmentStatus {
    /// `Healthy`, `Unhealthy`, `NotApplicable`; none if the service did not say.
    #[serde(default, deserialize_with = "text")]
    pub code: Option<String>,
    /// `OffByPolicy`, `Exempt` …
    #[serde(default, deserialize_with = "text")]
    pub cause: Option<String>,
    /// A sentence.
    #[serde(default, deserialize_with = "text")]
    pub description: Option<String>,
    /// First seen.
    #[serde(default, deserialize_with = "text")]
    pub first_evaluation_date: Option<String>,
    /// Last change of the verdict.
    #[serde(default, deserialize_with = "text")]
    pub status_change_date: Option<String>,
}

/// What was assessed.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ResourceDetails {
    /// `Azure`, `OnPremise`, `Aws` …
    #[serde(default, alias = "Source", deserialize_with = "text")]
    pub source: Option<String>,
    /// The resource.
    #[serde(default, alias = "Id", deserialize_with = "text")]
    pub id: Option<String>,
}

/// Links of an assessment.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Links {
    /// Without scheme.
    #[serde(default, rename = "azurePortalUri", alias = "azurePortal", deserialize_with = "text")]
    pub azure_portal_uri: Option<String>,
}

/// The risk of an assessment.
#[derive(Clone, Debug, Deserialize)]
pub struct Risk {
    /// `Critical`, `High`, `Medium`, `Low`, `None`.
    #[serde(default, deserialize_with = "text")]
    pub level: Option<String>,
}

/// What Microsoft says about a recommendation.
#[derive(Clone, Debug, Deserialize)]
pub struct AssessmentMetadata {
    /// The recommendation's key.
    pub name: String,
    /// Everything else.
    #[serde(default, deserialize_with = "part")]
    pub properties: MetadataProperties,
}

/// What the metadata says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetadataProperties {
    /// `Low`, `Medium`, `High`, `Critical`; none if the service did not say.
    #[serde(default, deserialize_with = "text")]
    pub severity: Option<String>,
    /// `Compute`, `Networking`, `Data` … None if the service did not say.
    #[serde(default, deserialize_with = "list")]
    pub categories: Option<Vec<String>>,
    /// `accountBreach` …
    #[serde(default, deserialize_with = "or_default")]
    pub threats: Vec<String>,
    /// MITRE tactics.
    #[serde(default, deserialize_with = "or_default")]
    pub tactics: Vec<String>,
    /// MITRE techniques.
    #[serde(default, deserialize_with = "or_default")]
    pub techniques: Vec<String>,
    /// `BuiltIn`, `CustomPolicy` …
    #[serde(default, deserialize_with = "text")]
    pub assessment_type: Option<String>,
    /// The definition that evaluates it.
    #[serde(default, deserialize_with = "text")]
    pub policy_definition_id: Option<String>,
    /// `Low`, `Moderate`, `High`.
    #[serde(default, deserialize_with = "text")]
    pub user_impact: Option<String>,
    /// `Low`, `Moderate`, `High`.
    #[serde(default, deserialize_with = "text")]
    pub implementation_effort: Option<String>,
    /// HTML.
    #[serde(default, deserialize_with = "text")]
    pub remediation_description: Option<String>,
    /// Whether it is in preview.
    #[serde(default, deserialize_with = "flag")]
    pub preview: Option<bool>,
}

/// A vulnerability or misconfiguration below an assessment, as far as "was it scanned, and when" needs it.
#[derive(Clone, Debug, Deserialize)]
pub struct SubAssessment {
    /// `{resource}/providers/Microsoft.Security/assessments/{key}/subAssessments/{name}`, in varying case.
    pub id: String,
    /// Everything else.
    #[serde(default, deserialize_with = "part")]
    pub properties: SubAssessmentProperties,
}

/// What a sub-assessment says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubAssessmentProperties {
    /// When the scan produced it.
    #[serde(default, deserialize_with = "text")]
    pub time_generated: Option<String>,
    /// What was scanned.
    #[serde(default, deserialize_with = "part")]
    pub additional_data: AdditionalData,
}

/// The kind of a sub-assessment.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdditionalData {
    /// `ServerVulnerability`, `AzureContainerRegistryVulnerability`, `SqlServerVulnerability` …
    #[serde(default, deserialize_with = "text")]
    pub assessed_resource_type: Option<String>,
}

impl Identified for Pricing {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for Assessment {
    fn id(&self) -> &str {
        &self.id
    }
}

/// The metadata of all built-in recommendations. Read once a tenant.
pub async fn metadata(client: &Client, row: impl FnMut(AssessmentMetadata) + Send) -> Result<()> {
    client.list(METADATA.at(""), row).await
}

/// The metadata a subscription sees.
pub async fn metadata_of(client: &Client, subscription_id: &str, row: impl FnMut(AssessmentMetadata) + Send) -> Result<()> {
    client.list(METADATA_OF_SUBSCRIPTION.at(&subscription(subscription_id)), row).await
}

/// The sub-assessments of a subscription, one by one.
pub async fn sub_assessments(client: &Client, subscription_id: &str, row: impl FnMut(SubAssessment) + Send) -> Result<()> {
    client.list(SUB_ASSESSMENTS.at(&subscription(subscription_id)), row).await
}
