//! Regulatory compliance as Defender for Cloud reports it: standards, their controls, and the assessments of these. Rows of all three levels
//! have one form; the service names their numbers after what is counted.

use serde::Deserialize;

use super::Identified;
use crate::azure::{
    answer::lenient::{Count, Part, Text},
    endpoint::Endpoint,
};

const VERSION: &str = "2019-01-01-preview";

/// The standards of a subscription that are assigned and that something there is about.
pub const STANDARDS: Endpoint = Endpoint::arm(
    "list regulatory compliance standards",
    "providers/Microsoft.Security/regulatoryComplianceStandards",
    VERSION,
    &["Microsoft.Security/regulatoryComplianceStandards/read"],
);

/// The controls of a standard.
pub const CONTROLS: Endpoint = Endpoint::arm(
    "list regulatory compliance controls",
    "providers/Microsoft.Security/regulatoryComplianceStandards/{id}/regulatoryComplianceControls",
    VERSION,
    &["Microsoft.Security/regulatoryComplianceStandards/regulatoryComplianceControls/read"],
);

/// The assessments of a control.
pub const ASSESSMENTS: Endpoint = Endpoint::arm(
    "list regulatory compliance assessments",
    "providers/Microsoft.Security/regulatoryComplianceStandards/{parent}/regulatoryComplianceControls/{id}/regulatoryComplianceAssessments",
    VERSION,
    &["Microsoft.Security/regulatoryComplianceStandards/regulatoryComplianceControls/regulatoryComplianceAssessments/read"],
);

/// All of them.
pub const ENDPOINTS: &[Endpoint] = &[ASSESSMENTS, CONTROLS, STANDARDS];

/// A standard, a control or an assessment.
#[derive(Clone, Debug, Deserialize)]
pub struct Report {
    /// `{subscription}/providers/Microsoft.Security/regulatoryComplianceStandards/{name}`, or below one.
    pub id: String,
    /// `Microsoft-cloud-security-benchmark`, `1.2.5`, or the key of an assessment.
    pub name: String,
    /// Everything else.
    pub properties: Part<ReportProperties>,
}

/// What it says.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ReportProperties {
    /// A title; standards have none.
    pub description: Text,
    /// `Passed`, `Failed`, `Skipped`, `Unsupported`.
    pub state: Text,
    /// How many of the next level passed.
    #[serde(alias = "passedAssessments", alias = "passedControls", alias = "passedResources")]
    pub passed: Count,
    /// How many of them failed.
    #[serde(alias = "failedAssessments", alias = "failedControls", alias = "failedResources")]
    pub failed: Count,
    /// How many of them were left out.
    #[serde(alias = "skippedAssessments", alias = "skippedControls", alias = "skippedResources")]
    pub skipped: Count,
    /// How many of them nobody can check; a control does not say.
    #[serde(alias = "unsupportedControls", alias = "unsupportedResources")]
    pub unsupported: Count,
}

impl Identified for Report {
    fn id(&self) -> &str {
        &self.id
    }
}
