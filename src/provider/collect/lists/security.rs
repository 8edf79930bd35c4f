//! Defender for Cloud: plans, assessments and their metadata.

use std::{
    collections::{BTreeSet, btree_map::Entry},
    sync::Arc,
};

use crate::{
    azure::{
        self,
        arm::security,
        memo::Key,
        resource_graph::queries::{self, Rows},
    },
    posture::{
        Area, Severity, Subject,
        assessment::{Assessment, Catalogue, Metadata, deduplicated},
        defender::{Extension, Plan},
        portal::Link,
        resource_id,
        time::{canonical, parse},
    },
    provider::{
        collect::{
            Lists,
            estate::scope::Subscription,
            lists::{
                findings,
                listed::{self, List, Listed, arm, both},
                texts::Texts,
            },
            stop::Result,
        },
        context::Context,
    },
};

/// The lists of this subject.
pub const LISTS: &[List] = &[Assessments::<false>::LIST, Assessments::<true>::LIST, METADATA, Plans::LIST];

/// What recommendations mean, those of the subscription's own among them.
const METADATA: List = arm("metadata", Subject::AssessmentMetadata, Some(Area::Posture), security::METADATA_OF_SUBSCRIPTION);

/// The Defender plans of subscriptions.
pub async fn plans(context: &Context, subscriptions: &[Subscription]) -> Result<Lists<Vec<Plan>>> {
    listed::lists::<Plans>(context, subscriptions).await
}

struct Plans;

impl Listed for Plans {
    const LIST: List = both("plans", Subject::Plans, Some(Area::Posture), security::PLANS, Self::ROWS);
    const ROWS: Rows = Rows::of_type("plans", "securityresources", "microsoft.security/pricings", "name, properties");
    type Wire = security::Pricing;
    type Building = Vec<Plan>;
    type Rows = Vec<Plan>;

    /// Resource Graph lists those of single machines, too.
    fn is_own(row: &security::Pricing, subscription_id: &str) -> bool {
        let own = format!("/subscriptions/{subscription_id}/providers/microsoft.security/pricings/");
        row.id.to_ascii_lowercase().starts_with(&own)
    }

    fn take(building: &mut Vec<Plan>, row: security::Pricing, _: &Arc<str>, texts: &mut Texts) {
        building.push(plan(row, texts.redacts_people));
    }

    fn done(mut building: Vec<Plan>, _: &str) -> azure::Result<Vec<Plan>> {
        // A row that moves from page to page while they are read comes twice. Two that differ are two: the worse counts.
        building.dedup();
        Ok(building)
    }
}

fn plan(wire: security::Pricing, redacts_people: bool) -> Plan {
    let properties = wire.properties.0;
    let replaced_by = properties.replaced_by.0.unwrap_or_default();
    Plan {
        name: wire.name,
        tier: properties.pricing_tier.0,
        subplan: properties.sub_plan.0,
        free_trial_remaining: properties.free_trial_remaining_time.0.filter(|time| !is_over(time)),
        enabled_on: properties.enablement_time.as_deref().and_then(canonical),
        enforced: properties.enforce.0,
        coverage: properties.resources_coverage_status.0,
        // What has been replaced is deprecated, whether that is said or not.
        deprecated: properties.deprecated.unwrap_or(!replaced_by.is_empty()),
        replaced_by,
        extensions_unseen: properties.extensions.is_none(),
        extensions: properties.extensions.0.unwrap_or_default().into_iter().map(|wire| extension(wire, redacts_people)).collect(),
    }
}

/// Whether nothing is left of a duration: `PT0S`, `P0D`, `PT0H` …, which say that no trial runs.
fn is_over(duration: &str) -> bool {
    let mut digits = duration.chars().filter(char::is_ascii_digit).peekable();
    digits.peek().is_some() && digits.all(|digit| digit == '0')
}

fn extension(wire: security::Extension, redacts_people: bool) -> Extension {
    let operation_stated = wire.operation_status.is_some();
    let (operation_code, operation_message) =
        wire.operation_status.map(|status| (status.code.0, status.message.0)).unwrap_or_default();
    Extension {
        name: wire.name,
        enabled: wire.is_enabled.0,
        operation_code,
        operation_stated,
        operation_message: operation_message.and_then(|text| azure::said(&text, redacts_people)),
        settings_json: wire.additional_extension_properties.0.map(|settings| {
            let settings = settings.into_iter().collect::<serde_json::Map<_, _>>();
            azure::shown_value(settings.into(), redacts_people).to_string()
        }),
    }
}

