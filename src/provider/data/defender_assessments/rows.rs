//! One recommendation on one resource, and what is said of each recommendation once.

use std::{collections::BTreeMap, sync::Arc};

use schemars::JsonSchema;
use serde::Serialize;

use super::{sieve::Found, surroundings::located};
use crate::posture::{Severity, assessment::Metadata, controls, resource_id::ResourceId, time::written};

/// One recommendation on one resource.
#[derive(Serialize, JsonSchema)]
pub(super) struct Row {
    /// `resource_id|assessment_key`, lower case: unique and stable.
    key: String,
    /// The recommendation: the same GUID in every tenant, and the key of `recommendations`.
    assessment_key: String,
    /// What the portal calls it. Not unique; null if the service did not say.
    display_name: Option<String>,
    /// Lower-case GUID of the subscription it was read in.
    subscription_id: String,
    /// The resource, in the spelling of the azurerm provider; an id of another cloud as it was given.
    resource_id: String,
    /// The name of the resource. Null if the id has none.
    resource_name: Option<String>,
    /// The full type. Null if the id is none of Azure's.
    resource_type: Option<String>,
    /// The resource group. Null for a resource outside a group or of another cloud.
    resource_group_name: Option<String>,
    /// `Azure`, `OnPremise`, `Aws` …
    source: String,
    /// `Healthy`, `Unhealthy` or `NotApplicable`, or whatever other word the service has. Null if it did not say.
    status: Option<String>,
    /// Why, for example `OffByPolicy` or `Exempt`. Null if the service did not say.
    cause: Option<String>,
    /// The service's sentence about the status. Null if there is none, and under `personal_data = "redact"`.
    status_description: Option<String>,
    /// `critical`, `high`, `medium`, `low` or `informational`: that of the recommendation, or of the row itself, which Resource Graph alone
    /// knows. Null if neither says one of these.
    severity: Option<String>,
    /// Of which kind an individual recommendation is: one row for each software, secret or rule of a resource: `SoftwareUpdate`,
    /// `ExposedSecrets` … Null if the service did not say; what rows say themselves, Resource Graph alone knows.
    recommendation_category: Option<String>,
    /// `Critical`, `High`, `Medium`, `Low` or `None`. Null unless `include_risk`.
    risk_level: Option<String>,
    /// A link to it in the portal. Null if there is none.
    portal_url: Option<String>,
    /// When it was first evaluated, RFC 3339.
    first_evaluated_on: Option<String>,
    /// When its status last changed, RFC 3339; the service keeps no time of the last evaluation.
    status_changed_on: Option<String>,
}

/// What Microsoft says about one recommendation. All of it is null or empty if it has no metadata.
#[derive(Serialize, JsonSchema)]
pub(super) struct Recommendation {
    /// What the portal calls it.
    display_name: Option<String>,
    /// What it is about, as the service writes it.
    description: Option<String>,
    /// How to fix it, as the service writes it.
    remediation: Option<String>,
    /// `critical`, `high`, `medium`, `low` or `informational`. Null if the service says none of these.
    severity: Option<String>,
    /// `BuiltIn`, `CustomPolicy` …
    assessment_type: Option<String>,
    /// The policy definition that evaluates it. Null if there is none.
    policy_definition_id: Option<String>,
    /// `Low`, `Moderate` or `High`. Null if the service did not say.
    user_impact: Option<String>,
    /// `Low`, `Moderate` or `High`. Null if the service did not say.
    implementation_effort: Option<String>,
    /// Categories, for example `Data`.
    categories: Vec<String>,
    /// Threats, for example `dataExfiltration`.
    threats: Vec<String>,
    /// MITRE ATT&CK tactics.
    tactics: Vec<String>,
    /// MITRE ATT&CK techniques.
    techniques: Vec<String>,
    /// Whether it is in preview. Null if the service did not say.
    preview: Option<bool>,
    /// Control ids by framework, through the policy definition.
    controls: BTreeMap<String, Vec<String>>,
}

/// A row as it is returned.
pub(super) fn row(found: &Found<'_>, with_risk: bool) -> Row {
    let row = found.row;
    let id = located(row);
    let text = |text: &Option<Arc<str>>| text.as_deref().map(str::to_owned);
    let category = found.metadata.and_then(|metadata| metadata.recommendation_category.clone());
    Row {
        key: found.key.clone(),
        assessment_key: row.assessment_key.to_string(),
        display_name: Some(row.display_name.to_string()).filter(|name| !name.is_empty()),
        subscription_id: row.subscription_id.to_string(),
        resource_id: row.resource_id.to_string(),
        resource_name: id.as_ref().and_then(|id| id.name.clone()),
        resource_type: id.as_ref().and_then(ResourceId::full_type),
        resource_group_name: id.and_then(|id| id.resource_group_name),
        source: row.source.to_string(),
        status: Some(row.status.to_string()).filter(|status| !status.is_empty()),
        cause: text(&row.cause),
        status_description: text(&row.status_description),
        severity: found.severity.map(|severity| severity.word().to_owned()),
        recommendation_category: category.or_else(|| text(&row.recommendation_category)),
        risk_level: text(&row.risk_level).filter(|_| with_risk),
        portal_url: row.portal_link.as_ref().map(|link| link.unfold(&row.resource_id, &row.assessment_key)),
        first_evaluated_on: row.first_evaluated_on.and_then(written),
        status_changed_on: row.status_changed_on.and_then(written),
    }
}

/// What is said of each recommendation among the rows, by its key.
pub(super) fn recommendations(found: &[Found<'_>]) -> BTreeMap<String, Recommendation> {
    let mut all = BTreeMap::new();
    for one in found {
        all.entry(one.row.assessment_key.to_string()).or_insert_with(|| recommendation(one.metadata));
    }
    all
}

fn recommendation(metadata: Option<&Metadata>) -> Recommendation {
    let own = metadata.cloned().unwrap_or_default();
    Recommendation {
        display_name: own.display_name,
        description: own.description,
        remediation: own.remediation,
        severity: Severity::parse(&own.severity).map(|severity| severity.word().to_owned()),
        assessment_type: own.assessment_type,
        controls: own.policy_definition_id.as_deref().map(controls::of_policy).unwrap_or_default(),
        policy_definition_id: own.policy_definition_id,
        user_impact: own.user_impact,
        implementation_effort: own.implementation_effort,
        categories: own.categories,
        threats: own.threats,
        tactics: own.tactics,
        techniques: own.techniques,
        preview: own.preview,
    }
}
