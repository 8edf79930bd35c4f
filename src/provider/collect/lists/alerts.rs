//! What Defender for Cloud raised the alarm about.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use time::OffsetDateTime;

use crate::{
    azure::{
        self,
        answer::lenient::{List as Words, Part, Text},
        arm::alerts,
        resource_graph::queries::Rows,
    },
    posture::{Area, Severity, Subject, resource_id::canonical, seen::agreed, time::parse},
    provider::{
        collect::{
            Lists,
            estate::scope::Subscription,
            lists::{
                listed::{self, List, Listed, both},
                texts::Texts,
            },
            stop::Result,
        },
        context::Context,
    },
};

/// The lists of this subject.
pub const LISTS: &[List] = &[Alerts::LIST];

/// An alert. Where the service did not say something, or says it twice and not alike, it is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alert {
    /// In the spelling of the azurerm provider.
    pub id: String,
    /// `VM_EICAR`
    pub alert_type: Option<String>,
    /// What the portal calls it.
    pub display_name: Option<String>,
    /// A few sentences; none where people may not be named.
    pub description: Option<String>,
    /// In the service's word.
    pub severity: Option<String>,
    /// `Active`, `InProgress`, `Resolved`, `Dismissed`, or another word of the service.
    pub status: Option<String>,
    /// Steps of the kill chain.
    pub intents: Option<Vec<String>>,
    /// MITRE techniques.
    pub techniques: Option<Vec<String>>,
    /// MITRE sub-techniques.
    pub sub_techniques: Option<Vec<String>>,
    /// What to do.
    pub remediation_steps: Option<Vec<String>>,
    /// The plan's product.
    pub product_name: Option<String>,
    /// Whether it is a compound of other alerts.
    pub is_incident: Option<bool>,
    /// The resources it is about.
    pub resource_ids: Option<Vec<String>>,
    /// The workspaces that hold its evidence.
    pub workspace_ids: Option<Vec<String>>,
    /// A resource, an account or a person.
    pub compromised_entity: Option<String>,
    /// A link to it in the portal.
    pub portal_url: Option<String>,
    /// The first event.
    pub started_on: Option<OffsetDateTime>,
    /// The last event.
    pub ended_on: Option<OffsetDateTime>,
    /// When it was raised.
    pub generated_on: Option<OffsetDateTime>,
    /// Whether it is listed twice, and not with the same contents.
    pub is_twofold: bool,
}

impl Alert {
    /// Its severity on our scale; none for a word that is not on it.
    pub fn severity(&self) -> Option<Severity> {
        self.severity.as_deref().and_then(Severity::parse)
    }

    /// What two rows of one alert say alike.
    fn and(self, other: Self) -> Self {
        if self == other {
            return self;
        }
        Self {
            alert_type: agreed(self.alert_type, other.alert_type),
            display_name: agreed(self.display_name, other.display_name),
            description: agreed(self.description, other.description),
            severity: agreed(self.severity, other.severity),
            status: agreed(self.status, other.status),
            intents: agreed(self.intents, other.intents),
            techniques: agreed(self.techniques, other.techniques),
            sub_techniques: agreed(self.sub_techniques, other.sub_techniques),
            remediation_steps: agreed(self.remediation_steps, other.remediation_steps),
            product_name: agreed(self.product_name, other.product_name),
            is_incident: agreed(self.is_incident, other.is_incident),
            resource_ids: agreed(self.resource_ids, other.resource_ids),
            workspace_ids: agreed(self.workspace_ids, other.workspace_ids),
            compromised_entity: agreed(self.compromised_entity, other.compromised_entity),
            portal_url: agreed(self.portal_url, other.portal_url),
            started_on: agreed(self.started_on, other.started_on),
            ended_on: agreed(self.ended_on, other.ended_on),
            generated_on: agreed(self.generated_on, other.generated_on),
            is_twofold: true,
            id: self.id,
        }
    }
}