/// The assessments of subscriptions, each once. Resource Graph knows the risk of each, whether it is asked for or not.
pub async fn assessments(context: &Context, subscriptions: &[Subscription], with_risk: bool) -> Result<Lists<Vec<Assessment>>> {
    match with_risk {
        true => listed::lists::<Assessments<true>>(context, subscriptions).await,
        false => listed::lists::<Assessments<false>>(context, subscriptions).await,
    }
}

/// The list of assessments, without or with their risk.
#[derive(Debug)]
pub struct Assessments<const WITH_RISK: bool>;

impl<const WITH_RISK: bool> Listed for Assessments<WITH_RISK> {
    const LIST: List = match WITH_RISK {
        true => {
            both("assessments_with_risk", Subject::Assessments, Some(Area::Posture), security::ASSESSMENTS_WITH_RISK, Self::ROWS)
        }
        false => both("assessments", Subject::Assessments, Some(Area::Posture), security::ASSESSMENTS, Self::ROWS),
    };
    const ROWS: Rows = queries::ASSESSMENTS;
    type Wire = security::Assessment;
    type Building = Vec<Assessment>;
    type Rows = Vec<Assessment>;

    fn take(building: &mut Vec<Assessment>, row: security::Assessment, subscription_id: &Arc<str>, texts: &mut Texts) {
        building.push(assessment(row, subscription_id, texts));
    }

    fn done(building: Vec<Assessment>, _: &str) -> azure::Result<Vec<Assessment>> {
        Ok(deduplicated(building))
    }
}

/// What is kept of an assessment. What makes it a finding by itself comes in the same row, which would otherwise be read a second time.
pub fn assessment(mut wire: security::Assessment, subscription_id: &Arc<str>, texts: &mut Texts) -> Assessment {
    let own = wire.properties;
    let details = findings::details(own.additional_data.0, own.resource_additional_data, &own.resource_details, texts);
    let (status, resource_details, links, metadata) = (own.status.0, own.resource_details.0, own.links.0, own.metadata.0);
    // The id of an assessment is the resource's id with the assessment behind it.
    let assessed = resource_details.id.0.unwrap_or_else(|| findings::apart(&wire.id).0.to_owned());
    let cause = status.cause.0.map(|text| texts.shown(&text));
    let risk_level = own.risk.and_then(|risk| risk.level.0).map(|text| texts.shown(&text));
    let status_description = status.description.0.and_then(|text| texts.said(text));
    wire.name.make_ascii_lowercase();
    let mut row = Assessment {
        assessment_key: texts.shared(&wire.name),
        display_name: texts.shown(own.display_name.as_deref().unwrap_or_default()),
        subscription_id: Arc::clone(subscription_id),
        resource_id: assessed.into(),
        source: texts.shown(resource_details.source.as_deref().unwrap_or("Azure")),
        status: texts.shown(status.code.as_deref().unwrap_or_default()),
        cause,
        status_description,
        severity: metadata.severity.0.map(|text| texts.shown(&text)),
        recommendation_category: metadata.recommendation_category.0.map(|text| texts.shown(&text)),
        risk_level,
        portal_link: None,
        first_evaluated_on: status.first_evaluation_date.as_deref().and_then(parse),
        status_changed_on: status.status_change_date.as_deref().and_then(parse),
        details,
    };
    // A resource has ten recommendations and more. Images are named by a path in their registry, which is no id.
    row.resource_id = match row.is_foreign() {
        true => texts.shared(&row.resource_id),
        false if row.resource_id.starts_with('/') => texts.shared(&resource_id::canonical(&row.resource_id)),
        false => texts.shared(&resource_id::canonical(findings::apart(&wire.id).0)),
    };
    row.portal_link = links
        .azure_portal_uri
        .0
        .map(|link| Link::fold(&link, &row.resource_id, &row.assessment_key, |pattern| texts.shared(pattern)));
    row
}

