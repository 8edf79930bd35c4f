//! What Defender for Cloud raised the alarm about.

use serde::Deserialize;

use super::Identified;
use crate::azure::{
    answer::lenient::{Flag, List, Part, Text},
    endpoint::Endpoint,
};

/// Alerts of about 90 days; a subscription may have none.
pub const ALERTS: Endpoint = Endpoint::arm(
    "list Defender alerts",
    "providers/Microsoft.Security/alerts",
    "2022-01-01",
    &["Microsoft.Security/alerts/read"],
);

/// All of them.
pub const ENDPOINTS: &[Endpoint] = &[ALERTS];

/// An alert. Its entities and extended properties hold addresses and names of people, and are not read.
#[derive(Clone, Debug, Deserialize)]
pub struct Alert {
    /// `{subscription or group}/providers/Microsoft.Security/locations/{location}/alerts/{name}`
    pub id: String,
    /// Everything else.
    pub properties: Part<AlertProperties>,
}

/// What an alert says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AlertProperties {
    /// The detection: `VM_EICAR`.
    pub alert_type: Text,
    /// What the portal calls it.
    pub alert_display_name: Text,
    /// A few sentences; may name people.
    pub description: Text,
    /// `Informational`, `Low`, `Medium`, `High`; none if the service did not say.
    pub severity: Text,
    /// `Active`, `InProgress`, `Resolved`, `Dismissed`; none if the service did not say.
    pub status: Text,
    /// Steps of the kill chain, joined by commas.
    pub intent: Text,
    /// Whether it is a compound of other alerts.
    pub is_incident: Flag,
    /// What it is about; none if the service did not say.
    pub resource_identifiers: List<Part<ResourceIdentifier>>,
    /// What to do.
    pub remediation_steps: List<Text>,
    /// MITRE techniques.
    pub techniques: List<Text>,
    /// MITRE sub-techniques.
    pub sub_techniques: List<Text>,
    /// The plan's product.
    pub product_name: Text,
    /// A resource, an account or a person.
    pub compromised_entity: Text,
    /// A link to it in the portal.
    pub alert_uri: Text,
    /// The first event.
    pub start_time_utc: Text,
    /// The last event.
    pub end_time_utc: Text,
    /// When it was raised.
    pub time_generated_utc: Text,
}

/// One of the things an alert is about.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceIdentifier {
    /// The resource, of the type `AzureResource`.
    #[serde(alias = "AzureResourceId")]
    pub azure_resource_id: Text,
    /// The workspace, of the type `LogAnalytics`: a GUID.
    #[serde(alias = "WorkspaceId")]
    pub workspace_id: Text,
}

impl Identified for Alert {
    fn id(&self) -> &str {
        &self.id
    }
}
