//! Defender for Cloud: plans, assessments, their metadata, and the vulnerabilities below them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::{
    Identified,
    findings::{Image, Individual, SubAssessmentData},
    subscription,
};
use crate::azure::{
    Result,
    answer::lenient::{ExactText, Flag, List, Object, OrEmpty, Packed, Part, Text},
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

/// All of them.
pub const ENDPOINTS: &[Endpoint] =
    &[ASSESSMENTS, ASSESSMENTS_WITH_RISK, METADATA, METADATA_OF_SUBSCRIPTION, PLANS, SUB_ASSESSMENTS];

/// A Defender plan of a subscription.
#[derive(Clone, Debug, Deserialize)]
pub struct Pricing {
    /// `{subscription}/providers/Microsoft.Security/pricings/{name}`; that of a single machine has the machine before it.
    pub id: String,
    /// The plan: `VirtualMachines`.
    pub name: String,
    /// Its state.
    pub properties: Part<PricingProperties>,
}

/// The state of a plan.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PricingProperties {
    /// `Free` or `Standard`; none if the service did not say.
    pub pricing_tier: Text,
    /// `P1`, `DefenderForStorageV2` … None is the full plan.
    pub sub_plan: ExactText,
    /// ISO 8601; `PT0S` when no trial runs.
    pub free_trial_remaining_time: Text,
    /// When it was switched on.
    pub enablement_time: Text,
    /// Whether overrides are refused; arrives as text.
    pub enforce: Flag,
    /// `FullyCovered`, `PartiallyCovered`, `NotCovered`.
    pub resources_coverage_status: Text,
    /// Extensions; none if the service did not say.
    pub extensions: List<Extension>,
    /// Whether it has been replaced.
    pub deprecated: Flag,
    /// By what; none if the service did not say.
    pub replaced_by: List<String>,
}

/// An extension of a plan.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Extension {
    /// `AgentlessVmScanning`
    pub name: String,
    /// Arrives as text.
    pub is_enabled: Flag,
    /// Settings, an open map.
    pub additional_extension_properties: Object<BTreeMap<String, Json>>,
    /// The last operation.
    pub operation_status: Option<OperationStatus>,
}

/// How switching an extension on went.
#[derive(Clone, Debug, Deserialize)]
pub struct OperationStatus {
    /// `Succeeded` or `Failed`.
    pub code: Text,
    /// Why.
    pub message: Text,
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
    pub display_name: Text,
    /// The verdict.
    pub status: Part<AssessmentStatus>,
    /// What was assessed.
    pub resource_details: Part<ResourceDetails>,
    /// Links.
    pub links: Part<Links>,
    /// Risk, from 2025-05-04 on.
    pub risk: Option<Risk>,
    /// What Resource Graph has of the recommendation in each row.
    pub metadata: Part<OwnMetadata>,
    /// What an individual finding is about; an open map.
    pub additional_data: Part<Individual>,
    /// The image that it was found in.
    pub resource_additional_data: Packed<Part<Image>>,
}

/// The verdict of an assessment.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssessmentStatus {
    /// `Healthy`, `Unhealthy`, `NotApplicable`; none if the service did not say.
    pub code: Text,
    /// `OffByPolicy`, `Exempt` …
    pub cause: Text,
    /// A sentence.
    pub description: Text,
    /// First seen.
    pub first_evaluation_date: Text,
    /// Last change of the verdict.
    pub status_change_date: Text,
}

/// What was assessed.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ResourceDetails {
    /// `Azure`, `OnPremise`, `Aws` …
    #[serde(alias = "Source")]
    pub source: Text,
    /// The resource.
    #[serde(alias = "Id")]
    pub id: Text,
    /// Its type, or the service's own word for it: `.containerimage`, `K8s-container`.
    #[serde(rename = "resourceType", alias = "ResourceType")]
    pub resource_type: Text,
}

/// Links of an assessment.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Links {
    /// Without scheme.
    #[serde(rename = "azurePortalUri", alias = "azurePortal")]
    pub azure_portal_uri: Text,
}

/// The risk of an assessment.
#[derive(Clone, Debug, Deserialize)]
pub struct Risk {
    /// `Critical`, `High`, `Medium`, `Low`, `None`.
    pub level: Text,
}

/// What a row says of its own recommendation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnMetadata {
    /// `Low`, `Medium`, `High`, `Critical`; none if the service did not say.
    pub severity: Text,
    /// `SoftwareUpdate` … None if the service did not say.
    pub recommendation_category: Text,
}

/// What Microsoft says about a recommendation.
#[derive(Clone, Debug, Deserialize)]
pub struct AssessmentMetadata {
    /// The recommendation's key.
    pub name: String,
    /// Everything else.
    pub properties: Part<MetadataProperties>,
}

/// What the metadata says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetadataProperties {
    /// What the portal calls it.
    pub display_name: Text,
    /// What it is about.
    pub description: Text,
    /// `SoftwareUpdate` …, where the service says so.
    pub recommendation_category: Text,
    /// `Low`, `Medium`, `High`, `Critical`; none if the service did not say.
    pub severity: Text,
    /// `Compute`, `Networking`, `Data` … None if the service did not say.
    pub categories: List<String>,
    /// `accountBreach` …
    pub threats: OrEmpty<Vec<String>>,
    /// MITRE tactics.
    pub tactics: OrEmpty<Vec<String>>,
    /// MITRE techniques.
    pub techniques: OrEmpty<Vec<String>>,
    /// `BuiltIn`, `CustomPolicy` …
    pub assessment_type: Text,
    /// The definition that evaluates it.
    pub policy_definition_id: Text,
    /// `Low`, `Moderate`, `High`.
    pub user_impact: Text,
    /// `Low`, `Moderate`, `High`.
    pub implementation_effort: Text,
    /// HTML.
    pub remediation_description: Text,
    /// Whether it is in preview.
    pub preview: Flag,
}

/// A vulnerability or misconfiguration below an assessment.
#[derive(Clone, Debug, Deserialize)]
pub struct SubAssessment {
    /// `{resource}/providers/Microsoft.Security/assessments/{key}/subAssessments/{name}`, in varying case.
    pub id: String,
    /// Everything else.
    pub properties: Part<SubAssessmentProperties>,
}

/// What a sub-assessment says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubAssessmentProperties {
    /// What the portal calls it.
    pub display_name: Text,
    /// The verdict.
    pub status: Part<SubAssessmentStatus>,
    /// What was scanned: the resource, a part of it, or an image in it.
    pub resource_details: Part<ResourceDetails>,
    /// When the scan produced it.
    pub time_generated: Text,
    /// What was found.
    pub additional_data: Part<SubAssessmentData>,
}

/// The verdict of a sub-assessment.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct SubAssessmentStatus {
    /// `Healthy`, `Unhealthy`, `NotApplicable`; none if the service did not say.
    pub code: Text,
    /// `Low`, `Medium`, `High`, `Critical`.
    pub severity: Text,
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

impl Identified for SubAssessment {
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
