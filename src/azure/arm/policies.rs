//! Azure Policy: what is assigned where, and what the definitions say that are assigned.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::Identified;
use crate::azure::{
    answer::lenient::{List, Object, Part, Text},
    call::Call,
    endpoint::Endpoint,
};

/// Policy assignments at, below and above a subscription: those of the management groups above it are inherited.
pub const POLICY_ASSIGNMENTS: Endpoint = Endpoint::arm(
    "list policy assignments",
    "providers/Microsoft.Authorization/policyAssignments",
    "2024-04-01",
    &["Microsoft.Authorization/policyAssignments/read"],
);

/// Policy definitions at and above a subscription.
pub const POLICY_DEFINITIONS: Endpoint = Endpoint::arm(
    "list policy definitions",
    "providers/Microsoft.Authorization/policyDefinitions",
    "2023-04-01",
    &["Microsoft.Authorization/policyDefinitions/read"],
);

/// Initiatives at and above a subscription.
pub const POLICY_SET_DEFINITIONS: Endpoint = Endpoint::arm(
    "list initiatives",
    "providers/Microsoft.Authorization/policySetDefinitions",
    "2023-04-01",
    &["Microsoft.Authorization/policySetDefinitions/read"],
);

/// A built-in policy definition, which every caller may read.
pub const BUILT_IN_DEFINITION: Endpoint = Endpoint::arm(
    "read a built-in policy definition",
    "providers/Microsoft.Authorization/policyDefinitions/{id}",
    "2023-04-01",
    &[],
);

/// A built-in initiative, likewise.
pub const BUILT_IN_SET: Endpoint =
    Endpoint::arm("read a built-in initiative", "providers/Microsoft.Authorization/policySetDefinitions/{id}", "2023-04-01", &[]);

/// All of them.
pub const ENDPOINTS: &[Endpoint] =
    &[POLICY_ASSIGNMENTS, POLICY_DEFINITIONS, POLICY_SET_DEFINITIONS, BUILT_IN_DEFINITION, BUILT_IN_SET];

/// Those that somebody made. There are thousands of others, which are read by their names.
pub fn custom(call: Call) -> Call {
    call.with("$filter", "policyType eq 'Custom'")
}

/// An assignment.
#[derive(Clone, Debug, Deserialize)]
pub struct PolicyAssignment {
    /// `{scope}/providers/Microsoft.Authorization/policyAssignments/{name}`
    pub id: String,
    /// Everything else; none if the service did not say it.
    pub properties: Object<PolicyAssignmentProperties>,
}

/// What an assignment says.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyAssignmentProperties {
    /// What people call it.
    pub display_name: Text,
    /// The definition or initiative that it assigns.
    pub policy_definition_id: Text,
    /// Which versions of it: `1.*.*`.
    pub definition_version: Text,
    /// Where it holds.
    pub scope: Text,
    /// Where it does not, below that.
    pub not_scopes: List<Text>,
    /// `Default`, `DoNotEnforce`, `Enroll`; none if the service did not say.
    pub enforcement_mode: Text,
    /// What stands for the parameters of the definition; left out where it has none.
    pub parameters: Option<Json>,
    /// What is put in the place of effects and versions; left out where nothing is.
    pub overrides: Option<Json>,
}

/// A policy definition.
#[derive(Clone, Debug, Deserialize)]
pub struct PolicyDefinition {
    /// `{scope}/providers/Microsoft.Authorization/policyDefinitions/{name}`
    pub id: String,
    /// Everything else; none if the service did not say it.
    pub properties: Object<PolicyDefinitionProperties>,
}

/// What a policy definition says.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyDefinitionProperties {
    /// `1.2.1`
    pub version: Text,
    /// Its parameters by name; left out where it has none.
    pub parameters: Option<Json>,
    /// When it does what.
    pub policy_rule: Part<PolicyRule>,
}

/// A rule.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct PolicyRule {
    /// A condition, in the language of Azure Policy.
    #[serde(rename = "if")]
    pub condition: Option<Json>,
    /// What then happens.
    pub then: Part<Then>,
}

/// What happens.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Then {
    /// A word, or the parameter that holds it.
    pub effect: Text,
}

/// An initiative.
#[derive(Clone, Debug, Deserialize)]
pub struct PolicySetDefinition {
    /// `{scope}/providers/Microsoft.Authorization/policySetDefinitions/{name}`
    pub id: String,
    /// Everything else; none if the service did not say it.
    pub properties: Object<PolicySetDefinitionProperties>,
}

/// What an initiative says.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicySetDefinitionProperties {
    /// `1.2.1`
    pub version: Text,
    /// Its parameters by name; left out where it has none.
    pub parameters: Option<Json>,
    /// The definitions in it; none if the service did not say.
    pub policy_definitions: List<Part<Member>>,
}

/// A definition in an initiative.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// The definition.
    pub policy_definition_id: Text,
    /// What it is called in the initiative.
    pub policy_definition_reference_id: Text,
    /// Which versions of it.
    pub definition_version: Text,
    /// What stands for its parameters; left out where nothing does.
    pub parameters: Option<Json>,
}

/// What a definition says of a resource, which Resource Graph alone tells.
#[derive(Clone, Debug, Deserialize)]
pub struct PolicyState {
    /// `{resource}/providers/Microsoft.PolicyInsights/policyStates/{name}`
    pub id: String,
    /// Everything else.
    pub properties: Part<PolicyStateProperties>,
}

/// What a state says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyStateProperties {
    /// When it was found.
    pub timestamp: Text,
    /// The resource.
    pub resource_id: Text,
    /// Its type.
    pub resource_type: Text,
    /// The assignment.
    pub policy_assignment_id: Text,
    /// The initiative that it assigns; empty where it assigns a definition by itself.
    pub policy_set_definition_id: Text,
    /// The definition.
    pub policy_definition_id: Text,
    /// What it is called in the initiative.
    pub policy_definition_reference_id: Text,
    /// What it does: `audit`.
    pub policy_definition_action: Text,
    /// The groups of the initiative that it is in.
    pub policy_definition_group_names: List<Text>,
    /// `Compliant`, `NonCompliant`, `Exempt`; none if the service did not say.
    pub compliance_state: Text,
}

/// Something put in the place of what a definition says.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Override {
    /// `policyEffect`, `definitionVersion`
    pub kind: Text,
    /// The effect, or the version.
    pub value: Text,
    /// For which definitions and resources; left out for all of them.
    pub selectors: Option<Json>,
}

/// For what an override is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Selector {
    /// `policyDefinitionReferenceId`, `resourceLocation`, `resourceType`
    pub kind: Text,
    /// For these; left out where the others are named.
    #[serde(rename = "in")]
    pub only: Option<Json>,
    /// For all but these.
    pub not_in: Option<Json>,
}

/// A value of a parameter, and one that stands in for it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameter {
    /// What it is set to.
    pub value: Option<Json>,
    /// What it is where nothing sets it.
    pub default_value: Option<Json>,
}

/// Parameters by name; none for what is no object of objects.
pub fn parameters(said: Option<&Json>) -> Option<BTreeMap<String, Parameter>> {
    match said {
        None => Some(BTreeMap::new()),
        Some(said) => BTreeMap::deserialize(said).ok(),
    }
}

impl Identified for PolicyAssignment {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for PolicyDefinition {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for PolicySetDefinition {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for PolicyState {
    fn id(&self) -> &str {
        &self.id
    }
}
