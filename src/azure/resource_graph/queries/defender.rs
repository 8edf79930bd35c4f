//! The lists of Defender for Cloud that Resource Graph has.

use super::Rows;

/// All of them.
pub(super) const ALL: [&Rows; 10] = [
    &ALERTS,
    &ASSESSMENTS,
    &PLANS,
    &REGULATORY_ASSESSMENTS,
    &REGULATORY_CONTROLS,
    &REGULATORY_STANDARDS,
    &SECURE_SCORES,
    &SECURE_SCORE_CONTROLS,
    &STANDARD_ASSIGNMENTS,
    &SUB_ASSESSMENTS,
];

/// Defender alerts; their columns begin with capitals. Entities and extended properties are left out: they hold what nobody needs.
pub const ALERTS: Rows = Rows {
    name: "alerts",
    table: "securityresources",
    kind: Some("microsoft.security/locations/alerts"),
    columns: "properties = pack(\"alertType\", properties.AlertType, \"alertDisplayName\", properties.AlertDisplayName, \
              \"description\", properties.Description, \"severity\", properties.Severity, \"status\", properties.Status, \
              \"intent\", properties.Intent, \"isIncident\", properties.IsIncident, \
              \"resourceIdentifiers\", properties.ResourceIdentifiers, \"remediationSteps\", properties.RemediationSteps, \
              \"techniques\", properties.Techniques, \"subTechniques\", properties.SubTechniques, \
              \"productName\", properties.ProductName, \"compromisedEntity\", properties.CompromisedEntity, \
              \"alertUri\", properties.AlertUri, \"startTimeUtc\", properties.StartTimeUtc, \
              \"endTimeUtc\", properties.EndTimeUtc, \"timeGeneratedUtc\", properties.TimeGeneratedUtc)",
};

/// Defender recommendations on resources; risk is always there.
pub const ASSESSMENTS: Rows = Rows {
    name: "assessments",
    table: "securityresources",
    kind: Some("microsoft.security/assessments"),
    columns: "name, properties = pack(\"displayName\", properties.displayName, \"status\", properties.status, \
              \"resourceDetails\", properties.resourceDetails, \"links\", properties.links, \"risk\", properties.risk, \"metadata\", \
              pack(\"severity\", properties.metadata.severity, \"recommendationCategory\", properties.metadata.recommendationCategory))",
};

/// Defender plans, those of single machines among them.
pub const PLANS: Rows =
    Rows { name: "plans", table: "securityresources", kind: Some("microsoft.security/pricings"), columns: "name, properties" };

/// The assessments of regulatory compliance.
pub const REGULATORY_ASSESSMENTS: Rows = Rows {
    name: "regulatoryassessments",
    table: "securityresources",
    kind: Some("microsoft.security/regulatorycompliancestandards/regulatorycompliancecontrols/regulatorycomplianceassessments"),
    columns: "name, properties",
};

/// The controls of regulatory compliance.
pub const REGULATORY_CONTROLS: Rows = Rows {
    name: "regulatorycontrols",
    table: "securityresources",
    kind: Some("microsoft.security/regulatorycompliancestandards/regulatorycompliancecontrols"),
    columns: "name, properties",
};

/// The standards of regulatory compliance.
pub const REGULATORY_STANDARDS: Rows = Rows {
    name: "regulatorystandards",
    table: "securityresources",
    kind: Some("microsoft.security/regulatorycompliancestandards"),
    columns: "name, properties",
};

/// Secure scores.
pub const SECURE_SCORES: Rows = Rows {
    name: "securescores",
    table: "securityresources",
    kind: Some("microsoft.security/securescores"),
    columns: "name, properties",
};

/// The controls of secure scores.
pub const SECURE_SCORE_CONTROLS: Rows = Rows {
    name: "securescorecontrols",
    table: "securityresources",
    kind: Some("microsoft.security/securescores/securescorecontrols"),
    columns: "name, properties",
};

/// Assignments of Defender's standards, exemptions among them.
pub const STANDARD_ASSIGNMENTS: Rows = Rows {
    name: "standardassignments",
    table: "securityresources",
    kind: Some("microsoft.security/standardassignments"),
    columns: "properties",
};

/// What was found below assessments. Descriptions and references are left out: they are most of a row.
pub const SUB_ASSESSMENTS: Rows = Rows {
    name: "subassessments",
    table: "securityresources",
    kind: Some("microsoft.security/assessments/subassessments"),
    columns: "properties = pack(\"displayName\", properties.displayName, \"status\", properties.status, \
              \"resourceDetails\", properties.resourceDetails, \"timeGenerated\", properties.timeGenerated, \"additionalData\", \
              pack(\"assessedResourceType\", properties.additionalData.assessedResourceType, \
              \"cve\", properties.additionalData.cve, \"cvss\", properties.additionalData.cvss, \
              \"cvssV30Score\", properties.additionalData.cvssV30Score, \"patchable\", properties.additionalData.patchable, \
              \"imageDigest\", properties.additionalData.imageDigest, \
              \"repositoryName\", properties.additionalData.repositoryName, \
              \"vulnerabilityDetails\", properties.additionalData.vulnerabilityDetails, \
              \"artifactDetails\", properties.additionalData.artifactDetails, \
              \"softwareDetails\", properties.additionalData.softwareDetails))",
};
