//! How Resource Graph is asked for what Azure Policy assigns, exempts and finds.

use super::Rows;

/// Those that are read whole.
pub(super) const ALL: [&Rows; 3] = [&POLICY_ASSIGNMENTS, &POLICY_EXEMPTIONS, &POLICY_STATES];

/// Those of which only what somebody made is read.
pub(super) const CUSTOM: [&Rows; 2] = [&POLICY_DEFINITIONS, &POLICY_SET_DEFINITIONS];

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
