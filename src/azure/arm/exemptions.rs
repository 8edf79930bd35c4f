//! What was exempted from a rule: by Azure Policy, and by Defender for Cloud.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::Identified;
use crate::azure::{
    answer::lenient::{Object, Part, Text},
    endpoint::Endpoint,
};

/// Policy exemptions at, below and above a subscription: those of the management groups above it are inherited.
pub const POLICY_EXEMPTIONS: Endpoint = Endpoint::arm(
    "list policy exemptions",
    "providers/Microsoft.Authorization/policyExemptions",
    "2022-07-01-preview",
    &["Microsoft.Authorization/policyExemptions/read"],
);

/// Assignments of Defender's standards, some of which exempt a resource from a recommendation.
pub const STANDARD_ASSIGNMENTS: Endpoint = Endpoint::arm(
    "list Defender standard assignments",
    "providers/Microsoft.Security/standardAssignments",
    "2024-08-01",
    &["Microsoft.Security/standardAssignments/read"],
);

/// All of them.
pub const ENDPOINTS: &[Endpoint] = &[POLICY_EXEMPTIONS, STANDARD_ASSIGNMENTS];

/// What people write beside it; the names are conventions.
pub type Annotations = Object<BTreeMap<String, Json>>;

/// A policy exemption.
#[derive(Clone, Debug, Deserialize)]
pub struct PolicyExemption {
    /// `{scope}/providers/Microsoft.Authorization/policyExemptions/{name}`
    pub id: String,
    /// Everything else; none if the service did not say it.
    pub properties: Object<PolicyExemptionProperties>,
}

/// What a policy exemption says.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyExemptionProperties {
    /// The assignment it exempts from.
    pub policy_assignment_id: Text,
    /// Which definitions of an initiative; left out for all of them.
    pub policy_definition_reference_ids: Option<Json>,
    /// `Waiver`, `Mitigated`; none if the service did not say.
    pub exemption_category: Text,
    /// When it ends; left out if it does not.
    pub expires_on: Option<Json>,
    /// For which resources; left out for all of them.
    pub resource_selectors: Option<Json>,
    /// What people call it.
    pub display_name: Text,
    /// Why.
    pub description: Text,
    /// Who, and by which ticket.
    pub metadata: Annotations,
}

/// An assignment of a standard.
#[derive(Clone, Debug, Deserialize)]
pub struct StandardAssignment {
    /// `{scope}/providers/Microsoft.Security/standardAssignments/{name}`
    pub id: String,
    /// Everything else; none if the service did not say it.
    pub properties: Object<StandardAssignmentProperties>,
}

/// What an assignment of a standard says.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StandardAssignmentProperties {
    /// `Audit`, `Exempt`, `Attest`; none if the service did not say.
    pub effect: Text,
    /// When it ends; left out if it does not.
    pub expires_on: Option<Json>,
    /// What people call it.
    pub display_name: Text,
    /// Why.
    pub description: Text,
    /// From what, and as what.
    pub exemption_data: Part<ExemptionData>,
    /// Who, and by which ticket.
    pub metadata: Annotations,
}

/// What Defender exempts from.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExemptionData {
    /// `waiver`, `mitigated`; none if the service did not say.
    pub exemption_category: Text,
    /// The recommendation.
    pub assigned_assessment: Part<AssignedAssessment>,
}

/// A recommendation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssignedAssessment {
    /// Its key.
    pub assessment_key: Text,
}

impl Identified for PolicyExemption {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for StandardAssignment {
    fn id(&self) -> &str {
        &self.id
    }
}
