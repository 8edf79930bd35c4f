//! How Resource Graph is asked for what Azure Policy assigns, exempts and finds.

use super::queries::Rows;

/// Policy assignments.
pub const POLICY_ASSIGNMENTS: Rows = Rows {
    name: "policyassignments",
    table: "policyresources",
    kind: Some("microsoft.authorization/policyassignments"),
    columns: "properties",
};

/// Policy definitions.
pub const POLICY_DEFINITIONS: Rows = Rows {
    name: "policydefinitions",
    table: "policyresources",
    kind: Some("microsoft.authorization/policydefinitions"),
    columns: "properties",
};

/// Policy exemptions.
pub const POLICY_EXEMPTIONS: Rows = Rows {
    name: "policyexemptions",
    table: "policyresources",
    kind: Some("microsoft.authorization/policyexemptions"),
    columns: "properties",
};

/// Initiatives.
pub const POLICY_SET_DEFINITIONS: Rows = Rows {
    name: "policysetdefinitions",
    table: "policyresources",
    kind: Some("microsoft.authorization/policysetdefinitions"),
    columns: "properties",
};

/// The latest state of each resource by each definition that is assigned.
pub const POLICY_STATES: Rows = Rows {
    name: "policystates",
    table: "policyresources",
    kind: Some("microsoft.policyinsights/policystates"),
    columns: "properties = pack(\"timestamp\", properties.timestamp, \"resourceId\", properties.resourceId, \
              \"resourceType\", properties.resourceType, \"policyAssignmentId\", properties.policyAssignmentId, \
              \"policySetDefinitionId\", properties.policySetDefinitionId, \"policyDefinitionId\", properties.policyDefinitionId, \
              \"policyDefinitionReferenceId\", properties.policyDefinitionReferenceId, \
              \"policyDefinitionAction\", properties.policyDefinitionAction, \
              \"policyDefinitionGroupNames\", properties.policyDefinitionGroupNames, \
              \"complianceState\", properties.complianceState)",
};