/// The alerts of subscriptions, each once.
pub async fn alerts(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Vec<Alert>>> {
    listed::lists::<Alerts>(context, subscriptions).await
}

struct Alerts;

impl Listed for Alerts {
    const LIST: List = both("alerts", Subject::Alerts, Some(Area::Posture), alerts::ALERTS, Self::ROWS);
    // Their columns begin with capitals there. Entities and extended properties are left out: they hold what nobody needs.
    const ROWS: Rows = Rows::of_type(
        "alerts",
        "securityresources",
        "microsoft.security/locations/alerts",
        "properties = pack(\"alertType\", properties.AlertType, \"alertDisplayName\", properties.AlertDisplayName, \
         \"description\", properties.Description, \"severity\", properties.Severity, \"status\", properties.Status, \
         \"intent\", properties.Intent, \"isIncident\", properties.IsIncident, \
         \"resourceIdentifiers\", properties.ResourceIdentifiers, \"remediationSteps\", properties.RemediationSteps, \
         \"techniques\", properties.Techniques, \"subTechniques\", properties.SubTechniques, \
         \"productName\", properties.ProductName, \"compromisedEntity\", properties.CompromisedEntity, \
         \"alertUri\", properties.AlertUri, \"startTimeUtc\", properties.StartTimeUtc, \
         \"endTimeUtc\", properties.EndTimeUtc, \"timeGeneratedUtc\", properties.TimeGeneratedUtc)",
    );
    type Wire = alerts::Alert;
    type Building = BTreeMap<String, Alert>;
    type Rows = Vec<Alert>;

    fn take(building: &mut BTreeMap<String, Alert>, row: alerts::Alert, _: &Arc<str>, texts: &mut Texts) {
        let row = alert(row, texts.redacts_people);
        match building.entry(row.id.to_lowercase()) {
            Entry::Vacant(vacant) => {
                vacant.insert(row);
            }
            Entry::Occupied(mut known) => {
                let first = std::mem::take(known.get_mut());
                *known.get_mut() = first.and(row);
            }
        }
    }

    fn done(building: BTreeMap<String, Alert>, _: &str) -> azure::Result<Vec<Alert>> {
        Ok(building.into_values().collect())
    }
}

fn alert(wire: alerts::Alert, redacts_people: bool) -> Alert {
    let own = wire.properties.0;
    let shown = |text: &str| azure::shown(text, redacts_people).into_owned();
    let word = |text: Text| text.0.map(|text| shown(&text));
    let words = |words: Words<Text>| words.0.and_then(|words| words.into_iter().map(word).collect::<Option<Vec<_>>>());
    let moment = |text: Text| text.as_deref().and_then(parse);
    let about = own.resource_identifiers.0;
    // Each is about something, and one that names neither leaves open what it is about.
    let is_told = |one: &Part<alerts::ResourceIdentifier>| one.azure_resource_id.is_some() || one.workspace_id.is_some();
    let about = about.filter(|all| !all.is_empty() && all.iter().all(is_told));
    let each = |id: fn(&alerts::ResourceIdentifier) -> &Text| {
        let all = about.as_ref()?.iter().filter_map(|one| id(one).as_deref());
        Some(all.map(|id| canonical(&shown(id))).collect::<Vec<_>>())
    };
    Alert {
        alert_type: word(own.alert_type),
        display_name: word(own.alert_display_name),
        description: own.description.0.and_then(|text| azure::said(&text, redacts_people)),
        severity: word(own.severity),
        status: word(own.status),
        intents: own.intent.0.map(|all| all.split(',').map(str::trim).filter(|one| !one.is_empty()).map(shown).collect()),
        techniques: words(own.techniques),
        sub_techniques: words(own.sub_techniques),
        remediation_steps: words(own.remediation_steps),
        product_name: word(own.product_name),
        is_incident: own.is_incident.0,
        resource_ids: each(|one| &one.azure_resource_id),
        workspace_ids: each(|one| &one.workspace_id),
        compromised_entity: own.compromised_entity.0.and_then(|text| azure::said(&text, redacts_people)),
        portal_url: word(own.alert_uri),
        started_on: moment(own.start_time_utc),
        ended_on: moment(own.end_time_utc),
        generated_on: moment(own.time_generated_utc),
        is_twofold: false,
        id: canonical(&wire.id),
    }
}