/// The metadata of all built-in recommendations.
pub async fn metadata(context: &Context) -> azure::Result<Arc<Catalogue>> {
    let client = context.client.clone();
    let read = || async move {
        let mut catalogue = Catalogue::new();
        let redacts = client.settings().redacts_people;
        security::metadata(&client, |row| add(&mut catalogue, row, redacts)).await?;
        Ok(catalogue)
    };
    context.client.memo(Key::of("metadata"), read).await
}

/// The metadata a subscription sees, its own recommendations among them.
pub async fn metadata_of(context: &Context, subscription_id: &str) -> azure::Result<Arc<Catalogue>> {
    let (client, id) = (context.client.clone(), subscription_id.to_owned());
    let key = Key::of("metadata_of").and(&id);
    let read = || async move {
        let mut catalogue = Catalogue::new();
        let redacts = client.settings().redacts_people;
        security::metadata_of(&client, &id, |row| add(&mut catalogue, row, redacts)).await?;
        Ok(catalogue)
    };
    context.client.memo(key, read).await
}

/// The metadata of the recommendations of their own that subscriptions have, from Resource Graph: one request instead of a long list
/// for each subscription.
pub async fn custom_metadata(context: &Context, subscriptions: &[Subscription]) -> azure::Result<Arc<Catalogue>> {
    let ids: BTreeSet<String> = subscriptions.iter().map(|subscription| subscription.id.clone()).collect();
    let key = Key::of("graph/metadata").and_all(&ids);
    let client = context.client.clone();
    let read = || async move {
        let mut catalogue = Catalogue::new();
        let redacts = client.settings().redacts_people;
        queries::custom_metadata(&client, &ids, |row| add(&mut catalogue, row, redacts)).await?;
        Ok(catalogue)
    };
    context.client.memo(key, read).await
}

fn add(catalogue: &mut Catalogue, wire: security::AssessmentMetadata, redacts_people: bool) {
    let key = wire.name.to_ascii_lowercase();
    let own = wire.properties.0;
    // Custom recommendations are what people wrote.
    let text = |text: String| azure::shown(&text, redacts_people).into_owned();
    let all = |texts: Vec<String>| texts.into_iter().map(text).collect();
    let metadata = Metadata {
        assessment_key: key.clone(),
        display_name: own.display_name.0.map(text),
        description: own.description.0.map(text),
        severity: own.severity.0.map(text).unwrap_or_default(),
        recommendation_category: own.recommendation_category.0.map(text),
        categories: all(own.categories.0.unwrap_or_default()),
        threats: all(own.threats.0),
        tactics: all(own.tactics.0),
        techniques: all(own.techniques.0),
        assessment_type: own.assessment_type.0.map(text),
        policy_definition_id: own.policy_definition_id.0,
        user_impact: own.user_impact.0.map(text),
        implementation_effort: own.implementation_effort.0.map(text),
        remediation: own.remediation_description.0.map(text),
        preview: own.preview.0,
    };
    match catalogue.entry(key) {
        Entry::Vacant(vacant) => {
            vacant.insert(metadata);
        }
        // Of two that disagree, the more severe one counts; a word that is not known may be the worst.
        Entry::Occupied(mut known) => {
            // It may be of the categories of either.
            let more = [&known.get().categories[..], &metadata.categories].concat();
            if rank(&metadata.severity) > rank(&known.get().severity) {
                known.insert(metadata);
            }
            for category in more {
                if !known.get().categories.contains(&category) {
                    known.get_mut().categories.push(category);
                }
            }
        }
    }
}

fn rank(severity: &str) -> (bool, Option<Severity>) {
    let known = Severity::parse(severity);
    (known.is_none(), known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assessment_without_resource_details_names_the_resource_of_its_id() {
        let wire = serde_json::from_value(serde_json::json!({
            "id": "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourcegroups/RG/providers/microsoft.storage/storageaccounts/a/providers/Microsoft.Security/assessments/K",
            "name": "K",
            "properties": {"status": {"code": "Healthy"}}
        }));
        let row = assessment(wire.unwrap(), &"s".into(), &mut Texts::default());
        assert_eq!(
            &*row.resource_id,
            "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/RG/providers/Microsoft.Storage/storageAccounts/a"
        );
        assert_eq!(&*row.assessment_key, "k");
    }
}
