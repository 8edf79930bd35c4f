//! Samples of what Azure Policy and Defender for Cloud assign and exempt, and what the decoded rows hold.

use azposture::azure::arm::{exemptions, policies};
use serde_json::json;

use super::reads::Picked;

pub(super) fn policy_assignment(row: policies::PolicyAssignment) -> Picked {
    let properties = row.properties.0.unwrap();
    vec![
        ("/id", json!(row.id)),
        ("/properties/displayName", json!(properties.display_name)),
        ("/properties/policyDefinitionId", json!(properties.policy_definition_id)),
        ("/properties/definitionVersion", json!(properties.definition_version)),
        ("/properties/scope", json!(properties.scope)),
        ("/properties/notScopes", json!(properties.not_scopes)),
        ("/properties/parameters", json!(properties.parameters)),
    ]
}

pub(super) fn policy_definition(row: policies::PolicyDefinition) -> Picked {
    let properties = row.properties.0.unwrap();
    let rule = properties.policy_rule.0;
    vec![
        ("/id", json!(row.id)),
        ("/properties/version", json!(properties.version)),
        ("/properties/parameters", json!(properties.parameters)),
        ("/properties/policyRule/if", json!(rule.condition)),
        ("/properties/policyRule/then/effect", json!(rule.then.effect)),
    ]
}

pub(super) fn policy_set_definition(row: policies::PolicySetDefinition) -> Picked {
    let properties = row.properties.0.unwrap();
    let members = properties.policy_definitions.0.unwrap();
    let first = &members[0];
    vec![
        ("/id", json!(row.id)),
        ("/properties/version", json!(properties.version)),
        ("/properties/policyDefinitions/0/policyDefinitionId", json!(first.policy_definition_id)),
        ("/properties/policyDefinitions/0/policyDefinitionReferenceId", json!(first.policy_definition_reference_id)),
        ("/properties/policyDefinitions/0/definitionVersion", json!(first.definition_version)),
        ("/properties/policyDefinitions/0/parameters", json!(first.parameters)),
    ]
}

pub(super) fn policy_exemption(row: exemptions::PolicyExemption) -> Picked {
    let properties = row.properties.0.unwrap();
    vec![
        ("/id", json!(row.id)),
        ("/properties/policyAssignmentId", json!(properties.policy_assignment_id)),
        ("/properties/policyDefinitionReferenceIds", json!(properties.policy_definition_reference_ids)),
        ("/properties/exemptionCategory", json!(properties.exemption_category)),
        ("/properties/expiresOn", json!(properties.expires_on)),
        ("/properties/displayName", json!(properties.display_name)),
        ("/properties/description", json!(properties.description)),
        ("/properties/metadata", json!(properties.metadata)),
    ]
}

pub(super) fn standard_assignment(row: exemptions::StandardAssignment) -> Picked {
    let properties = row.properties.0.unwrap();
    let data = properties.exemption_data.0;
    vec![
        ("/id", json!(row.id)),
        ("/properties/effect", json!(properties.effect)),
        ("/properties/expiresOn", json!(properties.expires_on)),
        ("/properties/displayName", json!(properties.display_name)),
        ("/properties/description", json!(properties.description)),
        ("/properties/exemptionData/exemptionCategory", json!(data.exemption_category)),
        ("/properties/exemptionData/assignedAssessment/assessmentKey", json!(data.assigned_assessment.assessment_key)),
        ("/properties/metadata", json!(properties.metadata)),
    ]
}
